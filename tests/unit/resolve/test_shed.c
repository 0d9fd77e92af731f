/* SPDX-License-Identifier: Apache-2.0 */
/* Who is found to be noisy when queries wait for each other, and who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "resolve/shed.h"

#define EPOCH (10 * NS_PER_MS)
#define LONG (2 * NS_PER_MS) /* that batches have come full */

/* Epochs in which batches come full or not; each VPC sends `sends[i]` queries in each. Counts how
 * many were found to be those of a noisy one. */
static void live(struct shed *s, bool full, const unsigned *sends, unsigned n, unsigned epochs,
                 unsigned *ret_noisy)
{
    uint64_t now = s->begun ? s->begun : NS_PER_S;
    memset(ret_noisy, 0, n * sizeof(*ret_noisy));
    shed_batch(s, full, full ? LONG : 0, now);
    for (unsigned e = 0; e < epochs; e++) {
        for (unsigned k = 0, any = 1; any; k++) {
            any = 0;
            for (unsigned i = 0; i < n; i++)
                if (k < sends[i] && ++any && s->on)
                    ret_noisy[i] += shed_query(s, 100 + i);
        }
        now += EPOCH;
        shed_batch(s, full, full ? LONG : 0, now);
    }
}

static void test_nobody_waits(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[] = {1000, 10}, noisy[2];
    live(&s, false, sends, 2, 100, noisy);
    assert_false(s.on);
    shed_batch(&s, true, 100 * 1000, s.begun + EPOCH); /* a burst is no crowd */
    assert_false(s.on);
}

static void test_noisy_is_found(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[] = {10, 1000, 10, 8, 12}, noisy[5];
    live(&s, true, sends, 5, 20, noisy);
    assert_true(s.on);
    assert_int_equal(noisy[1], 19 * 1000); /* all but those of the first epoch */
    assert_int_equal(noisy[0] + noisy[2] + noisy[3] + noisy[4], 0);
    live(&s, false, sends, 5, 100, noisy); /* nobody is looked at in the end */
    assert_false(s.on);
}

/* Who is there but rarely counts as well: between its packets it is not forgotten. */
static void test_rare_is_protected(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned both[] = {1000, 1}, alone[] = {1000, 0}, noisy[2];
    live(&s, true, both, 2, 1, noisy);
    live(&s, true, alone, 2, 20, noisy);
    assert_int_equal(noisy[0], 20 * 1000);
    live(&s, true, alone, 2, 100, noisy);
    live(&s, true, alone, 2, 20, noisy);
    assert_int_equal(noisy[0], 0);
}

static void test_several_are_found(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[12], noisy[12];
    for (int i = 0; i < 12; i++)
        sends[i] = i < 2 ? 2000 : 10;
    live(&s, true, sends, 12, 20, noisy);
    assert_true(noisy[0] == 19 * 2000 && noisy[1] == 19 * 2000);
    for (int i = 2; i < 12; i++)
        assert_int_equal(noisy[i], 0);
}

static void test_nobody_to_protect(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned one[] = {3000}, alike[100], noisy[100];
    live(&s, true, one, 1, 100, noisy);
    assert_true(s.on);
    assert_int_equal(noisy[0], 0);
    for (int i = 0; i < 100; i++)
        alike[i] = 40;
    memset(&s, 0, sizeof(s));
    live(&s, true, alike, 100, 50, noisy);
    for (int i = 0; i < 100; i++)
        assert_int_equal(noisy[i], 0);
}

static void test_pause_ends_it(void **state)
{
    (void)state;
    struct shed s = {0};
    unsigned sends[] = {1000, 10}, noisy[2];
    live(&s, true, sends, 2, 20, noisy);
    assert_true(s.on);
    shed_batch(&s, false, 0, s.begun + 5 * NS_PER_S);
    assert_false(s.on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_waits),      cmocka_unit_test(test_noisy_is_found),
        cmocka_unit_test(test_rare_is_protected), cmocka_unit_test(test_several_are_found),
        cmocka_unit_test(test_nobody_to_protect), cmocka_unit_test(test_pause_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
