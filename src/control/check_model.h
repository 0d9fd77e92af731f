/* SPDX-License-Identifier: Apache-2.0 */
/* What the check of a design looks at: stored objects, joined. Private to check_*.c. */
#ifndef CONTROL_CHECK_MODEL_H
#define CONTROL_CHECK_MODEL_H

#include "control/allow.h"
#include "control/object.h"
#include "model/desc.h"

struct check_vpc;
struct check_endpoint;
struct check_rule;
struct check_zone;
struct check_profile;
struct check_stack;

/* A rule or a zone that a VPC has itself. */
struct check_use {
    struct check_vpc *vpc;
    struct check_rule *rule; /* or NULL */
    struct check_zone *zone; /* or NULL */
    struct check_use *next_of_vpc, *next_of_object;
};

struct check_uses {
    struct check_use *first, **end; /* in order of ids */
    size_t n;
};

/* A rule or a zone in a profile. */
struct check_hold {
    struct check_profile *profile;
    struct check_rule *rule; /* or NULL */
    struct check_zone *zone; /* or NULL */
    struct check_hold *next_of_profile, *next_of_object;
};

/* Where an object is. */
struct check_places {
    const char *id;           /* of the object */
    bool rule;                /* else a zone */
    struct check_uses uses;   /* VPCs of the caller that have it themselves */
    struct check_hold *holds; /* profiles that have it */
    bool asked;               /* check_places_ask has completed this */
    bool elsewhere; /* VPCs that are not the caller's, or of another region, have it in some way */
};

struct check_vpc {
    const struct obj_vpc *vpc;
    const struct obj_subnet *subnet; /* the first one, or NULL */
    bool answers;                    /* enableDnsSupport */
    bool private;                    /* and enableDnsHostnames: zones act */
    struct check_uses rules, zones;
    const struct obj_profile_association *profiles[VPC_PROFILES]; /* in order of priority */
    size_t profiles_n;
    struct check_stack *stack; /* NULL: has no profiles */
    struct check_vpc *next_of_stack, *next;
};

struct check_profile {
    const char *id;
    const struct obj_profile *profile;
    bool own;    /* the caller's, in this region */
    bool listed; /* the caller may list what is in it */
    bool filled; /* has anything, of whatever type */
    size_t rules_n, zones_n;
    struct check_hold *holds, **holds_end;
    struct check_layer *layers;    /* the VPCs of the caller that have it */
    size_t vpcs_n, all_vpcs_n;     /* the caller's, everybody's */
    const struct check_vpc *shown; /* of the caller's, as check_vpc_shown */
    struct check_profile *next;
};

/* The caller's VPCs that have the same profiles in the same order, and the same switch. What is so
 * for all of them need not be asked of each. */
struct check_stack {
    struct check_profile *profiles[VPC_PROFILES];
    size_t profiles_n;
    bool private;
    struct check_vpc *vpcs, **vpcs_end; /* those with rules or zones of their own */
    struct check_vpc *plain;            /* one without, or NULL */
    const struct check_vpc *shown;      /* as check_vpc_shown */
    struct check_stack *next;
};

/* A stack that a profile is in. */
struct check_layer {
    struct check_stack *stack;
    struct check_layer *next;
};

/* A subnet that has DNS64. */
struct check_subnet {
    const struct obj_subnet *subnet;
    struct check_vpc *vpc;
    struct check_subnet *next;
};

struct check_endpoint {
    const struct obj_endpoint *endpoint;
    struct check_vpc *host; /* NULL: gone */
    bool outbound;
    bool ipv4, ipv6; /* has addresses of this family */
    struct allows ingress, egress;
    struct check_rule *rules, **rules_end; /* FORWARD rules that leave through it */
    struct check_endpoint *next;
};

struct check_rule {
    const struct obj_rule *rule;
    bool forward, system;            /* neither: DELEGATE */
    bool named;                      /* the caller may know of it */
    bool shadowed;                   /* there is a finding that says so */
    struct check_endpoint *endpoint; /* NULL: has none, or it is gone or another account's */
    struct check_places at;
    unsigned seen; /* number of the search that has been here (check_loop.c) */
    bool open;     /* on the path of that search */
    struct check_rule *next_of_endpoint, *next;
};

struct check_zone {
    const struct obj_zone *zone;
    bool named, shadowed; /* as of a rule */
    struct check_places at;
    struct check_zone *next;
};

/* What a VPC or a profile has at one name; NULL: nothing of that sort. */
struct check_name {
    struct check_rule *rule;
    struct check_zone *zone;
    bool autodefined; /* the reverse name of its own CIDR */
    bool cut;         /* of a profile: some VPC of it has a SYSTEM rule of its own here */
};

/* Where a name leads to: a FORWARD rule, a zone, or neither; and whose profile it is of, if it is.
 */
struct check_route {
    struct check_rule *rule;
    struct check_zone *zone;
    struct check_profile *profile;
};

/* An address of an inbound endpoint; the same address may belong to several. */
struct check_inbound {
    struct check_endpoint *endpoint;
    struct check_inbound *next;
};

#endif
