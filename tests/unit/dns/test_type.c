/* SPDX-License-Identifier: Apache-2.0 */
/* Mnemonics of types and codes, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dns/type.h"

static void test_types(void **state)
{
    char buf[TYPE_TEXT_MAX], text[TYPE_TEXT_MAX];
    uint16_t type;
    (void)state;

    for (unsigned i = 0; i <= UINT16_MAX; i++) {
        const char *name = type_name((uint16_t)i, buf, sizeof(buf));
        if (i < 300 || i > 32700) { /* the table is searched: spare the middle */
            assert_int_equal(type_parse(name, &type), 0);
            assert_int_equal(type, i);
        }
        sprintf(text, "type%u", i);
        if (i % 1000 < 3) {
            assert_int_equal(type_parse(text, &type), 0);
            assert_int_equal(type, i);
        }
        assert_true(strspn(type_layout((uint16_t)i), "12468aqndusScoptxX") ==
                    strlen(type_layout((uint16_t)i)));
    }
    assert_string_equal(type_name(TYPE_HTTPS, buf, sizeof(buf)), "HTTPS");
    assert_string_equal(type_name(32769, buf, sizeof(buf)), "DLV");
    assert_string_equal(type_name(32770, buf, sizeof(buf)), "TYPE32770");
    assert_string_equal(type_name(54, buf, sizeof(buf)), "TYPE54");
    assert_string_equal(type_name(0, buf, sizeof(buf)), "TYPE0");
    assert_int_equal(type_parse("aaaa", &type), 0);
    assert_int_equal(type, TYPE_AAAA);
    type = 7;
    assert_int_equal(type_parse("TYPE65536", &type), ERR_INVALID);
    assert_int_equal(type_parse("TYPE", &type), ERR_INVALID);
    assert_int_equal(type_parse("TYPE1x", &type), ERR_INVALID);
    assert_int_equal(type_parse("TYPE4294967297", &type), ERR_INVALID);
    assert_int_equal(type_parse("", &type), ERR_INVALID);
    assert_int_equal(type_parse("AAAAA", &type), ERR_INVALID);
    assert_int_equal(type, 7);
}

static void test_meta(void **state)
{
    (void)state;
    assert_true(type_is_meta(TYPE_ANY));
    assert_true(type_is_meta(TYPE_OPT));
    assert_true(type_is_meta(TYPE_AXFR));
    assert_true(type_is_meta(TYPE_TSIG));
    assert_false(type_is_meta(TYPE_A));
    assert_false(type_is_meta(TYPE_CAA));
    assert_false(type_is_meta(127));
}

static void test_codes(void **state)
{
    char buf[TYPE_TEXT_MAX];
    uint16_t rcode;
    (void)state;

    for (uint16_t i = 0; i < 100; i++) {
        assert_int_equal(rcode_parse(rcode_name(i, buf, sizeof(buf)), &rcode), 0);
        assert_int_equal(rcode, i);
    }
    assert_string_equal(rcode_name(RCODE_NXDOMAIN, buf, sizeof(buf)), "NXDOMAIN");
    assert_string_equal(rcode_name(RCODE_BADVERS, buf, sizeof(buf)), "BADVERS");
    assert_string_equal(rcode_name(12, buf, sizeof(buf)), "RCODE12");
    assert_int_equal(rcode_parse("servfail", &rcode), 0);
    assert_int_equal(rcode, RCODE_SERVFAIL);
    assert_int_equal(rcode_parse("NOPE", &rcode), ERR_INVALID);
    assert_string_equal(ede_name(EDE_PROHIBITED), "Prohibited");
    assert_string_equal(ede_name(EDE_NO_REACHABLE_AUTHORITY), "No Reachable Authority");
    assert_string_equal(ede_name(EDE_INVALID_DATA), "Invalid Data");
    assert_string_equal(ede_name(65535), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_meta),
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
