/* SPDX-License-Identifier: Apache-2.0 */
/* The protocols behind codec.h, for codec*.c only. Results and errors as there. */
#ifndef API_CODEC_PRIV_H
#define API_CODEC_PRIV_H

#include "api/codec.h"

/* Puts the members that came in the path, the query string and headers into the object.
 * ERR_INVALID, ERR_NOMEM. */
int bind_decode(const struct call *call, json_t *object, const char **ret_why);

/* Writes the members flagged header into the reply's headers. */
int bind_headers(const struct call *call, const json_t *out, struct reply *ret);

/* Client: expands {Name} of the path, makes the query string, adds header members. */
int bind_build(const struct op *op, const json_t *in, struct arena *arena, struct request *ret,
               const char **ret_why);

/* Client: puts header members of a reply into the output object. */
int bind_parse(const struct op *op, const struct received *r, json_t *object);

/* True if the shape has a member that travels in the body. */
bool bind_has_body(const struct shape *shape);

/* JSON 1.1 and REST-JSON bodies. */
int json_decode(const struct call *call, json_t **ret, const char **ret_why);
int json_encode(const struct call *call, const json_t *out, struct reply *ret);
int json_build(const struct service *s, const struct op *op, const json_t *in, struct arena *arena,
               struct request *ret);
int json_parse(const struct op *op, const struct received *r, json_t **ret);
void json_parse_error(const struct received *r, struct arena *arena, struct codec_failure *ret);

/* REST-XML bodies. */
int restxml_decode(const struct call *call, json_t **ret, const char **ret_why);
int restxml_encode(const struct call *call, const json_t *out, struct reply *ret);
int restxml_build(const struct service *s, const struct op *op, const json_t *in,
                  struct arena *arena, struct request *ret);

/* Query and EC2: form bodies, XML replies. */
int query_decode(const struct call *call, json_t **ret, const char **ret_why);
int query_encode(const struct call *call, const json_t *out, const char *request_id,
                 struct reply *ret);
int query_build(const struct service *s, const struct op *op, const json_t *in, struct arena *arena,
                struct request *ret);

/* The XML replies of REST-XML, Query and EC2. */
int xml_reply_parse(const struct service *s, const struct op *op, const struct received *r,
                    json_t **ret);
void xml_reply_error(const struct received *r, struct arena *arena, struct codec_failure *ret);

#endif
