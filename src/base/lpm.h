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

/* An address as the table sees it. */
struct lpm_key {
    uint64_t hi; /* an IPv4 address has its bits at the top */
    uint64_t lo;
};

/* A look-up on its way; lpm_begin fills it. */
struct lpm_walk {
    struct lpm_key key;
    const struct lpm_node *n;    /* the next node */
    const struct lpm_node *best; /* has the longest prefix so far, among those in match */
    uint64_t match;
};

/* Takes a block that is no longer reachable from the newest version; must free(3) it later. */
struct retire {
    void (*add)(void *ctx, void *block);
    void *ctx;
};

#define LPM_NONE UINT32_MAX

/* The value of the longest prefix that contains `a`, or LPM_NONE. No lock, no allocation. */
uint32_t lpm_find(const struct lpm *t, const struct addr *a);

/* The same a node at a time, so that look-ups of several addresses wait for memory together:
 * lpm_begin, lpm_step while it is true (it begins to fetch the next node), lpm_end for the value.
 */
void lpm_begin(struct lpm_walk *w, const struct lpm *t, const struct addr *a);
bool lpm_step(struct lpm_walk *w);
uint32_t lpm_end(const struct lpm_walk *w);

/* True if `p` itself (host bits ignored) has a value. */
bool lpm_has(const struct lpm *t, const struct prefix *p);

/* Sets `p` (host bits ignored) to `value` (not LPM_NONE) in *t. ERR_NOMEM leaves *t as it was. With
 * `retire` NULL, here and below, replaced nodes are freed at once: for a table that nobody reads
 * yet. */
int lpm_set(struct lpm *t, const struct prefix *p, uint32_t value, const struct retire *retire);

/* Removes `p`. ERR_NOT_FOUND, ERR_NOMEM leave *t as it was. */
int lpm_del(struct lpm *t, const struct prefix *p, const struct retire *retire);

/* Frees all nodes of the version at once; for the last owner only. */
void lpm_free(struct lpm *t);

#endif
