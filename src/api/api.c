/* SPDX-License-Identifier: Apache-2.0 */
/* The road of one call: claim, service, proof, operation, input, run, output. Each step either goes
 * on or leaves one struct api_error, which is rendered at the end. */
#include "api/op_count.h"
#include "api/api.h"

#include <libxml/parser.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/dispatch.h"
#include "api/http.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/rand.h"

#define THREADS_DEFAULT 8 /* a write holds one while it waits for DNS to show it */

struct api {
    struct api_config config;
    struct http *http;
    pthread_mutex_t metrics_lock; /* the block is shared by the threads of the pool */
    struct metrics metrics;
};

/* One request on its way. */
struct visit {
    struct api *api;
    const struct request *request;
    struct arena *arena;
    const char *request_id;
    uint64_t now_ns;
    const struct service *service;
    struct auth_caller caller;
    struct call call;
    struct api_error error;
};

static void count(struct api *a, enum metric id)
{
    pthread_mutex_lock(&a->metrics_lock);
    metric_add(&a->metrics, id, 1);
    pthread_mutex_unlock(&a->metrics_lock);
}

/* A random UUID, version 4 (RFC 9562 5.4). */
static char *uuid_new(struct arena *arena)
{
    static const char variants[] = "89ab";
    char h[33];

    rnd_hex(h, 32);
    return arena_printf(arena, "%.8s-%.4s-4%.3s-%c%.3s-%.12s", h, h + 8, h + 13,
                        variants[(unsigned char)h[16] & 3], h + 17, h + 20);
}

/* Leaves an error of the front end and returns ERR_FAULT. */
static int fail(struct visit *v, enum front_error what, const char *message)
{
    v->error = error_front(v->service, what, message);
    return ERR_FAULT;
}

static int no_memory(struct visit *v)
{
    return fail(v, FRONT_INTERNAL, "The request needs more memory than one call may use.");
}

/* Who asks for what. */
static int admit(struct visit *v)
{
    const struct api_config *config = &v->api->config;
    struct auth_claim claim;
    struct auth_case c = {
        .config = &config->auth,
        .request = v->request,
        .claim = &claim,
        .now_s = v->now_ns / NS_PER_S,
        .arena = v->arena,
    };
    int err = auth_read(v->request, v->arena, &claim);

    if (err)
        return no_memory(v);
    v->service = dispatch_service(config->services, v->request, claim.service, v->arena);
    if (!v->service) {
        fail(v, FRONT_UNKNOWN_OPERATION, "No service of this server knows this request.");
        v->error.status = 404;
        return ERR_FAULT;
    }
    c.service = v->service;
    if (v->request->too_large)
        return fail(v, FRONT_TOO_LARGE, "The request body is too large.");
    err = auth_check(&c, &v->caller, &v->error);
    return err == ERR_NOMEM ? no_memory(v) : err;
}

static int find_op(struct visit *v)
{
    const char *why = "";

    switch (dispatch_op(v->service, v->request, v->arena, &v->call, &why)) {
    case 0:
        return 0;
    case ERR_NOT_FOUND:
        return fail(v, FRONT_UNKNOWN_OPERATION, why);
    case ERR_INVALID:
        return fail(v, FRONT_NO_OPERATION, why);
    case ERR_RANGE:
        return fail(v, FRONT_UNPARSEABLE, why);
    default:
        return no_memory(v);
    }
}

/* Decodes and checks the input into a fresh struct. */
static int read_input(struct visit *v, void **ret)
{
    const struct shape *shape = v->call.op->in;
    struct shape_report report = {0};
    const char *why = "";
    json_t *json = NULL;
    void *in = arena_zalloc(v->arena, 1, shape->size);
    int err = in ? codec_decode(&v->call, &json, &why) : ERR_NOMEM;

    if (err)
        return err == ERR_INVALID ? fail(v, FRONT_UNPARSEABLE, why) : no_memory(v);
    err = shape_read(shape, json, v->arena, in, &report);
    json_decref(json);
    if (err == ERR_INVALID) {
        v->error = error_validation(v->service, &report, v->arena);
        err = ERR_FAULT;
    } else if (err) {
        err = no_memory(v);
    } else {
        *ret = in;
    }
    shape_report_free(&report);
    return err;
}

/* DryRun is EC2's: all checks, no change, and an error that means yes. */
static bool wants_dry_run(const struct service *s, const struct shape *shape, const void *in)
{
    const struct field *f = s->protocol == PROTOCOL_EC2 ? shape_field(shape, "DryRun") : NULL;

    return f && f->kind == FIELD_BOOL &&
           *(const enum tri *)(const void *)((const char *)in + f->offset) == TRI_TRUE;
}

