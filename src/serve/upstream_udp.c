/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of connected UDP sockets.
 *
 * A *try* is one question on one socket: it ties the message id to the resolver's handle. Tries
 * whose target stays silent are not taken back one by one; when many are in use, every new one
 * looks at two old ones and takes back those that the resolver no longer wants. */
#include "serve/upstream_udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"
#include "dns/build.h"
#include "net/sock.h"
#include "serve/route_key.h"

#define BUCKETS 1024 /* of the table of pools */
#define TRIES_MAX (4 * LIMIT_INFLIGHT)
#define TRIES_MANY (TRIES_MAX / 16) /* in use: now old ones are looked for */
#define LOOKS 2
#define ID_DRAWS 8                 /* random ids tried before a socket counts as full */
#define GROW_FIRST 16              /* sockets that a new pool opens one for each question; */
#define GROW_EVERY 4               /* then one for so many, so that nobody waits long */
#define READS 32                   /* packets of one socket before the others get their turn */
#define RENEW_NS (100 * NS_PER_MS) /* between replacements in one pool */
#define SHUT_NS (1 * NS_PER_S)     /* a pool that could open no socket is left alone so long */
#define POOL_IDLE_NS (60 * NS_PER_S)
#define RETIRE_NS ((LIMIT_QUERY_MS + 500) * NS_PER_MS) /* no reply is wanted after so long */

struct up_sock {
    struct watch watch; /* edge-triggered: see on_ready */
    struct upstream_udp *owner;
    struct up_pool *pool;     /* NULL: retired */
    unsigned index;           /* in pool->socks */
    uint32_t tries;           /* first try, an index + 1; 0: none */
    uint64_t retired_at;      /* ns */
    LIST_ENTRY(up_sock) link; /* in upstream_udp.retired */
};

struct up_pool {
    struct route_key key;
    struct netns_id place;
    struct upstream_udp *owner;
    struct up_sock **socks;
    unsigned n, size;
    unsigned most;                      /* sockets */
    unsigned asked;                     /* questions since it grew */
    uint64_t used, renewed, shut_until; /* ns */
    LIST_ENTRY(up_pool) bucket;
    TAILQ_ENTRY(up_pool) recent; /* least recently used first */
};

struct
try {
    uint64_t handle;
    struct up_sock *sock; /* NULL: free */
    uint32_t next;        /* of its socket, or in the free list: index + 1 */
    uint16_t id;
};

struct upstream_udp {
    struct worker *worker;
    unsigned sockets, sockets_max, pool_max;
    LIST_HEAD(, up_pool) buckets[BUCKETS];
    TAILQ_HEAD(, up_pool) recent;
    LIST_HEAD(, up_sock) retired;
    struct try *tries;
    uint32_t free_try;   /* index + 1 */
    uint32_t tries_made; /* slots beyond were never used */
    uint32_t tries_n;    /* in use */
    uint32_t hand;       /* next old try to look at */
};

/* --- tries ------------------------------------------------------------------------------------ */

/* Takes a try off its socket and gives it back. */
static void try_drop(struct upstream_udp *u, uint32_t at)
{
    struct try *t = &u->tries[at - 1];
    uint32_t *link = &t->sock->tries;
    while (*link != at)
        link = &u->tries[*link - 1].next;
    *link = t->next;
    t->sock = NULL;
    t->next = u->free_try;
    u->free_try = at;
    u->tries_n--;
}

static void look_at_old(struct upstream_udp *u)
{
    for (unsigned i = 0; i < LOOKS && u->tries_made; i++) {
        u->hand = (u->hand + 1) % u->tries_made;
        const struct try *t = &u->tries[u->hand];
        if (t->sock && !flight_wanted(u->worker->resolver, t->handle))
            try_drop(u, u->hand + 1);
    }
}

static bool id_used(const struct upstream_udp *u, const struct up_sock *s, uint16_t id)
{
    for (uint32_t at = s->tries; at; at = u->tries[at - 1].next)
        if (u->tries[at - 1].id == id)
            return true;
    return false;
}

