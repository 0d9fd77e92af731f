/* SPDX-License-Identifier: Apache-2.0 */
/* Resource types of Route 53 and Route 53 Resolver. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rand.h"
#include "cmd/resource.h"

/* A token for "create this once": the stack, the resource, and something that no run before had. */
static json_t *reference(const struct deploy *d, const struct resource *r)
{
    char random[17], text[128];

    rnd_hex(random, 16);
    snprintf(text, sizeof text, "%.40s-%.40s-%s", d->stack, r->logical, random);
    return json_string(text);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* "/hostedzone/Z1" is "Z1". */
static const char *bare(const char *id)
{
    const char *slash = id ? strrchr(id, '/') : NULL;

    return slash ? slash + 1 : id;
}

/* --- HostedZone
 * ---------------------------------------------------------------------------------------------- */

static int zone_tags(struct deploy *d, const struct resource *r, const json_t *old)
{
    const json_t *before = json_object_get(old, "HostedZoneTags"),
                 *after = json_object_get(r->props, "HostedZoneTags");
    json_t *in, *gone = json_array(), *tag, *other;
    size_t i, j;

    json_array_foreach(before, i, tag)
    {
        bool kept = false;
        json_array_foreach(after, j, other) kept =
            kept || json_equal(json_object_get(tag, "Key"), json_object_get(other, "Key"));
        if (!kept)
            json_array_append(gone, json_object_get(tag, "Key"));
    }
    in = json_pack("{ssss}", "ResourceType", "hostedzone", "ResourceId", resource_id(r));
    if (json_array_size(gone))
        json_object_set(in, "RemoveTagKeys", gone);
    if (json_array_size(after))
        json_object_set(in, "AddTags", (json_t *)after);
    json_decref(gone);
    if (json_object_size(in) == 2 || json_equal(before, after)) {
        json_decref(in);
        return 0;
    }
    return deploy_do(d, "route53", "ChangeTagsForResource", in, NULL);
}

static bool vpc_in(const json_t *list, const json_t *vpc)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item) if (json_equal(json_object_get(item, "VPCId"),
                                                     json_object_get(vpc, "VPCId"))) return true;
    return false;
}

/* Calls `op` for each VPC of `list` that is not in `other`. */
static int zone_vpcs(struct deploy *d, const struct resource *r, const char *op, const json_t *list,
                     const json_t *other)
{
    json_t *vpc;
    size_t i;

    json_array_foreach(list, i, vpc)
    {
        if (!vpc_in(other, vpc) &&
            deploy_do(d, "route53", op,
                      json_pack("{sssO}", "HostedZoneId", resource_id(r), "VPC", vpc),
                      "VPCAssociationNotFound"))
            return -1;
    }
    return 0;
}

static int zone_create(struct deploy *d, struct resource *r)
{
    const json_t *vpcs = json_object_get(r->props, "VPCs");
    json_t *config = props_pick(json_object_get(r->props, "HostedZoneConfig"), "Comment"), *in,
           *out, *first;

    json_object_set_new(config, "PrivateZone", json_boolean(json_array_size(vpcs) > 0));
    in = json_pack("{soso}", "CallerReference", reference(d, r), "HostedZoneConfig", config);
    json_object_set(in, "Name", json_object_get(r->props, "Name"));
    if (json_array_size(vpcs))
        json_object_set(in, "VPC", json_array_get(vpcs, 0));
    out = deploy_call(d, "route53", "CreateHostedZone", in);
    if (!out)
        return -1;
    resource_set_id(r, bare(text_of(json_object_get(out, "HostedZone"), "Id")));
    json_decref(out);
    r->attrs = json_pack("{sO}", "Id", r->id);
    first = json_pack("[O*]", json_array_get(vpcs, 0));
    if (zone_vpcs(d, r, "AssociateVPCWithHostedZone", vpcs, first)) {
        json_decref(first);
        return -1;
    }
    json_decref(first);
    return zone_tags(d, r, NULL);
}

