/* SPDX-License-Identifier: Apache-2.0 */
/* shadowed-rule, shadowed-zone: an object that another one hides in every VPC it is in.
 *
 * At one name a rule goes before a zone, and of two rules or zones the smaller id wins (design:
 * "Who wins"). A zone is hidden as well when more specific rules take every name that has records.
 * A rule can't be hidden that way, for no list of names is all of its own. */
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"
#include "control/record.h"
#include "control/zone_name.h"
#include "dns/type.h"

#define RECORDS_MAX 1000 /* record sets of a zone that are looked at before it counts as seen */

/* What hides an object: at its own name, in its first VPC where it would act. */
struct shadow {
    const struct check_use *use;
    const struct check_rule *rule;
    const struct check_zone *zone;
};

/* True if the rule wins at its name in that VPC. */
static bool rule_wins(const struct check *k, const struct check_rule *r,
                      const struct check_vpc *vpc)
{
    const struct check_name *n = check_name_at(k, vpc, r->rule->domain_name);

    return n && n->rule == r;
}

static int rule_check(struct check *k, const struct check_rule *r)
{
    const struct check_use *use = check_use_shown(k, &r->uses);
    struct b53_finding *f;

    for (const struct check_use *u = r->uses.first; u; u = u->next_of_object)
        if (rule_wins(k, r, u->vpc))
            return 0;
    f = finding_new(k, SEVERITY_WARNING, "shadowed-rule", 3);
    if (!f)
        return ERR_NOMEM;
    const struct check_rule *winner = check_name_at(k, use->vpc, r->rule->domain_name)->rule;
    finding_rule(f, r);
    finding_rule(f, winner);
    finding_vpc(f, use->vpc);
    f->why = arena_printf(k->c->arena,
                          "In each of its %zu VPCs another rule for %s wins (in %s it is %s), so "
                          "this rule is never used.",
                          r->uses.n, r->rule->domain_name, use->vpc->vpc->id, winner->rule->id);
    f->advice =
        "Delete the rule, or take the other one away from the VPCs where this one is meant.";
    return finding_query(k, f, use->vpc, NULL, r->rule->domain_name, "A");
}

/* What wins over a zone at its own name in a VPC; false: the zone does. */
static bool zone_loses(const struct check *k, const struct check_zone *z,
                       const struct check_use *use, struct shadow *ret)
{
    const struct check_name *n = check_name_at(k, use->vpc, z->zone->name);
    const struct check_rule *rule = n->rule && n->rule->forward ? n->rule : NULL;

    if (!rule && n->zone == z)
        return false;
    *ret = (struct shadow){use, rule, rule ? NULL : n->zone};
    return true;
}

static int zone_fault(struct check *k, const struct check_zone *z, const struct shadow *by,
                      const char *name)
{
    struct b53_finding *f = finding_new(k, SEVERITY_WARNING, "shadowed-zone", 3);
    bool equal = strcmp(name, z->zone->name) == 0;

    if (!f)
        return ERR_NOMEM;
    finding_zone(f, z);
    if (by->rule)
        finding_rule(f, by->rule);
    else
        finding_zone(f, by->zone);
    finding_vpc(f, by->use->vpc);
    f->why = arena_printf(
        k->c->arena,
        equal ? "In every VPC of the zone another object for %s wins (in %s it is the %s %s), so "
                "none of its records is ever seen."
              : "In every VPC of the zone more specific rules take all names that have records (%s "
                "in %s goes to the %s %s), so none of them is ever seen.",
        name, by->use->vpc->vpc->id, by->rule ? "FORWARD rule" : "zone",
        by->rule ? by->rule->rule->id : by->zone->zone->id);
    f->advice = equal && by->rule
                    ? "Delete the zone or the rule, or put a SYSTEM rule in the rule's place where "
                      "the zone is meant; its names then resolve from the zone."
                    : "Delete the one that is not meant, or take it away from these VPCs.";
    return finding_query(k, f, by->use->vpc, NULL, name, "A");
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

/* The rule that takes a name in every VPC where the zone acts; NULL: there is one that shows it. */
static bool taken_everywhere(const struct records *r, const char *name, struct shadow *ret)
{
    *ret = (struct shadow){0};
    for (const struct check_use *u = r->zone->uses.first; u; u = u->next_of_object) {
        if (!u->vpc->private)
            continue;
        const struct check_route route = check_route(r->k, u->vpc, name);
        if (!route.rule)
            return false;
        if (!ret->use || (!check_wants(r->k, ret->use->vpc) && check_wants(r->k, u->vpc)))
            *ret = (struct shadow){u, route.rule, NULL};
    }
    return ret->use != NULL;
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

static int records_check(struct check *k, const struct check_zone *z)
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
    return err || r.seen || !r.name ? err : zone_fault(k, z, &r.by, r.name);
}

/* Marks the zones that a rule in this VPC cuts a part out of. */
static void cuts_mark(const struct check *k, const struct check_use *use)
{
    const char *name = use->rule->forward ? use->rule->rule->domain_name : NULL;

    while (name && (name = check_name_parent(name))) {
        const struct check_name *n = check_name_at(k, use->vpc, name);

        if (n && n->zone)
            n->zone->cut = true;
    }
}

static int zone_check(struct check *k, const struct check_zone *z)
{
    struct shadow by = {0};
    size_t acts = 0, lost = 0;

    for (const struct check_use *u = z->uses.first; u; u = u->next_of_object) {
        struct shadow one;

        if (!u->vpc->private)
            continue;
        acts++;
        if (!zone_loses(k, z, u, &one))
            continue;
        lost++;
        if (!by.use || (!check_wants(k, by.use->vpc) && check_wants(k, u->vpc)))
            by = one;
    }
    if (!acts || z->elsewhere)
        return 0;
    if (lost == acts)
        return zone_fault(k, z, &by, z->zone->name);
    return z->cut ? records_check(k, z) : 0;
}

int check_shadows(struct check *k)
{
    int err = 0;

    for (const struct check_rule *r = k->rules; r && !err; r = r->next) {
        for (const struct check_use *u = r->uses.first; u; u = u->next_of_object)
            cuts_mark(k, u);
        if ((r->forward || r->system) && r->uses.n && check_wants_uses(k, &r->uses))
            err = rule_check(k, r);
    }
    for (const struct check_zone *z = k->zones; z && !err; z = z->next)
        if (check_wants_uses(k, &z->uses))
            err = zone_check(k, z);
    return err;
}
