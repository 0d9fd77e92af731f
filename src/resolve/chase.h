/* SPDX-License-Identifier: Apache-2.0 */
/* Following chains. Private to src/resolve. */
#ifndef RESOLVE_CHASE_H
#define RESOLVE_CHASE_H

#include "resolve/pipeline.h"

/* Makes a clean reply the answer to the name asked now. STEP_ANSWER, or STEP_CHASE when it ends
 * with a CNAME whose target it does not have: only that is matched again (spec/resolver.md 1.7).
 * The reply's memory must live as long as the query; if its records lie in the answer buffer they
 * are moved. */
enum step chase_reply(struct query *q, const struct reply *reply);

#endif
