/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines, failed checks, counters and error texts: what the process tells about itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/metrics.h"
#include "capture.h"

static void test_lines(void **state)
{
    char out[8192], longer[5000];
    (void)state;

    capture_begin();
    log_debug("serve", "hidden");
    log_warn("serve", "name=%s n=%d", "a\nb\x7f\x1b", 3);
    capture_end(out, sizeof(out));
    assert_string_equal(out, "warn serve name=a\\x0ab\\x7f\\x1b n=3\n");

    log_set_level(LOG_ERROR);
    capture_begin();
    log_warn("serve", "hidden");
    log_error("an area with a name that is much too long for a line", "x");
    capture_end(out, sizeof(out));
    assert_string_equal(out, "error an area with a name that is much too lon x\n");
    log_set_level(LOG_DEBUG);
    memset(longer, '\n', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    capture_begin();
    log_debug("x", "%s", longer);
    capture_end(out, sizeof(out));
    assert_in_range(strlen(out), 1000, 2200);
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1); /* one line */
    log_set_level(LOG_INFO);
}

static void test_level(void **state)
{
    enum log_level level = LOG_INFO;
    (void)state;

    assert_int_equal(log_level_parse("Error", &level), 0);
    assert_int_equal(level, LOG_ERROR);
    assert_int_equal(log_level_parse("loud", &level), ERR_INVALID);
    assert_int_equal(level, LOG_ERROR);
}

static bool check_small(int n)
{
    return should(n < 3);
}

static void test_should(void **state)
{
    char out[1024];
    uint64_t before = metric_sum(METRIC_BUGS);
    (void)state;

    capture_begin();
    assert_true(check_small(1));
    assert_false(check_small(3));
    assert_false(check_small(4));
    capture_end(out, sizeof(out));
    assert_non_null(strstr(out, "n < 3"));
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1); /* logged once */
    assert_int_equal(metric_sum(METRIC_BUGS), before + 2);      /* counted twice */
    must(out[0] == 'e');
}

static void test_metrics(void **state)
{
    static struct metrics a, b;
    struct buf out = {0};
    uint64_t before = metric_sum(METRIC_ANSWERS);
    (void)state;

    metrics_register(&a);
    metrics_register(&b);
    metric_add(&a, METRIC_ANSWERS, 3);
    metric_add(&b, METRIC_ANSWERS, 4);
    assert_int_equal(metric_sum(METRIC_ANSWERS), before + 7);
    metrics_remove(&a);
    metrics_remove(&a);
    assert_int_equal(metric_sum(METRIC_ANSWERS), before + 7); /* counters never fall */
    metrics_write(&out);
    assert_non_null(strstr(out.data, "# HELP bridge53_answers_total DNS answers sent\n"
                                     "# TYPE bridge53_answers_total counter\n"
                                     "bridge53_answers_total 7\n"));
    buf_free(&out);
    metrics_remove(&b);
}

static void test_errors(void **state)
{
    (void)state;
    assert_string_equal(err_text(ERR_NOT_FOUND), "not found");
    assert_string_equal(err_text(0), "success");
    for (int err = 0; err >= ERR_BUSY; err--)
        assert_string_not_equal(err_text(err), "unknown error");
    assert_string_equal(err_text(ERR_BUSY - 1), "unknown error");
    assert_string_equal(err_text(1), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),  cmocka_unit_test(test_level),
        cmocka_unit_test(test_should), cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
