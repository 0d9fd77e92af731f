/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's thread: the driver of the resolver core (resolve/query.h). */
#include "serve/worker.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "serve/explain.h"
#include "serve/listen.h"
#include "serve/recursion.h"
#include "serve/report.h"
#include "serve/tcp.h"
#include "serve/upstream.h"

#define STOP_NS NS_PER_S              /* that queries under way get when the server stops */
#define DEFERRED_TURN 8               /* deferred queries between two looks at the sockets */
#define FIRST_WAIT_NS (5 * NS_PER_MS) /* between looks for the first snapshot */

/* --- parked queries --------------------------------------------------------------------------- */

struct waiter *worker_park(struct worker *w, struct query *q)
{
    struct waiter *to = LIST_FIRST(&w->free_waiters);
    if (!to && w->waiters_made < LIMIT_PARKED) {
        to = &w->waiters[w->waiters_made++];
        LIST_INSERT_HEAD(&w->free_waiters, to, link);
    }
    if (!to || !reader_pin(&w->reader, query_snapshot(q))) {
        metric_add(&w->metrics, METRIC_DROPPED_LIMIT, 1);
        query_free(w->resolver, q);
        return NULL;
    }
    LIST_REMOVE(to, link);
    to->query = q;
    to->udp = NULL;
    to->tcp = NULL;
    to->explain = NULL;
    query_set_owner(q, to);
    w->parked++;
    return to;
}

void worker_unpark(struct worker *w, struct waiter *to)
{
    const struct snapshot *s = query_snapshot(to->query);
    query_free(w->resolver, to->query);
    reader_unpin(&w->reader, s);
    if (to->udp)
        to->udp->parked--;
    if (to->tcp) {
        LIST_REMOVE(to, link);
        tcp_unparked(to->tcp);
    }
    to->query = NULL;
    LIST_INSERT_HEAD(&w->free_waiters, to, link);
    w->parked--;
}

static void resume_udp(struct worker *w, struct query *q, struct waiter *to)
{
    switch (query_resume(w->resolver, q, udp_room(w), LIMIT_UDP_EDNS, w->now)) {
    case QUERY_ANSWER:
        udp_answer(w, to, query_len(q));
        break;
    case QUERY_DROP:
        break;
    case QUERY_WAIT:
        return;
    }
    worker_unpark(w, to);
}

static void resume_stream(struct worker *w, struct query *q, struct waiter *to)
{
    struct tcp_conn *c = to->tcp;
    struct explain *e = to->explain;
    size_t len = 0;
    switch (query_resume(w->resolver, q, tcp_room(w), LIMIT_MESSAGE, w->now)) {
    case QUERY_ANSWER:
        len = query_len(q);
        break;
    case QUERY_DROP:
        break;
    case QUERY_WAIT:
        return;
    }
    worker_unpark(w, to);
    if (c)
        tcp_answer(c, len);
    else
        explain_answer(e, len);
}

static void resume(struct worker *w, struct query *q)
{
    struct waiter *to = query_owner(q);
    if (to->udp)
        resume_udp(w, q, to);
    else
        resume_stream(w, q, to);
}

void worker_pump(struct worker *w)
{
    struct action a;
    struct query *q;
    bool more = true;
    while (more) {
        more = false;
        while (resolver_action(w->resolver, w->now, &a)) {
            upstream_do(w, &a);
            more = true;
        }
        while ((q = resolver_ready(w->resolver))) {
            resume(w, q);
            more = true;
        }
    }
    udp_flush(w);
    report_events(w);
}

