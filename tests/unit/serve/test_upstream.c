/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to targets over UDP and TCP, public recursion, and explain. */
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"

#define REUSE 40

static int setup(void **state)
{
    static struct world w;
    world_start(&w, &(struct world_options){.recursion = true});
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_stop(*state);
    return 0;
}

/* Asks and expects an answer with this code and number of records. */
static void expect(struct world *w, const char *name, unsigned rcode, unsigned answers)
{
    uint8_t r[4096];
    int fd = client_open(w, SOCK_DGRAM, CLIENT, RESOLVER);
    struct timeval long_time = {.tv_sec = 6};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof(long_time));
    if (!ask(fd, name, TYPE_A, r))
        fail_msg("%s: no answer", name);
    if (reply_rcode(r) != rcode || reply_answers(r) != answers)
        fail_msg("%s: rcode %u with %u answers", name, reply_rcode(r), reply_answers(r));
    close(fd);
}

static void test_forward(void **state)
{
    struct world *w = *state;
    unsigned before = w->target.udp_n;
    expect(w, "plain.fwd.test", RCODE_NOERROR, 1);
    expect(w, "plain.fwd.test", RCODE_NOERROR, 1); /* from the cache */
    assert_int_equal(w->target.udp_n, before + 1);
    for (unsigned i = 0; i < REUSE; i++) {
        char name[64];
        snprintf(name, sizeof(name), "plain%u.fwd.test", i);
        expect(w, name, RCODE_NOERROR, 1);
    }
    expect(w, "fail.fwd.test", RCODE_SERVFAIL, 0);
}

static void test_forged(void **state)
{
    struct world *w = *state;
    uint64_t before = metric_sum(METRIC_UPSTREAM_REJECTED);
    expect(w, "forged.fwd.test", RCODE_NOERROR, 1);
    assert_int_equal(metric_sum(METRIC_UPSTREAM_REJECTED), before + 3);
}

/* Copies that nobody waits for lie before the next reply on the same socket: it is found among
 * them, so that questions are not asked again but where this machine was too slow. */
static void test_copies(void **state)
{
    struct world *w = *state;
    unsigned before = w->target.udp_n;
    for (unsigned i = 0; i < REUSE; i++) {
        char name[64];
        snprintf(name, sizeof(name), "echoed%u.fwd.test", i);
        expect(w, name, RCODE_NOERROR, 1);
    }
    assert_true(w->target.udp_n < before + REUSE + REUSE / 4);
}

static void test_lost(void **state)
{
    expect(*state, "once.fwd.test", RCODE_NOERROR, 1);
}

static void test_dead_targets(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < 20; i++) { /* ICMP tells at once: nobody waits */
        char name[64];
        snprintf(name, sizeof(name), "plain%u.half.test", i);
        uint64_t begun = clock_mono_ns();
        expect(w, name, RCODE_NOERROR, 1);
        assert_true(clock_mono_ns() - begun < 500 * NS_PER_MS);
    }
    uint64_t begun = clock_mono_ns();
    expect(w, "plain.dead.test", RCODE_SERVFAIL, 0);
    assert_true(clock_mono_ns() - begun < 1000 * NS_PER_MS);
}

/* The client, too, gets it over TCP: 200 records fit no UDP answer. */
static void test_tcp(void **state)
{
    struct world *w = *state;
    static uint8_t r[65535];
    unsigned before = w->target.tcp_n;
    int fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    for (unsigned i = 0; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof(name), "big%u.fwd.test", i);
        tcp_query(fd, (uint16_t)i, name, TYPE_A);
    }
    for (unsigned i = 0; i < 10; i++) {
        assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
        assert_int_equal(reply_rcode(r), RCODE_NOERROR);
        assert_int_equal(reply_answers(r), 200);
    }
    assert_int_equal(w->target.tcp_n, before + 10);
    unsigned conns = w->target.conns;
    assert_in_range(conns, 1, 8);
    tcp_query(fd, 77, "bigger.fwd.test", TYPE_A); /* on a connection that is there */
    assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
    assert_int_equal(w->target.conns, conns);
    close(fd);
}

static void test_recursion(void **state)
{
    struct world *w = *state;
    static uint8_t r[65535];
    expect(w, "plain.public.test", RCODE_NOERROR, 1);
    expect(w, "plain.public.test", RCODE_NOERROR, 1);
    expect(w, "fail.public.test", RCODE_SERVFAIL, 0);
    int fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    tcp_query(fd, 5, "big.public.test", TYPE_A);
    assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
    assert_int_equal(reply_answers(r), 200);
    close(fd);
}

static bool traced(const struct trace *t, const char *step)
{
    for (const struct trace_event *e = t->first; e; e = e->next)
        if (strcmp(e->step, step) == 0)
            return true;
    return false;
}

static int explain(struct world *w, const char *vpc, const char *name, struct trace *t,
                   int timeout_ms)
{
    static uint8_t reply[65535];
    uint8_t qname[NAME_MAX_WIRE];
    size_t len = 0;
    name_parse(name, qname);
    struct serve_question q = {.vpc_id = vpc,
                               .qname = qname,
                               .qtype = TYPE_A,
                               .trace = t,
                               .reply = reply,
                               .reply_size = sizeof(reply),
                               .timeout_ms = timeout_ms};
    int err = serve_explain(w->serve, &q, &len);
    if (!err) {
        assert_true(len > MSG_HEADER);
        assert_int_equal(reply_answers(reply), 1);
    }
    return err;
}

static void test_explain(void **state)
{
    struct world *w = *state;
    struct arena arena;
    struct trace t;
    arena_new(&arena, 1 << 20);
    trace_init(&t, &arena);
    assert_int_equal(explain(w, "vpc-1", "n1.zone.test", &t, 2000), 0);
    assert_true(traced(&t, "route"));
    trace_init(&t, &arena);
    assert_int_equal(explain(w, "vpc-1", "plain-explained.fwd.test", &t, 2000), 0);
    assert_true(traced(&t, "need"));
    trace_init(&t, &arena);
    assert_int_equal(explain(w, "vpc-none", "n1.zone.test", &t, 2000), ERR_NOT_FOUND);
    assert_int_equal(explain(w, "vpc-1", "deaf-explained.fwd.test", &t, 100), ERR_TIMEOUT);
    arena_free(&arena); /* the worker has let go of it */
    usleep(200000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),   cmocka_unit_test(test_forged),
        cmocka_unit_test(test_copies),    cmocka_unit_test(test_lost),
        cmocka_unit_test(test_tcp),       cmocka_unit_test(test_dead_targets),
        cmocka_unit_test(test_recursion), cmocka_unit_test(test_explain),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
