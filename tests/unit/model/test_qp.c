/* SPDX-License-Identifier: Apache-2.0 */
/* The trie against a naive reference: a sorted array of all names that ever were, with a flag for
 * each version that says which were there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rand.h"
#include "model/qp.h"

#define NAMES 100000
#define VERSIONS 6
#define QUERIES 20000

struct world {
    struct rnd rnd;
    uint8_t (*names)[NAME_MAX_WIRE]; /* sorted, each once */
    size_t n;
    bool *there; /* in the newest version */
    struct edit edit;
    struct qp trie;
    struct garbage *garbage[VERSIONS];
    struct qp old[VERSIONS]; /* published versions */
    bool *old_there[VERSIONS];
    size_t old_count[VERSIONS];
};

/* Few and odd bytes, so that names share prefixes, and escapes meet common bytes. */
static void random_name(struct rnd *r, uint8_t *out)
{
    static const uint8_t bytes[] = "abz019-_*+./@`{|\x00\x7f\x80\xa7\xa8\xd4\xd5\xff";
    unsigned labels = rnd_below(r, 6), at = 0;

    for (unsigned i = 0; i < labels; i++) {
        unsigned len = 1 + rnd_below(r, 3);
        unsigned kinds = rnd_below(r, 4) ? 6 : sizeof(bytes) - 1;
        out[at++] = (uint8_t)len;
        while (len--)
            out[at++] = bytes[rnd_below(r, kinds)];
    }
    out[at] = 0;
}

static int compare(const void *a, const void *b)
{
    return name_compare(a, b);
}

static struct qp_leaf *leaf_new(const uint8_t *name)
{
    struct qp_leaf *leaf = malloc(qp_leaf_size(name_len(name)) + 4);

    assert_non_null(leaf);
    qp_leaf_init(leaf, name);
    memset(qp_leaf_data(leaf), 0x5a, 4);
    return leaf;
}

static void world_put(struct world *w, size_t i)
{
    assert_int_equal(qp_put(&w->trie, &w->edit, leaf_new(w->names[i]), (uint32_t)i), 0);
    w->there[i] = true;
}

static void world_del(struct world *w, size_t i)
{
    int r = qp_del(&w->trie, &w->edit, w->names[i]);

    assert_int_equal(r, w->there[i] ? 0 : ERR_NOT_FOUND);
    w->there[i] = false;
}

