/* SPDX-License-Identifier: Apache-2.0 */
/* Batched UDP.
 *
 * Two things matter for the cache of the CPU: receive buffers are a little more than a page apart,
 * or the first lines of all packets would compete for the same few sets; and answers are packed
 * one behind the other, so that a batch of small answers fits the first-level cache. */
#include "serve/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "serve/listen.h"

#define PACKET_BYTES (LIMIT_UDP_PACKET + 1) /* one more: a packet that is too long shows it */
#define PACKET_STRIDE (LIMIT_UDP_PACKET + 192)
#define CONTROL_BYTES 64         /* one IP_PKTINFO or IPV6_PKTINFO */
#define ROUND_BATCHES 16         /* of one socket before the others get their turn, */
#define ROUND_NS (250 * 1000ull) /* or batches for so long */
#define AGAIN_PACKETS 4 /* a batch of so many means that more are coming: look again first */
#define BLOCKED_MS 20   /* a full send queue is given this long */

_Static_assert(CONTROL_BYTES >= CMSG_SPACE(sizeof(struct in6_pktinfo)), "control fits");

struct udp_io {
    struct mmsghdr in[LIMIT_BATCH];
    struct iovec in_iov[LIMIT_BATCH];
    struct sockaddr_in6 in_peer[LIMIT_BATCH]; /* or a sockaddr_in */
    _Alignas(8) uint8_t in_control[LIMIT_BATCH][CONTROL_BYTES];

    struct mmsghdr out[LIMIT_BATCH];
    struct iovec out_iov[LIMIT_BATCH];
    struct sockaddr_in6 out_peer[LIMIT_BATCH]; /* of parked queries; others point to in_peer */
    _Alignas(8) uint8_t out_control[LIMIT_BATCH][CONTROL_BYTES];
    unsigned out_n;
    int out_fd;
    size_t out_used; /* bytes of out_mem */

    uint8_t *in_mem;
    uint8_t out_mem[LIMIT_BATCH * LIMIT_UDP_EDNS];
};

/* --- life ------------------------------------------------------------------------------------- */

struct udp_io *udp_io_new(void)
{
    struct udp_io *io = calloc(1, sizeof(*io));
    if (!io)
        return NULL;
    io->in_mem = malloc((size_t)LIMIT_BATCH * PACKET_STRIDE);
    if (!io->in_mem) {
        free(io);
        return NULL;
    }
    for (unsigned i = 0; i < LIMIT_BATCH; i++) {
        io->in_iov[i].iov_base = io->in_mem + (size_t)i * PACKET_STRIDE;
        io->in_iov[i].iov_len = PACKET_BYTES;
        io->in[i].msg_hdr.msg_iov = &io->in_iov[i];
        io->in[i].msg_hdr.msg_iovlen = 1;
        io->in[i].msg_hdr.msg_name = &io->in_peer[i];
        io->in[i].msg_hdr.msg_namelen = sizeof(io->in_peer[i]);
        io->out[i].msg_hdr.msg_iov = &io->out_iov[i];
        io->out[i].msg_hdr.msg_iovlen = 1;
    }
    io->out_fd = -1;
    return io;
}

void udp_io_free(struct udp_io *io)
{
    if (!io)
        return;
    free(io->in_mem);
    free(io);
}

static void on_ready(struct watch *watch, uint32_t events)
{
    (void)events;
    udp_drain(container_of(watch, struct udp_sock, watch));
}

int udp_start(struct worker *w, struct udp_sock *u, struct listening *of, int fd)
{
    const struct addr *a = &listening_address(of)->addr;
    const struct addr none = {.family = a->family};
    *u = (struct udp_sock){.watch = {.fd = fd, .events = EPOLLIN, .ready = on_ready},
                           .worker = w,
                           .of = of,
                           .wildcard = memcmp(a, &none, sizeof(none)) == 0,
                           .family = a->family};
    return watch_add(&w->loop, &u->watch);
}

void udp_stop(struct udp_sock *u)
{
    watch_remove(&u->worker->loop, &u->watch);
    close(u->watch.fd);
    u->watch.fd = -1;
}

/* --- sending ---------------------------------------------------------------------------------- */

