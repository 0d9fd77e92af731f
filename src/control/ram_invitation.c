/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations: what an account outside of the owner's organization has to accept before a share
 * counts (spec: profiles-ram-zones-ec2.md 2.6). That one has expired follows from its age and what
 * the share holds; it is written down with the next change of the share. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "control/ram_priv.h"

static char *index_key(struct ctl *c, const struct obj_share_invitation *i)
{
    return arena_printf(c->arena, "%s/%s/%s", i->receiver, i->owner_region, i->id);
}

int invitation_make(struct ctl *c, const struct obj_share *share, const char *receiver,
                    struct obj_share_end *end)
{
    char *id = ram_uuid(c);
    struct obj_share_invitation i = {
        .owner_account = share->owner_account,
        .owner_region = share->owner_region,
        .id = id,
        .arn = id ? ctl_arn(c, "ram", "resource-share-invitation/%s", id) : NULL,
        .share_id = share->id,
        .principal = end->entity,
        .receiver = receiver,
        .status = "PENDING",
        .created_at = {true, (int64_t)(c->now_ns / NS_PER_S)},
        .creation_time = ctl_time(c, 3),
    };
    char *key = id ? index_key(c, &i) : NULL;
    int err;

    if (!key || !i.arn || !i.creation_time)
        return ERR_NOMEM;
    end->invitation_id = id;
    end->invited_at = i.created_at;
    err = ctl_put(c, &kind_invitation, id, &i);
    return err ? err : ctl_index_put(c, "invitations", key, "");
}

int invitation_drop(struct ctl *c, const char *id)
{
    struct obj_share_invitation i;
    char *key;
    int err = ctl_get(c, &kind_invitation, id, &i);

    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    key = index_key(c, &i);
    err = key ? ctl_index_del(c, "invitations", key) : ERR_NOMEM;
    return err ? err : ctl_del(c, &kind_invitation, id, &i);
}

/* An invitation with its share. */
struct invited {
    struct obj_share_invitation invitation;
    struct obj_share share;
};

/* Reads both; the status is what the time has made of it. ERR_NOT_FOUND without a fault. */
static int invited_find(struct ctl *c, const char *id, struct invited *ret)
{
    struct obj_share_invitation *i = &ret->invitation;
    int err = ctl_get(c, &kind_invitation, id, i);

    if (!err)
        err = share_find(c, i->share_id, &ret->share);
    if (!err && strcmp(i->status, "PENDING") == 0 &&
        share_invitation_late(c, &ret->share, i->created_at))
        i->status = "EXPIRED";
    return err;
}

static int not_found(struct ctl *c, const char *arn)
{
    return ctl_fail(c, FAULT_ResourceShareInvitationArnNotFoundException,
                    "ResourceShareInvitation %s could not be found.", arn);
}

/* The caller's invitation of that ARN. */
static int invited_read(struct ctl *c, const char *arn, struct invited *ret)
{
    const char *id = arn_ram(c, arn, "resource-share-invitation");
    int err;

    if (!id)
        return arn_fault(c, arn);
    err = invited_find(c, id, ret);
    if (err == ERR_NOT_FOUND || (!err && (strcmp(ret->invitation.receiver, c->account) != 0 ||
                                          strcmp(ret->invitation.owner_region, c->region) != 0 ||
                                          strcmp(ret->invitation.arn, arn) != 0)))
        return not_found(c, arn);
    return err;
}

/* The fault of an invitation that was rejected or has expired, 0 for others. */
static int closed_fault(struct ctl *c, const struct obj_share_invitation *i)
{
    if (strcmp(i->status, "REJECTED") == 0)
        return ctl_fail(c, FAULT_ResourceShareInvitationAlreadyRejectedException,
                        "The invitation %s was already rejected.", i->arn);
    if (strcmp(i->status, "EXPIRED") == 0)
        return ctl_fail(c, FAULT_ResourceShareInvitationExpiredException,
                        "The invitation %s has expired.", i->arn);
    return 0;
}

