/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of EC2 resources, at creation and later. A VPC's tags also say how it is attached, so
 * changing them moves its CIDRs. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/ec2_describe.h"
#include "control/group.h"
#include "control/own_tag.h"

#define KEY_MAX 128   /* characters */
#define VALUE_MAX 256 /* characters */

/* Characters of UTF-8 text: bytes that don't continue one. */
static size_t text_chars(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += (*s & 0xc0) != 0x80;
    return n;
}

static int tag_check(struct ctl *c, const struct ec2_tag *tag)
{
    if (!tag->key || !*tag->key)
        return ctl_fail(c, FAULT_InvalidParameterValue, "Tag key cannot be null or empty.");
    if (strncmp(tag->key, "aws:", 4) == 0)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Tag keys starting with 'aws:' are reserved for internal use");
    if (text_chars(tag->key) > KEY_MAX)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Tag key exceeds the maximum length of %d characters", KEY_MAX);
    if (tag->value && text_chars(tag->value) > VALUE_MAX)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Tag value exceeds the maximum length of %d characters", VALUE_MAX);
    return own_tag_check(c, tag->key, tag->value ? tag->value : "");
}

/* Adds the tags of a request to a list, checked against the limits and each other. */
static int tags_add(struct ctl *c, const struct ec2_tag *tags, size_t n, struct ec2_tags *list)
{
    for (size_t i = 0; i < n; i++) {
        int err = tag_check(c, &tags[i]);
        if (err)
            return err;
        for (size_t j = 0; j < list->n; j++)
            if (strcmp(list->v[j].key, tags[i].key) == 0)
                return ctl_fail(c, FAULT_InvalidParameterValue, "Duplicate tag key '%s' specified.",
                                tags[i].key);
        if (list->n == LIMIT_TAGS)
            return ctl_fail(c, FAULT_TagLimitExceeded,
                            "The maximum number of Tags for a resource has been reached.");
        struct obj_tag *t = list_grow(c, &list->v, &list->n, sizeof *t);
        if (!t)
            return ERR_NOMEM;
        t->key = tags[i].key;
        t->value = tags[i].value ? tags[i].value : "";
    }
    return 0;
}

int ec2_tags_new(struct ctl *c, enum ec2_what what, const struct ec2_tag_specification *specs,
                 size_t specs_n, struct ec2_tags *ret)
{
    struct ec2_tags list = {0};
    for (size_t i = 0; i < specs_n; i++) {
        const char *type = specs[i].resource_type;
        if (!type || strcmp(type, ec2_resources[what].type) != 0)
            return ctl_fail(c, FAULT_InvalidParameterValue,
                            "'%s' is not a valid taggable resource type for this operation.",
                            type ? type : "null");
        int err = tags_add(c, specs[i].tags, specs[i].tags_n, &list);
        if (err)
            return err;
    }
    *ret = list;
    return 0;
}

int ec2_tags_out(struct ctl *c, const struct obj_tag *tags, size_t tags_n, struct ec2_tag **ret,
                 size_t *ret_n)
{
    struct ec2_tag *list = arena_zalloc(c->arena, tags_n + 1, sizeof *list);
    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < tags_n; i++)
        list[i] = (struct ec2_tag){tags[i].key, tags[i].value};
    *ret = list;
    *ret_n = tags_n;
    return 0;
}

/* A resource opened to change its tags. A rule lives in its group: then obj is the group. */
struct tagged {
    const struct kind *kind;
    void *obj;
    const char *id; /* of obj */
    struct obj_tag **tags;
    size_t *tags_n;
};

static int open_rule(struct ctl *c, const char *id, struct tagged *ret)
{
    struct obj_group *group = arena_zalloc(c->arena, 1, sizeof *group);
    struct obj_group_rule *rule;
    if (!group)
        return ERR_NOMEM;
    int err = group_rule_find(c, id, group, &rule);
    if (!err)
        *ret = (struct tagged){&kind_group, group, group->id, &rule->tags, &rule->tags_n};
    return err;
}

