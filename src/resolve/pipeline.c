/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline: one table of named steps and one loop, so that what a query goes through can be
 * read in one place and printed. Nothing else calls a step. */
#include "resolve/pipeline.h"

#include "base/check.h"

static const struct {
    const char *name;
    enum step (*run)(struct query *q);
} steps[] = {
    [STEP_LOCATE] = {"locate", step_locate}, [STEP_IDENTIFY] = {"identify", step_identify},
    [STEP_ADMIT] = {"admit", step_admit},    [STEP_ROUTE] = {"route", step_route},
    [STEP_SEEK] = {"seek", step_seek},       [STEP_LOCAL] = {"local", step_local},
    [STEP_CACHE] = {"cache", step_cache},    [STEP_JOIN] = {"join", step_join},
    [STEP_ACCEPT] = {"accept", step_accept}, [STEP_SYNTHESIZE] = {"synthesize", step_synthesize},
    [STEP_CHASE] = {"chase", step_chase},    [STEP_ANSWER] = {"answer", step_answer},
};

enum query_state pipeline_run(struct query *q)
{
    enum step step = (enum step)q->step;
    for (unsigned n = 0; step < STEP_SENT; n++) {
        if (n == LIMIT_STEPS) {
            query_trace(q, steps[step].name, "limit", NULL, "more than %d steps", LIMIT_STEPS);
            query_fail(q, EDE_OTHER, "the query took too many steps");
            step = STEP_ANSWER;
        }
        step = steps[step].run(q);
    }
    q->step = step;
    return step == STEP_SENT ? QUERY_ANSWER : step == STEP_DROPPED ? QUERY_DROP : QUERY_WAIT;
}

static void run_until(struct query *q, enum step end)
{
    while (q->step < end)
        q->step = steps[q->step].run(q);
}

/* Fetches the ways of all keys in their tables, a step of each in turn. */
static void fetch_paths(struct query *const q[], const struct qp_node *at[], unsigned n)
{
    bool more = true;
    while (more) {
        more = false;
        for (unsigned i = 0; i < n; i++) {
            if (!at[i])
                continue;
            if (qp_ahead(&at[i], &q[i]->where))
                more = true;
            else
                at[i] = NULL;
        }
    }
}

/* Finds the views of all, and begins to fetch them. */
static void locate_together(struct query *const q[], unsigned n)
{
    const struct addr *source[QUERY_GROUP];
    const struct view *view[QUERY_GROUP];
    unsigned of[QUERY_GROUP], shared = 0;
    _Static_assert(QUERY_GROUP <= IDENTIFY_MOST, "a group is identified at once");
    for (unsigned i = 0; i < n; i++) {
        if (q[i]->step == STEP_LOCATE && q[i]->listener == LISTEN_SHARED) {
            source[shared] = &q[i]->source.addr;
            of[shared++] = i;
        } else {
            run_until(q[i], STEP_IDENTIFY);
        }
    }
    if (shared)
        snapshot_identify_all(q[of[0]]->snapshot, source, shared, view);
    for (unsigned i = 0; i < shared; i++) {
        q[of[i]]->view = view[i];
        q[of[i]]->step = STEP_IDENTIFY;
    }
    for (unsigned i = 0; i < n; i++)
        if (q[i]->view)
            view_ahead(q[i]->view);
}

static bool in_zone(const struct query *q)
{
    return q->step == STEP_LOCAL && q->route == ROUTE_ZONE;
}

void pipeline_prepare(struct query *const q[], unsigned n)
{
    const struct qp_node *at[QUERY_GROUP];
    locate_together(q, n);
    for (unsigned i = 0; i < n; i++) {
        run_until(q[i], STEP_ROUTE);
        at[i] = q[i]->step == STEP_ROUTE ? view_root(q[i]->view) : NULL;
    }
    fetch_paths(q, at, n);
    for (unsigned i = 0; i < n; i++) {
        run_until(q[i], STEP_LOCAL);
        if (in_zone(q[i]))
            zone_ahead(q[i]->zone);
    }
    for (unsigned i = 0; i < n; i++)
        at[i] = in_zone(q[i]) ? zone_root(q[i]->zone) : NULL;
    fetch_paths(q, at, n);
    for (unsigned i = 0; i < n; i++)
        if (q[i]->step == STEP_CACHE)
            q[i]->way = cache_fetch(q[i]->r->cache, q[i]->hash);
}
