/* SPDX-License-Identifier: Apache-2.0 */
/* What we answer at all: recursive queries of class IN with one well-formed question
 * (spec/resolver.md 0.2, and 7 no. 18 for what the service leaves open). */
#include "resolve/synthesize.h"

static enum step reject(struct query *q, uint8_t rcode, const char *text)
{
    q->rcode = rcode;
    if (rcode == RCODE_REFUSED) {
        q->ede = EDE_NOT_SUPPORTED;
        q->ede_text = text;
    }
    query_trace(q, "admit", "rejected", NULL, "%s", text);
    return STEP_ANSWER;
}

enum step step_admit(struct query *q)
{
    switch (q->verdict) {
    case MSG_OK:
        break;
    case MSG_FORMERR:
        return reject(q, RCODE_FORMERR, "the message is malformed");
    case MSG_BADVERS:
        return reject(q, RCODE_BADVERS, "EDNS version above 0");
    case MSG_NOTIMP:
        return reject(q, RCODE_NOTIMP, "only opcode QUERY is served");
    case MSG_DROP: /* never gets here: query_begin drops it */
        return STEP_DROPPED;
    }
    if (q->msg.qclass != CLASS_IN)
        return reject(q, RCODE_REFUSED, "only class IN is served");
    if (!(q->msg.flags & FLAG_RD))
        return reject(q, RCODE_REFUSED, "only recursive queries are served");
    if (type_is_meta(q->msg.qtype) && q->msg.qtype != TYPE_ANY)
        return reject(q, RCODE_REFUSED, "this type is not served");
    q->qtype = q->msg.qtype;
    synthesize_begin(q);
    return STEP_ROUTE;
}
