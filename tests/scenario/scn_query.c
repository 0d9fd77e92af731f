/* SPDX-License-Identifier: Apache-2.0 */
/* Asking: "query" with a name and a type, or "packet" with raw bytes. */
#include "scn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dns/build.h"

void scn_listener(struct scn *s, const struct line *l, const char *where, struct query_in *in)
{
    if (strcmp(where, "shared") == 0) {
        in->listener = LISTEN_SHARED;
    } else if (strncmp(where, "vpc:", 4) == 0) {
        const struct view *v = snapshot_view_by_id(in->snapshot, where + 4);
        if (!v)
            scn_fail(s, l, "no such VPC");
        in->listener = LISTEN_VPC;
        in->slot = view_slot(v);
    } else if (strncmp(where, "inbound:", 8) == 0) {
        size_t n, len = strlen(where + 8);
        uint64_t generation;
        const struct listener *list = snapshot_listeners(in->snapshot, &n, &generation);
        in->listener = LISTEN_INBOUND;
        in->slot = UINT32_MAX;
        for (size_t i = 0; i < n; i++)
            if (list[i].kind == LISTEN_INBOUND && strncmp(list[i].owner, "rni-", 4) == 0 &&
                strncmp(list[i].owner + 4, where + 8, len) == 0 && list[i].owner[4 + len] == '-')
                in->slot = list[i].slot;
        if (in->slot == UINT32_MAX)
            scn_fail(s, l, "no such inbound endpoint");
    } else {
        scn_fail(s, l, "queries come in at: shared, vpc:ID, inbound:ENDPOINT");
    }
}

static unsigned long option(struct scn *s, const struct line *l, const char *key,
                            unsigned long otherwise)
{
    const char *v = line_option(l, key);
    return v ? scn_number(s, l, v) : otherwise;
}

/* query LISTENER SOURCE NAME TYPE [tcp] [noedns] [size=N] [do] [cd] [rd=0] [opcode=N] [class=N]
 * [edns-version=N] [times=N]; packet LISTENER SOURCE HEX [tcp] */
static size_t make_packet(struct scn *s, const struct line *l, uint8_t *buf, size_t size)
{
    if (strcmp(l->word[0], "packet") == 0) {
        unsigned v;
        size_t len = 0;
        for (const char *h = l->word[3]; sscanf(h, "%2x", &v) == 1 && len < size; h += 2)
            buf[len++] = (uint8_t)v;
        return len;
    }
    uint8_t name[NAME_MAX_WIRE];
    scn_name(s, l, l->word[3], name);
    uint16_t flags = (uint16_t)(option(s, l, "opcode", 0) << 11);
    flags |= option(s, l, "rd", 1) ? FLAG_RD : 0;
    flags |= line_has(l, "cd") ? FLAG_CD : 0;
    unsigned long edns = line_has(l, "noedns") ? 0 : option(s, l, "size", 1232);
    int len =
        build_query(buf, size, 0x1234, flags, name, scn_type(s, l, l->word[4]),
                    (uint16_t)option(s, l, "class", CLASS_IN), (uint16_t)edns, line_has(l, "do"));
    if (len < 0)
        scn_fail(s, l, "the query does not fit");
    if (line_option(l, "edns-version"))
        buf[len - 5] = (uint8_t)option(s, l, "edns-version", 0);
    return (size_t)len;
}

static void took(struct ask *a, enum query_state state)
{
    a->state = state;
    a->done = state != QUERY_WAIT;
    if (state == QUERY_ANSWER)
        a->len = query_len(a->q);
}

static void begin(struct scn *s, const struct statement *st, struct ask *a, bool traced)
{
    const struct line *l = &st->head;
    uint8_t packet[LIMIT_UDP_PACKET];
    struct query_in in = {
        .snapshot = reader_snapshot(&s->reader),
        .source = {scn_addr(s, l, l->word[2]), 40000},
        .tcp = line_has(l, "tcp"),
        .packet = packet,
        .len = make_packet(s, l, packet, sizeof(packet)),
        .out = a->out,
        .out_size = line_has(l, "tcp") ? sizeof(a->out) : LIMIT_UDP_EDNS,
        .now = s->now,
        .trace = traced ? &s->trace : NULL,
    };
    scn_listener(s, l, l->word[1], &in);
    a->done = true;
    a->state = QUERY_DROP;
    a->q = query_new(s->resolver);
    if (!a->q)
        return;
    query_set_owner(a->q, a);
    took(a, query_begin(s->resolver, a->q, &in));
    memset(packet, 0xee, sizeof(packet)); /* it need not outlive the call */
    if (!a->done)
        must(reader_pin(&s->reader, in.snapshot));
}

