/* SPDX-License-Identifier: Apache-2.0 */
/* DNS64: when to translate, and the translation. Section numbers are those of RFC 6147. */
#include "resolve/synthesize.h"

#include <stdio.h>
#include <string.h>

#include "dns/addrname.h"
#include "dns/rdata.h"
#include "resolve/chase.h"
#include "resolve/local.h"
#include "resolve/policy.h"

#define A_BYTES 4
#define AAAA_BYTES 16
#define ITEM(bytes) (2 + (bytes)) /* of a record in a view: length, then rdata */

/* --- for whom --- */

const struct dns64 *synthesize_setting(const struct query *q)
{
    const struct dns64 *d = NULL;
    if (q->listener == LISTEN_INBOUND) {
        const struct endpoint *e = snapshot_endpoint(q->snapshot, q->slot);
        return e && e->dns64 ? view_dns64(q->view) : NULL;
    }
    view_subnet(q->view, &q->source.addr, &d);
    return d;
}

void synthesize_begin(struct query *q)
{
    q->dns64 = NULL;
    q->aaaa_failed = NULL;
    if (q->msg.qtype != TYPE_AAAA && q->msg.qtype != TYPE_PTR)
        return;
    const struct dns64 *d = synthesize_setting(q);
    if (!d)
        return;
    /* Such a client validates by itself, and would have to reject what we make (5.5). */
    bool itself = q->msg.edns.present && q->msg.edns.dnssec_ok && (q->msg.flags & FLAG_CD);
    if (!itself)
        q->dns64 = d;
    if (q->trace) {
        char buf[ADDR_TEXT_MAX];
        query_trace(q, "synthesize", itself ? "off" : "on", NULL, "DNS64 with prefix %s%s",
                    prefix_format(&d->prefix, buf, sizeof(buf)),
                    itself ? ": not for a client that validates by itself (DO and CD)" : "");
    }
}

/* --- the translation --- */

static void trace_record(struct query *q, const struct addr *v6, const struct addr *v4)
{
    char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
    query_trace(q, "synthesize", "record", NULL, "AAAA %s from A %s",
                addr_format(v6, to, sizeof(to)), addr_format(v4, from, sizeof(from)));
}

/* The AAAA address of an A record, written to `out`. False: it is in the exclusion set itself, or
 * `a` is no address. */
static bool translate(struct query *q, const uint8_t *a, uint8_t out[AAAA_BYTES])
{
    struct addr v4 = {.family = AF_INET}, v6;
    memcpy(v4.b, a, A_BYTES);
    if (addrname_embed(&q->dns64->prefix, &v4, &v6) < 0)
        return false;
    memcpy(out, v6.b, AAAA_BYTES);
    if (q->trace)
        trace_record(q, &v6, &v4);
    return true;
}

/* The next record of a view: its rdata, NULL if it is not `bytes` long. */
static const uint8_t *item_next(const uint8_t **at, uint16_t bytes)
{
    const uint8_t *here = *at;
    uint16_t len;
    memcpy(&len, here, sizeof(len));
    *at += ITEM(len);
    return len == bytes ? here + sizeof(len) : NULL;
}

static void item_put(uint8_t *rdata, unsigned n, const uint8_t aaaa[AAAA_BYTES])
{
    const uint16_t len = AAAA_BYTES;
    memcpy(rdata + n * ITEM(AAAA_BYTES), &len, sizeof(len));
    memcpy(rdata + n * ITEM(AAAA_BYTES) + sizeof(len), aaaa, AAAA_BYTES);
}

bool synthesize_filter(struct query *q, struct rrset_view *aaaa, unsigned *first)
{
    const uint8_t *at = aaaa->rdata, *item;
    unsigned kept = 0;
    for (unsigned i = 0; i < aaaa->count; i++) {
        item = item_next(&at, AAAA_BYTES);
        kept += item && !dns64_excluded(q->dns64, item);
    }
    if (kept == aaaa->count || !kept)
        return kept > 0;
    uint8_t *rdata = arena_alloc(&q->arena, kept * ITEM(AAAA_BYTES));
    if (!rdata) /* as they are: the excluded ones are unwanted, not wrong */
        return true;
    unsigned n = 0;
    at = aaaa->rdata;
    for (unsigned i = 0; i < aaaa->count; i++) {
        item = item_next(&at, AAAA_BYTES);
        if (item && !dns64_excluded(q->dns64, item))
            item_put(rdata, n++, item);
    }
    query_trace(q, "synthesize", "excluded", NULL, "%u of %u AAAA records count as absent",
                aaaa->count - kept, aaaa->count);
    aaaa->rdata = rdata;
    aaaa->count = kept;
    *first %= kept;
    return true;
}

