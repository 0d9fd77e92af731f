/* SPDX-License-Identifier: Apache-2.0 */
/* What the model costs: memory of a record and of a tenant, time of a lookup and of a change. No
 * test: it prints, people judge.
 *
 *   bench_zone [records [tenants]] */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/rand.h"
#include "dns/name.h"
#include "dns/type.h"
#include "model/compile.h"
#include "model/snapshot.h"

#define LOOKUPS 2000000
#define NAMES 262144 /* prepared, so that only the lookup is timed */
#define TENANT_RECORDS 20
#define TENANT_RULES 3
#define CHANGES 1000

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static size_t used(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

static const uint8_t *nm(const char *text)
{
    static uint8_t names[8][NAME_MAX_WIRE];
    static unsigned next;
    uint8_t *name = names[next++ % 8];

    must(name_parse(text, name) >= 0);
    return name;
}

static void put_a(struct compiler *c, const char *zone, const char *owner, uint32_t value)
{
    uint8_t rdata[6] = {4, 0};
    struct rrset_desc d = {
        .owner = nm(owner), .type = TYPE_A, .ttl = 300, .rdata = rdata, .rdata_len = 6, .count = 1};

    memcpy(rdata + 2, &value, 4);
    must(compile_rrset(c, zone, &d) == 0);
}

static void put_soa(struct compiler *c, const char *zone, const char *apex)
{
    uint8_t rdata[2 + 60] = {60, 0};
    struct rrset_desc d = {.owner = nm(apex),
                           .type = TYPE_SOA,
                           .ttl = 900,
                           .rdata = rdata,
                           .rdata_len = sizeof(rdata),
                           .count = 1};

    must(compile_rrset(c, zone, &d) == 0);
}

static void put_vpc(struct compiler *c, unsigned i)
{
    char id[32];
    struct prefix p = {{AF_INET, {10, (uint8_t)(i >> 8), (uint8_t)i, 0}}, 24};
    struct vpc_desc d = {.id = id,
                         .account = "111122223333",
                         .region = "eu-west-1",
                         .cidrs = &p,
                         .cidrs_n = 1,
                         .dns_support = true,
                         .dns_hostnames = true,
                         .reverse = true};

    snprintf(id, sizeof(id), "vpc-%017x", i);
    must(compile_vpc(c, &d) == 0);
}

static void put_zone(struct compiler *c, const char *zone, const char *apex, unsigned vpc)
{
    char id[32];
    const char *ids[] = {id};
    struct zone_desc z = {zone, nm(apex)};

    snprintf(id, sizeof(id), "vpc-%017x", vpc);
    must(compile_zone(c, &z) == 0 && compile_zone_vpcs(c, zone, ids, 1) == 0);
    put_soa(c, zone, apex);
}

static void put_tenant(struct compiler *c, unsigned i)
{
    char zone[32], apex[64], owner[128], rule[40], vpc[32], domain[64];
    struct sockname target = {{AF_INET, {192, 0, 2, 1}}, 53};

    put_vpc(c, i);
    snprintf(zone, sizeof(zone), "Z%020u", i);
    snprintf(apex, sizeof(apex), "tenant%u.internal", i);
    snprintf(vpc, sizeof(vpc), "vpc-%017x", i);
    put_zone(c, zone, apex, i);
    for (unsigned j = 0; j < TENANT_RECORDS; j++) {
        snprintf(owner, sizeof(owner), "host%u.%s", j, apex);
        put_a(c, zone, owner, j);
    }
    for (unsigned j = 0; j < TENANT_RULES; j++) {
        snprintf(rule, sizeof(rule), "rslvr-rr-%012x%05x", i, j);
        snprintf(domain, sizeof(domain), "corp%u.example%u.com", j, i);
        struct rule_desc d = {.id = rule,
                              .generation = 1,
                              .kind = RULE_FORWARD,
                              .domain = nm(domain),
                              .endpoint_id = "rslvr-out-1",
                              .targets = &target,
                              .targets_n = 1};
        must(compile_rule(c, &d) == 0 && compile_rule_vpc(c, rule, vpc) == 0);
    }
}

static uint8_t (*make_names(const char *format, unsigned n))[64]
{
    uint8_t(*names)[64] = malloc(NAMES * sizeof(*names));
    struct rnd r;
    char text[64];

    must(names);
    rnd_init_seed(&r, 1);
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text, sizeof(text), format, rnd_below(&r, n));
        must(name_parse(text, names[i]) >= 0);
    }
    return names;
}

static void time_find(const char *what, const struct zone *z, const char *format, unsigned n,
                      enum zone_result expect)
{
    uint8_t(*names)[64] = make_names(format, n);
    struct zone_found f;
    uint64_t start = now();
    unsigned hits = 0;

