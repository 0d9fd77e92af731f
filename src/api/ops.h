/* SPDX-License-Identifier: Apache-2.0 */
/* Operations as rows. The tables are made by tools/gen-rows from src/control/rows/ (one file for
 * each service: shapes and operations together); everything else (dispatch, decoding, messages,
 * CLI, templates, docs) reads them. */
#ifndef API_OPS_H
#define API_OPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/shape.h"
#include "control/ctl.h"

enum protocol {
    PROTOCOL_JSON11,
    PROTOCOL_REST_JSON,
    PROTOCOL_REST_XML,
    PROTOCOL_QUERY,
    PROTOCOL_EC2
};

struct op {
    const char *name;   /* "CreateVpc" */
    const char *method; /* HTTP method */
    const char *path;   /* "/", or a template with {Member} parts */
    const struct shape *in;
    const struct shape *out;
    ctl_op *run;
    int status;         /* HTTP status of success */
    bool read;          /* writes nothing */
    const char *errors; /* modelled error codes, joined by commas */
    const char *state;  /* how complete it is, for docs/COMPATIBILITY.md */
};

struct service {
    const char *name; /* as SDKs call it: "route53resolver" */
    const char *sign; /* service of the credential scope */
    enum protocol protocol;
    const char *version; /* API version */
    const char *target;  /* prefix of X-Amz-Target, or NULL */
    const char *xmlns;   /* or NULL */
    const char *message; /* member with the text of JSON errors; NULL: "Message" */
    /* What it says when the fault is ours, and when we cannot work at the moment; FAULT_NONE: as
     * its protocol does. */
    enum fault_code internal, unavailable;
    const struct op *ops;
    size_t ops_n;
};

/* All services, NULL-terminated. Static. */
extern const struct service *const services[];

/* The service of that name or signing name; NULL if unknown. */
const struct service *service_find(const char *name);

/* The operation of that name; NULL if unknown. */
const struct op *op_find(const struct service *s, const char *name);

#endif
