/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a design: each finding, and its absence. */
#include "design_fixture.h"

#include <string.h>

#include "model/publish.h"
#include "model/status.h"

OP(b53_check)

static void nothing_wrong(void **state)
{
    struct fixture f;
    struct b53_check_response out;
    const struct b53_check_request in = {.vpc_id = FOREIGN_VPC};

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("192.0.2.53", "fd00:9::53"),
                LIST(VPC, VPC_2));
    design_zone(&f, "Z1", "app.internal.", LIST(VPC));
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 0);
    assert_int_equal(out.vpc_count.v, 2);
    assert_int_equal(out.endpoint_count.v, 1);
    assert_int_equal(out.rule_count.v, 1);
    assert_int_equal(out.zone_count.v, 1);
    fixture_fault(&f, RUN(&f, b53_check, &in, &out), FAULT_ResourceNotFoundException,
                  "There is no VPC '" FOREIGN_VPC "' in this account and region.");
    fixture_end(&f);
}

static void dns64_needs_nat64(void **state)
{
    struct fixture f;
    const struct b53_finding *found;

    (void)state;
    design_begin(&f);
    design_subnet64(&f, true, NONE);
    found = check_only(&f, "ERROR", "dns64-without-nat64", SUBNET " " VPC);
    text_has(found->why, "64:ff9b::/96");
    text_has(found->why, "not declared");
    assert_string_equal(found->query->source, "fd00:1:0:1::7");
    assert_string_equal(found->query->command,
                        "bridge53 explain --vpc " VPC " --source fd00:1:0:1::7 ipv4only.arpa AAAA");
    design_vpc(&f, VPC, "10.1.0.0/16", "", LIST("bridge53:nat64=64:FF9B:0::/96"));
    check_clean(&f);
    design_vpc(&f, VPC, "10.1.0.0/16", "", LIST("bridge53:nat64=64:ff9b::/64"));
    check_only(&f, "ERROR", "dns64-without-nat64", SUBNET " " VPC);
    design_subnet64(&f, false, NONE);
    check_clean(&f);
    fixture_end(&f);
}

static void dns64_prefix_by_tag(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    /* The subnet's prefix goes before the VPC's, that before the well-known one. */
    design_vpc(&f, VPC, "10.1.0.0/16", "",
               LIST("bridge53:nat64=64:ff9b::/96", "bridge53:dns64-prefix=2001:db8:1::/48"));
    design_subnet64(&f, true, NONE);
    text_has(check_only(&f, "ERROR", "dns64-without-nat64", SUBNET " " VPC)->why,
             "2001:db8:1::/48");
    design_subnet64(&f, true, LIST("bridge53:dns64-prefix=2001:db8:64::/96"));
    text_has(check_only(&f, "ERROR", "dns64-without-nat64", SUBNET " " VPC)->why,
             "2001:db8:64::/96");
    design_subnet64(&f, true, LIST("bridge53:dns64-prefix=2001:db8:64::/97")); /* no such length */
    text_has(check_only(&f, "ERROR", "dns64-without-nat64", SUBNET " " VPC)->why,
             "2001:db8:1::/48");
    design_subnet64(&f, true, LIST("bridge53:dns64-prefix=2001:db8:64::/96"));
    design_vpc(&f, VPC, "10.1.0.0/16", "", LIST("bridge53:nat64=64:ff9b::/96 2001:db8:64::/96"));
    check_clean(&f);
    design_vpc(&f, VPC, "10.1.0.0/16", "no-support", NONE); /* its resolver makes no AAAA records */
    check_clean(&f);
    fixture_end(&f);
}

static void dns64_of_inbound_endpoint(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_endpoint(&f, &(struct endpoint_spec){"in-1", VPC, "INBOUND", "10.1.1.20", NULL, true});
    assert_string_equal(check_only(&f, "ERROR", "dns64-without-nat64", "in-1 " VPC)->query->command,
                        "dig @10.1.1.20 ipv4only.arpa AAAA");
    design_vpc(&f, VPC, "10.1.0.0/16", "", LIST("bridge53:nat64=64:ff9b::/96"));
    check_clean(&f);
    fixture_end(&f);
}

