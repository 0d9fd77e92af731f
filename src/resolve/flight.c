/* SPDX-License-Identifier: Apache-2.0 */
/* Flights: their life, their queries, their end. What they send is in attempt.c. */
#include "resolve/flight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "resolve/accept.h"
#include "resolve/query_priv.h"

#define ATTEMPT_BITS 8 /* of a handle; above them the flight's index, above 32 its generation */

/* --- making and freeing
 * ------------------------------------------------------------------------------- */

/* A flight with everything set that does not depend on its kind, or NULL: too many. */
static struct flight *flight_new(struct resolver *r, enum flight_kind kind,
                                 const struct cache_key *key, uint64_t now)
{
    struct flight *f = SLIST_FIRST(&r->free_flights);
    if (f)
        SLIST_REMOVE_HEAD(&r->free_flights, free_link);
    else if (r->flights_made < r->flights_max)
        f = &r->flights[r->flights_made++];
    else
        return NULL;
    r->flights_n++;
    f->generation++;
    f->kind = kind;
    TAILQ_INIT(&f->followers);
    f->followers_n = 0;
    f->ends = now + LIMIT_QUERY_MS * NS_PER_MS;
    f->stale_at = UINT64_MAX;
    f->vpc = f->route = NULL;
    f->unsent = 0;
    f->traced = f->no_socket = f->retry = f->hopeless = false;
    f->attempts_n = f->peers_n = f->sources_n = 0;
    f->rule_id[0] = 0;
    memcpy(&f->key, key, cache_key_size(key));
    return f;
}

/* Gives a flight back; handles of it are stale from here on. */
static void flight_free(struct resolver *r, struct flight *f, uint64_t now)
{
    attempt_close_all(r, f, now);
    quota_leave(r->quotas, f);
    timer_stop(&r->timers, &f->timer);
    if (f->unsent)
        TAILQ_REMOVE(&r->actions, f, action_link);
    if (f->kind != FLIGHT_PROBE)
        LIST_REMOVE(f, hash_link);
    f->generation++;
    f->attempts_n = 0;
    r->flights_n--;
    SLIST_INSERT_HEAD(&r->free_flights, f, free_link);
}

void outcome_unref(struct outcome *o)
{
    if (o && --o->refs == 0)
        free(o);
}

/* --- joining
 * ------------------------------------------------------------------------------------------ */

static struct flight_bucket *bucket_of(struct resolver *r, uint64_t hash)
{
    return &r->buckets[hash & r->buckets_mask];
}

static struct flight *flight_find(struct resolver *r, uint64_t hash, const struct cache_key *key)
{
    struct flight *f;
    LIST_FOREACH(f, bucket_of(r, hash), hash_link)
    if (f->hash == hash && memcmp(&f->key, key, cache_key_size(key)) == 0)
        return f;
    return NULL;
}

static void flight_follow(struct flight *f, struct query *q)
{
    TAILQ_INSERT_TAIL(&f->followers, q, link);
    f->followers_n++;
    quota_park(q);
    f->traced |= q->trace != NULL;
    q->place = QUERY_IN_FLIGHT;
    q->flight = f;
}

/* A flight for a question of the query's route, which nobody follows yet. NULL: too many, in all or
 * of this VPC or rule; the latter is in q->refusal. */
static struct flight *flight_make(struct resolver *r, struct query *q, uint64_t hash,
                                  const struct cache_key *key)
{
    enum flight_kind kind = q->route == ROUTE_RECURSIVE ? FLIGHT_PUBLIC : FLIGHT_RULE;
    struct quota_need need;
    if (!quota_allows(r->quotas, q, r->flights_max - r->flights_n, &need))
        return NULL;
    struct flight *f = flight_new(r, kind, key, q->now);
    if (!f)
        return NULL;
    quota_enter(r->quotas, f, &need);
    f->hash = hash;
    LIST_INSERT_HEAD(bucket_of(r, f->hash), f, hash_link);
    return f;
}

