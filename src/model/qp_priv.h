/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of the qp-trie, for qp.c and qp_edit.c. */
#ifndef MODEL_QP_PRIV_H
#define MODEL_QP_PRIV_H

#include "model/qp.h"

#define QP_BRANCH (1ull << 63)
#define QP_BITS ((1ull << 48) - 1)
#define QP_OFFSET_SHIFT 48
#define QP_OFFSET_MASK 0x3ffu

/* How many bits are set. Without the instruction the compiler would call a library function. */
static inline unsigned bits_count(uint64_t x)
{
#ifdef __POPCNT__
    return (unsigned)__builtin_popcountll(x);
#else
    x -= x >> 1 & 0x5555555555555555ull;
    x = (x & 0x3333333333333333ull) + (x >> 2 & 0x3333333333333333ull);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (unsigned)(x * 0x0101010101010101ull >> 56);
#endif
}

/* The symbol at an offset of the key; behind its end there are only ENDs, which are 0. */
static inline unsigned key_at(const struct qp_key *k, unsigned at)
{
    return at < k->len ? k->sym[at + 1] : 0;
}

/* True for a branch, false for a leaf. */
static inline bool node_is_branch(const struct qp_node *n)
{
    return n->word & QP_BRANCH;
}

/* Offset in the key of the symbol that a branch looks at. */
static inline unsigned node_offset(const struct qp_node *n)
{
    return (unsigned)(n->word >> QP_OFFSET_SHIFT) & QP_OFFSET_MASK;
}

/* Number of twigs of a branch. */
static inline unsigned node_twigs(const struct qp_node *n)
{
    return bits_count(n->word & QP_BITS);
}

/* Where in the array of twigs the one of `symbol` is, or would be. */
static inline unsigned node_rank(const struct qp_node *n, unsigned symbol)
{
    return bits_count(n->word & ((1ull << symbol) - 1));
}

/* The twig of a symbol that the branch has. */
static inline const struct qp_node *node_twig(const struct qp_node *n, unsigned symbol)
{
    return (const struct qp_node *)n->ptr + node_rank(n, symbol);
}

#endif
