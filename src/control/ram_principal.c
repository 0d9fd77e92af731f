/* SPDX-License-Identifier: Apache-2.0 */
/* Principals of shares: accounts, IAM roles and users, organizational units, organizations (spec:
 * profiles-ram-zones-ec2.md 2.2, 2.6). */
#include <string.h>

#include "base/error.h"
#include "control/account.h"
#include "control/organization.h"
#include "control/ram_priv.h"

static bool is_account(const char *text)
{
    return strlen(text) == ACCOUNT_DIGITS && strspn(text, "0123456789") == ACCOUNT_DIGITS;
}

static int malformed(struct ctl *c, const char *text)
{
    return ctl_fail(c, FAULT_InvalidParameterException,
                    "Principal ID %s is malformed. Verify the ID and try again.", text);
}

/* The kind of a principal by its text alone. */
static int kind_read(struct ctl *c, struct share_principal *p, struct arn *arn)
{
    size_t len = strlen(p->text);

    if (is_account(p->text)) {
        p->kind = PRINCIPAL_ACCOUNT;
        p->account = p->text;
        return 0;
    }
    if (len > 14 && strcmp(p->text + len - 14, ".amazonaws.com") == 0)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "You cannot share resources of these types with the service principal %s.",
                        p->text);
    if (!arn_read(c, p->text, arn) || *arn->region || !is_account(arn->account))
        return malformed(c, p->text);
    if (strcmp(arn->service, "iam") == 0 &&
        (strncmp(arn->resource, "role/", 5) == 0 || strncmp(arn->resource, "user/", 5) == 0)) {
        p->kind = PRINCIPAL_IAM;
        p->account = arn->account;
        return arn->resource[5] ? 0 : malformed(c, p->text);
    }
    if (strcmp(arn->service, "organizations") == 0 &&
        strncmp(arn->resource, "organization/o-", 15) == 0) {
        p->kind = PRINCIPAL_ORGANIZATION;
        return 0;
    }
    if (strcmp(arn->service, "organizations") == 0 && strncmp(arn->resource, "ou/o-", 5) == 0 &&
        strstr(arn->resource, "/ou-")) {
        p->kind = PRINCIPAL_UNIT;
        return 0;
    }
    return malformed(c, p->text);
}

/* An organization or unit: the owner must be in it and share with it. */
static int organization_check(struct ctl *c, const struct share_principal *p, const struct arn *arn,
                              const struct obj_organization *own)
{
    const char *id = strrchr(arn->resource, '/') + 1;
    struct obj_organization_unit unit;
    const char *known = NULL;
    int err = 0;

    if (own->sharing_enabled == TRI_TRUE && p->kind == PRINCIPAL_ORGANIZATION)
        known = organization_arn(c, own);
    if (own->sharing_enabled == TRI_TRUE && p->kind == PRINCIPAL_UNIT) {
        err = ctl_get(c, &kind_org_unit, id, &unit);
        if (!err)
            known = organization_unit_arn(c, &unit);
        if (!err && strcmp(unit.organization_id, own->id) != 0)
            known = NULL;
    }
    if (err && err != ERR_NOT_FOUND)
        return err;
    if (known && strcmp(known, p->text) == 0)
        return 0;
    return p->kind == PRINCIPAL_ORGANIZATION
               ? ctl_fail(c, FAULT_UnknownResourceException, "Organization %s could not be found.",
                          id)
               : ctl_fail(c, FAULT_UnknownResourceException,
                          "OrganizationalUnit %s in unknown organization could not be found.", id);
}

int principal_read(struct ctl *c, const char *owner, const char *text, struct share_principal *ret)
{
    struct obj_organization own = {0}, theirs = {0};
    struct arn arn;
    bool inside;
    int err;

    *ret = (struct share_principal){.text = text};
    err = kind_read(c, ret, &arn);
    if (!err)
        err = organization_of(c, owner, &own);
    if (err == ERR_NOT_FOUND)
        err = 0;
    if (err)
        return err;
    if (!ret->account)
        return organization_check(c, ret, &arn, &own);
    if (strcmp(ret->account, owner) == 0)
        return ret->kind == PRINCIPAL_IAM
                   ? 0
                   : ctl_fail(c, FAULT_InvalidParameterException,
                              "You cannot share a resource with the account that owns it.");
    err = organization_of(c, ret->account, &theirs);
    if (err && err != ERR_NOT_FOUND)
        return err;
    inside = own.id && theirs.id && strcmp(own.id, theirs.id) == 0;
    ret->external = !inside;
    ret->asked = !inside || own.sharing_enabled != TRI_TRUE;
    return 0;
}

static int membership_each(void *ctx, const char *key, const char *arn)
{
    struct principals *p = ctx;

    (void)key;
    if (p->n == sizeof p->v / sizeof *p->v)
        return CTL_STOP;
    p->v[p->n++] = arn;
    return 0;
}

int principals_of_caller(struct ctl *c, struct principals *ret)
{
    char *prefix = arena_printf(c->arena, "%s/", c->account);

    ret->n = 0;
    ret->v[ret->n++] = c->account;
    if (c->caller_arn)
        ret->v[ret->n++] = c->caller_arn;
    return prefix ? ctl_index_list(c, "memberships", prefix, membership_each, ret) : ERR_NOMEM;
}
