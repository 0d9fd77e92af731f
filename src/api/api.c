/* SPDX-License-Identifier: Apache-2.0 */
/* The road of one call: claim, service, proof, operation, input, run, output. Each step either goes
 * on or leaves one struct api_error, which is rendered at the end. */
#include "api/api.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/dispatch.h"
#include "api/http.h"
#include "api/op_count.h"
#include "control/dry_run.h"
#include "api/xml.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/rand.h"

#define THREADS_DEFAULT 8 /* a write holds one while it waits for DNS to show it */

struct api {
    struct api_config config;
    struct http *http;
    struct dry_runs *dry_runs;
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
    const char *dry; /* header X-Bridge53-Dry-Run: "1", the id of a dry run, or NULL */
    struct api_error error;
};

#define DRY_HEADER "x-bridge53-dry-run"
#define DRY_ONCE "1" /* a dry run of this call alone */

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
    if (!v->arena->overflow || v->arena->starved)
        return fail(v, FRONT_UNAVAILABLE, "There is no memory at the moment.");
    return fail(v, FRONT_INTERNAL, "The request needs more memory than one call may use.");
}

/* True if a list like "host;x-amz-date" has the word. */
static bool list_has(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; at && (at = strstr(at, word)); at += len)
        if ((at == list || at[-1] == ';') && (at[len] == ';' || !at[len]))
            return true;
    return false;
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
    if (err)
        return err == ERR_NOMEM ? no_memory(v) : err;
    v->dry = request_header(v->request, DRY_HEADER);
    /* What is not signed could have been taken away on the road, and the call would be in earnest.
     */
    if (v->dry && !config->auth.off && !list_has(claim.signed_headers, DRY_HEADER))
        return fail(v, FRONT_INCOMPLETE, "The header " DRY_HEADER " must be signed.");
    return 0;
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

/* The call as the control side sees it. */
static struct ctl ctl_of(struct visit *v, const void *in)
{
    const struct api_config *config = &v->api->config;
    const struct op *op = v->call.op;

    return (struct ctl){
        .store = config->store,
        .publisher = config->publisher,
        .explainer = config->explainer,
        .dry_runs = v->api->dry_runs,
        .arena = v->arena,
        .account = v->caller.account,
        .region = v->caller.region,
        .caller_arn = v->caller.arn,
        .request_id = v->request_id,
        .origin = {.service = v->service->name,
                   .operation = op->name,
                   .access_key = v->caller.key_id,
                   .address = v->request->client},
        .now_ns = v->now_ns,
        .read_only = op->read,
        .dry_run = wants_dry_run(v->service, op->in, in),
    };
}

/* Runs the operation on c's store, with its faults in the service's words. */
static int run_op(struct visit *v, struct ctl *c, const void *in, void **ret)
{
    const struct op *op = v->call.op;
    void *out = arena_zalloc(v->arena, 1, op->out->size);
    int err;

    if (!out)
        return no_memory(v);
    err = ctl_run(c, op->run, in, out, op->out->size);
    if (err && c->fault.code == FAULT_NONE)
        return fail(v, FRONT_INTERNAL, err_text(err));
    if (err) {
        v->error = error_fault(v->service, &c->fault);
        return ERR_FAULT;
    }
    if (c->dry_run) {
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

/* The answer to a dry run of one call: what it would change, whatever the service. */
static int write_changes(struct visit *v, struct ctl *c, struct dry_run *d, struct reply *reply)
{
    struct b53_describe_dry_run_response out;
    int err = dry_run_compare(d, c, &out);
    json_t *json = err ? NULL : shape_write(&b53_describe_dry_run_response_shape, &out, SHAPE_API);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    if (text) {
        reply->status = 200;
        reply->content_type = "application/json";
        buf_str(&reply->body, text);
    }
    free(text);
    if (err && err != ERR_NOMEM)
        return fail(v, FRONT_INTERNAL, err_text(err));
    return text ? 0 : no_memory(v);
}

/* Why a dry run can't be entered. */
static int dry_refused(struct visit *v, int err)
{
    if (err == ERR_NOT_FOUND)
        v->error = (struct api_error){.code = FAULT_ResourceNotFoundException,
                                      .message = "There is no dry run of that id."};
    else if (err == ERR_BUSY)
        return fail(v, FRONT_UNAVAILABLE, "Too many dry runs are under way.");
    else if (err == ERR_NOMEM)
        return no_memory(v);
    else
        return fail(v, FRONT_INTERNAL, err_text(err));
    return ERR_FAULT;
}

/* A call inside a dry run: on its store, and no worker will show it. */
static int serve_dry(struct visit *v, struct ctl *c, const void *in, struct reply *reply)
{
    bool once = strcmp(v->dry, DRY_ONCE) == 0;
    struct dry_run *d = NULL;
    char id[DRY_RUN_ID];
    void *out;
    int err = once ? dry_run_new(c->dry_runs, id) : 0;

    if (!err)
        err = dry_run_enter(c->dry_runs, once ? id : v->dry, &d);
    if (err)
        return dry_refused(v, err);
    c->store = dry_run_store(d);
    c->dry_runs = NULL; /* to enter it twice would wait for itself */
    c->publisher = NULL;
    c->explainer = NULL;
    err = run_op(v, c, in, &out);
    if (!err)
        err = once ? write_changes(v, c, d, reply) : write_output(v, out, reply);
    dry_run_leave(d);
    if (once)
        (void)dry_run_delete(v->api->dry_runs, id);
    return err;
}

static int serve(struct visit *v, struct reply *reply)
{
    void *in = NULL, *out = NULL;
    struct ctl c;
    int err = admit(v);

    if (!err)
        err = find_op(v);
    if (!err)
        err = read_input(v, &in);
    if (err)
        return err;
    c = ctl_of(v, in);
    if (v->dry)
        return serve_dry(v, &c, in, reply);
    err = run_op(v, &c, in, &out);
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
    xml_init();
    a->config = *config;
    a->dry_runs = dry_runs_new(config->store);
    if (!a->dry_runs) {
        free(a);
        return ERR_NOMEM;
    }
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
    dry_runs_free(a->dry_runs);
    pthread_mutex_destroy(&a->metrics_lock);
    free(a);
}
