/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from a share: the indexes by which everyone else sees it. They are made from the
 * difference between the stored share and the new one, so a change costs what it changes. */
#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/ram_priv.h"

/* A share before and after a change. */
struct change {
    struct ctl *c;
    const struct obj_share *old; /* without ends when it is new */
    const struct obj_share *new;
};

static bool is_principal(const struct obj_share_end *end)
{
    return strcmp(end->type, "PRINCIPAL") == 0;
}

bool share_end_live(const struct obj_share *share, const struct obj_share_end *end)
{
    return strcmp(share->status, "ACTIVE") == 0 && strcmp(end->status, "ASSOCIATED") == 0;
}

/* True if the share holds the same end, associated. */
static bool live_in(const struct obj_share *share, const struct obj_share_end *end)
{
    const struct obj_share_end *same = share_end_find(share, end->type, end->entity);

    return same && share_end_live(share, same);
}

/* --- index entries of ends and permissions */

static int end_index(struct change *ch, const struct obj_share_end *end, bool put)
{
    struct ctl *c = ch->c;
    const char *index = is_principal(end) ? "share-principals" : "resource-shares";
    char *key = is_principal(end) ? arena_printf(c->arena, "%s/%s/%s", end->entity,
                                                 ch->new->owner_region, ch->new->id)
                                  : arena_printf(c->arena, "%s/%s", end->entity, ch->new->id);

    if (!key)
        return ERR_NOMEM;
    return put ? ctl_index_put(c, index, key, "") : ctl_index_del(c, index, key);
}

static int ends_index(struct change *ch)
{
    int err = 0;

    for (size_t i = 0; !err && i < ch->old->ends_n; i++)
        if (share_end_live(ch->old, &ch->old->ends[i]) && !live_in(ch->new, &ch->old->ends[i]))
            err = end_index(ch, &ch->old->ends[i], false);
    for (size_t i = 0; !err && i < ch->new->ends_n; i++)
        if (share_end_live(ch->new, &ch->new->ends[i]) && !live_in(ch->old, &ch->new->ends[i]))
            err = end_index(ch, &ch->new->ends[i], true);
    return err;
}

static int permission_index(struct change *ch, const struct obj_share_permission *p, bool put)
{
    struct ctl *c = ch->c;
    char *key = arena_printf(c->arena, "%s/%s", p->arn, ch->new->id);
    char *version = arena_printf(c->arena, "%d", (int)p->version.v);

    if (!key || !version)
        return ERR_NOMEM;
    return put ? ctl_index_put(c, "permission-shares", key, version)
               : ctl_index_del(c, "permission-shares", key);
}

static int permissions_index(struct change *ch)
{
    bool was = strcmp(ch->old->status, "ACTIVE") == 0, is = strcmp(ch->new->status, "ACTIVE") == 0;
    int err = 0;

    for (size_t i = 0; was && !err && i < ch->old->permissions_n; i++)
        err = permission_index(ch, &ch->old->permissions[i], false);
    for (size_t i = 0; is && !err && i < ch->new->permissions_n; i++)
        err = permission_index(ch, &ch->new->permissions[i], true);
    return err;
}

/* --- grants */

/* The value of a grant: permission and version; NULL when the share gives none for the type. */
static const char *grant_value(struct ctl *c, const struct obj_share *share, const char *type)
{
    const struct obj_share_permission *p = share_permission_find(share, type);

    return p ? arena_printf(c->arena, "%s %d", p->arn, (int)p->version.v) : NULL;
}

/* Writes or deletes both entries of a grant. */
static int grant_put(struct change *ch, const char *principal, const char *resource,
                     const char *value)
{
    struct ctl *c = ch->c;
    char *grant = arena_printf(c->arena, "%s/%s/%s", principal, resource, ch->new->id);
    char *of = arena_printf(c->arena, "%s/%s/%s", resource, principal, ch->new->id);
    int err;

    if (!grant || !of)
        return ERR_NOMEM;
    err = value ? ctl_index_put(c, "grants", grant, value) : ctl_index_del(c, "grants", grant);
    if (err)
        return err;
    return value ? ctl_index_put(c, "grants-of", of, "") : ctl_index_del(c, "grants-of", of);
}

/* Takes the grants of a resource away that the new share no longer gives. */
static int grants_end(struct change *ch, const struct obj_share_end *r, bool *ret_lost)
{
    bool stays = live_in(ch->new, r);
    int err = 0;

    for (size_t i = 0; !err && i < ch->old->ends_n; i++) {
        const struct obj_share_end *p = &ch->old->ends[i];

        if (!is_principal(p) || !share_end_live(ch->old, p) || (stays && live_in(ch->new, p)))
            continue;
        *ret_lost = true;
        err = grant_put(ch, p->entity, r->entity, NULL);
    }
    return err;
}

/* Writes the grants of a resource that are new, or all of them when its permission has changed. */
static int grants_begin(struct change *ch, const struct obj_share_end *r, const char *value,
                        bool all)
{
    int err = 0;

    for (size_t i = 0; !err && i < ch->new->ends_n; i++) {
        const struct obj_share_end *p = &ch->new->ends[i];

        if (is_principal(p) && share_end_live(ch->new, p) && (all || !live_in(ch->old, p)))
            err = grant_put(ch, p->entity, r->entity, value);
    }
    return err;
}

/* What the share grants of the resources that it held, and holds no more; resources that lost
 * something are marked in lost[]. */
static int grants_old(struct change *ch, bool *lost)
{
    int err = 0;

    for (size_t i = 0; !err && i < ch->old->ends_n; i++) {
        const struct obj_share_end *r = &ch->old->ends[i];
        const char *before, *after;

        if (is_principal(r) || !share_end_live(ch->old, r))
            continue;
        err = grants_end(ch, r, &lost[i]);
        before = grant_value(ch->c, ch->old, r->resource_type);
        after = grant_value(ch->c, ch->new, r->resource_type);
        if (before && after && strcmp(before, after) != 0)
            lost[i] = true; /* the new permission may allow less */
    }
    return err;
}

static int grants_new(struct change *ch)
{
    int err = 0;

    for (size_t i = 0; !err && i < ch->new->ends_n; i++) {
        const struct obj_share_end *r = &ch->new->ends[i];
        const char *before, *after;

        if (is_principal(r) || !share_end_live(ch->new, r))
            continue;
        before = live_in(ch->old, r) ? grant_value(ch->c, ch->old, r->resource_type) : NULL;
        after = grant_value(ch->c, ch->new, r->resource_type);
        if (!after)
            return ERR_NOMEM; /* every type of a share has its permission */
        err = grants_begin(ch, r, after, !before || strcmp(before, after) != 0);
    }
    return err;
}

int share_save(struct ctl *c, struct obj_share *share)
{
    struct obj_share old = {.status = ""};
    struct change ch = {c, &old, share};
    bool *lost;
    int err = ctl_get(c, &kind_share, share->id, &old);

    if (err && err != ERR_NOT_FOUND)
        return err;
    err = ctl_put(c, &kind_share, share->id, share);
    lost = arena_zalloc(c->arena, old.ends_n + 1, sizeof *lost);
    if (!err && !lost)
        err = ERR_NOMEM;
    if (!err)
        err = ends_index(&ch);
    if (!err)
        err = permissions_index(&ch);
    if (!err)
        err = grants_old(&ch, lost);
    if (!err)
        err = grants_new(&ch);
    for (size_t i = 0; !err && i < old.ends_n; i++)
        if (lost[i])
            err = access_recheck(c, old.ends[i].entity);
    return err;
}
