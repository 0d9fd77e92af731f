/* SPDX-License-Identifier: Apache-2.0 */
/* JSON 1.1 and REST-JSON bodies. The value tree is JSON already; what differs are times, which
 * these protocols carry as numbers of seconds where the row says `epoch`, and the members that
 * REST-JSON puts elsewhere. */
#include "api/codec_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

/* "2026-01-02T03:04:05.678Z" -> 1767323045.678; NULL when the text is not such a time. */
static json_t *epoch_from_text(const char *text)
{
    struct tm tm = {0};
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    double fraction = 0;
    char *end = NULL;

    if (!rest)
        return NULL;
    if (*rest == '.') {
        fraction = strtod(rest, &end);
        rest = end;
    }
    if (strcmp(rest, "Z") != 0)
        return NULL;
    return fraction > 0 ? json_real((double)timegm(&tm) + fraction) : json_integer(timegm(&tm));
}

static json_t *text_from_epoch(const json_t *v)
{
    char text[CLOCK_TEXT_MAX];
    double s = json_number_value(v);

    if (!json_is_number(v) || s < 0 || s > 253402300799.0)
        return NULL;
    return json_string(clock_format((uint64_t)(s * 1000 + 0.5) * NS_PER_MS, 3, text, sizeof text));
}

/* Turns the times below `object` into numbers, or, reading, back into text. A value of another type
 * stays for shape_read to report. */
static int epochs(const struct shape *shape, json_t *object, bool reading)
{
    for (size_t i = 0; i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        json_t *v = json_object_get(object, f->name);
        json_t *item, *changed;
        size_t k;

        if (!v)
            continue;
        if (f->flags & F_EPOCH) {
            changed = reading ? text_from_epoch(v) : epoch_from_text(json_string_value(v));
            if (changed && json_object_set_new(object, f->name, changed) != 0)
                return ERR_NOMEM;
        } else if (f->kind == FIELD_OBJ && epochs(f->shape, v, reading) != 0) {
            return ERR_NOMEM;
        } else if (f->kind == FIELD_LIST) {
            json_array_foreach(v, k,
                               item) if (epochs(f->shape, item, reading) != 0) return ERR_NOMEM;
        }
    }
    return 0;
}

/* A body text; an empty one stands for {}. ERR_INVALID: not a JSON object; ERR_NOMEM. */
static int load(const char *body, size_t len, json_t **ret)
{
    json_t *j;
    int err = len == 0 ? json_read("{}", 2, 0, &j) : json_read(body, len, 0, &j);

    if (err)
        return err;
    if (!json_is_object(j)) {
        json_decref(j);
        return ERR_INVALID;
    }
    *ret = j;
    return 0;
}

int json_decode(const struct call *call, json_t **ret, const char **ret_why)
{
    json_t *object;
    int err = load(call->request->body, call->request->body_len, &object);

    if (err) {
        *ret_why = "Could not parse the request body as a JSON object.";
        return err;
    }
    err = epochs(call->op->in, object, true);
    if (!err && call->service->protocol == PROTOCOL_REST_JSON)
        err = bind_decode(call, object, ret_why);
    if (err)
        json_decref(object);
    else
        *ret = object;
    return err;
}

/* The members of the body, with times as numbers, as text in `out`. */
static int dump(const struct shape *shape, const json_t *object, bool rest, struct buf *out)
{
    json_t *body = json_deep_copy(object);
    char *text = NULL;

    for (size_t i = 0; rest && body && i < shape->fields_n; i++)
        if (shape->fields[i].flags & (F_PATH | F_QUERY | F_HEADER))
            json_object_del(body, shape->fields[i].name);
    if (body && epochs(shape, body, false) == 0)
        text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text)
        return ERR_NOMEM;
    buf_str(out, text);
    free(text);
    return out->failed ? ERR_NOMEM : 0;
}

int json_encode(const struct call *call, const json_t *out, struct reply *ret)
{
    return dump(call->op->out, out, call->service->protocol == PROTOCOL_REST_JSON, &ret->body);
}

int json_build(const struct service *s, const struct op *op, const json_t *in, struct arena *arena,
               struct request *ret)
{
    bool rest = s->protocol == PROTOCOL_REST_JSON;
    struct buf body = {0};
    int err = 0;

    if (rest && !bind_has_body(op->in))
        return 0;
    err = dump(op->in, in, rest, &body);
    if (!err) {
        ret->body = arena_dup(arena, body.data, body.len);
        ret->body_len = body.len;
        err = !ret->body ? ERR_NOMEM
                         : pairs_add(&ret->headers, arena, "Content-Type",
                                     codec_content_type(s->protocol));
    }
    buf_free(&body);
    if (!err && !rest)
        err = pairs_add(&ret->headers, arena, "X-Amz-Target",
                        arena_printf(arena, "%s.%s", s->target ? s->target : "", op->name));
    return err;
}

int json_parse(const struct op *op, const struct received *r, json_t **ret)
{
    json_t *object;
    int err = load(r->body, r->body_len, &object);

    if (err)
        return err;
    if (epochs(op->out, object, true) != 0) {
        json_decref(object);
        return ERR_NOMEM;
    }
    *ret = object;
    return 0;
}

/* "prefix#Code:uri" -> "Code". */
static const char *bare_code(struct arena *arena, const char *text)
{
    const char *hash = strchr(text, '#');
    const char *code;

    text = hash ? hash + 1 : text;
    code = arena_dup(arena, text, strcspn(text, ":"));
    return code ? code : "";
}

void json_parse_error(const struct received *r, struct arena *arena, struct codec_failure *ret)
{
    const struct request as_request = {.headers = r->headers};
    const char *type = request_header(&as_request, "x-amzn-ErrorType");
    json_t *object = NULL;
    const char *message = NULL;

    if (load(r->body, r->body_len, &object) == 0)
        message = json_string_value(json_object_get(object, "message"));
    if (!message)
        message = json_string_value(json_object_get(object, "Message"));
    if (!type)
        type = json_string_value(json_object_get(object, "__type"));
    ret->code = type ? bare_code(arena, type) : "";
    message = arena_str(arena, message);
    ret->message = message ? message : "";
    json_decref(object);
}
