/* SPDX-License-Identifier: Apache-2.0 */
/* CIDR blocks of VPCs: their limits, and blocks that come and go after creation. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"
#include "control/cidr.h"
#include "control/ec2_describe.h"
#include "control/vpc.h"

#define ASSOC_PREFIX "vpc-cidr-assoc-"

/* True if the prefix shares an address with one of these. */
static bool overlaps_any(const struct prefix *p, const char *const *texts)
{
    for (; *texts; texts++) {
        struct prefix q;
        if (prefix_parse(*texts, &q) == 0 && prefix_overlaps(p, &q))
            return true;
    }
    return false;
}

int vpc_cidr4_parse(struct ctl *c, const char *text, struct prefix *ret, const char **ret_text)
{
    /* 127.0.0.0/8 is not here, unlike on the service: on one machine it gives several "networks".
     */
    static const char *const impossible[] = {"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", NULL};
    struct prefix p;
    int err = ec2_cidr_parse(c, AF_INET, text, &p, ret_text);
    if (err == ERR_INVALID)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR "
                        "block.",
                        text);
    if (err)
        return err;
    if (p.bits < CIDR_BITS_MIN4 || p.bits > CIDR_BITS_MAX4 || overlaps_any(&p, impossible))
        return ctl_fail(c, FAULT_InvalidVpcRange, "The CIDR '%s' is invalid.", text);
    *ret = p;
    return 0;
}

static bool cidr6_has(const struct obj_vpc *vpc, const char *text)
{
    for (size_t i = 0; i < vpc->ipv6_cidr_blocks_n; i++)
        if (strcmp(vpc->ipv6_cidr_blocks[i].cidr_block, text) == 0)
            return true;
    return false;
}

static int cidr6_provide(struct ctl *c, const struct obj_vpc *vpc, const char **ret_text)
{
    static const uint64_t key[2] = {0x6272696467653533, 0x76706336}; /* fixed: no secret */
    char buf[ADDR_TEXT_MAX];
    unsigned row = 0;
    do {
        struct prefix p = {.addr = {.family = AF_INET6, .b = {0xfd, 0x53}}, .bits = 56};
        const char *seed =
            row ? arena_printf(c->arena, "%s %u", vpc->id, row) : arena_str(c->arena, vpc->id);
        if (!seed)
            return ERR_NOMEM;
        uint64_t h = hash_sip(key, seed, strlen(seed));
        for (unsigned i = 0; i < 5; i++)
            p.addr.b[2 + i] = (uint8_t)(h >> (8 * i));
        prefix_format(&p, buf, sizeof buf);
        row++;
    } while (cidr6_has(vpc, buf));
    *ret_text = arena_str(c->arena, buf);
    return *ret_text ? 0 : ERR_NOMEM;
}

int vpc_cidr6_parse(struct ctl *c, const struct obj_vpc *vpc, const char *text,
                    const char **ret_text)
{
    static const char *const impossible[] = {"::/8", "fe80::/10", "ff00::/8", "fd00:ec2::/32",
                                             NULL};
    if (!text)
        return cidr6_provide(c, vpc, ret_text);
    struct prefix p;
    int err = ec2_cidr_parse(c, AF_INET6, text, &p, ret_text);
    if (err == ERR_INVALID)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for parameter ipv6CidrBlock is invalid. This is not a valid "
                        "CIDR block.",
                        text);
    if (err)
        return err;
    if (p.bits < CIDR_BITS_MIN6 || p.bits > 60 || p.bits % 4 || overlaps_any(&p, impossible))
        return ctl_fail(c, FAULT_InvalidVpcRange, "The CIDR '%s' is invalid.", text);
    return 0;
}

