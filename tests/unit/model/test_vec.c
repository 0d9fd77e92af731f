/* SPDX-License-Identifier: Apache-2.0 */
/* The persistent array: growth, sparse slots, old versions. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "model/vec.h"

static int things[4];

static void test_sparse(void **state)
{
    static const uint32_t slots[] = {0, 127, 128, 16383, 16384, 2097152, UINT32_MAX};
    struct edit e = {1, garbage_new()};
    struct vec v = {0};
    uint64_t pos = 0;

    (void)state;
    assert_null(vec_get(&v, 0));
    assert_null(vec_next(&v, &pos));
    for (unsigned i = 0; i < 7; i++) {
        assert_null(vec_get(&v, slots[i]));
        assert_int_equal(vec_set(&v, &e, slots[i], &things[i % 4]), 0);
    }
    for (unsigned i = 0; i < 7; i++) {
        assert_ptr_equal(vec_get(&v, slots[i]), &things[i % 4]);
        assert_ptr_equal(vec_next(&v, &pos), &things[i % 4]);
        assert_int_equal(pos, (uint64_t)slots[i] + 1);
    }
    assert_null(vec_next(&v, &pos));
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(vec_set(&v, &e, slots[i], NULL), 0);
    assert_int_equal(vec_set(&v, &e, 5, NULL), 0);
    assert_int_equal(v.root->used, 0);
    vec_free(&v);
    garbage_free(e.garbage);
}

static void test_versions(void **state)
{
    struct garbage *first = garbage_new();
    struct edit e = {1, first};
    struct vec v = {0}, old;

    (void)state;
    for (uint32_t i = 0; i < 20000; i++)
        assert_int_equal(vec_set(&v, &e, i, &things[0]), 0);
    old = v;
    e = (struct edit){2, garbage_new()};
    for (uint32_t i = 0; i < 20000; i += 3)
        assert_int_equal(vec_set(&v, &e, i, i % 2 ? &things[1] : NULL), 0);
    assert_int_equal(vec_set(&v, &e, 3000000, &things[2]), 0);
    for (uint32_t i = 0; i < 20000; i++) {
        void *now = i % 3 ? &things[0] : i % 2 ? &things[1] : NULL;
        assert_ptr_equal(vec_get(&old, i), &things[0]);
        assert_ptr_equal(vec_get(&v, i), now);
    }
    assert_null(vec_get(&old, 3000000));
    garbage_free(first);
    garbage_free(e.garbage);
    vec_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
