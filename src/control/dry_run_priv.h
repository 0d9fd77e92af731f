/* SPDX-License-Identifier: Apache-2.0 */
/* A dry run, for dry_run*.c. */
#ifndef CONTROL_DRY_RUN_PRIV_H
#define CONTROL_DRY_RUN_PRIV_H

#include <pthread.h>

#include "control/dry_run.h"

struct dry_run {
    struct dry_run *next;
    struct dry_runs *table;
    struct store *base;  /* the real one */
    struct store *store; /* the copy */
    uint64_t copied;     /* revision of the copy before any call */
    char id[DRY_RUN_ID];
    pthread_mutex_t busy; /* held between enter and leave; taken after the table's lock was left */
    unsigned users;       /* inside or waiting; guarded by the table's lock */
    bool ended;           /* out of the list; guarded by the table's lock */
    uint64_t used_ns;     /* monotonic; guarded by the table's lock */
};

#endif
