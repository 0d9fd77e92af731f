/* SPDX-License-Identifier: Apache-2.0 */
/* A hash set of NUL-terminated strings that lie in their owners: whoever finds the string has its
 * owner (keyset_owner), and nothing is kept twice. For control-side tables (never in the packet
 * path). One thread at a time. */
#ifndef BASE_KEYSET_H
#define BASE_KEYSET_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed = empty. */
struct keyset {
    const char **slots;
    size_t cap;
    size_t count;
};

/* The string of the set that equals `key`, or NULL. O(1). */
const char *keyset_find(const struct keyset *s, const char *key);

/* Adds a string of which the set has no equal; it stays the caller's and where it is. 0 or
 * ERR_NOMEM. */
int keyset_add(struct keyset *s, const char *key);

/* Takes the string that equals `key` out and returns it; NULL if there is none. */
const char *keyset_remove(struct keyset *s, const char *key);

/* Iterates: start with *pos = 0; returns a string, or NULL at the end. The set must not change
 * meanwhile. */
const char *keyset_next(const struct keyset *s, size_t *pos);

/* What has a string of the set `at` bytes behind its begin; NULL for NULL. */
static inline void *keyset_owner(const char *key, size_t at)
{
    return key ? (void *)((uintptr_t)key - at) : NULL;
}

/* Frees the table, not the strings. */
void keyset_free(struct keyset *s);

#endif
