/* SPDX-License-Identifier: Apache-2.0 */
/* Private hosted zones, their VPCs, tags and changes, through the operations. */
#include "service_fixture.h"

#include <string.h>

#include "rows/r53.h"

OP(r53_create_hosted_zone)
OP(r53_get_hosted_zone)
OP(r53_update_hosted_zone_comment)
OP(r53_delete_hosted_zone)
OP(r53_list_hosted_zones)
OP(r53_list_hosted_zones_by_name)
OP(r53_list_hosted_zones_by_vpc)
OP(r53_get_hosted_zone_count)
OP(r53_get_hosted_zone_limit)
OP(r53_get_account_limit)
OP(r53_associate_vpc_with_hosted_zone)
OP(r53_disassociate_vpc_from_hosted_zone)
OP(r53_get_change)
OP(r53_change_tags_for_resource)
OP(r53_list_tags_for_resource)
OP(r53_list_tags_for_resources)
OP(r53_get_dnssec)

static struct r53_vpc vpc = {REGION, VPC};
static struct r53_vpc vpc_2 = {REGION, VPC_2};
static struct r53_hosted_zone_config config = {"c", TRI_TRUE};

static struct r53_create_hosted_zone_request good(const char *name, const char *reference)
{
    return (struct r53_create_hosted_zone_request){
        .name = name, .vpc = &vpc, .caller_reference = reference, .hosted_zone_config = &config};
}

static struct r53_create_hosted_zone_response
create(struct fixture *f, const struct r53_create_hosted_zone_request *in)
{
    struct r53_create_hosted_zone_response out;

    if (RUN(f, r53_create_hosted_zone, in, &out) != 0)
        print_error("%s\n", f->c.fault.message);
    assert_non_null(out.hosted_zone);
    return out;
}

static const char *create_id(struct fixture *f, const char *name, struct r53_vpc *at)
{
    struct r53_create_hosted_zone_request in =
        good(name, arena_printf(&f->arena, "%s-%s", name, at->vpc_id));

    in.vpc = at;
    return create(f, &in).hosted_zone->id + strlen("/hostedzone/");
}

static void create_fails(struct fixture *f, const struct r53_create_hosted_zone_request *in,
                         enum fault_code code, const char *text)
{
    struct r53_create_hosted_zone_response out;

    fixture_fault(f, RUN(f, r53_create_hosted_zone, in, &out), code, text);
}

static void create_and_get(void **state)
{
    struct fixture f;
    struct r53_create_hosted_zone_request in = good("Corp.Example", "ref-1");
    struct r53_create_hosted_zone_response made;
    struct r53_get_hosted_zone_request get;
    struct r53_get_hosted_zone_response got;
    struct r53_get_change_request ask;
    struct r53_get_change_response change;
    struct r53_get_hosted_zone_count_request count = {0};
    struct r53_get_hosted_zone_count_response counted;

    (void)state;
    fixture_begin(&f);
    made = create(&f, &in);
    assert_memory_equal(made.hosted_zone->id, "/hostedzone/Z", 13);
    assert_string_equal(made.hosted_zone->name, "corp.example.");
    assert_int_equal(made.hosted_zone->resource_record_set_count.v, 2);
    assert_int_equal(made.hosted_zone->config->private_zone, TRI_TRUE);
    assert_string_equal(made.hosted_zone->config->comment, "c");
    assert_memory_equal(made.change_info->id, "/change/C", 9);
    assert_true(strlen(made.change_info->id) <= 8 + 32);
    assert_string_equal(made.change_info->status, "PENDING");
    assert_string_equal(made.vpc->vpc_id, VPC);
    assert_memory_equal(made.location, "https://route53.amazonaws.com/2013-04-01/hostedzone/Z", 53);
    get.id = made.hosted_zone->id;
    assert_int_equal(RUN(&f, r53_get_hosted_zone, &get, &got), 0);
    get.id = strrchr(get.id, '/') + 1;
    assert_int_equal(RUN(&f, r53_get_hosted_zone, &get, &got), 0);
    assert_int_equal(got.vpcs_n, 1);
    assert_string_equal(got.vpcs[0].vpc_region, REGION);
    fixture_caller(&f, ACCOUNT, "us-east-1"); /* zones are in no region */
    assert_int_equal(RUN(&f, r53_get_hosted_zone, &get, &got), 0);
    assert_int_equal(RUN(&f, r53_get_hosted_zone_count, &count, &counted), 0);
    assert_int_equal(counted.hosted_zone_count.v, 1);
    ask.id = strrchr(made.change_info->id, '/') + 1;
    assert_int_equal(RUN(&f, r53_get_change, &ask, &change), 0);
    assert_string_equal(change.change_info->status, "INSYNC");
    assert_string_equal(change.change_info->id, made.change_info->id);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, RUN(&f, r53_get_change, &ask, &change), FAULT_AccessDenied, "not authorized");
    fixture_fault(&f, RUN(&f, r53_get_hosted_zone, &get, &got), FAULT_NoSuchHostedZone,
                  "No hosted zone found with ID: Z");
    ask.id = "C0";
    fixture_fault(&f, RUN(&f, r53_get_change, &ask, &change), FAULT_NoSuchChange, "C0");
    fixture_end(&f);
}

