/* SPDX-License-Identifier: Apache-2.0 */
/* Resource types of EC2: VPC, Subnet, SecurityGroup and what hangs on them. */
#include <stdio.h>
#include <string.h>

#include "cmd/resource.h"

/* [{ResourceType, Tags}] from the property Tags, with the stack's own tags; NULL members are
 * dropped by json_pack's "o*". */
static json_t *tag_specs(const struct deploy *d, const struct resource *r, const char *kind)
{
    json_t *tags = json_deep_copy(json_object_get(r->props, "Tags"));

    if (!tags)
        tags = json_array();
    json_array_append_new(tags, json_pack("{ssss}", "Key", "bridge53:stack", "Value", d->stack));
    json_array_append_new(tags,
                          json_pack("{ssss}", "Key", "bridge53:logical-id", "Value", r->logical));
    return json_pack("[{ssso}]", "ResourceType", kind, "Tags", tags);
}

/* Sets the tags that changed, removes those that are gone. */
static int tags_update(struct deploy *d, const struct resource *r, const json_t *old)
{
    const json_t *before = json_object_get(old, "Tags"), *after = json_object_get(r->props, "Tags");
    json_t *gone = json_array(), *tag, *other;
    size_t i, j;
    int err = 0;

    if (json_equal(before, after)) {
        json_decref(gone);
        return 0;
    }
    json_array_foreach(before, i, tag)
    {
        bool kept = false;
        json_array_foreach(after, j, other) kept =
            kept || json_equal(json_object_get(tag, "Key"), json_object_get(other, "Key"));
        if (!kept)
            json_array_append_new(gone, json_pack("{sO}", "Key", json_object_get(tag, "Key")));
    }
    if (json_array_size(gone))
        err = deploy_do(d, "ec2", "DeleteTags",
                        json_pack("{s[s]sO}", "Resources", resource_id(r), "Tags", gone), NULL);
    if (!err && json_array_size(after))
        err = deploy_do(d, "ec2", "CreateTags",
                        json_pack("{s[s]sO}", "Resources", resource_id(r), "Tags", after), NULL);
    json_decref(gone);
    return err;
}

static void put(json_t *object, const char *name, const json_t *value)
{
    if (value)
        json_object_set(object, name, (json_t *)value);
}

/* --- VPC
 * -----------------------------------------------------------------------------------------------------
 */

/* Attributes in which `old` (NULL: a new VPC) and the properties differ. */
static int vpc_attributes(struct deploy *d, const struct resource *r, const json_t *old)
{
    /* Support before hostnames when switching on, after it when switching off: the service insists.
     */
    const char *on[] = {"EnableDnsSupport", "EnableDnsHostnames"};

    for (int i = 0; i < 2; i++) {
        const char *name = on[i];
        const json_t *value = json_object_get(r->props, name);

        if (!value || json_equal(value, json_object_get(old, name)))
            continue;
        if (deploy_do(d, "ec2", "ModifyVpcAttribute",
                      json_pack("{sss{sO}}", "VpcId", resource_id(r), name, "Value", value), NULL))
            return -1;
    }
    return 0;
}

/* The member of each object of a list, as a list. */
static json_t *pluck(const json_t *list, const char *member)
{
    json_t *values = json_array(), *item;
    size_t i;

    json_array_foreach(list, i, item) json_array_append(values, json_object_get(item, member));
    return values;
}

/* The id of the group or ACL that a VPC has from birth: `by` is the filter that tells it. */
static json_t *vpc_default(struct deploy *d, const struct resource *r, const char *op,
                           const char *list, const char *const by[2])
{
    json_t *out = deploy_call(d, "ec2", op,
                              json_pack("{s[{sss[s]},{sss[s]}]}", "Filters", "Name", "vpc-id",
                                        "Values", resource_id(r), "Name", by[0], "Values", by[1]));
    json_t *first = json_incref(json_array_get(json_object_get(out, list), 0));

    json_decref(out);
    return first;
}

