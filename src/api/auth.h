/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: the verification of signature version 4, header and presigned form
 * (spec/profiles-ram-zones-ec2.md 4.7).
 *
 * Two steps, because the claim names the service by which the request is dispatched, and the
 * service decides how a failed check is worded: auth_read takes the claim apart and believes
 * nothing; auth_check proves it. */
#ifndef API_AUTH_H
#define API_AUTH_H

#include <stdint.h>

#include "api/error.h"
#include "api/request.h"

#define AUTH_ACCOUNT_NONE \
    "000000000000" /* the caller's account with auth off and no account id given */

/* A key as the keeper of accounts knows it. */
struct auth_key {
    const char *secret;
    const char *account;       /* 12 digits */
    const char *arn;           /* of the caller */
    const char *session_token; /* of a temporary key, or NULL */
    uint64_t expires_s;        /* wall clock, seconds; 0: never */
};

struct auth_config {
    bool off; /* any signature or none is accepted; a 12-digit access key id is the account */
    /* Looks a key up; called from any API thread. ERR_NOT_FOUND, or another error when it can't
     * say. Strings in arena. */
    int (*key_find)(void *ctx, const char *key_id, struct arena *arena, struct auth_key *ret);
    void *ctx;
    const char *region; /* of requests that name none */
};

/* What a request says of itself; absent parts are NULL. All in the arena. */
struct auth_claim {
    bool given;         /* there is an Authorization header or X-Amz-Algorithm */
    bool presigned;     /* it is in the query string */
    const char *header; /* the whole Authorization header, for messages */
    const char *algorithm;
    const char *credential;
    const char *signed_headers;
    const char *signature;
    const char *time;    /* as sent */
    const char *expires; /* presigned: seconds, as sent */
    const char *token;
    /* of the credential, when it has exactly five parts */
    const char *key_id, *date, *region, *service, *terminator;
};

/* Takes the claim of a request apart. ERR_NOMEM is the only error; nonsense leaves parts NULL. */
int auth_read(const struct request *r, struct arena *arena, struct auth_claim *ret);

struct auth_caller {
    const char *account;
    const char *region;
    const char *arn;
    const char *key_id; /* NULL: nothing was signed */
};

/* One check; everything that it depends on. */
struct auth_case {
    const struct auth_config *config;
    const struct request *request;
    const struct auth_claim *claim;
    const struct service *service; /* must be the one that the credential names */
    uint64_t now_s;                /* wall clock */
    struct arena *arena;
};

/* Verifies. 0: *ret is the caller. ERR_FAULT: *ret_error is the refusal in the service's words.
 * ERR_NOMEM. Any thread. */
int auth_check(const struct auth_case *a, struct auth_caller *ret, struct api_error *ret_error);

#endif
