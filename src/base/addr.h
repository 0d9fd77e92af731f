/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses, prefixes and socket addresses as plain values. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <netinet/in.h>

#define ADDR_TEXT_MAX 64 /* bytes, NUL included: address, prefix or address with port */

/* An address. family is AF_INET, AF_INET6, or 0 for "none". IPv4 uses the first four bytes of b;
 * unused bytes are zero, so two addresses are equal iff memcmp of the structs is 0. */
struct addr {
    uint8_t family; /* AF_INET (2), AF_INET6 (10) or 0 */
    uint8_t b[16];
};

/* An address and a prefix length in bits (0..32 or 0..128). */
struct prefix {
    struct addr addr;
    uint8_t bits;
};

/* An address and a port in host order. */
struct sockname {
    struct addr addr;
    uint16_t port;
};

/* Parses "10.0.0.1" or "fd00::1" (no zone index, no port). ERR_INVALID on anything else. */
int addr_parse(const char *text, struct addr *ret);

/* Writes the address into buf (ADDR_TEXT_MAX bytes suffice) and returns buf. */
const char *addr_format(const struct addr *a, char *buf, size_t size);

/* Parses "10.0.0.0/16". Host bits are kept; see prefix_mask. ERR_INVALID, ERR_RANGE. */
int prefix_parse(const char *text, struct prefix *ret);

/* Writes "addr/bits" and returns buf. */
const char *prefix_format(const struct prefix *p, char *buf, size_t size);

/* Clears the host bits. */
void prefix_mask(struct prefix *p);

/* True if `a` is of the same family and inside `p`. */
bool prefix_contains(const struct prefix *p, const struct addr *a);

/* True if the two prefixes share an address. */
bool prefix_overlaps(const struct prefix *p, const struct prefix *q);

/* The i-th of the prefixes of `bits` bits that `p` divides into, from 0. ERR_RANGE: there are not
 * so many. */
int prefix_subnet(const struct prefix *p, unsigned bits, uint32_t i, struct prefix *ret);

/* `a` plus `n`, carrying over bytes; wraps at the end of the address space. */
struct addr addr_add(const struct addr *a, uint64_t n);

/* Bits of an address of this family: 32 or 128; 0 for none. */
static inline unsigned addr_bits(const struct addr *a)
{
    return a->family == AF_INET ? 32 : a->family == AF_INET6 ? 128 : 0;
}

/* Converts to a socket address; returns its length, or 0 if the family is none. */
socklen_t sockname_to_sa(const struct sockname *s, struct sockaddr_storage *ret);

/* Converts from a socket address; IPv4-mapped IPv6 becomes IPv4. ERR_INVALID for other families. */
int sockname_from_sa(const struct sockaddr *sa, struct sockname *ret);

/* Parses "ADDR", "ADDR:PORT", "[V6]:PORT"; without a port `port_default` is used. */
int sockname_parse(const char *text, uint16_t port_default, struct sockname *ret);

/* Writes "10.0.0.1:53" or "[fd00::1]:53" and returns buf. */
const char *sockname_format(const struct sockname *s, char *buf, size_t size);

#endif
