/* SPDX-License-Identifier: Apache-2.0 */
/* Who hides whom at one name, for the families of the check that ask it. */
#ifndef CONTROL_CHECK_SHADOW_H
#define CONTROL_CHECK_SHADOW_H

#include "control/check_priv.h"

/* A rule or a zone. */
struct check_object {
    const struct check_rule *rule; /* or NULL */
    const struct check_zone *zone; /* or NULL */
    const char *name;
    const struct check_places *at;
};

/* What hides an object in a VPC. */
struct shadow {
    const struct check_vpc *vpc;
    const struct check_rule *rule;       /* or NULL */
    const struct check_zone *zone;       /* or NULL */
    const struct check_profile *profile; /* it is of; NULL: the VPC has it itself */
};

/* One side of a VPC at a name, and what those before it have said. */
struct side {
    const struct check_profile *profile; /* NULL: the VPC's own */
    bool private;                        /* zones act */
    bool system;                         /* a SYSTEM rule has cut the name out of all rules */
};

enum outcome { OUTCOME_OPEN, OUTCOME_ACTS, OUTCOME_HIDDEN };

/* What a side with n (NULL: nothing) at the object's name says of it; OUTCOME_OPEN: ask the next
 * one. Hidden: by what, in *ret. */
enum outcome side_look(const struct side *s, const struct check_name *n,
                       const struct check_object *o, struct shadow *ret);

/* "the FORWARD rule rslvr-rr-1 of the profile rp-1", without an id that the caller may not know. In
 * the arena; NULL on lack of memory. */
const char *shadow_text(struct check *k, const struct shadow *s);

/* Names what hides in a finding, if the caller may know of it. */
void shadow_object(struct b53_finding *f, const struct shadow *s);

#endif
