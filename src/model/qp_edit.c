/* SPDX-License-Identifier: Apache-2.0 */
/* The qp-trie: editing.
 *
 * An array of twigs carries behind its last twig the number of the edit that made it. An edit first
 * makes the arrays on its path its own, from the root down: each such step leaves the same content
 * behind, so that lack of memory needs no undo. The last step, which changes the content, gets its
 * memory before it changes anything. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/qp_priv.h"

/* An array of `n` twigs, followed by its edit's number: 16 n + 8 bytes, which malloc rounds to just
 * that. NULL on lack of memory. */
static struct qp_node *twigs_new(const struct edit *e, unsigned n)
{
    struct qp_node *twigs = malloc(n * sizeof(*twigs) + sizeof(uint64_t));

    if (twigs)
        memcpy(twigs + n, &e->seq, sizeof(uint64_t));
    return twigs;
}

static uint64_t twigs_seq(const struct qp_node *branch)
{
    uint64_t seq;

    memcpy(&seq, (const struct qp_node *)branch->ptr + node_twigs(branch), sizeof(seq));
    return seq;
}

/* Makes the twigs of a branch, which is the edit's own, its own as well. 0 or ERR_NOMEM. */
static int branch_own(const struct edit *e, struct qp_node *branch)
{
    uint64_t seq = twigs_seq(branch);

    if (seq == e->seq)
        return 0;
    unsigned n = node_twigs(branch);
    struct qp_node *twigs = twigs_new(e, n);
    if (!twigs)
        return ERR_NOMEM;
    memcpy(twigs, branch->ptr, n * sizeof(*twigs));
    edit_drop(e, branch->ptr, seq);
    branch->ptr = twigs;
    return 0;
}

/* Adds a twig to a branch that has none for `symbol`. */
static int branch_add(const struct edit *e, struct qp_node *branch, unsigned symbol,
                      struct qp_node twig)
{
    unsigned n = node_twigs(branch), at = node_rank(branch, symbol);
    const struct qp_node *old = branch->ptr;
    struct qp_node *twigs = twigs_new(e, n + 1);

    if (!twigs)
        return ERR_NOMEM;
    memcpy(twigs, old, at * sizeof(*twigs));
    twigs[at] = twig;
    memcpy(twigs + at + 1, old + at, (n - at) * sizeof(*twigs));
    edit_drop(e, branch->ptr, twigs_seq(branch));
    branch->word |= 1ull << symbol;
    branch->ptr = twigs;
    return 0;
}

/* Removes the twig of `symbol`; a branch with one twig left becomes that twig. */
static int branch_remove(const struct edit *e, struct qp_node *branch, unsigned symbol)
{
    unsigned n = node_twigs(branch), at = node_rank(branch, symbol);
    const struct qp_node *old = branch->ptr;
    struct qp_node changed = {branch->word & ~(1ull << symbol), NULL};

    if (n == 2) {
        changed = old[1 - at];
    } else {
        struct qp_node *twigs = twigs_new(e, n - 1);
        if (!twigs)
            return ERR_NOMEM;
        memcpy(twigs, old, at * sizeof(*twigs));
        memcpy(twigs + at, old + at + 1, (n - 1 - at) * sizeof(*twigs));
        changed.ptr = twigs;
    }
    edit_drop(e, branch->ptr, twigs_seq(branch));
    *branch = changed;
    return 0;
}

/* Turns a node into a branch at offset `at` with two twigs: what the node was, under `symbol_old`,
 * and `twig`. */
static int node_split(const struct edit *e, struct qp_node *n, unsigned at,
                      const unsigned symbols[2], struct qp_node twig)
{
    struct qp_node *twigs = twigs_new(e, 2);

    if (!twigs)
        return ERR_NOMEM;
    twigs[symbols[0] > symbols[1]] = *n;
    twigs[symbols[0] < symbols[1]] = twig;
    *n = (struct qp_node){QP_BRANCH | (uint64_t)at << QP_OFFSET_SHIFT | 1ull << symbols[0] |
                              1ull << symbols[1],
                          twigs};
    return 0;
}

