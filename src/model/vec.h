/* SPDX-License-Identifier: Apache-2.0 */
/* A persistent array from slots to pointers: a radix tree of 128-way nodes. An edit copies the path
 * to the slot, so that a copy of the struct keeps its version; nodes of the same edit are changed
 * in place. Finding costs one load a level: two up to 16,384 slots, three up to two million. */
#ifndef MODEL_VEC_H
#define MODEL_VEC_H

#include <stdint.h>

#include "model/garbage.h"

#define VEC_BITS 7
#define VEC_WAYS (1u << VEC_BITS)

struct vec_node {
    uint64_t seq;  /* the edit that made it */
    unsigned used; /* entries that are not NULL */
    void *at[VEC_WAYS];
};

/* Zeroed = empty. */
struct vec {
    struct vec_node *root;
    unsigned levels;
};

/* The pointer in a slot, or NULL. Any slot is allowed. No lock, no allocation. */
static inline void *vec_get(const struct vec *v, uint32_t slot)
{
    void *p = v->root;

    if ((uint64_t)slot >> (v->levels * VEC_BITS))
        return NULL;
    for (unsigned level = v->levels; level-- && p;)
        p = ((struct vec_node *)p)->at[slot >> (level * VEC_BITS) & (VEC_WAYS - 1)];
    return p;
}

/* Sets a slot; NULL clears it. The pointer that was there belongs to the caller. 0, or ERR_NOMEM
 * with the content as before. */
int vec_set(struct vec *v, const struct edit *e, uint32_t slot, void *p);

/* Iterates: start with *pos = 0; returns the first pointer in slots >= *pos and moves *pos behind
 * it, or NULL. */
void *vec_next(const struct vec *v, uint64_t *pos);

/* Frees the nodes of this version at once, not what they point to. */
void vec_free(struct vec *v);

#endif
