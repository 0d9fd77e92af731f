/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds a run: its dry run, and invitations between its accounts. */
#include <stdio.h>
#include <string.h>

#include "api/ops.h"
#include "cmd/apply.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

int apply_dry_begin(struct apply *a)
{
    struct apply_member *m = &a->members[0];
    json_t *out = deploy_call(&m->deploy, "bridge53", "CreateDryRun", json_object());

    if (!out)
        return apply_fail(a, m);
    snprintf(a->dry_run, sizeof a->dry_run, "%s", text_of(out, "DryRunId"));
    json_decref(out);
    for (size_t i = 0; i < a->n; i++)
        a->members[i].client.dry_run = a->dry_run;
    return 0;
}

/* Calls about the dry run are no part of it. */
static json_t *dry_call(struct apply *a, struct apply_member *m, const char *op)
{
    json_t *out;

    m->client.dry_run = NULL;
    out = deploy_call(&m->deploy, "bridge53", op, json_pack("{ss}", "DryRunId", a->dry_run));
    m->client.dry_run = a->dry_run;
    return out;
}

static void changes_print(const json_t *out)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(out, "Changes"), i, c)
    {
        bool setting = json_object_get(c, "Setting") != NULL;
        printf("  %s  %s: %s -> %s\n", text_of(c, "VpcId"),
               text_of(c, setting ? "Setting" : "Name"), text_of(c, "Before"), text_of(c, "After"));
    }
    if (json_is_true(json_object_get(out, "Truncated")))
        printf("  and more\n");
}

/* True if a member before this one signs with the same key. */
static bool key_seen(const struct apply *a, size_t member)
{
    for (size_t i = 0; i < member; i++)
        if (strcmp(a->members[i].client.access_key, a->members[member].client.access_key) == 0)
            return true;
    return false;
}

int apply_dry_tell(struct apply *a)
{
    for (size_t i = 0; i < a->n; i++) {
        struct apply_member *m = &a->members[i];
        json_t *out;
        if (key_seen(a, i))
            continue;
        out = dry_call(a, m, "DescribeDryRun");
        if (!out)
            return apply_fail(a, m);
        if (i == 0) {
            long long n = json_integer_value(json_object_get(out, "Vpcs"));
            printf("DNS would change in %lld VPC%s; nothing was written\n", n, n == 1 ? "" : "s");
        }
        changes_print(out);
        json_decref(out);
    }
    return 0;
}

void apply_dry_end(struct apply *a)
{
    if (*a->dry_run)
        json_decref(dry_call(a, &a->members[0], "DeleteDryRun"));
}

/* True if the account is one of the run's. Accounts are known once their members were opened. */
static bool account_of_run(const struct apply *a, const char *account)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->members[i].context.account && strcmp(a->members[i].context.account, account) == 0)
            return true;
    return false;
}

static int invitation_accept(struct apply *a, struct apply_member *m, const json_t *row)
{
    const char *arn = text_of(row, "resourceShareInvitationArn"),
               *sender = text_of(row, "senderAccountId");

    if (strcmp(text_of(row, "status"), "PENDING") != 0 || !account_of_run(a, sender))
        return 0;
    if (!args_has(a->args, "accept-invitations")) {
        fprintf(stderr,
                "bridge53 apply: %s: an invitation of account %s is open; --accept-invitations "
                "accepts it\n",
                m->name, sender);
        return 0;
    }
    if (!m->plan.quiet)
        printf("  accepting the invitation of account %s to %s\n", sender,
               text_of(row, "resourceShareName"));
    return deploy_do(&m->deploy, "ram", "AcceptResourceShareInvitation",
                     json_pack("{ss}", "resourceShareInvitationArn", arn), NULL);
}

int apply_invitations(struct apply *a, struct apply_member *m)
{
    json_t *out, *row;
    size_t i;
    int err = 0;

    if (a->n == 1 || !service_find("ram"))
        return 0;
    out = deploy_call(&m->deploy, "ram", "GetResourceShareInvitations", json_object());
    if (!out)
        return -1;
    json_array_foreach(json_object_get(out, "resourceShareInvitations"), i, row)
    {
        if (!err)
            err = invitation_accept(a, m, row);
    }
    json_decref(out);
    return err;
}
