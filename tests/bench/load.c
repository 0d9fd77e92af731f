/* SPDX-License-Identifier: Apache-2.0 */
/* A load generator for loopback: keeps a number of queries outstanding, or a rate, checks every
 * answer, and prints what happened as one line of JSON.
 *
 *   load --server ADDR:PORT (--name TEMPLATE | --file NAMES) [--names N] [--type T] [--source ADDR]
 *        [--seconds S] [--count N] [--window N] [--rate N] [--sockets N] [--timeout MS]
 *        [--expect-rcode NAME] [--expect-answers N] [--within MS] [--synth] [--series]
 *
 * "%u" in a template becomes a number below --names; without --names every name is new. `lost` are
 * queries without an answer after --timeout, `wrong` are answers that are not as expected. The
 * worst window is that of 100 ms whose 99th percentile is highest. --within counts the answers that
 * came in time, --synth checks each answer against its name, --series prints each 100 ms. */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/rand.h"
#include "dns/build.h"
#include "observe.h"

#define BATCH 32
#define QUERY_BYTES 320
#define SOCKETS_MAX 256
#define SLOTS_MAX 1024 /* of a socket: the low bits of an id */
#define SLOT_BITS 10
#define BUCKETS 4096 /* of the histogram: 16 for each doubling of microseconds/16 */
#define WINDOW_NS (100 * NS_PER_MS)
#define PREPARED_MAX 200000
#define QUEUE (4 << 20)

struct options {
    struct sockname server;
    struct addr source;
    const char *name, *file;
    uint64_t names, count, rate;
    double seconds;
    unsigned window, sockets, timeout_ms;
    uint16_t type, rcode;
    int answers; /* -1: any number */
};

struct slot {
    uint64_t sent; /* ns; 0: free */
    uint64_t hash; /* of the name, with --synth */
    uint8_t turn;  /* upper bits of the id, so that a late answer is known as one */
};

struct sock {
    int fd;
    struct slot *slots;
    uint16_t *free;
    unsigned free_n;
};

struct query {
    uint16_t len;
    uint8_t wire[QUERY_BYTES];
};

struct load {
    struct options o;
    unsigned slots; /* of each socket */
    struct sock socks[SOCKETS_MAX];
    struct query *prepared;
    uint64_t prepared_n;
    uint64_t next; /* number of the next name */
    uint64_t sent, received, lost, wrong, late;
    uint64_t histogram[BUCKETS];
    uint32_t window[BUCKETS];
    uint64_t window_n, window_end, worst_ns;
    uint64_t start, now;
    struct observe observe;
};

/* --- latency ---------------------------------------------------------------------------------- */

/* Sixteen steps for each power of two of nanoseconds: within 7 % of the truth. */
static unsigned bucket_of(uint64_t ns)
{
    if (ns < 16)
        return (unsigned)ns;
    unsigned top = 63 - (unsigned)__builtin_clzll(ns);
    return (top - 3) * 16 + (unsigned)(ns >> (top - 4) & 15);
}

static uint64_t bucket_ns(unsigned b)
{
    return b < 16 ? b : (16ull + b % 16) << (b / 16 - 1);
}

static uint64_t percentile(const uint64_t *h, uint64_t n, double share)
{
    uint64_t want = (uint64_t)((double)n * share), seen = 0;
    for (unsigned b = 0; b < BUCKETS; b++) {
        seen += h[b];
        if (seen > want)
            return bucket_ns(b);
    }
    return 0;
}

static void window_close(struct load *l)
{
    uint64_t seen = 0, want = l->window_n - l->window_n / 100;
    for (unsigned b = 0; b < BUCKETS && l->window_n >= 100; b++) {
        seen += l->window[b];
        if (seen < want)
            continue;
        if (bucket_ns(b) > l->worst_ns)
            l->worst_ns = bucket_ns(b);
        break;
    }
    memset(l->window, 0, sizeof(l->window));
    l->window_n = 0;
    l->window_end = l->now + WINDOW_NS;
}

static void note(struct load *l, uint64_t ns)
{
    unsigned b = bucket_of(ns);
    l->histogram[b]++;
    l->window[b]++;
    l->window_n++;
    if (l->now >= l->window_end)
        window_close(l);
}

/* --- names ------------------------------------------------------------------------------------ */

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void encode(const struct options *o, const char *text, struct query *ret)
{
    uint8_t name[NAME_MAX_WIRE];
    int len = name_parse(text, name) < 0 ? -1
                                         : build_query(ret->wire, sizeof(ret->wire), 0, FLAG_RD,
                                                       name, o->type, CLASS_IN, 1232, false);
    if (len < 0) {
        fprintf(stderr, "load: bad name %s\n", text);
        exit(2);
    }
    ret->len = (uint16_t)len;
}

