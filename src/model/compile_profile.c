/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles in the compiler. A profile has one table that all its VPCs share: views hold its slot,
 * so what comes into a profile costs one path in that table, however many VPCs use it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"

#define CHANGED_MAX 64 /* names that are made again one by one; more: the whole table */

static struct profile_rec *profile_get(struct compiler *c, const char *id)
{
    struct profile_rec *p = record_of(keyset_find(&c->profiles, id), profile_rec);

    if (p)
        return p;
    p = record_new(&c->profiles, id, offsetof(struct profile_rec, id));
    if (!p)
        return NULL;
    p->slot = SLOT_NONE;
    p->rebuild = true;
    return p;
}

static void profile_touch(struct compiler *c, struct profile_rec *p)
{
    if (!p->dirty.prev)
        tie_add(&c->dirty_profiles, &p->dirty);
}

/* Views hold the slots of their profiles, and what the settings of these make. */
static void profile_touch_vpcs(struct compiler *c, const struct profile_rec *p)
{
    for (const struct tie *t = p->links; t; t = t->next)
        vpc_touch(c, link_of_object(t)->vpc);
}

/* The table is made anew at the next commit. */
static void profile_rebuild(struct profile_rec *p)
{
    while (p->changed_n)
        free(p->changed[--p->changed_n]);
    p->rebuild = true;
}

/* The entry of a name is made anew at the next commit. */
static int profile_change(struct compiler *c, struct profile_rec *p, const uint8_t *name)
{
    profile_touch(c, p);
    if (p->rebuild || !name)
        return 0;
    if (!p->changed && !(p->changed = calloc(CHANGED_MAX, sizeof(p->changed[0]))))
        return ERR_NOMEM;
    if (p->changed_n == CHANGED_MAX) {
        profile_rebuild(p);
        return 0;
    }
    uint8_t *copy = malloc(name_len(name));
    if (!copy)
        return ERR_NOMEM;
    name_copy(copy, name);
    p->changed[p->changed_n++] = copy;
    return 0;
}

int holdings_touch(struct compiler *c, const struct tie *holdings, const uint8_t *name)
{
    int r = 0;

    for (const struct tie *t = holdings; t && !r; t = t->next)
        r = profile_change(c, holding_of_object(t)->profile, name);
    return r;
}

int compile_profile(struct compiler *c, const struct profile_desc *d)
{
    struct profile_rec *p = profile_get(c, d->id);

    if (!p)
        return strlen(d->id) >= ID_MAX ? ERR_INVALID : ERR_NOMEM;
    profile_touch(c, p);
    if (p->slot == SLOT_NONE || p->reverse != d->reverse)
        profile_touch_vpcs(c, p);
    if (p->slot == SLOT_NONE)
        p->slot = c->profile_slots++;
    p->reverse = d->reverse;
    return 0;
}

int compile_profile_del(struct compiler *c, const char *id)
{
    struct profile_rec *p = record_of(keyset_find(&c->profiles, id), profile_rec);

    if (!p || p->slot == SLOT_NONE)
        return ERR_NOT_FOUND;
    if (vec_set(&c->next.profiles, &c->edit, p->slot, NULL) < 0)
        return ERR_NOMEM;
    p->slot = SLOT_NONE;
    p->reverse = SETTING_LOCAL;
    profile_touch(c, p);
    profile_touch_vpcs(c, p);
    return 0;
}

/* --- what a profile holds --- */

/* The holding of an object in a profile, or NULL. An object is in few profiles. */
static struct holding *holding_find(const struct tie *of_object, const struct profile_rec *p)
{
    for (; of_object; of_object = of_object->next) {
        struct holding *h = holding_of_object(of_object);
        if (h->profile == p)
            return h;
    }
    return NULL;
}

static int holding_add(struct profile_rec *p, struct tie **of_profile, void *object,
                       struct tie **of_object)
{
    struct holding *h = calloc(1, sizeof(*h));

    if (!h)
        return ERR_NOMEM;
    h->profile = p;
    h->object = object;
    tie_add(of_profile, &h->of_profile);
    tie_add(of_object, &h->of_object);
    return 0;
}

static void holding_free(struct holding *h)
{
    tie_remove(&h->of_profile);
    tie_remove(&h->of_object);
    free(h);
}

void holdings_free(struct compiler *c, struct tie *holdings)
{
    while (holdings) {
        struct holding *h = holding_of_object(holdings);
        holdings = holdings->next;
        profile_touch(c, h->profile);
        holding_free(h);
    }
}