static int vpc_read(struct deploy *d, struct resource *r)
{
    static const char *const group_by[] = {"group-name", "default"}, *const acl_by[] = {"default",
                                                                                        "true"};
    json_t *out =
        deploy_call(d, "ec2", "DescribeVpcs", json_pack("{s[s]}", "VpcIds", resource_id(r)));
    const json_t *vpc = json_array_get(json_object_get(out, "Vpcs"), 0);
    json_t *group =
        out ? vpc_default(d, r, "DescribeSecurityGroups", "SecurityGroups", group_by) : NULL;
    json_t *acl = group ? vpc_default(d, r, "DescribeNetworkAcls", "NetworkAcls", acl_by) : NULL;

    if (acl) {
        json_decref(r->attrs);
        r->attrs = props_pick(vpc, "VpcId CidrBlock");
        put(r->attrs, "DefaultSecurityGroup", json_object_get(group, "GroupId"));
        put(r->attrs, "DefaultNetworkAcl", json_object_get(acl, "NetworkAclId"));
        json_object_set_new(
            r->attrs, "CidrBlockAssociations",
            pluck(json_object_get(vpc, "CidrBlockAssociationSet"), "AssociationId"));
        json_object_set_new(
            r->attrs, "Ipv6CidrBlocks",
            pluck(json_object_get(vpc, "Ipv6CidrBlockAssociationSet"), "Ipv6CidrBlock"));
    }
    json_decref(group);
    json_decref(out);
    json_decref(acl);
    return acl ? 0 : -1;
}

static int vpc_create(struct deploy *d, struct resource *r)
{
    json_t *in = props_pick(r->props, "CidrBlock InstanceTenancy"), *out, *vpc;

    json_object_set_new(in, "TagSpecifications", tag_specs(d, r, "vpc"));
    out = deploy_call(d, "ec2", "CreateVpc", in);
    if (!out)
        return -1;
    vpc = json_object_get(out, "Vpc");
    resource_set_id(r, json_string_value(json_object_get(vpc, "VpcId")));
    json_decref(out);
    return vpc_attributes(d, r, NULL) || vpc_read(d, r) ? -1 : 0;
}

static int vpc_update(struct deploy *d, struct resource *r, const json_t *old)
{
    if (!props_only(old, r->props, "EnableDnsSupport EnableDnsHostnames Tags"))
        return RESOURCE_REPLACE;
    return vpc_attributes(d, r, old) || tags_update(d, r, old) ? -1 : 0;
}

static int vpc_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "ec2", "DeleteVpc", json_pack("{ss}", "VpcId", resource_id(r)),
                     "InvalidVpcID.NotFound");
}

/* --- Subnet
 * --------------------------------------------------------------------------------------------------
 */

static int subnet_attributes(struct deploy *d, const struct resource *r, const json_t *old)
{
    const char *names[] = {"MapPublicIpOnLaunch", "EnableDns64", "AssignIpv6AddressOnCreation"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(r->props, names[i]);

        if (!value || json_equal(value, json_object_get(old, names[i])))
            continue;
        if (deploy_do(d, "ec2", "ModifySubnetAttribute",
                      json_pack("{sss{sO}}", "SubnetId", resource_id(r), names[i], "Value", value),
                      NULL))
            return -1;
    }
    return 0;
}

static json_t *subnet_describe(struct deploy *d, const struct resource *r)
{
    json_t *out =
        deploy_call(d, "ec2", "DescribeSubnets", json_pack("{s[s]}", "SubnetIds", resource_id(r)));
    json_t *subnet = json_incref(json_array_get(json_object_get(out, "Subnets"), 0));

    json_decref(out);
    return subnet;
}

static int subnet_read(struct deploy *d, struct resource *r)
{
    json_t *subnet = subnet_describe(d, r);

    if (!subnet)
        return -1;
    json_decref(r->attrs);
    r->attrs = props_pick(subnet, "SubnetId VpcId CidrBlock AvailabilityZone AvailabilityZoneId");
    json_object_set_new(
        r->attrs, "Ipv6CidrBlocks",
        pluck(json_object_get(subnet, "Ipv6CidrBlockAssociationSet"), "Ipv6CidrBlock"));
    json_decref(subnet);
    return 0;
}