/* Fills the template with a number. */
static void make(const struct options *o, uint64_t number, struct query *ret)
{
    char text[NAME_MAX_TEXT];
    const char *at = strstr(o->name, "%u");
    if (at)
        snprintf(text, sizeof(text), "%.*s%llu%s", (int)(at - o->name), o->name,
                 (unsigned long long)number, at + 2);
    else
        snprintf(text, sizeof(text), "%s", o->name);
    encode(o, text, ret);
}

static void prepare_file(struct load *l)
{
    FILE *f = fopen(l->o.file, "r");
    char line[NAME_MAX_TEXT];
    if (!f)
        die(l->o.file);
    l->prepared = calloc(PREPARED_MAX, sizeof(*l->prepared));
    while (l->prepared && l->prepared_n < PREPARED_MAX && fgets(line, sizeof(line), f)) {
        line[strcspn(line, " \t\r\n")] = '\0';
        if (*line)
            encode(&l->o, line, &l->prepared[l->prepared_n++]);
    }
    fclose(f);
}

static void prepare(struct load *l)
{
    if (l->o.file) {
        prepare_file(l);
        return;
    }
    if (!l->o.names || l->o.names > PREPARED_MAX)
        return;
    l->prepared = calloc(l->o.names, sizeof(*l->prepared));
    if (!l->prepared)
        die("memory");
    for (; l->prepared_n < l->o.names; l->prepared_n++)
        make(&l->o, l->prepared_n, &l->prepared[l->prepared_n]);
}