/* An inner question is answered, or never will be. */
static void inner_done(struct scn *s, struct ask *a)
{
    if (a->state == QUERY_ANSWER)
        scn_reply(s, a->handle, s->now + NS_PER_MS, a->out, a->len);
    query_free(s->resolver, a->q);
    free(a);
}

void scn_inner(struct scn *s, const char *listener, const struct action *action)
{
    struct ask *a = calloc(1, sizeof(*a));
    uint8_t packet[ACTION_QUERY];
    struct query_in in = {
        .snapshot = reader_snapshot(&s->reader),
        .source = {action->source, 40000},
        .tcp = action->tcp,
        .packet = packet,
        .len = action_query(action, packet),
        .out = a->out,
        .out_size = action->tcp ? sizeof(a->out) : LIMIT_UDP_EDNS,
        .now = s->now,
    };
    scn_listener(s, NULL, listener, &in);
    a->inner = true;
    a->handle = action->handle;
    a->q = query_new(s->resolver);
    must(a->q);
    query_set_owner(a->q, a);
    took(a, query_begin(s->resolver, a->q, &in));
    if (a->done)
        inner_done(s, a);
    else
        must(reader_pin(&s->reader, in.snapshot));
}

/* Lets parked queries go on; true if all are done. */
static bool resume(struct scn *s)
{
    struct query *q;
    while ((q = resolver_ready(s->resolver))) {
        struct ask *a = query_owner(q);
        took(a, query_resume(s->resolver, q, a->out, sizeof(a->out), s->now));
        if (a->done)
            reader_unpin(&s->reader, query_snapshot(q));
        if (a->done && a->inner)
            inner_done(s, a);
        scn_deeds(s);
    }
    for (int i = 0; i < s->asks_n; i++)
        if (!s->asks[i].done)
            return false;
    return true;
}

static bool wants_trace(const struct statement *st)
{
    for (int i = 0; i < st->n; i++)
        if (strstr(st->detail[i].word[0], "trace"))
            return true;
    return false;
}

/* Asks all copies at one instant, and runs the network until each has its answer. */
static void ask_all(struct scn *s, const struct statement *st, int copies)
{
    s->asks_n = copies;
    for (int i = 0; i < copies; i++)
        begin(s, st, &s->asks[i], i == 0 && wants_trace(st));
    scn_deeds(s);
    while (!resume(s))
        if (!scn_advance(s, UINT64_MAX))
            scn_fail(s, &st->head, "the query waits for nothing");
    for (int i = 0; i < copies; i++) {
        scn_check(s, st, &s->asks[i]);
        if (s->asks[i].q)
            query_free(s->resolver, s->asks[i].q);
    }
}

bool scn_query(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    bool packet = strcmp(l->word[0], "packet") == 0;
    if (!packet && strcmp(l->word[0], "query") != 0)
        return false;
    if (l->n < (packet ? 4 : 5))
        scn_fail(s, l, "query LISTENER SOURCE NAME TYPE");
    scn_commit(s);
    arena_reset(&s->arena);
    trace_init(&s->trace, &s->arena);
    s->sent_n = 0;
    uint64_t before[METRICS_N];
    for (int i = 0; i < METRICS_N; i++)
        before[i] = s->metrics.c[i];
    int copies = (int)option(s, l, "copies", 1), times = (int)option(s, l, "times", 1);
    if (copies > SCN_COPIES)
        scn_fail(s, l, "too many copies");
    memset(s->shares, 0, sizeof(s->shares));
    s->asked_at = s->now;
    for (int i = 0; i < times; i++)
        ask_all(s, st, copies);
    scn_check_around(s, st, before);
    return true;
}
