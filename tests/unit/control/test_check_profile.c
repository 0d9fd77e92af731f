/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a design: what comes into VPCs by profiles and from other accounts. */
#include "design_fixture.h"

#include <stdio.h>

#define TARGET LIST("192.0.2.53")
#define LISTING                                                               \
    "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:AssociateProfile\"," \
    "\"route53profiles:ListProfileResourceAssociations\"]}"
#define NO_LISTING "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:AssociateProfile\"]}"
#define OTHERS_PROFILE "arn:aws:route53profiles:" REGION ":" OTHER_ACCOUNT ":profile/rp-1"

/* The objects of the i-th finding, and its code before them. */
static void found(const struct b53_check_response *out, size_t i, const char *wanted)
{
    char text[400];
    size_t len;

    assert_true(i < out->findings_n);
    len = (size_t)snprintf(text, sizeof text, "%s", out->findings[i].code);
    for (size_t n = 0; n < out->findings[i].objects_n; n++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, " %s", out->findings[i].objects[n].id);
    assert_string_equal(text, wanted);
}

static void used_by_a_profile(void **state)
{
    struct fixture f;
    struct b53_check_response out;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", TARGET, NONE);
    design_zone(&f, "Z1", "app.internal.", NONE);
    text_has(check_in(&f, NULL).findings[0].why, "in no Route 53 Profile");
    design_profile(&f, "rp-1", LIST("rr-1", "Z1"));
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 3);
    found(&out, 0, "profile-unused rp-1");
    found(&out, 1, "unused rr-1 rp-1");
    found(&out, 2, "unused Z1 rp-1");
    text_has(out.findings[1].why, "it is in the Route 53 Profile rp-1, but no VPC has it.");
    assert_int_equal(check_in(&f, VPC).findings_n, 0);
    design_consume(&f, "rp-1", VPC, 0);
    check_clean(&f);
    design_release(&f, "rp-1", VPC);
    assert_int_equal(check_in(&f, NULL).findings_n, 3);
    fixture_caller(&f, OTHER_ACCOUNT, REGION); /* a VPC of any account will do */
    design_consume(&f, "rp-1", FOREIGN_VPC, 0);
    fixture_caller(&f, ACCOUNT, REGION);
    check_clean(&f);
    fixture_end(&f);
}

/* In a profile of another account, or of another region: found from the object's side. */
static void used_by_a_profile_elsewhere(void **state)
{
    struct fixture f;
    struct b53_check_response out;

    (void)state;
    design_begin(&f);
    design_zone(&f, "Z1", "app.internal.", NONE);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    design_profile(&f, "rp-1", LIST("Z1"));
    fixture_caller(&f, ACCOUNT, REGION);
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 1);
    found(&out, 0, "unused Z1 rp-1");
    assert_null(out.findings[0].objects[1].name); /* the other account's */
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    design_consume(&f, "rp-1", FOREIGN_VPC, 0);
    fixture_caller(&f, ACCOUNT, REGION);
    check_clean(&f);
    fixture_end(&f);
}

static void used_by_a_share(void **state)
{
    struct fixture f;
    struct obj_rule_association a = {
        .id = "rrassoc-1", .resolver_rule_id = "rr-1", .vpc_id = FOREIGN_VPC};
    const struct b53_finding *fault;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", TARGET, NONE);
    check_only(&f, "NOTE", "unused", "rr-1");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    design_put(&f, &kind_rule_assoc, a.id, &a);
    fixture_caller(&f, ACCOUNT, REGION);
    design_index(&f, "rule-vpcs", "rr-1/" FOREIGN_VPC, a.id);
    check_clean(&f);
    /* What keeps it from working is its owner's, who can't ask those VPCs. */
    design_group(&f, GROUP, "udp", 5353, "0.0.0.0/0");
    fault = check_only(&f, "ERROR", "egress-blocked", "rr-1 out-1");
    assert_null(fault->query);
    design_outbound(&f, "out-1", "vpc-gone", "10.1.1.10", NULL);
    design_group(&f, GROUP, "-1", 0, "0.0.0.0/0");
    check_only(&f, "ERROR", "endpoint-detached", "out-1 rr-1");
    /* Another rule hides it in the own VPC, which says nothing of the others'. */
    design_outbound(&f, "out-1", VPC, "10.1.1.10", NULL);
    design_rule(&f, "rr-0", "corp.internal.", "out-1", TARGET, LIST(VPC));
    design_rule(&f, "rr-1", "corp.internal.", "out-1", TARGET, LIST(VPC));
    check_clean(&f);
    fixture_end(&f);
}

