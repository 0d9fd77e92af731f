/* SPDX-License-Identifier: Apache-2.0 */
/* A trace: what each step of the pipeline decided for one query, and which candidates lost and why.
 * Filled by the resolver when query_in.trace is set; rendered by cmd/explain as a tree or as JSON.
 * One thread at a time. */
#ifndef RESOLVE_TRACE_H
#define RESOLVE_TRACE_H

#include "base/arena.h"

/* One line of a trace. Texts are in the trace's arena. */
struct trace_event {
    const char *step;   /* name of the pipeline step, "route" */
    const char *what;   /* machine-readable outcome, "forward", "candidate", "hit" */
    const char *object; /* id of the object it is about, or NULL */
    const char *name;   /* domain name in presentation form, or NULL */
    const char *text;   /* a sentence for people */
    bool lost;          /* a candidate that did not win; text says why */
    unsigned depth;     /* 0, and one more for each step of a CNAME or alias chain */
    struct trace_event *next;
};

struct trace {
    struct arena *arena; /* growing or bounded; when full, events are left out and `cut` is set */
    struct trace_event *first, *last;
    unsigned depth;
    bool cut;
};

/* Makes an empty trace over an arena. */
void trace_init(struct trace *t, struct arena *arena);

/* What an event says; members may be NULL. `name` is a wire-form name. */
struct trace_item {
    const char *step, *what, *object;
    const unsigned char *name;
    bool lost;
};

/* Adds an event with a formatted sentence. t may be NULL: nothing happens. */
void trace_add(struct trace *t, const struct trace_item *item, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
