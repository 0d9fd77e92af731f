/* SPDX-License-Identifier: Apache-2.0 */
/* Shares of what is scarce; see quota.h.
 *
 * The threshold that falls with what is left is the one that switches use for shared packet
 * buffers (Choudhury and Hahne, 1998): one greedy holder ends with a third, two with a quarter
 * each, and something is always left for the next one. */
#include "resolve/quota.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "resolve/query_priv.h"

#define SETS 4096
#define WAYS 4
#define KEY_VPC (1ull << 62) /* | slot */
#define KEY_PUBLIC                                                                 \
    (1ull << 63) /* | slot: what a VPC asks of public recursion. Others: rule->key \
                  */

struct quotas {
    struct metrics *metrics;
    unsigned vpc_rate, rule_rate;
    uint32_t recursing;
    TAILQ_HEAD(, holder) refusing; /* those with an event to come */
    struct holder entries[SETS][WAYS];
};

struct quotas *quotas_new(const struct resolver_config *config)
{
    struct quotas *t = calloc(1, sizeof(*t)); /* untouched pages cost nothing */
    if (!t)
        return NULL;
    t->metrics = config->metrics;
    t->vpc_rate = config->vpc_rate;
    t->rule_rate = config->rule_rate;
    TAILQ_INIT(&t->refusing);
    return t;
}

void quotas_free(struct quotas *t)
{
    free(t);
}

/* The entry of a key. NULL: all that could make room are in use; then nobody is charged, and the
 * limits of the worker alone hold. Keys are numbers of ours: no secret is needed. */
static struct holder *find(struct quotas *t, uint64_t key, const char *id, uint64_t now)
{
    struct holder *set = t->entries[key * 0x9e3779b97f4a7c15u >> 52], *old = NULL;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            set[i].used = now;
            return &set[i];
        }
        if (!set[i].inflight && !set[i].parked && !set[i].deferred && !set[i].told &&
            (!old || set[i].used < old->used))
            old = &set[i];
    }
    if (!old)
        return NULL;
    *old = (struct holder){.key = key, .used = now, .vpc = (key & (KEY_VPC | KEY_PUBLIC)) != 0};
    snprintf(old->id, sizeof(old->id), "%s", id);
    return old;
}

static bool may_have_more(uint32_t n, size_t left)
{
    return left && (n < QUOTA_FLOOR || n < left / 2);
}

/* True if one more keeps the rate (events a second; 0: any); `at` is the theoretical arrival time
 * of the generic cell rate algorithm. */
static bool in_rate(uint64_t at, unsigned rate, uint64_t now)
{
    return !rate || at <= now + QUOTA_BURST_MS * NS_PER_MS;
}

static void charge_rate(uint64_t *at, unsigned rate, uint64_t now)
{
    if (rate)
        *at = (*at < now ? now : *at) + NS_PER_S / rate;
}

/* Counts a refusal, so that an event comes of it. */
static void count(struct quotas *t, struct holder *o, enum quota which)
{
    static const enum metric metrics[QUOTAS] = {METRIC_QUOTA_INFLIGHT, METRIC_QUOTA_RATE,
                                                METRIC_QUOTA_PARKED, METRIC_QUOTA_LOAD};
    metric_add(t->metrics, metrics[which], 1);
    o->refused[which]++;
    if (!o->told)
        TAILQ_INSERT_TAIL(&t->refusing, o, link);
    o->told = true;
}

static bool refuse(struct quotas *t, struct query *q, struct holder *o, enum quota which)
{
    count(t, o, which);
    bool silent = !in_rate(o->answered, QUOTA_ANSWERED, q->now);
    if (!silent)
        charge_rate(&o->answered, QUOTA_ANSWERED, q->now);
    q->refusal = (struct refusal){o, which, silent};
    return false;
}

