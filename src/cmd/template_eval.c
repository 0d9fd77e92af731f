/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation of a template's functions: Ref, GetAtt, Sub, Join, Select, Split, Cidr, GetAZs, If and
 * the conditions. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "cmd/template.h"

static json_t *fail(struct template_context *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static json_t *fail(struct template_context *t, const char *fmt, ...)
{
    va_list args;

    if (!t->why[0]) {
        va_start(args, fmt);
        vsnprintf(t->why, sizeof t->why, fmt, args);
        va_end(args);
    }
    return NULL;
}

static const char *pseudo(const struct template_context *t, const char *name)
{
    if (strcmp(name, "AWS::AccountId") == 0)
        return t->account;
    if (strcmp(name, "AWS::Region") == 0)
        return t->region;
    if (strcmp(name, "AWS::StackName") == 0)
        return t->stack;
    if (strcmp(name, "AWS::Partition") == 0)
        return "aws";
    if (strcmp(name, "AWS::URLSuffix") == 0)
        return "amazonaws.com";
    return NULL;
}

static bool is_resource(const struct template_context *t, const char *name)
{
    return json_object_get(json_object_get(t->root, "Resources"), name) != NULL;
}

static json_t *eval_ref(struct template_context *t, const json_t *arg)
{
    const char *name = json_string_value(arg);
    const char *text = name ? pseudo(t, name) : NULL;
    json_t *parameter;

    if (!name)
        return fail(t, "Ref takes a name");
    if (text)
        return json_string(text);
    parameter = json_object_get(t->parameters, name);
    if (parameter)
        return json_incref(parameter);
    if (!is_resource(t, name))
        return fail(t, "Ref: there is no parameter or resource '%s'", name);
    text = t->resource(t->ctx, name).id;
    return json_string(text ? text : TEMPLATE_UNKNOWN);
}

static json_t *attribute(struct template_context *t, const char *logical, const char *name)
{
    struct template_resource r;
    json_t *value;

    if (!is_resource(t, logical))
        return fail(t, "GetAtt: there is no resource '%s'", logical);
    r = t->resource(t->ctx, logical);
    if (!r.attrs)
        return json_string(TEMPLATE_UNKNOWN);
    value = json_object_get(r.attrs, name);
    return value ? json_incref(value)
                 : fail(t, "GetAtt: '%s' has no attribute '%s'", logical, name);
}

static json_t *eval_getatt(struct template_context *t, const json_t *arg)
{
    const char *logical = json_string_value(json_array_get(arg, 0));
    json_t *name = json_array_size(arg) == 2 ? template_eval(t, json_array_get(arg, 1)) : NULL;
    json_t *value;

    if (!logical || !json_is_string(name))
        value = fail(t, "GetAtt takes a resource and an attribute");
    else
        value = attribute(t, logical, json_string_value(name));
    json_decref(name);
    return value;
}

/* Text of a scalar, for Sub and Join. */
static bool add_text(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        buf_add(out, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        buf_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        buf_str(out, json_is_true(value) ? "true" : "false");
    else
        return false;
    return true;
}

/* "${Name}", "${Name.Attribute}" or a variable of Sub's own map. */
static json_t *sub_value(struct template_context *t, const char *name, const json_t *map)
{
    const char *dot = strchr(name, '.');
    const json_t *own = json_object_get(map, name);
    char logical[128];
    json_t *key, *value;

    if (own)
        return template_eval(t, own);
    if (dot && (size_t)(dot - name) < sizeof logical) {
        snprintf(logical, sizeof logical, "%.*s", (int)(dot - name), name);
        return attribute(t, logical, dot + 1);
    }
    key = json_string(name);
    value = eval_ref(t, key);
    json_decref(key);
    return value;
}

static json_t *eval_sub(struct template_context *t, const json_t *arg)
{
    const json_t *map = json_is_array(arg) ? json_array_get(arg, 1) : NULL;
    const char *text = json_string_value(json_is_array(arg) ? json_array_get(arg, 0) : arg);
    struct buf out = {0};
    json_t *result = NULL;

    if (!text)
        return fail(t, "Sub takes a string, or a string and a map");
    while (*text) {
        const char *end = strncmp(text, "${", 2) == 0 ? strchr(text, '}') : NULL;
        char name[256];
        json_t *value;
        bool ok;

        if (!end || (size_t)(end - text - 2) >= sizeof name) {
            buf_add(&out, text++, 1);
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(end - text - 2), text + 2);
        text = end + 1;
        if (name[0] == '!') { /* "${!Literal}" stands for "${Literal}" */
            buf_printf(&out, "${%s}", name + 1);
            continue;
        }
        value = sub_value(t, name, map);
        ok = value && add_text(&out, value);
        json_decref(value);
        if (!ok) {
            fail(t, "Sub: ${%s} is no text", name);
            goto out;
        }
    }
    result = json_stringn(out.data ? out.data : "", out.len);
out:
    buf_free(&out);
    return result;
}

static json_t *eval_join(struct template_context *t, const json_t *arg)
{
    json_t *list = json_array_size(arg) == 2 ? template_eval(t, json_array_get(arg, 1)) : NULL;
    const char *between = json_string_value(json_array_get(arg, 0));
    struct buf out = {0};
    json_t *item, *result = NULL;
    size_t i;

    if (!between || !json_is_array(list)) {
        fail(t, "Join takes a delimiter and a list");
        goto out;
    }
    json_array_foreach(list, i, item)
    {
        if (i)
            buf_str(&out, between);
        if (!add_text(&out, item)) {
            fail(t, "Join: item %zu is no text", i);
            goto out;
        }
    }
    result = json_stringn(out.data ? out.data : "", out.len);
out:
    buf_free(&out);
    json_decref(list);
    return result;
}

static json_t *eval_split(struct template_context *t, const json_t *arg)
{
    const char *by = json_string_value(json_array_get(arg, 0));
    json_t *text = json_array_size(arg) == 2 ? template_eval(t, json_array_get(arg, 1)) : NULL;
    json_t *list = NULL;

    if (!by || !*by || !json_is_string(text)) {
        fail(t, "Split takes a delimiter and a string");
    } else {
        const char *from = json_string_value(text), *at;
        list = json_array();
        for (; (at = strstr(from, by)); from = at + strlen(by))
            json_array_append_new(list, json_stringn(from, (size_t)(at - from)));
        json_array_append_new(list, json_string(from));
    }
    json_decref(text);
    return list;
}

static bool is_unknown(const json_t *value)
{
    const char *text = json_string_value(value);

    return text && strcmp(text, TEMPLATE_UNKNOWN) == 0;
}

/* A whole number that a template may also write as text; -1 for anything else. */
static long number(const json_t *value)
{
    const char *text = json_string_value(value);
    char *end;
    long n;

    if (json_is_integer(value))
        return (long)json_integer_value(value);
    if (!text || !*text)
        return -1;
    n = strtol(text, &end, 10);
    return *end == '\0' ? n : -1;
}

static json_t *eval_select(struct template_context *t, const json_t *arg)
{
    json_t *index = json_array_size(arg) == 2 ? template_eval(t, json_array_get(arg, 0)) : NULL;
    json_t *list = index ? template_eval(t, json_array_get(arg, 1)) : NULL;
    json_t *item = NULL;

    if (index && json_is_array(list)) {
        long at = number(index);
        item = json_incref(json_array_get(list, at < 0 ? json_array_size(list) : (size_t)at));
        if (!item)
            fail(t, "Select: the list of %zu has no item %ld", json_array_size(list), at);
    } else if (is_unknown(list)) {
        item = json_incref(list);
    } else {
        fail(t, "Select takes an index and a list");
    }
    json_decref(index);
    json_decref(list);
    return item;
}

#define CIDR_COUNT_MAX 256

/* The first `count` parts of a block that leave `host` bits for hosts. */
static json_t *cidr_list(struct template_context *t, const char *text, long count, long host)
{
    json_t *list = json_array();
    struct prefix block, part;
    char buf[ADDR_TEXT_MAX];

    if (prefix_parse(text, &block)) {
        fail(t, "Cidr: '%s' is no CIDR block", text);
        goto out;
    }
    for (long i = 0; i < count; i++) {
        long bits = (long)addr_bits(&block.addr) - host;
        if (bits < 0 || prefix_subnet(&block, (unsigned)bits, (uint32_t)i, &part)) {
            fail(t, "Cidr: %s has not %ld parts with %ld host bits", text, count, host);
            goto out;
        }
        json_array_append_new(list, json_string(prefix_format(&part, buf, sizeof buf)));
    }
    return list;
out:
    json_decref(list);
    return NULL;
}

static json_t *eval_cidr(struct template_context *t, const json_t *arg)
{
    json_t *args = json_array_size(arg) == 3 ? template_eval(t, arg) : NULL;
    const char *block = json_string_value(json_array_get(args, 0));
    long count = number(json_array_get(args, 1)), host = number(json_array_get(args, 2));
    json_t *result = NULL;

    if (is_unknown(json_array_get(args, 0)))
        result = json_string(TEMPLATE_UNKNOWN);
    else if (!block || count < 1 || count > CIDR_COUNT_MAX || host < 1 || host > 128)
        fail(t, "Cidr takes a block, a count of 1 to %d and the number of host bits",
             CIDR_COUNT_MAX);
    else
        result = cidr_list(t, block, count, host);
    json_decref(args);
    return result;
}

/* --- conditions
 * ------------------------------------------------------------------------------------------- */

/* -1: error, with t->why */
static int condition(struct template_context *t, const json_t *c);

static int condition_equals(struct template_context *t, const json_t *pair)
{
    json_t *a = json_array_size(pair) == 2 ? template_eval(t, json_array_get(pair, 0)) : NULL;
    json_t *b = a ? template_eval(t, json_array_get(pair, 1)) : NULL;
    struct buf x = {0}, y = {0};
    int result = -1;

    if (b && add_text(&x, a) && add_text(&y, b))
        result = x.len == y.len && (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
    else
        fail(t, "Equals takes two texts");
    buf_free(&x);
    buf_free(&y);
    json_decref(a);
    json_decref(b);
    return result;
}

static int condition_named(struct template_context *t, const char *name)
{
    const json_t *c = json_object_get(json_object_get(t->root, "Conditions"), name);
    int result;

    if (!c || t->depth >= TEMPLATE_DEPTH) {
        fail(t, c ? "condition '%s' leads to itself" : "there is no condition '%s'", name);
        return -1;
    }
    t->depth++;
    result = condition(t, c);
    t->depth--;
    return result;
}

/* And, Or: `stop` is the value that decides. */
static int condition_list(struct template_context *t, const json_t *list, int stop)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        int value = condition(t, item);
        if (value < 0 || value == stop)
            return value;
    }
    return !stop;
}

static int condition(struct template_context *t, const json_t *c)
{
    const char *key =
        json_object_size(c) == 1 ? json_object_iter_key(json_object_iter((json_t *)c)) : NULL;
    const json_t *arg = key ? json_object_get(c, key) : NULL;
    int value;

    if (key && strcmp(key, "Fn::Equals") == 0)
        return condition_equals(t, arg);
    if (key && strcmp(key, "Fn::And") == 0)
        return condition_list(t, arg, 0);
    if (key && strcmp(key, "Fn::Or") == 0)
        return condition_list(t, arg, 1);
    if (key && strcmp(key, "Fn::Not") == 0 && json_array_size(arg) == 1) {
        value = condition(t, json_array_get(arg, 0));
        return value < 0 ? value : !value;
    }
    if (key && strcmp(key, "Condition") == 0 && json_is_string(arg))
        return condition_named(t, json_string_value(arg));
    fail(t, "a condition is one of Equals, And, Or, Not, Condition");
    return -1;
}

static json_t *eval_if(struct template_context *t, const json_t *arg)
{
    const char *name = json_string_value(json_array_get(arg, 0));
    int value;

    if (!name || json_array_size(arg) != 3)
        return fail(t, "If takes a condition and two values");
    value = condition_named(t, name);
    return value < 0 ? NULL : template_eval(t, json_array_get(arg, value ? 1 : 2));
}

bool template_wanted(struct template_context *t, const json_t *resource, bool *ret_error)
{
    const char *name = json_string_value(json_object_get(resource, "Condition"));
    int value = name ? condition_named(t, name) : 1;

    *ret_error = value < 0;
    return value == 1;
}

/* --- the tree
 * ---------------------------------------------------------------------------------------------- */

static json_t *eval_getazs(struct template_context *t, const json_t *arg)
{
    (void)arg; /* a region: this installation is the only one there is */
    return json_incref((json_t *)t->zones);
}

static const struct {
    const char *name;
    json_t *(*eval)(struct template_context *t, const json_t *arg);
} functions[] = {
    {"Ref", eval_ref},           {"Fn::GetAtt", eval_getatt}, {"Fn::Sub", eval_sub},
    {"Fn::Join", eval_join},     {"Fn::Split", eval_split},   {"Fn::Select", eval_select},
    {"Fn::GetAZs", eval_getazs}, {"Fn::If", eval_if},         {"Fn::Cidr", eval_cidr},
};

/* {"Ref": "AWS::NoValue"} means that the member is not there. */
static bool is_no_value(const json_t *v)
{
    const char *name = json_string_value(json_object_get(v, "Ref"));

    return json_object_size(v) == 1 && name && strcmp(name, "AWS::NoValue") == 0;
}

/* The result of a function may be NoValue only through If, which gives JSON null for it. */
static json_t *eval_object(struct template_context *t, const json_t *object)
{
    json_t *copy, *value;
    const char *key;

    if (is_no_value(object))
        return json_null();
    if (json_object_size(object) == 1) {
        key = json_object_iter_key(json_object_iter((json_t *)object));
        for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
            if (strcmp(key, functions[i].name) == 0)
                return functions[i].eval(t, json_object_get(object, key));
        if (strncmp(key, "Fn::", 4) == 0)
            return fail(t, "the function %s is not known here", key);
    }
    copy = json_object();
    json_object_foreach((json_t *)object, key, value)
    {
        json_t *v = template_eval(t, value);
        if (!v) {
            json_decref(copy);
            return NULL;
        }
        if (json_is_null(v))
            json_decref(v);
        else
            json_object_set_new(copy, key, v);
    }
    return copy;
}

static json_t *eval_array(struct template_context *t, const json_t *array)
{
    json_t *copy = json_array(), *item;
    size_t i;

    json_array_foreach(array, i, item)
    {
        json_t *v = template_eval(t, item);
        if (!v) {
            json_decref(copy);
            return NULL;
        }
        if (json_is_null(v))
            json_decref(v);
        else
            json_array_append_new(copy, v);
    }
    return copy;
}

json_t *template_eval(struct template_context *t, const json_t *value)
{
    json_t *result;

    if (t->depth >= TEMPLATE_DEPTH)
        return fail(t, "nested too deeply");
    t->depth++;
    if (json_is_object(value))
        result = eval_object(t, value);
    else if (json_is_array(value))
        result = eval_array(t, value);
    else
        result = json_incref((json_t *)value);
    t->depth--;
    return result;
}
