/* SPDX-License-Identifier: Apache-2.0 */
/* VPCs: a tenant network, its CIDRs and its switches. With each come a default security group, a
 * main route table and a default network ACL, of which the last two are only ids in the VPC:
 * nothing of ours routes or filters by them, but clients read them for every VPC. */
#include "control/vpc.h"

#include <string.h>

#include "base/error.h"
#include "control/ec2_describe.h"
#include "control/profile.h"

int vpc_out(struct ctl *c, const struct obj_vpc *vpc, const char *state, struct ec2_vpc *ret)
{
    struct ec2_vpc v = {
        .vpc_id = vpc->id,
        .owner_id = vpc->owner_account,
        .state = state,
        .cidr_block = vpc->cidr_blocks[0].cidr_block,
        .cidr_block_association_set_n = vpc->cidr_blocks_n,
        .ipv6_cidr_block_association_set_n = vpc->ipv6_cidr_blocks_n,
        .dhcp_options_id = vpc->dhcp_options_id,
        .instance_tenancy = vpc->instance_tenancy,
        .is_default = vpc->is_default,
    };
    v.cidr_block_association_set =
        arena_zalloc(c->arena, vpc->cidr_blocks_n, sizeof *v.cidr_block_association_set);
    v.ipv6_cidr_block_association_set = arena_zalloc(c->arena, vpc->ipv6_cidr_blocks_n + 1,
                                                     sizeof *v.ipv6_cidr_block_association_set);
    v.block_public_access_states = arena_zalloc(c->arena, 1, sizeof *v.block_public_access_states);
    if (!v.cidr_block_association_set || !v.ipv6_cidr_block_association_set ||
        !v.block_public_access_states)
        return ERR_NOMEM;
    v.block_public_access_states->internet_gateway_block_mode = "off";
    int err = ec2_tags_out(c, vpc->tags, vpc->tags_n, &v.tags, &v.tags_n);
    for (size_t i = 0; i < vpc->cidr_blocks_n && !err; i++)
        err = vpc_cidr_out(c, &vpc->cidr_blocks[i], vpc->cidr_blocks[i].state,
                           &v.cidr_block_association_set[i]);
    for (size_t i = 0; i < vpc->ipv6_cidr_blocks_n && !err; i++)
        err = vpc_cidr6_out(c, &vpc->ipv6_cidr_blocks[i], vpc->ipv6_cidr_blocks[i].state,
                            &v.ipv6_cidr_block_association_set[i]);
    if (!err)
        *ret = v;
    return err;
}

static int create_check(struct ctl *c, const struct ec2_create_vpc_request *in)
{
    if (in->ipv4_ipam_pool_id || in->ipv4_netmask_length.set)
        return ec2_refuse(c, "ipv4IpamPoolId");
    if (in->ipv6_ipam_pool_id || in->ipv6_netmask_length.set)
        return ec2_refuse(c, "ipv6IpamPoolId");
    if (!in->cidr_block)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter cidrBlock");
    if (in->ipv6_cidr_block && in->amazon_provided_ipv6_cidr_block == TRI_TRUE)
        return ctl_fail(c, FAULT_InvalidParameterCombination,
                        "The parameter amazonProvidedIpv6CidrBlock cannot be used with the "
                        "parameter ipv6CidrBlock");
    return 0;
}

/* The ids that a VPC has from birth. */
static int create_ids(struct ctl *c, struct obj_vpc *vpc)
{
    vpc->id = ctl_new_id(c, "vpc-", 17);
    vpc->dhcp_options_id = ec2_dhcp_default_id(c);
    vpc->main_route_table_id = ctl_new_id(c, "rtb-", 17);
    vpc->main_route_table_association_id = ctl_new_id(c, "rtbassoc-", 17);
    vpc->default_acl_id = ctl_new_id(c, "acl-", 17);
    vpc->creation_time = ctl_time(c, 3);
    bool all = vpc->id && vpc->dhcp_options_id && vpc->main_route_table_id &&
               vpc->main_route_table_association_id && vpc->default_acl_id && vpc->creation_time;
    return all ? 0 : ERR_NOMEM;
}

static int create_cidrs(struct ctl *c, const struct ec2_create_vpc_request *in, struct obj_vpc *vpc)
{
    struct prefix p;
    const char *cidr;
    const struct obj_cidr_association *a;
    int err = vpc_cidr4_parse(c, in->cidr_block, &p, &cidr);
    if (!err)
        err = vpc_cidr_add(c, vpc, cidr, &a);
    if (err || (!in->ipv6_cidr_block && in->amazon_provided_ipv6_cidr_block != TRI_TRUE))
        return err;
    err = vpc_cidr6_parse(c, vpc, in->ipv6_cidr_block, &cidr);
    return err ? err : vpc_cidr_add(c, vpc, cidr, &a);
}

