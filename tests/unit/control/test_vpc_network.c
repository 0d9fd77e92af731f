/* SPDX-License-Identifier: Apache-2.0 */
/* What clients read around VPCs: route tables, ACLs, DHCP options, regions, zones, the caller. */
#include <string.h>

#include "control/ec2.h"
#include "ec2_fixture.h"
#include "rows/sts.h"

OP(ec2_describe_vpcs)
OP(ec2_describe_route_tables)
OP(ec2_describe_network_acls)
OP(ec2_describe_dhcp_options)
OP(ec2_describe_regions)
OP(ec2_describe_availability_zones)
OP(ec2_describe_account_attributes)
OP(ec2_describe_vpc_endpoints)
OP(sts_get_caller_identity)

static void test_route_tables(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16"), *yes = "true", *no = "false";
    ec2_vpc_make(&f, "10.1.0.0/16");
    /* exactly what Terraform asks for each VPC */
    struct ec2_filter filters[] = {{"association.main", &yes, 1}, {"vpc-id", &vpc, 1}};
    struct ec2_describe_route_tables_request in = {.filters = filters, .filters_n = 2};
    struct ec2_describe_route_tables_response out;
    assert_int_equal(RUN(&f, ec2_describe_route_tables, &in, &out), 0);
    assert_int_equal(out.route_tables_n, 1);
    const struct ec2_route_table *t = &out.route_tables[0];
    assert_string_equal(t->vpc_id, vpc);
    assert_string_equal(t->routes[0].destination_cidr_block, "10.0.0.0/16");
    assert_string_equal(t->routes[0].gateway_id, "local");
    assert_int_equal(t->associations[0].main, TRI_TRUE);
    const char *id = t->route_table_id;
    filters[0].values = &no;
    assert_int_equal(RUN(&f, ec2_describe_route_tables, &in, &out), 0);
    assert_int_equal(out.route_tables_n, 0);
    in = (struct ec2_describe_route_tables_request){.route_table_ids = &id, .route_table_ids_n = 1};
    assert_int_equal(RUN(&f, ec2_describe_route_tables, &in, &out), 0);
    assert_int_equal(out.route_tables_n, 1);
    id = "rtb-0123456789abcdef0";
    fixture_fault(&f, RUN(&f, ec2_describe_route_tables, &in, &out),
                  FAULT_InvalidRouteTableIDNotFound, id);
    filters[0] = (struct ec2_filter){"tag:Name", &yes, 1};
    in = (struct ec2_describe_route_tables_request){.filters = filters, .filters_n = 1};
    assert_int_equal(RUN(&f, ec2_describe_route_tables, &in, &out), 0);
    assert_int_equal(out.route_tables_n, 0);
    filters[0].name = "nonsense";
    fixture_fault(&f, RUN(&f, ec2_describe_route_tables, &in, &out), FAULT_InvalidParameterValue,
                  "nonsense");
    fixture_end(&f);
}

static void test_network_acls(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16"), *yes = "true";
    const char *subnet = ec2_subnet_make(&f, vpc, "10.0.1.0/24");
    ec2_vpc_make(&f, "10.1.0.0/16");
    struct ec2_filter filters[] = {{"default", &yes, 1}, {"vpc-id", &vpc, 1}};
    struct ec2_describe_network_acls_request in = {.filters = filters, .filters_n = 2};
    struct ec2_describe_network_acls_response out;
    assert_int_equal(RUN(&f, ec2_describe_network_acls, &in, &out), 0);
    assert_int_equal(out.network_acls_n, 1);
    const struct ec2_network_acl *a = &out.network_acls[0];
    assert_int_equal(a->is_default, TRI_TRUE);
    assert_int_equal(a->entries_n, 4);
    assert_int_equal(a->entries[0].rule_number.v, 100);
    assert_int_equal(a->entries[1].rule_number.v, 32767);
    assert_string_equal(a->entries[1].rule_action, "deny");
    assert_int_equal(a->associations_n, 1);
    assert_string_equal(a->associations[0].subnet_id, subnet);
    filters[0] = (struct ec2_filter){"association.subnet-id", &subnet, 1};
    in.filters_n = 1;
    assert_int_equal(RUN(&f, ec2_describe_network_acls, &in, &out), 0);
    assert_int_equal(out.network_acls_n, 1);
    assert_string_equal(out.network_acls[0].vpc_id, vpc);
    fixture_end(&f);
}

