/* SPDX-License-Identifier: Apache-2.0 */
/* Garbage lists: chunks, so that a million blocks need no copy and no link inside of the blocks,
 * which readers still read. */
#include "model/garbage.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/error.h"

struct item {
    void *block;
    garbage_fn *fn;
};

struct garbage_chunk {
    struct garbage_chunk *next;
    unsigned n;
    struct item items[GARBAGE_EDIT];
};

struct garbage *garbage_new(void)
{
    return calloc(1, sizeof(struct garbage));
}

int garbage_reserve(struct garbage *g)
{
    if (g->spare)
        return 0;
    g->spare = malloc(sizeof(*g->spare));
    return g->spare ? 0 : ERR_NOMEM;
}

void garbage_add(struct garbage *g, void *block, garbage_fn *fn)
{
    if (!g->last || g->last->n == GARBAGE_EDIT) {
        struct garbage_chunk *c = g->spare;
        must(c);
        g->spare = NULL;
        c->next = NULL;
        c->n = 0;
        if (g->last)
            g->last->next = c;
        else
            g->first = c;
        g->last = c;
    }
    g->last->items[g->last->n++] = (struct item){block, fn};
}

void garbage_free(struct garbage *g)
{
    if (!g)
        return;
    for (struct garbage_chunk *c = g->first; c;) {
        struct garbage_chunk *next = c->next;
        for (unsigned i = 0; i < c->n; i++) {
            if (c->items[i].fn)
                c->items[i].fn(c->items[i].block);
            else
                free(c->items[i].block);
        }
        free(c);
        c = next;
    }
    free(g->spare);
    free(g);
}

static void retire_add(void *ctx, void *block)
{
    garbage_add(ctx, block, NULL);
}

struct retire garbage_retire(struct garbage *g)
{
    return (struct retire){.add = retire_add, .ctx = g};
}

void edit_retire(const struct edit *e, void *block)
{
    edit_drop(e, block, e->seq == EDIT_FIRST ? e->seq : 0);
}

void edit_drop(const struct edit *e, void *block, uint64_t seq)
{
    if (seq == e->seq)
        free(block);
    else
        garbage_add(e->garbage, block, NULL);
}
