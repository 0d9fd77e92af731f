/* SPDX-License-Identifier: Apache-2.0 */
/* Subnets: parts of a VPC's CIDRs in one availability zone, with the switches for DNS64 and names.
 * The subnets of a VPC never overlap; their prefixes are in the "cidr" table under the VPC's id. */
#include "control/subnet.h"

#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/cidr.h"
#include "control/ec2_describe.h"

static int state_new(struct ctl *c, const char *state, struct ec2_cidr_block_state **ret)
{
    struct ec2_cidr_block_state *s = arena_zalloc(c->arena, 1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->state = state;
    *ret = s;
    return 0;
}

int subnet_cidr6_out(struct ctl *c, const struct obj_cidr_association *a, const char *state,
                     struct ec2_subnet_ipv6_cidr_block_association *ret)
{
    *ret = (struct ec2_subnet_ipv6_cidr_block_association){.association_id = a->association_id,
                                                           .ipv6_cidr_block = a->cidr_block,
                                                           .ipv6_address_attribute = "public",
                                                           .ip_source = "amazon"};
    return state_new(c, state, &ret->ipv6_cidr_block_state);
}

/* Counts the IPv4 addresses among the taken ones. */
static int count_ipv4(void *ctx, const char *key, const char *value)
{
    (void)value;
    *(size_t *)ctx += !strchr(key, ':');
    return 0;
}

static int free_addresses(struct ctl *c, const struct obj_subnet *s, int64_t *ret)
{
    struct prefix p;
    size_t taken = 0;
    if (!s->cidr_block) {
        *ret = 0;
        return 0;
    }
    char *under = arena_printf(c->arena, "%s/", s->id);
    if (!under || prefix_parse(s->cidr_block, &p))
        return under ? ERR_CORRUPT : ERR_NOMEM;
    int err = ctl_index_list(c, "address", under, count_ipv4, &taken);
    if (!err)
        *ret = (int64_t)(1u << (32 - p.bits)) - SUBNET_RESERVED - (int64_t)taken;
    return err;
}

/* The parts of a reply that are structures of their own. */
static int out_parts(struct ctl *c, const struct obj_subnet *s, struct ec2_subnet *out)
{
    out->ipv6_cidr_block_association_set = arena_zalloc(
        c->arena, s->ipv6_cidr_blocks_n + 1, sizeof *out->ipv6_cidr_block_association_set);
    out->private_dns_name_options_on_launch =
        arena_zalloc(c->arena, 1, sizeof *out->private_dns_name_options_on_launch);
    out->block_public_access_states =
        arena_zalloc(c->arena, 1, sizeof *out->block_public_access_states);
    if (!out->ipv6_cidr_block_association_set || !out->private_dns_name_options_on_launch ||
        !out->block_public_access_states)
        return ERR_NOMEM;
    out->block_public_access_states->internet_gateway_block_mode = "off";
    *out->private_dns_name_options_on_launch = (struct ec2_private_dns_name_options_on_launch){
        s->hostname_type, s->enable_resource_name_dns_a_record,
        s->enable_resource_name_dns_aaaa_record};
    out->ipv6_cidr_block_association_set_n = s->ipv6_cidr_blocks_n;
    int err = ec2_tags_out(c, s->tags, s->tags_n, &out->tags, &out->tags_n);
    for (size_t i = 0; i < s->ipv6_cidr_blocks_n && !err; i++)
        err = subnet_cidr6_out(c, &s->ipv6_cidr_blocks[i], s->ipv6_cidr_blocks[i].state,
                               &out->ipv6_cidr_block_association_set[i]);
    return err;
}

static int subnet_out(struct ctl *c, const struct obj_subnet *s, struct ec2_subnet *ret)
{
    struct ec2_subnet out = {
        .subnet_id = s->id,
        .subnet_arn = ctl_arn(c, "ec2", "subnet/%s", s->id),
        .state = "available",
        .owner_id = s->owner_account,
        .vpc_id = s->vpc_id,
        .cidr_block = s->cidr_block,
        .available_ip_address_count = {.set = true},
        .availability_zone = s->availability_zone,
        .availability_zone_id = s->availability_zone_id,
        .default_for_az = TRI_FALSE,
        .map_public_ip_on_launch = s->map_public_ip_on_launch,
        .map_customer_owned_ip_on_launch = TRI_FALSE,
        .assign_ipv6_address_on_creation = s->assign_ipv6_address_on_creation,
        .enable_dns64 = s->enable_dns64,
        .ipv6_native = s->ipv6_native,
    };
    int err = out.subnet_arn ? out_parts(c, s, &out) : ERR_NOMEM;
    if (!err)
        err = free_addresses(c, s, &out.available_ip_address_count.v);
    if (!err)
        *ret = out;
    return err;
}

/* True if one of the VPC's blocks holds the prefix. */
static bool blocks_hold(const struct obj_cidr_association *blocks, size_t n, const struct prefix *p)
{
    for (size_t i = 0; i < n; i++) {
        struct prefix block;
        if (prefix_parse(blocks[i].cidr_block, &block) == 0 && block.bits <= p->bits &&
            prefix_contains(&block, &p->addr))
            return true;
    }
    return false;
}

int subnet_cidr_take(struct ctl *c, const struct obj_vpc *vpc, const char *subnet_id, int family,
                     const char **text)
{
    const char *given = *text, *other;
    struct prefix p;
    int err = ec2_cidr_parse(c, family, given, &p, text);
    if (err == ERR_INVALID)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for parameter %s is invalid. This is not a valid CIDR block.",
                        given, family == AF_INET ? "cidrBlock" : "ipv6CidrBlock");
    if (err)
        return err;
    bool sized = family == AF_INET ? p.bits >= CIDR_BITS_MIN4 && p.bits <= CIDR_BITS_MAX4
                                   : p.bits >= CIDR_BITS_MIN6 && p.bits <= 64 && p.bits % 4 == 0;
    bool inside = family == AF_INET
                      ? blocks_hold(vpc->cidr_blocks, vpc->cidr_blocks_n, &p)
                      : blocks_hold(vpc->ipv6_cidr_blocks, vpc->ipv6_cidr_blocks_n, &p);
    if (!sized || !inside)
        return ctl_fail(c, FAULT_InvalidSubnetRange, "The CIDR '%s' is invalid.", given);
    err = cidr_take(c, vpc->id, &p, subnet_id, &other);
    if (err == ERR_EXISTS)
        return ctl_fail(c, FAULT_InvalidSubnetConflict,
                        "The CIDR '%s' conflicts with another subnet", given);
    return err;
}