static int pending_check(struct ctl *c, const struct invited *v)
{
    int err = closed_fault(c, &v->invitation);

    if (!err && strcmp(v->invitation.status, "ACCEPTED") == 0)
        err = ctl_fail(c, FAULT_ResourceShareInvitationAlreadyAcceptedException,
                       "The invitation %s was already accepted.", v->invitation.arn);
    return err;
}

static int invited_view(struct ctl *c, const struct invited *v,
                        struct ram_resource_share_invitation *ret)
{
    const struct obj_share_invitation *i = &v->invitation;
    bool role = strcmp(i->principal, i->receiver) != 0;

    *ret = (struct ram_resource_share_invitation){
        .resource_share_invitation_arn = i->arn,
        .resource_share_name = v->share.name,
        .resource_share_arn = v->share.arn,
        .sender_account_id = i->owner_account,
        .receiver_account_id = i->receiver,
        .invitation_timestamp = i->creation_time,
        .status = i->status,
        .receiver_arn =
            role ? i->principal : arena_printf(c->arena, "arn:aws:iam::%s:root", i->receiver),
    };
    return ret->receiver_arn ? 0 : ERR_NOMEM;
}

static int invited_answer(struct ctl *c, const struct invited *v,
                          struct ram_resource_share_invitation **ret)
{
    *ret = arena_zalloc(c->arena, 1, sizeof **ret);
    return *ret ? invited_view(c, v, *ret) : ERR_NOMEM;
}

/* Answers an invitation: the association gets `association`, the invitation `status`. */
static int reply(struct ctl *c, const char *arn, const char *status, const char *association,
                 struct ram_resource_share_invitation **ret)
{
    struct obj_share_end *end;
    struct invited v;
    int err = invited_read(c, arn, &v);

    if (!err)
        err = pending_check(c, &v);
    if (err)
        return err;
    end = share_end_find(&v.share, "PRINCIPAL", v.invitation.principal);
    if (!end || !end->invitation_id || strcmp(end->invitation_id, v.invitation.id) != 0)
        return not_found(c, arn);
    end->status = association;
    end->last_updated_time = ctl_time(c, 3);
    v.invitation.status = status;
    err = ctl_put(c, &kind_invitation, v.invitation.id, &v.invitation);
    if (!err)
        err = share_save(c, &v.share);
    return err ? err : invited_answer(c, &v, ret);
}

static int accept_invitation(struct ctl *c, const void *input, void *output)
{
    const struct ram_accept_resource_share_invitation_request *in = input;
    struct ram_accept_resource_share_invitation_response *out = output;

    return reply(c, in->resource_share_invitation_arn, "ACCEPTED", "ASSOCIATED",
                 &out->resource_share_invitation);
}

int ram_accept_resource_share_invitation(
    struct ctl *c, const struct ram_accept_resource_share_invitation_request *in,
    struct ram_accept_resource_share_invitation_response *out)
{
    static const struct ram_call call = {
        "AcceptResourceShareInvitation", &ram_accept_resource_share_invitation_request_shape,
        &ram_accept_resource_share_invitation_response_shape, accept_invitation};

    return ram_once(c, &call, in, out);
}

static int reject_invitation(struct ctl *c, const void *input, void *output)
{
    const struct ram_reject_resource_share_invitation_request *in = input;
    struct ram_reject_resource_share_invitation_response *out = output;

    return reply(c, in->resource_share_invitation_arn, "REJECTED", "DISASSOCIATED",
                 &out->resource_share_invitation);
}

int ram_reject_resource_share_invitation(
    struct ctl *c, const struct ram_reject_resource_share_invitation_request *in,
    struct ram_reject_resource_share_invitation_response *out)
{
    static const struct ram_call call = {
        "RejectResourceShareInvitation", &ram_reject_resource_share_invitation_request_shape,
        &ram_reject_resource_share_invitation_response_shape, reject_invitation};

