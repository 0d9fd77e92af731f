/* SPDX-License-Identifier: Apache-2.0 */
/* Traces: order, copies, and a full arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "resolve/trace.h"

static void test_events(void **state)
{
    (void)state;
    struct arena arena;
    struct trace t;
    char object[] = "rr-1";
    arena_new(&arena, 65536);
    trace_init(&t, &arena);
    trace_add(&t, &(struct trace_item){"route", "chosen", object, (const uint8_t *)"\1a\0", false},
              "number %d", 7);
    memset(object, 'x', 4); /* copies are kept */
    t.depth = 2;
    trace_add(&t, &(struct trace_item){"route", "candidate", NULL, NULL, true}, "%s", "lost it");
    const struct trace_event *e = t.first;
    assert_string_equal(e->object, "rr-1");
    assert_string_equal(e->name, "a.");
    assert_string_equal(e->text, "number 7");
    assert_int_equal(e->depth, 0);
    assert_false(e->lost);
    e = e->next;
    assert_ptr_equal(e, t.last);
    assert_null(e->object);
    assert_null(e->name);
    assert_true(e->lost);
    assert_int_equal(e->depth, 2);
    assert_null(e->next);
    trace_add(NULL, &(struct trace_item){"a", "b", NULL, NULL, false}, "nothing happens");
    arena_free(&arena);
}

static void test_full(void **state)
{
    (void)state;
    struct arena arena;
    struct trace t;
    _Alignas(8) uint8_t mem[400];
    arena_init(&arena, mem, sizeof(mem));
    trace_init(&t, &arena);
    for (int i = 0; i < 20; i++)
        trace_add(&t, &(struct trace_item){"s", "w", "object", NULL, false}, "a sentence");
    assert_true(t.cut);
    int n = 0;
    for (const struct trace_event *e = t.first; e; e = e->next, n++)
        assert_string_equal(e->text, "a sentence");
    assert_in_range(n, 1, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
