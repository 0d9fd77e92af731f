/* SPDX-License-Identifier: Apache-2.0 */
/* The tries of a flight: whom to ask, from where, how long to wait.
 *
 * The better of two random targets is asked. When it is late for its own history another one is
 * asked as well, and both answers stay welcome: one lost packet costs the time of one wait, not of
 * a failure. Targets that are down get no traffic while another is up. */
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

/* What is known of a peer. The pointer is good until the next lookup. */
static struct target *peer_target(struct resolver *r, const struct flight *f, unsigned peer,
                                  uint64_t now)
{
    return targets_get(r->targets, f->endpoint, &f->peers[peer].name, now);
}

/* Fills `ret` with the peers that may be asked: allowed, not found useless, and of this state.
 * Those not yet asked come alone if there are any. Their number. */
static unsigned candidates(struct resolver *r, const struct flight *f, bool down, uint64_t now,
                           uint8_t ret[LIMIT_TARGETS])
{
    for (int again = 0; again < 2; again++) {
        unsigned n = 0;
        for (unsigned i = 0; i < f->peers_n; i++) {
            const struct peer *p = &f->peers[i];
            if ((!p->udp && !p->tcp) || p->bad || (p->tried && !again))
                continue;
            const struct target *t = peer_target(r, f, i, now);
            if (t->down == down && (!down || t->waiting < FLIGHT_DOWN_WAITING))
                ret[n++] = (uint8_t)i;
        }
        if (n)
            return n;
    }
    return 0;
}

/* The better of two random candidates. */
static unsigned better_of_two(struct resolver *r, const struct flight *f, const uint8_t *list,
                              unsigned n, uint64_t now)
{
    unsigned i = rnd_below(r->rnd, n), j = rnd_below(r->rnd, n - 1);
    j += j >= i;
    uint64_t a = target_score(peer_target(r, f, list[i], now), r->rnd);
    uint64_t b = target_score(peer_target(r, f, list[j], now), r->rnd);
    return a <= b ? list[i] : list[j];
}

/* Sends copies to targets that traffic has left alone for long. */
static void probe_others(struct resolver *r, struct flight *f, unsigned chosen, uint64_t now)
{
    for (unsigned i = 0; i < f->peers_n; i++) {
        if (i == chosen || (!f->peers[i].udp && !f->peers[i].tcp))
            continue;
        struct target *t = peer_target(r, f, i, now);
        if (!target_probe_due(t, now))
            continue;
        t->asked = now;
        t->probe_at = now + FLIGHT_PROBE_MS * NS_PER_MS; /* the outcome sets the next one */
        flight_probe(r, f, i, now);
    }
}

bool attempt_next(struct resolver *r, struct flight *f, uint64_t now)
{
    uint8_t list[LIMIT_TARGETS];
    bool first = f->attempts_n == 0;
    unsigned n = candidates(r, f, false, now, list);
    if (!n)
        n = candidates(r, f, true, now, list);
    if (!n)
        return false;
    unsigned chosen = n == 1 ? list[0] : better_of_two(r, f, list, n, now);
    if (!attempt_start(r, f, chosen, !f->peers[chosen].udp, now))
        return false;
    if (first)
        probe_others(r, f, chosen, now);
    return true;
}

/* --- sending and waiting
 * ------------------------------------------------------------------------------ */

/* True if every target that may be asked was asked by this flight. */
static bool all_tried(const struct flight *f)
{
    for (unsigned i = 0; i < f->peers_n; i++)
        if ((f->peers[i].udp || f->peers[i].tcp) && !f->peers[i].tried)
            return false;
    return true;
}

/* How long to wait for a target. One that we know nothing of is measured by the others: in one
 * network they answer alike. Asking the same target twice helps only against a lost packet, so
 * that comes later. */
static uint64_t wait_ns(struct resolver *r, const struct flight *f, unsigned peer, uint64_t now)
{
    const struct target *t = peer_target(r, f, peer, now);
    unsigned ms = target_wait_ms(t);
    if (!t->known)
        for (unsigned i = 0; i < f->peers_n; i++) {
            t = peer_target(r, f, i, now);
            if (i != peer && t->known && !t->down && 2 * target_wait_ms(t) < ms)
                ms = 2 * target_wait_ms(t);
        }
    if (ms < TARGET_RESEND_MIN_MS && all_tried(f))
        ms = TARGET_RESEND_MIN_MS;
    return ms * NS_PER_MS;
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

bool attempt_start(struct resolver *r, struct flight *f, unsigned peer, bool tcp, uint64_t now)
{
    if (f->attempts_n == LIMIT_TRIES)
        return false;
    unsigned n = f->attempts_n++;
    struct attempt *a = &f->attempts[n];
    *a = (struct attempt){.peer = (uint8_t)peer, .open = true, .tcp = tcp, .sent = now};
    uint64_t until = f->ends;
    if (f->kind != FLIGHT_PUBLIC) {
        struct peer *p = &f->peers[peer];
        struct target *t = peer_target(r, f, peer, now);
        p->tried = true;
        t->asked = now;
        t->waiting++;
        a->edns = !t->plain;
        a->source = pick_source(r, f, p->name.addr.family);
        uint64_t wait =
            f->kind == FLIGHT_PROBE ? FLIGHT_PROBE_MS * NS_PER_MS : wait_ns(r, f, peer, now);
        if (now + wait < until)
            until = now + wait;
        trace_send(f, a);
    } else {
        flight_trace(f, "recurse", NULL, "public recursion is asked");
    }
    if (!f->unsent)
        TAILQ_INSERT_TAIL(&r->actions, f, action_link);
    f->unsent |= (uint8_t)(1u << n);
    timer_set(&r->timers, &f->timer, until);
    return true;
}

/* The open try that has waited for longest without being called late, or NULL. */
static struct attempt *attempt_pending(struct flight *f)
{
    for (unsigned i = 0; i < f->attempts_n; i++)
        if (f->attempts[i].open && !f->attempts[i].late)
            return &f->attempts[i];
    return NULL;
}

/* Counts a silent try against its target. */
static void attempt_lost(struct resolver *r, struct flight *f, struct attempt *a, uint64_t now)
{
    a->late = true;
    if (f->kind == FLIGHT_PUBLIC)
        return;
    metric_add(r->metrics, METRIC_UPSTREAM_TIMEOUT, 1);
    target_lost(peer_target(r, f, a->peer, now), now);
    flight_trace(f, "timeout", &f->peers[a->peer], "is silent");
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
    for (struct attempt *a; (a = attempt_pending(f));)
        attempt_lost(r, f, a, now);
    if (now >= f->ends) {
        if (f->kind == FLIGHT_PROBE)
            flight_end(r, f, NULL, now);
        else
            flight_fail(r, f, EDE_NO_REACHABLE_AUTHORITY, now);
        return;
    }
    if (f->kind != FLIGHT_RULE || !attempt_next(r, f, now))
        timer_set(&r->timers, &f->timer, f->ends);
}
