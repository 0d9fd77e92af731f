/* SPDX-License-Identifier: Apache-2.0 */
/* Traces; see trace.h. */
#include "resolve/trace.h"

#include <stdarg.h>
#include <stdio.h>

#include "dns/name.h"

void trace_init(struct trace *t, struct arena *arena)
{
    *t = (struct trace){.arena = arena};
}

/* A copy of a string that may be NULL. False: the arena is full. */
static bool keep(struct arena *a, const char *s, const char **ret)
{
    *ret = s ? arena_str(a, s) : NULL;
    return !s || *ret;
}

void trace_add(struct trace *t, const struct trace_item *item, const char *fmt, ...)
{
    char text[512], name[NAME_MAX_TEXT];
    if (!t || t->cut)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    struct trace_event *e = arena_zalloc(t->arena, 1, sizeof(*e));
    const char *shown = item->name ? name_format(item->name, name, sizeof(name)) : NULL;
    if (!e || !keep(t->arena, item->object, &e->object) || !keep(t->arena, shown, &e->name) ||
        !keep(t->arena, text, &e->text)) {
        t->cut = true;
        return;
    }
    e->step = item->step;
    e->what = item->what;
    e->lost = item->lost;
    e->depth = t->depth;
    *(t->last ? &t->last->next : &t->first) = e;
    t->last = e;
}
