/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile can hold (spec: profiles-ram-zones-ec2.md 1.5): which ARNs name it, which
 * properties it has there, which condition keys a request about it carries, and what may be in a
 * profile only once. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "control/profile_priv.h"
#include "control/vpc_endpoint.h"

const struct profile_type_row profile_types[PROFILE_TYPES_N] = {
    [PROFILE_ZONE] = {"HOSTED_ZONE", "HostedZone", "route53", "hostedzone", &kind_zone, 5000,
                      "max-hosted-zones-per-profile"},
    [PROFILE_RULE] = {"RESOLVER_RULE", "ResolverRule", "route53resolver", "resolver-rule",
                      &kind_rule, 1000, "max-resolver-rules-per-profile"},
    [PROFILE_FIREWALL] = {"FIREWALL_RULE_GROUP", "FirewallRuleGroup", "route53resolver",
                          "firewall-rule-group", &kind_firewall_group, 5,
                          "max-firewall-rule-groups-per-profile"},
    [PROFILE_QUERY_LOG] = {"RESOLVER_QUERY_LOG_CONFIG", "ResolverQueryLoggingConfig",
                           "route53resolver", "resolver-query-log-config", &kind_query_log, 2,
                           "max-query-log-configs-per-profile"},
    /* the service names no number for endpoints */
    [PROFILE_ENDPOINT] = {"VPC_ENDPOINT", "VPCEndpoint", "ec2", "vpc-endpoint", &kind_vpc_endpoint,
                          INT64_MAX, "max-vpc-endpoints-per-profile"},
};

enum profile_type profile_type_find(const char *name)
{
    int at = 0;

    while (at < PROFILE_TYPES_N && strcmp(profile_types[at].name, name) != 0)
        at++;
    return (enum profile_type)at;
}

/* The type and id that an ARN names, if it names anything of the caller's region; the rest of the
 * ARN is compared with what is found. */
static void arn_read(struct ctl *c, struct profile_target *t)
{
    for (int i = 0; i < PROFILE_TYPES_N; i++) {
        const struct profile_type_row *row = &profile_types[i];
        const char *slash = strchr(t->arn, '/');
        const char *colon = slash ? memrchr(t->arn, ':', (size_t)(slash - t->arn)) : NULL;
        char *prefix = arena_printf(c->arena, "arn:aws:%s:", row->service);

        if (!colon || !prefix || strncmp(t->arn, prefix, strlen(prefix)) != 0 ||
            strlen(row->resource) != (size_t)(slash - colon - 1) ||
            strncmp(colon + 1, row->resource, strlen(row->resource)) != 0 || !slash[1])
            continue;
        t->type = (enum profile_type)i;
        t->id = slash + 1;
        return;
    }
}

/* The ARN of the resource that was found. Zones and endpoints don't store theirs. */
static char *arn_make(struct ctl *c, const struct profile_target *t, const struct owned *owner)
{
    const struct profile_type_row *row = &profile_types[t->type];

    if (t->type == PROFILE_ZONE)
        return arena_printf(c->arena, "arn:aws:route53:::hostedzone/%s", t->id);
    return arena_printf(c->arena, "arn:aws:%s:%s:%s:%s/%s", row->service, owner->owner_region,
                        owner->owner_account, row->resource, t->id);
}

/* Looks at an ARN and what it names, whoever owns that. */
static int target_find(struct ctl *c, const char *arn, struct profile_target *ret)
{
    const struct owned *owner = (const struct owned *)(const void *)&ret->obj;
    char *real;
    int err;

    memset(ret, 0, sizeof *ret);
    ret->type = PROFILE_TYPES_N;
    ret->arn = arn;
    arn_read(c, ret);
    if (ret->type == PROFILE_TYPES_N)
        return 0;
    err = ctl_get(c, profile_types[ret->type].kind, ret->id, &ret->obj);
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    real = arn_make(c, ret, owner);
    if (!real)
        return ERR_NOMEM;
    if (strcmp(real, arn) == 0 &&
        (ret->type == PROFILE_ZONE || strcmp(owner->owner_region, c->region) == 0))
        ret->owner = owner->owner_account;
    return 0;
}

