/* SPDX-License-Identifier: Apache-2.0 */
/* How many nanoseconds of one thread the resolver core needs for an answer from a private zone and
 * from the cache: packet in, packet out, no sockets. A bench, not a test: it prints numbers.
 *
 *   bench_resolve [names [rounds]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "dns/build.h"
#include "model/compile.h"
#include "resolve/query.h"

#define PACKET 128 /* bytes kept for each prepared query */

struct packet {
    uint16_t len;
    uint8_t bytes[PACKET - 2];
};

struct bench {
    struct publisher *publisher;
    struct compiler *compiler;
    struct reader reader;
    struct resolver *resolver;
    struct cache *cache;
    struct metrics metrics;
    struct rnd rnd;
    struct packet *zone, *cached; /* `names` each */
    size_t names;
    uint64_t now;
};

static void name_of(const char *suffix, size_t i, uint8_t *out)
{
    char text[64];
    snprintf(text, sizeof(text), "host-%zu.%s", i, suffix);
    must(name_parse(text, out) > 0);
}

static void build_model(struct bench *b)
{
    struct prefix cidr, any = {.addr.family = AF_INET};
    uint8_t apex[NAME_MAX_WIRE], domain[NAME_MAX_WIRE], owner[NAME_MAX_WIRE];
    must(!prefix_parse("10.0.0.0/16", &cidr));
    struct vpc_desc vpc = {.id = "vpc-1",
                           .account = "111122223333",
                           .region = "us-east-1",
                           .cidrs = &cidr,
                           .cidrs_n = 1,
                           .dns_support = true,
                           .dns_hostnames = true,
                           .reverse = true};
    must(!compile_vpc(b->compiler, &vpc));
    name_parse("example.internal", apex);
    struct zone_desc zone = {"Z1", apex};
    must(!compile_zone(b->compiler, &zone));
    must(!compile_zone_vpcs(b->compiler, "Z1", (const char *const[]){"vpc-1"}, 1));
    for (size_t i = 0; i < b->names; i++) {
        uint8_t rdata[6] = {4, 0, 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        name_of("example.internal", i, owner);
        struct rrset_desc set = {
            .owner = owner, .type = TYPE_A, .ttl = 60, .rdata = rdata, .rdata_len = 6, .count = 1};
        must(!compile_rrset(b->compiler, "Z1", &set));
    }
    struct endpoint_address_desc address = {"rni-1", {AF_INET, {10, 0, 0, 20}}};
    struct allow all = {any, 0, 0, 65535};
    struct endpoint_desc endpoint = {.id = "out-1",
                                     .vpc_id = "vpc-1",
                                     .direction = DIRECTION_OUTBOUND,
                                     .addresses = &address,
                                     .addresses_n = 1,
                                     .egress = &all,
                                     .egress_n = 1};
    must(!compile_endpoint(b->compiler, &endpoint));
    name_parse("corp.internal", domain);
    struct sockname target = {{AF_INET, {10, 9, 0, 53}}, 53};
    struct rule_desc rule = {.id = "rr-1",
                             .generation = 1,
                             .kind = RULE_FORWARD,
                             .domain = domain,
                             .endpoint_id = "out-1",
                             .targets = &target,
                             .targets_n = 1};
    must(!compile_rule(b->compiler, &rule));
    must(!compile_rule_vpc(b->compiler, "rr-1", "vpc-1"));
    must(!compile_commit(b->compiler, 1));
}

static void make_packets(struct bench *b, const char *suffix, struct packet *out)
{
    uint8_t name[NAME_MAX_WIRE];
    for (size_t i = 0; i < b->names; i++) {
        name_of(suffix, i, name);
        int len = build_query(out[i].bytes, sizeof(out[i].bytes), (uint16_t)i, FLAG_RD, name,
                              TYPE_A, CLASS_IN, LIMIT_UDP_EDNS, false);
        must(len > 0);
        out[i].len = (uint16_t)len;
    }
}

static enum query_state ask(struct bench *b, const struct packet *p, struct query *q, uint8_t *out)
{
    struct query_in in = {
        .snapshot = reader_snapshot(&b->reader),
        .listener = LISTEN_SHARED,
        .source = {{AF_INET, {10, 0, 1, 5}}, 40000},
        .packet = p->bytes,
        .len = p->len,
        .out = out,
        .out_size = LIMIT_UDP_EDNS,
        .now = b->now,
    };
    return query_begin(b->resolver, q, &in);
}

/* Answers what the resolver asks upstream, at once. */
static void serve(struct bench *b)
{
    struct action a;
    uint8_t wire[512], rdata[4] = {192, 0, 2, 1};
    while (resolver_action(b->resolver, b->now, &a)) {
        struct build w;
        build_begin(&w, wire, sizeof(wire), 0, FLAG_QR | FLAG_RD | FLAG_RA);
        build_question(&w, a.qname, a.qtype, a.qclass);
        build_rr(&w, SECTION_ANSWER, a.qname, TYPE_A, CLASS_IN, 3600, rdata, 4);
        must(flight_reply(b->resolver, a.handle, wire, build_end(&w), b->now));
    }
}

/* One question that may need upstream; its state in the end. */
static void ask_through(struct bench *b, const struct packet *p)
{
    uint8_t out[LIMIT_UDP_EDNS];
    struct query *q = query_new(b->resolver);
    if (ask(b, p, q, out) == QUERY_WAIT) {
        serve(b);
        must(resolver_ready(b->resolver) == q);
        must(query_resume(b->resolver, q, out, sizeof(out), b->now) == QUERY_ANSWER);
    }
    query_free(b->resolver, q);
}

static void run(struct bench *b, const char *what, const struct packet *packets, size_t rounds)
{
    uint8_t out[LIMIT_UDP_EDNS];
    uint64_t best = UINT64_MAX;
    for (int pass = 0; pass < 5; pass++) {
        size_t at = 0;
        uint64_t start = clock_mono_ns();
        for (size_t i = 0; i < rounds; i++) {
            struct query *q = query_new(b->resolver);
            must(ask(b, &packets[at], q, out) == QUERY_ANSWER);
            must(out[7] == 1);
            query_free(b->resolver, q);
            at = (at + 7919) % b->names; /* no help from the order of memory */
            if (i % LIMIT_BATCH == 0)
                reader_quiescent(&b->reader);
        }
        uint64_t took = clock_mono_ns() - start;
        if (took < best)
            best = took;
    }
    printf("%-28s %8.1f ns\n", what, (double)best / (double)rounds);
}

/* Misses: every pass begins a day later, when all that was cached is too old to be used. */
static void miss(struct bench *b)
{
    uint64_t best = UINT64_MAX;
    for (int pass = 0; pass < 3; pass++) {
        b->now += 3 * 86400 * NS_PER_S;
        uint64_t start = clock_mono_ns();
        for (size_t i = 0; i < b->names; i++) {
            ask_through(b, &b->cached[i]);
            reader_quiescent(&b->reader);
        }
        uint64_t took = clock_mono_ns() - start;
        if (took < best)
            best = took;
    }
    printf("%-28s %8.1f ns\n", "forwarded miss, no network", (double)best / (double)b->names);
}

int main(int argc, char **argv)
{
    struct bench b = {.now = NS_PER_S};
    b.names = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    b.publisher = publisher_new();
    b.compiler = compiler_new(b.publisher);
    b.cache = cache_new(64u << 20);
    must(b.compiler && b.cache && !reader_add(b.publisher, &b.reader));
    rnd_init(&b.rnd);
    struct resolver_config config = {.cache = b.cache,
                                     .metrics = &b.metrics,
                                     .rnd = &b.rnd,
                                     .queries_max = LIMIT_PARKED,
                                     .flights_max = LIMIT_INFLIGHT};
    b.resolver = resolver_new(&config);
    b.zone = calloc(b.names, sizeof(struct packet));
    b.cached = calloc(b.names, sizeof(struct packet));
    must(b.resolver && b.zone && b.cached);
    build_model(&b);
    make_packets(&b, "example.internal", b.zone);
    make_packets(&b, "corp.internal", b.cached);

    miss(&b);
    if (b.names <= 100000) /* more do not fit into the cache */
        run(&b, "cached answer", b.cached, rounds);
    run(&b, "private-zone answer", b.zone, rounds);

    resolver_free(b.resolver);
    cache_free(b.cache);
    reader_remove(&b.reader);
    compiler_free(b.compiler);
    publisher_free(b.publisher);
    free(b.zone);
    free(b.cached);
    return 0;
}
