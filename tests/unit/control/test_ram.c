/* SPDX-License-Identifier: Apache-2.0 */
/* Resource shares, associations and invitations, through the operations, from both sides. */
#include "ram_fixture.h"

#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "rows/rslvr.h"

OP(ram_create_resource_share)
OP(ram_get_resource_shares)
OP(ram_update_resource_share)
OP(ram_delete_resource_share)
OP(ram_get_resource_share_associations)
OP(ram_reject_resource_share_invitation)
OP(ram_list_pending_invitation_resources)
OP(ram_list_resources)
OP(ram_list_principals)
OP(ram_list_resource_types)
OP(ram_list_source_associations)
OP(ram_get_resource_policies)
OP(ram_tag_resource)
OP(ram_untag_resource)
OP(ram_promote_resource_share_created_from_policy)
OP(rslvr_associate_resolver_rule)
OP(rslvr_delete_resolver_rule)

static int op_may_use(struct ctl *c, const void *in, void *out)
{
    return access_has(c, OTHER_ACCOUNT, in, out);
}

static size_t shares_seen(struct fixture *f, const char *owner, struct ram_resource_share *first)
{
    const struct ram_get_resource_shares_request in = {.resource_owner = owner};
    struct ram_get_resource_shares_response out;

    assert_int_equal(RUN(f, ram_get_resource_shares, &in, &out), 0);
    if (first && out.resource_shares_n > 0)
        *first = out.resource_shares[0];
    return out.resource_shares_n;
}

static size_t resources_seen(struct fixture *f, const char *owner, const char *type)
{
    const struct ram_list_resources_request in = {.resource_owner = owner, .resource_type = type};
    struct ram_list_resources_response out;

    assert_int_equal(RUN(f, ram_list_resources, &in, &out), 0);
    return out.resources_n;
}

static int delete (struct fixture *f, const char *share)
{
    const struct ram_delete_resource_share_request in = {.resource_share_arn = share};
    struct ram_delete_resource_share_response out;

    return RUN(f, ram_delete_resource_share, &in, &out);
}

static void life_of_a_share(void **state)
{
    struct fixture f;
    const struct ram_create_resource_share_request in = {.name = "n", .client_token = "t1"};
    struct ram_create_resource_share_response made;
    struct ram_update_resource_share_request change = {.name = "m"};
    struct ram_update_resource_share_response changed;
    struct ram_resource_share seen;
    const char *arn;

    (void)state;
    ram_begin(&f);
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &made), 0);
    arn = made.resource_share->resource_share_arn;
    assert_memory_equal(arn, "arn:aws:ram:" REGION ":" ACCOUNT ":resource-share/",
                        strlen("arn:aws:ram:" REGION ":" ACCOUNT ":resource-share/"));
    assert_string_equal(made.resource_share->status, "ACTIVE");
    assert_string_equal(made.resource_share->owning_account_id, ACCOUNT);
    assert_int_equal(made.resource_share->allow_external_principals, TRI_TRUE);
    assert_null(made.resource_share->feature_set);
    assert_string_equal(made.client_token, "t1");
    assert_int_equal(shares_seen(&f, "SELF", &seen), 1);
    assert_string_equal(seen.feature_set, "STANDARD");
    assert_int_equal(shares_seen(&f, "OTHER-ACCOUNTS", NULL), 0);
    change.resource_share_arn = arn;
    assert_int_equal(RUN(&f, ram_update_resource_share, &change, &changed), 0);
    assert_string_equal(changed.resource_share->name, "m");
    change.name = NULL;
    fixture_fault(&f, RUN(&f, ram_update_resource_share, &change, &changed),
                  FAULT_MissingRequiredParameterException, "Specify a name");
    assert_int_equal(delete (&f, arn), 0);
    assert_int_equal(shares_seen(&f, "SELF", &seen), 1);
    assert_string_equal(seen.status, "DELETED");
    fixture_fault(&f, delete (&f, arn), FAULT_InvalidStateTransitionException, "has been deleted");
    ram_wait(&f, 3601);
    assert_int_equal(shares_seen(&f, "SELF", NULL), 0);
    fixture_fault(&f, delete (&f, arn), FAULT_UnknownResourceException, "could not be found");
    assert_int_equal(fixture_count(&f, &kind_share), 1); /* until the next one is made */
    ram_share(&f, "next", NULL, NULL);
    assert_int_equal(fixture_count(&f, &kind_share), 1);
    fixture_end(&f);
}

