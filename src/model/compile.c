/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler: life, links and the commit. Its families are in compile_vpc.c, compile_endpoint.c,
 * compile_rule.c, compile_zone.c, compile_profile.c; views in compile_view.c, listeners in
 * compile_listen.c. */
#include "model/compile.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"

struct compiler *compiler_new(struct publisher *p)
{
    struct compiler *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->publisher = p;
    c->edit = (struct edit){.seq = EDIT_FIRST, .garbage = garbage_new()};
    c->listeners_dirty = true; /* the first snapshot needs a list, if an empty one */
    if (!c->edit.garbage) {
        free(c);
        return NULL;
    }
    return c;
}

void compiler_free(struct compiler *c)
{
    struct autodef_table *t;
    const char *key;
    size_t pos = 0;

    if (!c)
        return;
    /* Takes the garbage; nobody reads any more, so what is still in use can go at once. */
    publish_swap(c->publisher, NULL, c->edit.garbage);
    profiles_free(c);
    rules_free(c);
    endpoints_free(c);
    zones_free(c);
    vpcs_free(c);
    vec_free(&c->next.views);
    vec_free(&c->next.endpoints);
    vec_free(&c->next.rules);
    vec_free(&c->next.zones);
    vec_free(&c->next.profiles);
    lpm_free(&c->next.shared);
    while ((t = map_next(&c->autodefs, &pos, &key)))
        autodef_table_free(t);
    map_free(&c->autodefs);
    dns64_free(&c->dns64);
    free(c->listeners);
    free(c->current);
    free(c);
}

void *record_new(struct keyset *set, const char *id, size_t head)
{
    size_t len = strlen(id) + 1;
    char *record = len <= ID_MAX ? calloc(1, head + len) : NULL;

    if (!record)
        return NULL;
    if (keyset_add(set, memcpy(record + head, id, len)) < 0) {
        free(record);
        return NULL;
    }
    return record;
}

struct link *link_new(struct compiler *c, struct vpc_rec *vpc, struct tie **of_vpc, void *object,
                      struct tie **of_object)
{
    struct link *l = calloc(1, sizeof(*l));

    if (!l)
        return NULL;
    l->vpc = vpc;
    l->object = object;
    tie_add(of_vpc, &l->of_vpc);
    tie_add(of_object, &l->of_object);
    vpc_touch(c, vpc);
    return l;
}

/* Takes a link out of both lists. */
static void link_drop(struct link *l)
{
    tie_remove(&l->of_vpc);
    tie_remove(&l->of_object);
    free(l);
}

void link_free(struct compiler *c, struct link *l)
{
    vpc_touch(c, l->vpc);
    link_drop(l);
}

void links_drop(struct tie *of_object)
{
    while (of_object) {
        struct link *l = link_of_object(of_object);
        of_object = of_object->next;
        link_drop(l);
    }
}

struct link *link_find(const struct tie *of_vpc, const void *object)
{
    for (; of_vpc; of_vpc = of_vpc->next) {
        struct link *l = link_of_vpc(of_vpc);
        if (l->object == object)
            return l;
    }
    return NULL;
}

/* Brings c->next up to date with all that was touched. */
static int commit_build(struct compiler *c)
{
    int (*const steps[])(struct compiler *) = {endpoints_commit, rules_commit,  zones_commit,
                                               profiles_commit,  routes_commit, vpcs_commit,
                                               listeners_commit};

    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int r = steps[i](c);
        if (r < 0)
            return r;
    }
    return garbage_reserve(c->edit.garbage);
}

int compile_commit(struct compiler *c, uint64_t revision)
{
    int r = commit_build(c);
    struct snapshot *s;
    struct garbage *fresh;

    if (r < 0)
        return r;
    s = malloc(sizeof(*s));
    fresh = garbage_new();
    if (!s || !fresh) {
        free(s);
        garbage_free(fresh);
        return ERR_NOMEM;
    }
    *s = c->next;
    s->seq = c->edit.seq;
    s->revision = revision;
    s->listeners = c->listeners;
    if (c->current)
        garbage_add(c->edit.garbage, c->current, NULL);
    c->current = s;
    publish_swap(c->publisher, s, c->edit.garbage);
    c->edit = (struct edit){.seq = s->seq + 1, .garbage = fresh};
    return 0;
}
