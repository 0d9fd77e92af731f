/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a design: every object of the caller once, joined by hash maps. */
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"
#include "control/zone_name.h"
#include "dns/addrname.h"

/* --- objects --- */

static int vpc_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    struct check_vpc *v = arena_zalloc(k->c->arena, 1, sizeof *v);

    if (!v)
        return ERR_NOMEM;
    v->vpc = obj;
    v->answers = v->vpc->enable_dns_support == TRI_TRUE;
    v->private = v->answers && v->vpc->enable_dns_hostnames == TRI_TRUE;
    v->rules.end = &v->rules.first;
    v->zones.end = &v->zones.first;
    *k->vpcs_end = v;
    k->vpcs_end = &v->next;
    k->vpcs_n++;
    return map_put(&k->vpc_ids, id, v, NULL);
}

/* Of the many subnets few are of interest: those with DNS64, and one of each VPC. */
static bool subnet_wanted(void *ctx, const void *obj)
{
    const struct check *k = ctx;
    const struct obj_subnet *subnet = obj;
    const struct check_vpc *vpc = map_get(&k->vpc_ids, subnet->vpc_id);

    return vpc && (!vpc->subnet || subnet->enable_dns64 == TRI_TRUE);
}

static int subnet_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    const struct obj_subnet *subnet = obj;
    struct check_vpc *vpc = map_get(&k->vpc_ids, subnet->vpc_id);
    struct check_subnet *s;

    (void)id;
    if (!vpc->subnet)
        vpc->subnet = subnet;
    if (subnet->enable_dns64 != TRI_TRUE)
        return 0;
    s = arena_zalloc(k->c->arena, 1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    *s = (struct check_subnet){.subnet = subnet, .vpc = vpc};
    *k->subnets_end = s;
    k->subnets_end = &s->next;
    return 0;
}

static int inbound_add(struct check *k, struct check_endpoint *e, const char *address)
{
    struct check_inbound *i;
    void *old = NULL;
    int err;

    if (!address || e->outbound)
        return 0;
    i = arena_zalloc(k->c->arena, 1, sizeof *i);
    if (!i)
        return ERR_NOMEM;
    i->endpoint = e;
    err = map_put(&k->inbound, address, i, &old);
    i->next = old;
    return err;
}

static int endpoint_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    struct check_endpoint *e = arena_zalloc(k->c->arena, 1, sizeof *e);
    int err;

    if (!e)
        return ERR_NOMEM;
    e->endpoint = obj;
    e->outbound = strcmp(e->endpoint->direction, "OUTBOUND") == 0;
    e->host = e->endpoint->host_vpc_id ? map_get(&k->vpc_ids, e->endpoint->host_vpc_id) : NULL;
    e->rules_end = &e->rules;
    *k->endpoints_end = e;
    k->endpoints_end = &e->next;
    k->endpoints_n++;
    err = map_put(&k->endpoint_ids, id, e, NULL);
    for (size_t i = 0; !err && i < e->endpoint->addresses_n; i++) {
        const struct obj_endpoint_address *a = &e->endpoint->addresses[i];

        e->ipv4 |= a->ip != NULL;
        e->ipv6 |= a->ipv6 != NULL;
        err = inbound_add(k, e, a->ip);
        if (!err)
            err = inbound_add(k, e, a->ipv6);
    }
    return err;
}

/* A rule in the maps, but not among those that are judged. */
static int rule_make(struct check *k, const struct obj_rule *rule, struct check_rule **ret)
{
    struct check_rule *r = arena_zalloc(k->c->arena, 1, sizeof *r);

    *ret = r;
    if (!r)
        return ERR_NOMEM;
    r->rule = rule;
    /* Delegation goes by the names of servers, not by the name asked for. */
    r->forward = rule->domain_name && strcmp(rule->rule_type, "FORWARD") == 0;
    r->system = rule->domain_name && strcmp(rule->rule_type, "SYSTEM") == 0;
    r->at.id = rule->id;
    r->at.rule = true;
    r->at.uses.end = &r->at.uses.first;
    return map_put(&k->rule_ids, rule->id, r, NULL);
}

