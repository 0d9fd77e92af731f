/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a template, and the order in which its resources can be made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/template.h"

/* The value given for a parameter as "Name=Value"; NULL if none. */
static const char *given_value(const char *const *given, size_t n, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < n; i++)
        if (strncmp(given[i], name, len) == 0 && given[i][len] == '=')
            return given[i] + len + 1;
    return NULL;
}

/* A list type ("CommaDelimitedList", "List<...>") is split at its commas. */
static json_t *parameter_value(const char *type, const char *text)
{
    json_t *list;
    const char *comma;

    if (!type || (strcmp(type, "CommaDelimitedList") != 0 && strncmp(type, "List<", 5) != 0))
        return json_string(text);
    list = json_array();
    for (; (comma = strchr(text, ',')); text = comma + 1)
        json_array_append_new(list, json_stringn(text, (size_t)(comma - text)));
    json_array_append_new(list, json_string(text));
    return list;
}

static bool allowed(const json_t *row, const char *text)
{
    const json_t *values = json_object_get(row, "AllowedValues");
    json_t *item;
    size_t i;

    if (strcmp(text, TEMPLATE_UNKNOWN) == 0)
        return true; /* another template will say */
    json_array_foreach(values, i, item)
    {
        char number[32];
        const char *value = json_string_value(item);

        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(item));
        if (strcmp(value ? value : number, text) == 0)
            return true;
    }
    return !values;
}

/* A default as text: templates write numbers and booleans without quotes. */
static const char *default_text(const json_t *value, char *buf, size_t size)
{
    if (json_is_integer(value))
        snprintf(buf, size, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(buf, size, "%s", json_is_true(value) ? "true" : "false");
    else
        return json_string_value(value);
    return buf;
}

json_t *template_parameters(const json_t *root, const char *const *given, size_t n, char *why,
                            size_t why_size)
{
    json_t *rows = json_object_get(root, "Parameters"), *values = json_object(), *row;
    const char *name;

    for (size_t i = 0; i < n; i++) {
        char known[128];
        snprintf(known, sizeof known, "%.*s", (int)strcspn(given[i], "="), given[i]);
        if (!json_object_get(rows, known)) {
            snprintf(why, why_size, "the template has no parameter '%s'", known);
            goto fail;
        }
    }
    json_object_foreach(rows, name, row)
    {
        char buf[32];
        const char *text = given_value(given, n, name);

        if (!text)
            text = default_text(json_object_get(row, "Default"), buf, sizeof buf);
        if (!text || !allowed(row, text)) {
            snprintf(why, why_size,
                     text ? "parameter '%s': this value is not allowed"
                          : "parameter '%s' has no value: --param %s=VALUE",
                     name, name);
            goto fail;
        }
        json_object_set_new(values, name,
                            parameter_value(json_string_value(json_object_get(row, "Type")), text));
    }
    return values;
fail:
    json_decref(values);
    return NULL;
}

/* --- order
 * -------------------------------------------------------------------------------------------------
 */

struct order {
    struct template_context *t;
    const json_t *resources;
    json_t *done;  /* array: the result */
    json_t *state; /* name -> true: finished, false: being visited */
};

static int visit(struct order *o, const char *name);

static int visit_name(struct order *o, const char *name, size_t len)
{
    char buf[128];

    snprintf(buf, sizeof buf, "%.*s", (int)len, name);
    return json_object_get(o->resources, buf) ? visit(o, buf) : 0;
}

/* "${A.B}" and "${A}" in a text of Sub. */
static int visit_sub(struct order *o, const char *text)
{
    int err = 0;

    for (const char *at = text; at && !err && (at = strstr(at, "${")); at += 2)
        err = visit_name(o, at + 2, strcspn(at + 2, ".}"));
    return err;
}

/* Visits all resources that a value refers to. */
static int visit_value(struct order *o, const json_t *value, unsigned depth)
{
    const char *key;
    json_t *item;
    size_t i;
    int err = 0;

    if (depth > TEMPLATE_DEPTH)
        return -1;
    json_array_foreach(value, i, item)
    {
        if ((err = visit_value(o, item, depth + 1)))
            return err;
    }
    if (!json_is_object(value))
        return 0;
    json_object_foreach((json_t *)value, key, item)
    {
        const char *text = json_string_value(item);
        const char *first = json_string_value(json_array_get(item, 0));

        if (strcmp(key, "Ref") == 0 && text)
            err = visit_name(o, text, strlen(text));
        else if (strcmp(key, "Fn::GetAtt") == 0 && first)
            err = visit_name(o, first, strlen(first));
        else if (strcmp(key, "Fn::Sub") == 0 && (text || first))
            err = visit_sub(o, text ? text : first);
        if (!err)
            err = visit_value(o, item, depth + 1);
        if (err)
            return err;
    }
    return 0;
}

static int visit_depends(struct order *o, const json_t *depends)
{
    const char *text = json_string_value(depends);
    json_t *item;
    size_t i;
    int err = text ? visit_name(o, text, strlen(text)) : 0;

    json_array_foreach(depends, i, item)
    {
        const char *name = json_string_value(item);
        if (!err && name)
            err = visit_name(o, name, strlen(name));
    }
    return err;
}

static int visit(struct order *o, const char *name)
{
    const json_t *resource = json_object_get(o->resources, name),
                 *state = json_object_get(o->state, name);
    bool error = false;

    if (state && json_is_true(state))
        return 0;
    if (state) {
        snprintf(o->t->why, sizeof o->t->why, "the resource '%s' depends on itself", name);
        return -1;
    }
    json_object_set_new(o->state, name, json_false());
    if (template_wanted(o->t, resource, &error)) {
        if (visit_depends(o, json_object_get(resource, "DependsOn")) ||
            visit_value(o, json_object_get(resource, "Properties"), 0))
            return -1;
        json_array_append_new(o->done, json_string(name));
    }
    json_object_set_new(o->state, name, json_true());
    return error ? -1 : 0;
}

json_t *template_order(struct template_context *t)
{
    struct order o = {t, json_object_get(t->root, "Resources"), json_array(), json_object()};
    const char *name;
    json_t *resource;
    int err = 0;

    json_object_foreach((json_t *)o.resources, name, resource)
    {
        if (!err)
            err = visit(&o, name);
    }
    json_decref(o.state);
    if (err && !t->why[0])
        snprintf(t->why, sizeof t->why, "Resources is nested too deeply");
    if (err || !json_is_object(o.resources)) {
        if (!err)
            snprintf(t->why, sizeof t->why, "the template has no Resources");
        json_decref(o.done);
        return NULL;
    }
    return o.done;
}
