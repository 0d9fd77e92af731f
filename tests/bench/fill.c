/* SPDX-License-Identifier: Apache-2.0 */
/* Writes big stores for the benches, by the very functions that answer the API, but many calls a
 * commit and without HTTP. Records alone are put as they are stored, for a zone of the API has ten
 * thousand at most.
 *
 *   fill zone FILE RECORDS              one VPC, one zone
 *   fill tenants FILE VPCS [IP[:PORT]]  VPCs with a zone of 20 records and 3 rules each
 *   fill world FILE VPCS ZONES RECORDS  zones with RECORDS / ZONES records; ZONES divides VPCS
 *
 * What to ask, on the shared listener (`serve --dns 127.10.0.2:PORT`, or any other address):
 *
 *   zone     from 127.10.1.7            n<i>.bench.internal, 0 <= i < RECORDS
 *                                       -> A 10.<i >> 16>.<i >> 8 & 255>.<i & 255>, TTL 3600
 *   tenants  from SOURCE(k)             n<i>.tenant.internal, 0 <= i < 20
 *                                       -> A 10.<k >> 8>.<k & 255>.<i>, TTL 3600
 *                                       anything.r<j>.forward.test, 0 <= j < 3 -> asks IP:PORT
 *                                       (192.0.2.53 when none is given)
 *   world    from SOURCE(k)             n<i>.z<z>.bench.internal, z = k mod ZONES,
 *                                       0 <= i < RECORDS / ZONES -> as in `zone`
 *
 * VPC k, from 0, is 127.64.0.0/24 + 256 k, so that 16,000 of them fit, and Linux calls all of it
 * its own; SOURCE(k) is 127.<64 + (k >> 8)>.<k & 255>.5. The source address says which VPC asks, so
 * that all share one listener, and all tenants' zones have the same name.
 *
 * VPCs belong to accounts in turn: VPC k to account 1 + k mod 100. Each account that has rules has
 * a VPC of its own for its outbound endpoint (127.127.<number>.0/24), which its rules
 * share. With `serve --auth off` the access key id is the account. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/ctl_priv.h"
#include "control/object.h"
#include "control/record.h"
#include "rows/ec2.h"
#include "rows/r53.h"
#include "rows/rslvr.h"

#define ACCOUNTS 100
#define REGION "us-east-1"
#define ARENA (1u << 30)    /* bytes of one commit */
#define TENANTS_BATCH 100   /* tenants of a commit */
#define RECORDS_BATCH 10000 /* records of a commit */
#define TENANT_RECORDS 20
#define TENANT_RULES 3
#define VPC_BASE (127u << 24 | 64u << 16)
#define HUB_BASE (127u << 24 | 127u << 16)
#define ID_BYTES 64

/* What is being written. */
static struct fill {
    struct arena arena;
    struct ctl c;
    char account[13];         /* who calls */
    int vpcs, zones, records; /* in all */
    struct obj_target target;
    int (*make)(int);
    int first, end;        /* of this commit */
    char (*vpc)[ID_BYTES]; /* ids, by number */
    char (*zone)[ID_BYTES];
    char endpoint[ACCOUNTS][ID_BYTES];
} fill;

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s failed\n", what);
    exit(1);
}

static char *text(const char *fmt, unsigned n)
{
    char *t = arena_printf(fill.c.arena, fmt, n);
    need(t != NULL, "memory");
    return t;
}

static void account_of(int vpc)
{
    snprintf(fill.account, sizeof(fill.account), "%012u", 1 + (unsigned)vpc % ACCOUNTS);
}

static char *cidr(uint32_t base, int n, const char *bits)
{
    uint32_t a = base + 256 * (uint32_t)n;
    char *t = arena_printf(fill.c.arena, "%u.%u.%u.%u%s", a >> 24, a >> 16 & 255, a >> 8 & 255,
                           a & 255, bits);
    need(t != NULL, "memory");
    return t;
}

static int vpc_make(const char *block, const char **ret_id)
{
    struct ec2_create_vpc_request in = {.cidr_block = block};
    struct ec2_create_vpc_response out = {0};
    struct ec2_done done = {0};
    int err = ec2_create_vpc(&fill.c, &in, &out);
    if (err)
        return err;
    struct ec2_modify_vpc_attribute_request attribute = {.vpc_id = out.vpc->vpc_id,
                                                         .enable_dns_hostnames = TRI_TRUE};
    *ret_id = out.vpc->vpc_id;
    return ec2_modify_vpc_attribute(&fill.c, &attribute, &done);
}

static int zone_make(const char *name, const char *vpc, const char **ret_id)
{
    struct r53_vpc in_vpc = {REGION, vpc};
    struct r53_create_hosted_zone_request in = {
        .name = name, .vpc = &in_vpc, .caller_reference = ctl_new_id(&fill.c, "fill-", 16)};
    struct r53_create_hosted_zone_response out = {0};
    int err = r53_create_hosted_zone(&fill.c, &in, &out);
    if (!err)
        *ret_id = strrchr(out.hosted_zone->id, '/') + 1;
    return err;
}