static void test_dhcp(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    struct ec2_describe_vpcs_request ask = {.vpc_ids = &vpc, .vpc_ids_n = 1};
    struct ec2_describe_vpcs_response vpcs;
    assert_int_equal(RUN(&f, ec2_describe_vpcs, &ask, &vpcs), 0);
    const char *id = vpcs.vpcs[0].dhcp_options_id;
    struct ec2_describe_dhcp_options_request in = {.dhcp_options_ids = &id,
                                                   .dhcp_options_ids_n = 1};
    struct ec2_describe_dhcp_options_response out;
    assert_int_equal(RUN(&f, ec2_describe_dhcp_options, &in, &out), 0);
    assert_int_equal(out.dhcp_options_n, 1);
    assert_string_equal(out.dhcp_options[0].dhcp_configurations[0].values[0].value,
                        "eu-west-1.compute.internal");
    fixture_caller(&f, ACCOUNT, "us-east-1");
    fixture_fault(&f, RUN(&f, ec2_describe_dhcp_options, &in, &out),
                  FAULT_InvalidDhcpOptionIDNotFound, id);
    in.dhcp_options_ids_n = 0;
    assert_int_equal(RUN(&f, ec2_describe_dhcp_options, &in, &out), 0);
    assert_string_equal(out.dhcp_options[0].dhcp_configurations[0].values[0].value, "ec2.internal");
    const char *key = "domain-name-servers";
    struct ec2_filter filter = {"key", &key, 1};
    in.filters = &filter;
    in.filters_n = 1;
    assert_int_equal(RUN(&f, ec2_describe_dhcp_options, &in, &out), 0);
    assert_int_equal(out.dhcp_options_n, 1);
    key = "ntp-servers";
    assert_int_equal(RUN(&f, ec2_describe_dhcp_options, &in, &out), 0);
    assert_int_equal(out.dhcp_options_n, 0);
    fixture_end(&f);
}

static void test_places(void **state)
{
    (void)state;
    static const char *const ids[][2] = {
        {"us-east-1a", "use1-az1"},
        {"eu-central-1b", "euc1-az2"},
        {"ap-northeast-3c", "apne3-az3"},
        {"ap-southeast-2a", "apse2-az1"},
        {"us-gov-west-1a", "usgw1-az1"},
        {"cn-north-1a", "cnn1-az1"},
        {"laba", "lab-az1"},
    };
    struct fixture f;
    ec2_begin(&f);
    for (size_t i = 0; i < N(ids); i++)
        assert_string_equal(ec2_zone_id(&f.c, ids[i][0]), ids[i][1]);
    struct ec2_describe_availability_zones_request in = {0};
    struct ec2_describe_availability_zones_response out;
    assert_int_equal(RUN(&f, ec2_describe_availability_zones, &in, &out), 0);
    assert_int_equal(out.availability_zones_n, 3);
    assert_string_equal(out.availability_zones[2].zone_name, "eu-west-1c");
    const char *name = "us-east-1a";
    in.zone_names = &name;
    in.zone_names_n = 1;
    fixture_fault(&f, RUN(&f, ec2_describe_availability_zones, &in, &out),
                  FAULT_InvalidParameterValue, "Invalid availability zone: [us-east-1a]");
    struct ec2_describe_regions_request regions = {0};
    struct ec2_describe_regions_response list;
    assert_int_equal(RUN(&f, ec2_describe_regions, &regions, &list), 0);
    size_t known = list.regions_n;
    assert_true(known > 10);
    fixture_caller(&f, ACCOUNT, "lab");
    assert_int_equal(RUN(&f, ec2_describe_regions, &regions, &list), 0);
    assert_int_equal(list.regions_n, known + 1);
    name = "mars-1";
    regions.region_names = &name;
    regions.region_names_n = 1;
    fixture_fault(&f, RUN(&f, ec2_describe_regions, &regions, &list), FAULT_InvalidParameterValue,
                  "mars-1");
    fixture_end(&f);
}

static void test_account(void **state)
{
    (void)state;
    struct fixture f;
    ec2_begin(&f);
    struct ec2_describe_account_attributes_request in = {0};
    struct ec2_describe_account_attributes_response out;
    assert_int_equal(RUN(&f, ec2_describe_account_attributes, &in, &out), 0);
    assert_int_equal(out.account_attributes_n, 2);
    struct ec2_describe_vpc_endpoints_request none = {0};
    struct ec2_describe_vpc_endpoints_response endpoints;
    assert_int_equal(RUN(&f, ec2_describe_vpc_endpoints, &none, &endpoints), 0);
    assert_non_null(endpoints.vpc_endpoints);
    assert_int_equal(endpoints.vpc_endpoints_n, 0);
    struct sts_get_caller_identity_request who = {0};
    struct sts_get_caller_identity_response me;
    assert_int_equal(RUN(&f, sts_get_caller_identity, &who, &me), 0);
    assert_string_equal(me.user_id, ACCOUNT);
    assert_string_equal(me.account, ACCOUNT);
    assert_string_equal(me.arn, "arn:aws:iam::" ACCOUNT ":root");
    f.c.caller_arn = "arn:aws:iam::" ACCOUNT ":user/joe";
    assert_int_equal(RUN(&f, sts_get_caller_identity, &who, &me), 0);
    assert_memory_equal(me.user_id, "AIDA", 4);
    assert_int_equal(strlen(me.user_id), 21);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route_tables), cmocka_unit_test(test_network_acls),
        cmocka_unit_test(test_dhcp),         cmocka_unit_test(test_places),
        cmocka_unit_test(test_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
