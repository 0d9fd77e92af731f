/* SPDX-License-Identifier: Apache-2.0 */
/* Rdata: layouts of uncompressed records, and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "dns/rdata.h"

#define SOA "\2ns\3com\0\1h\3com\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\1\x2c"

static int check(uint16_t type, const char *rdata, size_t len)
{
    return rdata_check(type, (const uint8_t *)rdata, len);
}

#define CHECK(type, literal) check(type, literal, sizeof(literal) - 1)

static void test_check(void **state)
{
    (void)state;
    assert_int_equal(CHECK(TYPE_A, "\1\2\3\4"), 0);
    assert_int_equal(CHECK(TYPE_A, "\1\2\3"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_AAAA, "0123456789abcdef"), 0);
    assert_int_equal(CHECK(TYPE_AAAA, "0123456789abcdef0"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_CNAME, "\1a\0"), 0);
    assert_int_equal(CHECK(TYPE_CNAME, "\1a\0x"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_CNAME, "\xc0\0"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_CNAME, ""), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_SOA, SOA), 0);
    for (size_t len = 0; len < sizeof(SOA) - 1; len++)
        assert_int_equal(check(TYPE_SOA, SOA, len), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_TXT, "\3abc\0"), 0);
    assert_int_equal(CHECK(TYPE_TXT, "\4abc"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_TXT, "\3abc\1"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_HINFO, "\1a\1b"), 0);
    assert_int_equal(CHECK(TYPE_HINFO, "\1a"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_NAPTR, "\0\1\0\2\1u\0\0\0"), 0);
    assert_int_equal(CHECK(TYPE_CAA, "\0\5issueca.example"), 0);
    assert_int_equal(CHECK(TYPE_CAA, "\0\5issue"), 0);
    assert_int_equal(CHECK(TYPE_CAA, "\0\0issue"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_CAA, "\0\6issue"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_DS, "\0\1\2\3x"), 0);
    assert_int_equal(CHECK(TYPE_DS, "\0\1\2\3"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_NSEC, "\0\0\1\x40"), 0);
    assert_int_equal(CHECK(TYPE_NSEC, "\0\0\1\x40\1\1\x40"), 0);
    assert_int_equal(CHECK(TYPE_NSEC, "\0\1\1\x40\0\1\x40"), ERR_INVALID); /* windows must rise */
    assert_int_equal(CHECK(TYPE_NSEC, "\0\0\0"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_NSEC, "\0\0\x21"), ERR_INVALID);
    assert_int_equal(CHECK(TYPE_HTTPS, "\0\1\0\0\1\0\3\2h2\0\4\0\0"), 0);
    assert_int_equal(CHECK(TYPE_HTTPS, "\0\1\0\0\4\0\0\0\1\0\0"), ERR_INVALID); /* keys must rise */
    assert_int_equal(CHECK(TYPE_HTTPS, "\0\1\0\0\1\0\1"), ERR_INVALID);
    assert_int_equal(CHECK(20 /* ISDN */, "\1a"), 0);
    assert_int_equal(CHECK(20, "\1a\1b"), 0);
    assert_int_equal(CHECK(20, "\1a\1b\1c"), ERR_INVALID);
    assert_int_equal(CHECK(65280, "anything"), 0);
    assert_int_equal(CHECK(65280, ""), 0);
}

static void test_parts(void **state)
{
    (void)state;
    assert_int_equal(rdata_target_offset(TYPE_NS), 0);
    assert_int_equal(rdata_target_offset(TYPE_DNAME), 0);
    assert_int_equal(rdata_target_offset(TYPE_MX), 2);
    assert_int_equal(rdata_target_offset(TYPE_SRV), 6);
    assert_int_equal(rdata_target_offset(TYPE_A), -1);
    assert_int_equal(rdata_target_offset(TYPE_SOA), -1);
    assert_int_equal(rdata_soa_minimum((const uint8_t *)SOA, sizeof(SOA) - 1), 300);
    assert_int_equal(rdata_soa_minimum((const uint8_t *)SOA, sizeof(SOA) - 2), 0);
    assert_int_equal(rdata_soa_minimum((const uint8_t *)"", 0), 0);
}

static const char *text(uint16_t type, const char *rdata, size_t len)
{
    static char buf[2048];
    return rdata_format(type, (const uint8_t *)rdata, len, buf, sizeof(buf));
}

#define TEXT(type, literal) text(type, literal, sizeof(literal) - 1)

static void test_format(void **state)
{
    char small[8];
    (void)state;

    assert_string_equal(TEXT(TYPE_A, "\x0a\0\0\2"), "10.0.0.2");
    assert_string_equal(TEXT(TYPE_AAAA, "\xfd\0\x0e\xc2\0\0\0\0\0\0\0\0\0\0\2\x53"),
                        "fd00:ec2::253");
    assert_string_equal(TEXT(TYPE_MX, "\0\x0a\2mx\3com\0"), "10 mx.com.");
    assert_string_equal(TEXT(TYPE_SRV, "\0\1\0\2\0\x35\0"), "1 2 53 .");
    assert_string_equal(TEXT(TYPE_TXT, "\5a\"b\\c\3d\n\xff"), "\"a\\\"b\\\\c\" \"d\\010\\255\"");
    assert_string_equal(TEXT(TYPE_SOA, SOA), "ns.com. h.com. 1 2 3 4 300");
    assert_string_equal(TEXT(TYPE_CAA, "\x80\5issueca.example"), "128 issue \"ca.example\"");
    assert_string_equal(TEXT(TYPE_DS, "\0\1\2\3x"), "\\# 5 0001020378");
    assert_string_equal(TEXT(65280, ""), "\\# 0");
    assert_string_equal(TEXT(TYPE_A, "\1\2\3"), "\\# 3 010203"); /* malformed */
    for (size_t size = 0; size < sizeof(small); size++) {
        memset(small, 'z', sizeof(small));
        rdata_format(TYPE_TXT, (const uint8_t *)"\5abcde", 6, small, size);
        assert_int_equal(small[size], 'z');
        if (size)
            assert_int_equal(strlen(small), size - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
