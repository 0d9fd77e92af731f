/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to targets. There are few of them: only truncated answers come here. */
#include "serve/upstream_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"
#include "dns/build.h"
#include "net/stream.h"
#include "serve/route_key.h"

#define FRAME 2
#define CONNS_MAX 512            /* of the worker */
#define CONNS_ROUTE 8            /* between one pair of source and target */
#define CONN_TRIES 32            /* questions under way on one connection */
#define IDLE_NS (5 * NS_PER_S)   /* a connection without questions is kept so long */
#define SILENT_NS (5 * NS_PER_S) /* with questions, but without a byte */

struct up_try {
    LIST_ENTRY(up_try) link;
    uint64_t handle;
    bool again; /* was sent on another connection before */
    uint16_t id;
    uint16_t len;
    uint8_t wire[FRAME + ACTION_QUERY];
};

LIST_HEAD(up_try_list, up_try);

struct up_conn {
    struct watch watch;
    struct stream stream;
    struct upstream_tcp *owner;
    struct route_key key;
    struct netns_id place;
    struct up_try_list tries;
    unsigned tries_n;
    bool connected;
    bool answered; /* at least once: it was a good connection */
    uint64_t active;
    LIST_ENTRY(up_conn) link;
};

struct upstream_tcp {
    struct worker *worker;
    LIST_HEAD(, up_conn) conns;
    unsigned conns_n;
};

/* --- connections ------------------------------------------------------------------------------ */

static void conn_free(struct up_conn *c)
{
    watch_remove(&c->owner->worker->loop, &c->watch);
    stream_close(&c->stream);
    LIST_REMOVE(c, link);
    c->owner->conns_n--;
    free(c);
}

static bool try_put(struct upstream_tcp *u, struct up_conn *c, struct up_try *t);
static struct up_conn *conn_new(struct upstream_tcp *u, const struct route_key *k,
                                enum flight_failure *ret_failure);

/* Closes a connection. Questions on one that had answered before are asked once more; the others
 * have failed. */
static void conn_fail(struct up_conn *c)
{
    struct upstream_tcp *u = c->owner;
    struct worker *w = u->worker;
    struct up_try_list tries = c->tries;
    struct route_key key = c->key;
    bool good = c->answered;
    if (!LIST_EMPTY(&tries))
        LIST_FIRST(&tries)->link.le_prev = &LIST_FIRST(&tries);
    conn_free(c);
    struct up_conn *fresh = NULL;
    struct up_try *t;
    while ((t = LIST_FIRST(&tries))) {
        enum flight_failure failure = FLIGHT_UNREACHABLE;
        LIST_REMOVE(t, link);
        bool retry = good && !t->again && flight_wanted(w->resolver, t->handle);
        if (retry && !fresh)
            fresh = conn_new(u, &key, &failure);
        t->again = true;
        if (retry && fresh && try_put(u, fresh, t))
            continue;
        flight_failed(w->resolver, t->handle, failure, w->now);
        free(t);
    }
}

static void conn_settle(struct up_conn *c)
{
    uint32_t events = EPOLLIN;
    if (!c->connected || stream_unsent(&c->stream))
        events |= EPOLLOUT;
    watch_change(&c->owner->worker->loop, &c->watch, events);
}

static void reply(struct up_conn *c, const uint8_t *wire, size_t len)
{
    struct worker *w = c->owner->worker;
    struct up_try *t = NULL;
    if (len >= MSG_HEADER)
        LIST_FOREACH(t, &c->tries, link)
    if (t->id == (uint16_t)(wire[0] << 8 | wire[1]))
        break;
    if (!t) {
        metric_add(&w->metrics, METRIC_UPSTREAM_REJECTED, 1);
        return;
    }
    if (!flight_reply(w->resolver, t->handle, wire, len, w->now) &&
        flight_wanted(w->resolver, t->handle))
        return;
    c->answered = true;
    c->tries_n--;
    LIST_REMOVE(t, link);
    free(t);
}

/* Reads and writes as far as the system lets us. False: the connection is broken. */
static bool conn_work(struct up_conn *c, uint32_t events)
{
    const uint8_t *msg;
    size_t len;
    if (!c->connected && events & EPOLLOUT) {
        int err = 0;
        socklen_t size = sizeof(err);
        if (getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0 || err)
            return false;
        c->connected = true;
    }
    if (c->connected && events & EPOLLOUT && stream_flush(&c->stream) < 0)
        return false;
    if (!(events & EPOLLIN))
        return !(events & (EPOLLERR | EPOLLHUP));
    int n = stream_read(&c->stream);
    if (n > 0)
        c->active = c->owner->worker->now;
    while (stream_next(&c->stream, &msg, &len))
        reply(c, msg, len);
    return n >= 0 && !c->stream.ended;
}

static void on_ready(struct watch *watch, uint32_t events)
{
    struct up_conn *c = container_of(watch, struct up_conn, watch);
    if (conn_work(c, events))
        conn_settle(c);
    else
        conn_fail(c);
}

