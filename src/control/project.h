/* SPDX-License-Identifier: Apache-2.0 */
/* The projector: follows the store's feed and tells the compiler what it means, so that the data
 * plane shows every commit.
 *
 * It is the only road from control plane to data plane. A start reads everything at one revision
 * and follows from there; a follower that fell behind what the feed keeps does the same again,
 * beside the snapshot that is served. Objects are translated one by one; what cannot be translated
 * is logged and left out. */
#ifndef CONTROL_PROJECT_H
#define CONTROL_PROJECT_H

#include "model/compile.h"
#include "store/store.h"

struct project;

/* Reads the whole store, publishes its snapshot and starts the thread that follows. Both handles
 * must outlive the projector; the compiler is its alone until project_stop. ERR_IO, ERR_NOMEM,
 * ERR_CORRUPT. */
int project_start(struct store *store, struct compiler *compiler, struct project **ret);

/* As project_start, without a thread. */
int project_open(struct store *store, struct compiler *compiler, struct project **ret);

/* Compiles what another store, a copy of the first one with further writes, has behind its revision
 * `after`. 0, ERR_IO, ERR_NOMEM. For a projector without a thread. */
int project_over(struct project *p, struct store *store, uint64_t after);

/* Frees a projector without a thread. Accepts NULL. */
void project_close(struct project *p);

/* Stops the thread and frees the projector. Takes up to PROJECT_SLICE_MS. Accepts NULL. */
#define PROJECT_SLICE_MS 100
void project_stop(struct project *p);

#endif
