/* SPDX-License-Identifier: Apache-2.0 */
/* A cheap upstream for benches and fault tests: answers each question for A or AAAA with one record
 * made from the name (synth.h), all others with no data, on several addresses at once, and
 * misbehaves on each of them as it is told.
 *
 *   upstream --listen ADDR:PORT [--listen ADDR:PORT ...] [--ttl S] [--control SOCKET] [--unique]
 *
 * The control socket takes one command a line and answers each with one line:
 *
 *   set LISTENER|all BEHAVIOUR   LISTENER is a number from 0. Behaviours:
 *       ok, silent, slow MS, drop PERCENT, servfail, refused,
 *       wrong-question           the reply is to another question
 *       wrong-name               the right question, but the record has another owner
 *       wrong-id, garbage        as they say
 *       truncate                 TC over UDP, the answer over TCP
 *       truncate-refused         TC over UDP, and nobody listens for TCP
 *       truncate-silent          TC over UDP, and no answer over TCP
 *       closed                   nobody listens: the kernel answers that the port is unreachable
 *   reset                        counters to zero
 *   count                        counters as JSON; `unique` needs --unique. `series` are the
 *                                queries in each 100 ms since the reset
 *
 * A name whose first label begins with "hang" is never answered. Slow answers wait in the loop's
 * timers, so they hold up nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "dns/message.h"
#include "net/loop.h"
#include "net/sock.h"
#include "synth.h"

#define BATCH 32
#define ROUNDS 4 /* batches of one listener before the others have their turn */
#define PACKET 512
#define ANSWER_TAIL 64 /* bytes that a reply may be longer than its query */
#define LISTENERS_MAX 16
#define CONNECTIONS_MAX 4096
#define LATE_MAX 65536 /* slow answers at a time; more are dropped */
#define SERIES_MAX 6000
#define SERIES_NS (100 * NS_PER_MS)
#define QUEUE (8 << 20)
#define UDP_SIZE 1232

enum behaviour {
    OK,
    SILENT,
    SLOW,
    DROP,
    SERVFAIL,
    REFUSED,
    WRONG_QUESTION,
    WRONG_NAME,
    WRONG_ID,
    GARBAGE,
    TRUNCATE,
    TRUNCATE_REFUSED,
    TRUNCATE_SILENT,
    CLOSED,
};

static const struct {
    const char *name;
    bool argument; /* a number follows */
} behaviours[] = {
    [OK] = {"ok", false},
    [SILENT] = {"silent", false},
    [SLOW] = {"slow", true},
    [DROP] = {"drop", true},
    [SERVFAIL] = {"servfail", false},
    [REFUSED] = {"refused", false},
    [WRONG_QUESTION] = {"wrong-question", false},
    [WRONG_NAME] = {"wrong-name", false},
    [WRONG_ID] = {"wrong-id", false},
    [GARBAGE] = {"garbage", false},
    [TRUNCATE] = {"truncate", false},
    [TRUNCATE_REFUSED] = {"truncate-refused", false},
    [TRUNCATE_SILENT] = {"truncate-silent", false},
    [CLOSED] = {"closed", false},
};
#define BEHAVIOURS (sizeof(behaviours) / sizeof(behaviours[0]))

struct listener {
    struct sockname name;
    struct watch udp, tcp; /* fd -1: closed */
    enum behaviour does;
    unsigned argument;
    uint64_t udp_n, tcp_n, connections, answered, unique;
    uint32_t series[SERIES_MAX];
};

/* A TCP connection; in the list of free ones while fd is -1. */
struct connection {
    struct watch watch;
    struct listener *listener;
    unsigned turn; /* of the slot: a late answer must not go to its next user */
    unsigned have;
    uint8_t in[2 + PACKET];
    struct connection *next_free;
};

/* An answer that waits for its time. */
struct late {
    struct loop_timer timer;
    struct listener *listener;
    struct connection *connection; /* NULL: UDP */
    unsigned turn;
    struct sockaddr_storage peer;
    socklen_t peer_len;
    uint16_t len;
    uint8_t wire[2 + PACKET + ANSWER_TAIL]; /* from 2 on; before it the length for TCP */
    struct late *next_free;
};

/* A packet with room for the reply, which is made in place. */
struct packet {
    uint8_t wire[PACKET + ANSWER_TAIL];
};

