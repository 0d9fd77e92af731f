/* SPDX-License-Identifier: Apache-2.0 */
/* Filters, pages, creator request ids and tags of Route 53 Resolver: the parts that its listings
 * and creations have in common (spec: resolver.md 6.4, 6.5). */
#include <string.h>

#include "base/error.h"
#include "control/resolver_priv.h"

int resolver_fault_type(struct ctl *c, int fault, const char *type)
{
    c->fault.resource_type = type;
    return fault;
}

int resolver_fault_field(struct ctl *c, int fault, const char *field)
{
    c->fault.field_name = field;
    return fault;
}

static bool filter_is(const struct filter_name *name, const char *text)
{
    return strcmp(name->name, text) == 0 || strcmp(name->legacy, text) == 0;
}

/* The row of a name in either spelling, or NULL. */
static const struct filter_name *filter_find(const struct filters *f, const char *text)
{
    for (const struct filter_name *name = f->names; name->name; name++)
        if (filter_is(name, text))
            return name;
    return NULL;
}

int filters_check(struct ctl *c, const struct filters *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct rslvr_filter *filter = &f->list[i];

        if (!filter->name || !filter_find(f, filter->name))
            return resolver_fault_field(c,
                                        ctl_fail(c, FAULT_InvalidParameterException,
                                                 "The filter '%s' is invalid",
                                                 filter->name ? filter->name : ""),
                                        "Filters");
        if (filter->values_n == 0)
            return resolver_fault_field(c,
                                        ctl_fail(c, FAULT_InvalidParameterException,
                                                 "No values specified for filter %s", filter->name),
                                        "Filters");
    }
    return 0;
}

static bool strings_have(const char *const *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

bool filters_keep_any(const struct filters *f, const char *name, const char *const *values,
                      size_t values_n)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct rslvr_filter *filter = &f->list[i];
        bool found = false;

        if (strcmp(filter_find(f, filter->name)->name, name) != 0)
            continue;
        for (size_t k = 0; k < values_n && !found; k++)
            found = strings_have(filter->values, filter->values_n, values[k]);
        if (!found)
            return false;
    }
    return true;
}

bool filters_keep(const struct filters *f, const char *name, const char *value)
{
    return filters_keep_any(f, name, &value, value ? 1 : 0);
}

int page_begin(struct page *p, struct opt_int max_results, const char *token)
{
    p->max = max_results.set ? (size_t)max_results.v : RESOLVER_PAGE_MAX;
    p->after = NULL;
    p->n = 0;
    p->last = NULL;
    p->more = false;
    if (token && ctl_token_read(p->c, p->what, token, &p->after) != 0)
        return ctl_fail(
            p->c, p->bad_token ? p->bad_token : FAULT_InvalidNextTokenException,
            "The value that you specified for NextToken in a List request isn't valid.");
    p->items = arena_zalloc(p->c->arena, p->max, p->size);
    return p->items ? 0 : ERR_NOMEM;
}

void *page_add(struct page *p, const char *key)
{
    if (p->n == p->max) {
        p->more = true;
        return NULL;
    }
    p->last = key;
    return (char *)p->items + p->size * p->n++;
}

const char *page_token(const struct page *p)
{
    return p->more ? ctl_token(p->c, p->what, p->last) : NULL;
}

static char *creator_key(struct ctl *c, const struct kind *kind, const char *creator)
{
    return arena_printf(c->arena, "%s/%s/%s/%s", c->account, c->region, kind->name, creator);
}

int creator_take(struct ctl *c, const struct kind *kind, const char *creator, const char *id,
                 const char *noun)
{
    char *key = creator_key(c, kind, creator);
    const char *taken;
    int err;

    if (!key)
        return ERR_NOMEM;
    err = ctl_index_get(c, "creator", key, &taken);
    if (err == 0)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceExistsException,
                                            "%s with creator request id %s already exists", noun,
                                            creator),
                                   kind->name);
    return err == ERR_NOT_FOUND ? ctl_index_put(c, "creator", key, id) : err;
}

int creator_find(struct ctl *c, const struct kind *kind, const char *creator, const char **ret_id)
{
    char *key = creator_key(c, kind, creator);

    return key ? ctl_index_get(c, "creator", key, ret_id) : ERR_NOMEM;
}

int creator_free(struct ctl *c, const struct kind *kind, const char *creator)
{
    char *key = creator_key(c, kind, creator);

    return key ? ctl_index_del(c, "creator", key) : ERR_NOMEM;
}

int guard_touch(struct ctl *c, const char *index, const char *id)
{
    const char *old;
    int err = ctl_index_get(c, index, id, &old);

    return err == 0 || err == ERR_NOT_FOUND ? ctl_index_put(c, index, id, "") : err;
}

int guard_drop(struct ctl *c, const char *index, const char *id)
{
    const char *old;
    int err = ctl_index_get(c, index, id, &old);

    return err == ERR_NOT_FOUND ? 0 : err ? err : ctl_index_del(c, index, id);
}

int resolver_tags_add(struct ctl *c, const struct tags_new *add, struct obj_tag **tags,
                      size_t *tags_n)
{
    struct obj_tag *list = arena_zalloc(c->arena, add->n + 1, sizeof *list);
    int err;

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < add->n; i++) {
        const struct rslvr_tag *tag = &add->list[i];

        if (strncmp(tag->key, "aws:", 4) == 0)
            return ctl_fail(c, add->code, "Tag keys must not begin with \"aws:\": \"%s\"",
                            tag->key);
        for (size_t k = 0; k < i; k++)
            if (strcmp(list[k].key, tag->key) == 0)
                return ctl_fail(c, add->code, "The tag key \"%s\" is given more than once.",
                                tag->key);
        list[i] = (struct obj_tag){tag->key, tag->value};
    }
    err = tags_merge(c, tags, tags_n, list, add->n);
    if (!err && *tags_n > RESOLVER_TAGS_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "A resource has at most %d tags.", RESOLVER_TAGS_MAX),
                                   "tag");
    return err;
}
