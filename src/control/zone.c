/* SPDX-License-Identifier: Apache-2.0 */
/* Private hosted zones: creation, reading, comment, deletion, limits (spec:
 * profiles-ram-zones-ec2.md 3.2, 3.5). Zones belong to no region. */
#include <string.h>

#include "base/error.h"
#include "control/profile.h"
#include "control/zone_name.h"
#include "control/zone_priv.h"

#define ZONE_SETS_NEW 2 /* record sets of a new zone: SOA and NS */

/* Where a new zone says that it is; clients cut the id out of it. */
#define ZONE_LOCATION "https://route53.amazonaws.com/2013-04-01/hostedzone/"

static int no_such_zone(struct ctl *c, const char *id)
{
    return ctl_fail(c, FAULT_NoSuchHostedZone, "No hosted zone found with ID: %s", id);
}

int hosted_zone_get(struct ctl *c, const char *id, struct obj_zone *ret)
{
    const char *bare = id_strip(id, "/hostedzone/");
    int err = ctl_get_own(c, &kind_zone, bare, ret);

    return err == ERR_NOT_FOUND ? no_such_zone(c, bare) : err;
}

int zone_view(struct ctl *c, const struct obj_zone *z, struct r53_hosted_zone *ret)
{
    struct r53_hosted_zone_config *config = arena_zalloc(c->arena, 1, sizeof *config);

    if (!config)
        return ERR_NOMEM;
    config->comment = z->comment;
    config->private_zone = TRI_TRUE;
    *ret = (struct r53_hosted_zone){
        .id = arena_printf(c->arena, "/hostedzone/%s", z->id),
        .name = z->name,
        .caller_reference = z->caller_reference,
        .config = config,
        .resource_record_set_count = z->record_count,
    };
    return ret->id ? 0 : ERR_NOMEM;
}

static int zone_answer(struct ctl *c, const struct obj_zone *z, struct r53_hosted_zone **ret)
{
    struct r53_hosted_zone *v = arena_zalloc(c->arena, 1, sizeof *v);
    int err = v ? zone_view(c, z, v) : ERR_NOMEM;

    if (!err)
        *ret = v;
    return err;
}

char *zone_name_index(struct ctl *c, const char *account, const uint8_t *name, const char *zone_id)
{
    char key[RECORD_NAME_KEY];

    record_name_key(name, key);
    return arena_printf(c->arena, "%s/%s/%s", account, key, zone_id);
}

static char *reference_key(struct ctl *c, const char *reference)
{
    return arena_printf(c->arena, "%s/%s", c->account, reference);
}

/* What a request for a zone must be before anything is looked up. */
static int create_check(struct ctl *c, const struct r53_create_hosted_zone_request *in)
{
    const struct r53_hosted_zone_config *config = in->hosted_zone_config;

    if (!in->vpc || !in->vpc->vpc_id)
        return ctl_fail(c, FAULT_InvalidInput,
                        config && config->private_zone == TRI_TRUE
                            ? "A private hosted zone needs a VPC: give VPCRegion and VPCId."
                            : "bridge53 serves private hosted zones only: give a VPC.");
    if (in->delegation_set_id)
        return ctl_fail(c, FAULT_InvalidInput,
                        "A private hosted zone cannot have a reusable delegation set.");
    return 0;
}

/* The name of a new zone. */
static int name_read(struct ctl *c, const char *text, uint8_t *wire, const char **ret)
{
    char buf[ZONE_NAME_TEXT];
    const char *why = "";

    if (zone_name_parse(text, wire, &why) < 0)
        return ctl_fail(c, FAULT_InvalidDomainName, "FATAL problem: %s encountered with '%s'", why,
                        text);
    if (name_labels(wire) == 0 || name_is_wildcard(wire))
        return ctl_fail(c, FAULT_InvalidDomainName,
                        "%s is not a valid domain name for a hosted "
                        "zone.",
                        text);
    *ret = arena_str(c->arena, zone_name_format(wire, buf, sizeof buf));
    return *ret ? 0 : ERR_NOMEM;
}

/* The caller's reference is new, and one more zone is allowed. */
static int reference_take(struct ctl *c, const char *reference, const char *zone_id)
{
    char *key = reference_key(c, reference);
    const char *other;
    size_t n;
    int err;

    if (!key)
        return ERR_NOMEM;
    err = ctl_index_get(c, "caller-reference", key, &other);
    if (err == 0)
        return ctl_fail(c, FAULT_HostedZoneAlreadyExists,
                        "A hosted zone has already been created with the specified caller "
                        "reference.");
    if (err != ERR_NOT_FOUND)
        return err;
    err = ctl_count(c, &kind_zone, &n);
    if (!err && n >= ZONES_MAX)
        return ctl_fail(c, FAULT_TooManyHostedZones,
                        "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted "
                        "zones. The limit is %d.",
                        ZONES_MAX);
    return err ? err : ctl_index_put(c, "caller-reference", key, zone_id);
}

