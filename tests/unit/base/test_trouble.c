/* SPDX-License-Identifier: Apache-2.0 */
/* A lack that lasts: told at its beginning and at its end, counted at each attempt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/log.h"
#include "base/trouble.h"
#include "capture.h"

static struct trouble writes = TROUBLE("store", "no writes", "writes again",
                                       METRIC_STORE_WRITE_FAILURES, METRIC_STORE_UNWRITABLE);
static struct trouble reads = TROUBLE("store", "no reads", "reads again",
                                      METRIC_STORE_READ_FAILURES, METRIC_STORE_UNREADABLE);

static void test_told_once(void **state)
{
    char out[1024];
    (void)state;

    capture_begin();
    trouble_over(&writes); /* nothing was wrong */
    capture_end(out, sizeof(out));
    assert_string_equal(out, "");

    capture_begin();
    for (int i = 0; i < 5; i++)
        trouble_note(&writes, "disk full");
    capture_end(out, sizeof(out));
    assert_string_equal(out, "error store no writes why=\"disk full\"\n");
    assert_int_equal(metric_sum(METRIC_STORE_WRITE_FAILURES), 5);
    assert_int_equal(metric_sum(METRIC_STORE_UNWRITABLE), 1);

    capture_begin();
    trouble_over(&writes);
    trouble_over(&writes);
    capture_end(out, sizeof(out));
    assert_memory_equal(out, "info store writes again after_ms=", 33);
    assert_non_null(strstr(out, " failures=5\n"));
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
    assert_int_equal(metric_sum(METRIC_STORE_UNWRITABLE), 0);
}

/* What begins again within ten seconds is counted, not told; neither is its end. */
static void test_flapping(void **state)
{
    char out[1024];
    (void)state;

    capture_begin();
    for (int i = 0; i < 3; i++) {
        trouble_note(&writes, "disk full");
        assert_int_equal(metric_sum(METRIC_STORE_UNWRITABLE), 1);
        trouble_over(&writes);
    }
    capture_end(out, sizeof(out));
    assert_string_equal(out, "");
    assert_int_equal(metric_sum(METRIC_STORE_WRITE_FAILURES), 8);
    assert_int_equal(metric_sum(METRIC_STORE_UNWRITABLE), 0);
}

static void test_apart(void **state)
{
    char out[1024];
    (void)state;

    capture_begin();
    trouble_note(&reads, "locked");
    trouble_over(&writes);
    capture_end(out, sizeof(out));
    assert_string_equal(out, "error store no reads why=\"locked\"\n");
    assert_int_equal(metric_sum(METRIC_STORE_UNREADABLE), 1);
    assert_int_equal(metric_sum(METRIC_STORE_UNWRITABLE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_once),
        cmocka_unit_test(test_flapping),
        cmocka_unit_test(test_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
