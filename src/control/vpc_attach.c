/* SPDX-License-Identifier: Apache-2.0 */
/* Attachments: the tags bridge53:netns and bridge53:device say how packets of a VPC reach us; none
 * means the shared listener. Behind one attachment the source address alone says which VPC asks,
 * over all accounts and regions, so CIDRs there must not overlap. */
#include <string.h>

#include "base/error.h"
#include "control/cidr.h"
#include "control/ec2.h"
#include "control/own_tag.h"

/* The scope of the "cidr" index: "device@netns", "@" for the shared listener. */
static int scope_of(struct ctl *c, const struct obj_vpc *vpc, const char **ret)
{
    const char *netns = own_tag_find(vpc->tags, vpc->tags_n, TAG_NETNS);
    const char *device = own_tag_find(vpc->tags, vpc->tags_n, TAG_DEVICE);
    char *scope = arena_printf(c->arena, "%s@%s", device ? device : "", netns ? netns : "");
    if (!scope)
        return ERR_NOMEM;
    *ret = scope;
    return 0;
}

static int fail_overlap(struct ctl *c, const char *scope, const struct obj_vpc *vpc,
                        const char *cidr, const char *other)
{
    if (strcmp(other, vpc->id) == 0)
        return ctl_fail(c, FAULT_InvalidVpcRange, "The CIDR '%s' overlaps with another CIDR of %s.",
                        cidr, vpc->id);
    struct obj_vpc theirs;
    int err = ctl_get_own(c, &kind_vpc, other, &theirs);
    if (err && err != ERR_NOT_FOUND)
        return err;
    bool shared = strcmp(scope, "@") == 0;
    return ctl_fail(c, FAULT_InvalidParameterValue,
                    "Value (%s) for parameter cidrBlock is invalid. It overlaps with the CIDR of "
                    "%s on the same attachment (%s), where the source address alone tells VPCs "
                    "apart. Give one of them another CIDR, or a tag " TAG_NETNS " or " TAG_DEVICE
                    ".",
                    cidr, err ? "another VPC" : other, shared ? "shared listener" : scope);
}

static int take_all(struct ctl *c, const char *scope, const struct obj_vpc *vpc)
{
    const struct obj_cidr_association *lists[] = {vpc->cidr_blocks, vpc->ipv6_cidr_blocks};
    const size_t counts[] = {vpc->cidr_blocks_n, vpc->ipv6_cidr_blocks_n};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < counts[l]; i++) {
            struct prefix p;
            const char *other = NULL;
            if (prefix_parse(lists[l][i].cidr_block, &p))
                return ERR_CORRUPT;
            int err = cidr_take(c, scope, &p, vpc->id, &other);
            if (err == ERR_EXISTS)
                err = fail_overlap(c, scope, vpc, lists[l][i].cidr_block, other);
            if (err)
                return err;
        }
    }
    return 0;
}

static int free_all(struct ctl *c, const char *scope, const struct obj_vpc *vpc)
{
    const struct obj_cidr_association *lists[] = {vpc->cidr_blocks, vpc->ipv6_cidr_blocks};
    const size_t counts[] = {vpc->cidr_blocks_n, vpc->ipv6_cidr_blocks_n};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < counts[l]; i++) {
            struct prefix p;
            if (prefix_parse(lists[l][i].cidr_block, &p))
                return ERR_CORRUPT;
            int err = cidr_free(c, scope, &p);
            if (err)
                return err;
        }
    }
    return 0;
}

int vpc_attach(struct ctl *c, const struct obj_vpc *before, const struct obj_vpc *after)
{
    const char *scope;
    int err = before ? scope_of(c, before, &scope) : 0;
    if (!err && before)
        err = free_all(c, scope, before);
    if (!err && after)
        err = scope_of(c, after, &scope);
    if (!err && after)
        err = take_all(c, scope, after);
    return err;
}
