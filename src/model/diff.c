/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing two snapshots. What many VPCs share (profiles, zones) is compared once and kept; each
 * VPC then asks for the routes of the names that may have changed. */
#include "model/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/diff_priv.h"

/* Names or slots that may differ. */
struct names {
    const uint8_t **at;
    size_t n, cap;
};

struct slots {
    uint32_t *at;
    size_t n, cap;
};

/* What two versions of a table differ in. */
struct table_diff {
    uint32_t slot;      /* of the profile */
    struct names names; /* whose entries differ */
    struct slots zones; /* that are in both, with other records */
};

struct zone_diff {
    uint32_t slot;
    struct names names;
};

struct comparison {
    const struct diff *d;
    bool quiet; /* no rule, zone or profile differs: views that are shared are equal */
    struct table_diff *profiles;
    size_t profiles_n;
    struct zone_diff *zones;
    size_t zones_n;
    bool enough;
};

/* One VPC. */
struct vpc_diff {
    struct comparison *c;
    const struct view *old, *new;
    bool differs, stop;
};

static int names_add(struct names *list, const uint8_t *name)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 16;
        const uint8_t **grown = realloc(list->at, cap * sizeof(*grown));
        if (!grown)
            return ERR_NOMEM;
        list->at = grown;
        list->cap = cap;
    }
    list->at[list->n++] = name;
    return 0;
}

static int slots_add(struct slots *list, uint32_t slot)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i] == slot)
            return 0;
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 16;
        uint32_t *grown = realloc(list->at, cap * sizeof(*grown));
        if (!grown)
            return ERR_NOMEM;
        list->at = grown;
        list->cap = cap;
    }
    list->at[list->n++] = slot;
    return 0;
}

static void table_diff_free(struct table_diff *t)
{
    free(t->names.at);
    free(t->zones.at);
}

static bool rules_equal(const struct rule *a, const struct rule *b)
{
    return a == b ||
           (a && b && a->key == b->key && a->kind == b->kind && name_equal(a->domain, b->domain));
}

/* The leaves of a trie in canonical order. */
struct leaves {
    const struct qp_leaf **at;
    size_t n;
};

static int leaf_add(void *ctx, const struct qp_leaf *leaf)
{
    struct leaves *l = ctx;

    l->at[l->n++] = leaf;
    return 0;
}

static int leaves_get(const struct qp *t, struct leaves *ret)
{
    *ret = (struct leaves){NULL, 0};
    if (!t || !t->count)
        return 0;
    ret->at = malloc(t->count * sizeof(*ret->at));
    return ret->at ? qp_each(t, leaf_add, ret) : ERR_NOMEM;
}

