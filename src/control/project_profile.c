/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles, and interface endpoints with their private names, into the compiler. */
#include "control/project_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "control/ctl_priv.h"
#include "control/rdata.h"
#include "control/zone_name.h"
#include "dns/type.h"

#define PRIVATE_NAMES_MAX 8 /* of one interface endpoint that act */
#define PRIVATE_TTL 60      /* seconds, of their addresses */

/* --- profiles --- */

static int join_profile(struct project *p, const char *id)
{
    struct obj_profile profile;
    struct obj_resolver_config config;
    struct profile_desc d = {.id = id, .reverse = SETTING_LOCAL};
    int err = project_get(p, &kind_profile, id, &profile);
    if (err == ERR_NOT_FOUND)
        return project_result(id, compile_profile_del(p->compiler, id));
    if (err == 0)
        err = project_get(p, &kind_config, id, &config);
    if (err != 0 && err != ERR_NOT_FOUND)
        return project_result(id, err);
    if (err == 0 && config.autodefined_reverse != NULL) {
        if (strcmp(config.autodefined_reverse, "ENABLED") == 0)
            d.reverse = SETTING_ON;
        else if (strcmp(config.autodefined_reverse, "DISABLED") == 0)
            d.reverse = SETTING_OFF;
    }
    return project_result(id, compile_profile(p->compiler, &d));
}

int profile_changed(struct project *p, const char *id, struct store_bytes value)
{
    (void)value;
    return ids_add(p, &p->profiles, id);
}

/* The profiles of a VPC while they are read. */
struct vpc_profiles {
    struct project *p;
    const char *ids[VPC_PROFILES];
    size_t n;
};

static int vpc_profile_each(void *ctx, const struct store_item *item)
{
    struct vpc_profiles *v = ctx;
    const char *id = arena_dup(&v->p->scratch, item->value.data, item->value.len);
    if (id == NULL)
        return ERR_NOMEM;
    v->ids[v->n++] = id;
    return 0;
}

/* The index is in order of priority. */
static int join_vpc_profiles(struct project *p, const char *vpc)
{
    struct vpc_profiles v = {.p = p};
    struct project_walk walk = {arena_printf(&p->scratch, "vpc-profiles/%s/", vpc), VPC_PROFILES,
                                vpc_profile_each, &v};
    int err = walk.prefix != NULL ? project_index(p, &walk) : ERR_NOMEM;
    return err != 0 ? err : project_result(vpc, compile_vpc_profiles(p->compiler, vpc, v.ids, v.n));
}

/* "x/vpc-profiles/<vpc>/<priority>/<association>" */
int vpc_profile_changed(struct project *p, const char *id, struct store_bytes value)
{
    (void)value;
    const char *slash = strchr(id, '/');
    const char *vpc = arena_dup(&p->scratch, id, slash != NULL ? (size_t)(slash - id) : strlen(id));
    return vpc == NULL ? ERR_NOMEM : ids_add(p, &p->vpc_profiles, vpc);
}

int project_join_profiles(struct project *p)
{
    int err = 0;
    for (size_t i = 0; i < p->profiles.n && err == 0; i++) {
        arena_reset(&p->scratch);
        err = join_profile(p, p->profiles.ids[i]);
    }
    for (size_t i = 0; i < p->vpc_profiles.n && err == 0; i++) {
        arena_reset(&p->scratch);
        err = join_vpc_profiles(p, p->vpc_profiles.ids[i]);
    }
    return err;
}

/* --- what a profile holds --- */

/* The zone of one private name of an interface endpoint. */
static const char *private_zone(struct project *p, const char *endpoint, unsigned n)
{
    return arena_printf(&p->scratch, "%s/%u", endpoint, n);
}

/* An endpoint may have any number of names, now or later: a profile holds all zones that it may
 * have. */
static int hold_endpoint(struct project *p, const char *profile, const char *endpoint, bool gone)
{
    int err = 0;
    for (unsigned n = 0; n < PRIVATE_NAMES_MAX && err == 0; n++) {
        const char *zone = private_zone(p, endpoint, n);
        if (zone == NULL)
            return ERR_NOMEM;
        err = project_result(zone, (gone ? compile_profile_zone_del
                                         : compile_profile_zone)(p->compiler, profile, zone));
    }
    return err;
}

/* "x/profile-resources/<profile>/<resource arn>" */
int profile_resource_changed(struct project *p, const char *id, struct store_bytes value)
{
    const char *slash = strchr(id, '/'), *last = strrchr(id, '/');
    bool gone = value.data == NULL;
    if (slash == NULL || slash == last)
        return 0; /* the guard of a profile's whole list */
    const char *profile = arena_dup(&p->scratch, id, (size_t)(slash - id)), *resource = last + 1;
    if (profile == NULL)
        return ERR_NOMEM;
    if (strstr(slash, ":hostedzone/") != NULL)
        return project_result(id, (gone ? compile_profile_zone_del
                                        : compile_profile_zone)(p->compiler, profile, resource));
    if (strstr(slash, ":resolver-rule/") != NULL)
        return project_result(id, (gone ? compile_profile_rule_del
                                        : compile_profile_rule)(p->compiler, profile, resource));
    if (strstr(slash, ":vpc-endpoint/") != NULL)
        return hold_endpoint(p, profile, resource, gone);
    return 0; /* firewall groups and query logs do not act yet */
}

