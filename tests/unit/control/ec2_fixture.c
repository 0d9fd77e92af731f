/* SPDX-License-Identifier: Apache-2.0 */
/* See ec2_fixture.h. */
#include "ec2_fixture.h"

#include <stdio.h>
#include <string.h>

OP(ec2_create_vpc)
OP(ec2_create_subnet)
OP(ec2_create_security_group)
OP(ec2_delete_vpc)
OP(ec2_delete_subnet)
OP(ec2_delete_security_group)

void ec2_begin(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    arena_new(&f->arena, 256u << 20);
    assert_int_equal(store_open("mem:", &f->arena, &f->store, NULL), 0);
    f->c = (struct ctl){
        .store = f->store,
        .arena = &f->arena,
        .request_id = "00000000-0000-0000-0000-000000000000",
        .now_ns = 1790000000ull * 1000000000ull,
    };
    fixture_caller(f, ACCOUNT, REGION);
}

const char *ec2_vpc_tagged(struct fixture *f, const char *cidr, const char *key, const char *value)
{
    struct ec2_tag tag = {key, value};
    struct ec2_tag_specification spec = {"vpc", &tag, 1};
    struct ec2_create_vpc_request in = {
        .cidr_block = cidr, .tag_specifications = &spec, .tag_specifications_n = key ? 1 : 0};
    struct ec2_create_vpc_response out;
    int err = RUN(f, ec2_create_vpc, &in, &out);
    if (err)
        print_error("%s: %s\n", fault_name(f->c.fault.code), f->c.fault.message);
    assert_int_equal(err, 0);
    return out.vpc->vpc_id;
}

const char *ec2_vpc_make(struct fixture *f, const char *cidr)
{
    return ec2_vpc_tagged(f, cidr, NULL, NULL);
}

const char *ec2_subnet_make(struct fixture *f, const char *vpc, const char *cidr)
{
    struct ec2_create_subnet_request in = {.vpc_id = vpc, .cidr_block = cidr};
    struct ec2_create_subnet_response out;
    assert_int_equal(RUN(f, ec2_create_subnet, &in, &out), 0);
    return out.subnet->subnet_id;
}

const char *ec2_group_make(struct fixture *f, const char *vpc, const char *name)
{
    struct ec2_create_security_group_request in = {
        .vpc_id = vpc, .group_name = name, .description = "of a test"};
    struct ec2_create_security_group_response out;
    assert_int_equal(RUN(f, ec2_create_security_group, &in, &out), 0);
    return out.group_id;
}

int ec2_vpc_drop(struct fixture *f, const char *id)
{
    struct ec2_delete_vpc_request in = {.vpc_id = id};
    struct ec2_done out;
    return RUN(f, ec2_delete_vpc, &in, &out);
}

int ec2_subnet_drop(struct fixture *f, const char *id)
{
    struct ec2_delete_subnet_request in = {.subnet_id = id};
    struct ec2_done out;
    return RUN(f, ec2_delete_subnet, &in, &out);
}

int ec2_group_drop(struct fixture *f, const char *id)
{
    struct ec2_delete_security_group_request in = {.group_id = id};
    struct ec2_delete_security_group_response out;
    return RUN(f, ec2_delete_security_group, &in, &out);
}

static int count_key(void *ctx, const struct store_item *item)
{
    /* The audit trail stays by its nature. */
    bool guard = memmem(item->key.data, item->key.len, "/!", 2) ||
                 (item->key.len > 8 && memcmp(item->key.data, "z/audit/", 8) == 0);
    if (!guard) {
        ++*(size_t *)ctx;
        print_message("left: %.*s\n", (int)item->key.len, (const char *)item->key.data);
    }
    return 0;
}

size_t ec2_keys_left(struct fixture *f)
{
    size_t n = 0;
    struct store_walk walk = {.from = {"", 0}, .each = count_key, .ctx = &n};
    assert_int_equal(store_range(f->store, &walk, NULL), 0);
    return n;
}
