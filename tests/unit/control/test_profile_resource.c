/* SPDX-License-Identifier: Apache-2.0 */
/* Resources in profiles: types, properties, states, what may be there once, and who may do it. */
#include "profile_fixture.h"

#include <string.h>

#include "rows/ec2.h"
#include "rows/r53.h"
#include "rows/rslvr.h"

OP(prof_get_profile_resource_association)
OP(prof_list_profile_resource_associations)
OP(prof_update_profile_resource_association)
OP(r53_delete_hosted_zone)
OP(rslvr_delete_resolver_rule)
OP(rslvr_delete_firewall_rule_group)
OP(rslvr_delete_resolver_query_log_config)
OP(ec2_delete_vpc_endpoints)

static int get(struct fixture *f, const char *id,
               struct prof_get_profile_resource_association_response *out)
{
    const struct prof_get_profile_resource_association_request in = {id};

    return RUN(f, prof_get_profile_resource_association, &in, out);
}

static int update(struct fixture *f, const char *id, const char *name, const char *properties,
                  struct prof_update_profile_resource_association_response *out)
{
    const struct prof_update_profile_resource_association_request in = {
        .profile_resource_association_id = id, .name = name, .resource_properties = properties};

    return RUN(f, prof_update_profile_resource_association, &in, out);
}

/* One resource of each type, with what the service says of it. */
static void types(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    struct prof_get_profile_resource_association_response got;
    const struct {
        const char *type, *properties, *created, *kept;
        const char *(*make)(struct fixture *, const char *);
        const char *name;
    } rows[] = {
        {"RESOLVER_RULE", NULL, "CREATING", NULL, make_system_rule, "corp.internal"},
        {"RESOLVER_QUERY_LOG_CONFIG", "{}", "CREATING", NULL, make_query_log, "q"},
        {"FIREWALL_RULE_GROUP", "{ \"priority\" : 102 }", "UPDATING", "{\"priority\":102}",
         make_firewall_group, "g"},
        {"VPC_ENDPOINT", "", "CREATING", "com.amazonaws." REGION ".ssm.", make_endpoint,
         "com.amazonaws." REGION ".ssm"},
    };
    const char *p, *arn;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    for (size_t i = 0; i < N(rows); i++) {
        arn = rows[i].make(&f, rows[i].name);
        if (associate_resource(&f, p, arn, rows[i].properties, &out) != 0)
            print_error("%s: %s\n", arn, f.c.fault.message);
        assert_memory_equal(out.profile_resource_association->id, "rpr-", 4);
        assert_string_equal(out.profile_resource_association->status, rows[i].created);
        assert_int_equal(get(&f, out.profile_resource_association->id, &got), 0);
        assert_string_equal(got.profile_resource_association->status, "COMPLETE");
        assert_string_equal(got.profile_resource_association->resource_type, rows[i].type);
        assert_string_equal(got.profile_resource_association->resource_arn, arn);
        assert_string_equal(got.profile_resource_association->owner_id, ACCOUNT);
        if (rows[i].kept)
            assert_non_null(
                strstr(got.profile_resource_association->resource_properties, rows[i].kept));
        else
            assert_null(got.profile_resource_association->resource_properties);
        assert_int_equal(disassociate_resource(&f, p, arn), 0);
        fixture_fault(&f, get(&f, out.profile_resource_association->id, &got),
                      FAULT_ResourceNotFoundException, out.profile_resource_association->id);
        assert_int_equal(associate_resource(&f, p, arn, rows[i].properties, &out), 0);
    }
    arn = make_zone(&f, "example.internal", VPC);
    assert_int_equal(associate_resource(&f, p, arn, NULL, &out), 0);
    assert_string_equal(out.profile_resource_association->resource_type, "HOSTED_ZONE");
    assert_int_equal(fixture_count(&f, &kind_profile_resource), 5);
    fixture_end(&f);
}

