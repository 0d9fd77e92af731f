/* SPDX-License-Identifier: Apache-2.0 */
/* Longest-prefix match: a tree bitmap of 6-bit strides with path compression.
 *
 * A node stands for one position (`depth`, a multiple of six) under one exact prefix (`key`). It
 * holds the values of the prefixes that end within its stride and a child for each longer branch.
 * Both sets are bitmaps with dense arrays behind them:
 *   - a prefix of length depth + n with stride bits v has number 1 << n | v (1..63, as in a heap),
 * so the longest match of a stride is the highest set bit among the six ancestors of the address'
 * chunk;
 *   - children are numbered by the six bits of the chunk.
 * Strides in which nothing branches have no node: a child may lie any number of strides deeper, and
 * its key, compared on the way down, tells whether the address is really under it. The shape
 * depends only on the content, not on the order of edits. A lookup loads one node per branching
 * stride: usually two or three. An edit copies the nodes of its path: 40 bytes each and what they
 * hold. */
#include "base/lpm.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/error.h"

#define STRIDE 6
#define PATH_MAX_NODES 24 /* 128 / 6 strides, and the two that one edit can add */

struct lpm_node {
    struct lpm_key key; /* all bits behind `depth` are zero */
    uint64_t children;  /* bitmap of the chunks that have a child */
    uint64_t prefixes;  /* bitmap of prefix numbers that have a value; bit 0 is never set */
    unsigned depth;     /* in bits */
    /* The children in order of chunk, then the values in order of number. */
    const struct lpm_node *child[];
};

static inline unsigned ones(uint64_t x)
{
#ifdef __POPCNT__
    return (unsigned)__builtin_popcountll(x);
#else
    /* The compiler would call a library function here. */
    x -= x >> 1 & 0x5555555555555555ull;
    x = (x & 0x3333333333333333ull) + (x >> 2 & 0x3333333333333333ull);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (unsigned)(x * 0x0101010101010101ull >> 56);
#endif
}

/* How many of the bits below `n` are set. */
static inline unsigned rank(uint64_t bits, unsigned n)
{
    return ones(bits & ((1ull << n) - 1));
}

static inline const uint32_t *node_values(const struct lpm_node *n)
{
    return (const uint32_t *)(const void *)(n->child + ones(n->children));
}

static inline struct lpm_key key_of(const struct addr *a)
{
    uint64_t hi, lo;

    memcpy(&hi, a->b, 8);
    memcpy(&lo, a->b + 8, 8);
    return (struct lpm_key){be64toh(hi), be64toh(lo)};
}

/* The key with all bits from `bits` on cleared. */
static inline struct lpm_key key_cut(struct lpm_key k, unsigned bits)
{
    if (bits < 64)
        return (struct lpm_key){bits ? k.hi & ~0ull << (64 - bits) : 0, 0};
    return (struct lpm_key){k.hi, bits > 64 ? k.lo & ~0ull << (128 - bits) : 0};
}

/* The six bits at `depth`; beyond the end of the address they are zero. */
static inline unsigned key_chunk(struct lpm_key k, unsigned depth)
{
    if (depth + STRIDE <= 64)
        return (unsigned)(k.hi >> (64 - STRIDE - depth)) & 63;
    if (depth >= 64)
        return (unsigned)(depth + STRIDE <= 128 ? k.lo >> (128 - STRIDE - depth)
                                                : k.lo << (depth + STRIDE - 128)) &
               63;
    return (unsigned)(k.hi << (depth + STRIDE - 64) | k.lo >> (128 - STRIDE - depth)) & 63;
}

static inline bool node_covers(const struct lpm_node *n, struct lpm_key k)
{
    struct lpm_key cut = key_cut(k, n->depth);

    return cut.hi == n->key.hi && cut.lo == n->key.lo;
}

/* The numbers of the six prefixes of a stride that contain the chunk. */
static inline uint64_t ancestors(unsigned chunk)
{
    unsigned n = 64 | chunk;

    return 1ull << (n >> 1) | 1ull << (n >> 2) | 1ull << (n >> 3) | 1ull << (n >> 4) |
           1ull << (n >> 5) | 2;
}

static inline void walk_begin(struct lpm_walk *w, const struct lpm *t, const struct addr *a)
{
    w->n = a->family == AF_INET ? t->v4 : a->family == AF_INET6 ? t->v6 : NULL;
    w->best = NULL;
    w->match = 0;
    w->key = key_of(a);
}

/* False: the end. */
static inline bool walk_step(struct lpm_walk *w)
{
    const struct lpm_node *n = w->n;

    if (!n || !node_covers(n, w->key))
        return false;
    unsigned chunk = key_chunk(w->key, n->depth);
    uint64_t match = n->prefixes & ancestors(chunk);
    if (match) {
        w->best = n;
        w->match = match;
    }
    if (!(n->children >> chunk & 1))
        return false;
    w->n = n->child[rank(n->children, chunk)];
    return true;
}

static inline uint32_t walk_value(const struct lpm_walk *w)
{
    if (!w->best)
        return LPM_NONE;
    unsigned number = 63 - (unsigned)__builtin_clzll(w->match);
    return node_values(w->best)[rank(w->best->prefixes, number)];
}

