/* SPDX-License-Identifier: Apache-2.0 */
/* See fixture.h. */
#include "fixture.h"

#include <string.h>

static void add_record(struct fixture *f, const char *owner, uint16_t type, const uint8_t *rdata,
                       size_t len, unsigned count)
{
    uint8_t name[NAME_MAX_WIRE];
    name_parse(owner, name);
    struct rrset_desc d = {
        .owner = name, .type = type, .ttl = 60, .rdata = rdata, .rdata_len = len, .count = count};
    must(!compile_rrset(f->compiler, "Z1", &d));
}

static void add_records(struct fixture *f)
{
    static const uint8_t addresses[] = {4, 0, 192, 0, 2, 1, 4, 0, 192, 0, 2, 2, 4, 0, 192, 0, 2, 3};
    uint8_t cname[2 + NAME_MAX_WIRE];
    uint16_t len = (uint16_t)name_parse("www.corp.internal", cname + 2);
    memcpy(cname, &len, 2);
    add_record(f, "www.example.internal", TYPE_A, addresses, 6, 1);
    add_record(f, "three.example.internal", TYPE_A, addresses, sizeof(addresses), 3);
    add_record(f, "c.example.internal", TYPE_CNAME, cname, len + 2u, 1);
}

static void add_model(struct fixture *f)
{
    struct prefix cidr;
    uint8_t apex[NAME_MAX_WIRE], domain[NAME_MAX_WIRE];
    prefix_parse("10.0.0.0/16", &cidr);
    struct vpc_desc vpc = {.id = "vpc-1",
                           .account = "111122223333",
                           .region = "us-east-1",
                           .cidrs = &cidr,
                           .cidrs_n = 1,
                           .dns_support = true,
                           .dns_hostnames = true,
                           .reverse = true};
    must(!compile_vpc(f->compiler, &vpc));
    name_parse("example.internal", apex);
    struct zone_desc zone = {"Z1", apex};
    must(!compile_zone(f->compiler, &zone));
    must(!compile_zone_vpcs(f->compiler, "Z1", (const char *const[]){"vpc-1"}, 1));
    add_records(f);

    struct endpoint_address_desc address = {"rni-1", {AF_INET, {10, 0, 0, 20}}};
    struct allow all = {.peer.addr.family = AF_INET, .port_to = 65535};
    struct endpoint_desc endpoint = {.id = "out-1",
                                     .vpc_id = "vpc-1",
                                     .direction = DIRECTION_OUTBOUND,
                                     .addresses = &address,
                                     .addresses_n = 1,
                                     .egress = &all,
                                     .egress_n = 1};
    must(!compile_endpoint(f->compiler, &endpoint));
    struct endpoint_address_desc inside = {"rni-2", {AF_INET, {10, 0, 0, 30}}};
    struct endpoint_desc inbound = {.id = "in-1",
                                    .vpc_id = "vpc-1",
                                    .direction = DIRECTION_INBOUND,
                                    .addresses = &inside,
                                    .addresses_n = 1,
                                    .ingress = &all,
                                    .ingress_n = 1};
    must(!compile_endpoint(f->compiler, &inbound));
    name_parse("corp.internal", domain);
    struct sockname target = {{AF_INET, {10, 9, 0, 53}}, 53};
    struct rule_desc rule = {.id = "rr-1",
                             .generation = 1,
                             .kind = RULE_FORWARD,
                             .domain = domain,
                             .endpoint_id = "out-1",
                             .targets = &target,
                             .targets_n = 1};
    must(!compile_rule(f->compiler, &rule));
    must(!compile_rule_vpc(f->compiler, "rr-1", "vpc-1"));
    must(!compile_commit(f->compiler, 1));
}

void fixture_init(struct fixture *f, size_t queries_max, size_t flights_max)
{
    memset(f, 0, sizeof(*f));
    f->now = 100 * NS_PER_S;
    f->publisher = publisher_new();
    f->compiler = compiler_new(f->publisher);
    f->cache = cache_new(1 << 20);
    must(f->compiler && f->cache && !reader_add(f->publisher, &f->reader));
    rnd_init_seed(&f->rnd, 53);
    struct resolver_config config = {.cache = f->cache,
                                     .metrics = &f->metrics,
                                     .rnd = &f->rnd,
                                     .queries_max = queries_max,
                                     .flights_max = flights_max};
    f->resolver = resolver_new(&config);
    must(f->resolver != NULL);
    add_model(f);
    reader_quiescent(&f->reader);
}

void fixture_dns64(struct fixture *f)
{
    struct prefix cidr;
    prefix_parse("10.0.1.0/24", &cidr);
    struct subnet_desc subnet = {
        .id = "subnet-1", .vpc_id = "vpc-1", .cidrs = &cidr, .cidrs_n = 1, .dns64 = true};
    must(!compile_subnet(f->compiler, &subnet));
    must(!compile_commit(f->compiler, 2));
    reader_quiescent(&f->reader);
}

void fixture_deinit(struct fixture *f)
{
    resolver_free(f->resolver);
    cache_free(f->cache);
    reader_remove(&f->reader);
    compiler_free(f->compiler);
    publisher_free(f->publisher);
}

size_t fixture_packet(const char *name, uint16_t type, uint8_t *buf, size_t size)
{
    uint8_t wire[NAME_MAX_WIRE];
    name_parse(name, wire);
    int len = build_query(buf, size, 0x1234, FLAG_RD, wire, type, CLASS_IN, 1232, false);
    must(len > 0);
    return (size_t)len;
}

enum query_state fixture_begin(struct fixture *f, struct query *q, const uint8_t *packet,
                               size_t len)
{
    struct query_in in = {
        .snapshot = reader_snapshot(&f->reader),
        .listener = LISTEN_SHARED,
        .source = {{AF_INET, {10, 0, 1, 5}}, 40000},
        .packet = packet,
        .len = len,
        .out = f->out,
        .out_size = sizeof(f->out),
        .now = f->now,
    };
    return query_begin(f->resolver, q, &in);
}

enum query_state fixture_ask(struct fixture *f, const char *name, uint16_t type,
                             struct query **ret_q)
{
    uint8_t packet[512];
    size_t len = fixture_packet(name, type, packet, sizeof(packet));
    struct query *q = query_new(f->resolver);
    must(q != NULL);
    enum query_state state = fixture_begin(f, q, packet, len);
    if (state == QUERY_WAIT)
        *ret_q = q;
    else
        query_free(f->resolver, q);
    return state;
}

size_t fixture_reply(const struct action *a, uint32_t ttl, uint8_t *buf, size_t size)
{
    static const uint8_t rdata[4] = {192, 0, 2, 9};
    struct build b;
    build_begin(&b, buf, size, 0,
                (uint16_t)(FLAG_QR | FLAG_RA | (ttl ? RCODE_NOERROR : RCODE_SERVFAIL)));
    build_question(&b, a->qname, a->qtype, a->qclass);
    if (ttl)
        build_rr(&b, SECTION_ANSWER, a->qname, TYPE_A, CLASS_IN, ttl, rdata, sizeof(rdata));
    return build_end(&b);
}
