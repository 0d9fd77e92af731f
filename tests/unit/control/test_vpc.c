/* SPDX-License-Identifier: Apache-2.0 */
/* VPCs: creation and its limits, CIDRs that come and go, attributes, attachments, deletion,
 * listing. */
#include <string.h>

#include "ec2_fixture.h"

/* 65 characters: one more than a namespace may have */
#define LONG_NAME "01234567890123456789012345678901234567890123456789012345678901234"

OP(ec2_create_vpc)
OP(ec2_describe_vpcs)
OP(ec2_describe_vpc_attribute)
OP(ec2_modify_vpc_attribute)
OP(ec2_associate_vpc_cidr_block)
OP(ec2_disassociate_vpc_cidr_block)
OP(ec2_create_tags)
OP(ec2_delete_tags)

static struct ec2_vpc describe_one(struct fixture *f, const char *id)
{
    struct ec2_describe_vpcs_request in = {.vpc_ids = &id, .vpc_ids_n = 1};
    struct ec2_describe_vpcs_response out;
    assert_int_equal(RUN(f, ec2_describe_vpcs, &in, &out), 0);
    assert_int_equal(out.vpcs_n, 1);
    return out.vpcs[0];
}

static void test_create(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    struct ec2_tag tag = {"Name", "one"};
    struct ec2_tag_specification spec = {"vpc", &tag, 1};
    struct ec2_create_vpc_request in = {.cidr_block = "10.1.2.3/16",
                                        .amazon_provided_ipv6_cidr_block = TRI_TRUE,
                                        .tag_specifications = &spec,
                                        .tag_specifications_n = 1};
    struct ec2_create_vpc_response out;
    assert_int_equal(RUN(&f, ec2_create_vpc, &in, &out), 0);
    assert_string_equal(out.vpc->state, "pending");
    assert_string_equal(out.vpc->cidr_block, "10.1.0.0/16"); /* host bits are cleared */
    assert_int_equal(strlen(out.vpc->vpc_id), 4 + 17);
    assert_memory_equal(out.vpc->dhcp_options_id, "dopt-", 5);
    assert_int_equal(strlen(out.vpc->dhcp_options_id), 5 + 17);
    struct ec2_vpc v = describe_one(&f, out.vpc->vpc_id);
    assert_string_equal(v.state, "available");
    assert_string_equal(v.owner_id, ACCOUNT);
    assert_string_equal(v.instance_tenancy, "default");
    assert_int_equal(v.is_default, TRI_FALSE);
    assert_int_equal(v.tags_n, 1);
    assert_string_equal(v.tags[0].value, "one");
    assert_int_equal(v.cidr_block_association_set_n, 1);
    assert_string_equal(v.cidr_block_association_set[0].cidr_block_state->state, "associated");
    assert_int_equal(v.ipv6_cidr_block_association_set_n, 1);
    const char *six = v.ipv6_cidr_block_association_set[0].ipv6_cidr_block;
    assert_memory_equal(six, "fd53:", 5);
    assert_non_null(strstr(six, "/56"));
    /* another account and another region don't see it */
    const char *id = v.vpc_id;
    struct ec2_describe_vpcs_request ask = {.vpc_ids = &id, .vpc_ids_n = 1};
    struct ec2_describe_vpcs_response seen;
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, RUN(&f, ec2_describe_vpcs, &ask, &seen), FAULT_InvalidVpcIDNotFound,
                  "does not exist");
    fixture_caller(&f, ACCOUNT, "us-east-1");
    fixture_fault(&f, ec2_vpc_drop(&f, id), FAULT_InvalidVpcIDNotFound, "does not exist");
    fixture_end(&f);
}

