/* SPDX-License-Identifier: Apache-2.0 */
/* The list of counter blocks. Only registration and reading take the lock; counting never does. */
#include "base/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metrics *blocks; /* under lock */
static uint64_t
    removed[METRICS_N]; /* under lock: counts of blocks that left; counters never fall */

static struct {
    char object[64];
    const char *quota;
    uint64_t n;
} refused[METRICS_REFUSED + 1]; /* under lock; the last one is all that have no row */
static unsigned refused_n;      /* under lock */

static const struct {
    const char *name;
    const char *help;
} rows[METRICS_N] = {
#define METRIC(id, text, about) [METRIC_##id] = {text, about},
#include "base/metrics.def"
#undef METRIC
};

void metrics_register(struct metrics *m)
{
    pthread_mutex_lock(&lock);
    m->next = blocks;
    blocks = m;
    pthread_mutex_unlock(&lock);
}

void metrics_remove(struct metrics *m)
{
    pthread_mutex_lock(&lock);
    for (struct metrics **at = &blocks; *at; at = &(*at)->next) {
        if (*at == m) {
            *at = m->next;
            for (unsigned i = 0; i < METRICS_N; i++)
                removed[i] += atomic_load_explicit(&m->c[i], memory_order_relaxed);
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

static uint64_t sum_locked(enum metric id)
{
    uint64_t sum = removed[id];

    for (struct metrics *m = blocks; m; m = m->next)
        sum += atomic_load_explicit(&m->c[id], memory_order_relaxed);
    return sum;
}

uint64_t metric_sum(enum metric id)
{
    pthread_mutex_lock(&lock);
    uint64_t sum = sum_locked(id);
    pthread_mutex_unlock(&lock);
    return sum;
}

/* Counters never fall; what has another name does. */
static const char *type_of(const char *name)
{
    size_t len = strlen(name), end = sizeof "_total" - 1;

    return len > end && strcmp(name + len - end, "_total") == 0 ? "counter" : "gauge";
}

void metric_refused(const char *object, const char *quota, uint64_t n)
{
    pthread_mutex_lock(&lock);
    unsigned i = 0;
    while (i < refused_n &&
           (strcmp(refused[i].object, object) != 0 || strcmp(refused[i].quota, quota) != 0))
        i++;
    if (i == refused_n && i < METRICS_REFUSED) {
        snprintf(refused[i].object, sizeof(refused[i].object), "%s", object);
        refused[i].quota = quota;
        refused_n++;
    }
    refused[i].n += n;
    pthread_mutex_unlock(&lock);
}

/* Under the lock. */
static void write_refused(struct buf *out)
{
    const char *name = "bridge53_quota_refused_total";
    buf_printf(out, "# HELP %s queries refused, by VPC or rule and quota\n# TYPE %s counter\n",
               name, name);
    for (unsigned i = 0; i < refused_n; i++)
        buf_printf(out, "%s{object=\"%s\",quota=\"%s\"} %" PRIu64 "\n", name, refused[i].object,
                   refused[i].quota, refused[i].n);
    if (refused[METRICS_REFUSED].n)
        buf_printf(out, "%s{object=\"other\",quota=\"any\"} %" PRIu64 "\n", name,
                   refused[METRICS_REFUSED].n);
}

void metrics_write(struct buf *out)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < METRICS_N; i++)
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", rows[i].name, rows[i].help,
                   rows[i].name, type_of(rows[i].name), rows[i].name, sum_locked((enum metric)i));
    write_refused(out);
    pthread_mutex_unlock(&lock);
}
