/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: listener and source address -> the VPC, and with it the view (spec/resolver.md 0.2).
 *
 * A source that belongs to no VPC learns nothing: REFUSED. A source that an inbound endpoint's
 * security groups do not allow gets no packet at all, as behind any firewall. */
#include "resolve/pipeline.h"

#include <netinet/in.h>

#define DNS_PORT 53 /* what security groups speak of, whichever port --port chose */

static enum step refuse(struct query *q, const char *text)
{
    q->rcode = RCODE_REFUSED;
    q->ede = EDE_PROHIBITED;
    q->ede_text = text;
    char buf[ADDR_TEXT_MAX];
    query_trace(q, "identify", "refused", NULL, "source %s: %s",
                addr_format(&q->source.addr, buf, sizeof(buf)), text);
    return STEP_ANSWER;
}

static enum step drop_silently(struct query *q, const char *object, const char *why)
{
    char buf[ADDR_TEXT_MAX];
    query_trace(q, "identify", "dropped", object, "source %s: %s",
                addr_format(&q->source.addr, buf, sizeof(buf)), why);
    return STEP_DROPPED;
}

/* The view is known: does its resolver answer at all? */
static enum step found(struct query *q, const char *how)
{
    if (!view_answers(q->view))
        return drop_silently(q, view_vpc(q->view), "enableDnsSupport is off in this VPC");
    if (q->trace) {
        char buf[ADDR_TEXT_MAX];
        const char *subnet = view_subnet(q->view, &q->source.addr, NULL);
        query_trace(q, "identify", how, view_vpc(q->view), "source %s%s%s",
                    addr_format(&q->source.addr, buf, sizeof(buf)), subnet ? ", subnet " : "",
                    subnet ? subnet : "");
    }
    if (!q->r->shed.on || !shed_query(&q->r->shed, view_slot(q->view)))
        return STEP_ADMIT;
    if (!q->r->shed.full && !q->r->deferred_n) /* nobody waits for it */
        return STEP_ADMIT;
    if (!defer_query(q))
        return drop_silently(q, view_vpc(q->view),
                             "this VPC asks most by far, and too many of its queries wait");
    query_trace(q, "identify", "deferred", view_vpc(q->view),
                "queries wait for each other, and this VPC asks most by far");
    return STEP_DEFERRED;
}

static enum step identify_vpc(struct query *q)
{
    if (!q->view)
        return refuse(q, "the VPC of this resolver address is gone");
    if (!view_admits(q->view, &q->source.addr))
        return refuse(q, "the source address is not in this VPC");
    return found(q, "vpc");
}

static enum step identify_inbound(struct query *q)
{
    const struct endpoint *e = snapshot_endpoint(q->snapshot, q->slot);
    if (!e)
        return drop_silently(q, NULL, "the endpoint of this address is gone");
    if (!allow_find(e->ingress, e->ingress_n, &q->source.addr, q->tcp ? IPPROTO_TCP : IPPROTO_UDP,
                    DNS_PORT)) {
        metric_add(q->r->metrics, METRIC_DROPPED_SG, 1);
        return drop_silently(q, e->id, "no security-group rule of the endpoint allows it");
    }
    return q->view ? found(q, "inbound") : refuse(q, "the VPC of this endpoint is gone");
}

enum step step_locate(struct query *q)
{
    const struct endpoint *e;
    switch (q->listener) {
    case LISTEN_SHARED:
        q->view = snapshot_identify(q->snapshot, &q->source.addr);
        break;
    case LISTEN_VPC:
        q->view = snapshot_view(q->snapshot, q->slot);
        break;
    case LISTEN_INBOUND:
        e = snapshot_endpoint(q->snapshot, q->slot);
        q->view = e ? snapshot_view(q->snapshot, e->vpc_slot) : NULL;
        break;
    case LISTEN_SOURCE:
        break;
    }
    return STEP_IDENTIFY;
}

enum step step_identify(struct query *q)
{
    switch (q->listener) {
    case LISTEN_SHARED:
        return q->view ? found(q, "shared") : refuse(q, "the source address belongs to no VPC");
    case LISTEN_VPC:
        return identify_vpc(q);
    case LISTEN_INBOUND:
        return identify_inbound(q);
    case LISTEN_SOURCE:
        break;
    }
    return drop_silently(q, NULL, "outbound endpoints do not answer");
}
