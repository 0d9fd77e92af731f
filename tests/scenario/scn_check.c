/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing answers with what was expected. */
#include "scn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dns/rdata.h"

#define TEXT 1400 /* of a record */
#define RECORDS 128

static const char *const sections[] = {"question", "answer", "authority", "additional"};

/* Records as text, sorted. */
struct records {
    char text[RECORDS][TEXT];
    int n;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add_text(struct records *r, const uint8_t *owner, uint32_t ttl, uint16_t type,
                     const uint8_t *rdata, uint16_t len)
{
    char name[NAME_MAX_TEXT], mnemonic[TYPE_TEXT_MAX], data[NAME_MAX_TEXT];
    must(r->n < RECORDS);
    snprintf(r->text[r->n++], TEXT, "%.300s %u %s %.1000s", name_format(owner, name, sizeof(name)),
             ttl, type_name(type, mnemonic, sizeof(mnemonic)),
             rdata_format(type, rdata, len, data, sizeof(data)));
}

static struct records *found_records(const struct message *m, enum section section)
{
    struct records *r = calloc(1, sizeof(*r));
    struct rr_iter it;
    struct rr rr;
    uint8_t rdata[LIMIT_MESSAGE];
    msg_records(m, &it);
    while (rr_next(&it, &rr) == 1) {
        if (rr.section != section || rr.type == TYPE_OPT)
            continue;
        int len = rr_rdata(m, &rr, rdata, sizeof(rdata));
        must(len >= 0);
        add_text(r, rr.owner, rr.ttl, rr.type, rdata, (uint16_t)len);
    }
    qsort(r->text, (size_t)r->n, TEXT, compare);
    return r;
}

/* "SECTION OWNER TTL TYPE RDATA", or "SECTION soa APEX [TTL]" for the SOA that zones get. */
static void add_expected(const struct scn *s, const struct line *l, struct records *r)
{
    uint8_t owner[NAME_MAX_WIRE], rdata[1024];
    struct line soa = {.number = l->number};
    if (l->n >= 3 && strcmp(l->word[1], "soa") == 0) {
        snprintf(soa.text, sizeof(soa.text), "%s", l->text);
        snprintf(soa.store, sizeof(soa.store), "%s", scn_soa);
        for (char *p = strtok(soa.store, " "); p; p = strtok(NULL, " "))
            soa.word[soa.n++] = p;
        scn_name(s, l, l->word[2], owner);
        uint32_t ttl = l->n > 3 ? (uint32_t)scn_number(s, l, l->word[3]) : 900;
        uint16_t len = scn_rdata(s, &soa, 0, TYPE_SOA, rdata);
        add_text(r, owner, ttl, TYPE_SOA, rdata, len);
        return;
    }
    if (l->n < 5)
        scn_fail(s, l, "a record is: OWNER TTL TYPE RDATA");
    scn_name(s, l, l->word[1], owner);
    uint16_t type = scn_type(s, l, l->word[3]);
    uint16_t len = scn_rdata(s, l, 4, type, rdata);
    add_text(r, owner, (uint32_t)scn_number(s, l, l->word[2]), type, rdata, len);
}

static void print_records(const char *title, const struct records *r)
{
    fprintf(stderr, "    %s\n", title);
    for (int i = 0; i < r->n; i++)
        fprintf(stderr, "        %s\n", r->text[i]);
    if (!r->n)
        fprintf(stderr, "        (none)\n");
}

static void check_section(const struct scn *s, const struct statement *st, const struct message *m,
                          enum section section)
{
    struct records *want = calloc(1, sizeof(*want)), *have = found_records(m, section);
    bool any = false;
    for (int i = 0; i < st->n; i++) {
        const struct line *l = &st->detail[i];
        if (strcmp(l->word[0], sections[section]) != 0)
            continue;
        if (l->n == 2 && strcmp(l->word[1], "any") == 0)
            any = true;
        else
            add_expected(s, l, want);
    }
    qsort(want->text, (size_t)want->n, TEXT, compare);
    bool same = any || want->n == have->n;
    for (int i = 0; !any && same && i < want->n; i++)
        same = strcmp(want->text[i], have->text[i]) == 0;
    if (!same) {
        print_records("expected", want);
        print_records("found", have);
        scn_fail(s, &st->head, "the %s section differs", sections[section]);
    }
    free(want);
    free(have);
}

static const struct line *detail_find(const struct statement *st, const char *word)
{
    for (int i = 0; i < st->n; i++)
        if (strcmp(st->detail[i].word[0], word) == 0)
            return &st->detail[i];
    return NULL;
}

/* --- header, question, EDNS
 * ---------------------------------------------------------------------------- */

static void check_header(const struct scn *s, const struct statement *st, const struct line *expect,
                         const struct message *m, const struct ask *a)
{
    uint16_t want, have = (uint16_t)(msg_rcode(m->flags) | m->edns.rcode_high << 4);
    char w[TYPE_TEXT_MAX], h[TYPE_TEXT_MAX];
    if (rcode_parse(expect->word[1], &want) < 0)
        scn_fail(s, expect, "expect RCODE|drop [tc]");
    if (want != have)
        scn_fail(s, expect, "expected %s, found %s", rcode_name(want, w, sizeof(w)),
                 rcode_name(have, h, sizeof(h)));
    const struct message *q = query_message(a->q);
    const uint16_t echo = FLAG_RD | FLAG_CD | 0x7800;
    uint16_t flags = (uint16_t)(FLAG_QR | FLAG_RA | (q->flags & echo));
    flags |= line_has(expect, "tc") ? FLAG_TC : 0;
    if ((m->flags & 0xfff0) != flags)
        scn_fail(s, expect, "expected flags %04x, found %04x", flags, m->flags & 0xfff0);
    if (m->id != q->id)
        scn_fail(s, expect, "expected id %u, found %u", q->id, m->id);
    if (q->qname && (m->counts[0] != 1 || m->qname_len != q->qname_len ||
                     memcmp(m->qname, q->qname, m->qname_len) != 0 || m->qtype != q->qtype ||
                     m->qclass != q->qclass))
        scn_fail(s, expect, "the question was not echoed as it was asked");
    size_t limit = line_has(&st->head, "tcp")                   ? LIMIT_MESSAGE
                   : !q->edns.present || q->edns.udp_size < 512 ? LIMIT_UDP_PLAIN
                   : q->edns.udp_size > LIMIT_UDP_EDNS          ? LIMIT_UDP_EDNS
                                                                : q->edns.udp_size;
    if (a->len > limit)
        scn_fail(s, expect, "%zu bytes are more than the client takes, %zu", a->len, limit);
    if (m->edns.present != q->edns.present)
        scn_fail(s, expect, m->edns.present ? "OPT without being asked" : "OPT is missing");
    if (m->edns.present && (m->edns.udp_size != LIMIT_UDP_EDNS || m->edns.version != 0))
        scn_fail(s, expect, "OPT: size %u, version %u", m->edns.udp_size, m->edns.version);
}

/* "ede CODE [text]": code and a part of its text; without the line there must be none. */
static void check_ede(const struct scn *s, const struct statement *st, const struct message *m)
{
    const struct line *l = detail_find(st, "ede");
    const uint8_t *data;
    uint16_t code, len;
    size_t pos = 0;
    long have = -1;
    char text[256] = "";
    while (m->edns.present && edns_next(&m->edns, &pos, &code, &data, &len) == 1)
        if (code == EDNS_EDE && len >= 2) {
            have = data[0] << 8 | data[1];
            snprintf(text, sizeof(text), "%.*s", len - 2, (const char *)data + 2);
        }
    long want = l ? (long)scn_number(s, l, l->word[1]) : -1;
    if (want != have)
        scn_fail(s, l ? l : &st->head, "expected extended error %ld, found %ld '%s'", want, have,
                 text);
    if (l && l->n > 2 && !strstr(text, l->word[2]))
        scn_fail(s, l, "found the text '%s'", text);
}

static void count_shares(struct scn *s, const struct statement *st, const struct message *m)
{
    struct records *have = found_records(m, SECTION_ANSWER);
    for (int i = 0; i < st->n; i++) {
        const struct line *l = &st->detail[i];
        if (strcmp(l->word[0], "answers") == 0 && (int)scn_number(s, l, l->word[1]) != have->n)
            scn_fail(s, l, "found %d records", have->n);
        if (strcmp(l->word[0], "between") != 0)
            continue;
        for (int k = 0; k < have->n; k++)
            if (strstr(have->text[k], l->word[3])) {
                s->shares[i]++;
                break;
            }
    }
    free(have);
}

static void check_first(const struct scn *s, const struct statement *st)
{
    static const char *const known[] = {
        "expect",  "answer", "authority", "additional",   "ede",       "sent",   "trace",
        "notrace", "metric", "between",   "sent-between", "sent-from", "within", "answers"};
    for (int i = 0; i < st->n; i++) {
        size_t k = 0, n = sizeof(known) / sizeof(known[0]);
        while (k < n && strcmp(st->detail[i].word[0], known[k]) != 0)
            k++;
        if (k == n)
            scn_fail(s, &st->detail[i], "unknown detail");
    }
}

void scn_check(struct scn *s, const struct statement *st, const struct ask *a)
{
    check_first(s, st);
    const struct line *expect = detail_find(st, "expect");
    if (!expect || expect->n < 2)
        scn_fail(s, &st->head, "expect what?");
    if (strcmp(expect->word[1], "either") == 0) /* what came is seen by the metrics */
        return;
    if (strcmp(expect->word[1], "drop") == 0) {
        if (a->state != QUERY_DROP)
            scn_fail(s, expect, "there was an answer");
        return;
    }
    if (a->state != QUERY_ANSWER)
        scn_fail(s, expect, "no answer came");
    struct message m;
    if (msg_parse_reply(a->out, a->len, &m) < 0)
        scn_fail(s, expect, "the answer is malformed");
    check_header(s, st, expect, &m, a);
    check_ede(s, st, &m);
    for (enum section section = SECTION_ANSWER; section <= SECTION_ADDITIONAL; section++)
        check_section(s, st, &m, section);
    count_shares(s, st, &m);
}

/* --- what happened around
 * ------------------------------------------------------------------------------ */

static bool sent_matches(const struct scn *s, const struct line *l, const struct sent *sent)
{
    const char *from = line_option(l, "from");
    char name[NAME_MAX_TEXT];
    uint8_t wire[NAME_MAX_WIRE];
    scn_name(s, l, l->word[2], wire);
    name_format(wire, name, sizeof(name));
    if (strcmp(name, sent->name) != 0 || scn_type(s, l, l->word[3]) != sent->qtype)
        return false;
    if (strcmp(l->word[1], "public") == 0 || sent->public)
        return sent->public && strcmp(l->word[1], "public") == 0;
    if (line_has(l, "tcp") != sent->tcp)
        return false;
    if (strcmp(l->word[1], "any") != 0) {
        struct sockname to = scn_sockname(s, l, l->word[1]);
        if (to.port != sent->target.port || memcmp(&to.addr, &sent->target.addr, sizeof(to.addr)))
            return false;
    }
    struct addr a;
    const char *hops = line_option(l, "hops");
    if (hops && scn_number(s, l, hops) != sent->hops)
        return false;
    if (!from)
        return true;
    a = scn_addr(s, l, from);
    return memcmp(&a, &sent->source, sizeof(a)) == 0;
}

static void print_sent(const struct scn *s)
{
    char to[ADDR_TEXT_MAX], from[ADDR_TEXT_MAX], type[TYPE_TEXT_MAX];
    for (int i = 0; i < s->sent_n && i < 20; i++) {
        const struct sent *x = &s->sent[i];
        fprintf(stderr, "    sent %s %s %s%s from=%s hops=%u\n",
                x->public ? "public" : sockname_format(&x->target, to, sizeof(to)), x->name,
                type_name(x->qtype, type, sizeof(type)), x->tcp ? " tcp" : "",
                x->public ? "-" : addr_format(&x->source, from, sizeof(from)), x->hops);
    }
}

/* "sent ..." lines name all that was sent, in order; "sent none": nothing; no line: not checked. */
static void check_sent(const struct scn *s, const struct statement *st)
{
    int n = 0;
    for (int i = 0; i < st->n; i++) {
        const struct line *l = &st->detail[i];
        if (strcmp(l->word[0], "sent") != 0)
            continue;
        bool none = l->n == 2 && strcmp(l->word[1], "none") == 0;
        if (none ? s->sent_n > 0 : l->n < 4 || n == s->sent_n || !sent_matches(s, l, &s->sent[n])) {
            print_sent(s);
            scn_fail(s, l, "this is not what was sent, at place %d", n + 1);
        }
        n += !none;
    }
    if (n && n != s->sent_n) {
        print_sent(s);
        scn_fail(s, &st->head, "%d questions were sent, expected %d", s->sent_n, n);
    }
}

static int sent_count(const struct scn *s, const struct line *l)
{
    struct sockname to = scn_sockname(s, l, l->word[3]);
    int n = 0;
    for (int i = 0; i < s->sent_n; i++)
        n += !s->sent[i].public && to.port == s->sent[i].target.port &&
             memcmp(&to.addr, &s->sent[i].target.addr, sizeof(to.addr)) == 0;
    return n;
}

static int sent_from(const struct scn *s, const struct line *l)
{
    struct addr from = scn_addr(s, l, l->word[3]);
    int n = 0;
    for (int i = 0; i < s->sent_n; i++)
        n += !s->sent[i].public && memcmp(&from, &s->sent[i].source, sizeof(from)) == 0;
    return n;
}

static void check_between(const struct scn *s, const struct line *l, int found)
{
    int low = (int)scn_number(s, l, l->word[1]), high = (int)scn_number(s, l, l->word[2]);
    if (found < low || found > high)
        scn_fail(s, l, "found %d", found);
}

static void print_trace(const struct scn *s)
{
    for (const struct trace_event *e = s->trace.first; e; e = e->next)
        fprintf(stderr, "    %*strace %s %s %s%s (%s) %s\n", (int)e->depth * 2, "", e->step,
                e->what, e->object ? e->object : "-", e->lost ? " lost" : "",
                e->name ? e->name : "", e->text);
}

/* "trace STEP WHAT [OBJECT|-] [lost]": such an event is there; "notrace": it is not. */
static void check_trace(const struct scn *s, const struct line *l)
{
    bool there = false;
    for (const struct trace_event *e = s->trace.first; e && !there; e = e->next)
        there = strcmp(e->step, l->word[1]) == 0 && strcmp(e->what, l->word[2]) == 0 &&
                (l->n < 4 || strcmp(l->word[3], "-") == 0 || strcmp(l->word[3], "lost") == 0 ||
                 (e->object && strcmp(e->object, l->word[3]) == 0)) &&
                e->lost == line_has(l, "lost");
    if (there == (l->word[0][0] == 't'))
        return;
    print_trace(s);
    scn_fail(s, l, there ? "the trace has this" : "the trace does not have this");
}

static void check_metric(const struct scn *s, const struct line *l, const uint64_t *before)
{
    static const char *const ids[] = {
#define METRIC(id, name, help) #id,
#include "base/metrics.def"
#undef METRIC
    };
    for (int i = 0; i < METRICS_N; i++)
        if (strcmp(ids[i], l->word[1]) == 0) {
            unsigned long found = s->metrics.c[i] - before[i];
            if (found != scn_number(s, l, l->word[2]))
                scn_fail(s, l, "found %lu", found);
            return;
        }
    scn_fail(s, l, "no such metric");
}

void scn_check_around(struct scn *s, const struct statement *st, const uint64_t *before)
{
    check_sent(s, st);
    for (int i = 0; i < st->n; i++) {
        const struct line *l = &st->detail[i];
        if (strcmp(l->word[0], "between") == 0 && l->n == 4)
            check_between(s, l, s->shares[i]);
        else if (strcmp(l->word[0], "sent-between") == 0 && l->n == 4)
            check_between(s, l, sent_count(s, l));
        else if (strcmp(l->word[0], "sent-from") == 0 && l->n == 4)
            check_between(s, l, sent_from(s, l));
        else if (strstr(l->word[0], "trace") && l->n >= 3)
            check_trace(s, l);
        else if (strcmp(l->word[0], "metric") == 0 && l->n == 3)
            check_metric(s, l, before);
        else if (strcmp(l->word[0], "within") == 0 && l->n == 2 &&
                 s->now - s->asked_at > scn_number(s, l, l->word[1]) * NS_PER_MS)
            scn_fail(s, l, "it took %.1f ms", (double)(s->now - s->asked_at) / NS_PER_MS);
    }
}
