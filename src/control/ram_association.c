/* SPDX-License-Identifier: Apache-2.0 */
/* Associations of shares with principals and resources (spec: profiles-ram-zones-ec2.md 2.6). Calls
 * answer ASSOCIATING and DISASSOCIATING, as the service does; the work is done by then, but for
 * principals who have to accept an invitation. */
#include <string.h>

#include "base/error.h"
#include "control/account.h"
#include "control/ram.h"
#include "control/ram_priv.h"

static struct ram_resource_share_association end_view(const struct obj_share *share,
                                                      const struct obj_share_end *end)
{
    return (struct ram_resource_share_association){
        .resource_share_arn = share->arn,
        .resource_share_name = share->name,
        .associated_entity = end->entity,
        .association_type = end->type,
        .status = end->status,
        .creation_time = end->creation_time,
        .last_updated_time = end->last_updated_time,
        .external = end->external,
    };
}

/* --- adding */

static bool is_gone(const struct obj_share_end *end)
{
    return !end || strcmp(end->status, "DISASSOCIATED") == 0;
}

static int principal_add(struct ctl *c, struct obj_share *share, const char *text,
                         struct ram_resource_share_association *out)
{
    struct obj_share_end *end = share_end_find(share, "PRINCIPAL", text);
    struct share_principal p;
    int err;

    if (!is_gone(end)) {
        *out = end_view(share, end);
        return 0;
    }
    err = principal_read(c, share->owner_account, text, &p);
    if (err)
        return err;
    end = share_end_add(c, share, "PRINCIPAL", text);
    if (!end)
        return ERR_NOMEM;
    end->status = p.asked ? "ASSOCIATING" : "ASSOCIATED";
    end->external = p.external ? TRI_TRUE : TRI_FALSE;
    end->creation_time = ctl_time(c, 3);
    end->last_updated_time = end->creation_time;
    if (p.asked)
        err = invitation_make(c, share, p.account, end);
    *out = end_view(share, end);
    out->status = "ASSOCIATING";
    return err;
}

static int resource_add(struct ctl *c, struct obj_share *share, const char *arn,
                        struct ram_resource_share_association *out)
{
    struct obj_share_end *end = share_end_find(share, "RESOURCE", arn);
    const struct share_type *type;
    int err;

    if (!is_gone(end)) {
        *out = end_view(share, end);
        return 0;
    }
    err = share_resource_check(c, arn, &type);
    if (err)
        return err;
    end = share_end_add(c, share, "RESOURCE", arn);
    if (!end)
        return ERR_NOMEM;
    end->resource_type = type->name;
    end->status = "ASSOCIATED";
    end->external = TRI_FALSE;
    end->creation_time = ctl_time(c, 3);
    end->last_updated_time = end->creation_time;
    *out = end_view(share, end);
    out->status = "ASSOCIATING";
    return 0;
}

int share_ends_add(struct ctl *c, struct obj_share *share, const struct share_ends *add,
                   struct ram_resource_share_association *out)
{
    struct ram_resource_share_association unwanted;
    int err = 0;

    for (size_t i = 0; !err && i < add->principals_n; i++)
        err = principal_add(c, share, add->principals[i], out ? out++ : &unwanted);
    for (size_t i = 0; !err && i < add->resources_n; i++)
        err = resource_add(c, share, add->resources[i], out ? out++ : &unwanted);
    if (!err)
        err = share_permissions_fill(c, share);
    return err ? err : share_fits(c, share);
}

/* --- what fits together */

/* The type of the ends' resources that outsiders, or roles and users, must not have; NULL if all
 * are fine. */
static const char *type_against(const struct obj_share *share, bool outside, bool iam)
{
    for (size_t i = 0; i < share->ends_n; i++) {
        const char *name = share->ends[i].resource_type;
        const struct share_type *t = name ? share_type_find(name) : NULL;

        if (t && !is_gone(&share->ends[i]) && ((outside && !t->outside) || (iam && !t->iam)))
            return name;
    }
    return NULL;
}

static int principal_fits(struct ctl *c, const struct obj_share *share,
                          const struct obj_share_end *p)
{
    bool external = p->external == TRI_TRUE;
    bool iam = strncmp(p->entity, "arn:aws:iam:", 12) == 0;
    const char *type;

    if (external && share->allow_external_principals == TRI_FALSE)
        return ctl_fail(c, FAULT_OperationNotPermittedException,
                        "The resource share %s does not allow external principals: %s is outside "
                        "of your organization.",
                        share->arn, p->entity);
    if (type_against(share, external, false))
        return ctl_fail(c, FAULT_OperationNotPermittedException,
                        "The resource you are attempting to share can only be shared within your "
                        "AWS Organization. This error may also occur if you have not enabled "
                        "sharing with your AWS organization, or that onboarding process is still "
                        "in progress.");
    type = type_against(share, false, iam);
    if (type)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "Resources of type %s cannot be shared with the IAM principal %s.", type,
                        p->entity);
    return 0;
}