int subnet_cidr_free(struct ctl *c, const struct obj_subnet *s, const char *text)
{
    struct prefix p;
    return prefix_parse(text, &p) ? ERR_CORRUPT : cidr_free(c, s->vpc_id, &p);
}

static int create_check(struct ctl *c, const struct ec2_create_subnet_request *in)
{
    if (in->outpost_arn)
        return ec2_refuse(c, "outpostArn");
    if (in->ipv4_ipam_pool_id || in->ipv4_netmask_length.set)
        return ec2_refuse(c, "ipv4IpamPoolId");
    if (in->ipv6_ipam_pool_id || in->ipv6_netmask_length.set)
        return ec2_refuse(c, "ipv6IpamPoolId");
    bool native = in->ipv6_native == TRI_TRUE;
    if (native && in->cidr_block)
        return ctl_fail(c, FAULT_InvalidParameterCombination,
                        "The parameter cidrBlock cannot be used with the parameter ipv6Native");
    if (!native && !in->cidr_block)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter cidrBlock");
    if (native && !in->ipv6_cidr_block)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter ipv6CidrBlock");
    return 0;
}

int subnet_cidr6_add(struct ctl *c, struct obj_subnet *s, const char *cidr,
                     const struct obj_cidr_association **ret)
{
    char *id = ctl_new_id(c, "subnet-cidr-assoc-", 17);
    struct obj_cidr_association *list =
        arena_zalloc(c->arena, s->ipv6_cidr_blocks_n + 1, sizeof *list);
    if (!id || !list)
        return ERR_NOMEM;
    if (s->ipv6_cidr_blocks_n)
        memcpy(list, s->ipv6_cidr_blocks, s->ipv6_cidr_blocks_n * sizeof *list);
    *ret = &list[s->ipv6_cidr_blocks_n];
    list[s->ipv6_cidr_blocks_n++] = (struct obj_cidr_association){id, cidr, "associated"};
    s->ipv6_cidr_blocks = list;
    return ctl_index_put(c, "cidr-assoc", id, s->id);
}

static int create_cidrs(struct ctl *c, const struct ec2_create_subnet_request *in,
                        const struct obj_vpc *vpc, struct obj_subnet *s)
{
    const struct obj_cidr_association *a;
    const char *cidr6 = in->ipv6_cidr_block;
    s->cidr_block = in->cidr_block;
    int err = s->cidr_block ? subnet_cidr_take(c, vpc, s->id, AF_INET, &s->cidr_block) : 0;
    if (!err && cidr6)
        err = subnet_cidr_take(c, vpc, s->id, AF_INET6, &cidr6);
    if (!err && cidr6)
        err = subnet_cidr6_add(c, s, cidr6, &a);
    return err;
}