static void messages(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    struct prof_get_profile_resource_association_response got;
    const char *p, *log;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_int_equal(
        associate_resource(&f, p, make_firewall_group(&f, "g"), "{\"priority\":100}", &out), 0);
    assert_string_equal(out.profile_resource_association->status_message,
                        "Updating the Profile to DNS Firewall rule group association");
    assert_int_equal(get(&f, out.profile_resource_association->id, &got), 0);
    assert_string_equal(got.profile_resource_association->status_message,
                        "Completed creation of Profile to DNS Firewall rule group association");
    log = make_query_log(&f, "q");
    assert_int_equal(associate_resource(&f, p, log, NULL, &out), 0);
    assert_string_equal(out.profile_resource_association->status_message,
                        arena_printf(&f.arena, "Creating %s to %s association", p, id_of(log)));
    fixture_end(&f);
}

/* The properties of an endpoint: its service, and its private name under a hidden zone. */
static void endpoint_properties(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response a, b;
    const char *arn, *text;

    (void)state;
    fixture_begin(&f);
    arn = make_endpoint(&f, "com.amazonaws." REGION ".ecr.api");
    assert_int_equal(associate_resource(&f, make_profile(&f, "p"), arn, NULL, &a), 0);
    assert_int_equal(associate_resource(&f, make_profile(&f, "q"), arn, NULL, &b), 0);
    text = a.profile_resource_association->resource_properties;
    assert_string_equal(text, b.profile_resource_association->resource_properties);
    assert_memory_equal(text, "{\"ServiceName\":\"com.amazonaws." REGION ".ecr.api.\",\"Z", 49);
    assert_non_null(strstr(text, "\":\"api.ecr." REGION ".amazonaws.com.\"}"));
    arn = make_endpoint(&f, "com.example.nameless");
    fixture_fault(&f,
                  associate_resource(&f, a.profile_resource_association->profile_id, arn, NULL, &b),
                  FAULT_InvalidParameterException, "has no private DNS name");
    fixture_end(&f);
}

static void bad_properties(void **state)
{
    static const char *const bad[] = {
        NULL,
        "",
        "{}",
        "[]",
        "{",
        "102",
        "{\"priority\":\"102\"}",
        "{\"priority\":102.5}",
        "{\"priority\":99}",
        "{\"priority\":9901}",
        "{\"priority\":102,\"x\":1}",
    };
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    const char *p, *group;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    group = make_firewall_group(&f, "g");
    for (size_t i = 0; i < N(bad); i++) {
        fixture_fault(&f, associate_resource(&f, p, group, bad[i], &out),
                      FAULT_InvalidParameterException, "");
        assert_string_equal(f.c.fault.field_name, "ResourceProperties");
    }
    fixture_fault(&f, associate_resource(&f, p, group, "{\"priority\":99}", &out),
                  FAULT_InvalidParameterException,
                  "The priority value you provided is reserved. Provide a number between \"100\" "
                  "and \"9900\".");
    fixture_fault(&f,
                  associate_resource(&f, p, make_zone(&f, "a.b", VPC), "{\"priority\":102}", &out),
                  FAULT_InvalidParameterException, "no properties");
    assert_int_equal(associate_resource(&f, p, group, "{\"priority\":9900}", &out), 0);
    assert_int_equal(disassociate_resource(&f, p, group), 0);
    assert_int_equal(associate_resource(&f, p, group, "{\"priority\":100}", &out), 0);
    fixture_end(&f);
}

