/* SPDX-License-Identifier: Apache-2.0 */
/* Interface endpoints: interfaces, private names, and what they exclude. */
#include "profile_fixture.h"

#include <string.h>

#include "rows/ec2.h"

OP(ec2_create_vpc_endpoint)
OP(ec2_describe_vpc_endpoints)
OP(ec2_modify_vpc_endpoint)
OP(ec2_delete_vpc_endpoints)
OP(ec2_create_tags)
OP(ec2_describe_prefix_lists)
OP(ec2_create_vpc)
OP(ec2_delete_vpc)

#define SSM "com.amazonaws." REGION ".ssm"

static const char *subnets[] = {SUBNET, SUBNET_B}, *groups[] = {GROUP};

static struct ec2_create_vpc_endpoint_request request(const char *service)
{
    return (struct ec2_create_vpc_endpoint_request){
        .vpc_endpoint_type = "Interface",
        .vpc_id = VPC,
        .service_name = service,
        .subnet_ids = subnets,
        .subnet_ids_n = 1,
        .security_group_ids = groups,
        .security_group_ids_n = 1,
    };
}

static const struct ec2_vpc_endpoint *create(struct fixture *f,
                                             const struct ec2_create_vpc_endpoint_request *in)
{
    struct ec2_create_vpc_endpoint_response out;

    if (RUN(f, ec2_create_vpc_endpoint, in, &out))
        print_error("%s\n", f->c.fault.message);
    assert_non_null(out.vpc_endpoint);
    return out.vpc_endpoint;
}

static void create_fails(struct fixture *f, const struct ec2_create_vpc_endpoint_request *in,
                         enum fault_code code, const char *text)
{
    struct ec2_create_vpc_endpoint_response out;

    fixture_fault(f, RUN(f, ec2_create_vpc_endpoint, in, &out), code, text);
}

static const struct ec2_vpc_endpoint *describe(struct fixture *f, const char *id)
{
    const struct ec2_describe_vpc_endpoints_request in = {.vpc_endpoint_ids = &id,
                                                          .vpc_endpoint_ids_n = 1};
    struct ec2_describe_vpc_endpoints_response out;

    assert_int_equal(RUN(f, ec2_describe_vpc_endpoints, &in, &out), 0);
    assert_int_equal(out.vpc_endpoints_n, 1);
    return out.vpc_endpoints;
}

static int modify(struct fixture *f, const char *id, enum tri private_dns)
{
    const struct ec2_modify_vpc_endpoint_request in = {.vpc_endpoint_id = id,
                                                       .private_dns_enabled = private_dns};
    struct ec2_done out;

    return RUN(f, ec2_modify_vpc_endpoint, &in, &out);
}

static void life(void **state)
{
    struct ec2_create_vpc_endpoint_request in = request(SSM);
    struct ec2_delete_vpc_endpoints_request delete = {.vpc_endpoint_ids_n = 2};
    struct ec2_delete_vpc_endpoints_response gone;
    const struct ec2_vpc_endpoint *e;
    const char *ids[2] = {"vpce-00000000000000000", NULL};
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    e = create(&f, &in);
    ids[1] = e->vpc_endpoint_id;
    assert_memory_equal(e->vpc_endpoint_id, "vpce-", 5);
    assert_string_equal(e->state, "pending");
    assert_int_equal(e->network_interface_ids_n, 1);
    assert_int_equal(e->private_dns_enabled, TRI_TRUE);
    assert_int_equal(e->dns_entries_n, 1);
    assert_string_equal(e->dns_entries[0].dns_name, "ssm." REGION ".amazonaws.com");
    assert_string_equal(e->ip_address_type, "ipv4");
    e = describe(&f, ids[1]);
    assert_string_equal(e->state, "available");
    assert_string_equal(e->owner_id, ACCOUNT);
    assert_int_equal(fixture_count(&f, &kind_interface), 1);
    assert_int_equal(modify(&f, ids[1], TRI_FALSE), 0);
    e = describe(&f, ids[1]);
    assert_int_equal(e->dns_entries_n, 0);
    assert_int_equal(e->private_dns_enabled, TRI_FALSE);
    assert_int_equal(modify(&f, ids[1], TRI_TRUE), 0);
    delete.vpc_endpoint_ids = ids;
    assert_int_equal(RUN(&f, ec2_delete_vpc_endpoints, &delete, &gone), 0);
    assert_int_equal(gone.unsuccessful_n, 1);
    assert_string_equal(gone.unsuccessful[0].resource_id, ids[0]);
    assert_string_equal(gone.unsuccessful[0].error->code, "InvalidVpcEndpointId.NotFound");
    assert_int_equal(fixture_count(&f, &kind_interface), 0);
    assert_int_equal(fixture_count(&f, &kind_vpc_endpoint), 0);
    fixture_fault(&f, modify(&f, ids[1], TRI_FALSE), FAULT_InvalidVpcEndpointIdNotFound, ids[1]);
    fixture_fault(&f, modify(&f, "vpce-1", TRI_FALSE), FAULT_InvalidVpcEndpointIdMalformed,
                  "vpce-1");
    fixture_end(&f);
}

