/* SPDX-License-Identifier: Apache-2.0 */
/* The server as its workers see it. Private to src/serve. */
#ifndef SERVE_SERVE_PRIV_H
#define SERVE_SERVE_PRIV_H

#include <semaphore.h>

#include "serve/report.h"
#include "serve/worker.h"

/* Sockets of a shared listener, bound by serve_start for every worker. -1: not open, or handed
 * over. */
struct shared_sockets {
    int udp, tcp;
};

struct serve {
    struct serve_config config; /* texts and lists are copies */
    struct sockname *listen;
    struct cache *cache;
    struct reports reports;
    struct shared_sockets *shared; /* listen_n for each worker, one after the other */
    sem_t started;                 /* posted once by every worker thread */
    struct worker *workers;
    unsigned workers_n;   /* initialised */
    unsigned threads_n;   /* running */
    unsigned sockets_max; /* descriptors that one worker may use for upstream UDP */
    unsigned pool_max;    /* and for one target, from all sources of an endpoint */
};

/* The only cast from a worker's server (opaque in worker.h) to its settings. */
static inline const struct serve_config *worker_config(const struct worker *w)
{
    return &w->serve->config;
}

#endif