static struct holder *route_quota(struct quotas *t, const struct query *q)
{
    if (q->route == ROUTE_RECURSIVE)
        return find(t, KEY_PUBLIC | view_slot(q->view), view_vpc(q->view), q->now);
    return find(t, q->rule->key, q->rule->id, q->now);
}

bool quota_allows(struct quotas *t, struct query *q, size_t left, struct quota_need *ret)
{
    struct holder *vpc = q->holder, *route = route_quota(t, q);
    bool public = q->route == ROUTE_RECURSIVE;
    size_t route_left = left;
    if (public)
        route_left = t->recursing < QUOTA_RECURSING ? QUOTA_RECURSING - t->recursing : 0;
    *ret = (struct quota_need){vpc, route};
    if (vpc && !in_rate(vpc->asked, t->vpc_rate, q->now))
        return refuse(t, q, vpc, QUOTA_RATE);
    if (route && !public && !in_rate(route->asked, t->rule_rate, q->now))
        return refuse(t, q, route, QUOTA_RATE);
    if (vpc && left && !may_have_more(vpc->inflight, left))
        return refuse(t, q, vpc, QUOTA_INFLIGHT);
    if (route && left && !may_have_more(route->inflight, route_left))
        return refuse(t, q, route, QUOTA_INFLIGHT);
    if (vpc)
        charge_rate(&vpc->asked, t->vpc_rate, q->now);
    if (route)
        charge_rate(&route->asked, t->rule_rate, q->now);
    return true;
}

void quota_enter(struct quotas *t, struct flight *f, const struct quota_need *need)
{
    f->vpc = need->vpc;
    f->route = need->route;
    if (f->vpc)
        f->vpc->inflight++;
    if (f->route)
        f->route->inflight++;
    t->recursing += f->kind == FLIGHT_PUBLIC;
}

void quota_leave(struct quotas *t, struct flight *f)
{
    if (f->vpc)
        f->vpc->inflight--;
    if (f->route)
        f->route->inflight--;
    t->recursing -= f->kind == FLIGHT_PUBLIC;
}

bool quota_may_park(struct quotas *t, struct query *q, size_t left)
{
    q->holder = find(t, KEY_VPC | view_slot(q->view), view_vpc(q->view), q->now);
    q->refusal.of = NULL;
    if (q->holder && !may_have_more(q->holder->parked, left))
        return refuse(t, q, q->holder, QUOTA_PARKED);
    return true;
}

void quota_park(struct query *q)
{
    if (q->holder)
        q->holder->parked++;
}

void quota_unpark(struct query *q)
{
    if (q->holder)
        q->holder->parked--;
}

bool quota_may_defer(struct quotas *t, struct query *q, size_t left)
{
    q->holder = find(t, KEY_VPC | view_slot(q->view), view_vpc(q->view), q->now);
    if (q->holder ? may_have_more(q->holder->deferred, left) : left != 0)
        return true;
    if (q->holder)
        count(t, q->holder, QUOTA_LOAD);
    return false;
}

void quota_defer(struct query *q)
{
    if (q->holder)
        q->holder->deferred++;
}

void quota_undefer(struct query *q)
{
    if (q->holder)
        q->holder->deferred--;
}

bool quota_event(struct quotas *t, uint64_t now, struct event *ret)
{
    struct holder *o = TAILQ_FIRST(&t->refusing);
    if (!o || (o->told_at && now < o->told_at + QUOTA_EVENT_MS * NS_PER_MS))
        return false;
    unsigned which = 0;
    while (which < QUOTAS - 1 && !o->refused[which])
        which++;
    *ret = (struct event){.kind = EVENT_QUOTA,
                          .quota = (enum quota)which,
                          .vpc = o->vpc,
                          .refused = o->refused[which]};
    snprintf(ret->object, sizeof(ret->object), "%s", o->id);
    o->refused[which] = 0;
    for (which = 0; which < QUOTAS; which++)
        if (o->refused[which])
            return true;
    o->told = false;
    o->told_at = now;
    TAILQ_REMOVE(&t->refusing, o, link);
    return true;
}