static int tagged_open(struct ctl *c, const char *id, struct tagged *ret)
{
    for (int what = 0; what < EC2_WHATS_N; what++) {
        const struct ec2_resource *r = &ec2_resources[what];
        if (strncmp(id, r->prefix, strlen(r->prefix)) != 0)
            continue;
        if (what == EC2_RULE)
            return open_rule(c, id, ret);
        char *obj = arena_zalloc(c->arena, 1, r->kind->shape->size);
        if (!obj)
            return ERR_NOMEM;
        int err = ec2_get(c, (enum ec2_what)what, id, obj);
        if (!err)
            *ret = (struct tagged){r->kind, obj, id, (struct obj_tag **)(void *)(obj + r->tags),
                                   (size_t *)(void *)(obj + r->tags_n)};
        return err;
    }
    return ctl_fail(c, FAULT_InvalidID, "The ID '%s' is not valid", id);
}

/* Puts the resource with its new tags. */
static int tagged_put(struct ctl *c, struct tagged *t, struct obj_tag *tags, size_t tags_n)
{
    int err = 0;
    if (t->kind == &kind_vpc) {
        struct obj_vpc after = *(const struct obj_vpc *)t->obj;
        after.tags = tags;
        after.tags_n = tags_n;
        err = vpc_attach(c, t->obj, &after);
    }
    *t->tags = tags;
    *t->tags_n = tags_n;
    return err ? err : ctl_put(c, t->kind, t->id, t->obj);
}

int ec2_create_tags(struct ctl *c, const struct ec2_create_tags_request *in, struct ec2_done *out)
{
    struct ec2_tags add = {0};
    int err = tags_add(c, in->tags, in->tags_n, &add);
    for (size_t i = 0; i < in->resources_n && !err; i++) {
        struct tagged t;
        err = tagged_open(c, in->resources[i], &t);
        if (err)
            return err;
        struct obj_tag *tags = *t.tags;
        size_t tags_n = *t.tags_n;
        err = tags_merge(c, &tags, &tags_n, add.v, add.n);
        if (!err && tags_n > LIMIT_TAGS)
            err = ctl_fail(c, FAULT_TagLimitExceeded,
                           "The maximum number of Tags for a resource has been reached.");
        if (!err)
            err = tagged_put(c, &t, tags, tags_n);
    }
    out->return_ = TRI_TRUE;
    return err;
}

/* True if the request asks for the deletion of this tag: no list means all, no value means any. */
static bool doomed(const struct ec2_delete_tags_request *in, const struct obj_tag *tag)
{
    for (size_t i = 0; i < in->tags_n; i++) {
        const struct ec2_tag *t = &in->tags[i];
        if (t->key && strcmp(t->key, tag->key) == 0 &&
            (!t->value || strcmp(t->value, tag->value) == 0))
            return true;
    }
    return !in->tags_n;
}

int ec2_delete_tags(struct ctl *c, const struct ec2_delete_tags_request *in, struct ec2_done *out)
{
    for (size_t i = 0; i < in->resources_n; i++) {
        struct tagged t;
        int err = tagged_open(c, in->resources[i], &t);
        if (err)
            return err;
        struct obj_tag *kept = arena_zalloc(c->arena, *t.tags_n + 1, sizeof *kept);
        size_t kept_n = 0;
        if (!kept)
            return ERR_NOMEM;
        for (size_t j = 0; j < *t.tags_n; j++)
            if (!doomed(in, &(*t.tags)[j]))
                kept[kept_n++] = (*t.tags)[j];
        err = tagged_put(c, &t, kept, kept_n);
        if (err)
            return err;
    }
    out->return_ = TRI_TRUE;
    return 0;
}

/* DescribeTags looks at every tag as an object of its own. */
struct tag_row {
    const char *key, *id, *type, *value;
};

static void offer_tag_pair(struct filter_test *t, const void *obj)
{
    const struct tag_row *row = obj;
    if (strcmp(t->filter->name + 4, row->key) == 0)
        filter_offer(t, row->value);
}

struct tag_walk {
    struct ctl *c;
    struct filter_set set;
    const struct ec2_resource *res;
    struct tag_row *rows;
    size_t rows_n;
};

