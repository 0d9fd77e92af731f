/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string for text that the control side builds (replies, keys, reports). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* always NUL-terminated once something was added; NULL before */
    size_t len;
    size_t cap;
    bool failed; /* memory ran out; later adds do nothing */
};

/* Appends. On lack of memory sets b->failed, which the caller checks once at the end. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Frees the memory and zeroes the struct. Accepts a zeroed one. */
void buf_free(struct buf *b);

#endif
