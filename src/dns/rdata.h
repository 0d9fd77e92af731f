/* SPDX-License-Identifier: Apache-2.0 */
/* What the resolver must know of rdata: where names are, and how records read for people. Pure. */
#ifndef DNS_RDATA_H
#define DNS_RDATA_H

#include "dns/name.h"
#include "dns/type.h"

/* Offset of the one name in the rdata of NS, CNAME, DNAME, PTR (0), MX (2), SRV (6) that leads to
 * addresses or goes on with a chain, or -1 when the type has none. */
int rdata_target_offset(uint16_t type);

/* Checks uncompressed rdata against the type's layout (field lengths, names within bounds).
 * Types without a known layout always pass. ERR_INVALID. */
int rdata_check(uint16_t type, const uint8_t *rdata, size_t len);

/* The minimum field of an SOA rdata (RFC 2308 4); 0 if it is malformed. */
uint32_t rdata_soa_minimum(const uint8_t *rdata, size_t len);

/* Presentation form of rdata for A, AAAA, names, MX, SRV, TXT, SOA, CAA; RFC 3597 form (\# len hex)
 * for others. Writes at most size bytes, NUL included; returns buf. For traces and logs. */
const char *rdata_format(uint16_t type, const uint8_t *rdata, size_t len, char *buf, size_t size);

#endif
