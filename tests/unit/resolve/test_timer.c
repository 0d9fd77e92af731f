/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of deadlines, against a plain search for the smallest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rand.h"
#include "resolve/timer.h"

#define N 64

static void test_against_search(void **state)
{
    (void)state;
    struct timers t;
    struct timer timer[N] = {{0}};
    struct rnd rnd;
    rnd_init_seed(&rnd, 1);
    assert_int_equal(timers_init(&t, N), 0);
    assert_null(timers_first(&t));
    for (int i = 0; i < 20000; i++) {
        struct timer *x = &timer[rnd_below(&rnd, N)];
        if (rnd_below(&rnd, 3))
            timer_set(&t, x, rnd_below(&rnd, 1000));
        else
            timer_stop(&t, x);
        const struct timer *first = NULL;
        unsigned n = 0;
        for (int k = 0; k < N; k++) {
            if (!timer[k].pos)
                continue;
            n++;
            if (!first || timer[k].at < first->at)
                first = &timer[k];
        }
        assert_int_equal(t.n, n);
        assert_true(first ? timers_first(&t)->at == first->at : !timers_first(&t));
    }
    timers_deinit(&t);
}

static void test_stop_twice(void **state)
{
    (void)state;
    struct timers t;
    struct timer a = {0}, b = {0};
    assert_int_equal(timers_init(&t, 2), 0);
    timer_set(&t, &a, 5);
    timer_set(&t, &b, 3);
    timer_stop(&t, &b);
    timer_stop(&t, &b);
    assert_ptr_equal(timers_first(&t), &a);
    timer_stop(&t, &a);
    assert_null(timers_first(&t));
    timers_deinit(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_search),
        cmocka_unit_test(test_stop_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