static int subnet_create(struct deploy *d, struct resource *r)
{
    json_t *in = props_pick(
        r->props, "VpcId CidrBlock AvailabilityZone AvailabilityZoneId Ipv6CidrBlock Ipv6Native");
    json_t *out;

    json_object_set_new(in, "TagSpecifications", tag_specs(d, r, "subnet"));
    out = deploy_call(d, "ec2", "CreateSubnet", in);
    if (!out)
        return -1;
    resource_set_id(r,
                    json_string_value(json_object_get(json_object_get(out, "Subnet"), "SubnetId")));
    json_decref(out);
    return subnet_attributes(d, r, NULL) || subnet_read(d, r) ? -1 : 0;
}

/* Gives the subnet the IPv6 block of its properties instead of the one that it has. */
static int subnet_block(struct deploy *d, const struct resource *r, const json_t *old)
{
    json_t *before = json_object_get(old, "Ipv6CidrBlock"),
           *after = json_object_get(r->props, "Ipv6CidrBlock");
    json_t *subnet = before == after || (before && after && json_equal(before, after))
                         ? NULL
                         : subnet_describe(d, r);
    const json_t *association =
        json_array_get(json_object_get(subnet, "Ipv6CidrBlockAssociationSet"), 0);
    int err = 0;

    if (association)
        err = deploy_do(
            d, "ec2", "DisassociateSubnetCidrBlock",
            json_pack("{sO}", "AssociationId", json_object_get(association, "AssociationId")),
            NULL);
    if (!err && subnet && after)
        err = deploy_do(d, "ec2", "AssociateSubnetCidrBlock",
                        json_pack("{sssO}", "SubnetId", resource_id(r), "Ipv6CidrBlock", after),
                        NULL);
    json_decref(subnet);
    return err;
}

static int subnet_update(struct deploy *d, struct resource *r, const json_t *old)
{
    bool native = json_object_get(r->props, "Ipv6Native") != NULL; /* its only block stays */

    if (!props_only(old, r->props,
                    native ? "MapPublicIpOnLaunch EnableDns64 AssignIpv6AddressOnCreation Tags"
                           : "MapPublicIpOnLaunch EnableDns64 AssignIpv6AddressOnCreation Tags "
                             "Ipv6CidrBlock"))
        return RESOURCE_REPLACE;
    return subnet_block(d, r, old) || subnet_attributes(d, r, old) || tags_update(d, r, old) ||
                   subnet_read(d, r)
               ? -1
               : 0;
}

static int subnet_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "ec2", "DeleteSubnet", json_pack("{ss}", "SubnetId", resource_id(r)),
                     "InvalidSubnetID.NotFound");
}

/* --- further CIDR blocks
 * --------------------------------------------------------------------------------------- */

static int cidr_create(struct deploy *d, struct resource *r, const char *op)
{
    json_t *out = deploy_call(d, "ec2", op, json_incref(r->props));
    json_t *association = json_object_get(out, "CidrBlockAssociation");

    if (!out)
        return -1;
    if (!association)
        association = json_object_get(out, "Ipv6CidrBlockAssociation");
    resource_set_id(r, json_string_value(json_object_get(association, "AssociationId")));
    r->attrs = json_pack("{sO}", "Id", r->id);
    json_decref(out);
    return 0;
}

static int vpc_cidr_create(struct deploy *d, struct resource *r)
{
    return cidr_create(d, r, "AssociateVpcCidrBlock");
}

static int vpc_cidr_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "ec2", "DisassociateVpcCidrBlock",
                     json_pack("{ss}", "AssociationId", resource_id(r)),
                     "InvalidVpcCidrBlockAssociationID.NotFound");
}

static int subnet_cidr_create(struct deploy *d, struct resource *r)
{
    return cidr_create(d, r, "AssociateSubnetCidrBlock");
}

static int subnet_cidr_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "ec2", "DisassociateSubnetCidrBlock",
                     json_pack("{ss}", "AssociationId", resource_id(r)),
                     "InvalidSubnetCidrBlockAssociationID.NotFound");
}

/* --- SecurityGroup
 * --------------------------------------------------------------------------------------------- */

