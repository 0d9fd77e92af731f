/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/1.1 front end: libmicrohttpd with a pool of threads, each request read whole into a
 * struct request and given to one handler. What the limits refuse here (header size, connections,
 * silence) never reaches the handler; a body that is too long does, without its bytes, so that the
 * answer has the protocol's own form. */
#ifndef API_HTTP_H
#define API_HTTP_H

#include "api/request.h"
#include "base/addr.h"

struct http;

struct http_config {
    struct sockname listen; /* port 0: any free one, see http_address */
    unsigned threads;
    /* Answers one request; runs in a thread of the pool, several at once. Everything of the
     * request, and what the reply points to, lives in `arena`, except reply->body, which the front
     * end takes over. */
    void (*handle)(void *ctx, const struct request *r, struct arena *arena, struct reply *reply);
    void *ctx;
};

/* Starts to listen and serve. ERR_IO: the address can't be used, errno says why; ERR_NOMEM. */
int http_start(const struct http_config *config, struct http **ret);

/* The address that it listens on, with the real port. */
struct sockname http_address(const struct http *h);

/* Stops: no request is under way afterwards. Accepts NULL. */
void http_stop(struct http *h);

#endif
