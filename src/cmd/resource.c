/* SPDX-License-Identifier: Apache-2.0 */
/* What all resource types share: calls with coercion, property lists, comparison. */
#include "cmd/resource.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ops.h"

/* True if `word` is one of the blank-separated words of `list`. */
static bool word_in(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; (at = strstr(at, word)); at += len)
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

const struct resource_type *resource_type_find(const char *name)
{
    const struct resource_type *const tables[] = {resource_types_ec2, resource_types_dns,
                                                  resource_types_profile, resource_types_ram};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct resource_type *t = tables[i]; t->name; t++)
            if (strcmp(t->name, name) == 0)
                return t;
    return NULL;
}

int resource_check(struct deploy *d, const struct resource_type *type, const char *logical,
                   const json_t *props)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)props, name, value)
    {
        if (!word_in(type->properties, name)) {
            snprintf(d->why, sizeof d->why, "%s: %s has no property '%s'; it has: %s", logical,
                     type->name, name, type->properties);
            return -1;
        }
    }
    return 0;
}

static json_t *coerce(const struct shape *shape, const json_t *in);

static json_t *coerce_scalar(enum field_kind kind, json_t *value)
{
    const char *text = json_string_value(value);
    char buf[32], *end;

    if (kind == FIELD_BOOL && text && strcmp(text, "true") == 0)
        return json_true();
    if (kind == FIELD_BOOL && text && strcmp(text, "false") == 0)
        return json_false();
    if (kind == FIELD_INT && text && *text) {
        long long number = strtoll(text, &end, 10);
        if (*end == '\0')
            return json_integer(number);
    }
    if (kind == FIELD_STR && json_is_integer(value)) {
        snprintf(buf, sizeof buf, "%lld", (long long)json_integer_value(value));
        return json_string(buf);
    }
    if (kind == FIELD_STR && json_is_boolean(value))
        return json_string(json_is_true(value) ? "true" : "false");
    return json_incref(value);
}

static json_t *coerce_list(const struct field *f, const json_t *list)
{
    json_t *copy = json_array(), *item;
    size_t i;

    json_array_foreach(list, i, item) json_array_append_new(
        copy, f->kind == FIELD_LIST ? coerce(f->shape, item) : coerce_scalar(FIELD_STR, item));
    return copy;
}

/* A copy of `in` in which scalars have the kinds that the shape asks for. */
static json_t *coerce(const struct shape *shape, const json_t *in)
{
    json_t *copy = json_object(), *value;
    const char *name;

    if (!json_is_object(in)) {
        json_decref(copy);
        return json_incref((json_t *)in);
    }
    json_object_foreach((json_t *)in, name, value)
    {
        const struct field *f = shape_field(shape, name);

        if (f && f->kind == FIELD_OBJ)
            json_object_set_new(copy, name, coerce(f->shape, value));
        else if (f && (f->kind == FIELD_LIST || f->kind == FIELD_STRS) && json_is_array(value))
            json_object_set_new(copy, name, coerce_list(f, value));
        else
            json_object_set_new(copy, name, f ? coerce_scalar(f->kind, value) : json_incref(value));
    }
    return copy;
}

json_t *deploy_call(struct deploy *d, const char *service, const char *name, json_t *in)
{
    const struct service *s = service_find(service);
    const struct op *op = s ? op_find(s, name) : NULL;
    struct client_error error = {0};
    json_t *input, *out = NULL;

    d->why[0] = d->code[0] = '\0';
    if (!op || !in) {
        snprintf(d->why, sizeof d->why, "%s: %s", name, op ? "out of memory" : "no such operation");
        json_decref(in);
        return NULL;
    }
    input = coerce(op->in, in);
    json_decref(in);
    if (client_call(d->client, service, name, input, &out, &error)) {
        snprintf(d->code, sizeof d->code, "%s", error.code);
        snprintf(d->why, sizeof d->why, "%s: %s: %s", name, error.code, error.message);
        out = NULL;
    }
    json_decref(input);
    return out;
}

int deploy_do(struct deploy *d, const char *service, const char *op, json_t *in, const char *gone)
{
    json_t *out = deploy_call(d, service, op, in);

    if (!out)
        return gone && d->code[0] && word_in(gone, d->code) ? 0 : -1;
    json_decref(out);
    return 0;
}

bool props_only(const json_t *old, const json_t *new, const char *names)
{
    const json_t *sides[] = {old, new};
    const char *name;
    json_t *value;

    for (int i = 0; i < 2; i++)
        json_object_foreach((json_t *)sides[i], name, value)
        {
            json_t *other = json_object_get(sides[!i], name);
            if ((!other || !json_equal(value, other)) && !word_in(names, name))
                return false;
        }
    return true;
}

json_t *props_pick(const json_t *props, const char *names)
{
    json_t *copy = json_object(), *value;
    const char *name;

    json_object_foreach((json_t *)props, name, value)
    {
        if (word_in(names, name))
            json_object_set(copy, name, value);
    }
    return copy;
}

const char *resource_id(const struct resource *r)
{
    return r->id ? json_string_value(r->id) : "";
}

void resource_set_id(struct resource *r, const char *id)
{
    json_decref(r->id);
    r->id = json_string(id ? id : "");
}
