/* SPDX-License-Identifier: Apache-2.0 */
/* The tries of a flight: whom to ask, from where, how long to wait.
 *
 * The better of two random targets is asked. When it is late for its own history another one is
 * asked as well, and both answers stay welcome: one lost packet costs the time of one wait, not of
 * a failure. Targets that are down get no traffic while another is up. Repeats come out of a budget
 * of the target, so that a fault of many questions does not become a storm. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "resolve/query_priv.h"

/* True if the endpoint has an address of this family. */
static bool has_source(const struct flight *f, uint8_t family)
{
    for (unsigned i = 0; i < f->sources_n; i++)
        if (f->sources[i].family == family)
            return true;
    return false;
}

/* One of the endpoint's addresses of this family, by chance (spec/resolver.md 2.5). */
static struct addr pick_source(struct resolver *r, const struct flight *f, uint8_t family)
{
    struct addr chosen = {0};
    unsigned n = 0;
    for (unsigned i = 0; i < f->sources_n; i++)
        if (f->sources[i].family == family && rnd_below(r->rnd, ++n) == 0)
            chosen = f->sources[i];
    return chosen;
}

static void add_peer(struct flight *f, const struct endpoint *e, const struct sockname *name)
{
    struct peer *p = &f->peers[f->peers_n++];
    *p = (struct peer){.name = *name};
    if (!has_source(f, name->addr.family)) {
        flight_trace(f, "skipped", p, "has another family than the endpoint's addresses");
        return;
    }
    p->udp = allow_find(e->egress, e->egress_n, &name->addr, IPPROTO_UDP, name->port);
    p->tcp = allow_find(e->egress, e->egress_n, &name->addr, IPPROTO_TCP, name->port);
    if (!p->udp && !p->tcp)
        flight_trace(f, "skipped", p, "is not allowed by the endpoint's security groups");
}

/* Copies as much of a text as fits. */
static void text_copy(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(out, text, len);
    out[len] = 0;
}

/* Extends the marker by our endpoint, once. */
static void hops_extend(struct flight *f, const struct query *q)
{
    f->hops = q->hops;
    if (f->hops.n < HOPS_MAX)
        f->hops.hop[f->hops.n++] =
            hops_hash(q->r->secret, q->rule->endpoint->id, f->key.name, f->key.qtype);
}

bool attempt_peers(struct flight *f, const struct query *q)
{
    const struct rule *rule = q->rule;
    const struct endpoint *e = rule->endpoint;
    text_copy(f->rule_id, sizeof(f->rule_id), rule->id);
    if (!e)
        return false;
    f->endpoint = e->slot;
    f->attach = e->attach;
    text_copy(f->attach_name, sizeof(f->attach_name), e->attach_name ? e->attach_name : "");
    for (unsigned i = 0; i < e->addresses_n && f->sources_n < FLIGHT_SOURCES; i++)
        f->sources[f->sources_n++] = e->addresses[i].addr;
    bool any = false, own = false;
    for (unsigned i = 0; i < rule->targets_n && i < LIMIT_TARGETS; i++) {
        add_peer(f, e, &rule->targets[i]);
        any |= f->peers[i].udp || f->peers[i].tcp;
        f->peers[i].own = snapshot_inbound(q->snapshot, &rule->targets[i].addr);
        own |= f->peers[i].own;
    }
    if (own)
        hops_extend(f, q);
    return any;
}

/* --- choosing
 * ----------------------------------------------------------------------------------------- */

/* What is known of a peer. The look-up is spared while the table still has it in its place. */
static struct target *peer_target(struct resolver *r, struct flight *f, unsigned peer, uint64_t now)
{
    struct peer *p = &f->peers[peer];
    if (p->target && target_is(p->target, f->endpoint, &p->name))
        p->target->used = now;
    else
        p->target = targets_get(r->targets, f->endpoint, &p->name, now);
    return p->target;
}

struct target *attempt_target(struct resolver *r, struct flight *f, const struct attempt *a,
                              uint64_t now)
{
    return peer_target(r, f, a->peer, now);
}

/* Fills `ret` with the peers that may be asked: allowed, not found useless, and of this state.
 * Those not yet asked come alone if there are any. Their number. */
static unsigned candidates(struct resolver *r, struct flight *f, bool down, uint64_t now,
                           uint8_t ret[LIMIT_TARGETS])
{
    for (int again = 0; again < 2; again++) {
        unsigned n = 0;
        for (unsigned i = 0; i < f->peers_n; i++) {
            const struct peer *p = &f->peers[i];
            if ((!p->udp && !p->tcp) || p->bad || (p->tried && !again))
                continue;
            const struct target *t = peer_target(r, f, i, now);
            if (t->down == down && (!target_dead(t, now) || t->waiting < FLIGHT_DEAD_WAITING))
                ret[n++] = (uint8_t)i;
        }
        if (n)
            return n;
    }
    return 0;
}