static void bad_resources(void **state)
{
    static const char *const unknown[] = {
        "arn:aws:route53:::hostedzone/Z0",
        "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/rslvr-rr-0",
        "arn:aws:route53resolver:" REGION "::autodefined-rule/x",
        "arn:aws:ec2:" REGION ":" ACCOUNT ":vpc/" VPC,
        "Z0",
    };
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    const char *p, *zone, *rule;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    for (size_t i = 0; i < N(unknown); i++)
        fixture_fault(&f, associate_resource(&f, p, unknown[i], NULL, &out),
                      i < 2 ? FAULT_ResourceNotFoundException : FAULT_InvalidParameterException,
                      unknown[i]);
    assert_string_equal(f.c.fault.field_name, "ResourceArn");
    rule = make_system_rule(&f, "x");
    fixture_fault(&f,
                  associate_resource(&f, p,
                                     arena_printf(&f.arena,
                                                  "arn:aws:route53resolver:us-west-2:" ACCOUNT
                                                  ":resolver-rule/%s",
                                                  id_of(rule)),
                                     NULL, &out),
                  FAULT_ResourceNotFoundException, "us-west-2");
    fixture_fault(&f, associate_resource(&f, "rp-x", rule, NULL, &out),
                  FAULT_ResourceNotFoundException, "rp-x");
    fixture_fault(&f, disassociate_resource(&f, p, rule), FAULT_ResourceNotFoundException, rule);
    fixture_fault(&f, disassociate_resource(&f, "rp-x", rule), FAULT_ResourceNotFoundException,
                  "rp-x");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    zone = make_zone(&f, "foreign.internal", FOREIGN_VPC);
    fixture_caller(&f, ACCOUNT, REGION);
    fixture_fault(&f, associate_resource(&f, p, zone, NULL, &out), FAULT_ResourceNotFoundException,
                  zone);
    fixture_end(&f);
}

/* What a profile has only once: a resource, a zone or rule of a name, a priority. */
static void once(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response out, other;
    struct prof_update_profile_resource_association_response up;
    const char *p, *zone, *rule;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    zone = make_zone(&f, "a.internal", VPC);
    rule = make_system_rule(&f, "a.internal");
    assert_int_equal(associate_resource(&f, p, zone, NULL, &out), 0);
    assert_int_equal(associate_resource(&f, p, rule, NULL, &out), 0);
    fixture_fault(&f, associate_resource(&f, p, zone, NULL, &out), FAULT_ConflictException,
                  "already associated");
    fixture_fault(&f, associate_resource(&f, p, make_zone(&f, "a.internal", VPC_2), NULL, &out),
                  FAULT_ConflictException, "same domain name");
    fixture_fault(&f, associate_resource(&f, p, make_system_rule(&f, "a.internal"), NULL, &out),
                  FAULT_ConflictException, "same domain name");
    assert_int_equal(
        associate_resource(&f, p, make_firewall_group(&f, "g"), "{\"priority\":200}", &other), 0);
    fixture_fault(
        &f, associate_resource(&f, p, make_firewall_group(&f, "h"), "{\"priority\":200}", &out),
        FAULT_ConflictException, "priority");
    assert_int_equal(
        associate_resource(&f, p, make_firewall_group(&f, "i"), "{\"priority\":300}", &out), 0);
    fixture_fault(&f,
                  update(&f, out.profile_resource_association->id, NULL, "{\"priority\":200}", &up),
                  FAULT_ConflictException, other.profile_resource_association->id);
    assert_int_equal(
        update(&f, out.profile_resource_association->id, NULL, "{\"priority\":300}", &up), 0);
    assert_int_equal(
        update(&f, other.profile_resource_association->id, "n", "{\"priority\":250}", &up), 0);
    assert_string_equal(up.profile_resource_association->status, "UPDATING");
    assert_string_equal(up.profile_resource_association->resource_properties, "{\"priority\":250}");
    assert_string_equal(up.profile_resource_association->name, "n");
    assert_int_equal(
        update(&f, out.profile_resource_association->id, NULL, "{\"priority\":200}", &up), 0);
    fixture_fault(&f, update(&f, out.profile_resource_association->id, NULL, NULL, &up),
                  FAULT_InvalidParameterException, "Specify");
    fixture_fault(&f, update(&f, "rpr-x", "n", NULL, &up), FAULT_ResourceNotFoundException,
                  "rpr-x");
    fixture_end(&f);
}

