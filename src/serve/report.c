/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the resolvers as log lines and counters; see report.h. Lock: reports.lock alone; events
 * are rare. */
#include "serve/report.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "serve/serve_priv.h"

#define LINE_NS NS_PER_S               /* that a log line costs */
#define LINES_NS (20 * NS_PER_S)       /* that may be spent at once */
#define QUOTA_AGAIN_NS (60 * NS_PER_S) /* one line a minute about a VPC or rule */

/* True if a line may be written: targets that come and go do not fill the disk. */
static bool may_log(struct reports *r, uint64_t now)
{
    if (r->paid + LINES_NS < now)
        r->paid = now - LINES_NS;
    if (r->paid + LINE_NS > now) {
        r->unsaid++;
        return false;
    }
    r->paid += LINE_NS;
    return true;
}

/* The row of a target, or a free one, or NULL. */
static struct report_target *target_row(struct reports *r, const struct event *e)
{
    struct report_target *none = NULL;
    for (unsigned i = 0; i < REPORT_ROWS; i++) {
        struct report_target *row = &r->targets[i];
        if (row->workers && row->endpoint == e->endpoint && row->target.port == e->target.port &&
            memcmp(&row->target.addr, &e->target.addr, sizeof(row->target.addr)) == 0)
            return row;
        if (!row->workers && !none)
            none = row;
    }
    return none;
}

static void log_target(struct reports *r, const struct event *e, uint64_t since, uint64_t now)
{
    static const char *const states[] = {
        [TARGET_UP] = "answering",
        [TARGET_SILENT] = "silent",
        [TARGET_WRONG] = "answers-other-questions",
        [TARGET_USELESS] = "useless-answers",
    };
    char name[ADDR_TEXT_MAX], after[48] = "";
    if (!may_log(r, now))
        return;
    if (e->state == TARGET_UP && since)
        snprintf(after, sizeof(after), " after=%.1fs", (double)(now - since) / NS_PER_S);
    log_write(e->state == TARGET_UP ? LOG_INFO : LOG_WARN, "target",
              "state=%s was=%s target=%s rule=%s%s unsaid=%u", states[e->state], states[e->before],
              sockname_format(&e->target, name, sizeof(name)), e->object, after, r->unsaid);
    r->unsaid = 0;
}

/* News is the first worker that finds a target failing, in another way than before, and the last
 * one that finds it well. */
static void on_target(struct reports *r, struct worker *w, const struct event *e)
{
    static const enum metric metrics[] = {
        [TARGET_UP] = METRIC_TARGET_UP,
        [TARGET_SILENT] = METRIC_TARGET_SILENT,
        [TARGET_WRONG] = METRIC_TARGET_WRONG,
        [TARGET_USELESS] = METRIC_TARGET_USELESS,
    };
    struct report_target *row = target_row(r, e);
    uint64_t bit = 1ull << w->index, since = row && row->workers ? row->since : 0;
    bool news = true;
    if (row && e->state == TARGET_UP) {
        news = row->workers == bit;
        row->workers &= ~bit;
    } else if (row) {
        news = !row->workers || row->state != e->state;
        *row = (struct report_target){.workers = row->workers | bit,
                                      .since = since ? since : w->now,
                                      .endpoint = e->endpoint,
                                      .target = e->target,
                                      .state = e->state};
    }
    if (!news)
        return;
    metric_add(&w->metrics, metrics[e->state], 1);
    log_target(r, e, since, w->now);
}

/* True if nothing was said of the object for a while; it counts as said now. */
static bool quota_is_news(struct reports *r, const struct event *e, uint64_t now)
{
    for (unsigned i = 0; i < REPORT_ROWS; i++) {
        struct report_quota *row = &r->quotas[i];
        if (!row->said || strcmp(row->object, e->object) != 0)
            continue;
        bool news = now >= row->said + QUOTA_AGAIN_NS;
        if (news)
            row->said = now;
        return news;
    }
    struct report_quota *row = &r->quotas[r->next++ % REPORT_ROWS];
    row->said = now;
    snprintf(row->object, sizeof(row->object), "%s", e->object);
    return true;
}

static void on_quota(struct reports *r, struct worker *w, const struct event *e)
{
    static const char *const names[QUOTAS] = {
        [QUOTA_INFLIGHT] = "in-flight",
        [QUOTA_RATE] = "rate",
        [QUOTA_PARKED] = "parked",
        [QUOTA_LOAD] = "load",
    };
    metric_refused(e->object, names[e->quota], e->refused);
    if (!quota_is_news(r, e, w->now) || !may_log(r, w->now))
        return;
    log_warn("quota", "used up quota=%s %s=%s refused=%llu unsaid=%u", names[e->quota],
             e->vpc ? "vpc" : "rule", e->object, (unsigned long long)e->refused, r->unsaid);
    r->unsaid = 0;
}

void report_event(struct reports *r, struct worker *w, const struct event *e)
{
    pthread_mutex_lock(&r->lock);
    if (e->kind == EVENT_TARGET)
        on_target(r, w, e);
    else
        on_quota(r, w, e);
    pthread_mutex_unlock(&r->lock);
}

void report_events(struct worker *w)
{
    struct event e;
    while (resolver_event(w->resolver, w->now, &e))
        report_event(&w->serve->reports, w, &e);
}
