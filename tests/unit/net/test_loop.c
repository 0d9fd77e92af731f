/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: descriptors, timers in order, jobs of other threads, removal from inside callbacks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "net/loop.h"

#define TIMERS 500
#define JOBS 1000
#define THREADS 3

static int setup(void **state)
{
    static struct loop l;
    *state = &l;
    return loop_open(&l);
}

static int teardown(void **state)
{
    loop_close(*state);
    return 0;
}

/* --- timers ----------------------------------------------------------------------------------- */

struct tick {
    struct loop_timer timer;
    struct loop *loop;
    struct loop_timer *victim; /* stopped when this one fires */
    uint64_t fired_at;
    unsigned fired;
    bool again;
};

static uint64_t last_fired;

static void on_tick(struct loop_timer *t, uint64_t now)
{
    struct tick *k = container_of(t, struct tick, timer);
    k->fired++;
    k->fired_at = now;
    assert_true(t->at >= last_fired);
    last_fired = t->at;
    if (k->victim)
        loop_timer_stop(k->loop, k->victim);
    if (k->again)
        loop_timer_set(k->loop, t, now);
}

static void test_timers_in_order(void **state)
{
    struct loop *l = *state;
    static struct tick ticks[TIMERS];
    struct rnd r;
    unsigned stopped = 0, fired = 0;
    rnd_init_seed(&r, 7);
    memset(ticks, 0, sizeof(ticks));
    last_fired = 0;
    assert_true(loop_deadline(l) == UINT64_MAX);
    for (unsigned i = 0; i < TIMERS; i++) {
        ticks[i].timer.fire = on_tick;
        loop_timer_set(l, &ticks[i].timer, 1000 + rnd_below(&r, 5000));
    }
    for (unsigned i = 0; i < TIMERS; i += 2) /* moved, some of them twice */
        loop_timer_set(l, &ticks[i].timer, 1000 + rnd_below(&r, 5000));
    for (unsigned i = 0; i < TIMERS; i += 5, stopped++) {
        loop_timer_stop(l, &ticks[i].timer);
        loop_timer_stop(l, &ticks[i].timer);
    }
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < TIMERS; i++)
        if (ticks[i].timer.waiting && ticks[i].timer.at < first)
            first = ticks[i].timer.at;
    assert_true(loop_deadline(l) == first);
    loop_dispatch(l, 3000);
    for (unsigned i = 0; i < TIMERS; i++) {
        assert_int_equal(ticks[i].fired, i % 5 != 0 && ticks[i].timer.at <= 3000);
        fired += ticks[i].fired;
    }
    assert_true(fired > 100);
    loop_dispatch(l, 10000);
    fired = 0;
    for (unsigned i = 0; i < TIMERS; i++)
        fired += ticks[i].fired;
    assert_int_equal(fired, TIMERS - stopped);
    assert_true(loop_deadline(l) == UINT64_MAX);
}

static void test_timer_stops_another(void **state)
{
    struct loop *l = *state;
    struct tick b = {.timer.fire = on_tick};
    struct tick a = {.timer.fire = on_tick, .loop = l, .victim = &b.timer};
    last_fired = 0;
    loop_timer_set(l, &a.timer, 10);
    loop_timer_set(l, &b.timer, 20);
    loop_dispatch(l, 100);
    assert_int_equal(a.fired, 1);
    assert_int_equal(b.fired, 0);
}

/* A timer that sets itself to the present does not hold the loop. */
static void test_timer_again(void **state)
{
    struct loop *l = *state;
    struct tick a = {.timer.fire = on_tick, .loop = l, .again = true};
    last_fired = 0;
    loop_timer_set(l, &a.timer, 10);
    loop_dispatch(l, 100);
    assert_int_equal(a.fired, 1);
    loop_dispatch(l, 101);
    assert_int_equal(a.fired, 2);
    loop_timer_stop(l, &a.timer);
}

static void test_wait_ends_at_timer(void **state)
{
    struct loop *l = *state;
    struct tick a = {.timer.fire = on_tick};
    last_fired = 0;
    uint64_t begun = clock_mono_ns();
    loop_timer_set(l, &a.timer, begun + 20 * NS_PER_MS);
    assert_int_equal(loop_wait(l, begun, UINT64_MAX), 1); /* the alarm */
    uint64_t now = clock_mono_ns();
    assert_true(now - begun >= 20 * NS_PER_MS && now - begun < 2 * NS_PER_S);
    loop_dispatch(l, now);
    assert_int_equal(a.fired, 1);
}

static void on_nothing(struct job *job)
{
    (void)job;
}

static void wait_once(struct loop *l, uint64_t until)
{
    loop_wait(l, clock_mono_ns(), until);
    loop_dispatch(l, clock_mono_ns());
}

/* A wait that may last longer leaves the alarm as it is, and comes to an early end once; one that
 * has to end earlier sets it. */
static void test_alarm(void **state)
{
    struct loop *l = *state;
    struct job nothing = {.run = on_nothing};
    uint64_t now = clock_mono_ns(), early = now + 20 * NS_PER_MS, late = now + 60 * NS_PER_S;
    assert_int_equal(loop_wait(l, now, now), 0); /* no wait, no alarm */
    assert_true(l->alarm_at == UINT64_MAX);
    loop_post(l, &nothing);
    wait_once(l, early); /* the job ends it */
    assert_true(l->alarm_at == early);
    loop_post(l, &nothing);
    wait_once(l, late);
    assert_true(l->alarm_at == early);
    wait_once(l, late);
    assert_true(clock_mono_ns() >= early && clock_mono_ns() < late);
    assert_true(l->alarm_at == UINT64_MAX);
    loop_post(l, &nothing);
    wait_once(l, late);
    assert_true(l->alarm_at == late);
    early = clock_mono_ns() + 20 * NS_PER_MS;
    wait_once(l, early);
    assert_true(clock_mono_ns() >= early && clock_mono_ns() < late);
}

