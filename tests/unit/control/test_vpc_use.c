/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces for endpoints: which addresses they get, what they keep from being deleted. */
#include <string.h>

#include "base/error.h"
#include "control/vpc_use.h"
#include "ec2_fixture.h"

OP(ec2_create_vpc)
OP(ec2_create_subnet)
OP(ec2_describe_network_interfaces)
OP(ec2_describe_subnets)

/* What the operations below are asked. */
struct ask {
    const char *subnet, *group, *ip, *ipv6;
    bool want_ipv4, want_ipv6;
    int err; /* of interface_create; the operation itself succeeds when it is one of the four */
};

static int op_make(struct ctl *c, const void *in, void *out)
{
    struct ask *ask = *(struct ask *const *)in;
    struct obj_subnet subnet;
    int err = ctl_get_own(c, &kind_subnet, ask->subnet, &subnet);
    if (err)
        return err;
    struct interface_spec spec = {.subnet = &subnet,
                                  .ip = ask->ip,
                                  .ipv6 = ask->ipv6,
                                  .want_ipv4 = ask->want_ipv4,
                                  .want_ipv6 = ask->want_ipv6,
                                  .description = "Route 53 Resolver: rslvr-in-1:rni-1",
                                  .requester_id = "resolver",
                                  .group_ids = &ask->group,
                                  .group_ids_n = 1};
    ask->err = interface_create(c, &spec, out);
    return ask->err ? ctl_fail(c, FAULT_InvalidParameterValue, "%s", err_text(ask->err)) : 0;
}

static int make(struct fixture *f, struct ask ask, struct obj_interface *ret)
{
    struct ask *in = &ask;
    (void)!fixture_run(f, op_make, &in, ret, sizeof *ret);
    return ask.err;
}

static int op_drop(struct ctl *c, const void *in, void *out)
{
    (void)out;
    return interface_delete(c, in);
}

static int op_add6(struct ctl *c, const void *in, void *out)
{
    (void)out;
    return interface_add_ipv6(c, *(struct obj_interface *const *)in, NULL);
}

static void drop(struct fixture *f, const char *id)
{
    char out;
    assert_int_equal(fixture_run(f, op_drop, id, &out, sizeof out), 0);
}

struct place {
    const char *vpc, *subnet, *group;
};

static struct place place_make(struct fixture *f)
{
    struct ec2_create_vpc_request v = {.cidr_block = "10.0.0.0/16",
                                       .ipv6_cidr_block = "fd00:1::/56"};
    struct ec2_create_vpc_response vpc;
    ec2_begin(f);
    assert_int_equal(RUN(f, ec2_create_vpc, &v, &vpc), 0);
    struct ec2_create_subnet_request s = {
        .vpc_id = vpc.vpc->vpc_id, .cidr_block = "10.0.1.0/28", .ipv6_cidr_block = "fd00:1::/64"};
    struct ec2_create_subnet_response subnet;
    assert_int_equal(RUN(f, ec2_create_subnet, &s, &subnet), 0);
    return (struct place){vpc.vpc->vpc_id, subnet.subnet->subnet_id,
                          ec2_group_make(f, vpc.vpc->vpc_id, "dns")};
}

static int64_t free_count(struct fixture *f, const char *subnet)
{
    struct ec2_describe_subnets_request in = {.subnet_ids = &subnet, .subnet_ids_n = 1};
    struct ec2_describe_subnets_response out;
    assert_int_equal(RUN(f, ec2_describe_subnets, &in, &out), 0);
    return out.subnets[0].available_ip_address_count.v;
}

