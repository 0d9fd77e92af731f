/* SPDX-License-Identifier: Apache-2.0 */
/* shadowed-rule, shadowed-zone: an object that another one hides in every VPC it is in.
 *
 * At one name the VPC's own goes before its profiles in order of their priority, on one side a rule
 * goes before a zone, and of two rules or zones the smaller id wins (design: "Who wins"). A zone is
 * hidden as well when more specific rules take every name that has records. A rule can't be hidden
 * that way, for no list of names is all of its own.
 *
 * A profile may have very many VPCs and objects, so they are not all asked about each other: what
 * the profiles of a stack decide among themselves is asked once, and then the VPCs with objects of
 * their own, each of which must have one that hides it, until one has none. */
#include <string.h>

#include "base/error.h"
#include "control/check_shadow.h"
#include "control/record.h"
#include "control/zone_name.h"
#include "dns/type.h"

#define RECORDS_MAX 1000  /* record sets of a zone that are looked at before it counts as seen */
#define ROUTES_MAX 500000 /* of names of record sets, in all, before the rest counts as seen */

enum outcome side_look(const struct side *s, const struct check_name *n,
                       const struct check_object *o, struct shadow *ret)
{
    if (!n)
        return OUTCOME_OPEN;
    if (n->rule && !s->system) {
        if (n->rule == o->rule)
            return OUTCOME_ACTS;
        if (n->rule->forward || o->rule) { /* a SYSTEM rule hides rules alone */
            *ret = (struct shadow){.rule = n->rule, .profile = s->profile};
            return OUTCOME_HIDDEN;
        }
    }
    if (n->zone && s->private) {
        if (n->zone == o->zone)
            return OUTCOME_ACTS;
        *ret = (struct shadow){.zone = n->zone, .profile = s->profile};
        return OUTCOME_HIDDEN;
    }
    return OUTCOME_OPEN;
}

/* True if something hides the object at its name: in a VPC; with vpc NULL, in those of the stack
 * that have nothing of their own. */
static bool hides(const struct check *k, const struct check_vpc *vpc,
                  const struct check_stack *stack, const struct check_object *o, struct shadow *ret)
{
    struct side s = {.private = vpc ? vpc->private : stack->private};
    enum outcome outcome = OUTCOME_OPEN;

    for (size_t i = vpc ? 0 : 1; i <= (stack ? stack->profiles_n : 0) && !outcome; i++) {
        const char *id = i ? stack->profiles[i - 1]->id : vpc->vpc->id;
        const struct check_name *n = check_name_at(k, id, o->name);

        s.profile = i ? stack->profiles[i - 1] : NULL;
        outcome = side_look(&s, n, o, ret);
        s.system |= n && n->rule && n->rule->system;
    }
    ret->vpc = vpc ? vpc : stack->shown;
    return outcome == OUTCOME_HIDDEN;
}

static void shadow_offer(const struct check *k, struct shadow *best, const struct shadow *one)
{
    if (!best->vpc || check_vpc_better(k, best->vpc, one->vpc) != best->vpc)
        *best = *one;
}

/* True if a SYSTEM rule of a VPC's own may take away what hides a zone. Such VPCs are rare, and
 * whether there is something else in them that hides it is not asked. */
static bool may_be_cut(const struct check *k, const struct check_object *o, const struct shadow *by)
{
    return o->zone && by->rule && check_name_at(k, by->profile->id, o->name)->cut;
}

/* True if the object is hidden in all VPCs of a stack whose profiles have it. */
static bool hidden_in_stack(const struct check *k, const struct check_object *o,
                            const struct check_stack *s, struct shadow *best)
{
    struct shadow one;

    if (hides(k, NULL, s, o, &one)) {
        shadow_offer(k, best, &one);
        return !may_be_cut(k, o, &one);
    }
    if (s->plain)
        return false;
    for (const struct check_vpc *v = s->vpcs; v; v = v->next_of_stack) {
        if (!hides(k, v, s, o, &one))
            return false;
        shadow_offer(k, best, &one);
    }
    return true;
}

/* True if the object is hidden in every VPC of the caller where it would act, and there is one. */
static bool hidden_everywhere(const struct check *k, const struct check_object *o,
                              struct shadow *best)
{
    *best = (struct shadow){0};
    for (const struct check_use *u = o->at->uses.first; u; u = u->next_of_object) {
        struct shadow one;

        if (o->zone && !u->vpc->private)
            continue;
        if (!hides(k, u->vpc, u->vpc->stack, o, &one))
            return false;
        shadow_offer(k, best, &one);
    }
    for (const struct check_hold *h = o->at->holds; h; h = h->next_of_object)
        for (const struct check_layer *l = h->profile->layers; l; l = l->next)
            if ((o->rule || l->stack->private) && !hidden_in_stack(k, o, l->stack, best))
                return false;
    return best->vpc != NULL;
}

