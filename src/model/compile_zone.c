/* SPDX-License-Identifier: Apache-2.0 */
/* Zones in the compiler. Records are edited in the zone's own trie; a view holds the slot of a
 * zone, so that records touch the zone alone. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"

struct zone_rec *zone_get(struct compiler *c, const char *id)
{
    struct zone_rec *z = record_of(keyset_find(&c->zones, id), zone_rec);

    if (z)
        return z;
    z = record_new(&c->zones, id, offsetof(struct zone_rec, id));
    if (!z)
        return NULL;
    z->slot = SLOT_NONE;
    z->zone = zone_new(&c->edit, z->id, NULL);
    if (!z->zone) {
        keyset_remove(&c->zones, id);
        free(z);
        return NULL;
    }
    return z;
}

void zone_touch(struct compiler *c, struct zone_rec *z)
{
    if (!z->dirty.prev)
        tie_add(&c->dirty_zones, &z->dirty);
}

static void zone_touch_vpcs(struct compiler *c, const struct zone_rec *z)
{
    for (const struct tie *t = z->links; t; t = t->next)
        vpc_touch(c, link_of_object(t)->vpc);
}

int compile_zone(struct compiler *c, const struct zone_desc *d)
{
    if (strlen(d->id) >= ID_MAX)
        return ERR_INVALID;
    struct zone_rec *z = zone_get(c, d->id);
    if (!z)
        return ERR_NOMEM;
    zone_touch(c, z);
    if (z->zone->apex && name_equal(z->zone->apex, d->apex))
        return 0;
    if (holdings_touch(c, z->holdings, z->zone->apex) < 0 ||
        holdings_touch(c, z->holdings, d->apex) < 0)
        return ERR_NOMEM;
    if (zone_own(&z->zone, &c->edit, d->apex) < 0)
        return ERR_NOMEM;
    if (z->slot == SLOT_NONE)
        z->slot = c->zone_slots++;
    zone_touch_vpcs(c, z);
    return 0;
}

static void zone_unlink(struct compiler *c, struct zone_rec *z)
{
    while (z->links)
        link_free(c, link_of_object(z->links));
}

int compile_zone_del(struct compiler *c, const char *id)
{
    struct zone_rec *z = record_of(keyset_find(&c->zones, id), zone_rec);

    if (!z || z->slot == SLOT_NONE)
        return ERR_NOT_FOUND;
    if (vec_set(&c->next.zones, &c->edit, z->slot, NULL) < 0 ||
        holdings_touch(c, z->holdings, z->zone->apex) < 0 || garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    zone_unlink(c, z);
    holdings_free(c, z->holdings);
    keyset_remove(&c->zones, id);
    tie_remove(&z->dirty);
    /* All of the newest version goes; what older ones had beside it is garbage already. */
    if (z->published) {
        garbage_add(c->edit.garbage, z->zone, zone_free);
        garbage_add(c->edit.garbage, z, NULL); /* old snapshots may still read its id */
    } else {
        zone_free(z->zone);
        free(z);
    }
    return 0;
}

/* Makes the links to those VPCs that have none yet and marks all. */
static int links_add(struct compiler *c, struct zone_rec *z, const char *const *vpc_ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct vpc_rec *v = vpc_get(c, vpc_ids[i]);
        struct link *l;
        if (!v)
            return ERR_NOMEM;
        l = link_find(v->zones, z);
        if (!l)
            l = link_new(c, v, &v->zones, z, &z->links);
        if (!l) {
            vpc_touch(c, v);
            return ERR_NOMEM;
        }
        l->keep = true;
    }
    return 0;
}

int compile_zone_vpcs(struct compiler *c, const char *zone_id, const char *const *vpc_ids, size_t n)
{
    if (strlen(zone_id) >= ID_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < n; i++) {
        if (strlen(vpc_ids[i]) >= ID_MAX)
            return ERR_INVALID;
    }
    struct zone_rec *z = zone_get(c, zone_id);
    if (!z)
        return ERR_NOMEM;
    zone_touch(c, z);
    for (struct tie *t = z->links; t; t = t->next)
        link_of_object(t)->keep = false;
    const struct tie *before = z->links;
    int r = links_add(c, z, vpc_ids, n);
    /* New links stand before the old ones: on failure take just those away again. */
    for (struct tie *t = z->links, *next; t; t = next) {
        struct link *l = link_of_object(t);
        next = t->next;
        if (r < 0 && t == before)
            break;
        if (r < 0 || !l->keep)
            link_free(c, l);
    }
    return r;
}

/* The zone of an id, ready for an edit. */
static int zone_open(struct compiler *c, const char *id, struct zone_rec **ret)
{
    if (strlen(id) >= ID_MAX)
        return ERR_INVALID;
    struct zone_rec *z = zone_get(c, id);
    if (!z)
        return ERR_NOMEM;
    zone_touch(c, z);
    *ret = z;
    return zone_own(&z->zone, &c->edit, NULL);
}

int compile_rrset(struct compiler *c, const char *zone_id, const struct rrset_desc *d)
{
    struct zone_rec *z;
    int r = zone_open(c, zone_id, &z);

    return r < 0 ? r : zone_put(z->zone, &c->edit, d);
}

int compile_rrset_del(struct compiler *c, const char *zone_id, const uint8_t *owner, uint16_t type,
                      const char *set_id)
{
    struct rrset_name n = {owner, type, set_id};
    struct zone_rec *z;

    if (!keyset_find(&c->zones, zone_id))
        return ERR_NOT_FOUND;
    int r = zone_open(c, zone_id, &z);
    return r < 0 ? r : zone_remove(z->zone, &c->edit, &n);
}

/* Publishes the zone if it is there; else lets it go when it is a mere name. */
static int zone_commit(struct compiler *c, struct zone_rec *z)
{
    if (z->slot != SLOT_NONE) {
        bool edited = z->zone->seq == c->edit.seq;
        if (edited && vec_set(&c->next.zones, &c->edit, z->slot, z->zone) < 0)
            return ERR_NOMEM;
        if (edited)
            zone_seal(z->zone, ++c->numbers);
        z->published = true;
    }
    tie_remove(&z->dirty);
    if (z->slot == SLOT_NONE && !z->links && !z->holdings && !z->zone->names.count) {
        keyset_remove(&c->zones, z->id);
        zone_free(z->zone);
        free(z);
    }
    return 0;
}

int zones_commit(struct compiler *c)
{
    while (c->dirty_zones) {
        if (zone_commit(c, container_of(c->dirty_zones, struct zone_rec, dirty)) < 0)
            return ERR_NOMEM;
    }
    return 0;
}

void zones_free(struct compiler *c)
{
    struct zone_rec *z;
    size_t pos = 0;

    while ((z = record_of(keyset_next(&c->zones, &pos), zone_rec))) {
        links_drop(z->links);
        zone_free(z->zone);
        free(z);
    }
    keyset_free(&c->zones);
}
