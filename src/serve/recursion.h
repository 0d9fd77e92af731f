/* SPDX-License-Identifier: Apache-2.0 */
/* Public recursion with libunbound. Private to src/serve; the worker's thread.
 *
 * Each worker has a context of its own that runs on the worker's loop through libunbound's
 * pluggable event interface: no threads and no locks between them. Our cache stands before it, so
 * its own are small; what it keeps are delegations, server times and keys. */
#ifndef SERVE_RECURSION_H
#define SERVE_RECURSION_H

#include "serve/worker.h"

struct recursion;

/* A context with the settings of the server. ERR_NOMEM; ERR_INVALID: a file or address of the
 * settings cannot be used, *ret_why says which (static text). */
int recursion_new(struct worker *w, struct recursion **ret, const char **ret_why);

/* Ends all questions without telling the resolver, and frees. Accepts NULL. */
void recursion_free(struct recursion *r);

/* Asks; the result goes to the resolver, perhaps before this returns. */
void recursion_ask(struct recursion *r, const struct action *a);

#endif
