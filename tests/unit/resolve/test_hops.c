/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "dns/build.h"
#include "resolve/hops.h"

static const uint64_t secret[2] = {1, 2}, other[2] = {1, 3};
static const uint8_t name[] = "\3app\4corp";

/* A query with an option: its EDNS. */
static struct edns with_option(uint8_t *buf, size_t size, uint16_t code, const uint8_t *data,
                               size_t len)
{
    struct message m;
    int n = build_query(buf, size, 0, FLAG_RD, name, TYPE_A, CLASS_IN, 1232, false);
    assert_true(n > 0);
    n = build_option(buf, size, (size_t)n, code, (struct build_bytes){data, (uint16_t)len});
    assert_true(n > 0);
    assert_int_equal(msg_parse_query(buf, (size_t)n, &m), MSG_OK);
    return m.edns;
}

static void test_marker(void **state)
{
    (void)state;
    struct hops h = {0}, got;
    uint8_t option[HOPS_BYTES], buf[512];
    uint64_t a = hops_hash(secret, "out-a", name, TYPE_A);
    assert_int_not_equal(a, hops_hash(secret, "out-b", name, TYPE_A));
    assert_int_not_equal(a, hops_hash(secret, "out-a", name, TYPE_AAAA));
    assert_int_not_equal(a, hops_hash(secret, "out-a", name + 4, TYPE_A));
    assert_false(hops_full_or_has(&h, a));
    h.hop[h.n++] = a;
    assert_true(hops_full_or_has(&h, a));
    size_t len = hops_write(secret, &h, option);
    struct edns e = with_option(buf, sizeof(buf), HOPS_CODE, option, len);
    hops_read(secret, &e, &got);
    assert_int_equal(got.n, 1);
    assert_int_equal(got.hop[0], a);

    for (; h.n < HOPS_MAX; h.n++)
        h.hop[h.n] = h.n;
    assert_true(hops_full_or_has(&h, 12345)); /* too long is a loop, too */
    assert_int_equal(hops_write(secret, &h, option), HOPS_BYTES);
    e = with_option(buf, sizeof(buf), HOPS_CODE, option, HOPS_BYTES);
    hops_read(secret, &e, &got);
    assert_int_equal(got.n, HOPS_MAX);
}

/* What others write is not believed. */
static void test_forged(void **state)
{
    (void)state;
    struct hops h = {1, {42}}, got;
    uint8_t option[HOPS_BYTES], buf[512];
    size_t len = hops_write(secret, &h, option);
    struct edns e = with_option(buf, sizeof(buf), HOPS_CODE, option, len);
    hops_read(other, &e, &got);
    assert_int_equal(got.n, 0);
    for (size_t cut = 0; cut < len; cut++) {
        e = with_option(buf, sizeof(buf), HOPS_CODE, option, cut);
        hops_read(secret, &e, &got);
        assert_int_equal(got.n, 0);
    }
    for (size_t i = 0; i < len; i++) {
        option[i] ^= 1;
        e = with_option(buf, sizeof(buf), HOPS_CODE, option, len);
        hops_read(secret, &e, &got);
        assert_int_equal(got.n, 0);
        option[i] ^= 1;
    }
    e = with_option(buf, sizeof(buf), HOPS_CODE + 1, option, len);
    hops_read(secret, &e, &got);
    assert_int_equal(got.n, 0);
}

static void test_reply(void **state)
{
    (void)state;
    struct build_opt opt = {.udp_size = 1232, .has_ede = true, .ede_text = "a loop"};
    uint8_t buf[128];
    char text[4];
    for (int marked = 0; marked < 2; marked++) {
        struct build b;
        struct message m;
        opt.mark = marked ? HOPS_CODE : 0;
        build_begin(&b, buf, sizeof(buf), 0, FLAG_QR | RCODE_SERVFAIL);
        build_question(&b, name, TYPE_A, CLASS_IN);
        assert_int_equal(build_reserve(&b, build_opt_size(&opt)), 0);
        assert_int_equal(build_opt(&b, &opt), 0);
        assert_int_equal(msg_parse_reply(buf, build_end(&b), &m), 0);
        assert_int_equal(hops_loop(&m.edns, text, sizeof(text)), marked);
    }
    assert_string_equal(text, "a l"); /* cut to the room there is */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marker),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
