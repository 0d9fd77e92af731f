/* SPDX-License-Identifier: Apache-2.0 */
/* Names: limits of the wire form, compression pointers, case, order, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "dns/name.h"

/* A name of labels of `label` bytes and of `total` bytes in all. */
static size_t long_name(uint8_t *out, size_t total, size_t label)
{
    size_t n = 0;

    while (total - 1 - n > 0) {
        size_t len = total - 1 - n - 1 < label ? total - 1 - n - 1 : label;
        out[n] = (uint8_t)len;
        memset(out + n + 1, 'a', len);
        n += len + 1;
    }
    out[n++] = 0;
    return n;
}

static void test_len(void **state)
{
    const uint8_t *name = (const uint8_t *)"\3www\7example\3com";
    (void)state;

    assert_int_equal(name_len(name), 17);
    assert_int_equal(name_labels(name), 3);
    assert_int_equal(name_len((const uint8_t *)""), 1);
    assert_int_equal(name_labels((const uint8_t *)""), 0);
    assert_ptr_equal(name_parent(name, 0), name);
    assert_ptr_equal(name_parent(name, 1), name + 4);
    assert_int_equal(*name_parent(name, 3), 0);
    assert_true(name_is_wildcard((const uint8_t *)"\1*\3com"));
    assert_false(name_is_wildcard((const uint8_t *)"\2**\3com"));
    assert_false(name_is_wildcard((const uint8_t *)""));
}

static void test_check(void **state)
{
    uint8_t wire[300];
    (void)state;

    assert_int_equal(long_name(wire, 255, 62), 255);
    assert_int_equal(name_check(wire, wire + sizeof(wire)), 255);
    assert_int_equal(name_check(wire, wire + 255), 255);
    assert_int_equal(name_check(wire, wire + 254), ERR_INVALID);
    long_name(wire, 256, 62);
    assert_int_equal(name_check(wire, wire + sizeof(wire)), ERR_INVALID);
    assert_int_equal(long_name(wire, 255, 1), 255); /* 127 labels */
    assert_int_equal(name_labels(wire), 127);
    assert_int_equal(name_check(wire, wire + 255), 255);
    memset(wire, 'a', sizeof(wire));
    wire[0] = 63;
    wire[64] = 0;
    assert_int_equal(name_check(wire, wire + 65), 65);
    wire[0] = 64;
    wire[65] = 0;
    assert_int_equal(name_check(wire, wire + 66), ERR_INVALID);
    wire[0] = 0xc0;
    wire[1] = 0;
    assert_int_equal(name_check(wire, wire + 2), ERR_INVALID);
    assert_int_equal(name_check(wire, wire), ERR_INVALID);
    wire[0] = 0;
    assert_int_equal(name_check(wire, wire + 1), 1);
    wire[0] = 3;
    assert_int_equal(name_check(wire, wire + 1), ERR_INVALID);
}

static void test_decompress(void **state)
{
    static const uint8_t msg[] = "\3com\0\7example\xc0\0\3www\xc0\5\xc0\x0f\xc0\x15\xff";
    uint8_t out[NAME_MAX_WIRE];
    size_t len = 0;
    (void)state;

    assert_int_equal(name_decompress(msg, sizeof(msg), 0, out, &len), 5);
    assert_int_equal(len, 5);
    assert_int_equal(name_decompress(msg, sizeof(msg), 5, out, &len), 10);
    assert_int_equal(len, 13);
    assert_int_equal(name_decompress(msg, sizeof(msg), 15, out, &len), 6);
    assert_int_equal(len, 17);
    assert_memory_equal(out, "\3www\7example\3com", 17);
    assert_int_equal(name_decompress(msg, sizeof(msg), 23, out, NULL), 2); /* pointer to pointer */
    assert_memory_equal(out, "\3www\7example\3com", 17);
    assert_int_equal(name_decompress(msg, 24, 23, out, &len), ERR_INVALID); /* cut in the pointer */
    assert_int_equal(name_decompress(msg, 3, 0, out, &len), ERR_INVALID);   /* cut in a label */
    assert_int_equal(name_decompress(msg, 4, 0, out, &len), ERR_INVALID);   /* no root */
    assert_int_equal(name_decompress(msg, 0, 0, out, &len), ERR_INVALID);
    assert_int_equal(name_decompress(msg, 5, 9, out, &len), ERR_INVALID); /* beyond the end */
}

