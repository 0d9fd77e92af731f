/* SPDX-License-Identifier: Apache-2.0 */
/* The door of the resolver: pool, parking, handles, limits; and the order of records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fixture.h"

#include <string.h>

static void test_pool_is_bounded(void **state)
{
    (void)state;
    struct fixture f;
    struct query *q[40];
    fixture_init(&f, 40, 4);
    for (int i = 0; i < 40; i++)
        assert_non_null(q[i] = query_new(f.resolver));
    assert_null(query_new(f.resolver));
    query_free(f.resolver, q[7]);
    assert_ptr_equal(query_new(f.resolver), q[7]); /* the warm one comes first */
    for (int i = 0; i < 40; i++)
        query_free(f.resolver, q[i]);
    fixture_deinit(&f);
}

static void test_owner_and_message(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t packet[512], before[512];
    fixture_init(&f, 4, 4);
    size_t len = fixture_packet("WwW.example.internal", TYPE_A, packet, sizeof(packet));
    memcpy(before, packet, len);
    struct query *q = query_new(f.resolver);
    assert_null(query_owner(q));
    query_set_owner(q, &f);
    assert_int_equal(fixture_begin(&f, q, packet, len), QUERY_ANSWER);
    memset(packet, 0xff, sizeof(packet));
    assert_ptr_equal(query_owner(q), &f);
    assert_ptr_equal(query_snapshot(q), reader_snapshot(&f.reader));
    const struct message *m = query_message(q);
    assert_int_equal(m->id, 0x1234);
    assert_int_equal(m->qtype, TYPE_A);
    assert_memory_equal(m->qname, before + MSG_HEADER, m->qname_len);
    assert_int_equal(m->edns.udp_size, 1232);
    query_free(f.resolver, q);
    fixture_deinit(&f);
}

static void test_rotation(void **state)
{
    (void)state;
    struct fixture f;
    struct query *q;
    int first[4] = {0};
    fixture_init(&f, 4, 4);
    for (int i = 0; i < 600; i++) {
        assert_int_equal(fixture_ask(&f, "three.example.internal", TYPE_A, &q), QUERY_ANSWER);
        const uint8_t *rr = f.out + MSG_HEADER + 24 + 4; /* behind the question */
        assert_int_equal(rr[0], 0xc0);
        int a = rr[15], b = rr[31], c = rr[47]; /* last octets */
        assert_true(b == a % 3 + 1 && c == b % 3 + 1);
        first[a]++;
    }
    for (int i = 1; i <= 3; i++)
        assert_in_range(first[i], 150, 250);
    fixture_deinit(&f);
}

static void test_client_gone_while_parked(void **state)
{
    (void)state;
    struct fixture f;
    struct query *a, *b;
    struct action action;
    uint8_t wire[512];
    fixture_init(&f, 4, 4);
    assert_int_equal(fixture_ask(&f, "x.corp.internal", TYPE_A, &a), QUERY_WAIT);
    assert_int_equal(fixture_ask(&f, "x.corp.internal", TYPE_A, &b), QUERY_WAIT);
    assert_true(resolver_action(f.resolver, f.now, &action));
    assert_false(resolver_action(f.resolver, f.now, &action)); /* one flight for both */
    query_free(f.resolver, a);
    query_free(f.resolver, b);
    assert_true(flight_wanted(f.resolver, action.handle)); /* for the cache */
    assert_true(flight_reply(f.resolver, action.handle, wire,
                             fixture_reply(&action, 60, wire, sizeof(wire)), f.now));
    assert_null(resolver_ready(f.resolver));
    assert_int_equal(fixture_ask(&f, "x.corp.internal", TYPE_A, &a), QUERY_ANSWER);
    fixture_deinit(&f);
}

static void test_client_gone_while_ready(void **state)
{
    (void)state;
    struct fixture f;
    struct query *a, *b;
    struct action action;
    uint8_t wire[512];
    fixture_init(&f, 4, 4);
    assert_int_equal(fixture_ask(&f, "x.corp.internal", TYPE_A, &a), QUERY_WAIT);
    assert_int_equal(fixture_ask(&f, "x.corp.internal", TYPE_A, &b), QUERY_WAIT);
    assert_true(resolver_action(f.resolver, f.now, &action));
    assert_true(flight_reply(f.resolver, action.handle, wire,
                             fixture_reply(&action, 60, wire, sizeof(wire)), f.now));
    query_free(f.resolver, b); /* still in the list of ready ones */
    assert_ptr_equal(resolver_ready(f.resolver), a);
    query_free(f.resolver, a); /* taken, but not resumed */
    assert_null(resolver_ready(f.resolver));
    fixture_deinit(&f);
}