static void quotas(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    const char *p, *arn = NULL;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    for (int i = 0; i < 6; i++) {
        arn = make_firewall_group(&f, arena_printf(&f.arena, "g%d", i));
        if (i < 5)
            assert_int_equal(
                associate_resource(&f, p, arn, arena_printf(&f.arena, "{\"priority\":%d}", 100 + i),
                                   &out),
                0);
    }
    fixture_fault(&f, associate_resource(&f, p, arn, "{\"priority\":900}", &out),
                  FAULT_LimitExceededException, "max-firewall-rule-groups-per-profile");
    assert_string_equal(f.c.fault.resource_type, "max-firewall-rule-groups-per-profile");
    assert_int_equal(disassociate_resource(&f, p, make_firewall_group(&f, "g4")), 0);
    assert_int_equal(associate_resource(&f, p, arn, "{\"priority\":900}", &out), 0);
    for (int i = 0; i < 3; i++) {
        arn = make_query_log(&f, arena_printf(&f.arena, "q%d", i));
        if (i < 2)
            assert_int_equal(associate_resource(&f, p, arn, NULL, &out), 0);
    }
    fixture_fault(&f, associate_resource(&f, p, arn, NULL, &out), FAULT_LimitExceededException,
                  "max-query-log-configs-per-profile");
    fixture_end(&f);
}

static void lists(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    struct prof_list_profile_resource_associations_request in = {.max_results = {true, 2}};
    struct prof_list_profile_resource_associations_response list;
    size_t n = 0;

    (void)state;
    fixture_begin(&f);
    in.profile_id = make_profile(&f, "p");
    for (int i = 0; i < 3; i++)
        assert_int_equal(associate_resource(&f, in.profile_id,
                                            make_zone(&f, arena_printf(&f.arena, "z%d", i), VPC),
                                            NULL, &out),
                         0);
    assert_int_equal(associate_resource(&f, in.profile_id, make_system_rule(&f, "r"), NULL, &out),
                     0);
    do {
        assert_int_equal(RUN(&f, prof_list_profile_resource_associations, &in, &list), 0);
        n += list.profile_resource_associations_n;
        in.next_token = list.next_token;
    } while (in.next_token);
    assert_int_equal(n, 4);
    in.resource_type = "RESOLVER_RULE";
    assert_int_equal(RUN(&f, prof_list_profile_resource_associations, &in, &list), 0);
    assert_int_equal(list.profile_resource_associations_n, 1);
    assert_string_equal(list.profile_resource_associations[0].id,
                        out.profile_resource_association->id);
    assert_null(list.next_token);
    in.resource_type = "rule";
    fixture_fault(&f, RUN(&f, prof_list_profile_resource_associations, &in, &list),
                  FAULT_InvalidParameterException, "rule");
    in.resource_type = NULL;
    in.next_token = "x";
    fixture_fault(&f, RUN(&f, prof_list_profile_resource_associations, &in, &list),
                  FAULT_InvalidNextTokenException, "NextToken");
    in.profile_id = "rp-x";
    fixture_fault(&f, RUN(&f, prof_list_profile_resource_associations, &in, &list),
                  FAULT_ResourceNotFoundException, "rp-x");
    fixture_end(&f);
}

/* Readers read, admins put in and take out, strangers learn nothing, the owner removes all. */
static void sharing(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    struct prof_get_profile_resource_association_response got;
    struct prof_list_profile_resource_associations_response list;
    struct prof_update_profile_resource_association_response up;
    const char *p, *own, *theirs, *own_id, *theirs_id;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    own = make_zone(&f, "own.internal", VPC);
    assert_int_equal(associate_resource(&f, p, own, NULL, &out), 0);
    own_id = out.profile_resource_association->id;
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    theirs = make_zone(&f, "theirs.internal", FOREIGN_VPC);
    fixture_fault(&f, get(&f, own_id, &got), FAULT_ResourceNotFoundException, own_id);
    fixture_fault(&f, associate_resource(&f, p, theirs, NULL, &out),
                  FAULT_ResourceNotFoundException, p);
    fixture_fault(&f, disassociate_resource(&f, p, own), FAULT_ResourceNotFoundException, p);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), PROFILE_PERMISSION " 1");
    assert_int_equal(get(&f, own_id, &got), 0);
    assert_int_equal(list_resources(&f, p, &list), 1);
    fixture_fault(&f, associate_resource(&f, p, theirs, NULL, &out), FAULT_AccessDeniedException,
                  "route53profiles:AssociateResourceToProfile");
    fixture_fault(&f, associate_resource(&f, p, "Z", NULL, &out), FAULT_AccessDeniedException, "");
    fixture_fault(&f, disassociate_resource(&f, p, own), FAULT_AccessDeniedException,
                  "route53profiles:DisassociateResourceFromProfile");
    fixture_fault(&f, update(&f, own_id, "n", NULL, &up), FAULT_AccessDeniedException,
                  "route53profiles:UpdateProfileResourceAssociation");
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), ADMIN);
    assert_int_equal(associate_resource(&f, p, theirs, NULL, &out), 0);
    assert_string_equal(out.profile_resource_association->owner_id, OTHER_ACCOUNT);
    theirs_id = out.profile_resource_association->id;
    fixture_fault(&f, associate_resource(&f, p, own, NULL, &out), FAULT_ResourceNotFoundException,
                  own);
    assert_int_equal(update(&f, own_id, "n", NULL, &up), 0);
    assert_int_equal(disassociate_resource(&f, p, own), 0);
    fixture_caller(&f, ACCOUNT, REGION);
    assert_int_equal(list_resources(&f, p, &list), 1);
    assert_string_equal(list.profile_resource_associations[0].id, theirs_id);
    assert_int_equal(disassociate_resource(&f, p, theirs), 0);
    assert_int_equal(list_resources(&f, p, &list), 0);
    fixture_end(&f);
}

