/* SPDX-License-Identifier: Apache-2.0 */
/* A clean reply: what is left of an upstream answer after distrust, as a whole DNS message of our
 * own making, so that it can be copied to a client, kept in the cache, or read again record by
 * record when it becomes a link of a longer chain. Private to src/resolve. */
#ifndef RESOLVE_REPLY_H
#define RESOLVE_REPLY_H

#include "dns/message.h"

/* msg holds header, question with the canonical name, and the records. Only `body` and later bytes
 * are promised: where a reply lies in the answer buffer already, the encoder writes the rest. */
struct reply {
    uint8_t *msg;
    size_t body;  /* offset of the first record */
    size_t len;   /* bytes of msg */
    uint32_t ttl; /* seconds it may be cached; 0: not at all */
    uint16_t answers, authorities;
    uint8_t rcode;
    bool dangling; /* ends with a CNAME whose target is not in it */
    uint16_t ede;  /* an extended error that goes with it; 0: none */
};

/* Bytes of header and question for a name of this length. */
static inline size_t reply_body(size_t name_len)
{
    return MSG_HEADER + name_len + 4;
}

/* Writes header and question before the records, so that reply_message can be walked. */
void reply_head(const struct reply *r, const uint8_t *qname, uint16_t qtype, uint16_t qclass);

/* The reply as a message for msg_records. Nothing is copied. */
void reply_message(const struct reply *r, struct message *ret);

/* Offset of the TTL of a record that rr_next returned. */
static inline size_t reply_ttl_at(const struct rr *rr)
{
    return rr->rdata - 6;
}

#endif
