/* SPDX-License-Identifier: Apache-2.0 */
/* Publication and reclamation.
 *
 * A swap stores one pointer and queues the garbage; a thread of its own waits for the grace period,
 * then for the pins, and frees. Lists are freed in the order of their snapshots, so one old pin
 * holds back all that came later: nothing newer can be in a freed block's place.
 *
 * Locks: publisher.lock alone; held for moments, never while waiting for readers. */
#include "model/publish.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include <urcu/urcu-qsbr.h>

#include "base/check.h"
#include "base/error.h"
#include "model/garbage.h"
#include "model/snapshot.h"
#include "model/status.h"

#define PIN_POLL_MS 10 /* unpinning says nothing, so that it stays cheap: look again after this */

struct publisher {
    _Alignas(64) const
        struct snapshot *_Atomic current; /* alone on its line: all readers load it */
    _Alignas(64) pthread_mutex_t lock;
    pthread_cond_t revision_moved, work; /* CLOCK_MONOTONIC */
    uint64_t revision, seq, listeners;   /* of the current snapshot */
    struct reader *readers;
    struct garbage *first, **last; /* lists to be freed, in order of seq */
    bool stop;
    pthread_t thread;
    struct status_board *board;
};

static struct timespec time_after(int ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* True if a reader pins a snapshot that can see the list's blocks. Under the lock, after a grace
 * period: pins made since then are of newer snapshots. */
static bool list_pinned(const struct publisher *p, const struct garbage *g)
{
    for (const struct reader *r = p->readers; r; r = r->next) {
        if (atomic_load_explicit(&r->oldest, memory_order_acquire) < g->seq)
            return true;
    }
    return false;
}

/* Takes the oldest list off the queue if nobody can see its blocks. NULL if it must wait. */
static struct garbage *list_take(struct publisher *p)
{
    struct garbage *g;

    pthread_mutex_lock(&p->lock);
    g = p->first;
    if (g && list_pinned(p, g)) {
        struct timespec t = time_after(PIN_POLL_MS);
        if (!p->stop)
            pthread_cond_timedwait(&p->work, &p->lock, &t);
        g = NULL;
    }
    if (g) {
        p->first = g->next;
        if (!p->first)
            p->last = &p->first;
    }
    pthread_mutex_unlock(&p->lock);
    return g;
}

/* Waits for lists; returns the seq up to which there are some now, or 0 to stop. */
static uint64_t lists_wait(struct publisher *p)
{
    uint64_t seq = 0;

    pthread_mutex_lock(&p->lock);
    while (!p->first && !p->stop)
        pthread_cond_wait(&p->work, &p->lock);
    if (!p->stop)
        seq = p->seq;
    pthread_mutex_unlock(&p->lock);
    return seq;
}

static bool list_within(struct publisher *p, uint64_t seq)
{
    pthread_mutex_lock(&p->lock);
    bool within = !p->stop && p->first && p->first->seq <= seq;
    pthread_mutex_unlock(&p->lock);
    return within;
}

static void *reclaim(void *ctx)
{
    struct publisher *p = ctx;
    uint64_t seq;

    while ((seq = lists_wait(p))) {
        urcu_qsbr_synchronize_rcu();
        while (list_within(p, seq))
            garbage_free(list_take(p));
    }
    return NULL;
}

struct publisher *publisher_new(void)
{
    struct publisher *p = aligned_alloc(64, sizeof(*p));
    pthread_condattr_t attr;

    if (!p)
        return NULL;
    *p = (struct publisher){.board = status_new()};
    p->last = &p->first;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->revision_moved, &attr);
    pthread_cond_init(&p->work, &attr);
    pthread_condattr_destroy(&attr);
    if (!p->board || pthread_create(&p->thread, NULL, reclaim, p) != 0) {
        status_free(p->board);
        free(p);
        return NULL;
    }
    return p;
}

