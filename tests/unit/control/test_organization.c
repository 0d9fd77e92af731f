/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations: places, memberships, and what they mean for shares. */
#include "ram_fixture.h"

#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/organization.h"
#include "rows/rslvr.h"

OP(ram_create_resource_share)
OP(ram_enable_sharing_with_aws_organization)
OP(ram_list_resources)
OP(rslvr_associate_resolver_rule)

static int enable(struct fixture *f)
{
    const struct ram_enable_sharing_with_aws_organization_request in = {0};
    struct ram_enable_sharing_with_aws_organization_response out;
    int err = RUN(f, ram_enable_sharing_with_aws_organization, &in, &out);

    if (!err)
        assert_int_equal(out.return_value, TRI_TRUE);
    return err;
}

/* An organization managed by ACCOUNT with OTHER_ACCOUNT in the unit. */
struct setting {
    struct obj_organization organization;
    struct obj_organization_unit unit;
    const char *organization_arn, *unit_arn;
};

static void setting_make(struct fixture *f, struct setting *s)
{
    struct obj_organization_account a;

    ram_begin(f);
    assert_int_equal(organization_create(&f->c, ACCOUNT, &s->organization), 0);
    assert_int_equal(organization_unit_add(&f->c, s->organization.id, "net", &s->unit), 0);
    assert_int_equal(organization_account_put(&f->c, s->unit.id, OTHER_ACCOUNT, &a), 0);
    s->organization_arn = organization_arn(&f->c, &s->organization);
    s->unit_arn = organization_unit_arn(&f->c, &s->unit);
}

static int op_may_use(struct ctl *c, const void *in, void *out)
{
    const struct access use = {
        .action = "route53resolver:AssociateResolverRule", .arn = RULE, .owner = ACCOUNT};

    return access_has(c, in, &use, out);
}

/* True if an account may use the rule. */
static bool may_use(struct fixture *f, const char *account)
{
    bool has = false;

    assert_int_equal(fixture_run(f, op_may_use, account, &has, sizeof has), 0);
    return has;
}

static void memberships(void **state)
{
    struct fixture f;
    struct setting s;
    struct obj_organization_unit inner;
    struct obj_organization_account a;

    (void)state;
    setting_make(&f, &s);
    assert_string_equal(ram_index(&f, "memberships", ACCOUNT "/0"), s.organization_arn);
    assert_null(ram_index(&f, "memberships", ACCOUNT "/1"));
    assert_string_equal(ram_index(&f, "memberships", OTHER_ACCOUNT "/0"), s.unit_arn);
    assert_string_equal(ram_index(&f, "memberships", OTHER_ACCOUNT "/1"), s.organization_arn);
    assert_int_equal(organization_unit_add(&f.c, s.unit.id, "inner", &inner), 0);
    assert_memory_equal(inner.id, "ou-", 3);
    assert_int_equal(organization_account_put(&f.c, inner.id, OTHER_ACCOUNT, &a), 0);
    assert_string_equal(ram_index(&f, "memberships", OTHER_ACCOUNT "/0"),
                        organization_unit_arn(&f.c, &inner));
    assert_string_equal(ram_index(&f, "memberships", OTHER_ACCOUNT "/2"), s.organization_arn);
    assert_int_equal(organization_account_put(&f.c, s.organization.root_id, OTHER_ACCOUNT, &a), 0);
    assert_string_equal(ram_index(&f, "memberships", OTHER_ACCOUNT "/0"), s.organization_arn);
    assert_null(ram_index(&f, "memberships", OTHER_ACCOUNT "/1"));
    assert_int_equal(organization_account_remove(&f.c, OTHER_ACCOUNT), 0);
    assert_null(ram_index(&f, "memberships", OTHER_ACCOUNT "/0"));
    fixture_end(&f);
}

