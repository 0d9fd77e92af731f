/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a record value token by token, shared by rdata*.c. */
#ifndef CONTROL_RDATA_PRIV_H
#define CONTROL_RDATA_PRIV_H

#include <stddef.h>
#include <stdint.h>

/* The value being read and the rdata being written. `why` is set with the first error. */
struct value {
    const char *at; /* unread text */
    uint8_t *out;
    size_t len, size;
    const char *why;
};

/* Notes why the value is wrong and returns ERR_INVALID. */
int value_fail(struct value *v, const char *why);

/* Appends bytes to the rdata. ERR_INVALID when it gets too long. */
int value_put(struct value *v, const void *data, size_t len);

/* Skips blanks; the start of the next token, or NULL at the end. */
const char *value_next(struct value *v);

/* A decimal number up to `max`, appended in `bytes` bytes. ERR_INVALID. */
int value_number(struct value *v, uint32_t max, unsigned bytes);

/* A domain name, appended in wire form with its case. ERR_INVALID. */
int value_name(struct value *v);

/* The key=value parameters of SVCB and HTTPS up to the end, appended in wire form (RFC 9460 2.2).
 * ERR_INVALID. */
int value_svcb_params(struct value *v);

#endif
