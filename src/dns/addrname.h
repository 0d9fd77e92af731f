/* SPDX-License-Identifier: Apache-2.0 */
/* Names that stand for addresses: in-addr.arpa, ip6.arpa (RFC 1035 3.5, RFC 3596 2.5), and
 * addresses embedded in addresses (RFC 6052). Pure. */
#ifndef DNS_ADDRNAME_H
#define DNS_ADDRNAME_H

#include "base/addr.h"
#include "dns/name.h"

/* Writes the reverse name of an address into out (NAME_MAX_WIRE); returns its length. */
size_t addrname_reverse(const struct addr *a, uint8_t *out);

/* The address that a full reverse name stands for. ERR_INVALID for any other name. */
int addrname_parse(const uint8_t *name, struct addr *ret);

/* Reverse zones that cover exactly `p`: cut at octet (IPv4) or nibble (IPv6) borders,
 * so 10.0.0.0/23 gives two. Calls emit(ctx, name) for each; a non-zero result ends it and is
 * returned. */
int addrname_zones(const struct prefix *p, int (*emit)(void *ctx, const uint8_t *name), void *ctx);

/* RFC 6052 2.2: embeds an IPv4 address in a prefix of 32, 40, 48, 56, 64 or 96 bits. ERR_INVALID.
 */
int addrname_embed(const struct prefix *p, const struct addr *v4, struct addr *ret);

/* RFC 6052 2.3: extracts it. ERR_INVALID if `a` is not in `p`, or bits 64 to 71 are not zero. */
int addrname_extract(const struct prefix *p, const struct addr *a, struct addr *ret);

#endif
