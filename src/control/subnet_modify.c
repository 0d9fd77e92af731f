/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a subnet after its creation: one attribute at a time, and IPv6 blocks. */
#include <string.h>

#include "base/error.h"
#include "control/subnet.h"

static int modify_check(struct ctl *c, const struct ec2_modify_subnet_attribute_request *in)
{
    if (in->map_customer_owned_ip_on_launch != TRI_NONE || in->customer_owned_ipv4_pool)
        return ec2_refuse(c, "mapCustomerOwnedIpOnLaunch");
    if (in->enable_lni_at_device_index.set || in->disable_lni_at_device_index != TRI_NONE)
        return ec2_refuse(c, "enableLniAtDeviceIndex");
    int given = (in->assign_ipv6_address_on_creation != TRI_NONE) +
                (in->map_public_ip_on_launch != TRI_NONE) + (in->enable_dns64 != TRI_NONE) +
                !!in->private_dns_hostname_type_on_launch +
                (in->enable_resource_name_dns_a_record_on_launch != TRI_NONE) +
                (in->enable_resource_name_dns_aaaa_record_on_launch != TRI_NONE);
    if (given == 0)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter attribute");
    if (given > 1)
        return ctl_fail(c, FAULT_InvalidParameterCombination,
                        "Fields for multiple attribute types specified");
    return 0;
}

static int fail_value(struct ctl *c, const char *value, const char *attribute, const char *why)
{
    return ctl_fail(c, FAULT_InvalidParameterValue, "Invalid value '%s' for %s. %s", value,
                    attribute, why);
}

/* What the subnet's families allow. */
static int families_check(struct ctl *c, const struct obj_subnet *s,
                          const struct ec2_modify_subnet_attribute_request *in)
{
    const char *type = in->private_dns_hostname_type_on_launch;
    if (in->assign_ipv6_address_on_creation == TRI_TRUE && !s->ipv6_cidr_blocks_n)
        return fail_value(c, "true", "assignIpv6AddressOnCreation",
                          "Subnet must have an IPv6 CIDR block.");
    if (s->ipv6_native != TRI_TRUE)
        return 0;
    if (in->assign_ipv6_address_on_creation == TRI_FALSE)
        return fail_value(c, "false", "assignIpv6AddressOnCreation",
                          "An IPv6-only subnet has no other addresses.");
    if (in->map_public_ip_on_launch == TRI_TRUE)
        return fail_value(c, "true", "mapPublicIpOnLaunch", "Subnet must have an IPv4 CIDR block.");
    if (in->enable_resource_name_dns_a_record_on_launch == TRI_TRUE)
        return fail_value(c, "true", "enableResourceNameDnsARecordOnLaunch",
                          "Subnet must have an IPv4 CIDR block.");
    if (type && strcmp(type, "ip-name") == 0)
        return fail_value(c, type, "privateDnsHostnameTypeOnLaunch",
                          "The names of an IPv6-only subnet are resource names.");
    return 0;
}

static void tri_set(enum tri *to, enum tri value)
{
    if (value != TRI_NONE)
        *to = value;
}

int ec2_modify_subnet_attribute(struct ctl *c, const struct ec2_modify_subnet_attribute_request *in,
                                struct ec2_done *out)
{
    struct obj_subnet s;
    int err = modify_check(c, in);
    if (!err)
        err = ec2_get(c, EC2_SUBNET, in->subnet_id, &s);
    if (!err)
        err = families_check(c, &s, in);
    if (err)
        return err;
    tri_set(&s.assign_ipv6_address_on_creation, in->assign_ipv6_address_on_creation);
    tri_set(&s.map_public_ip_on_launch, in->map_public_ip_on_launch);
    tri_set(&s.enable_dns64, in->enable_dns64);
    tri_set(&s.enable_resource_name_dns_a_record, in->enable_resource_name_dns_a_record_on_launch);
    tri_set(&s.enable_resource_name_dns_aaaa_record,
            in->enable_resource_name_dns_aaaa_record_on_launch);
    if (in->private_dns_hostname_type_on_launch)
        s.hostname_type = in->private_dns_hostname_type_on_launch;
    out->return_ = TRI_TRUE;
    return ctl_put(c, &kind_subnet, s.id, &s);
}

