/* SPDX-License-Identifier: Apache-2.0 */
/* Models and questions for the micro-benches; see world.h. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "dns/build.h"

#define RULES 3
#define HOST 5     /* last byte of the address of a client without DNS64 */
#define HOST64 200 /* of one whose subnet has it */

/* Keys of hashes come from the kernel's randomness; here they are the same in each run, so that
 * counts of instructions repeat. This definition goes before the C library's. */
ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    (void)flags;
    memset(buf, 0x5a, len);
    return (ssize_t)len;
}

static const uint8_t *wire_name(const char *text)
{
    static uint8_t names[4][NAME_MAX_WIRE];
    static unsigned next;
    uint8_t *name = names[next++ % 4];
    must(name_parse(text, name) > 0);
    return name;
}

/* --- the model -------------------------------------------------------------------------------- */

static struct addr tenant_addr(unsigned tenant, uint8_t host)
{
    return (struct addr){AF_INET, {10, (uint8_t)(tenant >> 8), (uint8_t)tenant, host}};
}

static void put_vpc(struct compiler *c, unsigned tenant)
{
    char id[32], subnet[32];
    struct prefix all = {tenant_addr(tenant, 0), 24}, half = {tenant_addr(tenant, 128), 25};
    struct vpc_desc vpc = {.id = id,
                           .account = "111122223333",
                           .region = "us-east-1",
                           .cidrs = &all,
                           .cidrs_n = 1,
                           .dns_support = true,
                           .dns_hostnames = true,
                           .reverse = true};
    struct subnet_desc with64 = {
        .id = subnet, .vpc_id = id, .cidrs = &half, .cidrs_n = 1, .dns64 = true};
    snprintf(id, sizeof(id), "vpc-%017x", tenant);
    snprintf(subnet, sizeof(subnet), "subnet-%017x", tenant);
    must(!compile_vpc(c, &vpc) && !compile_subnet(c, &with64));
}

static void put_rules(struct compiler *c, unsigned tenant)
{
    char rule[40], domain[64], vpc[32];
    struct sockname target = {{AF_INET, {192, 0, 2, 1}}, 53};
    snprintf(vpc, sizeof(vpc), "vpc-%017x", tenant);
    for (unsigned i = 0; i < RULES; i++) {
        snprintf(rule, sizeof(rule), "rslvr-rr-%012x%05x", tenant, i);
        snprintf(domain, sizeof(domain), "corp%u.example%u.com", i, tenant);
        struct rule_desc d = {.id = rule,
                              .generation = 1,
                              .kind = RULE_FORWARD,
                              .domain = wire_name(domain),
                              .endpoint_id = "rslvr-out-1",
                              .targets = &target,
                              .targets_n = 1};
        must(!compile_rule(c, &d) && !compile_rule_vpc(c, rule, vpc));
    }
}

void world_record(struct compiler *c, unsigned tenant, unsigned host, uint32_t value)
{
    char zone[32], owner[64];
    uint8_t rdata[6] = {4, 0};
    memcpy(rdata + 2, &value, 4);
    snprintf(zone, sizeof(zone), "Z%020u", tenant);
    snprintf(owner, sizeof(owner), "host-%u.tenant%u.internal", host, tenant);
    struct rrset_desc set = {.owner = wire_name(owner),
                             .type = TYPE_A,
                             .ttl = 300,
                             .rdata = rdata,
                             .rdata_len = sizeof(rdata),
                             .count = 1};
    must(!compile_rrset(c, zone, &set));
}

void world_tenant(struct compiler *c, unsigned tenant, unsigned records)
{
    char zone[32], apex[64], vpc[32];
    uint8_t soa[2 + 60] = {60, 0};
    put_vpc(c, tenant);
    put_rules(c, tenant);
    snprintf(zone, sizeof(zone), "Z%020u", tenant);
    snprintf(apex, sizeof(apex), "tenant%u.internal", tenant);
    snprintf(vpc, sizeof(vpc), "vpc-%017x", tenant);
    const uint8_t *name = wire_name(apex);
    struct zone_desc z = {zone, name};
    must(!compile_zone(c, &z));
    must(!compile_zone_vpcs(c, zone, (const char *const[]){vpc}, 1));
    struct rrset_desc set = {.owner = name,
                             .type = TYPE_SOA,
                             .ttl = 900,
                             .rdata = soa,
                             .rdata_len = sizeof(soa),
                             .count = 1};
    must(!compile_rrset(c, zone, &set));
    for (unsigned i = 0; i < records; i++)
        world_record(c, tenant, i, i);
}

static void put_endpoint(struct compiler *c)
{
    struct endpoint_address_desc address = {"rni-1", tenant_addr(0, 20)};
    struct allow all = {{.addr.family = AF_INET}, 0, 0, 65535};
    struct endpoint_desc endpoint = {.id = "rslvr-out-1",
                                     .vpc_id = "vpc-00000000000000000",
                                     .direction = DIRECTION_OUTBOUND,
                                     .addresses = &address,
                                     .addresses_n = 1,
                                     .egress = &all,
                                     .egress_n = 1};
    must(!compile_endpoint(c, &endpoint));
}

/* --- questions -------------------------------------------------------------------------------- */

