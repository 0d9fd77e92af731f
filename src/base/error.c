/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the error codes; a switch without default, so the compiler finds a code without text. */
#include "base/error.h"

static const char *text_of(enum err err)
{
    switch (err) {
    case ERR_OK:
        return "success";
    case ERR_NOMEM:
        return "out of memory";
    case ERR_INVALID:
        return "invalid";
    case ERR_RANGE:
        return "out of range";
    case ERR_NOT_FOUND:
        return "not found";
    case ERR_EXISTS:
        return "exists already";
    case ERR_CONFLICT:
        return "conflict";
    case ERR_IO:
        return "input/output error";
    case ERR_TIMEOUT:
        return "timed out";
    case ERR_COMPACTED:
        return "revision compacted";
    case ERR_UNSUPPORTED:
        return "not supported";
    case ERR_FAULT:
        return "service fault";
    case ERR_CORRUPT:
        return "stored data is corrupt";
    case ERR_BUSY:
        return "busy";
    }
    return "unknown error";
}

const char *err_text(int err)
{
    return text_of((enum err)err);
}
