/* SPDX-License-Identifier: Apache-2.0 */
/* Signature version 4: canonical request, string to sign, signature. Pure functions over a struct
 * request; auth.c verifies with them, client.c signs with them
 * (spec/profiles-ram-zones-ec2.md 4.7). */
#ifndef API_SIGN_H
#define API_SIGN_H

#include "api/request.h"

#define SIGN_HEX 65      /* bytes of a SHA-256 in hexadecimal, NUL included */
#define SIGN_TIME_MAX 17 /* bytes of "20260102T030405Z", NUL included */
#define SIGN_ALGORITHM "AWS4-HMAC-SHA256"
#define SIGN_TERMINATOR "aws4_request"

/* How path and query are brought into canonical form. Clients agree on NORMAL; RAW serves those
 * that sign what they send without normalising it. */
enum sign_form { SIGN_NORMAL, SIGN_RAW };

/* What a signature is made of beside the request. */
struct sign_scope {
    const char *time; /* "20260102T030405Z" */
    const char *date; /* "20260102" */
    const char *region;
    const char *service;
    const char *signed_headers; /* "host;x-amz-date": lower case, sorted here */
    const char *payload_hash;   /* as it stands in the canonical request */
    bool presigned;             /* X-Amz-Signature of the query is left out */
    enum sign_form form;
};

/* Appends the canonical request. ERR_INVALID: the path or query is not decodable; ERR_NOMEM. */
int sign_canonical(const struct request *r, const struct sign_scope *scope, struct arena *arena,
                   struct buf *out);

/* The signature in hexadecimal under a secret. Errors of sign_canonical, or ERR_IO if the crypto
 * library fails. */
int sign_request(const struct request *r, const struct sign_scope *scope, const char *secret,
                 struct arena *arena, char ret[static SIGN_HEX]);

/* SHA-256 of the bytes in lower-case hexadecimal. ERR_IO if the crypto library fails. */
int sign_hash(const void *data, size_t len, char ret[static SIGN_HEX]);

#endif