void synthesize_set(struct query *q, const struct rrset_view *a, uint32_t ttl_max,
                    const char *object)
{
    uint8_t *rdata = arena_alloc(&q->arena, a->count * ITEM(AAAA_BYTES));
    const uint8_t *at = a->rdata, *item;
    uint8_t aaaa[AAAA_BYTES];
    unsigned n = 0;
    if (!rdata) {
        query_fail(q, EDE_OTHER, "the answer needs too much memory");
        return;
    }
    for (unsigned i = 0; i < a->count; i++)
        if ((item = item_next(&at, A_BYTES)) && translate(q, item, aaaa))
            item_put(rdata, n++, aaaa);
    struct rrset_view view = {
        .owner = q->name,
        .type = TYPE_AAAA,
        .class = CLASS_IN,
        .ttl = a->ttl < ttl_max ? a->ttl : ttl_max,
        .count = n,
        .rdata = rdata,
    };
    if (!n)
        return;
    query_add(q, SECTION_ANSWER, &view, 0);
    metric_add(q->r->metrics, METRIC_SYNTHESIZED, 1);
    query_trace(q, "synthesize", "answer", object, "%u AAAA record%s made of A records", n,
                n == 1 ? "" : "s");
}

bool synthesize_zone(struct query *q, const struct zone *z, uint32_t ttl_max)
{
    struct zone_found f;
    struct rrset_view view;
    unsigned first;
    zone_find(z, q->key.name, TYPE_A, &f);
    if (f.result != ZONE_FOUND || !policy_view(q, z, f.set, &view, &first))
        return false;
    synthesize_set(q, &view, ttl_max, zone_id(z));
    return true;
}

/* --- replies --- */

/* What a reply to AAAA has. */
struct tally {
    unsigned usable, excluded;
    uint32_t absent; /* seconds that AAAA is known to be absent */
};

static struct tally tally(const struct query *q, const struct reply *reply)
{
    struct tally t = {0, 0, SYNTHESIZE_TTL};
    struct message m;
    struct rr_iter it;
    struct rr rr;
    reply_message(reply, &m);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1) {
        bool aaaa = rr.type == TYPE_AAAA && rr.rdlen == AAAA_BYTES;
        if (aaaa && dns64_excluded(q->dns64, m.wire + rr.rdata))
            t.excluded++;
        else if (aaaa)
            t.usable++;
        else if (rr.type == TYPE_SOA && rr.section == SECTION_AUTHORITY)
            t.absent = rr.ttl;
    }
    return t;
}

/* Copies one record to the answer that is made, translated or filtered. False: it does not fit. */
static bool put_record(struct query *q, struct build *b, const struct message *m,
                       const struct rr *rr, uint32_t *ttl)
{
    uint8_t rdata[LIMIT_MESSAGE], aaaa[AAAA_BYTES];
    int len = rr_rdata(m, rr, rdata, sizeof(rdata));
    uint16_t type = rr->type;
    uint32_t own = rr->ttl;
    const uint8_t *data = rdata;
    if (len < 0)
        return false;
    if (type == TYPE_AAAA && len == AAAA_BYTES && dns64_excluded(q->dns64, rdata))
        return true;
    if (type == TYPE_A && len == A_BYTES && translate(q, rdata, aaaa)) {
        type = TYPE_AAAA;
        len = AAAA_BYTES;
        data = aaaa;
        own = own < q->absent ? own : q->absent;
    }
    *ttl = *ttl < own ? *ttl : own;
    return build_rr(b, rr->section, rr->owner, type, CLASS_IN, own, data, (uint16_t)len) >= 0;
}

/* Makes the answer of a reply in r->scratch: A records translated, excluded AAAA records left out.
 */
static bool remake(struct query *q, const struct reply *from, struct reply *ret)
{
    struct build b;
    struct message m;
    struct rr_iter it;
    struct rr rr;
    *ret = (struct reply){.msg = q->r->scratch, .body = from->body, .rcode = from->rcode};
    ret->ttl = from->ttl;
    ret->dangling = from->dangling;
    build_begin(&b, ret->msg, LIMIT_MESSAGE, 0, 0);
    if (build_question(&b, q->key.name, TYPE_AAAA, CLASS_IN) < 0)
        return false;
    reply_message(from, &m);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1)
        if (!put_record(q, &b, &m, &rr, &ret->ttl))
            return false;
    ret->answers = b.counts[SECTION_ANSWER];
    ret->authorities = b.counts[SECTION_AUTHORITY];
    ret->len = build_end(&b);
    return true;
}

/* Keeps a finished answer for the next client with this setting: one look-up then finds it. Not
 * one that rests on a failure, or on old answers. */
static void keep(struct query *q, const struct reply *reply)
{
    if (!q->dns64->number || q->ede >= 0 || q->aaaa_failed || !reply->ttl)
        return;
    q->key.qtype = TYPE_AAAA;
    q->key.dns64 = q->dns64->number;
    struct cache_at at = {&q->key, cache_hash(q->r->cache, &q->key), q->now, 0};
    cache_put(q->r->cache, &at, reply);
    q->key.dns64 = 0;
}

