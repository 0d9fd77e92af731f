/* SPDX-License-Identifier: Apache-2.0 */
/* Several templates in one run: who takes whose Outputs, and the order that follows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/template.h"

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct ordering {
    const struct template_set *set;
    json_t **from;   /* of each member: {parameter: index of the member whose Output it takes} */
    enum mark *mark; /* of each member */
    size_t *path;    /* members being visited */
    size_t path_n;
    json_t *result;
    char *why;
    size_t why_size;
};

static const json_t *rows(const struct template_set *set, size_t member, const char *section)
{
    return json_object_get(set->members[member].root, section);
}

/* The text behind "Name=" or "Member.Name=" in a given word, or NULL. */
static const char *word_value(const char *word, const char *member, const char *name)
{
    size_t n = strlen(name), m = member ? strlen(member) : 0;

    if (member) {
        if (strncmp(word, member, m) != 0 || word[m] != '.')
            return NULL;
        word += m + 1;
    }
    return strncmp(word, name, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

const char *template_set_given(const struct template_set *set, size_t member, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < set->given_n && !value; i++)
        value = word_value(set->given[i], set->members[member].name, name);
    for (size_t i = 0; i < set->given_n && !value; i++)
        value = word_value(set->given[i], NULL, name);
    return value;
}

/* True if some member has the parameter that a word gives. */
static bool word_known(const struct template_set *set, const char *word)
{
    const char *name;
    json_t *row;

    for (size_t i = 0; i < set->n; i++)
        json_object_foreach((json_t *)rows(set, i, "Parameters"), name, row)
        {
            if (word_value(word, set->members[i].name, name) || word_value(word, NULL, name))
                return true;
        }
    return false;
}

/* The member that has an Output, or set->n. *ret_other: a second one, or set->n. */
static size_t output_find(const struct template_set *set, size_t except, const char *name,
                          size_t *ret_other)
{
    size_t found = set->n;

    *ret_other = set->n;
    for (size_t i = 0; i < set->n; i++) {
        if (i == except || !json_object_get(rows(set, i, "Outputs"), name))
            continue;
        if (found < set->n)
            *ret_other = i;
        else
            found = i;
    }
    return found;
}

/* Finds where the open parameters of a member come from. */
static int sources_find(struct ordering *o, size_t member)
{
    const struct template_set *set = o->set;
    const char *name;
    json_t *row;

    json_object_foreach((json_t *)rows(set, member, "Parameters"), name, row)
    {
        size_t other, found;
        if (template_set_given(set, member, name) || json_object_get(row, "Default"))
            continue;
        found = output_find(set, member, name, &other);
        if (other < set->n) {
            snprintf(o->why, o->why_size,
                     "parameter '%s' of %s: both %s and %s have an Output of that name", name,
                     set->members[member].name, set->members[found].name, set->members[other].name);
            return -1;
        }
        if (found < set->n)
            json_object_set_new(o->from[member], name, json_integer((json_int_t)found));
    }
    return 0;
}

/* "a takes VpcId of b, b takes ZoneId of a". */
static void circle_tell(struct ordering *o, size_t member)
{
    size_t start = 0, n = 0;

    while (start < o->path_n && o->path[start] != member)
        start++;
    n = (size_t)snprintf(o->why, o->why_size, "the templates wait for each other: ");
    for (size_t i = start; i < o->path_n && n < o->why_size; i++) {
        size_t here = o->path[i], next = i + 1 < o->path_n ? o->path[i + 1] : member;
        const char *name, *taken = "";
        json_t *from;
        json_object_foreach(o->from[here], name, from)
        {
            if ((size_t)json_integer_value(from) == next)
                taken = name;
        }
        n += (size_t)snprintf(o->why + n, o->why_size - n, "%s%s takes %s of %s",
                              i > start ? ", " : "", o->set->members[here].name, taken,
                              o->set->members[next].name);
    }
}

static int visit(struct ordering *o, size_t member)
{
    const char *name;
    json_t *from;

    if (o->mark[member] == MARK_DONE)
        return 0;
    if (o->mark[member] == MARK_OPEN) {
        circle_tell(o, member);
        return -1;
    }
    o->mark[member] = MARK_OPEN;
    o->path[o->path_n++] = member;
    json_object_foreach(o->from[member], name, from)
    {
        if (visit(o, (size_t)json_integer_value(from)))
            return -1;
    }
    o->path_n--;
    o->mark[member] = MARK_DONE;
    return json_array_append_new(
        o->result, json_pack("{sIsO}", "Member", (json_int_t)member, "From", o->from[member]));
}

static int order_all(struct ordering *o)
{
    const struct template_set *set = o->set;

    for (size_t i = 0; i < set->given_n; i++) {
        if (word_known(set, set->given[i]))
            continue;
        snprintf(o->why, o->why_size, "%s no parameter '%.*s'",
                 set->n == 1 ? "the template has" : "the templates have",
                 (int)strcspn(set->given[i], "="), set->given[i]);
        return -1;
    }
    for (size_t i = 0; i < set->n; i++) {
        o->from[i] = json_object();
        if (!o->from[i] || sources_find(o, i))
            return -1;
    }
    for (size_t i = 0; i < set->n; i++)
        if (visit(o, i))
            return -1;
    return 0;
}

json_t *template_set_order(const struct template_set *set, char *why, size_t why_size)
{
    struct ordering o = {.set = set,
                         .from = calloc(set->n + 1, sizeof *o.from),
                         .mark = calloc(set->n + 1, sizeof *o.mark),
                         .path = calloc(set->n + 1, sizeof *o.path),
                         .result = json_array(),
                         .why = why,
                         .why_size = why_size};
    int err = -1;

    snprintf(why, why_size, "out of memory");
    if (o.from && o.mark && o.path && o.result)
        err = order_all(&o);
    for (size_t i = 0; o.from && i < set->n; i++)
        json_decref(o.from[i]);
    free(o.from);
    free(o.mark);
    free(o.path);
    if (!err)
        return o.result;
    json_decref(o.result);
    return NULL;
}
