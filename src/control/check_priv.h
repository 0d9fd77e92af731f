/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a design: the caller's stored objects, joined and indexed once, and the findings in
 * them. Each family of findings is one pass over what is joined, with look-ups in hash maps, so
 * that the whole costs what is stored. Private to check_*.c. Functions that return int give 0,
 * ERR_FAULT or ERR_NOMEM; memory comes from c->arena. One thread for each struct check. */
#ifndef CONTROL_CHECK_PRIV_H
#define CONTROL_CHECK_PRIV_H

#include "base/map.h"
#include "control/allow.h"
#include "control/object.h"
#include "rows/b53.h"

struct check_vpc;
struct check_endpoint;
struct check_rule;
struct check_zone;

/* A rule or a zone in a VPC. */
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

struct check_vpc {
    const struct obj_vpc *vpc;
    const struct obj_subnet *subnet; /* the first one, or NULL */
    bool answers;                    /* enableDnsSupport */
    bool private;                    /* and enableDnsHostnames: zones act */
    struct check_uses rules, zones;
    struct check_vpc *next;
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
    struct check_endpoint *endpoint; /* NULL: has none, or it is gone */
    struct check_uses uses;
    unsigned seen; /* number of the search that has been here (check_loop.c) */
    bool open;     /* on the path of that search */
    struct check_rule *next_of_endpoint, *next;
};

struct check_zone {
    const struct obj_zone *zone;
    bool elsewhere; /* has VPCs that are not the caller's, or of another region */
    bool cut;       /* a rule for a more specific name is in one of its VPCs (check_shadow.c) */
    struct check_uses uses;
    struct check_zone *next;
};

/* What a VPC has at one name; NULL: nothing of that sort. */
struct check_name {
    struct check_rule *rule;
    struct check_zone *zone;
    bool autodefined; /* the reverse name of its own CIDR */
};

/* Where a name leads to in a VPC: a FORWARD rule, a zone, or neither. */
struct check_route {
    struct check_rule *rule;
    struct check_zone *zone;
};

/* An address of an inbound endpoint; the same address may belong to several. */
struct check_inbound {
    struct check_endpoint *endpoint;
    struct check_inbound *next;
};

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
    size_t vpcs_n, endpoints_n, rules_n, zones_n;
    struct map vpc_ids;      /* id -> struct check_vpc */
    struct map endpoint_ids; /* id -> struct check_endpoint */
    struct map rule_ids;     /* id -> struct check_rule */
    struct map names;        /* "<vpc> <name>" -> struct check_name */
    struct map inbound;      /* address -> struct check_inbound */
    struct finding *findings[SEVERITIES], **findings_end[SEVERITIES];
    size_t findings_n;
};

/* Reads and joins all that the caller has in this region. End with check_unload, also after an
 * error. */
int check_load(struct check *k);

/* Frees the maps. */
void check_unload(struct check *k);

/* What a VPC has at exactly this name, or NULL. */
struct check_name *check_name_at(const struct check *k, const struct check_vpc *vpc,
                                 const char *name);

/* Where a name leads to in a VPC: as resolve/route.c decides, for what the caller has stored. */
struct check_route check_route(const struct check *k, const struct check_vpc *vpc,
                               const char *name);

/* The name without its first label: a pointer into it, or "." at the top. NULL for the root. */
const char *check_name_parent(const char *name);

/* True if findings about this VPC, or about an object with these uses, are wanted. */
bool check_wants(const struct check *k, const struct check_vpc *vpc);
bool check_wants_uses(const struct check *k, const struct check_uses *uses);

/* A use of an object to show its fault with: one in the wanted VPC, whose resolver answers, if
 * there is one. NULL without uses. */
const struct check_use *check_use_shown(const struct check *k, const struct check_uses *uses);

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

/* zone-switched-off, rule-switched-off, unused. */
int check_idle(struct check *k);

#endif