int vpc_cidr_add(struct ctl *c, struct obj_vpc *vpc, const char *cidr,
                 const struct obj_cidr_association **ret)
{
    bool six = strchr(cidr, ':');
    struct obj_cidr_association **list = six ? &vpc->ipv6_cidr_blocks : &vpc->cidr_blocks;
    size_t *n = six ? &vpc->ipv6_cidr_blocks_n : &vpc->cidr_blocks_n;
    size_t max = six ? LIMIT_VPC_CIDRS6 : LIMIT_VPC_CIDRS;
    if (*n >= max)
        return ctl_fail(c, FAULT_CidrLimitExceeded,
                        "This network '%s' has met its maximum number of allowed CIDRs: %zu",
                        vpc->id, max);
    /* stored lists are exact: copy, so that list_grow's rule for room can't be wrong about them */
    struct obj_cidr_association *bigger = arena_zalloc(c->arena, *n + 1, sizeof *bigger);
    char *id = ctl_new_id(c, ASSOC_PREFIX, 17);
    if (!bigger || !id)
        return ERR_NOMEM;
    if (*n)
        memcpy(bigger, *list, *n * sizeof *bigger);
    bigger[*n] = (struct obj_cidr_association){
        .association_id = id, .cidr_block = cidr, .state = "associated"};
    *list = bigger;
    *ret = &bigger[(*n)++];
    return ctl_index_put(c, "cidr-assoc", id, vpc->id);
}

static struct ec2_cidr_block_state *state_new(struct ctl *c, const char *state)
{
    struct ec2_cidr_block_state *s = arena_zalloc(c->arena, 1, sizeof *s);
    if (s)
        s->state = state;
    return s;
}

int vpc_cidr_out(struct ctl *c, const struct obj_cidr_association *a, const char *state,
                 struct ec2_vpc_cidr_block_association *ret)
{
    *ret = (struct ec2_vpc_cidr_block_association){.association_id = a->association_id,
                                                   .cidr_block = a->cidr_block,
                                                   .cidr_block_state = state_new(c, state)};
    return ret->cidr_block_state ? 0 : ERR_NOMEM;
}

int vpc_cidr6_out(struct ctl *c, const struct obj_cidr_association *a, const char *state,
                  struct ec2_vpc_ipv6_cidr_block_association *ret)
{
    *ret = (struct ec2_vpc_ipv6_cidr_block_association){
        .association_id = a->association_id,
        .ipv6_cidr_block = a->cidr_block,
        .ipv6_cidr_block_state = state_new(c, state),
        .network_border_group = c->region,
        .ipv6_pool = "Amazon",
        .ipv6_address_attribute = "public",
        .ip_source = "amazon",
    };
    return ret->ipv6_cidr_block_state ? 0 : ERR_NOMEM;
}

static int answer(struct ctl *c, const struct obj_vpc *vpc, const struct obj_cidr_association *a,
                  const char *state, struct ec2_vpc_cidr_block_response *out)
{
    out->vpc_id = vpc->id;
    if (strchr(a->cidr_block, ':')) {
        out->ipv6_cidr_block_association =
            arena_zalloc(c->arena, 1, sizeof *out->ipv6_cidr_block_association);
        return out->ipv6_cidr_block_association
                   ? vpc_cidr6_out(c, a, state, out->ipv6_cidr_block_association)
                   : ERR_NOMEM;
    }
    out->cidr_block_association = arena_zalloc(c->arena, 1, sizeof *out->cidr_block_association);
    return out->cidr_block_association ? vpc_cidr_out(c, a, state, out->cidr_block_association)
                                       : ERR_NOMEM;
}

static int associate_parse(struct ctl *c, const struct ec2_associate_vpc_cidr_block_request *in,
                           const struct obj_vpc *vpc, const char **ret_text)
{
    if (in->ipv4_ipam_pool_id || in->ipv4_netmask_length.set)
        return ec2_refuse(c, "ipv4IpamPoolId");
    if (in->ipv6_ipam_pool_id || in->ipv6_netmask_length.set)
        return ec2_refuse(c, "ipv6IpamPoolId");
    bool provided = in->amazon_provided_ipv6_cidr_block == TRI_TRUE;
    int kinds = !!in->cidr_block + !!in->ipv6_cidr_block + provided;
    if (kinds == 0)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter cidrBlock");
    if (kinds > 1)
        return ctl_fail(c, FAULT_InvalidParameterCombination,
                        "Only one of cidrBlock, ipv6CidrBlock and amazonProvidedIpv6CidrBlock can "
                        "be given.");
    struct prefix p;
    return in->cidr_block ? vpc_cidr4_parse(c, in->cidr_block, &p, ret_text)
                          : vpc_cidr6_parse(c, vpc, in->ipv6_cidr_block, ret_text);
}