static void test_create_refused(void **state)
{
    (void)state;
    static const struct {
        struct ec2_create_vpc_request in;
        enum fault_code code;
        const char *text;
    } cases[] = {
        {{.cidr_block = NULL}, FAULT_MissingParameter, "cidrBlock"},
        {{.cidr_block = "10.0.0.0/15"},
         FAULT_InvalidVpcRange,
         "The CIDR '10.0.0.0/15' is invalid."},
        {{.cidr_block = "10.0.0.0/29"}, FAULT_InvalidVpcRange, "invalid"},
        {{.cidr_block = "10.0.0.0"},
         FAULT_InvalidParameterValue,
         "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."},
        {{.cidr_block = "10.0.0.0/33"}, FAULT_InvalidParameterValue, "not a valid CIDR"},
        {{.cidr_block = "fd00::/56"}, FAULT_InvalidParameterValue, "not a valid CIDR"},
        {{.cidr_block = ""}, FAULT_InvalidParameterValue, "not a valid CIDR"},
        {{.cidr_block = "169.254.0.0/24"}, FAULT_InvalidVpcRange, "invalid"},
        {{.cidr_block = "224.0.0.0/24"}, FAULT_InvalidVpcRange, "invalid"},
        {{.cidr_block = "0.0.0.0/16"}, FAULT_InvalidVpcRange, "invalid"},
        {{.cidr_block = "10.0.0.0/16", .ipv6_cidr_block = "fd00:1::/64"},
         FAULT_InvalidVpcRange,
         "fd00:1::/64"},
        {{.cidr_block = "10.0.0.0/16", .ipv6_cidr_block = "fd00:ec2::/56"},
         FAULT_InvalidVpcRange,
         "fd00:ec2::/56"},
        {{.cidr_block = "10.0.0.0/16", .ipv6_cidr_block = "x"},
         FAULT_InvalidParameterValue,
         "ipv6CidrBlock"},
        {{.cidr_block = "10.0.0.0/16",
          .ipv6_cidr_block = "fd00:1::/56",
          .amazon_provided_ipv6_cidr_block = TRI_TRUE},
         FAULT_InvalidParameterCombination,
         "ipv6CidrBlock"},
        {{.ipv4_ipam_pool_id = "ipam-pool-1"}, FAULT_InvalidParameterValue, "ipv4IpamPoolId"},
    };
    struct fixture f;
    ec2_begin(&f);
    for (size_t i = 0; i < N(cases); i++) {
        struct ec2_create_vpc_response out;
        fixture_fault(&f, RUN(&f, ec2_create_vpc, &cases[i].in, &out), cases[i].code,
                      cases[i].text);
    }
    assert_int_equal(ec2_keys_left(&f), 0);
    fixture_end(&f);
}

/* Everything goes again: a deleted VPC leaves nothing in the store. */
static void test_delete(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "127.10.0.0/16");
    const char *subnet = ec2_subnet_make(&f, vpc, "127.10.1.0/24");
    fixture_fault(&f, ec2_vpc_drop(&f, vpc), FAULT_DependencyViolation,
                  "has dependencies and cannot be deleted.");
    assert_int_equal(ec2_subnet_drop(&f, subnet), 0);
    const char *group = ec2_group_make(&f, vpc, "web");
    fixture_fault(&f, ec2_vpc_drop(&f, vpc), FAULT_DependencyViolation, vpc);
    assert_int_equal(ec2_group_drop(&f, group), 0);
    assert_int_equal(ec2_vpc_drop(&f, vpc), 0);
    fixture_fault(&f, ec2_vpc_drop(&f, vpc), FAULT_InvalidVpcIDNotFound, vpc);
    assert_int_equal(ec2_keys_left(&f), 0);
    fixture_fault(&f, ec2_vpc_drop(&f, "vpc"), FAULT_InvalidVpcIDMalformed, "Invalid id: \"vpc\"");
    fixture_fault(&f, ec2_vpc_drop(&f, "vpc-xyz"), FAULT_InvalidVpcIDMalformed, "vpc-xyz");
    fixture_fault(&f, ec2_vpc_drop(&f, "vpc-12345678"), FAULT_InvalidVpcIDNotFound, "vpc-12345678");
    fixture_end(&f);
}