/* --- interface endpoints --- */

static int private_soa(struct project *p, const char *zone, const uint8_t *apex)
{
    static const char text[] = "ns.invalid. nobody.invalid. 1 3600 900 1209600 60";
    uint8_t rdata[2 + RDATA_VALUE_MAX];
    int len = rdata_from_text(TYPE_SOA, text, rdata + 2, RDATA_VALUE_MAX, NULL);
    if (len < 0)
        return len;
    memcpy(rdata, &(uint16_t){(uint16_t)len}, 2);
    struct rrset_desc d = {.owner = apex,
                           .type = TYPE_SOA,
                           .ttl = PRIVATE_TTL,
                           .rdata = rdata,
                           .rdata_len = 2 + (size_t)len,
                           .count = 1};
    return compile_rrset(p->compiler, zone, &d);
}

/* The endpoint's addresses of one family at a name. */
static int private_addresses(struct project *p, const char *zone, const uint8_t *owner,
                             const struct obj_vpc_endpoint *e, uint16_t type)
{
    struct buf rdata = {0};
    struct rrset_desc d = {.owner = owner, .type = type, .ttl = PRIVATE_TTL};
    struct addr a;
    for (size_t i = 0; i < e->addresses_n; i++) {
        if (addr_parse(e->addresses[i], &a) != 0 || (a.family == AF_INET) != (type == TYPE_A))
            continue;
        uint16_t len = type == TYPE_A ? 4 : 16;
        buf_add(&rdata, &len, sizeof len);
        buf_add(&rdata, a.b, len);
        d.count++;
    }
    d.rdata = (const uint8_t *)rdata.data;
    d.rdata_len = rdata.len;
    int err = rdata.failed ? ERR_NOMEM : d.count ? compile_rrset(p->compiler, zone, &d) : 0;
    buf_free(&rdata);
    return err;
}

/* A private name as a zone: the endpoint's addresses at the name and at all below it. */
static int private_name(struct project *p, const char *zone, const struct obj_vpc_endpoint *e,
                        const char *name)
{
    uint8_t apex[NAME_MAX_WIRE], star[2 + NAME_MAX_WIRE] = "\1*";
    if (zone_name_parse(name, apex, NULL) < 0 || name_len(apex) > NAME_MAX_WIRE - 2)
        return project_skip(zone, "a private name that is none");
    name_copy(star + 2, apex);
    const uint8_t *const owners[] = {apex, star};
    int err = compile_zone(p->compiler, &(struct zone_desc){zone, apex});
    if (err == 0)
        err = private_soa(p, zone, apex);
    for (size_t i = 0; i < 2 && err == 0; i++) {
        err = private_addresses(p, zone, owners[i], e, TYPE_A);
        if (err == 0)
            err = private_addresses(p, zone, owners[i], e, TYPE_AAAA);
    }
    if (err == 0)
        err = compile_zone_vpcs(p->compiler, zone, &e->vpc_id,
                                e->private_dns_enabled == TRI_TRUE ? 1 : 0);
    return project_result(zone, err);
}

/* Profiles that hold an endpoint. */
struct holders {
    struct project *p;
    const char *endpoint;
};

/* "x/resource-profiles/<endpoint>/<profile>" */
static int holder_each(void *ctx, const struct store_item *item)
{
    const struct holders *h = ctx;
    const char *key = arena_dup(&h->p->scratch, item->key.data, item->key.len);
    if (key == NULL)
        return ERR_NOMEM;
    return hold_endpoint(h->p, strrchr(key, '/') + 1, h->endpoint, false);
}

/* The zones are made anew, so that no address of before stays; then they are in no profile. */
int vpc_endpoint_changed(struct project *p, const char *id, struct store_bytes value)
{
    struct obj_vpc_endpoint e = {0};
    struct holders holders = {p, id};
    struct project_walk walk = {arena_printf(&p->scratch, "resource-profiles/%s/", id), 0,
                                holder_each, &holders};
    int err = walk.prefix == NULL ? ERR_NOMEM : 0;
    if (err == 0 && value.data != NULL)
        err = object_read(&obj_vpc_endpoint_shape, value, &p->scratch, &e);
    for (unsigned n = 0; n < PRIVATE_NAMES_MAX && err == 0; n++) {
        const char *zone = private_zone(p, id, n);
        if (zone == NULL)
            return ERR_NOMEM;
        err = project_result(zone, compile_zone_del(p->compiler, zone));
        if (err == 0 && n < e.private_dns_names_n)
            err = private_name(p, zone, &e, e.private_dns_names[n]);
    }
    if (err == 0 && value.data != NULL)
        err = project_index(p, &walk);
    return project_result(id, err);
}
