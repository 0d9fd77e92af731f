/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what with another's resource, and what is taken away when grants change. */
#include "service_fixture.h"

#include <string.h>

#include "base/error.h"
#include "control/access.h"

#define RULE "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/rslvr-rr-1"
#define RULE_2 "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/rslvr-rr-2"
#define PROFILE "arn:aws:route53profiles:" REGION ":" ACCOUNT ":profile/rp-1"
#define UNIT "arn:aws:organizations::999999999999:ou/o-1/ou-1"
#define ORGANIZATION "arn:aws:organizations::999999999999:organization/o-1"
#define GET "route53resolver:GetResolverRule"
#define UPDATE "route53resolver:UpdateResolverRule"
#define CONDITIONAL                                                                    \
    "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:AssociateResourceToProfile\"," \
    "\"Condition\":{\"ForAllValues:StringLike\":{\"route53profiles:HostedZoneDomains\":\"*.b\"}}}"

static int op_check(struct ctl *c, const void *in, void *out)
{
    int *ret = out;

    *ret = access_check(c, in);
    return *ret == ERR_NOT_FOUND ? 0 : *ret;
}

/* 0, ERR_NOT_FOUND or ERR_FAULT, as access_check. */
static int check(struct fixture *f, const char *action, const char *arn)
{
    const struct access a = {.action = action, .arn = arn, .owner = ACCOUNT};
    int ret;

    (void)fixture_run(f, op_check, &a, &ret, sizeof ret);
    return ret;
}

struct membership {
    const char *key, *value;
};

static int op_membership(struct ctl *c, const void *in, void *out)
{
    const struct membership *m = in;

    (void)out;
    return ctl_index_put(c, "memberships", m->key, m->value);
}

static void test_check(void **state)
{
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(check(&f, UPDATE, RULE), 0);
    fixture_grant(&f, OTHER_ACCOUNT, RULE, RULE_PERMISSION " 1");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(check(&f, GET, RULE), 0);
    assert_int_equal(check(&f, GET, RULE_2), ERR_NOT_FOUND);
    assert_int_equal(
        check(&f, GET, "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/rslvr-rr"),
        ERR_NOT_FOUND);
    fixture_fault(&f, check(&f, UPDATE, RULE), FAULT_AccessDeniedException,
                  "User: arn:aws:iam::" OTHER_ACCOUNT ":root is not authorized to perform: " UPDATE
                  " on resource: " RULE);
    fixture_caller(&f, "333333333333", REGION);
    assert_int_equal(check(&f, GET, RULE), ERR_NOT_FOUND);
    fixture_caller(&f, ACCOUNT, REGION);
    fixture_grant(&f, OTHER_ACCOUNT, RULE, NULL);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(check(&f, GET, RULE), ERR_NOT_FOUND);
    fixture_end(&f);
}

/* A permission that is gone leaves a share that allows nothing. */
static void test_permission_gone(void **state)
{
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    fixture_grant(&f, OTHER_ACCOUNT, RULE, "arn:aws:ram:" REGION ":1:permission/gone 1");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(check(&f, GET, RULE), ERR_FAULT);
    fixture_end(&f);
}

static void test_memberships(void **state)
{
    static const struct membership rows[] = {{OTHER_ACCOUNT "/0", UNIT},
                                             {OTHER_ACCOUNT "/1", ORGANIZATION},
                                             {ACCOUNT "/0", ORGANIZATION}};
    struct fixture f;
    char out;

    (void)state;
    fixture_begin(&f);
    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(fixture_run(&f, op_membership, &rows[i], &out, sizeof out), 0);
    fixture_grant(&f, UNIT, RULE, RULE_PERMISSION " 1");
    fixture_grant(&f, ORGANIZATION, RULE_2, RULE_PERMISSION " 1");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(check(&f, GET, RULE), 0);
    assert_int_equal(check(&f, GET, RULE_2), 0);
    fixture_caller(&f, "333333333333", REGION);
    assert_int_equal(check(&f, GET, RULE), ERR_NOT_FOUND);
    assert_int_equal(check(&f, GET, RULE_2), ERR_NOT_FOUND);
    fixture_end(&f);
}

static void test_conditions(void **state)
{
    static const char *const good[] = {"a.b", "c.b"}, *const mixed[] = {"a.b", "c.d"};
    struct access_key key = {"route53profiles:HostedZoneDomains", good, 2};
    const struct access a = {"route53profiles:AssociateResourceToProfile", PROFILE, ACCOUNT, &key,
                             1};
    struct fixture f;
    int ret;

    (void)state;
    fixture_begin(&f);
    fixture_grant(&f, OTHER_ACCOUNT, PROFILE, CONDITIONAL);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(fixture_run(&f, op_check, &a, &ret, sizeof ret), 0);
    key.values = mixed;
    fixture_fault(&f, fixture_run(&f, op_check, &a, &ret, sizeof ret), FAULT_AccessDeniedException,
                  "");
    fixture_end(&f);
}

struct seen {
    char text[256];
};

static int seen_each(void *ctx, const char *arn, const char *unused)
{
    struct seen *seen = ctx;

    (void)unused;
    strcat(seen->text, strrchr(arn, '/'));
    return 0;
}

static int op_list(struct ctl *c, const void *in, void *out)
{
    const struct access_walk walk = {"arn:aws:route53resolver:" REGION ":", ":resolver-rule/",
                                     seen_each, out};

    (void)in;
    return access_list(c, &walk);
}