/* Counts `n` more records into a zone. */
static int zone_count(const char *id, int n)
{
    struct obj_zone z;
    int err = ctl_get(&fill.c, &kind_zone, id, &z);
    z.record_count.v += n;
    return err ? err : ctl_put(&fill.c, &kind_zone, id, &z);
}

static int record_make(const char *zone_id, const char *zone, int i, const char *address)
{
    struct obj_record r = {.name = arena_printf(fill.c.arena, "n%d.%s", i, zone),
                           .type = "A",
                           .ttl = {true, 3600},
                           .values = &address,
                           .values_n = 1};
    uint8_t name[NAME_MAX_WIRE];
    need(r.name && name_parse(r.name, name) >= 0, "a name");
    const struct record_id id = {zone_id, name, "A", NULL};
    return txn_write(&fill.c, record_key(fill.c.arena, &id), record_write(fill.c.arena, &r));
}

static char *address(unsigned b, unsigned c, unsigned d)
{
    char *t = arena_printf(fill.c.arena, "10.%u.%u.%u", b & 255, c & 255, d & 255);
    need(t != NULL, "memory");
    return t;
}

static char *address_of(int i)
{
    return address((unsigned)i >> 16, (unsigned)i >> 8, (unsigned)i);
}

/* --- what is made, by its number --- */

static int lone_zone_make(int n)
{
    const char *vpc, *zone;
    (void)n;
    int err = vpc_make("127.10.0.0/16", &vpc);
    if (!err)
        err = zone_make("bench.internal", vpc, &zone);
    if (!err)
        err = zone_count(zone, fill.records);
    if (!err)
        snprintf(fill.zone[0], ID_BYTES, "%s", zone);
    return err;
}

static int lone_record_make(int i)
{
    return record_make(fill.zone[0], "bench.internal.", i, address_of(i));
}

/* The VPC with the outbound endpoint of account `n`. */
static int hub_make(int n)
{
    struct ec2_create_subnet_request subnet = {.cidr_block = cidr(HUB_BASE, n, "/24")};
    struct ec2_create_subnet_response subnet_out = {0};
    struct obj_vpc vpc;
    account_of(n);
    int err = vpc_make(subnet.cidr_block, &subnet.vpc_id);
    if (!err)
        err = ec2_create_subnet(&fill.c, &subnet, &subnet_out);
    if (!err)
        err = ctl_get(&fill.c, &kind_vpc, subnet.vpc_id, &vpc);
    if (err)
        return err;
    struct rslvr_ip_address_request ips[2] = {{.subnet_id = subnet_out.subnet->subnet_id},
                                              {.subnet_id = subnet_out.subnet->subnet_id}};
    struct rslvr_create_resolver_endpoint_request in = {.creator_request_id = "fill",
                                                        .direction = "OUTBOUND",
                                                        .security_group_ids = &vpc.default_group_id,
                                                        .security_group_ids_n = 1,
                                                        .ip_addresses = ips,
                                                        .ip_addresses_n = 2};
    struct rslvr_create_resolver_endpoint_response out = {0};
    err = rslvr_create_resolver_endpoint(&fill.c, &in, &out);
    if (!err)
        snprintf(fill.endpoint[n], ID_BYTES, "%s", out.resolver_endpoint->id);
    return err;
}

static int rule_make(int k, int j, const char *vpc)
{
    struct rslvr_target_address target = {.ip = fill.target.ip, .port = fill.target.port};
    struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = ctl_new_id(&fill.c, "fill-", 16),
        .rule_type = "FORWARD",
        .domain_name = text("r%u.forward.test", (unsigned)j),
        .target_ips = &target,
        .target_ips_n = 1,
        .resolver_endpoint_id = fill.endpoint[k % ACCOUNTS]};
    struct rslvr_create_resolver_rule_response out = {0};
    int err = rslvr_create_resolver_rule(&fill.c, &in, &out);
    if (err)
        return err;
    struct rslvr_associate_resolver_rule_request with = {.resolver_rule_id = out.resolver_rule->id,
                                                         .vpc_id = vpc};
    struct rslvr_associate_resolver_rule_response with_out = {0};
    return rslvr_associate_resolver_rule(&fill.c, &with, &with_out);
}

static int tenant_make(int k)
{
    const char *vpc, *zone;
    account_of(k);
    int err = vpc_make(cidr(VPC_BASE, k, "/24"), &vpc);
    if (!err)
        err = zone_make("tenant.internal", vpc, &zone);
    if (!err)
        err = zone_count(zone, TENANT_RECORDS);
    for (int i = 0; i < TENANT_RECORDS && !err; i++)
        err = record_make(zone, "tenant.internal.", i,
                          address((unsigned)k >> 8, (unsigned)k, (unsigned)i));
    for (int j = 0; j < TENANT_RULES && !err; j++)
        err = rule_make(k, j, vpc);
    return err;
}

