/* SPDX-License-Identifier: Apache-2.0 */
/* Flights: questions under way upstream, one for all queries that ask the same.
 *
 * A flight copies what it needs of its rule, so that it can outlive the query, and the snapshot,
 * that began it. Its tries may overlap: when a target is late for its own history the next one is
 * asked as well, and the first good reply of any wins. One thread. Private to src/resolve. */
#ifndef RESOLVE_FLIGHT_H
#define RESOLVE_FLIGHT_H

#include <sys/queue.h>

#include "base/limits.h"
#include "resolve/cache.h"
#include "resolve/hops.h"
#include "resolve/target.h"
#include "resolve/timer.h"

struct resolver;
struct query;

#define FLIGHT_SOURCES 12 /* endpoint addresses, both families (spec/resolver.md 5: six each) */
#define FLIGHT_STALE_MS \
    1750 /* who can have a stale answer waits no longer: 1.8 s (RFC 8767 5), less a timer */
#define FLIGHT_PROBE_MS 1000 /* a probe that takes longer has failed */
#define FLIGHT_RETRY_MS \
    200 /* a repeat that the budget did not allow is tried again so much later */
#define FLIGHT_FAILURE_TTL 1   /* seconds that a failure is remembered (RFC 9520 3.2) */
#define FLIGHT_DEAD_WAITING 32 /* tries under way to a dead target: dead rules stay cheap */

enum flight_kind {
    FLIGHT_RULE,   /* asks the targets of a rule */
    FLIGHT_PUBLIC, /* asks public recursion */
    FLIGHT_PROBE,  /* a copy of a question, only to learn of one target */
};

/* One sending of the question. */
struct attempt {
    uint8_t peer; /* index of the target */
    bool open;    /* an answer is still welcome */
    bool tcp;
    bool edns;
    bool late;      /* its wait is over; another one was asked */
    uint64_t sent;  /* ns */
    uint64_t until; /* ns: then it is late */
    struct addr source;
};

struct peer {
    struct sockname name;
    struct target *target; /* where it was found last, or NULL; only attempt.c looks */
    bool udp, tcp; /* allowed by the endpoint's security groups, with a source of its family */
    bool own;      /* an inbound endpoint of ours: gets the hop marker */
    bool tried;
    bool bad; /* it answered, uselessly: not asked again by this flight */
};

/* What ended a flight; shared by the queries that waited. */
struct outcome {
    unsigned refs;
    bool failed;
    bool loop;          /* failed: a forwarding loop was found */
    struct reply reply; /* msg points behind this struct */
    char text[128];     /* failed: a sentence for the extended error */
};

TAILQ_HEAD(query_list, query);

struct flight {
    struct timer timer; /* first: the heap gives it back */
    uint32_t generation;
    enum flight_kind kind;
    struct query_list followers;
    unsigned followers_n;
    TAILQ_ENTRY(flight) action_link; /* in resolver.actions while `unsent` */
    LIST_ENTRY(flight) hash_link;
    SLIST_ENTRY(flight) free_link;
    uint64_t hash;
    uint64_t ends;     /* ns, the budget */
    uint64_t stale_at; /* ns: who can have a stale answer gets it then; UINT64_MAX: never */
    struct holder *vpc, *route; /* who is charged for it; NULL: nobody */
    uint8_t unsent;             /* bits of attempts that wait in resolver.actions */
    bool retry;                 /* a repeat is due, but out of budget */
    bool hopeless;              /* all targets were dead when it began */
    bool traced;                /* some follower has a trace */
    bool no_socket;             /* the last failures were our own sockets, not the targets */
    uint8_t attempts_n, peers_n, sources_n;
    struct attempt attempts[LIMIT_TRIES];
    struct peer peers[LIMIT_TARGETS];
    struct addr sources[FLIGHT_SOURCES];
    uint32_t endpoint; /* slot */
    enum attach attach;
    char attach_name[64];
    char rule_id[64];
    struct hops hops; /* with our own, if a peer is one of ours */
    struct cache_key key;
};

