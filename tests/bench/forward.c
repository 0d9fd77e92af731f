/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of what a forwarder can do with plain sockets: it sends every query on, from one of
 * many source ports at random and under a random id, and every reply back. It reads nothing but the
 * id. What a DNS server costs when it has to ask is said as a multiple of this.
 *
 *   forward ADDRESS:PORT UPSTREAM:PORT [PORTS]      1,024 source ports unless told */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/rand.h"

#define BATCH 32
#define PACKET 512
#define QUEUE (4 << 20)
#define PORTS 1024
#define PORTS_MAX 16384
#define EVENTS 128
#define IDS 65536
#define DRAWS 64  /* random ids tried before a query is dropped */
#define CLIENTS 0 /* the clients' socket, among events; a source port is its index + 1 */

/* A query under way, by the id that it was sent on with. */
struct pending {
    struct sockaddr_in6 client; /* or a sockaddr_in */
    socklen_t client_len;
    uint16_t client_id;
    uint16_t port; /* index + 1; 0: the id is free */
};

/* Packets of one system call. */
struct batch {
    uint8_t packets[BATCH][PACKET];
    struct sockaddr_in6 peers[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr messages[BATCH];
    unsigned n;
};

static struct pending pending[IDS];
static struct batch in, out;
static int clients, ports[PORTS_MAX], ports_n = PORTS;
static struct rnd rnd;

static void batch_init(struct batch *b)
{
    for (int i = 0; i < BATCH; i++) {
        b->iov[i] = (struct iovec){b->packets[i], PACKET};
        b->messages[i].msg_hdr = (struct msghdr){.msg_name = &b->peers[i],
                                                 .msg_namelen = sizeof(b->peers[i]),
                                                 .msg_iov = &b->iov[i],
                                                 .msg_iovlen = 1};
    }
}

static uint16_t id_get(const uint8_t *packet)
{
    return (uint16_t)(packet[0] << 8 | packet[1]);
}

static void id_set(uint8_t *packet, uint16_t id)
{
    packet[0] = (uint8_t)(id >> 8);
    packet[1] = (uint8_t)id;
}

/* --- to the upstream -------------------------------------------------------------------------- */

static void query(uint8_t *packet, size_t len, const struct msghdr *from)
{
    uint16_t id = rnd_u16(&rnd);
    for (int i = 1; i < DRAWS && pending[id].port; i++)
        id = rnd_u16(&rnd);
    struct pending *p = &pending[id]; /* when all draws are taken, the oldest may well be lost */
    p->client_len = from->msg_namelen;
    memcpy(&p->client, from->msg_name, sizeof(p->client));
    p->client_id = id_get(packet);
    p->port = (uint16_t)(1 + rnd_below(&rnd, (uint32_t)ports_n));
    id_set(packet, id);
    if (send(ports[p->port - 1], packet, len, MSG_DONTWAIT) < 0)
        p->port = 0;
}

static void queries(void)
{
    int n = recvmmsg(clients, in.messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        struct msghdr *h = &in.messages[i].msg_hdr;
        if (in.messages[i].msg_len >= 2)
            query(in.packets[i], in.messages[i].msg_len, h);
        h->msg_namelen = sizeof(in.peers[i]);
    }
}

/* --- to the clients --------------------------------------------------------------------------- */

static void flush(void)
{
    for (unsigned at = 0; at < out.n;) {
        int sent = sendmmsg(clients, out.messages + at, out.n - at, 0);
        at += sent > 0 ? (unsigned)sent : 1;
    }
    out.n = 0;
}

static void reply(uint32_t port)
{
    uint8_t *packet = out.packets[out.n];
    ssize_t len = recv(ports[port - 1], packet, PACKET, MSG_DONTWAIT);
    struct pending *p = len >= 2 ? &pending[id_get(packet)] : NULL;
    if (!p || p->port != port)
        return;
    p->port = 0;
    id_set(packet, p->client_id);
    out.iov[out.n].iov_len = (size_t)len;
    out.messages[out.n].msg_hdr.msg_name = &p->client; /* stays until the flush */
    out.messages[out.n].msg_hdr.msg_namelen = p->client_len;
    if (++out.n == BATCH)
        flush();
}

static int serve(int epoll)
{
    static struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < n; i++)
            if (events[i].data.u32 != CLIENTS)
                reply(events[i].data.u32);
        flush(); /* before new queries: they may take an id whose client is still named */
        for (int i = 0; i < n; i++)
            if (events[i].data.u32 == CLIENTS)
                queries();
    }
}

/* --- start ------------------------------------------------------------------------------------ */

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int watch(int epoll, int fd, uint32_t number)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = number};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

int main(int argc, char **argv)
{
    struct sockname name, upstream;
    struct sockaddr_storage sa, to;
    struct rlimit files = {PORTS_MAX + 64, PORTS_MAX + 64};
    int queue = QUEUE, epoll = epoll_create1(0);
    if (argc > 3)
        ports_n = atoi(argv[3]);
    if (argc < 3 || argc > 4 || sockname_parse(argv[1], 53, &name) ||
        sockname_parse(argv[2], 53, &upstream) || ports_n < 1 || ports_n > PORTS_MAX) {
        fprintf(stderr, "usage: forward ADDRESS:PORT UPSTREAM:PORT [PORTS]\n");
        return 2;
    }
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        perror("forward: file limit");
    rnd_init(&rnd);
    batch_init(&in);
    batch_init(&out);
    socklen_t len = sockname_to_sa(&name, &sa), to_len = sockname_to_sa(&upstream, &to);
    clients = socket(sa.ss_family, SOCK_DGRAM, 0);
    setsockopt(clients, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
    if (epoll < 0 || clients < 0 || bind(clients, (struct sockaddr *)&sa, len) < 0 ||
        watch(epoll, clients, CLIENTS) < 0)
        return fail("forward");
    for (int i = 0; i < ports_n; i++) {
        ports[i] = socket(to.ss_family, SOCK_DGRAM, 0);
        if (ports[i] < 0 || connect(ports[i], (struct sockaddr *)&to, to_len) < 0 ||
            watch(epoll, ports[i], (uint32_t)(i + 1)) < 0)
            return fail("forward: source port");
    }
    return serve(epoll);
}
