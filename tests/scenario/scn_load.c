/* SPDX-License-Identifier: Apache-2.0 */
/* Load: streams of queries at a rate, whatever becomes of them, as clients in the world ask; and
 * what the measured stream saw. */
#include "scn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dns/build.h"

#define STREAMS 8
#define TALLY 16
#define PEAK_NS (100 * NS_PER_MS)
#define FULL_NS (100 * NS_PER_MS) /* that the sockets have been full, where they are */

/* "load" itself, or an "also" below it. */
struct stream {
    const struct line *l;
    uint64_t next, every; /* ns */
    unsigned long names;  /* 0: each name is new */
    bool measured;
    unsigned long asked, answered, dropped;
};

/* What counts as good: "answered PERCENT RCODE within MS". */
struct wanted {
    uint16_t rcode;
    uint64_t within;
    unsigned long n;
};

struct load_ask {
    struct query *q;
    struct stream *of;
    uint64_t begun;
};

struct load {
    struct scn *s;
    const struct statement *st;
    struct stream streams[STREAMS];
    int streams_n;
    struct wanted wanted[SCN_LINES];
    struct {
        struct sockname to;
        unsigned long n;
    } tally[TALLY];
    int tally_n;
    unsigned long sent, peak, in_peak, under_way;
    uint64_t turn_every, turn; /* ns: a deferred query is taken; 0: the sockets are never full */
    uint64_t peak_at;
    struct event events[SCN_EVENTS_TAKEN];
    int events_n;
    uint8_t out[LIMIT_MESSAGE];
};

static double real(struct scn *s, const struct line *l, int word)
{
    char *end;
    if (l->n <= word)
        scn_fail(s, l, "a number is missing");
    double v = strtod(l->word[word], &end);
    if (*end)
        scn_fail(s, l, "'%s' is no number", l->word[word]);
    return v;
}

/* --- while it runs
 * --------------------------------------------------------------------------------------------- */

static void take_sent(struct load *x)
{
    struct scn *s = x->s;
    if (s->now - x->peak_at >= PEAK_NS) {
        x->peak_at = s->now;
        x->in_peak = 0;
    }
    for (int i = 0; i < s->sent_n; i++) {
        int t = 0;
        while (t < x->tally_n &&
               memcmp(&x->tally[t].to.addr, &s->sent[i].target.addr, sizeof(struct addr)) != 0)
            t++;
        must(t < TALLY);
        x->tally[t].to = s->sent[i].target;
        x->tally[t].n++;
        x->tally_n += t == x->tally_n;
        x->sent++;
        if (++x->in_peak > x->peak)
            x->peak = x->in_peak;
    }
    s->sent_n = 0;
    while (x->events_n < SCN_EVENTS_TAKEN &&
           resolver_event(s->resolver, s->now, &x->events[x->events_n]))
        x->events_n++;
}

static void took(struct load *x, struct load_ask *a, enum query_state state)
{
    struct message m;
    if (state == QUERY_WAIT)
        return;
    if (state == QUERY_ANSWER && a->of->measured) {
        must(msg_parse_reply(x->out, query_len(a->q), &m) == 0);
        for (int i = 0; i < x->st->n; i++)
            x->wanted[i].n += msg_rcode(m.flags) == x->wanted[i].rcode &&
                              x->s->now - a->begun <= x->wanted[i].within;
    }
    a->of->answered += state == QUERY_ANSWER;
    a->of->dropped += state == QUERY_DROP;
    query_free(x->s->resolver, a->q);
    free(a);
    x->under_way--;
}

