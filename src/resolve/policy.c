/* SPDX-License-Identifier: Apache-2.0 */
/* Routing policies (spec/profiles-ram-zones-ec2.md 3.10 and 3.11). There are no health checks yet:
 * a set without one is always healthy, so the primary of a failover pair answers. */
#include "resolve/policy.h"

#include <string.h>

/* By weight; all equal when every weight is 0. */
static const struct rrset *pick_weighted(struct query *q, const struct rrset *group)
{
    uint32_t sum = 0, n = 0;
    for (const struct rrset *s = group; s; s = rrset_next(s), n++)
        sum += rrset_weight(s);
    uint32_t ticket = rnd_below(q->r->rnd, sum ? sum : n);
    for (const struct rrset *s = group; s; s = rrset_next(s)) {
        uint32_t share = sum ? rrset_weight(s) : 1;
        if (ticket < share)
            return s;
        ticket -= share;
    }
    return group;
}

static const struct rrset *pick_primary(const struct rrset *group)
{
    for (const struct rrset *s = group; s; s = rrset_next(s))
        if (!rrset_secondary(s))
            return s;
    return group;
}

static void view_of(const struct rrset *s, struct rrset_view *ret)
{
    ret->type = rrset_type(s);
    ret->class = CLASS_IN;
    ret->ttl = rrset_ttl(s);
    ret->count = rrset_count(s);
    ret->rdata = rrset_rdata(s);
}

static size_t rdata_size(const uint8_t *rdata)
{
    uint16_t len;
    memcpy(&len, rdata, sizeof(len));
    return sizeof(len) + len;
}

/* Random records of all sets of the group, without repetition: each one that comes by replaces a
 * chosen one with the right chance (reservoir sampling). */
static bool view_multivalue(struct query *q, const struct rrset *group, struct rrset_view *ret)
{
    const uint8_t *chosen[POLICY_MULTIVALUE_MAX];
    unsigned seen = 0;
    size_t size = 0;
    view_of(group, ret);
    for (const struct rrset *s = group; s; s = rrset_next(s)) {
        const uint8_t *rdata = rrset_rdata(s);
        for (unsigned i = 0; i < rrset_count(s); i++, seen++, rdata += rdata_size(rdata)) {
            uint32_t at = seen < POLICY_MULTIVALUE_MAX ? seen : rnd_below(q->r->rnd, seen + 1);
            if (at < POLICY_MULTIVALUE_MAX)
                chosen[at] = rdata;
        }
        if (rrset_ttl(s) < ret->ttl)
            ret->ttl = rrset_ttl(s);
    }
    ret->count = seen < POLICY_MULTIVALUE_MAX ? seen : POLICY_MULTIVALUE_MAX;
    for (unsigned i = 0; i < ret->count; i++)
        size += rdata_size(chosen[i]);
    uint8_t *out = arena_alloc(&q->arena, size);
    if (!out)
        return false;
    ret->rdata = out;
    for (unsigned i = 0; i < ret->count; i++) {
        memcpy(out, chosen[i], rdata_size(chosen[i]));
        out += rdata_size(chosen[i]);
    }
    return true;
}

static const struct rrset *pick(struct query *q, const struct rrset *group)
{
    switch (rrset_policy(group)) {
    case POLICY_SIMPLE:
    case POLICY_MULTIVALUE:
        return group;
    case POLICY_WEIGHTED:
        return pick_weighted(q, group);
    case POLICY_FAILOVER:
        return pick_primary(group);
    }
    return group;
}

bool policy_view(struct query *q, const struct zone *zone, const struct rrset *set,
                 struct rrset_view *ret, unsigned *ret_first)
{
    set = pick(q, set);
    for (unsigned i = 0; rrset_alias(set); i++) {
        struct zone_found found;
        if (i == LIMIT_CHAIN)
            return false;
        zone_find(zone, rrset_alias(set), rrset_type(set), &found);
        query_trace(q, "local", "alias", zone_id(zone), "alias of another record of the zone");
        if (found.result != ZONE_FOUND)
            return false;
        set = pick(q, found.set);
    }
    *ret_first = 0;
    if (rrset_policy(set) == POLICY_MULTIVALUE && rrset_next(set))
        return view_multivalue(q, set, ret);
    view_of(set, ret);
    if (ret->count > 1)
        *ret_first = rnd_below(q->r->rnd, ret->count);
    return ret->count > 0;
}