static void shares_are_filtered(void **state)
{
    static const char *values[] = {"lab", "dev"};
    struct fixture f;
    struct ram_tag tags[] = {{"env", "dev"}, {"x", NULL}};
    struct ram_create_resource_share_request in = {.name = "a", .tags = tags, .tags_n = 2};
    struct ram_create_resource_share_response made;
    struct ram_tag_filter filter = {"env", values, 2};
    struct ram_get_resource_shares_request get = {.resource_owner = "SELF"};
    struct ram_get_resource_shares_response out;
    const char *first;

    (void)state;
    ram_begin(&f);
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &made), 0);
    first = made.resource_share->resource_share_arn;
    ram_share(&f, "b", NULL, RULE);
    ram_share(&f, "c", NULL, NULL);
    get.name = "b";
    assert_int_equal(RUN(&f, ram_get_resource_shares, &get, &out), 0);
    assert_int_equal(out.resource_shares_n, 1);
    get.name = NULL;
    get.permission_arn = RULE_PERMISSION;
    assert_int_equal(RUN(&f, ram_get_resource_shares, &get, &out), 0);
    assert_int_equal(out.resource_shares_n, 1);
    assert_string_equal(out.resource_shares[0].name, "b");
    get.permission_arn = NULL;
    get.tag_filters = &filter;
    get.tag_filters_n = 1;
    assert_int_equal(RUN(&f, ram_get_resource_shares, &get, &out), 0);
    assert_int_equal(out.resource_shares_n, 1);
    assert_string_equal(out.resource_shares[0].tags[0].value, "dev");
    filter.tag_values_n = 1;
    assert_int_equal(RUN(&f, ram_get_resource_shares, &get, &out), 0);
    assert_int_equal(out.resource_shares_n, 0);
    get.tag_filters_n = 0;
    get.resource_share_arns = &first;
    get.resource_share_arns_n = 1;
    get.resource_share_status = "ACTIVE";
    assert_int_equal(RUN(&f, ram_get_resource_shares, &get, &out), 0);
    assert_int_equal(out.resource_shares_n, 1);
    first = NO_SHARE;
    fixture_fault(&f, RUN(&f, ram_get_resource_shares, &get, &out), FAULT_UnknownResourceException,
                  "ResourceShare " NO_SHARE " could not be found.");
    first = "arn:aws:ram:nonsense";
    fixture_fault(&f, RUN(&f, ram_get_resource_shares, &get, &out), FAULT_MalformedArnException,
                  "The specified resource ARN arn:aws:ram:nonsense is not valid.");
    get.resource_owner = "ME";
    fixture_fault(&f, RUN(&f, ram_get_resource_shares, &get, &out), FAULT_InvalidParameterException,
                  "ME is not a valid resource owner. Specify either SELF or OTHER-ACCOUNTS and");
    fixture_end(&f);
}

static void pages(void **state)
{
    struct fixture f;
    struct ram_get_resource_shares_request in = {.resource_owner = "SELF",
                                                 .max_results = {true, 2}};
    struct ram_get_resource_shares_response out;
    size_t seen = 0;

    (void)state;
    ram_begin(&f);
    for (int i = 0; i < 5; i++)
        ram_share(&f, "s", NULL, NULL);
    do {
        assert_int_equal(RUN(&f, ram_get_resource_shares, &in, &out), 0);
        seen += out.resource_shares_n;
        in.next_token = out.next_token;
    } while (out.next_token);
    assert_int_equal(seen, 5);
    in.next_token = "nonsense";
    fixture_fault(&f, RUN(&f, ram_get_resource_shares, &in, &out), FAULT_InvalidNextTokenException,
                  "NextToken");
    in.max_results.v = 501;
    fixture_fault(&f, RUN(&f, ram_get_resource_shares, &in, &out), FAULT_InvalidMaxResultsException,
                  "MaxResults");
    fixture_end(&f);
}

