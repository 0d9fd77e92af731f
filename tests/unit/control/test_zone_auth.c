/* SPDX-License-Identifier: Apache-2.0 */
/* Zones that other accounts' VPCs use: authorization, association, and the end of both. */
#include "service_fixture.h"

#include <string.h>

#include "rows/r53.h"

OP(r53_create_hosted_zone)
OP(r53_delete_hosted_zone)
OP(r53_get_hosted_zone)
OP(r53_get_change)
OP(r53_list_hosted_zones_by_vpc)
OP(r53_associate_vpc_with_hosted_zone)
OP(r53_disassociate_vpc_from_hosted_zone)
OP(r53_create_vpc_association_authorization)
OP(r53_delete_vpc_association_authorization)
OP(r53_list_vpc_association_authorizations)

static struct r53_vpc own = {REGION, VPC}, foreign = {REGION, FOREIGN_VPC};

/* A zone of the caller; its id. */
static const char *create(struct fixture *f, const char *name, struct r53_vpc *vpc)
{
    const struct r53_create_hosted_zone_request in = {
        .name = name, .vpc = vpc, .caller_reference = name};
    struct r53_create_hosted_zone_response out;

    assert_int_equal(RUN(f, r53_create_hosted_zone, &in, &out), 0);
    return strrchr(out.hosted_zone->id, '/') + 1;
}

static int authorize(struct fixture *f, const char *zone, struct r53_vpc *vpc)
{
    const struct r53_create_vpc_association_authorization_request in = {zone, vpc};
    struct r53_create_vpc_association_authorization_response out;
    int err = RUN(f, r53_create_vpc_association_authorization, &in, &out);

    if (!err) {
        assert_string_equal(out.hosted_zone_id, zone);
        assert_string_equal(out.vpc->vpc_id, vpc->vpc_id);
    }
    return err;
}

static int deauthorize(struct fixture *f, const char *zone, struct r53_vpc *vpc)
{
    const struct r53_delete_vpc_association_authorization_request in = {zone, vpc};
    struct r53_delete_vpc_association_authorization_response out;

    return RUN(f, r53_delete_vpc_association_authorization, &in, &out);
}

static int associate(struct fixture *f, const char *zone, struct r53_vpc *vpc)
{
    const struct r53_associate_vpc_with_hosted_zone_request in = {zone, vpc, NULL};
    struct r53_associate_vpc_with_hosted_zone_response out;

    return RUN(f, r53_associate_vpc_with_hosted_zone, &in, &out);
}

static int disassociate(struct fixture *f, const char *zone, struct r53_vpc *vpc)
{
    const struct r53_disassociate_vpc_from_hosted_zone_request in = {zone, vpc, NULL};
    struct r53_disassociate_vpc_from_hosted_zone_response out;

    return RUN(f, r53_disassociate_vpc_from_hosted_zone, &in, &out);
}

/* How many VPCs a zone of the caller has. */
static size_t vpcs(struct fixture *f, const char *zone)
{
    const struct r53_get_hosted_zone_request in = {zone};
    struct r53_get_hosted_zone_response out;

    assert_int_equal(RUN(f, r53_get_hosted_zone, &in, &out), 0);
    return out.vpcs_n;
}

static struct r53_list_hosted_zones_by_vpc_response by_vpc(struct fixture *f)
{
    const struct r53_list_hosted_zones_by_vpc_request in = {.vpc_id = FOREIGN_VPC,
                                                            .vpc_region = REGION};
    struct r53_list_hosted_zones_by_vpc_response out;

    assert_int_equal(RUN(f, r53_list_hosted_zones_by_vpc, &in, &out), 0);
    return out;
}

static void as_owner(struct fixture *f)
{
    fixture_caller(f, ACCOUNT, REGION);
}

static void as_vpc_owner(struct fixture *f)
{
    fixture_caller(f, OTHER_ACCOUNT, REGION);
}

