/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations, their units and accounts. All of them belong to the management account, under the
 * region "aws-global". A change of an account's place rewrites its "memberships", and what it can
 * no longer use by them is taken away in the same transaction. */
#include "control/organization.h"

#include <string.h>

#include "base/error.h"
#include "base/rand.h"
#include "control/access.h"
#include "control/ctl_priv.h"
#include "control/ram.h"

#define ORG_ID_CHARS 10   /* behind "o-" */
#define ROOT_ID_CHARS 4   /* behind "r-" */
#define UNIT_ID_CHARS 8   /* at the end of "ou-<root>-" */
#define UNIT_NAME_MAX 128 /* characters */

/* What a call is about; one struct serves all of them. */
struct organization_in {
    const char *account;
    const char *parent;
    const char *name;
    int (*each)(void *ctx, const struct organization_entry *entry);
    void *ctx;
};

/* A place for accounts: the root of an organization, or a unit of it. */
struct place {
    struct obj_organization organization;
    const char *id;
    const char *units[ORG_DEPTH_MAX]; /* ARNs, the nearest first */
    size_t units_n;
};

char *organization_arn(struct ctl *c, const struct obj_organization *o)
{
    return arena_printf(c->arena, "arn:aws:organizations::%s:organization/%s", o->owner_account,
                        o->id);
}

char *organization_unit_arn(struct ctl *c, const struct obj_organization_unit *u)
{
    return arena_printf(c->arena, "arn:aws:organizations::%s:ou/%s/%s", u->owner_account,
                        u->organization_id, u->id);
}

int organization_of(struct ctl *c, const char *account, struct obj_organization *ret)
{
    struct obj_organization_account a;
    int err = ctl_get(c, &kind_org_account, account, &a);

    return err ? err : ctl_get(c, &kind_organization, a.organization_id, ret);
}

/* `n` random lower-case letters and digits behind a prefix. */
static char *id_new(struct ctl *c, const char *prefix, size_t n)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char text[ORG_ID_CHARS + 1];
    struct rnd rnd;

    rnd_init(&rnd);
    for (size_t i = 0; i < n; i++)
        text[i] = alphabet[rnd_below(&rnd, sizeof alphabet - 1)];
    text[n] = '\0';
    return arena_printf(c->arena, "%s%s", prefix, text);
}

/* --- memberships */

static char *member_key(struct ctl *c, const char *account, size_t i)
{
    return arena_printf(c->arena, "%s/%zu", account, i);
}

/* The ARNs that an account has as memberships. */
struct memberships {
    const char *arns[ORG_DEPTH_MAX + 1];
    size_t n;
};

static int membership_each(void *ctx, const char *key, const char *arn)
{
    struct memberships *m = ctx;

    (void)key;
    if (m->n < ORG_DEPTH_MAX + 1)
        m->arns[m->n++] = arn;
    return 0;
}

static int memberships_get(struct ctl *c, const char *account, struct memberships *ret)
{
    char *prefix = arena_printf(c->arena, "%s/", account);

    ret->n = 0;
    return prefix ? ctl_index_list(c, "memberships", prefix, membership_each, ret) : ERR_NOMEM;
}

/* Resources that an account reached through a membership. */
struct reached {
    struct ctl *c;
    size_t skip; /* bytes of "<arn>/" */
};

static int reached_each(void *ctx, const char *key, const char *value)
{
    const struct reached *r = ctx;
    const char *resource = key + r->skip, *share = strrchr(resource, '/');
    char *arn = share ? arena_dup(r->c->arena, resource, (size_t)(share - resource)) : NULL;

    (void)value;
    return arn ? access_recheck(r->c, arn) : ERR_NOMEM;
}

/* Looks again at everything that was granted to a unit or organization that an account has left. */
static int membership_lost(struct ctl *c, const char *arn)
{
    struct reached r = {c, strlen(arn) + 1};
    char *prefix = arena_printf(c->arena, "%s/", arn);

    return prefix ? ctl_index_list(c, "grants", prefix, reached_each, &r) : ERR_NOMEM;
}

static bool membership_in(const struct memberships *m, const char *arn)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->arns[i], arn) == 0)
            return true;
    return false;
}

/* Replaces the memberships of an account. */
static int memberships_put(struct ctl *c, const char *account, const struct memberships *now)
{
    struct memberships before;
    int err = memberships_get(c, account, &before);

    for (size_t i = 0; !err && i < before.n; i++)
        err = ctl_index_del(c, "memberships", member_key(c, account, i));
    for (size_t i = 0; !err && i < now->n; i++)
        err = ctl_index_put(c, "memberships", member_key(c, account, i), now->arns[i]);
    for (size_t i = 0; !err && i < before.n; i++)
        if (!membership_in(now, before.arns[i]))
            err = membership_lost(c, before.arns[i]);
    return err;
}