static void test_decompress_hostile(void **state)
{
    uint8_t msg[600], out[NAME_MAX_WIRE];
    size_t len;
    (void)state;

    memcpy(msg, "\xc0\0", 2); /* to itself */
    assert_int_equal(name_decompress(msg, 2, 0, out, &len), ERR_INVALID);
    memcpy(msg, "\xc0\2\xc0\0", 4); /* two that lead to each other; the first goes forward */
    assert_int_equal(name_decompress(msg, 4, 0, out, &len), ERR_INVALID);
    assert_int_equal(name_decompress(msg, 4, 2, out, &len), ERR_INVALID);
    memcpy(msg, "\1a\xc0\0", 4); /* back into its own labels */
    assert_int_equal(name_decompress(msg, 4, 0, out, &len), ERR_INVALID);
    memcpy(msg, "\xc0\2\0", 3); /* forward */
    assert_int_equal(name_decompress(msg, 3, 0, out, &len), ERR_INVALID);
    memcpy(msg, "\x80\0", 2); /* reserved label types */
    assert_int_equal(name_decompress(msg, 2, 0, out, &len), ERR_INVALID);
    memcpy(msg, "\x41\0", 2);
    assert_int_equal(name_decompress(msg, 2, 0, out, &len), ERR_INVALID);

    /* A tail of 201 bytes at 0; heads of 54 and 55 bytes make 255 and 256. */
    assert_int_equal(long_name(msg, 201, 40), 201);
    for (unsigned head = 53; head <= 54; head++) {
        msg[300] = (uint8_t)head;
        memset(msg + 301, 'b', head);
        memcpy(msg + 301 + head, "\xc0\0", 2);
        int n = name_decompress(msg, sizeof(msg), 300, out, &len);
        if (head == 53) {
            assert_int_equal(n, 56);
            assert_int_equal(len, 255);
        } else {
            assert_int_equal(n, ERR_INVALID);
        }
    }
}

static void test_case(void **state)
{
    uint8_t out[NAME_MAX_WIRE], name[NAME_MAX_WIRE];
    (void)state;

    /* Every byte value in a label: only A to Z change, at every position of the eight-byte steps.
     */
    for (unsigned c = 0; c < 256; c++) {
        for (unsigned at = 0; at < 20; at++) {
            memset(name, 'x', 22);
            name[0] = 20;
            name[21] = 0;
            name[1 + at] = (uint8_t)c;
            assert_int_equal(name_canon(out, name), 22);
            assert_int_equal(out[1 + at], c >= 'A' && c <= 'Z' ? c + 32 : c);
            assert_true(name_equal(out, name));
            out[1 + at] ^= 1;
            assert_false(name_equal(out, name));
        }
    }
    memcpy(name, "\3WwW\7eXample\3COM", 17);
    name_canon(name, name);
    assert_memory_equal(name, "\3www\7example\3com", 17);
    assert_int_equal(name_copy(out, name), 17);
    assert_true(name_equal((const uint8_t *)"\1A", (const uint8_t *)"\1a"));
    assert_false(name_equal((const uint8_t *)"\1a", (const uint8_t *)"\2aa"));
    assert_false(name_equal((const uint8_t *)"\1[", (const uint8_t *)"\1{"));
    assert_true(name_equal((const uint8_t *)"", (const uint8_t *)""));
}

static bool within(const char *name, const char *zone)
{
    uint8_t n[NAME_MAX_WIRE], z[NAME_MAX_WIRE];

    assert_true(name_parse(name, n) > 0);
    assert_true(name_parse(zone, z) > 0);
    return name_within(n, z);
}

static void test_within(void **state)
{
    (void)state;
    assert_true(within("www.example.com", "Example.COM"));
    assert_true(within("example.com", "example.com"));
    assert_true(within("example.com", "."));
    assert_true(within(".", "."));
    assert_false(within(".", "com"));
    assert_false(within("com", "example.com"));
    assert_false(within("xexample.com", "example.com"));
    assert_false(within("www.example.org", "example.com"));
    /* The bytes of the zone inside a label are not the zone. */
    assert_false(name_within((const uint8_t *)"\5a\3com", (const uint8_t *)"\3com"));
}

