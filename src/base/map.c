/* SPDX-License-Identifier: Apache-2.0 */
/* String map: open addressing with linear probing, at most three quarters full. Removal shifts the
 * followers back, so there are no tombstones and a long-lived table does not decay. The hash is
 * keyed per process: API clients choose the keys. */
#include "base/map.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/rand.h"

struct map_entry {
    uint64_t hash;
    void *value;
    char key[];
};

static uint64_t sip_key[2];
static pthread_once_t sip_once = PTHREAD_ONCE_INIT;

static void sip_key_make(void)
{
    struct rnd r;

    rnd_init(&r);
    rnd_bytes(&r, sip_key, sizeof(sip_key));
}

static uint64_t key_hash(const char *key, size_t len)
{
    pthread_once(&sip_once, sip_key_make);
    return hash_sip(sip_key, key, len);
}

/* The slot of `key`, or the free slot where it would go. The table must have a free slot. */
static size_t slot_of(const struct map *m, const char *key, uint64_t hash)
{
    size_t i = hash & (m->cap - 1);

    while (m->slots[i] && (m->slots[i]->hash != hash || strcmp(m->slots[i]->key, key) != 0))
        i = (i + 1) & (m->cap - 1);
    return i;
}

void *map_get(const struct map *m, const char *key)
{
    if (!m->count)
        return NULL;
    const struct map_entry *e = m->slots[slot_of(m, key, key_hash(key, strlen(key)))];
    return e ? e->value : NULL;
}

static int map_grow(struct map *m)
{
    struct map bigger = {.cap = m->cap ? m->cap * 2 : 16, .count = m->count};

    bigger.slots = calloc(bigger.cap, sizeof(struct map_entry *));
    if (!bigger.slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i])
            bigger.slots[slot_of(&bigger, m->slots[i]->key, m->slots[i]->hash)] = m->slots[i];
    }
    free(m->slots);
    *m = bigger;
    return 0;
}

int map_put(struct map *m, const char *key, void *value, void **ret_old)
{
    size_t len = strlen(key);
    uint64_t hash = key_hash(key, len);
    void *old = NULL;

    if ((m->count + 1) * 4 > m->cap * 3 && map_grow(m) < 0)
        return ERR_NOMEM;
    size_t i = slot_of(m, key, hash);
    struct map_entry *e = m->slots[i];
    if (e) {
        old = e->value;
    } else {
        e = malloc(sizeof(*e) + len + 1);
        if (!e)
            return ERR_NOMEM;
        e->hash = hash;
        memcpy(e->key, key, len + 1);
        m->slots[i] = e;
        m->count++;
    }
    e->value = value;
    if (ret_old)
        *ret_old = old;
    return 0;
}

void *map_del(struct map *m, const char *key)
{
    if (!m->count)
        return NULL;
    size_t mask = m->cap - 1;
    size_t hole = slot_of(m, key, key_hash(key, strlen(key)));
    struct map_entry *e = m->slots[hole];
    if (!e)
        return NULL;
    void *value = e->value;
    free(e);
    m->count--;
    /* An entry moves into the hole if the hole lies on its way from its home slot. */
    for (size_t i = (hole + 1) & mask; m->slots[i]; i = (i + 1) & mask) {
        size_t home = m->slots[i]->hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = NULL;
    return value;
}

void *map_next(const struct map *m, size_t *pos, const char **ret_key)
{
    while (*pos < m->cap) {
        const struct map_entry *e = m->slots[(*pos)++];
        if (e) {
            *ret_key = e->key;
            return e->value;
        }
    }
    return NULL;
}

void map_free(struct map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        free(m->slots[i]);
    free(m->slots);
    *m = (struct map){0};
}
