/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of changes and listings of record sets, through the operations. */
#include "service_fixture.h"

#include <string.h>

#include "rows/r53.h"

OP(r53_create_hosted_zone)
OP(r53_get_hosted_zone)
OP(r53_delete_hosted_zone)
OP(r53_change_resource_record_sets)
OP(r53_list_resource_record_sets)

#define ZONE "corp.example."

/* A zone and a batch in the making. */
struct bench {
    struct fixture f;
    const char *zone;
    struct r53_change changes[1100];
    struct r53_resource_record_set sets[1100];
    size_t n;
};

static struct bench *bench;

static int bench_begin(void **state)
{
    struct r53_vpc vpc = {REGION, VPC};
    struct r53_create_hosted_zone_request in = {.name = ZONE, .vpc = &vpc, .caller_reference = "r"};
    struct r53_create_hosted_zone_response out;

    (void)state;
    bench = test_calloc(1, sizeof *bench);
    fixture_begin(&bench->f);
    assert_int_equal(RUN(&bench->f, r53_create_hosted_zone, &in, &out), 0);
    bench->zone = out.hosted_zone->id + strlen("/hostedzone/");
    return 0;
}

static int bench_end(void **state)
{
    (void)state;
    fixture_end(&bench->f);
    test_free(bench);
    return 0;
}

/* Adds a change with one value (NULL: none) to the batch; the test may complete the set. */
static struct r53_resource_record_set *add(const char *action, const char *name, const char *type,
                                           const char *value)
{
    struct r53_resource_record_set *set = &bench->sets[bench->n];

    *set = (struct r53_resource_record_set){.name = name, .type = type};
    if (value) {
        set->ttl = (struct opt_int){true, 60};
        set->resource_records = arena_zalloc(&bench->f.arena, 1, sizeof *set->resource_records);
        set->resource_records[0].value = value;
        set->resource_records_n = 1;
    }
    bench->changes[bench->n++] = (struct r53_change){action, set};
    return set;
}

static int run(struct r53_change_resource_record_sets_response *out)
{
    struct r53_change_batch batch = {"x", bench->changes, bench->n};
    const struct r53_change_resource_record_sets_request in = {bench->zone, &batch};

    bench->n = 0;
    return RUN(&bench->f, r53_change_resource_record_sets, &in, out);
}

static void works(void)
{
    struct r53_change_resource_record_sets_response out;

    if (run(&out) != 0)
        print_error("%s\n", bench->f.c.fault.message);
    assert_non_null(out.change_info);
    assert_string_equal(out.change_info->status, "PENDING");
    assert_string_equal(out.change_info->comment, "x");
}

static void fails(enum fault_code code, const char *text)
{
    struct r53_change_resource_record_sets_response out;

    fixture_fault(&bench->f, run(&out), code, text);
}

/* One change that is refused with exactly that complaint. */
static void refused(const char *text)
{
    fails(FAULT_InvalidChangeBatch, text);
    assert_string_equal(bench->f.c.fault.message, arena_printf(&bench->f.arena, "[%s]", text));
}

static struct r53_list_resource_record_sets_response list(const char *name, const char *type,
                                                          const char *id, const char *max)
{
    const struct r53_list_resource_record_sets_request in = {bench->zone, name, type, id, max};
    struct r53_list_resource_record_sets_response out;

    assert_int_equal(RUN(&bench->f, r53_list_resource_record_sets, &in, &out), 0);
    return out;
}

static int64_t count(void)
{
    const struct r53_get_hosted_zone_request in = {bench->zone};
    struct r53_get_hosted_zone_response out;

    assert_int_equal(RUN(&bench->f, r53_get_hosted_zone, &in, &out), 0);
    return out.hosted_zone->resource_record_set_count.v;
}

static void default_content(void **state)
{
    struct r53_list_resource_record_sets_response out = list(NULL, NULL, NULL, NULL);

    (void)state;
    assert_int_equal(out.resource_record_sets_n, 2);
    assert_string_equal(out.resource_record_sets[0].type, "NS");
    assert_int_equal(out.resource_record_sets[0].ttl.v, 172800);
    assert_int_equal(out.resource_record_sets[0].resource_records_n, 4);
    assert_string_equal(out.resource_record_sets[0].resource_records[0].value,
                        "ns-1536.awsdns-00.co.uk.");
    assert_string_equal(out.resource_record_sets[1].type, "SOA");
    assert_string_equal(out.resource_record_sets[1].resource_records[0].value,
                        "ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 "
                        "86400");
    assert_string_equal(out.max_items, "300");
    assert_int_equal(out.is_truncated, TRI_FALSE);
}

