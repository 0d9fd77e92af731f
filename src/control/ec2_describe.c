/* SPDX-License-Identifier: Apache-2.0 */
/* Listing for all Describe operations: first who could match, then who does, then a page of it. */
#include "control/ec2_describe.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define PAGE_MIN 5
#define PAGE_MAX 1000

void *list_grow(struct ctl *c, void *list_ptr, size_t *n, size_t size)
{
    char *list;
    memcpy(&list, list_ptr, sizeof list);
    if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
        size_t room = *n ? *n * 2 : 4;
        char *bigger = arena_zalloc(c->arena, room, size);
        if (!bigger)
            return NULL;
        if (*n)
            memcpy(bigger, list, *n * size);
        list = bigger;
        memcpy(list_ptr, &list, sizeof list);
    }
    return list + (*n)++ * size;
}

void *list_given(void *list)
{
    static const max_align_t nothing;
    return list ? list : (void *)&nothing;
}

int describe_max(struct ctl *c, struct opt_int max_results, size_t *ret)
{
    if (max_results.set && max_results.v < PAGE_MIN)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value ( %lld ) for parameter maxResults is invalid. Expecting a value "
                        "greater than or equal to %d.",
                        (long long)max_results.v, PAGE_MIN);
    if (max_results.set && max_results.v > PAGE_MAX)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value ( %lld ) for parameter maxResults is invalid. Expecting a value "
                        "less than or equal to %d.",
                        (long long)max_results.v, PAGE_MAX);
    *ret = max_results.set ? (size_t)max_results.v : 0;
    return 0;
}

int describe_after(struct ctl *c, const char *op, const char *token, const char **ret)
{
    const char *after = NULL;
    if (token) {
        int err = ctl_token_read(c, op, token, &after);
        if (err == ERR_INVALID)
            return ctl_fail(c, FAULT_InvalidParameterValue,
                            "Invalid value '%s' for nextToken parameter", token);
        if (err)
            return err;
    }
    *ret = after;
    return 0;
}

/* A listing under way. */
struct walk {
    struct ctl *c;
    struct describe *d;
    const struct ec2_resource *res;
    const char **ids; /* candidates */
    size_t ids_n;
    size_t max, found;
    const char *last; /* id of the last match on the page */
    bool more;
};

static int add_id(struct walk *w, const char *id)
{
    const char **slot = list_grow(w->c, &w->ids, &w->ids_n, sizeof *slot);
    if (!slot)
        return ERR_NOMEM;
    *slot = id;
    return 0;
}

static int add_use(void *ctx, const char *key, const char *value)
{
    (void)value;
    struct walk *w = ctx;
    return add_id(w, strrchr(key, '/') + 1);
}

/* Candidates from a uses index: those of our kind under each value of the filter. */
static int add_uses(struct walk *w, const struct ec2_filter *f, const char *index)
{
    for (size_t i = 0; i < f->values_n; i++) {
        char *prefix = arena_printf(w->c->arena, "%s/%s/", f->values[i], w->res->kind->name);
        if (!prefix)
            return ERR_NOMEM;
        int err = ctl_index_list(w->c, index, prefix, add_use, w);
        if (err)
            return err;
    }
    return 0;
}

static const struct ec2_filter *find_literal(const struct filter_set *set, const char *name)
{
    const struct ec2_filter *f = filter_find(set, name);
    for (size_t i = 0; f && i < f->values_n; i++)
        if (!filter_literal(f->values[i]))
            return NULL;
    return f;
}

/* Fills w->ids when something names the candidates; false in *ret when all must be walked. */
static int narrow(struct walk *w, bool *ret)
{
    static const struct {
        const char *filter, *index;
    } uses[] = {{"vpc-id", "vpc-uses"}, {"subnet-id", "subnet-uses"}, {"group-id", "group-uses"}};
    *ret = true;
    const struct ec2_filter *f = find_literal(&w->d->filters, w->res->id_filter);
    int err = 0;
    if (f) {
        for (size_t i = 0; i < f->values_n && !err; i++)
            err = add_id(w, f->values[i]);
        return err;
    }
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        f = find_literal(&w->d->filters, uses[i].filter);
        if (f)
            return add_uses(w, f, uses[i].index);
    }
    *ret = false;
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int see(void *ctx, const char *id, void *obj)
{
    struct walk *w = ctx;
    if (!filter_match(w->c, &w->d->filters, obj))
        return 0;
    if (w->max && w->found == w->max) {
        w->more = true;
        return CTL_STOP;
    }
    w->found++;
    w->last = id;
    return w->d->add(w->d->ctx, obj);
}

/* Reads the candidates in order of id, each once, behind `after`. */
static int walk_ids(struct walk *w, const char *after, bool must_exist)
{
    if (w->ids_n)
        qsort(w->ids, w->ids_n, sizeof *w->ids, compare_ids);
    for (size_t i = 0; i < w->ids_n && !w->more; i++) {
        if ((i && strcmp(w->ids[i], w->ids[i - 1]) == 0) ||
            (after && strcmp(w->ids[i], after) <= 0))
            continue;
        void *obj = arena_zalloc(w->c->arena, 1, w->res->kind->shape->size);
        if (!obj)
            return ERR_NOMEM;
        int err = must_exist ? ec2_get(w->c, w->d->what, w->ids[i], obj)
                             : ctl_get_own(w->c, w->res->kind, w->ids[i], obj);
        if (!err)
            err = see(w, w->ids[i], obj);
        if (err && err != CTL_STOP && err != ERR_NOT_FOUND)
            return err;
    }
    return 0;
}

static int check(struct ctl *c, struct describe *d, const struct ec2_resource *res)
{
    d->filters.tags = res->tags;
    d->filters.tags_n = res->tags_n;
    int err = filter_check(c, &d->filters);
    if (!err && d->ids_n && d->max_results.set)
        err = ctl_fail(c, FAULT_InvalidParameterCombination,
                       "The parameter %s cannot be used with the parameter maxResults",
                       res->ids_name);
    return err;
}

int describe_run(struct ctl *c, struct describe *d, const char **ret_token)
{
    struct walk w = {.c = c, .d = d, .res = &ec2_resources[d->what]};
    const char *after = NULL;
    bool named = d->ids_n;
    int err = check(c, d, w.res);
    if (!err)
        err = describe_max(c, d->max_results, &w.max);
    if (!err)
        err = describe_after(c, d->op, d->next_token, &after);
    for (size_t i = 0; i < d->ids_n && !err; i++)
        err = add_id(&w, d->ids[i]);
    if (!err && !named)
        err = narrow(&w, &named);
    if (err)
        return err;
    err = named ? walk_ids(&w, after, d->ids_n) : ctl_list(c, w.res->kind, after, see, &w);
    if (err)
        return err;
    *ret_token = w.more ? ctl_token(c, d->op, w.last) : NULL;
    return w.more && !*ret_token ? ERR_NOMEM : 0;
}
