/* SPDX-License-Identifier: Apache-2.0 */
/* http: the front end over real sockets on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "api/http.h"
#include "base/error.h"
#include "base/limits.h"

static struct http *http;

/* Says what arrived. */
static void handle(void *ctx, const struct request *r, struct arena *arena, struct reply *reply)
{
    const char *header = request_header(r, "x-test");

    (void)ctx;
    reply->status = r->too_large ? 413 : 200;
    if (strcmp(r->path, "/empty") == 0) {
        reply->status = 204;
        return;
    }
    reply->content_type = "text/x-test";
    pairs_add(&reply->headers, arena, "X-Extra", "yes");
    buf_printf(&reply->body, "%s|%s|%s|%s|%zu", r->method, r->path, r->query, header ? header : "-",
               r->body_len);
    if (strcmp(r->path, "/fail") == 0)
        reply->body.failed = true;
}

static int setup(void **state)
{
    struct http_config config = {.threads = 2, .handle = handle};

    (void)state;
    assert_int_equal(sockname_parse("127.0.0.1:0", 0, &config.listen), 0);
    return http_start(&config, &http);
}

static int teardown(void **state)
{
    (void)state;
    http_stop(http);
    return 0;
}

static int dial(void)
{
    struct sockname name = http_address(http);
    struct sockaddr_storage sa;
    socklen_t len = sockname_to_sa(&name, &sa);
    struct timeval timeout = {5, 0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(name.port > 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        assert_true(n > 0);
        text += n;
        len -= (size_t)n;
    }
}

/* Reads until the text `end` has come. */
static const char *receive(int fd, const char *end)
{
    static char buf[65536];
    size_t used = 0;

    buf[0] = 0;
    while (!strstr(buf, end) && used < sizeof buf - 1) {
        ssize_t n = recv(fd, buf + used, sizeof buf - 1 - used, 0);

        if (n <= 0)
            break;
        buf[used += (size_t)n] = 0;
    }
    return buf;
}

static void test_keep_alive(void **state)
{
    int fd = dial();
    const char *got;

    (void)state;
    send_text(fd, "GET /a%2Fb//c/?x=%41&y HTTP/1.1\r\nHost: h\r\nX-Test: v\r\n\r\n");
    got = receive(fd, "|0");
    assert_non_null(strstr(got, "HTTP/1.1 200"));
    assert_non_null(strstr(got, "Content-Type: text/x-test\r\n"));
    assert_non_null(strstr(got, "X-Extra: yes\r\n"));
    assert_non_null(strstr(got, "GET|/a%2Fb//c/|x=%41&y|v|0")); /* as sent */
    send_text(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    got = receive(fd, "|3");
    assert_non_null(strstr(got, "POST|/||-|3"));
    send_text(fd, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
    got = receive(fd, "|5");
    assert_non_null(strstr(got, "POST|/||-|5"));
    send_text(fd, "DELETE /empty HTTP/1.1\r\nHost: h\r\n\r\n");
    got = receive(fd, "\r\n\r\n");
    assert_non_null(strstr(got, "HTTP/1.1 204"));
    assert_null(strstr(got, "Content-Type"));
    send_text(fd, "GET /fail HTTP/1.1\r\nHost: h\r\n\r\n");
    got = receive(fd, "\r\n\r\n");
    assert_non_null(strstr(got, "HTTP/1.1 503"));
    close(fd);
}

/* Sends a body of `len` bytes and returns the status line. */
static const char *post(size_t len)
{
    char head[128];
    char *body = malloc(len + 1);
    int fd = dial();
    const char *got;

    memset(body, 'x', len);
    body[len] = 0;
    snprintf(head, sizeof head,
             "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", len);
    send_text(fd, head);
    send_text(fd, body);
    got = receive(fd, "||-|");
    free(body);
    close(fd);
    return got;
}

static void test_body_limit(void **state)
{
    char want[64];

    (void)state;
    snprintf(want, sizeof want, "POST|/||-|%u", LIMIT_HTTP_BODY);
    assert_non_null(strstr(post(LIMIT_HTTP_BODY), want));
    assert_non_null(strstr(post(LIMIT_HTTP_BODY + 1), "HTTP/1.1 413"));
    assert_non_null(strstr(post(LIMIT_HTTP_BODY * 2), "POST|/||-|0"));
}

/* More than the bound is not read on: the connection ends. */
static void test_drain_limit(void **state)
{
    static char piece[1 << 16];
    size_t sent = 0;
    int fd = dial();

    (void)state;
    send_text(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000000\r\n\r\n");
    while (sent < (size_t)LIMIT_HTTP_BODY * (LIMIT_HTTP_DRAIN + 8)) {
        ssize_t n = send(fd, piece, sizeof piece, MSG_NOSIGNAL);

        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    assert_true(sent < (size_t)LIMIT_HTTP_BODY * (LIMIT_HTTP_DRAIN + 8));
    close(fd);
}

static void test_header_limit(void **state)
{
    size_t len = LIMIT_HTTP_HEADER * 2;
    char *text = malloc(len + 1);
    int fd = dial();

    (void)state;
    memset(text, 'x', len);
    memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
    text[len] = 0;
    (void)!send(fd, text, len, MSG_NOSIGNAL);
    assert_non_null(strstr(receive(fd, "\r\n\r\n"), "HTTP/1.1 4"));
    free(text);
    close(fd);
}

static void test_nonsense_and_early_end(void **state)
{
    int fd = dial();

    (void)state;
    send_text(fd, "\x16\x03\x01 no http\r\n\r\n");
    receive(fd, "\r\n\r\n");
    close(fd);
    fd = dial();
    send_text(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    close(fd);
    fd = dial();
    send_text(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(receive(fd, "|0"), "GET|/||-|0")); /* it lives */
    close(fd);
}

static void test_bad_address(void **state)
{
    struct http_config config = {.threads = 1, .handle = handle};
    struct http *second = NULL;

    (void)state;
    assert_int_equal(sockname_parse("192.0.2.1:0", 0, &config.listen), 0);
    assert_int_equal(http_start(&config, &second), ERR_IO);
    assert_null(second);
    config.listen = http_address(http); /* taken: two servers must not share a port unnoticed */
    assert_int_equal(http_start(&config, &second), ERR_IO);
    assert_null(second);
    http_stop(NULL);
}

static void test_ipv6(void **state)
{
    struct http_config config = {.threads = 1, .handle = handle};
    struct http *second = NULL;

    (void)state;
    assert_int_equal(sockname_parse("[::1]:0", 0, &config.listen), 0);
    if (http_start(&config, &second) != 0)
        skip(); /* a host without IPv6 */
    assert_true(http_address(second).port > 0);
    http_stop(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keep_alive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_body_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drain_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_header_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nonsense_and_early_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ipv6, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
