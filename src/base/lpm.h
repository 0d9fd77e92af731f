/* SPDX-License-Identifier: Apache-2.0 */
/* Longest-prefix match over addresses, persistent: an edit copies the path it changes, so that a
 * reader of the old root is not disturbed. Lookup cost does not depend on the number of prefixes.
 *
 * Memory: nodes that an edit replaces are handed to `retire`, which must keep them until no reader
 * can hold an older root (see model/publish.h). One writer; any number of lock-free readers. */
#ifndef BASE_LPM_H
#define BASE_LPM_H

#include "base/addr.h"

struct lpm_node;

/* A table; copy the struct by value to keep a version. Zeroed = empty. */
struct lpm {
    const struct lpm_node *v4;
    const struct lpm_node *v6;
};

/* Takes a block that is no longer reachable from the newest version; must free(3) it later. */
struct retire {
    void (*add)(void *ctx, void *block);
    void *ctx;
};

#define LPM_NONE UINT32_MAX

/* The value of the longest prefix that contains `a`, or LPM_NONE. No lock, no allocation. */
uint32_t lpm_find(const struct lpm *t, const struct addr *a);

/* Sets `p` (host bits ignored) to `value` (not LPM_NONE) in *t. ERR_NOMEM leaves *t as it was. With
 * `retire` NULL, here and below, replaced nodes are freed at once: for a table that nobody reads
 * yet. */
int lpm_set(struct lpm *t, const struct prefix *p, uint32_t value, const struct retire *retire);

/* Removes `p`. ERR_NOT_FOUND, ERR_NOMEM leave *t as it was. */
int lpm_del(struct lpm *t, const struct prefix *p, const struct retire *retire);

/* Frees all nodes of the version at once; for the last owner only. */
void lpm_free(struct lpm *t);

#endif
