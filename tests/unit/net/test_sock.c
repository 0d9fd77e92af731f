/* SPDX-License-Identifier: Apache-2.0 */
/* Bound sockets and the words for what went wrong, on loopback; no privileges. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/netns.h"
#include "net/sock.h"

static struct sockname name(const char *text)
{
    struct sockname s;
    assert_int_equal(sockname_parse(text, 0, &s), 0);
    return s;
}

/* The port that the kernel gave a socket. */
static uint16_t port_of(int fd)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    struct sockname s;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    assert_int_equal(sockname_from_sa((struct sockaddr *)&sa, &s), 0);
    return s.port;
}

static void explain(const struct sock_spec *spec, enum sock_failure why, const char *part)
{
    struct sock_problem p = {.why = why, .err = errno};
    char buf[200];
    if (!strstr(sock_explain(spec, &p, buf, sizeof(buf)), part))
        fail_msg("\"%s\" does not say \"%s\"", buf, part);
}

static void test_shared_and_alone(void **state)
{
    (void)state;
    struct sock_spec spec = {.type = SOCK_DGRAM, .local = name("127.0.0.1:0"), .share = true};
    enum sock_failure why;
    int a, b, c;
    assert_int_equal(sock_open(&spec, &a, &why), 0);
    spec.local.port = port_of(a);
    assert_int_equal(sock_open(&spec, &b, &why), 0);
    spec.share = false;
    assert_int_equal(sock_open(&spec, &c, &why), ERR_IO);
    assert_int_equal(why, SOCK_IN_USE);
    explain(&spec, why, "used by another program");
    close(a);
    close(b);
}

static void test_address_missing(void **state)
{
    (void)state;
    struct sock_spec spec = {.type = SOCK_DGRAM, .local = name("192.0.2.77:5300")};
    enum sock_failure why;
    int fd;
    assert_int_equal(sock_open(&spec, &fd, &why), ERR_IO);
    assert_int_equal(why, SOCK_NO_ADDRESS);
    explain(&spec, why, "address 192.0.2.77 is not on this host (add it, or start with --manage-");
}

static void test_netns_missing(void **state)
{
    (void)state;
    struct sock_spec spec = {
        .type = SOCK_DGRAM, .local = name("127.0.0.1:0"), .netns = "bridge53-no-such"};
    enum sock_failure why;
    int fd;
    assert_int_equal(sock_open(&spec, &fd, &why), ERR_IO);
    assert_int_equal(why, SOCK_NO_NETNS);
    explain(&spec, why, "network namespace bridge53-no-such does not exist");
    struct netns_id id;
    assert_int_equal(netns_id("bridge53-no-such", &id), ERR_NOT_FOUND);
    static const char *const bad[] = {"", ".", "..", "a/b", "../net"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(netns_name_valid(bad[i]));
        assert_int_equal(netns_socket(bad[i], AF_INET, SOCK_DGRAM, 0, &fd), ERR_INVALID);
    }
    char longest[NETNS_NAME_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    longest[NETNS_NAME_MAX] = '\0';
    assert_false(netns_name_valid(longest));
    longest[NETNS_NAME_MAX - 1] = '\0';
    assert_true(netns_name_valid(longest));
}

static void test_device_missing(void **state)
{
    (void)state;
    struct sock_spec spec = {
        .type = SOCK_DGRAM, .local = name("127.0.0.1:0"), .device = "b53-none"};
    enum sock_failure why;
    int fd;
    assert_int_equal(sock_open(&spec, &fd, &why), ERR_IO);
    assert_int_equal(why, SOCK_NO_DEVICE);
    explain(&spec, why, "network device b53-none does not exist on this host");
}

static void test_connect(void **state)
{
    (void)state;
    struct sock_spec spec = {.type = SOCK_STREAM, .local = name("127.0.0.1:0"), .listen = true};
    enum sock_failure why;
    int listener, fd;
    assert_int_equal(sock_open(&spec, &listener, &why), 0);
    struct sockname peer = name("127.0.0.1:0");
    peer.port = port_of(listener);
    struct sock_spec client = {
        .type = SOCK_STREAM, .local = name("127.0.0.9:0"), .late_port = true};
    assert_int_equal(sock_open(&client, &fd, &why), 0);
    assert_int_equal(port_of(fd), 0); /* chosen at connect */
    assert_int_equal(sock_connect(fd, &peer), 0);
    assert_int_not_equal(port_of(fd), 0);
    close(fd);
    close(listener);
    struct sockname none = {0};
    assert_int_equal(sock_connect(0, &none), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_and_alone), cmocka_unit_test(test_address_missing),
        cmocka_unit_test(test_netns_missing),    cmocka_unit_test(test_device_missing),
        cmocka_unit_test(test_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
