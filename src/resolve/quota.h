/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas: what one VPC, or one rule, may have of what all of a worker share.
 *
 * Places for questions under way, and for queries that wait, are shared by how many are left:
 * whoever holds more than half of the free ones gets no more of them. So a tenant alone may use
 * much, one whose names hang cannot take the last place, and nobody has to be told numbers.
 * Questions a second are limited where the operator says so. Fixed size, O(1). One thread. Private
 * to src/resolve. */
#ifndef RESOLVE_QUOTA_H
#define RESOLVE_QUOTA_H

#include <sys/queue.h>

#include "resolve/query.h"

#define QUOTA_FLOOR 64       /* places that everybody may have while there are any */
#define QUOTA_RECURSING 2048 /* questions that public recursion works on (serve/recursion.c) */
#define QUOTA_BURST_MS 250   /* of the rate that may come at once */
#define QUOTA_ANSWERED                                                                           \
    1000                    /* refusals a second that a VPC or rule is told of; more are dropped \
                             */
#define QUOTA_EVENT_MS 1000 /* between two events about one object */

struct flight;

/* What one VPC or rule uses. */
struct holder {
    uint64_t key; /* 0: unused */
    char id[EVENT_ID];
    bool vpc;  /* else a rule */
    bool told; /* in quotas.refusing */
    uint32_t inflight, parked, deferred;
    uint64_t asked;           /* ns: the rate's theoretical arrival time */
    uint64_t answered;        /* the same for refusals */
    uint64_t told_at;         /* ns, of the last event */
    uint64_t used;            /* ns, for replacement */
    uint64_t refused[QUOTAS]; /* since the last event */
    TAILQ_ENTRY(holder) link;
};

/* Who would be charged for a flight; members may be NULL. */
struct quota_need {
    struct holder *vpc, *route;
};

/* Why a query was refused. */
struct refusal {
    const struct holder *of; /* NULL: it was not */
    enum quota quota;
    bool silent; /* too many: no answer */
};

struct quotas;

/* An empty table for the limits of a configuration. NULL on lack of memory. */
struct quotas *quotas_new(const struct resolver_config *config);

/* Accepts NULL. */
void quotas_free(struct quotas *t);

/* True if the query may start a flight, while `left` more are possible. *ret is for quota_enter.
 * Else q->refusal says why, and it was counted. */
bool quota_allows(struct quotas *t, struct query *q, size_t left, struct quota_need *ret);

/* Charges a flight that has been made. */
void quota_enter(struct quotas *t, struct flight *f, const struct quota_need *need);

/* Gives back what a flight was charged with. */
void quota_leave(struct quotas *t, struct flight *f);

/* True if the query may wait, while `left` more can. Else q->refusal says why, and it was counted.
 */
bool quota_may_park(struct quotas *t, struct query *q, size_t left);

/* The query begins, and ceases, to wait. */
void quota_park(struct query *q);
void quota_unpark(struct query *q);

/* True if the query may wait behind those of others, while `left` more can. Else it is to be
 * dropped, and that was counted. */
bool quota_may_defer(struct quotas *t, struct query *q, size_t left);

/* The query begins, and ceases, to wait so. */
void quota_defer(struct query *q);
void quota_undefer(struct query *q);

/* Fills an event about a quota of which the last event was long enough ago; false: there is none.
 */
bool quota_event(struct quotas *t, uint64_t now, struct event *ret);

#endif
