/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map from a NUL-terminated string to a pointer, for control-side tables (never in the
 * packet path). Keys are copied; values belong to the caller. One thread at a time. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/keyset.h"

/* Zeroed = empty. */
struct map {
    struct keyset keys; /* of entries, each with its value */
};

/* The value under `key`, or NULL. O(1). */
void *map_get(const struct map *m, const char *key);

/* Sets `key` to `value` (not NULL). Returns 0 or ERR_NOMEM; the previous value, if any, is in
 * *ret_old when ret_old is not NULL. */
int map_put(struct map *m, const char *key, void *value, void **ret_old);

/* Removes `key` and returns its value, or NULL. */
void *map_del(struct map *m, const char *key);

/* Iterates: start with *pos = 0; returns the value and sets *ret_key, or NULL at the end. The map
 * must not change meanwhile. */
void *map_next(const struct map *m, size_t *pos, const char **ret_key);

/* Frees the table, not the values. */
void map_free(struct map *m);

#endif
