/* SPDX-License-Identifier: Apache-2.0 */
/* A query as the steps see it, and a worker's resolver. Private to src/resolve.
 *
 * Nothing of a query is cleared as a whole: the hit path touches only what it uses. Steps decide
 * and collect parts; only answer.c writes a response. */
#ifndef RESOLVE_QUERY_PRIV_H
#define RESOLVE_QUERY_PRIV_H

#include "base/arena.h"
#include "base/limits.h"
#include "dns/build.h"
#include "model/qp.h"
#include "resolve/flight.h"
#include "resolve/hops.h"
#include "resolve/query.h"
#include "resolve/quota.h"
#include "resolve/shed.h"
#include "resolve/trace.h"

/* What a name leads to. */
enum route {
    ROUTE_ZONE,
    ROUTE_AUTODEFINED,
    ROUTE_FORWARD,
    ROUTE_RECURSIVE,
};

/* A piece of the answer: a record set, or a whole clean reply (view.count is 0). */
struct part {
    enum section section;
    unsigned first; /* record to begin with: rotation */
    struct rrset_view view;
    struct reply reply;
};

#define QUERY_ADDITIONAL 16 /* address sets added for MX, SRV and NS */
#define QUERY_HELD                                                                \
    (3 * (LIMIT_CHAIN + 1)) /* a link of a chain: AAAA, A, and what is made of it \
                             */
#define QUERY_PARTS (2 * LIMIT_CHAIN + 2 + QUERY_ADDITIONAL)

enum query_place {
    QUERY_NOWHERE,
    QUERY_IN_FLIGHT, /* in flight->followers */
    QUERY_READY,     /* in resolver.ready */
    QUERY_DEFERRED,  /* in resolver.deferred */
};

struct query {
    struct resolver *r;
    void *owner;
    TAILQ_ENTRY(query) link;
    enum query_place place;
    struct flight *flight;   /* while QUERY_IN_FLIGHT */
    struct outcome *outcome; /* while QUERY_READY */

    /* the packet */
    const struct snapshot *snapshot;
    const struct view *view;
    enum listener_kind listener;
    uint32_t slot;
    struct sockname source;
    bool tcp;
    enum msg_verdict verdict;
    uint64_t begun, now;
    struct trace *trace;
    uint8_t *out;
    size_t out_size, out_len;
    struct message msg; /* points into head */

    /* where it stands */
    unsigned step;        /* enum step */
    unsigned depth;       /* chain steps so far */
    const uint8_t *name;  /* the name asked now, as the answer spells it */
    struct cache_key key; /* its canonical form in key.name, always */
    struct qp_key where;  /* the same as a path in tables and zones */
    uint64_t hash;        /* of key, since step_seek */
    unsigned way;         /* where in the cache the answer may be: a guess */
    uint16_t qtype;       /* asked now: A while DNS64 looks for what it can translate */
    enum route route;
    const struct rule *rule;
    const struct zone *zone;
    const struct autodef *autodef;
    const uint8_t *autodef_name; /* at which it is */
    struct reply stale;          /* msg is NULL: none at hand */
    struct holder *holder;       /* its VPC, while it waits; NULL: it is not charged */
    struct refusal refusal;

    /* DNS64, for questions that it acts on */
    const struct dns64 *dns64; /* NULL: not on this one */
    struct reply reply;        /* what step_synthesize is to look at */
    uint32_t absent;           /* seconds that AAAA is absent: synthesized records live no longer */
    const char *aaaa_failed;   /* why AAAA could not be asked; NULL: it could */
    uint16_t aaaa_ede;

    /* what was decided */
    uint8_t rcode; /* of the answer; 16 is BADVERS */
    int ede;       /* -1: none */
    const char *ede_text;
    unsigned parts_n;
    unsigned held_n;

    struct hops hops; /* through which endpoints of ours it came */
    bool looped;      /* it came to one of them again, here or further on */

    uint8_t head[MSG_HEADER + NAME_MAX_WIRE + 4]; /* header and question as sent */
    struct arena arena;
    struct outcome *held[QUERY_HELD];           /* outcomes that parts point into */
    struct part parts[QUERY_PARTS];             /* large, used from the front: a parked query */
    _Alignas(8) uint8_t mem[LIMIT_QUERY_ARENA]; /* touches few pages */
};

#define EVENTS 32 /* changes of targets that wait for the driver */

struct query_slab;

struct resolver {
    struct cache *cache;
    struct metrics *metrics;
    struct rnd *rnd;
    bool recursion_off;
    uint64_t secret[2];
    struct targets *targets;
    struct quotas *quotas;
    struct shed shed;
    uint64_t tick_after; /* ns: not before, see resolver_tick */
    struct event events[EVENTS];
    unsigned events_first, events_n;

    struct query_slab *slabs;
    struct query_list free_queries, ready, deferred;
    size_t deferred_n;
    size_t queries_n, queries_max; /* in use, most */

    struct flight *flights; /* an array; slots are touched in order */
    struct flight_stack free_flights;
    size_t flights_made, flights_n, flights_max;
    struct flight_bucket *buckets;
    size_t buckets_mask;
    struct flight_queue actions;
    struct timers timers;
    uint8_t scratch[LIMIT_MESSAGE]; /* a reply while it is cleaned */
};

/* Lets a query of a noisy VPC wait behind the others'. False: the VPC has so many waiting that it
 * is to be dropped, which was counted. */
bool defer_query(struct query *q);

/* Takes a deferred query out of the queue. */
void defer_leave(struct query *q);

/* Makes `name` the one that is asked now: as it is spelled, as a key of the cache and of tables. */
void query_ask(struct query *q, const uint8_t *name);

/* A reason to fail that goes to the client as SERVFAIL with an extended error. `text` stays valid
 * as long as the query. */
void query_fail(struct query *q, uint16_t ede, const char *text);

/* Keeps an outcome, whose reference it takes, until the query ends. */
void query_hold(struct query *q, struct outcome *o);

/* Adds a record set to the answer. False: the answer has too many parts; the query was failed. */
bool query_add(struct query *q, enum section section, const struct rrset_view *view,
               unsigned first);

/* Adds a clean reply. As query_add. */
bool query_add_reply(struct query *q, const struct reply *reply);

/* Adds a line about the name asked now to the trace. Costs a branch when there is none. */
#define query_trace(q, step, what, object, ...)                                                  \
    ((q)->trace                                                                                  \
         ? trace_add((q)->trace, &(struct trace_item){step, what, object, (q)->key.name, false}, \
                     __VA_ARGS__)                                                                \
         : (void)0)

#endif
