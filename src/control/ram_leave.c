/* SPDX-License-Identifier: Apache-2.0 */
/* What ends in shares when something else ends: a resource is deleted, an account leaves its
 * organization. */
#include "control/ram.h"

#include <string.h>

#include "base/error.h"
#include "control/ctl_priv.h"
#include "control/organization.h"
#include "control/ram_priv.h"

/* A deleted resource and the shares that hold it. */
struct drop {
    struct ctl *c;
    const char *arn;
};

static int drop_each(void *ctx, const char *key, const char *value)
{
    const struct drop *d = ctx;
    struct obj_share_end *end;
    struct obj_share share;
    int err = share_find(d->c, strrchr(key, '/') + 1, &share);

    (void)value;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    end = share_end_find(&share, "RESOURCE", d->arn);
    if (!end)
        return 0;
    err = share_end_close(d->c, end);
    return err ? err : share_save(d->c, &share);
}

int shares_drop_resource(struct ctl *c, const char *arn)
{
    struct drop d = {c, arn};
    char *prefix = arena_printf(c->arena, "%s/", arn);

    return prefix ? ctl_index_list(c, "resource-shares", prefix, drop_each, &d) : ERR_NOMEM;
}

/* An account that leaves an organization. */
struct leave {
    struct ctl *c;
    const char *account;
    const char *organization_id;
};

/* True if the principal is the account, or one of its roles and users. */
static bool is_of(const struct obj_share_end *end, const char *account)
{
    static const char iam[] = "arn:aws:iam::";

    return strcmp(end->entity, account) == 0 ||
           (strncmp(end->entity, iam, sizeof iam - 1) == 0 &&
            strncmp(end->entity + sizeof iam - 1, account, strlen(account)) == 0);
}

/* Ends the associations inside the organization: those of the account in a share of another, all of
 * them in its own. */
static int share_leave(const struct leave *l, const char *id)
{
    struct obj_organization o;
    struct obj_share share;
    bool own, changed = false;
    int err = share_find(l->c, id, &share);

    if (!err)
        err = organization_of(l->c, share.owner_account, &o);
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    if (strcmp(o.id, l->organization_id) != 0 ||
        share.retain_sharing_on_account_leave_organization == TRI_TRUE)
        return 0;
    own = strcmp(share.owner_account, l->account) == 0;
    for (size_t i = 0; !err && i < share.ends_n; i++) {
        struct obj_share_end *end = &share.ends[i];

        if (strcmp(end->type, "PRINCIPAL") != 0 || end->external == TRI_TRUE ||
            strcmp(end->status, "DISASSOCIATED") == 0 || own == is_of(end, l->account))
            continue;
        changed = true;
        err = share_end_close(l->c, end);
    }
    return err || !changed ? err : share_save(l->c, &share);
}

static int principal_each(void *ctx, const char *key, const char *value)
{
    (void)value;
    return share_leave(ctx, strrchr(key, '/') + 1);
}

/* The owner's index holds all kinds: "own/<account>/<region>/<kind>/<id>". */
static int own_each(void *ctx, const struct store_item *item)
{
    static const char kind[] = "/resource-share/";
    const char *found = strstr(item->key.data, kind);

    return found ? share_leave(ctx, found + sizeof kind - 1) : 0;
}

int shares_leave(struct ctl *c, const char *account, const char *organization_id)
{
    struct leave l = {c, account, organization_id};
    struct store_walk walk = {.each = own_each, .ctx = &l};
    struct store_bytes own = txn_key(c, "own/%s/", account);
    char *prefix = arena_printf(c->arena, "%s/", account);
    char *iam = arena_printf(c->arena, "arn:aws:iam::%s:", account);
    int err;

    if (!own.data || !prefix || !iam || txn_prefix(c, own, NULL, &walk) != 0)
        return ERR_NOMEM;
    err = ctl_index_list(c, "share-principals", prefix, principal_each, &l);
    if (!err)
        err = ctl_index_list(c, "share-principals", iam, principal_each, &l);
    return err ? err : ctl_raw_list(c, &walk);
}
