/* SPDX-License-Identifier: Apache-2.0 */
/* Subnets: CIDR rules, zones, IPv6 blocks, attributes, counts of addresses, deletion, listing. */
#include <string.h>

#include "control/vpc_use.h"
#include "ec2_fixture.h"

OP(ec2_create_vpc)
OP(ec2_create_subnet)
OP(ec2_describe_subnets)
OP(ec2_modify_subnet_attribute)
OP(ec2_associate_subnet_cidr_block)
OP(ec2_disassociate_subnet_cidr_block)

static int make(struct fixture *f, struct ec2_create_subnet_request in, struct ec2_subnet *ret)
{
    struct ec2_create_subnet_response out;
    int err = RUN(f, ec2_create_subnet, &in, &out);
    if (!err && ret)
        *ret = *out.subnet;
    return err;
}

static struct ec2_subnet describe_one(struct fixture *f, const char *id)
{
    struct ec2_describe_subnets_request in = {.subnet_ids = &id, .subnet_ids_n = 1};
    struct ec2_describe_subnets_response out;
    assert_int_equal(RUN(f, ec2_describe_subnets, &in, &out), 0);
    assert_int_equal(out.subnets_n, 1);
    return out.subnets[0];
}

static void test_create(void **state)
{
    (void)state;
    struct fixture f;
    struct ec2_subnet s = {0};
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    assert_int_equal(
        make(&f, (struct ec2_create_subnet_request){.vpc_id = vpc, .cidr_block = "10.0.1.77/24"},
             &s),
        0);
    assert_string_equal(s.cidr_block, "10.0.1.0/24");
    assert_string_equal(s.state, "available");
    assert_string_equal(s.availability_zone, "eu-west-1a");
    assert_string_equal(s.availability_zone_id, "euw1-az1");
    assert_int_equal(s.available_ip_address_count.v, 251);
    assert_int_equal(s.enable_dns64, TRI_FALSE);
    assert_string_equal(s.private_dns_name_options_on_launch->hostname_type, "ip-name");
    char *arn = arena_printf(&f.arena, "arn:aws:ec2:eu-west-1:111111111111:subnet/%s", s.subnet_id);
    assert_string_equal(s.subnet_arn, arn);
    assert_int_equal(make(&f,
                          (struct ec2_create_subnet_request){.vpc_id = vpc,
                                                             .cidr_block = "10.0.2.0/28",
                                                             .availability_zone_id = "euw1-az3"},
                          &s),
                     0);
    assert_string_equal(s.availability_zone, "eu-west-1c");
    assert_int_equal(s.available_ip_address_count.v, 11);
    fixture_end(&f);
}

static void test_create_refused(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    ec2_subnet_make(&f, vpc, "10.0.1.0/24");
    const struct {
        struct ec2_create_subnet_request in;
        enum fault_code code;
        const char *text;
    } cases[] = {
        {{.vpc_id = vpc}, FAULT_MissingParameter, "cidrBlock"},
        {{.vpc_id = vpc, .cidr_block = "10.0.1.128/25"},
         FAULT_InvalidSubnetConflict,
         "The CIDR '10.0.1.128/25' conflicts with another subnet"},
        {{.vpc_id = vpc, .cidr_block = "10.0.0.0/23"}, FAULT_InvalidSubnetConflict, "conflicts"},
        {{.vpc_id = vpc, .cidr_block = "10.1.0.0/24"},
         FAULT_InvalidSubnetRange,
         "The CIDR '10.1.0.0/24' is invalid."},
        {{.vpc_id = vpc, .cidr_block = "10.0.0.0/15"}, FAULT_InvalidSubnetRange, "10.0.0.0/15"},
        {{.vpc_id = vpc, .cidr_block = "10.0.0.0/29"}, FAULT_InvalidSubnetRange, "10.0.0.0/29"},
        {{.vpc_id = vpc, .cidr_block = "ten"}, FAULT_InvalidParameterValue, "cidrBlock"},
        {{.vpc_id = vpc, .cidr_block = "10.0.2.0/24", .ipv6_cidr_block = "fd00::/64"},
         FAULT_InvalidSubnetRange,
         "fd00::/64"},
        {{.vpc_id = vpc, .cidr_block = "10.0.2.0/24", .availability_zone = "eu-west-1z"},
         FAULT_InvalidParameterValue,
         "Value (eu-west-1z) for parameter availabilityZone is invalid."},
        {{.vpc_id = vpc, .cidr_block = "10.0.2.0/24", .ipv6_native = TRI_TRUE},
         FAULT_InvalidParameterCombination,
         "ipv6Native"},
        {{.vpc_id = vpc, .ipv6_native = TRI_TRUE}, FAULT_MissingParameter, "ipv6CidrBlock"},
        {{.vpc_id = "vpc-0123456789abcdef0", .cidr_block = "10.0.2.0/24"},
         FAULT_InvalidVpcIDNotFound,
         "vpc-0123456789abcdef0"},
        {{.vpc_id = vpc, .outpost_arn = "arn:x"}, FAULT_InvalidParameterValue, "outpostArn"},
    };
    for (size_t i = 0; i < N(cases); i++)
        fixture_fault(&f, make(&f, cases[i].in, NULL), cases[i].code, cases[i].text);
    fixture_end(&f);
}

