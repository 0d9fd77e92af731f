/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "control/secret.h"

static void test_secret(void **state)
{
    (void)state;
    struct arena arena;
    struct store *s;
    uint8_t a[16], b[16], none[16] = {0};
    arena_new(&arena, 1 << 20);
    assert_int_equal(store_open("mem:", &arena, &s, NULL), 0);
    assert_int_equal(secret_get(s, &arena, "one", a, sizeof(a)), 0);
    assert_memory_not_equal(a, none, sizeof(a));
    assert_int_equal(secret_get(s, &arena, "one", b, sizeof(b)), 0);
    assert_memory_equal(a, b, sizeof(a)); /* made once */
    assert_int_equal(secret_get(s, &arena, "two", b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(secret_get(s, &arena, "one", b, 8), ERR_CORRUPT);
    store_close(s);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_secret)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
