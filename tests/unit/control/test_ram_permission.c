/* SPDX-License-Identifier: Apache-2.0 */
/* Permissions: the service's, customer managed ones with versions, and those of shares. */
#include "ram_fixture.h"

#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/permission.h"

OP(ram_create_resource_share)
OP(ram_create_permission)
OP(ram_create_permission_version)
OP(ram_delete_permission)
OP(ram_delete_permission_version)
OP(ram_set_default_permission_version)
OP(ram_get_permission)
OP(ram_list_permissions)
OP(ram_list_permission_versions)
OP(ram_list_permission_associations)
OP(ram_replace_permission_associations)
OP(ram_list_replace_permission_associations_work)
OP(ram_associate_resource_share_permission)
OP(ram_disassociate_resource_share_permission)
OP(ram_list_resource_share_permissions)
OP(ram_promote_permission_created_from_policy)
OP(ram_tag_resource)

#define ADMIN_ARN "arn:aws:ram:" REGION ":" ACCOUNT ":permission/admin"
#define READ                                                            \
    "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:GetProfile\"," \
    "\"route53profiles:AssociateProfile\"]}"
#define ADMIN                                                                            \
    "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:AssociateResourceToProfile\"]," \
    "\"Condition\":{\"StringEquals\":{\"route53profiles:ResourceTypes\":\"HOSTED_ZONE\"}}}"

static int create(struct fixture *f, const char *name, const char *type, const char *template)
{
    const struct ram_create_permission_request in = {
        .name = name, .resource_type = type, .policy_template = template};
    struct ram_create_permission_response out;

    return RUN(f, ram_create_permission, &in, &out);
}

static int version_new(struct fixture *f, const char *template)
{
    const struct ram_create_permission_version_request in = {.permission_arn = ADMIN_ARN,
                                                             .policy_template = template};
    struct ram_create_permission_version_response out;

    return RUN(f, ram_create_permission_version, &in, &out);
}

static int version_delete(struct fixture *f, int version)
{
    const struct ram_delete_permission_version_request in = {.permission_arn = ADMIN_ARN,
                                                             .permission_version = {true, version}};
    struct ram_delete_permission_version_response out;

    return RUN(f, ram_delete_permission_version, &in, &out);
}

static int delete (struct fixture *f, const char *arn)
{
    const struct ram_delete_permission_request in = {.permission_arn = arn};
    struct ram_delete_permission_response out;

    return RUN(f, ram_delete_permission, &in, &out);
}

static int attach(struct fixture *f, const char *share, const char *arn, bool replace, int version)
{
    const struct ram_associate_resource_share_permission_request in = {
        .resource_share_arn = share,
        .permission_arn = arn,
        .replace = replace ? TRI_TRUE : TRI_NONE,
        .permission_version = {version > 0, version},
    };
    struct ram_associate_resource_share_permission_response out;

    return RUN(f, ram_associate_resource_share_permission, &in, &out);
}

static struct ram_resource_share_permission_detail *get(struct fixture *f, const char *arn,
                                                        int version)
{
    const struct ram_get_permission_request in = {.permission_arn = arn,
                                                  .permission_version = {version > 0, version}};
    struct ram_get_permission_response out;

    return RUN(f, ram_get_permission, &in, &out) == 0 ? out.permission : NULL;
}