/* Writes one of the record sets that every zone begins with. */
static int record_put(struct ctl *c, const char *zone_id, const uint8_t *name,
                      const struct obj_record *record)
{
    const struct record_id id = {zone_id, name, record->type, NULL};

    return ctl_raw_put(c, record_key(c->arena, &id), record_write(c->arena, record));
}

static int records_init(struct ctl *c, const struct obj_zone *z, const uint8_t *name)
{
    static const char *const servers[] = {
        "ns-1536.awsdns-00.co.uk.",
        "ns-0.awsdns-00.com.",
        "ns-1024.awsdns-00.org.",
        "ns-512.awsdns-00.net.",
    };
    static const char *const authority[] = {
        "ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
    };
    const struct obj_record ns = {
        .name = z->name,
        .type = "NS",
        .ttl = {true, 172800},
        .values = (const char **)servers,
        .values_n = sizeof servers / sizeof *servers,
    };
    const struct obj_record soa = {
        .name = z->name,
        .type = "SOA",
        .ttl = {true, 900},
        .values = (const char **)authority,
        .values_n = sizeof authority / sizeof *authority,
    };
    int err = record_put(c, z->id, name, &ns);

    return err ? err : record_put(c, z->id, name, &soa);
}

int r53_create_hosted_zone(struct ctl *c, const struct r53_create_hosted_zone_request *in,
                           struct r53_create_hosted_zone_response *out)
{
    struct obj_zone z = {
        .owner_account = c->account,
        .id = id_new(c, 'Z', ZONE_ID_DIGITS),
        .caller_reference = in->caller_reference,
        .comment = in->hosted_zone_config ? in->hosted_zone_config->comment : NULL,
        .record_count = {true, ZONE_SETS_NEW},
        .creation_time = ctl_time(c, 3),
    };
    uint8_t name[NAME_MAX_WIRE];
    struct obj_zone_vpc vpc;
    struct r53_vpc *shown = arena_zalloc(c->arena, 1, sizeof *shown);
    char *key;
    int err = create_check(c, in);

    if (!z.id || !z.creation_time || !shown)
        return ERR_NOMEM;
    if (!err)
        err = name_read(c, in->name, name, &z.name);
    if (!err)
        err = reference_take(c, in->caller_reference, z.id);
    if (!err)
        err = zone_vpc_read(c, in->vpc, &vpc);
    if (!err)
        err = zone_vpc_add(c, &z, &vpc);
    if (!err)
        err = records_init(c, &z, name);
    if (err)
        return err;
    key = zone_name_index(c, c->account, name, z.id);
    err = key ? ctl_index_put(c, "zone-name", key, z.id) : ERR_NOMEM;
    if (!err)
        err = ctl_put(c, &kind_zone, z.id, &z);
    if (!err)
        err = change_new(c, NULL, &out->change_info);
    if (!err)
        err = zone_answer(c, &z, &out->hosted_zone);
    if (err)
        return err;
    *shown = (struct r53_vpc){vpc.vpc_region, vpc.vpc_id};
    out->vpc = shown;
    out->location = arena_printf(c->arena, ZONE_LOCATION "%s", z.id);
    return out->location ? 0 : ERR_NOMEM;
}

int r53_get_hosted_zone(struct ctl *c, const struct r53_get_hosted_zone_request *in,
                        struct r53_get_hosted_zone_response *out)
{
    struct obj_zone z;
    int err = hosted_zone_get(c, in->id, &z);

    if (err)
        return err;
    out->vpcs = arena_zalloc(c->arena, z.vpcs_n + 1, sizeof *out->vpcs);
    if (!out->vpcs)
        return ERR_NOMEM;
    for (size_t i = 0; i < z.vpcs_n; i++)
        out->vpcs[i] = (struct r53_vpc){z.vpcs[i].vpc_region, z.vpcs[i].vpc_id};
    out->vpcs_n = z.vpcs_n;
    return zone_answer(c, &z, &out->hosted_zone);
}

int r53_update_hosted_zone_comment(struct ctl *c,
                                   const struct r53_update_hosted_zone_comment_request *in,
                                   struct r53_update_hosted_zone_comment_response *out)
{
    struct obj_zone z;
    int err = hosted_zone_get(c, in->id, &z);

    if (err)
        return err;
    z.comment = in->comment && *in->comment ? in->comment : NULL;
    err = ctl_put(c, &kind_zone, z.id, &z);
    return err ? err : zone_answer(c, &z, &out->hosted_zone);
}

static int record_remove(void *ctx, const struct store_item *item)
{
    return ctl_raw_del(ctx, item->key);
}

