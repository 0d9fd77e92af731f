/* SPDX-License-Identifier: Apache-2.0 */
/* Security groups and their rules, in both forms in which clients name them. */
#include <string.h>

#include "ec2_fixture.h"

OP(ec2_associate_vpc_cidr_block)
OP(ec2_create_security_group)
OP(ec2_describe_security_groups)
OP(ec2_authorize_security_group_ingress)
OP(ec2_authorize_security_group_egress)
OP(ec2_revoke_security_group_ingress)
OP(ec2_revoke_security_group_egress)
OP(ec2_describe_security_group_rules)
OP(ec2_modify_security_group_rules)

static struct ec2_security_group describe_one(struct fixture *f, const char *id)
{
    struct ec2_describe_security_groups_request in = {.group_ids = &id, .group_ids_n = 1};
    struct ec2_describe_security_groups_response out;
    assert_int_equal(RUN(f, ec2_describe_security_groups, &in, &out), 0);
    assert_int_equal(out.security_groups_n, 1);
    return out.security_groups[0];
}

static const char *default_group(struct fixture *f, const char *vpc)
{
    const char *name = "default";
    struct ec2_filter filters[] = {{"group-name", &name, 1}, {"vpc-id", &vpc, 1}};
    struct ec2_describe_security_groups_request in = {.filters = filters, .filters_n = 2};
    struct ec2_describe_security_groups_response out;
    assert_int_equal(RUN(f, ec2_describe_security_groups, &in, &out), 0);
    assert_int_equal(out.security_groups_n, 1);
    return out.security_groups[0].group_id;
}

static void test_default(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    ec2_vpc_make(&f, "10.1.0.0/16");
    const char *id = default_group(&f, vpc);
    struct ec2_security_group g = describe_one(&f, id);
    assert_string_equal(g.description, "default VPC security group");
    assert_int_equal(g.ip_permissions_n, 1);
    assert_string_equal(g.ip_permissions[0].ip_protocol, "-1");
    assert_false(g.ip_permissions[0].from_port.set);
    assert_int_equal(g.ip_permissions[0].user_id_group_pairs_n, 1);
    assert_string_equal(g.ip_permissions[0].user_id_group_pairs[0].group_id, id);
    assert_int_equal(g.ip_permissions_egress_n, 1);
    assert_string_equal(g.ip_permissions_egress[0].ip_ranges[0].cidr_ip, "0.0.0.0/0");
    fixture_fault(&f, ec2_group_drop(&f, id), FAULT_CannotDelete, "cannot be deleted by a user");
    fixture_end(&f);
}

static int create(struct fixture *f, const char *vpc, const char *name, const char *description)
{
    struct ec2_create_security_group_request in = {
        .vpc_id = vpc, .group_name = name, .description = description};
    struct ec2_create_security_group_response out;
    return RUN(f, ec2_create_security_group, &in, &out);
}

static void test_create(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16"), *two = ec2_vpc_make(&f, "10.1.0.0/16");
    const char *id = ec2_group_make(&f, vpc, "web/1");
    struct ec2_security_group g = describe_one(&f, id);
    assert_int_equal(g.ip_permissions_n, 0);
    assert_non_null(g.ip_permissions);
    assert_int_equal(g.ip_permissions_egress_n, 1);
    fixture_fault(&f, create(&f, vpc, "web/1", "d"), FAULT_InvalidGroupDuplicate, "web/1");
    assert_int_equal(create(&f, two, "web/1", "d"), 0); /* names are unique in a VPC only */
    fixture_fault(&f, create(&f, vpc, "default", "d"), FAULT_InvalidGroupReserved, "default");
    fixture_fault(&f, create(&f, vpc, "sg-1", "d"), FAULT_InvalidParameterValue, "sg-*");
    fixture_fault(&f, create(&f, vpc, "", "d"), FAULT_InvalidParameterValue, "empty");
    fixture_fault(&f, create(&f, vpc, "x", "\xc3\xa4"), FAULT_InvalidParameterValue, "ASCII");
    fixture_fault(&f, create(&f, NULL, "x", "d"), FAULT_VPCIdNotSpecified, "default VPC");
    assert_int_equal(ec2_group_drop(&f, id), 0);
    assert_int_equal(create(&f, vpc, "web/1", "d"), 0); /* the name is free again */
    fixture_end(&f);
}

