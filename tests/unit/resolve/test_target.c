/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of targets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "resolve/target.h"

static const uint64_t secret[2] = {1, 2};

static struct sockname peer(uint8_t last)
{
    return (struct sockname){{AF_INET, {10, 0, 0, last}}, 53};
}

static void test_identity(void **state)
{
    (void)state;
    struct targets *t = targets_new(secret);
    struct sockname a = peer(1), b = peer(2), c = peer(1);
    c.port = 54;
    struct target *x = targets_get(t, 1, &a, 1);
    x->srtt_us = 77;
    assert_ptr_equal(targets_get(t, 1, &a, 2), x);
    assert_int_equal(targets_get(t, 1, &b, 2)->srtt_us, 0);
    assert_int_equal(targets_get(t, 2, &a, 2)->srtt_us, 0); /* another endpoint */
    assert_int_equal(targets_get(t, 1, &c, 2)->srtt_us, 0); /* another port */
    assert_int_equal(targets_get(t, 1, &a, 3)->srtt_us, 77);
    targets_free(t);
    targets_free(NULL);
}

static void test_estimate(void **state)
{
    (void)state;
    struct target t = {0};
    assert_int_equal(target_wait_ms(&t), LIMIT_TRY_MS);
    for (int i = 0; i < 50; i++)
        target_answered(&t, 100 * NS_PER_MS, false);
    assert_in_range(t.srtt_us, 99000, 101000);
    assert_in_range(target_wait_ms(&t), 99, 110);
    for (int i = 0; i < 100; i++)
        target_answered(&t, NS_PER_MS / 2, false);
    assert_int_equal(target_wait_ms(&t), TARGET_WAIT_MIN_MS);
    target_answered(&t, 3600 * NS_PER_S, false); /* a clock gone mad does not overflow */
    assert_true(target_wait_ms(&t) <= TARGET_WAIT_MAX_MS);
}

static void test_down_and_up(void **state)
{
    (void)state;
    struct target t = {0};
    struct rnd rnd;
    uint64_t now = NS_PER_S;
    rnd_init_seed(&rnd, 7);
    target_asked(&t, true, now);
    for (int i = 1; i < TARGET_LOST; i++) {
        target_lost(&t, now);
        assert_false(t.down);
    }
    target_lost(&t, now);
    assert_true(t.down);
    assert_false(target_probe_due(&t, &rnd, now));
    assert_int_equal(t.probe_at, now + TARGET_BACKOFF_MS * NS_PER_MS);
    target_lost(&t, now); /* more tries of the same moment do not count twice */
    assert_int_equal(t.probe_at, now + TARGET_BACKOFF_MS * NS_PER_MS);

    uint64_t pause = 0;
    for (int i = 0; i < 20; i++) {
        now = t.probe_at;
        assert_true(target_probe_due(&t, &rnd, now));
        target_lost(&t, now);
        assert_true(t.probe_at - now >= pause);
        pause = t.probe_at - now;
    }
    assert_int_equal(pause, TARGET_BACKOFF_MAX_MS * NS_PER_MS);
    target_answered(&t, NS_PER_MS, false);
    assert_false(t.down);
    assert_int_equal(t.lost, 0);
    assert_int_equal(t.backoff, 0);
}

static void test_score(void **state)
{
    (void)state;
    struct rnd rnd;
    struct target fast = {0}, slow = {0}, bad = {0};
    rnd_init_seed(&rnd, 7);
    for (int i = 0; i < 40; i++) {
        target_answered(&fast, NS_PER_MS, false);
        target_answered(&slow, 200 * NS_PER_MS, false);
        target_answered(&bad, NS_PER_MS, false);
        target_judged(&bad, false, false);
    }
    struct target twin = fast;
    int twin_wins = 0;
    for (int i = 0; i < 1000; i++) {
        assert_true(target_score(&fast, &rnd, 1) < target_score(&slow, &rnd, 1));
        assert_true(target_score(&fast, &rnd, 1) < target_score(&bad, &rnd, 1));
        twin_wins += target_score(&twin, &rnd, 1) < target_score(&fast, &rnd, 1);
    }
    assert_in_range(twin_wins, 400, 600);
}

/* Of a hundred questions some probe a target that was left alone, most do not. */
static int probes(const struct target *t, struct rnd *rnd, uint64_t now)
{
    int n = 0;
    for (int i = 0; i < 100; i++)
        n += target_probe_due(t, rnd, now);
    return n;
}

