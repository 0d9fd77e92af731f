/* SPDX-License-Identifier: Apache-2.0 */
/* Who is cut down when the processor is used up, and who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "resolve/shed.h"

#define EPOCH (10 * NS_PER_MS)

/* Epochs of a worker with this part of its time to sleep; each VPC sends `sends[i]` queries in
 * each. Counts what was dropped of them. */
static void live(struct shed *s, unsigned idle_percent, const unsigned *sends, unsigned n,
                 unsigned epochs, unsigned *ret_dropped)
{
    uint64_t now = s->begun ? s->begun : NS_PER_S;
    memset(ret_dropped, 0, n * sizeof(*ret_dropped));
    shed_idled(s, 0, now);
    for (unsigned e = 0; e < epochs; e++) {
        for (unsigned k = 0, any = 1; any; k++) {
            any = 0;
            for (unsigned i = 0; i < n; i++)
                if (k < sends[i] && ++any && s->on)
                    ret_dropped[i] += shed_query(s, 100 + i);
        }
        now += EPOCH;
        shed_idled(s, EPOCH * idle_percent / 100, now);
    }
}

static void test_time_to_spare(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[] = {1000, 10}, dropped[2];
    live(&s, 30, sends, 2, 100, dropped);
    assert_false(s.on);
    assert_int_equal(dropped[0], 0);
}

static void test_noisy_is_cut(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[] = {10, 1000, 10, 8, 12}, dropped[5];
    live(&s, 0, sends, 5, 20, dropped);
    assert_true(s.on);
    assert_in_range(dropped[1], 15000, 19500);
    assert_int_equal(dropped[0] + dropped[2] + dropped[3] + dropped[4], 0);
    live(&s, 50, sends, 5, 100, dropped); /* it may come back, */
    unsigned first = dropped[1];
    live(&s, 50, sends, 5, 100, dropped); /* and nobody is looked at in the end */
    assert_true(first > 0);
    assert_int_equal(dropped[1], 0);
    assert_false(s.on);
}

static void test_several_are_cut(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[12], dropped[12];
    for (int i = 0; i < 12; i++)
        sends[i] = i < 2 ? 2000 : 10;
    live(&s, 0, sends, 12, 20, dropped);
    assert_true(dropped[0] > 20000 && dropped[1] > 20000);
    for (int i = 2; i < 12; i++)
        assert_int_equal(dropped[i], 0);
}

static void test_nobody_to_protect(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned one[] = {3000}, alike[100], dropped[100];
    live(&s, 0, one, 1, 100, dropped);
    assert_true(s.on);
    assert_int_equal(dropped[0], 0);
    for (int i = 0; i < 100; i++)
        alike[i] = 40;
    live(&s, 0, alike, 100, 50, dropped);
    for (int i = 0; i < 100; i++)
        assert_int_equal(dropped[i], 0);
}

static void test_sleep_ends_it(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[] = {1000, 10}, dropped[2];
    live(&s, 0, sends, 2, 20, dropped);
    assert_true(s.on);
    shed_idled(&s, 5 * NS_PER_S, s.begun + 5 * NS_PER_S);
    assert_false(s.on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_to_spare),   cmocka_unit_test(test_noisy_is_cut),
        cmocka_unit_test(test_several_are_cut), cmocka_unit_test(test_nobody_to_protect),
        cmocka_unit_test(test_sleep_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
