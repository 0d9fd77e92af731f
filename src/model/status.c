/* SPDX-License-Identifier: Apache-2.0 */
/* The status board: a map under a lock. It is written when a socket comes or goes, so that a lock
 * costs nothing that counts. */
#include "model/status.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/map.h"

struct entry {
    enum status status;
    char text[STATUS_TEXT_MAX];
};

struct status_board {
    pthread_mutex_t lock;
    struct map entries;
};

struct status_board *status_new(void)
{
    struct status_board *b = calloc(1, sizeof(*b));

    if (b)
        pthread_mutex_init(&b->lock, NULL);
    return b;
}

void status_free(struct status_board *b)
{
    const char *id;
    struct entry *e;
    size_t pos = 0;

    if (!b)
        return;
    while ((e = map_next(&b->entries, &pos, &id)))
        free(e);
    map_free(&b->entries);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

/* The entry of an id, made if there is none. NULL on lack of memory. */
static struct entry *entry_get(struct status_board *b, const char *id)
{
    struct entry *e = map_get(&b->entries, id);

    if (e)
        return e;
    e = malloc(sizeof(*e));
    if (e && map_put(&b->entries, id, e, NULL) < 0) {
        free(e);
        e = NULL;
    }
    return e;
}

void status_set(struct status_board *b, const char *id, enum status status, const char *text)
{
    pthread_mutex_lock(&b->lock);
    /* Without memory the state stays unknown, which is what its readers then show. */
    struct entry *e = entry_get(b, id);
    if (e) {
        e->status = status;
        snprintf(e->text, sizeof(e->text), "%s", text ? text : "");
    }
    pthread_mutex_unlock(&b->lock);
}

void status_clear(struct status_board *b, const char *id)
{
    pthread_mutex_lock(&b->lock);
    free(map_del(&b->entries, id));
    pthread_mutex_unlock(&b->lock);
}

enum status status_get(struct status_board *b, const char *id, char *buf, size_t size)
{
    pthread_mutex_lock(&b->lock);
    const struct entry *e = map_get(&b->entries, id);
    enum status status = e ? e->status : STATUS_UNKNOWN;
    if (size)
        snprintf(buf, size, "%s", e ? e->text : "");
    pthread_mutex_unlock(&b->lock);
    return status;
}