static void test_refresh(void **state)
{
    (void)state;
    struct rnd rnd;
    struct target t = {.asked = NS_PER_S};
    rnd_init_seed(&rnd, 7);
    assert_int_equal(probes(&t, &rnd, 3 * NS_PER_S), 0); /* unknown ones get traffic anyway */
    target_answered(&t, 200 * NS_PER_MS, false);
    assert_int_equal(probes(&t, &rnd, NS_PER_S + NS_PER_MS), 0);
    assert_in_range(probes(&t, &rnd, 3 * NS_PER_S), 1, 20);
    assert_int_equal(probes(&t, &rnd, 20 * NS_PER_S), 100);
    for (int i = 0; i < 4; i++) /* a few probes are enough to see that it is fast again */
        target_answered(&t, NS_PER_MS, true);
    assert_in_range(t.srtt_us, 1000, 2000);
}

static void test_state(void **state)
{
    (void)state;
    struct target t = {0};
    assert_int_equal(target_state(&t), TARGET_UP);
    for (int i = 0; i < 10; i++)
        target_judged(&t, false, false);
    assert_int_equal(target_state(&t), TARGET_UP);
    target_judged(&t, false, true);
    t.state = target_state(&t);
    assert_int_equal(t.state, TARGET_USELESS);
    target_judged(&t, true, true);
    assert_int_equal(target_state(&t), TARGET_USELESS); /* not back and forth */
    target_judged(&t, true, true);
    assert_int_equal(target_state(&t), TARGET_UP);
    t.state = TARGET_UP;

    target_asked(&t, true, NS_PER_S);
    for (int i = 0; i < TARGET_LOST; i++)
        target_lost(&t, NS_PER_S + 40 * NS_PER_MS);
    assert_int_equal(target_state(&t), TARGET_SILENT);
    assert_false(target_dead(&t, NS_PER_S + 100 * NS_PER_MS)); /* a pause is not the end */
    t.probe_at = 10 * NS_PER_S;
    assert_true(target_dead(&t, NS_PER_S + TARGET_DEAD_MS * NS_PER_MS));
    assert_false(target_dead(&t, t.probe_at)); /* time to look again */
    t.foreign = 1;
    assert_int_equal(target_state(&t), TARGET_WRONG);
    target_answered(&t, NS_PER_MS, true);
    assert_int_equal(target_state(&t), TARGET_UP);
    assert_false(target_dead(&t, 100 * NS_PER_S));
}

static void test_suspicion(void **state)
{
    (void)state;
    struct rnd rnd;
    struct target t = {0}, other = {0};
    rnd_init_seed(&rnd, 7);
    target_answered(&t, NS_PER_MS, false);
    target_answered(&other, NS_PER_MS, false);
    target_asked(&t, true, NS_PER_S);
    for (int i = 0; i < 100; i++) /* nothing was lost yet, but it is later than usual */
        assert_true(target_score(&t, &rnd, NS_PER_S + 20 * NS_PER_MS) >
                    target_score(&other, &rnd, NS_PER_S + 20 * NS_PER_MS));
}

static void test_repeats_have_a_budget(void **state)
{
    (void)state;
    struct target t = {0};
    uint64_t now = NS_PER_S;
    int n = 0;
    while (target_repeat(&t, now))
        n++;
    assert_int_equal(n, TARGET_EXTRA_MAX / TARGET_EXTRA);
    for (int i = 0; i < 80 * TARGET_EXTRA; i++) /* first tries earn repeats */
        target_asked(&t, true, now);
    for (n = 0; target_repeat(&t, now); n++)
        ;
    assert_int_equal(n, 80);
    now += NS_PER_S; /* so does time */
    for (n = 0; target_repeat(&t, now); n++)
        ;
    assert_int_equal(n, TARGET_EXTRA_PER_S / TARGET_EXTRA);
}

static void test_table_makes_room(void **state)
{
    (void)state;
    struct targets *t = targets_new(secret);
    struct sockname name = {{AF_INET, {0}}, 53};
    for (uint32_t i = 0; i < 20000; i++) {
        name.addr.b[0] = (uint8_t)(i >> 8);
        name.addr.b[1] = (uint8_t)i;
        struct target *x = targets_get(t, 1, &name, i + 1);
        assert_int_equal(x->used, i + 1);
        assert_false(x->known);
        x->known = true;
    }
    targets_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),         cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_down_and_up),      cmocka_unit_test(test_score),
        cmocka_unit_test(test_refresh),          cmocka_unit_test(test_state),
        cmocka_unit_test(test_suspicion),        cmocka_unit_test(test_repeats_have_a_budget),
        cmocka_unit_test(test_table_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
