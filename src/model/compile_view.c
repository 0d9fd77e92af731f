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

static int table_add_rules(struct work *w)
{
    int r = 0;

    for (const struct tie *t = w->vpc->rules; t && !r; t = t->next)
        r = table_add_rule(w->c, &w->view->own, link_of_vpc(t)->object);
    return r;
}

static int table_add_zones(struct work *w)
{
    int r = 0;

    for (const struct tie *t = w->vpc->zones; t && !r; t = t->next)
        r = table_add_zone(w->c, &w->view->own, link_of_vpc(t)->object);
    return r;
}

/* Gives an autodefined zone, which nobody reads yet, its version. */
static void zone_number(struct compiler *c, const struct zone *z)
{
    zone_seal((struct zone *)z, ++c->numbers);
}

static int add_reverse_name(void *ctx, const uint8_t *name)
{
    struct work *w = ctx;
    struct entry *e = table_entry(&w->view->own, &w->c->edit, name);

    if (!e)
        return ERR_NOMEM;
    e->reverse = 1;
    return 0;
}

/* Adds the reverse names of the VPC's own CIDRs: also where the shared table has a wider one,
 * because a rule for the wider name (10.in-addr.arpa) must not take the VPC's own
 * (spec/resolver.md 1.4). */
static int table_add_reverse(struct work *w)
{
    const struct vpc_info *info = w->vpc->info;
    int r = 0;

    for (unsigned i = 0; i < info->cidrs_n && !r; i++)
        r = addrname_zones(&info->cidrs[i], add_reverse_name, w);
    return r;
}

/* The autodefined names for these settings: made once for each region. */
static const struct autodef_table *autodef_get(struct compiler *c, const char *region, bool reverse)
{
    char key[ID_MAX + 4];
    struct autodef_table *t;

    snprintf(key, sizeof(key), "%d %s", region ? 1 + reverse : 0, region ? region : "");
    t = map_get(&c->autodefs, key);
    if (t)
        return t;
    if (autodef_table_new(&c->edit, region, reverse, &t) < 0)
        return NULL;
    for (unsigned i = 0; i < t->items_n; i++)
        zone_number(c, t->items[i].zone);
    if (map_put(&c->autodefs, key, t, NULL) < 0) {
        autodef_table_free(t);
        return NULL;
    }
    return t;
}

/* Fills in what lies behind the view: subnets, profiles, ids of subnets. */
static int tail_fill(struct work *w)
{
    struct view *v = w->view;
    uint32_t n = 0;
    int r = 0;

    for (const struct tie *t = w->vpc->subnets; t; t = t->next)
        n++;
    uint32_t *profiles = (uint32_t *)(void *)&v->subnet[n];
    v->profiles = profiles;
    for (const struct tie *t = w->vpc->profiles; t; t = t->next)
        profiles[v->profiles_n++] = ((const struct profile_rec *)link_of_vpc(t)->object)->slot;
    char *ids = (char *)&profiles[v->profiles_n];
    n = 0;
    for (const struct tie *t = w->vpc->subnets; t; t = t->next) {
        const struct subnet_rec *s = container_of(t, struct subnet_rec, of_vpc);
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

/* A view without content, with room for its tail. */
static struct view *view_new(const struct vpc_rec *vpc)
{
    size_t size = sizeof(struct view);

    for (const struct tie *t = vpc->profiles; t; t = t->next)
        size += sizeof(uint32_t);
    for (const struct tie *t = vpc->subnets; t; t = t->next) {
        const struct subnet_rec *s = container_of(t, struct subnet_rec, of_vpc);
        size += sizeof(struct view_subnet) + strlen(subnet_rec_id(s)) + 1;
    }
    return calloc(1, size);
}

/* Whether the VPC has autodefined reverse names: a profile may decide (spec: profiles 1.6). */
static bool reverse_wanted(const struct vpc_rec *vpc)
{
    for (const struct tie *t = vpc->profiles; t; t = t->next) {
        const struct profile_rec *p = link_of_vpc(t)->object;
        if (p->slot != SLOT_NONE && p->reverse != SETTING_LOCAL)
            return p->reverse == SETTING_ON;
    }
    return vpc->info->reverse;
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
    bool reverse = v->private && reverse_wanted(vpc);
    v->autodef = autodef_get(c, v->private ? vpc->info->region : NULL, reverse);
    int r = v->autodef ? tail_fill(&w) : ERR_NOMEM;
    if (!r)
        r = table_add_rules(&w);
    if (!r && v->private)
        r = table_add_zones(&w);
    if (!r && reverse)
        r = table_add_reverse(&w);
    if (r < 0) {
        view_free(v);
        return NULL;
    }
    return v;
}