uint32_t lpm_find(const struct lpm *t, const struct addr *a)
{
    struct lpm_walk w;

    walk_begin(&w, t, a);
    while (walk_step(&w))
        ;
    return walk_value(&w);
}

void lpm_begin(struct lpm_walk *w, const struct lpm *t, const struct addr *a)
{
    walk_begin(w, t, a);
}

bool lpm_step(struct lpm_walk *w)
{
    if (!walk_step(w))
        return false;
    __builtin_prefetch(w->n);
    return true;
}

uint32_t lpm_end(const struct lpm_walk *w)
{
    return walk_value(w);
}

/* One edit: the way from the root, and the blocks that change hands at its end. */
struct edit {
    struct lpm_key key;                          /* the prefix */
    unsigned bits;                               /* its length */
    unsigned depth;                              /* of the node that holds it */
    unsigned number;                             /* in that node */
    const struct lpm_node *path[PATH_MAX_NODES]; /* nodes that contain the prefix, from the root */
    unsigned path_n;
    struct lpm_node *made[PATH_MAX_NODES + 2];
    unsigned made_n;
};

/* A node with uninitialized children and values, owned by the edit. NULL on lack of memory. */
static struct lpm_node *node_make(struct edit *e, const struct lpm_node *shape)
{
    unsigned children = ones(shape->children), values = ones(shape->prefixes);
    struct lpm_node *n =
        malloc(sizeof(*n) + children * sizeof(n->child[0]) + values * sizeof(uint32_t));

    if (!n)
        return NULL;
    must(e->made_n < sizeof(e->made) / sizeof(e->made[0]));
    *n = *shape;
    e->made[e->made_n++] = n;
    return n;
}

static uint32_t *node_values_new(struct lpm_node *n)
{
    return (uint32_t *)(void *)(n->child + ones(n->children));
}

/* A copy of `from` in which prefix `number` has `value`; LPM_NONE: has none. */
static struct lpm_node *node_with_value(struct edit *e, const struct lpm_node *from,
                                        unsigned number, uint32_t value)
{
    struct lpm_node shape = *from;
    uint64_t bit = 1ull << number;

    shape.prefixes = value == LPM_NONE ? from->prefixes & ~bit : from->prefixes | bit;
    struct lpm_node *n = node_make(e, &shape);
    if (!n)
        return NULL;
    unsigned at = rank(from->prefixes, number), had = from->prefixes & bit ? 1 : 0;
    const uint32_t *old = node_values(from);
    uint32_t *to = node_values_new(n);
    memcpy(n->child, from->child, ones(from->children) * sizeof(n->child[0]));
    memcpy(to, old, at * sizeof(*to));
    to += at;
    if (value != LPM_NONE)
        *to++ = value;
    memcpy(to, old + at + had, (ones(from->prefixes) - at - had) * sizeof(*to));
    return n;
}

/* A copy of `from` in which `chunk` leads to `child`; NULL: to nothing. */
static struct lpm_node *node_with_child(struct edit *e, const struct lpm_node *from, unsigned chunk,
                                        const struct lpm_node *child)
{
    struct lpm_node shape = *from;
    uint64_t bit = 1ull << chunk;

    shape.children = child ? from->children | bit : from->children & ~bit;
    struct lpm_node *n = node_make(e, &shape);
    if (!n)
        return NULL;
    unsigned at = rank(from->children, chunk), had = from->children & bit ? 1 : 0;
    const struct lpm_node **to = n->child;
    memcpy(to, from->child, at * sizeof(*to));
    to += at;
    if (child)
        *to++ = child;
    memcpy(to, from->child + at + had, (ones(from->children) - at - had) * sizeof(*to));
    memcpy(node_values_new(n), node_values(from), ones(from->prefixes) * sizeof(uint32_t));
    return n;
}

/* Begins an edit of `p` from `root`: fills the path with the nodes that contain the prefix. Returns
 * the node that the walk met next but that lies beside or below the prefix, or NULL. */
static const struct lpm_node *edit_begin(struct edit *e, const struct prefix *p,
                                         const struct lpm_node *root)
{
    const struct lpm_node *n = root;

    e->bits = p->bits;
    e->depth = p->bits - p->bits % STRIDE;
    e->key = key_cut(key_of(&p->addr), p->bits);
    e->number = 1u << p->bits % STRIDE | key_chunk(e->key, e->depth) >> (STRIDE - p->bits % STRIDE);
    e->path_n = 0;
    e->made_n = 0;
    while (n && n->depth <= e->depth && node_covers(n, e->key)) {
        e->path[e->path_n++] = n;
        if (n->depth == e->depth)
            return NULL;
        unsigned chunk = key_chunk(e->key, n->depth);
        n = n->children >> chunk & 1 ? n->child[rank(n->children, chunk)] : NULL;
    }
    return n;
}

/* Undoes an edit for which memory ran out; the tree was not touched. */
static int edit_fail(struct edit *e)
{
    while (e->made_n)
        free(e->made[--e->made_n]);
    return ERR_NOMEM;
}

