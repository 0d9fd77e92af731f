/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd glue. It calls back three times and more for a request: with the raw target (kept,
 * because signatures are over the bytes as sent), with the headers, with each piece of the body,
 * and at its end. */
#include "api/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/door.h"
#include "base/check.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/sock.h"

/* A thread of the pool: a daemon of its own, so that we know which one is free. */
struct pool_thread {
    struct http *http;
    struct MHD_Daemon *daemon;
    _Atomic unsigned connections;
    _Atomic bool busy; /* answers a request */
};

struct http {
    struct http_config config;
    int fd; /* listening */
    struct door *door;
    unsigned thread_max; /* connections of one thread */
    unsigned threads_n;
    struct pool_thread threads[];
};

/* One request while it is being read. */
struct exchange {
    struct arena arena;
    char *target; /* path and query as sent */
    struct buf body;
    size_t received; /* bytes of the body, kept or thrown away */
    bool started;    /* the headers have been seen */
};

static void *on_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
    struct exchange *x = calloc(1, sizeof *x);

    (void)ctx;
    (void)connection;
    if (!x)
        return NULL;
    arena_new(&x->arena, LIMIT_REQUEST_ARENA);
    x->target = arena_str(&x->arena, target);
    return x;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *state;

    (void)ctx;
    (void)connection;
    (void)why;
    if (!x)
        return;
    buf_free(&x->body);
    arena_free(&x->arena);
    free(x);
    *state = NULL;
}

struct header_copy {
    struct request *request;
    struct arena *arena;
};

static enum MHD_Result copy_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct header_copy *copy = ctx;
    const char *n = arena_str(copy->arena, name);
    const char *v = arena_str(copy->arena, value ? value : "");

    (void)kind;
    return n && v && pairs_add(&copy->request->headers, copy->arena, n, v) == 0 ? MHD_YES : MHD_NO;
}

/* The text of the client's address. */
static const char *client_address(struct MHD_Connection *connection, struct arena *arena)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[ADDR_TEXT_MAX];
    struct sockname name;

    if (!info || !info->client_addr || sockname_from_sa(info->client_addr, &name) != 0)
        return NULL;
    return arena_str(arena, addr_format(&name.addr, text, sizeof text));
}

static int read_request(struct MHD_Connection *connection, const char *method, struct exchange *x,
                        struct request *ret)
{
    struct header_copy copy = {ret, &x->arena};
    char *question = x->target ? strchr(x->target, '?') : NULL;

    if (question)
        *question = 0;
    *ret = (struct request){
        .method = arena_str(&x->arena, method),
        .path = x->target,
        .query = question ? question + 1 : "",
        .body = x->body.data,
        .body_len = x->body.len,
        .client = client_address(connection, &x->arena),
        .too_large = x->received > LIMIT_HTTP_BODY,
    };
    MHD_get_connection_values(connection, MHD_HEADER_KIND, copy_header, &copy);
    return ret->path && ret->method && !x->arena.overflow && !x->body.failed ? 0 : ERR_NOMEM;
}

/* Hands the reply over; its body is the library's from here on. */
static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *reply)
{
    struct MHD_Response *response;
    enum MHD_Result result = MHD_YES;

    if (reply->body.failed) {
        buf_free(&reply->body);
        reply->status = 503;
        reply->content_type = NULL;
    }
    response = MHD_create_response_from_buffer(
        reply->body.len, reply->body.len > 0 ? reply->body.data : NULL,
        reply->body.len > 0 ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!response) {
        buf_free(&reply->body);
        return MHD_NO;
    }
    if (reply->body.len == 0)
        buf_free(&reply->body);
    reply->body = (struct buf){0};
    if (reply->content_type)
        result = MHD_add_response_header(response, "Content-Type", reply->content_type);
    for (size_t i = 0; result == MHD_YES && i < reply->headers.n; i++)
        result =
            MHD_add_response_header(response, reply->headers.v[i].name, reply->headers.v[i].value);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* A piece of the body. What is over the limit is read and thrown away, up to a bound, so that the
 * client gets its answer instead of a reset connection. */
static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *len)
{
    x->received += *len;
    if (x->received > (size_t)LIMIT_HTTP_BODY * LIMIT_HTTP_DRAIN)
        return MHD_NO;
    if (x->received > LIMIT_HTTP_BODY)
        buf_free(&x->body);
    else
        buf_add(&x->body, data, *len);
    *len = 0;
    return MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **state)
{
    struct pool_thread *t = ctx;
    struct exchange *x = *state;
    struct reply reply = {.status = 503}; /* stays when there is no memory for more */
    struct request request;

    (void)url;
    (void)version;
    if (!x)
        return MHD_NO;
    if (!x->started) {
        x->started = true;
        return MHD_YES;
    }
    if (*len > 0)
        return take_body(x, data, len);
    atomic_store(&t->busy, true);
    if (read_request(connection, method, x, &request) == 0)
        t->http->config.handle(t->http->config.ctx, &request, &x->arena, &reply);
    atomic_store(&t->busy, false);
    return send_reply(connection, &reply);
}

