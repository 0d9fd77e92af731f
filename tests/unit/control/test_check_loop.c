/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a design: forwarding loops, and what cuts them. */
#include "design_fixture.h"

#include <string.h>

/* Two VPCs whose inbound endpoints are each other's targets for corp.internal. */
static void loop_design(struct fixture *f)
{
    design_begin(f);
    design_inbound(f, "in-1", VPC, "10.1.1.20");
    design_inbound(f, "in-2", VPC_2, "10.2.1.20");
    design_rule(f, "rr-2", "corp.internal.", "out-1", LIST("192.0.2.53", "10.2.1.20"), LIST(VPC));
    design_rule(f, "rr-1", "corp.internal.", "out-1", LIST("10.1.1.20"), LIST(VPC_2));
}

static void loop_of_two(void **state)
{
    struct fixture f;
    const struct b53_finding *found;

    (void)state;
    loop_design(&f);
    found = check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    text_has(found->why,
             "The rule rr-1 (corp.internal.) asks 10.1.1.20, the inbound endpoint in-1 of " VPC
             ", there the rule rr-2 (corp.internal.) asks 10.2.1.20");
    assert_string_equal(found->query->vpc_id, VPC_2);
    assert_string_equal(found->query->name, "corp.internal");
    /* A zone of the name is final. */
    design_zone(&f, "Z1", "corp.internal.", LIST(VPC_2));
    design_rule(&f, "rr-1", "internal.", "out-1", LIST("10.1.1.20"), LIST(VPC_2));
    check_clean(&f);
    /* Unless it does not act. */
    design_vpc(&f, VPC_2, "10.2.0.0/16", "no-hostnames", NONE);
    assert_int_equal(check_in(&f, NULL).findings_n, 2);
    design_vpc(&f, VPC_2, "10.2.0.0/16", "", NONE);
    fixture_end(&f);
}

static void loops_that_are_cut(void **state)
{
    struct fixture f;

    (void)state;
    loop_design(&f); /* a SYSTEM rule for the name, beside a FORWARD rule for a wider one */
    design_rule(&f, "rr-1", "internal.", "out-1", LIST("10.1.1.20"), LIST(VPC_2));
    check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    design_rule(&f, "rr-3", "corp.internal.", NULL, NONE, LIST(VPC_2));
    check_clean(&f);
    fixture_end(&f);

    loop_design(&f); /* the resolver of the other VPC does not answer */
    design_vpc(&f, VPC_2, "10.2.0.0/16", "no-support", NONE);
    check_only(&f, "ERROR", "rule-switched-off", VPC_2 " rr-1");
    fixture_end(&f);

    loop_design(&f); /* the inbound endpoints let the outbound one not in */
    design_group(&f, GROUP_2, "udp", 53, "192.0.2.0/24");
    check_clean(&f);
    design_group(&f, GROUP_2, "udp", 53, "10.1.1.10/32");
    check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    fixture_end(&f);

    loop_design(&f); /* the outbound endpoint may not ask them */
    design_group(&f, GROUP, "udp", 53, "10.2.1.20/32");
    assert_string_equal(check_in(&f, NULL).findings[0].code, "egress-blocked");
    assert_int_equal(check_in(&f, VPC).findings_n, 1);
    fixture_end(&f);
}

static void loop_of_a_more_specific_name(void **state)
{
    struct fixture f;
    const struct b53_finding *found;

    (void)state;
    loop_design(&f);
    design_rule(&f, "rr-1", "x.y.corp.internal.", "out-1", LIST("10.1.1.20"), LIST(VPC_2));
    found = check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    assert_string_equal(found->query->name, "x.y.corp.internal");
    /* Another rule between them leads out. */
    design_rule(&f, "rr-3", "y.corp.internal.", "out-1", LIST("192.0.2.53"), LIST(VPC));
    check_clean(&f);
    design_rule(&f, "rr-2", "other.internal.", "out-1", LIST("10.2.1.20"), LIST(VPC));
    check_clean(&f);
    fixture_end(&f);
}