/* Sends the first try. On failure the flight is of no use, and its followers must leave it. */
static enum flight_join flight_start(struct resolver *r, struct flight *f, const struct query *q)
{
    if (f->kind == FLIGHT_PUBLIC) {
        attempt_start(r, f, 0, false, q->now);
        return FLIGHT_JOINED;
    }
    if (!attempt_peers(f, q))
        return FLIGHT_NO_WAY;
    f->hopeless = attempt_hopeless(r, f, q->now);
    return attempt_next(r, f, false, q->now) == ATTEMPT_SENT ? FLIGHT_JOINED : FLIGHT_DOWN;
}

/* Starts a flight for the query, which follows it; but for targets that are dead nobody waits who
 * has something else to give. */
static enum flight_join flight_begin(struct resolver *r, struct query *q)
{
    struct flight *f = flight_make(r, q, q->hash, &q->key);
    if (!f)
        return q->refusal.of ? FLIGHT_QUOTA : FLIGHT_LIMIT;
    if (q->stale.msg)
        f->stale_at = q->now + FLIGHT_STALE_MS * NS_PER_MS;
    flight_follow(f, q);
    enum flight_join result = flight_start(r, f, q);
    if (result != FLIGHT_JOINED) {
        flight_leave(q);
        flight_free(r, f, q->now);
    } else if (q->stale.msg && f->hopeless) {
        flight_leave(q);
        return FLIGHT_DOWN;
    }
    return result;
}

/* True if the cache has an answer to a question, or remembers that there was none. */
static bool is_cached(const struct resolver *r, const struct cache_at *at)
{
    struct cache_key failed = *at->key;
    uint8_t nothing[1]; /* there is no room in it, but an address to count from */
    struct reply unused = {.msg = nothing};
    if (cache_get(r->cache, at, 0, &unused) == CACHE_FRESH)
        return true;
    failed.kind++;
    struct cache_at failure = {&failed, at->hash, at->now, 0};
    return cache_get(r->cache, &failure, 0, &unused) == CACHE_FRESH;
}

void flight_ahead(struct resolver *r, struct query *q)
{
    struct cache_key key = q->key;
    key.qtype = TYPE_A;
    struct cache_at at = {&key, cache_hash(r->cache, &key), q->now, 0};
    if (flight_find(r, at.hash, &key) || is_cached(r, &at))
        return;
    struct flight *f = flight_make(r, q, at.hash, &key);
    if (!f) /* the query asks by itself later */
        return;
    query_trace(q, "synthesize", "ahead", NULL, "A records are asked for at the same time");
    if (flight_start(r, f, q) != FLIGHT_JOINED)
        flight_free(r, f, q->now);
}

/* True if the query came through the endpoint that it is to leave from now. */
static bool goes_round(const struct resolver *r, const struct query *q)
{
    const struct endpoint *e = q->route == ROUTE_FORWARD ? q->rule->endpoint : NULL;
    return e && hops_full_or_has(&q->hops, hops_hash(r->secret, e->id, q->key.name, q->key.qtype));
}

enum flight_join flight_join(struct resolver *r, struct query *q)
{
    if (q->hops.n && goes_round(r, q)) /* first: it would wait for itself */
        return FLIGHT_LOOP;
    struct flight *f = flight_find(r, q->hash, &q->key);
    if (!quota_may_park(r->quotas, q, r->queries_max - r->queries_n + 1))
        return FLIGHT_QUOTA;
    if (!f)
        return flight_begin(r, q);
    if (f->followers_n >= LIMIT_FOLLOWERS)
        return FLIGHT_LIMIT;
    if (q->stale.msg && q->now >= f->stale_at) /* it is late already */
        return FLIGHT_DOWN;
    metric_add(r->metrics, METRIC_JOINED, 1);
    query_trace(q, "join", "joined", f->rule_id[0] ? f->rule_id : NULL,
                "the same question is under way");
    flight_follow(f, q);
    return FLIGHT_JOINED;
}

void flight_leave(struct query *q)
{
    TAILQ_REMOVE(&q->flight->followers, q, link);
    q->flight->followers_n--;
    quota_unpark(q);
    q->flight = NULL;
    q->place = QUERY_NOWHERE;
}

