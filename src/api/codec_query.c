/* SPDX-License-Identifier: Apache-2.0 */
/* Query (STS) and EC2: parameters with dotted names in, XML out.
 *
 * The flat parameters are first hung into a tree by the parts of their names, which costs the same
 * for each of them; a search for every possible name would let one long request cost the square of
 * its length. */
#include "api/codec_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/xml.h"
#include "base/error.h"

#define NAME_PARTS_MAX 16 /* dots of a parameter name; the deepest of the services has 7 */
#define PART_MAX 128      /* bytes of one part */

/* Hangs one parameter into the tree. A name that is both a leaf and a branch is refused. */
static int tree_add(json_t *tree, const char *name, const char *value)
{
    char part[PART_MAX];

    for (unsigned depth = 0; depth < NAME_PARTS_MAX; depth++) {
        size_t n = strcspn(name, ".");
        json_t *next;

        if (n == 0 || n >= sizeof part)
            return ERR_INVALID;
        memcpy(part, name, n);
        part[n] = 0;
        next = json_object_get(tree, part);
        if (!name[n])
            return next                                                       ? ERR_INVALID
                   : json_object_set_new(tree, part, json_string(value)) == 0 ? 0
                                                                              : ERR_NOMEM;
        if (!next) {
            next = json_object();
            if (json_object_set_new(tree, part, next) != 0)
                return ERR_NOMEM;
        }
        if (!json_is_object(next))
            return ERR_INVALID;
        tree = next;
        name += n + 1;
    }
    return ERR_INVALID;
}

static const char *param_name(const struct field *f, enum protocol p, char *buf, size_t size)
{
    snprintf(buf, size, "%s", f->wire ? f->wire : f->name);
    if (p == PROTOCOL_EC2 && buf[0] >= 'a' && buf[0] <= 'z')
        buf[0] = (char)(buf[0] - ('a' - 'A'));
    return buf;
}

static bool is_flat(const struct field *f, enum protocol p)
{
    return p == PROTOCOL_EC2 || (f->flags & F_FLAT);
}

struct numbered {
    unsigned long index;
    json_t *node;
};