/* --- descriptors ------------------------------------------------------------------------------ */

struct reader {
    struct watch watch;
    struct loop *loop;
    struct reader *victim; /* removed and freed by this one's callback */
    unsigned ready;
};

static void on_ready(struct watch *w, uint32_t events)
{
    struct reader *r = container_of(w, struct reader, watch);
    char c;
    assert_true(events & EPOLLIN);
    r->ready++;
    assert_int_equal(read(w->fd, &c, 1), 1);
    if (r->victim) {
        watch_remove(r->loop, &r->victim->watch);
        memset(r->victim, 0xee, sizeof(*r->victim)); /* touching it now would crash */
    }
}

/* Two descriptors are ready at once; whichever comes first removes the other. */
static void test_remove_from_callback(void **state)
{
    struct loop *l = *state;
    struct reader r[2];
    int p[2][2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(p[i]), 0);
        r[i] = (struct reader){.watch = {.fd = p[i][0], .events = EPOLLIN, .ready = on_ready},
                               .loop = l,
                               .victim = &r[1 - i]};
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(watch_add(l, &r[i].watch), 0);
        assert_int_equal(write(p[i][1], "x", 1), 1);
    }
    assert_int_equal(loop_wait(l, 0, 0), 2);
    loop_dispatch(l, 1);
    int winner = r[0].ready == 1 ? 0 : 1;
    assert_int_equal(r[winner].ready, 1);
    watch_remove(l, &r[winner].watch);
    for (int i = 0; i < 4; i++)
        close(p[i / 2][i % 2]);
}

static void test_change(void **state)
{
    struct loop *l = *state;
    int p[2];
    assert_int_equal(pipe(p), 0);
    struct reader r = {.watch = {.fd = p[0], .events = 0, .ready = on_ready}, .loop = l};
    assert_int_equal(watch_add(l, &r.watch), 0);
    assert_int_equal(write(p[1], "x", 1), 1);
    assert_int_equal(loop_wait(l, 0, 0), 0);
    watch_change(l, &r.watch, EPOLLIN);
    assert_int_equal(loop_wait(l, 0, 0), 1);
    loop_dispatch(l, 1);
    assert_int_equal(r.ready, 1);
    watch_remove(l, &r.watch);
    watch_remove(l, &r.watch);
    close(p[0]);
    close(p[1]);
    struct watch bad = {.fd = -1, .ready = on_ready};
    assert_true(watch_add(l, &bad) < 0);
}

/* What an edge-triggered watch leaves unread is told again only if it asks. */
static void test_edge(void **state)
{
    struct loop *l = *state;
    int p[2];
    assert_int_equal(pipe(p), 0);
    struct reader r = {.watch = {.fd = p[0], .events = EPOLLIN | EPOLLET, .ready = on_ready},
                       .loop = l};
    assert_int_equal(watch_add(l, &r.watch), 0);
    assert_int_equal(write(p[1], "xyz", 3), 3);
    for (unsigned i = 1; i <= 2; i++) {
        assert_int_equal(loop_wait(l, 0, 0), 1);
        loop_dispatch(l, 1);
        assert_int_equal(r.ready, i);
        assert_int_equal(loop_wait(l, 0, 0), 0);
        watch_again(l, &r.watch);
    }
    watch_remove(l, &r.watch);
    watch_again(l, &r.watch); /* nothing happens */
    close(p[0]);
    close(p[1]);
}

/* --- jobs ------------------------------------------------------------------------------------- */

struct counted {
    struct job job;
    unsigned thread, number;
};

struct poster {
    pthread_t thread;
    struct loop *loop;
    struct counted jobs[JOBS];
};

static unsigned ran, last_number[THREADS];

static void on_job(struct job *job)
{
    struct counted *c = container_of(job, struct counted, job);
    assert_int_equal(c->number, last_number[c->thread]); /* in the order of posting */
    last_number[c->thread]++;
    ran++;
}

static void *post_all(void *arg)
{
    struct poster *p = arg;
    for (unsigned i = 0; i < JOBS; i++)
        loop_post(p->loop, &p->jobs[i].job);
    return NULL;
}

static void test_jobs(void **state)
{
    struct loop *l = *state;
    static struct poster posters[THREADS];
    ran = 0;
    for (unsigned t = 0; t < THREADS; t++) {
        posters[t].loop = l;
        for (unsigned i = 0; i < JOBS; i++)
            posters[t].jobs[i] = (struct counted){{.run = on_job}, t, i};
        assert_int_equal(pthread_create(&posters[t].thread, NULL, post_all, &posters[t]), 0);
    }
    uint64_t end = clock_mono_ns() + 10 * NS_PER_S, now;
    while (ran < THREADS * JOBS && (now = clock_mono_ns()) < end) {
        loop_wait(l, now, now + 100 * NS_PER_MS);
        loop_dispatch(l, clock_mono_ns());
    }
    for (unsigned t = 0; t < THREADS; t++)
        pthread_join(posters[t].thread, NULL);
    assert_int_equal(ran, THREADS * JOBS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_timers_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_stops_another, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wait_ends_at_timer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_alarm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_remove_from_callback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_jobs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
