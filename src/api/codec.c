/* SPDX-License-Identifier: Apache-2.0 */
/* What all codecs share: scalars, content types, and members bound to path, query string and
 * headers. */
#include "api/codec_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

const char *codec_content_type(enum protocol p)
{
    switch (p) {
    case PROTOCOL_JSON11:
        return "application/x-amz-json-1.1";
    case PROTOCOL_REST_JSON:
        return "application/json";
    case PROTOCOL_REST_XML:
    case PROTOCOL_QUERY:
        return "text/xml";
    case PROTOCOL_EC2:
        return "text/xml;charset=UTF-8";
    }
    return "text/plain";
}

static json_t *scalar_int(const char *text)
{
    char *end;
    long long v;

    errno = 0;
    v = strtoll(text, &end, 10);
    if (end == text || *end || errno || text[0] == ' ' || text[0] == '+')
        return json_string(text);
    return json_integer(v);
}

json_t *codec_scalar(enum field_kind kind, const char *text)
{
    if (kind == FIELD_INT)
        return scalar_int(text);
    if (kind == FIELD_BOOL && strcasecmp(text, "true") == 0)
        return json_true();
    if (kind == FIELD_BOOL && strcasecmp(text, "false") == 0)
        return json_false();
    return json_string(text);
}

const char *codec_text(const json_t *v, char *buf, size_t size)
{
    if (json_is_string(v))
        return json_string_value(v);
    if (json_is_boolean(v))
        return json_is_true(v) ? "true" : "false";
    if (json_is_integer(v))
        snprintf(buf, size, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        snprintf(buf, size, "%.17g", json_real_value(v));
    else
        return "";
    return buf;
}

static const char *wire_name(const struct field *f)
{
    return f->wire ? f->wire : f->name;
}

bool bind_has_body(const struct shape *shape)
{
    for (size_t i = 0; i < shape->fields_n; i++)
        if (!(shape->fields[i].flags & (F_PATH | F_QUERY | F_HEADER)))
            return true;
    return false;
}

/* A query member: the first parameter of its name, or all of them for a list of strings. NULL: not
 * given. */
static int decode_query(const struct field *f, const struct pairs *query, json_t **ret)
{
    const char *name = wire_name(f);
    const char *text = pairs_get(query, name);
    json_t *list;

    *ret = NULL;
    if (!text)
        return 0;
    if (f->kind != FIELD_STRS) {
        *ret = codec_scalar(f->kind, text);
        return *ret ? 0 : ERR_NOMEM;
    }
    list = json_array();
    for (size_t i = 0; list && i < query->n; i++) {
        if (strcmp(query->v[i].name, name) == 0 &&
            json_array_append_new(list, json_string(query->v[i].value)) != 0) {
            json_decref(list);
            return ERR_NOMEM;
        }
    }
    *ret = list;
    return list ? 0 : ERR_NOMEM;
}

/* A header's value as a tree, or NULL when the bytes are no UTF-8. */
static json_t *header_scalar(const struct field *f, const char *text)
{
    return text && utf8_valid(text, strlen(text)) ? codec_scalar(f->kind, text) : NULL;
}

int bind_decode(const struct call *call, json_t *object, const char **ret_why)
{
    const struct shape *shape = call->op->in;
    const char *q = call->request->query ? call->request->query : "";
    struct pairs query = {0};
    int err = form_parse(q, strlen(q), call->arena, &query);

    if (err) {
        *ret_why = "The query string is not valid.";
        return err == ERR_NOMEM ? ERR_NOMEM : ERR_INVALID;
    }
    for (size_t i = 0; i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        const char *label = f->flags & F_PATH ? pairs_get(&call->labels, f->name) : NULL;
        json_t *v = NULL;

        if (label)
            v = codec_scalar(f->kind, label);
        else if (f->flags & F_QUERY)
            err = decode_query(f, &query, &v);
        else if (f->flags & F_HEADER)
            v = header_scalar(f, request_header(call->request, wire_name(f)));
        if (err || (label && !v) || (v && json_object_set_new(object, f->name, v) != 0))
            return ERR_NOMEM;
    }
    return 0;
}

int bind_headers(const struct call *call, const json_t *out, struct reply *ret)
{
    const struct shape *shape = call->op->out;

    for (size_t i = 0; i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        const json_t *v = json_object_get(out, f->name);
        char number[CODEC_NUMBER_MAX];
        char *text;

        if (!(f->flags & F_HEADER) || !v || json_is_null(v))
            continue;
        text = arena_str(call->arena, codec_text(v, number, sizeof number));
        if (!text || pairs_add(&ret->headers, call->arena, wire_name(f), text) != 0)
            return ERR_NOMEM;
        for (char *c = text; *c; c++)
            if ((unsigned char)*c < ' ')
                *c = ' '; /* a value must not be able to end its header line */
    }
    return 0;
}

/* Expands the template; a value's '/' is encoded, as SDKs do. */
static int build_path(const struct op *op, const json_t *in, struct buf *out,
                      const char **ret_member)
{
    const char *p = op->path;

    while (*p) {
        const char *open = strchr(p, '{');
        const char *close = open ? strchr(open, '}') : NULL;
        char name[128], number[CODEC_NUMBER_MAX];
        const char *value;

        if (!open || !close) {
            buf_str(out, p);
            break;
        }
        buf_add(out, p, (size_t)(open - p));
        snprintf(name, sizeof name, "%.*s", (int)(close - open - 1), open + 1);
        value = codec_text(json_object_get(in, name), number, sizeof number);
        if (!*value) {
            const struct field *f = shape_field(op->in, name);

            *ret_member = f ? f->name : "a member of the path";
            return ERR_INVALID;
        }
        percent_encode(out, value, strlen(value), false);
        p = close + 1;
    }
    return 0;
}

static void query_pair(struct buf *out, const char *name, const json_t *v)
{
    char number[CODEC_NUMBER_MAX];
    const char *text = codec_text(v, number, sizeof number);

    buf_str(out, out->len > 0 ? "&" : "");
    percent_encode(out, name, strlen(name), false);
    buf_str(out, "=");
    percent_encode(out, text, strlen(text), false);
}

int bind_build(const struct op *op, const json_t *in, struct arena *arena, struct request *ret,
               const char **ret_why)
{
    struct buf path = {0}, query = {0};
    const char *member = NULL;
    int err = build_path(op, in, &path, &member);

    if (err)
        *ret_why = arena_printf(arena, "%s is needed", member);
    for (size_t i = 0; !err && i < op->in->fields_n; i++) {
        const struct field *f = &op->in->fields[i];
        const json_t *v = json_object_get(in, f->name);
        char number[CODEC_NUMBER_MAX];
        json_t *item;
        size_t k;

        if (!v || json_is_null(v))
            continue;
        if ((f->flags & F_QUERY) && json_is_array(v)) {
            json_array_foreach(v, k, item) query_pair(&query, wire_name(f), item);
        } else if (f->flags & F_QUERY) {
            query_pair(&query, wire_name(f), v);
        } else if (f->flags & F_HEADER) {
            err = pairs_add(&ret->headers, arena, wire_name(f),
                            arena_str(arena, codec_text(v, number, sizeof number)));
        }
    }
    ret->path = arena_str(arena, path.data ? path.data : "/");
    ret->query = arena_str(arena, query.data ? query.data : "");
    if (!err && (path.failed || query.failed || arena->overflow))
        err = ERR_NOMEM;
    buf_free(&path);
    buf_free(&query);
    return err;
}

int bind_parse(const struct op *op, const struct received *r, json_t *object)
{
    const struct request as_request = {.headers = r->headers};

    for (size_t i = 0; i < op->out->fields_n; i++) {
        const struct field *f = &op->out->fields[i];
        json_t *v = f->flags & F_HEADER
                        ? header_scalar(f, request_header(&as_request, wire_name(f)))
                        : NULL;

        if (v && json_object_set_new(object, f->name, v) != 0)
            return ERR_NOMEM;
    }
    return 0;
}

int codec_decode(const struct call *call, json_t **ret, const char **ret_why)
{
    switch (call->service->protocol) {
    case PROTOCOL_JSON11:
    case PROTOCOL_REST_JSON:
        return json_decode(call, ret, ret_why);
    case PROTOCOL_REST_XML:
        return restxml_decode(call, ret, ret_why);
    case PROTOCOL_QUERY:
    case PROTOCOL_EC2:
        return query_decode(call, ret, ret_why);
    }
    return ERR_INVALID;
}

int codec_encode(const struct call *call, const json_t *out, const char *request_id,
                 struct reply *ret)
{
    int err = ERR_INVALID;

    ret->status = call->op->status;
    ret->content_type = codec_content_type(call->service->protocol);
    switch (call->service->protocol) {
    case PROTOCOL_JSON11:
    case PROTOCOL_REST_JSON:
        err = json_encode(call, out, ret);
        break;
    case PROTOCOL_REST_XML:
        err = restxml_encode(call, out, ret);
        break;
    case PROTOCOL_QUERY:
    case PROTOCOL_EC2:
        err = query_encode(call, out, request_id, ret);
        break;
    }
    if (!err)
        err = bind_headers(call, out, ret);
    if (!err && ret->status == 204) {
        buf_free(&ret->body); /* SDKs expect no body at all */
        ret->content_type = NULL;
    }
    return err ? err : ret->body.failed ? ERR_NOMEM : 0;
}

int codec_build(const struct service *s, const struct op *op, const json_t *in, struct arena *arena,
                struct request *ret, const char **ret_why)
{
    int err;

    *ret = (struct request){.method = op->method};
    *ret_why = "";
    err = bind_build(op, in, arena, ret, ret_why);
    if (err)
        return err;
    switch (s->protocol) {
    case PROTOCOL_JSON11:
    case PROTOCOL_REST_JSON:
        return json_build(s, op, in, arena, ret);
    case PROTOCOL_REST_XML:
        return restxml_build(s, op, in, arena, ret);
    case PROTOCOL_QUERY:
    case PROTOCOL_EC2:
        return query_build(s, op, in, arena, ret);
    }
    return ERR_INVALID;
}

int codec_parse(const struct service *s, const struct op *op, const struct received *r,
                json_t **ret)
{
    json_t *object = NULL;
    int err;

    if (s->protocol == PROTOCOL_JSON11 || s->protocol == PROTOCOL_REST_JSON)
        err = json_parse(op, r, &object);
    else
        err = xml_reply_parse(s, op, r, &object);
    if (!err)
        err = bind_parse(op, r, object);
    if (err)
        json_decref(object);
    else
        *ret = object;
    return err;
}

void codec_parse_error(const struct service *s, const struct received *r, struct arena *arena,
                       struct codec_failure *ret)
{
    *ret = (struct codec_failure){"", ""};
    if (s->protocol == PROTOCOL_JSON11 || s->protocol == PROTOCOL_REST_JSON)
        json_parse_error(r, arena, ret);
    else
        xml_reply_error(r, arena, ret);
}
