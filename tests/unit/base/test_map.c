/* SPDX-License-Identifier: Apache-2.0 */
/* String maps: against a plain array through random puts and removals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/rand.h"

#define KEYS 500

static void test_basics(void **state)
{
    struct map m = {0};
    int x, y;
    void *old = &x;
    size_t pos = 0;
    const char *key;
    char text[] = "a";
    (void)state;

    assert_null(map_get(&m, "a"));
    assert_null(map_del(&m, "a"));
    assert_null(map_next(&m, &pos, &key));
    assert_int_equal(map_put(&m, text, &x, &old), 0);
    assert_null(old);
    text[0] = 'b'; /* keys are copied */
    assert_ptr_equal(map_get(&m, "a"), &x);
    assert_int_equal(map_put(&m, "a", &y, &old), 0);
    assert_ptr_equal(old, &x);
    assert_int_equal(m.keys.count, 1);
    assert_int_equal(map_put(&m, "", &x, NULL), 0);
    assert_ptr_equal(map_get(&m, ""), &x);
    assert_ptr_equal(map_del(&m, "a"), &y);
    assert_null(map_get(&m, "a"));
    map_free(&m);
    map_free(&m);
    assert_null(map_get(&m, ""));
}

static void key_of(unsigned i, char *buf)
{
    sprintf(buf, "vpc-%08x", i * 2654435761u);
}

static void test_random(void **state)
{
    static int values[KEYS];
    int *model[KEYS] = {0};
    struct map m = {0};
    struct rnd r;
    char key[32];
    size_t count = 0;
    (void)state;

    rnd_init_seed(&r, 1);
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = rnd_below(&r, KEYS);
        key_of(i, key);
        assert_ptr_equal(map_get(&m, key), model[i]);
        if (rnd_below(&r, 2)) {
            int *value = &values[rnd_below(&r, KEYS)];
            void *old;
            assert_int_equal(map_put(&m, key, value, &old), 0);
            assert_ptr_equal(old, model[i]);
            count += !model[i];
            model[i] = value;
        } else {
            assert_ptr_equal(map_del(&m, key), model[i]);
            count -= !!model[i];
            model[i] = NULL;
        }
        assert_int_equal(m.keys.count, count);
    }
    size_t pos = 0, seen = 0;
    const char *at;
    for (void *v; (v = map_next(&m, &pos, &at)); seen++)
        assert_ptr_equal(map_get(&m, at), v);
    assert_int_equal(seen, count);
    map_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_basics),
                                       cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