int ec2_associate_vpc_cidr_block(struct ctl *c,
                                 const struct ec2_associate_vpc_cidr_block_request *in,
                                 struct ec2_vpc_cidr_block_response *out)
{
    struct obj_vpc before, after;
    const char *cidr;
    const struct obj_cidr_association *a;
    int err = ec2_get(c, EC2_VPC, in->vpc_id, &before);
    if (!err)
        err = associate_parse(c, in, &before, &cidr);
    if (err)
        return err;
    after = before;
    err = vpc_cidr_add(c, &after, cidr, &a);
    if (!err)
        err = vpc_attach(c, &before, &after);
    if (!err && after.ipv6_cidr_blocks_n && !before.ipv6_cidr_blocks_n)
        err = groups_begin_ipv6(c, &after);
    if (!err)
        err = ctl_put(c, &kind_vpc, after.id, &after);
    return err ? err : answer(c, &after, a, "associating", out);
}

static int take_out(struct ctl *c, struct obj_cidr_association **list, size_t *n, const char *id)
{
    struct obj_cidr_association *rest = arena_zalloc(c->arena, *n, sizeof *rest);
    if (!rest)
        return ERR_NOMEM;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (strcmp((*list)[i].association_id, id) != 0)
            rest[kept++] = (*list)[i];
    *list = rest;
    *n = kept;
    return 0;
}

static const struct obj_cidr_association *find(const struct obj_vpc *vpc, const char *id)
{
    for (size_t i = 0; i < vpc->cidr_blocks_n; i++)
        if (strcmp(vpc->cidr_blocks[i].association_id, id) == 0)
            return &vpc->cidr_blocks[i];
    for (size_t i = 0; i < vpc->ipv6_cidr_blocks_n; i++)
        if (strcmp(vpc->ipv6_cidr_blocks[i].association_id, id) == 0)
            return &vpc->ipv6_cidr_blocks[i];
    return NULL;
}

/* The VPC and the association of that id, both checked to be removable. */
static int find_removable(struct ctl *c, const char *id, struct obj_vpc *ret_vpc,
                          const struct obj_cidr_association **ret)
{
    const char *vpc_id;
    int err = ctl_index_get(c, "cidr-assoc", id, &vpc_id);
    if (!err)
        err = ctl_get_own(c, &kind_vpc, vpc_id, ret_vpc);
    const struct obj_cidr_association *a = err ? NULL : find(ret_vpc, id);
    if (err == ERR_NOT_FOUND || (!err && !a))
        return ctl_fail(c, FAULT_InvalidVpcCidrBlockAssociationIDNotFound,
                        "The vpc CIDR block association ID '%s' does not exist", id);
    if (err)
        return err;
    if (a == &ret_vpc->cidr_blocks[0])
        return ctl_fail(c, FAULT_OperationNotPermitted,
                        "The vpc CIDR block with association ID %s may not be disassociated. It "
                        "is the primary IPv4 CIDR block of the VPC",
                        id);
    struct prefix p;
    bool used;
    if (prefix_parse(a->cidr_block, &p))
        return ERR_CORRUPT;
    err = cidr_taken(c, vpc_id, &p, &used);
    if (!err && used)
        err = ctl_fail(c, FAULT_DependencyViolation,
                       "The CIDR block '%s' has dependencies and cannot be disassociated.",
                       a->cidr_block);
    if (!err)
        *ret = a;
    return err;
}

int ec2_disassociate_vpc_cidr_block(struct ctl *c,
                                    const struct ec2_disassociate_vpc_cidr_block_request *in,
                                    struct ec2_vpc_cidr_block_response *out)
{
    struct obj_vpc before;
    const struct obj_cidr_association *a = NULL;
    int err = find_removable(c, in->association_id, &before, &a);
    if (err)
        return err;
    struct obj_vpc after = before;
    err = strchr(a->cidr_block, ':')
              ? take_out(c, &after.ipv6_cidr_blocks, &after.ipv6_cidr_blocks_n, a->association_id)
              : take_out(c, &after.cidr_blocks, &after.cidr_blocks_n, a->association_id);
    if (!err)
        err = vpc_attach(c, &before, &after);
    if (!err)
        err = ctl_index_del(c, "cidr-assoc", a->association_id);
    if (!err)
        err = ctl_put(c, &kind_vpc, after.id, &after);
    return err ? err : answer(c, &after, a, "disassociating", out);
}
