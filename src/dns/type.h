/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and names of the protocol: types, classes, codes (IANA "Domain Name System Parameters").
 */
#ifndef DNS_TYPE_H
#define DNS_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types that code names; dns/rrtypes.def has all of them with their mnemonics and rdata layouts. */
enum {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_HINFO = 13,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_NAPTR = 35,
    TYPE_DNAME = 39,
    TYPE_OPT = 41,
    TYPE_DS = 43,
    TYPE_SSHFP = 44,
    TYPE_RRSIG = 46,
    TYPE_NSEC = 47,
    TYPE_DNSKEY = 48,
    TYPE_NSEC3 = 50,
    TYPE_TLSA = 52,
    TYPE_SVCB = 64,
    TYPE_HTTPS = 65,
    TYPE_SPF = 99,
    TYPE_TKEY = 249,
    TYPE_TSIG = 250,
    TYPE_IXFR = 251,
    TYPE_AXFR = 252,
    TYPE_MAILB = 253,
    TYPE_MAILA = 254,
    TYPE_ANY = 255,
    TYPE_CAA = 257,
};

enum { CLASS_IN = 1, CLASS_CH = 3, CLASS_NONE = 254, CLASS_ANY = 255 };

enum { OPCODE_QUERY = 0, OPCODE_STATUS = 2, OPCODE_NOTIFY = 4, OPCODE_UPDATE = 5 };

/* Response codes; those above 15 need EDNS (RFC 6891 6.1.3). */
enum {
    RCODE_NOERROR = 0,
    RCODE_FORMERR = 1,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_NOTIMP = 4,
    RCODE_REFUSED = 5,
    RCODE_YXDOMAIN = 6,
    RCODE_BADVERS = 16,
};

/* Header flag bits, host order, of the 16-bit flags word. */
enum {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
};

#define EDNS_EDE 15 /* code of the EDNS option for extended errors (RFC 8914 2) */

/* Extended errors (RFC 8914 and registry) that we send. */
enum {
    EDE_OTHER = 0,
    EDE_STALE_ANSWER = 3,
    EDE_DNSSEC_BOGUS = 6,
    EDE_BLOCKED = 15,
    EDE_PROHIBITED = 18,
    EDE_STALE_NXDOMAIN = 19,
    EDE_NOT_SUPPORTED = 21,
    EDE_NO_REACHABLE_AUTHORITY = 22,
    EDE_NETWORK_ERROR = 23,
    EDE_INVALID_DATA = 24,
};

#define TYPE_TEXT_MAX 16

/* The mnemonic of a type ("A", "AAAA"), or "TYPE65280" (RFC 3597) written into buf (TYPE_TEXT_MAX).
 */
const char *type_name(uint16_t type, char *buf, size_t size);

/* Parses a mnemonic, any case, or TYPEnnn. ERR_INVALID. */
int type_parse(const char *text, uint16_t *ret);

/* The mnemonic of a response code ("NXDOMAIN"), or "RCODE23" in buf. */
const char *rcode_name(uint16_t rcode, char *buf, size_t size);

/* Parses "NOERROR", "NXDOMAIN" and so on, any case. ERR_INVALID. */
int rcode_parse(const char *text, uint16_t *ret);

/* The registry's text of an extended error code ("Prohibited"), or "" if unknown. */
const char *ede_name(uint16_t code);

/* The rdata layout of a type, in the letters of dns/rrtypes.def; "" if none is known. Static. O(1).
 */
const char *type_layout(uint16_t type);

/* True for types that exist only in questions (ANY, AXFR, IXFR, MAILA, MAILB) or are meta (OPT,
 * TSIG, TKEY). */
bool type_is_meta(uint16_t type);

#endif
