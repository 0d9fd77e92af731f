/* SPDX-License-Identifier: Apache-2.0 */
/* A client of the API, made of the same rows as the server: any operation from a JSON input to a
 * JSON output, over plain HTTP, signed. For the command line and the template loader. */
#ifndef API_CLIENT_H
#define API_CLIENT_H

#include <jansson.h>

/* A dry run of one call: its output is bridge53's DescribeDryRunResponse. */
#define CLIENT_DRY_ONCE "1"

/* Where to ask and as whom. Strings belong to the caller. */
struct client {
    const char *endpoint_url; /* "http://127.0.0.1:8053" */
    const char *region;
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* or NULL */
    const char *dry_run;       /* value of X-Bridge53-Dry-Run (CLIENT_DRY_ONCE or an id), or NULL */
    unsigned timeout_ms;       /* of a whole call; 0: 30 s */
};

/* Why a call failed: the service's code and message, or a code of our own ("ConnectionError",
 * "ParamError", "UnknownOperation", "ResponseError") and a text for people. Always NUL-terminated.
 */
struct client_error {
    int status; /* HTTP status of the reply; 0 when there was none */
    char code[128];
    char message[4096]; /* cut when longer */
};

/* Calls an operation of a service (as named in the rows). `input` is an object with the SDK's
 * member names, NULL means {}; idempotency tokens that it lacks are made. 0: *ret_output is a new
 * object with the SDK's member names. ERR_NOT_FOUND: no such operation; ERR_INVALID: the input or
 * the reply can't be coded; ERR_IO, ERR_TIMEOUT: no reply; ERR_FAULT: the service refused;
 * ERR_NOMEM. *ret_error is filled on every error. Any thread. */
int client_call(const struct client *c, const char *service, const char *op, json_t *input,
                json_t **ret_output, struct client_error *ret_error);

#endif