int ec2_create_vpc(struct ctl *c, const struct ec2_create_vpc_request *in,
                   struct ec2_create_vpc_response *out)
{
    struct ec2_tags tags;
    struct obj_vpc vpc = {
        .owner_account = c->account,
        .owner_region = c->region,
        .instance_tenancy = in->instance_tenancy ? in->instance_tenancy : "default",
        .is_default = TRI_FALSE,
        .enable_dns_support = TRI_TRUE,
        .enable_dns_hostnames = TRI_FALSE,
        .enable_network_address_usage_metrics = TRI_FALSE,
    };
    int err = create_check(c, in);
    if (!err)
        err = ec2_tags_new(c, EC2_VPC, in->tag_specifications, in->tag_specifications_n, &tags);
    if (!err)
        err = create_ids(c, &vpc);
    if (!err)
        err = create_cidrs(c, in, &vpc);
    if (err)
        return err;
    vpc.tags = tags.v;
    vpc.tags_n = tags.n;
    err = vpc_attach(c, NULL, &vpc);
    if (!err)
        err = group_create_default(c, &vpc);
    if (!err)
        err = ctl_put(c, &kind_vpc, vpc.id, &vpc);
    if (err)
        return err;
    out->vpc = arena_zalloc(c->arena, 1, sizeof *out->vpc);
    return out->vpc ? vpc_out(c, &vpc, "pending", out->vpc) : ERR_NOMEM;
}

