/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to targets over TCP. Private to src/serve; the worker's thread.
 *
 * Connections are kept for a while and used for several questions at a time (RFC 7766 6.2). One
 * that the target closes between two questions says nothing about the second one: that is asked
 * once more over a new connection. */
#ifndef SERVE_UPSTREAM_TCP_H
#define SERVE_UPSTREAM_TCP_H

#include "serve/worker.h"

struct upstream_tcp;

/* NULL on lack of memory. */
struct upstream_tcp *upstream_tcp_new(struct worker *w);

/* Closes and frees all. Accepts NULL. */
void upstream_tcp_free(struct upstream_tcp *u);

/* Sends a question; failures go to the resolver. */
void upstream_tcp_send(struct upstream_tcp *u, const struct action *a);

/* Closes connections that are silent for too long. Once a second. */
void upstream_tcp_second(struct upstream_tcp *u);

/* Gives up the connections whose namespace lost its name. */
void upstream_tcp_places_changed(struct upstream_tcp *u);

#endif