static void test_attributes(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    struct ec2_describe_vpc_attribute_request ask = {.vpc_id = vpc,
                                                     .attribute = "enableDnsSupport"};
    struct ec2_describe_vpc_attribute_response got;
    assert_int_equal(RUN(&f, ec2_describe_vpc_attribute, &ask, &got), 0);
    assert_int_equal(got.enable_dns_support, TRI_TRUE);
    assert_int_equal(got.enable_dns_hostnames, TRI_NONE); /* only the one asked for */
    struct ec2_modify_vpc_attribute_request in = {.vpc_id = vpc, .enable_dns_support = TRI_FALSE};
    struct ec2_done done;
    assert_int_equal(RUN(&f, ec2_modify_vpc_attribute, &in, &done), 0);
    assert_int_equal(done.return_, TRI_TRUE);
    in = (struct ec2_modify_vpc_attribute_request){.vpc_id = vpc, .enable_dns_hostnames = TRI_TRUE};
    fixture_fault(&f, RUN(&f, ec2_modify_vpc_attribute, &in, &done),
                  FAULT_InvalidParameterCombination, "DNS");
    in.enable_dns_support = TRI_TRUE;
    fixture_fault(&f, RUN(&f, ec2_modify_vpc_attribute, &in, &done),
                  FAULT_InvalidParameterCombination, "multiple");
    in.enable_dns_hostnames = TRI_NONE;
    assert_int_equal(RUN(&f, ec2_modify_vpc_attribute, &in, &done), 0);
    in = (struct ec2_modify_vpc_attribute_request){.vpc_id = vpc, .enable_dns_hostnames = TRI_TRUE};
    assert_int_equal(RUN(&f, ec2_modify_vpc_attribute, &in, &done), 0);
    ask.attribute = "enableDnsHostnames";
    assert_int_equal(RUN(&f, ec2_describe_vpc_attribute, &ask, &got), 0);
    assert_int_equal(got.enable_dns_hostnames, TRI_TRUE);
    in = (struct ec2_modify_vpc_attribute_request){.vpc_id = vpc};
    fixture_fault(&f, RUN(&f, ec2_modify_vpc_attribute, &in, &done), FAULT_MissingParameter, "");
    fixture_end(&f);
}

static int associate(struct fixture *f, const char *vpc, const char *cidr,
                     struct ec2_vpc_cidr_block_response *out)
{
    struct ec2_associate_vpc_cidr_block_request in = {.vpc_id = vpc, .cidr_block = cidr};
    return RUN(f, ec2_associate_vpc_cidr_block, &in, out);
}

static int disassociate(struct fixture *f, const char *id)
{
    struct ec2_disassociate_vpc_cidr_block_request in = {.association_id = id};
    struct ec2_vpc_cidr_block_response out;
    return RUN(f, ec2_disassociate_vpc_cidr_block, &in, &out);
}

static void test_cidrs(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    const char *other = ec2_vpc_make(&f, "10.2.0.0/16");
    struct ec2_vpc_cidr_block_response out;
    fixture_fault(&f, associate(&f, vpc, "10.0.9.0/24", &out), FAULT_InvalidVpcRange, "overlaps");
    fixture_fault(&f, associate(&f, vpc, "10.2.9.0/24", &out), FAULT_InvalidParameterValue, other);
    assert_int_equal(associate(&f, vpc, "10.1.0.0/20", &out), 0);
    assert_string_equal(out.cidr_block_association->cidr_block_state->state, "associating");
    const char *second = out.cidr_block_association->association_id;
    struct ec2_vpc v = describe_one(&f, vpc);
    assert_int_equal(v.cidr_block_association_set_n, 2);
    fixture_fault(&f, disassociate(&f, v.cidr_block_association_set[0].association_id),
                  FAULT_OperationNotPermitted, "primary");
    const char *subnet = ec2_subnet_make(&f, vpc, "10.1.1.0/24");
    fixture_fault(&f, disassociate(&f, second), FAULT_DependencyViolation, "10.1.0.0/20");
    assert_int_equal(ec2_subnet_drop(&f, subnet), 0);
    assert_int_equal(disassociate(&f, second), 0);
    fixture_fault(&f, disassociate(&f, second), FAULT_InvalidVpcCidrBlockAssociationIDNotFound,
                  second);
    assert_int_equal(describe_one(&f, vpc).cidr_block_association_set_n, 1);
    /* what was given back can be taken by another VPC */
    assert_int_equal(associate(&f, other, "10.1.0.0/16", &out), 0);
    fixture_end(&f);
}