static void creation_is_checked(void **state)
{
    static const char *const names[] = {"", ".", "a..b", "*.example.com", ".a"};
    struct fixture f;
    struct r53_vpc foreign = {REGION, FOREIGN_VPC}, wrong = {"us-east-1", VPC};
    struct r53_create_hosted_zone_request in = good("a.example", "r1"), bad;

    (void)state;
    fixture_begin(&f);
    (void)create(&f, &in);
    create_fails(&f, &in, FAULT_HostedZoneAlreadyExists,
                 "A hosted zone has already been created with the specified caller reference.");
    in.caller_reference = "r2";
    create_fails(&f, &in, FAULT_ConflictingDomainExists,
                 "The VPC " VPC " in region " REGION
                 " has already been associated with the hosted zone Z");
    in.vpc = &vpc_2; /* the same name on another VPC is fine */
    (void)create(&f, &in);
    for (size_t i = 0; i < N(names); i++) {
        bad = good(names[i], "r3");
        create_fails(&f, &bad, FAULT_InvalidDomainName, names[i]);
    }
    bad = good("b.example", "r3");
    bad.vpc = &foreign;
    create_fails(&f, &bad, FAULT_InvalidVPCId, "The VPC ID is invalid.");
    bad.vpc = &wrong;
    create_fails(&f, &bad, FAULT_InvalidVPCId, "The VPC ID is invalid.");
    bad.vpc = NULL;
    create_fails(&f, &bad, FAULT_InvalidInput, "needs a VPC");
    bad.hosted_zone_config = NULL;
    create_fails(&f, &bad, FAULT_InvalidInput, "private hosted zones only");
    bad = good("local", "r3"); /* a single label works in practice */
    (void)create(&f, &bad);
    fixture_end(&f);
}

static void comment_and_deletion(void **state)
{
    struct fixture f;
    struct r53_update_hosted_zone_comment_request up = {.comment = "new"};
    struct r53_update_hosted_zone_comment_response updated;
    struct r53_delete_hosted_zone_request del;
    struct r53_delete_hosted_zone_response gone;

    (void)state;
    fixture_begin(&f);
    up.id = del.id = create_id(&f, "a.example", &vpc);
    assert_int_equal(RUN(&f, r53_update_hosted_zone_comment, &up, &updated), 0);
    assert_string_equal(updated.hosted_zone->config->comment, "new");
    up.comment = NULL;
    assert_int_equal(RUN(&f, r53_update_hosted_zone_comment, &up, &updated), 0);
    assert_null(updated.hosted_zone->config->comment);
    assert_int_equal(RUN(&f, r53_delete_hosted_zone, &del, &gone), 0);
    assert_string_equal(gone.change_info->status, "PENDING");
    fixture_fault(&f, RUN(&f, r53_delete_hosted_zone, &del, &gone), FAULT_NoSuchHostedZone, del.id);
    (void)create_id(&f, "a.example", &vpc); /* reference, name and VPC are free again */
    fixture_end(&f);
}

static void vpcs(void **state)
{
    struct fixture f;
    struct r53_vpc foreign = {REGION, FOREIGN_VPC};
    struct r53_associate_vpc_with_hosted_zone_request add = {.vpc = &vpc_2, .comment = "x"};
    struct r53_associate_vpc_with_hosted_zone_response added;
    struct r53_disassociate_vpc_from_hosted_zone_request del = {.vpc = &vpc};
    struct r53_disassociate_vpc_from_hosted_zone_response gone;
    struct r53_get_hosted_zone_limit_request ask = {.type = "MAX_VPCS_ASSOCIATED_BY_ZONE"};
    struct r53_get_hosted_zone_limit_response limit;
    const char *second;

    (void)state;
    fixture_begin(&f);
    add.hosted_zone_id = del.hosted_zone_id = ask.hosted_zone_id = create_id(&f, "a.example", &vpc);
    assert_int_equal(RUN(&f, r53_associate_vpc_with_hosted_zone, &add, &added), 0);
    assert_string_equal(added.change_info->comment, "x");
    fixture_fault(&f, RUN(&f, r53_associate_vpc_with_hosted_zone, &add, &added),
                  FAULT_ConflictingDomainExists, "with the same domain name.");
    assert_int_equal(RUN(&f, r53_get_hosted_zone_limit, &ask, &limit), 0);
    assert_int_equal(limit.count.v, 2);
    assert_int_equal(limit.limit->value.v, 300);
    assert_int_equal(RUN(&f, r53_disassociate_vpc_from_hosted_zone, &del, &gone), 0);
    fixture_fault(&f, RUN(&f, r53_disassociate_vpc_from_hosted_zone, &del, &gone),
                  FAULT_VPCAssociationNotFound, VPC);
    second = create_id(&f, "A.example", &vpc); /* its place on the VPC is free */
    del.vpc = &vpc_2;
    fixture_fault(&f, RUN(&f, r53_disassociate_vpc_from_hosted_zone, &del, &gone),
                  FAULT_LastVPCAssociation, "last VPC");
    add.hosted_zone_id = second;
    fixture_fault(&f, RUN(&f, r53_associate_vpc_with_hosted_zone, &add, &added),
                  FAULT_ConflictingDomainExists, del.hosted_zone_id);
    add.vpc = &foreign;
    fixture_fault(&f, RUN(&f, r53_associate_vpc_with_hosted_zone, &add, &added), FAULT_InvalidVPCId,
                  "The VPC ID is invalid.");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(
        &f, RUN(&f, r53_associate_vpc_with_hosted_zone, &add, &added), FAULT_NotAuthorizedException,
        "The VPC: " FOREIGN_VPC " has not authorized to associate with your hosted zone.");
    fixture_end(&f);
}

