/* SPDX-License-Identifier: Apache-2.0 */
/* Record sets among each other, as they are after a batch: CNAME stands alone, sets of one name and
 * type share a policy, alias targets exist, the apex keeps its SOA and NS (spec:
 * profiles-ram-zones-ec2.md 3.4, 3.8-3.11).
 *
 * Changes are sorted by key, so that each touched name is read once. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/zone_name.h"
#include "control/zone_priv.h"

/* All record sets of one name. */
struct owner {
    struct ctl *c;
    struct obj_record *sets;
    size_t n, cap;
};

static int owner_each(void *ctx, const struct store_item *item)
{
    struct owner *o = ctx;

    if (o->n == o->cap) {
        size_t cap = o->cap ? 2 * o->cap : 16;
        struct obj_record *more = arena_zalloc(o->c->arena, cap, sizeof *more);

        if (!more)
            return ERR_NOMEM;
        if (o->n > 0)
            memcpy(more, o->sets, o->n * sizeof *more);
        o->sets = more;
        o->cap = cap;
    }
    return record_read(o->c->arena, item->value, &o->sets[o->n++]);
}

/* Reads the sets of a name with the pending changes in them; with a type: only those. */
static int owner_read(struct batch *b, const uint8_t *name, const char *type, struct owner *ret)
{
    const struct record_id id = {b->zone->id, name, type, NULL};
    const struct store_walk walk = {
        .from = record_key(b->c->arena, &id),
        .to = record_key_after(b->c->arena, &id),
        .each = owner_each,
        .ctx = ret,
    };

    *ret = (struct owner){.c = b->c};
    if (!walk.from.data || !walk.to.data)
        return ERR_NOMEM;
    return ctl_raw_list(b->c, &walk);
}

/* CNAME beside others, and others beside CNAME. */
static void cname_check(struct batch *b, const struct obj_record *r, const struct owner *o)
{
    bool cname = strcmp(r->type, "CNAME") == 0;

    for (size_t i = 0; i < o->n; i++) {
        if ((strcmp(o->sets[i].type, "CNAME") == 0) == cname)
            continue;
        if (cname)
            batch_complain(b,
                           "RRSet of type CNAME with DNS name %s is not permitted as it conflicts "
                           "with other records with the same DNS name in zone %s",
                           r->name, b->zone->name);
        else
            batch_complain(b,
                           "RRSet of type %s with DNS name %s is not permitted because a "
                           "conflicting RRSet of type CNAME with the same DNS name already exists "
                           "in zone %s",
                           r->type, r->name, b->zone->name);
        return;
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* True if two sets of one group claim the same place of their policy. */
static bool place_same(const struct obj_record *a, const struct obj_record *b)
{
    switch (record_routing(a)) {
    case ROUTING_LATENCY:
        return same_text(a->region, b->region);
    case ROUTING_FAILOVER:
        return same_text(a->failover, b->failover);
    case ROUTING_GEOLOCATION:
        return same_text(a->continent_code, b->continent_code) &&
               same_text(a->country_code, b->country_code) &&
               same_text(a->subdivision_code, b->subdivision_code);
    case ROUTING_SIMPLE:
    case ROUTING_WEIGHTED:
    case ROUTING_MULTIVALUE:
    case ROUTING_GEOPROXIMITY:
        break;
    }
    return false;
}

/* One set against another one of the same name and type; false after a complaint. */
static bool pair_check(struct batch *b, const struct obj_record *r, const struct obj_record *other)
{
    if (record_routing(r) != record_routing(other)) {
        batch_complain(b,
                       "RRSet with DNS name %s, type %s cannot be created as other RRSets exist "
                       "with the same name and type.",
                       r->name, r->type);
        return false;
    }
    if (place_same(r, other)) {
        batch_complain(b,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created as "
                       "RRSet with SetIdentifier %s has the same routing values.",
                       r->name, r->type, r->set_identifier, other->set_identifier);
        return false;
    }
    if (record_routing(r) == ROUTING_WEIGHTED && r->ttl.set && other->ttl.set &&
        r->ttl.v != other->ttl.v) {
        batch_complain(b,
                       "RRSet with DNS name %s, type %s, SetIdentifier %s has another TTL than "
                       "RRSet with SetIdentifier %s: weighted RRSets need the same TTL.",
                       r->name, r->type, r->set_identifier, other->set_identifier);
        return false;
    }
    return true;
}

/* One set against all others of its group. */
static void group_check(struct batch *b, const struct obj_record *r, const struct owner *o)
{
    size_t most =
        record_routing(r) == ROUTING_GEOPROXIMITY ? RECORD_GEOPROXIMITY_MAX : RECORD_GROUP_MAX;
    size_t n = 0;

    for (size_t i = 0; i < o->n; i++) {
        const struct obj_record *other = &o->sets[i];

        if (strcmp(other->type, r->type) != 0)
            continue;
        n++;
        if (!same_text(other->set_identifier, r->set_identifier) && !pair_check(b, r, other))
            return;
    }
    if (n > most)
        batch_complain(b, "Number of RRSets limit of %zu exceeded for DNS name %s, type %s.", most,
                       r->name, r->type);
}

/* The target of an alias exists. */
static int alias_check(struct batch *b, const struct obj_record *r)
{
    uint8_t target[NAME_MAX_WIRE];
    struct owner o;
    int err;

    if (!r->alias_name || zone_name_parse(r->alias_name, target, NULL) < 0)
        return 0;
    err = owner_read(b, target, r->type, &o);
    if (!err && o.n == 0)
        batch_complain(b,
                       "Tried to create an alias that targets %s, type %s in zone %s, but that "
                       "target was not found",
                       r->alias_name, r->type, r->alias_zone_id);
    return err;
}

/* The apex of a zone has one SOA and one NS set at least. */
static void apex_check(struct batch *b, const struct owner *o)
{
    size_t soa = 0, ns = 0;

    for (size_t i = 0; i < o->n; i++) {
        soa += strcmp(o->sets[i].type, "SOA") == 0;
        ns += strcmp(o->sets[i].type, "NS") == 0;
    }
    if (soa != 1)
        batch_complain(b, "A HostedZone must contain exactly one SOA record.");
    if (ns == 0)
        batch_complain(b, "A HostedZone must contain at least one NS record for the zone itself.");
}

static int key_order(const void *a, const void *b)
{
    const struct change *x = *(struct change *const *)a, *y = *(struct change *const *)b;
    size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = memcmp(x->key.data, y->key.data, n);

    return order ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* All changes of one name. */
static int owner_check(struct batch *b, struct change **list, size_t n)
{
    struct owner o;
    int err = owner_read(b, list[0]->name, NULL, &o);

    if (err)
        return err;
    if (name_equal(list[0]->name, b->apex))
        apex_check(b, &o);
    for (size_t i = 0; i < n && !err; i++) {
        const struct obj_record *r = &list[i]->record;

        if (strcmp(list[i]->in->action, "DELETE") == 0)
            continue;
        cname_check(b, r, &o);
        group_check(b, r, &o);
        err = alias_check(b, r);
    }
    return err;
}

int batch_check(struct batch *b, struct change **list, size_t n)
{
    size_t from = 0;

    if (n > 1)
        qsort(list, n, sizeof *list, key_order);
    while (from < n) {
        size_t to = from + 1;
        int err;

        while (to < n && name_equal(list[to]->name, list[from]->name))
            to++;
        err = owner_check(b, list + from, to - from);
        if (err)
            return err;
        from = to;
    }
    return 0;
}
