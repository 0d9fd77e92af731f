/* SPDX-License-Identifier: Apache-2.0 */
/* Queries and answers over UDP and TCP, listeners that come and go, start and stop. */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

static int setup(void **state)
{
    static struct world w;
    world_start(&w, &(struct world_options){0});
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_stop(*state);
    return 0;
}

static void test_udp(void **state)
{
    struct world *w = *state;
    uint8_t r[4096];
    int fd = client_open(w, SOCK_DGRAM, CLIENT, RESOLVER);
    assert_true(ask(fd, "n7.zone.test", TYPE_A, r) > 0);
    assert_int_equal(reply_rcode(r), RCODE_NOERROR);
    assert_int_equal(reply_answers(r), 1);
    assert_true(ask(fd, "nothing.zone.test", TYPE_A, r) > 0);
    assert_int_equal(reply_rcode(r), RCODE_NXDOMAIN);
    assert_int_equal(send(fd, "short", 5, 0), 5); /* no answer, no harm */
    uint8_t big[LIMIT_UDP_PACKET + 100];
    memset(big, 0, sizeof(big));
    size_t len = query_make(big, sizeof(big), 77, "n7.zone.test", TYPE_A);
    assert_int_equal(send(fd, big, sizeof(big), 0), sizeof(big)); /* bytes behind the end */
    assert_true(recv(fd, r, sizeof(r), 0) >= MSG_HEADER);
    assert_int_equal(reply_rcode(r), RCODE_FORMERR);
    assert_true(len < 100);
    close(fd);
    fd = client_open(w, SOCK_DGRAM, STRANGER, RESOLVER);
    assert_true(ask(fd, "n7.zone.test", TYPE_A, r) > 0);
    assert_int_equal(reply_rcode(r), RCODE_REFUSED);
    close(fd);
}

static void test_inbound(void **state)
{
    struct world *w = *state;
    uint8_t r[4096];
    char text[STATUS_TEXT_MAX];
    int fd = client_open(w, SOCK_DGRAM, STRANGER, INBOUND);
    assert_true(ask(fd, "n7.zone.test", TYPE_A, r) > 0);
    assert_int_equal(reply_answers(r), 1);
    close(fd);
    assert_int_equal(world_status(w, "rni-out", text, sizeof(text)), STATUS_UP);
    assert_int_equal(world_status(w, "rni-no", text, sizeof(text)), STATUS_DOWN);
    assert_string_equal(text, "address 192.0.2.53 is not on this host (add it, or start with "
                              "--manage-addresses)");
}

/* An endpoint appears, its address moves to another one, and it goes. */
static void test_listeners_follow(void **state)
{
    struct world *w = *state;
    uint8_t r[4096];
    char text[STATUS_TEXT_MAX];
    world_inbound(w, "rslvr-in-2", "127.53.2.20");
    world_commit(w);
    world_await(w, "rni-rslvr-in-2", STATUS_UP);
    int fd = client_open(w, SOCK_DGRAM, STRANGER, "127.53.2.20");
    assert_true(ask(fd, "n7.zone.test", TYPE_A, r) > 0);
    compile_endpoint_del(w->compiler, "rslvr-in-2");
    world_inbound(w, "rslvr-in-3", "127.53.2.20");
    world_commit(w);
    world_await(w, "rni-rslvr-in-3", STATUS_UP);
    world_await(w, "rni-rslvr-in-2", STATUS_UNKNOWN);
    assert_true(ask(fd, "n7.zone.test", TYPE_A, r) > 0);
    world_inbound(w, "rslvr-in-4", "127.53.2.20"); /* taken */
    world_inbound(w, "rslvr-in-5", RESOLVER);
    world_commit(w);
    assert_int_equal(world_status(w, "rni-rslvr-in-5", text, sizeof(text)), STATUS_DOWN);
    assert_string_equal(text, "the address is used by the shared listener (--dns)");
    enum status a = world_status(w, "rni-rslvr-in-3", text, sizeof(text));
    enum status b = world_status(w, "rni-rslvr-in-4", text, sizeof(text));
    assert_true((a == STATUS_DOWN) != (b == STATUS_DOWN));
    compile_endpoint_del(w->compiler, "rslvr-in-3");
    compile_endpoint_del(w->compiler, "rslvr-in-4");
    compile_endpoint_del(w->compiler, "rslvr-in-5");
    world_commit(w);
    world_await(w, "rni-rslvr-in-3", STATUS_UNKNOWN);
    uint64_t end = clock_mono_ns() + 3 * NS_PER_S;
    ssize_t n;
    do { /* in the end nobody listens: the kernel says so */
        send(fd, "x", 1, 0);
        struct pollfd p = {fd, POLLIN, 0};
        poll(&p, 1, 50);
        n = recv(fd, r, sizeof(r), MSG_DONTWAIT);
    } while ((n >= 0 || errno != ECONNREFUSED) && clock_mono_ns() < end);
    assert_int_equal(errno, ECONNREFUSED);
    close(fd);
}