/* A VPC that gets IPv6 lets it out where nobody touched the rules of a new group. */
static void test_ipv6_begins(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    const char *untouched = ec2_group_make(&f, vpc, "a"), *touched = ec2_group_make(&f, vpc, "b");
    struct ec2_ip_range all = {.cidr_ip = "0.0.0.0/0"};
    struct ec2_ip_permission p = {.ip_protocol = "-1", .ip_ranges = &all, .ip_ranges_n = 1};
    struct ec2_revoke_security_group_request off = {
        .group_id = touched, .ip_permissions = &p, .ip_permissions_n = 1};
    struct ec2_revoke_security_group_response gone;
    struct ec2_associate_vpc_cidr_block_request in = {.vpc_id = vpc,
                                                      .amazon_provided_ipv6_cidr_block = TRI_TRUE};
    struct ec2_vpc_cidr_block_response out;
    assert_int_equal(RUN(&f, ec2_revoke_security_group_egress, &off, &gone), 0);
    for (int i = 0; i < 2; i++) { /* a second block changes nothing */
        assert_int_equal(RUN(&f, ec2_associate_vpc_cidr_block, &in, &out), 0);
        const char *ids[] = {untouched, default_group(&f, vpc)};
        for (int k = 0; k < 2; k++) {
            struct ec2_security_group g = describe_one(&f, ids[k]);
            assert_int_equal(g.ip_permissions_egress_n, 1);
            assert_int_equal(g.ip_permissions_egress[0].ipv6_ranges_n, 1);
            assert_string_equal(g.ip_permissions_egress[0].ipv6_ranges[0].cidr_ipv6, "::/0");
        }
        assert_int_equal(describe_one(&f, touched).ip_permissions_egress_n, 0);
    }
    struct ec2_security_group fresh = describe_one(&f, ec2_group_make(&f, vpc, "c"));
    assert_int_equal(fresh.ip_permissions_egress[0].ipv6_ranges_n, 1);
    fixture_end(&f);
}

/* One permission with one range. */
static struct ec2_ip_permission range(const char *protocol, int from, int to,
                                      struct ec2_ip_range *r)
{
    return (struct ec2_ip_permission){.ip_protocol = protocol,
                                      .from_port = {true, from},
                                      .to_port = {true, to},
                                      .ip_ranges = r,
                                      .ip_ranges_n = 1};
}

static int allow(struct fixture *f, const char *id, struct ec2_ip_permission p,
                 struct ec2_authorize_security_group_response *out)
{
    struct ec2_authorize_security_group_request in = {
        .group_id = id, .ip_permissions = &p, .ip_permissions_n = 1};
    struct ec2_authorize_security_group_response unused;
    return RUN(f, ec2_authorize_security_group_ingress, &in, out ? out : &unused);
}

