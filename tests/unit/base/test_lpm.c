/* SPDX-License-Identifier: Apache-2.0 */
/* Longest-prefix match: against a linear search through random edits, with old versions kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/lpm.h"
#include "base/rand.h"

#define RETIRED_MAX 4096

/* The linker leads the library's malloc here, so that any one can be made to fail. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static int mallocs_left = -1; /* this many succeed, then one fails; -1: all succeed */

void *__wrap_malloc(size_t size)
{
    return mallocs_left >= 0 && mallocs_left-- == 0 ? NULL : __real_malloc(size);
}

struct grave {
    void *blocks[RETIRED_MAX];
    unsigned n;
    size_t bytes;
};

static void grave_add(void *ctx, void *block)
{
    struct grave *g = ctx;
    assert_true(g->n < RETIRED_MAX);
    g->blocks[g->n++] = block;
    g->bytes += malloc_usable_size(block);
}

static void grave_empty(struct grave *g)
{
    while (g->n)
        free(g->blocks[--g->n]);
    g->bytes = 0;
}

static struct prefix P(const char *text) {
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    return p;
}

static uint32_t
find(const struct lpm *t, const char *text)
{
    struct addr a;
    assert_int_equal(addr_parse(text, &a), 0);
    return lpm_find(t, &a);
}

/* The walk's steps, one more than needed: a walk that ended stays so. */
static uint32_t find_stepwise(const struct lpm *t, const struct addr *a)
{
    struct lpm_walk w;
    lpm_begin(&w, t, a);
    while (lpm_step(&w))
        ;
    assert_false(lpm_step(&w));
    return lpm_end(&w);
}

static void set(struct lpm *t, const char *text, uint32_t value)
{
    struct prefix p = P(text);
    assert_int_equal(lpm_set(t, &p, value, NULL), 0);
}

static int del(struct lpm *t, const char *text)
{
    struct prefix p = P(text);
    return lpm_del(t, &p, NULL);
}

static void test_basics(void **state)
{
    struct lpm t = {0};
    struct addr none = {0};
    struct prefix bad = {.addr = {.family = AF_INET}, .bits = 33}, p = P("10.0.0.0/8");
    (void)state;

    assert_int_equal(find(&t, "10.0.0.1"), LPM_NONE);
    assert_int_equal(del(&t, "10.0.0.0/8"), ERR_NOT_FOUND);
    set(&t, "10.0.0.0/16", 16);
    set(&t, "10.0.0.7/32", 32);
    set(&t, "10.0.1.99/24", 24); /* host bits are ignored */
    assert_int_equal(find(&t, "10.0.0.7"), 32);
    assert_int_equal(find(&t, "10.0.0.6"), 16);
    assert_int_equal(find(&t, "10.0.1.1"), 24);
    assert_int_equal(find(&t, "10.1.0.0"), LPM_NONE);
    assert_int_equal(find(&t, "::"), LPM_NONE);
    set(&t, "0.0.0.0/0", 0);
    assert_int_equal(find(&t, "255.255.255.255"), 0);
    assert_int_equal(find(&t, "10.0.0.7"), 32);
    set(&t, "fd00::/8", 8);
    set(&t, "fd00:ec2::253/128", 128);
    set(&t, "fd00:ec2::252/127", 127);
    assert_int_equal(find(&t, "fd00:ec2::253"), 128);
    assert_int_equal(find(&t, "fd00:ec2::252"), 127);
    assert_int_equal(find(&t, "fd00:ec2::254"), 8);
    assert_int_equal(find(&t, "fe00::"), LPM_NONE);
    assert_int_equal(lpm_find(&t, &none), LPM_NONE);
    assert_int_equal(lpm_set(&t, &bad, 1, NULL), ERR_INVALID);
    assert_int_equal(lpm_del(&t, &bad, NULL), ERR_NOT_FOUND);
    assert_int_equal(lpm_set(&t, &p, LPM_NONE, NULL), ERR_INVALID);
    set(&t, "10.0.0.0/16", 17);
    assert_int_equal(find(&t, "10.0.0.6"), 17);
    assert_int_equal(del(&t, "10.0.0.0/15"), ERR_NOT_FOUND);
    assert_int_equal(del(&t, "10.0.0.0/16"), 0);
    assert_int_equal(del(&t, "10.0.0.0/16"), ERR_NOT_FOUND);
    assert_int_equal(find(&t, "10.0.0.6"), 0);
    assert_int_equal(del(&t, "10.0.0.7/32"), 0);
    assert_int_equal(del(&t, "10.0.1.0/24"), 0);
    assert_int_equal(del(&t, "0.0.0.0/0"), 0);
    assert_null(t.v4);
    lpm_free(&t);
    assert_null(t.v6);
}

#define PREFIXES 300

struct row {
    struct prefix p;
    uint32_t value;
};

static uint32_t model_find(const struct row *rows, const struct addr *a)
{
    int best = -1;
    uint32_t value = LPM_NONE;

    for (unsigned i = 0; i < PREFIXES; i++) {
        if (rows[i].value != LPM_NONE && rows[i].p.bits > best && prefix_contains(&rows[i].p, a)) {
            best = rows[i].p.bits;
            value = rows[i].value;
        }
    }
    return value;
}

/* Few distinct bits per byte, so that prefixes nest and collide. */
static struct addr random_addr(struct rnd *r, uint8_t family)
{
    struct addr a = {.family = family};
    static const uint8_t some[] = {0, 0, 0x80, 0x10, 0xff, 1};

