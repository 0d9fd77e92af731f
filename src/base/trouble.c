/* SPDX-License-Identifier: Apache-2.0 */
/* Lacks that last. One block of metrics serves all of them: they are rare, and any thread may meet
 * one, so the counts are added atomically. */
#include "base/trouble.h"

#include "base/clock.h"
#include "base/log.h"

#define TELL_NS (10 * NS_PER_S) /* between two beginnings in the log */

static struct metrics metrics;
static pthread_once_t metrics_once = PTHREAD_ONCE_INIT;

static void metrics_begin(void)
{
    metrics_register(&metrics);
}

static void count(enum metric id, uint64_t n)
{
    pthread_once(&metrics_once, metrics_begin);
    atomic_fetch_add_explicit(&metrics.c[id], n, memory_order_relaxed);
}

void trouble_note(struct trouble *t, const char *why)
{
    uint64_t now = clock_mono_ns();
    count(t->count, 1);
    pthread_mutex_lock(&t->lock);
    if (!atomic_exchange(&t->lasts, true)) {
        count(t->gauge, 1);
        t->since = now;
        t->times = 0;
    }
    t->times++;
    bool tell = !t->told && (t->told_at == 0 || now - t->told_at >= TELL_NS);
    if (tell) {
        t->told = true;
        t->told_at = now;
    }
    pthread_mutex_unlock(&t->lock);
    if (tell)
        log_error(t->area, "%s why=\"%s\"", t->begin, why);
}

void trouble_end(struct trouble *t)
{
    pthread_mutex_lock(&t->lock);
    bool ended = atomic_exchange(&t->lasts, false), told = t->told;
    uint64_t since = t->since, times = t->times;
    if (ended) {
        count(t->gauge, UINT64_MAX); /* one less: sums of counters wrap */
        t->told = false;
    }
    pthread_mutex_unlock(&t->lock);
    if (ended && told)
        log_info(t->area, "%s after_ms=%llu failures=%llu", t->end,
                 (unsigned long long)((clock_mono_ns() - since) / NS_PER_MS),
                 (unsigned long long)times);
}
