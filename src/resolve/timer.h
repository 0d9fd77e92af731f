/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines in a binary heap: the earliest in O(1), changes in O(log n), no allocation after
 * timers_init. Private to src/resolve. */
#ifndef RESOLVE_TIMER_H
#define RESOLVE_TIMER_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what waits. */
struct timer {
    uint64_t at;  /* ns */
    uint32_t pos; /* in the heap, from 1; 0: not waiting */
};

struct timers {
    struct timer **heap; /* from 1 */
    uint32_t n;
    uint32_t max;
};

/* Room for `max` timers. ERR_NOMEM. */
int timers_init(struct timers *t, size_t max);

/* Frees the heap, not the timers. */
void timers_deinit(struct timers *t);

/* Sets or moves a timer to `at`; a timer that waits for the first time needs room. */
void timer_set(struct timers *t, struct timer *timer, uint64_t at);

/* Stops a timer; nothing happens if it does not wait. */
void timer_stop(struct timers *t, struct timer *timer);

/* The earliest timer, or NULL. */
static inline struct timer *timers_first(const struct timers *t)
{
    return t->n ? t->heap[1] : NULL;
}

#endif
