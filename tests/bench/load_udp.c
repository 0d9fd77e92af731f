/* SPDX-License-Identifier: Apache-2.0 */
/* Queries over UDP: a few sockets, each with its share of the window, batches of 32. With several
 * sources a socket is not connected, and each packet says whose it is, so that thousands of clients
 * need no thousands of sockets. */
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "load.h"

#define BATCH 32
#define SOCKETS_MAX 256
#define LOOK_NS (10 * NS_PER_MS)

/* What a batch needs; used by one call at a time. */
static struct {
    uint8_t wires[BATCH][LOAD_ANSWER + 64];
    struct iovec iov[BATCH];
    struct mmsghdr m[BATCH];
    /* control messages, aligned as they must be */
    size_t info[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo)) / sizeof(size_t)];
} batch;

static struct channel sockets[SOCKETS_MAX];
static struct sockaddr_storage server;
static socklen_t server_len;

static void open_one(struct load *l, struct channel *c)
{
    int queue = LOAD_QUEUE;
    work_channel_init(l, c);
    server_len = sockname_to_sa(&l->o.server, &server);
    c->fd = socket(server.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0)
        load_die("socket");
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
    setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &queue, sizeof(queue));
    if (l->o.sources.count > 1)
        return;
    if (l->o.sources.count) {
        struct sockaddr_storage from;
        struct sockname name = {.addr = l->o.sources.first};
        socklen_t n = sockname_to_sa(&name, &from);
        if (bind(c->fd, (struct sockaddr *)&from, n) < 0)
            load_die("bind");
    }
    if (connect(c->fd, (struct sockaddr *)&server, server_len) < 0)
        load_die("connect");
}

/* Says in a message which client sends it. */
static void from_source(const struct load *l, unsigned i, uint32_t source)
{
    struct msghdr *h = &batch.m[i].msg_hdr;
    struct in_pktinfo info = {0};
    struct addr a = work_source(l, source);
    memcpy(&info.ipi_spec_dst, a.b, sizeof(info.ipi_spec_dst));
    h->msg_name = &server;
    h->msg_namelen = server_len;
    h->msg_control = batch.info[i];
    h->msg_controllen = sizeof(batch.info[i]);
    struct cmsghdr *c = CMSG_FIRSTHDR(h);
    *c = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(info)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    memcpy(CMSG_DATA(c), &info, sizeof(info));
}

/* Sends a batch on one socket; returns the number. */
static unsigned send_batch(struct load *l, struct channel *c, uint64_t most)
{
    unsigned n = 0;
    while (n < BATCH && n < most && c->free_n) {
        uint32_t source;
        size_t len = work_ask(l, c, batch.wires[n], &source);
        batch.iov[n] = (struct iovec){batch.wires[n], len};
        batch.m[n].msg_hdr = (struct msghdr){.msg_iov = &batch.iov[n], .msg_iovlen = 1};
        if (l->o.sources.count > 1)
            from_source(l, n, source);
        n++;
    }
    int done = n ? sendmmsg(c->fd, batch.m, n, 0) : 0;
    unsigned sent = done > 0 ? (unsigned)done : 0;
    while (n > sent) /* the system took fewer: they were not asked */
        work_unask(l, c, batch.wires[--n]);
    return sent;
}

static unsigned receive_batch(struct load *l, struct channel *c)
{
    for (unsigned i = 0; i < BATCH; i++) {
        batch.iov[i] = (struct iovec){batch.wires[i], LOAD_ANSWER};
        batch.m[i].msg_hdr = (struct msghdr){.msg_iov = &batch.iov[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(c->fd, batch.m, BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return 0;
    l->now = clock_mono_ns();
    for (int i = 0; i < n; i++)
        work_answer(l, c, batch.wires[i], batch.m[i].msg_len);
    return (unsigned)n;
}

/* Waits until something can be read or sent. */
static void pause_until(const struct load *l)
{
    struct pollfd p[SOCKETS_MAX];
    uint64_t ns = work_due_ns(l, NS_PER_MS);
    struct timespec wait = {0, (long)ns};
    for (unsigned i = 0; i < l->o.sockets; i++)
        p[i] = (struct pollfd){.fd = sockets[i].fd, .events = POLLIN};
    if (ns)
        ppoll(p, l->o.sockets, &wait, NULL);
}

void udp_run(struct load *l)
{
    uint64_t look = 0;
    unsigned turn = 0;
    for (unsigned i = 0; i < l->o.sockets; i++)
        open_one(l, &sockets[i]);
    l->start = l->now = clock_mono_ns();
    for (;;) {
        unsigned moved = 0;
        for (unsigned i = 0; i < l->o.sockets; i++) {
            moved += receive_batch(l, &sockets[i]);
            uint64_t most = work_allowance(l);
            if (most)
                moved += send_batch(l, &sockets[turn++ % l->o.sockets], most);
        }
        l->now = clock_mono_ns();
        if (l->now >= look) {
            unsigned waiting = 0;
            look = l->now + LOOK_NS;
            for (unsigned i = 0; i < l->o.sockets; i++)
                waiting += work_expire(l, &sockets[i], false);
            if (work_over(l) && !waiting)
                return;
        }
        if (!moved)
            pause_until(l);
    }
}
