/* SPDX-License-Identifier: Apache-2.0 */
/* See service_fixture.h. */
#include "service_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "store/store.h"

#define TEST_MEMORY (256u << 20) /* bytes of all calls of one test */
#define NOW_NS (1790000000ull * 1000000000ull)

static int vpc_put(struct ctl *c, const char *id, const char *cidr, const char *cidr6)
{
    struct obj_cidr_association v4 = {"vpc-cidr-assoc-1", cidr, "associated"};
    struct obj_cidr_association v6 = {"vpc-cidr-assoc-2", cidr6, "associated"};
    struct obj_vpc vpc = {
        .id = id,
        .cidr_blocks = &v4,
        .cidr_blocks_n = 1,
        .ipv6_cidr_blocks = &v6,
        .ipv6_cidr_blocks_n = cidr6 ? 1 : 0,
        .enable_dns_support = TRI_TRUE,
        .enable_dns_hostnames = TRI_TRUE,
    };

    return ctl_put(c, &kind_vpc, id, &vpc);
}

static int subnet_put(struct ctl *c, const char *id, const char *vpc_id, const char *const cidr[2])
{
    struct obj_cidr_association v6 = {"subnet-cidr-assoc-1", cidr[1], "associated"};
    struct obj_subnet subnet = {
        .id = id,
        .vpc_id = vpc_id,
        .cidr_block = cidr[0],
        .ipv6_cidr_blocks = &v6,
        .ipv6_cidr_blocks_n = cidr[1] ? 1 : 0,
        .availability_zone = REGION "a",
        .availability_zone_id = "euw1-az1",
    };

    return ctl_put(c, &kind_subnet, id, &subnet);
}

static int group_put(struct ctl *c, const char *id, const char *vpc_id)
{
    struct obj_group group = {.id = id, .name = id, .description = "", .vpc_id = vpc_id};

    return ctl_put(c, &kind_group, id, &group);
}

static int op_seed(struct ctl *c, const void *in, void *out)
{
    static const char *const a[] = {"10.1.1.0/24", "fd00:1:0:1::/64"};
    static const char *const b[] = {"10.1.2.0/24", NULL};
    static const char *const d[] = {"10.2.1.0/24", NULL};
    int err = vpc_put(c, VPC, "10.1.0.0/16", "fd00:1::/56");

    (void)in;
    (void)out;
    if (!err)
        err = vpc_put(c, VPC_2, "10.2.0.0/16", NULL);
    if (!err)
        err = subnet_put(c, SUBNET, VPC, a);
    if (!err)
        err = subnet_put(c, SUBNET_B, VPC, b);
    if (!err)
        err = subnet_put(c, SUBNET_2, VPC_2, d);
    if (!err)
        err = group_put(c, GROUP, VPC);
    return err ? err : group_put(c, GROUP_2, VPC_2);
}

static int op_seed_foreign(struct ctl *c, const void *in, void *out)
{
    (void)in;
    (void)out;
    return vpc_put(c, FOREIGN_VPC, "10.15.0.0/16", NULL);
}

void fixture_begin(struct fixture *f)
{
    char out;

    memset(f, 0, sizeof *f);
    arena_new(&f->arena, TEST_MEMORY);
    assert_int_equal(store_open("mem:", &f->arena, &f->store, NULL), 0);
    f->c = (struct ctl){
        .store = f->store,
        .arena = &f->arena,
        .request_id = "00000000-0000-0000-0000-000000000000",
        .now_ns = NOW_NS,
    };
    fixture_caller(f, OTHER_ACCOUNT, REGION);
    assert_int_equal(fixture_run(f, op_seed_foreign, NULL, &out, sizeof out), 0);
    fixture_caller(f, ACCOUNT, REGION);
    assert_int_equal(fixture_run(f, op_seed, NULL, &out, sizeof out), 0);
}

void fixture_end(struct fixture *f)
{
    store_close(f->store);
    arena_free(&f->arena);
}

void fixture_caller(struct fixture *f, const char *account, const char *region)
{
    f->c.account = account;
    f->c.region = region;
    f->c.caller_arn = arena_printf(&f->arena, "arn:aws:iam::%s:root", account);
}

int fixture_run(struct fixture *f, ctl_op *op, const void *in, void *out, size_t out_size)
{
    int err;

    f->c.now_ns += 1000000000;
    err = ctl_run(&f->c, op, in, out, out_size);
    assert_true(err == 0 || err == ERR_FAULT);
    return err;
}

void fixture_fault(struct fixture *f, int err, enum fault_code code, const char *text)
{
    assert_int_equal(err, ERR_FAULT);
    if (f->c.fault.code != code || !strstr(f->c.fault.message, text))
        print_error("%s: %s\n", fault_name(f->c.fault.code), f->c.fault.message);
    assert_int_equal(f->c.fault.code, code);
    assert_non_null(strstr(f->c.fault.message, text));
}

struct counting {
    const struct kind *kind;
};

static int op_count(struct ctl *c, const void *in, void *out)
{
    const struct counting *what = in;

    return ctl_count(c, what->kind, out);
}

size_t fixture_count(struct fixture *f, const struct kind *kind)
{
    const struct counting what = {kind};
    size_t n = 0;

    assert_int_equal(fixture_run(f, op_count, &what, &n, sizeof n), 0);
    return n;
}

struct granting {
    const char *principal, *arn, *value;
};

static int op_grant(struct ctl *c, const void *in, void *out)
{
    const struct granting *g = in;
    char *grant = arena_printf(c->arena, "%s/%s/" SHARE, g->principal, g->arn);
    char *of = arena_printf(c->arena, "%s/%s/" SHARE, g->arn, g->principal);
    int err =
        g->value ? ctl_index_put(c, "grants", grant, g->value) : ctl_index_del(c, "grants", grant);

    (void)out;
    if (!err)
        err = g->value ? ctl_index_put(c, "grants-of", of, "") : ctl_index_del(c, "grants-of", of);
    return err ? err : access_recheck(c, g->arn);
}

void fixture_grant(struct fixture *f, const char *principal, const char *arn, const char *value)
{
    const struct granting g = {principal, arn, value};
    char out;

    assert_int_equal(fixture_run(f, op_grant, &g, &out, sizeof out), 0);
}