/* --- places */

static int no_parent(struct ctl *c, const char *id)
{
    return ctl_fail(c, FAULT_ResourceNotFoundException,
                    "There is no organization, root or organizational unit %s.", id);
}

struct root_search {
    const char *root;
    const char *found;
};

static int root_each(void *ctx, const struct organization_entry *entry)
{
    struct root_search *s = ctx;

    if (!entry->organization || strcmp(entry->organization->root_id, s->root) != 0)
        return 0;
    s->found = entry->organization->id;
    return CTL_STOP;
}

static int list_op(struct ctl *c, const void *in, void *out);

/* Finds a place by o-..., r-... or ou-... */
static int place_find(struct ctl *c, const char *id, struct place *ret)
{
    struct root_search search = {.root = id};
    struct organization_in all = {.each = root_each, .ctx = &search};
    const char *organization = id, *at = id;
    struct obj_organization_unit u;
    char none;
    int err = 0;

    *ret = (struct place){.id = id};
    while (!err && strncmp(at, "ou-", 3) == 0) {
        err = ctl_get(c, &kind_org_unit, at, &u);
        if (err)
            break;
        if (ret->units_n == ORG_DEPTH_MAX)
            return ctl_fail(c, FAULT_InvalidParameterValue, "%s is too deep.", at);
        ret->units[ret->units_n] = organization_unit_arn(c, &u);
        if (!ret->units[ret->units_n++])
            return ERR_NOMEM;
        organization = u.organization_id;
        at = u.parent_id;
    }
    if (!err && organization == id && strncmp(id, "r-", 2) == 0) {
        err = list_op(c, &all, &none);
        organization = search.found ? search.found : id;
    }
    if (!err)
        err = ctl_get(c, &kind_organization, organization, &ret->organization);
    if (!err && ret->units_n == 0)
        ret->id = ret->organization.root_id;
    return err == ERR_NOT_FOUND ? no_parent(c, id) : err;
}

/* Puts an account at a place. */
static int account_place(struct ctl *c, const struct place *p, struct obj_organization_account *a)
{
    struct memberships now = {.n = p->units_n};
    int err;

    memcpy(now.arns, p->units, sizeof p->units);
    now.arns[now.n++] = organization_arn(c, &p->organization);
    if (!now.arns[p->units_n])
        return ERR_NOMEM;
    a->organization_id = p->organization.id;
    a->parent_id = p->id;
    err = ctl_put(c, &kind_org_account, a->id, a);
    return err ? err : memberships_put(c, a->id, &now);
}

/* --- calls */

static int account_free(struct ctl *c, const char *account)
{
    struct obj_organization_account member;
    struct obj_account known;
    int err = ctl_get(c, &kind_account, account, &known);

    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_ResourceNotFoundException, "There is no account %s.", account);
    if (!err)
        err = ctl_get(c, &kind_org_account, account, &member);
    if (!err)
        return ctl_fail(c, FAULT_ResourceExistsException,
                        "The account %s is in the organization %s already.", account,
                        member.organization_id);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int create_op(struct ctl *c, const void *input, void *output)
{
    const struct organization_in *in = input;
    struct obj_organization *o = output;
    struct obj_organization_account first = {
        .owner_account = in->account, .id = in->account, .creation_time = ctl_time(c, 3)};
    struct place p = {0};
    int err = account_free(c, in->account);

    if (err)
        return err;
    *o = (struct obj_organization){.owner_account = in->account,
                                   .id = id_new(c, "o-", ORG_ID_CHARS),
                                   .root_id = id_new(c, "r-", ROOT_ID_CHARS),
                                   .sharing_enabled = TRI_FALSE,
                                   .creation_time = first.creation_time};
    if (!o->id || !o->root_id || !o->creation_time)
        return ERR_NOMEM;
    err = ctl_put(c, &kind_organization, o->id, o);
    p.organization = *o;
    p.id = o->root_id;
    return err ? err : account_place(c, &p, &first);
}

int organization_create(struct ctl *c, const char *management, struct obj_organization *ret)
{
    struct organization_in in = {.account = management};
    struct obj_organization out;
    int err = ctl_run(c, create_op, &in, &out, sizeof out);

    if (!err)
        *ret = out;
    return err;
}