/* Says why a peer is passed over for `chosen`. */
static void trace_passed(const struct flight *f, unsigned peer, const struct target *t,
                         const struct target *chosen)
{
    char text[96];
    if (t->down)
        snprintf(text, sizeof(text), "is passed over: %s",
                 t->foreign ? "it answers other questions" : "it is silent");
    else if (t->bad > chosen->bad + TARGET_WORKING)
        snprintf(text, sizeof(text), "is passed over: its answers are useless");
    else
        snprintf(text, sizeof(text), "is passed over: %.1f ms, the chosen one %.1f ms",
                 (double)t->srtt_us / 1000, (double)chosen->srtt_us / 1000);
    flight_trace(f, "passed", &f->peers[peer], text);
}

static void trace_choice(struct resolver *r, struct flight *f, unsigned chosen, uint64_t now)
{
    for (unsigned i = 0; i < f->peers_n && f->traced; i++)
        if (i != chosen && (f->peers[i].udp || f->peers[i].tcp) && !f->peers[i].tried)
            trace_passed(f, i, peer_target(r, f, i, now), peer_target(r, f, chosen, now));
}

/* The better of two random candidates. */
static unsigned better_of_two(struct resolver *r, struct flight *f, const uint8_t *list, unsigned n,
                              uint64_t now)
{
    unsigned i = rnd_below(r->rnd, n), j = rnd_below(r->rnd, n - 1);
    j += j >= i;
    uint64_t a = target_score(peer_target(r, f, list[i], now), r->rnd, now);
    uint64_t b = target_score(peer_target(r, f, list[j], now), r->rnd, now);
    return a <= b ? list[i] : list[j];
}

/* Sends copies to targets that traffic has left alone for long. */
static void probe_others(struct resolver *r, struct flight *f, unsigned chosen, uint64_t now)
{
    for (unsigned i = 0; i < f->peers_n; i++) {
        if (i == chosen || (!f->peers[i].udp && !f->peers[i].tcp))
            continue;
        struct target *t = peer_target(r, f, i, now);
        if (!target_probe_due(t, r->rnd, now))
            continue;
        t->asked = now;
        t->probe_at = now + FLIGHT_PROBE_MS * NS_PER_MS; /* the outcome sets the next one */
        flight_probe(r, f, i, now);
    }
}

enum attempt_next attempt_next(struct resolver *r, struct flight *f, bool late, uint64_t now)
{
    uint8_t list[LIMIT_TARGETS];
    bool first = f->attempts_n == 0;
    unsigned n = candidates(r, f, false, now, list);
    if (!n)
        n = candidates(r, f, true, now, list);
    if (!n || f->attempts_n == LIMIT_TRIES)
        return ATTEMPT_NONE;
    unsigned chosen = n == 1 ? list[0] : better_of_two(r, f, list, n, now);
    if (late && !target_repeat(peer_target(r, f, chosen, now), now))
        return ATTEMPT_LATER;
    if (first)
        trace_choice(r, f, chosen, now);
    attempt_start(r, f, chosen, !f->peers[chosen].udp, now);
    if (first)
        probe_others(r, f, chosen, now);
    return ATTEMPT_SENT;
}

bool attempt_hopeless(struct resolver *r, struct flight *f, uint64_t now)
{
    bool dead = true;
    for (unsigned i = 0; i < f->peers_n && dead; i++)
        if (f->peers[i].udp || f->peers[i].tcp)
            dead = target_dead(peer_target(r, f, i, now), now);
    return dead;
}

/* --- sending and waiting
 * ------------------------------------------------------------------------------ */

/* How long to wait for a target while there is another one to ask: until it is late for its own
 * history. One that we know nothing of is measured by the others: in one network they answer
 * alike. 0: there is no other. */
static unsigned hedge_ms(struct resolver *r, struct flight *f, unsigned peer, uint64_t now)
{
    const struct target *t = peer_target(r, f, peer, now);
    unsigned ms = t->known ? target_wait_ms(t) : TARGET_FIRST_MS;
    bool other = false;
    for (unsigned i = 0; i < f->peers_n; i++) {
        const struct peer *p = &f->peers[i];
        const struct target *o = peer_target(r, f, i, now);
        if (i == peer || o->down || p->bad || (!p->udp && !p->tcp))
            continue;
        other |= !p->tried;
        if (!t->known && o->known && 2 * target_wait_ms(o) > ms)
            ms = 2 * target_wait_ms(o);
    }
    return other ? ms : 0;
}

/* Asking the same target twice helps only against a lost packet, so that comes later, and later
 * each time. */
static uint64_t wait_ns(struct resolver *r, struct flight *f, unsigned peer, bool tcp, uint64_t now)
{
    unsigned ms = hedge_ms(r, f, peer, now), tries = 0;
    if (!ms) {
        ms = target_wait_ms(peer_target(r, f, peer, now));
        if (ms < TARGET_RESEND_MIN_MS)
            ms = TARGET_RESEND_MIN_MS;
        for (unsigned i = 0; i < f->attempts_n; i++)
            tries += f->attempts[i].peer == peer;
        ms <<= tries > 1 ? tries - 1 : 0;
    }
    ms <<= tcp; /* a round trip for the connection */
    return (ms < TARGET_WAIT_MAX_MS ? ms : TARGET_WAIT_MAX_MS) * NS_PER_MS;
}

