/* SPDX-License-Identifier: Apache-2.0 */
/* Queries over UDP, in batches. Private to src/serve.
 *
 * The hit path is here: receive a batch with one system call, answer each packet into memory that
 * lies ready, send all answers with one. Nothing is allocated, cleared or locked. */
#ifndef SERVE_UDP_H
#define SERVE_UDP_H

#include "serve/worker.h"

/* A UDP socket of a listener. */
struct udp_sock {
    struct watch watch;
    struct worker *worker;
    struct listening *of; /* kind and slot are read there: they may change under the socket */
    bool wildcard;        /* bound to no address: replies must say where they come from */
    uint8_t family;
    unsigned parked;     /* waiters that will answer here */
    uint64_t full_since; /* ns, first of the full batches in a row; 0: the last one was not full */
};

/* Buffers for batches. NULL on lack of memory. */
struct udp_io *udp_io_new(void);

/* Accepts NULL. */
void udp_io_free(struct udp_io *io);

/* Starts to answer on a bound descriptor (on a wildcard address: with packet_info of sock_spec),
 * which is the socket's from now on. ERR_IO: it is not. */
int udp_start(struct worker *w, struct udp_sock *u, struct listening *of, int fd);

/* Answers what lies in the socket's queue now, at most a bounded number of batches. Returns false
 * when the queue is empty. */
bool udp_drain(struct udp_sock *u);

/* Stops watching and closes. The queue is drained by the caller; no waiter may be left. */
void udp_stop(struct udp_sock *u);

/* Sends the answer of a parked query (in udp_room); batches them until udp_flush. */
void udp_answer(struct worker *w, const struct waiter *to, size_t len);

/* Room for an answer, LIMIT_UDP_EDNS bytes. */
uint8_t *udp_room(struct worker *w);

/* Sends what is batched. */
void udp_flush(struct worker *w);

#endif