static int unit_add_op(struct ctl *c, const void *input, void *output)
{
    const struct organization_in *in = input;
    struct obj_organization_unit *u = output;
    struct place p;
    char *prefix;
    int err = place_find(c, in->parent, &p);

    if (err)
        return err;
    if (!*in->name || strlen(in->name) > UNIT_NAME_MAX)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "The name of an organizational unit has 1 to %d characters.",
                        UNIT_NAME_MAX);
    if (p.units_n == ORG_DEPTH_MAX)
        return ctl_fail(c, FAULT_LimitExceededException,
                        "Organizational units are at most %d levels deep.", ORG_DEPTH_MAX);
    prefix = arena_printf(c->arena, "ou-%s-", p.organization.root_id + 2);
    *u = (struct obj_organization_unit){.owner_account = p.organization.owner_account,
                                        .id = prefix ? id_new(c, prefix, UNIT_ID_CHARS) : NULL,
                                        .organization_id = p.organization.id,
                                        .parent_id = p.id,
                                        .name = in->name,
                                        .creation_time = ctl_time(c, 3)};
    if (!u->id || !u->creation_time)
        return ERR_NOMEM;
    return ctl_put(c, &kind_org_unit, u->id, u);
}

int organization_unit_add(struct ctl *c, const char *parent, const char *name,
                          struct obj_organization_unit *ret)
{
    struct organization_in in = {.parent = parent, .name = name};
    struct obj_organization_unit out;
    int err = ctl_run(c, unit_add_op, &in, &out, sizeof out);

    if (!err)
        *ret = out;
    return err;
}

static int account_put_op(struct ctl *c, const void *input, void *output)
{
    const struct organization_in *in = input;
    struct obj_organization_account *a = output;
    struct place p;
    int err = place_find(c, in->parent, &p);

    if (err)
        return err;
    err = ctl_get(c, &kind_org_account, in->account, a);
    if (err == ERR_NOT_FOUND || (!err && strcmp(a->organization_id, p.organization.id) != 0)) {
        err = account_free(c, in->account);
        *a = (struct obj_organization_account){.owner_account = p.organization.owner_account,
                                               .id = in->account,
                                               .creation_time = ctl_time(c, 3)};
    }
    return err ? err : account_place(c, &p, a);
}

int organization_account_put(struct ctl *c, const char *parent, const char *account,
                             struct obj_organization_account *ret)
{
    struct organization_in in = {.parent = parent, .account = account};
    struct obj_organization_account out;
    int err = ctl_run(c, account_put_op, &in, &out, sizeof out);

    if (!err)
        *ret = out;
    return err;
}

static int account_remove_op(struct ctl *c, const void *input, void *output)
{
    const struct organization_in *in = input;
    const struct memberships none = {.n = 0};
    struct obj_organization_account a;
    int err = ctl_get(c, &kind_org_account, in->account, &a);

    (void)output;
    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_ResourceNotFoundException, "The account %s is in no organization.",
                        in->account);
    if (!err && strcmp(a.owner_account, in->account) == 0)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "The management account cannot leave its organization.");
    if (!err)
        err = shares_leave(c, in->account, a.organization_id);
    if (!err)
        err = memberships_put(c, in->account, &none);
    return err ? err : ctl_del(c, &kind_org_account, a.id, &a);
}

int organization_account_remove(struct ctl *c, const char *account)
{
    struct organization_in in = {.account = account};
    char none;

    return ctl_run(c, account_remove_op, &in, &none, sizeof none);
}

/* A raw walk over all objects of one kind. */
struct organization_walk {
    struct ctl *c;
    const struct kind *kind;
    const struct organization_in *in;
};

static int organization_each(void *ctx, const struct store_item *item)
{
    const struct organization_walk *w = ctx;
    struct organization_entry entry = {0};
    void *obj = arena_zalloc(w->c->arena, 1, w->kind->shape->size);
    int err = obj ? object_read(w->kind->shape, item->value, w->c->arena, obj) : ERR_NOMEM;

    if (err)
        return txn_fail(w->c, err);
    if (w->kind == &kind_organization)
        entry.organization = obj;
    else if (w->kind == &kind_org_unit)
        entry.unit = obj;
    else
        entry.account = obj;
    return w->in->each(w->in->ctx, &entry);
}

static int list_op(struct ctl *c, const void *input, void *output)
{
    static const struct kind *const kinds[] = {&kind_organization, &kind_org_unit,
                                               &kind_org_account};
    int err = 0;

    (void)output;
    for (size_t i = 0; !err && i < sizeof kinds / sizeof *kinds; i++) {
        struct organization_walk w = {c, kinds[i], input};
        struct store_walk walk = {.each = organization_each, .ctx = &w};
        struct store_bytes prefix = txn_key(c, "o/%s/", kinds[i]->name);

        if (!prefix.data || txn_prefix(c, prefix, NULL, &walk) != 0)
            return ERR_NOMEM;
        err = ctl_raw_list(c, &walk);
    }
    return err;
}

int organization_list(struct ctl *c, int (*each)(void *ctx, const struct organization_entry *entry),
                      void *ctx)
{
    struct organization_in in = {.each = each, .ctx = ctx};
    bool before = c->read_only;
    char none;
    int err;

    c->read_only = true; /* a listing keeps nobody out */
    err = ctl_run(c, list_op, &in, &none, sizeof none);
    c->read_only = before;
    return err;
}
