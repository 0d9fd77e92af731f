/* SPDX-License-Identifier: Apache-2.0 */
/* zone-switched-off, rule-switched-off, unused: what is stored and does nothing, because its VPC's
 * switches are off or because no VPC has it, neither itself nor by a profile. */
#include "control/check_priv.h"

#include "base/error.h"

#define OBJECTS_SHOWN 20 /* of a VPC, in one finding */

/* What a VPC has and does not use: zones, or rules. */
struct idle {
    const struct check_uses *uses; /* of its own */
    bool zones;
    bool profiles; /* its profiles have such, too */
};

static bool profile_has(const struct check_profile *p, bool zones)
{
    return zones ? p->zones_n : p->rules_n;
}

static struct idle idle_of(const struct check_vpc *vpc, bool zones)
{
    struct idle i = {.uses = zones ? &vpc->zones : &vpc->rules, .zones = zones};

    for (size_t n = 0; vpc->stack && n < vpc->stack->profiles_n; n++)
        i.profiles |= profile_has(vpc->stack->profiles[n], zones);
    return i;
}

/* The name of one of them that the caller may know of, or NULL: there is none, or it is a
 * delegation, which has no domain. */
static const char *idle_name(const struct check_vpc *vpc, const struct idle *i)
{
    const struct check_use *u = i->uses->first;

    if (u)
        return i->zones ? u->zone->zone->name : u->rule->rule->domain_name;
    for (size_t n = 0; n < vpc->stack->profiles_n; n++)
        for (const struct check_hold *h = vpc->stack->profiles[n]->holds; h; h = h->next_of_profile)
            if (i->zones ? h->zone && h->zone->named : h->rule && h->rule->named)
                return i->zones ? h->zone->zone->name : h->rule->rule->domain_name;
    return NULL;
}

static void idle_objects(struct b53_finding *f, const struct check_vpc *vpc, const struct idle *i)
{
    for (const struct check_use *u = i->uses->first; u && f->objects_n <= OBJECTS_SHOWN;
         u = u->next_of_vpc) {
        if (i->zones)
            finding_zone(f, u->zone);
        else
            finding_rule(f, u->rule);
    }
    for (size_t n = 0; i->profiles && n < vpc->stack->profiles_n; n++)
        if (profile_has(vpc->stack->profiles[n], i->zones))
            finding_profile(f, vpc->stack->profiles[n]);
}

/* "its 3 private zones and the rules of its profiles" */
static const char *idle_text(struct check *k, const struct idle *i)
{
    const char *what = i->zones ? "private zones" : "rules";

    if (!i->uses->n)
        return arena_printf(k->c->arena, "the %s of its profiles", what);
    return arena_printf(k->c->arena, "its %zu %s%s", i->uses->n, what,
                        i->profiles ? " and those of its profiles" : "");
}

/* Adds a finding about what a VPC has and does not use, if there is anything. */
static int off_check(struct check *k, const struct check_vpc *vpc, bool zones)
{
    const struct idle i = idle_of(vpc, zones);
    const char *what, *name;
    struct b53_finding *f;

    if (!i.uses->n && !i.profiles)
        return 0;
    what = idle_text(k, &i);
    f = finding_new(k, SEVERITY_ERROR, zones ? "zone-switched-off" : "rule-switched-off",
                    OBJECTS_SHOWN + VPC_PROFILES + 1);
    if (!f || !what)
        return ERR_NOMEM;
    finding_vpc(f, vpc);
    idle_objects(f, vpc, &i);
    f->why = arena_printf(k->c->arena,
                          vpc->answers ? "EnableDnsHostnames is off in the VPC, so %s do not act "
                                         "there: their names go to public DNS."
                                       : "EnableDnsSupport is off in the VPC, so its resolver does "
                                         "not answer at all and %s do not act there.",
                          what);
    f->advice = zones ? "Switch EnableDnsSupport and EnableDnsHostnames on, or take the zones away "
                        "from the VPC."
                      : "Switch EnableDnsSupport on, or take the rules away from the VPC.";
    name = idle_name(vpc, &i);
    return finding_query(k, f, vpc, NULL, name ? name : ".", zones ? "SOA" : "A");
}

/* The VPC in which to show that an object does nothing: any. */
static int unused_query(struct check *k, struct b53_finding *f, const char *name, const char *type)
{
    const struct check_vpc *vpc = k->vpcs;

    while (vpc && !vpc->answers)
        vpc = vpc->next;
    return vpc && name ? finding_query(k, f, vpc, NULL, name, type) : 0;
}

/* A rule or a zone that no VPC has, nor a profile with VPCs. */
static int object_unused(struct check *k, const struct check_places *at, const char *what,
                         struct b53_finding **ret)
{
    size_t holds = 0;
    struct b53_finding *f;

    for (const struct check_hold *h = at->holds; h; h = h->next_of_object)
        holds++;
    *ret = f = finding_new(k, SEVERITY_NOTE, "unused", 1 + holds);
    if (!f)
        return ERR_NOMEM;
    if (holds)
        f->why = arena_printf(k->c->arena,
                              "%s is associated with no VPC that exists; it is in the Route 53 "
                              "Profile %s%s, but no VPC has %s.",
                              what, at->holds->profile->id, holds > 1 ? " and others" : "",
                              holds > 1 ? "any of them" : "it");
    else
        f->why = arena_printf(k->c->arena,
                              "%s is associated with no VPC that exists, and is in no Route 53 "
                              "Profile.",
                              what);
    f->advice = holds ? "Associate the profile, or the object itself, with the VPCs that it is "
                        "meant for, or delete it."
                      : "Associate it with the VPCs that it is meant for, put it into a profile "
                        "that has them, or delete it.";
    return 0;
}

static void holds_show(struct b53_finding *f, const struct check_places *at)
{
    for (const struct check_hold *h = at->holds; h; h = h->next_of_object)
        finding_profile(f, h->profile);
}

static int rule_check(struct check *k, struct check_rule *r)
{
    const char *name = r->rule->domain_name ? r->rule->domain_name : r->rule->delegation_record;
    struct b53_finding *f;
    bool used;
    int err = check_used(k, &r->at, &used);

    if (err || used)
        return err;
    err = object_unused(k, &r->at, arena_printf(k->c->arena, "The rule for %s", name), &f);
    if (err)
        return err;
    finding_rule(f, r);
    holds_show(f, &r->at);
    return unused_query(k, f, r->rule->domain_name, "A");
}

static int zone_check(struct check *k, struct check_zone *z)
{
    struct b53_finding *f;
    bool used;
    int err = check_used(k, &z->at, &used);

    if (err || used)
        return err;
    err = object_unused(k, &z->at, arena_printf(k->c->arena, "The zone %s", z->zone->name), &f);
    if (err)
        return err;
    finding_zone(f, z);
    holds_show(f, &z->at);
    return unused_query(k, f, z->zone->name, "SOA");
}

int check_idle(struct check *k)
{
    int err = 0;

    for (const struct check_vpc *v = k->vpcs; v && !err; v = v->next) {
        if (check_wants(k, v) && !v->private)
            err = off_check(k, v, true);
        if (!err && check_wants(k, v) && !v->answers)
            err = off_check(k, v, false);
    }
    /* What is in no VPC concerns none. */
    for (struct check_rule *r = k->rules; r && !err && !k->only; r = r->next)
        err = rule_check(k, r);
    for (struct check_zone *z = k->zones; z && !err && !k->only; z = z->next)
        err = zone_check(k, z);
    return err;
}