static void listings(void **state)
{
    /* In the order of names read from the right. */
    static const char *const names[] = {"example.", "a.example.", "z.a.example.", "b.example.",
                                        "org."};
    struct fixture f;
    struct r53_list_hosted_zones_request all = {.max_items = "2"};
    struct r53_list_hosted_zones_response page;
    struct r53_list_hosted_zones_by_name_request named = {.max_items = "1"};
    struct r53_list_hosted_zones_by_name_response name_page;
    struct r53_list_hosted_zones_by_vpc_request by_vpc = {
        .vpc_id = VPC, .vpc_region = REGION, .max_items = "3"};
    struct r53_list_hosted_zones_by_vpc_response vpc_page;
    const char *next;
    size_t seen = 0;

    (void)state;
    fixture_begin(&f);
    for (size_t i = N(names); i-- > 0;)
        (void)create_id(&f, names[i], &vpc);
    (void)create_id(&f, "org.", &vpc_2);
    do {
        assert_int_equal(RUN(&f, r53_list_hosted_zones, &all, &page), 0);
        assert_string_equal(page.max_items, "2");
        next = page.next_marker;
        assert_int_equal(page.is_truncated, next ? TRI_TRUE : TRI_FALSE);
        seen += page.hosted_zones_n;
        if (all.marker)
            assert_string_equal(page.hosted_zones[0].id + strlen("/hostedzone/"), all.marker);
        all.marker = next;
    } while (next && seen < 20);
    assert_int_equal(seen, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(RUN(&f, r53_list_hosted_zones_by_name, &named, &name_page), 0);
        assert_int_equal(name_page.hosted_zones_n, 1);
        assert_string_equal(name_page.hosted_zones[0].name, names[i < 5 ? i : 4]);
        named.dns_name = name_page.next_dns_name;
        named.hosted_zone_id = name_page.next_hosted_zone_id;
    }
    assert_null(name_page.next_dns_name);
    named = (struct r53_list_hosted_zones_by_name_request){.dns_name = "aa.example"};
    assert_int_equal(RUN(&f, r53_list_hosted_zones_by_name, &named, &name_page), 0);
    assert_string_equal(name_page.hosted_zones[0].name, "b.example.");
    named = (struct r53_list_hosted_zones_by_name_request){.hosted_zone_id = "Z1"};
    fixture_fault(&f, RUN(&f, r53_list_hosted_zones_by_name, &named, &name_page),
                  FAULT_InvalidInput, "DNSName");
    assert_int_equal(RUN(&f, r53_list_hosted_zones_by_vpc, &by_vpc, &vpc_page), 0);
    assert_int_equal(vpc_page.hosted_zone_summaries_n, 3);
    assert_string_equal(vpc_page.hosted_zone_summaries[0].owner->owning_account, ACCOUNT);
    by_vpc.next_token = vpc_page.next_token;
    by_vpc.max_items = NULL;
    assert_int_equal(RUN(&f, r53_list_hosted_zones_by_vpc, &by_vpc, &vpc_page), 0);
    assert_int_equal(vpc_page.hosted_zone_summaries_n, 2);
    assert_string_equal(vpc_page.max_items, "100");
    assert_null(vpc_page.next_token);
    by_vpc.next_token = "x";
    fixture_fault(&f, RUN(&f, r53_list_hosted_zones_by_vpc, &by_vpc, &vpc_page),
                  FAULT_InvalidPaginationToken, "NextToken");
    by_vpc.vpc_id = FOREIGN_VPC;
    fixture_fault(&f, RUN(&f, r53_list_hosted_zones_by_vpc, &by_vpc, &vpc_page), FAULT_AccessDenied,
                  "is not owned by you");
    all = (struct r53_list_hosted_zones_request){.max_items = "many"};
    fixture_fault(&f, RUN(&f, r53_list_hosted_zones, &all, &page), FAULT_InvalidInput, "many");
    fixture_end(&f);
}

