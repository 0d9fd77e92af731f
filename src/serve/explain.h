/* SPDX-License-Identifier: Apache-2.0 */
/* serve_explain: a question that another thread asks through worker 0. Private to src/serve. */
#ifndef SERVE_EXPLAIN_H
#define SERVE_EXPLAIN_H

#include "serve/worker.h"

struct explain;

/* The answer of `len` bytes at tcp_room of a traced query that was parked, and is not any more; 0:
 * it got none. */
void explain_answer(struct explain *e, size_t len);

/* The worker ends: the question gets no answer. */
void explain_abort(struct explain *e);

#endif
