/* SPDX-License-Identifier: Apache-2.0 */
/* Sends each deed of the resolver to the part that does it. */
#include "serve/upstream.h"

#include "base/error.h"
#include "serve/recursion.h"
#include "serve/serve_priv.h"
#include "serve/upstream_tcp.h"
#include "serve/upstream_udp.h"

int upstream_init(struct worker *w)
{
    struct serve *s = w->serve;
    w->upstream_udp = upstream_udp_new(w, s->sockets_max, s->pool_max);
    w->upstream_tcp = upstream_tcp_new(w);
    return w->upstream_udp && w->upstream_tcp ? 0 : ERR_NOMEM;
}

void upstream_deinit(struct worker *w)
{
    recursion_free(w->recursion);
    upstream_tcp_free(w->upstream_tcp);
    upstream_udp_free(w->upstream_udp);
    w->recursion = NULL;
    w->upstream_tcp = NULL;
    w->upstream_udp = NULL;
}

void upstream_do(struct worker *w, const struct action *a)
{
    switch (a->kind) {
    case ACTION_SEND:
        if (a->tcp)
            upstream_tcp_send(w->upstream_tcp, a);
        else
            upstream_udp_send(w->upstream_udp, a);
        break;
    case ACTION_RECURSE:
        if (w->recursion)
            recursion_ask(w->recursion, a);
        else
            flight_failed(w->resolver, a->handle, FLIGHT_SERVFAIL, w->now);
        break;
    }
}

void upstream_second(struct worker *w)
{
    upstream_udp_second(w->upstream_udp);
    upstream_tcp_second(w->upstream_tcp);
}

void upstream_places_changed(struct worker *w)
{
    upstream_udp_places_changed(w->upstream_udp);
    upstream_tcp_places_changed(w->upstream_tcp);
}
