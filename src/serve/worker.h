/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: one thread with its loop, its sockets and its resolver. Private to src/serve; all
 * functions here are for the worker's own thread. */
#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/loop.h"
#include "serve/serve.h"

struct listening;
struct tcp_conn;
struct udp_sock;
struct explain;
struct udp_io;
struct tcp_server;
struct listen_set;
struct upstream_udp;
struct upstream_tcp;
struct recursion;

/* Where the answer to a parked query goes. Exactly one of udp, tcp, explain is set. */
struct waiter {
    struct query *query;
    struct udp_sock *udp;
    struct tcp_conn *tcp;
    struct explain *explain;
    LIST_ENTRY(waiter) link;  /* of its connection, or in the free list */
    struct sockaddr_in6 peer; /* udp: large enough for IPv4 too */
    uint8_t peer_len;
    struct in6_addr local; /* udp on a wildcard: the address that was asked (IPv4: first bytes) */
    uint32_t local_device; /* and its interface, for link-local addresses */
};

LIST_HEAD(waiter_list, waiter);

struct worker {
    struct serve *serve;
    unsigned index;
    pthread_t thread;
    struct loop loop;
    struct reader reader;
    struct watch changes; /* reader.wake_fd */
    struct metrics metrics;
    struct rnd rnd;
    struct resolver *resolver;
    uint64_t now; /* of this round of the loop */
    bool failed;  /* could not start; read by serve_start after `started` */
    bool stopping;
    uint64_t stop_at; /* when stopping: parked queries are given up */
    struct job stop_job;
    struct loop_timer second; /* slow housekeeping */

    struct waiter *waiters; /* LIMIT_PARKED of them, used in order */
    unsigned waiters_made;
    struct waiter_list free_waiters;
    unsigned parked;

    uint8_t *message; /* LIMIT_MESSAGE + 2 bytes: answers over TCP, replies from upstream */
    struct udp_io *udp;
    struct tcp_server *tcp;
    struct listen_set *listen;
    struct upstream_udp *upstream_udp;
    struct upstream_tcp *upstream_tcp;
    struct recursion *recursion; /* NULL: off */
};

/* Allocates all that a worker needs and opens its loop; it starts with worker_run. ERR_NOMEM,
 * ERR_IO. Called by serve_start's thread. */
int worker_init(struct worker *w, struct serve *s, unsigned index);

/* Frees it, after its thread ended. Accepts a half-built one. */
void worker_deinit(struct worker *w);

/* The thread's function; the argument is the worker. */
void *worker_run(void *worker);

/* Does what the resolver wants and sends the answers of parked queries, until nothing is left to
 * do. After every batch. */
void worker_pump(struct worker *w);

/* A place for a query that has just returned QUERY_WAIT; pins its snapshot. NULL: a limit was
 * reached, and the query was freed and counted. */
struct waiter *worker_park(struct worker *w, struct query *q);

/* Frees the query of a waiter, and the waiter. */
void worker_unpark(struct worker *w, struct waiter *waiter);

#endif