static void of_the_service(void **state)
{
    struct fixture f;
    struct ram_list_permissions_request in = {0};
    struct ram_list_permissions_response out;
    const struct ram_resource_share_permission_detail *p;

    (void)state;
    ram_begin(&f);
    assert_int_equal(RUN(&f, ram_list_permissions, &in, &out), 0);
    assert_int_equal(out.permissions_n, 5);
    in.resource_type = "route53profiles:profile";
    assert_int_equal(RUN(&f, ram_list_permissions, &in, &out), 0);
    assert_int_equal(out.permissions_n, 1);
    assert_string_equal(out.permissions[0].name, "AWSRAMPermissionRoute53ProfileAllowAssociation");
    assert_string_equal(out.permissions[0].permission_type, "AWS_MANAGED");
    assert_int_equal(out.permissions[0].is_resource_type_default, TRI_TRUE);
    p = get(&f, PROFILE_PERMISSION, 0);
    assert_non_null(strstr(p->permission, "route53profiles:AssociateProfile"));
    assert_null(strstr(p->permission, "AssociateResourceToProfile"));
    assert_string_equal(p->version, "1");
    assert_null(get(&f, PROFILE_PERMISSION, 2));
    assert_int_equal(f.c.fault.code, FAULT_UnknownResourceException);
    assert_null(get(&f, "arn:aws:ram::aws:permission", 0));
    assert_int_equal(f.c.fault.code, FAULT_MalformedArnException);
    fixture_fault(&f, delete (&f, PROFILE_PERMISSION), FAULT_OperationNotPermittedException,
                  "managed by AWS");
    in.permission_type = "MINE";
    fixture_fault(&f, RUN(&f, ram_list_permissions, &in, &out), FAULT_InvalidParameterException,
                  "MINE is not a valid scope. Must be one of: ALL, AWS, LOCAL.");
    in = (struct ram_list_permissions_request){.permission_type = "CUSTOMER_MANAGED"};
    assert_int_equal(RUN(&f, ram_list_permissions, &in, &out), 0);
    assert_int_equal(out.permissions_n, 0);
    fixture_end(&f);
}

static void of_customers(void **state)
{
    struct fixture f;
    struct ram_list_permission_versions_request list = {.permission_arn = ADMIN_ARN};
    struct ram_list_permission_versions_response listed;
    const struct ram_set_default_permission_version_request one = {.permission_arn = ADMIN_ARN,
                                                                   .permission_version = {true, 1}};
    struct ram_set_default_permission_version_response set;
    struct ram_set_default_permission_version_request bad = one;

    (void)state;
    ram_begin(&f);
    assert_int_equal(create(&f, "admin", "route53profiles:Profile", READ), 0);
    fixture_fault(&f, create(&f, "admin", "route53profiles:Profile", READ),
                  FAULT_PermissionAlreadyExistsException, "already exists");
    assert_string_equal(get(&f, ADMIN_ARN, 0)->permission, READ);
    assert_string_equal(get(&f, ADMIN_ARN, 0)->permission_type, "CUSTOMER_MANAGED");
    assert_int_equal(version_new(&f, ADMIN), 0);
    assert_string_equal(get(&f, ADMIN_ARN, 0)->version, "2");
    assert_string_equal(get(&f, ADMIN_ARN, 1)->permission, READ);
    assert_int_equal(RUN(&f, ram_list_permission_versions, &list, &listed), 0);
    assert_int_equal(listed.permissions_n, 2);
    assert_int_equal(listed.permissions[0].default_version, TRI_FALSE);
    assert_int_equal(listed.permissions[1].default_version, TRI_TRUE);
    fixture_fault(&f, version_delete(&f, 2), FAULT_OperationNotPermittedException,
                  "default version");
    assert_int_equal(RUN(&f, ram_set_default_permission_version, &one, &set), 0);
    assert_string_equal(get(&f, ADMIN_ARN, 0)->version, "1");
    assert_int_equal(version_delete(&f, 2), 0);
    fixture_fault(&f, version_delete(&f, 2), FAULT_UnknownResourceException, "Version 2");
    bad.permission_version.v = 2;
    fixture_fault(&f, RUN(&f, ram_set_default_permission_version, &bad, &set),
                  FAULT_UnknownResourceException, "Version 2");
    for (int i = 0; i < 4; i++)
        assert_int_equal(version_new(&f, READ), 0);
    assert_string_equal(get(&f, ADMIN_ARN, 0)->version, "6"); /* 2 is not used again */
    fixture_fault(&f, version_new(&f, READ), FAULT_PermissionVersionsLimitExceededException, "5");
    /* Others don't learn of it. */
    OTHER(&f);
    assert_null(get(&f, ADMIN_ARN, 0));
    assert_int_equal(f.c.fault.code, FAULT_UnknownResourceException);
    fixture_fault(&f, delete (&f, ADMIN_ARN), FAULT_UnknownResourceException, "could not be found");
    OWNER(&f);
    assert_int_equal(delete (&f, ADMIN_ARN), 0);
    assert_null(get(&f, ADMIN_ARN, 0));
    for (int i = 0; i < 10; i++)
        assert_int_equal(
            create(&f, arena_printf(&f.arena, "p%d", i), "route53profiles:Profile", READ), 0);
    fixture_fault(&f, create(&f, "p10", "route53profiles:Profile", READ),
                  FAULT_PermissionLimitExceededException, "10");
    fixture_end(&f);
}

