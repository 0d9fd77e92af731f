/* SPDX-License-Identifier: Apache-2.0 */
/* Packing a struct and all that it points to into one block: sum up the bytes of the parts,
 * allocate, then copy them one behind the other, in falling order of alignment: so each is aligned
 * without a gap. */
#ifndef MODEL_PACK_H
#define MODEL_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that a string takes; none for NULL. */
static inline size_t pack_room_str(const char *s)
{
    return s ? strlen(s) + 1 : 0;
}

/* Copies a part to *at and moves *at behind it; NULL for a part without bytes. */
static inline void *pack(uint8_t **at, const void *data, size_t len)
{
    uint8_t *here = *at;

    if (!len)
        return NULL;
    memcpy(here, data, len);
    *at += len;
    return here;
}

/* Copies a string; NULL in, NULL out. */
static inline char *pack_str(uint8_t **at, const char *s)
{
    return s ? pack(at, s, strlen(s) + 1) : NULL;
}

#endif
