/* SPDX-License-Identifier: Apache-2.0 */
/* zone-switched-off, rule-switched-off, unused: what is stored and does nothing, because its VPC's
 * switches are off or because no VPC has it. */
#include "control/check_priv.h"

#include "base/error.h"

#define OBJECTS_SHOWN 20 /* of a VPC, in one finding */

/* Adds a finding about what a VPC has and does not use. */
static int off_fault(struct check *k, const struct check_vpc *vpc, const struct check_uses *uses)
{
    bool zones = uses->first->zone != NULL;
    struct b53_finding *f = finding_new(
        k, SEVERITY_ERROR, zones ? "zone-switched-off" : "rule-switched-off", OBJECTS_SHOWN + 1);
    const char *name = zones ? uses->first->zone->zone->name : uses->first->rule->rule->domain_name;

    if (!f)
        return ERR_NOMEM;
    finding_vpc(f, vpc);
    for (const struct check_use *u = uses->first; u && f->objects_n <= OBJECTS_SHOWN;
         u = u->next_of_vpc) {
        if (zones)
            finding_zone(f, u->zone);
        else
            finding_rule(f, u->rule);
    }
    if (vpc->answers)
        f->why = arena_printf(k->c->arena,
                              "EnableDnsHostnames is off in the VPC, so its %zu private zones do "
                              "not act there: their names go to public DNS.",
                              uses->n);
    else
        f->why = arena_printf(k->c->arena,
                              "EnableDnsSupport is off in the VPC, so its resolver does not answer "
                              "at all and its %zu %s do not act there.",
                              uses->n, zones ? "private zones" : "rules");
    f->advice = zones ? "Switch EnableDnsSupport and EnableDnsHostnames on, or take the zones away "
                        "from the VPC."
                      : "Switch EnableDnsSupport on, or take the rules away from the VPC.";
    /* A delegation has no domain of its own. */
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

static int rule_unused(struct check *k, const struct check_rule *r)
{
    struct b53_finding *f = finding_new(k, SEVERITY_NOTE, "unused", 1);

    if (!f)
        return ERR_NOMEM;
    finding_rule(f, r);
    f->why = arena_printf(k->c->arena, "The rule for %s is associated with no VPC.",
                          r->rule->domain_name ? r->rule->domain_name : r->rule->delegation_record);
    f->advice = "Associate it with the VPCs that it is meant for, or delete it.";
    return unused_query(k, f, r->rule->domain_name, "A");
}

static int zone_unused(struct check *k, const struct check_zone *z)
{
    struct b53_finding *f = finding_new(k, SEVERITY_NOTE, "unused", 1);

    if (!f)
        return ERR_NOMEM;
    finding_zone(f, z);
    f->why = arena_printf(k->c->arena, "The zone %s is associated with no VPC that exists.",
                          z->zone->name);
    f->advice = "Associate it with the VPCs that it is meant for, or delete it.";
    return unused_query(k, f, z->zone->name, "SOA");
}

int check_idle(struct check *k)
{
    int err = 0;

    for (const struct check_vpc *v = k->vpcs; v && !err; v = v->next) {
        if (check_wants(k, v) && !v->private && v->zones.n)
            err = off_fault(k, v, &v->zones);
        if (!err && check_wants(k, v) && !v->answers && v->rules.n)
            err = off_fault(k, v, &v->rules);
    }
    /* What is in no VPC concerns none. */
    for (const struct check_rule *r = k->rules; r && !err; r = r->next)
        if (!k->only && !r->uses.n)
            err = rule_unused(k, r);
    for (const struct check_zone *z = k->zones; z && !err; z = z->next)
        if (!k->only && !z->uses.n && !z->elsewhere)
            err = zone_unused(k, z);
    return err;
}
