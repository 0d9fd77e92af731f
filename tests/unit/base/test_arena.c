/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: bounds, alignment, growth up to the limit, reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void test_bounded(void **state)
{
    uint8_t mem[67] __attribute__((aligned(8)));
    struct arena a;
    (void)state;

    arena_init(&a, mem + 3, sizeof(mem) - 3); /* 5 bytes of skew, 59 left: 7 words */
    uint8_t *p = arena_alloc(&a, 1), *q = arena_alloc(&a, 0);
    assert_ptr_equal(p, mem + 8);
    assert_ptr_equal(q, mem + 16);
    assert_non_null(arena_alloc(&a, 40));
    assert_null(arena_alloc(&a, 8));
    assert_true(a.overflow);
    arena_reset(&a);
    assert_false(a.overflow);
    assert_ptr_equal(arena_alloc(&a, 56), mem + 8);
    assert_null(arena_alloc(&a, 1));
    arena_reset(&a);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 7));
    assert_null(arena_zalloc(&a, SIZE_MAX / 2, 3));
    assert_null(arena_dup(&a, "", SIZE_MAX));
    arena_free(&a);

    arena_init(&a, mem + 1, 2); /* all skew */
    assert_null(arena_alloc(&a, 1));
}

static void test_growing(void **state)
{
    struct arena a;
    (void)state;

    arena_new(&a, 100000);
    for (unsigned i = 0; i < 1000; i++) {
        char *p = arena_zalloc(&a, 10, 5);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 8, 0);
        for (unsigned k = 0; k < 50; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xff, 50);
    }
    assert_true(a.total <= 100000);
    assert_null(arena_alloc(&a, 60000));
    assert_true(a.overflow);
    arena_reset(&a);
    size_t kept = a.total;
    assert_true(kept > 0 && kept < 100000);
    assert_non_null(arena_alloc(&a, kept));
    assert_int_equal(a.total, kept);
    assert_non_null(
        arena_alloc(&a, (100000 - kept) & ~(size_t)7)); /* up to the limit, no further */
    assert_null(arena_alloc(&a, 8));
    arena_free(&a);
    arena_free(&a);
    assert_non_null(arena_alloc(&a, 8)); /* usable again after a free */
    arena_free(&a);
    a = (struct arena){0};
    arena_free(&a);
    assert_null(arena_alloc(&a, 1));
}

static void test_text(void **state)
{
    struct arena a;
    uint8_t mem[64];
    (void)state;

    arena_new(&a, 1 << 20);
    assert_string_equal(arena_str(&a, "abc"), "abc");
    assert_null(arena_str(&a, NULL));
    assert_string_equal(arena_dup(&a, "abcdef", 3), "abc");
    assert_string_equal(arena_dup(&a, NULL, 0), "");
    assert_string_equal(arena_printf(&a, "%d-%s", 53, "x"), "53-x");
    arena_free(&a);
    arena_init(&a, mem, sizeof(mem));
    assert_null(arena_printf(&a, "%100d", 1));
    assert_true(a.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