/* A rule of another account acts in the caller's VPC as its own do. */
static void rule_of_another_account(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    design_rule(&f, "rr-1", "app.internal.", "out-9", TARGET, NONE);
    fixture_caller(&f, ACCOUNT, REGION);
    design_zone(&f, "Z1", "app.internal.", LIST(VPC));
    check_clean(&f);
    struct obj_rule_association a = {.id = "rrassoc-1", .resolver_rule_id = "rr-1", .vpc_id = VPC};
    design_put(&f, &kind_rule_assoc, a.id, &a);
    check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC); /* its endpoint is not ours */
    fixture_end(&f);
}

static void own_before_profile(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-0", "corp.internal.", "out-1", TARGET, NONE);
    design_zone(&f, "Z0", "app.internal.", NONE);
    design_profile(&f, "rp-1", LIST("rr-0", "Z0"));
    design_consume(&f, "rp-1", VPC, 0);
    design_consume(&f, "rp-1", VPC_2, 0);
    check_clean(&f);
    /* Larger ids, but the VPCs' own: they win and are not hidden. */
    design_rule(&f, "rr-1", "corp.internal.", "out-1", TARGET, LIST(VPC));
    check_clean(&f); /* the other VPC has nothing of its own */
    design_rule(&f, "rr-9", "x.internal.", "out-1", TARGET, LIST(VPC_2));
    check_clean(&f); /* nor for this name */
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC_2));
    text_has(check_only(&f, "WARNING", "shadowed-rule", "rr-0 rr-1 " VPC " rp-1")->why,
             "In every VPC of the rule another object for corp.internal. wins (in " VPC
             " it is the FORWARD rule rr-1), so this rule is never used.");
    assert_string_equal(check_in(&f, VPC_2).findings[0].objects[1].id, "Z1");
    design_vpc(&f, VPC_2, "10.2.0.0/16", "no-hostnames",
               NONE); /* there the own zone does not act */
    struct b53_check_response out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 1);
    found(&out, 0, "zone-switched-off " VPC_2 " Z1 rp-1");
    design_vpc(&f, VPC_2, "10.2.0.0/16", "", NONE);
    fixture_caller(&f, OTHER_ACCOUNT, REGION); /* nobody knows of a VPC that can't be looked into */
    design_consume(&f, "rp-1", FOREIGN_VPC, 0);
    fixture_caller(&f, ACCOUNT, REGION);
    check_clean(&f);
    fixture_end(&f);
}

static void system_rules_and_profiles(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "app.internal.", "out-1", TARGET, NONE);
    design_zone(&f, "Z1", "app.internal.", NONE);
    design_profile(&f, "rp-1", LIST("rr-1", "Z1"));
    design_consume(&f, "rp-1", VPC, 0);
    design_consume(&f, "rp-1", VPC_2, 0);
    text_has(check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC " rp-1")->why,
             "it is the FORWARD rule rr-1 of the profile rp-1");
    design_rule(&f, "rr-2", "app.internal.", NULL, NONE, LIST(VPC));
    check_clean(&f); /* there the zone acts, in the other VPC the rule */
    design_rule(&f, "rr-2", "app.internal.", NULL, NONE, LIST(VPC_2));
    check_only(&f, "WARNING", "shadowed-rule", "rr-1 rr-2 " VPC " rp-1");
    fixture_end(&f);

    design_begin(&f); /* the SYSTEM rule in a profile that comes first: the zone acts, too */
    design_rule(&f, "rr-1", "app.internal.", "out-1", TARGET, NONE);
    design_rule(&f, "rr-2", "app.internal.", NULL, NONE, NONE);
    design_zone(&f, "Z1", "app.internal.", NONE);
    design_profile(&f, "rp-1", LIST("rr-1", "Z1"));
    design_profile(&f, "rp-2", LIST("rr-2"));
    design_consume(&f, "rp-1", VPC, 200);
    design_consume(&f, "rp-2", VPC, 100);
    check_only(&f, "WARNING", "shadowed-rule", "rr-1 rr-2 " VPC " rp-2 rp-1");
    fixture_end(&f);
}

