/* SPDX-License-Identifier: Apache-2.0 */
/* Growing byte strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static void test_add(void **state)
{
    struct buf b = {0};
    (void)state;

    buf_add(&b, NULL, 0);
    assert_string_equal(b.data, "");
    for (unsigned i = 0; i < 1000; i++)
        buf_add(&b, "a\0b", 3);
    assert_int_equal(b.len, 3000);
    assert_memory_equal(b.data + 2997, "a\0b", 4);
    buf_free(&b);
    assert_null(b.data);
    buf_str(&b, "x=");
    buf_printf(&b, "%0300d", 7);
    assert_int_equal(b.len, 302);
    assert_int_equal(strlen(b.data), 302);
    assert_false(b.failed);
    buf_free(&b);
    buf_free(&b);
}

static void test_exact_edges(void **state)
{
    struct buf b = {0};
    char text[300];
    (void)state;

    memset(text, 'x', sizeof(text));
    buf_add(&b, text, 255); /* 256 with its NUL: fills the first block */
    assert_int_equal(b.cap, 256);
    buf_add(&b, text, 1);
    assert_true(b.cap > 256);
    assert_int_equal(strlen(b.data), 256);
    buf_free(&b);
}

static void test_failure_sticks(void **state)
{
    struct buf b = {0};
    (void)state;

    buf_str(&b, "ab");
    buf_add(&b, "x", SIZE_MAX / 2);
    assert_true(b.failed);
    buf_str(&b, "cd");
    buf_printf(&b, "%d", 1);
    assert_string_equal(b.data, "ab");
    buf_free(&b);
    assert_false(b.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_exact_edges),
        cmocka_unit_test(test_failure_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