/* A template's flat rule as one of the API's permissions. */
static json_t *permission(const json_t *rule)
{
    json_t *p = props_pick(rule, "IpProtocol FromPort ToPort"),
           *item = props_pick(rule, "Description");
    const char *list = NULL, *member = NULL, *from = NULL;

    if (json_object_get(rule, "CidrIp")) {
        list = "IpRanges", member = "CidrIp", from = "CidrIp";
    } else if (json_object_get(rule, "CidrIpv6")) {
        list = "Ipv6Ranges", member = "CidrIpv6", from = "CidrIpv6";
    } else if (json_object_get(rule, "SourceSecurityGroupId")) {
        list = "UserIdGroupPairs", member = "GroupId", from = "SourceSecurityGroupId";
    } else if (json_object_get(rule, "DestinationSecurityGroupId")) {
        list = "UserIdGroupPairs", member = "GroupId", from = "DestinationSecurityGroupId";
    }
    if (list) {
        put(item, member, json_object_get(rule, from));
        json_object_set_new(p, list, json_pack("[O]", item));
    }
    json_decref(item);
    return p;
}

/* Authorizes or revokes the rules of one direction. */
static int rules_do(struct deploy *d, const struct resource *r, const char *op, const json_t *rules)
{
    json_t *permissions = json_array(), *rule;
    size_t i;

    json_array_foreach(rules, i, rule) json_array_append_new(permissions, permission(rule));
    if (json_array_size(permissions) == 0) {
        json_decref(permissions);
        return 0;
    }
    return deploy_do(d, "ec2", op,
                     json_pack("{ssso}", "GroupId", resource_id(r), "IpPermissions", permissions),
                     "InvalidPermission.NotFound InvalidPermission.Duplicate");
}

/* A template that lists egress rules means those alone, so the rules of a new group that allow all
 * go; that of IPv6 is there only if the VPC has IPv6. */
static int default_egress_remove(struct deploy *d, const struct resource *r)
{
    static const char *const all[][2] = {{"CidrIp", "0.0.0.0/0"}, {"CidrIpv6", "::/0"}};
    int err = 0;

    for (int i = 0; i < 2 && !err; i++) {
        json_t *rules = json_pack("[{ssss}]", "IpProtocol", "-1", all[i][0], all[i][1]);
        err = rules_do(d, r, "RevokeSecurityGroupEgress", rules);
        json_decref(rules);
    }
    return err;
}

static int group_create(struct deploy *d, struct resource *r)
{
    json_t *in = props_pick(r->props, "GroupName VpcId"), *out;
    const json_t *egress = json_object_get(r->props, "SecurityGroupEgress");
    char name[300];

    put(in, "Description", json_object_get(r->props, "GroupDescription"));
    if (!json_object_get(in, "GroupName")) {
        snprintf(name, sizeof name, "%s-%s", d->stack, r->logical);
        json_object_set_new(in, "GroupName", json_string(name));
    }
    json_object_set_new(in, "TagSpecifications", tag_specs(d, r, "security-group"));
    out = deploy_call(d, "ec2", "CreateSecurityGroup", in);
    if (!out)
        return -1;
    resource_set_id(r, json_string_value(json_object_get(out, "GroupId")));
    r->attrs = json_pack("{sOsO}", "GroupId", r->id, "Id", r->id);
    put(r->attrs, "VpcId", json_object_get(r->props, "VpcId"));
    json_decref(out);
    if (rules_do(d, r, "AuthorizeSecurityGroupIngress",
                 json_object_get(r->props, "SecurityGroupIngress")))
        return -1;
    return egress && (default_egress_remove(d, r) ||
                      rules_do(d, r, "AuthorizeSecurityGroupEgress", egress))
               ? -1
               : 0;
}

