/* SPDX-License-Identifier: Apache-2.0 */
/* Clean replies as messages; see reply.h. */
#include "resolve/reply.h"

#include <string.h>

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void reply_head(const struct reply *r, const uint8_t *qname, uint16_t qtype, uint16_t qclass)
{
    memset(r->msg, 0, MSG_HEADER);
    put16(r->msg + 2, (uint16_t)(FLAG_QR | r->rcode));
    put16(r->msg + 4, 1);
    put16(r->msg + 6, r->answers);
    put16(r->msg + 8, r->authorities);
    size_t len = name_copy(r->msg + MSG_HEADER, qname);
    put16(r->msg + MSG_HEADER + len, qtype);
    put16(r->msg + MSG_HEADER + len + 2, qclass);
}

void reply_message(const struct reply *r, struct message *ret)
{
    *ret = (struct message){
        .wire = r->msg,
        .len = r->len,
        .flags = (uint16_t)(FLAG_QR | r->rcode),
        .counts = {1, r->answers, r->authorities, 0},
        .qname = r->msg + MSG_HEADER,
        .qname_len = (uint16_t)(r->body - MSG_HEADER - 4),
        .body = r->body,
    };
}
