/* SPDX-License-Identifier: Apache-2.0 */
/* Structs from and to JSON trees, driven by field tables. The words of the violations are those of
 * the generic front end of the services (spec/resolver.md 6.2), because clients match on them. */
#include "base/shape.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define PATTERN_INPUT_MAX \
    4096              /* bytes; longer texts fail by their length before a pattern matters */
#define VALUE_DEPTH 6 /* levels of a structured value that a sentence quotes */

/* Where the reader is, from the innermost member outwards; lives on the stack of the recursion. */
struct place {
    const struct place *up;
    const struct field *field;
    size_t index; /* of a list item, from 1; 0: the member itself */
};

struct reader {
    struct arena *arena;
    struct shape_report *report;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

/* "ipAddresses.1.member.subnetId": the way the service names a place in its texts. */
static void place_text(const struct place *at, struct buf *out)
{
    if (at->up) {
        place_text(at->up, out);
        buf_str(out, ".");
    }
    buf_printf(out, "%c%s", lower(at->field->name[0]), at->field->name + 1);
    if (at->index > 0)
        buf_printf(out, ".%zu.member", at->index);
}

/* "Filter.1.Value": the same as a query parameter. */
static void place_wire(const struct place *at, struct buf *out)
{
    const char *name = at->field->wire ? at->field->wire : at->field->name;

    if (at->up) {
        place_wire(at->up, out);
        buf_str(out, ".");
    }
    buf_printf(out, "%c%s", upper(name[0]), name + 1);
    if (at->index > 0)
        buf_printf(out, ".%zu", at->index);
}

static void value_text(const json_t *v, int depth, struct buf *out)
{
    const char *key;
    json_t *item;
    size_t i;
    const char *sep = "";

    if (depth > VALUE_DEPTH || out->len > SHAPE_VALUE_SHOWN)
        return;
    switch (json_typeof(v)) {
    case JSON_STRING:
        buf_add(out, json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER:
        buf_printf(out, "%lld", (long long)json_integer_value(v));
        break;
    case JSON_REAL:
        buf_printf(out, "%.17g", json_real_value(v));
        break;
    case JSON_TRUE:
        buf_str(out, "true");
        break;
    case JSON_FALSE:
        buf_str(out, "false");
        break;
    case JSON_NULL:
        buf_str(out, "null");
        break;
    case JSON_ARRAY:
        buf_str(out, "[");
        json_array_foreach(v, i, item)
        {
            buf_str(out, sep);
            value_text(item, depth + 1, out);
            sep = ", ";
        }
        buf_str(out, "]");
        break;
    case JSON_OBJECT:
        buf_str(out, "{");
        json_object_foreach((json_t *)v, key, item)
        {
            buf_printf(out, "%s%s=", sep, key);
            value_text(item, depth + 1, out);
            sep = ", ";
        }
        buf_str(out, "}");
        break;
    }
}

/* Bytes of `text` that may be shown without cutting a UTF-8 sequence. */
static size_t shown_len(const char *text, size_t len)
{
    if (len <= SHAPE_VALUE_SHOWN)
        return len;
    len = SHAPE_VALUE_SHOWN;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static void report_first(struct shape_report *report, const struct place *at, enum shape_rule rule,
                         const struct buf *value, const char *demand)
{
    const struct place *outer = at;

    if (report->first != RULE_NONE)
        return;
    while (outer->up)
        outer = outer->up;
    report->first = rule;
    report->first_flags = outer->field->flags;
    place_wire(at, &report->first_wire);
    buf_add(&report->first_value, value->data ? value->data : "",
            value->data ? shown_len(value->data, value->len) : 0);
    buf_str(&report->first_demand, demand);
}

/* Notes one violation; value NULL stands for an absent member. */
__attribute__((format(printf, 5, 6))) static void
violation(struct reader *r, const struct place *at, enum shape_rule rule, const json_t *value,
          const char *fmt, ...)
{
    struct shape_report *report = r->report;
    struct buf shown = {0};
    struct buf demand = {0};
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_str(&demand, text);
    if (value)
        value_text(value, 0, &shown);
    report_first(report, at, rule, &shown, text);
    if (++report->count <= SHAPE_REPORT_SENTENCES) {
        buf_str(&report->text, report->text.len > 0 ? "; Value " : "Value ");
        if (value)
            buf_printf(&report->text, "'%.*s'",
                       (int)shown_len(shown.data ? shown.data : "", shown.len),
                       shown.data ? shown.data : "");
        else
            buf_str(&report->text, "null");
        buf_str(&report->text, " at '");
        place_text(at, &report->text);
        buf_printf(&report->text, "' failed to satisfy constraint: %s",
                   demand.data ? demand.data : "");
    }
    buf_free(&shown);
    buf_free(&demand);
}

/* A value of the wrong type ends the reading: the service cannot go on either. */
static int type_error(struct reader *r, const struct place *at, const json_t *value)
{
    static const char *const wanted[] = {
        [FIELD_STR] = "a String",    [FIELD_INT] = "an Integer", [FIELD_BOOL] = "a Boolean",
        [FIELD_OBJ] = "a Structure", [FIELD_LIST] = "a List",    [FIELD_STRS] = "a List",
        [FIELD_MAP] = "a Map",
    };
    struct shape_report *report = r->report;
    struct buf shown = {0};
    const char *found = json_is_string(value)   ? "STRING_VALUE"
                        : json_is_number(value) ? "NUMBER_VALUE"
                        : json_is_boolean(value)
                            ? (json_is_true(value) ? "TRUE_VALUE" : "FALSE_VALUE")
                        : json_is_array(value) ? "LIST_VALUE"
                                               : "STRUCTURE_VALUE";
    const char *want = at->index > 0 && at->field->kind == FIELD_STRS   ? "a String"
                       : at->index > 0 && at->field->kind == FIELD_LIST ? "a Structure"
                                                                        : wanted[at->field->kind];

    if (!report)
        return ERR_INVALID;
    value_text(value, 0, &shown);
    buf_free(&report->text);
    buf_printf(&report->text, "%s can not be converted to %s", found, want);
    report->type_error = true;
    report->count++;
    report->first = RULE_NONE; /* the type error is what the caller must hear of */
    buf_free(&report->first_wire);
    buf_free(&report->first_value);
    buf_free(&report->first_demand);
    report_first(report, at, RULE_TYPE, &shown, report->text.data ? report->text.data : "");
    buf_free(&shown);
    return ERR_INVALID;
}

static int64_t text_length(const char *s)
{
    int64_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* True if the whole text matches. A pattern that does not compile is a bug of the rows: nothing
 * matches. */
static bool pattern_matches(const char *pattern, const char *text)
{
    char whole[1024];
    regex_t re;
    int result;

    if (strlen(text) > PATTERN_INPUT_MAX)
        return false;
    if ((size_t)snprintf(whole, sizeof whole, "^(%s)$", pattern) >= sizeof whole)
        return false;
    result = regcomp(&re, whole, REG_EXTENDED | REG_NOSUB);
    if (result == 0) {
        result = regexec(&re, text, 0, NULL, 0);
        regfree(&re);
    }
    if (result == REG_ESPACE)
        memory_failed();
    return result == 0;
}

static bool enum_has(const char *const *values, const char *text)
{
    for (; *values; values++)
        if (strcmp(*values, text) == 0)
            return true;
    return false;
}

static void enum_demand(const char *const *values, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "Member must satisfy enum value set: [");

    for (; *values && used < size; values++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", *values, values[1] ? ", " : "");
    if (used < size)
        snprintf(out + used, size - used, "]");
}

static void check_length(struct reader *r, const struct place *at, const json_t *value, int64_t n)
{
    const struct field *f = at->field;

    if (f->max >= 0 && n > f->max)
        violation(r, at, RULE_LENGTH, value, "Member must have length less than or equal to %lld",
                  (long long)f->max);
    if (n < f->min)
        violation(r, at, RULE_LENGTH, value,
                  "Member must have length greater than or equal to %lld", (long long)f->min);
}

static void check_string(struct reader *r, const struct place *at, const json_t *value)
{
    const struct field *f = at->field;
    const char *text = json_string_value(value);
    char demand[1024];

    if (f->values && !enum_has(f->values, text)) {
        enum_demand(f->values, demand, sizeof demand);
        violation(r, at, RULE_ENUM, value, "%s", demand);
    }
    check_length(r, at, value, text_length(text));
    if (f->pattern && !pattern_matches(f->pattern, text))
        violation(r, at, RULE_PATTERN, value, "Member must satisfy regular expression pattern: %s",
                  f->pattern_shown ? f->pattern_shown : f->pattern);
}

/* The items of a list of strings are judged together: the service quotes the list and all item
 * rules. */
static void check_items(struct reader *r, const struct place *at, const json_t *value)
{
    const struct field *f = at->field;
    enum shape_rule broken = RULE_NONE;
    char demand[1024];
    struct buf all = {0};
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item)
    {
        const char *text = json_string_value(item);

        if (!text || broken != RULE_NONE)
            continue; /* one sentence speaks for all items */
        if (f->values && !enum_has(f->values, text))
            broken = RULE_ENUM;
        else if ((f->item_max >= 0 && text_length(text) > f->item_max) ||
                 text_length(text) < f->item_min)
            broken = RULE_LENGTH;
        else if (f->pattern && !pattern_matches(f->pattern, text))
            broken = RULE_PATTERN;
    }
    if (broken == RULE_NONE)
        return;
    if (f->item_max >= 0)
        buf_printf(&all,
                   "Member must have length less than or equal to %lld, "
                   "Member must have length greater than or equal to %lld",
                   (long long)f->item_max, (long long)f->item_min);
    if (f->pattern)
        buf_printf(&all, "%sMember must satisfy regular expression pattern: %s",
                   all.len ? ", " : "", f->pattern_shown ? f->pattern_shown : f->pattern);
    if (f->values) {
        enum_demand(f->values, demand, sizeof demand);
        buf_printf(&all, "%s%s", all.len ? ", " : "", demand);
    }
    violation(r, at, broken, value, "Member must satisfy constraint: [%s]",
              all.data ? all.data : "");
    buf_free(&all);
}

static int read_struct(struct reader *r, const struct shape *shape, const json_t *json,
                       const struct place *up, void *out);

static int read_string(struct reader *r, const struct place *at, const json_t *v, const char **ret)
{
    if (!json_is_string(v))
        return type_error(r, at, v);
    *ret = arena_dup(r->arena, json_string_value(v), json_string_length(v));
    return *ret ? 0 : ERR_NOMEM;
}

static int read_int(struct reader *r, const struct place *at, const json_t *v, struct opt_int *ret)
{
    const struct field *f = at->field;

    if (json_is_integer(v))
        ret->v = json_integer_value(v);
    else if (json_is_real(v) && json_real_value(v) > -9e15 && json_real_value(v) < 9e15 &&
             (double)(int64_t)json_real_value(v) == json_real_value(v))
        ret->v = (int64_t)json_real_value(v);
    else
        return type_error(r, at, v);
    ret->set = true;
    if (!r->report)
        return 0;
    if (f->max != -1 && ret->v > f->max)
        violation(r, at, RULE_RANGE, v, "Member must have value less than or equal to %lld",
                  (long long)f->max);
    if ((f->min != 0 || f->max != -1) && ret->v < f->min)
        violation(r, at, RULE_RANGE, v, "Member must have value greater than or equal to %lld",
                  (long long)f->min);
    return 0;
}

static int read_list(struct reader *r, const struct place *at, const json_t *v, void **ret,
                     size_t *ret_n)
{
    const struct field *f = at->field;
    size_t n = json_array_size(v);
    size_t size = f->kind == FIELD_STRS ? sizeof(const char *) : f->shape->size;
    char *items;
    int err;

    if (!json_is_array(v))
        return type_error(r, at, v);
    items = arena_zalloc(r->arena, n > 0 ? n : 1, size);
    if (!items)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        struct place item = {at->up, f, i + 1};
        const json_t *e = json_array_get(v, i);

        err = f->kind == FIELD_STRS ? read_string(r, &item, e, (const char **)(void *)items + i)
              : json_is_object(e)   ? read_struct(r, f->shape, e, &item, items + i * size)
                                    : type_error(r, &item, e);
        if (err)
            return err;
    }
    *ret = items;
    *ret_n = n;
    if (r->report) {
        check_length(r, at, v, (int64_t)n);
        if (f->kind == FIELD_STRS)
            check_items(r, at, v);
    }
    return 0;
}

static int read_map(struct reader *r, const struct place *at, const json_t *v, void **ret,
                    size_t *ret_n)
{
    struct shape_pair *pairs;
    const char *key;
    json_t *e;
    size_t n = 0;
    int err;

    if (!json_is_object(v))
        return type_error(r, at, v);
    pairs = arena_zalloc(r->arena, json_object_size(v) + 1, sizeof *pairs);
    if (!pairs)
        return ERR_NOMEM;
    json_object_foreach((json_t *)v, key, e)
    {
        struct place item = {at->up, at->field, n + 1};

        if (!json_is_string(e))
            return type_error(r, &item, e);
        pairs[n].key = arena_str(r->arena, key);
        err = read_string(r, &item, e, &pairs[n].value);
        if (err || !pairs[n].key)
            return ERR_NOMEM;
        n++;
    }
    *ret = pairs;
    *ret_n = n;
    if (r->report)
        check_length(r, at, v, (int64_t)n);
    return 0;
}

static int read_object(struct reader *r, const struct place *at, const json_t *v, void **ret)
{
    void *sub;

    if (!json_is_object(v))
        return type_error(r, at, v);
    sub = arena_zalloc(r->arena, 1, at->field->shape->size);
    if (!sub)
        return ERR_NOMEM;
    *ret = sub;
    return read_struct(r, at->field->shape, v, at, sub);
}

static int read_member(struct reader *r, const struct place *at, const json_t *v, char *out)
{
    const struct field *f = at->field;
    void *value = out + f->offset;
    size_t *count = (void *)(out + f->offset_n);
    int err;

    switch (f->kind) {
    case FIELD_STR:
        err = read_string(r, at, v, value);
        if (!err && r->report)
            check_string(r, at, v);
        return err;
    case FIELD_INT:
        return read_int(r, at, v, value);
    case FIELD_BOOL:
        if (!json_is_boolean(v))
            return type_error(r, at, v);
        *(enum tri *)value = json_is_true(v) ? TRI_TRUE : TRI_FALSE;
        return 0;
    case FIELD_OBJ:
        return read_object(r, at, v, value);
    case FIELD_LIST:
    case FIELD_STRS:
        return read_list(r, at, v, value, count);
    case FIELD_MAP:
        return read_map(r, at, v, value, count);
    }
    return ERR_INVALID;
}

static int read_struct(struct reader *r, const struct shape *shape, const json_t *json,
                       const struct place *up, void *out)
{
    memset(out, 0, shape->size);
    for (size_t i = 0; i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        const json_t *v = json_object_get(json, f->name);
        struct place at = {up, f, 0};
        int err;

        if (!v || json_is_null(v)) {
            if (r->report && (f->flags & F_REQ))
                violation(r, &at, RULE_REQUIRED, NULL, "Member must not be null");
            continue;
        }
        err = read_member(r, &at, v, out);
        if (err)
            return err;
    }
    return 0;
}

int shape_read(const struct shape *shape, const json_t *json, struct arena *arena, void *out,
               struct shape_report *report)
{
    struct reader r = {arena, report};
    uint64_t failures = memory_failures();
    int err;

    memset(out, 0, shape->size);
    if (!json_is_object(json)) {
        if (report) {
            report->type_error = true;
            report->count++;
            buf_str(&report->text, "Unexpected token: a structure was expected");
        }
        return ERR_INVALID;
    }
    err = read_struct(&r, shape, json, NULL, out);
    if (memory_failures() != failures) /* a pattern was not looked for to the end */
        return ERR_NOMEM;
    if (err)
        return err;
    return report && report->count > 0 ? ERR_INVALID : 0;
}

static json_t *write_list(const struct field *f, const char *items, size_t n, enum shape_mode mode)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < n; i++) {
        json_t *e = f->kind == FIELD_STRS
                        ? json_string(((const char *const *)(const void *)items)[i])
                        : shape_write(f->shape, items + i * f->shape->size, mode);

        if (json_array_append_new(list, e) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *write_map(const struct shape_pair *pairs, size_t n)
{
    json_t *map = json_object();

    for (size_t i = 0; map && i < n; i++) {
        if (json_object_set_new(map, pairs[i].key, json_string(pairs[i].value)) != 0) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

/* Makes *ret the JSON value of a member, or NULL with a zero result when the member is absent. */
static int write_member(const struct field *f, const char *in, enum shape_mode mode, json_t **ret)
{
    const void *value = in + f->offset;
    const void *pointer = NULL;
    size_t n = 0;

    *ret = NULL;
    if (f->kind == FIELD_INT) {
        const struct opt_int *i = value;

        if (!i->set)
            return 0;
        *ret = json_integer(i->v);
    } else if (f->kind == FIELD_BOOL) {
        enum tri t = *(const enum tri *)value;

        if (t == TRI_NONE)
            return 0;
        *ret = json_boolean(t == TRI_TRUE);
    } else {
        memcpy(&pointer, value, sizeof pointer);
        if (!pointer)
            return 0;
        if (f->kind == FIELD_LIST || f->kind == FIELD_STRS || f->kind == FIELD_MAP)
            memcpy(&n, in + f->offset_n, sizeof n);
        *ret = f->kind == FIELD_STR   ? json_string(pointer)
               : f->kind == FIELD_OBJ ? shape_write(f->shape, pointer, mode)
               : f->kind == FIELD_MAP ? write_map(pointer, n)
                                      : write_list(f, pointer, n, mode);
    }
    return *ret ? 0 : ERR_NOMEM;
}

json_t *shape_write(const struct shape *shape, const void *in, enum shape_mode mode)
{
    json_t *json = json_object();

    for (size_t i = 0; json && i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        json_t *v;

        if (mode == SHAPE_API && (f->flags & F_HIDDEN))
            continue;
        if (write_member(f, in, mode, &v) == 0 &&
            (!v || json_object_set_new(json, f->name, v) == 0))
            continue;
        json_decref(json);
        return NULL;
    }
    return json;
}

static int copy_list(const struct field *f, const void *from, size_t n, struct arena *arena,
                     void **ret)
{
    size_t size = f->kind == FIELD_STRS  ? sizeof(const char *)
                  : f->kind == FIELD_MAP ? sizeof(struct shape_pair)
                                         : f->shape->size;
    char *to = arena_zalloc(arena, n > 0 ? n : 1, size);

    if (!to)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (f->kind == FIELD_LIST) {
            if (shape_copy(f->shape, (const char *)from + i * size, arena, to + i * size) != 0)
                return ERR_NOMEM;
        } else if (f->kind == FIELD_STRS) {
            const char *s = arena_str(arena, ((const char *const *)from)[i]);

            if (!s)
                return ERR_NOMEM;
            ((const char **)(void *)to)[i] = s;
        } else {
            const struct shape_pair *p = (const struct shape_pair *)from + i;
            struct shape_pair copy = {arena_str(arena, p->key), arena_str(arena, p->value)};

            if (!copy.key || !copy.value)
                return ERR_NOMEM;
            ((struct shape_pair *)(void *)to)[i] = copy;
        }
    }
    *ret = to;
    return 0;
}

/* Replaces the pointer of one member of *out, which is still the source's, by a copy. */
static int copy_member(const struct field *f, struct arena *arena, char *out)
{
    void *pointer;
    void *copy = NULL;
    size_t n = 0;
    int err = 0;

    memcpy(&pointer, out + f->offset, sizeof pointer);
    if (!pointer)
        return 0;
    switch (f->kind) {
    case FIELD_INT:
    case FIELD_BOOL:
        return 0;
    case FIELD_STR:
        copy = arena_str(arena, pointer);
        break;
    case FIELD_OBJ:
        copy = arena_zalloc(arena, 1, f->shape->size);
        err = copy ? shape_copy(f->shape, pointer, arena, copy) : ERR_NOMEM;
        break;
    case FIELD_LIST:
    case FIELD_STRS:
    case FIELD_MAP:
        memcpy(&n, out + f->offset_n, sizeof n);
        err = copy_list(f, pointer, n, arena, &copy);
        break;
    }
    if (err || !copy)
        return ERR_NOMEM;
    memcpy(out + f->offset, &copy, sizeof copy);
    return 0;
}

int shape_copy(const struct shape *shape, const void *in, struct arena *arena, void *out)
{
    memmove(out, in, shape->size);
    for (size_t i = 0; i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        int err = f->kind == FIELD_INT || f->kind == FIELD_BOOL ? 0 : copy_member(f, arena, out);

        if (err)
            return err;
    }
    return 0;
}

const struct field *shape_field(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->fields_n; i++)
        if (strcmp(shape->fields[i].name, name) == 0)
            return &shape->fields[i];
    return NULL;
}

char *shape_report_text(const struct shape_report *report, struct arena *arena)
{
    const char *text = report->text.data ? report->text.data : "";

    if (report->type_error)
        return arena_str(arena, text);
    return arena_printf(arena, "%u validation error%s detected: %s", report->count,
                        report->count == 1 ? "" : "s", text);
}

void shape_report_free(struct shape_report *report)
{
    buf_free(&report->text);
    buf_free(&report->first_wire);
    buf_free(&report->first_value);
    buf_free(&report->first_demand);
    *report = (struct shape_report){0};
}
