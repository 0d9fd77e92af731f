/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, as documented rows (base/metrics.def: METRIC(id, "prometheus_name", "help text")).
 *
 * Each writer (a worker, the API) has a block of its own on its own cache lines and is its only
 * writer, so counting is a plain load and store; readers sum over the registered blocks. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

enum metric {
#define METRIC(id, name, help) METRIC_##id,
#include "base/metrics.def"
#undef METRIC
    METRICS_N
};

struct metrics {
    _Alignas(64) _Atomic uint64_t c[METRICS_N];
    struct metrics *next; /* in the list of registered blocks */
};

/* Adds a block to the sum; it must live until the process ends or metrics_remove. Any thread. */
void metrics_register(struct metrics *m);
void metrics_remove(struct metrics *m);

/* Counts `n` events; only the block's own thread may call it. */
static inline void metric_add(struct metrics *m, enum metric id, uint64_t n)
{
    uint64_t v = atomic_load_explicit(&m->c[id], memory_order_relaxed);
    atomic_store_explicit(&m->c[id], v + n, memory_order_relaxed);
}

#define METRICS_REFUSED 128 /* pairs of object and quota that are shown; the rest is "other" */

/* Counts `n` queries as refused because a VPC or rule, by its id, has used up a quota. Any thread;
 * takes a lock. */
void metric_refused(const char *object, const char *quota, uint64_t n);

/* The sum over all blocks. Any thread. */
uint64_t metric_sum(enum metric id);

/* Appends all counters in the Prometheus text format. Any thread. */
void metrics_write(struct buf *out);

#endif
