/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: the ChaCha20 key stream, seeds, ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/rand.h"

static void test_stream(void **state)
{
    /* RFC 8439 A.1, test vector 1: key, counter and nonce zero; its first 32 bytes are our next
     * key. */
    static const uint8_t second_half[32] = {0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d,
                                            0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37,
                                            0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c,
                                            0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86};
    struct rnd r;
    uint8_t out[32];
    (void)state;

    rnd_init_seed(&r, 0);
    rnd_bytes(&r, out, sizeof(out));
    assert_memory_equal(out, second_half, sizeof(out));
    /* What was given out is erased. */
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(r.block[i], 0);
}

static void test_seed(void **state)
{
    struct rnd a, b;
    uint8_t x[2000], y[2000];
    (void)state;

    rnd_init_seed(&a, 42);
    rnd_init_seed(&b, 42);
    rnd_bytes(&a, x, sizeof(x)); /* in one piece, over several refills */
    for (unsigned i = 0; i < sizeof(y); i++)
        rnd_bytes(&b, y + i, 1);
    assert_memory_equal(x, y, sizeof(x));
    assert_memory_not_equal(x, x + 480, 480); /* the key changed between the refills */
    rnd_init_seed(&b, 43);
    assert_true(rnd_u64(&a) != rnd_u64(&b));
    rnd_init(&a);
    rnd_init(&b);
    assert_true(rnd_u64(&a) != rnd_u64(&b));
}

static void test_below(void **state)
{
    struct rnd r;
    unsigned hits[6] = {0};
    (void)state;

    rnd_init_seed(&r, 7);
    for (unsigned i = 0; i < 6000; i++)
        hits[rnd_below(&r, 6)]++;
    for (unsigned i = 0; i < 6; i++)
        assert_in_range(hits[i], 850, 1150);
    assert_int_equal(rnd_below(&r, 1), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_true(rnd_below(&r, UINT32_MAX) < UINT32_MAX);
    unsigned ones = 0;
    for (unsigned i = 0; i < 1000; i++)
        ones += (unsigned)__builtin_popcount(rnd_u16(&r));
    assert_in_range(ones, 7700, 8300);
    assert_true(rnd_u32(&r) != rnd_u32(&r));
}

static void test_hex(void **state)
{
    char a[301], b[301];
    (void)state;

    rnd_hex(a, 300);
    rnd_hex(b, 300);
    assert_int_equal(strlen(a), 300);
    assert_int_equal(strspn(a, "0123456789abcdef"), 300);
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, a + 128);
    rnd_hex(a, 0);
    assert_string_equal(a, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_seed),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