    return ram_once(c, &call, in, out);
}

/* --- GetResourceShareInvitations */

struct invitation_list {
    struct ram_page page;
    const struct ram_get_resource_share_invitations_request *in;
};

static int list_each(void *ctx, const char *key, const char *value)
{
    struct invitation_list *l = ctx;
    struct ctl *c = l->page.c;
    struct ram_resource_share_invitation view;
    struct invited v;
    int err = invited_find(c, strrchr(key, '/') + 1, &v);

    (void)value;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    if (!ram_wanted(l->in->resource_share_invitation_arns, l->in->resource_share_invitation_arns_n,
                    v.invitation.arn) ||
        !ram_wanted(l->in->resource_share_arns, l->in->resource_share_arns_n, v.share.arn))
        return 0;
    err = invited_view(c, &v, &view);
    return err ? err : ram_page_add(&l->page, v.invitation.id, &view);
}

/* Every invitation that is asked for by its ARN must be one of the caller's. */
static int wanted_check(struct ctl *c, const struct ram_get_resource_share_invitations_request *in)
{
    struct invited v;
    int err = 0;

    for (size_t i = 0; !err && i < in->resource_share_invitation_arns_n; i++)
        err = invited_read(c, in->resource_share_invitation_arns[i], &v);
    for (size_t i = 0; !err && i < in->resource_share_arns_n; i++)
        if (!arn_ram(c, in->resource_share_arns[i], "resource-share"))
            err = arn_fault(c, in->resource_share_arns[i]);
    return err;
}

int ram_get_resource_share_invitations(struct ctl *c,
                                       const struct ram_get_resource_share_invitations_request *in,
                                       struct ram_get_resource_share_invitations_response *out)
{
    struct invitation_list l = {
        .page = {.c = c,
                 .what = "GetResourceShareInvitations",
                 .size = sizeof *out->resource_share_invitations},
        .in = in,
    };
    char *prefix = arena_printf(c->arena, "%s/%s/", c->account, c->region);
    int err = ram_page_begin(&l.page, in->max_results, in->next_token);

    if (!err)
        err = wanted_check(c, in);
    if (!err)
        err = prefix ? ctl_index_list(c, "invitations", prefix, list_each, &l) : ERR_NOMEM;
    if (err)
        return err;
    out->resource_share_invitations = l.page.items;
    out->resource_share_invitations_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

int ram_list_pending_invitation_resources(
    struct ctl *c, const struct ram_list_pending_invitation_resources_request *in,
    struct ram_list_pending_invitation_resources_response *out)
{
    struct ram_page page = {
        .c = c, .what = "ListPendingInvitationResources", .size = sizeof *out->resources};
    bool regional = !in->resource_region_scope || strcmp(in->resource_region_scope, "GLOBAL") != 0;
    struct invited v;
    int err = ram_page_begin(&page, in->max_results, in->next_token);

    if (!err)
        err = invited_read(c, in->resource_share_invitation_arn, &v);
    if (!err)
        err = closed_fault(c, &v.invitation);
    for (size_t i = 0; !err && regional && i < v.share.ends_n; i++) {
        const struct obj_share_end *end = &v.share.ends[i];
        const struct ram_resource r = {
            .arn = end->entity,
            .type = end->resource_type,
            .resource_share_arn = v.share.arn,
            .status = "AVAILABLE",
            .creation_time = end->creation_time,
            .last_updated_time = end->last_updated_time,
            .resource_region_scope = "REGIONAL",
        };

        if (end->resource_type && strcmp(end->status, "ASSOCIATED") == 0)
            err = ram_page_add(&page, end->entity, &r);
    }
    if (err && err != CTL_STOP)
        return err;
    out->resources = page.items;
    out->resources_n = page.n;
    out->next_token = ram_page_token(&page);
    return 0;
}
