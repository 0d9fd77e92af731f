/* SPDX-License-Identifier: Apache-2.0 */
/* The answer cache: exact keys, TTLs, stale answers, room, and readers beside writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "dns/build.h"
#include "resolve/cache.h"

#define NOW (1000 * NS_PER_S)

static struct cache_key key_of(const char *name, uint64_t route)
{
    struct cache_key k;
    uint8_t wire[NAME_MAX_WIRE];
    memset(&k, 0xaa, sizeof(k)); /* unused bytes must not matter */
    name_parse(name, wire);
    k.route = route;
    k.qtype = TYPE_TXT;
    k.qclass = CLASS_IN;
    k.kind = CACHE_RULE;
    k.dns64 = 0;
    cache_key_name(&k, wire);
    return k;
}

/* A clean reply with `n` TXT records of `size` bytes full of `fill`. */
static struct reply make(const struct cache_key *k, uint8_t *buf, int n, size_t size, uint8_t fill)
{
    uint8_t rdata[8192];
    struct build b;
    memset(rdata, fill, sizeof(rdata));
    build_begin(&b, buf, LIMIT_MESSAGE, 0, 0);
    build_question(&b, k->name, k->qtype, k->qclass);
    for (int i = 0; i < n; i++)
        build_rr(&b, SECTION_ANSWER, k->name, TYPE_TXT, CLASS_IN, 100, rdata, (uint16_t)size);
    struct reply r = {.msg = buf, .body = reply_body(k->name_len), .ttl = 100};
    r.answers = (uint16_t)n;
    r.len = build_end(&b);
    return r;
}

static uint8_t in[LIMIT_MESSAGE], out[LIMIT_MESSAGE];

static enum cache_result get(const struct cache *c, const struct cache_key *k, uint64_t now,
                             struct reply *ret)
{
    *ret = (struct reply){.msg = out, .body = reply_body(k->name_len)};
    struct cache_at at = {k, cache_hash(c, k), now, 0};
    return cache_get(c, &at, sizeof(out) - ret->body, ret);
}

static void put(struct cache *c, const struct cache_key *k, const struct reply *r)
{
    struct cache_at at = {k, cache_hash(c, k), NOW, 0};
    cache_put(c, &at, r);
}

static uint32_t first_ttl(const struct reply *r, const struct cache_key *k)
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    reply_head(r, k->name, k->qtype, k->qclass);
    reply_message(r, &m);
    msg_records(&m, &it);
    assert_int_equal(rr_next(&it, &rr), 1);
    return rr.ttl;
}

static void test_keys_are_exact(void **state)
{
    (void)state;
    struct cache *c = cache_new(1 << 16);
    struct reply r;
    struct cache_key k = key_of("a.example.com", 7), upper = key_of("A.EXAMPLE.com", 7);
    put(c, &k, &(struct reply){.msg = in, .body = 30, .len = 30, .ttl = 100});
    r = make(&k, in, 2, 20, 'x');
    put(c, &k, &r);
    assert_int_equal(get(c, &k, NOW, &r), CACHE_FRESH);
    assert_int_equal(get(c, &upper, NOW, &r), CACHE_FRESH);
    assert_int_equal(r.answers, 2);
    assert_memory_equal(out + r.body, in + r.body, r.len - r.body);
    struct cache_key other[] = {
        key_of("b.example.com", 7), key_of("a.example.com", 8), key_of("a.example.co", 7), k, k, k};
    other[3].qtype = TYPE_A;
    other[4].qclass = CLASS_CH;
    other[5].kind = CACHE_RULE_FAILED;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        assert_int_equal(get(c, &other[i], NOW, &r), CACHE_MISS);
        /* even under the same hash */
        r = (struct reply){.msg = out, .body = 40};
        struct cache_at at = {&other[i], cache_hash(c, &k), NOW, 0};
        assert_int_equal(cache_get(c, &at, 1000, &r), CACHE_MISS);
    }
    cache_free(c);
    cache_free(NULL);
}

static void test_ttl_and_stale(void **state)
{
    (void)state;
    struct cache *c = cache_new(1 << 16);
    struct cache_key k = key_of("a.example.com", 7);
    struct reply r = make(&k, in, 1, 20, 'x');
    put(c, &k, &r);
    assert_int_equal(get(c, &k, NOW + 30 * NS_PER_S, &r), CACHE_FRESH);
    assert_int_equal(r.ttl, 70);
    assert_int_equal(first_ttl(&r, &k), 70);
    assert_int_equal(get(c, &k, NOW + 100 * NS_PER_S - 1, &r), CACHE_FRESH);
    assert_int_equal(first_ttl(&r, &k), 1);
    assert_int_equal(get(c, &k, NOW + 100 * NS_PER_S, &r), CACHE_STALE);
    assert_int_equal(first_ttl(&r, &k), CACHE_STALE_TTL);
    assert_int_equal(get(c, &k, NOW + (100 + CACHE_STALE_MAX_S) * NS_PER_S, &r), CACHE_MISS);
    assert_int_equal(get(c, &k, NOW - NS_PER_S, &r), CACHE_FRESH); /* another worker's clock */
    r = make(&k, in, 1, 20, 'y');
    r.ttl = 0;
    struct cache_key z = key_of("zero.example.com", 7);
    put(c, &z, &r);
    assert_int_equal(get(c, &z, NOW, &r), CACHE_MISS);
    cache_free(c);
}

