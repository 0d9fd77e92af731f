/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what: the grants that RAM writes, read from the side of the one who asks. See
 * access.h.
 *
 * An account acts as itself, as each OU that it is in and as its organization; a grant to any of
 * them is a grant to it. Grants only add: one share that allows is enough. */
#include "control/access.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/permission.h"
#include "control/policy_eval.h"
#include "control/ram.h"

#define OWN_KEYS 2       /* condition keys that every request has */
#define ARN_ACCOUNT 4    /* colons before the account of an ARN */
#define INLINE_FIRST '{' /* first byte of a grant that is a policy template itself */

/* Texts in the arena. */
struct names {
    struct ctl *c;
    const char **list;
    size_t n, cap;
};

static int names_add(struct names *names, const char *name)
{
    if (names->n == names->cap) {
        size_t more = names->cap ? names->cap * 2 : 8;
        const char **bigger = arena_zalloc(names->c->arena, more, sizeof *bigger);

        if (!bigger)
            return ERR_NOMEM;
        if (names->n)
            memcpy(bigger, names->list, names->n * sizeof *bigger);
        names->list = bigger;
        names->cap = more;
    }
    names->list[names->n++] = name;
    return 0;
}

static int membership_each(void *ctx, const char *key, const char *value)
{
    (void)key;
    return names_add(ctx, value);
}

/* All that an account acts as; the caller is also the role or user that signs. */
static int principals_read(struct ctl *c, const char *account, struct names *ret)
{
    char *prefix = arena_printf(c->arena, "%s/", account);
    int err;

    *ret = (struct names){.c = c};
    err = prefix ? names_add(ret, account) : ERR_NOMEM;
    if (!err && c->caller_arn && strcmp(account, c->account) == 0)
        err = names_add(ret, c->caller_arn);
    return err ? err : ctl_index_list(c, "memberships", prefix, membership_each, ret);
}

/* A grant to a role or user: "<resource arn>/<principal>/<share id>". */
struct role_grants {
    struct names *names;
    size_t skip; /* bytes of "<resource arn>/" */
};

static int role_each(void *ctx, const char *key, const char *value)
{
    struct role_grants *g = ctx;
    const char *principal = key + g->skip, *share = strrchr(principal, '/');
    char *name = arena_dup(g->names->c->arena, principal, (size_t)(share - principal));

    (void)value;
    return name ? names_add(g->names, name) : ERR_NOMEM;
}

/* Adds the roles and users of an account that a resource is shared with: when it is not the account
 * itself that asks, any of them may be the one that has made use of the share. */
static int roles_read(struct names *names, const char *account, const char *arn)
{
    struct role_grants g = {names, strlen(arn) + 1};
    char *prefix = arena_printf(names->c->arena, "%s/arn:aws:iam::%s:", arn, account);

    return prefix ? ctl_index_list(names->c, "grants-of", prefix, role_each, &g) : ERR_NOMEM;
}

/* The policy template of a grant; "" when its permission is gone. */
static int grant_template(struct ctl *c, const char *grant, const char **ret)
{
    const char *space = strchr(grant, ' ');
    char *arn;
    int err;

    *ret = grant;
    if (*grant == INLINE_FIRST)
        return 0;
    arn = arena_dup(c->arena, grant, space ? (size_t)(space - grant) : strlen(grant));
    if (!arn)
        return ERR_NOMEM;
    err = permission_template(c, arn, space ? atoi(space + 1) : 0, ret);
    if (err != ERR_NOT_FOUND)
        return err;
    *ret = "";
    return 0;
}

/* A decision under way. */
struct decision {
    struct ctl *c;
    struct policy_request request;
    bool shared;  /* there is a share */
    bool allowed; /* and one that allows the request */
};

static int grant_each(void *ctx, const char *key, const char *value)
{
    struct decision *d = ctx;
    const char *text;
    int err;

    (void)key;
    d->shared = true;
    if (!d->request.action)
        d->allowed = true;
    if (d->allowed)
        return CTL_STOP;
    err = grant_template(d->c, value, &text);
    if (!err)
        d->allowed = policy_allows(text, &d->request);
    return err;
}

/* Looks through the grants of a resource to an account. */
static int decide(struct ctl *c, const char *account, const struct access *a, struct decision *ret)
{
    const char *root = arena_printf(c->arena, "arn:aws:iam::%s:root", account);
    bool caller = strcmp(account, c->account) == 0;
    const char *who[OWN_KEYS] = {account, caller && c->caller_arn ? c->caller_arn : root};
    struct access_key *keys = arena_zalloc(c->arena, a->keys_n + OWN_KEYS, sizeof *keys);
    struct names principals;
    int err = principals_read(c, account, &principals);

    if (!err && !caller)
        err = roles_read(&principals, account, a->arn);
    if (err || !root || !keys)
        return err ? err : ERR_NOMEM;
    if (a->keys_n)
        memcpy(keys, a->keys, a->keys_n * sizeof *keys);
    keys[a->keys_n] = (struct access_key){"aws:PrincipalAccount", &who[0], 1};
    keys[a->keys_n + 1] = (struct access_key){"aws:PrincipalArn", &who[1], 1};
    *ret = (struct decision){c, {a->action, keys, a->keys_n + OWN_KEYS}, false, false};
    for (size_t i = 0; i < principals.n && !err && !ret->allowed; i++) {
        char *prefix = arena_printf(c->arena, "%s/%s/", principals.list[i], a->arn);

        err = prefix ? ctl_index_list(c, "grants", prefix, grant_each, ret) : ERR_NOMEM;
    }
    return err;
}

