/* SPDX-License-Identifier: Apache-2.0 */
/* What the generator sees beside rate and latency, for tests of failures: response codes, answers
 * within a time, answers that are not the upstream's (synth.h), and all that by 100 ms. */
#ifndef BENCH_OBSERVE_H
#define BENCH_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OBSERVE_SLOTS 6000 /* of OBSERVE_NS; later ones are not kept */
#define OBSERVE_NS 100000000ull

struct observe {
    bool synth;      /* answers are checked against the name that was asked */
    bool series;     /* print each 100 ms */
    uint64_t within; /* ns; 0: not asked for */
    uint64_t in_time, max_ns, forged, rcodes[16];
    uint64_t stale; /* answers whose TTL is that of RFC 8767 */
    uint32_t answered[OBSERVE_SLOTS], failed[OBSERVE_SLOTS]; /* by the time of the answer */
    uint32_t slow[OBSERVE_SLOTS];                            /* answered, but not in time */
};

/* An answer as it came. */
struct observed {
    const uint8_t *wire;
    size_t len;
    uint64_t hash;  /* of the name that was asked */
    uint64_t at;    /* ns since the start */
    uint64_t taken; /* ns */
};

/* The hash of the question's name in a query as the generator makes it. */
uint64_t observe_question(const uint8_t *wire, size_t len);

/* Counts an answer. False: it has an address that is not the name's, or another question. */
bool observe_answer(struct observe *o, const struct observed *a);

/* Prints members of a JSON object, each with a comma before it. */
void observe_print(const struct observe *o);

#endif
