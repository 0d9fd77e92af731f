/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: any bytes as the query string and body of any operation, through dispatch, codec and
 * shape, and what was understood back through the encoders. Input: a byte that picks the operation,
 * the query up to a line feed, the body. Beyond "no crash": a refusal has a text, every reply can
 * be rendered, and what our client makes of an understood JSON or XML request is understood as the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/dispatch.h"
#include "base/check.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY (64u << 20)

/* The n-th of all operations, wrapping around. */
static const struct op *op_pick(unsigned n, const struct service **ret_service)
{
    unsigned total = 0;

    for (size_t i = 0; services[i]; i++)
        total += (unsigned)services[i]->ops_n;
    n %= total;
    for (size_t i = 0;; i++) {
        if (n < services[i]->ops_n) {
            *ret_service = services[i];
            return &services[i]->ops[n];
        }
        n -= (unsigned)services[i]->ops_n;
    }
}

/* The template's path with "abc" for every label. */
static char *path_of(const struct op *op, struct arena *arena)
{
    struct buf b = {0};
    const char *p = op->path;
    char *path;

    while (*p) {
        size_t len = strcspn(p, "{");

        buf_add(&b, p, len);
        p += len;
        if (*p == '{') {
            buf_str(&b, "abc");
            p += strcspn(p, "}") + 1;
        }
    }
    path = arena_str(arena, b.data);
    buf_free(&b);
    return path;
}

/* The bytes as the body; a form is made to name the operation. */
static void body_of(const struct service *s, const struct op *op, const uint8_t *from,
                    const uint8_t *to, struct arena *arena, struct request *ret)
{
    struct buf b = {0};

    if (s->protocol == PROTOCOL_QUERY || s->protocol == PROTOCOL_EC2)
        buf_printf(&b, "Action=%s&", op->name);
    buf_add(&b, from, (size_t)(to - from));
    ret->body = arena_dup(arena, b.data ? b.data : "", b.len);
    ret->body_len = b.len;
    buf_free(&b);
}

/* Decodes and reads; *ret is the struct as a tree, or NULL when it was refused. */
static void understand(const struct call *call, json_t **ret)
{
    struct shape_report report = {0};
    struct reply reply = {0};
    struct api_error e;
    const char *why = NULL;
    json_t *tree = NULL;
    void *in = arena_zalloc(call->arena, 1, call->op->in->size);
    int err;

    *ret = NULL;
    err = codec_decode(call, &tree, &why);
    if (err) {
        must(err == ERR_NOMEM || (why && *why && !tree));
        return;
    }
    must(json_is_object(tree));
    err = shape_read(call->op->in, tree, call->arena, in, &report);
    json_decref(tree);
    must((err == ERR_INVALID) == (report.count > 0));
    if (err == ERR_INVALID) {
        e = error_validation(call->service, &report, call->arena);
        must(e.message && *e.message);
        error_render(call->service, &e, "id", call->arena, &reply);
        must(!reply.body.failed && reply.body.len > 0);
        buf_free(&reply.body);
    } else if (!err) {
        *ret = shape_write(call->op->in, in, SHAPE_STORE);
        must(*ret != NULL);
    }
    shape_report_free(&report);
}

/* The understood input as a request of our client, as a reply, and back. */
static void again(const struct call *call, json_t *tree)
{
    const struct op reversed = {.name = call->op->name, .out = call->op->in, .status = 200};
    struct call echo = *call;
    struct call second;
    struct request request;
    struct reply reply = {0};
    const char *why;
    json_t *back = NULL;

    echo.op = &reversed;
    must(codec_encode(&echo, tree, "id", &reply) == 0);
    buf_free(&reply.body);
    if (codec_build(call->service, call->op, tree, call->arena, &request, &why) != 0)
        return; /* an empty member of the path */
    must(dispatch_op(call->service, &request, call->arena, &second, &why) == 0);
    must(second.op == call->op);
    understand(&second, &back);
    /* forms can't say "an empty structure" */
    if (call->service->protocol != PROTOCOL_QUERY && call->service->protocol != PROTOCOL_EC2)
        must(back && json_equal(tree, back));
    json_decref(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct service *s;
    const struct op *op;
    const uint8_t *feed;
    struct arena arena;
    struct request r = {0};
    struct call call;
    const char *why;
    json_t *tree = NULL;

    if (size < 1 || size > 100000)
        return 0;
    arena_new(&arena, MEMORY);
    op = op_pick(data[0], &s);
    feed = memchr(data, '\n', size);
    r.method = op->method;
    r.path = path_of(op, &arena);
    r.query = feed ? arena_dup(&arena, data + 1, (size_t)(feed - data - (feed > data))) : "";
    body_of(s, op, feed ? feed + 1 : data + 1, data + size, &arena, &r);
    pairs_add(&r.headers, &arena, "X-Amz-Target",
              arena_printf(&arena, "%s.%s", s->target ? s->target : "", op->name));
    dispatch_service(services, &r, NULL, &arena);
    if (dispatch_op(s, &r, &arena, &call, &why) == 0) {
        understand(&call, &tree);
        if (tree)
            again(&call, tree);
        json_decref(tree);
    }
    arena_free(&arena);
    return 0;
}