static void test_authorize(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *id = ec2_group_make(&f, ec2_vpc_make(&f, "10.0.0.0/16"), "dns");
    struct ec2_ip_range r = {.cidr_ip = "10.9.8.7/8", .description = "all"};
    struct ec2_authorize_security_group_response out;
    assert_int_equal(allow(&f, id, range("17", 53, 53, &r), &out), 0);
    assert_int_equal(out.security_group_rules_n, 1);
    assert_memory_equal(out.security_group_rules[0].security_group_rule_id, "sgr-", 4);
    assert_string_equal(out.security_group_rules[0].ip_protocol, "udp");
    assert_string_equal(out.security_group_rules[0].cidr_ipv4, "10.0.0.0/8");
    assert_string_equal(out.security_group_rules[0].description, "all");
    assert_int_equal(out.security_group_rules[0].is_egress, TRI_FALSE);
    r.description = NULL; /* no part of what a rule allows */
    fixture_fault(&f, allow(&f, id, range("udp", 53, 53, &r), NULL),
                  FAULT_InvalidPermissionDuplicate,
                  "the specified rule \"peer: 10.0.0.0/8, UDP, from port: 53, to port: 53, ALLOW\" "
                  "already exists");
    /* ranges and rules of one protocol and ports are shown together */
    struct ec2_ip_range many[] = {{.cidr_ip = "192.168.0.0/16"}, {.cidr_ip = "172.16.0.0/12"}};
    struct ec2_ipv6_range six = {.cidr_ipv6 = "fd00::1/8"};
    struct ec2_ip_permission p = range("udp", 53, 53, many);
    p.ip_ranges_n = 2;
    p.ipv6_ranges = &six;
    p.ipv6_ranges_n = 1;
    assert_int_equal(allow(&f, id, p, &out), 0);
    assert_int_equal(out.security_group_rules_n, 3);
    assert_int_equal(allow(&f, id, range("tcp", 53, 53, &r), NULL), 0);
    struct ec2_security_group g = describe_one(&f, id);
    assert_int_equal(g.ip_permissions_n, 2);
    assert_int_equal(g.ip_permissions[0].ip_ranges_n, 3);
    assert_int_equal(g.ip_permissions[0].ipv6_ranges_n, 1);
    assert_string_equal(g.ip_permissions[0].ipv6_ranges[0].cidr_ipv6, "fd00::/8");
    assert_int_equal(g.ip_permissions[1].ip_ranges_n, 1);
    fixture_end(&f);
}

static void test_authorize_refused(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *id = ec2_group_make(&f, ec2_vpc_make(&f, "10.0.0.0/16"), "dns");
    struct ec2_ip_range r = {.cidr_ip = "10.0.0.0/8"}, bad = {.cidr_ip = "10.0.0.0"};
    fixture_fault(&f, allow(&f, id, range("tcp", 54, 53, &r), NULL), FAULT_InvalidParameterValue,
                  "54:53");
    fixture_fault(&f, allow(&f, id, range("tcp", 0, 65536, &r), NULL), FAULT_InvalidParameterValue,
                  "65536");
    fixture_fault(&f, allow(&f, id, range("ftp", 1, 1, &r), NULL), FAULT_InvalidParameterValue,
                  "ftp");
    fixture_fault(&f, allow(&f, id, range("256", 1, 1, &r), NULL), FAULT_InvalidParameterValue,
                  "256");
    fixture_fault(&f, allow(&f, id, range(NULL, 1, 1, &r), NULL), FAULT_MissingParameter,
                  "ipProtocol");
    fixture_fault(&f, allow(&f, id, range("tcp", 1, 1, &bad), NULL), FAULT_InvalidParameterValue,
                  "CIDR block 10.0.0.0 is malformed");
    struct ec2_ip_permission p = range("tcp", 1, 1, &r);
    p.from_port.set = false;
    fixture_fault(&f, allow(&f, id, p, NULL), FAULT_InvalidParameterValue, "portRange");
    p = range("tcp", 1, 1, &r);
    p.ip_ranges_n = 0;
    fixture_fault(&f, allow(&f, id, p, NULL), FAULT_MissingParameter, "CIDR");
    struct ec2_ip_range twice[] = {{.cidr_ip = "10.0.0.0/8"}, {.cidr_ip = "10.1.0.0/8"}};
    p = range("tcp", 1, 1, twice);
    p.ip_ranges_n = 2;
    fixture_fault(&f, allow(&f, id, p, NULL), FAULT_InvalidParameterValue, "multiple times");
    fixture_fault(&f, allow(&f, NULL, p, NULL), FAULT_MissingParameter, "groupId");
    struct ec2_authorize_security_group_request in = {.group_id = id};
    struct ec2_authorize_security_group_response out;
    fixture_fault(&f, RUN(&f, ec2_authorize_security_group_egress, &in, &out),
                  FAULT_MissingParameter, "ipPermissions");
    assert_int_equal(describe_one(&f, id).ip_permissions_n, 0);
    fixture_end(&f);
}