static int create_zone(struct ctl *c, const struct ec2_create_subnet_request *in,
                       struct obj_subnet *s)
{
    const char *name = in->availability_zone, *id = in->availability_zone_id;
    int err = ec2_zone_find(c, name, id, &s->availability_zone, &s->availability_zone_id);
    if (err != ERR_NOT_FOUND)
        return err;
    return ctl_fail(c, FAULT_InvalidParameterValue,
                    "Value (%s) for parameter %s is invalid. Subnets can currently only be created "
                    "in the following availability zones: %sa, %sb, %sc.",
                    name ? name : id, name ? "availabilityZone" : "availabilityZoneId", c->region,
                    c->region, c->region);
}

static char *use_path(struct ctl *c, const char *id)
{
    return arena_printf(c->arena, "%s/%s", kind_subnet.name, id);
}

static int create_put(struct ctl *c, struct obj_subnet *s)
{
    char *path = use_path(c, s->id);
    int err = path ? ec2_use_add(c, "vpc-uses", s->vpc_id, path) : ERR_NOMEM;
    return err ? err : ctl_put(c, &kind_subnet, s->id, s);
}

int ec2_create_subnet(struct ctl *c, const struct ec2_create_subnet_request *in,
                      struct ec2_create_subnet_response *out)
{
    struct obj_vpc vpc;
    struct ec2_tags tags;
    bool native = in->ipv6_native == TRI_TRUE;
    struct obj_subnet s = {
        .owner_account = c->account,
        .owner_region = c->region,
        .id = ctl_new_id(c, "subnet-", 17),
        .vpc_id = in->vpc_id,
        .acl_association_id = ctl_new_id(c, "aclassoc-", 17),
        .map_public_ip_on_launch = TRI_FALSE,
        .assign_ipv6_address_on_creation = native ? TRI_TRUE : TRI_FALSE,
        .enable_dns64 = TRI_FALSE,
        .ipv6_native = native ? TRI_TRUE : TRI_FALSE,
        .hostname_type = native ? "resource-name" : "ip-name",
        .enable_resource_name_dns_a_record = TRI_FALSE,
        .enable_resource_name_dns_aaaa_record = TRI_FALSE,
        .creation_time = ctl_time(c, 3),
    };
    if (!s.id || !s.acl_association_id || !s.creation_time)
        return ERR_NOMEM;
    int err = create_check(c, in);
    if (!err)
        err = ec2_get(c, EC2_VPC, in->vpc_id, &vpc);
    if (!err)
        err = ec2_tags_new(c, EC2_SUBNET, in->tag_specifications, in->tag_specifications_n, &tags);
    if (!err)
        err = create_zone(c, in, &s);
    if (!err)
        err = create_cidrs(c, in, &vpc, &s);
    if (err)
        return err;
    s.tags = tags.v;
    s.tags_n = tags.n;
    err = create_put(c, &s);
    if (err)
        return err;
    out->subnet = arena_zalloc(c->arena, 1, sizeof *out->subnet);
    return out->subnet ? subnet_out(c, &s, out->subnet) : ERR_NOMEM;
}

int ec2_delete_subnet(struct ctl *c, const struct ec2_delete_subnet_request *in,
                      struct ec2_done *out)
{
    struct obj_subnet s;
    bool used;
    int err = ec2_get(c, EC2_SUBNET, in->subnet_id, &s);
    if (!err)
        err = ec2_used(c, "subnet-uses", s.id, "", &used);
    if (err)
        return err;
    if (used)
        return ctl_fail(c, FAULT_DependencyViolation,
                        "The subnet '%s' has dependencies and cannot be deleted.", s.id);
    if (s.cidr_block)
        err = subnet_cidr_free(c, &s, s.cidr_block);
    for (size_t i = 0; i < s.ipv6_cidr_blocks_n && !err; i++) {
        err = subnet_cidr_free(c, &s, s.ipv6_cidr_blocks[i].cidr_block);
        if (!err)
            err = ctl_index_del(c, "cidr-assoc", s.ipv6_cidr_blocks[i].association_id);
    }
    char *path = use_path(c, s.id);
    if (!err)
        err = path ? ec2_use_del(c, "vpc-uses", s.vpc_id, path) : ERR_NOMEM;
    if (!err)
        err = ctl_index_del(c, "subnet-uses", s.id);
    if (!err) {
        const char *arn = ctl_arn(c, "ec2", "subnet/%s", s.id);

        err = arn ? access_forget(c, arn) : ERR_NOMEM;
    }
    if (!err)
        err = ctl_del(c, &kind_subnet, s.id, &s);
    out->return_ = TRI_TRUE;
    return err;
}

