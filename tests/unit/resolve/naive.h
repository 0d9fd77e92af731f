/* SPDX-License-Identifier: Apache-2.0 */
/* A resolver that is too simple to be wrong: it looks at everything for every question. What the
 * real one answers is compared with it (test_property.c). */
#ifndef UNIT_RESOLVE_NAIVE_H
#define UNIT_RESOLVE_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/name.h"

#define VPCS 6
#define PROFILES 4
#define RULES 24
#define ZONES 24
#define RECORDS 6 /* names of a zone */

struct naive_rule {
    bool there, system;
    uint8_t domain[NAME_MAX_WIRE];
    bool vpc[VPCS], profile[PROFILES];
};

struct naive_zone {
    bool there;
    uint8_t apex[NAME_MAX_WIRE];
    bool vpc[VPCS], profile[PROFILES];
    bool has[RECORDS];
    uint8_t name[RECORDS][NAME_MAX_WIRE];
};

struct naive_vpc {
    bool private;
    int profiles[PROFILES], profiles_n; /* in order of priority */
};

struct naive {
    struct naive_vpc vpcs[VPCS];
    bool profile[PROFILES]; /* there */
    struct naive_rule rules[RULES];
    struct naive_zone zones[ZONES];
};

enum naive_kind { NAIVE_PUBLIC, NAIVE_RULE, NAIVE_ZONE };

/* What answers a name in a VPC: the kind, and the number of the rule or zone. The lower number goes
 * first where two of a kind have the same name. */
enum naive_kind naive_route(const struct naive *n, int vpc, const uint8_t *name, int *ret);

#endif
