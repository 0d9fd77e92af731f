/* SPDX-License-Identifier: Apache-2.0 */
/* Client connections.
 *
 * What a connection may cost is bounded: the number of all, the queries of each, the bytes that
 * wait for a slow reader, and the time of each of: silence, an unfinished message, an unread
 * answer. Reading stops while a connection is at a limit, so the client feels it in its own
 * window. */
#include "serve/tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"
#include "base/trouble.h"
#include "net/sock.h"
#include "net/stream.h"

#define FRAME 2
#define OUT_BYTES (4 * LIMIT_MESSAGE) /* answers of one round, sent together */
#define UNSENT_MAX LIMIT_MESSAGE      /* bytes that wait for a client before we stop reading */
#define ACCEPT_ROUND 64               /* connections accepted before queries get their turn */
#define READ_ROUND 8                  /* reads of one connection in a row */

struct tcp_conn {
    struct watch watch;
    struct stream stream;
    struct loop_timer timer;
    struct worker *worker;
    struct listening *from;
    struct sockname peer;
    struct waiter_list waiting; /* parked queries */
    unsigned waiting_n;
    uint64_t active;        /* ns, of the last byte either way */
    uint64_t partial_since; /* ns, first byte of an unfinished message; 0: none */
    bool idle;              /* in server->idle */
    TAILQ_ENTRY(tcp_conn) idle_link;
    LIST_ENTRY(tcp_conn) link;
};

struct tcp_server {
    LIST_HEAD(, tcp_conn) all;
    TAILQ_HEAD(, tcp_conn) idle; /* silent for longest first */
    unsigned n;
    uint8_t out[OUT_BYTES];
};

static struct trouble starved = TROUBLE("serve", "no descriptors for DNS clients over TCP",
                                        "descriptors for DNS clients over TCP again",
                                        METRIC_TCP_NO_DESCRIPTORS, METRIC_TCP_STARVED);

/* --- life ------------------------------------------------------------------------------------- */

struct tcp_server *tcp_server_new(void)
{
    struct tcp_server *t = malloc(sizeof(*t));
    if (!t)
        return NULL;
    LIST_INIT(&t->all);
    TAILQ_INIT(&t->idle);
    t->n = 0;
    return t;
}

static void idle_set(struct tcp_conn *c, bool idle)
{
    struct tcp_server *t = c->worker->tcp;
    if (c->idle)
        TAILQ_REMOVE(&t->idle, c, idle_link);
    if (idle)
        TAILQ_INSERT_TAIL(&t->idle, c, idle_link);
    c->idle = idle;
}

static void conn_close(struct tcp_conn *c)
{
    struct worker *w = c->worker;
    struct waiter *to;
    while ((to = LIST_FIRST(&c->waiting)))
        worker_unpark(w, to);
    idle_set(c, false);
    loop_timer_stop(&w->loop, &c->timer);
    watch_forget(&w->loop, &c->watch);
    stream_close(&c->stream);
    LIST_REMOVE(c, link);
    w->tcp->n--;
    c->from->clients--;
    free(c);
}

void tcp_server_close(struct worker *w)
{
    while (w->tcp && !LIST_EMPTY(&w->tcp->all))
        conn_close(LIST_FIRST(&w->tcp->all));
}

void tcp_server_free(struct tcp_server *t)
{
    free(t);
}

/* --- where a connection stands ---------------------------------------------------------------- */

static bool at_limit(const struct tcp_conn *c)
{
    return c->waiting_n >= LIMIT_TCP_PIPELINE || stream_unsent(&c->stream) > UNSENT_MAX;
}

static bool is_idle(const struct tcp_conn *c)
{
    return !c->waiting_n && !stream_unsent(&c->stream) && !c->partial_since;
}

/* When the connection has to be closed, if nothing happens; UINT64_MAX while it waits for us. */
static uint64_t deadline(const struct tcp_conn *c)
{
    uint64_t at = UINT64_MAX;
    if (stream_unsent(&c->stream))
        at = c->active + LIMIT_TCP_WRITE_MS * NS_PER_MS;
    if (c->partial_since && c->partial_since + LIMIT_TCP_READ_MS * NS_PER_MS < at)
        at = c->partial_since + LIMIT_TCP_READ_MS * NS_PER_MS;
    if (is_idle(c))
        at = c->active + LIMIT_TCP_IDLE_MS * NS_PER_MS;
    return at;
}

