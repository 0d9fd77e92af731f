/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of Describe filters: tables of where values lie, one matcher for all families. */
#include "control/ec2_filter.h"

#include <string.h>

bool filter_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
            continue;
        }
        const char *p = pattern;
        bool any = *p == '?';
        if (*p == '\\' && p[1])
            p++;
        if (*p && (any || *p == *text)) {
            pattern = p + 1;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool filter_literal(const char *value)
{
    return !strpbrk(value, "*?\\");
}

void filter_offer(struct filter_test *t, const char *value)
{
    if (!value)
        return;
    for (size_t i = 0; i < t->filter->values_n && !t->hit; i++)
        t->hit = filter_glob(t->filter->values[i], value);
}

void filter_offer_tri(struct filter_test *t, enum tri value)
{
    filter_offer(t, value == TRI_TRUE ? "true" : "false");
}

static const struct filter_name *name_find(const struct filter_name *names, const char *name)
{
    for (; names->name; names++)
        if (strcmp(names->name, name) == 0)
            return names;
    return NULL;
}

static bool is_tag_filter(const struct filter_set *set, const char *name)
{
    if (set->tags == set->tags_n)
        return false;
    return strcmp(name, "tag-key") == 0 || (strncmp(name, "tag:", 4) == 0 && name[4]);
}

int filter_check(struct ctl *c, const struct filter_set *set)
{
    for (size_t i = 0; i < set->filters_n; i++) {
        const char *name = set->filters[i].name;
        if (!name)
            return ctl_fail(c, FAULT_InvalidParameterValue, "The filter 'null' is invalid");
        if (!name_find(set->names, name) && !is_tag_filter(set, name))
            return ctl_fail(c, FAULT_InvalidParameterValue, "The filter '%s' is invalid", name);
    }
    return 0;
}

static void offer_tags(struct filter_test *t, const struct filter_set *set, const void *obj)
{
    const struct obj_tag *tags = *(struct obj_tag *const *)((const char *)obj + set->tags);
    size_t tags_n = *(const size_t *)((const char *)obj + set->tags_n);
    const char *name = t->filter->name;
    for (size_t i = 0; i < tags_n; i++) {
        if (strcmp(name, "tag-key") == 0)
            filter_offer(t, tags[i].key);
        else if (strcmp(name + 4, tags[i].key) == 0)
            filter_offer(t, tags[i].value);
    }
}

static void offer(struct filter_test *t, const struct filter_name *n, const void *obj)
{
    const char *at = (const char *)obj + n->offset;
    switch (n->how) {
    case FILTER_HOW_TEXT:
        filter_offer(t, *(const char *const *)at);
        return;
    case FILTER_HOW_TRI:
        filter_offer_tri(t, *(const enum tri *)at);
        return;
    case FILTER_HOW_CONST:
        filter_offer(t, n->text);
        return;
    case FILTER_HOW_CALL:
        n->offer(t, obj);
        return;
    }
}

bool filter_match(struct ctl *c, const struct filter_set *set, const void *obj)
{
    for (size_t i = 0; i < set->filters_n; i++) {
        struct filter_test t = {.c = c, .filter = &set->filters[i]};
        const struct filter_name *n = name_find(set->names, t.filter->name);
        if (n)
            offer(&t, n, obj);
        else
            offer_tags(&t, set, obj);
        if (!t.hit)
            return false;
    }
    return true;
}

const struct ec2_filter *filter_find(const struct filter_set *set, const char *name)
{
    for (size_t i = 0; i < set->filters_n; i++)
        if (set->filters[i].name && strcmp(set->filters[i].name, name) == 0)
            return &set->filters[i];
    return NULL;
}