static int numbered_order(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

/* The children "1", "2", ... of a node in order of their numbers; gaps are closed, other names are
 * ignored. */
static int numbered_children(const json_t *node, struct numbered **ret, size_t *ret_n)
{
    struct numbered *list = calloc(json_object_size(node) + 1, sizeof *list);
    const char *key;
    json_t *child;
    size_t n = 0;

    if (!list)
        return ERR_NOMEM;
    json_object_foreach((json_t *)node, key, child)
    {
        char *end;
        unsigned long index = strtoul(key, &end, 10);

        if (key[0] >= '1' && key[0] <= '9' && !*end)
            list[n++] = (struct numbered){index, child};
    }
    qsort(list, n, sizeof *list, numbered_order);
    *ret = list;
    *ret_n = n;
    return 0;
}

static json_t *read_struct(const struct shape *shape, const json_t *node, enum protocol p);

/* A leaf as a scalar of the kind; a branch is given through, so that shape_read reports it. */
static json_t *read_leaf(enum field_kind kind, json_t *node)
{
    return json_is_string(node) ? codec_scalar(kind, json_string_value(node)) : json_incref(node);
}

static json_t *read_list(const struct field *f, json_t *node, enum protocol p)
{
    const json_t *items =
        is_flat(f, p) ? node : json_object_get(node, f->member ? f->member : "member");
    json_t *list = json_array();
    struct numbered *children;
    size_t n;

    /* "Name=" is how clients write an empty list */
    if (json_is_string(node) && !*json_string_value(node))
        return list;
    if (!list || !json_is_object(items) || numbered_children(items, &children, &n) != 0) {
        json_decref(list);
        return json_incref(node);
    }
    for (size_t i = 0; list && i < n; i++) {
        json_t *v = f->kind == FIELD_STRS              ? read_leaf(FIELD_STR, children[i].node)
                    : json_is_object(children[i].node) ? read_struct(f->shape, children[i].node, p)
                                                       : json_incref(children[i].node);

        if (json_array_append_new(list, v) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    free(children);
    return list;
}

/* Maps: Name.entry.N.key and Name.entry.N.value. */
static json_t *read_map(json_t *node)
{
    json_t *map = json_object();
    struct numbered *children;
    size_t n;

    if (!map || numbered_children(json_object_get(node, "entry"), &children, &n) != 0) {
        json_decref(map);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const char *key = json_string_value(json_object_get(children[i].node, "key"));

        if (key)
            json_object_set(map, key, json_object_get(children[i].node, "value"));
    }
    free(children);
    return map;
}

static json_t *read_member(const struct field *f, json_t *node, enum protocol p)
{
    json_t *inner = node;

    switch (f->kind) {
    case FIELD_STR:
    case FIELD_INT:
    case FIELD_BOOL:
        if ((f->flags & F_VALUE) && json_is_object(node))
            inner = json_object_get(node, "Value");
        return inner ? read_leaf(f->kind, inner) : json_null();
    case FIELD_OBJ:
        return json_is_object(node) ? read_struct(f->shape, node, p) : json_incref(node);
    case FIELD_LIST:
    case FIELD_STRS:
        return read_list(f, node, p);
    case FIELD_MAP:
        return read_map(node);
    }
    return NULL;
}

static json_t *read_struct(const struct shape *shape, const json_t *node, enum protocol p)
{
    json_t *object = json_object();

    for (size_t i = 0; object && i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        char name[PART_MAX];
        json_t *child = json_object_get(node, param_name(f, p, name, sizeof name));

        if (child && json_object_set_new(object, f->name, read_member(f, child, p)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

int query_decode(const struct call *call, json_t **ret, const char **ret_why)
{
    json_t *tree = json_object();
    int err = tree ? 0 : ERR_NOMEM;

    for (size_t i = 0; !err && i < call->form.n; i++) {
        err = tree_add(tree, call->form.v[i].name, call->form.v[i].value);
        if (err == ERR_INVALID)
            *ret_why =
                arena_printf(call->arena, "The parameter %.200s is not valid or given twice.",
                             call->form.v[i].name);
    }
    if (!err) {
        *ret = read_struct(call->op->in, tree, call->service->protocol);
        err = *ret ? 0 : ERR_NOMEM;
    }
    json_decref(tree);
    return err;
}

int query_encode(const struct call *call, const json_t *out, const char *request_id,
                 struct reply *ret)
{
    const struct service *s = call->service;
    const char *name = call->op->name;
    struct buf *b = &ret->body;

    buf_printf(b, "%s<%sResponse xmlns=\"%s\">", XML_DECLARATION, name, s->xmlns ? s->xmlns : "");
    if (s->protocol == PROTOCOL_EC2) {
        xml_element(b, "requestId", request_id);
        if (call->op->out->fields_n == 0)
            xml_element(b, "return", "true");
        xml_write(b, call->op->out, out, XML_EC2);
    } else {
        buf_printf(b, "<%sResult>", name);
        xml_write(b, call->op->out, out, XML_REST);
        buf_printf(b, "</%sResult><ResponseMetadata>", name);
        xml_element(b, "RequestId", request_id);
        buf_str(b, "</ResponseMetadata>");
    }
    buf_printf(b, "</%sResponse>", name);
    return b->failed ? ERR_NOMEM : 0;
}

/* The flattening of a value tree: the name so far, to which each level adds and which it then cuts
 * again. */
struct flat {
    enum protocol protocol;
    char name[512];
    size_t len;
    struct buf *out;
};

static size_t push(struct flat *w, const char *part)
{
    size_t before = w->len;
    int n =
        snprintf(w->name + w->len, sizeof w->name - w->len, "%s%s", w->len > 0 ? "." : "", part);

    w->len += (size_t)n;
    if (w->len >= sizeof w->name) {
        w->len = sizeof w->name - 1;
        w->out->failed = true;
    }
    return before;
}

static void pop(struct flat *w, size_t before)
{
    w->len = before;
    w->name[before] = 0;
}

static void put(struct flat *w, const json_t *v)
{
    char number[CODEC_NUMBER_MAX];
    const char *text = codec_text(v, number, sizeof number);

    buf_str(w->out, w->out->len > 0 ? "&" : "");
    percent_encode(w->out, w->name, w->len, false);
    buf_str(w->out, "=");
    percent_encode(w->out, text, strlen(text), false);
}

static void write_struct(struct flat *w, const struct shape *shape, const json_t *object);

static void write_list(struct flat *w, const struct field *f, const json_t *list)
{
    size_t top = w->len;
    json_t *item;
    size_t i;

    if (json_array_size(list) == 0) {
        put(w, NULL);
        return;
    }
    if (!is_flat(f, w->protocol))
        push(w, f->member ? f->member : "member");
    json_array_foreach(list, i, item)
    {
        char number[CODEC_NUMBER_MAX];
        size_t before;

        snprintf(number, sizeof number, "%zu", i + 1);
        before = push(w, number);
        if (f->kind == FIELD_STRS)
            put(w, item);
        else
            write_struct(w, f->shape, item);
        pop(w, before);
    }
    pop(w, top);
}

static void write_map(struct flat *w, const json_t *map)
{
    const char *key;
    json_t *v;
    size_t i = 0;

    json_object_foreach((json_t *)map, key, v)
    {
        char number[CODEC_NUMBER_MAX + 8];
        json_t *name = json_string(key);
        size_t top, before;

        snprintf(number, sizeof number, "entry.%zu", ++i);
        top = push(w, number);
        before = push(w, "key");
        put(w, name);
        pop(w, before);
        push(w, "value");
        put(w, v);
        pop(w, top);
        json_decref(name);
    }
}

static void write_struct(struct flat *w, const struct shape *shape, const json_t *object)
{
    for (size_t i = 0; i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        const json_t *v = json_object_get(object, f->name);
        char name[PART_MAX];
        size_t before;

        if (!v || json_is_null(v))
            continue;
        before = push(w, param_name(f, w->protocol, name, sizeof name));
        if (f->kind == FIELD_OBJ) {
            write_struct(w, f->shape, v);
        } else if (f->kind == FIELD_LIST || f->kind == FIELD_STRS) {
            write_list(w, f, v);
        } else if (f->kind == FIELD_MAP) {
            write_map(w, v);
        } else {
            if (f->flags & F_VALUE)
                push(w, "Value");
            put(w,
                json_is_object(v) ? json_object_get(v, "Value") : v); /* SDKs write {"Value": v} */
        }
        pop(w, before);
    }
}

int query_build(const struct service *s, const struct op *op, const json_t *in, struct arena *arena,
                struct request *ret)
{
    struct buf body = {0};
    struct flat w = {.protocol = s->protocol, .out = &body};

    buf_printf(&body, "Action=%s&Version=%s", op->name, s->version);
    write_struct(&w, op->in, in);
    ret->body = body.failed ? NULL : arena_dup(arena, body.data, body.len);
    ret->body_len = body.len;
    buf_free(&body);
    if (!ret->body)
        return ERR_NOMEM;
    return pairs_add(&ret->headers, arena, "Content-Type",
                     "application/x-www-form-urlencoded; charset=utf-8");
}
