/* SPDX-License-Identifier: Apache-2.0 */
/* Explain asks the running DNS pipeline, which the control side cannot name: it is handed in as a
 * function. */
#ifndef CONTROL_EXPLAIN_H
#define CONTROL_EXPLAIN_H

#include "control/ctl.h"
#include "rows/b53.h"

/* Asks one question and fills *out, memory from c->arena. 0, ERR_TIMEOUT, ERR_NOT_FOUND (DNS does
 * not know the VPC), ERR_INVALID (name, type or address is malformed), ERR_NOMEM. */
struct ctl_explainer {
    int (*ask)(void *ctx, struct ctl *c, const struct b53_explain_request *in,
               struct b53_explain_response *out);
    void *ctx;
};

#endif
