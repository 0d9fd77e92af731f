/* SPDX-License-Identifier: Apache-2.0 */
/* The event base. An event may wait for reading, writing, a time, or several of them; unless it is
 * persistent it is over when any of them happens. Callbacks may free their own event, so nothing
 * is touched after they ran. */
#include "serve/ub_loop.h"

#include <stdlib.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/error.h"

struct ub_wait {
    struct ub_event event; /* first: libunbound gives it back to us */
    struct loop *loop;
    struct watch watch;
    struct loop_timer timer;
    struct timeval again; /* timeout of a persistent event */
    short bits;
    void (*callback)(int fd, short bits, void *arg);
    void *arg;
};

static struct ub_wait *wait_of(struct ub_event *e)
{
    return container_of(e, struct ub_wait, event);
}

static void wait_stop(struct ub_wait *u)
{
    watch_remove(u->loop, &u->watch);
    loop_timer_stop(u->loop, &u->timer);
}

static void timer_start(struct ub_wait *u, uint64_t now, const struct timeval *tv)
{
    u->again = *tv;
    loop_timer_set(u->loop, &u->timer,
                   now + (uint64_t)tv->tv_sec * NS_PER_S + (uint64_t)tv->tv_usec * 1000);
}

static void happened(struct ub_wait *u, short bits, uint64_t now)
{
    if (!(u->bits & UB_EV_PERSIST))
        wait_stop(u);
    else if (u->bits & UB_EV_TIMEOUT)
        timer_start(u, now, &u->again);
    u->callback(u->watch.fd, bits, u->arg);
}

static void on_ready(struct watch *w, uint32_t events)
{
    struct ub_wait *u = container_of(w, struct ub_wait, watch);
    short bits = 0;
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        bits |= u->bits & UB_EV_READ;
    if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        bits |= u->bits & UB_EV_WRITE;
    if (bits)
        happened(u, bits, clock_mono_ns());
}

static void on_timer(struct loop_timer *t, uint64_t now)
{
    happened(container_of(t, struct ub_wait, timer), UB_EV_TIMEOUT, now);
}

/* --- the table of an event -------------------------------------------------------------------- */

static void event_add_bits(struct ub_event *e, short bits)
{
    wait_of(e)->bits |= bits;
}

static void event_del_bits(struct ub_event *e, short bits)
{
    wait_of(e)->bits &= (short)~bits;
}

static void event_set_fd(struct ub_event *e, int fd)
{
    wait_of(e)->watch.fd = fd;
}

static void event_free(struct ub_event *e)
{
    wait_stop(wait_of(e));
    free(wait_of(e));
}

static int event_add(struct ub_event *e, struct timeval *tv)
{
    struct ub_wait *u = wait_of(e);
    wait_stop(u);
    u->watch.events = 0;
    if (u->bits & UB_EV_READ)
        u->watch.events |= EPOLLIN;
    if (u->bits & UB_EV_WRITE)
        u->watch.events |= EPOLLOUT;
    if (u->watch.events && watch_add(u->loop, &u->watch))
        return -1;
    if (u->bits & UB_EV_TIMEOUT && tv)
        timer_start(u, clock_mono_ns(), tv);
    return 0;
}

static int event_del(struct ub_event *e)
{
    wait_stop(wait_of(e));
    return 0;
}

static int timer_add(struct ub_event *e, struct ub_event_base *base,
                     void (*callback)(int, short, void *), void *arg, struct timeval *tv)
{
    struct ub_wait *u = wait_of(e);
    (void)base;
    u->callback = callback;
    u->arg = arg;
    u->bits |= UB_EV_TIMEOUT;
    timer_start(u, clock_mono_ns(), tv);
    return 0;
}

static int timer_del(struct ub_event *e)
{
    loop_timer_stop(wait_of(e)->loop, &wait_of(e)->timer);
    return 0;
}

static int signal_none(struct ub_event *e, struct timeval *tv)
{
    (void)e, (void)tv;
    return -1;
}

static int signal_del_none(struct ub_event *e)
{
    (void)e;
    return -1;
}

static void winsock_none(struct ub_event *e)
{
    (void)e;
}

static void winsock_block_none(struct ub_event *e, int bit)
{
    (void)e, (void)bit;
}

static struct ub_event_vmt event_table = {
    .add_bits = event_add_bits,
    .del_bits = event_del_bits,
    .set_fd = event_set_fd,
    .free = event_free,
    .add = event_add,
    .del = event_del,
    .add_timer = timer_add,
    .del_timer = timer_del,
    .add_signal = signal_none,
    .del_signal = signal_del_none,
    .winsock_unregister_wsaevent = winsock_none,
    .winsock_tcp_wouldblock = winsock_block_none,
};

/* --- the table of the base -------------------------------------------------------------------- */

static struct ub_event *base_new_event(struct ub_event_base *base, int fd, short bits,
                                       void (*callback)(int, short, void *), void *arg)
{
    struct ub_wait *u = calloc(1, sizeof(*u));
    if (!u)
        return NULL;
    u->event.magic = UB_EVENT_MAGIC;
    u->event.vmt = &event_table;
    u->loop = container_of(base, struct ub_loop, base)->loop;
    u->watch.fd = fd;
    u->watch.ready = on_ready;
    u->timer.fire = on_timer;
    u->bits = bits;
    u->callback = callback;
    u->arg = arg;
    return &u->event;
}

static struct ub_event *base_no_signal(struct ub_event_base *base, int fd,
                                       void (*callback)(int, short, void *), void *arg)
{
    (void)base, (void)fd, (void)callback, (void)arg;
    return NULL;
}

static struct ub_event *base_no_winsock(struct ub_event_base *base, void *event,
                                        void (*callback)(int, short, void *), void *arg)
{
    (void)base, (void)event, (void)callback, (void)arg;
    return NULL;
}

static void base_free(struct ub_event_base *base)
{
    (void)base;
}

static int base_dispatch(struct ub_event_base *base)
{
    (void)base;
    return -1;
}

static int base_exit(struct ub_event_base *base, struct timeval *tv)
{
    (void)base, (void)tv;
    return -1;
}

static struct ub_event_base_vmt base_table = {
    .free = base_free,
    .dispatch = base_dispatch,
    .loopexit = base_exit,
    .new_event = base_new_event,
    .new_signal = base_no_signal,
    .winsock_register_wsaevent = base_no_winsock,
};

void ub_loop_init(struct ub_loop *u, struct loop *loop)
{
    u->base.magic = UB_EVENT_MAGIC;
    u->base.vmt = &base_table;
    u->loop = loop;
}
