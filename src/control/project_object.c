/* SPDX-License-Identifier: Apache-2.0 */
/* Stored objects, one by one, into the compiler's descriptions. Each handler is found by the prefix
 * of the key. */
#include "control/project_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "control/ctl_priv.h"
#include "control/own_tag.h"
#include "control/rdata.h"
#include "control/record.h"
#include "control/zone_name.h"
#include "dns/type.h"

#define DNS_PORT 53

/* Appends the associated CIDRs of a list to out; returns how many there are then. Those that do not
 * parse can't have come through the API and are left out. */
static size_t cidrs_add(const struct obj_cidr_association *list, size_t list_n, struct prefix *out,
                        size_t n)
{
    for (size_t i = 0; i < list_n; i++) {
        const struct obj_cidr_association *a = &list[i];
        bool in_use = a->state == NULL || strcmp(a->state, "associated") == 0;
        if (in_use && a->cidr_block != NULL && prefix_parse(a->cidr_block, &out[n]) == 0)
            n++;
    }
    return n;
}

/* How packets of a VPC reach us, by its tags. A namespace says more than a device inside it. */
static void attach_read(const struct obj_vpc *vpc, struct vpc_desc *d)
{
    const char *netns = own_tag_find(vpc->tags, vpc->tags_n, TAG_NETNS);
    const char *device = own_tag_find(vpc->tags, vpc->tags_n, TAG_DEVICE);

    d->attach = netns ? ATTACH_NETNS : device ? ATTACH_DEVICE : ATTACH_SHARED;
    d->attach_name = netns ? netns : device;
}

/* A VPC joined with its resolver config. */
static int join_vpc(struct project *p, const char *id)
{
    struct obj_vpc vpc;
    struct obj_resolver_config config;
    int err = project_get(p, &kind_vpc, id, &vpc);
    if (err == ERR_NOT_FOUND)
        return project_result(id, compile_vpc_del(p->compiler, id));
    if (err != 0)
        return project_result(id, err);
    err = project_get(p, &kind_config, id, &config);
    if (err != 0 && err != ERR_NOT_FOUND)
        return project_result(id, err);
    bool disabled = err == 0 && config.autodefined_reverse != NULL &&
                    strcmp(config.autodefined_reverse, "DISABLED") == 0;
    struct prefix *cidrs =
        arena_zalloc(&p->scratch, vpc.cidr_blocks_n + vpc.ipv6_cidr_blocks_n + 1, sizeof *cidrs);
    if (cidrs == NULL)
        return ERR_NOMEM;
    size_t n = cidrs_add(vpc.cidr_blocks, vpc.cidr_blocks_n, cidrs, 0);
    struct vpc_desc d = {
        .id = id,
        .account = vpc.owner_account,
        .region = vpc.owner_region,
        .cidrs = cidrs,
        .cidrs_n = cidrs_add(vpc.ipv6_cidr_blocks, vpc.ipv6_cidr_blocks_n, cidrs, n),
        .dns_support = vpc.enable_dns_support == TRI_TRUE,
        .dns_hostnames = vpc.enable_dns_hostnames == TRI_TRUE,
        .reverse = !disabled,
    };
    attach_read(&vpc, &d);
    err = own_tag_dns64(&p->scratch, vpc.tags, vpc.tags_n, &d.dns64);
    if (err == 0)
        err = compile_vpc(p->compiler, &d);
    return project_result(id, err);
}

int project_join(struct project *p)
{
    int err = 0;
    for (size_t i = 0; i < p->vpcs.n && err == 0; i++) {
        arena_reset(&p->scratch);
        err = join_vpc(p, p->vpcs.ids[i]);
    }
    for (size_t i = 0; i < p->endpoints.n && err == 0; i++) {
        arena_reset(&p->scratch);
        err = project_endpoint(p, p->endpoints.ids[i]);
    }
    return err != 0 ? err : project_join_profiles(p);
}

/* Handlers: `id` is what follows the prefix in the key; value.data NULL means that it is gone. */

static int vpc_changed(struct project *p, const char *id, struct store_bytes value)
{
    (void)value;
    return ids_add(p, &p->vpcs, id);
}

/* Of a VPC or a profile. */
static int config_changed(struct project *p, const char *id, struct store_bytes value)
{
    return is_profile_id(id) ? profile_changed(p, id, value) : vpc_changed(p, id, value);
}

static int endpoint_changed(struct project *p, const char *id, struct store_bytes value)
{
    (void)value;
    return ids_add(p, &p->endpoints, id);
}

static int group_changed(struct project *p, const char *id, struct store_bytes value)
{
    (void)value;
    return project_group_changed(p, id);
}

