/* SPDX-License-Identifier: Apache-2.0 */
/* Unpredictable numbers. A struct per owner, so tests can seed it and workers share nothing. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* ChaCha20-based generator: forward secret, cheap, refilled by blocks. One thread at a time. */
struct rnd {
    uint32_t key[8];
    uint64_t counter;
    uint8_t block[512];
    size_t left; /* unread bytes at the end of block */
};

/* Seeds from the kernel (getrandom). Aborts if the kernel gives nothing. */
void rnd_init(struct rnd *r);

/* Seeds from a number, for tests: the same seed gives the same sequence. */
void rnd_init_seed(struct rnd *r, uint64_t seed);

/* The next 16, 32 or 64 random bits. */
uint16_t rnd_u16(struct rnd *r);
uint32_t rnd_u32(struct rnd *r);
uint64_t rnd_u64(struct rnd *r);

/* A number in 0..n-1, unbiased; n > 0. */
uint32_t rnd_below(struct rnd *r, uint32_t n);

/* Fills `len` bytes. */
void rnd_bytes(struct rnd *r, void *out, size_t len);

/* Writes `digits` lower-case hexadecimal digits and a NUL into buf. Any thread: kernel randomness.
 */
void rnd_hex(char *buf, size_t digits);

#endif