#define OFFER_CIDRS(name, list, member)                      \
    static void name(struct filter_test *t, const void *obj) \
    {                                                        \
        const struct obj_vpc *vpc = obj;                     \
        for (size_t i = 0; i < vpc->list##_n; i++)           \
            filter_offer(t, vpc->list[i].member);            \
    }

OFFER_CIDRS(offer_cidr, cidr_blocks, cidr_block)
OFFER_CIDRS(offer_cidr_id, cidr_blocks, association_id)
OFFER_CIDRS(offer_cidr_state, cidr_blocks, state)
OFFER_CIDRS(offer_cidr6, ipv6_cidr_blocks, cidr_block)
OFFER_CIDRS(offer_cidr6_id, ipv6_cidr_blocks, association_id)
OFFER_CIDRS(offer_cidr6_state, ipv6_cidr_blocks, state)

static void offer_primary(struct filter_test *t, const void *obj)
{
    filter_offer(t, ((const struct obj_vpc *)obj)->cidr_blocks[0].cidr_block);
}

static void offer_pool(struct filter_test *t, const void *obj)
{
    if (((const struct obj_vpc *)obj)->ipv6_cidr_blocks_n)
        filter_offer(t, "Amazon");
}

static const struct filter_name vpc_filters[] = {
    FILTER_TEXT("vpc-id", struct obj_vpc, id),
    FILTER_TEXT("owner-id", struct obj_vpc, owner_account),
    FILTER_TEXT("dhcp-options-id", struct obj_vpc, dhcp_options_id),
    FILTER_TEXT("dhcpOptionsId", struct obj_vpc, dhcp_options_id),
    FILTER_TRI("is-default", struct obj_vpc, is_default),
    FILTER_TRI("isDefault", struct obj_vpc, is_default),
    FILTER_CONST("state", "available"),
    FILTER_CALL("cidr", offer_primary),
    FILTER_CALL("cidr-block", offer_primary),
    FILTER_CALL("cidrBlock", offer_primary),
    FILTER_CALL("cidr-block-association.cidr-block", offer_cidr),
    FILTER_CALL("cidr-block-association.association-id", offer_cidr_id),
    FILTER_CALL("cidr-block-association.state", offer_cidr_state),
    FILTER_CALL("ipv6-cidr-block-association.ipv6-cidr-block", offer_cidr6),
    FILTER_CALL("ipv6-cidr-block-association.association-id", offer_cidr6_id),
    FILTER_CALL("ipv6-cidr-block-association.state", offer_cidr6_state),
    FILTER_CALL("ipv6-cidr-block-association.ipv6-pool", offer_pool),
    FILTER_END,
};

/* The reply under construction. */
struct listing {
    struct ctl *c;
    struct ec2_describe_vpcs_response *out;
};

static int list_add(void *ctx, void *obj)
{
    struct listing *l = ctx;
    struct ec2_vpc *v = list_grow(l->c, &l->out->vpcs, &l->out->vpcs_n, sizeof *v);
    return v ? vpc_out(l->c, obj, "available", v) : ERR_NOMEM;
}

int ec2_describe_vpcs(struct ctl *c, const struct ec2_describe_vpcs_request *in,
                      struct ec2_describe_vpcs_response *out)
{
    struct listing l = {c, out};
    struct describe d = {
        .op = "DescribeVpcs",
        .what = EC2_VPC,
        .ids = in->vpc_ids,
        .ids_n = in->vpc_ids_n,
        .filters = {.filters = in->filters, .filters_n = in->filters_n, .names = vpc_filters},
        .max_results = in->max_results,
        .next_token = in->next_token,
        .add = list_add,
        .ctx = &l,
    };
    int err = describe_run(c, &d, &out->next_token);
    out->vpcs = list_given(out->vpcs);
    return err;
}

/* What stands in the way of a deletion: any use but the default group. */
struct uses {
    const struct obj_vpc *vpc;
    bool found;
};

static int use_see(void *ctx, const char *key, const char *value)
{
    (void)value;
    struct uses *u = ctx;
    if (strcmp(strrchr(key, '/') + 1, u->vpc->default_group_id) == 0)
        return 0;
    u->found = true;
    return CTL_STOP;
}

int ec2_delete_vpc(struct ctl *c, const struct ec2_delete_vpc_request *in, struct ec2_done *out)
{
    struct obj_vpc vpc;
    const char *guard;
    int err = ec2_get(c, EC2_VPC, in->vpc_id, &vpc);
    if (err)
        return err;
    char *prefix = arena_printf(c->arena, "%s/", vpc.id);
    if (!prefix)
        return ERR_NOMEM;
    struct uses uses = {.vpc = &vpc};
    err = ctl_index_get(c, "vpc-uses", vpc.id, &guard);
    if (!err || err == ERR_NOT_FOUND)
        err = ctl_index_list(c, "vpc-uses", prefix, use_see, &uses);
    if (err)
        return err;
    if (uses.found)
        return ctl_fail(c, FAULT_DependencyViolation,
                        "The vpc '%s' has dependencies and cannot be deleted.", vpc.id);
    err = profile_vpc_forget(c, vpc.id);
    if (!err)
        err = group_delete_default(c, &vpc);
    if (!err)
        err = vpc_attach(c, &vpc, NULL);
    for (size_t i = 0; i < vpc.cidr_blocks_n && !err; i++)
        err = ctl_index_del(c, "cidr-assoc", vpc.cidr_blocks[i].association_id);
    for (size_t i = 0; i < vpc.ipv6_cidr_blocks_n && !err; i++)
        err = ctl_index_del(c, "cidr-assoc", vpc.ipv6_cidr_blocks[i].association_id);
    if (!err)
        err = ctl_index_del(c, "vpc-uses", vpc.id);
    if (!err)
        err = ctl_del(c, &kind_vpc, vpc.id, &vpc);
    out->return_ = TRI_TRUE;
    return err;
}

int ec2_describe_vpc_attribute(struct ctl *c, const struct ec2_describe_vpc_attribute_request *in,
                               struct ec2_describe_vpc_attribute_response *out)
{
    struct obj_vpc vpc;
    int err = ec2_get(c, EC2_VPC, in->vpc_id, &vpc);
    if (err)
        return err;
    out->vpc_id = vpc.id;
    if (strcmp(in->attribute, "enableDnsSupport") == 0)
        out->enable_dns_support = vpc.enable_dns_support;
    else if (strcmp(in->attribute, "enableDnsHostnames") == 0)
        out->enable_dns_hostnames = vpc.enable_dns_hostnames;
    else
        out->enable_network_address_usage_metrics = vpc.enable_network_address_usage_metrics;
    return 0;
}

int ec2_modify_vpc_attribute(struct ctl *c, const struct ec2_modify_vpc_attribute_request *in,
                             struct ec2_done *out)
{
    struct obj_vpc vpc;
    int given = (in->enable_dns_support != TRI_NONE) + (in->enable_dns_hostnames != TRI_NONE) +
                (in->enable_network_address_usage_metrics != TRI_NONE);
    if (given == 0)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter attribute");
    if (given > 1)
        return ctl_fail(c, FAULT_InvalidParameterCombination,
                        "Fields for multiple attribute types specified");
    int err = ec2_get(c, EC2_VPC, in->vpc_id, &vpc);
    if (err)
        return err;
    if (in->enable_dns_hostnames == TRI_TRUE && vpc.enable_dns_support != TRI_TRUE)
        return ctl_fail(c, FAULT_InvalidParameterCombination,
                        "DNS hostnames can only be enabled while DNS support is enabled in the "
                        "vpc '%s'.",
                        vpc.id);
    if (in->enable_dns_support != TRI_NONE)
        vpc.enable_dns_support = in->enable_dns_support;
    if (in->enable_dns_hostnames != TRI_NONE)
        vpc.enable_dns_hostnames = in->enable_dns_hostnames;
    if (in->enable_network_address_usage_metrics != TRI_NONE)
        vpc.enable_network_address_usage_metrics = in->enable_network_address_usage_metrics;
    out->return_ = TRI_TRUE;
    return ctl_put(c, &kind_vpc, vpc.id, &vpc);
}
