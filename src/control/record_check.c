/* SPDX-License-Identifier: Apache-2.0 */
/* One record set of a batch, by itself: from the request to the stored form, with the rules that
 * need no look at other sets (spec: profiles-ram-zones-ec2.md 3.4, 3.7-3.11).
 *
 * Two grades of refusal: a request whose members have no meaning together is InvalidInput at once;
 * everything else is a complaint, and all complaints of a batch are answered together. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "control/rdata.h"
#include "control/zone_name.h"
#include "control/zone_priv.h"
#include "dns/type.h"

enum routing record_routing(const struct obj_record *r)
{
    return r->weight.set                          ? ROUTING_WEIGHTED
           : r->region                            ? ROUTING_LATENCY
           : r->continent_code || r->country_code ? ROUTING_GEOLOCATION
           : r->failover                          ? ROUTING_FAILOVER
           : r->multi_value_answer == TRI_TRUE    ? ROUTING_MULTIVALUE
           : r->geo_proximity_bias.set            ? ROUTING_GEOPROXIMITY
                                                  : ROUTING_SIMPLE;
}

/* "Change with [Action=..., Name=..., ...]" as InvalidInput texts end. */
static const char *change_text(struct ctl *c, const struct r53_change *in)
{
    const struct r53_resource_record_set *set = in->resource_record_set;
    const char *text = arena_printf(
        c->arena, "Change with [Action=%s, Name=%s, Type=%s, SetIdentifier=%s]", in->action,
        set->name, set->type, set->set_identifier ? set->set_identifier : "null");

    return text ? text : "Change";
}

/* Exactly one of: values with a TTL, alias. */
static int content_check(struct batch *b, const struct r53_change *in)
{
    const struct r53_resource_record_set *set = in->resource_record_set;
    const char *found = NULL;

    if (set->traffic_policy_instance_id || set->cidr_routing_config)
        return ctl_fail(b->c, FAULT_InvalidInput,
                        "Invalid request: %s is not available for private hosted zones in %s",
                        set->cidr_routing_config ? "CidrRoutingConfig" : "TrafficPolicyInstanceId",
                        change_text(b->c, in));
    if (set->alias_target && (set->ttl.set || set->resource_records_n > 0))
        found = "more than one";
    else if (!set->alias_target && (!set->ttl.set || set->resource_records_n == 0))
        found = "none";
    if (found)
        return ctl_fail(b->c, FAULT_InvalidInput,
                        "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
                        "ResourceRecords], or TrafficPolicyInstanceId], but found %s in %s",
                        found, change_text(b->c, in));
    return 0;
}

/* A set identifier and exactly one policy, or neither. */
static int policy_check(struct batch *b, const struct r53_change *in)
{
    const struct r53_resource_record_set *set = in->resource_record_set;
    int policies = set->weight.set + (set->region != NULL) + (set->geo_location != NULL) +
                   (set->failover != NULL) + (set->multi_value_answer == TRI_TRUE) +
                   (set->geo_proximity_location != NULL);

    if (policies > 1 || (set->set_identifier && policies == 0))
        return ctl_fail(b->c, FAULT_InvalidInput,
                        "Invalid request: Expected exactly one of [Weight, Region, Failover, "
                        "GeoLocation, MultiValueAnswer, or GeoProximityLocation], but found %s in "
                        "%s",
                        policies > 1 ? "more than one" : "none", change_text(b->c, in));
    if (policies == 1 && !set->set_identifier)
        return ctl_fail(b->c, FAULT_InvalidInput,
                        "Invalid request: Missing field 'SetIdentifier' in %s",
                        change_text(b->c, in));
    if (set->health_check_id)
        return ctl_fail(b->c, FAULT_NoSuchHealthCheck, "No health check found with ID: %s",
                        set->health_check_id);
    return 0;
}

/* The name of the set: legal, and within the zone. */
static int name_read(struct batch *b, struct change *ch, bool *ok)
{
    const char *text = ch->in->resource_record_set->name, *why = "";
    char buf[ZONE_NAME_TEXT];

    if (zone_name_parse(text, ch->name, &why) < 0) {
        batch_complain(b, "FATAL problem: %s encountered with '%s'", why, text);
        *ok = false;
        return 0;
    }
    ch->record.name = arena_str(b->c->arena, zone_name_format(ch->name, buf, sizeof buf));
    if (!ch->record.name)
        return ERR_NOMEM;
    if (!name_within(ch->name, b->apex)) {
        batch_complain(b, "RRSet with DNS name %s is not permitted in zone %s", ch->record.name,
                       b->zone->name);
        *ok = false;
    }
    return 0;
}

