/* SPDX-License-Identifier: Apache-2.0 */
/* Queries: their pool, and the door of the resolver (query.h).
 *
 * The pool grows by slabs when more queries are out than ever before, and never shrinks; a query
 * that is answered at once uses the same warm memory as the one before it. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/error.h"
#include "resolve/pipeline.h"

#define SLAB_QUERIES 16

struct query_slab {
    struct query_slab *next;
    struct query queries[SLAB_QUERIES];
};

/* --- the resolver
 * ------------------------------------------------------------------------------------- */

static bool pool_grow(struct resolver *r)
{
    struct query_slab *slab = malloc(sizeof(*slab));
    if (!slab)
        return false;
    slab->next = r->slabs;
    r->slabs = slab;
    for (int i = 0; i < SLAB_QUERIES; i++) {
        struct query *q = &slab->queries[i];
        q->r = r;
        q->place = QUERY_NOWHERE;
        TAILQ_INSERT_TAIL(&r->free_queries, q, link);
    }
    return true;
}

struct resolver *resolver_new(const struct resolver_config *config)
{
    struct resolver *r = calloc(1, sizeof(*r));
    uint64_t secret[2] = {rnd_u64(config->rnd), rnd_u64(config->rnd)};
    if (!r)
        return NULL;
    r->cache = config->cache;
    r->metrics = config->metrics;
    r->rnd = config->rnd;
    r->recursion_off = config->recursion_off;
    memcpy(r->secret, config->secret, sizeof(r->secret));
    r->queries_max = config->queries_max;
    r->flights_max = config->flights_max;
    TAILQ_INIT(&r->free_queries);
    TAILQ_INIT(&r->ready);
    TAILQ_INIT(&r->deferred);
    TAILQ_INIT(&r->actions);
    SLIST_INIT(&r->free_flights);
    size_t buckets = 1;
    while (buckets < r->flights_max)
        buckets *= 2;
    r->buckets_mask = buckets - 1;
    r->buckets = calloc(buckets, sizeof(*r->buckets));
    r->flights = calloc(r->flights_max, sizeof(*r->flights));
    r->targets = targets_new(secret);
    r->quotas = quotas_new(config);
    int err = timers_init(&r->timers, r->flights_max);
    if (!r->buckets || !r->flights || !r->targets || !r->quotas || err < 0 || !pool_grow(r)) {
        resolver_free(r);
        return NULL;
    }
    return r;
}

static void outcomes_release(struct query *q)
{
    outcome_unref(q->outcome);
    q->outcome = NULL;
    for (unsigned i = 0; i < q->held_n; i++)
        outcome_unref(q->held[i]);
    q->held_n = 0;
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->flights_made; i++) {
        struct query *q;
        TAILQ_FOREACH(q, &r->flights[i].followers, link)
        outcomes_release(q);
    }
    struct query *q;
    TAILQ_FOREACH(q, &r->ready, link)
    outcomes_release(q);
    for (struct query_slab *s = r->slabs, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    timers_deinit(&r->timers);
    targets_free(r->targets);
    quotas_free(r->quotas);
    free(r->flights);
    free(r->buckets);
    free(r);
}

/* --- the pool
 * ----------------------------------------------------------------------------------------- */

struct query *query_new(struct resolver *r)
{
    if (r->queries_n == r->queries_max || (TAILQ_EMPTY(&r->free_queries) && !pool_grow(r)))
        return NULL;
    struct query *q = TAILQ_FIRST(&r->free_queries);
    TAILQ_REMOVE(&r->free_queries, q, link);
    r->queries_n++;
    q->place = QUERY_NOWHERE;
    q->owner = NULL;
    q->snapshot = NULL;
    q->outcome = NULL;
    q->held_n = 0;
    return q;
}

void query_free(struct resolver *r, struct query *q)
{
    switch (q->place) {
    case QUERY_NOWHERE:
        break;
    case QUERY_IN_FLIGHT:
        flight_leave(q);
        break;
    case QUERY_READY:
        TAILQ_REMOVE(&r->ready, q, link);
        break;
    case QUERY_DEFERRED:
        defer_leave(q);
        break;
    }
    outcomes_release(q);
    q->place = QUERY_NOWHERE;
    r->queries_n--;
    TAILQ_INSERT_HEAD(&r->free_queries, q, link);
}

/* --- running
 * ------------------------------------------------------------------------------------------ */

void query_ask(struct query *q, const uint8_t *name)
{
    q->name = name;
    cache_key_name(&q->key, name);
    qp_key_make(&q->where, q->key.name);
}