/* A try with a random id that is free on this socket; 0: there is none. */
static uint32_t try_new(struct upstream_udp *u, struct up_sock *s, uint64_t handle)
{
    if (u->tries_n >= TRIES_MANY)
        look_at_old(u);
    uint16_t id = rnd_u16(&u->worker->rnd);
    for (unsigned i = 1; i < ID_DRAWS && id_used(u, s, id); i++)
        id = rnd_u16(&u->worker->rnd);
    uint32_t at = u->free_try;
    if (id_used(u, s, id))
        return 0;
    if (at)
        u->free_try = u->tries[at - 1].next;
    else if (u->tries_made < TRIES_MAX)
        at = ++u->tries_made;
    else
        return 0;
    u->tries_n++;
    u->tries[at - 1] = (struct try){.handle = handle, .sock = s, .next = s->tries, .id = id};
    s->tries = at;
    return at;
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void sock_free(struct upstream_udp *u, struct up_sock *s)
{
    while (s->tries)
        try_drop(u, s->tries);
    watch_remove(&u->worker->loop, &s->watch);
    close(s->watch.fd);
    u->sockets--;
    free(s);
}

/* Takes a socket out of its pool; it is closed when no reply is wanted any more. */
static void sock_retire(struct upstream_udp *u, struct up_sock *s)
{
    struct up_pool *p = s->pool;
    p->socks[s->index] = p->socks[--p->n];
    p->socks[s->index]->index = s->index;
    s->pool = NULL;
    if (!s->tries) {
        sock_free(u, s);
        return;
    }
    s->retired_at = u->worker->now;
    LIST_INSERT_HEAD(&u->retired, s, link);
}

/* Tells the resolver that the tries of a socket failed, all but `keep` (0: none). */
static void sock_fail(struct upstream_udp *u, struct up_sock *s, uint32_t keep)
{
    uint32_t next;
    for (uint32_t at = s->tries; at; at = next) {
        const struct try *t = &u->tries[at - 1];
        uint64_t handle = t->handle;
        next = t->next;
        if (at == keep)
            continue;
        try_drop(u, at);
        flight_failed(u->worker->resolver, handle, FLIGHT_UNREACHABLE, u->worker->now);
    }
}

/* Gives a packet to whom it is for. False: it is not the answer to anything asked here. */
static bool reply(struct upstream_udp *u, struct up_sock *s, const uint8_t *wire, size_t len)
{
    struct worker *w = u->worker;
    uint32_t at = len >= MSG_HEADER ? s->tries : 0;
    uint16_t id = len >= MSG_HEADER ? (uint16_t)(wire[0] << 8 | wire[1]) : 0;
    while (at && u->tries[at - 1].id != id)
        at = u->tries[at - 1].next;
    if (!at) {
        metric_add(&w->metrics, METRIC_UPSTREAM_REJECTED, 1);
        return false;
    }
    uint64_t handle = u->tries[at - 1].handle;
    bool done = flight_reply(w->resolver, handle, wire, len, w->now);
    if (done || !flight_wanted(w->resolver, handle))
        try_drop(u, at);
    return done;
}

/* Throws away what comes while nothing is asked: it is forged, or late. One call for all of it, and
 * nothing is copied, because somebody may send very much of that. */
static void discard(struct upstream_udp *u, struct up_sock *s)
{
    struct mmsghdr m[READS] = {0};
    int n = recvmmsg(s->watch.fd, m, READS, MSG_DONTWAIT, NULL);
    if (n > 0)
        metric_add(&u->worker->metrics, METRIC_UPSTREAM_REJECTED, (uint64_t)n);
    if (n == READS || (n < 0 && errno != EAGAIN)) /* there may be more */
        watch_again(&u->worker->loop, &s->watch);
}

/* Reads replies. The usual one is alone on its socket, and knowing that nothing more is asked there
 * saves asking the kernel. What may lie there then was not asked for: it comes out with the next
 * reply. */
static void on_ready(struct watch *watch, uint32_t events)
{
    (void)events;
    struct up_sock *s = container_of(watch, struct up_sock, watch);
    struct upstream_udp *u = s->owner;
    uint8_t *buf = u->worker->message;
    if (!s->tries) {
        discard(u, s);
        return;
    }
    for (unsigned i = 0; i < READS; i++) {
        ssize_t n = recv(watch->fd, buf, LIMIT_MESSAGE, MSG_DONTWAIT);
        if (n >= 0) {
            if (reply(u, s, buf, (size_t)n) && !s->tries)
                return;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            sock_fail(u, s, 0); /* an ICMP error: nobody listens there */
        }
    }
    watch_again(&u->worker->loop, watch);
}

/* --- pools ------------------------------------------------------------------------------------ */

/* Adds a socket to the pool. ERR_IO, ERR_NOMEM: *ret_failure is for the resolver. */
static int pool_grow(struct up_pool *p, enum flight_failure *ret_failure)
{
    struct upstream_udp *u = p->owner;
    *ret_failure = FLIGHT_NO_SOCKET;
    if (p->n == p->size) {
        unsigned size = p->size ? p->size * 2 : 8;
        struct up_sock **socks = realloc(p->socks, size * sizeof(struct up_sock *));
        if (!socks)
            return ERR_NOMEM;
        p->socks = socks;
        p->size = size;
    }
    struct up_sock *s = calloc(1, sizeof(*s));
    int fd;
    if (!s || route_key_connect(&p->key, SOCK_DGRAM, &fd, ret_failure)) {
        free(s);
        return ERR_IO;
    }
    if (p->n >= GROW_FIRST && !sock_spare(fd)) { /* the last ones are for pools with few */
        close(fd);
        free(s);
        return ERR_IO;
    }
    s->watch = (struct watch){.fd = fd, .events = EPOLLIN | EPOLLET, .ready = on_ready};
    if (watch_add(&u->worker->loop, &s->watch)) {
        close(fd);
        free(s);
        return ERR_IO;
    }
    s->owner = u;
    s->pool = p;
    s->index = p->n;
    p->socks[p->n++] = s;
    u->sockets++;
    return 0;
}

static void pool_empty(struct up_pool *p)
{
    while (p->n)
        sock_retire(p->owner, p->socks[p->n - 1]);
}

static void pool_free(struct up_pool *p)
{
    pool_empty(p);
    LIST_REMOVE(p, bucket);
    TAILQ_REMOVE(&p->owner->recent, p, recent);
    free(p->socks);
    free(p);
}

/* The pool of a deed, made if it is new. NULL on lack of memory. */
static struct up_pool *pool_get(struct upstream_udp *u, const struct action *a)
{
    unsigned b = route_key_hash(a) % BUCKETS;
    struct up_pool *p;
    LIST_FOREACH(p, &u->buckets[b], bucket)
    if (route_key_is(&p->key, a))
        break;
    if (p) {
        TAILQ_REMOVE(&u->recent, p, recent);
    } else {
        p = calloc(1, sizeof(*p));
        if (!p)
            return NULL;
        p->owner = u;
        route_key_of(a, &p->key);
        p->place = place_id(p->key.attach, p->key.attach_name);
        LIST_INSERT_HEAD(&u->buckets[b], p, bucket);
    }
    TAILQ_INSERT_TAIL(&u->recent, p, recent);
    p->most = u->pool_max / (a->sources ? a->sources : 1);
    p->used = u->worker->now;
    return p;
}

/* Takes sockets from the pool that was used least recently, if it is not `keep`. */
static void steal(struct upstream_udp *u, const struct up_pool *keep)
{
    struct up_pool *oldest = TAILQ_FIRST(&u->recent);
    if (oldest && oldest != keep)
        pool_free(oldest);
}

/* Adds a socket if it is time to. The failure is for the resolver, if the pool stays empty. */
static void pool_develop(struct up_pool *p, enum flight_failure *ret_failure)
{
    struct upstream_udp *u = p->owner;
    uint64_t now = u->worker->now;
    if (p->n >= p->most && now - p->renewed >= RENEW_NS) {
        p->renewed = now;
        sock_retire(u, p->socks[rnd_below(&u->worker->rnd, p->n)]);
    }
    if (p->n >= p->most || now < p->shut_until || (p->n >= GROW_FIRST && ++p->asked < GROW_EVERY))
        return;
    if (u->sockets >= u->sockets_max) {
        if (p->n)
            return;
        steal(u, p);
    }
    p->asked = 0;
    if (pool_grow(p, ret_failure))
        p->shut_until = now + SHUT_NS; /* ports, descriptors or the address are missing */
}

/* A socket of the pool at random. NULL: there is none. */
static struct up_sock *pool_pick(struct up_pool *p, enum flight_failure *ret_failure)
{
    *ret_failure = FLIGHT_NO_SOCKET;
    pool_develop(p, ret_failure);
    if (!p->n)
        return NULL;
    struct up_sock *s = p->socks[rnd_below(&p->owner->worker->rnd, p->n)];
    __builtin_prefetch(s);
    return s;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Sends try `at`: 0, or -1. A refusal that an earlier question left on the socket is not ours: its
 * tries have failed, and we send again. */
static int send_query(struct upstream_udp *u, uint32_t at, const uint8_t *wire, size_t len)
{
    struct up_sock *s = u->tries[at - 1].sock;
    for (unsigned i = 0; i < 2; i++) {
        if (send(s->watch.fd, wire, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return 0;
        if (errno != ECONNREFUSED)
            return -1;
        sock_fail(u, s, at);
    }
    return -1;
}

void upstream_udp_send(struct upstream_udp *u, const struct action *a)
{
    struct worker *w = u->worker;
    enum flight_failure failure = FLIGHT_NO_SOCKET;
    struct up_pool *p = pool_get(u, a);
    struct up_sock *s = p ? pool_pick(p, &failure) : NULL;
    uint8_t wire[ACTION_QUERY];
    size_t len = action_query(a, wire);
    uint32_t at = s && len ? try_new(u, s, a->handle) : 0;
    if (at) {
        uint16_t id = u->tries[at - 1].id;
        wire[0] = (uint8_t)(id >> 8);
        wire[1] = (uint8_t)id;
        if (send_query(u, at, wire, len) == 0)
            return;
        try_drop(u, at);
        failure = FLIGHT_UNREACHABLE;
    }
    flight_failed(w->resolver, a->handle, failure, w->now);
}

/* --- life ------------------------------------------------------------------------------------- */

struct upstream_udp *upstream_udp_new(struct worker *w, unsigned sockets_max, unsigned pool_max)
{
    struct upstream_udp *u = calloc(1, sizeof(*u));
    if (!u)
        return NULL;
    u->tries = calloc(TRIES_MAX, sizeof(*u->tries)); /* untouched pages cost nothing */
    if (!u->tries) {
        free(u);
        return NULL;
    }
    u->worker = w;
    u->sockets_max = sockets_max;
    u->pool_max = pool_max;
    TAILQ_INIT(&u->recent);
    return u;
}

void upstream_udp_free(struct upstream_udp *u)
{
    if (!u)
        return;
    while (!TAILQ_EMPTY(&u->recent))
        pool_free(TAILQ_FIRST(&u->recent));
    while (!LIST_EMPTY(&u->retired)) {
        struct up_sock *s = LIST_FIRST(&u->retired);
        LIST_REMOVE(s, link);
        sock_free(u, s);
    }
    free(u->tries);
    free(u);
}

void upstream_udp_second(struct upstream_udp *u)
{
    uint64_t now = u->worker->now;
    struct up_pool *p;
    while ((p = TAILQ_FIRST(&u->recent)) && now - p->used >= POOL_IDLE_NS)
        pool_free(p);
    struct up_sock *s, *next;
    for (s = LIST_FIRST(&u->retired); s; s = next) {
        next = LIST_NEXT(s, link);
        if (s->tries && now - s->retired_at < RETIRE_NS)
            continue;
        LIST_REMOVE(s, link);
        sock_free(u, s);
    }
}

void upstream_udp_places_changed(struct upstream_udp *u)
{
    struct up_pool *p;
    TAILQ_FOREACH(p, &u->recent, recent)
    {
        struct netns_id id = place_id(p->key.attach, p->key.attach_name);
        if (memcmp(&id, &p->place, sizeof(id)) == 0)
            continue;
        pool_empty(p);
        p->place = id;
        p->shut_until = 0;
    }
}