static void test_truncated(void **state)
{
    struct world *w = *state;
    static uint8_t r[65535];
    int fd = client_open(w, SOCK_DGRAM, CLIENT, RESOLVER);
    size_t n = ask(fd, "text.zone.test", TYPE_TXT, r);
    assert_in_range(n, MSG_HEADER, LIMIT_UDP_EDNS);
    assert_true(reply_truncated(r));
    close(fd);
    fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    tcp_query(fd, 9, "text.zone.test", TYPE_TXT);
    assert_in_range(tcp_receive(fd, r, sizeof(r)), 20 * 200, 65535);
    assert_false(reply_truncated(r));
    assert_int_equal(reply_answers(r), 20);
    close(fd);
}

static void test_tcp_pieces(void **state)
{
    struct world *w = *state;
    uint8_t wire[512], r[4096];
    int fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    size_t len = query_make(wire + 2, sizeof(wire) - 2, 21, "n1.zone.test", TYPE_A);
    wire[0] = 0;
    wire[1] = (uint8_t)len;
    for (size_t i = 0; i < len + 2; i++) {
        tcp_send(fd, wire + i, 1);
        usleep(200);
    }
    assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
    assert_int_equal(reply_id(r), 21);
    assert_int_equal(reply_answers(r), 1);
    /* Half closed: what was asked before is still answered. */
    tcp_query(fd, 22, "slow1.fwd.test", TYPE_A);
    shutdown(fd, SHUT_WR);
    assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
    assert_int_equal(reply_id(r), 22);
    assert_int_equal(tcp_receive(fd, r, sizeof(r)), -1);
    close(fd);
}

/* More questions than may wait at a time, written at once; a slow one does not hold the others. */
static void test_tcp_pipeline(void **state)
{
    struct world *w = *state;
    enum { N = 3 * LIMIT_TCP_PIPELINE };
    static uint8_t all[N * 64], r[4096];
    static bool seen[N];
    char name[64];
    size_t used = 0;
    int fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    memset(seen, 0, sizeof(seen));
    for (unsigned i = 0; i < N; i++) {
        snprintf(name, sizeof(name), i < LIMIT_TCP_PIPELINE ? "slow%u.fwd.test" : "n%u.zone.test",
                 i < 8 ? i : i % 100);
        if (i >= 8 && i < LIMIT_TCP_PIPELINE)
            snprintf(name, sizeof(name), "slow.fwd.test");
        size_t len = query_make(all + used + 2, 62, (uint16_t)i, name, TYPE_A);
        all[used] = 0;
        all[used + 1] = (uint8_t)len;
        used += len + 2;
    }
    tcp_send(fd, all, used);
    for (unsigned i = 0; i < N; i++) {
        assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
        assert_true(reply_id(r) < N && !seen[reply_id(r)]);
        seen[reply_id(r)] = true;
        assert_int_equal(reply_answers(r), 1);
    }
    tcp_query(fd, 1, "slow99.fwd.test", TYPE_A);
    tcp_query(fd, 2, "n2.zone.test", TYPE_A);
    assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
    assert_int_equal(reply_id(r), 2);
    assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
    assert_int_equal(reply_id(r), 1);
    close(fd);
}

