/* SPDX-License-Identifier: Apache-2.0 */
/* Writing DNS messages, with name compression (RFC 1035 4.1.4) and truncation.
 * Pure; writes only inside [buf, buf + limit). */
#ifndef DNS_BUILD_H
#define DNS_BUILD_H

#include "dns/message.h"

#define BUILD_NAMES 64 /* name suffixes remembered for compression; more are written in full */

struct build {
    uint8_t *buf;
    size_t limit;    /* most bytes of the message, space kept for OPT excluded */
    size_t len;      /* bytes written */
    size_t reserved; /* bytes kept free for the OPT record */
    uint16_t counts[4];
    bool truncated; /* a record set did not fit and TC was set */
    unsigned names;
    uint16_t name_at[BUILD_NAMES];   /* offsets of names and suffixes written, for compression */
    uint8_t name_bytes[BUILD_NAMES]; /* their uncompressed lengths */
};

/* Compression keeps every name as it was given, to the case of each letter, with one exception: an
 * owner that equals the question's name but for case becomes a pointer to the question. */

/* A record set to be written: same owner, type, class, TTL. rdata i is at rdata[i], its length
 * before it is rdlen[i]. */
struct rrset_view {
    const uint8_t *owner; /* name */
    uint16_t type;
    uint16_t class;
    uint32_t ttl; /* seconds */
    unsigned count;
    const uint8_t *rdata; /* count times: 16-bit host-order length (unaligned), then the bytes */
};

/* Starts a message: writes a header with `id` and `flags` (host order). limit must be at least 12.
 */
void build_begin(struct build *b, uint8_t *buf, size_t limit, uint16_t id, uint16_t flags);

/* Writes the question (name bytes as given: case is kept). ERR_RANGE if it does not fit. */
int build_question(struct build *b, const uint8_t *qname, uint16_t qtype, uint16_t qclass);

/* Keeps `bytes` free for an OPT record that build_opt will write. ERR_RANGE. */
int build_reserve(struct build *b, size_t bytes);

/* Writes a whole record set, beginning with record `first` and going round (rotation). If it does
 * not fit, the message is as before; in the answer and authority sections TC is set and ERR_RANGE
 * returned, in the additional section it is left out silently (0). Sections must come in order. */
int build_rrset(struct build *b, enum section section, const struct rrset_view *set,
                unsigned first);

/* Writes one record with rdata as given, uncompressed. As build_rrset when it does not fit. */
int build_rr(struct build *b, enum section section, const uint8_t *owner, uint16_t type,
             uint16_t class, uint32_t ttl, const uint8_t *rdata, uint16_t rdlen);

/* Bytes that belong to somebody else. */
struct build_bytes {
    const uint8_t *data;
    uint16_t len;
};

/* Parameters of an OPT record that we send. */
struct build_opt {
    uint16_t udp_size;
    uint8_t rcode_high;
    bool dnssec_ok;
    bool has_ede; /* add an extended error (RFC 8914) */
    uint16_t ede_code;
    const char *ede_text; /* UTF-8, may be NULL */
    uint16_t mark;        /* code of an option without contents; 0: none */
};

/* Bytes that build_opt needs for these parameters. */
size_t build_opt_size(const struct build_opt *opt);

/* Writes the OPT record, using the space kept by build_reserve. ERR_RANGE. */
int build_opt(struct build *b, const struct build_opt *opt);

/* Sets the response code's low four bits, or other header flags. */
void build_set_rcode(struct build *b, unsigned rcode);
void build_set_flags(struct build *b, uint16_t set);

/* Cuts the message back to header and question, and sets TC (RFC 2181 9). */
void build_truncate(struct build *b);

/* Writes the counts into the header; returns the length of the message. */
size_t build_end(struct build *b);

/* A whole query message for upstream: RD as given, one question, optional OPT with udp_size (0:
 * none). Returns the length, or ERR_RANGE. */
int build_query(uint8_t *buf, size_t size, uint16_t id, uint16_t flags, const uint8_t *qname,
                uint16_t qtype, uint16_t qclass, uint16_t udp_size, bool dnssec_ok);

/* Adds an option to the OPT record that ends a message of `len` bytes, as build_query made it; the
 * buffer has `size` bytes. Returns the new length, or ERR_RANGE. */
int build_option(uint8_t *msg, size_t size, size_t len, uint16_t code, struct build_bytes data);

#endif
