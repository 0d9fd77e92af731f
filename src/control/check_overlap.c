/* SPDX-License-Identifier: Apache-2.0 */
/* profile-overlap: two profiles of a VPC have something for the same name, so that one hides the
 * other's. profile-unused: a profile of the caller that has nothing, or that no VPC has. */
#include "base/buf.h"
#include "base/error.h"
#include "control/check_shadow.h"

/* Two profiles in a stack, and what of the second one the first one hides. */
struct overlap {
    const struct check_stack *stack;
    const struct check_profile *first, *second;
    size_t n;
    struct check_object lost; /* the first one */
    struct shadow by;
};

static void overlap_find(const struct check *k, struct overlap *o)
{
    const struct side side = {.profile = o->first, .private = o->stack->private};

    for (const struct check_hold *h = o->second->holds; h; h = h->next_of_profile) {
        const struct check_object one = {
            h->rule, h->zone, h->rule ? h->rule->rule->domain_name : h->zone->zone->name, NULL};
        struct shadow by = {0};

        if (h->zone && !side.private)
            continue; /* does not act */
        if (h->rule ? h->rule->shadowed : h->zone->shadowed)
            continue; /* has a finding of its own */
        if (side_look(&side, check_name_at(k, o->first->id, one.name), &one, &by) != OUTCOME_HIDDEN)
            continue;
        if (o->n++ == 0) {
            o->lost = one;
            o->by = by;
        }
    }
}

/* What is said of a pair of profiles: less if the caller may not list what is in them. */
static const char *overlap_text(struct check *k, const struct overlap *o, const char *name)
{
    const struct shadow lost = {.rule = o->lost.rule, .zone = o->lost.zone, .profile = o->second};
    const char *winner = shadow_text(k, &o->by), *loser = shadow_text(k, &lost);

    if (!winner || !loser)
        return NULL;
    if (!name)
        return arena_printf(k->c->arena,
                            "The profiles %s and %s of %s have something for the same names; where "
                            "they do, the first one wins.",
                            o->first->id, o->second->id, o->stack->shown->vpc->id);
    return arena_printf(
        k->c->arena, "In %s %s wins over %s at %s, because its profile comes first%s.",
        o->stack->shown->vpc->id, winner, loser, name, o->n > 1 ? "; and so at other names" : "");
}

static int overlap_add(struct check *k, const struct overlap *o)
{
    const struct shadow lost = {.rule = o->lost.rule, .zone = o->lost.zone};
    bool known = (lost.rule ? lost.rule->named : lost.zone->named) ||
                 (o->by.rule ? o->by.rule->named : o->by.zone->named);
    const char *name = known ? o->lost.name : NULL;
    struct b53_finding *f = finding_new(k, SEVERITY_NOTE, "profile-overlap", 5);

    if (!f)
        return ERR_NOMEM;
    finding_profile(f, o->first);
    finding_profile(f, o->second);
    finding_vpc(f, o->stack->shown);
    shadow_object(f, &o->by);
    shadow_object(f, &lost);
    f->why = overlap_text(k, o, name);
    f->advice = "Take what is not meant out of its profile, or change the priorities of the VPC's "
                "associations if the other one is meant to win.";
    return name ? finding_query(k, f, o->stack->shown, NULL, name, "A") : 0;
}

/* True in *ret if the text is new in the map. */
static int pair_is_new(struct map *map, const struct overlap *o, bool private, bool *ret)
{
    struct buf key = {0};
    int err = 0;

    buf_printf(&key, "%s %s %d", o->first->id, o->second->id, private);
    *ret = !key.failed && !map_get(map, key.data);
    if (key.failed)
        err = ERR_NOMEM;
    else if (*ret)
        err = map_put(map, key.data, map, NULL);
    buf_free(&key);
    return err;
}

/* Looks at a pair once for VPCs where zones act, and, if nothing was found, once for the others. */
static int pair_check(struct check *k, struct map *known, struct overlap *o)
{
    bool is_new;
    int err = pair_is_new(known, o, o->stack->private, &is_new);

    if (err || !is_new)
        return err;
    overlap_find(k, o);
    if (o->n)
        err = pair_is_new(known, o, !o->stack->private, &is_new);
    return err || !o->n || !is_new ? err : overlap_add(k, o);
}

static int overlaps_check(struct check *k)
{
    struct map known = {0};
    int err = 0;

    for (const struct check_stack *s = k->stacks; s && !err; s = s->next) {
        for (size_t j = 1; check_wants(k, s->shown) && j < s->profiles_n && !err; j++) {
            for (size_t i = 0; i < j && !err; i++) {
                struct overlap o = {.stack = s, .first = s->profiles[i], .second = s->profiles[j]};

                err = pair_check(k, &known, &o);
            }
        }
    }
    map_free(&known);
    return err;
}

static int unused_check(struct check *k, const struct check_profile *p)
{
    bool vpcs = p->vpcs_n || p->all_vpcs_n;
    struct b53_finding *f;

    if (vpcs && p->filled)
        return 0;
    f = finding_new(k, SEVERITY_NOTE, "profile-unused", 1);
    if (!f)
        return ERR_NOMEM;
    finding_profile(f, p);
    f->why = !vpcs && !p->filled ? "No VPC has the profile, and nothing is in it."
             : !vpcs             ? "No VPC has the profile, so what is in it does not act by it."
                                 : "Nothing is in the profile, so its VPCs get nothing from it.";
    f->advice = vpcs ? "Put rules or zones into it, or delete it."
                     : "Associate it with the VPCs that it is meant for, or delete it.";
    return 0;
}

int check_profiles(struct check *k)
{
    int err = overlaps_check(k);

    for (const struct check_profile *p = k->profiles; p && !err; p = p->next)
        if (p->own && (!k->only || check_wants(k, p->shown)))
            err = unused_check(k, p);
    return err;
}