static void loops_of_one_and_three(void **state)
{
    struct fixture f;

    (void)state;
    design_begin(&f);
    design_inbound(&f, "in-1", VPC, "10.1.1.20");
    design_rule(&f, "rr-1", ".", "out-1", LIST("10.1.1.20"), LIST(VPC));
    assert_string_equal(check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1")->query->name, ".");
    design_vpc(&f, "vpc-3", "10.3.0.0/16", "", NONE);
    design_inbound(&f, "in-2", VPC_2, "10.2.1.20");
    design_inbound(&f, "in-3", "vpc-3", "10.3.1.20");
    design_rule(&f, "rr-1", ".", "out-1", LIST("10.2.1.20"), LIST(VPC));
    design_rule(&f, "rr-2", "internal.", "out-1", LIST("10.3.1.20"), LIST(VPC_2));
    design_rule(&f, "rr-3", "corp.internal.", "out-1", LIST("10.1.1.20"), LIST("vpc-3"));
    assert_string_equal(
        check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-2 rr-2 in-3 rr-3 in-1")->query->name,
        "corp.internal");
    design_vpc(&f, "vpc-4", "10.4.0.0/16", "", NONE);
    /* A rule that leads into the loop is no part of it. */
    design_rule(&f, "rr-0", "a.corp.internal.", "out-1", LIST("10.1.1.20"), LIST("vpc-4"));
    check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-2 rr-2 in-3 rr-3 in-1");
    fixture_end(&f);
}

static void loop_by_own_reverse_name(void **state)
{
    struct fixture f;
    struct obj_resolver_config off = {
        .id = "rslvr-rc-1", .resource_id = VPC_2, .autodefined_reverse = "DISABLED"};

    (void)state;
    loop_design(&f);
    /* VPC_2 knows 2.10.in-addr.arpa by itself, so that the wider rule does not take it. */
    design_rule(&f, "rr-2", "2.10.in-addr.arpa.", "out-1", LIST("10.2.1.20"), LIST(VPC));
    design_rule(&f, "rr-1", "10.in-addr.arpa.", "out-1", LIST("10.1.1.20"), LIST(VPC_2));
    check_clean(&f);
    design_put(&f, &kind_config, VPC_2, &off);
    check_only(&f, "ERROR", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    fixture_end(&f);
}

static void loop_through_an_ambiguous_address(void **state)
{
    struct fixture f;

    (void)state;
    loop_design(&f);
    design_vpc(&f, "vpc-3", "10.2.0.0/16", "", LIST("bridge53:netns=far"));
    design_inbound(&f, "in-3", "vpc-3", "10.2.1.20");
    text_has(check_only(&f, "WARNING", "forwarding-loop", "rr-1 in-1 rr-2 in-2")->why, "may loop");
    /* The sender's own network has that address, but no inbound endpoint with it. */
    fixture_end(&f);
    loop_design(&f);
    design_vpc(&f, "vpc-3", "10.2.0.0/16", "", LIST("bridge53:netns=far"));
    design_outbound(&f, "out-3", "vpc-3", "10.2.1.10", NULL);
    design_rule(&f, "rr-2", "corp.internal.", "out-3", LIST("10.2.1.20"), LIST(VPC));
    check_only(&f, "WARNING", "forwarding-loop", "rr-1 in-1 rr-2 in-2");
    /* Now it has one, and a packet does not leave it. */
    design_inbound(&f, "in-3", "vpc-3", "10.2.1.20");
    check_clean(&f);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_of_two),
        cmocka_unit_test(loops_that_are_cut),
        cmocka_unit_test(loop_of_a_more_specific_name),
        cmocka_unit_test(loops_of_one_and_three),
        cmocka_unit_test(loop_by_own_reverse_name),
        cmocka_unit_test(loop_through_an_ambiguous_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
