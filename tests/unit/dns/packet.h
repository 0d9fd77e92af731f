/* SPDX-License-Identifier: Apache-2.0 */
/* Packets written by hand for tests: each adder appends bytes and knows nothing of src/dns. */
#ifndef TEST_PACKET_H
#define TEST_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct packet {
    uint8_t b[65536];
    size_t len;
};

/* Appends raw bytes. */
static inline void put(struct packet *p, const void *data, size_t len)
{
    memcpy(p->b + p->len, data, len);
    p->len += len;
}

/* Appends a string literal without its NUL. */
#define PUT(p, literal) put(p, literal, sizeof(literal) - 1)

/* Appends a number of two or four bytes. */
static inline void put16(struct packet *p, unsigned v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    put(p, b, 2);
}

static inline void put32(struct packet *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p, v & 0xffff);
}

/* Starts again with a header of id 0x1234. */
static inline void header(struct packet *p, unsigned flags, const uint16_t counts[4])
{
    p->len = 0;
    put16(p, 0x1234);
    put16(p, flags);
    for (unsigned i = 0; i < 4; i++)
        put16(p, counts[i]);
}

/* Starts again with header and the question www.example.com A IN. */
static inline void query(struct packet *p, unsigned flags, unsigned an, unsigned ns, unsigned ar)
{
    header(p, flags, (uint16_t[4]){1, (uint16_t)an, (uint16_t)ns, (uint16_t)ar});
    PUT(p, "\3www\7eXample\3com\0\0\1\0\1");
}

/* Appends type, class IN, ttl and rdata length. */
static inline void fixed(struct packet *p, unsigned type, uint32_t ttl, unsigned rdlen)
{
    put16(p, type);
    put16(p, 1);
    put32(p, ttl);
    put16(p, rdlen);
}

/* Appends an OPT record up to its rdata. */
static inline void opt(struct packet *p, unsigned size, uint32_t ttl, unsigned rdlen)
{
    PUT(p, "\0\0\x29");
    put16(p, size);
    put32(p, ttl);
    put16(p, rdlen);
}

#endif