static void test_stale_handles(void **state)
{
    (void)state;
    struct fixture f;
    struct query *q;
    struct action action;
    uint8_t wire[512];
    fixture_init(&f, 4, 4);
    assert_int_equal(fixture_ask(&f, "x.corp.internal", TYPE_A, &q), QUERY_WAIT);
    assert_true(resolver_action(f.resolver, f.now, &action));
    size_t len = fixture_reply(&action, 60, wire, sizeof(wire));
    assert_false(flight_reply(f.resolver, action.handle + 1, wire, len, f.now));
    assert_false(flight_reply(f.resolver, 0, wire, len, f.now));
    assert_false(flight_reply(f.resolver, UINT64_MAX, wire, len, f.now));
    assert_true(flight_reply(f.resolver, action.handle, wire, len, f.now));
    assert_false(flight_wanted(f.resolver, action.handle));
    assert_false(flight_reply(f.resolver, action.handle, wire, len, f.now));
    flight_failed(f.resolver, action.handle, FLIGHT_UNREACHABLE, f.now);
    assert_ptr_equal(resolver_ready(f.resolver), q);
    assert_int_equal(query_resume(f.resolver, q, f.out, sizeof(f.out), f.now), QUERY_ANSWER);
    query_free(f.resolver, q);
    fixture_deinit(&f);
}

static void test_deadlines(void **state)
{
    (void)state;
    struct fixture f;
    struct query *q;
    struct action action;
    fixture_init(&f, 4, 4);
    assert_int_equal(resolver_deadline(f.resolver), UINT64_MAX);
    uint64_t begun = f.now;
    assert_int_equal(fixture_ask(&f, "x.corp.internal", TYPE_A, &q), QUERY_WAIT);
    int sent = 0;
    while (!resolver_ready(f.resolver)) {
        while (resolver_action(f.resolver, f.now, &action))
            sent++;
        uint64_t at = resolver_deadline(f.resolver);
        assert_true(at > f.now && at <= begun + LIMIT_QUERY_MS * NS_PER_MS);
        resolver_tick(f.resolver, at - 1);
        assert_int_equal(resolver_deadline(f.resolver), at);
        resolver_tick(f.resolver, f.now = at);
    }
    assert_in_range(sent, 2, LIMIT_TRIES);
    assert_int_equal(f.now, begun + LIMIT_QUERY_MS * NS_PER_MS);
    assert_int_equal(query_resume(f.resolver, q, f.out, sizeof(f.out), f.now), QUERY_ANSWER);
    assert_int_equal(f.out[3] & 15, RCODE_SERVFAIL);
    query_free(f.resolver, q);
    assert_int_equal(resolver_deadline(f.resolver), UINT64_MAX);
    fixture_deinit(&f);
}

static void test_flights_are_bounded(void **state)
{
    (void)state;
    struct fixture f;
    struct query *a, *b, *c = NULL;
    fixture_init(&f, 4, 2);
    assert_int_equal(fixture_ask(&f, "a.corp.internal", TYPE_A, &a), QUERY_WAIT);
    assert_int_equal(fixture_ask(&f, "b.corp.internal", TYPE_A, &b), QUERY_WAIT);
    assert_int_equal(fixture_ask(&f, "c.corp.internal", TYPE_A, &c), QUERY_DROP);
    assert_int_equal(f.metrics.c[METRIC_DROPPED_LIMIT], 1);
    fixture_deinit(&f); /* with two parked queries */
}

/* A parked query keeps the snapshot that it began with, whatever changes meanwhile. */
static void test_change_while_parked(void **state)
{
    (void)state;
    struct fixture f;
    struct query *q;
    struct action action;
    uint8_t wire[512];
    fixture_init(&f, 4, 4);
    assert_int_equal(fixture_ask(&f, "c.example.internal", TYPE_A, &q), QUERY_WAIT);
    assert_true(reader_pin(&f.reader, query_snapshot(q)));
    assert_true(resolver_action(f.resolver, f.now, &action));
    assert_int_equal(compile_zone_del(f.compiler, "Z1"), 0);
    assert_int_equal(compile_rule_del(f.compiler, "rr-1"), 0);
    assert_int_equal(compile_commit(f.compiler, 2), 0);
    reader_quiescent(&f.reader);
    assert_true(flight_reply(f.resolver, action.handle, wire,
                             fixture_reply(&action, 60, wire, sizeof(wire)), f.now));
    assert_ptr_equal(resolver_ready(f.resolver), q);
    assert_int_equal(query_resume(f.resolver, q, f.out, sizeof(f.out), f.now), QUERY_ANSWER);
    assert_int_equal(f.out[7], 2); /* CNAME and A */
    reader_unpin(&f.reader, query_snapshot(q));
    query_free(f.resolver, q);
    assert_int_equal(fixture_ask(&f, "c.example.internal", TYPE_A, &q), QUERY_WAIT); /* public */
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_is_bounded),
        cmocka_unit_test(test_owner_and_message),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_client_gone_while_parked),
        cmocka_unit_test(test_client_gone_while_ready),
        cmocka_unit_test(test_stale_handles),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_flights_are_bounded),
        cmocka_unit_test(test_change_while_parked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
