/* SPDX-License-Identifier: Apache-2.0 */
/* Permissions over all shares of an account: where they are used, and replacing one by another
 * everywhere. The service does that in the background; here it is done when the call answers. */
#include <string.h>

#include "base/error.h"
#include "control/ram_priv.h"

/* --- ListPermissionAssociations */

struct association_list {
    struct ram_page page;
    const struct ram_list_permission_associations_request *in;
};

static int association_add(struct association_list *l, const struct obj_share *share,
                           const struct obj_share_permission *at)
{
    const struct ram_list_permission_associations_request *in = l->in;
    struct ctl *c = l->page.c;
    struct ram_associated_permission v = {
        .arn = at->arn,
        .permission_version = arena_printf(c->arena, "%d", (int)at->version.v),
        .resource_type = at->resource_type,
        .status = "ASSOCIATED",
        .feature_set = "STANDARD",
        .last_updated_time = at->last_updated_time,
        .resource_share_arn = share->arn,
    };
    char *key = arena_printf(c->arena, "%s/%s", share->id, at->resource_type);
    int newest, err = permission_default_version(c, at->arn, &newest);

    if (err || !key || !v.permission_version)
        return err ? err : ERR_NOMEM;
    v.default_version = newest == at->version.v ? TRI_TRUE : TRI_FALSE;
    if ((in->permission_arn && strcmp(in->permission_arn, at->arn) != 0) ||
        (in->permission_version.set && in->permission_version.v != at->version.v) ||
        (in->association_status && strcmp(in->association_status, v.status) != 0) ||
        (in->resource_type && strcmp(in->resource_type, at->resource_type) != 0) ||
        (in->feature_set && strcmp(in->feature_set, v.feature_set) != 0) ||
        (in->default_version != TRI_NONE && in->default_version != v.default_version))
        return 0;
    return ram_page_add(&l->page, key, &v);
}

static int association_each(void *ctx, const struct obj_share *share)
{
    int err = 0;

    for (const struct share_type *t = share_types; !err && t->name; t++) {
        const struct obj_share_permission *at = share_permission_find(share, t->name);

        if (at)
            err = association_add(ctx, share, at);
    }
    return err;
}

int ram_list_permission_associations(struct ctl *c,
                                     const struct ram_list_permission_associations_request *in,
                                     struct ram_list_permission_associations_response *out)
{
    struct association_list l = {
        .page = {.c = c, .what = "ListPermissionAssociations", .size = sizeof *out->permissions},
        .in = in,
    };
    const struct share_walk w = {.c = c, .owner = "SELF", .each = association_each, .ctx = &l};
    int err = 0;

