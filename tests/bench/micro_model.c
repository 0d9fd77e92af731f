/* SPDX-License-Identifier: Apache-2.0 */
/* What the model costs: memory of a record and of a tenant, time of a lookup and of a change. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "micro.h"

#define LOOKUPS 1000000
#define NAMES 262144 /* prepared, so that only the lookup is timed */
#define TENANT_RECORDS 20
#define CHANGES 1000
#define FREED_NS 100000000 /* in which what a load replaced is freed */

struct bed {
    struct publisher *publisher;
    struct compiler *compiler;
    struct reader reader;
    size_t before; /* bytes in use */
    uint64_t start;
    uint64_t revision;
};

static size_t used(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static void bed_init(struct bed *b)
{
    *b = (struct bed){.before = used(), .start = clock_mono_ns()};
    b->publisher = publisher_new();
    b->compiler = compiler_new(b->publisher);
    must(b->compiler && !reader_add(b->publisher, &b->reader));
}

static void bed_deinit(struct bed *b)
{
    reader_remove(&b->reader);
    compiler_free(b->compiler);
    publisher_free(b->publisher);
}

static void commit(struct bed *b)
{
    must(!compile_commit(b->compiler, ++b->revision));
}

/* Loads tenants and prints seconds and bytes. */
static void load(struct bed *b, unsigned tenants, unsigned records)
{
    for (unsigned i = 0; i < tenants; i++)
        world_tenant(b->compiler, i, records);
    commit(b);
    double seconds = (double)(clock_mono_ns() - b->start) / NS_PER_S;
    reader_quiescent(&b->reader);
    nanosleep(&(struct timespec){0, FREED_NS}, NULL);
    double each = (double)(used() - b->before) / (tenants > 1 ? tenants : records);
    printf("\"load_s\": %.2f, \"bytes_%s\": %.0f", seconds, tenants > 1 ? "tenant" : "record",
           each);
}

static void time_find(const struct zone *z, const char *what, const char *format, unsigned records,
                      enum zone_result expect)
{
    uint8_t(*names)[64] = malloc(NAMES * sizeof(*names));
    struct rnd r;
    struct zone_found f;
    char text[64];
    unsigned good = 0;
    must(names);
    rnd_init_seed(&r, 1);
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text, sizeof(text), format, rnd_below(&r, records));
        must(name_parse(text, names[i]) > 0);
    }
    uint64_t start = clock_mono_ns();
    for (unsigned i = 0; i < LOOKUPS; i++) {
        /* In order, as packets come: the name asked for is in the cache, the zone is not. */
        zone_find(z, names[i % NAMES], TYPE_A, &f);
        good += f.result == expect;
    }
    printf(", \"find_%s_ns\": %.0f", what, (double)(clock_mono_ns() - start) / LOOKUPS);
    must(good == LOOKUPS);
    free(names);
}

static void time_changes(struct bed *b, const char *what, unsigned tenants, unsigned records)
{
    uint64_t start = clock_mono_ns();
    for (unsigned i = 0; i < CHANGES; i++) {
        if (records)
            world_record(b->compiler, i % tenants, i * 7919 % records, i);
        else
            world_tenant(b->compiler, tenants + i, TENANT_RECORDS);
        commit(b);
    }
    printf(", \"change_%s_us\": %.1f", what,
           (double)(clock_mono_ns() - start) * 1000 / (double)NS_PER_MS / CHANGES);
    reader_quiescent(&b->reader);
}

static void model_records(unsigned records)
{
    struct bed b;
    struct match m[VIEW_MATCHES];
    uint8_t apex[NAME_MAX_WIRE];
    bed_init(&b);
    printf("{\"model\": \"zone of %u records\", ", records);
    load(&b, 1, records);
    const struct snapshot *s = reader_snapshot(&b.reader);
    must(name_parse("tenant0.internal", apex) > 0);
    must(view_matches(s, snapshot_view(s, 0), apex, m) == 1);
    const struct zone *z = m[0].zone;
    time_find(z, "exact", "host-%u.tenant0.internal", records, ZONE_FOUND);
    time_find(z, "nxdomain", "nost-%u.tenant0.internal", records, ZONE_NXDOMAIN);
    time_find(z, "nxdomain_near", "host-%ux.tenant0.internal", records, ZONE_NXDOMAIN);
    time_changes(&b, "record", 1, records);
    printf("}\n");
    bed_deinit(&b);
}

static void model_tenants(unsigned tenants)
{
    struct bed b;
    bed_init(&b);
    printf("{\"model\": \"%u tenants\", ", tenants);
    load(&b, tenants, TENANT_RECORDS);
    time_changes(&b, "record", tenants, TENANT_RECORDS);
    time_changes(&b, "tenant", tenants, 0);
    printf("}\n");
    bed_deinit(&b);
}

void micro_model(void)
{
    model_records(10000);
    model_records(100000);
    model_records(1000000);
    model_tenants(10000);
}
