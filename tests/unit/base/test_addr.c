/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, prefixes and socket names: text both ways, arithmetic at the borders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"

static struct addr A(const char *text) {
    struct addr a;
    assert_int_equal(addr_parse(text, &a), 0);
    return a;
}

static struct prefix
P(const char *text) {
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    return p;
}

static void
test_addr_text(void **state)
{
    static const char *const same[] = {"0.0.0.0", "10.0.0.2", "255.255.255.255",
                                       "::", "fd00:ec2::253"};
    static const char *const bad[] = {
        "",        "10.0.0", "10.0.0.256", "10.0.0.1 ", "10.0.0.1:53", "10.0.0.01",
        "fd00::g", ":",      "1::2::3",    "::1%lo",    "[::1]",       "10.0.0.1/8"};
    char buf[ADDR_TEXT_MAX];
    struct addr a = {.family = 77};
    (void)state;

    for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        a = A(same[i]);
        assert_string_equal(addr_format(&a, buf, sizeof(buf)), same[i]);
    }
    a.family = 77;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(addr_parse(bad[i], &a), ERR_INVALID);
    assert_int_equal(a.family, 77); /* set only on success */
    assert_int_equal(addr_bits(&a), 0);
    assert_string_equal(addr_format(&(struct addr){0}, buf, sizeof(buf)), "none");
}

static void test_prefix_text(void **state)
{
    char buf[ADDR_TEXT_MAX];
    struct prefix p;
    (void)state;

    p = P("10.1.2.3/16");
    assert_string_equal(prefix_format(&p, buf, sizeof(buf)), "10.1.2.3/16");
    prefix_mask(&p);
    assert_string_equal(prefix_format(&p, buf, sizeof(buf)), "10.1.0.0/16");
    p = P("255.255.255.255/0");
    prefix_mask(&p);
    assert_string_equal(prefix_format(&p, buf, sizeof(buf)), "0.0.0.0/0");
    p = P("10.1.2.3/32");
    prefix_mask(&p);
    assert_string_equal(prefix_format(&p, buf, sizeof(buf)), "10.1.2.3/32");
    p = P("ffff:ffff:ffff:ffff:ffff::1/61");
    prefix_mask(&p);
    assert_string_equal(prefix_format(&p, buf, sizeof(buf)), "ffff:ffff:ffff:fff8::/61");
    p = P("::1/128");
    prefix_mask(&p);
    assert_string_equal(prefix_format(&p, buf, sizeof(buf)), "::1/128");
    assert_int_equal(prefix_parse("10.0.0.0/33", &p), ERR_RANGE);
    assert_int_equal(prefix_parse("::/129", &p), ERR_RANGE);
    assert_int_equal(prefix_parse("::/4294967297", &p), ERR_RANGE);
    assert_int_equal(prefix_parse("10.0.0.0/", &p), ERR_INVALID);
    assert_int_equal(prefix_parse("10.0.0.0/-1", &p), ERR_INVALID);
    assert_int_equal(prefix_parse("10.0.0.0/08", &p), ERR_INVALID);
    assert_int_equal(prefix_parse("10.0.0.0", &p), ERR_INVALID);
    assert_int_equal(prefix_parse("10.0.0/8", &p), ERR_INVALID);
}

static void test_prefix_sets(void **state)
{
    struct prefix p = P("10.0.0.0/15"), v6 = P("fd00::/7"), q = P("10.1.128.0/17");
    struct prefix r = P("10.2.0.0/15"), all = P("0.0.0.0/0");
    struct addr in = A("10.1.255.255"), out = A("10.2.0.0"), six = A("fd00::1");
    (void)state;

    assert_true(prefix_contains(&p, &in));
    assert_false(prefix_contains(&p, &out));
    assert_false(prefix_contains(&p, &six));
    assert_true(prefix_contains(&v6, &six));
    assert_true(prefix_contains(&all, &out));
    assert_false(prefix_contains(&all, &six));
    assert_true(prefix_overlaps(&p, &q));
    assert_true(prefix_overlaps(&q, &p));
    assert_false(prefix_overlaps(&p, &r));
    assert_false(prefix_overlaps(&all, &v6));
}

static void test_addr_add(void **state)
{
    char buf[ADDR_TEXT_MAX];
    struct addr a = A("10.0.255.254"), top = A("255.255.255.255"),
                six = A("fd00::ffff:ffff:ffff:fffe");
    (void)state;

    a = addr_add(&a, 2);
    assert_string_equal(addr_format(&a, buf, sizeof(buf)), "10.1.0.0");
    a = addr_add(&top, 1);
    assert_string_equal(addr_format(&a, buf, sizeof(buf)), "0.0.0.0");
    a = addr_add(&six, 2);
    assert_string_equal(addr_format(&a, buf, sizeof(buf)), "fd00:0:0:1::");
    a = addr_add(&six, UINT64_MAX);
    assert_string_equal(addr_format(&a, buf, sizeof(buf)), "fd00::1:ffff:ffff:ffff:fffd");
}