static int rule_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    struct check_rule *r;
    int err = rule_make(k, obj, &r);

    (void)id;
    if (err)
        return err;
    r->named = true;
    if (r->rule->resolver_endpoint_id && !r->system)
        r->endpoint = map_get(&k->endpoint_ids, r->rule->resolver_endpoint_id);
    if (r->endpoint && r->forward) {
        *r->endpoint->rules_end = r;
        r->endpoint->rules_end = &r->next_of_endpoint;
    }
    *k->rules_end = r;
    k->rules_end = &r->next;
    k->rules_n++;
    return 0;
}

int check_rule_get(struct check *k, const char *id, struct check_rule **ret)
{
    struct obj_rule *rule;
    int err;

    *ret = map_get(&k->rule_ids, id);
    if (*ret)
        return 0;
    rule = arena_zalloc(k->c->arena, 1, sizeof *rule);
    err = rule ? ctl_get(k->c, &kind_rule, id, rule) : ERR_NOMEM;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    return rule_make(k, rule, ret);
}

/* --- joins --- */

/* Notes that an object is in a VPC, on both sides. */
static int use_add(struct check *k, const struct check_use *from, struct check_uses *of_vpc,
                   struct check_uses *of_object)
{
    struct check_use *use = arena_zalloc(k->c->arena, 1, sizeof *use);

    if (!use)
        return ERR_NOMEM;
    *use = *from;
    *of_vpc->end = use;
    of_vpc->end = &use->next_of_vpc;
    of_vpc->n++;
    *of_object->end = use;
    of_object->end = &use->next_of_object;
    of_object->n++;
    return 0;
}

static int assoc_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    const struct obj_rule_association *a = obj;
    struct check_vpc *vpc = map_get(&k->vpc_ids, a->vpc_id);
    struct check_rule *r;
    int err = check_rule_get(k, a->resolver_rule_id, &r);

    (void)id;
    if (err || !vpc || !r)
        return err;
    r->named = true; /* another account's: without a share it could not be here */
    err = use_add(k, &(struct check_use){.vpc = vpc, .rule = r}, &vpc->rules, &r->at.uses);
    if (!err && r->system)
        err = map_put(&k->opens, r->rule->domain_name, r, NULL);
    return err ? err : check_name_rule(k, vpc->vpc->id, r);
}

static int zone_join(struct check *k, struct check_zone *z, const struct obj_zone_vpc *at)
{
    struct check_vpc *vpc = map_get(&k->vpc_ids, at->vpc_id);
    int err;

    if (!vpc) {
        z->at.elsewhere |= (at->vpc_region && strcmp(at->vpc_region, k->c->region) != 0) ||
                           (at->account && strcmp(at->account, k->c->account) != 0);
        return 0;
    }
    err = use_add(k, &(struct check_use){.vpc = vpc, .zone = z}, &vpc->zones, &z->at.uses);
    if (!err)
        err = map_put(&k->opens, z->zone->name, z, NULL);
    return err ? err : check_name_zone(k, vpc->vpc->id, z);
}

/* As rule_make. */
static int zone_make(struct check *k, const struct obj_zone *zone, struct check_zone **ret)
{
    struct check_zone *z = arena_zalloc(k->c->arena, 1, sizeof *z);

    *ret = z;
    if (!z)
        return ERR_NOMEM;
    z->zone = zone;
    z->at.id = zone->id;
    z->at.uses.end = &z->at.uses.first;
    return map_put(&k->zone_ids, zone->id, z, NULL);
}

static int zone_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    struct check_zone *z;
    int err = zone_make(k, obj, &z);

    (void)id;
    if (err)
        return err;
    z->named = true;
    *k->zones_end = z;
    k->zones_end = &z->next;
    k->zones_n++;
    for (size_t i = 0; !err && i < z->zone->vpcs_n; i++)
        err = zone_join(k, z, &z->zone->vpcs[i]);
    return err;
}

int check_zone_get(struct check *k, const char *id, struct check_zone **ret)
{
    struct obj_zone *zone;
    int err;

    *ret = map_get(&k->zone_ids, id);
    if (*ret)
        return 0;
    zone = arena_zalloc(k->c->arena, 1, sizeof *zone);
    err = zone ? ctl_get(k->c, &kind_zone, id, zone) : ERR_NOMEM;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    return zone_make(k, zone, ret);
}

/* --- the reverse names of a VPC's own CIDRs, which a wider rule does not take --- */