static void life_of_a_set(void **state)
{
    struct r53_delete_hosted_zone_request del = {bench->zone};
    struct r53_delete_hosted_zone_response gone;
    struct r53_list_resource_record_sets_response out;

    (void)state;
    add("CREATE", "WWW.corp.example", "A", "10.0.0.5");
    works();
    assert_int_equal(count(), 3);
    add("CREATE", "www.corp.example.", "A", "10.0.0.6");
    refused("Tried to create resource record set [name='www.corp.example.', type='A'] but it "
            "already exists");
    add("UPSERT", "www.corp.example", "A", "10.0.0.7");
    works();
    assert_int_equal(count(), 3);
    out = list("www.corp.example", "A", NULL, "1");
    assert_int_equal(out.resource_record_sets_n, 1);
    assert_string_equal(out.resource_record_sets[0].name, "www.corp.example.");
    assert_string_equal(out.resource_record_sets[0].resource_records[0].value, "10.0.0.7");
    fixture_fault(&bench->f, RUN(&bench->f, r53_delete_hosted_zone, &del, &gone),
                  FAULT_HostedZoneNotEmpty, "non-required resource record sets");
    add("DELETE", "www.corp.example", "A", "10.0.0.5");
    refused("Tried to delete resource record set [name='www.corp.example.', type='A'] but the "
            "values provided do not match the current values");
    add("DELETE", "www.corp.example", "A", "10.0.0.7")->ttl.v = 61;
    fails(FAULT_InvalidChangeBatch, "do not match the current values");
    add("DELETE", "www.corp.example", "A", "10.0.0.7");
    works();
    assert_int_equal(count(), 2);
    add("DELETE", "www.corp.example", "A", "10.0.0.7");
    refused("Tried to delete resource record set [name='www.corp.example.', type='A'] but it was "
            "not found");
    assert_int_equal(RUN(&bench->f, r53_delete_hosted_zone, &del, &gone), 0);
}

static void all_or_nothing(void **state)
{
    (void)state;
    add("CREATE", "a.corp.example", "A", "10.0.0.1");
    add("CREATE", "b.corp.example", "A", "10.0.0.999");
    add("CREATE", "c.other.example", "A", "10.0.0.1");
    add("CREATE", "d.corp.example", "AAAA", "::1");
    fails(FAULT_InvalidChangeBatch,
          "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a "
          "valid IPv4 address) encountered with '10.0.0.999'', RRSet with DNS name "
          "c.other.example. is not permitted in zone corp.example.]");
    assert_int_equal(count(), 2);
    assert_int_equal(list(NULL, NULL, NULL, NULL).resource_record_sets_n, 2);
}

static void values(void **state)
{
    struct r53_resource_record_set *set;
    struct r53_resource_record twice[] = {{"10.0.0.1"}, {"10.0.0.1"}};
    struct r53_resource_record both[] = {{"10.0.0.1"}, {"10.0.0.2"}},
                               turned[] = {{"10.0.0.2"}, {"10.0.0.1"}};

    (void)state;
    add("CREATE", "t.corp.example", "TXT", "no quotes");
    refused("Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be "
            "enclosed in quotation marks) encountered with 'no quotes''");
    set = add("CREATE", "a.corp.example", "A", "10.0.0.1");
    set->resource_records = twice;
    set->resource_records_n = 2;
    refused("Duplicate Resource Record: '10.0.0.1'");
    set = add("CREATE", "c.corp.example", "CNAME", "x.example");
    set->resource_records = (struct r53_resource_record[]){{"x.example"}, {"y.example"}};
    set->resource_records_n = 2;
    fails(FAULT_InvalidChangeBatch, "exactly one value");
    set = add("CREATE", "a.corp.example", "A", "10.0.0.1");
    set->resource_records = both;
    set->resource_records_n = 2;
    works();
    set = add("DELETE", "a.corp.example", "A", "10.0.0.1");
    set->resource_records = turned; /* the order of values does not matter */
    set->resource_records_n = 2;
    works();
    add("CREATE", "a..corp.example", "A", "10.0.0.1");
    fails(FAULT_InvalidChangeBatch, "DomainLabelEmpty");
    add("CREATE", "*.corp.example", "A", "10.0.0.1");
    works();
    assert_string_equal(list("*.corp.example", NULL, NULL, "1").resource_record_sets[0].name,
                        "\\052.corp.example.");
    add("CREATE", "*.corp.example", "NS", "ns.example");
    fails(FAULT_InvalidChangeBatch, "cannot be a wildcard");
}

