/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to targets over UDP. Private to src/serve; the worker's thread.
 *
 * For each pair of source and target a pool of connected sockets, each with a random port of the
 * kernel's choice. A question takes one of them at random, and a random id: with a thousand
 * sockets (from all the addresses that a question to the target may come from) a forger has to hit
 * one of 2^26 combinations (RFC 5452 4.4), at a tenth of the cost of opening a socket for each
 * question. Connected sockets take packets of their target alone. A pool grows with its first
 * questions, one socket for each, and a socket is replaced now and then. */
#ifndef SERVE_UPSTREAM_UDP_H
#define SERVE_UPSTREAM_UDP_H

#include "serve/worker.h"

struct upstream_udp;

/* Sockets of all pools at most, and of those from all addresses of an endpoint to one target. NULL
 * on lack of memory. */
struct upstream_udp *upstream_udp_new(struct worker *w, unsigned sockets_max, unsigned pool_max);

/* Closes and frees all. Accepts NULL. */
void upstream_udp_free(struct upstream_udp *u);

/* Sends a question; failures go to the resolver. */
void upstream_udp_send(struct upstream_udp *u, const struct action *a);

/* Frees pools that nobody used for long. Once a second. */
void upstream_udp_second(struct upstream_udp *u);

/* Gives up the pools whose namespace lost its name. */
void upstream_udp_places_changed(struct upstream_udp *u);

#endif