void flight_probe(struct resolver *r, const struct flight *of, unsigned peer, uint64_t now)
{
    struct flight *f = flight_new(r, FLIGHT_PROBE, &of->key, now);
    if (!f)
        return;
    f->ends = now + FLIGHT_PROBE_MS * NS_PER_MS;
    f->peers_n = 1;
    f->peers[0] = of->peers[peer];
    f->hops = of->hops;
    f->sources_n = of->sources_n;
    memcpy(f->sources, of->sources, sizeof(f->sources));
    f->endpoint = of->endpoint;
    f->attach = of->attach;
    memcpy(f->attach_name, of->attach_name, sizeof(f->attach_name));
    memcpy(f->rule_id, of->rule_id, sizeof(f->rule_id));
    attempt_start(r, f, 0, !f->peers[0].udp, now);
    flight_trace(of, "probe", &f->peers[0], "gets a copy, to see how it is");
}

/* --- ending
 * ------------------------------------------------------------------------------------------- */

/* Takes a query out of its flight with an outcome, which may be NULL. */
static void make_ready(struct resolver *r, struct query *q, struct outcome *outcome)
{
    flight_leave(q);
    q->outcome = outcome;
    if (outcome)
        outcome->refs++;
    q->place = QUERY_READY;
    TAILQ_INSERT_TAIL(&r->ready, q, link);
}

void flight_end(struct resolver *r, struct flight *f, struct outcome *outcome, uint64_t now)
{
    if (outcome && f->kind != FLIGHT_PROBE) {
        f->key.kind += outcome->failed; /* beside the answer, which may be served stale */
        struct cache_at at = {&f->key, f->hash, now, 0};
        cache_put(r->cache, &at, &outcome->reply);
    }
    for (struct query *q; (q = TAILQ_FIRST(&f->followers));)
        make_ready(r, q, outcome);
    outcome_unref(outcome);
    flight_free(r, f, now);
}

struct outcome *outcome_new(size_t len)
{
    struct outcome *o = malloc(sizeof(*o) + len);
    if (!o)
        return NULL;
    o->refs = 1;
    o->failed = o->loop = false;
    o->reply = (struct reply){.msg = (uint8_t *)(o + 1), .len = len};
    return o;
}

/* A failure without its text, or NULL. */
static struct outcome *failure_new(const struct flight *f, uint16_t ede)
{
    size_t body = reply_body(f->key.name_len);
    struct outcome *o = outcome_new(body);
    if (!o)
        return NULL;
    o->failed = true;
    o->text[0] = '\0';
    o->reply.body = body;
    o->reply.rcode = RCODE_SERVFAIL;
    o->reply.ttl = FLIGHT_FAILURE_TTL;
    o->reply.ede = ede;
    return o;
}

/* Ends a flight whose question goes in a circle, as a target of ours says. Another target would
 * only go round as well. */
static void flight_loop(struct resolver *r, struct flight *f, const char *text, uint64_t now)
{
    struct outcome *o = f->kind == FLIGHT_PROBE ? NULL : failure_new(f, EDE_OTHER);
    flight_trace(f, "loop", NULL, text);
    if (o) {
        o->loop = true;
        snprintf(o->text, sizeof(o->text), "%s", text);
    }
    flight_end(r, f, o, now);
}

/* Says of a failure whose it is. */
static void failure_say(const struct flight *f, struct outcome *o, const char *why)
{
    snprintf(o->text, sizeof(o->text), "%s%s: %s", f->kind == FLIGHT_PUBLIC ? "" : "rule ",
             f->kind == FLIGHT_PUBLIC ? "public DNS" : f->rule_id, why);
}

void flight_fail(struct resolver *r, struct flight *f, uint16_t ede, uint64_t now)
{
    struct outcome *o = failure_new(f, ede);
    if (o)
        failure_say(f, o,
                    ede == EDE_DNSSEC_BOGUS    ? "DNSSEC validation failed"
                    : ede == EDE_NETWORK_ERROR ? "nothing could be sent"
                    : f->kind == FLIGHT_PUBLIC ? "no usable answer"
                                               : "no target gave a usable answer");
    flight_end(r, f, o, now);
}

