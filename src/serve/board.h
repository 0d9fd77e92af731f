/* SPDX-License-Identifier: Apache-2.0 */
/* What worker 0 says about listeners on the status board. A VPC owns several resolver addresses
 * but has one state: it is up when one of them is. Private to src/serve. */
#ifndef SERVE_BOARD_H
#define SERVE_BOARD_H

#include "base/map.h"
#include "model/status.h"
#include "serve/listen.h"

struct owner;
LIST_HEAD(owner_list, owner);

struct board {
    struct status_board *status;
    struct map by_id;
    struct owner_list owners;
};

/* A new pass begins: nothing is known of any owner. */
void board_begin(struct board *b);

/* One listener of `owner` is up (problem is NULL) or not. Does nothing on lack of memory. */
void board_note(struct board *b, const char *owner, const char *problem);

/* The pass is over: says what changed, forgets owners that were not noted. */
void board_end(struct board *b);

/* Forgets all, on the status board too. */
void board_deinit(struct board *b);

#endif