/* The whole road of an outsider: asked, not yet served, served, gone. */
static void invitation_accepted(void **state)
{
    struct fixture f;
    const struct access use = {
        .action = "route53resolver:AssociateResolverRule", .arn = RULE, .owner = ACCOUNT};
    const char *share, *invitation, *status;
    struct ram_resource_share seen;
    bool has;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", OTHER_ACCOUNT), "ASSOCIATING");
    assert_string_equal(ram_status(&f, share, "RESOURCE", RULE), "ASSOCIATED");
    assert_null(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE "/%s", ram_id(share)));
    OTHER(&f);
    assert_int_equal(shares_seen(&f, "OTHER-ACCOUNTS", NULL), 0);
    invitation = ram_invitation(&f, 0, &status);
    assert_string_equal(status, "PENDING");
    assert_int_equal(ram_accept(&f, invitation), 0);
    assert_string_equal(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE "/%s", ram_id(share)),
                        RULE_PERMISSION " 1");
    assert_string_equal(ram_index(&f, "grants-of", RULE "/" OTHER_ACCOUNT "/%s", ram_id(share)),
                        "");
    assert_int_equal(fixture_run(&f, op_may_use, &use, &has, sizeof has), 0);
    assert_true(has);
    assert_int_equal(shares_seen(&f, "OTHER-ACCOUNTS", &seen), 1);
    assert_string_equal(seen.owning_account_id, ACCOUNT);
    assert_null(seen.tags);
    assert_int_equal(resources_seen(&f, "OTHER-ACCOUNTS", "route53resolver:resolverrule"), 1);
    assert_int_equal(resources_seen(&f, "OTHER-ACCOUNTS", "ec2:Subnet"), 0);
    fixture_fault(&f, ram_accept(&f, invitation),
                  FAULT_ResourceShareInvitationAlreadyAcceptedException, "already accepted");
    fixture_fault(&f, delete (&f, share), FAULT_OperationNotPermittedException, "do not own");
    THIRD(&f);
    fixture_fault(&f, delete (&f, share), FAULT_UnknownResourceException, "could not be found");
    fixture_fault(&f, ram_accept(&f, invitation), FAULT_ResourceShareInvitationArnNotFoundException,
                  "could not be found");
    OWNER(&f);
    assert_int_equal(ram_remove(&f, share, NULL, RULE), 0);
    assert_null(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE "/%s", ram_id(share)));
    assert_null(ram_index(&f, "grants-of", RULE "/" OTHER_ACCOUNT "/%s", ram_id(share)));
    assert_string_equal(ram_status(&f, share, "RESOURCE", RULE), "DISASSOCIATED");
    ram_wait(&f, 3601);
    assert_string_equal(ram_status(&f, share, "RESOURCE", RULE), "");
    fixture_end(&f);
}

static void invitation_rejected(void **state)
{
    struct fixture f;
    struct ram_reject_resource_share_invitation_request in;
    struct ram_reject_resource_share_invitation_response out;
    const char *share;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    OTHER(&f);
    in = (struct ram_reject_resource_share_invitation_request){.resource_share_invitation_arn =
                                                                   ram_invitation(&f, 0, NULL)};
    assert_int_equal(RUN(&f, ram_reject_resource_share_invitation, &in, &out), 0);
    assert_string_equal(out.resource_share_invitation->status, "REJECTED");
    fixture_fault(&f, RUN(&f, ram_reject_resource_share_invitation, &in, &out),
                  FAULT_ResourceShareInvitationAlreadyRejectedException, "already rejected");
    in.resource_share_invitation_arn = "x";
    fixture_fault(&f, RUN(&f, ram_reject_resource_share_invitation, &in, &out),
                  FAULT_MalformedArnException, "x is not valid");
    OWNER(&f);
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", OTHER_ACCOUNT), "DISASSOCIATED");
    assert_int_equal(ram_add(&f, share, OTHER_ACCOUNT, NULL), 0); /* asked once more */
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", OTHER_ACCOUNT), "ASSOCIATING");
    fixture_end(&f);
}