int access_check(struct ctl *c, const struct access *a)
{
    struct decision d;
    int err;

    if (strcmp(a->owner, c->account) == 0)
        return 0;
    err = decide(c, c->account, a, &d);
    if (err)
        return err;
    if (!d.shared)
        return ERR_NOT_FOUND;
    return d.allowed ? 0
                     : ctl_fail(c, FAULT_AccessDeniedException,
                                "User: %s is not authorized to perform: %s on resource: %s",
                                c->caller_arn ? c->caller_arn : c->account, a->action, a->arn);
}

int access_has(struct ctl *c, const char *account, const struct access *a, bool *ret)
{
    struct decision d = {.allowed = true};
    int err = 0;

    if (strcmp(a->owner, account) != 0)
        err = decide(c, account, a, &d);
    *ret = d.allowed;
    return err;
}

/* Resources shared with the caller, found under one principal. */
struct shared {
    struct names arns;
    const struct access_walk *walk;
    size_t skip; /* bytes of "<principal>/" */
};

/* True if the account part of an ARN is that account. */
static bool arn_of(const char *arn, const char *account)
{
    size_t n = strlen(account);

    for (int i = 0; i < ARN_ACCOUNT && arn; i++) {
        arn = strchr(arn, ':');
        arn = arn ? arn + 1 : NULL;
    }
    return arn && strncmp(arn, account, n) == 0 && arn[n] == ':';
}

static int shared_each(void *ctx, const char *key, const char *value)
{
    struct shared *s = ctx;
    const char *arn = key + s->skip, *share = strrchr(arn, '/');
    char *copy;

    (void)value;
    if (!share)
        return 0;
    copy = arena_dup(s->arns.c->arena, arn, (size_t)(share - arn));
    if (!copy)
        return ERR_NOMEM;
    /* A share with one's own organization gives one nothing new. */
    return strstr(copy, s->walk->type) && !arn_of(copy, s->arns.c->account)
               ? names_add(&s->arns, copy)
               : 0;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int access_list(struct ctl *c, const struct access_walk *walk)
{
    struct shared s = {.arns = {.c = c}, .walk = walk};
    struct names principals;
    int err = principals_read(c, c->account, &principals);

    for (size_t i = 0; i < principals.n && !err; i++) {
        char *prefix = arena_printf(c->arena, "%s/%s", principals.list[i], walk->prefix);

        s.skip = strlen(principals.list[i]) + 1;
        err = prefix ? ctl_index_list(c, "grants", prefix, shared_each, &s) : ERR_NOMEM;
    }
    if (s.arns.n)
        qsort(s.arns.list, s.arns.n, sizeof *s.arns.list, name_order);
    for (size_t i = 0; i < s.arns.n && !err; i++)
        if (i == 0 || strcmp(s.arns.list[i], s.arns.list[i - 1]) != 0)
            err = walk->each(walk->ctx, s.arns.list[i], "");
    return err == CTL_STOP ? 0 : err;
}

static int any_each(void *ctx, const char *key, const char *value)
{
    (void)key;
    (void)value;
    *(bool *)ctx = true;
    return CTL_STOP;
}

int access_share_status(struct ctl *c, const char *arn, const char *owner, const char **ret)
{
    char *prefix = arena_printf(c->arena, "%s/", arn);
    bool any = false;
    int err = 0;

    if (strcmp(owner, c->account) != 0) {
        *ret = "SHARED_WITH_ME";
        return 0;
    }
    err = prefix ? ctl_index_list(c, "grants-of", prefix, any_each, &any) : ERR_NOMEM;
    *ret = any ? "SHARED_BY_ME" : "NOT_SHARED";
    return err;
}

/* Grants of a resource that goes away. */
struct forget {
    struct ctl *c;
    const char *arn;
    size_t skip; /* bytes of "<arn>/" */
};

static int forget_each(void *ctx, const char *key, const char *value)
{
    const struct forget *f = ctx;
    const char *principal = key + f->skip, *share = strrchr(principal, '/');
    char *grant;
    int err;

    (void)value;
    if (!share)
        return 0;
    grant =
        arena_printf(f->c->arena, "%.*s/%s%s", (int)(share - principal), principal, f->arn, share);
    err = grant ? ctl_index_del(f->c, "grants", grant) : ERR_NOMEM;
    return err ? err : ctl_index_del(f->c, "grants-of", key);
}

int access_forget(struct ctl *c, const char *arn)
{
    char *prefix = arena_printf(c->arena, "%s/", arn);
    struct forget f = {c, arn, strlen(arn) + 1};
    int err = shares_drop_resource(c, arn);

    if (!err)
        err = prefix ? ctl_index_list(c, "grants-of", prefix, forget_each, &f) : ERR_NOMEM;
    return err;
}