    for (unsigned i = 0; i < LOOKUPS; i++) {
        /* In order, as packets come: the name asked for is in the cache, the zone is not. */
        zone_find(z, names[i % NAMES], TYPE_A, &f);
        hits += f.result == expect && (!f.set || rrset_count(f.set) == 1);
    }
    printf("  %-28s %6.0f ns\n", what, (double)(now() - start) / LOOKUPS);
    must(hits == LOOKUPS);
    free(names);
}

static void time_matches(const struct snapshot *s, unsigned tenants)
{
    struct match m[VIEW_MATCHES];
    uint64_t start = now();
    unsigned n = 0;

    for (unsigned i = 0; i < LOOKUPS; i++) {
        unsigned vpc = (i * 2654435761u) % tenants;
        struct addr a = {AF_INET, {10, (uint8_t)(vpc >> 8), (uint8_t)vpc, 9}};
        static const uint8_t name[] = "\4host\7example\3com";
        n += view_matches(s, snapshot_identify(s, &a), name, m);
    }
    printf("  %-28s %6.0f ns\n", "identify + view_matches", (double)(now() - start) / LOOKUPS);
    must(n == 0);
}

static void time_changes(struct compiler *c, const char *what, unsigned tenants, bool record)
{
    static uint64_t revision = 10;
    char zone[32], owner[64];
    uint64_t start = now();

    for (unsigned i = 0; i < CHANGES; i++) {
        unsigned t = i % tenants;
        snprintf(zone, sizeof(zone), "Z%020u", t);
        snprintf(owner, sizeof(owner), "host3.tenant%u.internal", t);
        if (record)
            put_a(c, zone, owner, i);
        else
            put_tenant(c, tenants + i);
        must(compile_commit(c, ++revision) == 0);
    }
    printf("  %-28s %6.1f us\n", what, (double)(now() - start) / 1000 / CHANGES);
}

static void bench_records(unsigned n)
{
    struct publisher *p = publisher_new();
    struct compiler *c = compiler_new(p);
    char owner[64];
    struct match m[VIEW_MATCHES];
    struct reader r;
    size_t before = used();
    uint64_t start = now();

    must(p && c && reader_add(p, &r) == 0);
    put_vpc(c, 0);
    put_zone(c, "Z1", "example.com", 0);
    for (unsigned i = 0; i < n; i++) {
        snprintf(owner, sizeof(owner), "host%u.example.com", i);
        put_a(c, "Z1", owner, i);
    }
    must(compile_commit(c, 1) == 0);
    printf("%u records in one zone\n", n);
    printf("  %-28s %6.2f s\n", "load", (double)(now() - start) / 1e9);
    printf("  %-28s %6.1f bytes a record\n", "memory", (double)(used() - before) / n);
    const struct snapshot *s = reader_snapshot(&r);
    must(view_matches(s, snapshot_view(s, 0), nm("example.com"), m) == 1);
    time_find("find: exact", m[0].zone, "host%u.example.com", n, ZONE_FOUND);
    time_find("find: NXDOMAIN", m[0].zone, "nost%u.example.com", n, ZONE_NXDOMAIN);
    time_find("find: NXDOMAIN near", m[0].zone, "host%ux.example.com", n, ZONE_NXDOMAIN);
    start = now();
    for (unsigned i = 0; i < CHANGES; i++) {
        snprintf(owner, sizeof(owner), "host%u.example.com", i * 7919 % n);
        put_a(c, "Z1", owner, i);
        must(compile_commit(c, 2 + i) == 0);
    }
    printf("  %-28s %6.1f us\n", "one record + commit", (double)(now() - start) / 1000 / CHANGES);
    reader_remove(&r);
    compiler_free(c);
    publisher_free(p);
}

static void bench_tenants(unsigned n)
{
    struct publisher *p = publisher_new();
    struct compiler *c = compiler_new(p);
    struct reader r;
    size_t before = used();
    uint64_t start = now();

    must(p && c && reader_add(p, &r) == 0);
    for (unsigned i = 0; i < n; i++)
        put_tenant(c, i);
    must(compile_commit(c, 1) == 0);
    printf("%u tenants, each %d records and %d rules\n", n, TENANT_RECORDS, TENANT_RULES);
    printf("  %-28s %6.2f s\n", "load", (double)(now() - start) / 1e9);
    reader_quiescent(&r);
    nanosleep(&(struct timespec){0, 100000000}, NULL); /* what the load replaced is freed */
    printf("  %-28s %6.0f bytes a tenant\n", "memory", (double)(used() - before) / n);
    time_matches(reader_snapshot(&r), n);
    reader_quiescent(&r);
    time_changes(c, "one record + commit", n, true);
    time_changes(c, "one tenant + commit", n, false);
    reader_remove(&r);
    compiler_free(c);
    publisher_free(p);
}

int main(int argc, char **argv)
{
    bench_records(argc > 1 ? (unsigned)atoi(argv[1]) : 1000000);
    bench_tenants(argc > 2 ? (unsigned)atoi(argv[2]) : 10000);
    return 0;
}