static void test_sizes(void **state)
{
    (void)state;
    struct cache *c = cache_new(1 << 16);
    struct cache_key k = key_of("a.example.com", 7);
    struct reply r = make(&k, in, 1, LIMIT_CACHE_ANSWER - 12, 'x');
    assert_int_equal(r.len - r.body, LIMIT_CACHE_ANSWER);
    put(c, &k, &r);
    assert_int_equal(get(c, &k, NOW, &r), CACHE_FRESH);
    assert_int_equal(r.len - r.body, LIMIT_CACHE_ANSWER);
    assert_memory_equal(out + r.body, in + r.body, LIMIT_CACHE_ANSWER);
    r = (struct reply){.msg = out, .body = 31}; /* no room: only told how much */
    out[31] = 0x55;
    struct cache_at at = {&k, cache_hash(c, &k), NOW, 0};
    assert_int_equal(cache_get(c, &at, 100, &r), CACHE_FRESH);
    assert_int_equal(r.len, 31 + LIMIT_CACHE_ANSWER);
    assert_int_equal(out[31], 0x55);
    struct cache_key big = key_of("big.example.com", 7), many = key_of("many.example.com", 7);
    r = make(&big, in, 1, LIMIT_CACHE_ANSWER - 11, 'x');
    put(c, &big, &r);
    assert_int_equal(get(c, &big, NOW, &r), CACHE_MISS);
    r = make(&many, in, 385, 0, 'x');
    assert_true(r.len - r.body > LIMIT_CACHE_ANSWER);
    put(c, &many, &r);
    assert_int_equal(get(c, &many, NOW, &r), CACHE_MISS);
    cache_free(c);
}

static void test_replace(void **state)
{
    (void)state;
    struct cache *c = cache_new(1); /* one set */
    struct cache_key k = key_of("a.example.com", 7);
    static const size_t sizes[] = {50, 20, 50, 300, 10, 301};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct reply r = make(&k, in, 1, sizes[i], (uint8_t)('a' + i));
        put(c, &k, &r);
        assert_int_equal(get(c, &k, NOW, &r), CACHE_FRESH);
        assert_int_equal(r.len - r.body, sizes[i] + 12);
        assert_memory_equal(out + r.body, in + r.body, r.len - r.body);
    }
    cache_free(c);
}

/* Thousands of entries through one set: what is found is right, and what is read often stays. */
static void test_eviction(void **state)
{
    (void)state;
    struct cache *c = cache_new(1);
    struct cache_key hot = key_of("hot.example.com", 7);
    struct reply r = make(&hot, in, 1, 40, 'h');
    put(c, &hot, &r);
    int hot_lost = 0, found = 0;
    for (int i = 0; i < 5000; i++) {
        char name[64];
        snprintf(name, sizeof(name), "n%d.example.com", i);
        struct cache_key k = key_of(name, 7);
        size_t size = (size_t)(i * 37 % (i % 50 ? 200 : 4000));
        r = make(&k, in, 1, size, (uint8_t)i);
        put(c, &k, &r);
        assert_int_equal(get(c, &k, NOW, &r), CACHE_FRESH);
        assert_int_equal(r.len - r.body, size + 12);
        assert_memory_equal(out + r.body, in + r.body, r.len - r.body);
        if (get(c, &hot, NOW, &r) == CACHE_FRESH) {
            assert_int_equal(out[r.body + 12], 'h');
        } else {
            hot_lost++;
            r = make(&hot, in, 1, 40, 'h');
            put(c, &hot, &r);
        }
        snprintf(name, sizeof(name), "n%d.example.com", i - 10);
        k = key_of(name, 7);
        found += get(c, &k, NOW, &r) == CACHE_FRESH;
    }
    assert_true(found > 3000);
    assert_true(hot_lost < 100);
    cache_free(c);
}

/* --- threads
 * ------------------------------------------------------------------------------------------ */

#define THREAD_NAMES 64

struct side {
    struct cache *c;
    int seed;
    int torn, hits;
};

/* Every record of an answer for name i is filled with one byte that says i: mixed ones are torn. */
static void *hammer(void *ctx)
{
    struct side *s = ctx;
    uint8_t mine_in[2048], mine_out[8192];
    unsigned x = (unsigned)s->seed * 2654435761u + 1;
    for (int i = 0; i < 20000; i++) {
        x = x * 1103515245 + 12345;
        unsigned n = x >> 16 & (THREAD_NAMES - 1);
        char name[64];
        snprintf(name, sizeof(name), "n%u.example.com", n);
        struct cache_key k = key_of(name, 7);
        struct cache_at at = {&k, cache_hash(s->c, &k), NOW, 0};
        if (x >> 28 < 4) {
            struct reply r = make(&k, mine_in, 1 + (int)(x >> 24 & 3), 30, (uint8_t)n);
            cache_put(s->c, &at, &r);
            continue;
        }
        struct reply r = {.msg = mine_out, .body = reply_body(k.name_len)};
        if (cache_get(s->c, &at, sizeof(mine_out) - 300, &r) != CACHE_FRESH)
            continue;
        s->hits++;
        s->torn += r.len - r.body != r.answers * 42u;
        for (size_t rr = r.body + 12; rr < r.len; rr += 42)
            for (int b = 0; b < 30; b++)
                s->torn += mine_out[rr + (size_t)b] != (uint8_t)n;
    }
    return NULL;
}

static void test_readers_beside_writers(void **state)
{
    (void)state;
    struct cache *c = cache_new(1); /* one set, so that they meet */
    struct side side[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        side[i] = (struct side){.c = c, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &side[i]), 0);
    }
    int hits = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(side[i].torn, 0);
        hits += side[i].hits;
    }
    assert_true(hits > 1000);
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_exact), cmocka_unit_test(test_ttl_and_stale),
        cmocka_unit_test(test_sizes),          cmocka_unit_test(test_replace),
        cmocka_unit_test(test_eviction),       cmocka_unit_test(test_readers_beside_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
