/* SPDX-License-Identifier: Apache-2.0 */
/* Garbage: what an edit took out of the newest version while readers may still see it in older
 * ones. Blocks are collected between two publications and handed over as one list
 * (publish_swap).
 *
 * An edit first reserves room, so that adding can't fail in the middle of a change. One thread. */
#ifndef MODEL_GARBAGE_H
#define MODEL_GARBAGE_H

#include <stdint.h>

#include "base/lpm.h"

/* Most blocks that one edit of a persistent structure retires: the longest path of a name trie. */
#define GARBAGE_EDIT 640

/* A way to destroy a block; NULL stands for free(3). */
typedef void garbage_fn(void *block);

struct garbage_chunk;

/* next and seq belong to the publisher, the rest to garbage.c. */
struct garbage {
    struct garbage *next;
    uint64_t seq;                /* the first snapshot that can't see the blocks */
    struct garbage_chunk *first; /* in order of addition */
    struct garbage_chunk *last;  /* being filled */
    struct garbage_chunk *spare; /* what garbage_reserve got ready */
};

/* An empty list; NULL on lack of memory. */
struct garbage *garbage_new(void);

/* Makes sure that the next GARBAGE_EDIT additions succeed. 0 or ERR_NOMEM. */
int garbage_reserve(struct garbage *g);

/* Adds a block that `fn` will destroy. Needs room reserved. */
void garbage_add(struct garbage *g, void *block, garbage_fn *fn);

/* Destroys all blocks in the order in which they were added, and the list. Accepts NULL. Any
 * thread, once nobody else uses the list. */
void garbage_free(struct garbage *g);

/* A door for base/lpm.h: adds with free(3). */
struct retire garbage_retire(struct garbage *g);

#define EDIT_FIRST 1 /* seq of the edit that makes the first snapshot: nobody reads yet */

/* Who edits: blocks made since the last publication carry `seq` and may be changed in place; others
 * are visible to readers, so they are copied and the original goes to `garbage`. */
struct edit {
    uint64_t seq;
    struct garbage *garbage;
};

/* Gets rid of a plain block that carries `seq`: at once if it is ours alone, else as garbage. */
void edit_drop(const struct edit *e, void *block, uint64_t seq);

/* The same for a block that does not say which edit made it: as garbage, unless nobody reads yet.
 */
void edit_retire(const struct edit *e, void *block);

#endif