/* The older flat members say one rule. */
static void test_flat(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *id = ec2_group_make(&f, ec2_vpc_make(&f, "10.0.0.0/16"), "dns");
    struct ec2_authorize_security_group_request in = {.group_id = id,
                                                      .ip_protocol = "tcp",
                                                      .from_port = {true, 22},
                                                      .to_port = {true, 22},
                                                      .cidr_ip = "0.0.0.0/0"};
    struct ec2_authorize_security_group_response out;
    assert_int_equal(RUN(&f, ec2_authorize_security_group_ingress, &in, &out), 0);
    assert_int_equal(out.security_group_rules_n, 1);
    struct ec2_ip_permission p = {0};
    in.ip_permissions = &p;
    in.ip_permissions_n = 1;
    fixture_fault(&f, RUN(&f, ec2_authorize_security_group_ingress, &in, &out),
                  FAULT_InvalidParameterCombination, "ipPermissions");
    struct ec2_revoke_security_group_request off = {.group_id = id,
                                                    .ip_protocol = "tcp",
                                                    .from_port = {true, 22},
                                                    .to_port = {true, 22},
                                                    .cidr_ip = "0.0.0.0/0"};
    struct ec2_revoke_security_group_response gone;
    assert_int_equal(RUN(&f, ec2_revoke_security_group_ingress, &off, &gone), 0);
    assert_int_equal(gone.revoked_security_group_rules_n, 1);
    fixture_fault(&f, RUN(&f, ec2_revoke_security_group_ingress, &off, &gone),
                  FAULT_InvalidPermissionNotFound,
                  "The specified rule does not exist in this security group.");
    fixture_end(&f);
}

/* What Terraform does first with a new group: the egress rule goes. */
static void test_revoke_egress(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *id = ec2_group_make(&f, ec2_vpc_make(&f, "10.0.0.0/16"), "dns");
    struct ec2_ip_range all = {.cidr_ip = "0.0.0.0/0"};
    struct ec2_ip_permission p = range("-1", 0, 0, &all); /* ports don't count here */
    struct ec2_revoke_security_group_request in = {
        .group_id = id, .ip_permissions = &p, .ip_permissions_n = 1};
    struct ec2_revoke_security_group_response out;
    fixture_fault(&f, RUN(&f, ec2_revoke_security_group_ingress, &in, &out),
                  FAULT_InvalidPermissionNotFound, "");
    assert_int_equal(RUN(&f, ec2_revoke_security_group_egress, &in, &out), 0);
    assert_int_equal(out.return_, TRI_TRUE);
    assert_int_equal(out.revoked_security_group_rules[0].from_port.v, -1);
    assert_int_equal(describe_one(&f, id).ip_permissions_egress_n, 0);
    fixture_end(&f);
}

