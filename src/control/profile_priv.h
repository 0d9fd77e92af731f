/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of Route 53 Profiles tell each other. Functions that return int give 0, ERR_FAULT
 * (a fault is recorded) or ERR_NOMEM; memory comes from c->arena. One thread for each struct ctl.
 *
 * The bare keys of the indexes "profile-vpcs" and "profile-resources" hold how many there are. They
 * are also guards: whoever adds something writes them and whoever deletes the profile reads them,
 * so that of two such transactions one fails and runs again. */
#ifndef CONTROL_PROFILE_PRIV_H
#define CONTROL_PROFILE_PRIV_H

#include "control/profile.h"
#include "control/resolver_priv.h"
#include "control/shared.h"
#include "rows/prof.h"

/* Quotas (spec: profiles-ram-zones-ec2.md 1.11). Those of a profile count for its owner and its
 * consumers together. */
#define PROFILES_MAX 5 /* profiles of an account in a region */
#define PROFILE_VPCS_MAX                                                    \
    10000 /* VPCs of a profile: the service begins with 1,000 and raises it \
           */

#define PROFILE_PRIORITY_MIN 100
#define PROFILE_PRIORITY_MAX 9900

/* The kinds of resources that a profile can hold. */
enum profile_type {
    PROFILE_ZONE,
    PROFILE_RULE,
    PROFILE_FIREWALL,
    PROFILE_QUERY_LOG,
    PROFILE_ENDPOINT,
    PROFILE_TYPES_N
};

struct profile_type_row {
    const char *name;      /* as ResourceType says it */
    const char *condition; /* as the condition key ResourceTypes says it */
    const char *service;   /* of its ARNs */
    const char *resource;  /* type in its ARNs */
    const struct kind *kind;
    int64_t max; /* in one profile */
    const char *quota;
};
extern const struct profile_type_row profile_types[PROFILE_TYPES_N];

/* The type of that name; PROFILE_TYPES_N: none. */
enum profile_type profile_type_find(const char *name);

/* A resource that is in a profile or shall be. */
struct profile_target {
    enum profile_type type; /* PROFILE_TYPES_N: the ARN is of nothing that a profile can hold */
    const char *arn;
    const char *id;
    const char *owner; /* account; NULL: there is no such resource that the caller may know of */
    union {
        struct obj_zone zone;
        struct obj_rule rule;
        struct obj_firewall_group firewall;
        struct obj_query_log_config query_log;
        struct obj_vpc_endpoint endpoint;
    } obj;
    struct opt_int priority; /* of a firewall rule group in this profile */
};

/* Looks at an ARN and what it names of the caller. No fault for one that names nothing. */
int profile_target_read(struct ctl *c, const char *arn, struct profile_target *ret);

/* Looks at the resource of a stored association; one that is gone is ERR_CORRUPT. */
int profile_target_load(struct ctl *c, const struct obj_profile_resource *r,
                        struct profile_target *ret);

/* Checks ResourceProperties (NULL: none) for the type and takes the priority out of them; *ret is
 * the form that is kept, NULL for types without properties. InvalidParameterException. */
int profile_properties_read(struct ctl *c, struct profile_target *t, const char *text,
                            const char **ret);

/* Takes the priority out of properties as they were sent, for the condition key: nothing is checked
 * yet. */
void profile_priority_peek(const char *text, struct profile_target *t);

/* The condition keys of a request about a resource (spec: 1.10). */
struct profile_conditions {
    struct access_key keys[4];
    const char *values[4];
    size_t n;
};
int profile_conditions_make(struct ctl *c, const struct profile_target *t,
                            struct profile_conditions *ret);

/* Takes or gives back what the resource has alone in its profile: names and priorities. Taking:
 * ConflictException. */
int profile_keys_take(struct ctl *c, const struct obj_profile_resource *r,
                      const struct profile_target *t);
int profile_keys_free(struct ctl *c, const struct obj_profile_resource *r,
                      const struct profile_target *t);

/* A profile in which the caller may do a->action ("route53profiles:GetProfile", with a->keys);
 * ResourceNotFoundException. */
int profile_get(struct ctl *c, const char *id, struct access *a, struct obj_profile *ret);

/* Records that there is no such profile; returns ERR_FAULT. */
int profile_missing(struct ctl *c, const char *id);

/* Takes everything out of a profile that is about to be deleted. */
int profile_resources_clear(struct ctl *c, const char *profile_id);

/* Refuses while the profile has VPCs of anybody, whose number the caller does not learn. */
int profile_unused(struct ctl *c, const char *profile_id);

/* New tags of a request, given as a list or a map, in the form that resolver_tags_add takes. */
int profile_tags_list(struct ctl *c, const struct prof_tag *tags, size_t n, struct rslvr_tag **ret);

#endif