int profile_target_read(struct ctl *c, const char *arn, struct profile_target *ret)
{
    int err = target_find(c, arn, ret);

    /* not even its domain may decide: conditions on it would tell that it is there */
    if (!err && ret->owner && strcmp(ret->owner, c->account) != 0)
        ret->owner = NULL;
    return err;
}

int profile_target_load(struct ctl *c, const struct obj_profile_resource *r,
                        struct profile_target *ret)
{
    const char *kept;
    int err = target_find(c, r->resource_arn, ret);

    if (!err && !ret->owner)
        return ERR_CORRUPT;
    if (!err && ret->type == PROFILE_FIREWALL)
        err = profile_properties_read(c, ret, r->resource_properties, &kept);
    return err;
}

void profile_priority_peek(const char *text, struct profile_target *t)
{
    json_t *properties = NULL;

    if (text && t->type == PROFILE_FIREWALL)
        (void)json_read(text, strlen(text), 0, &properties);
    const json_t *priority = json_object_get(properties, "priority");

    t->priority.set = json_is_integer(priority);
    t->priority.v = json_integer_value(priority);
    json_decref(properties);
}

static int properties_fault(struct ctl *c, const char *why)
{
    return resolver_fault_field(c, ctl_fail(c, FAULT_InvalidParameterException, "%s", why),
                                "ResourceProperties");
}

/* {"priority": N} and nothing else. */
static int priority_read(struct ctl *c, struct profile_target *t, const json_t *properties,
                         const char **ret)
{
    const json_t *priority = json_object_get(properties, "priority");
    json_int_t n = json_integer_value(priority);

    if (!json_is_integer(priority) || json_object_size(properties) != 1)
        return properties_fault(c, "A DNS Firewall rule group needs the resource property "
                                   "\"priority\", for example {\"priority\":102}.");
    if (n < PROFILE_PRIORITY_MIN || n > PROFILE_PRIORITY_MAX)
        return properties_fault(c, "The priority value you provided is reserved. Provide a number "
                                   "between \"100\" and \"9900\".");
    t->priority = (struct opt_int){true, n};
    *ret = arena_printf(c->arena, "{\"priority\":%lld}", (long long)n);
    return *ret ? 0 : ERR_NOMEM;
}

/* What the service says of an interface endpoint: its service, and each private name under the id
 * of the hidden zone that holds it. */
static int endpoint_properties(struct ctl *c, const struct obj_vpc_endpoint *e, const char **ret)
{
    json_t *j = json_object();
    char *text, *name;
    bool failed = !j;

    name = arena_printf(c->arena, "%s.", e->service_name);
    failed = failed || !name || json_object_set_new(j, "ServiceName", json_string(name)) != 0;
    for (size_t i = 0; !failed && i < e->private_dns_names_n; i++) {
        char *zone = vpc_endpoint_zone_id(c, e, e->private_dns_names[i]);

        name = arena_printf(c->arena, "%s.", e->private_dns_names[i]);
        failed = !zone || !name || json_object_set_new(j, zone, json_string(name)) != 0;
    }
    text = failed ? NULL : json_dumps(j, JSON_COMPACT);
    *ret = text ? arena_str(c->arena, text) : NULL;
    free(text);
    json_decref(j);
    return *ret ? 0 : ERR_NOMEM;
}

int profile_properties_read(struct ctl *c, struct profile_target *t, const char *text,
                            const char **ret)
{
    json_t *properties = NULL;
    bool given = text && *text;
    int err = given ? json_read(text, strlen(text), 0, &properties) : 0;

    *ret = NULL;
    if (err == ERR_NOMEM)
        return err;
    if (given && !json_is_object(properties))
        err = properties_fault(c, "ResourceProperties is not a JSON object.");
    else if (t->type == PROFILE_FIREWALL)
        err = priority_read(c, t, properties, ret);
    else if (json_object_size(properties) > 0)
        err = properties_fault(c, "This type of resource has no properties that can be set.");
    else if (t->type == PROFILE_ENDPOINT)
        err = endpoint_properties(c, &t->obj.endpoint, ret);
    json_decref(properties);
    return err;
}