struct reverse {
    struct check *k;
    struct check_vpc *vpc;
};

static int reverse_add(void *ctx, const uint8_t *wire)
{
    const struct reverse *r = ctx;
    char text[ZONE_NAME_TEXT];
    struct check_name *name;
    int err =
        check_name_make(r->k, r->vpc->vpc->id, zone_name_format(wire, text, sizeof text), &name);

    if (!err)
        name->autodefined = true;
    return err;
}

/* What the config of a VPC or a profile says: 1 on, 0 off, -1 nothing. */
static int reverse_setting(struct check *k, const char *id, int *ret)
{
    struct obj_resolver_config config;
    int err = ctl_get(k->c, &kind_config, id, &config);
    const char *text = err ? NULL : config.autodefined_reverse;

    *ret = !text ? -1 : strcmp(text, "DISABLED") == 0 ? 0 : strcmp(text, "ENABLED") == 0 ? 1 : -1;
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* A profile may decide for its VPCs (model/compile_view.c). */
static int reverse_wanted(struct check *k, const struct check_vpc *vpc, bool *ret)
{
    int setting = -1, err = 0;

    for (size_t i = 0; vpc->stack && i < vpc->stack->profiles_n && !err && setting < 0; i++)
        err = reverse_setting(k, vpc->stack->profiles[i]->id, &setting);
    if (!err && setting < 0)
        err = reverse_setting(k, vpc->vpc->id, &setting);
    *ret = !err && setting != 0;
    return err;
}

static int reverse_names(struct check *k, struct check_vpc *vpc)
{
    const struct obj_cidr_association *lists[] = {vpc->vpc->cidr_blocks,
                                                  vpc->vpc->ipv6_cidr_blocks};
    const size_t counts[] = {vpc->vpc->cidr_blocks_n, vpc->vpc->ipv6_cidr_blocks_n};
    struct reverse r = {k, vpc};
    bool on;
    int err = reverse_wanted(k, vpc, &on);

    for (size_t l = 0; l < 2 && on; l++) {
        for (size_t i = 0; !err && i < counts[l]; i++) {
            struct prefix p;

            if (prefix_parse(lists[l][i].cidr_block, &p) == 0)
                err = addrname_zones(&p, reverse_add, &r);
        }
    }
    return err;
}

/* What is asked of endpoints alone: few have any, so it costs no more than they do. */
static int endpoints_complete(struct check *k)
{
    int err = 0;

    for (struct check_endpoint *e = k->endpoints; e && !err; e = e->next) {
        err = check_allow_read(k, e);
        if (!err && !e->outbound && e->host)
            err = reverse_names(k, e->host);
    }
    return err;
}

int check_load(struct check *k)
{
    const struct {
        const struct kind *kind;
        bool (*wants)(void *ctx, const void *obj);
        int (*add)(void *ctx, const char *id, void *obj);
    } kinds[] = {
        {&kind_vpc, NULL, vpc_add},           {&kind_subnet, subnet_wanted, subnet_add},
        {&kind_endpoint, NULL, endpoint_add}, {&kind_rule, NULL, rule_add},
        {&kind_rule_assoc, NULL, assoc_add},  {&kind_zone, NULL, zone_add},
    };
    int err = 0;

    k->vpcs_end = &k->vpcs;
    k->subnets_end = &k->subnets;
    k->endpoints_end = &k->endpoints;
    k->rules_end = &k->rules;
    k->zones_end = &k->zones;
    k->profiles_end = &k->profiles;
    k->stacks_end = &k->stacks;
    for (size_t i = 0; !err && i < sizeof kinds / sizeof *kinds; i++)
        err = ctl_scan(k->c, kinds[i].kind, kinds[i].wants, kinds[i].add, k);
    if (!err)
        err = check_profiles_load(k);
    return err ? err : endpoints_complete(k);
}

void check_unload(struct check *k)
{
    map_free(&k->vpc_ids);
    map_free(&k->endpoint_ids);
    map_free(&k->rule_ids);
    map_free(&k->zone_ids);
    map_free(&k->profile_ids);
    map_free(&k->stack_ids);
    map_free(&k->names);
    map_free(&k->cuts);
    map_free(&k->opens);
    map_free(&k->inbound);
}