static void test_sockname(void **state)
{
    static const char *const bad[] = {
        "",           "10.0.0.1:",     "10.0.0.1:65536", "10.0.0.1:x",  "[fd00::1",
        "[fd00::1]x", "[10.0.0.1]:53", "[fd00::1]:",     "fd00::1]:53", ":53"};
    struct sockname s, t;
    struct sockaddr_storage sa;
    char buf[ADDR_TEXT_MAX];
    (void)state;

    assert_int_equal(sockname_parse("10.0.0.1", 53, &s), 0);
    assert_string_equal(sockname_format(&s, buf, sizeof(buf)), "10.0.0.1:53");
    assert_int_equal(sockname_parse("10.0.0.1:65535", 53, &s), 0);
    assert_int_equal(s.port, 65535);
    assert_int_equal(sockname_to_sa(&s, &sa), sizeof(struct sockaddr_in));
    assert_int_equal(sockname_from_sa((struct sockaddr *)&sa, &t), 0);
    assert_memory_equal(&s, &t, sizeof(s));
    assert_int_equal(sockname_parse("fd00::1", 53, &s), 0);
    assert_string_equal(sockname_format(&s, buf, sizeof(buf)), "[fd00::1]:53");
    assert_int_equal(sockname_parse("[fd00::1]:853", 53, &s), 0);
    assert_int_equal(sockname_to_sa(&s, &sa), sizeof(struct sockaddr_in6));
    assert_int_equal(sockname_from_sa((struct sockaddr *)&sa, &t), 0);
    assert_int_equal(t.port, 853);
    assert_memory_equal(&s.addr, &t.addr, sizeof(s.addr));
    assert_int_equal(sockname_parse("[fd00::1]", 53, &s), 0);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_true(sockname_parse(bad[i], 53, &s) < 0);

    assert_int_equal(sockname_parse("::ffff:192.0.2.1", 53, &s), 0);
    sockname_to_sa(&s, &sa);
    assert_int_equal(sockname_from_sa((struct sockaddr *)&sa, &t), 0);
    assert_string_equal(sockname_format(&t, buf, sizeof(buf)), "192.0.2.1:53");
    sa.ss_family = AF_UNIX;
    assert_int_equal(sockname_from_sa((struct sockaddr *)&sa, &t), ERR_INVALID);
    s.addr.family = 0;
    assert_int_equal(sockname_to_sa(&s, &sa), 0);
}

static void test_prefix_subnet(void **state)
{
    static const struct {
        const char *of;
        unsigned bits;
        uint32_t i;
        const char *is; /* NULL: there is none */
    } cases[] = {
        {"10.0.0.0/16", 24, 0, "10.0.0.0/24"},
        {"10.0.0.0/16", 24, 255, "10.0.255.0/24"},
        {"10.0.0.0/16", 24, 256, NULL},
        {"10.0.99.7/16", 28, 17, "10.0.1.16/28"}, /* host bits count for nothing */
        {"10.0.0.0/16", 16, 0, "10.0.0.0/16"},
        {"10.0.0.0/16", 16, 1, NULL},
        {"10.0.0.0/16", 15, 0, NULL},
        {"10.0.0.0/16", 33, 0, NULL},
        {"0.0.0.0/0", 32, 0xffffffff, "255.255.255.255/32"},
        {"fd53:1:2:300::/56", 64, 255, "fd53:1:2:3ff::/64"},
        {"fd53:1:2:300::/56", 64, 256, NULL},
        {"fd53:1:2:300::/56", 61, 1, "fd53:1:2:308::/61"},
        {"::/0", 128, 0xffffffff, "::255.255.255.255/128"},
    };
    char buf[ADDR_TEXT_MAX];
    (void)state;

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix of = P(cases[i].of), ret;
        int err = prefix_subnet(&of, cases[i].bits, cases[i].i, &ret);
        assert_int_equal(err, cases[i].is ? 0 : ERR_RANGE);
        if (cases[i].is)
            assert_string_equal(prefix_format(&ret, buf, sizeof(buf)), cases[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addr_text),     cmocka_unit_test(test_prefix_text),
        cmocka_unit_test(test_prefix_subnet), cmocka_unit_test(test_prefix_sets),
        cmocka_unit_test(test_addr_add),      cmocka_unit_test(test_sockname),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