static struct upstream {
    struct loop loop;
    struct listener listeners[LISTENERS_MAX];
    unsigned listeners_n;
    uint32_t ttl;
    uint64_t now, epoch;
    bool count_unique;
    uint64_t *seen; /* names: upper bits of the hash, and a bit for each listener that saw it */
    size_t seen_size, seen_n;
    struct connection *free_connections;
    struct late *free_late;
    struct watch control_listen;
    struct rnd rnd;
} u;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* --- counting --------------------------------------------------------------------------------- */

#define MASK ((1ull << LISTENERS_MAX) - 1)

static uint64_t *seen_find(uint64_t hash)
{
    size_t at = (hash >> LISTENERS_MAX) & (u.seen_size - 1);
    while (u.seen[at] && ((u.seen[at] ^ hash) & ~MASK))
        at = (at + 1) & (u.seen_size - 1);
    return &u.seen[at];
}

static void seen_grow(size_t size)
{
    uint64_t *old = u.seen;
    size_t old_size = old ? u.seen_size : 0;
    u.seen = calloc(size, sizeof(*u.seen));
    u.seen_size = size;
    if (!u.seen)
        die("memory");
    for (size_t i = 0; i < old_size; i++)
        if (old[i])
            *seen_find(old[i]) = old[i];
    free(old);
}

static void see(struct listener *l, uint64_t hash)
{
    uint64_t *at = seen_find(hash), bit = 1ull << (l - u.listeners);
    if (*at & bit)
        return;
    l->unique++;
    if (!*at) {
        *at = hash & ~MASK;
        u.seen_n++;
    }
    *at |= bit;
    if (u.seen_n * 2 > u.seen_size)
        seen_grow(u.seen_size * 2);
}

static void count_reset(void)
{
    u.epoch = u.now = clock_mono_ns();
    u.seen_n = 0;
    if (u.seen)
        memset(u.seen, 0, u.seen_size * sizeof(*u.seen));
    for (unsigned i = 0; i < u.listeners_n; i++) {
        struct listener *l = &u.listeners[i];
        l->udp_n = l->tcp_n = l->connections = l->answered = l->unique = 0;
        memset(l->series, 0, sizeof(l->series));
    }
}

static void count(struct listener *l, uint64_t hash, bool tcp)
{
    uint64_t slot = (u.now - u.epoch) / SERIES_NS;
    if (slot < SERIES_MAX)
        l->series[slot]++;
    *(tcp ? &l->tcp_n : &l->udp_n) += 1;
    if (u.count_unique)
        see(l, hash);
}

/* --- replies ---------------------------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* The record of the answer, if there is one for the type; returns its end. */
static uint8_t *put_record(uint8_t *p, const struct message *m, uint64_t hash, enum behaviour does)
{
    static const uint8_t elsewhere[] = "\5wrong\7invalid"; /* the NUL is the root */
    bool forged = does == WRONG_NAME || does == WRONG_QUESTION;
    unsigned size = m->qtype == TYPE_A ? 4 : m->qtype == TYPE_AAAA ? 16 : 0;
    if (!size)
        return p;
    if (does == WRONG_NAME) {
        memcpy(p, elsewhere, sizeof(elsewhere));
        p += sizeof(elsewhere);
    } else {
        put16(p, 0xc000 | MSG_HEADER);
        p += 2;
    }
    put16(p, m->qtype);
    put16(p + 2, CLASS_IN);
    put16(p + 4, u.ttl >> 16);
    put16(p + 6, u.ttl & 0xffff);
    put16(p + 8, size);
    p += 10;
    memset(p, 0, size);
    if (size == 16)
        memcpy(p, "\x20\x01\x0d\xb8", 4);
    synth_addr(hash, p + size - 4);
    if (forged)
        p[size - 4] = 203;
    return p + size;
}

static uint8_t *put_opt(uint8_t *p, const struct edns *e)
{
    if (!e->present)
        return p;
    *p = 0;
    put16(p + 1, TYPE_OPT);
    put16(p + 3, UDP_SIZE);
    put16(p + 5, 0);
    put16(p + 7, e->dnssec_ok ? 0x8000 : 0);
    put16(p + 9, 0);
    return p + 11;
}

/* Makes a query into its reply, in place: the header and the question with its case stay. Returns
 * the length. */