static void families_of_endpoint_and_targets(void **state)
{
    struct fixture f;
    const struct b53_finding *found;

    (void)state;
    design_begin(&f);
    design_outbound(&f, "out-4", VPC, "10.1.1.11", NULL);
    design_outbound(&f, "out-6", VPC, NULL, "fd00:1:0:1::11");
    design_rule(&f, "rr-1", "corp.internal.", "out-4", LIST("fd00:9::53", "fd00:9::54"), LIST(VPC));
    found = check_only(&f, "ERROR", "endpoint-family", "rr-1 out-4 " VPC);
    text_has(found->why, "fd00:9::53, fd00:9::54");
    text_has(found->why, "IPv4 addresses only");
    text_has(found->why, "no target can be asked");
    assert_string_equal(found->query->command,
                        "bridge53 explain --vpc " VPC " --source 10.1.1.7 corp.internal A");
    design_rule(&f, "rr-1", "corp.internal.", "out-4", LIST("fd00:9::53", "192.0.2.53"), LIST(VPC));
    found = check_only(&f, "WARNING", "endpoint-family", "rr-1 out-4 " VPC);
    text_has(found->why, "asks fd00:9::53, but");
    design_rule(&f, "rr-1", "corp.internal.", "out-6", LIST("192.0.2.53"), LIST(VPC));
    text_has(check_only(&f, "ERROR", "endpoint-family", "rr-1 out-6 " VPC)->why,
             "IPv6 addresses only");
    /* Whose findings are wanted is asked. */
    design_rule(&f, "rr-1", "corp.internal.", "out-6", LIST("192.0.2.53"), LIST(VPC_2));
    assert_string_equal(check_in(&f, NULL).findings[0].query->vpc_id, VPC);
    assert_string_equal(check_in(&f, VPC_2).findings[0].query->vpc_id, VPC_2);
    design_rule(&f, "rr-1", "corp.internal.", "out-6", LIST("fd00:9::53"), LIST(VPC));
    check_clean(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("fd00:9::53", "192.0.2.53"), LIST(VPC));
    check_clean(&f);
    fixture_end(&f);
}

static void groups_of_endpoints(void **state)
{
    struct fixture f;
    const struct b53_finding *found;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("192.0.2.53", "192.0.2.54"), LIST(VPC));
    design_group(&f, GROUP, "udp", 5353, "0.0.0.0/0");
    found = check_only(&f, "ERROR", "egress-blocked", "rr-1 out-1 " VPC);
    text_has(found->why, "allows 192.0.2.53, 192.0.2.54 on the port");
    design_group(&f, GROUP, "icmp", 0, "0.0.0.0/0");
    check_only(&f, "ERROR", "egress-blocked", "rr-1 out-1 " VPC);
    design_group(&f, GROUP, "tcp", 53, "192.0.2.54/32");
    text_has(check_only(&f, "WARNING", "egress-blocked", "rr-1 out-1 " VPC)->why,
             "allows 192.0.2.53 on");
    design_group(&f, GROUP, "udp", 53, "192.0.2.0/24");
    check_clean(&f);
    design_inbound(&f, "in-1", VPC, "10.1.1.20");
    check_clean(&f);
    design_group(&f, GROUP_2, "tcp", 853, "0.0.0.0/0");
    found = check_only(&f, "ERROR", "ingress-blocked", "in-1 " VPC);
    assert_string_equal(found->query->command, "dig @10.1.1.20 ipv4only.arpa A");
    design_group(&f, GROUP_2, "-1", 0, NULL);
    design_zone(&f, "Z1", "app.internal.", LIST(VPC));
    found = check_only(&f, "ERROR", "ingress-blocked", "in-1 " VPC);
    assert_string_equal(found->query->command, "dig @10.1.1.20 app.internal SOA");
    fixture_end(&f);
}

/* A rule of a group may name another group: its interfaces are the peers. */
static int op_member(struct ctl *c, const void *in, void *out)
{
    struct obj_interface eni = {.id = "eni-1", .vpc_id = VPC, .private_ip = in};
    int err = ctl_put(c, &kind_interface, eni.id, &eni);

    (void)out;
    return err ? err : ctl_index_put(c, "group-uses", GROUP_2 "/network-interface/eni-1", "");
}