static void meaningless_requests(void **state)
{
    struct r53_alias_target alias = {bench->zone, "a.corp.example", TRI_FALSE};
    struct r53_cidr_routing_config cidr = {"c", "l"};

    (void)state;
    add("CREATE", "a.corp.example", "A", NULL);
    fails(FAULT_InvalidInput,
          "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
          "ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with "
          "[Action=CREATE, Name=a.corp.example, Type=A, SetIdentifier=null]");
    add("CREATE", "a.corp.example", "A", "10.0.0.1")->alias_target = &alias;
    fails(FAULT_InvalidInput, "but found more than one in Change with");
    add("CREATE", "a.corp.example", "A", "10.0.0.1")->set_identifier = "s";
    fails(FAULT_InvalidInput, "but found none in Change with [Action=CREATE, Name=a.corp.example, "
                              "Type=A, SetIdentifier=s]");
    add("CREATE", "a.corp.example", "A", "10.0.0.1")->weight = (struct opt_int){true, 1};
    fails(FAULT_InvalidInput, "Missing field 'SetIdentifier'");
    add("CREATE", "a.corp.example", "A", "10.0.0.1")->cidr_routing_config = &cidr;
    fails(FAULT_InvalidInput, "CidrRoutingConfig");
    add("CREATE", "a.corp.example", "A", "10.0.0.1")->health_check_id = "h";
    fails(FAULT_NoSuchHealthCheck, "h");
    fails(FAULT_InvalidInput, "at least one change");
}

static void cname(void **state)
{
    (void)state;
    add("CREATE", "corp.example", "CNAME", "x.example");
    refused("RRSet of type CNAME with DNS name corp.example. is not permitted at apex in zone "
            "corp.example.");
    add("CREATE", "a.corp.example", "A", "10.0.0.1");
    works();
    add("CREATE", "a.corp.example", "CNAME", "x.example");
    refused("RRSet of type CNAME with DNS name a.corp.example. is not permitted as it conflicts "
            "with other records with the same DNS name in zone corp.example.");
    add("CREATE", "c.corp.example", "CNAME", "x.example");
    works();
    add("UPSERT", "c.corp.example", "TXT", "\"t\"");
    refused("RRSet of type TXT with DNS name c.corp.example. is not permitted because a "
            "conflicting RRSet of type CNAME with the same DNS name already exists in zone "
            "corp.example.");
    /* The state after the batch counts, whatever the order. */
    add("CREATE", "c.corp.example", "A", "10.0.0.1");
    add("DELETE", "c.corp.example", "CNAME", "X.example.");
    fails(FAULT_InvalidChangeBatch, "values provided do not match");
    add("CREATE", "c.corp.example", "A", "10.0.0.1");
    add("DELETE", "c.corp.example", "CNAME", "x.example.");
    works();
}

static void same_set_twice(void **state)
{
    (void)state;
    add("CREATE", "a.corp.example", "A", "10.0.0.1");
    add("UPSERT", "A.corp.example", "A", "10.0.0.2");
    refused("The request contains an invalid set of changes for a resource record set 'A "
            "a.corp.example.'");
    add("CREATE", "a.corp.example", "A", "10.0.0.1");
    works();
    add("DELETE", "a.corp.example", "A", "10.0.0.1");
    add("CREATE", "a.corp.example", "A", "10.0.0.2");
    works();
    assert_int_equal(count(), 3);
}

static void apex(void **state)
{
    struct r53_resource_record_set *set;

    (void)state;
    add("UPSERT", "corp.example", "SOA", "ns.example. host.example. 7 7200 900 1209600 300");
    works();
    add("CREATE", "sub.corp.example", "SOA", "ns.example. host.example. 7 7200 900 1209600 300");
    refused("A HostedZone must contain exactly one SOA record.");
    add("DELETE", "corp.example", "SOA", "ns.example. host.example. 7 7200 900 1209600 300");
    refused("A HostedZone must contain exactly one SOA record.");
    set = add("UPSERT", "corp.example", "NS", "ns.corp.example");
    set->ttl.v = 5;
    works();
    set = add("DELETE", "corp.example", "NS", "ns.corp.example");
    set->ttl.v = 5;
    refused("A HostedZone must contain at least one NS record for the zone itself.");
    add("CREATE", "sub.corp.example", "NS", "ns.sub.corp.example");
    works();
}

