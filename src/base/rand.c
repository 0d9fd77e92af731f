/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20 (RFC 8439 2.3) with fast key erasure: each refill makes 512 bytes, of which the first 32
 * become the next key and are never given out, so a leak of the state tells nothing of the past. */
#include "base/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"

static inline uint32_t rotl(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static inline void quarter(uint32_t x[16], const uint8_t i[4])
{
    uint32_t a = x[i[0]], b = x[i[1]], c = x[i[2]], d = x[i[3]];

    a += b;
    d = rotl(d ^ a, 16);
    c += d;
    b = rotl(b ^ c, 12);
    a += b;
    d = rotl(d ^ a, 8);
    c += d;
    b = rotl(b ^ c, 7);
    x[i[0]] = a;
    x[i[1]] = b;
    x[i[2]] = c;
    x[i[3]] = d;
}

static void chacha_block(const uint32_t key[8], uint64_t counter, uint8_t out[64])
{
    static const uint8_t order[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14},
                                        {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12},
                                        {2, 7, 8, 13},  {3, 4, 9, 14}};
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t x[16];

    memcpy(in + 4, key, 32);
    in[12] = (uint32_t)counter;
    in[13] = (uint32_t)(counter >> 32);
    memcpy(x, in, sizeof(x));
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned q = 0; q < 8; q++)
            quarter(x, order[q]);
    }
    for (unsigned i = 0; i < 16; i++) {
        x[i] += in[i];
        for (unsigned b = 0; b < 4; b++)
            out[4 * i + b] = (uint8_t)(x[i] >> 8 * b);
    }
}

static void refill(struct rnd *r)
{
    for (size_t at = 0; at < sizeof(r->block); at += 64)
        chacha_block(r->key, r->counter++, r->block + at);
    memcpy(r->key, r->block, sizeof(r->key));
    memset(r->block, 0, sizeof(r->key));
    r->left = sizeof(r->block) - sizeof(r->key);
}

static void kernel_bytes(void *out, size_t len)
{
    uint8_t *p = out;

    while (len) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        must(n > 0);
        p += n;
        len -= (size_t)n;
    }
}

void rnd_init(struct rnd *r)
{
    kernel_bytes(r->key, sizeof(r->key));
    r->counter = 0;
    r->left = 0;
}

void rnd_init_seed(struct rnd *r, uint64_t seed)
{
    memset(r->key, 0, sizeof(r->key));
    r->key[0] = (uint32_t)seed;
    r->key[1] = (uint32_t)(seed >> 32);
    r->counter = 0;
    r->left = 0;
}

void rnd_bytes(struct rnd *r, void *out, size_t len)
{
    uint8_t *p = out;

    while (len) {
        if (!r->left)
            refill(r);
        size_t n = len < r->left ? len : r->left;
        uint8_t *from = r->block + sizeof(r->block) - r->left;
        memcpy(p, from, n);
        memset(from, 0, n);
        r->left -= n;
        p += n;
        len -= n;
    }
}

uint16_t rnd_u16(struct rnd *r)
{
    uint16_t v;
    rnd_bytes(r, &v, sizeof(v));
    return v;
}

uint32_t rnd_u32(struct rnd *r)
{
    uint32_t v;
    rnd_bytes(r, &v, sizeof(v));
    return v;
}

uint64_t rnd_u64(struct rnd *r)
{
    uint64_t v;
    rnd_bytes(r, &v, sizeof(v));
    return v;
}

uint32_t rnd_below(struct rnd *r, uint32_t n)
{
    must(n > 0);
    /* Lemire's multiplication; the low part below 2^32 mod n would favour some values: draw again.
     */
    uint64_t m = (uint64_t)rnd_u32(r) * n;
    if ((uint32_t)m < n) {
        uint32_t floor = -n % n;
        while ((uint32_t)m < floor)
            m = (uint64_t)rnd_u32(r) * n;
    }
    return (uint32_t)(m >> 32);
}

void rnd_hex(char *buf, size_t digits)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t bytes[128];

    for (size_t i = 0; i < digits; i++) {
        if (i % sizeof(bytes) == 0)
            kernel_bytes(bytes, digits - i < sizeof(bytes) ? digits - i : sizeof(bytes));
        buf[i] = hex[bytes[i % sizeof(bytes)] & 15];
    }
    buf[digits] = '\0';
}