/* Calls fn for each name of either trie with its leaves; NULL where it has none. */
static int leaves_merge(const struct qp *before, const struct qp *after,
                        int (*fn)(void *ctx, const struct qp_leaf *a, const struct qp_leaf *b),
                        void *ctx)
{
    struct leaves a = {0}, b = {0};
    size_t i = 0, k = 0;
    int err = leaves_get(before, &a);

    if (!err)
        err = leaves_get(after, &b);
    while (!err && (i < a.n || k < b.n)) {
        int order = i == a.n ? 1 : k == b.n ? -1 : name_compare(a.at[i]->name, b.at[k]->name);
        err = fn(ctx, order <= 0 ? a.at[i] : NULL, order >= 0 ? b.at[k] : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    free(a.at);
    free(b.at);
    return err;
}

struct table_walk {
    const struct comparison *c;
    struct table_diff *ret;
};

static int entry_each(void *ctx, const struct qp_leaf *a, const struct qp_leaf *b)
{
    static const struct entry none = {SLOT_NONE, SLOT_NONE, 0};
    struct table_walk *w = ctx;
    const struct snapshot *before = w->c->d->before, *after = w->c->d->after;
    const struct entry *x = a ? qp_leaf_data(a) : &none, *y = b ? qp_leaf_data(b) : &none;
    const struct zone *old = vec_get(&before->zones, x->zone),
                      *new = vec_get(&after->zones, y->zone);

    if (!rules_equal(vec_get(&before->rules, x->rule), vec_get(&after->rules, y->rule)) ||
        x->zone != y->zone || !old != !new || x->reverse != y->reverse)
        return names_add(&w->ret->names, (a ? a : b)->name);
    return old && old->version != new->version ? slots_add(&w->ret->zones, x->zone) : 0;
}

static int table_compare(const struct comparison *c, const struct qp *before,
                         const struct qp *after, struct table_diff *ret)
{
    return leaves_merge(before, after, entry_each, &(struct table_walk){c, ret});
}

/* True if two owners have the same records. */
static bool sets_equal(const struct qp_leaf *a, const struct qp_leaf *b)
{
    const struct rrset *x = qp_leaf_data(a), *y = qp_leaf_data(b);

    while (x && y && rrset_size(x) == rrset_size(y) && !memcmp(x, y, rrset_size(x))) {
        x = rrset_after(x);
        y = rrset_after(y);
    }
    return !x && !y;
}

static int owner_each(void *ctx, const struct qp_leaf *a, const struct qp_leaf *b)
{
    if (a == b || (a && b && sets_equal(a, b)))
        return 0;
    return names_add(ctx, (a ? a : b)->name);
}

/* The names of a zone whose records differ; compared when first asked for. NULL: no memory. */
static const struct names *zone_names_changed(struct comparison *c, uint32_t slot)
{
    for (size_t i = 0; i < c->zones_n; i++)
        if (c->zones[i].slot == slot)
            return &c->zones[i].names;
    struct zone_diff *grown = realloc(c->zones, (c->zones_n + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    c->zones = grown;
    struct zone_diff *z = &c->zones[c->zones_n++];
    const struct zone *before = vec_get(&c->d->before->zones, slot),
                      *after = vec_get(&c->d->after->zones, slot);
    *z = (struct zone_diff){.slot = slot};
    return leaves_merge(&before->names, &after->names, owner_each, &z->names) ? NULL : &z->names;
}

static const struct qp *profile_names(const struct snapshot *s, uint32_t slot)
{
    const struct profile *p = vec_get(&s->profiles, slot);

    return p ? &p->names : NULL;
}

/* The differences of a profile's table, as zone_names_changed. */
static const struct table_diff *profile_changed(struct comparison *c, uint32_t slot)
{
    for (size_t i = 0; i < c->profiles_n; i++)
        if (c->profiles[i].slot == slot)
            return &c->profiles[i];
    struct table_diff *grown = realloc(c->profiles, (c->profiles_n + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    c->profiles = grown;
    struct table_diff *t = &c->profiles[c->profiles_n++];
    *t = (struct table_diff){.slot = slot};
    return table_compare(c, profile_names(c->d->before, slot), profile_names(c->d->after, slot), t)
               ? NULL
               : t;
}

/* True when the VPC has the same profiles in the same order on both sides. */
static bool profiles_same(const struct view *a, const struct view *b)
{
    return a && b && a->profiles_n == b->profiles_n &&
           (!a->profiles_n ||
            !memcmp(a->profiles, b->profiles, a->profiles_n * sizeof(a->profiles[0])));
}

static int leaf_name(void *ctx, const struct qp_leaf *leaf)
{
    return names_add(ctx, leaf->name);
}

static int names_join(struct names *to, const struct names *from)
{
    int err = 0;

    for (size_t i = 0; i < from->n && !err; i++)
        err = names_add(to, from->at[i]);
    return err;
}

/* Adds what the profiles of one side may change: all of their names when the list itself differs.
 */
static int profiles_collect(struct vpc_diff *v, bool old, struct table_diff *ret)
{
    const struct view *view = old ? v->old : v->new;
    const struct snapshot *s = old ? v->c->d->before : v->c->d->after;
    bool same = profiles_same(v->old, v->new);
    int err = 0;

    for (unsigned i = 0; view && i < view->profiles_n && !err; i++) {
        const struct table_diff *t = profile_changed(v->c, view->profiles[i]);
        const struct qp *all = profile_names(s, view->profiles[i]);
        err = t ? names_join(&ret->names, &t->names) : ERR_NOMEM;
        for (size_t k = 0; !err && k < t->zones.n; k++)
            err = slots_add(&ret->zones, t->zones.at[k]);
        if (!err && !same && all)
            err = qp_each(all, leaf_name, &ret->names);
    }
    return err;
}

/* Tells one change; false: no more of this VPC. */
static bool tell(struct vpc_diff *v, const struct diff_change *change)
{
    v->differs = true;
    v->stop = v->c->enough;
    if (v->stop)
        return false;
    switch (v->c->d->change(v->c->d->ctx, change)) {
    case DIFF_MORE:
        return true;
    case DIFF_NEXT:
        break;
    case DIFF_ENOUGH:
        v->c->enough = true;
        break;
    }
    v->stop = true;
    return false;
}

static bool tell_setting(void *ctx, const char *setting, const char *before, const char *after)
{
    struct vpc_diff *v = ctx;
    const struct diff_change change = {v->new ? v->new : v->old, NULL, setting, before, after};

    return tell(v, &change);
}

static bool routes_equal(const struct diff_route *a, const struct diff_route *b)
{
    if (!rules_equal(a->rule, b->rule) || !a->autodef != !b->autodef || !a->zone != !b->zone)
        return false;
    return !a->zone || !strcmp(a->zone->id, b->zone->id);
}

/* The names whose entries differ, with the routes that they have now. */
static void names_tell(struct vpc_diff *v, const struct names *names)
{
    const struct diff *d = v->c->d;
    char before[DIFF_TEXT], after[DIFF_TEXT];

    for (size_t i = 0; i < names->n && !v->stop; i++) {
        const uint8_t *name = names->at[i];
        if (i && name_equal(name, names->at[i - 1]))
            continue;
        struct diff_route a = diff_route(d->before, v->old, name),
                          b = diff_route(d->after, v->new, name);
        if (routes_equal(&a, &b))
            continue;
        diff_route_text(&a, v->old, before);
        diff_route_text(&b, v->new, after);
        const struct diff_change change = {v->new ? v->new : v->old, name, NULL, before, after};
        v->stop |= !tell(v, &change);
    }
}

/* The changed records of a zone, where the zone answers on both sides. */
static int records_tell(struct vpc_diff *v, uint32_t slot)
{
    const struct diff *d = v->c->d;
    const struct names *names = zone_names_changed(v->c, slot);
    const struct zone *old = vec_get(&d->before->zones, slot),
                      *new = vec_get(&d->after->zones, slot);
    char before[DIFF_TEXT], after[DIFF_TEXT];

    if (!names)
        return ERR_NOMEM;
    for (size_t i = 0; i < names->n && !v->stop; i++) {
        const uint8_t *name = names->at[i];
        if (diff_route(d->before, v->old, name).zone != old ||
            diff_route(d->after, v->new, name).zone != new)
            continue;
        diff_records_text(old, name, before);
        diff_records_text(new, name, after);
        const struct diff_change change = {v->new, name, NULL, before, after};
        v->stop |= !tell(v, &change);
    }
    return 0;
}

static int name_order(const void *a, const void *b)
{
    return name_compare(*(const uint8_t *const *)a, *(const uint8_t *const *)b);
}

static int vpc_compare(struct vpc_diff *v)
{
    struct table_diff t = {0};
    int err = table_compare(v->c, v->old ? &v->old->own : NULL, v->new ? &v->new->own : NULL, &t);

    if (!err)
        err = profiles_collect(v, true, &t);
    if (!err)
        err = profiles_collect(v, false, &t);
    if (!err) {
        diff_settings(&(struct diff_settings){v->c->d->before, v->c->d->after, v->old, v->new,
                                              tell_setting, v});
        if (t.names.n)
            qsort(t.names.at, t.names.n, sizeof(t.names.at[0]), name_order);
        names_tell(v, &t.names);
    }
    for (size_t i = 0; !err && !v->stop && i < t.zones.n && v->old && v->new; i++)
        err = records_tell(v, t.zones.at[i]);
    table_diff_free(&t);
    return err;
}

/* All VPCs of one side; of the earlier one only those that are gone. */
static int views_compare(struct comparison *c, bool gone, size_t *ret_vpcs)
{
    const struct snapshot *here = gone ? c->d->before : c->d->after,
                          *there = gone ? c->d->after : c->d->before;
    const struct view *view;
    uint64_t pos = 0;
    int err = 0;

    while (!err && (view = vec_next(&here->views, &pos))) {
        const struct view *other = vec_get(&there->views, view->slot);
        struct vpc_diff v = {.c = c, .old = gone ? view : other, .new = gone ? NULL : view};
        if ((gone && other) || (c->quiet && v.old == v.new))
            continue;
        err = vpc_compare(&v);
        *ret_vpcs += v.differs;
    }
    return err;
}

int snapshot_diff(const struct diff *d, size_t *ret_vpcs)
{
    const struct snapshot *a = d->before, *b = d->after;
    struct comparison c = {.d = d};
    int err;

    c.quiet = a->rules.root == b->rules.root && a->zones.root == b->zones.root &&
              a->profiles.root == b->profiles.root && a->endpoints.root == b->endpoints.root;
    *ret_vpcs = 0;
    err = views_compare(&c, false, ret_vpcs);
    if (!err)
        err = views_compare(&c, true, ret_vpcs);
    for (size_t i = 0; i < c.profiles_n; i++)
        table_diff_free(&c.profiles[i]);
    for (size_t i = 0; i < c.zones_n; i++)
        free(c.zones[i].names.at);
    free(c.profiles);
    free(c.zones);
    return err;
}
