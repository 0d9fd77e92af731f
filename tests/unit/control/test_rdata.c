/* SPDX-License-Identifier: Apache-2.0 */
/* Record values to rdata: by hand where the service differs, against ldns where master files and
 * the service agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "base/error.h"
#include "control/rdata.h"
#include "dns/type.h"

/* Values that mean the same to both. */
static const struct {
    const char *type, *value;
} same[] = {
    {"A", "192.0.2.1"},
    {"AAAA", "2001:db8::1"},
    {"AAAA", "::ffff:192.0.2.1"},
    {"CNAME", "www.example.com."},
    {"NS", "ns-1536.awsdns-00.co.uk."},
    {"PTR", "Host.Example.com."},
    {"MX", "10 mail.example.com."},
    {"MX", "65535 ."},
    {"SRV", "1 2 65535 sip.example.com."},
    {"SOA", "ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"},
    {"SOA", "a. b. 4294967295 1 2 3 4"},
    {"TXT", "\"v=spf1 -all\""},
    {"TXT", "\"a\" \"\" \"b c\""},
    {"TXT", "\"say \\\"hi\\\"\""},
    {"SPF", "\"v=spf1\""},
    {"CAA", "0 issue \"ca.example.net; policy=ev\""},
    {"CAA", "128 iodef \"mailto:a@b.example\""},
    {"NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" ."},
    {"NAPTR", "65535 0 \"\" \"\" \"\" next.example."},
    {"DS", "12345 8 2 0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"},
    {"SSHFP", "4 2 0123456789abcdef"},
    {"TLSA", "3 1 1 0123456789abcdef"},
    {"SVCB", "0 svc.example."},
    {"HTTPS", "1 . alpn=h2,h3"},
    {"HTTPS", "16 svc.example. ipv4hint=192.0.2.1,192.0.2.2 port=8443 alpn=h2 no-default-alpn"},
    {"SVCB", "1 svc.example. ipv6hint=2001:db8::1,2001:db8::2 "
             "ech=AEn+DQBFKwAgACABWIHUGj4u+PIggYXcR5JF0g=="},
    {"SVCB", "1 svc.example. ech=AEn+DQBFKwAgACABWIHUGj4u+PIggYXcR5I="},
};

static void test_as_ldns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char line[512];
        uint8_t out[RDATA_VALUE_MAX], *wire;
        size_t wire_len;
        uint16_t type;
        ldns_rr *rr;
        const char *why = "";
        snprintf(line, sizeof line, ". 60 IN %s %s", same[i].type, same[i].value);
        assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL), LDNS_STATUS_OK);
        assert_int_equal(ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &wire_len), LDNS_STATUS_OK);
        assert_int_equal(type_parse(same[i].type, &type), 0);
        int len = rdata_from_text(type, same[i].value, out, sizeof out, &why);
        if (len < 0)
            fail_msg("%s: %s", line, why);
        assert_int_equal(len, wire_len - 11); /* root, type, class, TTL, length */
        if (memcmp(out, wire + 11, (size_t)len) != 0)
            fail_msg("%s: other bytes", line);
        free(wire);
        ldns_rr_free(rr);
    }
}

static void assert_wire(uint16_t type, const char *value, const char *want, size_t want_len)
{
    uint8_t out[RDATA_VALUE_MAX];
    const char *why = "";
    int len = rdata_from_text(type, value, out, sizeof out, &why);
    if (len < 0)
        fail_msg("%s: %s", value, why);
    assert_int_equal(len, want_len);
    assert_memory_equal(out, want, want_len);
}

#define WIRE(type, value, want) assert_wire(type, value, want, sizeof(want) - 1)

static void test_own_rules(void **state)
{
    (void)state;
    WIRE(TYPE_CNAME, "example", "\7example\0");      /* absolute without a dot */
    WIRE(TYPE_CNAME, "\\052.a\\056b", "\1*\3a.b\0"); /* octal */
    WIRE(TYPE_TXT, "\"\\101\\000\\377\"", "\3A\0\xff");
    WIRE(TYPE_TXT, "  \"a\"\t\"b\"  ", "\1a\1b");
    WIRE(TYPE_TXT, "\"a;b\\;c\\\\\"", "\6a;b;c\\");
    WIRE(TYPE_SVCB, "1 . dohpath=/q{?dns} ohttp alpn=\"h2\"",
         "\0\1\0"
         "\0\1\0\3\2h2"
         "\0\7\0\10/q{?dns}"
         "\0\10\0\0");
    WIRE(TYPE_SVCB, "32767 .", "\x7f\xff\0");
}

static void assert_why(uint16_t type, const char *value, const char *problem)
{
    uint8_t out[RDATA_VALUE_MAX];
    const char *why = "";
    if (rdata_from_text(type, value, out, sizeof out, &why) != ERR_INVALID)
        fail_msg("%s was taken", value);
    if (strncmp(why, problem, strlen(problem)) != 0)
        fail_msg("%s: %s", value, why);
}

