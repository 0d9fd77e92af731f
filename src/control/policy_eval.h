/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of policy templates: does this text allow that action under these condition keys?
 *
 * Pure: no store, no caller, no clock. The text is written by customers, so that any bytes are
 * expected; what is not understood allows nothing. Cost grows with the length of the text times
 * the length of the values. */
#ifndef CONTROL_POLICY_EVAL_H
#define CONTROL_POLICY_EVAL_H

#include <stdbool.h>
#include <stddef.h>

struct access_key; /* control/access.h */

struct policy_request {
    const char *action; /* NULL: any action that the template names */
    const struct access_key *keys;
    size_t keys_n;
};

/* True if the template {"Effect": "Allow", "Action": ..., "Condition": ...} allows the request. Any
 * thread. */
bool policy_allows(const char *text, const struct policy_request *request);

/* NULL if the text is a template that policy_allows understands whole: one object with Effect,
 * Action and perhaps Condition, and known operators only. Else what is wrong, static text. */
const char *policy_complain(const char *text);

/* True if `text` matches a pattern in which `*` stands for any text and `?` for any one byte.
 * With fold, case does not matter. */
bool policy_like(const char *pattern, const char *text, bool fold);

#endif
