/* SPDX-License-Identifier: Apache-2.0 */
/* Many VPCs on one profile: how long a start takes, what a VPC costs, how soon a change is seen.
 *
 *   scale fill FILE VPCS RULES ZONES     writes an SQLite store with accounts' VPCs (one subnet
 * each) on one profile scale measure FILE VPCS CHANGES      starts from it and changes it; prints
 * one line of JSON
 *
 * A change puts a zone or a VPC into the profile, or takes it out, as one transaction through the
 * control side, and waits until the workers' snapshot has it. CHANGES is even. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "control/ctl_priv.h"
#include "control/object.h"
#include "control/project.h"
#include "model/snapshot.h"

#define ACCOUNTS 100
#define PROFILE "rp-0123456789abcdef0"
#define REGION "us-east-1"
#define BATCH 500 /* objects of a transaction */

struct bench {
    struct arena arena;
    struct ctl c;
    int first, n; /* of a batch */
};

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "scale: %s failed\n", what);
    exit(1);
}

static char *text(struct ctl *c, const char *fmt, int n)
{
    char *t = arena_printf(c->arena, fmt, n);
    need(t != NULL, "memory");
    return t;
}

static int vpc_put(struct ctl *c, int n)
{
    struct obj_cidr_association cidr = {
        "vpc-cidr-assoc-1", arena_printf(c->arena, "10.%d.%d.0/24", n >> 8 & 255, n & 255),
        "associated"};
    struct obj_tag tag = {"bridge53:netns", text(c, "tenant-%d", n)};
    struct obj_vpc vpc = {.id = text(c, "vpc-%017d", n),
                          .cidr_blocks = &cidr,
                          .cidr_blocks_n = 1,
                          .enable_dns_support = TRI_TRUE,
                          .enable_dns_hostnames = TRI_TRUE,
                          .tags = &tag,
                          .tags_n = 1};
    struct obj_profile_association a = {.id = text(c, "rpassoc-%017d", n),
                                        .profile_id = PROFILE,
                                        .resource_id = vpc.id,
                                        .name = "scale"};
    c->account = text(c, "%012d", 1 + n % ACCOUNTS);
    int err = ctl_put(c, &kind_vpc, vpc.id, &vpc);
    if (!err)
        err = ctl_put(c, &kind_profile_assoc, a.id, &a);
    if (!err)
        err = ctl_index_put(c, "profile-vpcs", arena_printf(c->arena, PROFILE "/%s", vpc.id), a.id);
    return err ? err
               : ctl_index_put(c, "vpc-profiles",
                               arena_printf(c->arena, "%s/00000/rpassoc-1", vpc.id), PROFILE);
}

static int rule_put(struct ctl *c, int n)
{
    struct obj_target target = {.ip = "192.0.2.53"};
    struct obj_rule rule = {.id = text(c, "rslvr-rr-%017d", n),
                            .domain_name = text(c, "r%d.rules.internal.", n),
                            .rule_type = "FORWARD",
                            .targets = &target,
                            .targets_n = 1,
                            .resolver_endpoint_id = "rslvr-out-1",
                            .generation = {true, 1}};
    int err = ctl_put(c, &kind_rule, rule.id, &rule);
    char *key = arena_printf(
        c->arena, PROFILE "/arn:aws:route53resolver:" REGION ":1:resolver-rule/%s", rule.id);
    return err ? err : ctl_index_put(c, "profile-resources", key, "rpr-1");
}

static char *zone_key(struct ctl *c, int n)
{
    return text(c, PROFILE "/arn:aws:route53:::hostedzone/Z%d", n);
}

static int zone_put(struct ctl *c, int n)
{
    struct obj_zone zone = {.id = text(c, "Z%d", n), .name = text(c, "z%d.zones.internal.", n)};
    int err = ctl_put(c, &kind_zone, zone.id, &zone);
    return err ? err : ctl_index_put(c, "profile-resources", zone_key(c, n), "rpr-1");
}

/* What op_fill puts: ctl_run knows one kind of input. */
static int (*batch_put)(struct ctl *c, int n);

static int op_fill(struct ctl *c, const void *in, void *out)
{
    const struct bench *b = in;
    int err = 0;
    (void)out;
    for (int i = b->first; i < b->first + b->n && !err; i++)
        err = batch_put(c, i);
    return err;
}

static void fill(struct bench *b, int n, int (*put)(struct ctl *c, int n))
{
    char none;
    batch_put = put;
    for (b->first = 0; b->first < n; b->first += BATCH) {
        b->n = n - b->first < BATCH ? n - b->first : BATCH;
        need(ctl_run(&b->c, op_fill, b, &none, sizeof(none)) == 0, "filling the store");
        arena_reset(&b->arena);
    }
}

static int op_profile(struct ctl *c, const void *in, void *out)
{
    struct obj_profile profile = {.id = PROFILE, .name = "scale"};
    (void)in;
    (void)out;
    return ctl_put(c, &kind_profile, PROFILE, &profile);
}