static void mistakes(void **state)
{
    struct fixture f;
    struct setting s;
    struct obj_organization o;
    struct obj_organization_unit u;
    struct obj_organization_account a;

    (void)state;
    setting_make(&f, &s);
    fixture_fault(&f, organization_create(&f.c, ACCOUNT, &o), FAULT_ResourceExistsException,
                  "already");
    fixture_fault(&f, organization_create(&f.c, "999999999999", &o),
                  FAULT_ResourceNotFoundException, "There is no account 999999999999.");
    fixture_fault(&f, organization_unit_add(&f.c, "ou-x", "n", &u), FAULT_ResourceNotFoundException,
                  "ou-x");
    fixture_fault(&f, organization_unit_add(&f.c, "r-none", "n", &u),
                  FAULT_ResourceNotFoundException, "r-none");
    fixture_fault(&f, organization_unit_add(&f.c, s.unit.id, "", &u), FAULT_InvalidParameterValue,
                  "name");
    fixture_fault(&f, organization_account_remove(&f.c, ACCOUNT), FAULT_InvalidParameterValue,
                  "management account");
    fixture_fault(&f, organization_account_remove(&f.c, THIRD_ACCOUNT),
                  FAULT_ResourceNotFoundException, "in no organization");
    assert_int_equal(organization_create(&f.c, THIRD_ACCOUNT, &o), 0);
    fixture_fault(&f, organization_account_put(&f.c, o.id, OTHER_ACCOUNT, &a),
                  FAULT_ResourceExistsException, "is in the organization");
    u = s.unit;
    for (int i = 1; i < ORG_DEPTH_MAX; i++)
        assert_int_equal(organization_unit_add(&f.c, u.id, "deep", &u), 0);
    fixture_fault(&f, organization_unit_add(&f.c, u.id, "deeper", &u), FAULT_LimitExceededException,
                  "5 levels");
    fixture_end(&f);
}

static void only_management_enables_sharing(void **state)
{
    static const char text[] =
        "Unable to enable sharing with AWS Organizations. Received AccessDeniedException from "
        "AWSOrganizations with the following error message: You don't have permissions to access "
        "this resource.";
    struct fixture f;
    struct setting s;
    const char *share;

    (void)state;
    setting_make(&f, &s);
    OTHER(&f);
    fixture_fault(&f, enable(&f), FAULT_OperationNotPermittedException, text);
    THIRD(&f);
    fixture_fault(&f, enable(&f), FAULT_OperationNotPermittedException, text);
    OWNER(&f);
    share = ram_share(&f, "s", OTHER_ACCOUNT, RULE); /* not enabled yet: it has to be asked */
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", OTHER_ACCOUNT), "ASSOCIATING");
    fixture_fault(&f, ram_add(&f, share, s.organization_arn, NULL), FAULT_UnknownResourceException,
                  "Organization ");
    assert_int_equal(enable(&f), 0);
    assert_int_equal(enable(&f), 0);
    assert_int_equal(ram_add(&f, share, s.organization_arn, NULL), 0);
    fixture_end(&f);
}

static void inside_needs_no_invitation(void **state)
{
    struct fixture f;
    struct setting s;
    struct ram_create_resource_share_request in = {.name = "n",
                                                   .allow_external_principals = TRI_FALSE};
    struct ram_create_resource_share_response made;
    const char *share;

    (void)state;
    setting_make(&f, &s);
    assert_int_equal(enable(&f), 0);
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &made), 0);
    share = made.resource_share->resource_share_arn;
    assert_int_equal(ram_add(&f, share, OTHER_ACCOUNT, RULE), 0);
    assert_int_equal(ram_add(&f, share, NULL, SUBNET_ARN), 0);
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", OTHER_ACCOUNT), "ASSOCIATED");
    assert_true(may_use(&f, OTHER_ACCOUNT));
    fixture_fault(&f, ram_add(&f, share, THIRD_ACCOUNT, NULL), FAULT_OperationNotPermittedException,
                  "outside");
    OTHER(&f);
    assert_null(ram_invitation(&f, 0, NULL));
    fixture_fault(&f, ram_remove(&f, share, OTHER_ACCOUNT, NULL),
                  FAULT_OperationNotPermittedException, "within your organization");
    /* Leaving the organization ends it. */
    assert_int_equal(organization_account_remove(&f.c, OTHER_ACCOUNT), 0);
    assert_false(may_use(&f, OTHER_ACCOUNT));
    OWNER(&f);
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", OTHER_ACCOUNT), "DISASSOCIATED");
    fixture_end(&f);
}

static void units_and_organizations(void **state)
{
    struct fixture f;
    struct setting s;
    struct obj_organization_account a;
    const struct ram_list_resources_request list = {.resource_owner = "OTHER-ACCOUNTS"};
    struct ram_list_resources_response found;
    const char *share;

    (void)state;
    setting_make(&f, &s);
    assert_int_equal(enable(&f), 0);
    share = ram_share(&f, "s", s.unit_arn, RULE);
    assert_string_equal(ram_index(&f, "grants", "%s/" RULE "/%s", s.unit_arn, ram_id(share)),
                        RULE_PERMISSION " 1");
    assert_true(may_use(&f, OTHER_ACCOUNT));
    OTHER(&f);
    assert_int_equal(RUN(&f, ram_list_resources, &list, &found), 0);
    assert_int_equal(found.resources_n, 1);
    fixture_fault(&f, ram_remove(&f, share, OTHER_ACCOUNT, NULL),
                  FAULT_OperationNotPermittedException, "within your organization");
    assert_int_equal(organization_account_put(&f.c, s.organization.id, OTHER_ACCOUNT, &a), 0);
    assert_false(may_use(&f, OTHER_ACCOUNT));
    assert_int_equal(RUN(&f, ram_list_resources, &list, &found), 0);
    assert_int_equal(found.resources_n, 0);
    OWNER(&f);
    assert_int_equal(ram_add(&f, share, s.organization_arn, NULL), 0);
    assert_true(may_use(&f, OTHER_ACCOUNT));
    assert_false(may_use(&f, THIRD_ACCOUNT));
    assert_int_equal(organization_account_put(&f.c, s.organization.id, THIRD_ACCOUNT, &a), 0);
    assert_true(may_use(&f, THIRD_ACCOUNT)); /* who comes later, too */
    fixture_end(&f);
}

