/* SPDX-License-Identifier: Apache-2.0 */
/* Publication: pins, garbage, waking, and readers beside a writer (run it under TSan, too). */
#include "model_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "model/garbage.h"
#include "model/snapshot_priv.h"
#include "model/status.h"

static _Atomic unsigned freed; /* blocks that the reclaimer destroyed */

static void count_free(void *block)
{
    free(block);
    atomic_fetch_add(&freed, 1);
}

static void nap(int ms)
{
    struct timespec t = {0, (long)ms * 1000000};

    nanosleep(&t, NULL);
}

/* Waits for the count; half a minute, because a busy machine may be slow to run the collector. */
static bool freed_is(unsigned n)
{
    for (unsigned i = 0; i < 6000 && atomic_load(&freed) < n; i++)
        nap(5);
    return atomic_load(&freed) == n;
}

static struct listener_list no_listeners = {.generation = 1};

/* Publishes an empty snapshot of that sequence with one block of garbage. */
static void publish(struct publisher *p, struct snapshot *s, uint64_t seq)
{
    struct garbage *g = garbage_new();

    assert_non_null(g);
    assert_int_equal(garbage_reserve(g), 0);
    garbage_add(g, malloc(8), count_free);
    *s = (struct snapshot){.seq = seq, .revision = seq * 10, .listeners = &no_listeners};
    publish_swap(p, s, g);
}

static void test_pins(void **state)
{
    struct publisher *p = publisher_new();
    struct reader r;
    static struct snapshot s[4];

    (void)state;
    atomic_store(&freed, 0);
    assert_int_equal(reader_add(p, &r), 0);
    assert_null(reader_snapshot(&r));
    publish(p, &s[1], 1);
    assert_ptr_equal(reader_snapshot(&r), &s[1]);
    nap(20);
    assert_int_equal(atomic_load(&freed), 0); /* we may hold what was before */
    reader_quiescent(&r);
    assert_true(freed_is(1));

    /* s[1] is parked twice; s[2] goes, but what s[1] sees stays. */
    assert_true(reader_pin(&r, &s[1]));
    assert_true(reader_pin(&r, &s[1]));
    publish(p, &s[2], 2);
    reader_sleep(&r);
    nap(50);
    assert_int_equal(atomic_load(&freed), 1);
    reader_wake(&r);
    assert_ptr_equal(reader_snapshot(&r), &s[2]);
    assert_true(reader_pin(&r, &s[2]));
    publish(p, &s[3], 3);
    reader_unpin(&r, &s[1]);
    reader_quiescent(&r);
    nap(50);
    assert_int_equal(atomic_load(&freed), 1);
    reader_unpin(&r, &s[1]);
    reader_sleep(&r);
    assert_true(freed_is(2)); /* s[2] is still pinned, so the third list waits */
    nap(30);
    assert_int_equal(atomic_load(&freed), 2);
    reader_wake(&r);
    reader_unpin(&r, &s[2]);
    reader_sleep(&r);
    assert_true(freed_is(3));
    reader_wake(&r);
    reader_remove(&r);
    publisher_free(p);
}

/* More snapshots than a reader can count apart: the oldest stands for the rest. */
static void test_many_pins(void **state)
{
    enum { N = READER_PINS + 20 };
    struct publisher *p = publisher_new();
    struct snapshot *s = calloc(N + 1, sizeof(*s));
    struct reader r;

    (void)state;
    assert_non_null(s);
    atomic_store(&freed, 0);
    assert_int_equal(reader_add(p, &r), 0);
    for (unsigned i = 1; i <= N; i++) {
        publish(p, &s[i], i);
        assert_true(reader_pin(&r, &s[i]));
    }
    /* The newest ones share a count; releasing early ones makes room that must not confuse it. */
    for (unsigned i = 2; i < READER_PINS; i += 2)
        reader_unpin(&r, &s[i]);
    assert_true(reader_pin(&r, &s[N - 3]));
    for (unsigned i = READER_PINS; i <= N; i++)
        reader_unpin(&r, &s[i]);
    reader_unpin(&r, &s[N - 3]);
    reader_sleep(&r);
    assert_true(freed_is(1));
    reader_wake(&r);
    for (unsigned i = 1; i < READER_PINS; i += 2)
        reader_unpin(&r, &s[i]);
    assert_int_equal(r.pins_n, 0);
    reader_sleep(&r);
    assert_true(freed_is(N));
    reader_wake(&r);
    reader_remove(&r);
    publisher_free(p);
    free(s);
}

static void test_wake(void **state)
{
    struct listener_list more = {.generation = 2};
    struct publisher *p = publisher_new();
    struct snapshot a, b, c;
    struct reader r;
    struct pollfd fd;

    (void)state;
    assert_int_equal(reader_add(p, &r), 0);
    fd = (struct pollfd){.fd = r.wake_fd, .events = POLLIN};
    publish(p, &a, 1);
    assert_int_equal(poll(&fd, 1, 0), 1);
    assert_int_equal(read(r.wake_fd, &(uint64_t){0}, 8), 8);
    publish(p, &b, 2); /* same listeners */
    assert_int_equal(poll(&fd, 1, 0), 0);
    c = (struct snapshot){.seq = 3, .revision = 7, .listeners = &more};
    publish_swap(p, &c, garbage_new());
    assert_int_equal(poll(&fd, 1, 0), 1);
    assert_int_equal(publish_revision(p), 7);
    assert_int_equal(publish_wait(p, 7, 0), 0);
    assert_int_equal(publish_wait(p, 8, 20), ERR_TIMEOUT);
    reader_remove(&r);
    publisher_free(p);
}