static void groups_name_groups(void **state)
{
    struct fixture f;
    struct obj_group_rule allow = {
        .id = "sgr-1", .is_egress = TRI_TRUE, .ip_protocol = "-1", .referenced_group_id = GROUP_2};
    struct obj_group g = {.id = GROUP, .name = "g", .vpc_id = VPC, .rules = &allow, .rules_n = 1};
    char out;

    (void)state;
    design_begin(&f);
    design_put(&f, &kind_group, GROUP, &g);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("10.1.1.53"), LIST(VPC));
    check_only(&f, "ERROR", "egress-blocked", "rr-1 out-1 " VPC);
    assert_int_equal(fixture_run(&f, op_member, "10.1.1.54", &out, sizeof out), 0);
    check_only(&f, "ERROR", "egress-blocked", "rr-1 out-1 " VPC);
    assert_int_equal(fixture_run(&f, op_member, "10.1.1.53", &out, sizeof out), 0);
    check_clean(&f);
    fixture_end(&f);
}

static void endpoint_without_network(void **state)
{
    struct fixture f;
    const struct b53_finding *found;
    struct publisher *p = publisher_new();
    struct status_board *board = publisher_board(p);

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC_2));
    design_rule(&f, "rr-2", "lab.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    f.c.publisher = p; /* reads only from here: nobody publishes */
    check_clean(&f);   /* nothing was said yet */
    status_set(board, "rni-out-1", STATUS_DOWN, "there is no network namespace 'x'");
    found = check_only(&f, "ERROR", "endpoint-detached", "out-1 " VPC " rr-1 rr-2");
    text_has(found->why, "1 of the 1 addresses");
    text_has(found->why, "there is no network namespace 'x'");
    assert_string_equal(found->query->vpc_id, VPC_2);
    status_set(board, "rni-out-1", STATUS_UP, NULL);
    check_clean(&f);
    f.c.publisher = NULL;
    design_outbound(&f, "out-1", "vpc-gone", "10.1.1.10", NULL);
    text_has(check_only(&f, "ERROR", "endpoint-detached", "out-1 rr-1 rr-2")->why, "vpc-gone");
    fixture_end(&f);
    publisher_free(p);
}

static void rule_without_endpoint(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-9", LIST("192.0.2.53"), LIST(VPC));
    text_has(check_only(&f, "ERROR", "endpoint-detached", "rr-1 " VPC)->why,
             "out-9, which does not exist");
    design_rule(&f, "rr-1", "corp.internal.", NULL, NONE, LIST(VPC)); /* a SYSTEM rule needs NONE */
    check_clean(&f);
    fixture_end(&f);
}

static void zone_behind_a_rule(void **state)
{
    struct fixture f;
    const struct b53_finding *found;

    (void)state;
    design_begin(&f);
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC, VPC_2));
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    check_clean(&f); /* it is seen in the other VPC */
    design_rule(&f, "rr-2", "corp.internal.", "out-1", LIST("192.0.2.54"), LIST(VPC_2));
    found = check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC);
    text_has(found->why, "In every VPC");
    assert_string_equal(found->query->command,
                        "bridge53 explain --vpc " VPC " --source 10.1.1.7 corp.internal A");
    design_rule(&f, "rr-2", "corp.internal.", NULL, NONE,
                LIST(VPC_2)); /* cuts out of rules, not zones */
    check_clean(&f);
    fixture_end(&f);
}

static void zone_elsewhere_is_not_judged(void **state)
{
    struct fixture f;
    struct obj_zone_vpc list[] = {{REGION, VPC, ACCOUNT}, {"us-east-1", "vpc-far", ACCOUNT}};
    struct obj_zone z = {.id = "Z1", .name = "corp.internal.", .vpcs = list, .vpcs_n = 2};

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    design_put(&f, &kind_zone, "Z1", &z);
    check_clean(&f);
    list[1].vpc_region = REGION; /* gone: counts for nothing */
    design_put(&f, &kind_zone, "Z1", &z);
    check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC);
    fixture_end(&f);
}

static void zone_behind_more_specific_rules(void **state)
{
    struct fixture f;
    const struct b53_finding *found;

    (void)state;
    design_begin(&f);
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC));
    design_rule(&f, "rr-1", "app.corp.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    check_clean(&f); /* no records: nothing that is hidden */
    design_record(&f, "Z1", "www.app.corp.internal.");
    design_record(&f, "Z1", "\\052.app.corp.internal.");
    found = check_only(&f, "WARNING", "shadowed-zone", "Z1 rr-1 " VPC);
    text_has(found->why, "more specific rules");
    assert_string_equal(found->query->command, "bridge53 explain --vpc " VPC
                                               " --source 10.1.1.7 '\\042.app.corp.internal' A");
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC, VPC_2)); /* seen in the other VPC */
    check_clean(&f);
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC));
    design_record(&f, "Z1", "mail.corp.internal.");
    check_clean(&f);
    fixture_end(&f);
}