void flight_stale(struct resolver *r, struct flight *f, uint64_t now)
{
    struct outcome *o = failure_new(f, EDE_NO_REACHABLE_AUTHORITY);
    if (!o) { /* in a moment there may be memory */
        f->stale_at = now + FLIGHT_RETRY_MS * NS_PER_MS;
        return;
    }
    failure_say(f, o, "no answer has come yet");
    struct query *q, *next;
    for (q = TAILQ_FIRST(&f->followers); q; q = next) {
        next = TAILQ_NEXT(q, link);
        if (q->stale.msg)
            make_ready(r, q, o);
    }
    outcome_unref(o);
}

void flight_trace(const struct flight *f, const char *what, const struct peer *peer,
                  const char *text)
{
    if (!f->traced)
        return;
    char buf[ADDR_TEXT_MAX] = "";
    if (peer)
        sockname_format(&peer->name, buf, sizeof(buf));
    struct trace_item item = {"need", what, f->rule_id[0] ? f->rule_id : NULL, f->key.name, false};
    const struct query *q;
    TAILQ_FOREACH(q, &f->followers, link)
    trace_add(q->trace, &item, "%s%s%s", buf, peer ? " " : "", text);
}

/* --- what the driver feeds
 * ---------------------------------------------------------------------------- */

/* The flight and try of a handle, or NULL if the try is over. */
static struct flight *handle_find(const struct resolver *r, uint64_t handle,
                                  struct attempt **ret_attempt)
{
    size_t i = (uint32_t)handle >> ATTEMPT_BITS;
    unsigned a = handle & ((1u << ATTEMPT_BITS) - 1);
    if (i >= r->flights_made)
        return NULL;
    struct flight *f = &r->flights[i];
    if (f->generation != handle >> 32 || a >= f->attempts_n || !f->attempts[a].open)
        return NULL;
    *ret_attempt = &f->attempts[a];
    return f;
}

/* How many of the flight's sources are of this family. */
static unsigned sources_of(const struct flight *f, uint8_t family)
{
    unsigned n = 0;
    for (unsigned i = 0; i < f->sources_n; i++)
        n += f->sources[i].family == family;
    return n;
}

static void fill_send(struct resolver *r, const struct flight *f, const struct attempt *a,
                      struct action *ret)
{
    ret->kind = ACTION_SEND;
    ret->tcp = a->tcp;
    ret->target = f->peers[a->peer].name;
    ret->source = a->source;
    ret->sources = sources_of(f, a->source.family);
    ret->attach = f->attach;
    memcpy(ret->attach_name, f->attach_name, sizeof(ret->attach_name));
    ret->udp_size = a->edns ? LIMIT_UDP_EDNS : 0;
    if (f->peers[a->peer].own && a->edns)
        ret->hops_len = (uint16_t)hops_write(r->secret, &f->hops, ret->hops);
    metric_add(r->metrics, METRIC_UPSTREAM_SENT, 1);
    if (a->tcp)
        metric_add(r->metrics, METRIC_UPSTREAM_TCP, 1);
}

bool resolver_action(struct resolver *r, uint64_t now, struct action *ret)
{
    struct flight *f = TAILQ_FIRST(&r->actions);
    if (!f)
        return false;
    unsigned a = (unsigned)__builtin_ctz(f->unsent);
    f->unsent &= (uint8_t)(f->unsent - 1);
    if (!f->unsent)
        TAILQ_REMOVE(&r->actions, f, action_link);
    f->attempts[a].sent = now;
    ret->handle = (uint64_t)f->generation << 32 | (uint64_t)(f - r->flights) << ATTEMPT_BITS | a;
    memcpy(ret->qname, f->key.name, f->key.name_len);
    ret->qtype = f->key.qtype;
    ret->qclass = f->key.qclass;
    ret->want_dnssec = false; /* nothing of it is passed on */
    ret->hops_len = 0;
    if (f->kind == FLIGHT_PUBLIC) {
        ret->kind = ACTION_RECURSE;
        metric_add(r->metrics, METRIC_RECURSION_SENT, 1);
    } else {
        fill_send(r, f, &f->attempts[a], ret);
    }
    return true;
}