static int zone_update(struct deploy *d, struct resource *r, const json_t *old)
{
    const json_t *before = json_object_get(old, "VPCs"), *after = json_object_get(r->props, "VPCs");

    if (!props_only(old, r->props, "HostedZoneConfig VPCs HostedZoneTags"))
        return RESOURCE_REPLACE;
    if (!json_equal(json_object_get(old, "HostedZoneConfig"),
                    json_object_get(r->props, "HostedZoneConfig")) &&
        deploy_do(d, "route53", "UpdateHostedZoneComment",
                  json_pack("{ssss}", "Id", resource_id(r), "Comment",
                            text_of(json_object_get(r->props, "HostedZoneConfig"), "Comment")),
                  NULL))
        return -1;
    if (zone_vpcs(d, r, "AssociateVPCWithHostedZone", after, before) ||
        zone_vpcs(d, r, "DisassociateVPCFromHostedZone", before, after))
        return -1;
    return zone_tags(d, r, old);
}

static int zone_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "route53", "DeleteHostedZone", json_pack("{ss}", "Id", resource_id(r)),
                     "NoSuchHostedZone");
}

/* --- RecordSet
 * -----------------------------------------------------------------------------------------------
 */

#define RECORD_MEMBERS                                                                             \
    "Name Type SetIdentifier Weight Region GeoLocation Failover MultiValueAnswer TTL AliasTarget " \
    "HealthCheckId"

/* A template's record set as the API's: values are plain strings there. */
static json_t *record_set(const json_t *props)
{
    json_t *set = props_pick(props, RECORD_MEMBERS),
           *values = json_object_get(props, "ResourceRecords"), *value, *list;
    size_t i;

    if (values) {
        list = json_array();
        json_array_foreach(values, i, value)
            json_array_append_new(list, json_pack("{sO}", "Value", value));
        json_object_set_new(set, "ResourceRecords", list);
    }
    return set;
}

static void change_add(json_t *changes, const char *action, const json_t *props)
{
    json_array_append_new(
        changes, json_pack("{ssso}", "Action", action, "ResourceRecordSet", record_set(props)));
}

/* The zone by id, or by name among the caller's zones. */
static int record_zone(struct deploy *d, const json_t *props, char *id, size_t size)
{
    const char *name = text_of(props, "HostedZoneName");
    json_t *out, *zone;

    if (*text_of(props, "HostedZoneId")) {
        snprintf(id, size, "%s", bare(text_of(props, "HostedZoneId")));
        return 0;
    }
    out = deploy_call(d, "route53", "ListHostedZonesByName",
                      json_pack("{ssss}", "DNSName", name, "MaxItems", "1"));
    if (!out)
        return -1;
    zone = json_array_get(json_object_get(out, "HostedZones"), 0);
    snprintf(id, size, "%s", zone ? bare(text_of(zone, "Id")) : "");
    if (!zone || strncmp(text_of(zone, "Name"), name, strcspn(name, " ")) != 0) {
        snprintf(d->why, sizeof d->why, "there is no hosted zone '%s'", name);
        json_decref(out);
        return -1;
    }
    json_decref(out);
    return 0;
}

/* Sends a change batch; `changes` is taken. */
static int record_change(struct deploy *d, const json_t *props, json_t *changes, const char *gone)
{
    char id[64];

    if (record_zone(d, props, id, sizeof id)) {
        json_decref(changes);
        return -1;
    }
    return deploy_do(d, "route53", "ChangeResourceRecordSets",
                     json_pack("{sss{so}}", "HostedZoneId", id, "ChangeBatch", "Changes", changes),
                     gone);
}

static int record_create(struct deploy *d, struct resource *r)
{
    json_t *changes = json_array();

    change_add(changes, "CREATE", r->props);
    if (record_change(d, r->props, changes, NULL))
        return -1;
    resource_set_id(r, text_of(r->props, "Name"));
    r->attrs = json_object();
    return 0;
}

static int record_update(struct deploy *d, struct resource *r, const json_t *old)
{
    json_t *changes;

    if (!props_only(old, r->props,
                    "Weight Region GeoLocation Failover MultiValueAnswer TTL AliasTarget "
                    "HealthCheckId ResourceRecords Comment"))
        return RESOURCE_REPLACE;
    changes = json_array();
    change_add(changes, "UPSERT", r->props);
    return record_change(d, r->props, changes, NULL);
}

static int record_remove(struct deploy *d, const struct resource *r)
{
    json_t *changes = json_array();

    change_add(changes, "DELETE", r->props);
    return record_change(d, r->props, changes, "NoSuchHostedZone InvalidChangeBatch");
}

/* --- RecordSetGroup
 * ------------------------------------------------------------------------------------------ */