static void invitation_expires(void **state)
{
    struct fixture f;
    const char *rules, *others, *status;
    struct ram_list_pending_invitation_resources_request list = {0};
    struct ram_list_pending_invitation_resources_response out;

    (void)state;
    ram_begin(&f);
    rules = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    others = ram_share(&f, "s", THIRD_ACCOUNT, PROFILE);
    ram_wait(&f, 12 * 3600 + 10);
    assert_string_equal(ram_status(&f, rules, "PRINCIPAL", OTHER_ACCOUNT), "ASSOCIATING");
    assert_string_equal(ram_status(&f, others, "PRINCIPAL", THIRD_ACCOUNT), "DISASSOCIATED");
    THIRD(&f);
    list.resource_share_invitation_arn = ram_invitation(&f, 0, &status);
    assert_string_equal(status, "EXPIRED");
    fixture_fault(&f, ram_accept(&f, list.resource_share_invitation_arn),
                  FAULT_ResourceShareInvitationExpiredException, "has expired");
    fixture_fault(&f, RUN(&f, ram_list_pending_invitation_resources, &list, &out),
                  FAULT_ResourceShareInvitationExpiredException, "has expired");
    /* A share of nothing but rules waits longer; that does not revive what has expired. */
    OWNER(&f);
    assert_int_equal(ram_remove(&f, others, NULL, PROFILE), 0);
    assert_int_equal(ram_add(&f, others, NULL, RULE_2), 0);
    THIRD(&f);
    assert_non_null(ram_invitation(&f, 0, &status));
    assert_string_equal(status, "EXPIRED");
    OTHER(&f);
    list.resource_share_invitation_arn = ram_invitation(&f, 0, &status);
    assert_string_equal(status, "PENDING");
    assert_int_equal(RUN(&f, ram_list_pending_invitation_resources, &list, &out), 0);
    assert_int_equal(out.resources_n, 1);
    assert_string_equal(out.resources[0].arn, RULE);
    ram_wait(&f, 7 * 86400);
    ram_invitation(&f, 0, &status);
    assert_string_equal(status, "EXPIRED");
    fixture_end(&f);
}

static void consumer_leaves(void **state)
{
    struct fixture f;
    const char *share;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    OTHER(&f);
    assert_int_equal(ram_accept(&f, ram_invitation(&f, 0, NULL)), 0);
    fixture_fault(&f, ram_remove(&f, share, NULL, RULE), FAULT_OperationNotPermittedException,
                  "do not own");
    assert_int_equal(ram_remove(&f, share, OTHER_ACCOUNT, NULL), 0);
    assert_int_equal(shares_seen(&f, "OTHER-ACCOUNTS", NULL), 0);
    assert_null(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE "/%s", ram_id(share)));
    fixture_fault(&f, ram_remove(&f, share, OTHER_ACCOUNT, NULL), FAULT_UnknownResourceException,
                  "could not be found");
    fixture_end(&f);
}

static void deletion_ends_everything(void **state)
{
    struct fixture f;
    const char *share;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    assert_int_equal(ram_add(&f, share, THIRD_ACCOUNT, RULE_2), 0);
    OTHER(&f);
    assert_int_equal(ram_accept(&f, ram_invitation(&f, 0, NULL)), 0);
    assert_non_null(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE_2 "/%s", ram_id(share)));
    assert_null(ram_index(&f, "grants", THIRD_ACCOUNT "/" RULE_2 "/%s", ram_id(share)));
    OWNER(&f);
    assert_int_equal(delete (&f, share), 0);
    assert_null(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE "/%s", ram_id(share)));
    assert_null(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE_2 "/%s", ram_id(share)));
    assert_null(ram_index(&f, "resource-shares", RULE "/%s", ram_id(share)));
    assert_null(ram_index(&f, "share-principals", OTHER_ACCOUNT "/" REGION "/%s", ram_id(share)));
    assert_string_equal(ram_status(&f, share, "PRINCIPAL", OTHER_ACCOUNT), "DISASSOCIATED");
    THIRD(&f);
    assert_null(ram_invitation(&f, 0, NULL)); /* withdrawn */
    OTHER(&f);
    assert_int_equal(shares_seen(&f, "OTHER-ACCOUNTS", NULL), 0);
    fixture_end(&f);
}

/* What a consumer has associated goes with the last share that allows it, in the same call. */
static void unsharing_takes_associations_away(void **state)
{
    struct fixture f;
    const struct rslvr_associate_resolver_rule_request in = {.resolver_rule_id = "rslvr-rr-1",
                                                             .vpc_id = FOREIGN_VPC};
    struct rslvr_associate_resolver_rule_response out;
    const char *share[2];

    (void)state;
    ram_begin(&f);
    for (int i = 0; i < 2; i++) {
        OWNER(&f);
        share[i] = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    }
    OTHER(&f);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ram_accept(&f, ram_invitation(&f, i, NULL)), 0);
    assert_int_equal(RUN(&f, rslvr_associate_resolver_rule, &in, &out), 0);
    OWNER(&f);
    assert_int_equal(delete (&f, share[0]), 0);
    OTHER(&f);
    assert_int_equal(fixture_count(&f, &kind_rule_assoc), 1);
    OWNER(&f);
    assert_int_equal(ram_remove(&f, share[1], NULL, RULE), 0);
    OTHER(&f);
    assert_int_equal(fixture_count(&f, &kind_rule_assoc), 0);
    fixture_end(&f);
}

