/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed hashing of short byte strings. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 under a 128-bit key: for tables whose keys strangers choose. Any thread. */
uint64_t hash_sip(const uint64_t key[2], const void *data, size_t len);

/* A fast unkeyed 64-bit mix (not for foreign keys). */
static inline uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    return x;
}

#endif