/* After anything happened: what to watch, how long, or close. False: it was closed. */
static bool conn_settle(struct tcp_conn *c)
{
    struct worker *w = c->worker;
    bool idle = is_idle(c);
    if (idle && (c->stream.ended || c->from->closing || w->stopping)) {
        conn_close(c);
        return false;
    }
    uint32_t events = stream_unsent(&c->stream) ? EPOLLOUT : 0;
    if (!c->stream.ended && !at_limit(c))
        events |= EPOLLIN;
    watch_change(&w->loop, &c->watch, events);
    if (idle || c->idle)
        idle_set(c, idle);
    /* A timer that fires too early looks again: cheaper than moving it with every query. */
    uint64_t at = deadline(c);
    if (at != UINT64_MAX && (!c->timer.waiting || at < c->timer.at))
        loop_timer_set(&w->loop, &c->timer, at);
    return true;
}

static void on_timer(struct loop_timer *t, uint64_t now)
{
    struct tcp_conn *c = container_of(t, struct tcp_conn, timer);
    uint64_t at = deadline(c);
    if (at <= now) {
        metric_add(&c->worker->metrics, METRIC_TCP_CLOSED_IDLE, 1);
        conn_close(c);
    } else if (at != UINT64_MAX) {
        loop_timer_set(&c->worker->loop, t, at);
    }
}

/* --- queries ---------------------------------------------------------------------------------- */

enum verdict { OUT_NOTHING, OUT_ANSWER, OUT_CLOSE };

/* Runs one message; an answer is written to `out`. */
static enum verdict message(struct tcp_conn *c, struct query_in *in, size_t *ret_len)
{
    struct worker *w = c->worker;
    struct query *q = query_new(w->resolver);
    if (!q) {
        metric_add(&w->metrics, METRIC_DROPPED_LIMIT, 1);
        return OUT_CLOSE;
    }
    enum verdict result = OUT_CLOSE;
    switch (query_begin(w->resolver, q, in)) {
    case QUERY_ANSWER:
        *ret_len = query_len(q);
        result = OUT_ANSWER;
        break;
    case QUERY_DROP:
        break;
    case QUERY_WAIT: {
        struct waiter *to = worker_park(w, q);
        if (!to)
            return OUT_CLOSE;
        to->tcp = c;
        LIST_INSERT_HEAD(&c->waiting, to, link);
        c->waiting_n++;
        return OUT_NOTHING;
    }
    }
    query_free(w->resolver, q);
    return result;
}

static bool out_send(struct tcp_conn *c, size_t *used)
{
    int err = *used ? stream_write(&c->stream, c->worker->tcp->out, *used) : 0;
    if (*used)
        c->active = c->worker->now;
    *used = 0;
    return err == 0;
}

/* Takes the whole messages that were read, as far as limits allow. False: close it. */
static bool conn_serve(struct tcp_conn *c)
{
    struct worker *w = c->worker;
    uint8_t *out = w->tcp->out;
    size_t used = 0, len;
    struct query_in in = {.snapshot = reader_snapshot(&w->reader),
                          .listener = c->from->kind,
                          .slot = c->from->slot,
                          .source = c->peer,
                          .tcp = true,
                          .out_size = LIMIT_MESSAGE,
                          .now = w->now};
    if (!in.snapshot)
        return false;
    while (!at_limit(c) && stream_next(&c->stream, &in.packet, &in.len)) {
        c->partial_since = 0;
        in.out = out + used + FRAME;
        enum verdict result = message(c, &in, &len);
        if (result == OUT_CLOSE)
            return false;
        if (result == OUT_NOTHING)
            continue;
        out[used] = (uint8_t)(len >> 8);
        out[used + 1] = (uint8_t)len;
        used += FRAME + len;
        if (used + FRAME + LIMIT_MESSAGE > OUT_BYTES && !out_send(c, &used))
            return false;
    }
    if (!out_send(c, &used))
        return false;
    if (!at_limit(c) && stream_partial(&c->stream)) {
        if (!c->partial_since)
            c->partial_since = w->now;
    } else {
        c->partial_since = 0;
    }
    return true;
}

/* Reads what is there and answers it. False: close it. */
static bool conn_read(struct tcp_conn *c)
{
    for (unsigned i = 0; i < READ_ROUND && !at_limit(c); i++) {
        int n = stream_read(&c->stream);
        if (n < 0)
            return false;
        if (n > 0)
            c->active = c->worker->now;
        if (n == 0)
            return true;
        if (!conn_serve(c))
            return false;
        if (c->stream.drained)
            break;
    }
    stream_rest(&c->stream);
    return true;
}

