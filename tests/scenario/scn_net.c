/* SPDX-License-Identifier: Apache-2.0 */
/* The fake network: servers with scripted replies, and time. */
#include "scn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "dns/build.h"

#define DELAY_MS 1 /* of a server that has none of its own */

static void parse_act(const struct scn *s, const struct line *l, struct server *v)
{
    static const struct {
        const char *word;
        enum act act;
    } acts[] = {
        {"answer", ACT_ANSWER},
        {"silent", ACT_SILENT},
        {"truncated", ACT_TRUNCATED},
        {"truncated-always", ACT_TRUNCATED_ALWAYS},
        {"truncated-no-tcp", ACT_TRUNCATED_NO_TCP},
        {"wrong-question", ACT_WRONG},
        {"only-wrong-question", ACT_ONLY_WRONG},
        {"garbage", ACT_GARBAGE},
        {"no-edns", ACT_NO_EDNS},
        {"unreachable", ACT_UNREACHABLE},
        {"no-socket", ACT_NO_SOCKET},
        {"bogus", ACT_BOGUS},
    };
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
        if (strcmp(l->word[4], acts[i].word) == 0) {
            v->act = acts[i].act;
            return;
        }
    if (strncmp(l->word[4], "inbound:", 8) == 0) {
        v->act = ACT_INBOUND;
        snprintf(v->inbound, sizeof(v->inbound), "%s", l->word[4]);
        return;
    }
    v->act = ACT_RCODE;
    if (rcode_parse(l->word[4], &v->rcode) < 0)
        scn_fail(s, l, "a server does not know how to '%s'", l->word[4]);
}

static void parse_record(const struct scn *s, const struct line *l, struct record *r)
{
    static const char *const sections[] = {"", "answer", "authority", "additional"};
    for (r->section = 3; r->section; r->section--)
        if (strcmp(l->word[0], sections[r->section]) == 0)
            break;
    if (!r->section || l->n < 5)
        scn_fail(s, l, "a reply is made of: answer|authority|additional OWNER TTL TYPE RDATA");
    scn_name(s, l, l->word[1], r->owner);
    r->ttl = (uint32_t)scn_number(s, l, l->word[2]);
    r->type = scn_type(s, l, l->word[3]);
    r->len = scn_rdata(s, l, 4, r->type, r->rdata);
}

/* server ADDR[:PORT]|public NAME|* TYPE|* ACT|RCODE [delay=MS]; details are the records. What
 * stands later in the file goes before what stands earlier. */
bool scn_net(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    if (strcmp(l->word[0], "server") != 0)
        return false;
    if (l->n < 5 || s->servers_n == SCN_TARGETS)
        scn_fail(s, l, "server ADDR|public NAME|* TYPE|* ACT");
    struct server *v = &s->servers[s->servers_n++];
    v->public = strcmp(l->word[1], "public") == 0;
    if (!v->public)
        v->name = scn_sockname(s, l, l->word[1]);
    v->any_name = strcmp(l->word[2], "*") == 0;
    if (!v->any_name)
        scn_name(s, l, l->word[2], v->qname);
    if (strcmp(l->word[3], "*") != 0)
        v->qtype = scn_type(s, l, l->word[3]);
    parse_act(s, l, v);
    const char *delay = line_option(l, "delay");
    v->delay_ms = delay ? (unsigned)scn_number(s, l, delay) : DELAY_MS;
    v->n = st->n;
    v->records = calloc((size_t)st->n + 1, sizeof(struct record));
    for (int i = 0; i < st->n; i++)
        parse_record(s, &st->detail[i], &v->records[i]);
    return true;
}

/* --- replies
 * ------------------------------------------------------------------------------------------ */

static const struct server *find_server(const struct scn *s, const struct action *a)
{
    for (int i = s->servers_n - 1; i >= 0; i--) {
        const struct server *v = &s->servers[i];
        bool public = a->kind == ACTION_RECURSE;
        if (v->public == public &&
            (public || (v->name.port == a->target.port &&
                        memcmp(&v->name.addr, &a->target.addr, sizeof(struct addr)) == 0)) &&
            (v->any_name || name_equal(v->qname, a->qname)) && (!v->qtype || v->qtype == a->qtype))
            return v;
    }
    return NULL;
}

static void add_event(struct scn *s, struct arrival e)
{
    must(s->events_n < SCN_EVENTS);
    s->events[s->events_n++] = e;
}

void scn_reply(struct scn *s, uint64_t handle, uint64_t at, const uint8_t *wire, size_t len)
{
    struct arrival e = {at, handle, -1, malloc(len), len};
    memcpy(e.wire, wire, len);
    add_event(s, e);
}

