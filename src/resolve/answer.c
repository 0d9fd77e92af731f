/* SPDX-License-Identifier: Apache-2.0 */
/* The answer, encoded: the only place where a response is written. All was decided before.
 *
 * Sizes: 512 bytes over UDP without EDNS, else what the client offers up to LIMIT_UDP_EDNS; over
 * TCP what the buffer holds. What does not fit is left out by whole record sets with TC set (RFC
 * 2181 9). DO is ignored and AD never set (spec/resolver.md 0.2). */
#include "resolve/pipeline.h"

#include <string.h>

static size_t answer_limit(const struct query *q)
{
    size_t limit = LIMIT_MESSAGE;
    if (!q->tcp) {
        size_t offered = q->msg.edns.present ? q->msg.edns.udp_size : LIMIT_UDP_PLAIN;
        limit = offered < LIMIT_UDP_PLAIN  ? LIMIT_UDP_PLAIN
                : offered > LIMIT_UDP_EDNS ? LIMIT_UDP_EDNS
                                           : offered;
    }
    return limit < q->out_size ? limit : q->out_size;
}

/* Writes the records of a clean reply again, because other records come before it. */
static int encode_reply(struct build *b, const struct reply *reply, enum section section)
{
    uint8_t rdata[LIMIT_MESSAGE];
    struct message m;
    struct rr_iter it;
    struct rr rr;
    reply_message(reply, &m);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1) {
        if (rr.section != section)
            continue;
        int len = rr_rdata(&m, &rr, rdata, sizeof(rdata));
        if (len < 0 ||
            build_rr(b, section, rr.owner, rr.type, rr.class, rr.ttl, rdata, (uint16_t)len) < 0) {
            build_truncate(b); /* half a record set is worse than none */
            return -1;
        }
    }
    return 0;
}

/* Sections must come in order, and a reply in the middle of a chain has two of them. */
static void encode_section(struct build *b, const struct query *q, enum section section)
{
    for (unsigned i = 0; i < q->parts_n && !b->truncated; i++) {
        const struct part *p = &q->parts[i];
        if (!p->view.count)
            encode_reply(b, &p->reply, section);
        else if (p->section == section)
            build_rrset(b, section, &p->view, p->first);
    }
}

/* A single clean reply, the usual case of a cached answer: its bytes are the answer. */
static void encode_whole(struct build *b, const struct query *q)
{
    const struct reply *reply = &q->parts[0].reply;
    size_t len = reply->len - reply->body;
    if (b->len + len > b->limit) {
        build_truncate(b);
        return;
    }
    if (reply->msg != b->buf)
        memcpy(b->buf + b->len, reply->msg + reply->body, len);
    b->len += len;
    b->counts[SECTION_ANSWER] = reply->answers;
    b->counts[SECTION_AUTHORITY] = reply->authorities;
}

static void encode(struct query *q)
{
    const uint16_t keep = FLAG_RD | FLAG_CD | 0x7800; /* and the opcode */
    struct build_opt opt = {
        .udp_size = LIMIT_UDP_EDNS,
        .rcode_high = (uint8_t)(q->rcode >> 4),
        .has_ede = q->ede >= 0,
        .ede_code = (uint16_t)q->ede,
        .ede_text = q->ede_text,
        .mark = q->looped && q->hops.n ? HOPS_CODE : 0, /* for whoever marked the question */
    };
    struct build b;
    build_begin(&b, q->out, answer_limit(q), q->msg.id,
                (uint16_t)(FLAG_QR | FLAG_RA | (q->msg.flags & keep) | (q->rcode & 15)));
    if (q->msg.qname)
        build_question(&b, q->msg.qname, q->msg.qtype, q->msg.qclass);
    if (q->msg.edns.present && build_reserve(&b, build_opt_size(&opt)) < 0) {
        opt.ede_text = NULL; /* a long question and a small client: the code must do */
        build_reserve(&b, build_opt_size(&opt));
    }
    if (q->parts_n == 1 && !q->parts[0].view.count) {
        encode_whole(&b, q);
    } else if (q->parts_n) {
        encode_section(&b, q, SECTION_ANSWER);
        encode_section(&b, q, SECTION_AUTHORITY);
        encode_section(&b, q, SECTION_ADDITIONAL);
    }
    if (q->msg.edns.present)
        build_opt(&b, &opt);
    q->out_len = build_end(&b);
    if (b.truncated)
        metric_add(q->r->metrics, METRIC_ANSWERS_TRUNCATED, 1);
}

static void count(struct query *q)
{
    static const enum metric by_rcode[16] = {
        [RCODE_NOERROR] = METRIC_ANSWERS_NOERROR,   [RCODE_FORMERR] = METRIC_ANSWERS_FORMERR,
        [RCODE_SERVFAIL] = METRIC_ANSWERS_SERVFAIL, [RCODE_NXDOMAIN] = METRIC_ANSWERS_NXDOMAIN,
        [RCODE_REFUSED] = METRIC_ANSWERS_REFUSED,
    };
    metric_add(q->r->metrics, METRIC_ANSWERS, 1);
    if (q->rcode < 16 && (q->rcode == RCODE_NOERROR || by_rcode[q->rcode]))
        metric_add(q->r->metrics, by_rcode[q->rcode], 1);
}

enum step step_answer(struct query *q)
{
    encode(q);
    count(q);
    if (q->trace) {
        char buf[TYPE_TEXT_MAX];
        query_trace(q, "answer", rcode_name(q->rcode, buf, sizeof(buf)), NULL, "%zu bytes%s%s",
                    q->out_len, q->ede_text ? ", " : "", q->ede_text ? q->ede_text : "");
    }
    return STEP_SENT;
}