/* The next query, in `room` or among the prepared ones. */
static struct query *next_query(struct load *l, struct query *room)
{
    uint64_t number = l->next++;
    if (l->prepared_n)
        return &l->prepared[number % l->prepared_n];
    make(&l->o, l->o.names ? number % l->o.names : number, room);
    return room;
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void open_one(struct load *l, struct sock *s)
{
    struct sockaddr_storage sa;
    int queue = QUEUE;
    socklen_t len = sockname_to_sa(&l->o.server, &sa);
    s->fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (s->fd < 0)
        die("socket");
    setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
    if (l->o.source.family) {
        struct sockaddr_storage from;
        struct sockname name = {.addr = l->o.source};
        socklen_t n = sockname_to_sa(&name, &from);
        if (bind(s->fd, (struct sockaddr *)&from, n) < 0)
            die("bind");
    }
    if (connect(s->fd, (struct sockaddr *)&sa, len) < 0)
        die("connect");
    s->slots = calloc(l->slots, sizeof(*s->slots));
    s->free = calloc(l->slots, sizeof(*s->free));
    if (!s->slots || !s->free)
        die("memory");
    for (unsigned i = 0; i < l->slots; i++)
        s->free[s->free_n++] = (uint16_t)i;
}

static void finish(struct load *l, struct sock *s, unsigned slot)
{
    s->slots[slot].sent = 0;
    s->slots[slot].turn++;
    s->free[s->free_n++] = (uint16_t)slot;
    (void)l;
}

/* How many queries may be sent now: by count, time and rate. */
static uint64_t allowance(const struct load *l)
{
    uint64_t most = UINT64_MAX;
    if (l->o.count)
        most = l->o.count - l->sent;
    if (l->o.seconds > 0 && (double)(l->now - l->start) >= l->o.seconds * 1e9)
        most = 0;
    if (l->o.rate && most) {
        uint64_t due = (uint64_t)((double)(l->now - l->start) * (double)l->o.rate / 1e9);
        uint64_t behind = due > l->sent ? due - l->sent : 0;
        if (behind < most)
            most = behind;
    }
    return most;
}

/* Sends a batch on one socket; returns the number. */
static unsigned send_batch(struct load *l, struct sock *s, uint64_t most)
{
    static struct query rooms[BATCH];
    static uint8_t wires[BATCH][QUERY_BYTES];
    static struct iovec iov[BATCH];
    static struct mmsghdr m[BATCH];
    unsigned n = 0, slots[BATCH];
    while (n < BATCH && n < most && s->free_n) {
        unsigned slot = slots[n] = s->free[--s->free_n];
        const struct query *q = next_query(l, &rooms[n]);
        uint16_t id = (uint16_t)(slot | (unsigned)s->slots[slot].turn << SLOT_BITS);
        memcpy(wires[n], q->wire, q->len);
        wires[n][0] = (uint8_t)(id >> 8);
        wires[n][1] = (uint8_t)id;
        iov[n] = (struct iovec){wires[n], q->len};
        m[n].msg_hdr = (struct msghdr){.msg_iov = &iov[n], .msg_iovlen = 1};
        s->slots[slot].sent = l->now;
        if (l->observe.synth)
            s->slots[slot].hash = observe_question(q->wire, q->len);
        n++;
    }
    int done = n ? sendmmsg(s->fd, m, n, 0) : 0;
    unsigned sent = done > 0 ? (unsigned)done : 0;
    for (unsigned i = sent; i < n; i++) { /* the system took fewer: they were not asked */
        s->slots[slots[i]].sent = 0;
        s->free[s->free_n++] = (uint16_t)slots[i];
    }
    l->sent += sent;
    return sent;
}

static bool as_expected(const struct load *l, const uint8_t *wire, size_t len)
{
    if (len < MSG_HEADER || !(wire[2] & 0x80) || (wire[3] & 15) != l->o.rcode)
        return false;
    return l->o.answers < 0 || (wire[6] << 8 | wire[7]) == l->o.answers;
}

static void answer(struct load *l, struct sock *s, const uint8_t *wire, size_t len)
{
    unsigned id = len >= 2 ? (unsigned)(wire[0] << 8 | wire[1]) : 0xffff;
    unsigned slot = id & (SLOTS_MAX - 1);
    if (slot >= l->slots || !s->slots[slot].sent ||
        (uint16_t)(slot | (unsigned)s->slots[slot].turn << SLOT_BITS) != id) {
        l->late++;
        return;
    }
    struct observed seen = {wire, len, s->slots[slot].hash, l->now - l->start,
                            l->now - s->slots[slot].sent};
    bool right = observe_answer(&l->observe, &seen);
    l->received++;
    l->wrong += !right || !as_expected(l, wire, len);
    note(l, l->now - s->slots[slot].sent);
    finish(l, s, slot);
}

static unsigned receive_batch(struct load *l, struct sock *s)
{
    static uint8_t wires[BATCH][4096 + 64];
    static struct iovec iov[BATCH];
    static struct mmsghdr m[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){wires[i], 4096};
        m[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(s->fd, m, BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return 0;
    l->now = clock_mono_ns();
    for (int i = 0; i < n; i++)
        answer(l, s, wires[i], m[i].msg_len);
    return (unsigned)n;
}

/* Counts queries that got no answer in time. Returns the number still waiting. */
static uint64_t expire(struct load *l)
{
    uint64_t waiting = 0;
    for (unsigned i = 0; i < l->o.sockets; i++) {
        struct sock *s = &l->socks[i];
        for (unsigned k = 0; k < l->slots; k++) {
            if (!s->slots[k].sent)
                continue;
            if (l->now - s->slots[k].sent < l->o.timeout_ms * NS_PER_MS) {
                waiting++;
                continue;
            }
            l->lost++;
            finish(l, s, k);
        }
    }
    return waiting;
}

/* Waits until something can be read, at most `ms`. */
static void pause_for(struct load *l, int ms)
{
    static struct pollfd p[SOCKETS_MAX];
    for (unsigned i = 0; i < l->o.sockets; i++)
        p[i] = (struct pollfd){.fd = l->socks[i].fd, .events = POLLIN};
    poll(p, l->o.sockets, ms);
}

static void run(struct load *l)
{
    uint64_t look = 0;
    l->start = l->now = clock_mono_ns();
    l->window_end = l->now + WINDOW_NS;
    for (;;) {
        unsigned moved = 0;
        for (unsigned i = 0; i < l->o.sockets; i++) {
            moved += receive_batch(l, &l->socks[i]);
            uint64_t most = allowance(l);
            if (most)
                moved += send_batch(l, &l->socks[(i + l->sent) % l->o.sockets], most);
        }
        l->now = clock_mono_ns();
        if (l->now >= look) {
            uint64_t waiting = expire(l);
            look = l->now + 10 * NS_PER_MS;
            bool over = (l->o.count && l->sent >= l->o.count) ||
                        (l->o.seconds > 0 && (double)(l->now - l->start) >= l->o.seconds * 1e9);
            if (over && !waiting)
                return;
        }
        if (!moved)
            pause_for(l, 1);
    }
}

/* --- options ---------------------------------------------------------------------------------- */

static const struct option longs[] = {
    {"server", 1, NULL, 's'},       {"name", 1, NULL, 'n'},           {"names", 1, NULL, 'N'},
    {"file", 1, NULL, 'f'},         {"type", 1, NULL, 't'},           {"source", 1, NULL, 'S'},
    {"seconds", 1, NULL, 'd'},      {"count", 1, NULL, 'c'},          {"window", 1, NULL, 'w'},
    {"rate", 1, NULL, 'r'},         {"sockets", 1, NULL, 'k'},        {"timeout", 1, NULL, 'T'},
    {"expect-rcode", 1, NULL, 'e'}, {"expect-answers", 1, NULL, 'a'}, {"within", 1, NULL, 'W'},
    {"synth", 0, NULL, 'y'},        {"series", 0, NULL, 'p'},         {NULL, 0, NULL, 0},
};

/* Takes an option of what is observed; false: it is none. */
static bool observe_take(struct observe *o, int c, const char *arg)
{
    if (c == 'W')
        o->within = strtoull(arg, NULL, 10) * NS_PER_MS;
    o->synth |= c == 'y';
    o->series |= c == 'p';
    return c == 'W' || c == 'y' || c == 'p';
}

/* Takes one option; false: it is wrong. */
static bool option_take(struct options *o, int c, const char *arg)
{
    switch (c) {
    case 's':
        return sockname_parse(arg, 53, &o->server) == 0;
    case 'S':
        return addr_parse(arg, &o->source) == 0;
    case 't':
        return type_parse(arg, &o->type) == 0;
    case 'e':
        return rcode_parse(arg, &o->rcode) == 0;
    case 'n':
        o->name = arg;
        return true;
    case 'f':
        o->file = arg;
        return true;
    case 'N':
        o->names = strtoull(arg, NULL, 10);
        return true;
    case 'd':
        o->seconds = strtod(arg, NULL);
        return o->seconds > 0;
    case 'c':
        o->count = strtoull(arg, NULL, 10);
        return true;
    case 'r':
        o->rate = strtoull(arg, NULL, 10);
        return true;
    case 'w':
        o->window = (unsigned)strtoul(arg, NULL, 10);
        return o->window > 0;
    case 'k':
        o->sockets = (unsigned)strtoul(arg, NULL, 10);
        return o->sockets > 0 && o->sockets <= SOCKETS_MAX;
    case 'T':
        o->timeout_ms = (unsigned)strtoul(arg, NULL, 10);
        return o->timeout_ms > 0;
    case 'a':
        o->answers = atoi(arg);
        return true;
    default:
        return false;
    }
}

static bool options_take(struct options *o, struct observe *observe, int argc, char **argv)
{
    int c;
    *o = (struct options){
        .window = 128, .sockets = 8, .timeout_ms = 2000, .type = TYPE_A, .answers = -1};
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
        if (!observe_take(observe, c, optarg) && !option_take(o, c, optarg))
            return false;
    bool loopback =
        o->server.addr.family == AF_INET ? o->server.addr.b[0] == 127 : o->server.addr.b[15] == 1;
    if (optind != argc || !o->server.addr.family || (!o->name && !o->file) ||
        (!o->seconds && !o->count))
        return false;
    if (!loopback)
        fprintf(stderr, "load: only servers on loopback are asked\n");
    return loopback;
}

int main(int argc, char **argv)
{
    static struct load l;
    if (!options_take(&l.o, &l.observe, argc, argv)) {
        fprintf(stderr, "usage: see the head of tests/bench/load.c\n");
        return 2;
    }
    if (l.o.window < l.o.sockets)
        l.o.sockets = l.o.window;
    l.slots = l.o.window / l.o.sockets;
    if (l.slots > SLOTS_MAX)
        l.slots = SLOTS_MAX;
    prepare(&l);
    for (unsigned i = 0; i < l.o.sockets; i++)
        open_one(&l, &l.socks[i]);
    run(&l);
    double seconds = (double)(l.now - l.start) / 1e9;
    printf("{\"sent\": %llu, \"received\": %llu, \"lost\": %llu, \"wrong\": %llu, \"late\": %llu, "
           "\"seconds\": %.3f, \"rate\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
           "\"p999_us\": %.1f, \"worst_window_p99_us\": %.1f",
           (unsigned long long)l.sent, (unsigned long long)l.received, (unsigned long long)l.lost,
           (unsigned long long)l.wrong, (unsigned long long)l.late, seconds,
           (double)l.received / seconds, (double)percentile(l.histogram, l.received, 0.5) / 1e3,
           (double)percentile(l.histogram, l.received, 0.99) / 1e3,
           (double)percentile(l.histogram, l.received, 0.999) / 1e3, (double)l.worst_ns / 1e3);
    observe_print(&l.observe);
    printf("}\n");
    return l.received ? 0 : 1;
}