static void two_of_a_name(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    design_rule(&f, "rr-2", "corp.internal.", "out-1", LIST("192.0.2.54"), LIST(VPC));
    check_only(&f, "WARNING", "shadowed-rule", "rr-2 rr-1 " VPC);
    design_rule(&f, "rr-2", "corp.internal.", "out-1", LIST("192.0.2.54"), LIST(VPC, VPC_2));
    check_clean(&f);
    design_zone(&f, "Z2", "app.internal.", LIST(VPC));
    design_zone(&f, "Z1", "app.internal.", LIST(VPC));
    check_only(&f, "WARNING", "shadowed-zone", "Z2 Z1 " VPC);
    fixture_end(&f);
}

static void switches_off(void **state)
{
    struct fixture f;
    struct b53_check_response out;

    (void)state;
    design_begin(&f);
    design_zone(&f, "Z1", "app.internal.", LIST(VPC, VPC_2));
    design_rule(&f, "rr-1", "corp.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC, VPC_2));
    design_vpc(&f, VPC_2, "10.2.0.0/16", "no-hostnames", NONE);
    text_has(check_only(&f, "ERROR", "zone-switched-off", VPC_2 " Z1")->why,
             "EnableDnsHostnames is off");
    design_vpc(&f, VPC_2, "10.2.0.0/16", "no-support", NONE);
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 2);
    assert_string_equal(out.findings[0].code, "zone-switched-off");
    assert_string_equal(out.findings[1].code, "rule-switched-off");
    text_has(out.findings[1].why, "EnableDnsSupport is off");
    assert_int_equal(check_in(&f, VPC).findings_n, 0);
    assert_int_equal(check_in(&f, VPC_2).findings_n, 2);
    fixture_end(&f);
}

static void unused_comes_last(void **state)
{
    struct fixture f;
    struct b53_check_response out;

    (void)state;
    design_begin(&f);
    design_zone(&f, "Z1", "app.internal.", NONE);
    assert_string_equal(check_only(&f, "NOTE", "unused", "Z1")->query->name, "app.internal");
    design_zone(&f, "Z1", "app.internal.", LIST("vpc-gone"));
    check_only(&f, "NOTE", "unused", "Z1");
    design_rule(&f, "rr-1", "corp.internal.", "out-9", LIST("192.0.2.53"), NONE); /* asks nobody */
    design_rule(&f, "rr-2", "lab.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    design_rule(&f, "rr-3", "lab.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    design_vpc(&f, VPC, "10.1.0.0/16", "no-support", NONE);
    out = check_in(&f, NULL);
    assert_int_equal(out.findings_n, 4);
    assert_string_equal(out.findings[0].severity, "ERROR");
    assert_string_equal(out.findings[1].severity, "WARNING");
    assert_string_equal(out.findings[2].severity, "NOTE");
    assert_string_equal(out.findings[3].severity, "NOTE");
    assert_int_equal(check_in(&f, VPC_2).findings_n, 0);
    fixture_end(&f);
}

static void others_are_not_looked_at(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    design_zone(&f, "Z1", "app.internal.", NONE);
    fixture_caller(&f, ACCOUNT, REGION);
    check_clean(&f);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_wrong),
        cmocka_unit_test(dns64_needs_nat64),
        cmocka_unit_test(dns64_prefix_by_tag),
        cmocka_unit_test(dns64_of_inbound_endpoint),
        cmocka_unit_test(families_of_endpoint_and_targets),
        cmocka_unit_test(groups_of_endpoints),
        cmocka_unit_test(groups_name_groups),
        cmocka_unit_test(endpoint_without_network),
        cmocka_unit_test(rule_without_endpoint),
        cmocka_unit_test(zone_behind_a_rule),
        cmocka_unit_test(zone_elsewhere_is_not_judged),
        cmocka_unit_test(zone_behind_more_specific_rules),
        cmocka_unit_test(two_of_a_name),
        cmocka_unit_test(switches_off),
        cmocka_unit_test(unused_comes_last),
        cmocka_unit_test(others_are_not_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
