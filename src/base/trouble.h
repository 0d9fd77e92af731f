/* SPDX-License-Identifier: Apache-2.0 */
/* A lack that lasts (no room, no lock, no descriptors): the log tells its beginning and its end,
 * not each attempt; metrics tell the attempts and whether it lasts.
 *
 * Operations: trouble_note for a failure, trouble_over for a success. A success costs one load
 * while all is well. What comes and goes quickly is told once in ten seconds. */
#ifndef BASE_TROUBLE_H
#define BASE_TROUBLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"

struct trouble {
    const char *area;  /* of the log lines */
    const char *begin; /* "the store takes no writes" */
    const char *end;   /* "the store takes writes again" */
    enum metric count; /* failures */
    enum metric gauge; /* 1 while it lasts */
    pthread_mutex_t lock;
    _Atomic bool lasts;
    bool told;        /* the beginning is in the log */
    uint64_t told_at; /* ns, of the last beginning that is */
    uint64_t since;   /* ns */
    uint64_t times;   /* failures since then */
};

/* A trouble that is not there. All members are static text and metrics. */
#define TROUBLE(a, b, e, c, g)                                             \
    {                                                                      \
        .area = (a), .begin = (b), .end = (e), .count = (c), .gauge = (g), \
        .lock = PTHREAD_MUTEX_INITIALIZER                                  \
    }

/* Something failed for this reason; `why` is text for the log. Any thread. */
void trouble_note(struct trouble *t, const char *why);

/* Ends a trouble that lasts; see trouble_over. Any thread. */
void trouble_end(struct trouble *t);

/* The same thing succeeded. Any thread. */
static inline void trouble_over(struct trouble *t)
{
    if (atomic_load_explicit(&t->lasts, memory_order_relaxed))
        trouble_end(t);
}

#endif