static void profiles_in_order_of_priority(void **state)
{
    struct fixture f;
    const struct b53_finding *fault;
    struct b53_check_response out;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", TARGET, NONE);
    design_rule(&f, "rr-2", "corp.internal.", "out-1", TARGET, NONE);
    design_profile(&f, "rp-1", LIST("rr-1"));
    design_profile(&f, "rp-2", LIST("rr-2"));
    design_consume(&f, "rp-1", VPC, 200);
    design_consume(&f, "rp-2", VPC, 100);
    fault = check_only(&f, "WARNING", "shadowed-rule", "rr-1 rr-2 " VPC " rp-2 rp-1");
    text_has(fault->why, "FORWARD rule rr-2 of the profile rp-2");
    /* Where it is not hidden everywhere, the overlap is all there is to say. */
    design_consume(&f, "rp-1", VPC_2, 100);
    fault = check_only(&f, "NOTE", "profile-overlap", "rp-2 rp-1 " VPC " rr-2 rr-1");
    text_has(fault->why, "the FORWARD rule rr-2 of the profile rp-2 wins over the FORWARD rule "
                         "rr-1 of the profile rp-1 at corp.internal.");
    assert_string_equal(fault->query->name, "corp.internal");
    assert_int_equal(check_in(&f, VPC_2).findings_n, 0);
    design_consume(&f, "rp-2", VPC_2, 200); /* the other way round, there */
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 2);
    found(&out, 0, "profile-overlap rp-2 rp-1 " VPC " rr-2 rr-1");
    found(&out, 1, "profile-overlap rp-1 rp-2 " VPC_2 " rr-1 rr-2");
    /* One rule in both, and a zone of a name that only a SYSTEM rule has: nothing is hidden. */
    design_release(&f, "rp-2", VPC_2);
    design_rule(&f, "rr-2", "other.internal.", NULL, NONE, NONE);
    design_zone(&f, "Z1", "other.internal.", NONE);
    design_profile(&f, "rp-1", LIST("Z1"));
    design_profile(&f, "rp-2", LIST("rr-1"));
    check_clean(&f);
    fixture_end(&f);
}

static void zone_behind_rules_of_profiles(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC));
    design_record(&f, "Z1", "www.app.corp.internal.");
    design_rule(&f, "rr-1", "app.corp.internal.", "out-1", TARGET, NONE);
    design_profile(&f, "rp-1", LIST("rr-1"));
    design_consume(&f, "rp-1", VPC, 0);
    text_has(check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC " rp-1")->why,
             "www.app.corp.internal. in " VPC " goes to the FORWARD rule rr-1 of the profile rp-1");
    /* The zone in the profile as well, for a VPC with nothing of its own. */
    design_profile(&f, "rp-1", LIST("Z1"));
    design_consume(&f, "rp-1", VPC_2, 0);
    check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC " rp-1");
    /* A VPC takes the name back by a zone or a SYSTEM rule of its own. */
    design_rule(&f, "rr-2", "www.app.corp.internal.", NULL, NONE, LIST(VPC_2));
    check_clean(&f);
    fixture_end(&f);
}

