/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler: turns descriptions into the snapshot that the workers read.
 *
 * It keeps what it was told by id, in any order: an object may name others that come later.
 * compile_commit rebuilds what the changes since the last commit touch (views, zones, listeners),
 * shares all the rest with the snapshot before, and publishes. A change costs what changed, not
 * what exists. One thread.
 *
 * compile_x(c, &desc) adds or replaces; compile_x_del(c, id) removes, ERR_NOT_FOUND if unknown. All
 * return 0, ERR_NOMEM (the compiler stays as before the call) or ERR_INVALID. */
#ifndef MODEL_COMPILE_H
#define MODEL_COMPILE_H

#include "model/desc.h"
#include "model/publish.h"

struct compiler;

/* A compiler that publishes to `p`, which must outlive it. NULL on lack of memory. */
struct compiler *compiler_new(struct publisher *p);

/* Frees the compiler and everything that it built; no reader may be left. Accepts NULL. */
void compiler_free(struct compiler *c);

/* Add or replace, and remove: VPCs, subnets, endpoints, rules. */
int compile_vpc(struct compiler *c, const struct vpc_desc *d);
int compile_vpc_del(struct compiler *c, const char *id);
int compile_subnet(struct compiler *c, const struct subnet_desc *d);
int compile_subnet_del(struct compiler *c, const char *id);
int compile_endpoint(struct compiler *c, const struct endpoint_desc *d);
int compile_endpoint_del(struct compiler *c, const char *id);
int compile_rule(struct compiler *c, const struct rule_desc *d);
int compile_rule_del(struct compiler *c, const char *id);

/* Associates a rule with a VPC, or takes it off. Adding twice is no error. */
int compile_rule_vpc(struct compiler *c, const char *rule_id, const char *vpc_id);
int compile_rule_vpc_del(struct compiler *c, const char *rule_id, const char *vpc_id);

/* Adds or replaces a zone; removes it with its records and VPC list. */
int compile_zone(struct compiler *c, const struct zone_desc *d);
int compile_zone_del(struct compiler *c, const char *id);

/* Makes `vpc_ids` the VPCs of a zone (replaces the list before). */
int compile_zone_vpcs(struct compiler *c, const char *zone_id, const char *const *vpc_ids,
                      size_t n);

/* Adds or replaces a profile; removes it with what it holds. It stays in the lists of its VPCs. */
int compile_profile(struct compiler *c, const struct profile_desc *d);
int compile_profile_del(struct compiler *c, const char *id);

/* Puts a rule or a zone into a profile, or takes it out. Adding twice is no error. */
int compile_profile_rule(struct compiler *c, const char *profile_id, const char *rule_id);
int compile_profile_rule_del(struct compiler *c, const char *profile_id, const char *rule_id);
int compile_profile_zone(struct compiler *c, const char *profile_id, const char *zone_id);
int compile_profile_zone_del(struct compiler *c, const char *profile_id, const char *zone_id);

/* Makes `profile_ids` the profiles of a VPC, the first in order of priority first (replaces the
 * list before; those behind VPC_PROFILES do not act). */
int compile_vpc_profiles(struct compiler *c, const char *vpc_id, const char *const *profile_ids,
                         size_t n);

/* Adds, replaces or removes one record set of a zone; the zone may come later. */
int compile_rrset(struct compiler *c, const char *zone_id, const struct rrset_desc *d);
int compile_rrset_del(struct compiler *c, const char *zone_id, const uint8_t *owner, uint16_t type,
                      const char *set_id);

/* Calls each(ctx, id) for all objects of a kind that are there or that others name, in no order; a
 * non-zero result ends it and is returned. each() must not call the compiler. */
enum compiled {
    COMPILED_VPC,
    COMPILED_SUBNET,
    COMPILED_ENDPOINT,
    COMPILED_RULE,
    COMPILED_ZONE,
    COMPILED_PROFILE,
};
int compile_each(const struct compiler *c, enum compiled what,
                 int (*each)(void *ctx, const char *id), void *ctx);

/* Takes all rules and zones off VPCs and out of profiles: their associations will be told anew
 * before the next commit. 0 or ERR_NOMEM (some are off). */
int compile_unjoin(struct compiler *c);

/* Builds and publishes the snapshot of `revision`. Also with nothing changed: the revision moves
 * on. ERR_NOMEM: nothing was published; the changes stay pending. */
int compile_commit(struct compiler *c, uint64_t revision);

#endif