/* --- findings --- */

const char *shadow_text(struct check *k, const struct shadow *s)
{
    const char *sort = s->zone ? "zone" : s->rule->forward ? "FORWARD rule" : "SYSTEM rule";
    const char *of = s->profile ? " of the profile " : "", *id = s->profile ? s->profile->id : "";

    if (!(s->zone ? s->zone->named : s->rule->named))
        return arena_printf(k->c->arena, "a %s%s%s", sort, of, id);
    return arena_printf(k->c->arena, "the %s %s%s%s", sort,
                        s->zone ? s->zone->zone->id : s->rule->rule->id, of, id);
}

void shadow_object(struct b53_finding *f, const struct shadow *s)
{
    if (s->zone && s->zone->named)
        finding_zone(f, s->zone);
    else if (s->rule && s->rule->named)
        finding_rule(f, s->rule);
}

/* Names the winner, the VPC, and the profiles through which either is there. */
static void objects_add(struct b53_finding *f, const struct check_object *o,
                        const struct shadow *by)
{
    const struct check_stack *s = by->vpc->stack;

    shadow_object(f, by);
    finding_vpc(f, by->vpc);
    if (by->profile)
        finding_profile(f, by->profile);
    for (const struct check_hold *h = o->at->holds; h; h = h->next_of_object)
        for (size_t i = 0; s && i < s->profiles_n; i++)
            if (s->profiles[i] == h->profile && h->profile != by->profile)
                finding_profile(f, h->profile);
}

#define OBJECTS_MAX (4 + VPC_PROFILES)

static int rule_fault(struct check *k, struct check_rule *r, const struct check_object *o,
                      const struct shadow *by)
{
    struct b53_finding *f = finding_new(k, SEVERITY_WARNING, "shadowed-rule", OBJECTS_MAX);
    const char *winner = shadow_text(k, by);

    if (!f || !winner)
        return ERR_NOMEM;
    r->shadowed = true;
    finding_rule(f, r);
    objects_add(f, o, by);
    f->why = arena_printf(k->c->arena,
                          "In every VPC of the rule another object for %s wins (in %s it is %s), "
                          "so this rule is never used.",
                          o->name, by->vpc->vpc->id, winner);
    f->advice = "Delete the rule, or take the other one away from the VPCs or profiles where this "
                "one is meant.";
    return finding_query(k, f, by->vpc, NULL, o->name, "A");
}

static int zone_fault(struct check *k, struct check_zone *z, const struct check_object *o,
                      const struct shadow *by, const char *name)
{
    struct b53_finding *f = finding_new(k, SEVERITY_WARNING, "shadowed-zone", OBJECTS_MAX);
    const char *winner = shadow_text(k, by);
    bool equal = strcmp(name, z->zone->name) == 0;

    if (!f || !winner)
        return ERR_NOMEM;
    z->shadowed = true;
    finding_zone(f, z);
    objects_add(f, o, by);
    f->why = arena_printf(
        k->c->arena,
        equal ? "In every VPC of the zone another object for %s wins (in %s it is %s), so none of "
                "its records is ever seen."
              : "In every VPC of the zone more specific rules take all names that have records (%s "
                "in %s goes to %s), so none of them is ever seen.",
        name, by->vpc->vpc->id, winner);
    f->advice = equal && by->rule
                    ? "Delete the zone or the rule, or put a SYSTEM rule in the rule's place where "
                      "the zone is meant; its names then resolve from the zone."
                    : "Delete the one that is not meant, or take it away from these VPCs.";
    return finding_query(k, f, by->vpc, NULL, name, "A");
}

/* --- zones whose names are all taken by more specific rules --- */

struct records {
    struct check *k;
    const struct check_zone *zone;
    uint8_t apex[NAME_MAX_WIRE];
    struct shadow by; /* of the first name */
    const char *name; /* of it */
    size_t n;
    bool seen; /* a record that some VPC sees */
};

/* True if a rule takes the name: as check_route. */
static bool taken(const struct records *r, const struct check_vpc *vpc,
                  const struct check_stack *stack, const char *name, struct shadow *best)
{
    struct check_route route = {0};

    if (r->k->routes_n++ < ROUTES_MAX)
        route = check_route(r->k, vpc, stack, name);
    if (!route.rule)
        return false;
    shadow_offer(r->k, best,
                 &(struct shadow){.vpc = vpc ? vpc : stack->shown,
                                  .rule = route.rule,
                                  .profile = route.profile});
    return true;
}

/* True if some VPC has something of its own that may take the name back from a rule of a profile.
 */
static bool may_be_opened(const struct check *k, const char *name, const struct check_rule *rule)
{
    const char *end = check_name_parent(rule->rule->domain_name);
    size_t end_len = end ? strlen(end) : 0;

    for (; name && strlen(name) > end_len; name = check_name_parent(name))
        if (map_get(&k->opens, name))
            return true;
    return false;
}

