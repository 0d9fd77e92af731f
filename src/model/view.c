/* SPDX-License-Identifier: Apache-2.0 */
/* What one VPC sees: its routes by name, merged from its own table, its profile's and the
 * autodefined names. */
#include <stdlib.h>

#include "model/snapshot_priv.h"
#include "model/zone_priv.h"

const char *view_vpc(const struct view *v)
{
    return v->info->id;
}

const char *view_account(const struct view *v)
{
    return v->info->account;
}

const char *view_region(const struct view *v)
{
    return v->info->region;
}

const char *view_domain(const struct view *v)
{
    return v->info->domain;
}

uint32_t view_slot(const struct view *v)
{
    return v->slot;
}

bool view_answers(const struct view *v)
{
    return v->answers;
}

bool view_private(const struct view *v)
{
    return v->private;
}

void view_ahead(const struct view *v)
{
    __builtin_prefetch(v);
    __builtin_prefetch(&v->subnet); /* the end of the struct: it lies across two lines */
}

const struct qp_node *view_root(const struct view *v)
{
    return &v->own.root;
}

void view_free(void *view)
{
    struct view *v = view;

    if (!v)
        return;
    qp_free(&v->own);
    lpm_free(&v->subnets);
    free(v);
}

/* The entries of one table above a name, handed out from the most specific on. */
struct cursor {
    const struct qp_leaf *leaf; /* the next one; NULL: no more */
    unsigned at;                /* its length in the key */
    unsigned left;              /* of path.chain */
    struct qp_path path;
};

static void cursor_next(struct cursor *c)
{
    c->leaf = NULL;
    if (c->left) {
        const struct qp_step *step = &c->path.chain[--c->left];
        c->leaf = qp_node_leaf(step->node);
        c->at = step->at;
    }
}

static void cursor_start(struct cursor *c, const struct qp *table, const struct qp_key *k)
{
    c->leaf = NULL;
    if (!table->count)
        return;
    qp_walk(table, k, &c->path);
    c->left = c->path.chain_n;
    if (c->path.leaf) {
        c->leaf = c->path.leaf;
        c->at = k->bound[k->labels];
    } else {
        cursor_next(c);
    }
}

/* The tables of a view that are walked side by side. */
struct tables {
    struct cursor own, autodef, profile[VPC_PROFILES];
    const char *profile_id[VPC_PROFILES];
    unsigned profiles_n;
};

/* Matches being collected. */
struct matches {
    const struct snapshot *s;
    const struct view *v;
    struct match *list;
    unsigned n;
};

static void match_autodef(struct matches *m, const struct qp_leaf *leaf, const struct autodef *a)
{
    if (m->n < VIEW_MATCHES)
        m->list[m->n++] = (struct match){.name = leaf->name, .autodef = a};
}

static void match_entry(struct matches *m, const struct qp_leaf *leaf, const char *profile)
{
    const struct entry *e = qp_leaf_data(leaf);
    const struct rule *rule = e->rule == SLOT_NONE ? NULL : vec_get(&m->s->rules, e->rule);
    const struct zone *zone = e->zone == SLOT_NONE ? NULL : vec_get(&m->s->zones, e->zone);

    if ((rule || zone) && m->n < VIEW_MATCHES)
        m->list[m->n++] =
            (struct match){.name = leaf->name, .rule = rule, .zone = zone, .profile = profile};
}

/* Adds what the tables have at one name, in order of precedence. */
static void match_level(struct matches *m, struct tables *t, unsigned at)
{
    const struct qp_leaf *mine = t->own.leaf && t->own.at == at ? t->own.leaf : NULL;

    if (mine) {
        match_entry(m, mine, NULL);
        cursor_next(&t->own);
    }
    for (unsigned i = 0; i < t->profiles_n; i++) {
        struct cursor *c = &t->profile[i];
        if (c->leaf && c->at == at) {
            match_entry(m, c->leaf, t->profile_id[i]);
            cursor_next(c);
        }
    }
    if (mine) {
        static const struct autodef own_reverse = {AUTODEF_REVERSE, NULL};
        if (((const struct entry *)qp_leaf_data(mine))->reverse)
            match_autodef(m, mine, &own_reverse);
    }
    if (t->autodef.leaf && t->autodef.at == at) {
        const uint16_t *item = qp_leaf_data(t->autodef.leaf);
        match_autodef(m, t->autodef.leaf, &m->v->autodef->items[*item]);
        cursor_next(&t->autodef);
    }
}

static void tables_start(struct tables *t, const struct matches *m, const struct qp_key *k)
{
    cursor_start(&t->own, &m->v->own, k);
    cursor_start(&t->autodef, &m->v->autodef->names, k);
    t->profiles_n = 0;
    for (unsigned i = 0; i < m->v->profiles_n; i++) {
        const struct profile *p = vec_get(&m->s->profiles, m->v->profiles[i]);
        if (!p)
            continue;
        t->profile_id[t->profiles_n] = p->id;
        cursor_start(&t->profile[t->profiles_n++], &p->names, k);
    }
}

/* True if some table has an entry left: the longest name of them in *ret_at. */
static bool tables_next(const struct tables *t, unsigned *ret_at)
{
    bool any = t->own.leaf || t->autodef.leaf;

    *ret_at = t->own.leaf ? t->own.at : 0;
    if (t->autodef.leaf && t->autodef.at > *ret_at)
        *ret_at = t->autodef.at;
    for (unsigned i = 0; i < t->profiles_n; i++) {
        any |= t->profile[i].leaf != NULL;
        if (t->profile[i].leaf && t->profile[i].at > *ret_at)
            *ret_at = t->profile[i].at;
    }
    return any;
}

unsigned view_matches(const struct snapshot *s, const struct view *v, const uint8_t *qname,
                      struct match ret[VIEW_MATCHES])
{
    struct qp_key k;

    qp_key_make(&k, qname);
    return view_matches_key(s, v, &k, ret);
}

unsigned view_matches_key(const struct snapshot *s, const struct view *v, const struct qp_key *k,
                          struct match ret[VIEW_MATCHES])
{
    struct matches m = {.s = s, .v = v, .list = ret};
    struct tables t;
    unsigned at;

    tables_start(&t, &m, k);
    while (tables_next(&t, &at) && m.n < VIEW_MATCHES)
        match_level(&m, &t, at);
    return m.n;
}
