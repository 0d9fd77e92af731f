/* SPDX-License-Identifier: Apache-2.0 */
/* The status board's writer. Only changes are said, since the control side may wait for them. */
#include "serve/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct owner {
    LIST_ENTRY(owner) link;
    char id[OWNER_ID_MAX];
    unsigned up, down; /* listeners in this pass */
    char problem[STATUS_TEXT_MAX];
    enum status said;
    char said_problem[STATUS_TEXT_MAX];
};

void board_begin(struct board *b)
{
    struct owner *o;
    LIST_FOREACH(o, &b->owners, link)
    {
        o->up = o->down = 0;
        o->problem[0] = '\0';
    }
}

static struct owner *owner_get(struct board *b, const char *id)
{
    struct owner *o = map_get(&b->by_id, id);
    if (o)
        return o;
    o = calloc(1, sizeof(*o));
    if (!o)
        return NULL;
    snprintf(o->id, sizeof(o->id), "%s", id);
    if (map_put(&b->by_id, o->id, o, NULL)) {
        free(o);
        return NULL;
    }
    LIST_INSERT_HEAD(&b->owners, o, link);
    return o;
}

void board_note(struct board *b, const char *owner, const char *problem)
{
    struct owner *o = owner_get(b, owner);
    if (!o)
        return;
    if (!problem) {
        o->up++;
        return;
    }
    if (!o->down++)
        snprintf(o->problem, sizeof(o->problem), "%s", problem);
}

static void owner_say(struct board *b, struct owner *o)
{
    enum status now = o->up ? STATUS_UP : STATUS_DOWN;
    const char *problem = o->up ? "" : o->problem;
    if (now == o->said && strcmp(problem, o->said_problem) == 0)
        return;
    if (now == STATUS_DOWN)
        log_warn("serve", "address unusable owner=%s why=\"%s\"", o->id, problem);
    else if (o->said == STATUS_DOWN)
        log_info("serve", "address usable again owner=%s", o->id);
    o->said = now;
    snprintf(o->said_problem, sizeof(o->said_problem), "%s", problem);
    status_set(b->status, o->id, now, *problem ? problem : NULL);
}

static void owner_forget(struct board *b, struct owner *o)
{
    status_clear(b->status, o->id);
    map_del(&b->by_id, o->id);
    LIST_REMOVE(o, link);
    free(o);
}

void board_end(struct board *b)
{
    struct owner *o, *next;
    for (o = LIST_FIRST(&b->owners); o; o = next) {
        next = LIST_NEXT(o, link);
        if (o->up || o->down)
            owner_say(b, o);
        else
            owner_forget(b, o);
    }
}

void board_deinit(struct board *b)
{
    while (!LIST_EMPTY(&b->owners))
        owner_forget(b, LIST_FIRST(&b->owners));
    map_free(&b->by_id);
}