static void make_question(const struct work *work, unsigned i, struct question *ret)
{
    unsigned tenant = i % work->tenants, host = i / work->tenants;
    char text[96];
    if (work->ask == ASK_ZONE)
        snprintf(text, sizeof(text), "host-%u.tenant%u.internal", host % work->records, tenant);
    else if (work->ask == ASK_NXDOMAIN)
        snprintf(text, sizeof(text), "nost-%u.tenant%u.internal", host, tenant);
    else
        snprintf(text, sizeof(text), "host-%u.corp1.example%u.com", host, tenant);
    bool dns64 = work->ask == ASK_DNS64;
    ret->source = (struct sockname){tenant_addr(tenant, dns64 ? HOST64 : HOST), 40000};
    int len = build_query(ret->packet, sizeof(ret->packet), (uint16_t)i, FLAG_RD, wire_name(text),
                          dns64 ? TYPE_AAAA : TYPE_A, CLASS_IN, LIMIT_UDP_EDNS, false);
    must(len > 0);
    ret->len = (uint16_t)len;
}

/* Questions in random order, by Fisher and Yates. */
static void make_questions(struct world *w, const struct work *work)
{
    w->names = work->names;
    w->questions = calloc(w->names, sizeof(*w->questions));
    must(w->questions);
    for (unsigned i = 0; i < w->names; i++) {
        unsigned at = rnd_below(&w->rnd, i + 1);
        w->questions[i] = w->questions[at];
        make_question(work, i, &w->questions[at]);
    }
}

void world_ask(struct world *w, const struct question *question, struct query_in *in)
{
    in->snapshot = reader_snapshot(&w->reader);
    in->listener = LISTEN_SHARED;
    in->slot = 0;
    in->source = question->source;
    in->tcp = false;
    in->packet = question->packet;
    in->len = question->len;
    in->now = w->now;
    in->trace = NULL;
}

size_t world_reply(struct world *w, const struct action *a)
{
    struct build b;
    const uint8_t address[4] = {192, 0, 2, 9};
    uint8_t soa[22] = {0};
    soa[21] = 60; /* how long a denial holds */
    build_begin(&b, w->reply, sizeof(w->reply), 0, FLAG_QR | FLAG_RD | FLAG_RA);
    must(!build_question(&b, a->qname, a->qtype, a->qclass));
    if (a->qtype == TYPE_A)
        must(!build_rr(&b, SECTION_ANSWER, a->qname, TYPE_A, CLASS_IN, 3600, address, 4));
    else /* the rule's domain is the parent of each name */
        must(!build_rr(&b, SECTION_AUTHORITY, a->qname + 1 + a->qname[0], TYPE_SOA, CLASS_IN, 3600,
                       soa, sizeof(soa)));
    return build_end(&b);
}

/* Asks a question to its end, with a target that answers at once. */
static void ask_through(struct world *w, const struct question *question)
{
    uint8_t out[LIMIT_UDP_EDNS];
    struct query_in in = {.out = out, .out_size = sizeof(out)};
    struct query *q = query_new(w->resolver);
    struct action a;
    world_ask(w, question, &in);
    if (query_begin(w->resolver, q, &in) == QUERY_WAIT) {
        while (resolver_action(w->resolver, w->now, &a))
            must(flight_reply(w->resolver, a.handle, w->reply, world_reply(w, &a), w->now));
        must(resolver_ready(w->resolver) == q);
        must(query_resume(w->resolver, q, out, sizeof(out), w->now) == QUERY_ANSWER);
    }
    query_free(w->resolver, q);
    reader_quiescent(&w->reader);
}

/* --- life ------------------------------------------------------------------------------------- */

/* A worker with the publisher and cache that *w has. */
static void add_worker(struct world *w)
{
    struct resolver_config config = {.cache = w->cache,
                                     .metrics = &w->metrics,
                                     .rnd = &w->rnd,
                                     .queries_max = LIMIT_PARKED,
                                     .flights_max = LIMIT_INFLIGHT};
    rnd_init_seed(&w->rnd, 53);
    must(!reader_add(w->publisher, &w->reader));
    w->resolver = resolver_new(&config);
    must(w->resolver);
}

void world_join(struct world *w, const struct world *first)
{
    *w = (struct world){.publisher = first->publisher,
                        .cache = first->cache,
                        .questions = first->questions,
                        .names = first->names,
                        .now = first->now};
    add_worker(w);
}

void world_leave(struct world *w)
{
    resolver_free(w->resolver);
    reader_remove(&w->reader);
}

void world_init(struct world *w, const struct work *work)
{
    memset(w, 0, sizeof(*w));
    w->now = NS_PER_S;
    w->publisher = publisher_new();
    w->compiler = compiler_new(w->publisher);
    w->cache = cache_new(work->cache_bytes);
    must(w->compiler && w->cache);
    add_worker(w);
    put_endpoint(w->compiler);
    for (unsigned i = 0; i < work->tenants; i++)
        world_tenant(w->compiler, i, work->records);
    must(!compile_commit(w->compiler, 1));
    make_questions(w, work);
    for (unsigned i = 0; i < w->names && (work->ask == ASK_CACHED || work->ask == ASK_DNS64); i++)
        ask_through(w, &w->questions[i]);
}

void world_deinit(struct world *w)
{
    world_leave(w);
    cache_free(w->cache);
    compiler_free(w->compiler);
    publisher_free(w->publisher);
    free(w->questions);
}