static void deleted_resource_leaves_its_shares(void **state)
{
    struct fixture f;
    const struct rslvr_delete_resolver_rule_request in = {.resolver_rule_id = "rslvr-rr-1"};
    struct rslvr_delete_resolver_rule_response out;
    const char *share;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    OTHER(&f);
    assert_int_equal(ram_accept(&f, ram_invitation(&f, 0, NULL)), 0);
    OWNER(&f);
    assert_int_equal(RUN(&f, rslvr_delete_resolver_rule, &in, &out), 0);
    assert_string_equal(ram_status(&f, share, "RESOURCE", RULE), "DISASSOCIATED");
    assert_null(ram_index(&f, "grants", OTHER_ACCOUNT "/" RULE "/%s", ram_id(share)));
    assert_int_equal(resources_seen(&f, "SELF", NULL), 0);
    fixture_end(&f);
}

static void bad_ends(void **state)
{
    static const struct {
        const char *principal, *resource;
        enum fault_code code;
        const char *text;
    } cases[] = {
        {"123", NULL, FAULT_InvalidParameterException,
         "Principal ID 123 is malformed. Verify the ID and try again."},
        {"arn:aws:iam::1:role/x", NULL, FAULT_InvalidParameterException, "is malformed"},
        {"arn:aws:iam::" OTHER_ACCOUNT ":root", NULL, FAULT_InvalidParameterException,
         "is malformed"},
        {"s3.amazonaws.com", NULL, FAULT_InvalidParameterException, "service principal"},
        {ACCOUNT, NULL, FAULT_InvalidParameterException, "the account that owns it"},
        {"arn:aws:organizations::" ACCOUNT ":organization/o-abcdefghij", NULL,
         FAULT_UnknownResourceException, "Organization o-abcdefghij could not be found."},
        {"arn:aws:organizations::" ACCOUNT ":ou/o-abcdefghij/ou-abcd-12345678", NULL,
         FAULT_UnknownResourceException,
         "OrganizationalUnit ou-abcd-12345678 in unknown organization could not be found."},
        {NULL, "rslvr-rr-1", FAULT_MalformedArnException,
         "The specified resource ARN rslvr-rr-1 is not valid. Verify the ARN and try again."},
        {NULL, "arn:aws:route53:::hostedzone/Z1", FAULT_MalformedArnException,
         "You cannot share the selected resource type."},
        {NULL, "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-endpoint/rslvr-out-1",
         FAULT_MalformedArnException, "You cannot share the selected resource type."},
        {NULL, RULE "x", FAULT_UnknownResourceException, "could not be found"},
        {NULL, "arn:aws:route53resolver:us-east-1:" ACCOUNT ":resolver-rule/rslvr-rr-1",
         FAULT_UnknownResourceException, "could not be found"},
        {NULL, "arn:aws:route53resolver:" REGION ":" OTHER_ACCOUNT ":resolver-rule/rslvr-rr-1",
         FAULT_UnknownResourceException, "could not be found"},
        {"arn:aws:iam::" OTHER_ACCOUNT ":role/r", RULE, FAULT_InvalidParameterException,
         "cannot be shared with the IAM principal"},
        {OTHER_ACCOUNT, SUBNET_ARN, FAULT_OperationNotPermittedException,
         "can only be shared within your AWS Organization"},
        {NULL, NULL, FAULT_InvalidParameterException, "at least one"},
    };
    struct fixture f;
    const char *share;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", NULL, NULL);
    for (size_t i = 0; i < N(cases); i++)
        fixture_fault(&f, ram_add(&f, share, cases[i].principal, cases[i].resource), cases[i].code,
                      cases[i].text);
    fixture_fault(&f, ram_add(&f, NO_SHARE, OTHER_ACCOUNT, NULL), FAULT_UnknownResourceException,
                  "ResourceShare " NO_SHARE " could not be found.");
    fixture_fault(&f, ram_remove(&f, share, OTHER_ACCOUNT, NULL), FAULT_UnknownResourceException,
                  "is not associated");
    /* A role may have a profile; its account is asked. */
    assert_int_equal(ram_add(&f, share, "arn:aws:iam::" OTHER_ACCOUNT ":role/r", PROFILE), 0);
    OTHER(&f);
    assert_non_null(ram_invitation(&f, 0, NULL));
    fixture_end(&f);
}