static void test_order(void **state)
{
    /* The example of RFC 4034 6.1. */
    static const char *const order[] = {
        ".",           "example",        "a.example", "yljkjljk.a.example",
        "Z.a.example", "zABC.a.EXAMPLE", "z.example", "\\001.z.example",
        "*.z.example", "\\200.z.example"};
    uint8_t a[NAME_MAX_WIRE], b[NAME_MAX_WIRE];
    (void)state;

    for (int i = 0; i < 10; i++) {
        for (int k = 0; k < 10; k++) {
            assert_true(name_parse(order[i], a) > 0);
            assert_true(name_parse(order[k], b) > 0);
            int c = name_compare(a, b);
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
        }
    }
    name_parse("A.EXAMPLE", a);
    name_parse("a.example", b);
    assert_int_equal(name_compare(a, b), 0);
}

static void test_text(void **state)
{
    static const char *const same[] = {
        ".",          "com.",      "WWW.Example.com.", "a\\.b.c.", "\\000\\255\\032.x.",
        "\\\\\\@.x.", "*._tcp.-x."};
    static const char *const bad[] = {"",      "..",     ".com",   "a..b", "a\\",
                                      "a\\25", "a\\256", "a\\2x5", "a.b.."};
    char buf[NAME_MAX_TEXT], text[300];
    uint8_t name[NAME_MAX_WIRE];
    (void)state;

    for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        int n = name_parse(same[i], name);
        assert_int_equal(n, name_len(name));
        assert_string_equal(name_format(name, buf, sizeof(buf)), same[i]);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(name_parse(bad[i], name), ERR_INVALID);
    assert_int_equal(name_parse("www.example.com", name), 17);

    memset(text, 'a', sizeof(text));
    text[63] = '\0';
    assert_int_equal(name_parse(text, name), 65);
    text[63] = 'a';
    text[64] = '\0';
    assert_int_equal(name_parse(text, name), ERR_INVALID);
    for (unsigned total = 253; total <= 256; total++) {
        memset(text, 'a', sizeof(text));
        for (unsigned i = 49; i < total; i += 50)
            text[i] = '.';
        text[total] =
            '\0'; /* one byte less than wire form needs for its first label, and no root */
        assert_int_equal(name_parse(text, name), total + 2 <= 255 ? (int)total + 2 : ERR_INVALID);
    }

    /* The longest text: 250 bytes of labels, each byte escaped. */
    memset(name, 1, sizeof(name));
    for (unsigned i = 0; i < 200; i += 50)
        name[i] = 49;
    name[200] = 53;
    name[254] = 0;
    assert_int_equal(strlen(name_format(name, buf, sizeof(buf))), 4 * 249 + 5);
    for (size_t size = 0; size < 20; size++) {
        memset(buf, 'z', sizeof(buf));
        name_format(name, buf, size);
        assert_int_equal(buf[size], 'z'); /* never beyond */
    }
}

static void test_concat(void **state)
{
    uint8_t a[NAME_MAX_WIRE], b[NAME_MAX_WIRE], out[NAME_MAX_WIRE];
    (void)state;

    name_parse("www.old.example", a);
    name_parse("new.example.org", b);
    assert_int_equal(name_concat(a, 1, b, out), 21);
    assert_memory_equal(out, "\3www\3new\7example\3org", 21);
    assert_int_equal(name_concat(a, 0, b, out), 17);
    assert_int_equal(name_concat(a, 3, (const uint8_t *)"", out), 17);
    assert_true(name_equal(out, a));
    long_name(b, 251, 50);
    assert_int_equal(name_concat(a, 1, b, out), 255);
    long_name(b, 252, 50);
    assert_int_equal(name_concat(a, 1, b, out), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_len),        cmocka_unit_test(test_check),
        cmocka_unit_test(test_decompress), cmocka_unit_test(test_decompress_hostile),
        cmocka_unit_test(test_case),       cmocka_unit_test(test_within),
        cmocka_unit_test(test_order),      cmocka_unit_test(test_text),
        cmocka_unit_test(test_concat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
