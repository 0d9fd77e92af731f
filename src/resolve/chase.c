/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of CNAME and DNAME: every target is matched again in the same view (design section 5,
 * line 8), so that a private name may lead to the data center, and that to public DNS. */
#include "resolve/chase.h"

#include <string.h>

static bool is_loop(const struct query *q)
{
    for (unsigned i = 0; i < q->parts_n; i++) {
        const struct rrset_view *v = &q->parts[i].view;
        if (v->count && v->type == TYPE_CNAME && name_equal(v->owner, q->name))
            return true;
    }
    return false;
}

enum step step_chase(struct query *q)
{
    if (++q->depth > LIMIT_CHAIN || is_loop(q)) {
        query_trace(q, "chase", "loop", NULL, "the chain loops, or has more than %d steps",
                    LIMIT_CHAIN);
        query_fail(q, EDE_OTHER, "the CNAME chain loops or is too long");
        return STEP_ANSWER;
    }
    query_ask(q, q->name);
    q->qtype = q->msg.qtype;
    if (q->trace)
        q->trace->depth = q->depth;
    query_trace(q, "chase", "target", NULL, "the target is matched in the same view");
    return STEP_ROUTE;
}

/* The target of the last CNAME of a reply. */
static const uint8_t *reply_tail(struct query *q, const struct reply *reply)
{
    uint8_t *tail = arena_alloc(&q->arena, NAME_MAX_WIRE);
    struct message m;
    struct rr_iter it;
    struct rr rr;
    bool found = false;
    if (!tail)
        return NULL;
    reply_message(reply, &m);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1)
        if (rr.section == SECTION_ANSWER && rr.type == TYPE_CNAME)
            found = rr_rdata(&m, &rr, tail, NAME_MAX_WIRE) > 0;
    return found ? tail : NULL;
}

enum step chase_reply(struct query *q, const struct reply *reply)
{
    struct reply mine = *reply;
    if (reply->dangling && reply->msg == q->out) {
        mine.msg = arena_alloc(&q->arena, reply->len);
        if (mine.msg)
            memcpy(mine.msg + reply->body, reply->msg + reply->body, reply->len - reply->body);
    }
    q->rcode = reply->rcode;
    if (!mine.msg) {
        query_fail(q, EDE_OTHER, "the chain needs too much memory");
        return STEP_ANSWER;
    }
    if (mine.msg != q->out)
        reply_head(&mine, q->key.name, q->msg.qtype, q->msg.qclass);
    if (!query_add_reply(q, &mine) || !reply->dangling)
        return STEP_ANSWER;
    const uint8_t *tail = reply_tail(q, &mine);
    if (!tail) {
        query_fail(q, EDE_OTHER, "the chain needs too much memory");
        return STEP_ANSWER;
    }
    q->name = tail;
    return STEP_CHASE;
}