static void test_addresses(void **state)
{
    (void)state;
    struct fixture f;
    struct place p = place_make(&f);
    struct obj_interface a, b;
    assert_int_equal(free_count(&f, p.subnet), 11);
    struct ask any = {.subnet = p.subnet, .group = p.group, .want_ipv4 = true};
    assert_int_equal(make(&f, any, &a), 0);
    assert_string_equal(a.private_ip, "10.0.1.4"); /* behind the reserved ones */
    assert_int_equal(a.ipv6_n, 0);
    assert_int_equal(strlen(a.mac_address), 17);
    assert_int_equal(free_count(&f, p.subnet), 10);
    static const struct {
        const char *ip;
        int err;
    } cases[] = {
        {"10.0.1.4", ERR_EXISTS},   {"10.0.1.0", ERR_RANGE}, {"10.0.1.1", ERR_RANGE},
        {"10.0.1.2", ERR_RANGE},    {"10.0.1.3", ERR_RANGE}, {"10.0.1.15", ERR_RANGE},
        {"10.0.1.16", ERR_RANGE},   {"10.9.1.5", ERR_RANGE}, {"ten", ERR_INVALID},
        {"fd00:1::9", ERR_INVALID}, {"10.0.1.14", 0},
    };
    for (size_t i = 0; i < N(cases); i++) {
        struct ask ask = {.subnet = p.subnet, .group = p.group, .ip = cases[i].ip};
        if (make(&f, ask, &b) != cases[i].err)
            fail_msg("%s", cases[i].ip);
    }
    assert_string_equal(b.private_ip, "10.0.1.14");
    assert_int_equal(free_count(&f, p.subnet), 9);
    fixture_end(&f);
}

static void test_ipv6(void **state)
{
    (void)state;
    struct fixture f;
    struct place p = place_make(&f);
    struct obj_interface a, b;
    struct ask six = {.subnet = p.subnet, .group = p.group, .want_ipv6 = true};
    assert_int_equal(make(&f, six, &a), 0);
    assert_null(a.private_ip);
    assert_int_equal(a.ipv6_n, 1);
    assert_string_equal(a.ipv6[0], "fd00:1::4");
    assert_int_equal(free_count(&f, p.subnet), 11); /* the count is of IPv4 */
    six.ipv6 = "FD00:1::4";                         /* another spelling of the same address */
    assert_int_equal(make(&f, six, &b), ERR_EXISTS);
    static const char *const reserved[] = {"fd00:1::", "fd00:1::1", "fd00:1::2", "fd00:1::3",
                                           "fd00:1::ffff:ffff:ffff:ffff"};
    for (size_t i = 0; i < N(reserved); i++) {
        six.ipv6 = reserved[i];
        assert_int_equal(make(&f, six, &b), ERR_RANGE);
    }
    six.ipv6 = "fd00:1::ffff:ffff:ffff:fffe";
    assert_int_equal(make(&f, six, &b), 0);
    six = (struct ask){.subnet = p.subnet, .group = p.group, .want_ipv4 = true, .want_ipv6 = true};
    assert_int_equal(make(&f, six, &b), 0);
    assert_string_equal(b.ipv6[0], "fd00:1::5");
    struct obj_interface *more = &b;
    char out;
    assert_int_equal(fixture_run(&f, op_add6, &more, &out, sizeof out), 0);
    assert_int_equal(b.ipv6_n, 2);
    assert_string_equal(b.ipv6[1], "fd00:1::6");
    const char *v4 = ec2_subnet_make(&f, p.vpc, "10.0.2.0/24");
    six.subnet = v4;
    assert_int_equal(make(&f, six, &b), ERR_INVALID); /* a family that the subnet doesn't have */
    fixture_end(&f);
}

static void test_full(void **state)
{
    (void)state;
    struct fixture f;
    struct place p = place_make(&f);
    struct obj_interface eni[11], more;
    struct ask any = {.subnet = p.subnet, .group = p.group, .want_ipv4 = true};
    for (int i = 0; i < 11; i++)
        assert_int_equal(make(&f, any, &eni[i]), 0);
    assert_int_equal(free_count(&f, p.subnet), 0);
    assert_int_equal(make(&f, any, &more), ERR_NOT_FOUND);
    drop(&f, eni[5].id);
    assert_int_equal(make(&f, any, &more), 0);
    assert_string_equal(more.private_ip, eni[5].private_ip);
    fixture_end(&f);
}

