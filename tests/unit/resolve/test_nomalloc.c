/* SPDX-License-Identifier: Apache-2.0 */
/* The hit path allocates nothing and takes no lock: the linker routes the allocator and the mutex
 * through counters (see meson.build). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>

/* Of this thread: the publisher has one of its own that frees old memory. */
static _Thread_local unsigned long allocations, locks;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
int __real_pthread_mutex_lock(pthread_mutex_t *m);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
int __wrap_pthread_mutex_lock(pthread_mutex_t *m);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    allocations++;
    return __real_realloc(p, size);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *m)
{
    locks++;
    return __real_pthread_mutex_lock(m);
}

/* Asks many times and expects no allocation and no lock. */
static void expect_free(struct fixture *f, const char *name, uint16_t type, uint8_t rcode)
{
    struct query *q;
    unsigned long a = allocations, l = locks;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(fixture_ask(f, name, type, &q), QUERY_ANSWER);
        assert_int_equal(f->out[3] & 15, rcode);
        reader_quiescent(&f->reader);
    }
    assert_int_equal(allocations - a, 0);
    assert_int_equal(locks - l, 0);
}

static void test_counters_work(void **state)
{
    (void)state;
    unsigned long a = allocations, l = locks;
    struct fixture f;
    fixture_init(&f, 64, 64);
    assert_true(allocations > a);
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    assert_true(locks > l);
    fixture_deinit(&f);
}

static void test_zone_hits(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 64, 64);
    expect_free(&f, "www.example.internal", TYPE_A, RCODE_NOERROR);
    expect_free(&f, "three.example.internal", TYPE_A, RCODE_NOERROR);
    expect_free(&f, "nope.example.internal", TYPE_A, RCODE_NXDOMAIN);
    expect_free(&f, "www.example.internal", TYPE_AAAA, RCODE_NOERROR);
    expect_free(&f, "ip-10-0-0-5.ec2.internal", TYPE_A, RCODE_NOERROR);
    expect_free(&f, "5.0.0.10.in-addr.arpa", TYPE_PTR, RCODE_NOERROR);
    fixture_deinit(&f);
}

static void test_cache_hits(void **state)
{
    (void)state;
    struct fixture f;
    struct query *q;
    struct action a;
    uint8_t wire[512];
    fixture_init(&f, 64, 64);
    assert_int_equal(fixture_ask(&f, "www.corp.internal", TYPE_A, &q), QUERY_WAIT);
    assert_true(resolver_action(f.resolver, f.now, &a));
    assert_true(
        flight_reply(f.resolver, a.handle, wire, fixture_reply(&a, 60, wire, sizeof(wire)), f.now));
    assert_ptr_equal(resolver_ready(f.resolver), q);
    assert_int_equal(query_resume(f.resolver, q, f.out, sizeof(f.out), f.now), QUERY_ANSWER);
    query_free(f.resolver, q);
    expect_free(&f, "www.corp.internal", TYPE_A, RCODE_NOERROR);
    expect_free(&f, "WWW.corp.internal", TYPE_A, RCODE_NOERROR);
    expect_free(&f, "c.example.internal", TYPE_A, RCODE_NOERROR); /* a chain into the cache */
    assert_int_equal(f.metrics.c[METRIC_CACHE_HITS], 3000);
    fixture_deinit(&f);
}

/* Synthesized answers (DNS64) are cached like others. */
static void test_dns64_hits(void **state)
{
    (void)state;
    struct fixture f;
    struct query *q;
    struct action a;
    uint8_t wire[512];
    fixture_init(&f, 64, 64);
    fixture_dns64(&f);
    assert_int_equal(fixture_ask(&f, "www.corp.internal", TYPE_AAAA, &q), QUERY_WAIT);
    for (int i = 0; i < 2; i++) { /* AAAA, which has none, and A */
        assert_true(resolver_action(f.resolver, f.now, &a));
        assert_int_equal(a.qtype, i ? TYPE_A : TYPE_AAAA);
        size_t len = fixture_reply(&a, 60, wire, sizeof(wire));
        assert_true(flight_reply(f.resolver, a.handle, wire, len, f.now));
    }
    assert_ptr_equal(resolver_ready(f.resolver), q);
    assert_int_equal(query_resume(f.resolver, q, f.out, sizeof(f.out), f.now), QUERY_ANSWER);
    assert_int_equal(f.out[7], 1); /* one record, of an address below 64:ff9b:: */
    query_free(f.resolver, q);
    assert_int_equal(f.metrics.c[METRIC_SYNTHESIZED], 1);
    expect_free(&f, "www.corp.internal", TYPE_AAAA, RCODE_NOERROR);
    assert_int_equal(f.metrics.c[METRIC_SYNTHESIZED], 1);
    expect_free(&f, "www.example.internal", TYPE_AAAA, RCODE_NOERROR);
    assert_int_equal(f.metrics.c[METRIC_SYNTHESIZED], 1001);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_work),
        cmocka_unit_test(test_zone_hits),
        cmocka_unit_test(test_cache_hits),
        cmocka_unit_test(test_dns64_hits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
