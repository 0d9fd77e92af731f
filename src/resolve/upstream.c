/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that others give: from the cache, or from a flight. When everybody fails, a stale answer
 * is better than none (RFC 8767), and the failure itself is remembered for a moment so that it is
 * not repeated for every client (RFC 9520). */
#include "base/clock.h"
#include "resolve/chase.h"
#include "resolve/synthesize.h"

/* The text of a failure that names the rule; "public recursion" has none. */
static const char *failure_text(struct query *q, const char *what)
{
    const char *text = q->route == ROUTE_FORWARD
                           ? arena_printf(&q->arena, "rule %s: %s", q->rule->id, what)
                           : arena_printf(&q->arena, "public DNS: %s", what);
    return text ? text : what;
}

/* What a reply leads to: it is the answer, but for what DNS64 makes of it. */
static enum step take(struct query *q, const struct reply *reply)
{
    if (!synthesize_wanted(q))
        return chase_reply(q, reply);
    q->reply = *reply;
    return STEP_SYNTHESIZE;
}

/* Serves the stale answer if there is one, else SERVFAIL. Where DNS64 can do without AAAA, it does;
 * not where AAAA was bogus: there may be one that somebody hides (RFC 6147 5.5). */
static enum step give_up(struct query *q, uint16_t ede, const char *text)
{
    if (!q->stale.msg && ede != EDE_DNSSEC_BOGUS && synthesize_wanted(q) && q->qtype == TYPE_AAAA)
        return synthesize_without(q, ede, text);
    if (!q->stale.msg || ede == EDE_DNSSEC_BOGUS) {
        query_trace(q, "accept", "failed", q->route == ROUTE_FORWARD ? q->rule->id : NULL, "%s",
                    text);
        query_fail(q, ede, text);
        return STEP_ANSWER;
    }
    metric_add(q->r->metrics, METRIC_CACHE_STALE, 1);
    query_trace(q, "cache", "stale", NULL, "%s: an old answer is served (RFC 8767)", text);
    q->ede = q->stale.rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN : EDE_STALE_ANSWER;
    q->ede_text = text;
    return take(q, &q->stale);
}

/* True if this question failed a moment ago; then *ret is the next step. */
static bool failed_lately(struct query *q, enum step *ret)
{
    struct reply reply = {.msg = q->out, .body = reply_body(q->key.name_len)};
    q->key.kind++; /* CACHE_RULE -> CACHE_RULE_FAILED, CACHE_PUBLIC likewise */
    struct cache_at at = {&q->key, q->hash, q->now,
                          q->way}; /* failures lie in the answer's own set */
    enum cache_result found = cache_get(q->r->cache, &at, 0, &reply);
    q->key.kind--;
    if (found != CACHE_FRESH)
        return false;
    *ret = give_up(q, reply.ede, failure_text(q, "it failed a moment ago"));
    return true;
}

/* Looks the question up. The records go straight to the answer buffer if they may stay there, else
 * into the query's own memory. */
static enum cache_result lookup(struct query *q, struct reply *ret)
{
    size_t body = reply_body(q->key.name_len);
    *ret = (struct reply){.msg = q->out, .body = body};
    struct cache_at at = {&q->key, q->hash, q->now, q->way};
    enum cache_result found = CACHE_MISS;
    if (!q->parts_n) {
        found = cache_get(q->r->cache, &at, q->out_size - body, ret);
        if (found == CACHE_MISS || (found == CACHE_FRESH && ret->len <= q->out_size))
            return found;
    }
    size_t mark = q->arena.used;
    ret->msg = arena_alloc(&q->arena, body + LIMIT_CACHE_ANSWER);
    if (!ret->msg)
        return CACHE_MISS;
    found = cache_get(q->r->cache, &at, LIMIT_CACHE_ANSWER, ret);
    q->arena.used = mark; /* only what was found stays allocated, at the same place */
    if (found != CACHE_MISS)
        ret->msg = arena_alloc(&q->arena, ret->len);
    return found;
}

static void hit(struct query *q, const struct reply *reply)
{
    metric_add(q->r->metrics, METRIC_CACHE_HITS, 1);
    query_trace(q, "cache", "hit", NULL, "%u records, good for %u s",
                reply->answers + reply->authorities, reply->ttl);
}

/* What DNS64 made of the name before, for a client with the same setting. */
static bool made_before(struct query *q, struct reply *ret)
{
    bool found = lookup(q, ret) == CACHE_FRESH;
    q->key.dns64 = 0;
    if (!found) {
        q->hash = cache_hash(q->r->cache, &q->key);
        return false;
    }
    hit(q, ret);
    synthesize_trace(q, ret);
    return true;
}