/* Keeps what the packet says: the packet itself is gone when the query has to wait. */
static void keep_question(struct query *q, const struct query_in *in)
{
    struct message *m = &q->msg;
    size_t len = m->qname ? reply_body(m->qname_len) : MSG_HEADER;
    memcpy(q->head, in->packet, len);
    if (m->edns.options_len && q->listener == LISTEN_INBOUND)
        hops_read(q->r->secret, &m->edns, &q->hops);
    m->wire = q->head;
    m->len = len;
    m->edns.options = NULL;
    m->edns.options_len = 0;
    if (!m->qname)
        return;
    m->qname = q->head + MSG_HEADER;
    query_ask(q, m->qname);
}

/* Takes a packet; the step is set. */
static void take_packet(struct resolver *r, struct query *q, const struct query_in *in)
{
    q->r = r;
    q->snapshot = in->snapshot;
    q->view = NULL;
    q->listener = in->listener;
    q->slot = in->slot;
    q->source = in->source;
    q->tcp = in->tcp;
    q->begun = q->now = in->now;
    q->trace = in->trace;
    q->depth = 0;
    q->rcode = RCODE_NOERROR;
    q->ede = -1;
    q->ede_text = NULL;
    q->parts_n = 0;
    q->hops.n = 0;
    q->looped = false;
    q->key.name[0] = 0;
    arena_init(&q->arena, q->mem, sizeof(q->mem));
    metric_add(r->metrics, in->tcp ? METRIC_QUERIES_TCP : METRIC_QUERIES_UDP, 1);
    q->verdict = msg_parse_query(in->packet, in->len, &q->msg);
    if (q->verdict == MSG_DROP) {
        metric_add(r->metrics, METRIC_DROPPED_MALFORMED, 1);
        q->step = STEP_DROPPED;
        return;
    }
    keep_question(q, in);
    q->step = STEP_LOCATE;
}

void query_prepare(struct resolver *r, struct query *const q[], const struct query_in in[],
                   unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        take_packet(r, q[i], &in[i]);
    pipeline_prepare(q, n);
}

enum query_state query_finish(struct query *q, uint8_t *out, size_t out_size)
{
    q->out = out;
    q->out_size = out_size;
    return pipeline_run(q);
}

enum query_state query_begin(struct resolver *r, struct query *q, const struct query_in *in)
{
    take_packet(r, q, in);
    return query_finish(q, in->out, in->out_size);
}

enum query_state query_resume(struct resolver *r, struct query *q, uint8_t *out, size_t out_size,
                              uint64_t now)
{
    if (!should((q->step == STEP_PARKED || q->step == STEP_DEFERRED) && q->r == r))
        return QUERY_DROP;
    q->out = out;
    q->out_size = out_size;
    q->now = now;
    q->step = q->step == STEP_DEFERRED ? STEP_ADMIT : STEP_ACCEPT;
    return pipeline_run(q);
}

struct query *resolver_ready(struct resolver *r)
{
    struct query *q = TAILQ_FIRST(&r->ready);
    if (!q)
        return NULL;
    TAILQ_REMOVE(&r->ready, q, link);
    q->place = QUERY_NOWHERE;
    return q;
}

size_t query_len(const struct query *q)
{
    return q->out_len;
}

const struct snapshot *query_snapshot(const struct query *q)
{
    return q->snapshot;
}

void query_set_owner(struct query *q, void *owner)
{
    q->owner = owner;
}

void *query_owner(const struct query *q)
{
    return q->owner;
}

const struct message *query_message(const struct query *q)
{
    return &q->msg;
}

/* --- decisions
 * ---------------------------------------------------------------------------------------- */

void query_hold(struct query *q, struct outcome *o)
{
    if (should(q->held_n < QUERY_HELD))
        q->held[q->held_n++] = o;
}

void query_fail(struct query *q, uint16_t ede, const char *text)
{
    q->rcode = RCODE_SERVFAIL;
    q->ede = ede;
    q->ede_text = text;
    q->parts_n = 0;
}

/* The next free part, or NULL after failing the query. */
static struct part *part_new(struct query *q)
{
    if (q->parts_n < QUERY_PARTS)
        return &q->parts[q->parts_n++];
    query_fail(q, EDE_OTHER, "the answer has too many parts");
    return NULL;
}

bool query_add(struct query *q, enum section section, const struct rrset_view *view, unsigned first)
{
    struct part *p = part_new(q);
    if (!p)
        return false;
    p->section = section;
    p->view = *view;
    p->first = first;
    return true;
}

bool query_add_reply(struct query *q, const struct reply *reply)
{
    struct part *p = part_new(q);
    if (!p)
        return false;
    p->view.count = 0;
    p->view.type = 0;
    p->reply = *reply;
    return true;
}