int compile_profile_rule(struct compiler *c, const char *profile_id, const char *rule_id)
{
    if (strlen(rule_id) >= ID_MAX || strlen(profile_id) >= ID_MAX)
        return ERR_INVALID;
    struct profile_rec *p = profile_get(c, profile_id);
    struct rule_rec *r = rule_get(c, rule_id);

    if (p)
        profile_touch(c, p);
    if (r)
        rule_touch(c, r);
    if (!p || !r || profile_change(c, p, rule_rec_name(r)) < 0)
        return ERR_NOMEM;
    return holding_find(r->holdings, p) ? 0 : holding_add(p, &p->rules, r, &r->holdings);
}

int compile_profile_rule_del(struct compiler *c, const char *profile_id, const char *rule_id)
{
    struct profile_rec *p = record_of(keyset_find(&c->profiles, profile_id), profile_rec);
    struct rule_rec *r = record_of(keyset_find(&c->rules, rule_id), rule_rec);
    struct holding *h = p && r ? holding_find(r->holdings, p) : NULL;

    if (!h)
        return ERR_NOT_FOUND;
    if (profile_change(c, p, rule_rec_name(r)) < 0)
        return ERR_NOMEM;
    holding_free(h);
    rule_touch(c, r);
    return 0;
}

int compile_profile_zone(struct compiler *c, const char *profile_id, const char *zone_id)
{
    if (strlen(zone_id) >= ID_MAX || strlen(profile_id) >= ID_MAX)
        return ERR_INVALID;
    struct profile_rec *p = profile_get(c, profile_id);
    struct zone_rec *z = zone_get(c, zone_id);

    if (p)
        profile_touch(c, p);
    if (z)
        zone_touch(c, z);
    if (!p || !z || profile_change(c, p, zone_rec_name(z)) < 0)
        return ERR_NOMEM;
    return holding_find(z->holdings, p) ? 0 : holding_add(p, &p->zones, z, &z->holdings);
}

int compile_profile_zone_del(struct compiler *c, const char *profile_id, const char *zone_id)
{
    struct profile_rec *p = record_of(keyset_find(&c->profiles, profile_id), profile_rec);
    struct zone_rec *z = record_of(keyset_find(&c->zones, zone_id), zone_rec);
    struct holding *h = p && z ? holding_find(z->holdings, p) : NULL;

    if (!h)
        return ERR_NOT_FOUND;
    if (profile_change(c, p, zone_rec_name(z)) < 0)
        return ERR_NOMEM;
    holding_free(h);
    zone_touch(c, z);
    return 0;
}

/* --- profiles of a VPC --- */

int compile_vpc_profiles(struct compiler *c, const char *vpc_id, const char *const *profile_ids,
                         size_t n)
{
    struct profile_rec *list[VPC_PROFILES];
    struct tie *made = NULL;
    struct vpc_rec *v = strlen(vpc_id) < ID_MAX ? vpc_get(c, vpc_id) : NULL;

    n = n < VPC_PROFILES ? n : VPC_PROFILES;
    for (size_t i = 0; v && i < n; i++) {
        list[i] = profile_get(c, profile_ids[i]);
        if (list[i])
            profile_touch(c, list[i]);
        else
            v = NULL;
    }
    if (!v)
        return ERR_NOMEM;
    vpc_touch(c, v);
    for (size_t i = n; i-- > 0;) { /* each goes to the head */
        if (!link_new(c, v, &made, list[i], &list[i]->links)) {
            while (made)
                link_free(c, link_of_vpc(made));
            return ERR_NOMEM;
        }
    }
    while (v->profiles) {
        struct link *old = link_of_vpc(v->profiles);
        profile_touch(c, old->object);
        link_free(c, old);
    }
    v->profiles = made;
    if (made)
        made->prev = &v->profiles;
    return 0;
}

/* --- the commit --- */

static void profile_free(void *profile)
{
    struct profile *p = profile;

    if (!p)
        return;
    qp_free(&p->names);
    free(p);
}

