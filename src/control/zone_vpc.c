/* SPDX-License-Identifier: Apache-2.0 */
/* VPCs of private hosted zones (spec: profiles-ram-zones-ec2.md 3.5, 3.6). */
#include <string.h>

#include "base/error.h"
#include "control/zone_priv.h"

int zone_vpc_read(struct ctl *c, const struct r53_vpc *in, struct obj_zone_vpc *ret)
{
    struct obj_vpc vpc;
    int err = in->vpc_id ? ctl_get(c, &kind_vpc, in->vpc_id, &vpc) : ERR_NOT_FOUND;

    if (err && err != ERR_NOT_FOUND)
        return err;
    /* Zones know no region, VPCs do: the request must say the right one. */
    if (err || strcmp(vpc.owner_account, c->account) != 0 ||
        (in->vpc_region && strcmp(vpc.owner_region, in->vpc_region) != 0))
        return ctl_fail(c, FAULT_InvalidVPCId, "The VPC ID is invalid.");
    *ret = (struct obj_zone_vpc){vpc.owner_region, in->vpc_id, vpc.owner_account};
    return 0;
}

static char *vpc_key(struct ctl *c, const struct obj_zone *z, const char *vpc_id)
{
    return arena_printf(c->arena, "%s/%s", vpc_id, z->name);
}

int zone_vpc_add(struct ctl *c, struct obj_zone *z, const struct obj_zone_vpc *vpc)
{
    struct obj_zone_vpc *all = arena_zalloc(c->arena, z->vpcs_n + 1, sizeof *all);
    char *key = vpc_key(c, z, vpc->vpc_id);
    const char *other;
    int err;

    if (!all || !key)
        return ERR_NOMEM;
    err = ctl_index_get(c, "vpc-zones", key, &other);
    if (err == 0)
        return ctl_fail(c, FAULT_ConflictingDomainExists,
                        "The VPC %s in region %s has already been associated with the hosted zone "
                        "%s with the same domain name.",
                        vpc->vpc_id, vpc->vpc_region, other);
    if (err != ERR_NOT_FOUND)
        return err;
    if (z->vpcs_n >= ZONE_VPCS_MAX)
        return ctl_fail(c, FAULT_LimitsExceeded,
                        "Limits Exceeded: MAX_VPCS_ASSOCIATED_BY_ZONE - Cannot associate more VPCs "
                        "with the hosted zone. The limit is %d.",
                        ZONE_VPCS_MAX);
    if (z->vpcs_n > 0)
        memcpy(all, z->vpcs, z->vpcs_n * sizeof *all);
    all[z->vpcs_n++] = *vpc;
    z->vpcs = all;
    return ctl_index_put(c, "vpc-zones", key, z->id);
}

int zone_vpc_unlink(struct ctl *c, const struct obj_zone *z, const char *vpc_id)
{
    char *key = vpc_key(c, z, vpc_id);

    return key ? ctl_index_del(c, "vpc-zones", key) : ERR_NOMEM;
}

/* The zone and the VPC for an association. Who does not own the zone needs an authorization of its
 * owner; without one, it makes no difference whether there is such a zone. */
static int associable_read(struct ctl *c,
                           const struct r53_associate_vpc_with_hosted_zone_request *in,
                           struct obj_zone *ret_zone, struct obj_zone_vpc *ret_vpc)
{
    const char *id = id_strip(in->hosted_zone_id, "/hostedzone/");
    bool authorized = false;
    int err = ctl_get_own(c, &kind_zone, id, ret_zone);

    if (err != ERR_NOT_FOUND)
        return err ? err : zone_vpc_read(c, in->vpc, ret_vpc);
    if (!id_like(id, 'Z', ZONE_ID_DIGITS))
        return hosted_zone_get(c, id, ret_zone);
    err = zone_vpc_read(c, in->vpc, ret_vpc);
    if (!err)
        err = zone_authorized(c, id, ret_vpc->vpc_id, ret_vpc->vpc_region, &authorized);
    if (!err && !authorized)
        return ctl_fail(c, FAULT_NotAuthorizedException,
                        "The VPC: %s has not authorized to associate with your hosted zone.",
                        ret_vpc->vpc_id);
    return err ? err : ctl_get(c, &kind_zone, id, ret_zone);
}

int r53_associate_vpc_with_hosted_zone(struct ctl *c,
                                       const struct r53_associate_vpc_with_hosted_zone_request *in,
                                       struct r53_associate_vpc_with_hosted_zone_response *out)
{
    struct obj_zone_vpc vpc;
    struct obj_zone z;
    int err = associable_read(c, in, &z, &vpc);

    if (!err)
        err = zone_vpc_add(c, &z, &vpc);
    if (!err)
        err = ctl_put(c, &kind_zone, z.id, &z);
    return err ? err : change_new(c, in->comment, &out->change_info);
}

/* The place of a VPC among those of a zone, or -1. */
static int vpc_find(const struct obj_zone *z, const struct r53_vpc *vpc)
{
    for (size_t i = 0; i < z->vpcs_n; i++)
        if (strcmp(z->vpcs[i].vpc_id, vpc->vpc_id) == 0 &&
            (!vpc->vpc_region || strcmp(z->vpcs[i].vpc_region, vpc->vpc_region) == 0))
            return (int)i;
    return -1;
}

/* The zone for the end of an association: the caller's, or one with which a VPC of the caller is
 * associated. */
static int dissociable_get(struct ctl *c, const char *zone_id, const struct r53_vpc *vpc,
                           struct obj_zone *ret)
{
    struct obj_zone z;
    int at, err = ctl_get(c, &kind_zone, id_strip(zone_id, "/hostedzone/"), &z);

    if (err && err != ERR_NOT_FOUND)
        return err;
    at = err || !vpc->vpc_id ? -1 : vpc_find(&z, vpc);
    if (at < 0 || strcmp(z.vpcs[at].account, c->account) != 0)
        return hosted_zone_get(c, zone_id, ret);
    *ret = z;
    return 0;
}

int r53_disassociate_vpc_from_hosted_zone(
    struct ctl *c, const struct r53_disassociate_vpc_from_hosted_zone_request *in,
    struct r53_disassociate_vpc_from_hosted_zone_response *out)
{
    struct obj_zone z;
    int at, err = dissociable_get(c, in->hosted_zone_id, in->vpc, &z);

    if (err)
        return err;
    if (!in->vpc->vpc_id || !*in->vpc->vpc_id)
        return ctl_fail(c, FAULT_InvalidVPCId, "The VPC ID is invalid.");
    at = vpc_find(&z, in->vpc);
    if (at < 0)
        return ctl_fail(c, FAULT_VPCAssociationNotFound,
                        "The VPC: %s and hosted zone: %s are not currently associated.",
                        in->vpc->vpc_id, z.id);
    if (z.vpcs_n == 1)
        return ctl_fail(c, FAULT_LastVPCAssociation,
                        "Cannot remove last VPC association for the private zone");
    err = zone_vpc_unlink(c, &z, in->vpc->vpc_id);
    memmove(z.vpcs + at, z.vpcs + at + 1, (z.vpcs_n - (size_t)at - 1) * sizeof *z.vpcs);
    z.vpcs_n--;
    if (!err)
        err = ctl_put(c, &kind_zone, z.id, &z);
    return err ? err : change_new(c, in->comment, &out->change_info);
}