static int answer(struct ctl *c, const char *id, const struct obj_cidr_association *a,
                  const char *state, struct ec2_subnet_cidr_block_response *out)
{
    out->subnet_id = id;
    out->ipv6_cidr_block_association =
        arena_zalloc(c->arena, 1, sizeof *out->ipv6_cidr_block_association);
    if (!out->ipv6_cidr_block_association)
        return ERR_NOMEM;
    return subnet_cidr6_out(c, a, state, out->ipv6_cidr_block_association);
}

int ec2_associate_subnet_cidr_block(struct ctl *c,
                                    const struct ec2_associate_subnet_cidr_block_request *in,
                                    struct ec2_subnet_cidr_block_response *out)
{
    if (in->ipv6_ipam_pool_id || in->ipv6_netmask_length.set)
        return ec2_refuse(c, "ipv6IpamPoolId");
    if (!in->ipv6_cidr_block)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter ipv6CidrBlock");
    struct obj_subnet s;
    struct obj_vpc vpc;
    const struct obj_cidr_association *a;
    const char *cidr = in->ipv6_cidr_block;
    int err = ec2_get(c, EC2_SUBNET, in->subnet_id, &s);
    if (!err && s.ipv6_cidr_blocks_n)
        err = ctl_fail(c, FAULT_CidrLimitExceeded,
                       "This subnet '%s' has met its maximum number of allowed CIDRs: 1", s.id);
    if (!err)
        err = ec2_get(c, EC2_VPC, s.vpc_id, &vpc);
    if (!err)
        err = subnet_cidr_take(c, &vpc, s.id, AF_INET6, &cidr);
    if (!err)
        err = subnet_cidr6_add(c, &s, cidr, &a);
    if (!err)
        err = ctl_put(c, &kind_subnet, s.id, &s);
    return err ? err : answer(c, s.id, a, "associating", out);
}

/* Sees whether an interface has an IPv6 address of the subnet. */
static int see_ipv6(void *ctx, const char *key, const char *value)
{
    (void)value;
    *(bool *)ctx = strchr(key, ':');
    return *(bool *)ctx ? CTL_STOP : 0;
}

static int check_unused(struct ctl *c, const struct obj_subnet *s,
                        const struct obj_cidr_association *a)
{
    if (s->ipv6_native == TRI_TRUE)
        return ctl_fail(c, FAULT_OperationNotPermitted,
                        "The subnet CIDR block with association ID %s may not be disassociated. "
                        "The subnet has no other CIDR block",
                        a->association_id);
    bool used = false;
    const char *guard;
    char *under = arena_printf(c->arena, "%s/", s->id);
    if (!under)
        return ERR_NOMEM;
    int err = ctl_index_get(c, "subnet-uses", s->id, &guard);
    if (!err || err == ERR_NOT_FOUND)
        err = ctl_index_list(c, "address", under, see_ipv6, &used);
    if (!err && used)
        err = ctl_fail(c, FAULT_DependencyViolation,
                       "The subnet CIDR block '%s' has dependencies and cannot be disassociated.",
                       a->cidr_block);
    return err;
}

int ec2_disassociate_subnet_cidr_block(struct ctl *c,
                                       const struct ec2_disassociate_subnet_cidr_block_request *in,
                                       struct ec2_subnet_cidr_block_response *out)
{
    const char *id;
    struct obj_subnet s;
    int err = ctl_index_get(c, "cidr-assoc", in->association_id, &id);
    if (!err)
        err = ctl_get_own(c, &kind_subnet, id, &s);
    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_InvalidSubnetCidrBlockAssociationIDNotFound,
                        "The subnet CIDR block association ID '%s' does not exist",
                        in->association_id);
    if (err)
        return err;
    if (s.ipv6_cidr_blocks_n != 1)
        return ERR_CORRUPT; /* the index and the subnet disagree */
    const struct obj_cidr_association *a = &s.ipv6_cidr_blocks[0];
    err = check_unused(c, &s, a);
    if (!err)
        err = subnet_cidr_free(c, &s, a->cidr_block);
    if (!err)
        err = ctl_index_del(c, "cidr-assoc", in->association_id);
    s.ipv6_cidr_blocks_n = 0;
    s.assign_ipv6_address_on_creation = TRI_FALSE;
    if (!err)
        err = ctl_put(c, &kind_subnet, s.id, &s);
    return err ? err : answer(c, s.id, a, "disassociating", out);
}