static int group_change(struct deploy *d, const json_t *props, const json_t *old,
                        const char *action, const char *gone)
{
    json_t *changes = json_array(), *set;
    size_t i;

    json_array_foreach(json_object_get(old, "RecordSets"), i, set)
        change_add(changes, "DELETE", set);
    if (action)
        json_array_foreach(json_object_get(props, "RecordSets"), i, set)
            change_add(changes, action, set);
    return record_change(d, props, changes, gone);
}

static int record_group_create(struct deploy *d, struct resource *r)
{
    if (group_change(d, r->props, NULL, "CREATE", NULL))
        return -1;
    resource_set_id(r, r->logical);
    r->attrs = json_object();
    return 0;
}

static int record_group_update(struct deploy *d, struct resource *r, const json_t *old)
{
    if (!props_only(old, r->props, "RecordSets Comment"))
        return RESOURCE_REPLACE;
    return group_change(d, r->props, old, "CREATE", NULL);
}

static int record_group_remove(struct deploy *d, const struct resource *r)
{
    return group_change(d, r->props, r->props, NULL, "NoSuchHostedZone InvalidChangeBatch");
}

/* --- ResolverEndpoint
 * ---------------------------------------------------------------------------------------- */

#define RSLVR "route53resolver"

/* Waits until the endpoint is no longer being made; ACTION_NEEDED is told by `explain` and `api`,
 * not an error of the deployment. */
static int endpoint_settle(struct deploy *d, const struct resource *r)
{
    for (int i = 0; i < 50; i++) {
        json_t *out = deploy_call(d, RSLVR, "GetResolverEndpoint",
                                  json_pack("{ss}", "ResolverEndpointId", resource_id(r)));
        const char *status = text_of(json_object_get(out, "ResolverEndpoint"), "Status");
        bool busy = strcmp(status, "CREATING") == 0 || strcmp(status, "UPDATING") == 0;

        if (!out)
            return -1;
        json_decref(out);
        if (!busy)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    }
    return 0;
}

static int endpoint_create(struct deploy *d, struct resource *r)
{
    json_t *in = props_pick(
        r->props,
        "Name Direction SecurityGroupIds IpAddresses ResolverEndpointType Protocols Dns64Enabled "
        "Ipv6InternetAccessEnabled Tags");
    json_t *out, *endpoint;

    json_object_set_new(in, "CreatorRequestId", reference(d, r));
    out = deploy_call(d, RSLVR, "CreateResolverEndpoint", in);
    if (!out)
        return -1;
    endpoint = json_object_get(out, "ResolverEndpoint");
    resource_set_id(r, text_of(endpoint, "Id"));
    r->attrs = props_pick(endpoint, "Arn Direction HostVPCId Name ResolverEndpointType");
    json_object_set(r->attrs, "ResolverEndpointId", r->id);
    json_object_set_new(
        r->attrs, "IpAddressCount",
        json_integer((json_int_t)json_array_size(json_object_get(r->props, "IpAddresses"))));
    json_decref(out);
    return endpoint_settle(d, r);
}

/* True if two entries of IpAddresses mean the same address. While the type changes, an IPv6 address
 * comes or goes beside the IPv4 one. */
static bool address_same(const json_t *a, const json_t *b, bool type_changes)
{
    const char *ip = text_of(a, "Ip");

    return json_equal(a, b) || (type_changes && *ip && strcmp(ip, text_of(b, "Ip")) == 0 &&
                                strcmp(text_of(a, "SubnetId"), text_of(b, "SubnetId")) == 0);
}

static json_t *endpoint_list(struct deploy *d, const struct resource *r)
{
    json_t *out = deploy_call(d, RSLVR, "ListResolverEndpointIpAddresses",
                              json_pack("{ss}", "ResolverEndpointId", resource_id(r)));
    json_t *list = json_incref(json_object_get(out, "IpAddresses"));

    json_decref(out);
    return list;
}

static int endpoint_address_add(struct deploy *d, const struct resource *r, json_t *address)
{
    return deploy_do(
        d, RSLVR, "AssociateResolverEndpointIpAddress",
        json_pack("{sssO}", "ResolverEndpointId", resource_id(r), "IpAddress", address), NULL);
}