static int op_status(struct ctl *c, const void *in, void *out)
{
    return access_share_status(c, in, ACCOUNT, out);
}

static int op_forget(struct ctl *c, const void *in, void *out)
{
    (void)out;
    return access_forget(c, in);
}

static const char *status(struct fixture *f)
{
    const char *ret;

    assert_int_equal(fixture_run(f, op_status, RULE, &ret, sizeof ret), 0);
    return ret;
}

static void test_list(void **state)
{
    static const struct membership rows[] = {{OTHER_ACCOUNT "/0", ORGANIZATION},
                                             {ACCOUNT "/0", ORGANIZATION}};
    struct fixture f;
    struct seen seen;
    char out;

    (void)state;
    fixture_begin(&f);
    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(fixture_run(&f, op_membership, &rows[i], &out, sizeof out), 0);
    assert_string_equal(status(&f), "NOT_SHARED");
    fixture_grant(&f, OTHER_ACCOUNT, RULE_2, RULE_PERMISSION " 1");
    fixture_grant(&f, OTHER_ACCOUNT, PROFILE, PROFILE_PERMISSION " 1");
    fixture_grant(&f, ORGANIZATION, RULE, RULE_PERMISSION " 1");
    fixture_grant(&f, ORGANIZATION, RULE_2, RULE_PERMISSION " 1");
    assert_string_equal(status(&f), "SHARED_BY_ME");
    assert_int_equal(fixture_run(&f, op_list, NULL, &seen, sizeof seen), 0);
    assert_string_equal(seen.text, "");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_string_equal(status(&f), "SHARED_WITH_ME");
    assert_int_equal(fixture_run(&f, op_list, NULL, &seen, sizeof seen), 0);
    assert_string_equal(seen.text, "/rslvr-rr-1/rslvr-rr-2");
    fixture_caller(&f, ACCOUNT, REGION);
    assert_int_equal(fixture_run(&f, op_forget, RULE, &out, sizeof out), 0);
    assert_string_equal(status(&f), "NOT_SHARED");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(fixture_run(&f, op_list, NULL, &seen, sizeof seen), 0);
    assert_string_equal(seen.text, "/rslvr-rr-2");
    fixture_end(&f);
}

/* A profile of ACCOUNT, associated with a VPC of each account. */
static int op_profile(struct ctl *c, const void *in, void *out)
{
    struct obj_profile profile = {.id = "rp-1", .arn = PROFILE, .name = "p"};
    struct obj_profile_association own = {
        .id = "rpassoc-1", .profile_id = "rp-1", .resource_id = VPC};
    struct obj_profile_association other = {.owner_account = OTHER_ACCOUNT,
                                            .id = "rpassoc-2",
                                            .profile_id = "rp-1",
                                            .resource_id = FOREIGN_VPC,
                                            .priority = {true, 100}};
    int err = ctl_put(c, &kind_profile, profile.id, &profile);

    (void)in;
    (void)out;
    if (!err)
        err = ctl_put(c, &kind_profile_assoc, own.id, &own);
    if (!err)
        err = ctl_put(c, &kind_profile_assoc, other.id, &other);
    if (!err)
        err = ctl_index_put(c, "profile-vpcs", "rp-1/" VPC, own.id);
    if (!err)
        err = ctl_index_put(c, "profile-vpcs", "rp-1/" FOREIGN_VPC, other.id);
    if (!err)
        err = ctl_index_put(c, "vpc-profiles", VPC "/00000/rpassoc-1", "rp-1");
    return err ? err : ctl_index_put(c, "vpc-profiles", FOREIGN_VPC "/00100/rpassoc-2", "rp-1");
}

static int count_each(void *ctx, const char *key, const char *value)
{
    (void)value;
    *(size_t *)ctx += strchr(key, '/') != NULL; /* not the bare keys, which count and guard */
    return 0;
}

static int op_index_count(struct ctl *c, const void *in, void *out)
{
    return ctl_index_list(c, in, "", count_each, out);
}

static size_t index_count(struct fixture *f, const char *name)
{
    size_t n;

    assert_int_equal(fixture_run(f, op_index_count, name, &n, sizeof n), 0);
    return n;
}

static void test_recheck_profile(void **state)
{
    struct fixture f;
    char out;

    (void)state;
    fixture_begin(&f);
    fixture_grant(&f, OTHER_ACCOUNT, PROFILE, PROFILE_PERMISSION " 1");
    assert_int_equal(fixture_run(&f, op_profile, NULL, &out, sizeof out), 0);
    fixture_grant(&f, OTHER_ACCOUNT, PROFILE, CONDITIONAL);
    assert_int_equal(index_count(&f, "profile-vpcs"), 2);
    fixture_grant(&f, OTHER_ACCOUNT, PROFILE, NULL);
    assert_int_equal(index_count(&f, "profile-vpcs"), 1);
    assert_int_equal(index_count(&f, "vpc-profiles"), 1);
    assert_int_equal(fixture_count(&f, &kind_profile_assoc), 1);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(fixture_count(&f, &kind_profile_assoc), 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),       cmocka_unit_test(test_permission_gone),
        cmocka_unit_test(test_memberships), cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_list),        cmocka_unit_test(test_recheck_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
