/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse names, reverse zones, embedded addresses (the table of RFC 6052 2.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dns/addrname.h"

static struct addr A(const char *text) {
    struct addr a;
    assert_int_equal(addr_parse(text, &a), 0);
    return a;
}

static void
test_reverse(void **state)
{
    static const char v6[] =
        "3.5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.c.e.0.0.0.d.f.ip6.arpa.";
    struct addr a = A("10.0.209.2"), b;
    uint8_t name[NAME_MAX_WIRE];
    char text[NAME_MAX_TEXT];
    size_t len;
    (void)state;

    len = addrname_reverse(&a, name);
    assert_int_equal(len, name_len(name));
    assert_string_equal(name_format(name, text, sizeof(text)), "2.209.0.10.in-addr.arpa.");
    assert_int_equal(addrname_parse(name, &b), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    a = A("fd00:ec2::253");
    len = addrname_reverse(&a, name);
    assert_int_equal(len, name_len(name));
    assert_string_equal(name_format(name, text, sizeof(text)), v6);
    assert_int_equal(addrname_parse(name, &b), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    name_parse("3.5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.C.E.0.0.0.D.F.IP6.Arpa", name);
    assert_int_equal(addrname_parse(name, &b), 0);
    assert_memory_equal(&a, &b, sizeof(a));
}

static void test_parse_bad(void **state)
{
    static const char *const bad[] = {
        ".",
        "in-addr.arpa",
        "0.10.in-addr.arpa",
        "1.2.3.4.5.in-addr.arpa",
        "256.0.0.10.in-addr.arpa",
        "01.0.0.10.in-addr.arpa",
        "0255.0.0.10.in-addr.arpa",
        "a.0.0.10.in-addr.arpa",
        "2.0.0.10.in-addr.arp",
        "2.0.0.10.in-addr.arpa.x",
        "g.5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.c.e.0.0.0.d.f.ip6.arpa",
        "33.5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.c.e.0.0.0.d.f.ip6.arpa",
        "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.c.e.0.0.0.d.f.ip6.arpa",
        "!.5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.c.e.0.0.0.d.f.ip6.arpa"};
    uint8_t name[NAME_MAX_WIRE];
    struct addr a;
    (void)state;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(name_parse(bad[i], name) > 0);
        assert_int_equal(addrname_parse(name, &a), ERR_INVALID);
    }
}

struct zones {
    char text[8192];
    unsigned n, stop;
};

static int zone_add(void *ctx, const uint8_t *name)
{
    struct zones *z = ctx;
    char text[NAME_MAX_TEXT];

    strcat(z->text, name_format(name, text, sizeof(text)));
    strcat(z->text, " ");
    return ++z->n == z->stop ? -77 : 0;
}

static const char *zones_of(const char *prefix)
{
    static struct zones z;
    struct prefix p;

    z = (struct zones){.n = 0};
    assert_int_equal(prefix_parse(prefix, &p), 0);
    assert_int_equal(addrname_zones(&p, zone_add, &z), 0);
    return z.text;
}

static void test_zones(void **state)
{
    struct zones z = {.stop = 3};
    struct prefix p;
    (void)state;

    assert_string_equal(zones_of("10.0.0.0/16"), "0.10.in-addr.arpa. ");
    assert_string_equal(zones_of("10.0.0.0/23"), "0.0.10.in-addr.arpa. 1.0.10.in-addr.arpa. ");
    assert_string_equal(zones_of("10.7.255.9/15"), "6.10.in-addr.arpa. 7.10.in-addr.arpa. ");
    assert_string_equal(zones_of("10.0.0.4/31"), "4.0.0.10.in-addr.arpa. 5.0.0.10.in-addr.arpa. ");
    assert_string_equal(zones_of("10.0.0.4/32"), "4.0.0.10.in-addr.arpa. ");
    assert_string_equal(zones_of("172.16.0.0/14"), "16.172.in-addr.arpa. 17.172.in-addr.arpa. "
                                                   "18.172.in-addr.arpa. 19.172.in-addr.arpa. ");
    assert_string_equal(zones_of("0.0.0.0/0"), "in-addr.arpa. ");
    assert_string_equal(zones_of("fd00::/8"), "d.f.ip6.arpa. ");
    assert_string_equal(zones_of("fc00::/7"), "c.f.ip6.arpa. d.f.ip6.arpa. ");
    assert_string_equal(zones_of("fe80::/10"),
                        "8.e.f.ip6.arpa. 9.e.f.ip6.arpa. a.e.f.ip6.arpa. b.e.f.ip6.arpa. ");
    assert_string_equal(zones_of("::/0"), "ip6.arpa. ");
    assert_int_equal(strlen(zones_of("fd00::1/128")), 74);
    prefix_parse("10.0.0.0/17", &p);
    assert_int_equal(addrname_zones(&p, zone_add, &z), -77); /* emit ends it */
    assert_int_equal(z.n, 3);
    p.addr.family = 0;
    assert_int_equal(addrname_zones(&p, zone_add, &z), ERR_INVALID);
    p = (struct prefix){.addr = {.family = AF_INET}, .bits = 33};
    assert_int_equal(addrname_zones(&p, zone_add, &z), ERR_INVALID);
}

static void test_embed(void **state)
{
    static const struct {
        const char *prefix, *v6;
    } rows[] = {{"2001:db8::/32", "2001:db8:c000:221::"},
                {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
                {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
                {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
                {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
                {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
                {"64:ff9b::/96", "64:ff9b::192.0.2.33"}};
    struct addr v4 = A("192.0.2.33"), got, want;
    struct prefix p;
    (void)state;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(prefix_parse(rows[i].prefix, &p), 0);
        want = A(rows[i].v6);
        assert_int_equal(addrname_embed(&p, &v4, &got), 0);
        assert_memory_equal(&got, &want, sizeof(got));
        assert_int_equal(addrname_extract(&p, &want, &got), 0);
        assert_memory_equal(&got, &v4, sizeof(got));
        want.b[0] ^= 0x40;
        assert_int_equal(addrname_extract(&p, &want, &got), ERR_INVALID);
    }
    prefix_parse("2001:db8::/48", &p);
    want = A("2001:db8:0:c000:102:2100::"); /* bits 64 to 71 not zero */
    assert_int_equal(addrname_extract(&p, &want, &got), ERR_INVALID);
    assert_int_equal(addrname_extract(&p, &v4, &got), ERR_INVALID);
    assert_int_equal(addrname_embed(&p, &want, &got), ERR_INVALID);
    static const char *const bad[] = {"64:ff9b::/95",  "64:ff9b::/72", "64:ff9b::/24",
                                      "64:ff9b::/128", "64:ff9b::/44", "64:ff9b:0:0:ff00::/96",
                                      "10.0.0.0/32"};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(prefix_parse(bad[i], &p), 0);
        assert_int_equal(addrname_embed(&p, &v4, &got), ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reverse),
        cmocka_unit_test(test_parse_bad),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_embed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