/* Takes an address away; an entry that names none means any one of its subnet. */
static int endpoint_address_remove(struct deploy *d, const struct resource *r, json_t *address)
{
    const char *ip = text_of(address, "Ip"), *ipv6 = text_of(address, "Ipv6");
    json_t *list = endpoint_list(d, r), *have, *id = NULL;
    size_t i;
    int err;

    if (!list)
        return -1;
    json_array_foreach(list, i, have)
    {
        if (!id && strcmp(text_of(have, "SubnetId"), text_of(address, "SubnetId")) == 0 &&
            (!*ip || strcmp(text_of(have, "Ip"), ip) == 0) &&
            (!*ipv6 || strcmp(text_of(have, "Ipv6"), ipv6) == 0))
            id = json_object_get(have, "IpId");
    }
    err = id ? deploy_do(d, RSLVR, "DisassociateResolverEndpointIpAddress",
                         json_pack("{sss{sO}}", "ResolverEndpointId", resource_id(r), "IpAddress",
                                   "IpId", id),
                         NULL)
             : 0;
    json_decref(list);
    return err;
}

/* Calls `change` for the addresses of a list that are not in the other one. */
struct address_change {
    int (*change)(struct deploy *d, const struct resource *r, json_t *address);
    const json_t *list, *other;
    bool type_changes;
};

static int endpoint_addresses(struct deploy *d, const struct resource *r,
                              const struct address_change *c)
{
    json_t *address, *item;
    size_t i, j;

    json_array_foreach(c->list, i, address)
    {
        bool kept = false;
        json_array_foreach(c->other, j, item) kept =
            kept || address_same(address, item, c->type_changes);
        if (!kept && c->change(d, r, address))
            return -1;
    }
    return 0;
}

/* The IPv6 addresses that the properties want beside the IPv4 ones that are there. */
static json_t *endpoint_widening(struct deploy *d, const struct resource *r)
{
    json_t *there = endpoint_list(d, r), *list = json_array(), *have, *want;
    size_t i, j;

    json_array_foreach(there, i, have)
    {
        json_array_foreach(json_object_get(r->props, "IpAddresses"), j, want)
        {
            json_t *ipv6 = json_object_get(want, "Ipv6");
            if (ipv6 && address_same(want, have, true))
                json_array_append_new(
                    list, json_pack("{sOsO}", "IpId", json_object_get(have, "IpId"), "Ipv6", ipv6));
        }
    }
    json_decref(there);
    return list;
}

#define ENDPOINT_CHANGES \
    "Name ResolverEndpointType Protocols Dns64Enabled Ipv6InternetAccessEnabled"

static int endpoint_update(struct deploy *d, struct resource *r, const json_t *old)
{
    const json_t *before = json_object_get(old, "IpAddresses"),
                 *after = json_object_get(r->props, "IpAddresses");
    const char *from = text_of(old, "ResolverEndpointType"),
               *to = text_of(r->props, "ResolverEndpointType");
    bool type_changes = strcmp(from, to) != 0;
    struct address_change more = {endpoint_address_add, after, before, type_changes};
    struct address_change less = {endpoint_address_remove, before, after, type_changes};
    json_t *in;

    if (!props_only(old, r->props, ENDPOINT_CHANGES " IpAddresses"))
        return RESOURCE_REPLACE;
    if (!props_only(old, r->props, "IpAddresses")) {
        in = props_pick(r->props, ENDPOINT_CHANGES);
        json_object_set(in, "ResolverEndpointId", r->id);
        if (type_changes && strcmp(to, "DUALSTACK") == 0)
            json_object_set_new(in, "UpdateIpAddresses", endpoint_widening(d, r));
        if (deploy_do(d, RSLVR, "UpdateResolverEndpoint", in, NULL))
            return -1;
    }
    if (endpoint_addresses(d, r, &more) || endpoint_addresses(d, r, &less))
        return -1;
    return endpoint_settle(d, r);
}

static int endpoint_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, RSLVR, "DeleteResolverEndpoint",
                     json_pack("{ss}", "ResolverEndpointId", resource_id(r)),
                     "ResourceNotFoundException");
}

/* --- ResolverRule and its association
 * ------------------------------------------------------------------------- */

static int rule_create(struct deploy *d, struct resource *r)
{
    json_t *in = props_pick(
               r->props,
               "Name RuleType DomainName TargetIps ResolverEndpointId DelegationRecord Tags"),
           *out;
    json_t *rule;

    json_object_set_new(in, "CreatorRequestId", reference(d, r));
    out = deploy_call(d, RSLVR, "CreateResolverRule", in);
    if (!out)
        return -1;
    rule = json_object_get(out, "ResolverRule");
    resource_set_id(r, text_of(rule, "Id"));
    r->attrs = props_pick(rule, "Arn DomainName Name ResolverEndpointId TargetIps");
    json_object_set(r->attrs, "ResolverRuleId", r->id);
    json_decref(out);
    return 0;
}