/* The leaf that shares the most symbols with the key. */
static struct qp_leaf *nearest(const struct qp *t, const struct qp_key *k)
{
    const struct qp_node *n = &t->root;

    while (node_is_branch(n)) {
        unsigned symbol = key_at(k, node_offset(n));
        n = n->word >> symbol & 1 ? node_twig(n, symbol) : n->ptr;
    }
    return n->ptr;
}

static bool key_is(const struct qp_key *k, const struct qp_leaf *leaf)
{
    return leaf->name_len == k->name_len && !memcmp(leaf->name, k->name, k->name_len);
}

/* Goes down along the key to the first node that is a leaf or branches at `end` or deeper, making
 * all on the way the edit's own. NULL on lack of memory. */
static struct qp_node *descend(struct qp *t, const struct edit *e, const struct qp_key *k,
                               unsigned end)
{
    struct qp_node *n = &t->root;

    while (node_is_branch(n) && node_offset(n) < end) {
        if (branch_own(e, n) < 0)
            return NULL;
        n = (struct qp_node *)n->ptr + node_rank(n, key_at(k, node_offset(n)));
    }
    return n;
}

static int put_new(struct qp *t, const struct edit *e, const struct qp_key *k, struct qp_node twig)
{
    struct qp_key other;
    unsigned at = 0;
    int r;

    qp_key_make(&other, nearest(t, k)->name);
    while (key_at(k, at) == key_at(&other, at))
        at++;
    struct qp_node *n = descend(t, e, k, at);
    if (!n)
        return ERR_NOMEM;
    if (node_is_branch(n) && node_offset(n) == at) {
        r = branch_add(e, n, key_at(k, at), twig);
    } else {
        unsigned symbols[2] = {key_at(&other, at), key_at(k, at)};
        r = node_split(e, n, at, symbols, twig);
    }
    if (!r)
        t->count++;
    return r;
}

int qp_put(struct qp *t, const struct edit *e, struct qp_leaf *leaf, uint32_t flags)
{
    struct qp_node twig = {flags, leaf};
    struct qp_key k;

    if (garbage_reserve(e->garbage) < 0)
        return ERR_NOMEM;
    if (!t->root.ptr) {
        t->root = twig;
        t->count = 1;
        return 0;
    }
    qp_key_make(&k, leaf->name);
    struct qp_leaf *old = nearest(t, &k);
    if (!key_is(&k, old))
        return put_new(t, e, &k, twig);
    struct qp_node *n = descend(t, e, &k, QP_KEY_MAX);
    if (!n)
        return ERR_NOMEM;
    edit_retire(e, old);
    *n = twig;
    return 0;
}

int qp_del(struct qp *t, const struct edit *e, const uint8_t *name)
{
    struct qp_node *n, *above = NULL;
    struct qp_key k;
    unsigned symbol = 0;

    if (!t->root.ptr)
        return ERR_NOT_FOUND;
    qp_key_make(&k, name);
    struct qp_leaf *leaf = nearest(t, &k);
    if (!key_is(&k, leaf))
        return ERR_NOT_FOUND;
    if (garbage_reserve(e->garbage) < 0)
        return ERR_NOMEM;
    for (n = &t->root; node_is_branch(n);) {
        if (above && branch_own(e, above) < 0)
            return ERR_NOMEM;
        if (above)
            n = (struct qp_node *)above->ptr + node_rank(above, symbol);
        above = n;
        symbol = key_at(&k, node_offset(n));
        n = (struct qp_node *)n->ptr + node_rank(n, symbol);
    }
    if (above && branch_remove(e, above, symbol) < 0)
        return ERR_NOMEM;
    if (!above)
        t->root = (struct qp_node){0};
    t->count--;
    edit_retire(e, leaf);
    return 0;
}

static void node_free(struct qp_node *n)
{
    if (node_is_branch(n)) {
        for (unsigned i = 0; i < node_twigs(n); i++)
            node_free((struct qp_node *)n->ptr + i);
    }
    free(n->ptr);
}

void qp_free(struct qp *t)
{
    if (t->root.ptr)
        node_free(&t->root);
    *t = (struct qp){0};
}
