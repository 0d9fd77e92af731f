/* SPDX-License-Identifier: Apache-2.0 */
/* Framing: messages cut anywhere, joined, empty, as long as they can be; writes that the system
 * takes in pieces; the other side's end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/stream.h"

struct pair {
    struct stream ours;
    int theirs;
};

static int setup(void **state)
{
    static struct pair p;
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd))
        return -1;
    stream_init(&p.ours, fd[0]);
    p.theirs = fd[1];
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    stream_close(&p->ours);
    close(p->theirs);
    return 0;
}

static void put(int fd, const void *data, size_t len)
{
    assert_int_equal(write(fd, data, len), len);
}

static void test_byte_by_byte(void **state)
{
    struct pair *p = *state;
    static const uint8_t wire[] = {0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'd'};
    static const size_t ends[] = {5, 7, 10}, lens[] = {3, 0, 1};
    const uint8_t *msg;
    size_t len;
    unsigned seen = 0;
    for (size_t i = 0; i < sizeof(wire); i++) {
        put(p->theirs, wire + i, 1);
        assert_int_equal(stream_read(&p->ours), 1);
        if (i + 1 == ends[seen]) {
            assert_true(stream_next(&p->ours, &msg, &len));
            assert_int_equal(len, lens[seen]);
            assert_memory_equal(msg, wire + ends[seen] - len, len);
            assert_false(stream_partial(&p->ours));
            seen++;
        } else {
            assert_false(stream_next(&p->ours, &msg, &len));
            assert_true(stream_partial(&p->ours));
        }
    }
    assert_int_equal(seen, 3);
    assert_int_equal(stream_read(&p->ours), 0);
    assert_false(p->ours.ended);
    assert_null(p->ours.in); /* nothing is kept while nothing waits */
}

/* Many messages in one read, the last one cut off. */
static void test_joined(void **state)
{
    struct pair *p = *state;
    uint8_t wire[600];
    const uint8_t *msg;
    size_t len, n = 0, at;
    for (at = 0; at + 6 <= sizeof(wire); at += 6)
        memcpy(wire + at, (uint8_t[]){0, 4, 1, 2, 3, 4}, 6);
    put(p->theirs, wire, at - 2);
    assert_int_equal(stream_read(&p->ours), at - 2);
    while (stream_next(&p->ours, &msg, &len))
        n++;
    assert_int_equal(n, 99);
    assert_true(p->ours.drained);
    stream_rest(&p->ours); /* the beginning of the last one stays */
    assert_true(stream_partial(&p->ours));
    put(p->theirs, "\3\4", 2);
    assert_int_equal(stream_read(&p->ours), 2);
    assert_true(stream_next(&p->ours, &msg, &len));
    assert_int_equal(len, 4);
}

/* A full buffer of whole messages is no end of the stream. */
static void test_full_buffer(void **state)
{
    struct pair *p = *state;
    uint8_t wire[STREAM_READ * 2];
    const uint8_t *msg;
    size_t len, n = 0;
    for (size_t at = 0; at < sizeof(wire); at += 4)
        memcpy(wire + at, (uint8_t[]){0, 2, 7, 7}, 4);
    put(p->theirs, wire, sizeof(wire));
    assert_int_equal(stream_read(&p->ours), STREAM_READ);
    assert_false(p->ours.drained);
    assert_int_equal(stream_read(&p->ours), 0);
    assert_false(p->ours.ended);
    do {
        while (stream_next(&p->ours, &msg, &len))
            n++;
    } while (stream_read(&p->ours) > 0);
    assert_int_equal(n, sizeof(wire) / 4);
    put(p->theirs, "\0\1x", 3);
    assert_int_equal(stream_read(&p->ours), 3);
    assert_true(stream_next(&p->ours, &msg, &len));
    stream_rest(&p->ours);
    assert_null(p->ours.in);
}

static void test_longest(void **state)
{
    struct pair *p = *state;
    static uint8_t wire[2 + 65535];
    const uint8_t *msg;
    size_t len, sent = 0;
    memset(wire, 0x5a, sizeof(wire));
    wire[0] = wire[1] = 0xff;
    while (!stream_next(&p->ours, &msg, &len)) {
        if (sent < sizeof(wire)) {
            ssize_t n = write(p->theirs, wire + sent, sizeof(wire) - sent);
            sent += n > 0 ? (size_t)n : 0;
        }
        assert_true(stream_read(&p->ours) >= 0);
    }
    assert_int_equal(len, 65535);
    assert_memory_equal(msg, wire + 2, len);
}

static void test_write_in_pieces(void **state)
{
    struct pair *p = *state;
    static uint8_t data[1 << 20], got[1 << 20];
    int small = 4096;
    setsockopt(p->ours.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    assert_int_equal(stream_write(&p->ours, data, sizeof(data) / 2), 0);
    assert_true(stream_unsent(&p->ours) > 0);
    assert_int_equal(stream_write(&p->ours, data + sizeof(data) / 2, sizeof(data) / 2), 0);
    size_t n = 0;
    while (n < sizeof(got)) {
        ssize_t k = read(p->theirs, got + n, sizeof(got) - n);
        n += k > 0 ? (size_t)k : 0;
        assert_true(stream_flush(&p->ours) >= 0);
    }
    assert_memory_equal(got, data, sizeof(data));
    assert_int_equal(stream_unsent(&p->ours), 0);
    assert_null(p->ours.out);
}

static void test_end(void **state)
{
    struct pair *p = *state;
    const uint8_t *msg;
    size_t len;
    put(p->theirs, "\0\2hi\0", 5);
    shutdown(p->theirs, SHUT_WR);
    assert_int_equal(stream_read(&p->ours), 5);
    assert_true(stream_next(&p->ours, &msg, &len));
    assert_int_equal(stream_read(&p->ours), 0);
    assert_true(p->ours.ended);
    assert_int_equal(stream_read(&p->ours), 0);
    assert_int_equal(stream_write(&p->ours, (const uint8_t *)"\0\1x", 3), 0); /* we may answer */
    close(p->theirs);
    p->theirs = open("/dev/null", O_RDONLY);
    assert_int_equal(stream_write(&p->ours, (const uint8_t *)"\0\1x", 3), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_byte_by_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_longest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