/* Removes the record sets and the index entries of a zone. */
static int zone_clear(struct ctl *c, const struct obj_zone *z)
{
    const struct record_id all = {.zone_id = z->id};
    const struct store_walk walk = {
        .from = record_key(c->arena, &all),
        .to = record_key_end(c->arena, z->id),
        .each = record_remove,
        .ctx = c,
    };
    char *reference = reference_key(c, z->caller_reference);
    uint8_t name[NAME_MAX_WIRE];
    char *key;
    int err;

    if (!walk.from.data || !walk.to.data || !reference)
        return ERR_NOMEM;
    if (zone_name_parse(z->name, name, NULL) < 0)
        return ctl_fail(c, FAULT_InternalFailure, "The name of the zone cannot be read.");
    key = zone_name_index(c, z->owner_account, name, z->id);
    err = key ? ctl_index_del(c, "zone-name", key) : ERR_NOMEM;
    if (!err)
        err = ctl_index_del(c, "caller-reference", reference);
    for (size_t i = 0; !err && i < z->vpcs_n; i++)
        err = zone_vpc_unlink(c, z, z->vpcs[i].vpc_id);
    if (!err)
        err = zone_auth_clear(c, z->id);
    return err ? err : ctl_raw_list(c, &walk);
}

int r53_delete_hosted_zone(struct ctl *c, const struct r53_delete_hosted_zone_request *in,
                           struct r53_delete_hosted_zone_response *out)
{
    struct obj_zone z;
    int err = hosted_zone_get(c, in->id, &z);

    if (err)
        return err;
    /* SOA and apex NS can be changed but never removed, so they are what two sets must be. */
    if (z.record_count.v > ZONE_SETS_NEW)
        return ctl_fail(c, FAULT_HostedZoneNotEmpty,
                        "The specified hosted zone contains non-required resource record sets and "
                        "so cannot be deleted.");
    err = profile_resource_forget(c, z.id);
    if (!err)
        err = zone_clear(c, &z);
    if (!err)
        err = ctl_del(c, &kind_zone, z.id, &z);
    return err ? err : change_new(c, NULL, &out->change_info);
}

int r53_get_hosted_zone_count(struct ctl *c, const struct r53_get_hosted_zone_count_request *in,
                              struct r53_get_hosted_zone_count_response *out)
{
    size_t n;
    int err = ctl_count(c, &kind_zone, &n);

    (void)in;
    if (!err)
        out->hosted_zone_count = (struct opt_int){true, (int64_t)n};
    return err;
}

int r53_get_hosted_zone_limit(struct ctl *c, const struct r53_get_hosted_zone_limit_request *in,
                              struct r53_get_hosted_zone_limit_response *out)
{
    bool records = strcmp(in->type, "MAX_RRSETS_BY_ZONE") == 0;
    struct r53_hosted_zone_limit *limit = arena_zalloc(c->arena, 1, sizeof *limit);
    struct obj_zone z;
    int err = hosted_zone_get(c, in->hosted_zone_id, &z);

    if (err)
        return err;
    if (!limit)
        return ERR_NOMEM;
    limit->type = in->type;
    limit->value = (struct opt_int){true, records ? ZONE_RECORDS_MAX : ZONE_VPCS_MAX};
    out->limit = limit;
    out->count = records ? z.record_count : (struct opt_int){true, (int64_t)z.vpcs_n};
    return 0;
}

int r53_get_account_limit(struct ctl *c, const struct r53_get_account_limit_request *in,
                          struct r53_get_account_limit_response *out)
{
    /* Only zones exist here; the other limits are the service's defaults. */
    static const struct {
        const char *type;
        int64_t value;
    } limits[] = {
        {"MAX_HOSTED_ZONES_BY_OWNER", ZONES_MAX},
        {"MAX_HEALTH_CHECKS_BY_OWNER", 200},
        {"MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", 5},
        {"MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", 100},
        {"MAX_TRAFFIC_POLICIES_BY_OWNER", 50},
    };
    struct r53_account_limit *limit = arena_zalloc(c->arena, 1, sizeof *limit);
    size_t at = 0, n = 0;
    int err = 0;

    if (!limit)
        return ERR_NOMEM;
    while (at + 1 < sizeof limits / sizeof *limits && strcmp(limits[at].type, in->type) != 0)
        at++;
    if (at == 0)
        err = ctl_count(c, &kind_zone, &n);
    if (err)
        return err;
    limit->type = in->type;
    limit->value = (struct opt_int){true, limits[at].value};
    out->limit = limit;
    out->count = (struct opt_int){true, (int64_t)n};
    return 0;
}

/* Signing is not for private zones (spec: 3.4). */
static int dnssec_refuse(struct ctl *c, const char *zone_id)
{
    struct obj_zone z;
    int err = hosted_zone_get(c, zone_id, &z);

    return err ? err
               : ctl_fail(c, FAULT_InvalidArgument,
                          "Operation is unsupported for private hosted zones.");
}

int r53_get_dnssec(struct ctl *c, const struct r53_get_dnssec_request *in,
                   struct r53_get_dnssec_response *out)
{
    (void)out;
    return dnssec_refuse(c, in->hosted_zone_id);
}

int r53_disable_hosted_zone_dnssec(struct ctl *c,
                                   const struct r53_disable_hosted_zone_dnssec_request *in,
                                   struct r53_disable_hosted_zone_dnssec_response *out)
{
    (void)out;
    return dnssec_refuse(c, in->hosted_zone_id);
}