/* What a permission with conditions lets an admin do. */
static void conditions(void **state)
{
    static const char domains[] =
        "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:*\",\"Condition\":"
        "{\"StringEquals\":{\"route53profiles:HostedZoneDomains\":\"yes.internal\"}}}";
    static const char rules[] =
        "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:*\",\"Condition\":"
        "{\"StringLike\":{\"route53profiles:ResolverRuleDomains\":\"*.corp\"},"
        "\"StringEquals\":{\"route53profiles:ResourceTypes\":\"ResolverRule\"}}}";
    static const char priorities[] =
        "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:*\",\"Condition\":"
        "{\"NumericGreaterThanEquals\":{\"route53profiles:FirewallRuleGroupPriority\":\"500\"}}}";
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    struct prof_update_profile_resource_association_response up;
    const char *p, *yes, *no, *rule, *bad_rule, *group;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    yes = make_zone(&f, "yes.internal", FOREIGN_VPC);
    no = make_zone(&f, "no.internal", FOREIGN_VPC);
    rule = make_system_rule(&f, "a.corp");
    bad_rule = make_system_rule(&f, "a.other");
    group = make_firewall_group(&f, "g");
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), domains);
    assert_int_equal(associate_resource(&f, p, yes, NULL, &out), 0);
    fixture_fault(&f, associate_resource(&f, p, no, NULL, &out), FAULT_AccessDeniedException, "");
    fixture_fault(&f, associate_resource(&f, p, rule, NULL, &out), FAULT_AccessDeniedException, "");
    assert_int_equal(disassociate_resource(&f, p, yes), 0);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), rules);
    assert_int_equal(associate_resource(&f, p, rule, NULL, &out), 0);
    fixture_fault(&f, associate_resource(&f, p, bad_rule, NULL, &out), FAULT_AccessDeniedException,
                  "");
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), priorities);
    fixture_fault(&f, associate_resource(&f, p, group, "{\"priority\":499}", &out),
                  FAULT_AccessDeniedException, "");
    assert_int_equal(associate_resource(&f, p, group, "{\"priority\":500}", &out), 0);
    fixture_fault(&f,
                  update(&f, out.profile_resource_association->id, NULL, "{\"priority\":499}", &up),
                  FAULT_AccessDeniedException, "");
    assert_int_equal(
        update(&f, out.profile_resource_association->id, NULL, "{\"priority\":501}", &up), 0);
    fixture_end(&f);
}

/* Conditions must not tell an admin which zones other accounts have. */
static void unknown_zones(void **state)
{
    static const char domains[] =
        "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:*\",\"Condition\":"
        "{\"ForAllValues:StringEquals\":{\"route53profiles:HostedZoneDomains\":\"mine\"}}}";
    static const char nothing[] = "arn:aws:route53:::hostedzone/Z00000000000000000000";
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    const char *p, *theirs;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    theirs = make_zone(&f, "theirs", VPC);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), domains);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, associate_resource(&f, p, nothing, NULL, &out),
                  FAULT_ResourceNotFoundException, nothing);
    fixture_fault(&f, associate_resource(&f, p, theirs, NULL, &out),
                  FAULT_ResourceNotFoundException, theirs);
    fixture_fault(&f, disassociate_resource(&f, p, nothing), FAULT_ResourceNotFoundException,
                  nothing);
    fixture_fault(&f, disassociate_resource(&f, p, theirs), FAULT_ResourceNotFoundException,
                  theirs);
    fixture_end(&f);
}