static size_t reply(uint8_t *wire, const struct message *m, uint64_t hash, enum behaviour does)
{
    uint8_t *p = wire + m->body;
    struct edns e = m->edns;
    unsigned rcode = does == SERVFAIL ? RCODE_SERVFAIL : does == REFUSED ? RCODE_REFUSED : 0;
    bool cut = does >= TRUNCATE && does <= TRUNCATE_SILENT;
    put16(wire + 2,
          FLAG_QR | FLAG_RA | (m->flags & (FLAG_RD | FLAG_CD)) | (cut ? FLAG_TC : 0) | rcode);
    uint8_t *record = p;
    if (!rcode && !cut)
        p = put_record(p, m, hash, does);
    put16(wire + 6, p > record);
    p = put_opt(p, &e);
    put16(wire + 10, e.present);
    if (does == WRONG_QUESTION && wire[MSG_HEADER])
        wire[MSG_HEADER + 1] = wire[MSG_HEADER + 1] == 'x' ? 'y' : 'x';
    if (does == WRONG_ID)
        wire[0] ^= 0x55;
    if (does == GARBAGE)
        rnd_bytes(&u.rnd, wire + MSG_HEADER, (size_t)(p - wire) - MSG_HEADER);
    return (size_t)(p - wire);
}

/* What becomes of a query at a listener that behaves so: 0 or the length of the reply. */
static size_t answer(struct listener *l, uint8_t *wire, size_t len, bool tcp)
{
    struct message m;
    enum behaviour does = l->does;
    if (msg_parse_query(wire, len, &m) != MSG_OK)
        return 0;
    uint64_t hash = synth_hash(m.qname, m.qname_len);
    count(l, hash, tcp);
    bool hangs = m.qname[0] >= 4 && !strncasecmp((const char *)m.qname + 1, "hang", 4);
    if (hangs || does == SILENT || does == CLOSED ||
        (does == DROP && rnd_below(&u.rnd, 100) < l->argument) || (does == TRUNCATE_SILENT && tcp))
        return 0;
    l->answered++;
    return reply(wire, &m, hash, tcp && does == TRUNCATE ? OK : does);
}

/* --- slow answers ----------------------------------------------------------------------------- */

static void tcp_send(struct connection *c, uint8_t *wire, size_t len);

static void late_fire(struct loop_timer *t, uint64_t now)
{
    struct late *late = container_of(t, struct late, timer);
    (void)now;
    if (!late->connection)
        (void)!sendto(late->listener->udp.fd, late->wire + 2, late->len, 0,
                      (struct sockaddr *)&late->peer, late->peer_len);
    else if (late->connection->turn == late->turn)
        tcp_send(late->connection, late->wire, late->len);
    late->next_free = u.free_late;
    u.free_late = late;
}

/* Keeps a reply until the listener's delay is over; the caller says to whom it goes. NULL: full. */
static struct late *late_new(struct listener *l, const uint8_t *wire, size_t len)
{
    struct late *late = u.free_late;
    if (!late)
        return NULL;
    u.free_late = late->next_free;
    late->listener = l;
    late->connection = NULL;
    late->len = (uint16_t)len;
    memcpy(late->wire + 2, wire, len);
    late->timer.fire = late_fire;
    loop_timer_set(&u.loop, &late->timer, u.now + l->argument * NS_PER_MS);
    return late;
}

static void late_udp(struct listener *l, const uint8_t *wire, size_t len, const struct msghdr *to)
{
    struct late *late = late_new(l, wire, len);
    if (!late)
        return;
    memcpy(&late->peer, to->msg_name, to->msg_namelen);
    late->peer_len = to->msg_namelen;
}

/* --- UDP -------------------------------------------------------------------------------------- */

static struct packet packets[BATCH];
static struct sockaddr_storage peers[BATCH];
static struct iovec iov[BATCH];
static struct mmsghdr messages[BATCH], replies[BATCH];

/* Answers one batch; returns how many packets there were. */
static int udp_batch(struct listener *l)
{
    for (int i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){packets[i].wire, PACKET};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                              .msg_namelen = sizeof(peers[i]),
                                              .msg_iov = &iov[i],
                                              .msg_iovlen = 1};
    }
    int n = recvmmsg(l->udp.fd, messages, BATCH, MSG_DONTWAIT, NULL), m = 0;
    for (int i = 0; i < n; i++) {
        size_t len = answer(l, packets[i].wire, messages[i].msg_len, false);
        if (len && l->does == SLOW) {
            late_udp(l, packets[i].wire, len, &messages[i].msg_hdr);
        } else if (len) {
            iov[i].iov_len = len;
            replies[m++] = messages[i];
        }
    }
    for (int at = 0; at < m;) {
        int sent = sendmmsg(l->udp.fd, replies + at, (unsigned)(m - at), 0);
        at += sent > 0 ? sent : 1;
    }
    return n;
}

static void udp_ready(struct watch *w, uint32_t events)
{
    struct listener *l = container_of(w, struct listener, udp);
    (void)events;
    u.now = clock_mono_ns();
    for (int i = 0; i < ROUNDS; i++)
        if (udp_batch(l) < BATCH)
            return;
}

