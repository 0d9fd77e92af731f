/* SPDX-License-Identifier: Apache-2.0 */
/* Queries of noisy VPCs that wait behind those of the others: read off the socket, so that nobody
 * waits for them there, and answered when there is time. A VPC has a share of the places that
 * falls with what is left (quota.c); what it sends beyond is dropped. */
#include "resolve/pipeline.h"

#define DEFERRED_MAX 2048 /* of which one VPC alone gets a third: some ten milliseconds of work */

bool defer_query(struct query *q)
{
    struct resolver *r = q->r;
    if (!quota_may_defer(r->quotas, q, DEFERRED_MAX - r->deferred_n))
        return false;
    metric_add(r->metrics, METRIC_DEFERRED, 1);
    quota_defer(q);
    q->place = QUERY_DEFERRED;
    TAILQ_INSERT_TAIL(&r->deferred, q, link);
    r->deferred_n++;
    return true;
}

void defer_leave(struct query *q)
{
    TAILQ_REMOVE(&q->r->deferred, q, link);
    q->r->deferred_n--;
    quota_undefer(q);
    q->place = QUERY_NOWHERE;
}

struct query *resolver_deferred(struct resolver *r)
{
    struct query *q = TAILQ_FIRST(&r->deferred);
    if (q)
        defer_leave(q);
    return q;
}

bool resolver_has_deferred(const struct resolver *r)
{
    return r->deferred_n != 0;
}

void resolver_batch(struct resolver *r, bool full, uint64_t since, uint64_t now)
{
    shed_batch(&r->shed, full || r->deferred_n, since, now);
}