static void test_cidrs6(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    struct ec2_associate_vpc_cidr_block_request in = {.vpc_id = vpc,
                                                      .ipv6_cidr_block = "fd00:1:2:3ff::/56"};
    struct ec2_vpc_cidr_block_response out;
    assert_int_equal(RUN(&f, ec2_associate_vpc_cidr_block, &in, &out), 0);
    assert_string_equal(out.ipv6_cidr_block_association->ipv6_cidr_block, "fd00:1:2:300::/56");
    assert_null(out.cidr_block_association);
    assert_int_equal(disassociate(&f, out.ipv6_cidr_block_association->association_id), 0);
    assert_int_equal(describe_one(&f, vpc).ipv6_cidr_block_association_set_n, 0);
    in.ipv6_cidr_block = NULL;
    fixture_fault(&f, RUN(&f, ec2_associate_vpc_cidr_block, &in, &out), FAULT_MissingParameter, "");
    /* Provided blocks: never the same twice, and five at most. */
    in.amazon_provided_ipv6_cidr_block = TRI_TRUE;
    const char *blocks[5];
    for (size_t i = 0; i < N(blocks); i++) {
        assert_int_equal(RUN(&f, ec2_associate_vpc_cidr_block, &in, &out), 0);
        blocks[i] = out.ipv6_cidr_block_association->ipv6_cidr_block;
        assert_memory_equal(blocks[i], "fd53:", 5);
        assert_string_equal(strchr(blocks[i], '/'), "/56");
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(blocks[i], blocks[j]);
    }
    fixture_fault(&f, RUN(&f, ec2_associate_vpc_cidr_block, &in, &out), FAULT_CidrLimitExceeded,
                  "5");
    assert_int_equal(ec2_vpc_drop(&f, vpc), 0);
    assert_int_equal(ec2_keys_left(&f), 0);
    fixture_end(&f);
}

static int create(struct fixture *f, const char *cidr, const char *key, const char *value)
{
    struct ec2_tag tag = {key, value};
    struct ec2_tag_specification spec = {"vpc", &tag, 1};
    struct ec2_create_vpc_request in = {
        .cidr_block = cidr, .tag_specifications = &spec, .tag_specifications_n = 1};
    struct ec2_create_vpc_response out;
    return RUN(f, ec2_create_vpc, &in, &out);
}

/* CIDRs may overlap only behind different attachments, over all accounts and regions. */
static void test_attachments(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *shared = ec2_vpc_make(&f, "10.0.0.0/16");
    fixture_fault(&f, create(&f, "10.0.128.0/20", "k", "v"), FAULT_InvalidParameterValue, shared);
    fixture_caller(&f, OTHER_ACCOUNT, "us-east-1");
    fixture_fault(&f, create(&f, "10.0.0.0/24", "k", "v"), FAULT_InvalidParameterValue,
                  "another VPC");
    assert_null(strstr(f.c.fault.message, shared)); /* not for other accounts to know */
    fixture_caller(&f, ACCOUNT, REGION);
    assert_int_equal(create(&f, "10.0.0.0/16", "bridge53:netns", "blue"), 0);
    fixture_fault(&f, create(&f, "10.0.0.0/24", "bridge53:netns", "blue"),
                  FAULT_InvalidParameterValue, "@blue");
    assert_int_equal(create(&f, "10.0.0.0/16", "bridge53:netns", "red"), 0);
    assert_int_equal(create(&f, "10.0.0.0/16", "bridge53:device", "red"), 0);
    static const char *const bad[] = {"", "a/b", "a b", "..", ".", LONG_NAME};
    for (size_t i = 0; i < N(bad); i++)
        fixture_fault(&f, create(&f, "10.9.0.0/16", "bridge53:netns", bad[i]),
                      FAULT_InvalidParameterValue, "bridge53:netns");
    fixture_fault(&f, create(&f, "10.9.0.0/16", "bridge53:device", "a234567890123456"),
                  FAULT_InvalidParameterValue, "bridge53:device");
    assert_int_equal(create(&f, "10.9.0.0/16", "bridge53:device", "a23456789012345"), 0);
    fixture_end(&f);
}

/* Tags that change move the CIDRs between attachments, checks included. */
static void test_attachment_moves(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    ec2_vpc_make(&f, "10.0.0.0/16");
    const char *away = ec2_vpc_tagged(&f, "10.0.0.0/16", "bridge53:netns", "blue");
    struct ec2_tag tag = {"bridge53:netns", NULL};
    struct ec2_delete_tags_request back = {
        .resources = &away, .resources_n = 1, .tags = &tag, .tags_n = 1};
    struct ec2_done done;
    fixture_fault(&f, RUN(&f, ec2_delete_tags, &back, &done), FAULT_InvalidParameterValue,
                  "shared listener");
    struct ec2_tag to = {"bridge53:netns", "green"};
    struct ec2_create_tags_request move = {
        .resources = &away, .resources_n = 1, .tags = &to, .tags_n = 1};
    assert_int_equal(RUN(&f, ec2_create_tags, &move, &done), 0);
    assert_int_equal(create(&f, "10.0.0.0/16", "bridge53:netns", "blue"), 0); /* free again */
    fixture_fault(&f, create(&f, "10.0.0.0/28", "bridge53:netns", "green"),
                  FAULT_InvalidParameterValue, "@green");
    to.value = "no good";
    fixture_fault(&f, RUN(&f, ec2_create_tags, &move, &done), FAULT_InvalidParameterValue,
                  "no good");
    fixture_end(&f);
}