static int group_update(struct deploy *d, struct resource *r, const json_t *old)
{
    static const char *const sides[][3] = {
        {"SecurityGroupIngress", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"},
        {"SecurityGroupEgress", "RevokeSecurityGroupEgress", "AuthorizeSecurityGroupEgress"},
    };

    if (!props_only(old, r->props, "SecurityGroupIngress SecurityGroupEgress Tags"))
        return RESOURCE_REPLACE;
    for (int i = 0; i < 2; i++) {
        const json_t *before = json_object_get(old, sides[i][0]),
                     *after = json_object_get(r->props, sides[i][0]);

        if (json_equal(before, after))
            continue;
        if (i == 1 && !before && default_egress_remove(d, r))
            return -1;
        if (rules_do(d, r, sides[i][1], before) || rules_do(d, r, sides[i][2], after))
            return -1;
    }
    return tags_update(d, r, old);
}

static int group_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "ec2", "DeleteSecurityGroup", json_pack("{ss}", "GroupId", resource_id(r)),
                     "InvalidGroup.NotFound");
}

/* --- rules of their own
 * ------------------------------------------------------------------------------------------ */

static int rule_create(struct deploy *d, struct resource *r, const char *op)
{
    json_t *out = deploy_call(d, "ec2", op,
                              json_pack("{sOs[o]}", "GroupId", json_object_get(r->props, "GroupId"),
                                        "IpPermissions", permission(r->props)));
    json_t *rule = json_array_get(json_object_get(out, "SecurityGroupRules"), 0);

    if (!out)
        return -1;
    resource_set_id(r, json_string_value(json_object_get(rule, "SecurityGroupRuleId")));
    r->attrs = json_pack("{sO}", "Id", r->id);
    json_decref(out);
    return 0;
}

static int rule_remove(struct deploy *d, const struct resource *r, const char *op)
{
    return deploy_do(
        d, "ec2", op,
        json_pack("{sOs[s]}", "GroupId", json_object_get(r->props, "GroupId"),
                  "SecurityGroupRuleIds", resource_id(r)),
        "InvalidGroup.NotFound InvalidSecurityGroupRuleId.NotFound InvalidPermission.NotFound");
}

static int ingress_create(struct deploy *d, struct resource *r)
{
    return rule_create(d, r, "AuthorizeSecurityGroupIngress");
}

static int ingress_remove(struct deploy *d, const struct resource *r)
{
    return rule_remove(d, r, "RevokeSecurityGroupIngress");
}

static int egress_create(struct deploy *d, struct resource *r)
{
    return rule_create(d, r, "AuthorizeSecurityGroupEgress");
}

static int egress_remove(struct deploy *d, const struct resource *r)
{
    return rule_remove(d, r, "RevokeSecurityGroupEgress");
}

#define RULE_PROPERTIES "GroupId IpProtocol FromPort ToPort CidrIp CidrIpv6 Description"

const struct resource_type resource_types_ec2[] = {
    {"AWS::EC2::VPC", "CidrBlock InstanceTenancy EnableDnsSupport EnableDnsHostnames Tags",
     vpc_create, vpc_update, vpc_remove, vpc_read, NULL},
    {"AWS::EC2::VPCCidrBlock", "VpcId CidrBlock AmazonProvidedIpv6CidrBlock Ipv6CidrBlock",
     vpc_cidr_create, NULL, vpc_cidr_remove, NULL, "VpcId"},
    {"AWS::EC2::Subnet",
     "VpcId CidrBlock AvailabilityZone AvailabilityZoneId Ipv6CidrBlock Ipv6Native "
     "MapPublicIpOnLaunch EnableDns64 "
     "AssignIpv6AddressOnCreation Tags",
     subnet_create, subnet_update, subnet_remove, subnet_read, NULL},
    {"AWS::EC2::SubnetCidrBlock", "SubnetId Ipv6CidrBlock", subnet_cidr_create, NULL,
     subnet_cidr_remove, NULL, "SubnetId"},
    {"AWS::EC2::SecurityGroup",
     "GroupName GroupDescription VpcId SecurityGroupIngress SecurityGroupEgress Tags", group_create,
     group_update, group_remove, NULL, NULL},
    {"AWS::EC2::SecurityGroupIngress", RULE_PROPERTIES " SourceSecurityGroupId", ingress_create,
     NULL, ingress_remove, NULL, NULL},
    {"AWS::EC2::SecurityGroupEgress", RULE_PROPERTIES " DestinationSecurityGroupId", egress_create,
     NULL, egress_remove, NULL, NULL},
    {0},
};
