/* SPDX-License-Identifier: Apache-2.0 */
/* How often each operation was called, and with which end: for /metrics, and for the page that says
 * which operations real clients were tried with. */
#ifndef API_OP_COUNT_H
#define API_OP_COUNT_H

#include "api/ops.h"
#include "base/buf.h"

/* Counts a call; NULL for an operation that was not found. Any thread. */
void op_count(const struct service *s, const struct op *op, bool good);

/* Appends bridge53_api_operations_total{service,operation,result} for the operations that were
 * called, in Prometheus' text form. Any thread. */
void op_count_write(struct buf *out);

#endif
