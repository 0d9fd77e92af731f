/* SPDX-License-Identifier: Apache-2.0 */
/* The qp-trie: keys and reading. (The idea of a trie indexed by popcount is Tony Finch's; names as
 * symbols with the labels reversed are used by BIND, too.)
 *
 * A branch's twigs lie in one array, sixteen bytes each, so that a step down is one dependent load;
 * offsets that all names below share are skipped and verified at the end against the leaf that the
 * walk arrives at: label by label, for only whole labels matter. */
#include "model/qp.h"

#include <stdlib.h>
#include <string.h>

#include "model/qp_priv.h"

/* Bytes in runs of one kind; see qp_symbols. */
enum {
    SYM_END = 0,
    SYM_LOW = 1,     /* escape: 0x00-0x29 */
    SYM_STAR = 2,    /* * */
    SYM_PLUS = 3,    /* escape: 0x2b 0x2c */
    SYM_DASH = 4,    /* - */
    SYM_DOT = 5,     /* escape: 0x2e 0x2f */
    SYM_DIGIT = 6,   /* 0-9 */
    SYM_UPPER = 16,  /* escape: 0x3a-0x5e */
    SYM_UNDER = 17,  /* _ */
    SYM_TICK = 18,   /* escape: 0x60 */
    SYM_LETTER = 19, /* a-z */
    SYM_HIGH = 45,   /* three escapes: 0x7b-0xa7, 0xa8-0xd4, 0xd5-0xff */
};

#define ESC(sym, from, b) (uint16_t)((sym) + ((b) - (from) + 1) * 256)
#define ROW4(f, b) f(b), f((b) + 1), f((b) + 2), f((b) + 3)
#define ROW16(f, b) ROW4(f, b), ROW4(f, (b) + 4), ROW4(f, (b) + 8), ROW4(f, (b) + 12)
#define ROW64(f, b) ROW16(f, b), ROW16(f, (b) + 16), ROW16(f, (b) + 32), ROW16(f, (b) + 48)
#define SYMBOL(b)                              \
    ((b) < '*'    ? ESC(SYM_LOW, 0, b)         \
     : (b) == '*' ? SYM_STAR                   \
     : (b) < '-'  ? ESC(SYM_PLUS, '*' + 1, b)  \
     : (b) == '-' ? SYM_DASH                   \
     : (b) < '0'  ? ESC(SYM_DOT, '-' + 1, b)   \
     : (b) <= '9' ? SYM_DIGIT + (b) - '0'      \
     : (b) < '_'  ? ESC(SYM_UPPER, '9' + 1, b) \
     : (b) == '_' ? SYM_UNDER                  \
     : (b) < 'a'  ? ESC(SYM_TICK, '_' + 1, b)  \
     : (b) <= 'z' ? SYM_LETTER + (b) - 'a'     \
                  : ESC(SYM_HIGH + ((b) - 'z' - 1) / 45, 'z' + 1 + ((b) - 'z' - 1) / 45 * 45, b))

/* Low byte: the symbol; high byte: a second one or 0. Second symbols start at 1, so that END is
 * nothing but END wherever it stands. */
static const uint16_t qp_symbols[256] = {ROW64(SYMBOL, 0), ROW64(SYMBOL, 64), ROW64(SYMBOL, 128),
                                         ROW64(SYMBOL, 192)};

void qp_key_make(struct qp_key *k, const uint8_t *name)
{
    uint8_t from_left[NAME_MAX_LABELS];
    unsigned labels = 0, at = 0;
    uint8_t *out = k->sym + 1;

    while (name[at]) {
        from_left[labels++] = (uint8_t)at;
        at += name[at] + 1u;
    }
    k->name = name;
    k->name_len = (uint8_t)(at + 1);
    k->labels = (uint8_t)labels;
    k->bound[0] = 0;
    k->sym[0] = SYM_END;
    for (unsigned i = 0; i < labels; i++) {
        unsigned start = from_left[labels - 1 - i];
        const uint8_t *byte = name + start + 1, *end = byte + name[start];
        k->start[i] = (uint8_t)start;
        for (; byte < end; byte++) {
            unsigned symbol = qp_symbols[*byte];
            out[0] = (uint8_t)symbol;
            out[1] = (uint8_t)(symbol >> 8);
            out += 1 + (symbol > 255);
        }
        *out++ = SYM_END;
        k->bound[i + 1] = (uint16_t)(out - k->sym - 1);
    }
    *out++ = SYM_END;
    k->len = (uint16_t)(out - k->sym - 1);
}

/* How many bytes at the ends of two names are equal. */
static size_t common_tail(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    size_t most = a_len < b_len ? a_len : b_len, same = 0;
    uint64_t x, y;

    for (; same + 8 <= most; same += 8) {
        memcpy(&x, a + a_len - same - 8, 8);
        memcpy(&y, b + b_len - same - 8, 8);
        if (x != y)
            break;
    }
    while (same < most && a[a_len - same - 1] == b[b_len - same - 1])
        same++;
    return same;
}

