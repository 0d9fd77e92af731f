/* SPDX-License-Identifier: Apache-2.0 */
/* Steps over one field of rdata, by its letter in dns/rrtypes.def. Private to src/dns. */
#ifndef DNS_LAYOUT_H
#define DNS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for the letters of names. */
static inline bool layout_is_name(char kind)
{
    return kind == 'n' || kind == 'd' || kind == 'u';
}

/* The length of the field of this kind, which is not a name, at `p` with `len` bytes left in the
 * rdata; ERR_INVALID if it does not fit or is malformed. */
int layout_field(char kind, const uint8_t *p, size_t len);

#endif
