/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a design: the caller's stored objects, joined and indexed once
 * (check_model.h), and the findings in them. Each family of findings is one pass over what is
 * joined, with look-ups in hash maps, so that the whole costs what is stored. Private to check_*.c.
 * Functions that return int give 0, ERR_FAULT or ERR_NOMEM; memory comes from c->arena. One thread
 * for each struct check. */
#ifndef CONTROL_CHECK_PRIV_H
#define CONTROL_CHECK_PRIV_H

#include "base/map.h"
#include "control/check_model.h"
#include "rows/b53.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };
#define SEVERITIES (SEVERITY_NOTE + 1)

struct finding;

struct check {
    struct ctl *c;
    const char *only; /* VPC whose findings are wanted; NULL: all */
    struct check_vpc *vpcs, **vpcs_end;
    struct check_subnet *subnets, **subnets_end;
    struct check_endpoint *endpoints, **endpoints_end;
    struct check_rule *rules, **rules_end;
    struct check_zone *zones, **zones_end;
    struct check_profile *profiles, **profiles_end;
    struct check_stack *stacks, **stacks_end;
    size_t vpcs_n, endpoints_n, rules_n, zones_n;
    struct map vpc_ids;      /* id -> struct check_vpc */
    struct map endpoint_ids; /* id -> struct check_endpoint */
    struct map rule_ids;     /* id -> struct check_rule; also other accounts' that act here */
    struct map zone_ids;     /* id -> struct check_zone; the same */
    struct map profile_ids;  /* id -> struct check_profile */
    struct map stack_ids;    /* ids of profiles and the switch -> struct check_stack */
    struct map names;        /* "<vpc or profile> <name>" -> struct check_name */
    struct map cuts;         /* name -> any: there is a FORWARD rule below it */
    struct map opens;        /* name -> any: a VPC itself has a zone or a SYSTEM rule of it */
    struct map inbound;      /* address -> struct check_inbound */
    struct finding *findings[SEVERITIES], **findings_end[SEVERITIES];
    size_t findings_n;
    size_t routes_n; /* names of record sets that were followed (check_shadow.c) */
};

/* Reads and joins all that the caller has in this region. End with check_unload, also after an
 * error. */
int check_load(struct check *k);

/* Frees the maps. */
void check_unload(struct check *k);

/* --- names and where they lead (check_route.c) --- */

/* What a VPC or a profile has at exactly this name, or NULL. */
struct check_name *check_name_at(const struct check *k, const char *id, const char *name);

/* The same, made if there is nothing. */
int check_name_make(struct check *k, const char *id, const char *name, struct check_name **ret);

/* Notes that a VPC or a profile has a rule or a zone. */
int check_name_rule(struct check *k, const char *id, struct check_rule *r);
int check_name_zone(struct check *k, const char *id, struct check_zone *z);

/* The name without its first label: a pointer into it, or "." at the top. NULL for the root. */
const char *check_name_parent(const char *name);

/* Where a name leads to, as resolve/route.c decides: in a VPC; or, with vpc NULL, in any VPC of the
 * stack that has nothing of its own. */
struct check_route check_route(const struct check *k, const struct check_vpc *vpc,
                               const struct check_stack *stack, const char *name);

/* --- what other files of loading use --- */

/* A rule or a zone that may be another account's; *ret is NULL if there is none. */
int check_rule_get(struct check *k, const char *id, struct check_rule **ret);
int check_zone_get(struct check *k, const char *id, struct check_zone **ret);

/* --- profiles (check_profile.c) --- */

/* Reads the caller's associations of profiles, those profiles and its own, and what is in them. */
int check_profiles_load(struct check *k);

/* A profile, whoever's; *ret is NULL if there is none. What is in it is not read. */
int check_profile_get(struct check *k, const char *id, struct check_profile **ret);

/* Notes that a profile has an object: *from without the links. */
int check_hold_add(struct check *k, const struct check_hold *from);

