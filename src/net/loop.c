/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop. Timers are a pairing heap of embedded nodes: connections set and stop them far
 * more often than they fire, and nothing must be able to fail for lack of memory. */
#include "net/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"

/* --- jobs ------------------------------------------------------------------------------------- */

static void jobs_run(struct loop *l)
{
    struct job *newest = atomic_exchange_explicit(&l->jobs, NULL, memory_order_acquire);
    struct job *oldest = NULL;
    while (newest) { /* they were pushed on a stack: turn it round */
        struct job *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct job *next = oldest->next; /* running may free it */
        oldest->run(oldest);
        oldest = next;
    }
}

static void wake_ready(struct watch *w, uint32_t events)
{
    (void)events;
    uint64_t count;
    ssize_t n = read(w->fd, &count, sizeof(count));
    (void)n; /* empty: another read took it; the jobs are looked at anyway */
    jobs_run(container_of(w, struct loop, wake));
}

void loop_post(struct loop *l, struct job *job)
{
    job->next = atomic_load_explicit(&l->jobs, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&l->jobs, &job->next, job, memory_order_release,
                                                  memory_order_relaxed))
        continue;
    uint64_t one = 1;
    ssize_t n = write(l->wake.fd, &one, sizeof(one));
    (void)n; /* EAGAIN: the counter is full, so it is readable */
}

/* --- the alarm -------------------------------------------------------------------------------- */

/* It is set when a wait has to end earlier than it rings, and left alone when later would do: waits
 * usually end with a packet, long before their time, and a timeout given to the kernel with each
 * of them is a timer of the CPU set and taken back, which in a virtual machine costs more than the
 * packet. */
static void alarm_set(struct loop *l, uint64_t at)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(at / NS_PER_S), .tv_nsec = (long)(at % NS_PER_S)}};
    must(timerfd_settime(l->alarm.fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
    l->alarm_at = at;
}

static void alarm_ready(struct watch *w, uint32_t events)
{
    (void)events;
    struct loop *l = container_of(w, struct loop, alarm);
    uint64_t count;
    ssize_t n = read(w->fd, &count, sizeof(count));
    (void)n; /* it rang: nobody sets it between a wait and this */
    l->alarm_at = UINT64_MAX;
}

/* --- life ------------------------------------------------------------------------------------- */

int loop_open(struct loop *l)
{
    memset(l, 0, sizeof(*l));
    atomic_init(&l->jobs, NULL);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->wake.events = EPOLLIN;
    l->wake.ready = wake_ready;
    l->alarm.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    l->alarm.events = EPOLLIN;
    l->alarm.ready = alarm_ready;
    l->alarm_at = UINT64_MAX;
    if (l->epoll >= 0 && l->wake.fd >= 0 && l->alarm.fd >= 0 && watch_add(l, &l->wake) == 0 &&
        watch_add(l, &l->alarm) == 0)
        return 0;
    loop_close(l);
    return ERR_IO;
}

void loop_close(struct loop *l)
{
    if (l->wake.fd > 0)
        close(l->wake.fd);
    if (l->alarm.fd > 0)
        close(l->alarm.fd);
    if (l->epoll > 0)
        close(l->epoll);
    memset(l, 0, sizeof(*l));
}

/* --- descriptors ------------------------------------------------------------------------------ */

int watch_add(struct loop *l, struct watch *w)
{
    struct epoll_event ev = {.events = w->events, .data.ptr = w};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &ev) < 0)
        return ERR_IO;
    w->added = true;
    return 0;
}

void watch_again(struct loop *l, struct watch *w)
{
    struct epoll_event ev = {.events = w->events, .data.ptr = w};
    if (w->added)
        must(epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &ev) == 0);
}

void watch_change(struct loop *l, struct watch *w, uint32_t events)
{
    if (w->events == events)
        return;
    w->events = events;
    watch_again(l, w);
}

void watch_forget(struct loop *l, struct watch *w)
{
    for (int i = l->events_at; w->added && i < l->events_n; i++)
        if (l->events[i].data.ptr == w)
            l->events[i].data.ptr = NULL;
    w->added = false;
}

void watch_remove(struct loop *l, struct watch *w)
{
    if (!w->added)
        return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    watch_forget(l, w);
}

/* --- timers ----------------------------------------------------------------------------------- */

/* Joins two heaps; neither has siblings. */
static struct loop_timer *heap_meld(struct loop_timer *a, struct loop_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->at < a->at) {
        struct loop_timer *swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    b->prev = a;
    if (a->child)
        a->child->prev = b;
    a->child = b;
    return a;
}

/* Joins a list of siblings into one heap, in pairs from left, then from the right: this order is
 * what makes removal O(log n) amortised. */
static struct loop_timer *heap_merge(struct loop_timer *first)
{
    struct loop_timer *pairs = NULL;
    while (first) {
        struct loop_timer *a = first, *b = a->next;
        first = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b)
            b->next = b->prev = NULL;
        a = heap_meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    struct loop_timer *root = NULL;
    while (pairs) {
        struct loop_timer *next = pairs->next;
        pairs->next = NULL;
        root = heap_meld(root, pairs);
        pairs = next;
    }
    return root;
}

void loop_timer_stop(struct loop *l, struct loop_timer *t)
{
    if (!t->waiting)
        return;
    struct loop_timer *below = heap_merge(t->child);
    if (t == l->timers) {
        l->timers = below;
    } else {
        if (t->prev->child == t)
            t->prev->child = t->next;
        else
            t->prev->next = t->next;
        if (t->next)
            t->next->prev = t->prev;
        l->timers = heap_meld(l->timers, below);
    }
    t->child = t->next = t->prev = NULL;
    t->waiting = false;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at)
{
    loop_timer_stop(l, t);
    t->at = at < l->floor ? l->floor : at;
    t->child = t->next = t->prev = NULL;
    t->waiting = true;
    l->timers = heap_meld(l->timers, t);
}

uint64_t loop_deadline(const struct loop *l)
{
    return l->timers ? l->timers->at : UINT64_MAX;
}

/* --- the loop --------------------------------------------------------------------------------- */

int loop_wait(struct loop *l, uint64_t now, uint64_t until)
{
    if (loop_deadline(l) < until)
        until = loop_deadline(l);
    if (until > now && until < l->alarm_at)
        alarm_set(l, until);
    int n = epoll_wait(l->epoll, l->events, LOOP_EVENTS, until > now ? -1 : 0);
    must(n >= 0 || errno == EINTR);
    l->events_n = n > 0 ? n : 0;
    return l->events_n;
}

void loop_dispatch(struct loop *l, uint64_t now)
{
    for (l->events_at = 0; l->events_at < l->events_n;) {
        struct epoll_event ev = l->events[l->events_at++];
        struct watch *w = ev.data.ptr;
        if (w)
            w->ready(w, ev.events);
    }
    l->events_n = l->events_at = 0;
    l->floor = now + 1;
    while (l->timers && l->timers->at <= now) {
        struct loop_timer *t = l->timers;
        loop_timer_stop(l, t);
        t->fire(t, now);
    }
    l->floor = 0;
}
