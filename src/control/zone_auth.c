/* SPDX-License-Identifier: Apache-2.0 */
/* Authorizations: which VPCs of other accounts may be associated with a zone (spec:
 * profiles-ram-zones-ec2.md 3.6).
 *
 * An authorization names a VPC and says nothing of it: whether there is such a VPC is its owner's
 * business, so it is only checked when the owner associates it. */
#include <string.h>

#include "base/error.h"
#include "control/zone_priv.h"

#define VPC_ID_DIGITS 17     /* of a VPC id, behind "vpc-" */
#define VPC_ID_DIGITS_OLD 8  /* of an old one */
#define LIST_AT_FIRST_MAX 50 /* authorizations of a page when the request says no number */

/* The words of a listing that its tokens are bound to. */
#define LIST_NAME "ListVPCAssociationAuthorizations"

static char *auth_key(struct ctl *c, const char *zone_id, const char *vpc_id)
{
    return arena_printf(c->arena, "%s/%s", zone_id, vpc_id);
}

/* A VPC must have an id that looks like one, and a region. */
static int vpc_check(struct ctl *c, const struct r53_vpc *vpc)
{
    const char *id = vpc->vpc_id ? vpc->vpc_id : "";
    size_t digits = strncmp(id, "vpc-", 4) == 0 ? strspn(id + 4, "0123456789abcdef") : 0;

    if ((digits != VPC_ID_DIGITS && digits != VPC_ID_DIGITS_OLD) || id[4 + digits])
        return ctl_fail(c, FAULT_InvalidVPCId, "The VPC ID is invalid.");
    if (!vpc->vpc_region)
        return ctl_fail(c, FAULT_InvalidInput, "The VPC needs a VPCRegion.");
    return 0;
}

static int count_each(void *ctx, const char *key, const char *value)
{
    (void)key;
    (void)value;
    ++*(size_t *)ctx;
    return 0;
}

/* One more authorization is allowed. */
static int quota_check(struct ctl *c, const struct obj_zone *z)
{
    char *prefix = auth_key(c, z->id, "");
    size_t n = 0;
    int err = prefix ? ctl_index_list(c, "zone-authorizations", prefix, count_each, &n) : ERR_NOMEM;

    if (!err && n >= ZONE_AUTHORIZATIONS_MAX)
        return ctl_fail(
            c, FAULT_TooManyVPCAssociationAuthorizations,
            "Cannot create more VPC association authorizations for the hosted zone. The "
            "limit is %d.",
            ZONE_AUTHORIZATIONS_MAX);
    return err;
}

int r53_create_vpc_association_authorization(
    struct ctl *c, const struct r53_create_vpc_association_authorization_request *in,
    struct r53_create_vpc_association_authorization_response *out)
{
    const char *region;
    struct obj_zone z;
    char *key;
    int err = hosted_zone_get(c, in->hosted_zone_id, &z);

    if (!err)
        err = vpc_check(c, in->vpc);
    if (err)
        return err;
    key = auth_key(c, z.id, in->vpc->vpc_id);
    if (!key)
        return ERR_NOMEM;
    err = ctl_index_get(c, "zone-authorizations", key, &region);
    if (err == ERR_NOT_FOUND)
        err = quota_check(c, &z);
    if (!err)
        err = ctl_index_put(c, "zone-authorizations", key, in->vpc->vpc_region);
    out->hosted_zone_id = z.id;
    out->vpc = in->vpc;
    return err;
}

int zone_authorized(struct ctl *c, const char *zone_id, const char *vpc_id, const char *region,
                    bool *ret)
{
    char *key = auth_key(c, zone_id, vpc_id);
    const char *given = NULL;
    int err = key ? ctl_index_get(c, "zone-authorizations", key, &given) : ERR_NOMEM;

    *ret = !err && strcmp(given, region) == 0;
    return err == ERR_NOT_FOUND ? 0 : err;
}

int r53_delete_vpc_association_authorization(
    struct ctl *c, const struct r53_delete_vpc_association_authorization_request *in,
    struct r53_delete_vpc_association_authorization_response *out)
{
    struct obj_zone z;
    bool authorized;
    int err = hosted_zone_get(c, in->hosted_zone_id, &z);

    (void)out;
    if (!err)
        err = vpc_check(c, in->vpc);
    if (!err)
        err = zone_authorized(c, z.id, in->vpc->vpc_id, in->vpc->vpc_region, &authorized);
    if (err)
        return err;
    if (!authorized)
        return ctl_fail(
            c, FAULT_VPCAssociationAuthorizationNotFound,
            "The VPC %s in region %s is not authorized to be associated with the hosted "
            "zone %s.",
            in->vpc->vpc_id, in->vpc->vpc_region, z.id);
    return ctl_index_del(c, "zone-authorizations", auth_key(c, z.id, in->vpc->vpc_id));
}

/* A page of authorizations. */
struct auth_page {
    const char *after; /* VPC id to start behind, or NULL */
    size_t skip;       /* bytes of "<zone>/" */
    size_t max, n;
    struct r53_vpc *items;
    bool more;
};

static int auth_each(void *ctx, const char *key, const char *value)
{
    struct auth_page *p = ctx;
    const char *vpc_id = key + p->skip;

    if (p->after && strcmp(vpc_id, p->after) <= 0)
        return 0;
    if (p->n == p->max) {
        p->more = true;
        return CTL_STOP;
    }
    p->items[p->n++] = (struct r53_vpc){value, vpc_id};
    return 0;
}

int r53_list_vpc_association_authorizations(
    struct ctl *c, const struct r53_list_vpc_association_authorizations_request *in,
    struct r53_list_vpc_association_authorizations_response *out)
{
    struct auth_page p = {.max = LIST_AT_FIRST_MAX};
    struct obj_zone z;
    char *prefix;
    int err = hosted_zone_get(c, in->hosted_zone_id, &z);

    if (!err && in->max_results)
        err = max_items_read(c, in->max_results, ZONE_PAGE_MAX, &p.max);
    if (err)
        return err;
    if (in->next_token && ctl_token_read(c, LIST_NAME, in->next_token, &p.after) != 0)
        return ctl_fail(c, FAULT_InvalidPaginationToken,
                        "The value that you specified for NextToken is not valid.");
    prefix = auth_key(c, z.id, "");
    p.items = arena_zalloc(c->arena, p.max, sizeof *p.items);
    if (!prefix || !p.items)
        return ERR_NOMEM;
    p.skip = strlen(prefix);
    err = ctl_index_list(c, "zone-authorizations", prefix, auth_each, &p);
    if (err)
        return err;
    out->hosted_zone_id = z.id;
    out->vpcs = p.items;
    out->vpcs_n = p.n;
    out->next_token = p.more ? ctl_token(c, LIST_NAME, p.items[p.n - 1].vpc_id) : NULL;
    return 0;
}

static int clear_each(void *ctx, const char *key, const char *value)
{
    (void)value;
    return ctl_index_del(ctx, "zone-authorizations", key);
}

int zone_auth_clear(struct ctl *c, const char *zone_id)
{
    char *prefix = auth_key(c, zone_id, "");

    return prefix ? ctl_index_list(c, "zone-authorizations", prefix, clear_each, c) : ERR_NOMEM;
}