static void addresses(void **state)
{
    struct ec2_create_vpc_endpoint_request in = request(SSM);
    struct ec2_subnet_configuration wish[] = {{SUBNET, "10.1.1.200", NULL}};
    const struct ec2_vpc_endpoint *e;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    in.ip_address_type = "dualstack";
    in.subnet_configurations = wish;
    in.subnet_configurations_n = 1;
    e = create(&f, &in);
    assert_string_equal(e->ip_address_type, "dualstack");
    in.private_dns_enabled = TRI_FALSE;
    create_fails(&f, &in, FAULT_InvalidIPAddressInUse, "10.1.1.200");
    wish[0].ipv4 = "10.1.2.200";
    create_fails(&f, &in, FAULT_InvalidParameterValue, "10.1.2.200");
    in.subnet_configurations_n = 0;
    in.subnet_ids = &subnets[1];
    create_fails(&f, &in, FAULT_InvalidParameter, "does not support");
    fixture_end(&f);
}

static void names(void **state)
{
    struct ec2_tag tag = {"bridge53:private-dns-name", "Api.Example.Com."};
    struct ec2_tag_specification specs[] = {{"vpc-endpoint", &tag, 1}};
    struct ec2_create_vpc_endpoint_request in = request(SSM), other = request("com.example.svc");
    const struct ec2_vpc_endpoint *e, *second;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    e = create(&f, &in);
    create_fails(&f, &in, FAULT_InvalidParameter,
                 "private-dns-enabled cannot be set because there is already a conflicting DNS "
                 "domain for ssm." REGION ".amazonaws.com in the VPC " VPC);
    in.private_dns_enabled = TRI_FALSE;
    second = create(&f, &in);
    fixture_fault(&f, modify(&f, second->vpc_endpoint_id, TRI_TRUE), FAULT_InvalidParameter,
                  "conflicting DNS domain");
    assert_int_equal(modify(&f, e->vpc_endpoint_id, TRI_FALSE), 0);
    assert_int_equal(modify(&f, second->vpc_endpoint_id, TRI_TRUE), 0);
    assert_int_equal(create(&f, &other)->private_dns_enabled, TRI_FALSE);
    other.private_dns_enabled = TRI_TRUE;
    create_fails(&f, &other, FAULT_InvalidParameter, "does not provide a private DNS name");
    other.tag_specifications = specs;
    other.tag_specifications_n = 1;
    e = create(&f, &other);
    assert_string_equal(e->dns_entries[0].dns_name, "api.example.com");
    assert_int_equal(e->tags_n, 1);
    tag.value = "a..b";
    create_fails(&f, &other, FAULT_InvalidParameterValue, "a..b");
    tag.value = "zone.internal";
    make_zone(&f, "zone.internal", VPC);
    create_fails(&f, &other, FAULT_InvalidParameter, "conflicting DNS domain");
    fixture_end(&f);
}