static void templates_are_checked(void **state)
{
    static const struct {
        const char *type, *template;
        enum fault_code code;
        const char *text;
    } cases[] = {
        {"route53resolver:ResolverRule", READ, FAULT_InvalidParameterException,
         "does not support customer managed permissions"},
        {"x:Y", READ, FAULT_InvalidParameterException, "x:Y"},
        {"route53profiles:Profile", "{", FAULT_MalformedPolicyTemplateException, "JSON"},
        {"route53profiles:Profile", "[]", FAULT_MalformedPolicyTemplateException, "JSON object"},
        {"route53profiles:Profile", "{\"Effect\":\"Deny\",\"Action\":\"x\"}",
         FAULT_MalformedPolicyTemplateException, "Effect"},
        {"route53profiles:Profile", "{\"Effect\":\"Allow\"}",
         FAULT_MalformedPolicyTemplateException, "Action is missing"},
        {"route53profiles:Profile", "{\"Effect\":\"Allow\",\"Action\":[]}",
         FAULT_MalformedPolicyTemplateException, "Action"},
        {"route53profiles:Profile",
         "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:GetProfile\",\"Resource\":\"*\"}",
         FAULT_MalformedPolicyTemplateException, "only Effect"},
        {"route53profiles:Profile",
         "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:GetProfile\","
         "\"route53profiles:DeleteProfile\"]}",
         FAULT_InvalidPolicyException, "route53profiles:DeleteProfile"},
        {"route53profiles:Profile", "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:*\"}",
         FAULT_InvalidPolicyException, "route53profiles:*"},
        {"route53profiles:Profile",
         "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:GetProfile\",\"Condition\":1}",
         FAULT_MalformedPolicyTemplateException, "Condition"},
        {"route53profiles:Profile",
         "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:GetProfile\","
         "\"Condition\":{\"StringIs\":{}}}",
         FAULT_InvalidPolicyException, "StringIs"},
        {"route53profiles:Profile",
         "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:GetProfile\","
         "\"Condition\":{\"StringEquals\":{\"s3:prefix\":\"x\"}}}",
         FAULT_InvalidPolicyException, "s3:prefix"},
        {"route53profiles:Profile",
         "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:GetProfile\","
         "\"Condition\":{\"StringEquals\":{\"route53profiles:ResourceIds\":{}}}}",
         FAULT_MalformedPolicyTemplateException, "value"},
    };
    struct fixture f;

    (void)state;
    ram_begin(&f);
    for (size_t i = 0; i < N(cases); i++)
        fixture_fault(&f, create(&f, "p", cases[i].type, cases[i].template), cases[i].code,
                      cases[i].text);
    assert_int_equal(create(&f, "p", "route53profiles:Profile",
                            "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:GetProfile\","
                            "\"Condition\":{\"ForAllValues:StringLikeIfExists\":{"
                            "\"route53profiles:HostedZoneDomains\":[\"a\",\"b\"]}}}"),
                     0);
    fixture_end(&f);
}

static int op_may_admin(struct ctl *c, const void *in, void *out)
{
    static const char *const zone[] = {"HOSTED_ZONE"};
    const struct access_key key = {"route53profiles:ResourceTypes", zone, 1};
    const struct access use = {"route53profiles:AssociateResourceToProfile", PROFILE, ACCOUNT, &key,
                               1};

    (void)in;
    return access_has(c, OTHER_ACCOUNT, &use, out);
}

