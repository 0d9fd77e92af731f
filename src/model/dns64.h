/* SPDX-License-Identifier: Apache-2.0 */
/* DNS64 settings as compiled. Equal settings are one object, made once and kept as long as the
 * compiler: there are few, and cached answers name them by number. */
#ifndef MODEL_DNS64_H
#define MODEL_DNS64_H

#include "base/map.h"
#include "model/snapshot.h"

/* The settings that were made so far. */
struct dns64_settings {
    struct map by_text;
    uint16_t numbers; /* handed out */
};

/* True if a description can be compiled: a prefix that RFC 6052 2.2 knows, or none; IPv6 prefixes
 * to be excluded, DNS64_EXCLUDE_MAX at most. */
bool dns64_valid(const struct dns64_desc *d);

/* The setting of a valid description; what `own` (NULL: nothing) sets goes before `d`. NULL on lack
 * of memory. It lives until dns64_free. */
const struct dns64 *dns64_get(struct dns64_settings *s, const struct dns64_desc *d,
                              const struct dns64_desc *own);

/* Frees all settings; nobody may use one any more. */
void dns64_free(struct dns64_settings *s);

#endif