static void test_references(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    const char *a = ec2_group_make(&f, vpc, "a"), *b = ec2_group_make(&f, vpc, "b");
    const char *far = ec2_group_make(&f, ec2_vpc_make(&f, "10.1.0.0/16"), "far");
    struct ec2_user_id_group_pair pair = {.group_id = b, .user_id = ACCOUNT};
    struct ec2_ip_permission p = {.ip_protocol = "tcp",
                                  .from_port = {true, 53},
                                  .to_port = {true, 53},
                                  .user_id_group_pairs = &pair,
                                  .user_id_group_pairs_n = 1};
    struct ec2_authorize_security_group_response out;
    assert_int_equal(allow(&f, a, p, &out), 0);
    assert_string_equal(out.security_group_rules[0].referenced_group_info->group_id, b);
    const char *rule = out.security_group_rules[0].security_group_rule_id;
    p.from_port.v = p.to_port.v = 54;
    assert_int_equal(allow(&f, a, p, NULL), 0);
    fixture_fault(&f, ec2_group_drop(&f, b), FAULT_DependencyViolation, "has a dependent object");
    pair.group_id = far;
    fixture_fault(&f, allow(&f, a, p, NULL), FAULT_InvalidGroupNotFound, "different networks");
    pair.group_id = "sg-0123456789abcdef0";
    fixture_fault(&f, allow(&f, a, p, NULL), FAULT_InvalidGroupNotFound, pair.group_id);
    pair = (struct ec2_user_id_group_pair){.group_name = "nobody"};
    fixture_fault(&f, allow(&f, a, p, NULL), FAULT_InvalidGroupNotFound, "nobody");
    /* one of the two rules that name b goes: b is still named */
    struct ec2_revoke_security_group_request off = {
        .group_id = a, .security_group_rule_ids = &rule, .security_group_rule_ids_n = 1};
    struct ec2_revoke_security_group_response gone;
    assert_int_equal(RUN(&f, ec2_revoke_security_group_ingress, &off, &gone), 0);
    fixture_fault(&f, RUN(&f, ec2_revoke_security_group_ingress, &off, &gone),
                  FAULT_InvalidSecurityGroupRuleIdNotFound, rule);
    fixture_fault(&f, ec2_group_drop(&f, b), FAULT_DependencyViolation, b);
    assert_int_equal(ec2_group_drop(&f, a), 0);
    assert_int_equal(ec2_group_drop(&f, b), 0);
    fixture_end(&f);
}

static void test_rules_list(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *id = ec2_group_make(&f, ec2_vpc_make(&f, "10.0.0.0/16"), "dns");
    for (int i = 0; i < 11; i++) {
        struct ec2_ip_range r = {.cidr_ip = arena_printf(&f.arena, "10.%d.0.0/16", i)};
        assert_int_equal(allow(&f, id, range("udp", 53, 53, &r), NULL), 0);
    }
    struct ec2_filter filter = {"group-id", &id, 1};
    struct ec2_describe_security_group_rules_request in = {
        .filters = &filter, .filters_n = 1, .max_results = {true, 10}};
    struct ec2_describe_security_group_rules_response out;
    assert_int_equal(RUN(&f, ec2_describe_security_group_rules, &in, &out), 0);
    assert_int_equal(out.security_group_rules_n, 10);
    assert_non_null(out.next_token);
    const char *one = out.security_group_rules[3].security_group_rule_id;
    in.next_token = out.next_token;
    assert_int_equal(RUN(&f, ec2_describe_security_group_rules, &in, &out), 0);
    assert_int_equal(out.security_group_rules_n, 2); /* 11 and the egress rule */
    assert_null(out.next_token);
    in = (struct ec2_describe_security_group_rules_request){.security_group_rule_ids = &one,
                                                            .security_group_rule_ids_n = 1};
    assert_int_equal(RUN(&f, ec2_describe_security_group_rules, &in, &out), 0);
    assert_int_equal(out.security_group_rules_n, 1);
    assert_string_equal(out.security_group_rules[0].group_id, id);
    one = "sgr-0123456789abcdef0";
    fixture_fault(&f, RUN(&f, ec2_describe_security_group_rules, &in, &out),
                  FAULT_InvalidSecurityGroupRuleIdNotFound, one);
    fixture_end(&f);
}

