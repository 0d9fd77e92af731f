/* SPDX-License-Identifier: Apache-2.0 */
/* The persistent array. Every step of an edit leaves the same content behind until the last, which
 * only stores a pointer: so lack of memory needs no undo. */
#include "model/vec.h"

#include <stdlib.h>

#include "base/error.h"

static unsigned slot_way(uint32_t slot, unsigned level)
{
    return slot >> (level * VEC_BITS) & (VEC_WAYS - 1);
}

static struct vec_node *node_new(const struct edit *e)
{
    struct vec_node *n = calloc(1, sizeof(*n));

    if (n)
        n->seq = e->seq;
    return n;
}

/* The node, or a copy of it that this edit may change. NULL on lack of memory. */
static struct vec_node *node_own(const struct edit *e, struct vec_node *n)
{
    if (n->seq == e->seq)
        return n;
    struct vec_node *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *n;
    copy->seq = e->seq;
    garbage_add(e->garbage, n, NULL);
    return copy;
}

/* Adds levels until the slot fits. */
static int vec_grow(struct vec *v, const struct edit *e, uint32_t slot)
{
    while (!v->root || (uint64_t)slot >> (v->levels * VEC_BITS)) {
        struct vec_node *n = node_new(e);
        if (!n)
            return ERR_NOMEM;
        if (v->root) {
            n->at[0] = v->root;
            n->used = 1;
        }
        v->root = n;
        v->levels++;
    }
    return 0;
}

/* The node that *place points to, as one that this edit may change; made if there is none. */
static struct vec_node *place_own(const struct edit *e, void **place, unsigned *used)
{
    struct vec_node *n = *place ? node_own(e, *place) : node_new(e);

    if (!n)
        return NULL;
    if (!*place)
        (*used)++;
    *place = n;
    return n;
}

int vec_set(struct vec *v, const struct edit *e, uint32_t slot, void *p)
{
    struct vec_node *path[32 / VEC_BITS + 1];

    if (!p && !vec_get(v, slot))
        return 0;
    if (garbage_reserve(e->garbage) < 0 || vec_grow(v, e, slot) < 0)
        return ERR_NOMEM;
    struct vec_node *n = node_own(e, v->root);
    if (!n)
        return ERR_NOMEM;
    v->root = path[v->levels - 1] = n;
    for (unsigned level = v->levels - 1; level; level--) {
        n = place_own(e, &n->at[slot_way(slot, level)], &n->used);
        if (!n)
            return ERR_NOMEM;
        path[level - 1] = n;
    }
    void **last = &n->at[slot_way(slot, 0)];
    n->used += (p != NULL) - (*last != NULL);
    *last = p;
    /* Slots are never used again, so emptied nodes would pile up. */
    for (unsigned level = 0; level + 1 < v->levels && !path[level]->used; level++) {
        path[level + 1]->at[slot_way(slot, level + 1)] = NULL;
        path[level + 1]->used--;
        free(path[level]);
    }
    return 0;
}

void *vec_next(const struct vec *v, uint64_t *pos)
{
    uint64_t end = v->root ? 1ull << (v->levels * VEC_BITS) : 0;

    while (*pos < end && *pos <= UINT32_MAX) {
        void *p = v->root;
        unsigned level = v->levels;
        while (level && p)
            p = ((struct vec_node *)p)->at[slot_way((uint32_t)*pos, --level)];
        /* An empty branch at this level covers that many slots. */
        *pos = ((*pos >> (level * VEC_BITS)) + 1) << (level * VEC_BITS);
        if (p)
            return p;
    }
    return NULL;
}

static void node_free(struct vec_node *n, unsigned level)
{
    for (unsigned i = 0; level && i < VEC_WAYS; i++) {
        if (n->at[i])
            node_free(n->at[i], level - 1);
    }
    free(n);
}

void vec_free(struct vec *v)
{
    if (v->root)
        node_free(v->root, v->levels - 1);
    *v = (struct vec){0};
}