static void alias(void **state)
{
    struct r53_alias_target own = {bench->zone, "A.corp.example", TRI_TRUE};
    struct r53_alias_target out = {bench->zone, "x.other", TRI_FALSE};
    struct r53_alias_target other = {"Z0OTHER", "a.corp.example", TRI_FALSE};
    struct r53_list_resource_record_sets_response listed;
    char text[256];

    (void)state;
    add("CREATE", "corp.example", "A", NULL)->alias_target = &own;
    snprintf(text, sizeof text,
             "Tried to create an alias that targets a.corp.example., type A in zone %s, but that "
             "target was not found",
             bench->zone);
    refused(text);
    add("CREATE", "corp.example", "A", NULL)->alias_target = &own;
    add("CREATE", "a.corp.example", "A", "10.0.0.1");
    works();
    listed = list("corp.example", "A", NULL, "1");
    assert_string_equal(listed.resource_record_sets[0].alias_target->dns_name, "a.corp.example.");
    assert_int_equal(listed.resource_record_sets[0].alias_target->evaluate_target_health, TRI_TRUE);
    assert_false(listed.resource_record_sets[0].ttl.set);
    assert_null(listed.resource_record_sets[0].resource_records);
    add("CREATE", "b.corp.example", "A", NULL)->alias_target = &out;
    fails(FAULT_InvalidChangeBatch,
          "but the alias target name does not lie within the target zone");
    add("CREATE", "b.corp.example", "A", NULL)->alias_target = &other;
    fails(FAULT_InvalidChangeBatch, "in zone Z0OTHER, but the alias target name does not lie");
    add("CREATE", "a.corp.example", "AAAA", NULL)->alias_target = &own;
    fails(FAULT_InvalidChangeBatch, "its own name");
    add("DELETE", "corp.example", "A", NULL)->alias_target = &own;
    works();
}

static struct r53_resource_record_set *weighted(const char *id, int64_t weight, const char *value)
{
    struct r53_resource_record_set *set = add("CREATE", "w.corp.example", "A", value);

    set->set_identifier = id;
    set->weight = (struct opt_int){true, weight};
    return set;
}

static void policies(void **state)
{
    struct r53_geo_location bad = {"EU", "DE", NULL}, de = {NULL, "DE", NULL},
                            xx = {"XX", NULL, NULL};
    struct r53_geo_proximity_location near = {.aws_region = REGION};
    struct r53_list_resource_record_sets_response listed;
    struct r53_resource_record_set *set;

    (void)state;
    (void)weighted("one", 1, "10.0.0.1");
    (void)weighted("two", 2, "10.0.0.2");
    works();
    add("CREATE", "w.corp.example", "A", "10.0.0.3");
    refused("RRSet with DNS name w.corp.example., type A cannot be created as other RRSets exist "
            "with the same name and type.");
    (void)weighted("one", 1, "10.0.0.1");
    refused("Tried to create resource record set [name='w.corp.example.', type='A', set "
            "identifier='one'] but it already exists");
    weighted("three", 0, "10.0.0.3")->ttl.v = 61;
    fails(FAULT_InvalidChangeBatch, "weighted RRSets need the same TTL");
    set = add("CREATE", "m.corp.example", "CNAME", "x.example");
    set->set_identifier = "s";
    set->multi_value_answer = TRI_TRUE;
    fails(FAULT_InvalidChangeBatch, "cannot have this routing policy");
    for (int i = 0; i < 2; i++) {
        set = add("CREATE", "f.corp.example", "A", i ? "10.0.0.1" : "10.0.0.2");
        set->set_identifier = i ? "x" : "y";
        set->failover = "PRIMARY";
    }
    fails(FAULT_InvalidChangeBatch, "the same routing values");
    set = add("CREATE", "g.corp.example", "A", "10.0.0.1");
    set->set_identifier = "g";
    set->geo_location = &bad;
    fails(FAULT_InvalidChangeBatch, "a continent, or a country");
    set = add("CREATE", "g.corp.example", "A", "10.0.0.1");
    set->set_identifier = "g";
    set->geo_location = &xx;
    fails(FAULT_InvalidChangeBatch, "continent code 'XX'");
    set = add("CREATE", "g.corp.example", "A", "10.0.0.1");
    set->set_identifier = "g";
    set->geo_location = &de;
    set = add("CREATE", "p.corp.example", "A", "10.0.0.1");
    set->set_identifier = "p";
    set->geo_proximity_location = &near;
    set = add("CREATE", "l.corp.example", "A", "10.0.0.1");
    set->set_identifier = "l";
    set->region = REGION;
    works();
    listed = list("g.corp.example", NULL, NULL, NULL);
    assert_string_equal(listed.resource_record_sets[0].geo_location->country_code, "DE");
    assert_string_equal(listed.resource_record_sets[1].region, REGION);
    assert_string_equal(listed.resource_record_sets[2].geo_proximity_location->aws_region, REGION);
    assert_int_equal(listed.resource_record_sets[2].geo_proximity_location->bias.v, 0);
    listed = list("w.corp.example", "A", "two", NULL);
    assert_int_equal(listed.resource_record_sets_n, 1);
    assert_int_equal(listed.resource_record_sets[0].weight.v, 2);
}