TAILQ_HEAD(flight_queue, flight);
LIST_HEAD(flight_bucket, flight);
SLIST_HEAD(flight_stack, flight);

enum flight_join {
    FLIGHT_JOINED, /* the query waits in a flight now */
    FLIGHT_LIMIT,  /* too much is under way */
    FLIGHT_NO_WAY, /* no target can be asked: wrong family, not allowed, no endpoint */
    FLIGHT_LOOP,   /* the query came through the rule's endpoint before */
    FLIGHT_DOWN, /* all targets are down, and it is in vain to wait for them: serve what is stale */
    FLIGHT_QUOTA, /* its VPC or rule has its share: q->refusal says which */
};

/* Makes the query wait for the answer to its key: in the flight of an equal question, or in a new
 * one. q->stale says that a stale answer is at hand: then nobody waits for targets that are known
 * to be dead, and FLIGHT_DOWN comes back though the question may be under way for the cache. */
enum flight_join flight_join(struct resolver *r, struct query *q);

/* Starts a flight for the A records of the query's name, where they are not cached or asked for
 * already: nobody waits in it, but the query will look for its answer when it has its own. */
void flight_ahead(struct resolver *r, struct query *q);

/* Takes a waiting query out of its flight, which goes on for the cache's sake. */
void flight_leave(struct query *q);

/* Ends a flight: keeps the outcome (taken over; NULL: memory ran out) in the cache and makes the
 * followers ready. */
void flight_end(struct resolver *r, struct flight *f, struct outcome *outcome, uint64_t now);

/* Ends a flight with a failure. `ede` is an extended error code. */
void flight_fail(struct resolver *r, struct flight *f, uint16_t ede, uint64_t now);

/* Gives the followers who can have a stale answer something to give up for; the others stay, and
 * the flight goes on. */
void flight_stale(struct resolver *r, struct flight *f, uint64_t now);

/* Tells the driver if the target's state is another one than it was told. */
void flight_tell(struct resolver *r, const struct flight *f, struct target *t);

/* Sends a copy of f's question to one of its targets, only to learn whether it lives. */
void flight_probe(struct resolver *r, const struct flight *f, unsigned peer, uint64_t now);

/* Adds a line about a target (NULL: none) to the traces of all followers; step "need". Costs a
 * branch when nobody traces. */
void flight_trace(const struct flight *f, const char *what, const struct peer *peer,
                  const char *text);

/* A new outcome with one reference and room for a message of `len` bytes, or NULL. */
struct outcome *outcome_new(size_t len);

/* Gives an outcome back. Accepts NULL. */
void outcome_unref(struct outcome *o);

/* The tries of a flight: attempt.c. */

enum attempt_next {
    ATTEMPT_SENT,
    ATTEMPT_LATER, /* the target's budget of repeats is used up */
    ATTEMPT_NONE,  /* no target is left, all are dead and busy, or LIMIT_TRIES are used up */
};

/* Fills peers and sources from the query's rule. False: none can be asked. */
bool attempt_peers(struct flight *f, const struct query *q);

/* Asks the best target that is left. `late`: because another one is silent, which is paid from the
 * budget of repeats. */
enum attempt_next attempt_next(struct resolver *r, struct flight *f, bool late, uint64_t now);

/* True if every target that could be asked is dead. */
bool attempt_hopeless(struct resolver *r, struct flight *f, uint64_t now);

/* Asks one target, or public recursion, and sets the timer. False: LIMIT_TRIES are used up. */
bool attempt_start(struct resolver *r, struct flight *f, unsigned peer, bool tcp, uint64_t now);

/* What is known of the target of an attempt. */
struct target *attempt_target(struct resolver *r, struct flight *f, const struct attempt *a,
                              uint64_t now);

/* Counts a try that was silent, or could not be sent, against its target. */
void attempt_lost(struct resolver *r, struct flight *f, struct attempt *a, uint64_t now);

/* The end of all attempts: nothing more is counted as waiting. */
void attempt_close_all(struct resolver *r, struct flight *f, uint64_t now);

/* The flight's timer has run out. */
void attempt_timeout(struct resolver *r, struct flight *f, uint64_t now);

#endif