/* The good end of a flight: r->scratch holds the clean reply. */
static void flight_done(struct resolver *r, struct flight *f, const struct reply *reply,
                        uint64_t now)
{
    struct outcome *o = f->kind == FLIGHT_PROBE ? NULL : outcome_new(reply->len);
    if (o) {
        uint8_t *msg = o->reply.msg;
        memcpy(msg, reply->msg, reply->len);
        o->reply = *reply;
        o->reply.msg = msg;
    }
    flight_end(r, f, o, now);
}

/* This try brought nothing: asks elsewhere, or fails when all has been tried and none is open. */
static void flight_move_on(struct resolver *r, struct flight *f, uint64_t now)
{
    if (f->kind == FLIGHT_RULE && attempt_next(r, f, false, now) == ATTEMPT_SENT)
        return;
    for (unsigned i = 0; i < f->attempts_n; i++)
        if (f->attempts[i].open)
            return;
    if (f->kind == FLIGHT_PROBE)
        flight_end(r, f, NULL, now);
    else
        flight_fail(r, f, f->no_socket ? EDE_NETWORK_ERROR : EDE_NO_REACHABLE_AUTHORITY, now);
}

/* A reply of a rule's target, seen by the target's history. What TC means is known when TCP has
 * been tried; and TCP, where UDP is the usual way, tells nothing of the usual time. */
static void note_answer(struct resolver *r, struct flight *f, const struct attempt *a,
                        enum accept verdict, uint64_t now)
{
    const struct peer *p = &f->peers[a->peer];
    struct target *t = attempt_target(r, f, a, now);
    bool probe = f->kind == FLIGHT_PROBE;
    target_answered(t, a->tcp && p->udp ? 0 : now - a->sent, probe);
    if (verdict == ACCEPT_NO_EDNS)
        t->plain = true;
    else if (verdict != ACCEPT_TRUNCATED || a->tcp)
        target_judged(t, verdict == ACCEPT_GOOD, probe);
    flight_tell(r, f, t);
    static const char *const texts[] = {
        [ACCEPT_GOOD] = "answered",
        [ACCEPT_FOREIGN] = "answered another question",
        [ACCEPT_USELESS] = "gave no usable answer",
        [ACCEPT_TRUNCATED] = "truncated its answer: asked again over TCP",
        [ACCEPT_NO_EDNS] = "does not understand EDNS: asked again without",
    };
    flight_trace(f, verdict == ACCEPT_GOOD ? "reply" : "refused", p, texts[verdict]);
}

_Static_assert(ACTION_HOPS == HOPS_BYTES, "an action has room for the longest marker");

size_t action_query(const struct action *a, uint8_t *buf)
{
    int len = build_query(buf, ACTION_QUERY, 0, FLAG_RD, a->qname, a->qtype, a->qclass, a->udp_size,
                          a->want_dnssec);
    if (len > 0 && a->hops_len)
        len = build_option(buf, ACTION_QUERY, (size_t)len, HOPS_CODE,
                           (struct build_bytes){a->hops, a->hops_len});
    return should(len > 0) ? (size_t)len : 0;
}

/* Whoever sent it, it was not the answer: the try goes on as if nothing had come. */
static void note_foreign(struct resolver *r, struct flight *f, const struct attempt *a,
                         uint64_t now)
{
    attempt_target(r, f, a, now)->foreign++;
    flight_trace(f, "refused", &f->peers[a->peer],
                 "answered another question, or nothing readable");
}

/* True if a target of ours found that the question goes in a circle; the flight has ended then. */
static bool ended_by_loop(struct resolver *r, struct flight *f, const struct peer *p,
                          const uint8_t *wire, size_t len, uint64_t now)
{
    char text[sizeof(((struct outcome *)0)->text)];
    struct message m;
    if (!p->own || msg_parse_reply(wire, len, &m) < 0 || !hops_loop(&m.edns, text, sizeof(text)))
        return false;
    flight_loop(r, f, text, now);
    return true;
}