/* Copies the first `n` nodes of the path with `below` at their end (NULL: nothing), makes that the
 * new root and retires the old path. 0 or ERR_NOMEM. */
static int edit_finish(struct edit *e, unsigned n, const struct lpm_node *below,
                       const struct lpm_node **root, const struct retire *retire)
{
    while (n) {
        const struct lpm_node *at = e->path[--n];
        below = node_with_child(e, at, key_chunk(e->key, at->depth), below);
        if (!below)
            return edit_fail(e);
    }
    *root = below;
    for (unsigned i = 0; i < e->path_n; i++) {
        if (retire)
            retire->add(retire->ctx, (void *)e->path[i]);
        else
            free((void *)e->path[i]);
    }
    return 0;
}

/* Makes the bottom of the path for a prefix that has no node yet. `other`, if any, lies below the
 * new leaf, or beside it: then a new node above both is where their keys part. NULL on lack of
 * memory. */
static const struct lpm_node *edit_leaf(struct edit *e, const struct lpm_node *other,
                                        uint32_t value)
{
    struct lpm_node shape = {
        .key = key_cut(e->key, e->depth), .prefixes = 1ull << e->number, .depth = e->depth};
    bool below = other && other->depth > e->depth && node_covers(&shape, other->key);

    if (below)
        shape.children = 1ull << key_chunk(other->key, e->depth);
    struct lpm_node *leaf = node_make(e, &shape);
    if (!leaf)
        return NULL;
    if (below)
        leaf->child[0] = other;
    node_values_new(leaf)[0] = value;
    if (!other || below)
        return leaf;

    unsigned depth = 0;
    while (key_chunk(e->key, depth) == key_chunk(other->key, depth))
        depth += STRIDE;
    unsigned mine = key_chunk(e->key, depth), its = key_chunk(other->key, depth);
    shape = (struct lpm_node){
        .key = key_cut(e->key, depth), .children = 1ull << mine | 1ull << its, .depth = depth};
    struct lpm_node *fork = node_make(e, &shape);
    if (!fork)
        return NULL;
    fork->child[mine > its] = leaf;
    fork->child[mine < its] = other;
    return fork;
}

static const struct lpm_node **root_of(struct lpm *t, const struct prefix *p)
{
    if (!addr_bits(&p->addr) || p->bits > addr_bits(&p->addr))
        return NULL;
    return p->addr.family == AF_INET ? &t->v4 : &t->v6;
}

/* The last node of the path, if it is the one that has the value of the prefix; else NULL. */
static const struct lpm_node *edit_at(const struct edit *e)
{
    const struct lpm_node *at = e->path_n ? e->path[e->path_n - 1] : NULL;

    return at && at->depth == e->depth && at->prefixes >> e->number & 1 ? at : NULL;
}

bool lpm_has(const struct lpm *t, const struct prefix *p)
{
    struct edit e;

    edit_begin(&e, p, p->addr.family == AF_INET ? t->v4 : t->v6);
    return edit_at(&e) != NULL;
}

int lpm_set(struct lpm *t, const struct prefix *p, uint32_t value, const struct retire *retire)
{
    const struct lpm_node **root = root_of(t, p);
    const struct lpm_node *below;
    struct edit e;

    if (!root || value == LPM_NONE)
        return ERR_INVALID;
    const struct lpm_node *other = edit_begin(&e, p, *root);
    unsigned above = e.path_n;
    if (above && e.path[above - 1]->depth == e.depth)
        below = node_with_value(&e, e.path[--above], e.number, value);
    else
        below = edit_leaf(&e, other, value);
    if (!below)
        return edit_fail(&e);
    return edit_finish(&e, above, below, root, retire);
}

int lpm_del(struct lpm *t, const struct prefix *p, const struct retire *retire)
{
    const struct lpm_node **root = root_of(t, p);
    const struct lpm_node *below = NULL;
    struct edit e;

    if (!root)
        return ERR_NOT_FOUND;
    edit_begin(&e, p, *root);
    const struct lpm_node *at = edit_at(&e);
    if (!at)
        return ERR_NOT_FOUND;
    unsigned above = e.path_n - 1;

    /* A node stays only if it holds a value or parts two ways. */
    if (at->prefixes != 1ull << e.number || ones(at->children) > 1) {
        below = node_with_value(&e, at, e.number, LPM_NONE);
        if (!below)
            return edit_fail(&e);
    } else if (at->children) {
        below = at->child[0];
    } else if (above && !e.path[above - 1]->prefixes && ones(e.path[above - 1]->children) == 2) {
        const struct lpm_node *fork = e.path[--above];
        below = fork->child[fork->child[0] == at];
    }
    return edit_finish(&e, above, below, root, retire);
}

static void node_free(const struct lpm_node *n)
{
    if (!n)
        return;
    for (unsigned i = 0; i < ones(n->children); i++)
        node_free(n->child[i]);
    free((void *)n);
}

void lpm_free(struct lpm *t)
{
    node_free(t->v4);
    node_free(t->v6);
    *t = (struct lpm){0};
}
