/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes of the libraries.
 *
 * One enum for all: 0 is success, every error is negative. What is *expected* (no such name, cache
 * miss) is a result enum of its own and never an error. Functions return `int`; the caller checks
 * at once. Libraries (base, dns, net, model, resolve, store) return errors and do not log them. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum err {
    ERR_OK = 0,
    ERR_NOMEM = -1,        /* memory, or a bounded arena, is exhausted */
    ERR_INVALID = -2,      /* an argument or input is malformed */
    ERR_RANGE = -3,        /* a value is outside its limits, or does not fit */
    ERR_NOT_FOUND = -4,    /* no such key, object or file */
    ERR_EXISTS = -5,       /* it is there already */
    ERR_CONFLICT = -6,     /* a compare of a transaction failed: read again and retry */
    ERR_IO = -7,           /* the system refused; errno says why */
    ERR_TIMEOUT = -8,      /* a deadline passed */
    ERR_COMPACTED = -9,    /* the feed no longer has that revision: read all again */
    ERR_UNSUPPORTED = -10, /* known, but not available here */
    ERR_FAULT = -11,       /* a service fault was recorded (control/fault.h) */
    ERR_CORRUPT = -12,     /* stored data does not read back */
    ERR_BUSY = -13,        /* try again later */
};

/* A short English text for `err`, for example "not found". Static; never NULL. Any thread. */
const char *err_text(int err);

#endif
