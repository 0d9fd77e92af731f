/* SPDX-License-Identifier: Apache-2.0 */
/* Whose queries wait behind those of the others when a worker can't keep up.
 *
 * The sign is that packets wait for each other: a socket out of which batch after batch comes full
 * for a while. Until then nobody is looked at. From then on queries are counted by VPC;
 * whoever sends many times as much as the others on average is noisy. With one VPC, or many
 * that are alike, nobody is: there is nobody to protect from anybody. One thread. Private to
 * src/resolve. */
#ifndef RESOLVE_SHED_H
#define RESOLVE_SHED_H

#include <stdbool.h>
#include <stdint.h>

#define SHED_CELLS 512 /* counters; a VPC that shares one with a larger one is not seen */
#define SHED_NOISY 4   /* VPCs that are noisy at once */

/* A sender: a VPC that is counted. */
struct shed_cell {
    uint32_t slot;
    uint32_t n;  /* queries of this epoch, half of those of the one before, and so on */
    uint8_t age; /* epochs since it was seen last */
    bool seen;   /* in this epoch */
    bool noisy;  /* by the last ones */
};

struct shed {
    bool on;        /* queries wait, or did lately, for each other */
    bool full;      /* they wait behind those of the last batch */
    bool crowded;   /* at some time of this epoch they did */
    unsigned calm;  /* epochs in a row in which nobody waited */
    uint64_t begun; /* ns, this epoch */
    struct shed_cell cells[SHED_CELLS];
};

/* A batch comes at `now`; `full`: queries wait behind it, and have done so for `since` ns. */
void shed_batch(struct shed *s, bool full, uint64_t since, uint64_t now);

/* Counts a query of a VPC; true if the VPC is noisy. Only while s->on. */
bool shed_query(struct shed *s, uint32_t slot);

#endif