/* The flow of the spec, step by step. */
static void flow(void **state)
{
    struct r53_list_hosted_zones_by_vpc_response listed;
    struct r53_get_hosted_zone_request get;
    struct r53_get_hosted_zone_response got;
    struct fixture f;
    const char *zone;

    (void)state;
    fixture_begin(&f);
    get.id = zone = create(&f, "a.example", &own);
    as_vpc_owner(&f);
    fixture_fault(&f, associate(&f, zone, &foreign), FAULT_NotAuthorizedException, FOREIGN_VPC);
    as_owner(&f);
    assert_int_equal(authorize(&f, zone, &foreign), 0);
    assert_int_equal(authorize(&f, zone, &foreign), 0);
    /* The owner of the zone cannot associate the VPC itself, authorized or not. */
    fixture_fault(&f, associate(&f, zone, &foreign), FAULT_InvalidVPCId, "invalid");
    as_vpc_owner(&f);
    assert_int_equal(associate(&f, zone, &foreign), 0);
    fixture_fault(&f, associate(&f, zone, &foreign), FAULT_ConflictingDomainExists, zone);
    fixture_fault(&f, RUN(&f, r53_get_hosted_zone, &get, &got), FAULT_NoSuchHostedZone, zone);
    listed = by_vpc(&f);
    assert_int_equal(listed.hosted_zone_summaries_n, 1);
    assert_string_equal(listed.hosted_zone_summaries[0].hosted_zone_id, zone);
    assert_string_equal(listed.hosted_zone_summaries[0].owner->owning_account, ACCOUNT);
    as_owner(&f);
    assert_int_equal(vpcs(&f, zone), 2);
    assert_int_equal(deauthorize(&f, zone, &foreign), 0);
    assert_int_equal(vpcs(&f, zone), 2);
    fixture_fault(&f, deauthorize(&f, zone, &foreign), FAULT_VPCAssociationAuthorizationNotFound,
                  FOREIGN_VPC);
    /* From the VPC's side; without an authorization there is no way back. */
    as_vpc_owner(&f);
    assert_int_equal(disassociate(&f, zone, &foreign), 0);
    fixture_fault(&f, disassociate(&f, zone, &foreign), FAULT_NoSuchHostedZone, zone);
    fixture_fault(&f, associate(&f, zone, &foreign), FAULT_NotAuthorizedException, FOREIGN_VPC);
    as_owner(&f);
    assert_int_equal(authorize(&f, zone, &foreign), 0);
    as_vpc_owner(&f);
    assert_int_equal(associate(&f, zone, &foreign), 0);
    /* From the zone's side. */
    as_owner(&f);
    assert_int_equal(disassociate(&f, zone, &foreign), 0);
    assert_int_equal(vpcs(&f, zone), 1);
    as_vpc_owner(&f);
    assert_int_equal(by_vpc(&f).hosted_zone_summaries_n, 0);
    fixture_end(&f);
}

/* The VPC's owner has a say over its own VPCs only. */
static void others_vpcs(void **state)
{
    struct fixture f;
    const char *zone;

    (void)state;
    fixture_begin(&f);
    zone = create(&f, "a.example", &own);
    assert_int_equal(authorize(&f, zone, &foreign), 0);
    as_vpc_owner(&f);
    assert_int_equal(associate(&f, zone, &foreign), 0);
    fixture_fault(&f, disassociate(&f, zone, &own), FAULT_NoSuchHostedZone, zone);
    fixture_fault(&f, authorize(&f, zone, &foreign), FAULT_NoSuchHostedZone, zone);
    fixture_fault(&f, deauthorize(&f, zone, &foreign), FAULT_NoSuchHostedZone, zone);
    as_owner(&f);
    assert_int_equal(disassociate(&f, zone, &own), 0);
    as_vpc_owner(&f);
    fixture_fault(&f, disassociate(&f, zone, &foreign), FAULT_LastVPCAssociation, "last VPC");
    fixture_end(&f);
}

static void checks(void **state)
{
    static const char *const ids[] = {
        "", "vpc-", "vpc-1", "vpc-0000000000000000g", "subnet-00000000", "vpc-0000000000000000ff"};
    struct r53_vpc bad = {REGION, NULL}, nobody = {REGION, "vpc-99999999999999999"},
                   nowhere = {NULL, FOREIGN_VPC}, elsewhere = {"us-east-1", FOREIGN_VPC};
    struct fixture f;
    const char *zone;

    (void)state;
    fixture_begin(&f);
    zone = create(&f, "a.example", &own);
    fixture_fault(&f, authorize(&f, zone, &bad), FAULT_InvalidVPCId, "The VPC ID is invalid.");
    for (size_t i = 0; i < N(ids); i++) {
        bad.vpc_id = ids[i];
        fixture_fault(&f, authorize(&f, zone, &bad), FAULT_InvalidVPCId, "The VPC ID is invalid.");
    }
    fixture_fault(&f, authorize(&f, zone, &nowhere), FAULT_InvalidInput, "VPCRegion");
    fixture_fault(&f, authorize(&f, "Z1", &foreign), FAULT_NoSuchHostedZone, "Z1");
    /* No answer tells whether a VPC of others exists. */
    assert_int_equal(authorize(&f, zone, &nobody), 0);
    assert_int_equal(authorize(&f, zone, &own), 0);
    assert_int_equal(authorize(&f, zone, &elsewhere), 0);
    as_vpc_owner(&f);
    fixture_fault(&f, associate(&f, zone, &foreign), FAULT_NotAuthorizedException, FOREIGN_VPC);
    fixture_fault(&f, associate(&f, zone, &nobody), FAULT_InvalidVPCId, "invalid");
    fixture_fault(&f, associate(&f, "Z1", &foreign), FAULT_NoSuchHostedZone, "Z1");
    /* Nor whether there is such a zone. */
    fixture_fault(&f, associate(&f, "Z00000000000000000000", &foreign),
                  FAULT_NotAuthorizedException, FOREIGN_VPC);
    fixture_end(&f);
}

