/* SPDX-License-Identifier: Apache-2.0 */
/* Design section 5, line by line. */
#include "naive.h"

/* Members of a side: the VPC's own (side < 0), or those of its profile number `side`. */
static bool has_rule(const struct naive *n, int vpc, int side, int rule)
{
    const struct naive_rule *r = &n->rules[rule];
    return r->there && (side < 0 ? r->vpc[vpc] : r->profile[n->vpcs[vpc].profiles[side]]);
}

static bool has_zone(const struct naive *n, int vpc, int side, int zone)
{
    const struct naive_zone *z = &n->zones[zone];
    return n->vpcs[vpc].private && z->there &&
           (side < 0 ? z->vpc[vpc] : z->profile[n->vpcs[vpc].profiles[side]]);
}

static int rule_at(const struct naive *n, int vpc, int side, const uint8_t *name)
{
    for (int i = 0; i < RULES; i++)
        if (has_rule(n, vpc, side, i) && name_equal(n->rules[i].domain, name))
            return i;
    return -1;
}

static int zone_at(const struct naive *n, int vpc, int side, const uint8_t *name)
{
    for (int i = 0; i < ZONES; i++)
        if (has_zone(n, vpc, side, i) && name_equal(n->zones[i].apex, name))
            return i;
    return -1;
}

enum naive_kind naive_route(const struct naive *n, int vpc, const uint8_t *name, int *ret)
{
    bool system = false;                   /* line 4: from here on there are no rules */
    for (;; name = name_parent(name, 1)) { /* line 2: the most specific name first */
        for (int side = -1; side < n->vpcs[vpc].profiles_n; side++) { /* line 3 */
            if (side >= 0 && !n->profile[n->vpcs[vpc].profiles[side]])
                continue;
            int rule = rule_at(n, vpc, side, name), zone = zone_at(n, vpc, side, name);
            if (rule >= 0 && !system) { /* line 4: rule before zone */
                system = n->rules[rule].system;
                *ret = rule;
                if (!system)
                    return NAIVE_RULE;
            }
            if (zone >= 0) { /* line 6: and it is final */
                *ret = zone;
                return NAIVE_ZONE;
            }
        }
        if (!*name)
            return NAIVE_PUBLIC; /* line 7 */
    }
}
