/* SPDX-License-Identifier: Apache-2.0 */
/* A question through the workers, and its trace as a value that the API can send. */
#include "cmd/explain_serve.h"

#include "base/error.h"
#include "base/limits.h"
#include "dns/rdata.h"
#include "serve/serve.h"

enum { RDATA_TEXT = 2048, REPLY_SIZE = 8192 };

static enum tri truth(bool value)
{
    return value ? TRI_TRUE : TRI_FALSE;
}

static int events(struct ctl *c, const struct trace *trace, struct b53_explain_response *out)
{
    size_t n = 0, i = 0;

    for (const struct trace_event *e = trace->first; e; e = e->next)
        n++;
    out->trace = arena_zalloc(c->arena, n + 1, sizeof *out->trace);
    if (!out->trace)
        return ERR_NOMEM;
    for (const struct trace_event *e = trace->first; e; e = e->next)
        out->trace[i++] = (struct b53_trace_event){.step = e->step,
                                                   .what = e->what,
                                                   .object = e->object,
                                                   .name = e->name,
                                                   .text = e->text,
                                                   .lost = truth(e->lost),
                                                   .depth = {true, e->depth}};
    out->trace_n = n;
    return 0;
}

static const char *section_name(enum section section)
{
    switch (section) {
    case SECTION_ANSWER:
        return "answer";
    case SECTION_AUTHORITY:
        return "authority";
    case SECTION_ADDITIONAL:
        break;
    }
    return "additional";
}

static int record(struct ctl *c, const struct message *m, const struct rr *rr,
                  struct b53_answer_record *ret)
{
    uint8_t *rdata = arena_alloc(c->arena, LIMIT_MESSAGE);
    char *text = arena_alloc(c->arena, RDATA_TEXT), *name = arena_alloc(c->arena, NAME_MAX_TEXT);
    char type[TYPE_TEXT_MAX];
    int len;

    if (!rdata || !text || !name)
        return ERR_NOMEM;
    len = rr_rdata(m, rr, rdata, LIMIT_MESSAGE);
    if (len < 0)
        return len;
    ret->section = section_name(rr->section);
    ret->name = name_format(rr->owner, name, NAME_MAX_TEXT);
    ret->type = arena_str(c->arena, type_name(rr->type, type, sizeof type));
    ret->ttl = (struct opt_int){true, rr->ttl};
    ret->value = rdata_format(rr->type, rdata, (size_t)len, text, RDATA_TEXT);
    return 0;
}

static int records(struct ctl *c, const uint8_t *wire, size_t len, struct b53_explain_response *out)
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    char code[TYPE_TEXT_MAX];
    int err = msg_parse_reply(wire, len, &m);

    if (err)
        return err;
    out->rcode =
        arena_str(c->arena, rcode_name((uint16_t)(m.edns.rcode_high << 4 | msg_rcode(m.flags)),
                                       code, sizeof code));
    out->records =
        arena_zalloc(c->arena, 1u + m.counts[1] + m.counts[2] + m.counts[3], sizeof *out->records);
    if (!out->records)
        return ERR_NOMEM;
    msg_records(&m, &it);
    while ((err = rr_next(&it, &rr)) > 0) {
        if (rr.type == TYPE_OPT)
            continue;
        err = record(c, &m, &rr, &out->records[out->records_n]);
        if (err)
            return err;
        out->records_n++;
    }
    return err;
}

int explain_ask(void *ctx, struct ctl *c, const struct b53_explain_request *in,
                struct b53_explain_response *out)
{
    struct serve_question q = {.vpc_id = in->vpc_id, .qtype = TYPE_A};
    uint8_t qname[NAME_MAX_WIRE];
    uint8_t *reply = arena_alloc(c->arena, REPLY_SIZE);
    struct trace trace;
    size_t len = 0;
    int err;

    if (!reply)
        return ERR_NOMEM;
    if (name_parse(in->name, qname) < 0 || (in->type && type_parse(in->type, &q.qtype)) ||
        (in->source && addr_parse(in->source, &q.source)))
        return ERR_INVALID;
    q.qname = qname;
    trace_init(&trace, c->arena);
    q.trace = &trace;
    q.reply = reply;
    q.reply_size = REPLY_SIZE;
    q.timeout_ms = LIMIT_QUERY_MS + 1000;
    err = serve_explain(ctx, &q, &len);
    if (err)
        return err;
    err = events(c, &trace, out);
    return err || len == 0 ? err : records(c, reply, len, out);
}
