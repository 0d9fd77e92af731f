/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the program `micro`. */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include "world.h"

/* Answers `n` questions at random as a driver does, by groups; *at chooses them and goes on.
 * Thread-safe for different worlds. */
void micro_answer(struct world *w, unsigned n, unsigned *at);

/* The median of `n` values, which are sorted for it. */
double micro_median(double *v, unsigned n);

/* Prints how much more CPU an answer takes while a second worker runs on another core, as a line of
 * JSON. False: there is one core only. */
bool micro_workers(const struct work *work);

/* Prints what a record, a tenant, a lookup and a change of the model cost, as a line of JSON. */
void micro_model(void);

#endif