/* The domain of a zone or rule without the dot at its end; NULL: it has none. */
static const char *target_domain(const struct profile_target *t)
{
    return t->type == PROFILE_ZONE ? t->obj.zone.name : t->obj.rule.domain_name;
}

/* Adds a key with one value. */
static void condition_add(struct profile_conditions *to, const char *name, const char *value)
{
    to->values[to->n] = value;
    to->keys[to->n] = (struct access_key){name, &to->values[to->n], 1};
    to->n++;
}

int profile_conditions_make(struct ctl *c, const struct profile_target *t,
                            struct profile_conditions *ret)
{
    const char *domain;
    char *text;

    ret->n = 0;
    condition_add(ret, "route53profiles:ResourceArns", t->arn);
    if (t->type == PROFILE_TYPES_N)
        return 0;
    condition_add(ret, "route53profiles:ResourceTypes", profile_types[t->type].condition);
    if (t->owner && (t->type == PROFILE_ZONE || t->type == PROFILE_RULE)) {
        domain = target_domain(t);
        text = domain ? arena_dup(c->arena, domain, strlen(domain) - 1) : arena_str(c->arena, "");
        if (!text)
            return ERR_NOMEM;
        condition_add(ret,
                      t->type == PROFILE_ZONE ? "route53profiles:HostedZoneDomains"
                                              : "route53profiles:ResolverRuleDomains",
                      text);
    }
    if (t->priority.set) {
        text = arena_printf(c->arena, "%lld", (long long)t->priority.v);
        if (!text)
            return ERR_NOMEM;
        condition_add(ret, "route53profiles:FirewallRuleGroupPriority", text);
    }
    return 0;
}

/* The n-th key of what a resource has alone in its profile; NULL in *ret behind the last one. */
static int key_make(struct ctl *c, const struct obj_profile_resource *r,
                    const struct profile_target *t, size_t n, char **ret)
{
    const struct obj_vpc_endpoint *e = &t->obj.endpoint;

    *ret = NULL;
    if (t->type == PROFILE_QUERY_LOG || t->type == PROFILE_TYPES_N ||
        n >= (t->type == PROFILE_ENDPOINT ? e->private_dns_names_n : 1))
        return 0;
    if (t->type == PROFILE_FIREWALL)
        *ret = arena_printf(c->arena, "%s/priority/%lld", r->profile_id, (long long)t->priority.v);
    else if (t->type == PROFILE_ENDPOINT)
        *ret = arena_printf(c->arena, "%s/endpoint/%s", r->profile_id, e->private_dns_names[n]);
    else
        *ret = arena_printf(c->arena, "%s/%s/%s", r->profile_id,
                            t->type == PROFILE_ZONE ? "zone" : "rule", target_domain(t));
    return *ret ? 0 : ERR_NOMEM;
}

int profile_keys_take(struct ctl *c, const struct obj_profile_resource *r,
                      const struct profile_target *t)
{
    const char *other;
    char *key;
    int err = 0;

    for (size_t n = 0; !err; n++) {
        err = key_make(c, r, t, n, &key);
        if (err || !key)
            return err;
        err = ctl_index_get(c, "profile-keys", key, &other);
        if (err == 0)
            return ctl_fail(c, FAULT_ConflictException,
                            t->type == PROFILE_FIREWALL
                                ? "The priority is used by another resource of the Route 53 "
                                  "Profile: association '%s'."
                                : "The Route 53 Profile has a resource of this type for the same "
                                  "domain name: association '%s'.",
                            other);
        if (err == ERR_NOT_FOUND)
            err = ctl_index_put(c, "profile-keys", key, r->id);
    }
    return err;
}

int profile_keys_free(struct ctl *c, const struct obj_profile_resource *r,
                      const struct profile_target *t)
{
    char *key;
    int err = 0;

    for (size_t n = 0; !err; n++) {
        err = key_make(c, r, t, n, &key);
        if (err || !key)
            return err;
        err = ctl_index_del(c, "profile-keys", key);
    }
    return err;
}