void udp_flush(struct worker *w)
{
    struct udp_io *io = w->udp;
    unsigned at = 0;
    bool waited = false;
    while (at < io->out_n) {
        int n = sendmmsg(io->out_fd, io->out + at, io->out_n - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            at += (unsigned)n;
        } else if ((errno == EAGAIN || errno == ENOBUFS) && !waited) {
            struct pollfd p = {.fd = io->out_fd, .events = POLLOUT};
            poll(&p, 1, BLOCKED_MS);
            waited = true;
        } else if (errno == EAGAIN) {
            break; /* the device is stuck: waiting for each answer would stop all clients */
        } else if (errno != EINTR) {
            at++; /* only this one cannot be sent: no route, port 0, a firewall */
        }
    }
    io->out_n = 0;
    io->out_used = 0;
}

/* Adds an answer of `len` bytes at udp_room to the batch. `peer` stays as it is until the flush. */
static struct msghdr *out_add(struct udp_io *io, int fd, size_t len)
{
    io->out_fd = fd;
    io->out_iov[io->out_n].iov_base = io->out_mem + io->out_used;
    io->out_iov[io->out_n].iov_len = len;
    io->out_used += (len + 15) & ~(size_t)15;
    return &io->out[io->out_n++].msg_hdr;
}

/* Says from which of our addresses the answer leaves. */
static void set_local(struct msghdr *h, uint8_t *control, uint8_t family,
                      const struct in6_addr *local, uint32_t device)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)control;
    h->msg_control = control;
    if (family == AF_INET) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, local, sizeof(info.ipi_spec_dst));
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof(info));
        memcpy(CMSG_DATA(c), &info, sizeof(info));
        h->msg_controllen = CMSG_SPACE(sizeof(info));
    } else {
        struct in6_pktinfo info = {.ipi6_addr = *local, .ipi6_ifindex = device};
        c->cmsg_level = IPPROTO_IPV6;
        c->cmsg_type = IPV6_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof(info));
        memcpy(CMSG_DATA(c), &info, sizeof(info));
        h->msg_controllen = CMSG_SPACE(sizeof(info));
    }
}

/* Reads the address that a packet was sent to. False: the kernel did not tell. */
static bool get_local(const struct msghdr *h, struct in6_addr *ret_local, uint32_t *ret_device)
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(h);
    *ret_device = 0;
    if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof(info));
        memcpy(ret_local, &info.ipi_spec_dst, sizeof(info.ipi_spec_dst));
        return true;
    }
    if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof(info));
        *ret_local = info.ipi6_addr;
        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            *ret_device = info.ipi6_ifindex;
        return true;
    }
    return false;
}

uint8_t *udp_room(struct worker *w)
{
    return w->udp->out_mem + w->udp->out_used;
}

void udp_answer(struct worker *w, const struct waiter *to, size_t len)
{
    struct udp_io *io = w->udp;
    int fd = to->udp->watch.fd;
    if (io->out_n && io->out_fd != fd) {
        /* The answer lies behind the batch of another socket: it moves to the front. */
        const uint8_t *answer = udp_room(w);
        udp_flush(w);
        memmove(io->out_mem, answer, len);
    }
    io->out_peer[io->out_n] = to->peer;
    uint8_t *control = io->out_control[io->out_n];
    struct msghdr *h = out_add(io, fd, len);
    h->msg_name = &io->out_peer[io->out_n - 1];
    h->msg_namelen = to->peer_len;
    h->msg_controllen = 0;
    if (to->udp->wildcard)
        set_local(h, control, to->udp->family, &to->local, to->local_device);
    if (io->out_n == LIMIT_BATCH)
        udp_flush(w);
}

/* --- receiving -------------------------------------------------------------------------------- */

/* The source as a value; the family of a socket is known, so this needs no general conversion. */
static void source_of(const struct udp_sock *u, const struct sockaddr_in6 *peer,
                      struct sockname *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->addr.family = u->family;
    if (u->family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, peer, sizeof(v4));
        memcpy(ret->addr.b, &v4.sin_addr, 4);
        ret->port = ntohs(v4.sin_port);
    } else {
        memcpy(ret->addr.b, &peer->sin6_addr, 16);
        ret->port = ntohs(peer->sin6_port);
    }
}

static void park(struct udp_sock *u, struct query *q, const struct msghdr *h)
{
    struct waiter *to = worker_park(u->worker, q);
    if (!to)
        return;
    to->udp = u;
    memcpy(&to->peer, h->msg_name, sizeof(to->peer));
    to->peer_len = (uint8_t)h->msg_namelen;
    if (u->wildcard && !get_local(h, &to->local, &to->local_device))
        memset(&to->local, 0, sizeof(to->local));
    u->parked++;
}