/* --- TCP -------------------------------------------------------------------------------------- */

static void connection_close(struct connection *c)
{
    watch_remove(&u.loop, &c->watch);
    close(c->watch.fd);
    c->watch.fd = -1;
    c->turn++;
    c->next_free = u.free_connections;
    u.free_connections = c;
}

/* Sends a reply that begins at wire + 2. Who does not read loses the connection. */
static void tcp_send(struct connection *c, uint8_t *wire, size_t len)
{
    put16(wire, (unsigned)len);
    if (send(c->watch.fd, wire, len + 2, MSG_NOSIGNAL) != (ssize_t)len + 2)
        shutdown(c->watch.fd, SHUT_RDWR);
}

static void tcp_query(struct connection *c, const uint8_t *wire, size_t len)
{
    static uint8_t out[2 + PACKET + ANSWER_TAIL];
    struct listener *l = c->listener;
    memcpy(out + 2, wire, len);
    size_t n = answer(l, out + 2, len, true);
    if (n && l->does == SLOW) {
        struct late *late = late_new(l, out + 2, n);
        if (late) {
            late->connection = c;
            late->turn = c->turn;
        }
    } else if (n) {
        tcp_send(c, out, n);
    }
}

static void connection_ready(struct watch *w, uint32_t events)
{
    struct connection *c = container_of(w, struct connection, watch);
    (void)events;
    ssize_t n = recv(w->fd, c->in + c->have, sizeof(c->in) - c->have, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            connection_close(c);
        return;
    }
    c->have += (unsigned)n;
    u.now = clock_mono_ns();
    unsigned at = 0;
    while (c->have - at >= 2) {
        unsigned len = (unsigned)(c->in[at] << 8 | c->in[at + 1]);
        if (len > PACKET) {
            connection_close(c);
            return;
        }
        if (c->have - at < 2 + len)
            break;
        tcp_query(c, c->in + at + 2, len);
        at += 2 + len;
    }
    memmove(c->in, c->in + at, c->have - at);
    c->have -= at;
}

static void tcp_ready(struct watch *w, uint32_t events)
{
    struct listener *l = container_of(w, struct listener, tcp);
    (void)events;
    for (;;) {
        int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct connection *c = u.free_connections;
        if (!c) {
            close(fd);
            continue;
        }
        u.free_connections = c->next_free;
        l->connections++;
        c->listener = l;
        c->have = 0;
        c->watch = (struct watch){.fd = fd, .events = EPOLLIN, .ready = connection_ready};
        if (watch_add(&u.loop, &c->watch))
            die("epoll");
    }
}

/* --- listeners -------------------------------------------------------------------------------- */

static void listen_on(struct listener *l, struct watch *w, int type,
                      void (*ready)(struct watch *, uint32_t))
{
    struct sock_spec spec = {.type = type, .local = l->name, .listen = type == SOCK_STREAM};
    enum sock_failure why;
    int queue = QUEUE, fd;
    if (sock_open(&spec, &fd, &why))
        die("listen");
    if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)))
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
    *w = (struct watch){.fd = fd, .events = EPOLLIN, .ready = ready};
    if (watch_add(&u.loop, w))
        die("epoll");
}

static void watch_close(struct watch *w)
{
    if (w->fd < 0)
        return;
    watch_remove(&u.loop, w);
    close(w->fd);
    w->fd = -1;
}

static void behave(struct listener *l, enum behaviour does, unsigned argument)
{
    l->does = does;
    l->argument = argument;
    if (does == CLOSED)
        watch_close(&l->udp);
    else if (l->udp.fd < 0)
        listen_on(l, &l->udp, SOCK_DGRAM, udp_ready);
    if (does == CLOSED || does == TRUNCATE_REFUSED)
        watch_close(&l->tcp);
    else if (l->tcp.fd < 0)
        listen_on(l, &l->tcp, SOCK_STREAM, tcp_ready);
}

/* --- control ---------------------------------------------------------------------------------- */