static void ask(struct load *x, struct stream *of)
{
    struct scn *s = x->s;
    struct load_ask *a = malloc(sizeof(*a));
    char text[NAME_MAX_TEXT];
    uint8_t packet[LIMIT_UDP_PLAIN], name[NAME_MAX_WIRE];
    unsigned long number = of->names ? of->asked % of->names : s->load_names++;
    snprintf(text, sizeof(text), "n%lu.%s", number, of->l->word[3]);
    scn_name(s, of->l, text, name);
    struct query_in in = {
        .snapshot = reader_snapshot(&s->reader),
        .source = {scn_addr(s, of->l, of->l->word[2]), 40000},
        .packet = packet,
        .len = (size_t)build_query(packet, sizeof(packet), 1, FLAG_RD, name,
                                   scn_type(s, of->l, of->l->word[4]), CLASS_IN, 1232, false),
        .out = x->out,
        .out_size = LIMIT_UDP_EDNS,
        .now = s->now,
    };
    scn_listener(s, of->l, of->l->word[1], &in);
    if (x->turn_every)
        resolver_batch(s->resolver, true, FULL_NS, s->now);
    of->asked++;
    of->next += of->every;
    *a = (struct load_ask){query_new(s->resolver), of, s->now};
    if (!a->q) {
        of->dropped++;
        free(a);
        return;
    }
    x->under_way++;
    query_set_owner(a->q, a);
    enum query_state state = query_begin(s->resolver, a->q, &in);
    if (state == QUERY_WAIT)
        must(reader_pin(&s->reader, in.snapshot));
    took(x, a, state);
}

static void resume(struct load *x, struct query *q)
{
    const struct snapshot *snapshot = query_snapshot(q);
    enum query_state state = query_resume(x->s->resolver, q, x->out, LIMIT_UDP_EDNS, x->s->now);
    took(x, query_owner(q), state);
    if (state != QUERY_WAIT)
        reader_unpin(&x->s->reader, snapshot);
    scn_deeds(x->s);
}

/* Does all that is to do at this moment. */
static void settle(struct load *x)
{
    struct query *q;
    scn_deeds(x->s);
    while ((q = resolver_ready(x->s->resolver)))
        resume(x, q);
    take_sent(x);
}

/* Takes the deferred queries whose turn has come by now. */
static void take_deferred(struct load *x)
{
    struct query *q;
    for (; x->turn <= x->s->now; x->turn += x->turn_every)
        if ((q = resolver_deferred(x->s->resolver)))
            resume(x, q);
}

static void run(struct load *x, uint64_t until)
{
    struct scn *s = x->s;
    for (;;) {
        struct stream *first = &x->streams[0];
        for (int i = 1; i < x->streams_n; i++)
            if (x->streams[i].next < first->next)
                first = &x->streams[i];
        uint64_t to = first->next < until ? first->next : until;
        while (scn_advance(s, to))
            settle(x);
        s->now = to;
        if (to == until)
            break;
        ask(x, first);
        if (x->turn_every)
            take_deferred(x);
        settle(x);
    }
    for (struct query *q; (q = resolver_deferred(s->resolver));)
        resume(x, q);
    while (x->under_way && scn_advance(s, UINT64_MAX))
        settle(x);
}

/* --- what came of it
 * ------------------------------------------------------------------------------------------- */

static int events_like(const struct load *x, const struct line *l)
{
    static const char *const states[] = {"up", "silent", "wrong", "useless"};
    static const char *const quotas[] = {"in-flight", "rate", "parked", "load"};
    bool target = strcmp(l->word[1], "target") == 0;
    int n = 0;
    for (int i = 0; i < x->events_n; i++) {
        const struct event *e = &x->events[i];
        char name[ADDR_TEXT_MAX];
        if (target != (e->kind == EVENT_TARGET))
            continue;
        const char *object = target ? addr_format(&e->target.addr, name, sizeof(name)) : e->object;
        const char *what = target ? states[e->state] : quotas[e->quota];
        n += strcmp(object, l->word[2]) == 0 && strcmp(what, l->word[3]) == 0;
    }
    return n;
}

static void check_range(const struct load *x, const struct line *l, double found, double low,
                        double high)
{
    const struct stream *m = &x->streams[0];
    if (found >= low && found <= high)
        return;
    for (int i = 0; i < x->tally_n; i++) {
        char name[ADDR_TEXT_MAX];
        fprintf(stderr, "    %lu to %s\n", x->tally[i].n,
                sockname_format(&x->tally[i].to, name, sizeof(name)));
    }
    fprintf(stderr, "    %lu asked, %lu answered, %lu dropped; %d events\n", m->asked, m->answered,
            m->dropped, x->events_n);
    scn_fail(x->s, l, "found %g", found);
}

