/* SPDX-License-Identifier: Apache-2.0 */
/* Reading profiles for the check of a design: the caller's own, and those that its VPCs have,
 * whoever's they are. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "control/access.h"
#include "control/check_priv.h"

/* --- profiles --- */

/* A profile in the list and the map. */
static int profile_make(struct check *k, struct obj_profile *profile, struct check_profile **ret)
{
    struct check_profile *p = arena_zalloc(k->c->arena, 1, sizeof *p);
    const struct access access = {.action = "route53profiles:ListProfileResourceAssociations",
                                  .arn = profile->arn,
                                  .owner = profile->owner_account};
    const char *count = "0";
    int err;

    *ret = p;
    if (!p)
        return ERR_NOMEM;
    p->id = profile->id;
    p->profile = profile;
    p->own = strcmp(profile->owner_account, k->c->account) == 0 &&
             strcmp(profile->owner_region, k->c->region) == 0;
    p->holds_end = &p->holds;
    err = access_has(k->c, k->c->account, &access, &p->listed);
    if (!err)
        err = ctl_index_get(k->c, "profile-vpcs", p->id, &count);
    if (err && err != ERR_NOT_FOUND)
        return err;
    p->all_vpcs_n = strtoul(count, NULL, 10);
    *k->profiles_end = p;
    k->profiles_end = &p->next;
    return map_put(&k->profile_ids, p->id, p, NULL);
}

int check_profile_get(struct check *k, const char *id, struct check_profile **ret)
{
    struct obj_profile *profile;
    int err;

    *ret = map_get(&k->profile_ids, id);
    if (*ret)
        return 0;
    profile = arena_zalloc(k->c->arena, 1, sizeof *profile);
    err = profile ? ctl_get(k->c, &kind_profile, id, profile) : ERR_NOMEM;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    return profile_make(k, profile, ret);
}

static int own_add(void *ctx, const char *id, void *obj)
{
    struct check_profile *p;

    (void)id;
    return profile_make(ctx, obj, &p);
}

/* --- their VPCs --- */

static int64_t priority(const struct obj_profile_association *a)
{
    return a->priority.set ? a->priority.v : 0;
}

/* Associations come in order of id, which decides between equal priorities. */
static int assoc_add(void *ctx, const char *id, void *obj)
{
    struct check *k = ctx;
    const struct obj_profile_association *a = obj;
    struct check_vpc *v = map_get(&k->vpc_ids, a->resource_id);
    size_t i;

    (void)id;
    if (!v || v->profiles_n == VPC_PROFILES)
        return 0;
    for (i = v->profiles_n++; i > 0 && priority(v->profiles[i - 1]) > priority(a); i--)
        v->profiles[i] = v->profiles[i - 1];
    v->profiles[i] = a;
    return 0;
}

static int stack_make(struct check *k, const struct check_stack *from, const char *key,
                      struct check_stack **ret)
{
    struct check_stack *s = arena_zalloc(k->c->arena, 1, sizeof *s);

    *ret = s;
    if (!s)
        return ERR_NOMEM;
    *s = *from;
    s->vpcs_end = &s->vpcs;
    *k->stacks_end = s;
    k->stacks_end = &s->next;
    for (size_t i = 0; i < s->profiles_n; i++) {
        struct check_layer *l = arena_zalloc(k->c->arena, 1, sizeof *l);

        if (!l)
            return ERR_NOMEM;
        *l = (struct check_layer){s, s->profiles[i]->layers};
        s->profiles[i]->layers = l;
    }
    return map_put(&k->stack_ids, key, s, NULL);
}

/* The profiles of a VPC that exist. */
static int profiles_of(struct check *k, const struct check_vpc *v, struct check_stack *ret)
{
    int err = 0;

    *ret = (struct check_stack){.private = v->private};
    for (size_t i = 0; i < v->profiles_n && !err; i++) {
        struct check_profile *p;

        err = check_profile_get(k, v->profiles[i]->profile_id, &p);
        if (!err && p)
            ret->profiles[ret->profiles_n++] = p;
    }
    return err;
}

/* Finds the stack that a VPC is in. */
static int stack_find(struct check *k, const struct check_stack *like, struct check_stack **ret)
{
    struct buf key = {0};
    int err = 0;

    for (size_t i = 0; i < like->profiles_n; i++)
        buf_printf(&key, "%s ", like->profiles[i]->id);
    buf_printf(&key, "%d", like->private);
    if (key.failed)
        err = ERR_NOMEM;
    else if (!(*ret = map_get(&k->stack_ids, key.data)))
        err = stack_make(k, like, key.data, ret);
    buf_free(&key);
    return err;
}

