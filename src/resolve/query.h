/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver core: how one query is answered. No I/O, no clock, no threads: a driver feeds it and
 * does what it asks.
 *
 * The driver loop (serve/worker.c, tests/scenario/replay.c, explain and the fuzzers are such
 * drivers):
 *
 *   q = query_new(r);
 *   state = query_begin(r, q, &in);                  a packet came
 *   while (resolver_action(r, now, &action))         deeds: send, recurse; the driver does them and
 * remembers do_it(&action);                              action.handle beside its socket
 *   flight_reply(r, handle, wire, len, now)          a reply, or flight_failed(...): the system
 * refused resolver_tick(r, now)                            at resolver_deadline(r) at the latest
 *   while ((q = resolver_ready(r)))                  parked queries that can go on
 *       state = query_resume(r, q, out, size, now);
 *   QUERY_ANSWER: send q's answer, query_free. QUERY_DROP: query_free. QUERY_WAIT: it is parked;
 * nothing to do.
 *
 * One struct resolver for each worker thread; only the cache is shared. */
#ifndef RESOLVE_QUERY_H
#define RESOLVE_QUERY_H

#include "base/metrics.h"
#include "base/rand.h"
#include "dns/message.h"
#include "model/snapshot.h"

struct resolver;
struct query;
struct cache;
struct trace;

/* --- the answer cache, shared by all workers
 * ------------------------------------------------------------- */

/* A cache of about `bytes` bytes, fixed for its life. NULL on lack of memory. Readers take no lock.
 */
struct cache *cache_new(size_t bytes);

/* Frees it; no resolver may use it any more. Accepts NULL. */
void cache_free(struct cache *c);

/* --- a worker's resolver
 * --------------------------------------------------------------------------------- */

struct resolver_config {
    struct cache *cache;
    struct metrics *metrics; /* the worker's own block */
    struct rnd *rnd;         /* the worker's own generator */
    size_t queries_max;      /* parked queries at most; LIMIT_PARKED in a server */
    size_t flights_max;      /* questions under way at most; LIMIT_INFLIGHT in a server */
    bool recursion_off;      /* names without a route are REFUSED */
    unsigned vpc_rate;  /* questions a second that a VPC may ask upstream; 0: as many as it likes */
    unsigned rule_rate; /* the same for a rule */
    uint64_t secret[2]; /* shared by the nodes of a store: seals hop markers */
};

/* NULL on lack of memory. */
struct resolver *resolver_new(const struct resolver_config *config);

/* Frees it with all parked queries (their snapshots must be unpinned by the driver first: see
 * query_snapshot). */
void resolver_free(struct resolver *r);

/* --- queries
 * --------------------------------------------------------------------------------------------- */

/* Where a packet came from. */
struct query_in {
    const struct snapshot
        *snapshot;               /* stays valid until the query ends: pin it while it is parked */
    enum listener_kind listener; /* LISTEN_SHARED, LISTEN_VPC or LISTEN_INBOUND */
    uint32_t slot; /* of the VPC or endpoint of the socket; unused for LISTEN_SHARED */
    struct sockname source;
    bool tcp;
    const uint8_t *packet; /* need not outlive the call */
    size_t len;
    uint8_t *out;        /* room for the answer */
    size_t out_size;     /* at least LIMIT_UDP_EDNS; for TCP up to LIMIT_MESSAGE */
    uint64_t now;        /* monotonic, nanoseconds */
    struct trace *trace; /* NULL: no trace, at no cost */
};

enum query_state {
    QUERY_ANSWER, /* the answer is in `out`, query_len bytes */
    QUERY_DROP,   /* no answer at all */
    QUERY_WAIT,   /* parked: it comes back through resolver_ready or resolver_deferred */
};

/* A query from the pool; NULL when queries_max are out. */
struct query *query_new(struct resolver *r);

/* Starts a query and runs it as far as it goes. The hit path allocates nothing and takes no lock.
 */
enum query_state query_begin(struct resolver *r, struct query *q, const struct query_in *in);

#define QUERY_GROUP 8 /* queries that are prepared side by side */

/* Starts up to QUERY_GROUP queries side by side and runs each as far as it needs only what is
 * common to all, so that they wait for memory together: packets of one batch are nearly always for
 * other names. All are of one snapshot; `out` of their `in` is not used. query_finish must follow
 * for each, in any order, before anything else is done with them. */
void query_prepare(struct resolver *r, struct query *const q[], const struct query_in in[],
                   unsigned n);

/* Runs a prepared query as far as it goes, as query_begin does. */
enum query_state query_finish(struct query *q, uint8_t *out, size_t out_size);

/* Goes on with a query that resolver_ready or resolver_deferred returned. */
enum query_state query_resume(struct resolver *r, struct query *q, uint8_t *out, size_t out_size,
                              uint64_t now);

/* Length of the answer in bytes, after QUERY_ANSWER. */
size_t query_len(const struct query *q);

/* The snapshot of the query, for unpinning. */
const struct snapshot *query_snapshot(const struct query *q);

/* A place for the driver's own pointer (where to send the answer). */
void query_set_owner(struct query *q, void *owner);
void *query_owner(const struct query *q);

/* Gives a query back to the pool; a parked one is taken out of its flight first (its client is
 * gone). */
