/* SPDX-License-Identifier: Apache-2.0 */
/* Counters beside the operation tables, in their order. */
#include "api/op_count.h"

#include <stdatomic.h>

#include "base/check.h"

#define SERVICES_MAX 16
#define OPS_MAX 256

static _Atomic uint64_t counts[SERVICES_MAX][OPS_MAX][2];

void op_count(const struct service *s, const struct op *op, bool good)
{
    size_t service = 0;
    if (!s || !op)
        return;
    while (services[service] && services[service] != s)
        service++;
    size_t i = (size_t)(op - s->ops);
    if (should(services[service] && service < SERVICES_MAX && i < s->ops_n && i < OPS_MAX))
        atomic_fetch_add_explicit(&counts[service][i][good], 1, memory_order_relaxed);
}

void op_count_write(struct buf *out)
{
    buf_str(out, "# HELP bridge53_api_operations_total calls of API operations\n"
                 "# TYPE bridge53_api_operations_total counter\n");
    for (size_t s = 0; services[s] && s < SERVICES_MAX; s++) {
        for (size_t i = 0; i < services[s]->ops_n && i < OPS_MAX; i++) {
            for (int good = 0; good < 2; good++) {
                uint64_t n = atomic_load_explicit(&counts[s][i][good], memory_order_relaxed);
                if (n)
                    buf_printf(out,
                               "bridge53_api_operations_total{service=\"%s\",operation=\"%s\","
                               "result=\"%s\"} %llu\n",
                               services[s]->name, services[s]->ops[i].name,
                               good ? "success" : "error", (unsigned long long)n);
            }
        }
    }
}