static void print_counts(FILE *out)
{
    uint64_t slots = (clock_mono_ns() - u.epoch) / SERIES_NS + 1;
    fprintf(out, "{\"unique\": %zu, \"listeners\": [", u.seen_n);
    for (unsigned i = 0; i < u.listeners_n; i++) {
        const struct listener *l = &u.listeners[i];
        fprintf(out,
                "%s{\"queries\": %llu, \"udp\": %llu, \"tcp\": %llu, \"connections\": %llu, "
                "\"answered\": %llu, \"unique\": %llu, \"series\": [",
                i ? ", " : "", (unsigned long long)(l->udp_n + l->tcp_n),
                (unsigned long long)l->udp_n, (unsigned long long)l->tcp_n,
                (unsigned long long)l->connections, (unsigned long long)l->answered,
                (unsigned long long)l->unique);
        for (uint64_t k = 0; k < slots && k < SERIES_MAX; k++)
            fprintf(out, "%s%u", k ? "," : "", l->series[k]);
        fprintf(out, "]}");
    }
    fprintf(out, "]}\n");
}

static bool command_set(char *words)
{
    char who[8], what[32];
    unsigned argument = 0;
    int n = sscanf(words, "%7s %31s %u", who, what, &argument);
    unsigned first = (unsigned)strtoul(who, NULL, 10), last = first;
    if (n >= 2 && !strcmp(who, "all"))
        last = u.listeners_n - 1;
    if (n < 2 || last >= u.listeners_n)
        return false;
    for (size_t i = 0; i < BEHAVIOURS; i++) {
        if (strcmp(what, behaviours[i].name) || behaviours[i].argument != (n == 3))
            continue;
        for (unsigned k = first; k <= last; k++)
            behave(&u.listeners[k], (enum behaviour)i, argument);
        return true;
    }
    return false;
}

static void command(char *line, FILE *out)
{
    line[strcspn(line, "\r\n")] = '\0';
    bool ok = true;
    if (!strcmp(line, "count")) {
        print_counts(out);
        return;
    }
    if (!strcmp(line, "reset"))
        count_reset();
    else
        ok = !strncmp(line, "set ", 4) && command_set(line + 4);
    fprintf(out, "%s\n", ok ? "ok" : "error: see the head of tests/bench/upstream.c");
}

/* One command on a connection of its own, so that no state is kept; answered at once. */
static void control_ready(struct watch *w, uint32_t events)
{
    char line[128];
    (void)events;
    int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r+");
    if (!f)
        return;
    if (fgets(line, sizeof(line), f)) {
        fflush(f);
        command(line, f);
    }
    fclose(f);
}

static void control_open(const char *path)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 8))
        die(path);
    u.control_listen = (struct watch){.fd = fd, .events = EPOLLIN, .ready = control_ready};
    if (watch_add(&u.loop, &u.control_listen))
        die("epoll");
}

/* --- start ------------------------------------------------------------------------------------ */

static const struct option longs[] = {
    {"listen", 1, NULL, 'l'}, {"ttl", 1, NULL, 't'}, {"control", 1, NULL, 'c'},
    {"unique", 0, NULL, 'u'}, {NULL, 0, NULL, 0},
};

static bool options_take(int argc, char **argv, const char **ret_control)
{
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        struct listener *l = &u.listeners[u.listeners_n];
        if (c == 'l' && u.listeners_n < LISTENERS_MAX && !sockname_parse(optarg, 53, &l->name))
            u.listeners_n++;
        else if (c == 't')
            u.ttl = (uint32_t)strtoul(optarg, NULL, 10);
        else if (c == 'c')
            *ret_control = optarg;
        else if (c == 'u')
            u.count_unique = true;
        else
            return false;
    }
    return optind == argc && u.listeners_n;
}

static void room(void)
{
    struct connection *connections = calloc(CONNECTIONS_MAX, sizeof(*connections));
    struct late *late = calloc(LATE_MAX, sizeof(*late));
    if (!connections || !late)
        die("memory");
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
        connections[i].next_free = u.free_connections;
        u.free_connections = &connections[i];
    }
    for (unsigned i = 0; i < LATE_MAX; i++) {
        late[i].next_free = u.free_late;
        u.free_late = &late[i];
    }
    seen_grow(1 << 16);
}

int main(int argc, char **argv)
{
    const char *control = NULL;
    u.ttl = 300;
    if (!options_take(argc, argv, &control)) {
        fprintf(stderr, "usage: see the head of tests/bench/upstream.c\n");
        return 2;
    }
    if (loop_open(&u.loop))
        die("epoll");
    rnd_init(&u.rnd);
    room();
    for (unsigned i = 0; i < u.listeners_n; i++) {
        u.listeners[i].udp.fd = u.listeners[i].tcp.fd = -1;
        behave(&u.listeners[i], OK, 0);
    }
    count_reset();
    if (control)
        control_open(control);
    for (;;) {
        loop_wait(&u.loop, clock_mono_ns(), UINT64_MAX);
        loop_dispatch(&u.loop, clock_mono_ns());
    }
}
