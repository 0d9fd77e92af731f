/* SPDX-License-Identifier: Apache-2.0 */
/* Resource shares: creation, reading, update, deletion (spec: profiles-ram-zones-ec2.md 2.5, 2.6).
 *
 * A share is one object with its principals, resources and permissions in it. Time does its work
 * when a share is read (settling): an invitation that ran out ends its association, ended
 * associations and deleted shares are seen for an hour more. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "control/ram_priv.h"

/* --- ends */

static int end_order(const char *type, const char *entity, const struct obj_share_end *end)
{
    int order = strcmp(type, end->type);

    return order ? order : strcmp(entity, end->entity);
}

/* Place of the end with that name, or where it would be. */
static size_t end_place(const struct obj_share *share, const char *type, const char *entity)
{
    size_t low = 0, high = share->ends_n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (end_order(type, entity, &share->ends[mid]) > 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct obj_share_end *share_end_find(const struct obj_share *share, const char *type,
                                     const char *entity)
{
    size_t at = end_place(share, type, entity);

    return at < share->ends_n && end_order(type, entity, &share->ends[at]) == 0 ? &share->ends[at]
                                                                                : NULL;
}

struct obj_share_end *share_end_add(struct ctl *c, struct obj_share *share, const char *type,
                                    const char *entity)
{
    size_t at = end_place(share, type, entity);
    struct obj_share_end *all = share->ends;

    if (!share_end_find(share, type, entity)) {
        all = arena_zalloc(c->arena, share->ends_n + 1, sizeof *all);
        if (!all)
            return NULL;
        if (share->ends_n > 0) {
            memcpy(all, share->ends, at * sizeof *all);
            memcpy(all + at + 1, share->ends + at, (share->ends_n - at) * sizeof *all);
        }
        share->ends = all;
        share->ends_n++;
    }
    all[at] = (struct obj_share_end){.type = type, .entity = entity};
    return &all[at];
}

int share_end_close(struct ctl *c, struct obj_share_end *end)
{
    bool pending = strcmp(end->status, "ASSOCIATING") == 0 && end->invitation_id;

    end->status = "DISASSOCIATED";
    end->last_updated_time = ctl_time(c, 3);
    return pending ? invitation_drop(c, end->invitation_id) : 0;
}

/* --- time */

unsigned share_invitation_s(const struct obj_share *share)
{
    size_t rules = 0, others = 0;

    for (size_t i = 0; i < share->ends_n; i++) {
        const struct obj_share_end *end = &share->ends[i];

        if (!end->resource_type || strcmp(end->status, "ASSOCIATED") != 0)
            continue;
        if (strcmp(end->resource_type, "route53resolver:ResolverRule") == 0)
            rules++;
        else
            others++;
    }
    return rules > 0 && others == 0 ? RAM_INVITATION_RULE_S : RAM_INVITATION_S;
}

bool share_invitation_late(const struct ctl *c, const struct obj_share *share,
                           struct opt_int invited_at)
{
    return (uint64_t)invited_at.v + share_invitation_s(share) <= c->now_ns / NS_PER_S;
}

/* Marks an invitation that ran out, so that a later change of the share does not revive it. */
static int invitation_expire(struct ctl *c, const char *id)
{
    struct obj_share_invitation invitation;
    int err;

    if (c->read_only)
        return 0;
    err = ctl_get(c, &kind_invitation, id, &invitation);
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    invitation.status = "EXPIRED";
    return ctl_put(c, &kind_invitation, id, &invitation);
}

/* Lets the time that has passed since the share was written do its work. */
static int share_settle(struct ctl *c, struct obj_share *share)
{
    const char *gone = ram_time_ago(c, RAM_GONE_S);
    unsigned wait_s = share_invitation_s(share);
    char text[CLOCK_TEXT_MAX];
    size_t n = 0;
    int err = 0;

    if (!gone)
        return ERR_NOMEM;
    for (size_t i = 0; !err && i < share->ends_n; i++) {
        struct obj_share_end *end = &share->ends[i];

        if (strcmp(end->status, "ASSOCIATING") == 0 &&
            share_invitation_late(c, share, end->invited_at)) {
            end->status = "DISASSOCIATED";
            end->last_updated_time =
                arena_str(c->arena, clock_format(((uint64_t)end->invited_at.v + wait_s) * NS_PER_S,
                                                 3, text, sizeof text));
            err = end->last_updated_time ? invitation_expire(c, end->invitation_id) : ERR_NOMEM;
        }
        if (!err &&
            (strcmp(end->status, "DISASSOCIATED") != 0 || strcmp(end->last_updated_time, gone) > 0))
            share->ends[n++] = *end;
    }
    share->ends_n = n;
    return err;
}

/* --- reading */

static int no_share(struct ctl *c, const char *arn)
{
    return ctl_fail(c, FAULT_UnknownResourceException, "ResourceShare %s could not be found.", arn);
}

int share_find(struct ctl *c, const char *id, struct obj_share *ret)
{
    int err = ctl_get(c, &kind_share, id, ret);

    if (!err && strcmp(ret->status, "ACTIVE") != 0 &&
        strcmp(ret->last_updated_time, ram_time_ago(c, RAM_GONE_S)) <= 0)
        return ERR_NOT_FOUND;
    return err ? err : share_settle(c, ret);
}

int share_read(struct ctl *c, const char *arn, struct obj_share *ret)
{
    const char *id = arn_ram(c, arn, "resource-share");
    int err;

    if (!id)
        return arn_fault(c, arn);
    err = share_find(c, id, ret);
    if (err == ERR_NOT_FOUND || (!err && strcmp(ret->arn, arn) != 0))
        return no_share(c, arn);
    return err;
}

/* What a share that is not the caller's answers to a change: those who take part may know of it. */
static int share_refuse(struct ctl *c, const struct obj_share *share)
{
    struct principals me;
    int err = principals_of_caller(c, &me);

    for (size_t i = 0; !err && i < me.n; i++) {
        const struct obj_share_end *end = share_end_find(share, "PRINCIPAL", me.v[i]);

        if (end && strcmp(end->status, "DISASSOCIATED") != 0)
            return ctl_fail(c, FAULT_OperationNotPermittedException,
                            "You do not own the resource share %s.", share->arn);
    }
    return err ? err : no_share(c, share->arn);
}

int share_read_own(struct ctl *c, const char *arn, struct obj_share *ret)
{
    int err = share_read(c, arn, ret);

    if (err)
        return err;
    if (strcmp(ret->owner_account, c->account) != 0 || strcmp(ret->owner_region, c->region) != 0)
        return share_refuse(c, ret);
    if (strcmp(ret->status, "ACTIVE") != 0)
        return ctl_fail(c, FAULT_InvalidStateTransitionException,
                        "The resource share %s has been deleted.", arn);
    return 0;
}

/* How clients see a share; only its owner sees the tags. */
static int share_view(struct ctl *c, const struct obj_share *share, struct ram_resource_share *ret)
{
    bool own = strcmp(share->owner_account, c->account) == 0;

    *ret = (struct ram_resource_share){
        .resource_share_arn = share->arn,
        .name = share->name,
        .owning_account_id = share->owner_account,
        .allow_external_principals = share->allow_external_principals,
        .status = share->status,
        .creation_time = share->creation_time,
        .last_updated_time = share->last_updated_time,
        .feature_set = "STANDARD",
    };
    if (share->retain_sharing_on_account_leave_organization != TRI_NONE) {
        ret->resource_share_configuration =
            arena_zalloc(c->arena, 1, sizeof *ret->resource_share_configuration);
        if (!ret->resource_share_configuration)
            return ERR_NOMEM;
        ret->resource_share_configuration->retain_sharing_on_account_leave_organization =
            share->retain_sharing_on_account_leave_organization;
    }
    if (own)
        ret->tags_n = share->tags_n;
    return own ? ram_tags_view(c, share->tags, share->tags_n, &ret->tags) : 0;
}

static int share_answer(struct ctl *c, const struct obj_share *share,
                        struct ram_resource_share **ret)
{
    *ret = arena_zalloc(c->arena, 1, sizeof **ret);
    return *ret ? share_view(c, share, *ret) : ERR_NOMEM;
}

/* --- creation */

/* Removes what nobody can see any more: shares that were deleted long ago. */
static int share_purge(void *ctx, const char *id, void *obj)
{
    struct ctl *c = ctx;
    struct obj_share *share = obj;
    int err = 0;

    if (strcmp(share->status, "ACTIVE") == 0 ||
        strcmp(share->last_updated_time, ram_time_ago(c, RAM_GONE_S)) > 0)
        return 0;
    for (size_t i = 0; !err && i < share->ends_n; i++)
        if (share->ends[i].invitation_id)
            err = invitation_drop(c, share->ends[i].invitation_id);
    return err ? err : ctl_del(c, &kind_share, id, share);
}

static int share_init(struct ctl *c, const struct ram_create_resource_share_request *in,
                      struct obj_share *share)
{
    char *id = ram_uuid(c);

    *share = (struct obj_share){
        .owner_account = c->account,
        .owner_region = c->region,
        .id = id,
        .arn = id ? ctl_arn(c, "ram", "resource-share/%s", id) : NULL,
        .name = in->name,
        .allow_external_principals =
            in->allow_external_principals == TRI_FALSE ? TRI_FALSE : TRI_TRUE,
        .status = "ACTIVE",
        .creation_time = ctl_time(c, 3),
    };
    share->last_updated_time = share->creation_time;
    if (in->resource_share_configuration)
        share->retain_sharing_on_account_leave_organization =
            in->resource_share_configuration->retain_sharing_on_account_leave_organization;
    if (!share->arn || !share->creation_time)
        return ERR_NOMEM;
    return ram_tags_add(c, in->tags, in->tags_n, &share->tags, &share->tags_n);
}

static int name_check(struct ctl *c, const char *name)
{
    return *name ? 0
                 : ctl_fail(c, FAULT_InvalidParameterException,
                            "The name of a resource share must not be empty.");
}

static int quota_check(struct ctl *c)
{
    size_t n;
    int err = ctl_count(c, &kind_share, &n);

    if (!err && n >= RAM_SHARES_MAX)
        return ctl_fail(c, FAULT_ResourceShareLimitExceededException,
                        "The limit of %d resource shares is reached.", RAM_SHARES_MAX);
    return err;
}

static int create(struct ctl *c, const void *input, void *output)
{
    const struct ram_create_resource_share_request *in = input;
    struct ram_create_resource_share_response *out = output;
    const struct share_ends ends = {in->principals, in->principals_n, in->resource_arns,
                                    in->resource_arns_n};
    struct obj_share share;
    int err = name_check(c, in->name);

    if (!err && in->sources_n > 0)
        err = ctl_fail(c, FAULT_InvalidParameterException,
                       "Sources can be specified only with a service principal.");
    if (!err)
        err = ctl_list(c, &kind_share, NULL, share_purge, c);
    if (!err)
        err = quota_check(c);
    if (!err)
        err = share_init(c, in, &share);
    for (size_t i = 0; !err && i < in->permission_arns_n; i++) {
        struct permission p;

        err = permission_read(c, in->permission_arns[i], 0, &p);
        if (!err && share_permission_find(&share, p.resource_type))
            err = ctl_fail(c, FAULT_InvalidParameterException,
                           "Only one permission can be specified for the resource type %s.",
                           p.resource_type);
        if (!err)
            err = share_permission_set(c, &share, &p);
    }
    if (!err)
        err = share_ends_add(c, &share, &ends, NULL);
    if (!err)
        err = share_save(c, &share);
    if (!err)
        err = share_answer(c, &share, &out->resource_share);
    if (!err)
        out->resource_share->feature_set = NULL; /* as the service: only later reads show it */
    return err;
}

int ram_create_resource_share(struct ctl *c, const struct ram_create_resource_share_request *in,
                              struct ram_create_resource_share_response *out)
{
    static const struct ram_call call = {"CreateResourceShare",
                                         &ram_create_resource_share_request_shape,
                                         &ram_create_resource_share_response_shape, create};

    return ram_once(c, &call, in, out);
}

/* --- listing */

struct share_list {
    struct ram_page page;
    const struct ram_get_resource_shares_request *in;
};

static bool tags_match(const struct obj_share *share, const struct ram_tag_filter *f)
{
    for (size_t i = 0; i < share->tags_n; i++)
        if ((!f->tag_key || strcmp(f->tag_key, share->tags[i].key) == 0) &&
            ram_wanted(f->tag_values, f->tag_values_n, share->tags[i].value))
            return true;
    return false;
}

static bool permission_match(const struct obj_share *share,
                             const struct ram_get_resource_shares_request *in)
{
    for (size_t i = 0; i < share->permissions_n; i++)
        if (strcmp(share->permissions[i].arn, in->permission_arn) == 0 &&
            (!in->permission_version.set ||
             in->permission_version.v == share->permissions[i].version.v))
            return true;
    return false;
}

static int list_each(void *ctx, const struct obj_share *share)
{
    struct share_list *l = ctx;
    const struct ram_get_resource_shares_request *in = l->in;
    struct ram_resource_share v;
    int err;

    if ((in->resource_share_status && strcmp(in->resource_share_status, share->status) != 0) ||
        (in->name && strcmp(in->name, share->name) != 0) ||
        (in->permission_arn && !permission_match(share, in)))
        return 0;
    for (size_t i = 0; i < in->tag_filters_n; i++)
        if (!tags_match(share, &in->tag_filters[i]))
            return 0;
    err = share_view(l->page.c, share, &v);
    return err ? err : ram_page_add(&l->page, share->id, &v);
}

int ram_get_resource_shares(struct ctl *c, const struct ram_get_resource_shares_request *in,
                            struct ram_get_resource_shares_response *out)
{
    struct share_list l = {
        .page = {.c = c, .what = "GetResourceShares", .size = sizeof *out->resource_shares},
        .in = in,
    };
    const struct share_walk w = {
        .c = c,
        .owner = in->resource_owner,
        .arns = in->resource_share_arns,
        .arns_n = in->resource_share_arns_n,
        .deleted = true,
        .each = list_each,
        .ctx = &l,
    };
    int err = ram_page_begin(&l.page, in->max_results, in->next_token);

    if (!err)
        err = shares_walk(&w);
    if (err)
        return err;
    out->resource_shares = l.page.items;
    out->resource_shares_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

/* --- update and deletion */

static int update(struct ctl *c, const void *input, void *output)
{
    const struct ram_update_resource_share_request *in = input;
    struct ram_update_resource_share_response *out = output;
    struct obj_share share;
    int err = share_read_own(c, in->resource_share_arn, &share);

    if (!err && !in->name && in->allow_external_principals == TRI_NONE)
        err = ctl_fail(c, FAULT_MissingRequiredParameterException,
                       "Specify a name or allowExternalPrincipals.");
    if (!err && in->name)
        err = name_check(c, in->name);
    if (err)
        return err;
    if (in->name)
        share.name = in->name;
    if (in->allow_external_principals != TRI_NONE)
        share.allow_external_principals = in->allow_external_principals;
    share.last_updated_time = ctl_time(c, 3);
    err = share_fits(c, &share);
    if (!err)
        err = share_save(c, &share);
    return err ? err : share_answer(c, &share, &out->resource_share);
}

int ram_update_resource_share(struct ctl *c, const struct ram_update_resource_share_request *in,
                              struct ram_update_resource_share_response *out)
{
    static const struct ram_call call = {"UpdateResourceShare",
                                         &ram_update_resource_share_request_shape,
                                         &ram_update_resource_share_response_shape, update};

    return ram_once(c, &call, in, out);
}

static int delete (struct ctl *c, const void *input, void *output)
{
    const struct ram_delete_resource_share_request *in = input;
    struct ram_delete_resource_share_response *out = output;
    struct obj_share share;
    int err = share_read_own(c, in->resource_share_arn, &share);

    for (size_t i = 0; !err && i < share.ends_n; i++)
        err = share_end_close(c, &share.ends[i]);
    if (err)
        return err;
    share.status = "DELETED";
    share.last_updated_time = ctl_time(c, 3);
    out->return_value = TRI_TRUE;
    return share_save(c, &share);
}

int ram_delete_resource_share(struct ctl *c, const struct ram_delete_resource_share_request *in,
                              struct ram_delete_resource_share_response *out)
{
    static const struct ram_call call = {"DeleteResourceShare",
                                         &ram_delete_resource_share_request_shape,
                                         &ram_delete_resource_share_response_shape, delete};

    return ram_once(c, &call, in, out);
}