static void test_ipv6(void **state)
{
    (void)state;
    struct fixture f;
    struct ec2_subnet s, native = {0};
    ec2_begin(&f);
    struct ec2_create_vpc_request vpc_in = {.cidr_block = "10.0.0.0/16",
                                            .ipv6_cidr_block = "fd00:1::/56"};
    struct ec2_create_vpc_response vpc_out;
    assert_int_equal(RUN(&f, ec2_create_vpc, &vpc_in, &vpc_out), 0);
    const char *vpc = vpc_out.vpc->vpc_id;
    assert_int_equal(make(&f,
                          (struct ec2_create_subnet_request){.vpc_id = vpc,
                                                             .ipv6_native = TRI_TRUE,
                                                             .ipv6_cidr_block = "fd00:1::/64"},
                          &native),
                     0);
    assert_null(native.cidr_block);
    assert_int_equal(native.ipv6_native, TRI_TRUE);
    assert_int_equal(native.available_ip_address_count.v, 0);
    assert_int_equal(native.assign_ipv6_address_on_creation, TRI_TRUE);
    const char *subnet = ec2_subnet_make(&f, vpc, "10.0.0.0/24");
    struct ec2_associate_subnet_cidr_block_request in = {.subnet_id = subnet,
                                                         .ipv6_cidr_block = "fd00:1::/64"};
    struct ec2_subnet_cidr_block_response out;
    fixture_fault(&f, RUN(&f, ec2_associate_subnet_cidr_block, &in, &out),
                  FAULT_InvalidSubnetConflict, "fd00:1::/64");
    in.ipv6_cidr_block = "fd00:1:0:1::/64";
    assert_int_equal(RUN(&f, ec2_associate_subnet_cidr_block, &in, &out), 0);
    const char *id = out.ipv6_cidr_block_association->association_id;
    assert_string_equal(out.ipv6_cidr_block_association->ipv6_cidr_block_state->state,
                        "associating");
    in.ipv6_cidr_block = "fd00:1:0:2::/64";
    fixture_fault(&f, RUN(&f, ec2_associate_subnet_cidr_block, &in, &out), FAULT_CidrLimitExceeded,
                  "1");
    s = describe_one(&f, subnet);
    assert_int_equal(s.ipv6_cidr_block_association_set_n, 1);
    assert_string_equal(s.ipv6_cidr_block_association_set[0].association_id, id);
    struct ec2_disassociate_subnet_cidr_block_request off = {.association_id = id};
    assert_int_equal(RUN(&f, ec2_disassociate_subnet_cidr_block, &off, &out), 0);
    fixture_fault(&f, RUN(&f, ec2_disassociate_subnet_cidr_block, &off, &out),
                  FAULT_InvalidSubnetCidrBlockAssociationIDNotFound, id);
    assert_int_equal(describe_one(&f, subnet).ipv6_cidr_block_association_set_n, 0);
    off.association_id = native.ipv6_cidr_block_association_set[0].association_id;
    fixture_fault(&f, RUN(&f, ec2_disassociate_subnet_cidr_block, &off, &out),
                  FAULT_OperationNotPermitted, off.association_id);
    assert_int_equal(ec2_subnet_drop(&f, subnet), 0);
    assert_int_equal(ec2_subnet_drop(&f, native.subnet_id), 0);
    assert_int_equal(ec2_vpc_drop(&f, vpc), 0);
    assert_int_equal(ec2_keys_left(&f), 0);
    fixture_end(&f);
}

static void test_modify(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    const char *subnet = ec2_subnet_make(&f, vpc, "10.0.0.0/24");
    struct ec2_modify_subnet_attribute_request in = {.subnet_id = subnet, .enable_dns64 = TRI_TRUE};
    struct ec2_done done;
    assert_int_equal(RUN(&f, ec2_modify_subnet_attribute, &in, &done), 0);
    assert_int_equal(describe_one(&f, subnet).enable_dns64, TRI_TRUE);
    in.map_public_ip_on_launch = TRI_TRUE;
    fixture_fault(&f, RUN(&f, ec2_modify_subnet_attribute, &in, &done),
                  FAULT_InvalidParameterCombination, "multiple");
    in = (struct ec2_modify_subnet_attribute_request){
        .subnet_id = subnet, .private_dns_hostname_type_on_launch = "resource-name"};
    assert_int_equal(RUN(&f, ec2_modify_subnet_attribute, &in, &done), 0);
    struct ec2_subnet s = describe_one(&f, subnet);
    assert_string_equal(s.private_dns_name_options_on_launch->hostname_type, "resource-name");
    assert_int_equal(s.enable_dns64, TRI_TRUE); /* the others stay */
    in = (struct ec2_modify_subnet_attribute_request){.subnet_id = subnet};
    fixture_fault(&f, RUN(&f, ec2_modify_subnet_attribute, &in, &done), FAULT_MissingParameter, "");
    in.assign_ipv6_address_on_creation = TRI_TRUE;
    fixture_fault(&f, RUN(&f, ec2_modify_subnet_attribute, &in, &done), FAULT_InvalidParameterValue,
                  "IPv6");
    fixture_end(&f);
}

