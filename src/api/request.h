/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP request and its reply as plain values, and the percent coding that all parts of the API
 * share.
 *
 * Nothing here knows a socket: the HTTP front end, the tests and the fuzzers fill the same structs.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

/* A name with its value: a header, or a parameter of a query string or form. */
struct pair {
    const char *name;
    const char *value;
};

/* A list of pairs in an arena. Zeroed = empty. */
struct pairs {
    struct pair *v;
    size_t n;
    size_t cap;
};

struct request {
    const char *method;   /* "GET" */
    const char *path;     /* as sent, still percent-encoded, without the query */
    const char *query;    /* as sent, without the '?'; "" if there is none */
    struct pairs headers; /* in the order of arrival; one name may stand several times */
    const char *body;     /* body_len bytes, may be NULL when body_len is 0 */
    size_t body_len;
    const char *client; /* address of the other end, NULL when there is no socket */
    bool too_large;     /* the body was longer than LIMIT_HTTP_BODY and is not kept */
};

struct reply {
    int status;
    const char *content_type; /* static; NULL: no body */
    struct pairs headers;     /* further headers */
    struct buf body;
};

/* Appends a pair; the strings are not copied. 0 or ERR_NOMEM. */
int pairs_add(struct pairs *list, struct arena *arena, const char *name, const char *value);

/* The value of the first pair of that name, or NULL. Exact case. */
const char *pairs_get(const struct pairs *list, const char *name);

/* The first header of that name, whatever its case, or NULL. */
const char *request_header(const struct request *r, const char *name);

/* Decodes %XX, and '+' as a blank when `form`. The result is in the arena, NUL-terminated, valid
 * UTF-8. NULL: a bad escape, a zero byte, bytes that are no UTF-8, or a full arena. */
char *percent_decode(const char *text, size_t len, bool form, struct arena *arena);

/* Appends `text` with all bytes but A-Z a-z 0-9 - . _ ~ encoded as %XX; '/' stays too when `slash`.
 */
void percent_encode(struct buf *out, const char *text, size_t len, bool slash);

/* Splits "a=1&b=2" and decodes both sides ('+' is a blank); a name without '=' has the value "".
 * At most LIMIT_FORM_PAIRS pairs. ERR_INVALID: bad coding; ERR_RANGE: too many; ERR_NOMEM. */
int form_parse(const char *text, size_t len, struct arena *arena, struct pairs *ret);

/* True if the bytes are well-formed UTF-8 without a zero byte. */
bool utf8_valid(const char *text, size_t len);

#endif