int share_fits(struct ctl *c, const struct obj_share *share)
{
    int err = 0;

    if (share->ends_n > RAM_ENDS_MAX)
        return ctl_fail(c, FAULT_ResourceShareLimitExceededException,
                        "A resource share has at most %d principals and resources.", RAM_ENDS_MAX);
    for (size_t i = 0; !err && i < share->ends_n; i++)
        if (strcmp(share->ends[i].type, "PRINCIPAL") == 0 && !is_gone(&share->ends[i]))
            err = principal_fits(c, share, &share->ends[i]);
    return err;
}

/* --- the operations */

static int nothing_given(struct ctl *c)
{
    return ctl_fail(c, FAULT_InvalidParameterException,
                    "Specify at least one resource ARN or one principal.");
}

static int associate(struct ctl *c, const void *input, void *output)
{
    const struct ram_associate_resource_share_request *in = input;
    struct ram_associate_resource_share_response *out = output;
    const struct share_ends ends = {in->principals, in->principals_n, in->resource_arns,
                                    in->resource_arns_n};
    size_t n = in->principals_n + in->resource_arns_n;
    struct obj_share share;
    int err = share_read_own(c, in->resource_share_arn, &share);

    if (!err && in->sources_n > 0)
        err = ctl_fail(c, FAULT_InvalidParameterException,
                       "Sources can be specified only with a service principal.");
    if (!err && n == 0)
        err = nothing_given(c);
    if (err)
        return err;
    out->resource_share_associations =
        arena_zalloc(c->arena, n, sizeof *out->resource_share_associations);
    if (!out->resource_share_associations)
        return ERR_NOMEM;
    out->resource_share_associations_n = n;
    err = share_ends_add(c, &share, &ends, out->resource_share_associations);
    return err ? err : share_save(c, &share);
}

int ram_associate_resource_share(struct ctl *c,
                                 const struct ram_associate_resource_share_request *in,
                                 struct ram_associate_resource_share_response *out)
{
    static const struct ram_call call = {"AssociateResourceShare",
                                         &ram_associate_resource_share_request_shape,
                                         &ram_associate_resource_share_response_shape, associate};

    return ram_once(c, &call, in, out);
}

/* Ends one association of a share. */
static int end_remove(struct ctl *c, struct obj_share *share, const char *type, const char *entity,
                      struct ram_resource_share_association *out)
{
    struct obj_share_end *end = share_end_find(share, type, entity);
    int err;

    if (is_gone(end))
        return ctl_fail(c, FAULT_UnknownResourceException,
                        "%s is not associated with the resource share %s.", entity, share->arn);
    err = share_end_close(c, end);
    *out = end_view(share, end);
    out->status = "DISASSOCIATING";
    return err;
}

/* True if a call asks for nothing but that the calling account itself leaves a share. */
static bool is_leave(const struct ctl *c, const struct ram_disassociate_resource_share_request *in,
                     const struct obj_share *share)
{
    return strcmp(share->owner_account, c->account) != 0 && in->resource_arns_n == 0 &&
           in->principals_n == 1 && strcmp(in->principals[0], c->account) == 0 &&
           strcmp(share->status, "ACTIVE") == 0;
}

/* A consumer may go who was asked to come; who came with its organization stays. */
static int leave_check(struct ctl *c, const struct obj_share *share)
{
    const struct obj_share_end *end = share_end_find(share, "PRINCIPAL", c->account);
    struct principals me;
    int err;

    if (!is_gone(end))
        return end->invitation_id
                   ? 0
                   : ctl_fail(c, FAULT_OperationNotPermittedException,
                              "You cannot leave a resource share within your organization.");
    err = principals_of_caller(c, &me);
    for (size_t i = 0; !err && i < me.n; i++)
        if (!is_gone(share_end_find(share, "PRINCIPAL", me.v[i])))
            return ctl_fail(c, FAULT_OperationNotPermittedException,
                            "You cannot leave a resource share within your organization.");
    return err ? err
               : ctl_fail(c, FAULT_UnknownResourceException, "ResourceShare %s could not be found.",
                          share->arn);
}