void query_free(struct resolver *r, struct query *q);

/* A finished query for the query log and metrics: the question as asked. Valid until query_free. */
const struct message *query_message(const struct query *q);

/* --- flights: questions under way upstream
 * ---------------------------------------------------------------- */

#define ACTION_HOPS 137 /* bytes of the longest hop marker */

enum action_kind {
    ACTION_SEND,    /* ask a target of a rule */
    ACTION_RECURSE, /* ask public recursion (libunbound) */
};

struct action {
    enum action_kind kind;
    uint64_t handle; /* names the try; give it back with the result. Stale handles are ignored */
    uint8_t qname[NAME_MAX_WIRE]; /* case randomised already where wanted */
    uint16_t qtype, qclass;
    /* ACTION_SEND: */
    bool tcp;
    struct sockname target;
    struct addr source; /* an address of the rule's outbound endpoint, of the target's family */
    unsigned sources;   /* from how many such addresses one is taken by chance; 1 or more */
    enum attach attach; /* where to open the socket */
    char attach_name[64];
    bool want_dnssec;  /* DO in the upstream query */
    uint16_t udp_size; /* EDNS payload size to offer; 0: no EDNS */
    uint16_t hops_len; /* a hop marker goes along, for an inbound endpoint of ours; 0: none */
    uint8_t hops[ACTION_HOPS];
};

#define ACTION_QUERY 512 /* bytes of the longest message that action_query writes */

/* Writes the message of an ACTION_SEND into buf (ACTION_QUERY bytes), with id 0; returns its
 * length. */
size_t action_query(const struct action *a, uint8_t *buf);

/* The next deed, if any. Call until it returns false, after every query_begin, query_resume,
 * flight_* and resolver_tick batch. The driver chooses the message id and source port at random. */
bool resolver_action(struct resolver *r, uint64_t now, struct action *ret);

/* A reply came for a try. The driver has checked id and source; the resolver checks the rest
 * (question, sections, bailiwick). Returns false when the reply is not acceptable: the driver goes
 * on listening for that try. */
bool flight_reply(struct resolver *r, uint64_t handle, const uint8_t *wire, size_t len,
                  uint64_t now);

enum flight_failure {
    FLIGHT_UNREACHABLE, /* the system refused: ICMP, connection refused or reset, no route */
    FLIGHT_NO_SOCKET,   /* no socket could be opened on our side (source address missing, limits) */
    FLIGHT_BOGUS,       /* recursion: DNSSEC validation failed */
    FLIGHT_SERVFAIL,    /* recursion: no usable answer */
};

/* A try failed at once; the resolver goes on with the next target. */
void flight_failed(struct resolver *r, uint64_t handle, enum flight_failure why, uint64_t now);

/* True while the result of this try is still wanted. */
bool flight_wanted(const struct resolver *r, uint64_t handle);

/* When resolver_tick must run next; UINT64_MAX: nothing waits. */
uint64_t resolver_deadline(const struct resolver *r);

/* Lets tries time out. */
void resolver_tick(struct resolver *r, uint64_t now);

/* A parked query that can go on, or NULL. */
struct query *resolver_ready(struct resolver *r);

/* The next query that waits behind those of other VPCs, or NULL. The driver takes a few of them
 * whenever it has done all else, and does not sleep while there are any. */
struct query *resolver_deferred(struct resolver *r);

/* True if resolver_deferred would find one. */
bool resolver_has_deferred(const struct resolver *r);

/* A batch of packets comes at `now`. `full`: more of them may wait than it has room for. `since`:
 * ns for which it has been so in this socket without a break. From that the resolver knows that
 * queries wait for each other, and looks whose are the most. */
void resolver_batch(struct resolver *r, bool full, uint64_t since, uint64_t now);

/* --- what the driver may tell the operator
 * ---------------------------------------------------------------- */

enum target_state {
    TARGET_UP,      /* it answers, or nothing is known of it */
    TARGET_SILENT,  /* it does not answer */
    TARGET_WRONG,   /* it answers other questions than it was asked */
    TARGET_USELESS, /* SERVFAIL, REFUSED, or TC without TCP: its answers help nobody */
};

enum quota {
    QUOTA_INFLIGHT, /* questions under way */
    QUOTA_RATE,     /* questions a second */
    QUOTA_PARKED,   /* queries that wait */
    QUOTA_LOAD,     /* queries that wait for the worker's processor behind those of others */
    QUOTAS
};

#define EVENT_ID 64 /* bytes of the longest id in an event */

struct event {
    enum { EVENT_TARGET, EVENT_QUOTA } kind;
    char object[EVENT_ID]; /* id of the rule by which the target is asked; of the VPC or rule */
    /* EVENT_TARGET: its state is another one than before. */
    struct sockname target;
    uint32_t endpoint; /* slot of the outbound endpoint that asks it */
    enum target_state state, before;
    /* EVENT_QUOTA: queries were refused. */
    enum quota quota;
    bool vpc;         /* object is a VPC, else a rule */
    uint64_t refused; /* since the last such event */
};

/* The next event, if any: one for each change of a target, and at most one a second for each quota
 * that is used up. Call until it returns false, once in a while. */
bool resolver_event(struct resolver *r, uint64_t now, struct event *ret);

#endif