/* A client that reads nothing stops being read, and gets all when it reads at last. */
static void test_tcp_slow_reader(void **state)
{
    struct world *w = *state;
    enum { N = 200 };
    static uint8_t r[65535];
    int fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    int small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    for (unsigned i = 0; i < N; i++)
        tcp_query(fd, (uint16_t)i, "text.zone.test", TYPE_TXT);
    usleep(300000);
    for (unsigned i = 0; i < N; i++) {
        assert_in_range(tcp_receive(fd, r, sizeof(r)), 4000, 65535);
        assert_int_equal(reply_id(r), i);
    }
    close(fd);
}

static void test_tcp_bad(void **state)
{
    struct world *w = *state;
    uint8_t r[4096];
    int fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    tcp_send(fd, "\0\0", 2); /* an empty message */
    assert_int_equal(tcp_receive(fd, r, sizeof(r)), -1);
    close(fd);
    fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER); /* gone while its query is under way */
    tcp_query(fd, 1, "slow50.fwd.test", TYPE_A);
    usleep(20000);
    struct linger reset = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    usleep(400000);
    fd = client_open(w, SOCK_DGRAM, CLIENT, RESOLVER);
    assert_true(ask(fd, "n1.zone.test", TYPE_A, r) > 0);
    close(fd);
}

/* The kernel keeps a silent connection back for a second; whoever speaks later is heard all the
 * same, and so is who goes on after that. */
static void test_tcp_late(void **state)
{
    struct world *w = *state;
    uint8_t r[4096];
    static const unsigned pauses_ms[] = {0, 100, 1500, 3500};
    for (unsigned i = 0; i < sizeof(pauses_ms) / sizeof(*pauses_ms); i++) {
        int fd = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
        usleep(pauses_ms[i] * 1000);
        for (unsigned id = 1; id <= 3; id++) {
            tcp_query(fd, (uint16_t)id, "n1.zone.test", TYPE_A);
            assert_true(tcp_receive(fd, r, sizeof(r)) > 0);
            assert_int_equal(reply_id(r), id);
        }
        close(fd);
    }
}

/* Silence ends a message that was begun; the oldest idle client makes room for a new one. */
static void test_tcp_limits(void **state)
{
    struct world *w = *state;
    struct rlimit lim;
    uint8_t r[4096];
    getrlimit(RLIMIT_NOFILE, &lim);
    int half = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
    tcp_send(half, "\0", 1);
    uint64_t begun = clock_mono_ns();
    if (lim.rlim_cur > 3 * LIMIT_TCP_CLIENTS) {
        static int fds[LIMIT_TCP_CLIENTS];
        for (unsigned i = 0; i < LIMIT_TCP_CLIENTS; i++) {
            fds[i] = client_open(w, SOCK_STREAM, CLIENT, RESOLVER);
            if (i % 128 == 127) { /* the accept queue is shorter than that */
                tcp_query(fds[i], 1, "n1.zone.test", TYPE_A);
                assert_true(tcp_receive(fds[i], r, sizeof(r)) > 0);
            }
        }
        assert_int_equal(tcp_receive(fds[0], r, sizeof(r)), -1);
        tcp_query(fds[1], 2, "n1.zone.test", TYPE_A);
        assert_true(tcp_receive(fds[1], r, sizeof(r)) > 0);
        for (unsigned i = 0; i < LIMIT_TCP_CLIENTS; i++)
            close(fds[i]);
    }
    struct timeval long_time = {.tv_sec = LIMIT_TCP_READ_MS / 1000 + 3};
    setsockopt(half, SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof(long_time));
    assert_int_equal(recv(half, r, 1, 0), 0);
    uint64_t took = clock_mono_ns() - begun;
    assert_in_range(took / NS_PER_MS, LIMIT_TCP_READ_MS - 200, LIMIT_TCP_READ_MS + 1500);
    close(half);
}

/* On a wildcard the answer comes from the address that was asked. */
static void test_wildcard(void **state)
{
    (void)state;
    static struct world w;
    uint8_t r[4096];
    static const char *const names[] = {"n3.zone.test", "slow.fwd.test"};
    world_start(&w, &(struct world_options){.wildcard = true});
    for (unsigned i = 0; i < 4; i++) {
        int fd = client_open(&w, SOCK_DGRAM, CLIENT, i % 2 ? "127.53.0.2" : "127.0.0.77");
        assert_true(ask(fd, names[i / 2], TYPE_A, r) > 0); /* connected: only from there */
        assert_int_equal(reply_answers(r), 1);
        close(fd);
    }
    world_stop(&w);
}