static void test_status(void **state)
{
    struct publisher *p = publisher_new();
    struct status_board *b = publisher_board(p);
    char text[STATUS_TEXT_MAX], small[4];

    (void)state;
    assert_int_equal(status_get(b, "rni-1", text, sizeof(text)), STATUS_UNKNOWN);
    assert_string_equal(text, "");
    status_set(b, "rni-1", STATUS_DOWN, "address is missing");
    assert_int_equal(status_get(b, "rni-1", text, sizeof(text)), STATUS_DOWN);
    assert_string_equal(text, "address is missing");
    assert_int_equal(status_get(b, "rni-1", small, sizeof(small)), STATUS_DOWN);
    assert_string_equal(small, "add");
    status_set(b, "rni-1", STATUS_UP, NULL);
    assert_int_equal(status_get(b, "rni-1", text, sizeof(text)), STATUS_UP);
    assert_string_equal(text, "");
    status_clear(b, "rni-1");
    status_clear(b, "rni-1");
    assert_int_equal(status_get(b, "rni-1", text, sizeof(text)), STATUS_UNKNOWN);
    publisher_free(p);
}

#define HOSTS 200

static struct publisher *shared;
static _Atomic bool stop;
static _Atomic uint64_t lookups;

/* All records of a snapshot carry the same letter, whatever the writer does meanwhile. */
static void check_snapshot(const struct snapshot *s, unsigned seed)
{
    char name[64], first = 0;
    struct addr source = ip("10.0.0.5");
    struct match m[VIEW_MATCHES];
    struct zone_found f;
    const struct view *v = snapshot_identify(s, &source);

    if (!v)
        fail_msg("no view");
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof(name), "h%u.zone.example", (seed + i * 50) % HOSTS);
        if (view_matches(s, v, nm(name), m) != 2 || !m[0].zone || !m[1].rule)
            fail_msg("matches");
        zone_find(m[0].zone, nm(name), TYPE_A, &f);
        if (f.result != ZONE_FOUND)
            fail_msg("record");
        char letter = (char)rrset_rdata(f.set)[2];
        if (first && letter != first)
            fail_msg("torn snapshot");
        first = letter;
    }
}

static void *read_loop(void *ctx)
{
    const struct snapshot *parked = NULL;
    struct reader r;
    unsigned n = 0;

    (void)ctx;
    if (reader_add(shared, &r) != 0)
        return NULL;
    while (!atomic_load(&stop)) {
        const struct snapshot *s = reader_snapshot(&r);
        check_snapshot(s, n++);
        if (n % 16 == 0 && !parked && reader_pin(&r, s))
            parked = s;
        else if (n % 16 == 12 && parked) {
            check_snapshot(parked, n);
            reader_unpin(&r, parked);
            parked = NULL;
        }
        reader_quiescent(&r);
        if (n % 64 == 0) {
            reader_sleep(&r);
            nap(1);
            reader_wake(&r);
        }
        atomic_fetch_add(&lookups, 1);
    }
    if (parked)
        reader_unpin(&r, parked);
    reader_remove(&r);
    return NULL;
}

static void write_round(struct compiler *c, uint64_t round)
{
    char owner[64], letter[2] = {(char)('a' + round % 26), 0};
    struct prefix p = net("10.0.0.0/16");
    struct vpc_desc v = {.id = "vpc-a",
                         .account = "111122223333",
                         .region = "eu-west-1",
                         .cidrs = &p,
                         .cidrs_n = 1,
                         .dns_support = true,
                         .dns_hostnames = true,
                         .reverse = round % 2};

    for (unsigned i = 0; i < HOSTS; i++) {
        snprintf(owner, sizeof(owner), "h%u.zone.example", i);
        struct rrset_desc d = rr(owner, TYPE_A, letter);
        assert_int_equal(compile_rrset(c, "Z1", &d), 0);
    }
    struct rule_desc rule = {
        .id = "rule-1", .generation = round, .kind = RULE_SYSTEM, .domain = nm("example")};

    if (round % 3 == 0)
        assert_int_equal(compile_vpc(c, &v), 0);
    if (round % 2 == 0)
        assert_int_equal(compile_rule(c, &rule), 0);
    assert_int_equal(compile_commit(c, round), 0);
}

static void test_concurrent(void **state)
{
    struct zone_desc z = {"Z1", nm("zone.example")};
    struct compiler *c;
    pthread_t threads[2];
    struct timespec start, now;
    uint64_t round = 6;

    (void)state;
    shared = publisher_new();
    c = compiler_new(shared);
    assert_non_null(c);
    assert_int_equal(compile_zone(c, &z), 0);
    assert_int_equal(compile_zone_vpcs(c, "Z1", (const char *[]){"vpc-a"}, 1), 0);
    assert_int_equal(compile_rule_vpc(c, "rule-1", "vpc-a"), 0);
    write_round(c, round);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_loop, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        write_round(c, ++round);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 1000);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(atomic_load(&lookups) > 100);
    assert_true(round > 10);
    compiler_free(c);
    publisher_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pins),       cmocka_unit_test(test_many_pins),
        cmocka_unit_test(test_wake),       cmocka_unit_test(test_status),
        cmocka_unit_test(test_concurrent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