/* "x/group-uses/<group>/<kind>/<id>": an interface joined or left a group that a rule may name. */
static int group_use_changed(struct project *p, const char *id, struct store_bytes value)
{
    (void)value;
    const char *slash = strchr(id, '/');
    const char *group =
        arena_dup(&p->scratch, id, slash != NULL ? (size_t)(slash - id) : strlen(id));
    return group == NULL ? ERR_NOMEM : project_group_changed(p, group);
}

static int subnet_changed(struct project *p, const char *id, struct store_bytes value)
{
    if (value.data == NULL)
        return project_result(id, compile_subnet_del(p->compiler, id));
    struct obj_subnet subnet;
    int err = object_read(&obj_subnet_shape, value, &p->scratch, &subnet);
    if (err != 0)
        return project_result(id, err);
    struct prefix *cidrs = arena_zalloc(&p->scratch, subnet.ipv6_cidr_blocks_n + 1, sizeof *cidrs);
    if (cidrs == NULL)
        return ERR_NOMEM;
    size_t n = subnet.cidr_block != NULL && prefix_parse(subnet.cidr_block, &cidrs[0]) == 0;
    struct subnet_desc d = {
        .id = id,
        .vpc_id = subnet.vpc_id,
        .cidrs = cidrs,
        .cidrs_n = cidrs_add(subnet.ipv6_cidr_blocks, subnet.ipv6_cidr_blocks_n, cidrs, n),
        .dns64 = subnet.enable_dns64 == TRI_TRUE,
    };
    err = own_tag_dns64(&p->scratch, subnet.tags, subnet.tags_n, &d.own64);
    if (err == 0)
        err = compile_subnet(p->compiler, &d);
    return project_result(id, err);
}

/* The targets of a rule; those without a usable address are left out. Returns their number. */
static size_t targets_read(const struct obj_rule *rule, struct sockname *out)
{
    size_t n = 0;
    for (size_t i = 0; i < rule->targets_n; i++) {
        const struct obj_target *t = &rule->targets[i];
        const char *text = t->ip != NULL ? t->ip : t->ipv6;
        if (text == NULL || addr_parse(text, &out[n].addr) != 0)
            continue;
        out[n++].port = t->port.set ? (uint16_t)t->port.v : DNS_PORT;
    }
    return n;
}

static int rule_changed(struct project *p, const char *id, struct store_bytes value)
{
    if (value.data == NULL)
        return project_result(id, compile_rule_del(p->compiler, id));
    struct obj_rule rule;
    uint8_t domain[NAME_MAX_WIRE] = {0};
    int err = object_read(&obj_rule_shape, value, &p->scratch, &rule);
    if (err != 0)
        return project_result(id, err);
    bool system = strcmp(rule.rule_type, "SYSTEM") == 0;
    bool delegate = strcmp(rule.rule_type, "DELEGATE") == 0;
    if (!delegate &&
        (rule.domain_name == NULL || zone_name_parse(rule.domain_name, domain, NULL) < 0))
        return project_skip(id, "a rule without a domain name");
    struct sockname *targets = arena_zalloc(&p->scratch, rule.targets_n + 1, sizeof *targets);
    if (targets == NULL)
        return ERR_NOMEM;
    struct rule_desc d = {
        .id = id,
        .generation = (uint64_t)rule.generation.v,
        .kind = system     ? RULE_SYSTEM
                : delegate ? RULE_DELEGATE
                           : RULE_FORWARD,
        .domain = domain,
        .endpoint_id = system ? NULL : rule.resolver_endpoint_id,
        .targets = targets,
        .targets_n = targets_read(&rule, targets),
    };
    return project_result(id, compile_rule(p->compiler, &d));
}

/* "x/rule-vpcs/<rule>/<vpc>": the index tells more than the association itself, which is gone when
 * it is deleted. */
static int rule_vpc_changed(struct project *p, const char *id, struct store_bytes value)
{
    const char *slash = strchr(id, '/');
    if (slash == NULL)
        return 0; /* the guard of a rule's whole list */
    const char *rule = arena_dup(&p->scratch, id, (size_t)(slash - id));
    if (rule == NULL)
        return ERR_NOMEM;
    if (value.data == NULL)
        return project_result(id, compile_rule_vpc_del(p->compiler, rule, slash + 1));
    return project_result(id, compile_rule_vpc(p->compiler, rule, slash + 1));
}

static int zone_changed(struct project *p, const char *id, struct store_bytes value)
{
    if (value.data == NULL)
        return project_result(id, compile_zone_del(p->compiler, id));
    struct obj_zone zone;
    uint8_t apex[NAME_MAX_WIRE];
    int err = object_read(&obj_zone_shape, value, &p->scratch, &zone);
    if (err != 0)
        return project_result(id, err);
    if (zone.name == NULL || zone_name_parse(zone.name, apex, NULL) < 0)
        return project_skip(id, "a zone without a name");
    const char **vpcs = arena_zalloc(&p->scratch, zone.vpcs_n + 1, sizeof *vpcs);
    if (vpcs == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < zone.vpcs_n; i++)
        vpcs[i] = zone.vpcs[i].vpc_id;
    err = compile_zone(p->compiler, &(struct zone_desc){id, apex});
    if (err == 0)
        err = compile_zone_vpcs(p->compiler, id, vpcs, zone.vpcs_n);
    return project_result(id, err);
}

