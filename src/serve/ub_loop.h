/* SPDX-License-Identifier: Apache-2.0 */
/* libunbound's events on our loop (unbound-event.h). Private to src/serve.
 *
 * It wants objects with tables of functions; each of its events becomes a watch and a timer. */
#ifndef SERVE_UB_LOOP_H
#define SERVE_UB_LOOP_H

#include <unbound.h>
#include <unbound-event.h>

#include "net/loop.h"

struct ub_loop {
    struct ub_event_base base; /* first: libunbound gives it back to us */
    struct loop *loop;
};

/* Makes `u` an event base on the loop. Lives as long as the context that uses it. */
void ub_loop_init(struct ub_loop *u, struct loop *loop);

#endif
