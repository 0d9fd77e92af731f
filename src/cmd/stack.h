/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks: what a template has made, and bringing it to what the template says now.
 *
 * The state is kept by the server (PutStack) after every single step, so a deployment that was cut
 * off goes on where it stopped: run it again. Nothing is rolled back. */
#ifndef CMD_STACK_H
#define CMD_STACK_H

#include "cmd/resource.h"
#include "cmd/template.h"

/* Fetches the state of a stack: {"Resources": {logical: {Type, Id, Properties, Attributes, Order}},
 * "Outputs": {}}; an empty one if there is none. New object, or NULL with d->why. */
json_t *stack_load(struct deploy *d);

struct stack_plan {
    bool dry;                                           /* print the plan and stop */
    bool quiet;                                         /* print nothing but errors */
    unsigned created, updated, replaced, deleted, kept; /* counted by stack_apply */
};

/* Brings the stack to the template (t->root; NULL: deletes everything). Prints the plan and each
 * step. 0 or -1, with d->why. */
int stack_apply(struct deploy *d, struct template_context *t, json_t *state,
                struct stack_plan *plan);

#endif