static void endpoint_of_a_rule_in_a_profile(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_outbound(&f, "out-4", VPC, "10.1.1.11", NULL);
    design_rule(&f, "rr-1", "corp.internal.", "out-4", LIST("fd00:9::53"), NONE);
    design_profile(&f, "rp-1", LIST("rr-1"));
    design_consume(&f, "rp-1", VPC_2, 0);
    check_only(&f, "ERROR", "endpoint-family", "rr-1 out-4 " VPC_2);
    assert_int_equal(check_in(&f, VPC).findings_n, 0);
    assert_int_equal(check_in(&f, VPC_2).findings_n, 1);
    design_rule(&f, "rr-1", "corp.internal.", "out-4", TARGET, NONE);
    design_group(&f, GROUP, "udp", 5353, "0.0.0.0/0");
    check_only(&f, "ERROR", "egress-blocked", "rr-1 out-4 " VPC_2);
    design_group(&f, GROUP, "-1", 0, "0.0.0.0/0");
    design_outbound(&f, "out-4", "vpc-gone", "10.1.1.11", NULL);
    check_only(&f, "ERROR", "endpoint-detached", "out-4 rr-1");
    assert_int_equal(check_in(&f, VPC_2).findings_n, 1);
    fixture_end(&f);
}

static void loop_through_profiles(void **state)
{
    struct fixture f;
    struct b53_check_response out;

    (void)state;
    design_begin(&f);
    design_inbound(&f, "in-1", VPC, "10.1.1.20");
    design_inbound(&f, "in-2", VPC_2, "10.2.1.20");
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("10.1.1.20"), NONE);
    design_rule(&f, "rr-2", "corp.internal.", "out-1", LIST("10.2.1.20"), NONE);
    design_profile(&f, "rp-1", LIST("rr-1"));
    design_profile(&f, "rp-2", LIST("rr-2"));
    design_consume(&f, "rp-1", VPC_2, 100);
    design_consume(&f, "rp-2", VPC, 100);
    check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    /* A zone of a profile that comes second does not cut it, one that comes first does. */
    design_zone(&f, "Z1", "corp.internal.", LIST("vpc-3"));
    design_vpc(&f, "vpc-3", "10.3.0.0/16", "", NONE);
    design_profile(&f, "rp-3", LIST("Z1"));
    design_consume(&f, "rp-3", VPC, 200);
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 2);
    found(&out, 0, "forwarding-loop rr-1 in-1 rr-2 in-2");
    found(&out, 1, "profile-overlap rp-2 rp-3 " VPC " rr-2 Z1");
    design_consume(&f, "rp-3", VPC, 50);
    check_only(&f, "WARNING", "shadowed-rule", "rr-2 Z1 " VPC " rp-3 rp-2");
    fixture_end(&f);
}

/* Whether a VPC has its own reverse names, a profile decides before the VPC's own config. */
static void loop_by_reverse_name(void **state)
{
    struct fixture f;
    struct obj_resolver_config config = {
        .id = "rslvr-rc-1", .resource_id = "rp-1", .autodefined_reverse = "DISABLED"};

    (void)state;
    design_begin(&f);
    design_inbound(&f, "in-1", VPC, "10.1.1.20");
    design_inbound(&f, "in-2", VPC_2, "10.2.1.20");
    design_rule(&f, "rr-2", "2.10.in-addr.arpa.", "out-1", LIST("10.2.1.20"), LIST(VPC));
    design_rule(&f, "rr-1", "10.in-addr.arpa.", "out-1", LIST("10.1.1.20"), NONE);
    design_profile(&f, "rp-1", LIST("rr-1"));
    design_consume(&f, "rp-1", VPC_2, 0);
    check_clean(&f);
    design_put(&f, &kind_config, "rp-1", &config);
    check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    config.autodefined_reverse = "ENABLED";
    design_put(&f, &kind_config, "rp-1", &config);
    config.autodefined_reverse = "DISABLED";
    design_put(&f, &kind_config, VPC_2, &config);
    check_clean(&f);
    fixture_end(&f);
}