/* A share with one user is for that user alone; what it has made use of stays while it has it. */
static void shared_with_a_user(void **state)
{
    static const char user[] = "arn:aws:iam::" OTHER_ACCOUNT ":user/u";
    const struct access use = {
        .action = "route53profiles:AssociateProfile", .arn = PROFILE, .owner = ACCOUNT};
    struct fixture f;
    const char *share;
    bool has;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", user, PROFILE);
    OTHER(&f);
    assert_int_equal(ram_accept(&f, ram_invitation(&f, 0, NULL)), 0);
    assert_int_equal(fixture_run(&f, op_may_use, &use, &has, sizeof has), 0);
    assert_false(has);
    assert_int_equal(resources_seen(&f, "OTHER-ACCOUNTS", NULL), 0);
    f.c.caller_arn = user;
    assert_int_equal(fixture_run(&f, op_may_use, &use, &has, sizeof has), 0);
    assert_true(has);
    assert_int_equal(resources_seen(&f, "OTHER-ACCOUNTS", NULL), 1);
    OWNER(&f);
    assert_int_equal(fixture_run(&f, op_may_use, &use, &has, sizeof has), 0);
    assert_true(has);
    assert_int_equal(ram_remove(&f, share, user, NULL), 0);
    assert_int_equal(fixture_run(&f, op_may_use, &use, &has, sizeof has), 0);
    assert_false(has);
    fixture_end(&f);
}

static void closed_to_outsiders(void **state)
{
    struct fixture f;
    const struct ram_create_resource_share_request in = {.name = "n",
                                                         .allow_external_principals = TRI_FALSE};
    struct ram_create_resource_share_response made;
    struct ram_update_resource_share_request change = {.allow_external_principals = TRI_TRUE};
    struct ram_update_resource_share_response changed;
    const char *share;

    (void)state;
    ram_begin(&f);
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &made), 0);
    share = made.resource_share->resource_share_arn;
    fixture_fault(&f, ram_add(&f, share, OTHER_ACCOUNT, NULL), FAULT_OperationNotPermittedException,
                  "does not allow external principals");
    change.resource_share_arn = share;
    assert_int_equal(RUN(&f, ram_update_resource_share, &change, &changed), 0);
    assert_int_equal(ram_add(&f, share, OTHER_ACCOUNT, NULL), 0);
    change.allow_external_principals = TRI_FALSE;
    fixture_fault(&f, RUN(&f, ram_update_resource_share, &change, &changed),
                  FAULT_OperationNotPermittedException, "does not allow external principals");
    fixture_end(&f);
}

static void client_tokens(void **state)
{
    struct fixture f;
    struct ram_create_resource_share_request in = {.name = "n", .client_token = "t"};
    struct ram_create_resource_share_response first, again;
    const char *arn;

    (void)state;
    ram_begin(&f);
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &first), 0);
    arn = first.resource_share->resource_share_arn;
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &again), 0);
    assert_string_equal(again.resource_share->resource_share_arn, arn);
    assert_string_equal(again.client_token, "t");
    assert_int_equal(fixture_count(&f, &kind_share), 1);
    in.name = "m";
    fixture_fault(&f, RUN(&f, ram_create_resource_share, &in, &again),
                  FAULT_IdempotentParameterMismatchException, "other parameters");
    in.client_token = "";
    fixture_fault(&f, RUN(&f, ram_create_resource_share, &in, &again),
                  FAULT_InvalidClientTokenException, "client token");
    /* An old answer is forgotten, and swept away by the next tokens. */
    ram_wait(&f, 8 * 3600);
    in.client_token = "s";
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &again), 0);
    assert_null(ram_index(&f, "ram-tokens", ACCOUNT "/" REGION "/CreateResourceShare/t"));
    in.client_token = "t";
    assert_int_equal(RUN(&f, ram_create_resource_share, &in, &again), 0);
    assert_string_not_equal(again.resource_share->resource_share_arn, arn);
    fixture_end(&f);
}

