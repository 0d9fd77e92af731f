/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap of deadlines; see timer.h. */
#include "resolve/timer.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/error.h"

int timers_init(struct timers *t, size_t max)
{
    t->heap = malloc((max + 1) * sizeof(struct timer *));
    t->n = 0;
    t->max = (uint32_t)max;
    return t->heap ? 0 : ERR_NOMEM;
}

void timers_deinit(struct timers *t)
{
    free(t->heap);
    t->heap = NULL;
}

static void heap_put(struct timers *t, uint32_t pos, struct timer *timer)
{
    t->heap[pos] = timer;
    timer->pos = pos;
}

/* Moves `timer` from the hole at `pos` to where it belongs. */
static void heap_settle(struct timers *t, uint32_t pos, struct timer *timer)
{
    for (; pos > 1 && t->heap[pos / 2]->at > timer->at; pos /= 2)
        heap_put(t, pos, t->heap[pos / 2]);
    for (uint32_t child; (child = pos * 2) <= t->n; pos = child) {
        if (child < t->n && t->heap[child + 1]->at < t->heap[child]->at)
            child++;
        if (t->heap[child]->at >= timer->at)
            break;
        heap_put(t, pos, t->heap[child]);
    }
    heap_put(t, pos, timer);
}

void timer_set(struct timers *t, struct timer *timer, uint64_t at)
{
    timer->at = at;
    if (!timer->pos) {
        must(t->n < t->max);
        timer->pos = ++t->n;
    }
    heap_settle(t, timer->pos, timer);
}

void timer_stop(struct timers *t, struct timer *timer)
{
    uint32_t pos = timer->pos;
    if (!pos)
        return;
    timer->pos = 0;
    struct timer *last = t->heap[t->n--];
    if (last != timer)
        heap_settle(t, pos, last);
}