void publisher_free(struct publisher *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    must(!p->readers);
    p->stop = true;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    while (p->first) {
        struct garbage *next = p->first->next;
        garbage_free(p->first);
        p->first = next;
    }
    status_free(p->board);
    pthread_cond_destroy(&p->revision_moved);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void publish_swap(struct publisher *p, struct snapshot *s, struct garbage *garbage)
{
    uint64_t listeners = p->listeners;

    if (s)
        snapshot_listeners(s, &(size_t){0}, &listeners);
    pthread_mutex_lock(&p->lock);
    atomic_store_explicit(&p->current, s, memory_order_release);
    p->seq = s ? snapshot_seq(s) : p->seq + 1;
    if (s)
        p->revision = snapshot_revision(s);
    garbage->seq = p->seq;
    garbage->next = NULL;
    *p->last = garbage;
    p->last = &garbage->next;
    for (struct reader *r = p->readers; r && listeners != p->listeners; r = r->next)
        eventfd_write(r->wake_fd, 1);
    p->listeners = listeners;
    pthread_cond_broadcast(&p->revision_moved);
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
}

uint64_t publish_revision(struct publisher *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t revision = p->revision;
    pthread_mutex_unlock(&p->lock);
    return revision;
}

int publish_wait(struct publisher *p, uint64_t revision, int timeout_ms)
{
    struct timespec t = time_after(timeout_ms);
    int waited = 0;

    pthread_mutex_lock(&p->lock);
    while (p->revision < revision && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&p->revision_moved, &p->lock, &t);
    int r = p->revision >= revision ? 0 : ERR_TIMEOUT;
    pthread_mutex_unlock(&p->lock);
    return r;
}

struct status_board *publisher_board(struct publisher *p)
{
    return p->board;
}

int reader_add(struct publisher *p, struct reader *r)
{
    *r = (struct reader){.publisher = p};
    atomic_init(&r->oldest, UINT64_MAX);
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (r->wake_fd < 0)
        return ERR_IO;
    urcu_qsbr_register_thread();
    pthread_mutex_lock(&p->lock);
    r->next = p->readers;
    p->readers = r;
    pthread_mutex_unlock(&p->lock);
    return 0;
}

void reader_remove(struct reader *r)
{
    struct publisher *p = r->publisher;

    should(r->pins_n == 0);
    urcu_qsbr_unregister_thread();
    pthread_mutex_lock(&p->lock);
    struct reader **at = &p->readers;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    pthread_mutex_unlock(&p->lock);
    close(r->wake_fd);
}

const struct snapshot *reader_snapshot(struct reader *r)
{
    return atomic_load_explicit(&r->publisher->current, memory_order_acquire);
}

/* Says in the words of C11 what the calls of liburcu say with barriers of their own, so that
 * checkers of data races see that our reads come before the freeing. */
static void reader_release(struct reader *r)
{
    uint64_t oldest = r->pins_n ? r->pins[0].seq : UINT64_MAX;

    atomic_store_explicit(&r->oldest, oldest, memory_order_release);
}

void reader_quiescent(struct reader *r)
{
    reader_release(r);
    urcu_qsbr_quiescent_state();
}

void reader_sleep(struct reader *r)
{
    reader_release(r);
    urcu_qsbr_thread_offline();
}

void reader_wake(struct reader *r)
{
    (void)r;
    urcu_qsbr_thread_online();
}

/* Index of the newest count that stands for a sequence of at most `seq`; -1: none. */
static int pin_find(const struct reader *r, uint64_t seq)
{
    int i = (int)r->pins_n - 1;

    while (i >= 0 && r->pins[i].seq > seq)
        i--;
    return i;
}

/* A snapshot has a count of its own, or shares one with an older snapshot. A new count must not
 * come between a shared one and what it stands for, or unpinning would miss it. */
bool reader_pin(struct reader *r, const struct snapshot *s)
{
    uint64_t seq = snapshot_seq(s);
    int i = pin_find(r, seq);

    if (i < 0 || r->pins[i].seq != seq) {
        bool own = r->pins_n < READER_PINS && (i < 0 || seq > r->merged);
        if (!own && i < 0)
            return false;
        if (!own && seq > r->merged)
            r->merged = seq;
        if (own) {
            i++;
            for (unsigned j = r->pins_n++; j > (unsigned)i; j--)
                r->pins[j] = r->pins[j - 1];
            r->pins[i].seq = seq;
            r->pins[i].count = 0;
        }
    }
    r->pins[i].count++;
    reader_release(r);
    return true;
}

void reader_unpin(struct reader *r, const struct snapshot *s)
{
    int i = pin_find(r, snapshot_seq(s));

    if (!should(i >= 0))
        return;
    if (--r->pins[i].count)
        return;
    r->pins_n--;
    for (unsigned j = (unsigned)i; j < r->pins_n; j++)
        r->pins[j] = r->pins[j + 1];
    if (!r->pins_n)
        r->merged = 0;
    reader_release(r);
}