    for (unsigned i = 0; i < addr_bits(&a) / 8; i++)
        a.b[i] = some[rnd_below(r, sizeof(some))];
    return a;
}

static void random_rows(struct rnd *r, struct row *rows, uint8_t family)
{
    for (unsigned i = 0; i < PREFIXES; i++) {
        bool again;
        do {
            again = false;
            rows[i].p.addr = random_addr(r, family);
            rows[i].p.bits = (uint8_t)rnd_below(r, addr_bits(&rows[i].p.addr) + 1);
            prefix_mask(&rows[i].p);
            for (unsigned k = 0; k < i; k++)
                again |= !memcmp(&rows[i].p, &rows[k].p, sizeof(rows[k].p));
        } while (again);
        rows[i].value = LPM_NONE;
    }
}

static void random_edits(uint8_t family, uint64_t seed)
{
    static struct row rows[PREFIXES], old_rows[PREFIXES];
    static struct grave grave;
    struct retire retire = {grave_add, &grave};
    struct lpm t = {0}, old = {0};
    struct rnd r;

    rnd_init_seed(&r, seed);
    random_rows(&r, rows, family);
    memcpy(old_rows, rows, sizeof(rows));
    for (unsigned step = 0; step < 3000; step++) {
        struct row *row = &rows[rnd_below(&r, PREFIXES)];
        assert_int_equal(lpm_has(&t, &row->p), row->value != LPM_NONE);
        if (rnd_below(&r, 3)) {
            row->value = rnd_below(&r, 1000);
            assert_int_equal(lpm_set(&t, &row->p, row->value, &retire), 0);
        } else {
            int want = row->value == LPM_NONE ? ERR_NOT_FOUND : 0;
            assert_int_equal(lpm_del(&t, &row->p, &retire), want);
            row->value = LPM_NONE;
        }
        for (unsigned i = 0; i < 5; i++) {
            struct addr a = random_addr(&r, family);
            assert_int_equal(lpm_find(&t, &a), model_find(rows, &a));
            assert_int_equal(find_stepwise(&t, &a), model_find(rows, &a));
            assert_int_equal(lpm_find(&old, &a), model_find(old_rows, &a)); /* undisturbed */
        }
        if (step % 100 == 0) {
            grave_empty(&grave);
            old = t;
            memcpy(old_rows, rows, sizeof(rows));
        }
    }
    for (unsigned i = 0; i < PREFIXES; i++) {
        if (rows[i].value != LPM_NONE)
            assert_int_equal(lpm_del(&t, &rows[i].p, &retire), 0);
    }
    assert_null(family == AF_INET ? t.v4 : t.v6); /* the shape depends on the content alone */
    grave_empty(&grave);
}

static void test_random_v4(void **state)
{
    (void)state;
    random_edits(AF_INET, 1);
    random_edits(AF_INET, 2);
}

static void test_random_v6(void **state)
{
    (void)state;
    random_edits(AF_INET6, 3);
    random_edits(AF_INET6, 4);
}

/* 10,000 networks with a subnet each: what an edit copies must not grow with them. */
static void test_edit_cost(void **state)
{
    struct lpm t = {0};
    struct grave grave = {.n = 0};
    struct retire retire = {grave_add, &grave};
    struct prefix p = P("10.0.0.0/24");
    size_t worst = 0;
    (void)state;

    for (uint32_t i = 0; i < 20000; i++) {
        struct prefix q = p;
        q.addr = addr_add(&p.addr, i / 2 * 256);
        q.bits = i % 2 ? 26 : 24;
        grave_empty(&grave);
        assert_int_equal(lpm_set(&t, &q, i, &retire), 0);
        if (grave.bytes > worst)
            worst = grave.bytes;
    }
    assert_in_range(worst, 1, 2048);
    assert_int_equal(find(&t, "10.0.0.63"), 1);
    assert_int_equal(find(&t, "10.0.0.64"), 0);
    assert_int_equal(find(&t, "10.39.15.1"), 19999);
    grave_empty(&grave);
    lpm_free(&t);
}

/* Each allocation of each edit fails once: the table must stay as it was, and nothing may leak. */
static void test_no_memory(void **state)
{
    static const char *const prefixes[] = {"10.0.0.0/8",  "10.1.0.0/16", "10.1.2.0/24",
                                           "10.1.2.3/32", "10.1.2.2/32", "192.0.2.0/24",
                                           "10.1.16.0/20"};
    enum { N = sizeof(prefixes) / sizeof(prefixes[0]) };
    struct lpm t = {0};
    struct prefix p;
    unsigned failures = 0;
    (void)state;

    for (unsigned i = 0; i < 2 * N; i++) {
        p = P(prefixes[i % N]);
        for (int n = 0, err = ERR_NOMEM; err; n++) {
            struct lpm before = t;
            mallocs_left = n;
            err = i < N ? lpm_set(&t, &p, i, NULL) : lpm_del(&t, &p, NULL);
            mallocs_left = -1;
            if (err) {
                assert_int_equal(err, ERR_NOMEM);
                assert_memory_equal(&before, &t, sizeof(t));
                if (i >= N)
                    assert_int_equal(lpm_find(&t, &p.addr), i - N);
                failures++;
            }
        }
    }
    assert_true(failures > N);
    assert_null(t.v4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basics),    cmocka_unit_test(test_random_v4),
        cmocka_unit_test(test_random_v6), cmocka_unit_test(test_edit_cost),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