/* A rule changes in place: its id stays, and the groups that it names are held or let go. */
static void test_modify(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    const char *a = ec2_group_make(&f, vpc, "a"), *b = ec2_group_make(&f, vpc, "b");
    struct ec2_ip_range r = {.cidr_ip = "10.0.0.0/8"};
    struct ec2_authorize_security_group_response out;
    assert_int_equal(allow(&f, a, range("udp", 53, 53, &r), &out), 0);
    struct ec2_security_group_rule_request to = {.ip_protocol = "tcp",
                                                 .from_port = {true, 853},
                                                 .to_port = {true, 853},
                                                 .referenced_group_id = b,
                                                 .description = "dot"};
    struct ec2_security_group_rule_update update = {
        out.security_group_rules[0].security_group_rule_id, &to};
    struct ec2_modify_security_group_rules_request in = {
        .group_id = a, .security_group_rules = &update, .security_group_rules_n = 1};
    struct ec2_done done;
    assert_int_equal(RUN(&f, ec2_modify_security_group_rules, &in, &done), 0);
    struct ec2_security_group g = describe_one(&f, a);
    assert_int_equal(g.ip_permissions_n, 1);
    assert_string_equal(g.ip_permissions[0].ip_protocol, "tcp");
    assert_string_equal(g.ip_permissions[0].user_id_group_pairs[0].description, "dot");
    fixture_fault(&f, ec2_group_drop(&f, b), FAULT_DependencyViolation, b);
    to.cidr_ipv4 = "10.0.0.0/8";
    fixture_fault(&f, RUN(&f, ec2_modify_security_group_rules, &in, &done),
                  FAULT_InvalidParameterCombination, "one");
    to.referenced_group_id = NULL;
    assert_int_equal(allow(&f, a, range("tcp", 853, 853, &r), NULL), 0);
    fixture_fault(&f, RUN(&f, ec2_modify_security_group_rules, &in, &done),
                  FAULT_InvalidPermissionDuplicate, "sgr-");
    to.cidr_ipv4 = "11.0.0.0/8";
    assert_int_equal(RUN(&f, ec2_modify_security_group_rules, &in, &done), 0);
    assert_int_equal(ec2_group_drop(&f, b), 0); /* nobody names it any more */
    update.security_group_rule_id = "sgr-0123456789abcdef0";
    fixture_fault(&f, RUN(&f, ec2_modify_security_group_rules, &in, &done),
                  FAULT_InvalidSecurityGroupRuleIdNotFound, "sgr-0123456789abcdef0");
    fixture_end(&f);
}

static size_t list(struct fixture *f, const char *name, const char *value)
{
    struct ec2_filter filter = {name, &value, 1};
    struct ec2_describe_security_groups_request in = {.filters = &filter, .filters_n = 1};
    struct ec2_describe_security_groups_response out;
    assert_int_equal(RUN(f, ec2_describe_security_groups, &in, &out), 0);
    return out.security_groups_n;
}

static void test_filters(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    const char *id = ec2_group_make(&f, vpc, "dns");
    struct ec2_ip_range r = {.cidr_ip = "10.0.0.0/8"};
    assert_int_equal(allow(&f, id, range("udp", 53, 853, &r), NULL), 0);
    assert_int_equal(list(&f, "vpc-id", vpc), 2);
    assert_int_equal(list(&f, "group-id", id), 1);
    assert_int_equal(list(&f, "group-name", "d*"), 2);
    assert_int_equal(list(&f, "ip-permission.cidr", "10.0.0.0/8"), 1);
    assert_int_equal(list(&f, "egress.ip-permission.cidr", "10.0.0.0/8"), 0);
    assert_int_equal(list(&f, "egress.ip-permission.cidr", "0.0.0.0/0"), 2);
    assert_int_equal(list(&f, "ip-permission.protocol", "udp"), 1);
    assert_int_equal(list(&f, "ip-permission.from-port", "53"), 1);
    assert_int_equal(list(&f, "ip-permission.to-port", "853"), 1);
    assert_int_equal(list(&f, "ip-permission.to-port", "53"), 0);
    const char *name = "none";
    struct ec2_describe_security_groups_request in = {.group_names = &name, .group_names_n = 1};
    struct ec2_describe_security_groups_response out;
    fixture_fault(&f, RUN(&f, ec2_describe_security_groups, &in, &out), FAULT_InvalidGroupNotFound,
                  "none");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),     cmocka_unit_test(test_create),
        cmocka_unit_test(test_authorize),   cmocka_unit_test(test_authorize_refused),
        cmocka_unit_test(test_flat),        cmocka_unit_test(test_revoke_egress),
        cmocka_unit_test(test_references),  cmocka_unit_test(test_rules_list),
        cmocka_unit_test(test_modify),      cmocka_unit_test(test_filters),
        cmocka_unit_test(test_ipv6_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