/* As with zones, a change of others looks like none. */
static void changes(void **state)
{
    struct r53_get_change_request in = {"C00000000000000000000"};
    struct r53_get_change_response out;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    fixture_fault(&f, RUN(&f, r53_get_change, &in, &out), FAULT_AccessDenied, "not authorized");
    fixture_end(&f);
}

/* Fills a zone up to one authorization less than it may have. */
static int op_fill(struct ctl *c, const void *in, void *out)
{
    int err = 0;

    (void)out;
    for (int i = 0; i < 999 && !err; i++)
        err = ctl_index_put(c, "zone-authorizations",
                            arena_printf(c->arena, "%s/vpc-%017x", (const char *)in, i), REGION);
    return err;
}

static void listing_and_quota(void **state)
{
    struct r53_list_vpc_association_authorizations_request in = {0};
    struct r53_list_vpc_association_authorizations_response out;
    struct r53_vpc vpc = {REGION, "vpc-00000000000000fff"};
    struct fixture f;
    const char *zone, *last = "";
    size_t seen = 0;
    char none;

    (void)state;
    fixture_begin(&f);
    in.hosted_zone_id = zone = create(&f, "a.example", &own);
    assert_int_equal(fixture_run(&f, op_fill, zone, &none, sizeof none), 0);
    assert_int_equal(authorize(&f, zone, &vpc), 0);
    assert_int_equal(authorize(&f, zone, &vpc), 0);
    vpc.vpc_id = "vpc-0000000000000ffff";
    fixture_fault(&f, authorize(&f, zone, &vpc), FAULT_TooManyVPCAssociationAuthorizations, "1000");
    assert_int_equal(RUN(&f, r53_list_vpc_association_authorizations, &in, &out), 0);
    assert_int_equal(out.vpcs_n, 50);
    in.max_results = "99";
    do {
        assert_int_equal(RUN(&f, r53_list_vpc_association_authorizations, &in, &out), 0);
        assert_string_equal(out.hosted_zone_id, zone);
        for (size_t i = 0; i < out.vpcs_n; i++) {
            assert_true(strcmp(last, out.vpcs[i].vpc_id) < 0);
            assert_string_equal(out.vpcs[i].vpc_region, REGION);
            last = out.vpcs[i].vpc_id;
        }
        seen += out.vpcs_n;
        in.next_token = out.next_token;
    } while (in.next_token);
    assert_int_equal(seen, 1000);
    in.next_token = "x";
    fixture_fault(&f, RUN(&f, r53_list_vpc_association_authorizations, &in, &out),
                  FAULT_InvalidPaginationToken, "NextToken");
    as_vpc_owner(&f);
    in.next_token = NULL;
    fixture_fault(&f, RUN(&f, r53_list_vpc_association_authorizations, &in, &out),
                  FAULT_NoSuchHostedZone, zone);
    fixture_end(&f);
}

/* The zone goes with its associations and authorizations. */
static void deletion(void **state)
{
    struct r53_delete_hosted_zone_request in;
    struct r53_delete_hosted_zone_response out;
    struct fixture f;
    const char *zone;

    (void)state;
    fixture_begin(&f);
    in.id = zone = create(&f, "a.example", &own);
    assert_int_equal(authorize(&f, zone, &foreign), 0);
    as_vpc_owner(&f);
    assert_int_equal(associate(&f, zone, &foreign), 0);
    as_owner(&f);
    assert_int_equal(RUN(&f, r53_delete_hosted_zone, &in, &out), 0);
    as_vpc_owner(&f);
    assert_int_equal(by_vpc(&f).hosted_zone_summaries_n, 0);
    fixture_fault(&f, associate(&f, zone, &foreign), FAULT_NotAuthorizedException, FOREIGN_VPC);
    (void)create(&f, "a.example", &foreign);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flow),    cmocka_unit_test(others_vpcs),       cmocka_unit_test(checks),
        cmocka_unit_test(changes), cmocka_unit_test(listing_and_quota), cmocka_unit_test(deletion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