static int rule_update(struct deploy *d, struct resource *r, const json_t *old)
{
    if (!props_only(old, r->props, "Name TargetIps ResolverEndpointId"))
        return RESOURCE_REPLACE;
    return deploy_do(d, RSLVR, "UpdateResolverRule",
                     json_pack("{sOso}", "ResolverRuleId", r->id, "Config",
                               props_pick(r->props, "Name TargetIps ResolverEndpointId")),
                     NULL);
}

static int rule_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, RSLVR, "DeleteResolverRule",
                     json_pack("{ss}", "ResolverRuleId", resource_id(r)),
                     "ResourceNotFoundException");
}

static int association_create(struct deploy *d, struct resource *r)
{
    json_t *out = deploy_call(d, RSLVR, "AssociateResolverRule",
                              props_pick(r->props, "Name ResolverRuleId VPCId"));
    json_t *association = json_object_get(out, "ResolverRuleAssociation");

    if (!out)
        return -1;
    resource_set_id(r, text_of(association, "Id"));
    r->attrs = props_pick(association, "Name ResolverRuleId VPCId");
    json_object_set(r->attrs, "ResolverRuleAssociationId", r->id);
    json_decref(out);
    return 0;
}

static int association_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, RSLVR, "DisassociateResolverRule",
                     props_pick(r->props, "ResolverRuleId VPCId"), "ResourceNotFoundException");
}

/* --- ResolverConfig
 * ------------------------------------------------------------------------------------------ */

static int config_set(struct deploy *d, const json_t *props, const char *flag)
{
    return deploy_do(d, RSLVR, "UpdateResolverConfig",
                     json_pack("{sOss}", "ResourceId", json_object_get(props, "ResourceId"),
                               "AutodefinedReverseFlag", flag),
                     "ResourceNotFoundException");
}

static int config_create(struct deploy *d, struct resource *r)
{
    if (config_set(d, r->props, text_of(r->props, "AutodefinedReverseFlag")))
        return -1;
    resource_set_id(r, text_of(r->props, "ResourceId"));
    r->attrs = json_pack("{sO}", "Id", r->id);
    return 0;
}

static int config_update(struct deploy *d, struct resource *r, const json_t *old)
{
    if (!props_only(old, r->props, "AutodefinedReverseFlag"))
        return RESOURCE_REPLACE;
    return config_set(d, r->props, text_of(r->props, "AutodefinedReverseFlag"));
}

static int config_remove(struct deploy *d, const struct resource *r)
{
    return config_set(d, r->props, "ENABLE");
}

const struct resource_type resource_types_dns[] = {
    {"AWS::Route53::HostedZone", "Name HostedZoneConfig VPCs HostedZoneTags", zone_create,
     zone_update, zone_remove, NULL, NULL},
    {"AWS::Route53::RecordSet",
     "HostedZoneId HostedZoneName Comment ResourceRecords " RECORD_MEMBERS, record_create,
     record_update, record_remove, NULL, NULL},
    {"AWS::Route53::RecordSetGroup", "HostedZoneId HostedZoneName Comment RecordSets",
     record_group_create, record_group_update, record_group_remove, NULL, NULL},
    {"AWS::Route53Resolver::ResolverEndpoint",
     "Name Direction SecurityGroupIds IpAddresses ResolverEndpointType Protocols Dns64Enabled "
     "Ipv6InternetAccessEnabled Tags",
     endpoint_create, endpoint_update, endpoint_remove, NULL, NULL},
    {"AWS::Route53Resolver::ResolverRule",
     "Name RuleType DomainName TargetIps ResolverEndpointId DelegationRecord Tags", rule_create,
     rule_update, rule_remove, NULL, NULL},
    {"AWS::Route53Resolver::ResolverRuleAssociation", "Name ResolverRuleId VPCId",
     association_create, NULL, association_remove, NULL, NULL},
    {"AWS::Route53Resolver::ResolverConfig", "ResourceId AutodefinedReverseFlag", config_create,
     config_update, config_remove, NULL, NULL},
    {0},
};