/* Where the types may stand. */
static bool place_ok(struct batch *b, const struct change *ch)
{
    const struct obj_record *r = &ch->record;
    bool apex = name_equal(ch->name, b->apex);
    size_t n = b->messages.len;

    if (apex && (strcmp(r->type, "CNAME") == 0 || strcmp(r->type, "DS") == 0))
        batch_complain(b, "RRSet of type %s with DNS name %s is not permitted at apex in zone %s",
                       r->type, r->name, b->zone->name);
    if (!apex && strcmp(r->type, "SOA") == 0)
        batch_complain(b, "A HostedZone must contain exactly one SOA record.");
    if (strcmp(r->type, "NS") == 0 && name_is_wildcard(ch->name))
        batch_complain(b,
                       "RRSet of type NS with DNS name %s is not permitted: an NS record cannot "
                       "be a wildcard.",
                       r->name);
    return b->messages.len == n;
}

static bool continent_known(const char *code)
{
    static const char *const codes[] = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* Which types and contents a policy may have. */
static bool policy_ok(struct batch *b, const struct obj_record *r)
{
    enum routing routing = record_routing(r);
    size_t n = b->messages.len;

    if (routing == ROUTING_SIMPLE)
        return true;
    if (strcmp(r->type, "SOA") == 0 || strcmp(r->type, "NS") == 0 || strcmp(r->type, "DS") == 0 ||
        (routing == ROUTING_MULTIVALUE && strcmp(r->type, "CNAME") == 0))
        batch_complain(b, "RRSet with DNS name %s, type %s cannot have this routing policy.",
                       r->name, r->type);
    if (routing == ROUTING_MULTIVALUE && r->alias_name)
        batch_complain(b,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s is a multivalue "
                       "answer and cannot be an alias.",
                       r->name, r->type, r->set_identifier);
    if (routing == ROUTING_GEOLOCATION &&
        ((r->continent_code && r->country_code) || (r->subdivision_code && !r->country_code)))
        batch_complain(b,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s needs a continent, or "
                       "a country, or a country and a subdivision.",
                       r->name, r->type, r->set_identifier);
    if (r->continent_code && !continent_known(r->continent_code))
        batch_complain(b,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s has an unknown "
                       "continent code '%s'.",
                       r->name, r->type, r->set_identifier, r->continent_code);
    return b->messages.len == n;
}

/* All values: each legal, none twice, as many as the type may have. */
static int values_ok(struct batch *b, const struct obj_record *r, bool *ok)
{
    uint8_t *wire = arena_alloc(b->c->arena, RDATA_VALUE_MAX);
    size_t n = b->messages.len;
    uint16_t type = 0;

    if (!wire)
        return ERR_NOMEM;
    (void)type_parse(r->type, &type);
    if (r->values_n > RECORD_VALUES_MAX)
        batch_complain(b,
                       "Number of values limit of %d exceeded for RRSet with DNS name %s, type "
                       "%s.",
                       RECORD_VALUES_MAX, r->name, r->type);
    if (r->values_n > 1 && (strcmp(r->type, "CNAME") == 0 || strcmp(r->type, "SOA") == 0))
        batch_complain(b, "RRSet of type %s with DNS name %s must have exactly one value.", r->type,
                       r->name);
    for (size_t i = 0; i < r->values_n; i++) {
        const char *why = "";
        int len = rdata_from_text(type, r->values[i], wire, RDATA_VALUE_MAX, &why);

        if (len == ERR_NOMEM)
            return len;
        if (len < 0)
            batch_complain(b, "Invalid Resource Record: 'FATAL problem: %s encountered with '%s''",
                           why, r->values[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(r->values[k], r->values[i]) == 0) {
                batch_complain(b, "Duplicate Resource Record: '%s'", r->values[i]);
                break;
            }
    }
    *ok = *ok && b->messages.len == n;
    return 0;
}

/* The target of an alias: a name in the same zone. That it exists is checked after the batch. */
static int alias_read(struct batch *b, const struct r53_alias_target *in, struct obj_record *r,
                      bool *ok)
{
    uint8_t target[NAME_MAX_WIRE];
    char buf[ZONE_NAME_TEXT];
    const char *why = "";

    r->alias_zone_id = id_strip(in->hosted_zone_id, "/hostedzone/");
    r->alias_evaluate = in->evaluate_target_health == TRI_TRUE ? TRI_TRUE : TRI_FALSE;
    if (zone_name_parse(in->dns_name, target, &why) < 0) {
        batch_complain(b, "FATAL problem: %s encountered with '%s'", why, in->dns_name);
        *ok = false;
        return 0;
    }
    r->alias_name = arena_str(b->c->arena, zone_name_format(target, buf, sizeof buf));
    if (!r->alias_name)
        return ERR_NOMEM;
    if (strcmp(r->type, "NS") == 0 || strcmp(r->type, "SOA") == 0) {
        batch_complain(b, "RRSet with DNS name %s, type %s cannot be an alias.", r->name, r->type);
        *ok = false;
    } else if (strcmp(r->alias_zone_id, b->zone->id) != 0 || !name_within(target, b->apex)) {
        batch_complain(b,
                       "Tried to create an alias that targets %s, type %s in zone %s, but the "
                       "alias target name does not lie within the target zone",
                       r->alias_name, r->type, r->alias_zone_id);
        *ok = false;
    } else if (strcmp(r->alias_name, r->name) == 0) {
        batch_complain(b,
                       "Tried to create an alias that targets %s, type %s in zone %s, but an "
                       "alias cannot target its own name",
                       r->alias_name, r->type, r->alias_zone_id);
        *ok = false;
    }
    return 0;
}

/* Members that only some policies have. */
static void policy_read(const struct r53_resource_record_set *set, struct obj_record *r)
{
    const struct r53_geo_proximity_location *at = set->geo_proximity_location;

    r->weight = set->weight;
    r->region = set->region;
    r->failover = set->failover;
    r->multi_value_answer = set->multi_value_answer == TRI_TRUE ? TRI_TRUE : TRI_NONE;
    if (set->geo_location) {
        r->continent_code = set->geo_location->continent_code;
        r->country_code = set->geo_location->country_code;
        r->subdivision_code = set->geo_location->subdivision_code;
    }
    if (!at)
        return;
    r->geo_proximity_region = at->aws_region;
    r->geo_proximity_local_zone_group = at->local_zone_group;
    r->geo_proximity_bias = (struct opt_int){true, at->bias.set ? at->bias.v : 0};
    if (at->coordinates) {
        r->latitude = at->coordinates->latitude;
        r->longitude = at->coordinates->longitude;
    }
}

int change_read(struct batch *b, struct change *ch, bool *ret_ok)
{
    const struct r53_resource_record_set *set = ch->in->resource_record_set;
    bool deletion = strcmp(ch->in->action, "DELETE") == 0;
    struct obj_record *r = &ch->record;
    int err = content_check(b, ch->in);

    if (!err)
        err = policy_check(b, ch->in);
    *r = (struct obj_record){.type = set->type, .set_identifier = set->set_identifier};
    policy_read(set, r);
    if (!err)
        err = name_read(b, ch, ret_ok);
    if (err || !*ret_ok)
        return err;
    r->ttl = set->ttl;
    if (set->resource_records) {
        r->values_n = set->resource_records_n;
        r->values = arena_zalloc(b->c->arena, r->values_n, sizeof *r->values);
        if (!r->values)
            return ERR_NOMEM;
        for (size_t i = 0; i < r->values_n; i++)
            r->values[i] = set->resource_records[i].value;
    }
    if (set->alias_target)
        err = alias_read(b, set->alias_target, r, ret_ok);
    /* What is deleted must equal what is stored, which was checked when it came. */
    if (err || deletion)
        return err;
    if (!place_ok(b, ch) || !policy_ok(b, r))
        *ret_ok = false;
    return values_ok(b, r, ret_ok);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_int(struct opt_int a, struct opt_int b)
{
    return a.set == b.set && (!a.set || a.v == b.v);
}

/* True if two values mean the same record: spelling and case of addresses and names may differ. */
static bool same_value(uint16_t type, const char *a, const char *b)
{
    uint8_t wire_a[RDATA_VALUE_MAX], wire_b[RDATA_VALUE_MAX];
    int len_a, len_b;

    if (strcmp(a, b) == 0)
        return true;
    len_a = rdata_from_text(type, a, wire_a, sizeof wire_a, NULL);
    len_b = rdata_from_text(type, b, wire_b, sizeof wire_b, NULL);
    return len_a >= 0 && len_a == len_b && memcmp(wire_a, wire_b, (size_t)len_a) == 0;
}

/* True if every value of a is one of b. No list holds a value twice. */
static bool values_within(const struct obj_record *a, const struct obj_record *b)
{
    uint16_t type = 0;

    (void)type_parse(a->type, &type);
    for (size_t i = 0; i < a->values_n; i++) {
        bool found = false;

        /* The order is mostly the same: begin at the same place. */
        for (size_t k = 0; k < b->values_n && !found; k++)
            found = same_value(type, a->values[i], b->values[(i + k) % b->values_n]);
        if (!found)
            return false;
    }
    return true;
}

bool record_same(const struct obj_record *a, const struct obj_record *b)
{
    return same_int(a->weight, b->weight) && same_text(a->region, b->region) &&
           same_text(a->continent_code, b->continent_code) &&
           same_text(a->country_code, b->country_code) &&
           same_text(a->subdivision_code, b->subdivision_code) &&
           same_text(a->failover, b->failover) && a->multi_value_answer == b->multi_value_answer &&
           same_text(a->geo_proximity_region, b->geo_proximity_region) &&
           same_text(a->geo_proximity_local_zone_group, b->geo_proximity_local_zone_group) &&
           same_text(a->latitude, b->latitude) && same_text(a->longitude, b->longitude) &&
           same_int(a->geo_proximity_bias, b->geo_proximity_bias) && same_int(a->ttl, b->ttl) &&
           same_text(a->alias_zone_id, b->alias_zone_id) &&
           same_text(a->alias_name, b->alias_name) && a->alias_evaluate == b->alias_evaluate &&
           same_text(a->health_check_id, b->health_check_id) && a->values_n == b->values_n &&
           values_within(a, b);
}
