/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in network order at any alignment. Private to src/dns. */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Reads a 16-bit or 32-bit number. */
static inline uint16_t wire_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return be16toh(v);
}
static inline uint32_t wire_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return be32toh(v);
}

/* Writes a 16-bit or 32-bit number. */
static inline void wire_put16(uint8_t *p, uint16_t v)
{
    v = htobe16(v);
    memcpy(p, &v, sizeof(v));
}
static inline void wire_put32(uint8_t *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof(v));
}

#endif
