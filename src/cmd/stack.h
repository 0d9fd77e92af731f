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
    unsigned created, updated, replaced, deleted, kept; /* counted on the way */
};

struct stack;

/* A stack with its state as the server keeps it, to be brought to the template (t->root; NULL:
 * nothing is left of it). NULL with d->why. What is given must live until stack_close. */
struct stack *stack_open(struct deploy *d, struct template_context *t, struct stack_plan *plan);

/* Frees it; the state stays on the server. Accepts NULL. */
void stack_close(struct stack *s);

/* Creates, changes and replaces what the template has, and evaluates its Outputs; then
 * stack_clean removes what is replaced and what left the template. Apart, because several templates
 * come in one order and go in the other. Prints each step. 0 or -1, with d->why. */
int stack_bring(struct stack *s);
int stack_clean(struct stack *s);

/* True if stack_clean has something to remove. */
bool stack_untidy(const struct stack *s);

/* The Outputs as they are now; with plan->dry they may hold TEMPLATE_UNKNOWN. NULL: none. */
const json_t *stack_outputs(const struct stack *s);

#endif