/* A VPC of the account that leaves loses the rule that its unit had. */
static void leaving_takes_associations_away(void **state)
{
    struct fixture f;
    struct setting s;
    struct obj_organization_account a;
    const struct rslvr_associate_resolver_rule_request in = {.resolver_rule_id = "rslvr-rr-1",
                                                             .vpc_id = FOREIGN_VPC};
    struct rslvr_associate_resolver_rule_response out;

    (void)state;
    setting_make(&f, &s);
    assert_int_equal(enable(&f), 0);
    ram_share(&f, "s", s.unit_arn, RULE);
    OTHER(&f);
    assert_int_equal(RUN(&f, rslvr_associate_resolver_rule, &in, &out), 0);
    assert_int_equal(fixture_count(&f, &kind_rule_assoc), 1);
    assert_int_equal(organization_account_put(&f.c, s.organization.id, OTHER_ACCOUNT, &a), 0);
    assert_int_equal(fixture_count(&f, &kind_rule_assoc), 0);
    fixture_end(&f);
}

static void retained_sharing(void **state)
{
    static const char *principal = OTHER_ACCOUNT, *rule = RULE;
    struct fixture f;
    struct setting s;
    struct ram_resource_share_configuration keep = {TRI_TRUE};
    const struct ram_create_resource_share_request in = {.name = "n",
                                                         .principals = &principal,
                                                         .principals_n = 1,
                                                         .resource_arns = &rule,
                                                         .resource_arns_n = 1,
                                                         .resource_share_configuration = &keep};
    struct ram_create_resource_share_response made;

    (void)state;
    setting_make(&f, &s);
    assert_int_equal(enable(&f), 0);
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &made), 0);
    assert_int_equal(organization_account_remove(&f.c, OTHER_ACCOUNT), 0);
    assert_true(may_use(&f, OTHER_ACCOUNT));
    fixture_end(&f);
}

static void owner_leaves(void **state)
{
    struct fixture f;
    struct obj_organization o;
    struct obj_organization_account a;
    const char *share;

    (void)state;
    ram_begin(&f);
    assert_int_equal(organization_create(&f.c, OTHER_ACCOUNT, &o), 0);
    assert_int_equal(organization_account_put(&f.c, o.id, ACCOUNT, &a), 0);
    OTHER(&f);
    assert_int_equal(enable(&f), 0);
    OWNER(&f);
    share = ram_share(&f, "s", organization_arn(&f.c, &o), RULE);
    assert_int_equal(ram_add(&f, share, THIRD_ACCOUNT, NULL), 0);
    assert_true(may_use(&f, OTHER_ACCOUNT));
    assert_int_equal(organization_account_remove(&f.c, ACCOUNT), 0);
    assert_false(may_use(&f, OTHER_ACCOUNT));
    /* Who was outside anyway stays. */
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", THIRD_ACCOUNT), "ASSOCIATING");
    fixture_end(&f);
}

static int count_entry(void *ctx, const struct organization_entry *e)
{
    size_t *n = ctx;

    n[e->organization ? 0 : e->unit ? 1 : 2]++;
    return 0;
}

static void listing(void **state)
{
    struct fixture f;
    struct setting s;
    size_t n[3] = {0};

    (void)state;
    setting_make(&f, &s);
    assert_int_equal(organization_list(&f.c, count_entry, n), 0);
    assert_int_equal(n[0], 1);
    assert_int_equal(n[1], 1);
    assert_int_equal(n[2], 2);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memberships),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(only_management_enables_sharing),
        cmocka_unit_test(inside_needs_no_invitation),
        cmocka_unit_test(units_and_organizations),
        cmocka_unit_test(leaving_takes_associations_away),
        cmocka_unit_test(retained_sharing),
        cmocka_unit_test(owner_leaves),
        cmocka_unit_test(listing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