static void tags(void **state)
{
    struct fixture f;
    struct r53_tag two[] = {{"a", "1"}, {"b", NULL}};
    static const char *keys[] = {"a"}, *ids[] = {NULL, NULL};
    struct r53_change_tags_for_resource_request change = {
        .resource_type = "hostedzone", .add_tags = two, .add_tags_n = 2};
    struct r53_change_tags_for_resource_response changed;
    struct r53_list_tags_for_resource_request list = {.resource_type = "hostedzone"};
    struct r53_list_tags_for_resource_response out;
    struct r53_list_tags_for_resources_request lists = {
        .resource_type = "hostedzone", .resource_ids = ids, .resource_ids_n = 2};
    struct r53_list_tags_for_resources_response outs;

    (void)state;
    fixture_begin(&f);
    ids[0] = change.resource_id = list.resource_id = create_id(&f, "a.example", &vpc);
    ids[1] = create_id(&f, "b.example", &vpc);
    assert_int_equal(RUN(&f, r53_change_tags_for_resource, &change, &changed), 0);
    assert_int_equal(RUN(&f, r53_list_tags_for_resource, &list, &out), 0);
    assert_int_equal(out.resource_tag_set->tags_n, 2);
    assert_string_equal(out.resource_tag_set->tags[1].value, "");
    change.add_tags_n = 0;
    change.remove_tag_keys = keys;
    change.remove_tag_keys_n = 1;
    assert_int_equal(RUN(&f, r53_change_tags_for_resource, &change, &changed), 0);
    assert_int_equal(RUN(&f, r53_list_tags_for_resources, &lists, &outs), 0);
    assert_int_equal(outs.resource_tag_sets_n, 2);
    assert_int_equal(outs.resource_tag_sets[0].tags_n, 1);
    assert_int_equal(outs.resource_tag_sets[1].tags_n, 0);
    change.remove_tag_keys_n = 0;
    fixture_fault(&f, RUN(&f, r53_change_tags_for_resource, &change, &changed), FAULT_InvalidInput,
                  "AddTags or RemoveTagKeys");
    list.resource_type = "healthcheck";
    fixture_fault(&f, RUN(&f, r53_list_tags_for_resource, &list, &out), FAULT_NoSuchHealthCheck,
                  list.resource_id);
    fixture_end(&f);
}

static void limits_and_dnssec(void **state)
{
    struct fixture f;
    struct r53_get_account_limit_request ask = {"MAX_HOSTED_ZONES_BY_OWNER"};
    struct r53_get_account_limit_response limit;
    struct r53_get_dnssec_request dnssec;
    struct r53_get_dnssec_response none;

    (void)state;
    fixture_begin(&f);
    dnssec.hosted_zone_id = create_id(&f, "a.example", &vpc);
    assert_int_equal(RUN(&f, r53_get_account_limit, &ask, &limit), 0);
    assert_int_equal(limit.limit->value.v, 500);
    assert_int_equal(limit.count.v, 1);
    ask.type = "MAX_HEALTH_CHECKS_BY_OWNER";
    assert_int_equal(RUN(&f, r53_get_account_limit, &ask, &limit), 0);
    assert_int_equal(limit.count.v, 0);
    fixture_fault(&f, RUN(&f, r53_get_dnssec, &dnssec, &none), FAULT_InvalidArgument,
                  "Operation is unsupported for private");
    fixture_end(&f);
}

static void old_changes_go(void **state)
{
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    (void)create_id(&f, "a.example", &vpc);
    (void)create_id(&f, "b.example", &vpc);
    (void)create_id(&f, "c.example", &vpc);
    assert_int_equal(fixture_count(&f, &kind_change), 3);
    f.c.now_ns += 8ull * 24 * 3600 * 1000000000; /* a week is over */
    (void)create_id(&f, "d.example", &vpc);
    assert_int_equal(fixture_count(&f, &kind_change), 2);
    (void)create_id(&f, "e.example", &vpc);
    assert_int_equal(fixture_count(&f, &kind_change), 2);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_and_get),
        cmocka_unit_test(creation_is_checked),
        cmocka_unit_test(comment_and_deletion),
        cmocka_unit_test(vpcs),
        cmocka_unit_test(listings),
        cmocka_unit_test(tags),
        cmocka_unit_test(limits_and_dnssec),
        cmocka_unit_test(old_changes_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
