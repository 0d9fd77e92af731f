/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the rows. */
#include "api/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "api/client_priv.h"
#include "api/sign.h"
#include "api/xml.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/rand.h"

#define TIMEOUT_DEFAULT_MS 30000

/* The libraries' own global state, set up once however many threads begin at once. */
static void libraries_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    xml_init();
}

static void fill_error(struct client_error *e, const char *code, const char *message)
{
    snprintf(e->code, sizeof e->code, "%s", code);
    snprintf(e->message, sizeof e->message, "%s", message ? message : "");
}

static int fail(struct client_error *e, int err, const char *code, const char *message)
{
    fill_error(e, code, message);
    return err;
}

/* The names of all headers so far, lower case, joined by ';' (sign.c sorts them). */
static char *signed_headers(const struct request *r, struct arena *arena)
{
    struct buf b = {0};
    char *list;

    for (size_t i = 0; i < r->headers.n; i++)
        buf_printf(&b, "%s%s", i > 0 ? ";" : "", r->headers.v[i].name);
    list = b.failed ? NULL : arena_str(arena, b.data);
    buf_free(&b);
    for (char *p = list; p && *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + ('a' - 'A'));
    return list;
}

int client_sign(const struct client *c, const char *service, const char *host, uint64_t now_s,
                struct arena *arena, struct request *r)
{
    char stamp[SIGN_TIME_MAX], hash[SIGN_HEX], signature[SIGN_HEX];
    time_t t = (time_t)now_s;
    struct tm tm;
    struct sign_scope scope = {.region = c->region, .service = service, .payload_hash = hash};
    char *authorization;
    int err;

    gmtime_r(&t, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    err = pairs_add(&r->headers, arena, "Host", host);
    if (!err)
        err = pairs_add(&r->headers, arena, "X-Amz-Date", arena_str(arena, stamp));
    if (!err && c->session_token)
        err = pairs_add(&r->headers, arena, "X-Amz-Security-Token", c->session_token);
    if (!err && c->dry_run)
        err = pairs_add(&r->headers, arena, "X-Bridge53-Dry-Run", c->dry_run);
    scope.time = stamp;
    scope.date = arena_dup(arena, stamp, 8);
    scope.signed_headers = err ? NULL : signed_headers(r, arena);
    if (!scope.date || !scope.signed_headers || arena->overflow)
        return ERR_NOMEM;
    err = sign_hash(r->body, r->body_len, hash);
    if (!err)
        err = sign_request(r, &scope, c->secret_key, arena, signature);
    if (err)
        return err;
    authorization = arena_printf(arena,
                                 SIGN_ALGORITHM " Credential=%s/%s/%s/%s/" SIGN_TERMINATOR
                                                ", SignedHeaders=%s, Signature=%s",
                                 c->access_key, scope.date, c->region, service,
                                 scope.signed_headers, signature);
    return authorization ? pairs_add(&r->headers, arena, "Authorization", authorization)
                         : ERR_NOMEM;
}

/* "host:port" of the endpoint, as the Host header has it, and its URL without a slash at the end.
 */
static int read_endpoint(const struct client *c, struct arena *arena, char **ret_host,
                         char **ret_base)
{
    const char *url = c->endpoint_url ? c->endpoint_url : "";
    const char *authority = strncmp(url, "http://", 7) == 0 ? url + 7 : "";
    size_t len = strcspn(authority, "/?#");

    if (len == 0 || memchr(authority, '@', len) ||
        (authority[len] && strcmp(authority + len, "/") != 0))
        return ERR_INVALID;
    *ret_host = arena_dup(arena, authority, len);
    *ret_base = arena_dup(arena, url, (size_t)(authority - url) + len);
    return *ret_host && *ret_base ? 0 : ERR_NOMEM;
}

/* What curl hands us piece by piece. */
struct incoming {
    struct buf body;
    struct pairs headers;
    struct arena *arena;
};

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct incoming *in = ctx;

    if (in->body.len + size * n > LIMIT_HTTP_REPLY)
        return 0;
    buf_add(&in->body, data, size * n);
    return in->body.failed ? 0 : size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
    struct incoming *in = ctx;
    size_t len = size * n;
    const char *colon = memchr(data, ':', len);
    size_t from, to = len;

    if (!colon)
        return len;
    from = (size_t)(colon - data) + 1;
    while (from < to && (data[from] == ' ' || data[from] == '\t'))
        from++;
    while (to > from && strchr(" \t\r\n", data[to - 1]))
        to--;
    if (pairs_add(&in->headers, in->arena, arena_dup(in->arena, data, (size_t)(colon - data)),
                  arena_dup(in->arena, data + from, to - from)) != 0 ||
        in->arena->overflow)
        return 0;
    return len;
}

static struct curl_slist *curl_headers(const struct request *r)
{
    struct curl_slist *list = NULL;
    struct buf line = {0};

    for (size_t i = 0; i < r->headers.n; i++) {
        struct curl_slist *more;

        line.len = 0;
        buf_printf(&line, "%s: %s", r->headers.v[i].name, r->headers.v[i].value);
        more = line.failed ? NULL : curl_slist_append(list, line.data);
        if (!more) {
            curl_slist_free_all(list);
            list = NULL;
            break;
        }
        list = more;
    }
    if (list) {
        /* curl's own extras: a wait for "100 Continue", and a content type for any body */
        list = curl_slist_append(list, "Expect:");
        if (!request_header(r, "content-type"))
            list = curl_slist_append(list, "Content-Type:");
    }
    buf_free(&line);
    return list;
}

