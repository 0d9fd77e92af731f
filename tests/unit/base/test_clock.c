/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"

static void test_format(void **state)
{
    char buf[CLOCK_TEXT_MAX];
    uint64_t ns = 1767323045ull * NS_PER_S + 678912345;
    (void)state;

    assert_string_equal(clock_format(ns, 0, buf, sizeof(buf)), "2026-01-02T03:04:05Z");
    assert_string_equal(clock_format(ns, 3, buf, sizeof(buf)), "2026-01-02T03:04:05.678Z");
    assert_string_equal(clock_format(ns, 6, buf, sizeof(buf)), "2026-01-02T03:04:05.678912Z");
    assert_string_equal(clock_format(0, 3, buf, sizeof(buf)), "1970-01-01T00:00:00.000Z");
    assert_string_equal(clock_format(NS_PER_S - 1, 6, buf, sizeof(buf)),
                        "1970-01-01T00:00:00.999999Z");
    assert_string_equal(clock_format(UINT64_MAX, 0, buf, sizeof(buf)), "2554-07-21T23:34:33Z");
}

static void test_parse(void **state)
{
    uint64_t ns = 7;
    (void)state;

    assert_int_equal(clock_parse("2026-01-02T03:04:05Z", &ns), 0);
    assert_true(ns == 1767323045ull * NS_PER_S);
    assert_int_equal(clock_parse("2026-01-02T03:04:05.678912Z", &ns), 0);
    assert_true(ns == 1767323045ull * NS_PER_S + 678912000);
    assert_int_equal(clock_parse("1970-01-02", &ns), 0);
    assert_true(ns == 86400 * NS_PER_S);
    static const char *const bad[] = {"",
                                      "now",
                                      "2026-01-02T03:04:05",
                                      "2026-01-02T03:04:05Zx",
                                      "2026-01-02T03:04Z",
                                      "2026-02-30",
                                      "1969-12-31",
                                      "2501-01-01",
                                      "2026-01-02T03:04:05.1234567891Z"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(clock_parse(bad[i], &ns), ERR_INVALID);
}

static void test_clocks(void **state)
{
    uint64_t a = clock_mono_ns(), b = clock_mono_ns();
    (void)state;

    assert_true(b >= a);
    assert_true(clock_real_ns() > 1700000000ull * NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_format), cmocka_unit_test(test_parse),
                                       cmocka_unit_test(test_clocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