static bool taken_in_stack(const struct records *r, const struct check_stack *s, const char *name,
                           struct shadow *best)
{
    struct shadow by = {0};

    if (taken(r, NULL, s, name, &by)) {
        shadow_offer(r->k, best, &by);
        if (!may_be_opened(r->k, name, by.rule))
            return true;
    } else if (s->plain) {
        return false;
    }
    for (const struct check_vpc *v = s->vpcs; v; v = v->next_of_stack)
        if (!taken(r, v, s, name, best))
            return false;
    return true;
}

/* The rule that takes a name in every VPC where the zone acts; false: there is one that shows it.
 */
static bool taken_everywhere(const struct records *r, const char *name, struct shadow *best)
{
    const struct check_places *at = &r->zone->at;

    *best = (struct shadow){0};
    for (const struct check_use *u = at->uses.first; u; u = u->next_of_object)
        if (u->vpc->private && !taken(r, u->vpc, u->vpc->stack, name, best))
            return false;
    for (const struct check_hold *h = at->holds; h; h = h->next_of_object)
        for (const struct check_layer *l = h->profile->layers; l; l = l->next)
            if (l->stack->private && !taken_in_stack(r, l->stack, name, best))
                return false;
    return best->vpc != NULL;
}

static int record_each(void *ctx, const struct store_item *item)
{
    struct records *r = ctx;
    struct record_place place;
    struct shadow by;
    char text[ZONE_NAME_TEXT];

    if (record_key_parse((const char *)item->key.data + strlen("r/"), &place) != 0)
        return 0;
    if (name_equal(place.name, r->apex) && (place.type == TYPE_SOA || place.type == TYPE_NS))
        return 0; /* every zone has them */
    r->n++;
    if (r->n > RECORDS_MAX ||
        !taken_everywhere(r, zone_name_format(place.name, text, sizeof text), &by)) {
        r->seen = true;
        return CTL_STOP;
    }
    if (!r->name) {
        r->by = by;
        r->name = arena_str(r->k->c->arena, text);
    }
    return 0;
}

/* What takes all names of the zone; ret->vpc is NULL if nothing does. */
static int records_check(struct check *k, const struct check_zone *z, struct shadow *ret,
                         const char **ret_name)
{
    struct records r = {.k = k, .zone = z};
    struct record_id first = {.zone_id = z->zone->id};
    struct store_walk walk = {.each = record_each, .ctx = &r};
    int err;

    if (zone_name_parse(z->zone->name, r.apex, NULL) < 0)
        return 0;
    walk.from = record_key(k->c->arena, &first);
    walk.to = record_key_end(k->c->arena, z->zone->id);
    if (!walk.from.data || !walk.to.data)
        return ERR_NOMEM;
    err = ctl_raw_list(k->c, &walk);
    if (!err && !r.seen && r.name) {
        *ret = r.by;
        *ret_name = r.name;
    }
    return err;
}

/* --- the two sorts --- */

/* VPCs of others can't be looked into: what is there as well is not judged. Asked last, for it
 * costs look-ups. */
static int judged(struct check *k, struct check_places *at, bool *ret)
{
    int err = check_places_ask(k, at);

    *ret = !err && !at->elsewhere;
    return err;
}

static int rule_check(struct check *k, struct check_rule *r)
{
    const struct check_object o = {.rule = r, .name = r->rule->domain_name, .at = &r->at};
    struct shadow by;
    bool sure;
    int err;

    if (!hidden_everywhere(k, &o, &by))
        return 0;
    err = judged(k, &r->at, &sure);
    return err || !sure ? err : rule_fault(k, r, &o, &by);
}

static int zone_check(struct check *k, struct check_zone *z)
{
    const struct check_object o = {.zone = z, .name = z->zone->name, .at = &z->at};
    const char *name = o.name;
    struct shadow by;
    bool sure;
    int err = 0;

    if (z->at.elsewhere)
        return 0;
    if (!hidden_everywhere(k, &o, &by)) {
        by = (struct shadow){0};
        if (map_get(&k->cuts, o.name))
            err = records_check(k, z, &by, &name);
    }
    if (err || !by.vpc)
        return err;
    err = judged(k, &z->at, &sure);
    return err || !sure ? err : zone_fault(k, z, &o, &by, name);
}

int check_shadows(struct check *k)
{
    int err = 0;

    for (struct check_rule *r = k->rules; r && !err; r = r->next)
        if ((r->forward || r->system) && check_wants_places(k, &r->at))
            err = rule_check(k, r);
    for (struct check_zone *z = k->zones; z && !err; z = z->next)
        if (check_wants_places(k, &z->at))
            err = zone_check(k, z);
    return err;
}