static void offer_cidr6(struct filter_test *t, const void *obj)
{
    const struct obj_subnet *s = obj;
    for (size_t i = 0; i < s->ipv6_cidr_blocks_n; i++)
        filter_offer(t, s->ipv6_cidr_blocks[i].cidr_block);
}

static void offer_cidr6_id(struct filter_test *t, const void *obj)
{
    const struct obj_subnet *s = obj;
    for (size_t i = 0; i < s->ipv6_cidr_blocks_n; i++)
        filter_offer(t, s->ipv6_cidr_blocks[i].association_id);
}

static void offer_cidr6_state(struct filter_test *t, const void *obj)
{
    const struct obj_subnet *s = obj;
    for (size_t i = 0; i < s->ipv6_cidr_blocks_n; i++)
        filter_offer(t, s->ipv6_cidr_blocks[i].state);
}

static void offer_arn(struct filter_test *t, const void *obj)
{
    filter_offer(t, ctl_arn(t->c, "ec2", "subnet/%s", ((const struct obj_subnet *)obj)->id));
}

static void offer_free(struct filter_test *t, const void *obj)
{
    int64_t n;
    if (free_addresses(t->c, obj, &n) == 0)
        filter_offer(t, arena_printf(t->c->arena, "%lld", (long long)n));
}

static const struct filter_name subnet_filters[] = {
    FILTER_TEXT("subnet-id", struct obj_subnet, id),
    FILTER_TEXT("vpc-id", struct obj_subnet, vpc_id),
    FILTER_TEXT("owner-id", struct obj_subnet, owner_account),
    FILTER_TEXT("availability-zone", struct obj_subnet, availability_zone),
    FILTER_TEXT("availabilityZone", struct obj_subnet, availability_zone),
    FILTER_TEXT("availability-zone-id", struct obj_subnet, availability_zone_id),
    FILTER_TEXT("availabilityZoneId", struct obj_subnet, availability_zone_id),
    FILTER_TEXT("cidr-block", struct obj_subnet, cidr_block),
    FILTER_TEXT("cidr", struct obj_subnet, cidr_block),
    FILTER_TEXT("cidrBlock", struct obj_subnet, cidr_block),
    FILTER_CALL("ipv6-cidr-block-association.ipv6-cidr-block", offer_cidr6),
    FILTER_CALL("ipv6-cidr-block-association.association-id", offer_cidr6_id),
    FILTER_CALL("ipv6-cidr-block-association.state", offer_cidr6_state),
    FILTER_CALL("subnet-arn", offer_arn),
    FILTER_CALL("available-ip-address-count", offer_free),
    FILTER_CONST("default-for-az", "false"),
    FILTER_CONST("defaultForAz", "false"),
    FILTER_CONST("map-customer-owned-ip-on-launch", "false"),
    FILTER_TRI("enable-dns64", struct obj_subnet, enable_dns64),
    FILTER_TRI("ipv6-native", struct obj_subnet, ipv6_native),
    FILTER_TRI("map-public-ip-on-launch", struct obj_subnet, map_public_ip_on_launch),
    FILTER_TEXT("private-dns-name-options-on-launch.hostname-type", struct obj_subnet,
                hostname_type),
    FILTER_TRI("private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
               struct obj_subnet, enable_resource_name_dns_a_record),
    FILTER_TRI("private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
               struct obj_subnet, enable_resource_name_dns_aaaa_record),
    FILTER_CONST("state", "available"),
    FILTER_END,
};

/* The reply under construction. */
struct listing {
    struct ctl *c;
    struct ec2_describe_subnets_response *out;
};

static int list_add(void *ctx, void *obj)
{
    struct listing *l = ctx;
    struct ec2_subnet *s = list_grow(l->c, &l->out->subnets, &l->out->subnets_n, sizeof *s);
    return s ? subnet_out(l->c, obj, s) : ERR_NOMEM;
}

int ec2_describe_subnets(struct ctl *c, const struct ec2_describe_subnets_request *in,
                         struct ec2_describe_subnets_response *out)
{
    struct listing l = {c, out};
    struct describe d = {
        .op = "DescribeSubnets",
        .what = EC2_SUBNET,
        .ids = in->subnet_ids,
        .ids_n = in->subnet_ids_n,
        .filters = {.filters = in->filters, .filters_n = in->filters_n, .names = subnet_filters},
        .max_results = in->max_results,
        .next_token = in->next_token,
        .add = list_add,
        .ctx = &l,
    };
    int err = describe_run(c, &d, &out->next_token);
    out->subnets = list_given(out->subnets);
    return err;
}