bool flight_reply(struct resolver *r, uint64_t handle, const uint8_t *wire, size_t len,
                  uint64_t now)
{
    struct attempt *a;
    struct flight *f = handle_find(r, handle, &a);
    if (!f)
        return false;
    cache_fetch_set(r->cache, f->hash); /* comes while the reply is looked at */
    struct reply reply = {.msg = r->scratch};
    enum accept verdict = accept_reply(&f->key, wire, len, a->edns, &reply);
    bool public = f->kind == FLIGHT_PUBLIC;
    if (verdict == ACCEPT_FOREIGN) {
        metric_add(r->metrics, METRIC_UPSTREAM_REJECTED, 1);
        if (!public) { /* the right one may still come */
            note_foreign(r, f, a, now);
            return false;
        }
    }
    if (!public)
        note_answer(r, f, a, verdict, now);
    if (verdict == ACCEPT_USELESS && !public &&
        ended_by_loop(r, f, &f->peers[a->peer], wire, len, now))
        return true;
    if (verdict == ACCEPT_GOOD) {
        flight_done(r, f, &reply, now);
        return true;
    }
    struct attempt was = *a;
    a->open = false;
    struct peer *p = &f->peers[was.peer];
    bool again = !public &&
                 ((verdict == ACCEPT_TRUNCATED && !was.tcp && p->tcp) || verdict == ACCEPT_NO_EDNS);
    if (again && attempt_start(r, f, was.peer, was.tcp || verdict == ACCEPT_TRUNCATED, now))
        return true;
    if (verdict == ACCEPT_TRUNCATED && !public) { /* nobody can have the whole answer from it */
        struct target *t = attempt_target(r, f, &was, now);
        target_judged(t, false, f->kind == FLIGHT_PROBE);
        flight_tell(r, f, t);
    }
    p->bad = true;
    flight_move_on(r, f, now);
    return true;
}

void flight_failed(struct resolver *r, uint64_t handle, enum flight_failure why, uint64_t now)
{
    struct attempt *a;
    struct flight *f = handle_find(r, handle, &a);
    if (!f)
        return;
    if (f->kind == FLIGHT_PUBLIC) {
        flight_fail(r, f, why == FLIGHT_BOGUS ? EDE_DNSSEC_BOGUS : EDE_NO_REACHABLE_AUTHORITY, now);
        return;
    }
    struct peer *p = &f->peers[a->peer];
    flight_trace(f, "failed", p,
                 why == FLIGHT_NO_SOCKET ? "has no socket with the endpoint's address"
                                         : "is unreachable");
    f->no_socket = why == FLIGHT_NO_SOCKET;
    if (why == FLIGHT_UNREACHABLE)
        attempt_lost(r, f, a, now);
    a->open = false;
    p->bad = why == FLIGHT_UNREACHABLE;
    flight_move_on(r, f, now);
}

bool flight_wanted(const struct resolver *r, uint64_t handle)
{
    struct attempt *a;
    return handle_find(r, handle, &a) != NULL;
}

uint64_t resolver_deadline(const struct resolver *r)
{
    const struct timer *t = timers_first(&r->timers);
    return !t ? UINT64_MAX : t->at > r->tick_after ? t->at : r->tick_after;
}

#define STALL_NS (10 * NS_PER_MS) /* a tick that is later than this was not waited for: */
#define CATCH_UP_NS NS_PER_MS     /* first what has come meanwhile is to be read */

void resolver_tick(struct resolver *r, uint64_t now)
{
    const struct timer *first = timers_first(&r->timers);
    if (first && now < r->tick_after)
        return;
    if (first && now > first->at + STALL_NS && now > r->tick_after + STALL_NS) {
        r->tick_after = now + CATCH_UP_NS; /* we were late, not the targets */
        return;
    }
    for (struct timer *t; (t = timers_first(&r->timers)) && t->at <= now;)
        attempt_timeout(r, (struct flight *)(void *)t, now);
}
