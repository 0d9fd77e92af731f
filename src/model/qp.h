/* SPDX-License-Identifier: Apache-2.0 */
/* A persistent qp-trie on canonical names: zones, rule tables, later firewall lists.
 *
 * A name's key is its labels from the root down, each byte as a *symbol* of 48 (letters, digits,
 * '-', '_', '*' as one symbol, other bytes as two), an END after each label and one more at the
 * very end. So an ancestor's key without its last END is a prefix of the name's key, symbols sort
 * as bytes do (RFC 4034 6.1), and a branch is a bitmap of the symbols that follow at one offset.
 * One walk down finds the exact leaf, all ancestors that have leaves, and how far the name exists
 * at all (closest encloser, empty non-terminal).
 *
 * Persistence: a copy of struct qp is a version; edits copy the path that they change, but for
 * nodes that the same edit made (struct edit), which are changed in place. Readers take no lock and
 * allocate nothing. One writer. Cost: O(depth), independent of the number of versions. */
#ifndef MODEL_QP_H
#define MODEL_QP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "model/garbage.h"

#define QP_KEY_MAX 512 /* symbols: 253 bytes as two each, and the ENDs, stay below */

/* A name as symbols. sym[0] is an END that stands before the key, so that every label, the first
 * included, follows an END; offset o of the key is sym[o + 1]. */
struct qp_key {
    const uint8_t *name;
    uint16_t len;                    /* symbols, last END included */
    uint8_t name_len;                /* bytes */
    uint8_t labels;                  /* without the root */
    uint8_t start[NAME_MAX_LABELS];  /* offset in name of label i, counted from the root side */
    uint16_t bound[NAME_MAX_LABELS]; /* key length of the ancestor with i labels, last END off */
    uint8_t sym[QP_KEY_MAX + 1];
};

/* Common head of all leaves; one malloc'ed block, its owner's data follow the name (qp_leaf_data).
 * Leaves are most of what a tenant takes, so they hold nothing else. */
struct qp_leaf {
    uint8_t name_len;
    uint8_t name[]; /* canonical */
};

/* A branch: bitmap of symbols (bits 0..47), offset in the key (48..57), bit 63, twigs in order of
 * their symbols. A leaf: flags of its user in the low 32 bits. */
struct qp_node {
    uint64_t word;
    void *ptr;
};

/* Zeroed = empty. */
struct qp {
    struct qp_node root;
    size_t count; /* leaves */
};

/* An ancestor that has a leaf. */
struct qp_step {
    const struct qp_node *node;
    uint16_t at; /* the key's bound[] of that ancestor: longer is more specific */
};

/* What one walk finds. */
struct qp_path {
    const struct qp_leaf *leaf; /* of the name itself, or NULL */
    uint32_t flags;             /* of that leaf */
    unsigned labels; /* of the longest ancestor-or-self that is in the trie or above a leaf */
    unsigned chain_n;
    struct qp_step chain[NAME_MAX_LABELS]; /* proper ancestors that have leaves, from the root */
};

/* Makes the key of a canonical name, which must outlive it. */
void qp_key_make(struct qp_key *k, const uint8_t *name);

/* Walks once; see struct qp_path. No lock, no allocation. */
void qp_walk(const struct qp *t, const struct qp_key *k, struct qp_path *ret);

/* Goes one step down from *node, which was fetched, and begins to fetch what comes next. Walks of
 * several keys, each a step at a time, wait for memory together instead of one after the other.
 * False: the leaf is reached; its own memory is being fetched. */
bool qp_ahead(const struct qp_node **node, const struct qp_key *k);

/* The leaf of a name, or NULL. */
struct qp_leaf *qp_get(const struct qp *t, const uint8_t *name);

/* Adds a leaf, or replaces and drops the one of the same name. The trie owns it now. 0 or
 * ERR_NOMEM (the content is as before, the leaf still the caller's). */
int qp_put(struct qp *t, const struct edit *e, struct qp_leaf *leaf, uint32_t flags);

/* Removes a leaf and drops it. 0, ERR_NOT_FOUND, ERR_NOMEM (the content is as before). */
int qp_del(struct qp *t, const struct edit *e, const uint8_t *name);

/* Calls fn for each leaf in canonical order; a non-zero result ends it and is returned. */
int qp_each(const struct qp *t, int (*fn)(void *ctx, const struct qp_leaf *leaf), void *ctx);

/* Frees all nodes and leaves of this version at once; for the last owner only. */
void qp_free(struct qp *t);

/* Writes the head of a leaf and copies the name. `leaf` needs qp_leaf_size() bytes. */
void qp_leaf_init(struct qp_leaf *leaf, const uint8_t *name);

/* Bytes of a leaf before its data: head and name, up to the next multiple of two. */
static inline size_t qp_leaf_size(size_t name_len)
{
    return (offsetof(struct qp_leaf, name) + name_len + 1) & ~(size_t)1;
}

/* The data behind the name, aligned to two. */
static inline void *qp_leaf_data(const struct qp_leaf *leaf)
{
    return (uint8_t *)(uintptr_t)leaf + qp_leaf_size(leaf->name_len);
}

/* The leaf of a node that is one. */
static inline const struct qp_leaf *qp_node_leaf(const struct qp_node *n)
{
    return n->ptr;
}

/* Its user's flags. */
static inline uint32_t qp_node_flags(const struct qp_node *n)
{
    return (uint32_t)n->word;
}

#endif