/* Makes one entry again, from all that the profile holds. */
static int entry_commit(struct compiler *c, const struct profile_rec *p, struct qp *names,
                        const uint8_t *name)
{
    struct entry e = entry_none;

    for (const struct tie *t = p->rules; t; t = t->next) {
        const struct rule_rec *r = holding_of_profile(t)->object;
        const uint8_t *n = rule_rec_name(r);
        if (n && name_equal(n, name))
            entry_offer_rule(c, &e, r);
    }
    for (const struct tie *t = p->zones; t; t = t->next) {
        const struct zone_rec *z = holding_of_profile(t)->object;
        const uint8_t *n = zone_rec_name(z);
        if (n && name_equal(n, name))
            entry_offer_zone(c, &e, z);
    }
    if (garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    if (e.rule != SLOT_NONE || e.zone != SLOT_NONE)
        return table_put(names, &c->edit, name, &e);
    int r = qp_del(names, &c->edit, name);
    return r == ERR_NOT_FOUND ? 0 : r;
}

/* A table from scratch, or NULL. */
static struct profile *table_build(struct compiler *c, const struct profile_rec *p)
{
    struct profile *fresh = calloc(1, sizeof(*fresh));
    int r = 0;

    if (!fresh)
        return NULL;
    *fresh = (struct profile){.seq = c->edit.seq, .id = p->id};
    for (const struct tie *t = p->rules; t && !r; t = t->next)
        r = table_add_rule(c, &fresh->names, holding_of_profile(t)->object);
    for (const struct tie *t = p->zones; t && !r; t = t->next)
        r = table_add_zone(c, &fresh->names, holding_of_profile(t)->object);
    if (r < 0) {
        profile_free(fresh);
        return NULL;
    }
    return fresh;
}

/* Replaces the whole table. */
static int table_rebuild(struct compiler *c, struct profile_rec *p)
{
    struct profile *old = p->profile, *fresh = NULL;

    if (!garbage_reserve(c->edit.garbage))
        fresh = table_build(c, p);
    if (!fresh)
        return ERR_NOMEM;
    if (old && p->published)
        garbage_add(c->edit.garbage, old, profile_free);
    else
        profile_free(old);
    p->profile = fresh;
    p->published = false;
    p->rebuild = false;
    return 0;
}

/* Makes the entries of changed names again, in a new version of the table. */
static int table_change(struct compiler *c, struct profile_rec *p)
{
    struct profile *old = p->profile;

    if (!p->changed_n)
        return 0;
    if (old->seq != c->edit.seq) {
        struct profile *next = malloc(sizeof(*next));
        if (!next || garbage_reserve(c->edit.garbage) < 0) {
            free(next);
            return ERR_NOMEM;
        }
        *next = *old;
        next->seq = c->edit.seq;
        garbage_add(c->edit.garbage, old, NULL); /* its names live on in the new version */
        p->profile = next;
    }
    while (p->changed_n) {
        if (entry_commit(c, p, &p->profile->names, p->changed[p->changed_n - 1]) < 0)
            return ERR_NOMEM;
        free(p->changed[--p->changed_n]);
    }
    return 0;
}

static void profile_let_go(struct compiler *c, struct profile_rec *p)
{
    keyset_remove(&c->profiles, p->id);
    profile_rebuild(p);
    free(p->changed);
    if (p->profile && p->published)
        garbage_add(c->edit.garbage, p->profile, profile_free);
    else
        profile_free(p->profile);
    garbage_add(c->edit.garbage, p, NULL); /* old snapshots may still read its id */
}

static int profile_commit(struct compiler *c, struct profile_rec *p)
{
    int r = p->rebuild ? table_rebuild(c, p) : table_change(c, p);

    if (r < 0 || garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    if (p->slot != SLOT_NONE) {
        if (vec_set(&c->next.profiles, &c->edit, p->slot, p->profile) < 0)
            return ERR_NOMEM;
        p->published = true;
    }
    return garbage_reserve(c->edit.garbage);
}

int profiles_commit(struct compiler *c)
{
    while (c->dirty_profiles) {
        struct profile_rec *p = container_of(c->dirty_profiles, struct profile_rec, dirty);
        if (profile_commit(c, p) < 0)
            return ERR_NOMEM;
        tie_remove(&p->dirty);
        if (p->slot == SLOT_NONE && !p->links && !p->rules && !p->zones)
            profile_let_go(c, p);
    }
    return 0;
}

void profiles_free(struct compiler *c)
{
    struct profile_rec *p;
    size_t pos = 0;

    while ((p = record_of(keyset_next(&c->profiles, &pos), profile_rec))) {
        while (p->rules)
            holding_free(holding_of_profile(p->rules));
        while (p->zones)
            holding_free(holding_of_profile(p->zones));
        links_drop(p->links);
        profile_rebuild(p);
        free(p->changed);
        profile_free(p->profile);
        free(p);
    }
    keyset_free(&c->profiles);
}
