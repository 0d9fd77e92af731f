/* SPDX-License-Identifier: Apache-2.0 */
/* The door takes connections, and tells clients to come back when descriptors are short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/door.h"

#define PATIENCE_MS 10000

struct house {
    int fd; /* listening */
    struct sockaddr_in addr;
    struct door *door;
    atomic_bool full;  /* there is no room */
    int taken_pipe[2]; /* tells of each connection that was taken */
};

static bool room(void *ctx)
{
    struct house *h = ctx;
    return !h->full;
}

static bool take(void *ctx, int fd, const struct sockaddr *peer, socklen_t len)
{
    struct house *h = ctx;
    bool ours = peer->sa_family == AF_INET && len == sizeof(struct sockaddr_in);
    close(fd);
    return ours && write(h->taken_pipe[1], "", 1) == 1;
}

static int set_up(void **state)
{
    static struct house h;
    socklen_t len = sizeof(h.addr);
    h = (struct house){.addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    h.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (h.fd < 0 || bind(h.fd, (struct sockaddr *)&h.addr, len) || listen(h.fd, 64) ||
        getsockname(h.fd, (struct sockaddr *)&h.addr, &len) || pipe(h.taken_pipe))
        return -1;
    struct door_config config = {.fd = h.fd, .room = room, .take = take, .ctx = &h};
    *state = &h;
    return door_open(&config, &h.door);
}

static int tear_down(void **state)
{
    struct house *h = *state;
    door_close(h->door);
    close(h->fd);
    close(h->taken_pipe[0]);
    close(h->taken_pipe[1]);
    return 0;
}

static int visit(const struct house *h)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&h->addr, sizeof(h->addr)), 0);
    return fd;
}

static bool readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

static void assert_taken(const struct house *h)
{
    char byte;
    assert_true(readable(h->taken_pipe[0], PATIENCE_MS));
    assert_int_equal(read(h->taken_pipe[0], &byte, 1), 1);
}

static void test_takes(void **state)
{
    struct house *h = *state;
    int fds[20];
    for (int i = 0; i < 20; i++)
        fds[i] = visit(h);
    for (int i = 0; i < 20; i++) {
        assert_taken(h);
        close(fds[i]);
    }
}

/* Who finds no room waits, and is taken when there is some. */
static void test_waits_for_room(void **state)
{
    struct house *h = *state;
    h->full = true;
    int fd = visit(h);
    assert_false(readable(h->taken_pipe[0], 300));
    h->full = false;
    assert_taken(h);
    close(fd);
}

/* Without descriptors a client gets an answer, and the next one is taken when they are back. */
static void test_turns_away(void **state)
{
    struct house *h = *state;
    struct rlimit before, none;
    char text[256] = "";
    int fd = visit(h), last = dup(fd);
    assert_taken(h);
    close(fd);
    close(last);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)fd + 1; /* all below are in use: the door's reserve, too */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&h->addr, sizeof(h->addr)), 0);
    assert_int_equal(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    bool answered = readable(fd, PATIENCE_MS) && recv(fd, text, sizeof(text) - 1, 0) > 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(fd);
    assert_true(answered);
    assert_memory_equal(text, "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(text, "Retry-After: 1\r\n"));
    assert_false(readable(h->taken_pipe[0], 0));

    fd = visit(h);
    assert_taken(h);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_takes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_for_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_turns_away, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
