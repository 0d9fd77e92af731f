/* SPDX-License-Identifier: Apache-2.0 */
/* Structs straight from compact JSON text, as shape_write and JSON_COMPACT make it: no tree
 * between.
 *
 * It reads plain ASCII strings, integers, booleans, lists and known members, and leaves all else
 * (escapes, blanks, nulls, other types) to the tree, so that there is one reading of what is
 * unusual. Members come in row order, so the search for the next one begins behind the last. */
#include <string.h>

#include "base/error.h"
#include "base/shape.h"

#define DEPTH_MAX 16  /* levels; stored shapes have three */
#define DIGITS_MAX 18 /* of a number: always fits */
#define LIST_FIRST 4  /* items that a list has room for at first */

struct text {
    const char *at, *end;
    struct arena *arena;
    unsigned depth;
};

static int struct_parse(struct text *t, const struct shape *shape, char *out);

/* Moves behind `c` if it is next. */
static bool take(struct text *t, char c)
{
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool take_word(struct text *t, const char *word, size_t len)
{
    if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0)
        return false;
    t->at += len;
    return true;
}

/* A string's bytes, where they stand. */
static bool take_string(struct text *t, const char **ret, size_t *ret_len)
{
    if (!take(t, '"'))
        return false;
    const char *at = t->at;
    while (at < t->end && *at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\')
        at++;
    *ret = t->at;
    *ret_len = (size_t)(at - t->at);
    t->at = at;
    return take(t, '"');
}

static int string_parse(struct text *t, const char **ret)
{
    const char *from;
    size_t len;
    if (!take_string(t, &from, &len))
        return ERR_UNSUPPORTED;
    *ret = arena_dup(t->arena, from, len);
    return *ret ? 0 : ERR_NOMEM;
}

static int int_parse(struct text *t, struct opt_int *ret)
{
    bool minus = take(t, '-');
    int64_t v = 0;
    unsigned n = 0;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; n++) {
        v = n < DIGITS_MAX ? v * 10 + (*t->at - '0') : v;
        t->at++;
    }
    bool real = t->at < t->end && (*t->at == '.' || *t->at == 'e' || *t->at == 'E');
    if (n == 0 || n > DIGITS_MAX || real)
        return ERR_UNSUPPORTED;
    *ret = (struct opt_int){true, minus ? -v : v};
    return 0;
}

static int bool_parse(struct text *t, enum tri *ret)
{
    if (take_word(t, "true", 4))
        *ret = TRI_TRUE;
    else if (take_word(t, "false", 5))
        *ret = TRI_FALSE;
    else
        return ERR_UNSUPPORTED;
    return 0;
}

/* A list of strings (`shape` NULL) or structs. The array may be larger than the list. */
static int list_parse(struct text *t, const struct shape *shape, char **ret, size_t *ret_n)
{
    size_t size = shape ? shape->size : sizeof(const char *), n = 0, cap = LIST_FIRST;
    char *items = arena_zalloc(t->arena, cap, size);
    if (!take(t, '['))
        return ERR_UNSUPPORTED;
    for (bool more = !take(t, ']'); more; more = !take(t, ']')) {
        if (n > 0 && !take(t, ','))
            return ERR_UNSUPPORTED;
        if (items && n == cap) {
            char *wider = arena_zalloc(t->arena, cap *= 2, size);
            items = wider ? memcpy(wider, items, n * size) : NULL;
        }
        if (!items)
            return ERR_NOMEM;
        char *item = items + n++ * size;
        int err =
            shape ? struct_parse(t, shape, item) : string_parse(t, (const char **)(void *)item);
        if (err)
            return err;
    }
    *ret = items;
    *ret_n = n;
    return items ? 0 : ERR_NOMEM;
}

static int member_parse(struct text *t, const struct field *f, char *out)
{
    void *value = out + f->offset;
    switch (f->kind) {
    case FIELD_STR:
        return string_parse(t, value);
    case FIELD_INT:
        return int_parse(t, value);
    case FIELD_BOOL:
        return bool_parse(t, value);
    case FIELD_LIST:
        return list_parse(t, f->shape, value, (size_t *)(void *)(out + f->offset_n));
    case FIELD_STRS:
        return list_parse(t, NULL, value, (size_t *)(void *)(out + f->offset_n));
    case FIELD_OBJ:
    case FIELD_MAP:
        break;
    }
    return ERR_UNSUPPORTED;
}

/* The field of a member's name; *next is where to look first, and gets the place behind it. */
static const struct field *field_find(const struct shape *shape, const char *name, size_t len,
                                      size_t *next)
{
    for (size_t i = 0; i < shape->fields_n; i++) {
        size_t at = (*next + i) % shape->fields_n;
        const char *is = shape->fields[at].name;
        if (strncmp(is, name, len) == 0 && is[len] == '\0') {
            *next = at + 1;
            return &shape->fields[at];
        }
    }
    return NULL;
}

/* `out` is cleared already. */
static int struct_parse(struct text *t, const struct shape *shape, char *out)
{
    size_t next = 0, n = 0, len;
    if (!take(t, '{') || ++t->depth > DEPTH_MAX)
        return ERR_UNSUPPORTED;
    for (bool more = !take(t, '}'); more; more = !take(t, '}')) {
        const char *name;
        if ((n++ > 0 && !take(t, ',')) || !take_string(t, &name, &len) || !take(t, ':'))
            return ERR_UNSUPPORTED;
        const struct field *f = field_find(shape, name, len, &next);
        int err = f ? member_parse(t, f, out) : ERR_UNSUPPORTED;
        if (err)
            return err;
    }
    t->depth--;
    return 0;
}

int shape_parse(const struct shape *shape, const char *text, size_t len, struct arena *arena,
                void *out)
{
    struct text t = {text, text + len, arena, 0};

    memset(out, 0, shape->size);
    int err = struct_parse(&t, shape, out);
    return err == 0 && t.at != t.end ? ERR_UNSUPPORTED : err;
}