static void trace_send(const struct flight *f, const struct attempt *a)
{
    if (!f->traced)
        return;
    char from[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 32];
    snprintf(text, sizeof(text), "is asked from %s%s", addr_format(&a->source, from, sizeof(from)),
             a->tcp ? " over TCP" : "");
    flight_trace(f, "send", &f->peers[a->peer], text);
}

/* Sets the flight's timer to what comes first. */
static void arm(struct resolver *r, struct flight *f, uint64_t now)
{
    uint64_t at = f->ends;
    if (f->stale_at > now && f->stale_at < at)
        at = f->stale_at;
    if (f->retry && now + FLIGHT_RETRY_MS * NS_PER_MS < at)
        at = now + FLIGHT_RETRY_MS * NS_PER_MS;
    for (unsigned i = 0; i < f->attempts_n; i++)
        if (f->attempts[i].open && !f->attempts[i].late && f->attempts[i].until < at)
            at = f->attempts[i].until;
    timer_set(&r->timers, &f->timer, at);
}

/* Sets what an attempt at a target needs, beside public recursion. */
static void aim(struct resolver *r, struct flight *f, struct attempt *a, uint64_t now)
{
    struct peer *p = &f->peers[a->peer];
    struct target *t = peer_target(r, f, a->peer, now);
    p->tried = true;
    if (t->down && now >= t->probe_at) /* this try is the probe */
        t->probe_at = now + FLIGHT_PROBE_MS * NS_PER_MS;
    target_asked(t, f->attempts_n == 1, now);
    a->edns = !t->plain;
    a->source = pick_source(r, f, p->name.addr.family);
    if (f->kind == FLIGHT_RULE)
        a->until = now + wait_ns(r, f, a->peer, a->tcp, now);
    trace_send(f, a);
}

bool attempt_start(struct resolver *r, struct flight *f, unsigned peer, bool tcp, uint64_t now)
{
    if (f->attempts_n == LIMIT_TRIES)
        return false;
    unsigned n = f->attempts_n++;
    struct attempt *a = &f->attempts[n];
    *a = (struct attempt){
        .peer = (uint8_t)peer, .open = true, .tcp = tcp, .sent = now, .until = UINT64_MAX};
    if (f->kind != FLIGHT_PUBLIC)
        aim(r, f, a, now);
    else
        flight_trace(f, "recurse", NULL, "public recursion is asked");
    if (!f->unsent)
        TAILQ_INSERT_TAIL(&r->actions, f, action_link);
    f->unsent |= (uint8_t)(1u << n);
    arm(r, f, now);
    return true;
}

void attempt_lost(struct resolver *r, struct flight *f, struct attempt *a, uint64_t now)
{
    struct target *t = peer_target(r, f, a->peer, now);
    if (a->tcp && f->peers[a->peer].udp) /* it lives: it has just truncated its answer over UDP */
        target_judged(t, false, f->kind == FLIGHT_PROBE);
    else
        target_lost(t, now);
    flight_tell(r, f, t);
}

/* Counts the tries whose wait is over against their targets; true if there are any. */
static bool lose_late(struct resolver *r, struct flight *f, uint64_t now)
{
    bool any = false;
    for (unsigned i = 0; i < f->attempts_n; i++) {
        struct attempt *a = &f->attempts[i];
        if (!a->open || a->late || (a->until > now && now < f->ends))
            continue;
        any = a->late = true;
        if (f->kind == FLIGHT_PUBLIC)
            continue;
        metric_add(r->metrics, METRIC_UPSTREAM_TIMEOUT, 1);
        flight_trace(f, "timeout", &f->peers[a->peer], "is silent");
        attempt_lost(r, f, a, now);
    }
    return any;
}

void attempt_close_all(struct resolver *r, struct flight *f, uint64_t now)
{
    for (unsigned i = 0; i < f->attempts_n && f->kind != FLIGHT_PUBLIC; i++) {
        struct target *t = peer_target(r, f, f->attempts[i].peer, now);
        if (t->waiting) /* 0 when the table has forgotten it meanwhile */
            t->waiting--;
    }
}

void attempt_timeout(struct resolver *r, struct flight *f, uint64_t now)
{
    bool late = lose_late(r, f, now);
    if (now >= f->ends) {
        if (f->kind == FLIGHT_PROBE)
            flight_end(r, f, NULL, now);
        else
            flight_fail(r, f, EDE_NO_REACHABLE_AUTHORITY, now);
        return;
    }
    if (now >= f->stale_at)
        flight_stale(r, f, now);
    if (f->kind == FLIGHT_RULE && (late || f->retry))
        f->retry = attempt_next(r, f, true, now) == ATTEMPT_LATER;
    arm(r, f, now);
}
