/* SPDX-License-Identifier: Apache-2.0 */
/* Tracing a question through the pipeline that serves.
 *
 * The trace belongs to the asker, whose arena the worker writes into, so the asker never leaves
 * while the worker may still write: when time is up it posts a cancellation and waits for that.
 * Lock: explain.lock alone; held for moments. */
#include "serve/explain.h"

#include <string.h>

#include "base/check.h"
#include "base/error.h"
#include "dns/build.h"
#include "serve/serve_priv.h"
#include "serve/tcp.h"

#define QUERY_BYTES 320

struct explain {
    struct job ask, cancel;
    struct worker *worker;
    struct query_in in;
    const char *vpc_id;
    uint8_t wire[QUERY_BYTES];
    uint8_t *reply; /* the asker's */
    size_t size;
    struct waiter *waiter; /* while parked; the worker's side */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;      /* err and len are set */
    bool cancelled; /* the worker has let go */
    int err;
    size_t len;
};

static void finish(struct explain *e, int err, size_t len)
{
    pthread_mutex_lock(&e->lock);
    e->done = true;
    e->err = err;
    e->len = len;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

void explain_answer(struct explain *e, size_t len)
{
    e->waiter = NULL;
    if (len > e->size) {
        finish(e, ERR_RANGE, 0);
        return;
    }
    memcpy(e->reply, tcp_room(e->worker), len);
    finish(e, 0, len);
}

void explain_abort(struct explain *e)
{
    e->waiter = NULL;
    finish(e, ERR_TIMEOUT, 0);
}

static void on_ask(struct job *job)
{
    struct explain *e = container_of(job, struct explain, ask);
    struct worker *w = e->worker;
    const struct snapshot *s = reader_snapshot(&w->reader);
    const struct view *v = s ? snapshot_view_by_id(s, e->vpc_id) : NULL;
    struct query *q = v && !w->stopping ? query_new(w->resolver) : NULL;
    if (!q) {
        finish(e, v ? ERR_BUSY : ERR_NOT_FOUND, 0);
        return;
    }
    e->in.snapshot = s;
    e->in.slot = view_slot(v);
    if (!e->in.source.addr.family)
        e->in.source.addr = view_example(v);
    e->in.now = w->now;
    e->in.out = tcp_room(w);
    switch (query_begin(w->resolver, q, &e->in)) {
    case QUERY_ANSWER:
        explain_answer(e, query_len(q));
        break;
    case QUERY_DROP:
        explain_answer(e, 0);
        break;
    case QUERY_WAIT:
        e->waiter = worker_park(w, q);
        if (e->waiter)
            e->waiter->explain = e;
        else
            finish(e, ERR_BUSY, 0);
        worker_pump(w);
        return;
    }
    query_free(w->resolver, q);
}

static void on_cancel(struct job *job)
{
    struct explain *e = container_of(job, struct explain, cancel);
    if (e->waiter)
        worker_unpark(e->worker, e->waiter);
    e->waiter = NULL;
    pthread_mutex_lock(&e->lock);
    e->cancelled = true;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

/* Waits until done, or the time; true if done. Under the lock. */
static bool wait_done(struct explain *e, int timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!e->done && pthread_cond_timedwait(&e->changed, &e->lock, &until) == 0)
        continue;
    return e->done;
}

/* Lets worker 0 ask and waits for the end. */
static void ask(struct explain *e, int timeout_ms)
{
    loop_post(&e->worker->loop, &e->ask);
    pthread_mutex_lock(&e->lock);
    if (!wait_done(e, timeout_ms)) {
        loop_post(&e->worker->loop, &e->cancel);
        while (!e->cancelled)
            pthread_cond_wait(&e->changed, &e->lock);
    }
    pthread_mutex_unlock(&e->lock);
}

int serve_explain(struct serve *s, const struct serve_question *q, size_t *ret_len)
{
    struct explain e = {
        .ask.run = on_ask,
        .cancel.run = on_cancel,
        .worker = &s->workers[0],
        .vpc_id = q->vpc_id,
        .reply = q->reply,
        .size = q->reply_size,
        .err = ERR_TIMEOUT,
        .in = {.listener = LISTEN_VPC, .tcp = true, .out_size = LIMIT_MESSAGE, .trace = q->trace},
    };
    /* The id is no secret: this message never leaves the process. */
    int len = build_query(e.wire, sizeof(e.wire), 0, FLAG_RD, q->qname, q->qtype, CLASS_IN,
                          LIMIT_UDP_EDNS, false);
    if (len < 0)
        return len;
    e.in.packet = e.wire;
    e.in.len = (size_t)len;
    e.in.source.addr = q->source;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&e.lock, NULL);
    pthread_cond_init(&e.changed, &attr);
    ask(&e, q->timeout_ms);
    pthread_cond_destroy(&e.changed);
    pthread_mutex_destroy(&e.lock);
    pthread_condattr_destroy(&attr);
    if (!e.err)
        *ret_len = e.len;
    return e.err;
}