static void order_and_pages(void **state)
{
    static const char *const names[] = {
        "corp.example.",     "corp.example.",     "\\052.corp.example.",
        "a-b.corp.example.", /* '-' sorts before the dot */
        "a.corp.example.",   "b.a.corp.example.", "z.corp.example.",
    };
    const char *name = NULL, *type = NULL, *id = NULL;

    (void)state;
    add("CREATE", "z.corp.example", "A", "10.0.0.1");
    add("CREATE", "*.corp.example", "A", "10.0.0.1");
    add("CREATE", "a-b.corp.example", "A", "10.0.0.1");
    add("CREATE", "b.a.corp.example", "A", "10.0.0.1");
    add("CREATE", "a.corp.example", "A", "10.0.0.1");
    works();
    for (size_t i = 0; i < N(names); i++) {
        struct r53_list_resource_record_sets_response out = list(name, type, id, "1");

        assert_int_equal(out.resource_record_sets_n, 1);
        assert_string_equal(out.resource_record_sets[0].name, names[i]);
        assert_int_equal(out.is_truncated, i + 1 < N(names) ? TRI_TRUE : TRI_FALSE);
        name = out.next_record_name;
        type = out.next_record_type;
        id = out.next_record_identifier;
    }
    assert_null(name);
    assert_int_equal(list("zz.corp.example", NULL, NULL, NULL).resource_record_sets_n, 0);
    assert_int_equal(list("a.example", NULL, NULL, NULL).resource_record_sets_n, 7);
}

static void listing_is_checked(void **state)
{
    struct r53_list_resource_record_sets_request in = {bench->zone, NULL, "A", NULL, NULL};
    struct r53_list_resource_record_sets_response out;

    (void)state;
    fixture_fault(&bench->f, RUN(&bench->f, r53_list_resource_record_sets, &in, &out),
                  FAULT_InvalidInput, "type");
    in.start_record_type = NULL;
    in.start_record_name = "a";
    in.start_record_identifier = "x";
    fixture_fault(&bench->f, RUN(&bench->f, r53_list_resource_record_sets, &in, &out),
                  FAULT_InvalidInput, "identifier");
    in.start_record_identifier = NULL;
    in.max_items = "0";
    fixture_fault(&bench->f, RUN(&bench->f, r53_list_resource_record_sets, &in, &out),
                  FAULT_InvalidInput, "MaxItems");
    in.max_items = "9999";
    assert_int_equal(RUN(&bench->f, r53_list_resource_record_sets, &in, &out), 0);
    assert_string_equal(out.max_items, "300");
    in.hosted_zone_id = "Z0";
    fixture_fault(&bench->f, RUN(&bench->f, r53_list_resource_record_sets, &in, &out),
                  FAULT_NoSuchHostedZone, "No hosted zone found with ID: Z0");
}

static void large_batches(void **state)
{
    (void)state;
    for (int i = 0; i < 1001; i++)
        add("CREATE", arena_printf(&bench->f.arena, "h%d.corp.example", i), "A", "10.0.0.1");
    fails(FAULT_InvalidChangeBatch, "[Number of records limit of 1000 exceeded.]");
    for (int i = 0; i < 501; i++)
        add("UPSERT", arena_printf(&bench->f.arena, "h%d.corp.example", i), "A", "10.0.0.1");
    fails(FAULT_InvalidChangeBatch, "[Number of records limit of 1000 exceeded.]");
    for (int i = 0; i < 1000; i++)
        add("CREATE", arena_printf(&bench->f.arena, "h%d.corp.example", i), "A", "10.0.0.1");
    works();
    assert_int_equal(count(), 1002);
    for (int i = 0; i < 1000; i++)
        add("DELETE", arena_printf(&bench->f.arena, "h%d.corp.example", i), "A", "10.0.0.1");
    works();
    assert_int_equal(count(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(default_content, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(life_of_a_set, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(all_or_nothing, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(values, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(meaningless_requests, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(cname, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(same_set_twice, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(apex, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(alias, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(policies, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(order_and_pages, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(listing_is_checked, bench_begin, bench_end),
        cmocka_unit_test_setup_teardown(large_batches, bench_begin, bench_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