/* Gives noisy VPCs a turn when the others have had theirs. */
static void serve_deferred(struct worker *w)
{
    struct query *q;
    if (!resolver_has_deferred(w->resolver))
        return;
    for (unsigned i = 0; i < DEFERRED_TURN && (q = resolver_deferred(w->resolver)); i++)
        resume(w, q);
    worker_pump(w);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void on_changes(struct watch *watch, uint32_t events)
{
    struct worker *w = container_of(watch, struct worker, changes);
    uint64_t count;
    (void)events;
    ssize_t n = read(watch->fd, &count, sizeof(count));
    (void)n; /* it only says "look" */
    listen_sync(w);
}

static void on_second(struct loop_timer *t, uint64_t now)
{
    struct worker *w = container_of(t, struct worker, second);
    listen_second(w);
    upstream_second(w);
    loop_timer_set(&w->loop, t, now + NS_PER_S);
}

static void on_stop(struct job *job)
{
    struct worker *w = container_of(job, struct worker, stop_job);
    w->stopping = true;
    w->stop_at = w->now + STOP_NS;
    listen_stop(w);
}

static void pin_cpu(const struct worker *w)
{
    int first = worker_config(w)->pin_cpu;
    cpu_set_t set;
    if (first < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((unsigned)first + w->index, &set);
    if (sched_setaffinity(0, sizeof(set), &set) < 0)
        log_warn("serve", "cannot pin worker=%u cpu=%u", w->index, (unsigned)first + w->index);
}

/* Sleeps until something happens, then lets everything happen. */
static void turn(struct worker *w, uint64_t until)
{
    if (resolver_deadline(w->resolver) < until)
        until = resolver_deadline(w->resolver);
    if (resolver_has_deferred(w->resolver))
        until = w->now;
    reader_sleep(&w->reader);
    loop_wait(&w->loop, w->now, until);
    reader_wake(&w->reader);
    w->now = clock_mono_ns();
    loop_dispatch(&w->loop, w->now);
    if (resolver_deadline(w->resolver) <= w->now)
        resolver_tick(w->resolver, w->now);
    worker_pump(w);
    serve_deferred(w);
    reader_quiescent(&w->reader);
    w->now = clock_mono_ns();
}

/* Packets wait in the sockets until there is a model to answer from. */
static void wait_first_snapshot(struct worker *w)
{
    while (!w->stopping && !reader_snapshot(&w->reader)) {
        w->now = clock_mono_ns();
        turn(w, w->now + FIRST_WAIT_NS);
    }
}

static void serve(struct worker *w)
{
    struct serve *s = w->serve;
    wait_first_snapshot(w);
    if (!w->stopping && listen_shared(w, s->shared + w->index * worker_config(w)->listen_n))
        log_error("serve", "worker %u cannot listen on the shared addresses", w->index);
    listen_sync(w);
    while (!w->stopping)
        turn(w, UINT64_MAX);
    while (w->parked && w->now < w->stop_at)
        turn(w, w->stop_at);
}

/* Frees parked queries that got no answer in time. */
static void abandon(struct worker *w)
{
    tcp_server_close(w);
    for (unsigned i = 0; i < w->waiters_made && w->parked; i++) {
        struct waiter *to = &w->waiters[i];
        struct explain *e = to->query ? to->explain : NULL;
        if (to->query)
            worker_unpark(w, to);
        if (e)
            explain_abort(e);
    }
}

void *worker_run(void *worker)
{
    struct worker *w = worker;
    char name[16];
    snprintf(name, sizeof(name), "worker-%u", w->index);
    pthread_setname_np(pthread_self(), name);
    pin_cpu(w);
    w->now = clock_mono_ns();
    w->failed = reader_add(worker_config(w)->publisher, &w->reader) != 0;
    sem_post(&w->serve->started);
    if (w->failed)
        return NULL;
    w->changes = (struct watch){.fd = w->reader.wake_fd, .events = EPOLLIN, .ready = on_changes};
    if (watch_add(&w->loop, &w->changes) == 0) {
        loop_timer_set(&w->loop, &w->second, w->now);
        serve(w);
        watch_remove(&w->loop, &w->changes);
    }
    abandon(w);
    upstream_deinit(w);
    listen_close(w);
    reader_remove(&w->reader);
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static int init_parts(struct worker *w)
{
    const struct serve *s = w->serve;
    struct resolver_config rc = {
        .cache = s->cache,
        .metrics = &w->metrics,
        .rnd = &w->rnd,
        .recursion_off = !worker_config(w)->recursion,
        .queries_max = LIMIT_PARKED,
        .flights_max = LIMIT_INFLIGHT,
        .vpc_rate = worker_config(w)->vpc_rate,
        .rule_rate = worker_config(w)->rule_rate,
        .secret = {worker_config(w)->secret[0], worker_config(w)->secret[1]}};
    w->resolver = resolver_new(&rc);
    w->udp = udp_io_new();
    w->tcp = tcp_server_new();
    w->message = malloc(LIMIT_MESSAGE + 2);
    w->waiters = calloc(LIMIT_PARKED, sizeof(*w->waiters)); /* untouched pages cost nothing */
    if (!w->resolver || !w->udp || !w->tcp || !w->message || !w->waiters)
        return ERR_NOMEM;
    int err = upstream_init(w);
    return err ? err : listen_init(w);
}

int worker_init(struct worker *w, struct serve *s, unsigned index)
{
    memset(w, 0, sizeof(*w));
    w->serve = s;
    w->index = index;
    w->stop_job.run = on_stop;
    w->second.fire = on_second;
    LIST_INIT(&w->free_waiters);
    rnd_init(&w->rnd);
    metrics_register(&w->metrics);
    int err = loop_open(&w->loop);
    return err ? err : init_parts(w);
}

void worker_deinit(struct worker *w)
{
    upstream_deinit(w);
    listen_deinit(w);
    tcp_server_free(w->tcp);
    udp_io_free(w->udp);
    resolver_free(w->resolver);
    free(w->message);
    free(w->waiters);
    loop_close(&w->loop);
    metrics_remove(&w->metrics);
}