static void associations_are_listed(void **state)
{
    struct fixture f;
    struct ram_get_resource_share_associations_request in = {.association_type = "RESOURCE"};
    struct ram_get_resource_share_associations_response out;
    const char *share;

    (void)state;
    ram_begin(&f);
    share = ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    assert_int_equal(ram_add(&f, share, NULL, RULE_2), 0);
    assert_int_equal(ram_add(&f, share, NULL, RULE_2), 0); /* again is no error */
    in.max_results = (struct opt_int){true, 1};
    assert_int_equal(RUN(&f, ram_get_resource_share_associations, &in, &out), 0);
    assert_int_equal(out.resource_share_associations_n, 1);
    assert_string_equal(out.resource_share_associations[0].associated_entity, RULE);
    assert_int_equal(out.resource_share_associations[0].external, TRI_FALSE);
    in.next_token = out.next_token;
    assert_int_equal(RUN(&f, ram_get_resource_share_associations, &in, &out), 0);
    assert_string_equal(out.resource_share_associations[0].associated_entity, RULE_2);
    assert_null(out.next_token);
    in = (struct ram_get_resource_share_associations_request){.association_type = "PRINCIPAL",
                                                              .principal = OTHER_ACCOUNT,
                                                              .association_status = "ASSOCIATING"};
    assert_int_equal(RUN(&f, ram_get_resource_share_associations, &in, &out), 0);
    assert_int_equal(out.resource_share_associations_n, 1);
    assert_int_equal(out.resource_share_associations[0].external, TRI_TRUE);
    in.resource_arn = RULE;
    fixture_fault(&f, RUN(&f, ram_get_resource_share_associations, &in, &out),
                  FAULT_InvalidParameterException,
                  "You cannot specify a resource ARN when the association type is PRINCIPAL.");
    in.association_type = "RESOURCE";
    fixture_fault(&f, RUN(&f, ram_get_resource_share_associations, &in, &out),
                  FAULT_InvalidParameterException,
                  "You cannot specify a principal when the association type is RESOURCE.");
    in.association_type = "BOTH";
    fixture_fault(&f, RUN(&f, ram_get_resource_share_associations, &in, &out),
                  FAULT_InvalidParameterException,
                  "BOTH is not a valid association type. Specify either PRINCIPAL or RESOURCE and");
    fixture_end(&f);
}

static void listings_from_both_sides(void **state)
{
    static const char *rule = RULE, *profile = PROFILE;
    struct fixture f;
    struct ram_list_resources_request resources = {.resource_owner = "SELF"};
    struct ram_list_resources_response found;
    struct ram_list_principals_request principals = {.resource_owner = "SELF"};
    struct ram_list_principals_response who;
    const struct ram_get_resource_policies_request policies = {.resource_arns = &rule,
                                                               .resource_arns_n = 1};
    struct ram_get_resource_policies_response texts;

    (void)state;
    ram_begin(&f);
    ram_share(&f, "s", OTHER_ACCOUNT, RULE);
    ram_share(&f, "t", THIRD_ACCOUNT, PROFILE);
    OTHER(&f);
    assert_int_equal(ram_accept(&f, ram_invitation(&f, 0, NULL)), 0);
    principals.resource_owner = "OTHER-ACCOUNTS";
    assert_int_equal(RUN(&f, ram_list_principals, &principals, &who), 0);
    assert_int_equal(who.principals_n, 1);
    assert_string_equal(who.principals[0].id, ACCOUNT);
    fixture_fault(&f, RUN(&f, ram_get_resource_policies, &policies, &texts),
                  FAULT_ResourceArnNotFoundException, "could not be found");
    OWNER(&f);
    assert_int_equal(RUN(&f, ram_list_resources, &resources, &found), 0);
    assert_int_equal(found.resources_n, 2);
    assert_string_equal(found.resources[0].status, "AVAILABLE");
    resources.principal = OTHER_ACCOUNT;
    assert_int_equal(RUN(&f, ram_list_resources, &resources, &found), 0);
    assert_int_equal(found.resources_n, 1);
    assert_string_equal(found.resources[0].type, "route53resolver:ResolverRule");
    resources.resource_arns = &profile;
    resources.resource_arns_n = 1;
    assert_int_equal(RUN(&f, ram_list_resources, &resources, &found), 0);
    assert_int_equal(found.resources_n, 0);
    resources.resource_type = "route53:HostedZone";
    fixture_fault(&f, RUN(&f, ram_list_resources, &resources, &found),
                  FAULT_InvalidResourceTypeException, "Invalid resource type: route53:HostedZone");
    principals.resource_owner = "SELF";
    assert_int_equal(RUN(&f, ram_list_principals, &principals, &who), 0);
    assert_int_equal(who.principals_n, 1); /* the other one has not accepted */
    assert_string_equal(who.principals[0].id, OTHER_ACCOUNT);
    assert_int_equal(who.principals[0].external, TRI_TRUE);
    principals.resource_arn = PROFILE;
    assert_int_equal(RUN(&f, ram_list_principals, &principals, &who), 0);
    assert_int_equal(who.principals_n, 0);
    assert_int_equal(RUN(&f, ram_get_resource_policies, &policies, &texts), 0);
    assert_int_equal(texts.policies_n, 1);
    assert_non_null(strstr(texts.policies[0], "\"AWS\":\"" OTHER_ACCOUNT "\""));
    assert_non_null(strstr(texts.policies[0], "route53resolver:AssociateResolverRule"));
    fixture_end(&f);
}