static void on_ready(struct watch *watch, uint32_t events)
{
    struct tcp_conn *c = container_of(watch, struct tcp_conn, watch);
    struct worker *w = c->worker;
    bool good = !(events & (EPOLLERR | EPOLLHUP));
    if (good && events & EPOLLOUT) {
        int n = stream_flush(&c->stream);
        if (n > 0)
            c->active = w->now;
        good = n >= 0 && conn_serve(c);
    }
    if (good && events & EPOLLIN)
        good = conn_read(c);
    if (good)
        conn_settle(c);
    else
        conn_close(c);
    worker_pump(w);
}

uint8_t *tcp_room(struct worker *w)
{
    return w->message + FRAME;
}

void tcp_answer(struct tcp_conn *c, size_t len)
{
    struct worker *w = c->worker;
    uint8_t *frame = w->message;
    frame[0] = (uint8_t)(len >> 8);
    frame[1] = (uint8_t)len;
    c->active = w->now;
    /* An answer makes room for a query that waits in the read buffer. */
    if ((len && stream_write(&c->stream, frame, FRAME + len)) || !conn_serve(c))
        conn_close(c);
    else
        conn_settle(c);
}

void tcp_unparked(struct tcp_conn *c)
{
    c->waiting_n--;
}

/* --- accepting -------------------------------------------------------------------------------- */

/* Makes room for one more connection. False: all are busy. */
static bool make_room(struct tcp_server *t)
{
    struct tcp_conn *oldest = TAILQ_FIRST(&t->idle);
    if (!oldest)
        return false;
    metric_add(&oldest->worker->metrics, METRIC_TCP_CLOSED_IDLE, 1);
    conn_close(oldest);
    return true;
}

static void conn_new(struct listening *l, int fd, const struct sockaddr_storage *sa)
{
    struct worker *w = l->worker;
    struct tcp_server *t = w->tcp;
    struct tcp_conn *c = NULL;
    bool spare = sock_spare(fd);
    if (!spare)
        trouble_note(&starved, "the last descriptors are kept for UDP and the store");
    if ((spare && t->n < LIMIT_TCP_CLIENTS) || make_room(t))
        c = calloc(1, sizeof(*c));
    if (!c || sockname_from_sa((const struct sockaddr *)sa, &c->peer)) {
        free(c);
        close(fd);
        return;
    }
    c->worker = w;
    c->from = l;
    c->active = w->now;
    c->timer.fire = on_timer;
    c->watch = (struct watch){.fd = fd, .events = EPOLLIN, .ready = on_ready};
    LIST_INIT(&c->waiting);
    stream_init(&c->stream, fd);
    if (watch_add(&w->loop, &c->watch)) {
        stream_close(&c->stream);
        free(c);
        return;
    }
    LIST_INSERT_HEAD(&t->all, c, link);
    t->n++;
    l->clients++;
    metric_add(&w->metrics, METRIC_TCP_ACCEPTED, 1);
    if (spare)
        trouble_over(&starved);
    if (conn_read(c)) /* the first query came with the connection: see sock_open */
        conn_settle(c);
    else
        conn_close(c);
}

/* Accepts one connection. False: none is there now. */
static bool accept_one(struct listening *l)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    int fd = accept4(l->accept.fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        conn_new(l, fd, &sa);
        return true;
    }
    if (sock_starved(errno)) {
        trouble_note(&starved, strerror(errno));
        if (make_room(l->worker->tcp))
            return true;
        watch_change(&l->worker->loop, &l->accept, 0); /* listen_second looks again */
        return false;
    }
    return errno != EAGAIN; /* others concern a connection that is gone already */
}

static void on_accept(struct watch *watch, uint32_t events)
{
    (void)events;
    struct listening *l = container_of(watch, struct listening, accept);
    for (unsigned i = 0; i < ACCEPT_ROUND && accept_one(l); i++)
        continue;
}

int tcp_listen(struct worker *w, struct listening *l, int fd)
{
    l->worker = w;
    l->accept = (struct watch){.fd = fd, .events = EPOLLIN, .ready = on_accept};
    return watch_add(&w->loop, &l->accept);
}

void tcp_unlisten(struct listening *l)
{
    struct worker *w = l->worker;
    if (!l->accept.added)
        return;
    for (unsigned i = 0; i < LIMIT_TCP_CLIENTS && accept_one(l); i++)
        continue;
    watch_remove(&w->loop, &l->accept);
    close(l->accept.fd);
    l->accept.fd = -1;
    struct tcp_conn *c, *next;
    for (c = LIST_FIRST(&w->tcp->all); c && l->closing; c = next) {
        next = LIST_NEXT(c, link);
        if (c->from != l)
            continue;
        if (conn_read(c)) /* what came just before the end is answered */
            conn_settle(c);
        else
            conn_close(c);
    }
}