static int run_op(struct visit *v, const void *in, void **ret)
{
    const struct api_config *config = &v->api->config;
    const struct op *op = v->call.op;
    struct ctl c = {
        .store = config->store,
        .publisher = config->publisher,
        .explainer = config->explainer,
        .arena = v->arena,
        .account = v->caller.account,
        .region = v->caller.region,
        .caller_arn = v->caller.arn,
        .request_id = v->request_id,
        .now_ns = v->now_ns,
        .read_only = op->read,
        .dry_run = wants_dry_run(v->service, op->in, in),
    };
    void *out = arena_zalloc(v->arena, 1, op->out->size);
    int err;

    if (!out)
        return no_memory(v);
    err = ctl_run(&c, op->run, in, out, op->out->size);
    if (err && c.fault.code == FAULT_NONE)
        return fail(v, FRONT_INTERNAL, err_text(err));
    if (err) {
        v->error = (struct api_error){.code = c.fault.code,
                                      .message = c.fault.message,
                                      .resource_type = c.fault.resource_type,
                                      .field_name = c.fault.field_name};
        return ERR_FAULT;
    }
    if (c.dry_run) {
        v->error =
            (struct api_error){.code = FAULT_DryRunOperation,
                               .message = "Request would have succeeded, but DryRun flag is set."};
        return ERR_FAULT;
    }
    *ret = out;
    return 0;
}

static int write_output(struct visit *v, const void *out, struct reply *reply)
{
    json_t *json = shape_write(v->call.op->out, out, SHAPE_API);
    int err = json ? codec_encode(&v->call, json, v->request_id, reply) : ERR_NOMEM;

    json_decref(json);
    if (!err)
        return 0;
    buf_free(&reply->body);
    reply->headers = (struct pairs){0};
    return no_memory(v);
}

static int serve(struct visit *v, struct reply *reply)
{
    void *in = NULL, *out = NULL;
    int err = admit(v);

    if (!err)
        err = find_op(v);
    if (!err)
        err = read_input(v, &in);
    if (!err)
        err = run_op(v, in, &out);
    return err ? err : write_output(v, out, reply);
}

/* The pages for people and monitors. True if the request was one. */
static bool serve_page(struct api *a, const struct request *r, struct reply *reply)
{
    bool ready = !a->config.ready || a->config.ready(a->config.ready_ctx);

    if (strcmp(r->method, "GET") != 0)
        return false;
    reply->content_type = "text/plain; charset=utf-8";
    if (strcmp(r->path, "/health") == 0) {
        reply->status = ready ? 200 : 503;
        buf_str(&reply->body, ready ? "ok\n" : "not ready\n");
        return true;
    }
    if (strcmp(r->path, "/metrics") == 0) {
        reply->status = 200;
        reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
        metrics_write(&reply->body);
        op_count_write(&reply->body);
        return true;
    }
    return false;
}

void api_answer(struct api *a, const struct request *r, struct arena *arena, struct reply *reply)
{
    struct visit v = {.api = a, .request = r, .arena = arena, .now_ns = clock_real_ns()};

    if (serve_page(a, r, reply))
        return;
    count(a, METRIC_API_REQUESTS);
    v.request_id = uuid_new(arena);
    if (!v.request_id) {
        reply->body.failed = true;
        return;
    }
    bool good = serve(&v, reply) == 0;
    op_count(v.service, v.call.op, good);
    if (!good) {
        count(a, METRIC_API_FAULTS);
        error_render(v.service, &v.error, v.request_id, arena, reply);
    }
    if (pairs_add(&reply->headers, arena, "x-amzn-RequestId", v.request_id) != 0)
        reply->body.failed = true;
    log_debug("api", "request id=%s %s %s service=%s operation=%s status=%d account=%s",
              v.request_id, r->method, r->path, v.service ? v.service->name : "-",
              v.call.op ? v.call.op->name : "-", reply->status,
              v.caller.account ? v.caller.account : "-");
}

static void on_http(void *ctx, const struct request *r, struct arena *arena, struct reply *reply)
{
    api_answer(ctx, r, arena, reply);
}

int api_new(const struct api_config *config, struct api **ret)
{
    struct api *a = aligned_alloc(_Alignof(struct api), sizeof *a);

    if (!a)
        return ERR_NOMEM;
    memset(a, 0, sizeof *a);
    xmlInitParser(); /* its first call must not race */
    a->config = *config;
    pthread_mutex_init(&a->metrics_lock, NULL);
    metrics_register(&a->metrics);
    *ret = a;
    return 0;
}

int api_start(const struct api_config *config, struct api **ret)
{
    struct api *a;
    int err = api_new(config, &a);
    struct http_config http = {
        .listen = config->listen,
        .threads = config->threads > 0 ? config->threads : THREADS_DEFAULT,
        .handle = on_http,
    };

    if (err)
        return err;
    http.ctx = a;
    err = http_start(&http, &a->http);
    if (err)
        api_stop(a);
    else
        *ret = a;
    return err;
}

struct sockname api_address(const struct api *a)
{
    return http_address(a->http);
}

void api_stop(struct api *a)
{
    if (!a)
        return;
    http_stop(a->http);
    metrics_remove(&a->metrics);
    pthread_mutex_destroy(&a->metrics_lock);
    free(a);
}
