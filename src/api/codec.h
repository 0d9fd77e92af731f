/* SPDX-License-Identifier: Apache-2.0 */
/* Codecs: one value tree (a JSON object with the SDK's member names) from and to the wire form of
 * each protocol.
 *
 * Server side: codec_decode and codec_encode. Client side, the same rows read the other way round:
 * codec_build and codec_parse. Names on the wire: JSON 1.1, REST-JSON   member names as they are
 *   REST-XML, Query reply element = wire or name; list items <member> or member=; flat lists
 * without a wrapper Query request         wire or name; lists Name.member.N (or Name.<member=>.N),
 * flat ones Name.N EC2 request           wire or name, first letter upper; lists always Name.N;
 * F_VALUE members Name.Value EC2 reply             wire or name, first letter lower; lists
 * <name><item>; F_VALUE members <name><value> Members flagged path, query or header travel in
 * {Name} of the path, in the query string, in a header. */
#ifndef API_CODEC_H
#define API_CODEC_H

#include <jansson.h>

#include "api/error.h"
#include "api/ops.h"
#include "api/request.h"

#define CODEC_NUMBER_MAX 32 /* bytes of a number as text */

/* A request whose operation is known. */
struct call {
    const struct service *service;
    const struct op *op;
    const struct request *request;
    struct pairs labels; /* path members, decoded, by member name */
    struct pairs form;   /* parameters of query protocols, decoded, in order */
    struct arena *arena; /* request lifetime */
};

/* The value tree of a request: a new JSON object. ERR_INVALID: not parseable, *ret_why says it in
 * the service's words (arena or static); ERR_NOMEM. */
int codec_decode(const struct call *call, json_t **ret, const char **ret_why);

/* Fills *ret with the successful reply (status, headers, body). `out` is what shape_write made of
 * the result. 0 or ERR_NOMEM. */
int codec_encode(const struct call *call, const json_t *out, const char *request_id,
                 struct reply *ret);

/* Client: makes the request of an operation from its input (an object with the SDK's member names):
 * method, path, query, body, content-type and x-amz-target headers; not host and not authorization.
 * All memory from the arena. ERR_INVALID: a path member is missing or an input has the wrong type,
 * *ret_why says which; ERR_NOMEM. */
int codec_build(const struct service *s, const struct op *op, const json_t *in, struct arena *arena,
                struct request *ret, const char **ret_why);

/* A reply as a client received it. */
struct received {
    int status;
    struct pairs headers;
    const char *body;
    size_t body_len;
};

/* Client: the output tree of a successful reply; a new object. ERR_INVALID: not parseable;
 * ERR_NOMEM. */
int codec_parse(const struct service *s, const struct op *op, const struct received *r,
                json_t **ret);

/* Client: code and message of an error reply; what can't be found is "" . In the arena. */
struct codec_failure {
    const char *code;
    const char *message;
};
void codec_parse_error(const struct service *s, const struct received *r, struct arena *arena,
                       struct codec_failure *ret);

/* The content type of replies. Static. */
const char *codec_content_type(enum protocol p);

/* A scalar member from its text: an integer or boolean if the text is one, else the text as a
 * string, which shape_read will report. A new reference; NULL on lack of memory or bad UTF-8. */
json_t *codec_scalar(enum field_kind kind, const char *text);

/* The text of a JSON scalar: a string itself, or a number or boolean written into buf. "" for
 * anything else. */
const char *codec_text(const json_t *v, char *buf, size_t size);

#endif
