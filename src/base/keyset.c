/* SPDX-License-Identifier: Apache-2.0 */
/* String set: open addressing with linear probing, at most three quarters full. Removal shifts the
 * followers back, so there are no tombstones and a long-lived table does not decay. Hashes are not
 * kept: they are made again when the table grows. They are keyed per process: API clients choose
 * the keys. */
#include "base/keyset.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/rand.h"

static uint64_t sip_key[2];
static pthread_once_t sip_once = PTHREAD_ONCE_INIT;

static void sip_key_make(void)
{
    struct rnd r;

    rnd_init(&r);
    rnd_bytes(&r, sip_key, sizeof(sip_key));
}

/* The slot where a search for `key` begins. */
static size_t home_of(const struct keyset *s, const char *key)
{
    pthread_once(&sip_once, sip_key_make);
    return hash_sip(sip_key, key, strlen(key)) & (s->cap - 1);
}

/* The slot of `key`, or the free slot where it would go. The table must have a free slot. */
static size_t slot_of(const struct keyset *s, const char *key)
{
    size_t i = home_of(s, key);

    while (s->slots[i] && strcmp(s->slots[i], key) != 0)
        i = (i + 1) & (s->cap - 1);
    return i;
}

const char *keyset_find(const struct keyset *s, const char *key)
{
    return s->count ? s->slots[slot_of(s, key)] : NULL;
}

static int keyset_grow(struct keyset *s)
{
    struct keyset bigger = {.cap = s->cap ? s->cap * 2 : 16, .count = s->count};

    bigger.slots = calloc(bigger.cap, sizeof(bigger.slots[0]));
    if (!bigger.slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < s->cap; i++) {
        if (s->slots[i])
            bigger.slots[slot_of(&bigger, s->slots[i])] = s->slots[i];
    }
    free(s->slots);
    *s = bigger;
    return 0;
}

int keyset_add(struct keyset *s, const char *key)
{
    if ((s->count + 1) * 4 > s->cap * 3 && keyset_grow(s) < 0)
        return ERR_NOMEM;
    s->slots[slot_of(s, key)] = key;
    s->count++;
    return 0;
}

const char *keyset_remove(struct keyset *s, const char *key)
{
    if (!s->count)
        return NULL;
    size_t mask = s->cap - 1, hole = slot_of(s, key);
    const char *found = s->slots[hole];
    if (!found)
        return NULL;
    s->count--;
    /* A string moves into the hole if the hole lies on its way from its home slot. */
    for (size_t i = (hole + 1) & mask; s->slots[i]; i = (i + 1) & mask) {
        size_t home = home_of(s, s->slots[i]);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            s->slots[hole] = s->slots[i];
            hole = i;
        }
    }
    s->slots[hole] = NULL;
    return found;
}

const char *keyset_next(const struct keyset *s, size_t *pos)
{
    while (*pos < s->cap) {
        const char *key = s->slots[(*pos)++];
        if (key)
            return key;
    }
    return NULL;
}

void keyset_free(struct keyset *s)
{
    free(s->slots);
    *s = (struct keyset){0};
}
