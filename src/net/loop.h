/* SPDX-License-Identifier: Apache-2.0 */
/* An event loop for one thread: file descriptors (epoll; level-triggered, but where EPOLLET is
 * asked for), timers, and jobs that other threads post.
 *
 * What waits is embedded in its owner, so that nothing is allocated and nothing but opening a
 * descriptor can fail. The loop is two calls, loop_wait and loop_dispatch, because its owner has
 * work of its own between them (batches, grace periods).
 *
 *   while (running) {
 *       loop_wait(&loop, now, deadline);
 *       loop_dispatch(&loop, clock_mono_ns());
 *   }
 *
 * A callback may remove and free any watch or timer, its own included. One thread, except
 * loop_post. Adding a watch O(1); timers O(log n) amortised (pairing heap). */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/container.h"

#define LOOP_EVENTS 64 /* events taken from the kernel at a time: few, for others wait */

/* A descriptor being watched. The owner finds itself with container_of. */
struct watch {
    int fd;
    uint32_t events; /* EPOLLIN, EPOLLOUT, EPOLLET; 0: registered, but silent */
    bool added;
    void (*ready)(struct watch *w, uint32_t events);
};

/* A moment being waited for. Zeroed: not waiting. */
struct loop_timer {
    uint64_t at; /* monotonic, nanoseconds */
    void (*fire)(struct loop_timer *t, uint64_t now);
    struct loop_timer *child, *next, *prev; /* prev: left sibling, or parent of a first child */
    bool waiting;
};

/* Work for the loop's thread. Owned by who posts it until it runs. */
struct job {
    void (*run)(struct job *job);
    struct job *next;
};

struct loop {
    int epoll;
    struct watch wake;          /* eventfd of loop_post */
    struct watch alarm;         /* timerfd that ends waits */
    uint64_t alarm_at;          /* when it rings, not later than needed; UINT64_MAX: never */
    _Atomic(struct job *) jobs; /* posted, newest first */
    struct loop_timer *timers;  /* root of the heap */
    uint64_t floor;             /* while timers fire: earliest that one may be set to, so that a
                                   timer that sets itself again cannot hold the loop */
    struct epoll_event events[LOOP_EVENTS];
    int events_n, events_at;
};

/* Opens the loop's descriptors. 0 or ERR_IO. */
int loop_open(struct loop *l);

/* Closes them; watches are forgotten, jobs still posted are not run. Accepts a zeroed loop. */
void loop_close(struct loop *l);

/* Starts to watch w->fd for w->events; fd, events and ready must be set. 0 or ERR_IO. */
int watch_add(struct loop *l, struct watch *w);

/* Watches for other events from now on. */
void watch_change(struct loop *l, struct watch *w, uint32_t events);

/* An edge-triggered watch that was not read to its end is called back for what is left. */
void watch_again(struct loop *l, struct watch *w);

/* Stops watching, before the descriptor is closed; an event already taken is forgotten. Nothing
 * happens if it is not watched. */
void watch_remove(struct loop *l, struct watch *w);

/* Stops watching a descriptor that is closed next, which takes it out of epoll by itself: one
 * system call less. Not for one that was duplicated. */
void watch_forget(struct loop *l, struct watch *w);

/* Sets or moves a timer; t->fire must be set. It fires once. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at);

/* Stops a timer. Nothing happens if it does not wait. */
void loop_timer_stop(struct loop *l, struct loop_timer *t);

/* When the earliest timer fires; UINT64_MAX: there is none. */
uint64_t loop_deadline(const struct loop *l);

/* Makes the loop's thread run `job`. Any thread; jobs run in the order of posting. */
void loop_post(struct loop *l, struct job *job);

/* Waits for events until the time `until` (UINT64_MAX: for ever) or the next timer, or a little
 * less; `now` is the present. Returns the number of events taken, the alarm's own included. */
int loop_wait(struct loop *l, uint64_t now, uint64_t until);

/* Calls back for the events taken and the timers due at `now`. */
void loop_dispatch(struct loop *l, uint64_t now);

#endif