static int add_rows(struct tag_walk *w, const char *type, const char *id,
                    const struct ec2_tags *tags)
{
    for (size_t i = 0; i < tags->n; i++) {
        struct tag_row row = {tags->v[i].key, id, type, tags->v[i].value};
        if (!filter_match(w->c, &w->set, &row))
            continue;
        struct tag_row *slot = list_grow(w->c, &w->rows, &w->rows_n, sizeof *slot);
        if (!slot)
            return ERR_NOMEM;
        *slot = row;
    }
    return 0;
}

static int see_tagged(void *ctx, const char *id, void *obj)
{
    struct tag_walk *w = ctx;
    struct ec2_tags tags = {*(struct obj_tag **)(void *)((char *)obj + w->res->tags),
                            *(size_t *)(void *)((char *)obj + w->res->tags_n)};
    int err = add_rows(w, w->res->type, id, &tags);
    if (w->res->kind != &kind_group)
        return err;
    const struct obj_group *g = obj;
    for (size_t i = 0; i < g->rules_n && !err; i++) {
        tags = (struct ec2_tags){g->rules[i].tags, g->rules[i].tags_n};
        err = add_rows(w, ec2_resources[EC2_RULE].type, g->rules[i].id, &tags);
    }
    return err;
}

static int row_compare(const void *a, const void *b)
{
    const struct tag_row *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : strcmp(x->key, y->key);
}

/* The rows behind the token, at most `max`, into the reply. */
static int tag_page(struct tag_walk *w, const char *after, size_t max,
                    struct ec2_describe_tags_response *out)
{
    const char *last = NULL;
    for (size_t i = 0; i < w->rows_n; i++) {
        const struct tag_row *r = &w->rows[i];
        char *position = arena_printf(w->c->arena, "%s %s", r->id, r->key);
        if (!position)
            return ERR_NOMEM;
        if (after && strcmp(position, after) <= 0)
            continue;
        if (max && out->tags_n == max) {
            out->next_token = ctl_token(w->c, "DescribeTags", last);
            return out->next_token ? 0 : ERR_NOMEM;
        }
        struct ec2_tag_description *t = list_grow(w->c, &out->tags, &out->tags_n, sizeof *t);
        if (!t)
            return ERR_NOMEM;
        *t = (struct ec2_tag_description){r->key, r->id, r->type, r->value};
        last = position;
    }
    out->tags = list_given(out->tags);
    return 0;
}

int ec2_describe_tags(struct ctl *c, const struct ec2_describe_tags_request *in,
                      struct ec2_describe_tags_response *out)
{
    /* tag:KEY is a filter on this table too, so each one asked for gets a row */
    struct filter_name *names = arena_zalloc(c->arena, in->filters_n + 5, sizeof *names);
    if (!names)
        return ERR_NOMEM;
    size_t n = 0;
    names[n++] = (struct filter_name)FILTER_TEXT("key", struct tag_row, key);
    names[n++] = (struct filter_name)FILTER_TEXT("resource-id", struct tag_row, id);
    names[n++] = (struct filter_name)FILTER_TEXT("resource-type", struct tag_row, type);
    names[n++] = (struct filter_name)FILTER_TEXT("value", struct tag_row, value);
    for (size_t i = 0; i < in->filters_n; i++)
        if (in->filters[i].name && strncmp(in->filters[i].name, "tag:", 4) == 0)
            names[n++] = (struct filter_name)FILTER_CALL(in->filters[i].name, offer_tag_pair);
    struct tag_walk w = {.c = c, .set = {in->filters, in->filters_n, names, 0, 0}};
    const char *after;
    size_t max;
    int err = filter_check(c, &w.set);
    if (!err)
        err = describe_max(c, in->max_results, &max);
    if (!err)
        err = describe_after(c, "DescribeTags", in->next_token, &after);
    for (int what = 0; what < EC2_WHATS_N && !err; what++) {
        w.res = &ec2_resources[what];
        if (w.res->kind)
            err = ctl_list(c, w.res->kind, NULL, see_tagged, &w);
    }
    if (err)
        return err;
    if (w.rows_n)
        qsort(w.rows, w.rows_n, sizeof *w.rows, row_compare);
    return tag_page(&w, after, max, out);
}