enum step step_seek(struct query *q)
{
    q->key.qtype = q->qtype;
    q->key.qclass = q->msg.qclass;
    q->key.dns64 = synthesize_wanted(q) && q->qtype == TYPE_AAAA ? q->dns64->number : 0;
    q->hash = cache_hash(q->r->cache, &q->key);
    q->way = 0;
    cache_fetch_set(q->r->cache, q->hash);
    return STEP_CACHE;
}

enum step step_cache(struct query *q)
{
    struct reply reply;
    enum step next;
    q->stale.msg = NULL;
    if (q->key.dns64 && made_before(q, &reply))
        return chase_reply(q, &reply);
    enum cache_result found = lookup(q, &reply);
    if (found == CACHE_FRESH) {
        hit(q, &reply);
        return take(q, &reply);
    }
    metric_add(q->r->metrics, METRIC_CACHE_MISSES, 1);
    query_trace(q, "cache", found == CACHE_STALE ? "expired" : "miss", NULL, "%s",
                found == CACHE_STALE ? "an old answer is kept in case all fails" : "not cached");
    if (found == CACHE_STALE)
        q->stale = reply;
    return failed_lately(q, &next) ? next : STEP_JOIN;
}

/* The end of a circle, where it is found. */
static enum step found_loop(struct query *q)
{
    const struct endpoint *in = snapshot_endpoint(q->snapshot, q->slot);
    const char *text = arena_printf(
        &q->arena, "forwarding loop: %s asked for this name, and the question came back at %s",
        q->rule->endpoint->id, in ? in->id : "an endpoint that is gone");
    metric_add(q->r->metrics, METRIC_LOOPS, 1);
    query_trace(q, "join", "loop", q->rule->endpoint->id, "the question came this way before");
    q->looped = true;
    query_fail(q, EDE_OTHER, text ? text : "forwarding loop");
    return STEP_ANSWER;
}

/* A VPC or rule has its share. SERVFAIL lets a client go elsewhere at once, where silence would
 * make it wait and ask again; but a flood is not worth a packet for each. */
static enum step over_quota(struct query *q)
{
    static const char *const what[QUOTAS] = {
        [QUOTA_INFLIGHT] = "its share of the questions under way is used up",
        [QUOTA_RATE] = "it asks too many questions a second",
        [QUOTA_PARKED] = "its share of the waiting queries is used up",
    };
    const struct refusal *r = &q->refusal;
    const char *text = arena_printf(&q->arena, "quota of %s: %s", r->of->id, what[r->quota]);
    query_trace(q, "join", "quota", r->of->id, "%s", what[r->quota]);
    if (!r->silent || q->stale.msg)
        return give_up(q, EDE_OTHER, text ? text : what[r->quota]);
    query_trace(q, "join", "dropped", r->of->id, "so many are refused that they get no answer");
    return STEP_DROPPED;
}

enum step step_join(struct query *q)
{
    if (q->now - q->begun >= LIMIT_QUERY_MS * NS_PER_MS) /* a chain of slow steps; nobody waits */
        return give_up(q, EDE_NO_REACHABLE_AUTHORITY, "the chain took too long");
    switch (flight_join(q->r, q)) {
    case FLIGHT_JOINED:
        if (synthesize_wanted(q) && q->qtype == TYPE_AAAA)
            flight_ahead(q->r, q);
        return STEP_PARKED;
    case FLIGHT_QUOTA:
        return over_quota(q);
    case FLIGHT_LIMIT:
        metric_add(q->r->metrics, METRIC_DROPPED_LIMIT, 1);
        if (q->stale.msg)
            return give_up(q, EDE_OTHER, "too many questions are under way");
        query_trace(q, "join", "dropped", NULL, "too many questions are under way");
        return STEP_DROPPED;
    case FLIGHT_NO_WAY:
        return give_up(q, EDE_NETWORK_ERROR,
                       failure_text(q, q->rule->endpoint
                                           ? "no target can be asked from its endpoint"
                                           : "its outbound endpoint does not exist"));
    case FLIGHT_LOOP:
        return found_loop(q);
    case FLIGHT_DOWN:
        return give_up(q, EDE_NO_REACHABLE_AUTHORITY, failure_text(q, "all targets are down"));
    }
    return STEP_DROPPED;
}

enum step step_accept(struct query *q)
{
    struct outcome *o = q->outcome;
    q->outcome = NULL;
    if (!o)
        return give_up(q, EDE_OTHER, "out of memory");
    query_hold(q, o);
    if (o->loop) { /* nothing old or translated: this is an error of the design */
        query_trace(q, "accept", "loop", q->rule->id, "%s", o->text);
        q->looped = true;
        query_fail(q, EDE_OTHER, o->text);
        return STEP_ANSWER;
    }
    if (o->failed)
        return give_up(q, o->reply.ede, o->text);
    query_trace(q, "accept", "answer", NULL, "%u records accepted%s",
                o->reply.answers + o->reply.authorities, o->reply.ttl ? "" : ", not to be cached");
    return take(q, &o->reply);
}
