/* SPDX-License-Identifier: Apache-2.0 */
/* What other accounts lose when the grants of a resource change: the associations that they made
 * while it was shared with them (spec: profiles-ram-zones-ec2.md 1.10, 2.8). They go in the
 * transaction that changes the grants, so that there is no moment at which DNS still follows them.
 * One walk over the VPCs of the resource; each account is decided once. */
#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/profile.h"
#include "control/resolver_priv.h"

/* What was decided for one account. */
struct verdict {
    struct verdict *next;
    const char *account;
    bool keeps;
};

/* A resource whose users are looked at anew. */
struct recheck {
    struct ctl *c;
    struct access access;
    struct verdict *verdicts;
    union {
        struct obj_rule rule;
        struct obj_profile profile;
    } obj;
};

/* True in *ret if the account may keep its associations: any share will do, as who may no longer
 * associate may still use what it has. */
static int account_keeps(struct recheck *r, const char *account, bool *ret)
{
    struct verdict *v = r->verdicts;
    int err;

    while (v && strcmp(v->account, account) != 0)
        v = v->next;
    if (v) {
        *ret = v->keeps;
        return 0;
    }
    v = arena_zalloc(r->c->arena, 1, sizeof *v);
    if (!v)
        return ERR_NOMEM;
    *v = (struct verdict){r->verdicts, account, false};
    err = access_has(r->c, account, &r->access, &v->keeps);
    if (err)
        return err;
    r->verdicts = v;
    *ret = v->keeps;
    return 0;
}

static int rule_vpc_each(void *ctx, const char *key, const char *value)
{
    struct recheck *r = ctx;
    struct obj_rule_association a;
    bool keeps;
    int err = ctl_get(r->c, &kind_rule_assoc, value, &a);

    (void)key;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    err = account_keeps(r, a.owner_account, &keeps);
    return err || keeps ? err : rule_association_remove(r->c, &r->obj.rule, &a);
}

static int profile_vpc_each(void *ctx, const char *key, const char *value)
{
    struct recheck *r = ctx;
    struct obj_profile_association a;
    bool keeps;
    int err = ctl_get(r->c, &kind_profile_assoc, value, &a);

    (void)key;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    err = account_keeps(r, a.owner_account, &keeps);
    return err || keeps ? err : profile_association_remove(r->c, &a);
}

/* The resources that others can associate, and who finds their associations. */
static const struct {
    const char *type; /* in the ARN */
    const struct kind *kind;
    const char *index; /* <id>/<vpc> -> association id */
    int (*each)(void *ctx, const char *key, const char *value);
} shareable[] = {
    {":resolver-rule/", &kind_rule, "rule-vpcs", rule_vpc_each},
    {":profile/", &kind_profile, "profile-vpcs", profile_vpc_each},
};

int access_recheck(struct ctl *c, const char *arn)
{
    struct recheck r = {.c = c, .access = {.arn = arn}};

    for (size_t i = 0; i < sizeof shareable / sizeof *shareable; i++) {
        const char *type = strstr(arn, shareable[i].type), *id;
        char *prefix;
        int err;

        if (!type)
            continue;
        id = type + strlen(shareable[i].type);
        prefix = arena_printf(c->arena, "%s/", id);
        err = prefix ? ctl_get(c, shareable[i].kind, id, &r.obj) : ERR_NOMEM;
        if (err)
            return err == ERR_NOT_FOUND ? 0 : err;
        r.access.owner = ((const struct owned *)&r.obj)->owner_account;
        return ctl_index_list(c, shareable[i].index, prefix, shareable[i].each, &r);
    }
    return 0;
}