/* The routing policy of a set. Latency and geographic sets are chosen between evenly: their
 * selection by region is not part of the model. */
static void policy_read(const struct obj_record *r, struct rrset_desc *d)
{
    d->policy = POLICY_SIMPLE;
    if (r->set_identifier == NULL)
        return;
    d->set_id = r->set_identifier;
    if (r->multi_value_answer == TRI_TRUE) {
        d->policy = POLICY_MULTIVALUE;
    } else if (r->failover != NULL) {
        d->policy = POLICY_FAILOVER;
        d->secondary = strcmp(r->failover, "SECONDARY") == 0;
    } else {
        d->policy = POLICY_WEIGHTED;
        d->weight = r->weight.set ? (uint8_t)r->weight.v : 1;
    }
}

/* Appends the values as the compiler wants them: length, rdata, one after the other. ERR_INVALID: a
 * value of no use. */
static int values_read(const struct obj_record *r, uint16_t type, struct buf *out)
{
    uint8_t rdata[RDATA_VALUE_MAX];
    for (size_t i = 0; i < r->values_n; i++) {
        int len = rdata_from_text(type, r->values[i], rdata, sizeof rdata, NULL);
        if (len < 0)
            return ERR_INVALID;
        uint16_t head = (uint16_t)len;
        buf_add(out, &head, sizeof head);
        buf_add(out, rdata, head);
    }
    return out->failed ? ERR_NOMEM : 0;
}

static int record_put(struct project *p, const struct record_place *place, struct store_bytes value)
{
    struct obj_record r;
    uint8_t alias[NAME_MAX_WIRE];
    struct rrset_desc d = {.owner = place->name, .type = place->type};
    int err = record_read(&p->scratch, value, &r);
    if (err != 0)
        return err;
    policy_read(&r, &d);
    if (r.alias_name != NULL) {
        if (zone_name_parse(r.alias_name, alias, NULL) < 0)
            return ERR_INVALID;
        d.alias = alias;
        return compile_rrset(p->compiler, place->zone_id, &d);
    }
    struct buf rdata = {0};
    err = values_read(&r, place->type, &rdata);
    d.ttl = (uint32_t)r.ttl.v;
    d.rdata = (const uint8_t *)rdata.data;
    d.rdata_len = rdata.len;
    d.count = (unsigned)r.values_n;
    if (err == 0)
        err = compile_rrset(p->compiler, place->zone_id, &d);
    buf_free(&rdata);
    return err;
}

/* "r/<zone>/<sort key>" */
static int record_changed(struct project *p, const char *id, struct store_bytes value)
{
    struct record_place place;
    if (record_key_parse(id, &place) != 0)
        return project_skip(id, "a record key that cannot be read");
    if (value.data != NULL)
        return project_result(id, record_put(p, &place, value));
    const char *set_id = place.set_id[0] != '\0' ? place.set_id : NULL;
    return project_result(
        id, compile_rrset_del(p->compiler, place.zone_id, place.name, place.type, set_id));
}

/* Keys that mean something to the data plane. */
static const struct {
    const char *prefix;
    int (*changed)(struct project *p, const char *id, struct store_bytes value);
} handlers[] = {
    {"r/", record_changed},
    {"o/vpc/", vpc_changed},
    {"o/subnet/", subnet_changed},
    {"o/resolver-config/", config_changed},
    {"o/resolver-endpoint/", endpoint_changed},
    {"o/resolver-rule/", rule_changed},
    {"o/hosted-zone/", zone_changed},
    {"o/security-group/", group_changed},
    {"x/rule-vpcs/", rule_vpc_changed},
    {"x/group-uses/", group_use_changed},
    {"o/profile/", profile_changed},
    {"x/vpc-profiles/", vpc_profile_changed},
    {"x/profile-resources/", profile_resource_changed},
    {"o/vpc-endpoint/", vpc_endpoint_changed},
};

int project_change(struct project *p, struct store_bytes key, struct store_bytes value)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        size_t len = strlen(handlers[i].prefix);
        if (key.len <= len || memcmp(key.data, handlers[i].prefix, len) != 0)
            continue;
        arena_reset(&p->scratch);
        const char *text = arena_dup(&p->scratch, key.data, key.len);
        if (text == NULL)
            return ERR_NOMEM;
        return handlers[i].changed(p, text + len, value);
    }
    return 0;
}
