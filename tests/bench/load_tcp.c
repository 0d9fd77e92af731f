/* SPDX-License-Identifier: Apache-2.0 */
/* Queries over TCP: many connections that each keep their share of the window under way, or one
 * query for each connection, which is then opened anew. A connection that the server ends loses
 * what was under way on it. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define EVENTS 256
#define PREFIX 2
#define IN_BYTES (PREFIX + LOAD_ANSWER)
#define OUT_BYTES 8192
#define LOOK_NS (10 * NS_PER_MS)

struct connection {
    struct channel channel;
    uint32_t source;
    unsigned in_n, out_n;
    bool waits; /* for room to write, or to be connected */
    uint8_t in[IN_BYTES], out[OUT_BYTES];
};

static struct connection *connections;
static int epoll_fd;

static void watch(struct connection *c, int how)
{
    struct epoll_event e = {.events = EPOLLIN | (c->waits ? (uint32_t)EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(epoll_fd, how, c->channel.fd, &e) < 0)
        load_die("epoll");
}

static void connection_open(struct load *l, struct connection *c)
{
    struct sockaddr_storage sa, from;
    int one = 1;
    socklen_t len = sockname_to_sa(&l->o.server, &sa);
    int fd = c->channel.fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        load_die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (l->o.sources.count) {
        struct sockname name = {.addr = work_source(l, c->source++ % l->o.sources.count)};
        socklen_t n = sockname_to_sa(&name, &from);
        /* The port is chosen at connect, for it need only be free towards this server. */
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
        if (bind(fd, (struct sockaddr *)&from, n) < 0)
            load_die("bind");
    }
    if (connect(fd, (struct sockaddr *)&sa, len) < 0 && errno != EINPROGRESS)
        load_die("connect");
    c->in_n = c->out_n = 0;
    c->waits = true;
    watch(c, EPOLL_CTL_ADD);
}

/* Ends a connection; what was under way on it is lost. */
static void connection_close(struct load *l, struct connection *c)
{
    close(c->channel.fd);
    c->channel.fd = -1;
    work_expire(l, &c->channel, true);
}

static void connection_break(struct load *l, struct connection *c)
{
    l->broken++;
    connection_close(l, c);
}

/* Writes what there is to write. False: the connection broke. */
static bool flush(struct load *l, struct connection *c)
{
    ssize_t n = c->out_n ? send(c->channel.fd, c->out, c->out_n, MSG_NOSIGNAL) : 0;
    bool waited = c->waits;
    if (n < 0 && errno != EAGAIN && errno != ENOTCONN) {
        connection_break(l, c);
        return false;
    }
    if (n > 0) {
        c->out_n -= (unsigned)n;
        memmove(c->out, c->out + n, c->out_n);
    }
    c->waits = c->out_n > 0;
    if (c->waits != waited)
        watch(c, EPOLL_CTL_MOD);
    return true;
}

/* Asks as much as may be asked on a connection. */
static void fill(struct load *l, struct connection *c)
{
    uint64_t most = work_allowance(l);
    if (!most || !c->channel.free_n)
        return;
    if (c->channel.fd < 0)
        connection_open(l, c);
    while (most-- && c->channel.free_n && c->out_n + PREFIX + LOAD_QUERY <= OUT_BYTES) {
        uint32_t unused;
        size_t len = work_ask(l, &c->channel, c->out + c->out_n + PREFIX, &unused);
        c->out[c->out_n] = (uint8_t)(len >> 8);
        c->out[c->out_n + 1] = (uint8_t)len;
        c->out_n += PREFIX + (unsigned)len;
    }
    flush(l, c);
}

/* Takes the whole answers that came. False: one is longer than we read. */
static bool take(struct load *l, struct connection *c)
{
    unsigned at = 0;
    while (c->in_n - at >= PREFIX) {
        unsigned len = (unsigned)(c->in[at] << 8 | c->in[at + 1]);
        if (len > LOAD_ANSWER)
            return false;
        if (c->in_n - at < PREFIX + len)
            break;
        work_answer(l, &c->channel, c->in + at + PREFIX, len);
        at += PREFIX + len;
    }
    c->in_n -= at;
    memmove(c->in, c->in + at, c->in_n);
    return true;
}

static void readable(struct load *l, struct connection *c)
{
    uint64_t before = l->received;
    ssize_t n = recv(c->channel.fd, c->in + c->in_n, IN_BYTES - c->in_n, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    l->now = clock_mono_ns();
    if (n > 0)
        c->in_n += (unsigned)n;
    if (n <= 0 || !take(l, c)) {
        connection_break(l, c);
        return;
    }
    if (l->o.once && l->received > before)
        connection_close(l, c);
    fill(l, c);
}

/* Looks at all connections. True: nothing is under way any more. */
static bool look(struct load *l)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < l->o.tcp; i++) {
        struct connection *c = &connections[i];
        waiting += work_expire(l, &c->channel, false);
        if (l->o.once && c->channel.fd >= 0 && c->channel.free_n)
            connection_break(l, c); /* its query is lost, so it can't be used again */
    }
    return work_over(l) && !waiting;
}

void tcp_run(struct load *l)
{
    struct epoll_event events[EVENTS];
    uint64_t next_look = 0;
    unsigned turn = 0;
    epoll_fd = epoll_create1(0);
    connections = calloc(l->o.tcp, sizeof(*connections));
    if (epoll_fd < 0 || !connections)
        load_die("memory");
    for (unsigned i = 0; i < l->o.tcp; i++) {
        work_channel_init(l, &connections[i].channel);
        connections[i].source = i;
    }
    l->start = l->now = clock_mono_ns();
    for (;;) {
        /* Those that have nothing under way hear of nothing: they get their turn here. */
        for (unsigned i = 0; i < l->o.tcp && work_allowance(l); i++)
            fill(l, &connections[turn++ % l->o.tcp]);
        struct timespec wait = {0, (long)work_due_ns(l, NS_PER_MS)};
        int n = epoll_pwait2(epoll_fd, events, EVENTS, &wait, NULL);
        l->now = clock_mono_ns();
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->channel.fd >= 0 && (!(events[i].events & EPOLLOUT) || flush(l, c)) &&
                events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
                readable(l, c);
        }
        l->now = clock_mono_ns();
        if (l->now < next_look)
            continue;
        next_look = l->now + LOOK_NS;
        if (look(l))
            return;
    }
}