/* Deleting what is in a profile: zones and endpoints leave it, the others are refused. */
static void deletions(void **state)
{
    struct fixture f;
    struct prof_associate_resource_to_profile_response out;
    struct prof_list_profile_resource_associations_response list;
    struct r53_delete_hosted_zone_request zone = {0};
    struct r53_delete_hosted_zone_response zone_gone;
    struct rslvr_delete_resolver_rule_request rule = {0};
    struct rslvr_delete_resolver_rule_response rule_gone;
    struct rslvr_delete_firewall_rule_group_request group = {0};
    struct rslvr_delete_firewall_rule_group_response group_gone;
    struct rslvr_delete_resolver_query_log_config_request log = {0};
    struct rslvr_delete_resolver_query_log_config_response log_gone;
    struct ec2_delete_vpc_endpoints_request endpoint = {.vpc_endpoint_ids_n = 1};
    struct ec2_delete_vpc_endpoints_response endpoint_gone;
    const char *p, *id, *rule_arn;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_int_equal(associate_resource(&f, p, make_zone(&f, "z", VPC), NULL, &out), 0);
    zone.id = id_of(out.profile_resource_association->resource_arn);
    assert_int_equal(
        associate_resource(&f, p, make_endpoint(&f, "com.amazonaws." REGION ".ssm"), NULL, &out),
        0);
    id = id_of(out.profile_resource_association->resource_arn);
    endpoint.vpc_endpoint_ids = &id;
    rule_arn = make_system_rule(&f, "r");
    assert_int_equal(associate_resource(&f, p, rule_arn, NULL, &out), 0);
    rule.resolver_rule_id = id_of(rule_arn);
    assert_int_equal(
        associate_resource(&f, p, make_firewall_group(&f, "g"), "{\"priority\":100}", &out), 0);
    group.firewall_rule_group_id = id_of(out.profile_resource_association->resource_arn);
    assert_int_equal(associate_resource(&f, p, make_query_log(&f, "q"), NULL, &out), 0);
    log.resolver_query_log_config_id = id_of(out.profile_resource_association->resource_arn);
    assert_int_equal(RUN(&f, r53_delete_hosted_zone, &zone, &zone_gone), 0);
    assert_int_equal(RUN(&f, ec2_delete_vpc_endpoints, &endpoint, &endpoint_gone), 0);
    fixture_fault(&f, RUN(&f, rslvr_delete_resolver_rule, &rule, &rule_gone),
                  FAULT_ResourceInUseException, "Profile");
    fixture_fault(&f, RUN(&f, rslvr_delete_firewall_rule_group, &group, &group_gone),
                  FAULT_ConflictException, "Profile");
    fixture_fault(&f, RUN(&f, rslvr_delete_resolver_query_log_config, &log, &log_gone),
                  FAULT_InvalidRequestException, "Profile");
    assert_int_equal(list_resources(&f, p, &list), 3);
    assert_int_equal(associate_resource(&f, p, make_zone(&f, "z", VPC_2), NULL, &out), 0);
    assert_int_equal(disassociate_resource(&f, p, rule_arn), 0);
    assert_int_equal(RUN(&f, rslvr_delete_resolver_rule, &rule, &rule_gone), 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(messages),
        cmocka_unit_test(endpoint_properties),
        cmocka_unit_test(bad_properties),
        cmocka_unit_test(bad_resources),
        cmocka_unit_test(once),
        cmocka_unit_test(quotas),
        cmocka_unit_test(lists),
        cmocka_unit_test(sharing),
        cmocka_unit_test(conditions),
        cmocka_unit_test(unknown_zones),
        cmocka_unit_test(deletions),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
