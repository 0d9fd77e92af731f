/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that need nobody else: parts of step_local. Private to src/resolve. */
#ifndef RESOLVE_LOCAL_H
#define RESOLVE_LOCAL_H

#include "resolve/pipeline.h"

#define LOCAL_TTL 60 /* seconds, of names computed from addresses */

/* Answers from a zone: STEP_ANSWER or STEP_CHASE. */
enum step local_zone(struct query *q, const struct zone *z);

/* Answers an autodefined name (spec/resolver.md 1.4, 1.9): STEP_ANSWER or STEP_CHASE. */
enum step local_autodefined(struct query *q, const struct autodef *a);

#endif