static int disassociate(struct ctl *c, const void *input, void *output)
{
    const struct ram_disassociate_resource_share_request *in = input;
    struct ram_disassociate_resource_share_response *out = output;
    size_t n = in->principals_n + in->resource_arns_n;
    struct ram_resource_share_association *v;
    struct obj_share share;
    int err = share_read(c, in->resource_share_arn, &share);

    if (!err)
        err = is_leave(c, in, &share) ? leave_check(c, &share)
                                      : share_read_own(c, in->resource_share_arn, &share);
    if (!err && n == 0)
        err = nothing_given(c);
    if (err)
        return err;
    v = arena_zalloc(c->arena, n, sizeof *v);
    if (!v)
        return ERR_NOMEM;
    out->resource_share_associations = v;
    out->resource_share_associations_n = n;
    for (size_t i = 0; !err && i < in->principals_n; i++)
        err = end_remove(c, &share, "PRINCIPAL", in->principals[i], v++);
    for (size_t i = 0; !err && i < in->resource_arns_n; i++)
        err = end_remove(c, &share, "RESOURCE", in->resource_arns[i], v++);
    return err ? err : share_save(c, &share);
}

int ram_disassociate_resource_share(struct ctl *c,
                                    const struct ram_disassociate_resource_share_request *in,
                                    struct ram_disassociate_resource_share_response *out)
{
    static const struct ram_call call = {
        "DisassociateResourceShare", &ram_disassociate_resource_share_request_shape,
        &ram_disassociate_resource_share_response_shape, disassociate};

    return ram_once(c, &call, in, out);
}

/* --- GetResourceShareAssociations */

struct association_list {
    struct ram_page page;
    const struct ram_get_resource_share_associations_request *in;
    const char *entity;
};

static int list_each(void *ctx, const struct obj_share *share)
{
    struct association_list *l = ctx;
    const char *status = l->in->association_status;
    int err = 0;

    for (size_t i = 0; !err && i < share->ends_n; i++) {
        const struct obj_share_end *end = &share->ends[i];
        const struct ram_resource_share_association v = end_view(share, end);
        char *key;

        if (strcmp(end->type, l->in->association_type) != 0 ||
            (l->entity && strcmp(end->entity, l->entity) != 0) ||
            (status && strcmp(end->status, status) != 0))
            continue;
        key = arena_printf(l->page.c->arena, "%s/%s", share->id, end->entity);
        err = key ? ram_page_add(&l->page, key, &v) : ERR_NOMEM;
    }
    return err;
}

static int list_check(struct ctl *c, const struct ram_get_resource_share_associations_request *in)
{
    bool principals = strcmp(in->association_type, "PRINCIPAL") == 0;
    struct arn arn;

    if (!principals && strcmp(in->association_type, "RESOURCE") != 0)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "%s is not a valid association type. Specify either PRINCIPAL or RESOURCE "
                        "and try again.",
                        in->association_type);
    if (principals && in->resource_arn)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "You cannot specify a resource ARN when the association type is "
                        "PRINCIPAL.");
    if (!principals && in->principal)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "You cannot specify a principal when the association type is RESOURCE.");
    return in->resource_arn && !arn_read(c, in->resource_arn, &arn) ? arn_fault(c, in->resource_arn)
                                                                    : 0;
}

int ram_get_resource_share_associations(
    struct ctl *c, const struct ram_get_resource_share_associations_request *in,
    struct ram_get_resource_share_associations_response *out)
{
    struct association_list l = {
        .page = {.c = c,
                 .what = "GetResourceShareAssociations",
                 .size = sizeof *out->resource_share_associations},
        .in = in,
        .entity = in->principal ? in->principal : in->resource_arn,
    };
    const struct share_walk w = {
        .c = c,
        .owner = "SELF",
        .arns = in->resource_share_arns,
        .arns_n = in->resource_share_arns_n,
        .deleted = true,
        .each = list_each,
        .ctx = &l,
    };
    int err = list_check(c, in);

    if (!err)
        err = ram_page_begin(&l.page, in->max_results, in->next_token);
    if (!err)
        err = shares_walk(&w);
    if (err)
        return err;
    out->resource_share_associations = l.page.items;
    out->resource_share_associations_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

/* ListSourceAssociations: no type of resource here has service principals, so no share has sources.
 */
int ram_list_source_associations(struct ctl *c,
                                 const struct ram_list_source_associations_request *in,
                                 struct ram_list_source_associations_response *out)
{
    struct ram_page page = {
        .c = c, .what = "ListSourceAssociations", .size = sizeof *out->source_associations};
    int err = ram_page_begin(&page, in->max_results, in->next_token);

    out->source_associations = page.items;
    return err;
}