static size_t list(struct fixture *f, const char *name, const char *value)
{
    struct ec2_filter filter = {name, &value, 1};
    struct ec2_describe_vpcs_request in = {.filters = &filter, .filters_n = 1};
    struct ec2_describe_vpcs_response out;
    assert_int_equal(RUN(f, ec2_describe_vpcs, &in, &out), 0);
    assert_non_null(out.vpcs); /* an empty list is given, not absent */
    return out.vpcs_n;
}

static void test_filters(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *a = ec2_vpc_tagged(&f, "10.0.0.0/16", "Name", "alpha");
    ec2_vpc_tagged(&f, "10.1.0.0/16", "Name", "beta");
    assert_int_equal(list(&f, "vpc-id", a), 1);
    assert_int_equal(list(&f, "vpc-id", "vpc-*"), 2);
    assert_int_equal(list(&f, "vpc-id", "vpc-00000000"), 0);
    assert_int_equal(list(&f, "cidr", "10.1.0.0/16"), 1);
    assert_int_equal(list(&f, "cidr-block-association.cidr-block", "10.?.0.0/16"), 2);
    assert_int_equal(list(&f, "tag:Name", "*ta"), 1);
    assert_int_equal(list(&f, "tag-key", "Name"), 2);
    assert_int_equal(list(&f, "is-default", "true"), 0);
    assert_int_equal(list(&f, "is-default", "false"), 2);
    assert_int_equal(list(&f, "owner-id", ACCOUNT), 2);
    const char *x = "x";
    struct ec2_filter unknown = {"colour", &x, 1};
    struct ec2_describe_vpcs_request in = {.filters = &unknown, .filters_n = 1};
    struct ec2_describe_vpcs_response out;
    fixture_fault(&f, RUN(&f, ec2_describe_vpcs, &in, &out), FAULT_InvalidParameterValue,
                  "The filter 'colour' is invalid");
    fixture_end(&f);
}

static void test_pages(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    for (int i = 0; i < 12; i++)
        ec2_vpc_make(&f, arena_printf(&f.arena, "10.%d.0.0/16", i));
    struct ec2_describe_vpcs_request in = {.max_results = {true, 5}};
    struct ec2_describe_vpcs_response out;
    size_t sizes[3], pages = 0;
    const char *last = "";
    do {
        assert_true(pages < 3);
        assert_int_equal(RUN(&f, ec2_describe_vpcs, &in, &out), 0);
        for (size_t i = 0; i < out.vpcs_n; i++) {
            assert_true(strcmp(last, out.vpcs[i].vpc_id) < 0); /* each once, in order */
            last = out.vpcs[i].vpc_id;
        }
        sizes[pages++] = out.vpcs_n;
        in.next_token = out.next_token;
    } while (out.next_token);
    assert_int_equal(pages, 3);
    assert_int_equal(sizes[0] + sizes[1] + sizes[2], 12);
    assert_int_equal(sizes[2], 2);
    in.next_token = "bogus";
    fixture_fault(&f, RUN(&f, ec2_describe_vpcs, &in, &out), FAULT_InvalidParameterValue, "bogus");
    in = (struct ec2_describe_vpcs_request){.max_results = {true, 4}};
    fixture_fault(&f, RUN(&f, ec2_describe_vpcs, &in, &out), FAULT_InvalidParameterValue, "4");
    in.max_results.v = 1001;
    fixture_fault(&f, RUN(&f, ec2_describe_vpcs, &in, &out), FAULT_InvalidParameterValue, "1001");
    in = (struct ec2_describe_vpcs_request){
        .vpc_ids = &last, .vpc_ids_n = 1, .max_results = {true, 5}};
    fixture_fault(&f, RUN(&f, ec2_describe_vpcs, &in, &out), FAULT_InvalidParameterCombination,
                  "vpcIds");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),      cmocka_unit_test(test_create_refused),
        cmocka_unit_test(test_delete),      cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_cidrs),       cmocka_unit_test(test_cidrs6),
        cmocka_unit_test(test_attachments), cmocka_unit_test(test_attachment_moves),
        cmocka_unit_test(test_filters),     cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
