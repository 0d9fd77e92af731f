/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the load generator: what is asked and what came back (load_work.c), and the two ways
 * to the server and back (load_udp.c, load_tcp.c). One thread. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "observe.h"

#define LOAD_QUERY 320       /* bytes of the longest query */
#define LOAD_ANSWER 4096     /* bytes of the longest answer */
#define LOAD_SLOTS 1024      /* of a channel at most: the low bits of an id */
#define LOAD_BUCKETS 4096    /* of the histogram: 16 for each doubling */
#define LOAD_QUEUE (4 << 20) /* bytes of a UDP socket's buffers */

/* Clients' addresses: `count` of them from `first` on, `step` apart. count 0: the system's choice.
 */
struct sources {
    struct addr first;
    uint32_t step, count;
};

struct options {
    struct sockname server;
    struct sources sources;
    const char *name, *file;
    uint64_t names, count, rate;
    double seconds;
    unsigned window, sockets, timeout_ms;
    unsigned tcp; /* connections; 0: UDP */
    bool once;    /* one query for each connection */
    bool check;   /* addresses must be those that `net` and the numbers make */
    uint32_t net;
    uint16_t type, rcode;
    int answers; /* -1: any number */
};

/* A query under way. */
struct slot {
    uint64_t sent;   /* ns; 0: free */
    uint64_t hash;   /* of the name, with --synth */
    uint32_t expect; /* last four bytes of the answer, with --expect-net */
    uint8_t turn;    /* upper bits of the id, so that a late answer is known as one */
};

/* A socket or connection and its queries. */
struct channel {
    int fd;
    struct slot *slots;
    uint16_t *free;
    unsigned free_n;
};

/* How a query is made of a number: the digits replace one byte of the wire. */
struct template
{
    uint8_t wire[LOAD_QUERY];
    unsigned len, digit, label; /* bytes; where the digit and the length of its label are */
};

struct load {
    struct options o;
    struct template template;
    uint8_t *prepared; /* queries in one block */
    uint32_t *at;      /* where each begins, and one more */
    uint64_t names, total, stride;
    uint32_t clients; /* that queries are spread over */
    unsigned slots;   /* of each channel */
    uint64_t next;    /* number of the next query */
    uint64_t sent, received, lost, wrong, late, broken;
    uint64_t histogram[LOAD_BUCKETS];
    uint32_t window[LOAD_BUCKETS];
    uint64_t window_n, window_end, worst_ns;
    uint64_t start, now;
    struct observe observe;
};

/* Ends the program with errno's reason. */
void load_die(const char *what);

/* Encodes the names. Ends the program where one is bad. */
void work_prepare(struct load *l);

/* Allocates a channel's slots. */
void work_channel_init(const struct load *l, struct channel *c);

/* How many queries may be sent now: by count, time and rate. */
uint64_t work_allowance(const struct load *l);

/* True when nothing more will be sent. */
bool work_over(const struct load *l);

/* Nanoseconds until the next query is due by the rate, at most `most`. */
uint64_t work_due_ns(const struct load *l, uint64_t most);

/* Writes the next query (at most LOAD_QUERY bytes) and takes a slot, of which one must be free.
 * Returns its length, and who asks in `ret_source`. */
size_t work_ask(struct load *l, struct channel *c, uint8_t *wire, uint32_t *ret_source);

/* Takes the query back: it was not sent. */
void work_unask(struct load *l, struct channel *c, const uint8_t *wire);

/* Takes an answer. False: it is to no query under way. l->now is when it came. */
bool work_answer(struct load *l, struct channel *c, const uint8_t *wire, size_t len);

/* Counts queries as lost: those that have waited too long, or all. Returns the number still
 * waiting. */
unsigned work_expire(struct load *l, struct channel *c, bool all);

/* The address of a client. */
struct addr work_source(const struct load *l, uint32_t number);

/* Nanoseconds under which this share of the answers came. */
uint64_t work_percentile(const struct load *l, double share);

/* Runs until all is sent and answered or lost. */
void udp_run(struct load *l);
void tcp_run(struct load *l);

#endif