/* An interface holds its subnet, groups and VPC; when all is deleted nothing is left. */
static void test_uses(void **state)
{
    (void)state;
    struct fixture f;
    struct place p = place_make(&f);
    struct obj_interface a;
    struct ask any = {.subnet = p.subnet, .group = p.group, .want_ipv4 = true, .want_ipv6 = true};
    assert_int_equal(make(&f, any, &a), 0);
    fixture_fault(&f, ec2_subnet_drop(&f, p.subnet), FAULT_DependencyViolation, p.subnet);
    fixture_fault(&f, ec2_group_drop(&f, p.group), FAULT_DependencyViolation, p.group);
    fixture_fault(&f, ec2_vpc_drop(&f, p.vpc), FAULT_DependencyViolation, p.vpc);
    drop(&f, a.id);
    assert_int_equal(ec2_subnet_drop(&f, p.subnet), 0);
    assert_int_equal(ec2_group_drop(&f, p.group), 0);
    assert_int_equal(ec2_vpc_drop(&f, p.vpc), 0);
    assert_int_equal(ec2_keys_left(&f), 0);
    fixture_end(&f);
}

static size_t list(struct fixture *f, const char *name, const char *value)
{
    struct ec2_filter filter = {name, &value, 1};
    struct ec2_describe_network_interfaces_request in = {.filters = &filter, .filters_n = 1};
    struct ec2_describe_network_interfaces_response out;
    assert_int_equal(RUN(f, ec2_describe_network_interfaces, &in, &out), 0);
    return out.network_interfaces_n;
}

static void test_describe(void **state)
{
    (void)state;
    struct fixture f;
    struct place p = place_make(&f);
    struct obj_interface a;
    struct ask any = {.subnet = p.subnet, .group = p.group, .want_ipv4 = true, .want_ipv6 = true};
    assert_int_equal(make(&f, any, &a), 0);
    struct ec2_describe_network_interfaces_request in = {.network_interface_ids = &a.id,
                                                         .network_interface_ids_n = 1};
    struct ec2_describe_network_interfaces_response out;
    assert_int_equal(RUN(&f, ec2_describe_network_interfaces, &in, &out), 0);
    assert_int_equal(out.network_interfaces_n, 1);
    const struct ec2_network_interface *n = &out.network_interfaces[0];
    assert_string_equal(n->status, "in-use");
    assert_string_equal(n->private_ip_address, "10.0.1.4");
    assert_int_equal(n->private_ip_addresses_n, 1);
    assert_string_equal(n->ipv6_addresses[0].ipv6_address, "fd00:1::4");
    assert_string_equal(n->groups[0].group_name, "dns");
    assert_int_equal(n->requester_managed, TRI_TRUE);
    assert_null(n->private_dns_name); /* the VPC has no DNS hostnames */
    assert_int_equal(list(&f, "subnet-id", p.subnet), 1);
    assert_int_equal(list(&f, "vpc-id", p.vpc), 1);
    assert_int_equal(list(&f, "group-id", p.group), 1);
    assert_int_equal(list(&f, "group-id", "sg-1"), 0);
    assert_int_equal(list(&f, "group-name", "dns"), 1);
    assert_int_equal(list(&f, "description", "Route 53 Resolver: rslvr-in-1:*"), 1);
    assert_int_equal(list(&f, "addresses.private-ip-address", "10.0.1.4"), 1);
    assert_int_equal(list(&f, "attachment.instance-id", "*"), 0);
    const char *none = "eni-0123456789abcdef0";
    in.network_interface_ids = &none;
    fixture_fault(&f, RUN(&f, ec2_describe_network_interfaces, &in, &out),
                  FAULT_InvalidNetworkInterfaceIDNotFound,
                  "The networkInterface ID 'eni-0123456789abcdef0' does not exist");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_full),      cmocka_unit_test(test_uses),
        cmocka_unit_test(test_describe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
