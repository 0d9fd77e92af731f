/* SPDX-License-Identifier: Apache-2.0 */
/* request: percent coding, forms, headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/request.h"
#include "base/error.h"
#include "base/limits.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_new(&arena, 8u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const char *decode(const char *text, bool form)
{
    return percent_decode(text, strlen(text), form, &arena);
}

static void test_decode(void **state)
{
    (void)state;
    assert_string_equal(decode("a%20b+c", false), "a b+c");
    assert_string_equal(decode("a%20b+c", true), "a b c");
    assert_string_equal(decode("%c3%A4", false), "\xc3\xa4");
    assert_string_equal(decode("", true), "");
    assert_null(decode("%", false));
    assert_null(decode("%4", false));
    assert_null(decode("ab%4g", false));
    assert_null(decode("%00", false));
    assert_null(decode("%ff", false));
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(
        utf8_valid("a\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 17));
    assert_false(utf8_valid("\xc0\xaf", 2));         /* overlong */
    assert_false(utf8_valid("\xe0\x9f\xbf", 3));     /* overlong */
    assert_false(utf8_valid("\xed\xa0\x80", 3));     /* surrogate */
    assert_false(utf8_valid("\xf0\x8f\xbf\xbf", 4)); /* overlong */
    assert_false(utf8_valid("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
    assert_false(utf8_valid("\xe2\x82", 2));         /* cut */
    assert_false(utf8_valid("\x80", 1));
    assert_false(utf8_valid("a\0b", 3));
}

static void test_encode(void **state)
{
    struct buf b = {0};

    (void)state;
    percent_encode(&b, "Az09-._~/ +%\xc3\xa4", 14, false);
    assert_string_equal(b.data, "Az09-._~%2F%20%2B%25%C3%A4");
    buf_free(&b);
    percent_encode(&b, "/a/", 3, true);
    assert_string_equal(b.data, "/a/");
    buf_free(&b);
}

static void test_form(void **state)
{
    const char *text = "&a=1&b&c=x%3Dy+z&&a=2=3&=v";
    struct pairs list = {0};

    (void)state;
    assert_int_equal(form_parse(text, strlen(text), &arena, &list), 0);
    assert_int_equal(list.n, 5);
    assert_string_equal(pairs_get(&list, "a"), "1");
    assert_string_equal(pairs_get(&list, "b"), "");
    assert_string_equal(pairs_get(&list, "c"), "x=y z");
    assert_string_equal(list.v[3].value, "2=3");
    assert_string_equal(pairs_get(&list, ""), "v");
    assert_null(pairs_get(&list, "A"));
    assert_int_equal(form_parse("a=%zz", 5, &arena, &list), ERR_INVALID);
}

static void test_form_limit(void **state)
{
    size_t n = LIMIT_FORM_PAIRS + 1;
    char *text = malloc(n * 2);
    struct pairs list = {0};

    (void)state;
    for (size_t i = 0; i < n; i++)
        memcpy(text + 2 * i, "a&", 2);
    assert_int_equal(form_parse(text, (n - 1) * 2, &arena, &list), 0);
    assert_int_equal(list.n, LIMIT_FORM_PAIRS);
    assert_int_equal(form_parse(text, n * 2, &arena, &list), ERR_RANGE);
    free(text);
}

static void test_full_arena(void **state)
{
    uint8_t memory[64];
    struct arena small;
    struct pairs list = {0};

    (void)state;
    arena_init(&small, memory, sizeof memory);
    assert_int_equal(form_parse("aaaaaaaa=bbbbbbbb&c=d", 21, &small, &list), ERR_NOMEM);
}

static void test_header(void **state)
{
    struct request r = {0};

    (void)state;
    assert_int_equal(pairs_add(&r.headers, &arena, "X-Amz-Date", "1"), 0);
    assert_int_equal(pairs_add(&r.headers, &arena, "x-amz-date", "2"), 0);
    assert_string_equal(request_header(&r, "X-AMZ-DATE"), "1");
    assert_null(request_header(&r, "x-amz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_decode, setup, teardown),
        cmocka_unit_test_setup_teardown(test_utf8, setup, teardown),
        cmocka_unit_test_setup_teardown(test_encode, setup, teardown),
        cmocka_unit_test_setup_teardown(test_form, setup, teardown),
        cmocka_unit_test_setup_teardown(test_form_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_arena, setup, teardown),
        cmocka_unit_test_setup_teardown(test_header, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