static void refused(void **state)
{
    struct ec2_create_vpc_endpoint_request in = request(SSM);
    const char *foreign[] = {SUBNET_2}, *foreign_group[] = {GROUP_2};
    const struct ec2_create_vpc_request create_vpc = {.cidr_block = "10.77.0.0/16"};
    struct ec2_create_vpc_response vpc;
    struct ec2_delete_vpc_request delete = {0};
    struct ec2_done done;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    in.vpc_endpoint_type = NULL;
    create_fails(&f, &in, FAULT_InvalidParameterValue, "Gateway");
    in = request(SSM);
    in.subnet_ids_n = 2; /* both in one zone */
    create_fails(&f, &in, FAULT_DuplicateSubnetsInSameZone, SUBNET_B);
    in = request(SSM);
    in.subnet_ids = foreign;
    create_fails(&f, &in, FAULT_InvalidParameter, SUBNET_2);
    in = request(SSM);
    in.security_group_ids = foreign_group;
    create_fails(&f, &in, FAULT_InvalidParameter, GROUP_2);
    in = request(SSM);
    in.vpc_id = FOREIGN_VPC;
    create_fails(&f, &in, FAULT_InvalidVpcIDNotFound, FOREIGN_VPC);
    in = request(SSM);
    in.policy_document = "{}";
    create_fails(&f, &in, FAULT_InvalidParameterValue, "policyDocument");
    assert_int_equal(RUN(&f, ec2_create_vpc, &create_vpc, &vpc), 0);
    in = (struct ec2_create_vpc_endpoint_request){
        .vpc_endpoint_type = "Interface", .vpc_id = vpc.vpc->vpc_id, .service_name = "s"};
    assert_int_equal(create(&f, &in)->groups_n, 1); /* the VPC's default one */
    delete.vpc_id = in.vpc_id;
    fixture_fault(&f, RUN(&f, ec2_delete_vpc, &delete, &done), FAULT_DependencyViolation,
                  in.vpc_id);
    fixture_end(&f);
}

/* The same token again is the same endpoint. */
static void token(void **state)
{
    struct ec2_create_vpc_endpoint_request in = request(SSM);
    const struct ec2_vpc_endpoint *e;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    in.client_token = "t";
    e = create(&f, &in);
    assert_string_equal(create(&f, &in)->vpc_endpoint_id, e->vpc_endpoint_id);
    in.service_name = "other";
    create_fails(&f, &in, FAULT_IdempotentParameterMismatch, "token 't'");
    assert_int_equal(fixture_count(&f, &kind_vpc_endpoint), 1);
    fixture_end(&f);
}

static void lists(void **state)
{
    const char *vpc[] = {VPC}, *name[] = {"*.logs"};
    struct ec2_filter filters[] = {{"vpc-id", vpc, 1}, {"service-name", name, 1}};
    struct ec2_describe_vpc_endpoints_request in = {.filters = filters, .filters_n = 1};
    struct ec2_describe_vpc_endpoints_response out;
    struct ec2_create_vpc_endpoint_request ssm = request(SSM),
                                           logs = request("com.amazonaws." REGION ".logs");
    struct ec2_tag tag = {"k", "v"};
    struct ec2_create_tags_request tags = {.resources_n = 1, .tags = &tag, .tags_n = 1};
    struct ec2_done done;
    const char *id;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    create(&f, &ssm);
    id = create(&f, &logs)->vpc_endpoint_id;
    tags.resources = &id;
    assert_int_equal(RUN(&f, ec2_create_tags, &tags, &done), 0);
    assert_int_equal(RUN(&f, ec2_describe_vpc_endpoints, &in, &out), 0);
    assert_int_equal(out.vpc_endpoints_n, 2);
    in.filters_n = 2;
    assert_int_equal(RUN(&f, ec2_describe_vpc_endpoints, &in, &out), 0);
    assert_int_equal(out.vpc_endpoints_n, 1);
    assert_string_equal(out.vpc_endpoints[0].vpc_endpoint_id, id);
    filters[0] = (struct ec2_filter){"tag:k", &tag.value, 1};
    in.filters_n = 1;
    assert_int_equal(RUN(&f, ec2_describe_vpc_endpoints, &in, &out), 0);
    assert_int_equal(out.vpc_endpoints_n, 1);
    fixture_end(&f);
}

/* There are no prefix lists. */
static void prefix_lists(void **state)
{
    const char *id = "pl-1";
    struct ec2_describe_prefix_lists_request in = {0};
    struct ec2_describe_prefix_lists_response out;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, ec2_describe_prefix_lists, &in, &out), 0);
    assert_non_null(out.prefix_lists);
    assert_int_equal(out.prefix_lists_n, 0);
    in.prefix_list_ids = &id;
    in.prefix_list_ids_n = 1;
    fixture_fault(&f, RUN(&f, ec2_describe_prefix_lists, &in, &out),
                  FAULT_InvalidPrefixListIdNotFound, id);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(life),         cmocka_unit_test(addresses), cmocka_unit_test(names),
        cmocka_unit_test(refused),      cmocka_unit_test(token),     cmocka_unit_test(lists),
        cmocka_unit_test(prefix_lists),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
