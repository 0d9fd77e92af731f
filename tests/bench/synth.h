/* SPDX-License-Identifier: Apache-2.0 */
/* The address that the bench's upstream gives a name, so that whoever asked can tell a right answer
 * from a mixed-up or forged one without a table. */
#ifndef BENCH_SYNTH_H
#define BENCH_SYNTH_H

#include <stddef.h>
#include <stdint.h>

#define SYNTH_NET 10 /* right answers are in 10.0.0.0/8 and 2001:db8::/96; wrong ones never are */

/* A hash of a name in wire form that does not see the case of letters. */
static inline uint64_t synth_hash(const uint8_t *name, size_t len)
{
    uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a, and a last mix for its weak upper bits */
    for (size_t i = 0; i < len; i++) {
        uint8_t c = name[i];
        h = (h ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * 0x100000001b3ull;
    }
    return (h ^ h >> 32) * 0xd6e8feb86659fd93ull;
}

/* The four bytes of the A record of a name with this hash; an AAAA record ends with them. */
static inline void synth_addr(uint64_t hash, uint8_t out[4])
{
    out[0] = SYNTH_NET;
    out[1] = (uint8_t)(hash >> 56);
    out[2] = (uint8_t)(hash >> 48);
    out[3] = (uint8_t)(hash >> 40);
}

#endif