/* Writes the scripted reply; `qname` may be another one than was asked. */
static size_t write_reply(const struct server *v, const struct action *a, const uint8_t *qname,
                          uint16_t flags, uint8_t *buf)
{
    struct build b;
    build_begin(&b, buf, LIMIT_MESSAGE, 0,
                (uint16_t)(FLAG_QR | FLAG_RD | FLAG_RA | v->rcode | flags));
    build_question(&b, qname, a->qtype, a->qclass);
    for (enum section section = SECTION_ANSWER; section <= SECTION_ADDITIONAL; section++)
        for (int i = 0; i < v->n && !(flags & FLAG_TC); i++) {
            const struct record *r = &v->records[i];
            if (r->section == section)
                build_rr(&b, section, r->owner, r->type, CLASS_IN, r->ttl, r->rdata, r->len);
        }
    return build_end(&b);
}

static void add_failure(struct scn *s, const struct action *a, uint64_t at, enum flight_failure why)
{
    add_event(s, (struct arrival){.at = at, .handle = a->handle, .failure = (int)why});
}

static void serve(struct scn *s, const struct server *v, const struct action *a)
{
    static uint8_t buf[LIMIT_MESSAGE];
    uint64_t at = s->now + v->delay_ms * NS_PER_MS;
    uint8_t other[NAME_MAX_WIRE];
    name_parse("other.name.test", other);
    struct server bare = {.rcode = RCODE_FORMERR};
    bool cut = v->act == ACT_TRUNCATED_ALWAYS ||
               ((v->act == ACT_TRUNCATED || v->act == ACT_TRUNCATED_NO_TCP) && !a->tcp);
    switch (v->act) {
    case ACT_SILENT:
        return;
    case ACT_UNREACHABLE:
        add_failure(s, a, at, FLIGHT_UNREACHABLE);
        return;
    case ACT_NO_SOCKET:
        add_failure(s, a, at, FLIGHT_NO_SOCKET);
        return;
    case ACT_BOGUS:
        add_failure(s, a, at, FLIGHT_BOGUS);
        return;
    case ACT_INBOUND:
        scn_inner(s, v->inbound, a);
        return;
    case ACT_NO_EDNS:
        if (!a->udp_size)
            break;
        scn_reply(s, a->handle, at, buf, write_reply(&bare, a, a->qname, 0, buf));
        return;
    case ACT_WRONG:
        scn_reply(s, a->handle, at, buf, write_reply(v, a, other, 0, buf));
        break;
    case ACT_ONLY_WRONG:
        scn_reply(s, a->handle, at, buf, write_reply(v, a, other, 0, buf));
        return;
    case ACT_GARBAGE:
        scn_reply(s, a->handle, at, (const uint8_t *)"\x12\x34\x80garbage", 10);
        break;
    case ACT_ANSWER:
    case ACT_RCODE:
    case ACT_TRUNCATED:
    case ACT_TRUNCATED_ALWAYS:
        break;
    case ACT_TRUNCATED_NO_TCP:
        if (a->tcp)
            return;
        break;
    }
    size_t len = write_reply(v, a, a->qname, cut ? FLAG_TC : 0, buf);
    scn_reply(s, a->handle, at, buf, len);
}

void scn_deeds(struct scn *s)
{
    struct action a;
    while (resolver_action(s->resolver, s->now, &a)) {
        must(s->sent_n < SCN_SENT);
        struct sent *sent = &s->sent[s->sent_n++];
        *sent = (struct sent){.public = a.kind == ACTION_RECURSE, .qtype = a.qtype};
        name_format(a.qname, sent->name, sizeof(sent->name));
        if (!sent->public) {
            sent->tcp = a.tcp;
            sent->target = a.target;
            sent->source = a.source;
            sent->hops = a.hops_len ? (a.hops_len - 9u) / 8 : 0;
        }
        const struct server *v = find_server(s, &a);
        if (v)
            serve(s, v, &a);
        else if (a.kind == ACTION_RECURSE)
            add_failure(s, &a, s->now, FLIGHT_SERVFAIL);
    }
}

/* --- time
 * --------------------------------------------------------------------------------------------- */

static void deliver(struct scn *s, int i)
{
    struct arrival e = s->events[i];
    memmove(&s->events[i], &s->events[i + 1], (size_t)(--s->events_n - i) * sizeof(struct arrival));
    if (e.failure >= 0)
        flight_failed(s->resolver, e.handle, (enum flight_failure)e.failure, s->now);
    else
        flight_reply(s->resolver, e.handle, e.wire, e.len, s->now);
    free(e.wire);
}

bool scn_advance(struct scn *s, uint64_t until)
{
    int first = -1;
    for (int i = 0; i < s->events_n; i++)
        if (first < 0 || s->events[i].at < s->events[first].at)
            first = i;
    uint64_t deadline = resolver_deadline(s->resolver);
    bool event = first >= 0 && s->events[first].at <= deadline;
    uint64_t at = event ? s->events[first].at : deadline;
    if (at == UINT64_MAX || at > until)
        return false;
    if (at > s->now)
        s->now = at;
    if (event)
        deliver(s, first);
    else
        resolver_tick(s->resolver, s->now);
    scn_deeds(s);
    return true;
}