static void small_operations(void **state)
{
    struct fixture f;
    const struct ram_list_resource_types_request types = {0};
    struct ram_list_resource_types_response type;
    const struct ram_list_source_associations_request sources = {0};
    struct ram_list_source_associations_response source;
    struct ram_promote_resource_share_created_from_policy_request promote;
    struct ram_promote_resource_share_created_from_policy_response promoted;

    (void)state;
    ram_begin(&f);
    assert_int_equal(RUN(&f, ram_list_resource_types, &types, &type), 0);
    assert_int_equal(type.resource_types_n, 5);
    assert_string_equal(type.resource_types[1].resource_type, "route53profiles:Profile");
    assert_int_equal(RUN(&f, ram_list_source_associations, &sources, &source), 0);
    assert_int_equal(source.source_associations_n, 0);
    promote.resource_share_arn = ram_share(&f, "s", NULL, NULL);
    fixture_fault(&f, RUN(&f, ram_promote_resource_share_created_from_policy, &promote, &promoted),
                  FAULT_InvalidParameterException, "was not created from a policy");
    fixture_end(&f);
}

static void tags(void **state)
{
    static const char *key = "a";
    struct fixture f;
    struct ram_tag one[] = {{"a", "1"}, {"b", "2"}}, many[51];
    struct ram_tag_resource_request in = {.tags = one, .tags_n = 2};
    struct ram_tag_resource_response out;
    struct ram_untag_resource_request un = {.tag_keys = &key, .tag_keys_n = 1};
    struct ram_untag_resource_response undone;
    struct ram_resource_share seen;

    (void)state;
    ram_begin(&f);
    fixture_fault(&f, RUN(&f, ram_tag_resource, &in, &out), FAULT_InvalidParameterException,
                  "Specify either");
    in.resource_share_arn = ram_share(&f, "s", NULL, NULL);
    assert_int_equal(RUN(&f, ram_tag_resource, &in, &out), 0);
    un.resource_arn = in.resource_share_arn;
    assert_int_equal(RUN(&f, ram_untag_resource, &un, &undone), 0);
    shares_seen(&f, "SELF", &seen);
    assert_int_equal(seen.tags_n, 1);
    assert_string_equal(seen.tags[0].key, "b");
    one[1].key = "a";
    fixture_fault(&f, RUN(&f, ram_tag_resource, &in, &out), FAULT_InvalidParameterException,
                  "more than once");
    one[1].key = "aws:x";
    fixture_fault(&f, RUN(&f, ram_tag_resource, &in, &out), FAULT_InvalidParameterException,
                  "aws:");
    for (size_t i = 0; i < N(many); i++)
        many[i] = (struct ram_tag){arena_printf(&f.arena, "k%zu", i), ""};
    in.tags = many;
    in.tags_n = N(many);
    fixture_fault(&f, RUN(&f, ram_tag_resource, &in, &out), FAULT_TagLimitExceededException, "50");
    in.resource_share_arn = NO_SHARE;
    fixture_fault(&f, RUN(&f, ram_tag_resource, &in, &out), FAULT_UnknownResourceException,
                  "could not be found");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(life_of_a_share),
        cmocka_unit_test(shares_are_filtered),
        cmocka_unit_test(pages),
        cmocka_unit_test(invitation_accepted),
        cmocka_unit_test(invitation_rejected),
        cmocka_unit_test(invitation_expires),
        cmocka_unit_test(consumer_leaves),
        cmocka_unit_test(deletion_ends_everything),
        cmocka_unit_test(unsharing_takes_associations_away),
        cmocka_unit_test(deleted_resource_leaves_its_shares),
        cmocka_unit_test(bad_ends),
        cmocka_unit_test(shared_with_a_user),
        cmocka_unit_test(closed_to_outsiders),
        cmocka_unit_test(client_tokens),
        cmocka_unit_test(associations_are_listed),
        cmocka_unit_test(listings_from_both_sides),
        cmocka_unit_test(small_operations),
        cmocka_unit_test(tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
