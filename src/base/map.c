/* SPDX-License-Identifier: Apache-2.0 */
/* String map: a keyset of entries that own a copy of their key. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

struct map_entry {
    void *value;
    char key[];
};

/* The entry of a key of the set; NULL for NULL. */
static struct map_entry *entry_of(const char *key)
{
    return keyset_owner(key, offsetof(struct map_entry, key));
}

void *map_get(const struct map *m, const char *key)
{
    const char *found = keyset_find(&m->keys, key);

    return found ? entry_of(found)->value : NULL;
}

int map_put(struct map *m, const char *key, void *value, void **ret_old)
{
    const char *found = keyset_find(&m->keys, key);
    void *old = NULL;

    if (found) {
        old = entry_of(found)->value;
        entry_of(found)->value = value;
    } else {
        size_t len = strlen(key) + 1;
        struct map_entry *e = malloc(sizeof(*e) + len);
        if (!e)
            return ERR_NOMEM;
        e->value = value;
        memcpy(e->key, key, len);
        if (keyset_add(&m->keys, e->key) < 0) {
            free(e);
            return ERR_NOMEM;
        }
    }
    if (ret_old)
        *ret_old = old;
    return 0;
}

void *map_del(struct map *m, const char *key)
{
    const char *found = keyset_remove(&m->keys, key);

    if (!found)
        return NULL;
    struct map_entry *e = entry_of(found);
    void *value = e->value;
    free(e);
    return value;
}

void *map_next(const struct map *m, size_t *pos, const char **ret_key)
{
    *ret_key = keyset_next(&m->keys, pos);
    return *ret_key ? entry_of(*ret_key)->value : NULL;
}

void map_free(struct map *m)
{
    size_t pos = 0;

    for (const char *key; (key = keyset_next(&m->keys, &pos));)
        free(entry_of(key));
    keyset_free(&m->keys);
}