static bool may_admin(struct fixture *f)
{
    bool has = false;

    assert_int_equal(fixture_run(f, op_may_admin, NULL, &has, sizeof has), 0);
    return has;
}

/* A share goes from read-only to admin and back, and its grants with it. */
static void permissions_of_a_share(void **state)
{
    struct fixture f;
    struct ram_list_resource_share_permissions_request list = {0};
    struct ram_list_resource_share_permissions_response listed;
    struct ram_disassociate_resource_share_permission_request off;
    struct ram_disassociate_resource_share_permission_response offed;
    const char *share;

    (void)state;
    ram_begin(&f);
    assert_int_equal(create(&f, "admin", "route53profiles:Profile", ADMIN), 0);
    share = ram_share(&f, "s", OTHER_ACCOUNT, PROFILE);
    OTHER(&f);
    assert_int_equal(ram_accept(&f, ram_invitation(&f, 0, NULL)), 0);
    assert_false(may_admin(&f));
    OWNER(&f);
    fixture_fault(&f, attach(&f, share, ADMIN_ARN, false, 0), FAULT_InvalidParameterException,
                  "Specify replace");
    assert_int_equal(attach(&f, share, ADMIN_ARN, true, 0), 0);
    assert_string_equal(ram_index(&f, "grants", OTHER_ACCOUNT "/" PROFILE "/%s", ram_id(share)),
                        ADMIN_ARN " 1");
    assert_true(may_admin(&f));
    list.resource_share_arn = share;
    assert_int_equal(RUN(&f, ram_list_resource_share_permissions, &list, &listed), 0);
    assert_int_equal(listed.permissions_n, 1);
    assert_string_equal(listed.permissions[0].status, "ASSOCIATED");
    assert_string_equal(listed.permissions[0].name, "admin");
    fixture_fault(&f, delete (&f, ADMIN_ARN), FAULT_OperationNotPermittedException, "associated");
    off = (struct ram_disassociate_resource_share_permission_request){.resource_share_arn = share,
                                                                      .permission_arn = ADMIN_ARN};
    fixture_fault(&f, RUN(&f, ram_disassociate_resource_share_permission, &off, &offed),
                  FAULT_OperationNotPermittedException, "still has resources");
    OTHER(&f);
    assert_int_equal(RUN(&f, ram_list_resource_share_permissions, &list, &listed), 0);
    THIRD(&f);
    fixture_fault(&f, RUN(&f, ram_list_resource_share_permissions, &list, &listed),
                  FAULT_UnknownResourceException, "could not be found");
    OWNER(&f);
    assert_int_equal(attach(&f, share, PROFILE_PERMISSION, true, 0), 0);
    assert_false(may_admin(&f));
    fixture_fault(&f, RUN(&f, ram_disassociate_resource_share_permission, &off, &offed),
                  FAULT_UnknownResourceException, "not associated");
    assert_int_equal(ram_remove(&f, share, NULL, PROFILE), 0);
    off.permission_arn = PROFILE_PERMISSION;
    assert_int_equal(RUN(&f, ram_disassociate_resource_share_permission, &off, &offed), 0);
    assert_int_equal(delete (&f, ADMIN_ARN), 0);
    fixture_end(&f);
}

static void given_at_creation(void **state)
{
    static const char *arns[] = {ADMIN_ARN, PROFILE_PERMISSION};
    struct fixture f;
    struct ram_create_resource_share_request in = {
        .name = "n", .permission_arns = arns, .permission_arns_n = 2};
    struct ram_create_resource_share_response out;

    (void)state;
    ram_begin(&f);
    fixture_fault(&f, RUN(&f, ram_create_resource_share, &in, &out), FAULT_UnknownResourceException,
                  "Permission " ADMIN_ARN " could not be found.");
    assert_int_equal(create(&f, "admin", "route53profiles:Profile", ADMIN), 0);
    fixture_fault(&f, RUN(&f, ram_create_resource_share, &in, &out),
                  FAULT_InvalidParameterException, "Only one permission");
    in.permission_arns_n = 1;
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &out), 0);
    assert_int_equal(version_new(&f, READ), 0);
    fixture_fault(&f, attach(&f, out.resource_share->resource_share_arn, ADMIN_ARN, true, 1),
                  FAULT_InvalidParameterException, "Only the default version");
    fixture_end(&f);
}