/* What an IPv6-only subnet can't be told. */
static void test_modify_native(void **state)
{
    (void)state;
    struct fixture f;
    struct ec2_subnet native = {0};
    struct ec2_done done;
    ec2_begin(&f);
    struct ec2_create_vpc_request vpc_in = {.cidr_block = "10.0.0.0/16",
                                            .ipv6_cidr_block = "fd00:1::/56"};
    struct ec2_create_vpc_response vpc_out;
    assert_int_equal(RUN(&f, ec2_create_vpc, &vpc_in, &vpc_out), 0);
    assert_int_equal(make(&f,
                          (struct ec2_create_subnet_request){.vpc_id = vpc_out.vpc->vpc_id,
                                                             .ipv6_native = TRI_TRUE,
                                                             .ipv6_cidr_block = "fd00:1::/64"},
                          &native),
                     0);
    const char *id = native.subnet_id;
    const struct ec2_modify_subnet_attribute_request bad[] = {
        {.subnet_id = id, .assign_ipv6_address_on_creation = TRI_FALSE},
        {.subnet_id = id, .map_public_ip_on_launch = TRI_TRUE},
        {.subnet_id = id, .enable_resource_name_dns_a_record_on_launch = TRI_TRUE},
        {.subnet_id = id, .private_dns_hostname_type_on_launch = "ip-name"},
    };
    for (size_t i = 0; i < N(bad); i++)
        fixture_fault(&f, RUN(&f, ec2_modify_subnet_attribute, &bad[i], &done),
                      FAULT_InvalidParameterValue, "Invalid value");
    const struct ec2_modify_subnet_attribute_request good[] = {
        {.subnet_id = id, .assign_ipv6_address_on_creation = TRI_TRUE},
        {.subnet_id = id, .enable_dns64 = TRI_TRUE},
        {.subnet_id = id, .map_public_ip_on_launch = TRI_FALSE},
        {.subnet_id = id, .enable_resource_name_dns_aaaa_record_on_launch = TRI_TRUE},
        {.subnet_id = id, .private_dns_hostname_type_on_launch = "resource-name"},
    };
    for (size_t i = 0; i < N(good); i++)
        assert_int_equal(RUN(&f, ec2_modify_subnet_attribute, &good[i], &done), 0);
    assert_int_equal(describe_one(&f, id).enable_dns64, TRI_TRUE);
    fixture_end(&f);
}

static size_t list(struct fixture *f, const char *name, const char *value)
{
    struct ec2_filter filter = {name, &value, 1};
    struct ec2_describe_subnets_request in = {.filters = &filter, .filters_n = 1};
    struct ec2_describe_subnets_response out;
    assert_int_equal(RUN(f, ec2_describe_subnets, &in, &out), 0);
    return out.subnets_n;
}

static void test_filters(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *a = ec2_vpc_make(&f, "10.0.0.0/16"), *b = ec2_vpc_make(&f, "10.1.0.0/16");
    const char *one = ec2_subnet_make(&f, a, "10.0.0.0/24");
    ec2_subnet_make(&f, a, "10.0.1.0/24");
    ec2_subnet_make(&f, b, "10.1.1.0/24");
    assert_int_equal(list(&f, "vpc-id", a), 2);
    assert_int_equal(list(&f, "vpc-id", b), 1);
    assert_int_equal(list(&f, "vpc-id", "vpc-0000"), 0);
    assert_int_equal(list(&f, "vpc-id", "*"), 3);
    assert_int_equal(list(&f, "subnet-id", one), 1);
    assert_int_equal(list(&f, "cidrBlock", "10.*.1.0/24"), 2);
    assert_int_equal(list(&f, "available-ip-address-count", "251"), 3);
    assert_int_equal(list(&f, "subnet-arn", "*:subnet/*"), 3);
    assert_int_equal(list(&f, "enable-dns64", "true"), 0);
    /* the index behind vpc-id gives what the other filter then narrows */
    const char *cidr = "10.0.1.0/24";
    struct ec2_filter both[] = {{"vpc-id", &a, 1}, {"cidr", &cidr, 1}};
    struct ec2_describe_subnets_request in = {.filters = both, .filters_n = 2};
    struct ec2_describe_subnets_response out;
    assert_int_equal(RUN(&f, ec2_describe_subnets, &in, &out), 0);
    assert_int_equal(out.subnets_n, 1);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),        cmocka_unit_test(test_create_refused),
        cmocka_unit_test(test_ipv6),          cmocka_unit_test(test_modify),
        cmocka_unit_test(test_modify_native), cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