/* --- where objects are (check_place.c) --- */

/* Completes an object's places with those that cost a look-up each: VPCs of other accounts, and
 * profiles that neither are the caller's nor have VPCs of the caller. */
int check_places_ask(struct check *k, struct check_places *at);

/* True in *ret if any VPC has the object, itself or by a profile. */
int check_used(struct check *k, struct check_places *at, bool *ret);

/* True if findings about this VPC, or about an object in these places, are wanted. */
bool check_wants(const struct check *k, const struct check_vpc *vpc);
bool check_wants_places(const struct check *k, const struct check_places *at);

/* The better one of two VPCs (NULL: none) to show a fault in: one that is wanted, whose resolver
 * answers. a unless b is better. */
const struct check_vpc *check_vpc_better(const struct check *k, const struct check_vpc *a,
                                         const struct check_vpc *b);

/* A VPC to show the fault of an object in. NULL: no VPC of the caller has it. */
const struct check_vpc *check_vpc_shown(const struct check *k, const struct check_places *at);

/* --- what security groups and families allow (check_allow.c) --- */

/* Reads what an endpoint's security groups allow. */
int check_allow_read(struct check *k, struct check_endpoint *e);

/* How a target of a rule can be asked from an endpoint: as resolve/attempt.c decides. */
enum reach { REACH_OK, REACH_FAMILY, REACH_BLOCKED };
enum reach check_target_reach(const struct check_endpoint *e, const struct obj_target *t);

/* The text of a target's address. */
const char *check_target_ip(const struct obj_target *t);

/* True if an inbound endpoint lets anyone ask. */
bool check_ingress_open(const struct check_endpoint *e);

/* True if an inbound endpoint lets an address of that family of an outbound endpoint ask. */
bool check_ingress_lets(const struct check_endpoint *in, const struct check_endpoint *from,
                        bool ipv4);

/* --- findings (check_finding.c) --- */

/* A new finding with room for so many objects, in the list of its severity; NULL on lack of memory.
 * Why and Advice are the caller's to set; lack of memory for them is found at the end. */
struct b53_finding *finding_new(struct check *k, enum severity severity, const char *code,
                                size_t objects);

/* Names an object that the finding is about, in the room that finding_new made. */
void finding_vpc(struct b53_finding *f, const struct check_vpc *vpc);
void finding_subnet(struct b53_finding *f, const struct obj_subnet *subnet);
void finding_endpoint(struct b53_finding *f, const struct check_endpoint *e);
void finding_rule(struct b53_finding *f, const struct check_rule *r);
void finding_zone(struct b53_finding *f, const struct check_zone *z);
void finding_profile(struct b53_finding *f, const struct check_profile *p);

/* The query that shows it, asked of the VPC's resolver as a client of a subnet (NULL: the VPC's
 * first). name is in the normal form of control/zone_name.h. */
int finding_query(struct check *k, struct b53_finding *f, const struct check_vpc *vpc,
                  const struct obj_subnet *subnet, const char *name, const char *type);

/* The query that shows it, asked of an inbound endpoint. */
int finding_query_inbound(struct check *k, struct b53_finding *f, const struct check_endpoint *e,
                          const char *name, const char *type);

/* Fills the response: errors, warnings, notes, each in the order in which they were found. */
int findings_out(struct check *k, struct b53_check_response *out);

/* --- the families: each adds its findings --- */

/* dns64-without-nat64. */
int check_dns64(struct check *k);

/* endpoint-family, endpoint-detached, egress-blocked, ingress-blocked. */
int check_endpoints(struct check *k);

/* forwarding-loop. */
int check_loops(struct check *k);

/* shadowed-rule, shadowed-zone. */
int check_shadows(struct check *k);

/* profile-overlap, profile-unused. After check_shadows. */
int check_profiles(struct check *k);

/* zone-switched-off, rule-switched-off, unused. */
int check_idle(struct check *k);

#endif
