/* SPDX-License-Identifier: Apache-2.0 */
/* Permissions in shares: which one a share has for each type of resource (spec:
 * profiles-ram-zones-ec2.md 2.6). */
#include <string.h>

#include "base/error.h"
#include "control/ram_priv.h"

struct obj_share_permission *share_permission_find(const struct obj_share *share,
                                                   const char *resource_type)
{
    for (size_t i = 0; i < share->permissions_n; i++)
        if (strcmp(share->permissions[i].resource_type, resource_type) == 0)
            return &share->permissions[i];
    return NULL;
}

int share_permission_set(struct ctl *c, struct obj_share *share, const struct permission *p)
{
    struct obj_share_permission *at = share_permission_find(share, p->resource_type);

    if (!at) {
        struct obj_share_permission *all =
            arena_zalloc(c->arena, share->permissions_n + 1, sizeof *all);

        if (!all)
            return ERR_NOMEM;
        if (share->permissions_n > 0)
            memcpy(all, share->permissions, share->permissions_n * sizeof *all);
        share->permissions = all;
        at = &all[share->permissions_n++];
    }
    *at =
        (struct obj_share_permission){p->resource_type, p->arn, {true, p->version}, ctl_time(c, 3)};
    return at->last_updated_time ? 0 : ERR_NOMEM;
}

int share_permissions_fill(struct ctl *c, struct obj_share *share)
{
    int err = 0;

    for (size_t i = 0; !err && i < share->ends_n; i++) {
        const char *type = share->ends[i].resource_type;
        struct permission p;

        if (!type || share_permission_find(share, type))
            continue;
        err = permission_read(c, share_type_find(type)->permission, 0, &p);
        if (!err)
            err = share_permission_set(c, share, &p);
    }
    return err;
}

/* --- one share */

static int associate_check(struct ctl *c,
                           const struct ram_associate_resource_share_permission_request *in,
                           const struct obj_share *share, const struct permission *p)
{
    const struct obj_share_permission *old = share_permission_find(share, p->resource_type);

    if (p->version != p->default_version)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "Only the default version of a permission can be associated with a "
                        "resource share.");
    if (old && in->replace != TRI_TRUE &&
        (strcmp(old->arn, p->arn) != 0 || old->version.v != p->version))
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "The resource share already has a permission for the resource type %s. "
                        "Specify replace to replace it.",
                        p->resource_type);
    return 0;
}

static int associate(struct ctl *c, const void *input, void *output)
{
    const struct ram_associate_resource_share_permission_request *in = input;
    struct ram_associate_resource_share_permission_response *out = output;
    int version = in->permission_version.set ? (int)in->permission_version.v : 0;
    struct obj_share share;
    struct permission p;
    int err = share_read_own(c, in->resource_share_arn, &share);

    if (!err)
        err = permission_read(c, in->permission_arn, version, &p);
    if (!err)
        err = associate_check(c, in, &share, &p);
    if (!err)
        err = share_permission_set(c, &share, &p);
    if (err)
        return err;
    share.last_updated_time = ctl_time(c, 3);
    out->return_value = TRI_TRUE;
    return share_save(c, &share);
}

int ram_associate_resource_share_permission(
    struct ctl *c, const struct ram_associate_resource_share_permission_request *in,
    struct ram_associate_resource_share_permission_response *out)
{
    static const struct ram_call call = {
        "AssociateResourceSharePermission", &ram_associate_resource_share_permission_request_shape,
        &ram_associate_resource_share_permission_response_shape, associate};

    return ram_once(c, &call, in, out);
}

/* True if the share holds a resource of the type. */
static bool type_in(const struct obj_share *share, const char *type)
{
    for (size_t i = 0; i < share->ends_n; i++)
        if (share->ends[i].resource_type && strcmp(share->ends[i].resource_type, type) == 0 &&
            strcmp(share->ends[i].status, "ASSOCIATED") == 0)
            return true;
    return false;
}