void synthesize_trace(struct query *q, const struct reply *reply)
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    if (!q->trace)
        return;
    reply_head(reply, q->key.name, TYPE_AAAA, CLASS_IN);
    reply_message(reply, &m);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1) {
        struct addr v6 = {.family = AF_INET6}, v4;
        if (rr.type != TYPE_AAAA || rr.rdlen != AAAA_BYTES)
            continue;
        memcpy(v6.b, m.wire + rr.rdata, AAAA_BYTES);
        if (addrname_extract(&q->dns64->prefix, &v6, &v4) == 0)
            trace_record(q, &v6, &v4);
    }
}

/* The end: `reply` is the answer to the name. */
static enum step finish(struct query *q, const struct reply *reply)
{
    keep(q, reply);
    q->qtype = TYPE_AAAA;
    return chase_reply(q, reply);
}

/* The end with an answer of our own making. */
static enum step finish_remade(struct query *q, const struct reply *from)
{
    struct reply made;
    struct outcome *o = remake(q, from, &made) ? outcome_new(made.len) : NULL;
    if (!o) {
        query_fail(q, EDE_OTHER, "the answer needs too much memory");
        return STEP_ANSWER;
    }
    memcpy(o->reply.msg + made.body, made.msg + made.body, made.len - made.body);
    made.msg = o->reply.msg;
    o->reply = made;
    query_hold(q, o);
    reply_head(&o->reply, q->key.name, TYPE_AAAA, CLASS_IN);
    return finish(q, &o->reply);
}

/* A reply to A came: the end in any case (5.1.6). */
static enum step from_a(struct query *q, const struct reply *reply)
{
    bool addresses = reply->answers && reply->rcode == RCODE_NOERROR && !reply->authorities;
    if (addresses && !reply->dangling) {
        metric_add(q->r->metrics, METRIC_SYNTHESIZED, 1);
        query_trace(q, "synthesize", "answer", q->route == ROUTE_FORWARD ? q->rule->id : NULL,
                    "AAAA records made of A records");
        return finish_remade(q, reply);
    }
    if (q->aaaa_failed && !addresses) {
        query_trace(q, "synthesize", "failed", NULL, "no A record either; AAAA could not be asked");
        query_fail(q, q->aaaa_ede, q->aaaa_failed);
        return STEP_ANSWER;
    }
    struct reply end = *reply; /* a chain that goes on elsewhere, or a denial of both types */
    end.ttl = end.ttl < q->absent ? end.ttl : q->absent;
    if (!addresses)
        query_trace(q, "synthesize", "nothing", NULL, "there is no A record either");
    return finish(q, &end);
}

/* No AAAA record: asks for A. */
static enum step ask_a(struct query *q, uint32_t absent)
{
    q->absent = absent;
    q->qtype = TYPE_A;
    return STEP_SEEK;
}

enum step step_synthesize(struct query *q)
{
    const struct reply reply = q->reply;
    reply_head(&reply, q->key.name, q->qtype, CLASS_IN); /* the cache gives the records alone */
    if (q->qtype == TYPE_A)
        return from_a(q, &reply);
    if (reply.dangling) /* its target is looked at */
        return chase_reply(q, &reply);
    if (reply.rcode == RCODE_NXDOMAIN) { /* no name, no A record (5.1.2) */
        query_trace(q, "synthesize", "nothing", NULL, "the name does not exist");
        return finish(q, &reply);
    }
    struct tally t = tally(q, &reply);
    if (t.usable) {
        query_trace(q, "synthesize", "native", NULL, "%u AAAA records exist%s", t.usable,
                    t.excluded ? "; others are excluded" : "");
        return t.excluded ? finish_remade(q, &reply) : finish(q, &reply);
    }
    query_trace(q, "synthesize", t.excluded ? "excluded" : "absent", NULL,
                "%s AAAA record: A records are asked for", t.excluded ? "no usable" : "no");
    return ask_a(q, t.absent);
}

enum step synthesize_without(struct query *q, uint16_t ede, const char *text)
{
    q->aaaa_ede = ede;
    q->aaaa_failed = text;
    query_trace(q, "synthesize", "absent", NULL, "%s: A records are asked for all the same", text);
    return ask_a(q, SYNTHESIZE_TTL);
}

/* --- reverse names --- */

bool synthesize_ptr(struct query *q, unsigned labels)
{
    struct addr v6, v4;
    const struct prefix *p = &q->dns64->prefix;
    if (labels >= p->bits / 4u + 2 || addrname_parse(q->key.name, &v6) < 0 ||
        addrname_extract(p, &v6, &v4) < 0)
        return false;
    uint8_t *rdata = arena_alloc(&q->arena, 2 + NAME_MAX_WIRE);
    if (!rdata)
        return false;
    uint16_t len = (uint16_t)addrname_reverse(&v4, rdata + 2);
    memcpy(rdata, &len, sizeof(len));
    struct rrset_view view = {q->name, TYPE_CNAME, CLASS_IN, LOCAL_TTL, 1, rdata};
    if (!query_add(q, SECTION_ANSWER, &view, 0))
        return false;
    query_trace(q, "synthesize", "reverse", NULL,
                "an address of the DNS64 prefix: the name of its IPv4 address is asked next");
    q->name = rdata + 2;
    return true;
}
