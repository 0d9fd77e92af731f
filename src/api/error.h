/* SPDX-License-Identifier: Apache-2.0 */
/* How errors look on the wire, decided here and nowhere else: which code and status a failure of
 * the front end has in each protocol (spec/profiles-ram-zones-ec2.md 4.7), and the body of every
 * protocol. */
#ifndef API_ERROR_H
#define API_ERROR_H

#include "api/ops.h"
#include "api/request.h"

/* Failures before or beside an operation's own faults. */
enum front_error {
    FRONT_NO_CREDENTIALS,
    FRONT_UNKNOWN_KEY,
    FRONT_BAD_SIGNATURE,
    FRONT_INCOMPLETE, /* malformed authorization */
    FRONT_TOKEN_EXPIRED,
    FRONT_SKEW,
    FRONT_DENIED,
    FRONT_UNKNOWN_OPERATION,
    FRONT_NO_OPERATION, /* the request does not name one */
    FRONT_UNPARSEABLE,
    FRONT_INVALID, /* limits of the shape */
    FRONT_TOO_LARGE,
    FRONT_INTERNAL,
    FRONT_UNAVAILABLE, /* something is short; the same request will do later */
    FRONT_ERRORS_N,
};

struct api_error {
    enum fault_code code;
    int status; /* HTTP status; 0: the code's own */
    const char *message;
    const char *resource_type; /* or NULL */
    const char *field_name;    /* or NULL */
};

/* The code and status that a front-end failure has in this service's protocol (service NULL:
 * REST-JSON's). The message is kept by pointer. */
struct api_error error_front(const struct service *s, enum front_error what, const char *message);

/* The error of an operation's fault. The control side knows one fault of our own
 * (InternalFailure) and one lack (ServiceUnavailable); here they get the service's words. */
struct api_error error_fault(const struct service *s, const struct ctl_fault *fault);

/* The error of a request whose members break the shape's limits or types. Texts in the arena. */
struct api_error error_validation(const struct service *s, const struct shape_report *report,
                                  struct arena *arena);

/* Fills *ret with the error in the protocol's form; service NULL: a JSON body that any client can
 * show. ret->body.failed tells a lack of memory. */
void error_render(const struct service *s, const struct api_error *e, const char *request_id,
                  struct arena *arena, struct reply *ret);

#endif