static int world_vpc_make(int k)
{
    const char *id;
    account_of(k);
    int err = vpc_make(cidr(VPC_BASE, k, "/24"), &id);
    if (!err)
        snprintf(fill.vpc[k], ID_BYTES, "%s", id);
    return err;
}

/* Zone z with its records, on all VPCs k with k mod ZONES = z. */
static int world_zone_make(int z)
{
    int records = fill.records / fill.zones;
    char *name = text("z%u.bench.internal.", (unsigned)z);
    struct r53_vpc vpc = {.vpc_region = REGION};
    const char *zone;
    account_of(z);
    int err = zone_make(name, fill.vpc[z], &zone);
    for (int k = z + fill.zones; k < fill.vpcs && !err; k += fill.zones) {
        struct r53_associate_vpc_with_hosted_zone_request in = {.hosted_zone_id = zone,
                                                                .vpc = &vpc};
        struct r53_associate_vpc_with_hosted_zone_response out = {0};
        vpc.vpc_id = fill.vpc[k];
        err = r53_associate_vpc_with_hosted_zone(&fill.c, &in, &out);
    }
    if (!err)
        err = zone_count(zone, records);
    for (int i = 0; i < records && !err; i++)
        err = record_make(zone, name, i, address_of(i));
    return err;
}

/* --- the commits --- */

/* One commit: makes those from fill.first to fill.end. */
static int op_part(struct ctl *c, const void *in, void *out)
{
    int err = 0;
    (void)c;
    (void)in;
    (void)out;
    for (int i = fill.first; i < fill.end && !err; i++)
        err = fill.make(i);
    return err;
}

/* Makes those from 0 to n, `batch` in a commit. */
static void run(int (*make)(int), int n, int batch)
{
    char none;
    fill.make = make;
    for (fill.first = 0; fill.first < n; fill.first += batch) {
        fill.end = n - fill.first < batch ? n : fill.first + batch;
        int err = ctl_run(&fill.c, op_part, NULL, &none, sizeof(none));
        need(err == 0, fill.c.fault.message ? fill.c.fault.message : "a commit");
        arena_reset(&fill.arena);
    }
}

static void zone_fill(void)
{
    run(lone_zone_make, 1, 1);
    run(lone_record_make, fill.records, RECORDS_BATCH);
}

static void tenants_fill(void)
{
    run(hub_make, fill.vpcs < ACCOUNTS ? fill.vpcs : ACCOUNTS, ACCOUNTS);
    run(tenant_make, fill.vpcs, TENANTS_BATCH);
}

static void world_fill(void)
{
    need(fill.zones > 0 && fill.vpcs % fill.zones == 0 && fill.zones % ACCOUNTS == 0,
         "dividing VPCs among zones, and zones among accounts,");
    run(world_vpc_make, fill.vpcs, TENANTS_BATCH);
    run(world_zone_make, fill.zones, 1 + RECORDS_BATCH * fill.zones / (fill.records + 1));
}

static void target_read(const char *from)
{
    char *colon = strrchr(from, ':');
    fill.target.port = (struct opt_int){true, colon ? atoi(colon + 1) : 53};
    fill.target.ip = colon ? strndup(from, (size_t)(colon - from)) : from;
}

int main(int argc, char **argv)
{
    struct arena urls;
    const char *why = "", *what = argc > 1 ? argv[1] : "";
    bool zone = argc == 4 && strcmp(what, "zone") == 0;
    bool tenants = (argc == 4 || argc == 5) && strcmp(what, "tenants") == 0;
    bool world = argc == 6 && strcmp(what, "world") == 0;
    if (!zone && !tenants && !world) {
        fprintf(stderr, "usage: fill zone FILE RECORDS | fill tenants FILE VPCS [IP[:PORT]] | "
                        "fill world FILE VPCS ZONES RECORDS\n");
        return 2;
    }
    target_read(tenants && argc == 5 ? argv[4] : "192.0.2.53");
    fill.vpcs = zone ? 1 : atoi(argv[3]);
    fill.zones = world ? atoi(argv[4]) : 1;
    fill.records = zone ? atoi(argv[3]) : world ? atoi(argv[5]) : 0;
    fill.vpc = calloc((size_t)fill.vpcs, sizeof(fill.vpc[0]));
    fill.zone = calloc(1, sizeof(fill.zone[0]));
    need(fill.vpc && fill.zone, "memory");
    arena_new(&urls, 1 << 16);
    arena_new(&fill.arena, ARENA);
    fill.c = (struct ctl){
        .now_ns = clock_real_ns(), .arena = &fill.arena, .region = REGION, .account = fill.account};
    account_of(0);
    char *url = arena_printf(&urls, "sqlite:%s", argv[2]);
    need(url && store_open(url, &urls, &fill.c.store, &why) == 0, why);
    (zone ? zone_fill : tenants ? tenants_fill : world_fill)();
    store_close(fill.c.store);
    return 0;
}