/* What is in the profile of another account is named as far as the caller may list it. */
static void profile_of_another_account(void **state)
{
    struct fixture f;
    const struct b53_finding *fault;

    (void)state;
    design_begin(&f);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    design_rule(&f, "rr-1", "app.corp.internal.", "out-9", TARGET, NONE);
    design_zone(&f, "Z9", "other.internal.", NONE);
    design_profile(&f, "rp-1", LIST("rr-1", "Z9"));
    design_profile(&f, "rp-9", NONE); /* nor is it ours that this one is empty */
    fixture_caller(&f, ACCOUNT, REGION);
    design_consume(&f, "rp-9", VPC_2, 200);
    design_consume(&f, "rp-1", VPC, 200);
    fixture_grant(&f, ACCOUNT, OTHERS_PROFILE, NO_LISTING);
    check_clean(&f); /* their rule and zone are theirs to judge */
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC));
    design_record(&f, "Z1", "www.app.corp.internal.");
    fault = check_only(&f, "WARNING", "shadowed-zone", "Z1 " VPC " rp-1");
    text_has(fault->why, "goes to a FORWARD rule of the profile rp-1)");
    fixture_grant(&f, ACCOUNT, OTHERS_PROFILE, LISTING);
    check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC " rp-1");
    design_record(&f, "Z1", "corp.internal.");
    check_clean(&f);
    /* Two profiles that overlap. */
    design_zone(&f, "Z2", "other.internal.", LIST(VPC_2));
    design_profile(&f, "rp-2", LIST("Z2"));
    design_consume(&f, "rp-2", VPC, 100);
    check_only(&f, "NOTE", "profile-overlap", "rp-2 rp-1 " VPC " Z2 Z9");
    fixture_grant(&f, ACCOUNT, OTHERS_PROFILE, NO_LISTING);
    text_has(check_only(&f, "NOTE", "profile-overlap", "rp-2 rp-1 " VPC " Z2")->why,
             "the zone Z2 of the profile rp-2 wins over a zone of the profile rp-1");
    fixture_end(&f);
}

static void switched_off_with_profiles(void **state)
{
    struct fixture f;
    struct b53_check_response out;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", TARGET, NONE);
    design_zone(&f, "Z1", "app.internal.", NONE);
    design_profile(&f, "rp-1", LIST("rr-1", "Z1"));
    design_consume(&f, "rp-1", VPC_2, 0);
    design_vpc(&f, VPC_2, "10.2.0.0/16", "no-hostnames", NONE);
    text_has(check_only(&f, "ERROR", "zone-switched-off", VPC_2 " rp-1")->why,
             "so the private zones of its profiles do not act there");
    design_vpc(&f, VPC_2, "10.2.0.0/16", "no-support", NONE);
    design_zone(&f, "Z2", "own.internal.", LIST(VPC_2));
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 2);
    found(&out, 0, "zone-switched-off " VPC_2 " Z2 rp-1");
    found(&out, 1, "rule-switched-off " VPC_2 " rp-1");
    text_has(out.findings[0].why, "its 1 private zones and those of its profiles");
    assert_string_equal(out.findings[1].query->name, "corp.internal");
    fixture_end(&f);
}

static void profile_without_use(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_profile(&f, "rp-1", NONE);
    text_has(check_only(&f, "NOTE", "profile-unused", "rp-1")->why, "nothing is in it");
    design_consume(&f, "rp-1", VPC, 0);
    text_has(check_only(&f, "NOTE", "profile-unused", "rp-1")->why, "its VPCs get nothing");
    assert_int_equal(check_in(&f, VPC).findings_n, 1);
    assert_int_equal(check_in(&f, VPC_2).findings_n, 0);
    design_index(&f, "profile-resources",
                 "rp-1/arn:aws:route53resolver:" REGION ":1:firewall-rule-group/rslvr-frg-1",
                 "rpr-1");
    check_clean(&f);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(used_by_a_profile),
        cmocka_unit_test(used_by_a_profile_elsewhere),
        cmocka_unit_test(used_by_a_share),
        cmocka_unit_test(rule_of_another_account),
        cmocka_unit_test(own_before_profile),
        cmocka_unit_test(system_rules_and_profiles),
        cmocka_unit_test(profiles_in_order_of_priority),
        cmocka_unit_test(zone_behind_rules_of_profiles),
        cmocka_unit_test(endpoint_of_a_rule_in_a_profile),
        cmocka_unit_test(loop_through_profiles),
        cmocka_unit_test(loop_by_reverse_name),
        cmocka_unit_test(profile_of_another_account),
        cmocka_unit_test(switched_off_with_profiles),
        cmocka_unit_test(profile_without_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