/* Puts the answer that was just written at udp_room into the batch. */
static void answer_now(struct udp_sock *u, const struct msghdr *h, size_t len)
{
    struct udp_io *io = u->worker->udp;
    uint8_t *control = io->out_control[io->out_n];
    struct msghdr *out = out_add(io, u->watch.fd, len);
    out->msg_name = h->msg_name;
    out->msg_namelen = h->msg_namelen;
    out->msg_controllen = 0;
    struct in6_addr local;
    uint32_t device;
    if (u->wildcard && get_local(h, &local, &device))
        set_local(out, control, u->family, &local, device);
}

/* Sends a prepared query's answer, drops it or lets it wait. */
static void finish(struct udp_sock *u, struct query *q, const struct msghdr *h)
{
    struct worker *w = u->worker;
    switch (query_finish(q, udp_room(w), LIMIT_UDP_EDNS)) {
    case QUERY_ANSWER:
        answer_now(u, h, query_len(q));
        break;
    case QUERY_DROP:
        break;
    case QUERY_WAIT:
        park(u, q, h);
        return;
    }
    query_free(w->resolver, q);
}

/* Runs up to QUERY_GROUP packets through the resolver, side by side. */
static void group(struct udp_sock *u, const struct snapshot *snapshot, const struct mmsghdr *m,
                  unsigned n)
{
    struct worker *w = u->worker;
    struct query_in in[QUERY_GROUP];
    struct query *q[QUERY_GROUP];
    unsigned got = 0;
    for (; got < n && (q[got] = query_new(w->resolver)); got++) {
        in[got] = (struct query_in){.snapshot = snapshot,
                                    .listener = listening_kind(u->of),
                                    .slot = listening_slot(u->of),
                                    .packet = m[got].msg_hdr.msg_iov->iov_base,
                                    .len = m[got].msg_len,
                                    .now = w->now};
        source_of(u, m[got].msg_hdr.msg_name, &in[got].source);
    }
    if (got < n)
        metric_add(&w->metrics, METRIC_DROPPED_LIMIT, n - got);
    query_prepare(w->resolver, q, in, got);
    for (unsigned i = 0; i < got; i++)
        finish(u, q[i], &m[i].msg_hdr);
}

/* Tells the resolver whether packets wait for each other. */
static void note_fullness(struct udp_sock *u, bool full)
{
    struct worker *w = u->worker;
    if (!full)
        u->full_since = 0;
    else if (!u->full_since)
        u->full_since = w->now;
    resolver_batch(w->resolver, full, full ? w->now - u->full_since : 0, w->now);
}

/* Receives and answers one batch: the number of packets, 0 when there are none. */
static unsigned batch(struct udp_sock *u)
{
    struct worker *w = u->worker;
    struct udp_io *io = w->udp;
    for (unsigned i = 0; i < LIMIT_BATCH && u->wildcard; i++) {
        io->in[i].msg_hdr.msg_control = io->in_control[i];
        io->in[i].msg_hdr.msg_controllen = CONTROL_BYTES;
    }
    int n = recvmmsg(u->watch.fd, io->in, LIMIT_BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return 0;
    const struct snapshot *snapshot = reader_snapshot(&w->reader);
    w->now = clock_mono_ns();
    note_fullness(u, n == LIMIT_BATCH);
    for (int i = 0; i < n && snapshot; i += QUERY_GROUP)
        group(u, snapshot, &io->in[i], (unsigned)(n - i < QUERY_GROUP ? n - i : QUERY_GROUP));
    udp_flush(w);
    for (int i = 0; i < n; i++) {
        io->in[i].msg_hdr.msg_namelen = sizeof(io->in_peer[i]);
        io->in[i].msg_hdr.msg_controllen = 0;
    }
    worker_pump(w);
    reader_quiescent(&w->reader);
    return (unsigned)n;
}

bool udp_drain(struct udp_sock *u)
{
    uint64_t end = u->worker->now + ROUND_NS;
    for (unsigned i = 0; i < ROUND_BATCHES && (i == 0 || u->worker->now < end); i++) {
        unsigned n = batch(u);
        if (n == 0)
            return false;
        /* A small batch: the loop may sleep, which costs less than finding nothing. */
        if (n < AGAIN_PACKETS && !listening_closing(u->of))
            return true;
    }
    return true;
}
