/* SPDX-License-Identifier: Apache-2.0 */
/* Load shedding: whose packets are dropped when the processor is used up.
 *
 * While a worker has time to sleep nobody is looked at. When it has none, queries are counted by
 * VPC, one of a few; whoever sends many times as much as the others on average is cut down until
 * there is time again, and let go step by step. With one VPC, or many that are alike, nobody is
 * cut: there is nobody to protect from anybody. One thread. Private to src/resolve. */
#ifndef RESOLVE_SHED_H
#define RESOLVE_SHED_H

#include <stdbool.h>
#include <stdint.h>

#define SHED_CELLS 512 /* counters; a VPC that shares one with a larger one is not seen */
#define SHED_NOISY 4   /* VPCs that are cut down at once */

struct shed {
    bool on; /* the processor is, or was lately, used up */
    unsigned noisy_n;
    uint32_t noisy[SHED_NOISY]; /* slots */
    unsigned keep;              /* of 1024 queries of these */
    unsigned credit;            /* of the next one that is kept */
    uint32_t dice;              /* which queries are counted: by chance, not by turns */
    unsigned calm;              /* epochs in a row with time to spare */
    uint64_t idle;              /* ns of this epoch */
    uint64_t begun;             /* ns, this epoch; 0: none yet */
    struct {
        uint32_t slot, n;
    } cells[SHED_CELLS];
};

/* The worker slept `ns` until `now`. */
void shed_idled(struct shed *s, uint64_t ns, uint64_t now);

/* Counts a query of a VPC; true if it is to be dropped. Only while s->on. */
bool shed_query(struct shed *s, uint32_t slot);

#endif
