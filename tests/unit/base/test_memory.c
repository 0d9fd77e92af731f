/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON while each allocation in turn fails: it is read whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* The linker sends the library's allocations here (--wrap). */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static unsigned countdown; /* 0: all succeed; 1: the next one fails */

void *__wrap_malloc(size_t size)
{
    return countdown && --countdown == 0 ? NULL : __real_malloc(size);
}

static void test_each_failure(void **state)
{
    static const char text[] =
        "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"ram:*\", \"ec2:*\"]}], \"n\": 17}";
    json_t *whole, *j;
    unsigned failed = 0;
    (void)state;

    assert_int_equal(json_read(text, strlen(text), 0, &whole), 0);
    for (bool done = false; !done;) {
        uint64_t before = memory_failures();
        countdown = failed + 1;
        int r = json_read(text, strlen(text), 0, &j);
        done = countdown != 0;
        countdown = 0;
        if (done) {
            assert_int_equal(r, 0);
            assert_int_equal(memory_failures(), before);
            assert_true(json_equal(j, whole));
            json_decref(j);
        } else {
            assert_int_equal(r, ERR_NOMEM);
            assert_true(memory_failures() > before);
            failed++;
        }
    }
    assert_true(failed > 10);
    json_decref(whole);
}

static void test_syntax(void **state)
{
    json_t *j;
    uint64_t before = memory_failures();
    (void)state;

    assert_int_equal(json_read("{", 1, 0, &j), ERR_INVALID);
    assert_int_equal(memory_failures(), before);
    memory_failed();
    assert_int_equal(memory_failures(), before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_failure),
        cmocka_unit_test(test_syntax),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
