/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of explain: runs a question through the DNS workers and turns trace and reply
 * into the response. */
#ifndef CMD_EXPLAIN_SERVE_H
#define CMD_EXPLAIN_SERVE_H

#include "control/explain.h"

/* A function for struct ctl_explainer; ctx is a struct serve *. */
int explain_ask(void *ctx, struct ctl *c, const struct b53_explain_request *in,
                struct b53_explain_response *out);

#endif