static void test_refused(void **state)
{
    (void)state;
    static const char ip4[] = "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
    static const char ip6[] = "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
    assert_why(TYPE_A, "192.0.2.256", ip4);
    assert_why(TYPE_A, "192.0.2", ip4);
    assert_why(TYPE_A, "192.0.2.01", ip4);
    assert_why(TYPE_A, "::1", ip4);
    assert_why(TYPE_A, "", "InvalidRecordData");
    assert_why(TYPE_A, "192.0.2.1 192.0.2.2", "InvalidRecordData");
    assert_why(TYPE_AAAA, "192.0.2.1", ip6);
    assert_why(TYPE_AAAA, "fe80::1%eth0", ip6);
    assert_why(TYPE_CNAME, "a..b", "DomainLabelEmpty (Domain label is empty)");
    assert_why(TYPE_MX, "65536 a.", "InvalidNumber");
    assert_why(TYPE_MX, "-1 a.", "InvalidNumber");
    assert_why(TYPE_MX, "99999999999999999999 a.", "InvalidNumber");
    assert_why(TYPE_MX, "10", "InvalidRecordData");
    assert_why(TYPE_MX, "10 a. b.", "InvalidRecordData");
    assert_why(TYPE_SOA, "a. b. 4294967296 1 2 3 4", "InvalidNumber");
    assert_why(TYPE_TXT, "plain",
               "InvalidCharacterString (Value should be enclosed in quotation marks)");
    assert_why(TYPE_TXT, "\"open", "InvalidCharacterString");
    assert_why(TYPE_TXT, "\"a\"\"b\"", "InvalidCharacterString");
    assert_why(TYPE_TXT, "\"a\\\"", "InvalidCharacterString");
    assert_why(TYPE_TXT, "\"\\400\"", "UnsupportedCharacter");
    assert_why(TYPE_TXT, "\"\\9\"", "UnsupportedCharacter");
    assert_why(TYPE_TXT, "\"\xc3\xa9\"", "UnsupportedCharacter");
    assert_why(TYPE_CAA, "256 issue \"a\"", "InvalidNumber");
    assert_why(TYPE_CAA, "0 is-sue \"a\"", "InvalidCAATag");
    assert_why(TYPE_CAA, "0 issue a", "InvalidCharacterString");
    assert_why(TYPE_NAPTR, "1 1 u \"\" \"\" .", "InvalidCharacterString");
    assert_why(TYPE_DS, "1 8 2 abc", "InvalidHex");
    assert_why(TYPE_DS, "1 8 2 xy", "InvalidHex");
    assert_why(TYPE_DS, "1 8 2", "InvalidHex");
    assert_why(TYPE_SSHFP, "5 1 ab", "InvalidNumber");
    assert_why(TYPE_SSHFP, "1 3 ab", "InvalidNumber");
    assert_why(TYPE_TLSA, "4 0 0 ab", "InvalidNumber");
    assert_why(TYPE_TLSA, "0 0 3 ab", "InvalidNumber");
}

static void test_svcb_refused(void **state)
{
    (void)state;
    assert_why(TYPE_SVCB, "32768 .", "InvalidNumber");
    assert_why(TYPE_SVCB, "1 . key667=x", "InvalidSvcParamKey");
    assert_why(TYPE_SVCB, "1 . port=1 port=2", "DuplicateSvcParamKey");
    assert_why(TYPE_SVCB, "0 a. port=1", "InvalidSvcParams");
    assert_why(TYPE_SVCB, "1 . no-default-alpn", "InvalidSvcParams");
    assert_why(TYPE_SVCB, "1 . alpn", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . alpn=", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . alpn=h2,,h3", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . alpn=\"h2", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . alpn=h2 no-default-alpn=1", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . port=65536", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . port=\"1 2\"", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . ipv4hint=::1", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . ipv6hint=192.0.2.1", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . ech=a", "InvalidSvcParamValue");
    assert_why(TYPE_SVCB, "1 . dohpath=q", "InvalidSvcParamValue");
}

static void test_lengths(void **state)
{
    (void)state;
    char value[5000];
    uint8_t out[RDATA_VALUE_MAX];
    memset(value, 'a', sizeof value);
    value[0] = value[256] = '"';
    value[257] = '\0';
    assert_int_equal(rdata_from_text(TYPE_TXT, value, out, sizeof out, NULL), 256);
    assert_int_equal(rdata_from_text(TYPE_TXT, value, out, 255, NULL), ERR_INVALID);
    memset(value, 'a', sizeof value);
    value[0] = value[257] = '"';
    value[258] = '\0';
    assert_why(TYPE_TXT, value, "CharacterStringTooLong");
    memset(value, 'a', sizeof value);
    value[4999] = '\0';
    assert_why(TYPE_CNAME, value, "CharacterStringTooLong");
    assert_int_equal(rdata_from_text(TYPE_HINFO, "\"a\" \"b\"", out, sizeof out, NULL),
                     ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_ldns), cmocka_unit_test(test_own_rules),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_svcb_refused),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests_name("rdata", tests, NULL, NULL);
}
