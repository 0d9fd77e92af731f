/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of EC2 resources: at creation, later, their limits, and their listing. */
#include <string.h>

#include "ec2_fixture.h"

OP(ec2_create_vpc)
OP(ec2_create_tags)
OP(ec2_delete_tags)
OP(ec2_describe_tags)
OP(ec2_describe_security_group_rules)

static int tag(struct fixture *f, const char *id, const char *key, const char *value)
{
    struct ec2_tag t = {key, value};
    struct ec2_create_tags_request in = {
        .resources = &id, .resources_n = 1, .tags = &t, .tags_n = 1};
    struct ec2_done out;
    return RUN(f, ec2_create_tags, &in, &out);
}

static int untag(struct fixture *f, const char *id, const char *key, const char *value)
{
    struct ec2_tag t = {key, value};
    struct ec2_delete_tags_request in = {
        .resources = &id, .resources_n = 1, .tags = &t, .tags_n = key ? 1 : 0};
    struct ec2_done out;
    return RUN(f, ec2_delete_tags, &in, &out);
}

static size_t list(struct fixture *f, const char *name, const char *value)
{
    struct ec2_filter filter = {name, &value, 1};
    struct ec2_describe_tags_request in = {.filters = &filter, .filters_n = 1};
    struct ec2_describe_tags_response out;
    assert_int_equal(RUN(f, ec2_describe_tags, &in, &out), 0);
    return out.tags_n;
}

static void test_create(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_tagged(&f, "10.0.0.0/16", "Name", "a");
    assert_int_equal(tag(&f, vpc, "Name", "b"), 0);
    assert_int_equal(tag(&f, vpc, "Team", NULL), 0);
    assert_int_equal(list(&f, "resource-id", vpc), 2);
    assert_int_equal(list(&f, "value", "b"), 1);
    assert_int_equal(list(&f, "value", "a"), 0);
    assert_int_equal(untag(&f, vpc, "Name", "other"), 0); /* only that value would go */
    assert_int_equal(list(&f, "key", "Name"), 1);
    assert_int_equal(untag(&f, vpc, "Name", "b"), 0);
    assert_int_equal(list(&f, "key", "Name"), 0);
    assert_int_equal(untag(&f, vpc, NULL, NULL), 0); /* no list: all */
    assert_int_equal(list(&f, "resource-id", vpc), 0);
    fixture_end(&f);
}

static void test_refused(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    char key[130], value[258];
    memset(key, 'k', 129);
    memset(value, 'v', 257);
    key[129] = value[257] = '\0';
    fixture_fault(&f, tag(&f, vpc, "aws:x", ""), FAULT_InvalidParameterValue,
                  "Tag keys starting with 'aws:' are reserved for internal use");
    fixture_fault(&f, tag(&f, vpc, "", ""), FAULT_InvalidParameterValue, "empty");
    fixture_fault(&f, tag(&f, vpc, key, ""), FAULT_InvalidParameterValue, "128");
    fixture_fault(&f, tag(&f, vpc, "k", value), FAULT_InvalidParameterValue, "256");
    assert_int_equal(tag(&f, vpc, key + 1, value + 1), 0);
    fixture_fault(&f, tag(&f, "i-0123456789abcdef0", "k", ""), FAULT_InvalidID,
                  "The ID 'i-0123456789abcdef0' is not valid");
    fixture_fault(&f, tag(&f, "vpc-0123456789abcdef0", "k", ""), FAULT_InvalidVpcIDNotFound,
                  "vpc-");
    fixture_fault(&f, untag(&f, "subnet-0123456789abcdef0", "k", ""), FAULT_InvalidSubnetIDNotFound,
                  "subnet-");
    for (int i = 0; i < 49; i++)
        assert_int_equal(tag(&f, vpc, arena_printf(&f.arena, "k%d", i), ""), 0);
    fixture_fault(&f, tag(&f, vpc, "one more", ""), FAULT_TagLimitExceeded, "maximum");
    assert_int_equal(tag(&f, vpc, "k7", "changed"), 0); /* no new tag */
    fixture_end(&f);
}

static void test_specifications(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    struct ec2_tag twice[] = {{"k", "1"}, {"k", "2"}};
    struct ec2_tag_specification spec = {"subnet", twice, 1};
    struct ec2_create_vpc_request in = {
        .cidr_block = "10.0.0.0/16", .tag_specifications = &spec, .tag_specifications_n = 1};
    struct ec2_create_vpc_response out;
    fixture_fault(&f, RUN(&f, ec2_create_vpc, &in, &out), FAULT_InvalidParameterValue,
                  "'subnet' is not a valid taggable resource type for this operation.");
    spec = (struct ec2_tag_specification){"vpc", twice, 2};
    fixture_fault(&f, RUN(&f, ec2_create_vpc, &in, &out), FAULT_InvalidParameterValue,
                  "Duplicate tag key 'k' specified.");
    assert_int_equal(ec2_keys_left(&f), 0);
    fixture_end(&f);
}

/* Rules have ids and tags though they live in their group. */
static void test_rule_tags(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *group = ec2_group_make(&f, ec2_vpc_make(&f, "10.0.0.0/16"), "dns");
    struct ec2_filter filter = {"group-id", &group, 1};
    struct ec2_describe_security_group_rules_request in = {.filters = &filter, .filters_n = 1};
    struct ec2_describe_security_group_rules_response out;
    assert_int_equal(RUN(&f, ec2_describe_security_group_rules, &in, &out), 0);
    const char *rule = out.security_group_rules[0].security_group_rule_id;
    assert_int_equal(tag(&f, rule, "why", "egress"), 0);
    filter.name = "tag:why";
    const char *value = "egress";
    filter.values = &value;
    assert_int_equal(RUN(&f, ec2_describe_security_group_rules, &in, &out), 0);
    assert_int_equal(out.security_group_rules_n, 1);
    assert_string_equal(out.security_group_rules[0].security_group_rule_id, rule);
    assert_int_equal(list(&f, "resource-type", "security-group-rule"), 1);
    assert_int_equal(list(&f, "tag:why", "egress"), 1);
    assert_int_equal(list(&f, "tag:why", "ingress"), 0);
    fixture_fault(&f, tag(&f, "sgr-0123456789abcdef0", "k", ""),
                  FAULT_InvalidSecurityGroupRuleIdNotFound, "sgr-");
    fixture_end(&f);
}

static void test_pages(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    for (int i = 0; i < 11; i++)
        assert_int_equal(tag(&f, vpc, arena_printf(&f.arena, "k%d", i), ""), 0);
    struct ec2_describe_tags_request in = {.max_results = {true, 6}};
    struct ec2_describe_tags_response out;
    assert_int_equal(RUN(&f, ec2_describe_tags, &in, &out), 0);
    assert_int_equal(out.tags_n, 6);
    const char *last = out.tags[5].key;
    in.next_token = out.next_token;
    assert_int_equal(RUN(&f, ec2_describe_tags, &in, &out), 0);
    assert_int_equal(out.tags_n, 5);
    assert_null(out.next_token);
    assert_true(strcmp(last, out.tags[0].key) < 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_specifications), cmocka_unit_test(test_rule_tags),
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
