/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a query. Private to src/resolve; only pipeline.c calls them. */
#ifndef RESOLVE_PIPELINE_H
#define RESOLVE_PIPELINE_H

#include "resolve/query_priv.h"

/* Steps, in the order of design section 3; the last four end the run. */
enum step {
    STEP_LOCATE,
    STEP_IDENTIFY,
    STEP_ADMIT,
    STEP_ROUTE,
    STEP_SEEK,
    STEP_LOCAL, /* the steps before it need little memory that others do not need as well */
    STEP_CACHE,
    STEP_JOIN,
    STEP_ACCEPT,
    STEP_SYNTHESIZE,
    STEP_CHASE,
    STEP_ANSWER,
    STEP_SENT,
    STEP_DROPPED,
    STEP_PARKED,
    STEP_DEFERRED, /* parked before STEP_ADMIT */
};

/* Runs a query from q->step until it is answered, dropped or parked. */
enum query_state pipeline_run(struct query *q);

/* Runs queries side by side up to the first step that looks up their own name in a zone or the
 * cache, which is fetched ahead for all of them. */
void pipeline_prepare(struct query *const q[], unsigned n);

/* Listener and source -> view, untouched yet: for many VPCs it is far away in memory. */
enum step step_locate(struct query *q);

/* Does the view's resolver answer this source at all? */
enum step step_identify(struct query *q);

/* Opcode, class, type and flags that we serve. */
enum step step_admit(struct query *q);

/* Name -> zone, rule, autodefined names or public recursion (design section 5). */
enum step step_route(struct query *q);

/* Makes the cache's key, and begins to fetch what it leads to. */
enum step step_seek(struct query *q);

/* Answers from a private zone or autodefined names. */
enum step step_local(struct query *q);

/* Answers from the cache. */
enum step step_cache(struct query *q);

/* Waits for the answer to this or an equal question. */
enum step step_join(struct query *q);

/* Takes what a flight brought. */
enum step step_accept(struct query *q);

/* DNS64: looks at q->reply, the answer to AAAA or A (RFC 6147). */
enum step step_synthesize(struct query *q);

/* Goes on with the target of a chain, as if it had been asked, in the same view. */
enum step step_chase(struct query *q);

/* Writes the answer. */
enum step step_answer(struct query *q);

#endif