static size_t lower_bound(const struct world *w, const uint8_t *name)
{
    size_t from = 0, to = w->n;

    while (from < to) {
        size_t mid = (from + to) / 2;
        if (name_compare(w->names[mid], name) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* True if the name or something below it is there: all of that stands together in the array. */
static bool reference_exists(const struct world *w, const bool *there, const uint8_t *name)
{
    for (size_t i = lower_bound(w, name); i < w->n && name_within(w->names[i], name); i++) {
        if (there[i])
            return true;
    }
    return false;
}

static bool reference_has(const struct world *w, const bool *there, const uint8_t *name)
{
    size_t i = lower_bound(w, name);

    return i < w->n && there[i] && name_equal(w->names[i], name);
}

static void check_name(const struct world *w, const struct qp *t, const bool *there,
                       const uint8_t *name)
{
    unsigned labels = name_labels(name), exists = 0, chain = 0;
    struct qp_key k;
    struct qp_path path;

    qp_key_make(&k, name);
    qp_walk(t, &k, &path);
    assert_int_equal(path.leaf != NULL, reference_has(w, there, name));
    if (path.leaf) {
        assert_true(name_equal(path.leaf->name, name));
        assert_int_equal(path.flags, lower_bound(w, name));
        assert_memory_equal(qp_leaf_data(path.leaf), "\x5a\x5a\x5a\x5a", 4);
    }
    assert_ptr_equal(qp_get(t, name), path.leaf);
    for (unsigned i = 1; i <= labels; i++) {
        if (reference_exists(w, there, name_parent(name, labels - i)))
            exists = i;
    }
    assert_int_equal(path.labels, exists);
    for (unsigned i = 0; i < labels; i++) {
        const uint8_t *above = name_parent(name, labels - i);
        if (!reference_has(w, there, above))
            continue;
        assert_true(chain < path.chain_n);
        assert_true(name_equal(qp_node_leaf(path.chain[chain].node)->name, above));
        assert_int_equal(path.chain[chain].at, k.bound[i]);
        chain++;
    }
    assert_int_equal(path.chain_n, chain);
}

static void check_version(struct world *w, const struct qp *t, const bool *there)
{
    uint8_t name[NAME_MAX_WIRE];

    for (unsigned i = 0; i < QUERIES; i++) {
        random_name(&w->rnd, name);
        check_name(w, t, there, name);
        check_name(w, t, there, w->names[rnd_below(&w->rnd, (uint32_t)w->n)]);
    }
}

struct order {
    const struct world *w;
    const bool *there;
    size_t next, seen;
};

static int order_step(void *ctx, const struct qp_leaf *leaf)
{
    struct order *o = ctx;

    while (o->next < o->w->n && !o->there[o->next])
        o->next++;
    assert_true(o->next < o->w->n);
    assert_true(name_equal(o->w->names[o->next], leaf->name));
    o->next++;
    o->seen++;
    return 0;
}

static void check_order(const struct world *w, const struct qp *t, const bool *there)
{
    struct order o = {w, there, 0, 0};

    assert_int_equal(qp_each(t, order_step, &o), 0);
    assert_int_equal(o.seen, t->count);
}

static void world_init(struct world *w)
{
    memset(w, 0, sizeof(*w));
    rnd_init_seed(&w->rnd, 53);
    w->names = calloc(NAMES, sizeof(w->names[0]));
    w->there = calloc(NAMES, 1);
    assert_non_null(w->names);
    assert_non_null(w->there);
    for (size_t i = 0; i < NAMES; i++)
        random_name(&w->rnd, w->names[i]);
    qsort(w->names, NAMES, sizeof(w->names[0]), compare);
    for (size_t i = 0; i < NAMES; i++) {
        if (!w->n || !name_equal(w->names[w->n - 1], w->names[i]))
            memmove(w->names[w->n++], w->names[i], sizeof(w->names[0]));
    }
    w->edit = (struct edit){1, garbage_new()};
    assert_non_null(w->edit.garbage);
}

static void world_publish(struct world *w, unsigned version)
{
    w->old[version] = w->trie;
    w->old_there[version] = malloc(NAMES);
    assert_non_null(w->old_there[version]);
    memcpy(w->old_there[version], w->there, NAMES);
    w->garbage[version] = w->edit.garbage;
    w->edit = (struct edit){w->edit.seq + 1, garbage_new()};
    assert_non_null(w->edit.garbage);
}

/* Puts and deletes at random; old versions must stay what they were, whatever comes after. */
static void test_versions(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_true(w.n > NAMES / 3);
    for (unsigned version = 0; version < VERSIONS; version++) {
        unsigned puts = version == VERSIONS - 1 ? 25 : 60; /* the last one shrinks */
        size_t changes = version ? NAMES / 4 : NAMES;
        for (size_t i = 0; i < changes; i++) {
            size_t which = rnd_below(&w.rnd, (uint32_t)w.n);
            if (rnd_below(&w.rnd, 100) < puts)
                world_put(&w, which);
            else
                world_del(&w, which);
        }
        world_publish(&w, version);
    }
    for (unsigned version = 0; version < VERSIONS; version++) {
        check_version(&w, &w.old[version], w.old_there[version]);
        check_order(&w, &w.old[version], w.old_there[version]);
    }
    for (unsigned version = 0; version < VERSIONS; version++) {
        garbage_free(w.garbage[version]);
        free(w.old_there[version]);
    }
    /* All garbage is gone, and the newest version is whole. */
    check_version(&w, &w.trie, w.there);
    for (size_t i = 0; i < w.n; i++)
        world_del(&w, i);
    assert_int_equal(w.trie.count, 0);
    assert_null(w.trie.root.ptr);
    garbage_free(w.edit.garbage);
    free(w.names);
    free(w.there);
}

/* Names of the greatest length make the longest keys. */
static void test_longest(void **state)
{
    uint8_t wide[NAME_MAX_WIRE], deep[NAME_MAX_WIRE];
    struct world w = {.edit = {1, garbage_new()}};
    struct qp_key k;
    struct qp_path path;
    unsigned at = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        unsigned len = i < 3 ? 63 : 61;
        wide[at] = (uint8_t)len;
        memset(wide + at + 1, 0xff, len);
        at += len + 1;
    }
    wide[at] = 0;
    assert_int_equal(name_len(wide), NAME_MAX_WIRE);
    for (at = 0; at < 254; at += 2) {
        deep[at] = 1;
        deep[at + 1] = 'x';
    }
    deep[at] = 0;
    assert_int_equal(name_labels(deep), 127);

    /* All ancestors of the deepest name have leaves. */
    for (unsigned i = 1; i <= 127; i++)
        assert_int_equal(qp_put(&w.trie, &w.edit, leaf_new(name_parent(deep, i)), i), 0);
    assert_int_equal(qp_put(&w.trie, &w.edit, leaf_new(wide), 0), 0);
    qp_key_make(&k, deep);
    qp_walk(&w.trie, &k, &path);
    assert_null(path.leaf);
    assert_int_equal(path.chain_n, 127);
    assert_int_equal(path.labels, 126);
    qp_key_make(&k, wide);
    assert_true(k.len <= QP_KEY_MAX);
    qp_walk(&w.trie, &k, &path);
    assert_non_null(path.leaf);
    qp_free(&w.trie);
    garbage_free(w.edit.garbage);
}

static void test_empty(void **state)
{
    struct world w = {.edit = {1, garbage_new()}};
    static const uint8_t root[] = "", com[] = "\3com";
    struct qp_key k;
    struct qp_path path;

    (void)state;
    qp_key_make(&k, com);
    qp_walk(&w.trie, &k, &path);
    assert_null(path.leaf);
    assert_int_equal(path.chain_n, 0);
    assert_null(qp_get(&w.trie, com));
    assert_int_equal(qp_del(&w.trie, &w.edit, com), ERR_NOT_FOUND);
    assert_int_equal(qp_put(&w.trie, &w.edit, leaf_new(root), 7), 0);
    qp_walk(&w.trie, &k, &path);
    assert_null(path.leaf);
    assert_int_equal(path.chain_n, 1);
    assert_int_equal(qp_node_flags(path.chain[0].node), 7);
    qp_free(&w.trie);
    garbage_free(w.edit.garbage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