static void check(const struct load *x, const struct line *l, const struct wanted *w)
{
    struct scn *s = x->s;
    double asked = (double)x->streams[0].asked, all = 0;
    for (int i = 0; i < x->streams_n; i++)
        all += (double)x->streams[i].asked;
    const char *word = l->word[0];
    if (strcmp(word, "answered") == 0) {
        check_range(x, l, 100.0 * (double)w->n / asked, real(s, l, 1), 100);
    } else if (strcmp(word, "dropped") == 0) {
        check_range(x, l, 100.0 * (double)x->streams[0].dropped / asked, real(s, l, 1),
                    real(s, l, 2));
    } else if (strcmp(word, "sent-per-query") == 0) {
        check_range(x, l, (double)x->sent / all, 0, real(s, l, 1));
    } else if (strcmp(word, "sent-peak") == 0) {
        check_range(x, l, (double)x->peak, 0, real(s, l, 1));
    } else if (strcmp(word, "event") == 0 && l->n >= 5) {
        check_range(x, l, events_like(x, l), real(s, l, 4),
                    l->n > 5 ? real(s, l, 5) : real(s, l, 4));
    } else if (strcmp(word, "sent-between") == 0 && l->n == 4) {
        struct sockname to = scn_sockname(s, l, l->word[3]);
        unsigned long n = 0;
        for (int i = 0; i < x->tally_n; i++)
            if (memcmp(&x->tally[i].to.addr, &to.addr, sizeof(to.addr)) == 0)
                n = x->tally[i].n;
        check_range(x, l, (double)n, real(s, l, 1), real(s, l, 2));
    } else if (strcmp(word, "also") != 0) {
        scn_fail(s, l, "a load does not know this detail");
    }
}

static void add_stream(struct load *x, const struct line *l, bool measured)
{
    const char *rate = line_option(l, "rate"), *names = line_option(l, "names");
    if (l->n < 6 || !rate || x->streams_n == STREAMS)
        scn_fail(x->s, l, "load|also LISTENER SOURCE SUFFIX TYPE rate=N");
    x->streams[x->streams_n++] = (struct stream){.l = l,
                                                 .next = x->s->now,
                                                 .every = NS_PER_S / scn_number(x->s, l, rate),
                                                 .names = names ? scn_number(x->s, l, names) : 0,
                                                 .measured = measured};
}

bool scn_load(struct scn *s, const struct statement *st)
{
    if (strcmp(st->head.word[0], "load") != 0)
        return false;
    const char *time = line_option(&st->head, "for");
    if (!time)
        scn_fail(s, &st->head, "for=TIME is missing");
    struct load *x = calloc(1, sizeof(*x));
    scn_commit(s);
    x->s = s;
    x->st = st;
    const char *crowded = line_option(&st->head, "crowded");
    x->turn = s->now;
    x->turn_every = crowded ? NS_PER_S / scn_number(s, &st->head, crowded) : 0;
    s->sent_n = 0;
    add_stream(x, &st->head, true);
    for (int i = 0; i < st->n; i++) {
        const struct line *l = &st->detail[i];
        if (strcmp(l->word[0], "also") == 0)
            add_stream(x, l, false);
        if (strcmp(l->word[0], "answered") != 0)
            continue;
        if (l->n != 5 || rcode_parse(l->word[2], &x->wanted[i].rcode) < 0)
            scn_fail(s, l, "answered PERCENT RCODE within MS");
        x->wanted[i].within = scn_number(s, l, l->word[4]) * NS_PER_MS;
    }
    run(x, s->now + scn_duration_ms(s, &st->head, time) * NS_PER_MS);
    for (int i = 0; i < st->n; i++)
        check(x, &st->detail[i], &x->wanted[i]);
    free(x);
    return true;
}