/* One HTTP exchange. `in` gets the reply. */
static int transfer(const struct client *c, const char *url, const struct request *r,
                    struct incoming *in, long *ret_status, struct client_error *ret_error)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_headers(r);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    int err = 0;

    if (curl && headers) {
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                         c->timeout_ms > 0 ? (long)c->timeout_ms : TIMEOUT_DEFAULT_MS);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, in);
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, in);
        if (strcmp(r->method, "GET") != 0 || r->body_len > 0) {
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body ? r->body : "");
        }
        code = curl_easy_perform(curl);
    }
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
    else
        err = fail(ret_error,
                   code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT
                   : code == CURLE_OUT_OF_MEMORY    ? ERR_NOMEM
                                                    : ERR_IO,
                   "ConnectionError", curl_easy_strerror(code));
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return err;
}

/* An operation and its input. */
struct ask {
    const struct service *service;
    const struct op *op;
    const json_t *input;
};

/* The output of a dry run, which has one form for all services. */
static int read_changes(const struct received *r, json_t **ret_output)
{
    *ret_output = json_loadb(r->body ? r->body : "", r->body_len, 0, NULL);
    return json_is_object(*ret_output) ? 0 : ERR_INVALID;
}

static int read_reply(const struct client *c, const struct ask *ask, const struct incoming *in,
                      long status, json_t **ret_output, struct client_error *ret_error)
{
    const struct received r = {(int)status, in->headers, in->body.data, in->body.len};
    struct codec_failure failure;
    int err;

    ret_error->status = (int)status;
    if (status >= 200 && status < 300) {
        err = c->dry_run && strcmp(c->dry_run, CLIENT_DRY_ONCE) == 0
                  ? read_changes(&r, ret_output)
                  : codec_parse(ask->service, ask->op, &r, ret_output);
        return err ? fail(ret_error, err, "ResponseError", "The reply could not be parsed.") : 0;
    }
    codec_parse_error(ask->service, &r, in->arena, &failure);
    if (*failure.code)
        return fail(ret_error, ERR_FAULT, failure.code, failure.message);
    fill_error(ret_error, "ResponseError", "");
    snprintf(ret_error->message, sizeof ret_error->message,
             "The server answered with HTTP status %ld.", status);
    return ERR_FAULT;
}

/* The input with fresh idempotency tokens where it has none. A new reference. */
static json_t *with_tokens(const struct op *op, json_t *input)
{
    json_t *copy = input ? json_copy(input) : json_object();

    for (size_t i = 0; copy && i < op->in->fields_n; i++) {
        const struct field *f = &op->in->fields[i];
        char h[33], token[37];

        if (!(f->flags & F_TOKEN) || json_object_get(copy, f->name))
            continue;
        rnd_hex(h, 32);
        snprintf(token, sizeof token, "%.8s-%.4s-4%.3s-8%.3s-%.12s", h, h + 8, h + 13, h + 17,
                 h + 20);
        json_object_set_new(copy, f->name, json_string(token));
    }
    return copy;
}

/* Builds, signs, sends and reads; all memory but the output from the arena. */
static int exchange(const struct client *c, const struct ask *ask, struct incoming *in,
                    json_t **ret_output, struct client_error *ret_error)
{
    struct request request;
    const char *why = "";
    char *host, *base, *url;
    long status = 0;
    int err = read_endpoint(c, in->arena, &host, &base);

    if (err)
        return fail(ret_error, err, "ParamError", "The endpoint must be http://HOST[:PORT].");
    err = codec_build(ask->service, ask->op, ask->input, in->arena, &request, &why);
    if (err)
        return fail(ret_error, err, "ParamError", *why ? why : err_text(err));
    err = client_sign(c, ask->service->sign, host, clock_real_ns() / NS_PER_S, in->arena, &request);
    url = arena_printf(in->arena, "%s%s%s%s", base, request.path, *request.query ? "?" : "",
                       request.query);
    if (err || !url)
        return fail(ret_error, err ? err : ERR_NOMEM, "ParamError",
                    "The request could not be signed.");
    err = transfer(c, url, &request, in, &status, ret_error);
    return err ? err : read_reply(c, ask, in, status, ret_output, ret_error);
}

int client_call_op(const struct client *c, const struct service *s, const struct op *op,
                   json_t *input, json_t **ret_output, struct client_error *ret_error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct client_error error = {0};
    struct arena arena;
    struct incoming in = {.arena = &arena};
    json_t *full;
    int err;

    pthread_once(&once, libraries_init);
    if (input && !json_is_object(input)) {
        *ret_error = error;
        return fail(ret_error, ERR_INVALID, "ParamError", "The input must be a JSON object.");
    }
    arena_new(&arena, LIMIT_REQUEST_ARENA);
    full = with_tokens(op, input);
    err = full ? exchange(c, &(struct ask){s, op, full}, &in, ret_output, &error)
               : fail(&error, ERR_NOMEM, "ParamError", err_text(ERR_NOMEM));
    json_decref(full);
    buf_free(&in.body);
    arena_free(&arena);
    if (err)
        *ret_error = error;
    return err;
}