static void test_start_fails(void **state)
{
    struct world *w = *state;
    struct serve *s = NULL;
    const char *why = NULL;
    struct sockname listen = {.port = w->port};
    addr_parse(RESOLVER, &listen.addr);
    struct serve_config c = {.publisher = w->publisher,
                             .workers = 1,
                             .listen = &listen,
                             .listen_n = 1,
                             .port = 53,
                             .cache_bytes = 1 << 20,
                             .pin_cpu = -1};
    assert_int_equal(serve_start(&c, &s, &why), ERR_IO); /* our own server has it */
    assert_non_null(strstr(why, "is used by another program"));
    addr_parse("192.0.2.1", &listen.addr);
    assert_int_equal(serve_start(&c, &s, &why), ERR_IO);
    assert_non_null(strstr(why, "192.0.2.1"));
    c.listen_n = 0;
    c.workers = 0;
    assert_int_equal(serve_start(&c, &s, &why), ERR_INVALID);
    c.workers = LIMIT_WORKERS + 1;
    assert_int_equal(serve_start(&c, &s, &why), ERR_INVALID);
    c.workers = 1;
    c.recursion = true;
    c.root_hints = "/no/such/file";
    assert_int_equal(serve_start(&c, &s, &why), ERR_INVALID);
    assert_non_null(strstr(why, "root hints"));
    assert_null(s);
    serve_stop(NULL);
}

static unsigned descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* A stop with queries under way ends in about a second and leaves no descriptor behind. */
static void test_stop(void **state)
{
    (void)state;
    static struct world w;
    uint8_t r[4096];
    unsigned before = descriptors();
    world_start(&w, &(struct world_options){.workers = 2});
    int udp = client_open(&w, SOCK_DGRAM, CLIENT, RESOLVER);
    int tcp = client_open(&w, SOCK_STREAM, CLIENT, RESOLVER);
    uint8_t wire[512];
    size_t len = query_make(wire, sizeof(wire), 1, "deaf1.fwd.test", TYPE_A);
    assert_int_equal(send(udp, wire, len, 0), len);
    len = query_make(wire, sizeof(wire), 2, "slow1.fwd.test", TYPE_A);
    assert_int_equal(send(udp, wire, len, 0), len);
    tcp_query(tcp, 1, "deaf2.fwd.test", TYPE_A);
    usleep(50000);
    uint64_t begun = clock_mono_ns();
    world_stop(&w);
    assert_in_range((clock_mono_ns() - begun) / NS_PER_MS, 0, 3000);
    assert_true(recv(udp, r, sizeof(r), 0) > 0); /* the slow one was still answered */
    assert_int_equal(reply_id(r), 2);
    close(udp);
    close(tcp);
    assert_int_equal(descriptors(), before);
}

/* The kernel's table of descriptors has its full size from the start: with threads, making it
 * larger takes tens of milliseconds in which no query is answered. */
static void test_descriptor_table(void **state)
{
    (void)state;
    struct rlimit r;
    char line[128];
    unsigned long size = 0;
    FILE *f = fopen("/proc/self/status", "r");
    assert_non_null(f);
    while (size == 0 && fgets(line, sizeof(line), f))
        sscanf(line, "FDSize: %lu", &size);
    fclose(f);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
    assert_true(size >= (r.rlim_cur < 131072 ? r.rlim_cur : 131072));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp),        cmocka_unit_test(test_inbound),
        cmocka_unit_test(test_truncated),  cmocka_unit_test(test_listeners_follow),
        cmocka_unit_test(test_tcp_pieces), cmocka_unit_test(test_tcp_pipeline),
        cmocka_unit_test(test_tcp_bad),    cmocka_unit_test(test_tcp_slow_reader),
        cmocka_unit_test(test_tcp_late),   cmocka_unit_test(test_tcp_limits),
        cmocka_unit_test(test_wildcard),   cmocka_unit_test(test_start_fails),
        cmocka_unit_test(test_stop),       cmocka_unit_test(test_descriptor_table),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