static struct up_conn *conn_new(struct upstream_tcp *u, const struct route_key *k,
                                enum flight_failure *ret_failure)
{
    struct up_conn *c = u->conns_n < CONNS_MAX ? calloc(1, sizeof(*c)) : NULL;
    int fd;
    *ret_failure = FLIGHT_NO_SOCKET;
    if (!c || route_key_connect(k, SOCK_STREAM, &fd, ret_failure)) {
        free(c);
        return NULL;
    }
    stream_init(&c->stream, fd);
    c->watch = (struct watch){.fd = fd, .events = EPOLLIN | EPOLLOUT, .ready = on_ready};
    if (watch_add(&u->worker->loop, &c->watch)) {
        stream_close(&c->stream);
        free(c);
        return NULL;
    }
    c->owner = u;
    c->key = *k;
    c->place = place_id(k->attach, k->attach_name);
    c->active = u->worker->now;
    LIST_INIT(&c->tries);
    LIST_INSERT_HEAD(&u->conns, c, link);
    u->conns_n++;
    return c;
}

/* --- questions -------------------------------------------------------------------------------- */

/* The connection to ask on: an idle one, else a new one, else the one with the fewest questions. */
static struct up_conn *conn_pick(struct upstream_tcp *u, const struct action *a,
                                 enum flight_failure *ret_failure)
{
    struct up_conn *c, *best = NULL;
    unsigned n = 0;
    LIST_FOREACH(c, &u->conns, link)
    {
        if (!route_key_is(&c->key, a))
            continue;
        n++;
        if (!best || c->tries_n < best->tries_n)
            best = c;
    }
    *ret_failure = FLIGHT_NO_SOCKET;
    if (best && (best->tries_n == 0 || n == CONNS_ROUTE))
        return best->tries_n < CONN_TRIES ? best : NULL;
    struct route_key key;
    route_key_of(a, &key);
    return conn_new(u, &key, ret_failure);
}

/* Puts a question on a connection with a fresh id. False: no memory. */
static bool try_put(struct upstream_tcp *u, struct up_conn *c, struct up_try *t)
{
    const struct up_try *other;
    do {
        t->id = rnd_u16(&u->worker->rnd);
        LIST_FOREACH(other, &c->tries, link)
        if (other->id == t->id)
            break;
    } while (other);
    t->wire[FRAME] = (uint8_t)(t->id >> 8);
    t->wire[FRAME + 1] = (uint8_t)t->id;
    /* Always queued: the event that the socket can be written follows at once, and a failure has
     * then one place to be found. */
    if (stream_queue(&c->stream, t->wire, t->len))
        return false;
    if (!c->tries_n)
        c->active = u->worker->now;
    LIST_INSERT_HEAD(&c->tries, t, link);
    c->tries_n++;
    conn_settle(c);
    return true;
}

void upstream_tcp_send(struct upstream_tcp *u, const struct action *a)
{
    struct worker *w = u->worker;
    enum flight_failure failure = FLIGHT_NO_SOCKET;
    struct up_conn *c = conn_pick(u, a, &failure);
    struct up_try *t = c ? calloc(1, sizeof(*t)) : NULL;
    size_t len = t ? action_query(a, t->wire + FRAME) : 0;
    if (len) {
        t->handle = a->handle;
        t->wire[0] = (uint8_t)(len >> 8);
        t->wire[1] = (uint8_t)len;
        t->len = (uint16_t)(FRAME + len);
        if (try_put(u, c, t))
            return;
    }
    free(t);
    flight_failed(w->resolver, a->handle, failure, w->now);
}

/* --- life ------------------------------------------------------------------------------------- */

struct upstream_tcp *upstream_tcp_new(struct worker *w)
{
    struct upstream_tcp *u = calloc(1, sizeof(*u));
    if (u)
        u->worker = w;
    return u;
}

static void tries_free(struct up_conn *c)
{
    struct up_try *t;
    while ((t = LIST_FIRST(&c->tries))) {
        LIST_REMOVE(t, link);
        free(t);
    }
}

void upstream_tcp_free(struct upstream_tcp *u)
{
    if (!u)
        return;
    while (!LIST_EMPTY(&u->conns)) {
        tries_free(LIST_FIRST(&u->conns));
        conn_free(LIST_FIRST(&u->conns));
    }
    free(u);
}

/* Forgets questions whose answers nobody wants any more. */
static void tries_prune(struct up_conn *c)
{
    struct up_try *t, *next;
    for (t = LIST_FIRST(&c->tries); t; t = next) {
        next = LIST_NEXT(t, link);
        if (flight_wanted(c->owner->worker->resolver, t->handle))
            continue;
        LIST_REMOVE(t, link);
        c->tries_n--;
        free(t);
    }
}

void upstream_tcp_second(struct upstream_tcp *u)
{
    uint64_t now = u->worker->now;
    struct up_conn *c, *next;
    for (c = LIST_FIRST(&u->conns); c; c = next) {
        next = LIST_NEXT(c, link);
        tries_prune(c);
        if (c->tries_n ? now - c->active >= SILENT_NS : now - c->active >= IDLE_NS) {
            c->answered = false; /* it hangs: what is asked on it has failed */
            conn_fail(c);
        }
    }
}

void upstream_tcp_places_changed(struct upstream_tcp *u)
{
    struct up_conn *c, *next;
    for (c = LIST_FIRST(&u->conns); c; c = next) {
        next = LIST_NEXT(c, link);
        struct netns_id id = place_id(c->key.attach, c->key.attach_name);
        if (memcmp(&id, &c->place, sizeof(id)) != 0)
            conn_fail(c);
    }
}