/* The library tells of the beginning and the end of each connection of a daemon. */
static void on_connection(void *ctx, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct pool_thread *t = ctx;

    (void)connection;
    (void)state;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        atomic_fetch_sub(&t->connections, 1);
}

static int start_thread(struct http *h, struct pool_thread *t)
{
    t->http = h;
    errno = 0;
    t->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC, 0,
        NULL, NULL, on_request, t, MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, t, MHD_OPTION_CONNECTION_LIMIT, h->thread_max, MHD_OPTION_CONNECTION_TIMEOUT,
        LIMIT_HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIMIT_HTTP_HEADER,
        MHD_OPTION_END);
    return t->daemon ? 0 : ERR_IO;
}

/* The thread for the next connection: one that answers nothing now, and of those the one with the
 * fewest connections. NULL: all have as many as they may. */
static struct pool_thread *thread_pick(struct http *h)
{
    struct pool_thread *best = NULL;
    unsigned least = 0;

    for (unsigned i = 0; i < h->threads_n; i++) {
        struct pool_thread *t = &h->threads[i];
        unsigned n = atomic_load(&t->connections);
        if (n >= h->thread_max)
            continue;
        n += atomic_load(&t->busy) ? h->thread_max : 0;
        if (!best || n < least) {
            best = t;
            least = n;
        }
    }
    return best;
}

static bool room(void *ctx)
{
    return thread_pick(ctx) != NULL;
}

static bool take(void *ctx, int fd, const struct sockaddr *peer, socklen_t len)
{
    struct pool_thread *t = thread_pick(ctx);

    if (!should(t != NULL)) {
        close(fd);
        errno = ENFILE;
        return false;
    }
    atomic_fetch_add(&t->connections, 1);
    if (MHD_add_connection(t->daemon, fd, peer, len) == MHD_YES)
        return true;
    int saved = errno;
    atomic_fetch_sub(&t->connections, 1);
    errno = saved ? saved : ENOMEM;
    return false;
}

static int start(struct http *h)
{
    struct sock_spec spec = {.type = SOCK_STREAM, .local = h->config.listen, .listen = true};
    struct door_config door = {.room = room, .take = take, .ctx = h};
    enum sock_failure why;
    int err = sock_open(&spec, &h->fd, &why);

    for (unsigned i = 0; i < h->config.threads && !err; i++) {
        h->threads_n = i + 1;
        err = start_thread(h, &h->threads[i]);
    }
    door.fd = h->fd;
    return err ? err : door_open(&door, &h->door);
}

int http_start(const struct http_config *config, struct http **ret)
{
    struct http *h = calloc(1, sizeof *h + config->threads * sizeof *h->threads);

    if (!h)
        return ERR_NOMEM;
    h->config = *config;
    h->fd = -1;
    h->thread_max = LIMIT_HTTP_CONNECTIONS / config->threads;
    int err = start(h);
    if (err) {
        int saved = errno;

        http_stop(h);
        errno = saved;
        return err;
    }
    *ret = h;
    return 0;
}

struct sockname http_address(const struct http *h)
{
    struct sockname s = h->config.listen;
    struct sockaddr_storage sa;
    socklen_t len = sizeof sa;

    if (should(getsockname(h->fd, (struct sockaddr *)&sa, &len) == 0))
        (void)sockname_from_sa((struct sockaddr *)&sa, &s);
    return s;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    door_close(h->door);
    for (unsigned i = 0; i < h->threads_n; i++)
        if (h->threads[i].daemon)
            MHD_stop_daemon(h->threads[i].daemon);
    if (h->fd >= 0)
        close(h->fd);
    free(h);
}