/* Notes for the profiles of a VPC where it cuts names out of their rules. */
static void cuts_mark(const struct check *k, const struct check_vpc *v)
{
    for (const struct check_use *u = v->rules.first; u; u = u->next_of_vpc) {
        for (size_t i = 0; u->rule->system && i < v->stack->profiles_n; i++) {
            struct check_name *n =
                check_name_at(k, v->stack->profiles[i]->id, u->rule->rule->domain_name);

            if (n)
                n->cut = true;
        }
    }
}

static int stack_join(struct check *k, struct check_vpc *v)
{
    struct check_stack like;
    struct check_stack *s;
    int err = profiles_of(k, v, &like);

    if (err || like.profiles_n == 0)
        return err;
    err = stack_find(k, &like, &s);
    if (err)
        return err;
    v->stack = s;
    s->shown = check_vpc_better(k, s->shown, v);
    for (size_t i = 0; i < s->profiles_n; i++) {
        s->profiles[i]->shown = check_vpc_better(k, s->profiles[i]->shown, v);
        s->profiles[i]->vpcs_n++;
    }
    if (!v->rules.first && !v->zones.first) {
        s->plain = v;
        return 0;
    }
    *s->vpcs_end = v;
    s->vpcs_end = &v->next_of_stack;
    return 0;
}

/* --- what is in them --- */

int check_hold_add(struct check *k, const struct check_hold *from)
{
    struct check_places *at = from->rule ? &from->rule->at : &from->zone->at;
    struct check_profile *p = from->profile;
    struct check_hold *h = arena_zalloc(k->c->arena, 1, sizeof *h);

    if (!h)
        return ERR_NOMEM;
    *h = *from;
    h->next_of_object = at->holds;
    at->holds = h;
    *p->holds_end = h;
    p->holds_end = &h->next_of_profile;
    p->rules_n += from->rule != NULL;
    p->zones_n += from->zone != NULL;
    return 0;
}

struct filling {
    struct check *k;
    struct check_profile *profile;
};

static int rule_hold(struct check *k, struct check_profile *p, const char *id)
{
    struct check_rule *r;
    int err = check_rule_get(k, id, &r);

    if (err || !r)
        return err;
    r->named |= p->listed;
    err = check_hold_add(k, &(struct check_hold){.profile = p, .rule = r});
    return err ? err : check_name_rule(k, p->id, r);
}

static int zone_hold(struct check *k, struct check_profile *p, const char *id)
{
    struct check_zone *z;
    int err = check_zone_get(k, id, &z);

    if (err || !z)
        return err;
    z->named |= p->listed;
    err = check_hold_add(k, &(struct check_hold){.profile = p, .zone = z});
    return err ? err : check_name_zone(k, p->id, z);
}

/* "<profile>/<resource arn>" */
static int resource_add(void *ctx, const char *key, const char *unused)
{
    const struct filling *f = ctx;
    const char *arn = strchr(key, '/') + 1, *id = strrchr(key, '/') + 1;

    (void)unused;
    f->profile->filled = true;
    if (strstr(arn, ":resolver-rule/"))
        return rule_hold(f->k, f->profile, id);
    if (strstr(arn, ":hostedzone/"))
        return zone_hold(f->k, f->profile, id);
    return 0;
}

static int profile_fill(struct check *k, struct check_profile *p)
{
    struct filling f = {k, p};
    char *prefix = arena_printf(k->c->arena, "%s/", p->id);

    return prefix ? ctl_index_list(k->c, "profile-resources", prefix, resource_add, &f) : ERR_NOMEM;
}

int check_profiles_load(struct check *k)
{
    int err = ctl_scan(k->c, &kind_profile, NULL, own_add, k);

    if (!err)
        err = ctl_scan(k->c, &kind_profile_assoc, NULL, assoc_add, k);
    for (struct check_vpc *v = k->vpcs; v && !err; v = v->next)
        err = stack_join(k, v);
    for (struct check_profile *p = k->profiles; p && !err; p = p->next)
        err = profile_fill(k, p);
    for (const struct check_vpc *v = k->vpcs; v && !err; v = v->next)
        if (v->stack)
            cuts_mark(k, v);
    return err;
}