/* A change: zone 0 comes into the profile or goes, or VPC 0 does. */
struct change {
    bool vpc, in;
};

static int op_change(struct ctl *c, const void *in, void *out)
{
    const struct change *change = in;
    const char *index = change->vpc ? "vpc-profiles" : "profile-resources";
    char *key = change->vpc ? text(c, "vpc-%017d/00000/rpassoc-1", 0) : zone_key(c, 0);
    (void)out;
    if (!change->in)
        return ctl_index_del(c, index, key);
    return ctl_index_put(c, index, key, change->vpc ? PROFILE : "rpr-1");
}

/* Bytes of the stored keys that the projector keeps of VPCs. */
static int key_each(void *ctx, const struct store_item *item)
{
    static const char *const kept[] = {"o/vpc/", "x/vpc-profiles/"};
    size_t *bytes = ctx;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (item->key.len > strlen(kept[i]) && !memcmp(item->key.data, kept[i], strlen(kept[i])))
            *bytes += item->key.len + 1;
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* True if the first VPC sees zone 0. */
static bool seen(struct reader *r)
{
    static const uint8_t name[] = "\2z0\5zones\10internal";
    struct match m[VIEW_MATCHES];
    reader_quiescent(r);
    const struct snapshot *s = reader_snapshot(r);
    const struct view *v = snapshot_view_by_id(s, "vpc-00000000000000000");
    return v && view_matches(s, v, name, m) > 0 && m[0].zone;
}

/* Makes changes of one kind and prints how soon the workers' snapshot had them. */
static void changes_time(struct bench *b, struct reader *reader, bool vpc, int n)
{
    const char *kind = vpc ? "vpc" : "zone";
    double *ms = calloc((size_t)n, sizeof(*ms));
    char none;
    need(ms != NULL, "memory");
    for (int i = 0; i < n; i++) {
        struct change change = {vpc, i % 2};
        uint64_t start = clock_mono_ns();
        reader_sleep(reader);
        need(ctl_run(&b->c, op_change, &change, &none, sizeof(none)) == 0, "a change");
        reader_wake(reader);
        need(seen(reader) == change.in, "seeing a change");
        ms[i] = (double)(clock_mono_ns() - start) / 1e6;
        arena_reset(&b->arena);
    }
    qsort(ms, (size_t)n, sizeof(*ms), compare);
    printf(", \"%s_median_ms\": %.2f, \"%s_p99_ms\": %.2f, \"%s_max_ms\": %.2f", kind, ms[n / 2],
           kind, ms[n * 99 / 100], kind, ms[n - 1]);
    free(ms);
}

static void measure(struct bench *b, int vpcs, int changes)
{
    struct reader reader;
    struct project *project;
    size_t keys = 0;
    struct store_walk walk = {.each = key_each, .ctx = &keys};
    need(store_range(b->c.store, &walk, NULL) == 0, "reading the keys");
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    uint64_t start = clock_mono_ns();
    b->c.publisher = publisher_new();
    struct compiler *compiler = compiler_new(b->c.publisher);
    need(compiler && reader_add(b->c.publisher, &reader) == 0, "memory");
    need(project_start(b->c.store, compiler, &project) == 0, "the start");
    double started = (double)(clock_mono_ns() - start) / 1e9;
    need(seen(&reader), "the first look");
    printf("{\"vpcs\": %d, \"start_s\": %.3f, \"heap_bytes\": %zu, \"key_bytes\": %zu", vpcs,
           started, mallinfo2().uordblks + mallinfo2().hblkhd - before, keys);
    changes_time(b, &reader, false, changes);
    changes_time(b, &reader, true, changes);
    printf("}\n");
    reader_remove(&reader);
    project_stop(project);
    compiler_free(compiler);
    publisher_free(b->c.publisher);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    const char *why = "";
    bool filling = argc == 6 && strcmp(argv[1], "fill") == 0;
    if (!filling && !(argc == 5 && strcmp(argv[1], "measure") == 0)) {
        fprintf(stderr,
                "usage: scale fill FILE VPCS RULES ZONES | scale measure FILE VPCS CHANGES\n");
        return 2;
    }
    arena_new(&b.arena, LIMIT_REQUEST_ARENA);
    b.c = (struct ctl){.arena = &b.arena, .account = "000000000001", .region = REGION};
    char *url = arena_printf(&b.arena, "sqlite:%s", argv[2]);
    need(url && store_open(url, &b.arena, &b.c.store, &why) == 0, why);
    if (filling) {
        char none;
        need(ctl_run(&b.c, op_profile, NULL, &none, sizeof(none)) == 0, "the profile");
        fill(&b, atoi(argv[4]), rule_put);
        fill(&b, atoi(argv[5]), zone_put);
        fill(&b, atoi(argv[3]), vpc_put);
    } else {
        measure(&b, atoi(argv[3]), atoi(argv[4]));
    }
    store_close(b.c.store);
    arena_free(&b.arena);
    return 0;
}
