/* SPDX-License-Identifier: Apache-2.0 */
/* Bump allocation. Blocks of a growing arena double from 4 KiB, so a request costs few mallocs
 * while a small one stays small. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 8u
#define BLOCK_MIN 4096u
#define BLOCK_MAX (1u << 20)

struct arena_block {
    struct arena_block *next;
    size_t size;
    uint8_t data[];
};

void arena_init(struct arena *a, void *mem, size_t size)
{
    size_t skew = -(uintptr_t)mem & (ALIGN - 1);

    *a = (struct arena){0};
    if (size < skew)
        skew = size;
    a->base = (uint8_t *)mem + skew;
    a->size = size - skew;
    a->total = a->size;
}

void arena_new(struct arena *a, size_t limit)
{
    *a = (struct arena){.limit = limit};
}

/* Makes a new current block with room for `need` bytes, within the limit. */
static bool arena_grow(struct arena *a, size_t need)
{
    if (need > a->limit - a->total)
        return false;

    size_t size = a->size ? a->size * 2 : BLOCK_MIN;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    if (size < need)
        size = need;
    if (size > a->limit - a->total)
        size = a->limit - a->total;

    struct arena_block *block = malloc(sizeof(*block) + size);
    if (!block) {
        a->starved = true;
        return false;
    }
    block->next = a->blocks;
    block->size = size;
    a->blocks = block;
    a->base = block->data;
    a->size = size;
    a->used = 0;
    a->total += size;
    return true;
}

void *arena_alloc(struct arena *a, size_t size)
{
    /* The end is rounded rather than the start, so `used` stays aligned; size 0 yields a distinct
     * place. */
    size_t need = size ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;

    if (need < size || (need > a->size - a->used && !(a->limit && arena_grow(a, need)))) {
        a->overflow = true;
        return NULL;
    }
    void *p = a->base + a->used;
    a->used += need;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        a->overflow = true;
        return NULL;
    }
    void *p = arena_alloc(a, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

char *arena_dup(struct arena *a, const void *data, size_t len)
{
    char *p = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

    if (!p)
        return NULL;
    if (len)
        memcpy(p, data, len);
    p[len] = '\0';
    return p;
}

char *arena_str(struct arena *a, const char *s)
{
    return s ? arena_dup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    char *p = NULL;

    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len >= 0)
        p = arena_alloc(a, (size_t)len + 1);
    if (!p)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)len + 1, fmt, ap);
    va_end(ap);
    return p;
}

static void blocks_free(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *a)
{
    if (a->blocks) {
        blocks_free(a->blocks->next);
        a->blocks->next = NULL;
        a->total = a->blocks->size;
    }
    a->used = 0;
    a->overflow = a->starved = false;
}

void arena_free(struct arena *a)
{
    blocks_free(a->blocks);
    if (a->limit)
        *a = (struct arena){.limit = a->limit};
}
