/* SPDX-License-Identifier: Apache-2.0 */
/* Arena: bump allocation with one lifetime.
 *
 * Two kinds. A *bounded* arena lives in memory that the caller owns and never grows: when it is
 * full, arena_alloc returns NULL and arena->overflow stays set, so the query or request fails
 * politely. A *growing* arena (arena_new) adds malloc'ed blocks up to a limit; it is for API
 * requests and compilation, never for the packet path. Nothing is freed piecewise. One thread at a
 * time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    uint8_t *base;              /* current block */
    size_t size;                /* its size, bytes */
    size_t used;                /* bytes handed out of it */
    size_t total;               /* bytes of all blocks */
    size_t limit;               /* most bytes of all blocks; 0: bounded, does not grow */
    struct arena_block *blocks; /* malloc'ed blocks, newest first; NULL when bounded */
    bool overflow;              /* an allocation has failed since the last reset */
    bool starved;               /* and it was the system that had no memory, not our limit */
};

/* Makes `a` a bounded arena over `mem` of `size` bytes; the caller owns `mem` and keeps it alive.
 */
void arena_init(struct arena *a, void *mem, size_t size);

/* Makes `a` a growing arena that holds at most `limit` bytes. Needs arena_free. */
void arena_new(struct arena *a, size_t limit);

/* Returns `size` bytes aligned to 8, not cleared, or NULL when full. Owned by the arena. */
void *arena_alloc(struct arena *a, size_t size);

/* As arena_alloc, cleared to zero; `n` * `size` is checked for overflow. */
void *arena_zalloc(struct arena *a, size_t n, size_t size);

/* Copies `len` bytes into the arena and adds a NUL after them. NULL when full. */
char *arena_dup(struct arena *a, const void *data, size_t len);

/* Copies a NUL-terminated string. NULL in, NULL out. */
char *arena_str(struct arena *a, const char *s);

/* Formats into the arena. NULL when full. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Forgets all allocations; a growing arena keeps its newest block for reuse. Clears overflow. */
void arena_reset(struct arena *a);

/* Frees the blocks of a growing arena. Accepts a bounded or zeroed one. */
void arena_free(struct arena *a);

#endif
