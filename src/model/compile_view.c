/* SPDX-License-Identifier: Apache-2.0 */
/* Building views. A VPC that was touched gets a new one from scratch: it costs what this VPC has,
 * and there is but one way to build it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dns/addrname.h"
#include "model/compile_priv.h"

/* A view under construction. */
struct work {
    struct compiler *c;
    const struct vpc_rec *vpc;
    struct view *view;
};

/* The entry of a name in the own table, made if there is none. NULL on lack of memory. */
static struct entry *entry_get(struct work *w, const uint8_t *name)
{
    struct qp_leaf *leaf = qp_get(&w->view->own, name);

    if (leaf)
        return qp_leaf_data(leaf);
    leaf = malloc(qp_leaf_size(name_len(name)) + sizeof(struct entry));
    if (!leaf)
        return NULL;
    qp_leaf_init(leaf, name, w->c->edit.seq);
    struct entry *e = qp_leaf_data(leaf);
    *e = (struct entry){SLOT_NONE, SLOT_NONE, SLOT_NONE};
    if (qp_put(&w->view->own, &w->c->edit, leaf, 0) < 0) {
        free(leaf);
        return NULL;
    }
    return e;
}

/* The services allow one rule and one zone of a name in a VPC. Should there be two, the smaller id
 * wins, so that the outcome does not depend on the order in which they came. */
static int table_add_rules(struct work *w)
{
    for (const struct tie *t = w->vpc->rules; t; t = t->next) {
        const struct rule_rec *r = ((const struct link *)t->owner)->object;
        /* Delegation goes by the names of servers, not by the name asked for. */
        if (!r->rule || r->rule->kind == RULE_DELEGATE)
            continue;
        struct entry *e = entry_get(w, r->rule->domain);
        if (!e)
            return ERR_NOMEM;
        const struct rule *other = vec_get(&w->c->next.rules, e->rule);
        if (!other || strcmp(r->id, other->id) < 0)
            e->rule = r->slot;
    }
    return 0;
}

static int table_add_zones(struct work *w)
{
    for (const struct tie *t = w->vpc->zones; t; t = t->next) {
        const struct zone_rec *z = ((const struct link *)t->owner)->object;
        if (z->slot == SLOT_NONE)
            continue;
        struct entry *e = entry_get(w, z->zone->apex);
        if (!e)
            return ERR_NOMEM;
        const struct zone *other = vec_get(&w->c->next.zones, e->zone);
        if (!other || strcmp(z->zone->id, other->id) < 0)
            e->zone = z->slot;
    }
    return 0;
}

/* Gives an autodefined zone, which nobody reads yet, its version. */
static void zone_number(struct compiler *c, const struct zone *z)
{
    zone_seal((struct zone *)z, ++c->numbers);
}

static int add_reverse_name(void *ctx, const uint8_t *name)
{
    struct work *w = ctx;
    struct entry *e = entry_get(w, name);

    if (!e)
        return ERR_NOMEM;
    e->reverse = w->view->reverse_n - 1;
    return 0;
}

/* Adds the reverse names of the VPC's own CIDRs: also where the shared table has a wider one,
 * because a rule for the wider name (10.in-addr.arpa) must not take the VPC's own
 * (spec/resolver.md 1.4). */
static int table_add_reverse(struct work *w)
{
    const struct vpc_info *info = w->vpc->info;
    struct view *v = w->view;

    for (unsigned i = 0; i < info->cidrs_n; i++) {
        if (!v->reverse)
            v->reverse = calloc(info->cidrs_n, sizeof(v->reverse[0]));
        if (!v->reverse)
            return ERR_NOMEM;
        if (autodef_reverse_new(&w->c->edit, &info->cidrs[i], &v->reverse[v->reverse_n]) < 0)
            return ERR_NOMEM;
        zone_number(w->c, v->reverse[v->reverse_n++].zone);
        int r = addrname_zones(&info->cidrs[i], add_reverse_name, w);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The autodefined names for these settings: made once for each region. */
static const struct autodef_table *autodef_get(struct compiler *c, const struct vpc_info *info,
                                               bool private)
{
    char key[ID_MAX + 4];
    struct autodef_table *t;

    snprintf(key, sizeof(key), "%d %s", private ? 1 + info->reverse : 0,
             private ? info->region : "");
    t = map_get(&c->autodefs, key);
    if (t)
        return t;
    if (autodef_table_new(&c->edit, private ? info->region : NULL, info->reverse, &t) < 0)
        return NULL;
    for (unsigned i = 0; i < t->items_n; i++)
        zone_number(c, t->items[i].zone);
    if (map_put(&c->autodefs, key, t, NULL) < 0) {
        autodef_table_free(t);
        return NULL;
    }
    return t;
}

/* Fills in the subnets, which lie behind the view with their ids. */
static int subnets_fill(struct work *w)
{
    struct view *v = w->view;
    uint32_t n = 0;
    int r = 0;

    for (const struct tie *t = w->vpc->subnets; t; t = t->next)
        n++;
    char *ids = (char *)&v->subnet[n];
    n = 0;
    for (const struct tie *t = w->vpc->subnets; t; t = t->next) {
        const struct subnet_rec *s = t->owner;
        const struct dns64 *dns64 = NULL;
        size_t len = strlen(subnet_rec_id(s)) + 1;
        if (s->dns64 && !(dns64 = dns64_get(&w->c->dns64, &w->vpc->info->dns64_own, &s->own64)))
            return ERR_NOMEM;
        v->subnet[n] = (struct view_subnet){memcpy(ids, subnet_rec_id(s), len), dns64};
        ids += len;
        for (unsigned i = 0; i < s->cidrs_n && !r; i++)
            r = lpm_set(&v->subnets, &s->cidrs[i], n, NULL);
        n++;
    }
    return r;
}

/* A view without content, with room for the subnets. */
static struct view *view_new(const struct vpc_rec *vpc)
{
    size_t size = sizeof(struct view);

    for (const struct tie *t = vpc->subnets; t; t = t->next) {
        const struct subnet_rec *s = t->owner;
        size += sizeof(struct view_subnet) + strlen(subnet_rec_id(s)) + 1;
    }
    return calloc(1, size);
}

struct view *view_build(struct compiler *c, const struct vpc_rec *vpc)
{
    struct view *v = view_new(vpc);
    struct work w = {c, vpc, v};

    if (!v)
        return NULL;
    v->slot = vpc->slot;
    v->info = vpc->info;
    v->answers = vpc->info->dns_support;
    v->private = v->answers && vpc->info->dns_hostnames;
    v->autodef = autodef_get(c, vpc->info, v->private);
    int r = v->autodef ? subnets_fill(&w) : ERR_NOMEM;
    if (!r)
        r = table_add_rules(&w);
    if (!r && v->private)
        r = table_add_zones(&w);
    if (!r && v->private && vpc->info->reverse)
        r = table_add_reverse(&w);
    if (r < 0) {
        view_free(v);
        return NULL;
    }
    return v;
}
