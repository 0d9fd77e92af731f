/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the program `micro`. */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include "world.h"

/* Prints what a record, a tenant, a lookup and a change of the model cost, as a line of JSON. */
void micro_model(void);

#endif
