/* SPDX-License-Identifier: Apache-2.0 */
/* The API of the program: one port, all services (docs/ARCHITECTURE.md). A request is
 * authenticated, dispatched, decoded and checked, run through ctl_run, and encoded. Besides there
 * are GET /health and GET /metrics, unauthenticated. */
#ifndef API_API_H
#define API_API_H

#include "api/auth.h"
#include "api/ops.h"
#include "base/addr.h"

struct api;

struct api_config {
    struct sockname listen;                /* port 0: any free one, see api_address */
    unsigned threads;                      /* of the pool; 0: a default */
    const struct service *const *services; /* `services`, or a table of a test */
    struct store *store;
    struct publisher *publisher; /* a write is answered when DNS shows it; NULL: at once */
    const struct ctl_explainer *explainer; /* of the operation Explain, or NULL */
    struct auth_config auth;
    bool (*ready)(void *ctx); /* for /health; NULL: always */
    void *ready_ctx;
};

/* Starts to serve. The configuration is copied; what it points to must live until api_stop. ERR_IO
 * (errno), ERR_NOMEM. */
int api_start(const struct api_config *config, struct api **ret);

/* The address that it listens on, with the real port. */
struct sockname api_address(const struct api *a);

/* Stops; no call is under way afterwards. Accepts NULL. */
void api_stop(struct api *a);

/* Answers one request without a socket: what the HTTP front end calls, and tests. *reply must be
 * zeroed; its body is the caller's to free, all else is in `arena`. Any thread. */
void api_answer(struct api *a, const struct request *r, struct arena *arena, struct reply *reply);

/* As api_start, without the port: for api_answer. */
int api_new(const struct api_config *config, struct api **ret);

#endif