static int disassociate(struct ctl *c, const void *input, void *output)
{
    const struct ram_disassociate_resource_share_permission_request *in = input;
    struct ram_disassociate_resource_share_permission_response *out = output;
    struct obj_share_permission *at;
    struct obj_share share;
    struct permission p;
    int err = share_read_own(c, in->resource_share_arn, &share);

    if (!err)
        err = permission_read(c, in->permission_arn, 0, &p);
    if (err)
        return err;
    at = share_permission_find(&share, p.resource_type);
    if (!at || strcmp(at->arn, p.arn) != 0)
        return ctl_fail(c, FAULT_UnknownResourceException,
                        "The permission %s is not associated with the resource share %s.", p.arn,
                        share.arn);
    if (type_in(&share, p.resource_type))
        return ctl_fail(c, FAULT_OperationNotPermittedException,
                        "The resource share still has resources of the type %s.", p.resource_type);
    share.permissions_n--;
    memmove(at, at + 1, (size_t)(&share.permissions[share.permissions_n] - at) * sizeof *at);
    share.last_updated_time = ctl_time(c, 3);
    out->return_value = TRI_TRUE;
    return share_save(c, &share);
}

int ram_disassociate_resource_share_permission(
    struct ctl *c, const struct ram_disassociate_resource_share_permission_request *in,
    struct ram_disassociate_resource_share_permission_response *out)
{
    static const struct ram_call call = {"DisassociateResourceSharePermission",
                                         &ram_disassociate_resource_share_permission_request_shape,
                                         &ram_disassociate_resource_share_permission_response_shape,
                                         disassociate};

    return ram_once(c, &call, in, out);
}

/* The version that a share has of a permission, whoever owns it: consumers may list what they were
 * given. */
static int attached_summary(struct ctl *c, const struct obj_share_permission *at,
                            struct ram_resource_share_permission_summary *ret)
{
    const struct share_type *type = share_type_find(at->resource_type);
    struct permission p = {
        .arn = at->arn,
        .name = strrchr(at->arn, '/') + 1,
        .resource_type = at->resource_type,
        .version = (int)at->version.v,
        .managed = strncmp(at->arn, "arn:aws:ram::aws:", 17) == 0,
        .type_default = strcmp(type->permission, at->arn) == 0,
        .creation_time = at->last_updated_time,
        .last_updated_time = at->last_updated_time,
    };
    int err = permission_default_version(c, at->arn, &p.default_version);

    return err ? err : permission_summary(c, &p, "ASSOCIATED", ret);
}

/* A share that the caller owns or takes part in. */
static int share_read_any(struct ctl *c, const char *arn, struct obj_share *ret)
{
    struct principals me;
    int err = share_read(c, arn, ret);

    if (err || strcmp(ret->owner_account, c->account) == 0)
        return err;
    err = principals_of_caller(c, &me);
    for (size_t i = 0; !err && i < me.n; i++) {
        const struct obj_share_end *end = share_end_find(ret, "PRINCIPAL", me.v[i]);

        if (end && share_end_live(ret, end))
            return 0;
    }
    return err ? err
               : ctl_fail(c, FAULT_UnknownResourceException, "ResourceShare %s could not be found.",
                          arn);
}

int ram_list_resource_share_permissions(
    struct ctl *c, const struct ram_list_resource_share_permissions_request *in,
    struct ram_list_resource_share_permissions_response *out)
{
    struct ram_page page = {
        .c = c, .what = "ListResourceSharePermissions", .size = sizeof *out->permissions};
    struct obj_share share;
    int err = share_read_any(c, in->resource_share_arn, &share);

    if (!err)
        err = ram_page_begin(&page, in->max_results, in->next_token);
    for (const struct share_type *t = share_types; !err && t->name; t++) {
        const struct obj_share_permission *at = share_permission_find(&share, t->name);
        struct ram_resource_share_permission_summary v;

        if (!at)
            continue;
        err = attached_summary(c, at, &v);
        if (!err)
            err = ram_page_add(&page, t->name, &v);
    }
    if (err && err != CTL_STOP)
        return err;
    out->permissions = page.items;
    out->permissions_n = page.n;
    out->next_token = ram_page_token(&page);
    return 0;
}
