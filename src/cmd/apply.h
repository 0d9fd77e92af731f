/* SPDX-License-Identifier: Apache-2.0 */
/* A run of bridge53 apply: one or several templates, each a stack in an account. */
#ifndef CMD_APPLY_H
#define CMD_APPLY_H

#include "cmd/client.h"
#include "cmd/keyfile.h"
#include "cmd/stack.h"

#define APPLY_MEMBERS 16 /* templates of one run */

/* One template with its stack and account. */
struct apply_member {
    const char *path; /* NULL: a stack without a template, to be deleted or asked */
    char name[129];   /* of the stack */
    json_t *root;
    struct client client;
    struct keyfile_key key;
    struct deploy deploy;
    struct template_context context;
    json_t *identity;
    const json_t *from; /* parameter -> index of the member whose Output it takes */
    struct stack_plan plan;
    struct stack *stack;
};

struct apply {
    const struct args *args;
    struct apply_member members[APPLY_MEMBERS];
    size_t n;
    json_t *order; /* of template_set_order; NULL without templates */
    const char *given[ARGS_MAX];
    size_t given_n;
    char dry_run[65]; /* id of the dry run that the calls go into, or "" */
};

/* The members in the order in which they are applied. */
struct apply_member *apply_nth(struct apply *a, size_t i);

/* Prints what is wrong, with the member's name when there are several; returns -1. */
int apply_fail(const struct apply *a, const struct apply_member *m);

/* Brings all stacks to their templates in order, then removes what is left over in the opposite
 * order; with `plan` it only prints that. 0 or -1 after printing why. */
int apply_pass(struct apply *a, bool plan);

/* Starts a dry run, into which the members' calls go from then on; prints what they would change,
 * and ends it. 0 or -1 after printing why. */
int apply_dry_begin(struct apply *a);
int apply_dry_tell(struct apply *a);
void apply_dry_end(struct apply *a);

/* Accepts the invitations to resource shares that the member's account has from other accounts of
 * the run; without --accept-invitations it only says that there are some. 0 or -1 with
 * m->deploy.why. */
int apply_invitations(struct apply *a, struct apply_member *m);

#endif
