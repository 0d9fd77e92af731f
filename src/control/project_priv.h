/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the projector share: its state and the translators. One thread: the
 * projector's. */
#ifndef CONTROL_PROJECT_PRIV_H
#define CONTROL_PROJECT_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "control/object.h"
#include "control/project.h"

/* A list of ids in p->batch. */
struct ids {
    const char **ids;
    size_t n, cap;
};

struct project {
    struct store *store;
    struct compiler *compiler;
    pthread_t thread;
    atomic_bool stop;
    uint64_t revision;    /* everything up to here is compiled */
    struct arena batch;   /* the changes under way and the lists below */
    struct arena scratch; /* one object at a time */
    /* Objects that are joined from several stored ones are compiled after the changes, from what
     * the store has then. */
    struct ids vpcs, endpoints, profiles, vpc_profiles;
    struct map group_endpoints; /* security group id -> struct group_users */
};

/* A change by its key; value.data NULL: the key is gone. Compiles at once, or notes what to join
 * later. 0, ERR_NOMEM. */
int project_change(struct project *p, struct store_bytes key, struct store_bytes value);

/* Compiles the VPCs and endpoints that were noted. 0, ERR_IO, ERR_NOMEM. */
int project_join(struct project *p);

/* Adds an id to a list; twice is no harm. ERR_NOMEM. */
int ids_add(struct project *p, struct ids *list, const char *id);

/* Reads an object of a kind as the store has it now; memory from p->scratch. ERR_NOT_FOUND, ERR_IO,
 * ERR_NOMEM, ERR_CORRUPT. */
int project_get(struct project *p, const struct kind *kind, const char *id, void *ret);

/* Walks the entries of an index ("x/<name>/<key>") whose keys begin with `prefix`, which ends with
 * '/', in order, at most `limit` (0: all), as the store has them now. As store_range. */
struct project_walk {
    const char *prefix; /* "vpc-profiles/vpc-1/" */
    size_t limit;
    int (*each)(void *ctx, const struct store_item *item);
    void *ctx;
};
int project_index(struct project *p, const struct project_walk *walk);

/* Logs what cannot be translated. Returns 0: the rest of the world goes on. */
int project_skip(const char *id, const char *why);

/* Takes the result of a compile function: a missing object and one that the compiler refuses stop
 * nothing. */
int project_result(const char *id, int err);

/* Compiles an endpoint with the rules of its security groups. As project_join. */
int project_endpoint(struct project *p, const char *id);

/* Notes the endpoints that a changed security group concerns. ERR_NOMEM. */
int project_group_changed(struct project *p, const char *group_id);

/* Handlers of project_profile.c: `id` is the key behind its prefix; value.data NULL: it is gone. 0,
 * ERR_IO, ERR_NOMEM. */
int profile_changed(struct project *p, const char *id, struct store_bytes value);
int vpc_profile_changed(struct project *p, const char *id, struct store_bytes value);
int profile_resource_changed(struct project *p, const char *id, struct store_bytes value);
int vpc_endpoint_changed(struct project *p, const char *id, struct store_bytes value);

/* Compiles the profiles, and the lists of profiles of VPCs, that were noted. As project_join. */
int project_join_profiles(struct project *p);

/* Frees group_endpoints. */
void project_groups_free(struct project *p);

#endif
