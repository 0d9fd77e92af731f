/* SPDX-License-Identifier: Apache-2.0 */
/* Doing what the resolver wants: asking targets over UDP and TCP, and public recursion. Private to
 * src/serve; the worker's thread. */
#ifndef SERVE_UPSTREAM_H
#define SERVE_UPSTREAM_H

#include "serve/worker.h"

/* Makes the worker's parts for asking. ERR_NOMEM. */
int upstream_init(struct worker *w);

/* Ends all tries without telling the resolver and frees the parts. Accepts a half-built worker. */
void upstream_deinit(struct worker *w);

/* Does one deed; a failure is told to the resolver at once. */
void upstream_do(struct worker *w, const struct action *a);

/* Slow housekeeping, once a second. */
void upstream_second(struct worker *w);

/* Namespaces or devices came or went: sockets of those that lost their name are given up. */
void upstream_places_changed(struct worker *w);

#endif