/* How many labels, from the root down, a leaf's name shares with the key's. */
static unsigned common_labels(const struct qp_key *k, const struct qp_leaf *leaf,
                              unsigned *ret_labels)
{
    size_t tail = common_tail(k->name, k->name_len, leaf->name, leaf->name_len);
    uint8_t left[NAME_MAX_LABELS]; /* bytes from a label of the leaf to its end */
    unsigned labels = 0, differ = 0;

    for (unsigned at = 0; leaf->name[at]; at += leaf->name[at] + 1u) {
        left[labels++] = (uint8_t)(leaf->name_len - at);
        differ += leaf->name_len - at > tail;
    }
    *ret_labels = labels;
    unsigned same = labels - differ;
    if (same > k->labels)
        same = k->labels;
    /* Equal bytes are equal labels only from where both names have a label begin. */
    while (same && left[labels - same] != k->name_len - k->start[same - 1])
        same--;
    return same;
}

/* Takes back the ancestors that the walk noted on a way that was not the name's. */
static void path_verify(struct qp_path *ret, const struct qp_key *k, const struct qp_node *n)
{
    unsigned leaf_labels;
    unsigned same = common_labels(k, n->ptr, &leaf_labels);

    ret->labels = same;
    while (ret->chain_n && ret->chain[ret->chain_n - 1].at > k->bound[same])
        ret->chain_n--;
    /* An ancestor with nothing else below it is no twig on the way but its end. */
    if (same == leaf_labels && (!ret->chain_n || ret->chain[ret->chain_n - 1].node != n))
        ret->chain[ret->chain_n++] = (struct qp_step){n, k->bound[same]};
}

void qp_walk(const struct qp *t, const struct qp_key *k, struct qp_path *ret)
{
    const struct qp_node *n = &t->root;

    ret->leaf = NULL;
    ret->labels = 0;
    ret->chain_n = 0;
    if (!n->ptr)
        return;
    while (node_is_branch(n)) {
        unsigned at = node_offset(n);
        const struct qp_node *twigs = n->ptr;
        unsigned symbol = key_at(k, at);
        /* Where one of the name's labels begins, an END means that an ancestor ends here. */
        if ((n->word & 1) && symbol != SYM_END && k->sym[at] == SYM_END)
            ret->chain[ret->chain_n++] = (struct qp_step){twigs, (uint16_t)at};
        /* Without the right twig any leaf below tells how far the name exists. */
        n = n->word >> symbol & 1 ? node_twig(n, symbol) : twigs;
    }
    const struct qp_leaf *leaf = n->ptr;
    /* Most leaves lie across two cache lines; the second one is wanted right after the first. */
    __builtin_prefetch((const uint8_t *)leaf + 64);
    if (leaf->name_len == k->name_len && !memcmp(leaf->name, k->name, k->name_len)) {
        ret->leaf = leaf;
        ret->flags = qp_node_flags(n);
        ret->labels = k->labels;
        return;
    }
    path_verify(ret, k, n);
}

bool qp_ahead(const struct qp_node **node, const struct qp_key *k)
{
    const struct qp_node *n = *node;

    if (!node_is_branch(n)) {
        __builtin_prefetch(n->ptr);
        __builtin_prefetch((const uint8_t *)n->ptr + 64);
        return false;
    }
    unsigned at = node_offset(n), symbol = key_at(k, at);
    n = n->word >> symbol & 1 ? node_twig(n, symbol) : n->ptr;
    __builtin_prefetch(n);
    *node = n;
    return true;
}

struct qp_leaf *qp_get(const struct qp *t, const uint8_t *name)
{
    const struct qp_node *n = &t->root;
    struct qp_key k;

    if (!n->ptr)
        return NULL;
    qp_key_make(&k, name);
    while (node_is_branch(n)) {
        unsigned at = node_offset(n);
        unsigned symbol = key_at(&k, at);
        if (!(n->word >> symbol & 1))
            return NULL;
        n = node_twig(n, symbol);
    }
    struct qp_leaf *leaf = n->ptr;
    return leaf->name_len == k.name_len && !memcmp(leaf->name, name, k.name_len) ? leaf : NULL;
}

static int node_each(const struct qp_node *n, int (*fn)(void *ctx, const struct qp_leaf *leaf),
                     void *ctx)
{
    int r = 0;

    if (!node_is_branch(n))
        return fn(ctx, n->ptr);
    for (unsigned i = 0; i < node_twigs(n) && !r; i++)
        r = node_each((const struct qp_node *)n->ptr + i, fn, ctx);
    return r;
}

int qp_each(const struct qp *t, int (*fn)(void *ctx, const struct qp_leaf *leaf), void *ctx)
{
    return t->root.ptr ? node_each(&t->root, fn, ctx) : 0;
}

void qp_leaf_init(struct qp_leaf *leaf, const uint8_t *name)
{
    leaf->name_len = (uint8_t)name_len(name);
    memcpy(leaf->name, name, leaf->name_len);
}