    if (in->permission_arn && !arn_ram(c, in->permission_arn, "permission"))
        err = arn_fault(c, in->permission_arn);
    if (!err && in->permission_version.set && !in->permission_arn)
        err = ctl_fail(c, FAULT_InvalidParameterException,
                       "A permission version can be specified only with a permission ARN.");
    if (!err)
        err = ram_page_begin(&l.page, in->max_results, in->next_token);
    if (!err)
        err = shares_walk(&w);
    if (err)
        return err;
    out->permissions = l.page.items;
    out->permissions_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

/* --- ReplacePermissionAssociations */

struct replacing {
    struct ctl *c;
    const struct permission *from, *to;
    int version; /* of from; 0: any */
};

static int replace_each(void *ctx, const struct obj_share *share)
{
    const struct replacing *r = ctx;
    const struct obj_share_permission *at = share_permission_find(share, r->from->resource_type);
    struct obj_share changed = *share;
    int err;

    if (!at || strcmp(at->arn, r->from->arn) != 0 ||
        (r->version != 0 && at->version.v != r->version))
        return 0;
    err = share_permission_set(r->c, &changed, r->to);
    changed.last_updated_time = ctl_time(r->c, 3);
    return err ? err : share_save(r->c, &changed);
}

static int work_view(struct ctl *c, const struct obj_permission_replacement *w,
                     struct ram_replace_permission_associations_work *ret)
{
    *ret = (struct ram_replace_permission_associations_work){
        .id = w->id,
        .from_permission_arn = w->from_arn,
        .from_permission_version =
            w->from_version.set ? arena_printf(c->arena, "%d", (int)w->from_version.v) : NULL,
        .to_permission_arn = w->to_arn,
        .to_permission_version = arena_printf(c->arena, "%d", (int)w->to_version.v),
        .status = "COMPLETED",
        .creation_time = w->creation_time,
        .last_updated_time = w->creation_time,
    };
    return ret->to_permission_version ? 0 : ERR_NOMEM;
}

static int replace(struct ctl *c, const void *input, void *output)
{
    const struct ram_replace_permission_associations_request *in = input;
    struct ram_replace_permission_associations_response *out = output;
    int version = in->from_permission_version.set ? (int)in->from_permission_version.v : 0;
    struct permission from, to;
    struct replacing r = {c, &from, &to, version};
    const struct share_walk walk = {.c = c, .owner = "SELF", .each = replace_each, .ctx = &r};
    struct obj_permission_replacement w = {
        .id = ram_uuid(c),
        .from_arn = in->from_permission_arn,
        .from_version = in->from_permission_version,
        .to_arn = in->to_permission_arn,
        .creation_time = ctl_time(c, 3),
    };
    int err = permission_read(c, in->from_permission_arn, version, &from);

    if (!err)
        err = permission_read(c, in->to_permission_arn, 0, &to);
    if (!err && strcmp(from.resource_type, to.resource_type) != 0)
        err = ctl_fail(c, FAULT_InvalidParameterException,
                       "Both permissions must be for the same resource type.");
    if (!err)
        err = shares_walk(&walk);
    if (err)
        return err;
    w.to_version = (struct opt_int){true, to.version};
    out->replace_permission_associations_work =
        arena_zalloc(c->arena, 1, sizeof *out->replace_permission_associations_work);
    if (!w.id || !w.creation_time || !out->replace_permission_associations_work)
        return ERR_NOMEM;
    err = ctl_put(c, &kind_replacement, w.id, &w);
    if (!err)
        err = work_view(c, &w, out->replace_permission_associations_work);
    if (!err)
        out->replace_permission_associations_work->status = "IN_PROGRESS";
    return err;
}

int ram_replace_permission_associations(
    struct ctl *c, const struct ram_replace_permission_associations_request *in,
    struct ram_replace_permission_associations_response *out)
{
    static const struct ram_call call = {
        "ReplacePermissionAssociations", &ram_replace_permission_associations_request_shape,
        &ram_replace_permission_associations_response_shape, replace};

    return ram_once(c, &call, in, out);
}

struct work_list {
    struct ram_page page;
    const struct ram_list_replace_permission_associations_work_request *in;
};

static int work_each(void *ctx, const char *id, void *obj)
{
    struct work_list *l = ctx;
    struct ram_replace_permission_associations_work v;
    int err = work_view(l->page.c, obj, &v);

    if (err || !ram_wanted(l->in->work_ids, l->in->work_ids_n, id) ||
        (l->in->status && strcmp(l->in->status, v.status) != 0))
        return err;
    return ram_page_add(&l->page, id, &v);
}

int ram_list_replace_permission_associations_work(
    struct ctl *c, const struct ram_list_replace_permission_associations_work_request *in,
    struct ram_list_replace_permission_associations_work_response *out)
{
    struct work_list l = {
        .page = {.c = c,
                 .what = "ListReplacePermissionAssociationsWork",
                 .size = sizeof *out->replace_permission_associations_works},
        .in = in,
    };
    int err = ram_page_begin(&l.page, in->max_results, in->next_token);

    if (!err)
        err = ctl_list(c, &kind_replacement, NULL, work_each, &l);
    if (err)
        return err;
    out->replace_permission_associations_works = l.page.items;
    out->replace_permission_associations_works_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

/* --- promotion: shares and permissions here never come from a policy, so there is nothing to do */

int ram_promote_permission_created_from_policy(
    struct ctl *c, const struct ram_promote_permission_created_from_policy_request *in,
    struct ram_promote_permission_created_from_policy_response *out)
{
    struct permission p;
    int err = permission_read(c, in->permission_arn, 0, &p);

    (void)out;
    return err ? err
               : ctl_fail(c, FAULT_InvalidParameterException,
                          "The permission %s was not created from a policy.", p.arn);
}

int ram_promote_resource_share_created_from_policy(
    struct ctl *c, const struct ram_promote_resource_share_created_from_policy_request *in,
    struct ram_promote_resource_share_created_from_policy_response *out)
{
    struct obj_share share;
    int err = share_read_own(c, in->resource_share_arn, &share);

    (void)out;
    return err ? err
               : ctl_fail(c, FAULT_InvalidParameterException,
                          "The resource share %s was not created from a policy.", share.arn);
}
