/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a design: every object of the caller once, joined by hash maps. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"
#include "control/zone_name.h"
#include "dns/addrname.h"

#define ID_TEXT 80 /* bytes of the longest id of a VPC in a key, NUL included */

/* The key of a name in a VPC. False: too long to be there. */
static bool name_key(const struct check_vpc *vpc, const char *name, char *buf, size_t size)
{
    int n = snprintf(buf, size, "%s %s", vpc->vpc->id, name);

    return n > 0 && (size_t)n < size;
}

struct check_name *check_name_at(const struct check *k, const struct check_vpc *vpc,
                                 const char *name)
{
    char key[ID_TEXT + ZONE_NAME_TEXT];

    return name_key(vpc, name, key, sizeof key) ? map_get(&k->names, key) : NULL;
}

/* The entry of a name, made if there is none. */
static int name_make(struct check *k, const struct check_vpc *vpc, const char *name,
                     struct check_name **ret)
{
    char key[ID_TEXT + ZONE_NAME_TEXT];

    *ret = check_name_at(k, vpc, name);
    if (*ret)
        return 0;
    *ret = arena_zalloc(k->c->arena, 1, sizeof **ret);
    if (!*ret || !name_key(vpc, name, key, sizeof key))
        return ERR_NOMEM;
    return map_put(&k->names, key, *ret, NULL);
}

const char *check_name_parent(const char *name)
{
    const char *dot = strchr(name, '.'); /* a dot inside a label is escaped as \056 */

    if (!dot || strcmp(name, ".") == 0)
        return NULL;
    return dot[1] ? dot + 1 : ".";
}

struct check_route check_route(const struct check *k, const struct check_vpc *vpc, const char *name)
{
    bool rules = true; /* until a SYSTEM rule cuts the name out of them */

    for (; name; name = check_name_parent(name)) {
        const struct check_name *n = check_name_at(k, vpc, name);

        if (!n)
            continue;
        if (n->rule && n->rule->forward && rules)
            return (struct check_route){.rule = n->rule};
        if (n->rule && n->rule->system)
            rules = false;
        if (n->zone && vpc->private)
            return (struct check_route){.zone = n->zone};
        if (n->autodefined && vpc->private)
            break;
    }
    return (struct check_route){0};
}

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

static int rule_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    struct check_rule *r = arena_zalloc(k->c->arena, 1, sizeof *r);

    if (!r)
        return ERR_NOMEM;
    r->rule = obj;
    r->forward = strcmp(r->rule->rule_type, "FORWARD") == 0;
    r->system = strcmp(r->rule->rule_type, "SYSTEM") == 0;
    r->uses.end = &r->uses.first;
    if (r->rule->resolver_endpoint_id && !r->system)
        r->endpoint = map_get(&k->endpoint_ids, r->rule->resolver_endpoint_id);
    if (r->endpoint && r->forward) {
        *r->endpoint->rules_end = r;
        r->endpoint->rules_end = &r->next_of_endpoint;
    }
    *k->rules_end = r;
    k->rules_end = &r->next;
    k->rules_n++;
    return map_put(&k->rule_ids, id, r, NULL);
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
    struct check_rule *r = map_get(&k->rule_ids, a->resolver_rule_id);
    struct check_name *name;
    int err;

    (void)id;
    if (!vpc || !r)
        return 0;
    err = use_add(k, &(struct check_use){.vpc = vpc, .rule = r}, &vpc->rules, &r->uses);
    if (err || !(r->forward || r->system) || !r->rule->domain_name)
        return err; /* delegation goes by the names of servers, not by the name asked for */
    err = name_make(k, vpc, r->rule->domain_name, &name);
    /* Should there be two of a name, the smaller id wins (model/compile_view.c). */
    if (!err && (!name->rule || strcmp(r->rule->id, name->rule->rule->id) < 0))
        name->rule = r;
    return err;
}

static int zone_join(struct check *k, struct check_zone *z, const struct obj_zone_vpc *at)
{
    struct check_vpc *vpc = map_get(&k->vpc_ids, at->vpc_id);
    struct check_name *name;
    int err;

    if (!vpc) {
        z->elsewhere |= (at->vpc_region && strcmp(at->vpc_region, k->c->region) != 0) ||
                        (at->account && strcmp(at->account, k->c->account) != 0);
        return 0;
    }
    err = use_add(k, &(struct check_use){.vpc = vpc, .zone = z}, &vpc->zones, &z->uses);
    if (!err)
        err = name_make(k, vpc, z->zone->name, &name);
    if (!err && (!name->zone || strcmp(z->zone->id, name->zone->zone->id) < 0))
        name->zone = z;
    return err;
}

static int zone_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    struct check_zone *z = arena_zalloc(k->c->arena, 1, sizeof *z);
    int err = 0;

    (void)id;
    if (!z)
        return ERR_NOMEM;
    z->zone = obj;
    z->uses.end = &z->uses.first;
    *k->zones_end = z;
    k->zones_end = &z->next;
    k->zones_n++;
    for (size_t i = 0; !err && i < z->zone->vpcs_n; i++)
        err = zone_join(k, z, &z->zone->vpcs[i]);
    return err;
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
    int err = name_make(r->k, r->vpc, zone_name_format(wire, text, sizeof text), &name);

    if (!err)
        name->autodefined = true;
    return err;
}

static int reverse_names(struct check *k, struct check_vpc *vpc)
{
    const struct obj_cidr_association *lists[] = {vpc->vpc->cidr_blocks,
                                                  vpc->vpc->ipv6_cidr_blocks};
    const size_t counts[] = {vpc->vpc->cidr_blocks_n, vpc->vpc->ipv6_cidr_blocks_n};
    struct reverse r = {k, vpc};
    struct obj_resolver_config config;
    int err = ctl_get(k->c, &kind_config, vpc->vpc->id, &config);

    if (err && err != ERR_NOT_FOUND)
        return err;
    if (!err && config.autodefined_reverse && strcmp(config.autodefined_reverse, "DISABLED") == 0)
        return 0;
    err = 0;
    for (size_t l = 0; l < 2; l++) {
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
    for (size_t i = 0; !err && i < sizeof kinds / sizeof *kinds; i++)
        err = ctl_scan(k->c, kinds[i].kind, kinds[i].wants, kinds[i].add, k);
    return err ? err : endpoints_complete(k);
}

void check_unload(struct check *k)
{
    map_free(&k->vpc_ids);
    map_free(&k->endpoint_ids);
    map_free(&k->rule_ids);
    map_free(&k->names);
    map_free(&k->inbound);
}

/* --- what is wanted --- */

bool check_wants(const struct check *k, const struct check_vpc *vpc)
{
    return !k->only || (vpc && strcmp(k->only, vpc->vpc->id) == 0);
}

bool check_wants_uses(const struct check *k, const struct check_uses *uses)
{
    bool wanted = !k->only;

    for (const struct check_use *u = uses->first; u && !wanted; u = u->next_of_object)
        wanted = check_wants(k, u->vpc);
    return wanted;
}

const struct check_use *check_use_shown(const struct check *k, const struct check_uses *uses)
{
    const struct check_use *best = uses->first;

    for (const struct check_use *u = uses->first; u; u = u->next_of_object) {
        if (check_wants(k, u->vpc) && u->vpc->answers)
            return u;
        if (check_wants(k, u->vpc) && !check_wants(k, best->vpc))
            best = u;
    }
    return best;
}