static void replaced_everywhere(void **state)
{
    struct fixture f;
    struct ram_list_permission_associations_request list = {.permission_arn = ADMIN_ARN};
    struct ram_list_permission_associations_response listed;
    struct ram_replace_permission_associations_request in = {.from_permission_arn = ADMIN_ARN,
                                                             .to_permission_arn = ADMIN_ARN};
    struct ram_replace_permission_associations_response out;
    const struct ram_list_replace_permission_associations_work_request works = {0};
    struct ram_list_replace_permission_associations_work_response work;
    const char *share[2];

    (void)state;
    ram_begin(&f);
    assert_int_equal(create(&f, "admin", "route53profiles:Profile", READ), 0);
    for (int i = 0; i < 2; i++) {
        share[i] = ram_share(&f, "s", NULL, NULL);
        assert_int_equal(attach(&f, share[i], ADMIN_ARN, false, 0), 0);
    }
    assert_int_equal(version_new(&f, ADMIN), 0);
    assert_int_equal(RUN(&f, ram_list_permission_associations, &list, &listed), 0);
    assert_int_equal(listed.permissions_n, 2);
    assert_string_equal(listed.permissions[0].permission_version, "1");
    assert_int_equal(listed.permissions[0].default_version, TRI_FALSE);
    assert_int_equal(RUN(&f, ram_replace_permission_associations, &in, &out), 0);
    assert_string_equal(out.replace_permission_associations_work->to_permission_version, "2");
    list.permission_version = (struct opt_int){true, 2};
    assert_int_equal(RUN(&f, ram_list_permission_associations, &list, &listed), 0);
    assert_int_equal(listed.permissions_n, 2);
    assert_int_equal(version_delete(&f, 1), 0);
    assert_int_equal(RUN(&f, ram_list_replace_permission_associations_work, &works, &work), 0);
    assert_int_equal(work.replace_permission_associations_works_n, 1);
    assert_string_equal(work.replace_permission_associations_works[0].status, "COMPLETED");
    in.to_permission_arn = RULE_PERMISSION;
    fixture_fault(&f, RUN(&f, ram_replace_permission_associations, &in, &out),
                  FAULT_InvalidParameterException, "same resource type");
    list.permission_arn = NULL;
    fixture_fault(&f, RUN(&f, ram_list_permission_associations, &list, &listed),
                  FAULT_InvalidParameterException, "only with a permission ARN");
    fixture_end(&f);
}

static void tagged_and_promoted(void **state)
{
    struct fixture f;
    struct ram_tag tag = {"a", "1"};
    const struct ram_tag_resource_request in = {
        .resource_arn = ADMIN_ARN, .tags = &tag, .tags_n = 1};
    struct ram_tag_resource_response out;
    const struct ram_promote_permission_created_from_policy_request promote = {
        .permission_arn = ADMIN_ARN, .name = "x"};
    struct ram_promote_permission_created_from_policy_response promoted;

    (void)state;
    ram_begin(&f);
    fixture_fault(&f, RUN(&f, ram_tag_resource, &in, &out), FAULT_UnknownResourceException,
                  ADMIN_ARN);
    assert_int_equal(create(&f, "admin", "route53profiles:Profile", READ), 0);
    assert_int_equal(RUN(&f, ram_tag_resource, &in, &out), 0);
    assert_string_equal(get(&f, ADMIN_ARN, 0)->tags[0].value, "1");
    fixture_fault(&f, RUN(&f, ram_promote_permission_created_from_policy, &promote, &promoted),
                  FAULT_InvalidParameterException, "was not created from a policy");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_service),        cmocka_unit_test(of_customers),
        cmocka_unit_test(templates_are_checked), cmocka_unit_test(permissions_of_a_share),
        cmocka_unit_test(given_at_creation),     cmocka_unit_test(replaced_everywhere),
        cmocka_unit_test(tagged_and_promoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
