/* SPDX-License-Identifier: Apache-2.0 */
/* Reading DNS messages (RFC 1035 4, RFC 6891). Nothing is copied; pointers lead into the packet.
 * Pure; any bytes are safe. */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include "dns/name.h"
#include "dns/type.h"

#define MSG_HEADER 12 /* bytes */

/* EDNS(0) of a message. */
struct edns {
    bool present;
    bool dnssec_ok; /* DO */
    uint8_t version;
    uint8_t rcode_high;     /* upper eight bits of the response code */
    uint16_t udp_size;      /* as sent; below 512 counts as 512 (RFC 6891 6.2.5) */
    const uint8_t *options; /* option list in the packet */
    uint16_t options_len;
};

/* A parsed message: header, first question, EDNS. */
struct message {
    const uint8_t *wire;
    size_t len;
    uint16_t id;
    uint16_t flags;       /* host order, with opcode and rcode bits */
    uint16_t counts[4];   /* question, answer, authority, additional */
    const uint8_t *qname; /* in the packet, case as sent; NULL if there is no question */
    uint16_t qname_len;
    uint16_t qtype;
    uint16_t qclass;
    size_t body; /* offset behind the question section */
    struct edns edns;
};

/* The operation code and the low response code of a flags word. */
static inline unsigned msg_opcode(uint16_t flags)
{
    return flags >> 11 & 15;
}
static inline unsigned msg_rcode(uint16_t flags)
{
    return flags & 15;
}

/* What to do with a received query. */
enum msg_verdict {
    MSG_OK,
    MSG_DROP,    /* too short, or a response: no answer at all */
    MSG_FORMERR, /* answer FORMERR; header (and question, if qname is set) are usable */
    MSG_BADVERS, /* EDNS version above 0 (RFC 6891 6.1.3) */
    MSG_NOTIMP,  /* opcode other than QUERY; no question is parsed */
};

/* Parses a query: QR must be clear, exactly one question, empty answer and authority sections, at
 * most one OPT, owned by the root, options well-formed, no bytes behind the end. */
enum msg_verdict msg_parse_query(const uint8_t *wire, size_t len, struct message *ret);

/* Parses a reply up to and including the question; QR must be set. EDNS is looked for in the
 * additional section. Every record's bounds are checked. A reply with TC that ends within a record
 * is taken up to its last whole record, with the counts corrected. *ret changes only on success.
 * ERR_INVALID. */
int msg_parse_reply(const uint8_t *wire, size_t len, struct message *ret);

/* Sections, in order. */
enum section { SECTION_ANSWER = 1, SECTION_AUTHORITY = 2, SECTION_ADDITIONAL = 3 };

/* One record of a message. */
struct rr {
    enum section section;
    uint8_t owner[NAME_MAX_WIRE]; /* decompressed, case as sent */
    uint16_t type;
    uint16_t class;
    uint32_t ttl; /* bit 31 set counts as 0 (RFC 2181 8) */
    size_t at;    /* offset of the record in the message */
    size_t rdata; /* offset of its rdata in the message */
    uint16_t rdlen;
};

/* Walks the records of all sections. Start with msg_records(); then rr_next until it returns 0. */
struct rr_iter {
    const struct message *msg;
    size_t at;
    unsigned section;
    unsigned left;
};

/* Begins a walk at the first record behind the question. */
void msg_records(const struct message *msg, struct rr_iter *ret);

/* 1 and *ret: a record; 0: the end; ERR_INVALID: malformed. */
int rr_next(struct rr_iter *it, struct rr *ret);

/* Copies the rdata of `rr` with all names in it decompressed (RFC 3597 4: only types of RFC 1035
 * and those known to be compressed) into out. Returns the length, ERR_INVALID or ERR_RANGE. */
int rr_rdata(const struct message *msg, const struct rr *rr, uint8_t *out, size_t size);

/* One EDNS option; *pos starts at 0. 1 and *ret_*: an option; 0: the end. */
int edns_next(const struct edns *e, size_t *pos, uint16_t *ret_code, const uint8_t **ret_data,
              uint16_t *ret_len);

#endif
