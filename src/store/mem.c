/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory: a sorted vector of pairs and a ring of changes, for tests and throw-away
 * servers.
 *
 * A lookup is a binary search; an insert moves pointers, which is cheaper than a tree up to some
 * hundred thousand keys and simple enough to serve as the reference for the other back ends.
 * Nothing survives the process. Writers are alone, readers share. */
#include "store/store_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/error.h"
#include "base/limits.h"

/* A pair and a change are the same thing: bytes that never change once made. Counted, because a
 * pair is usually also in the feed. */
struct cell {
    unsigned refs;
    uint64_t rev;
    size_t key_len;
    size_t value_len;
    bool deleted;
    uint8_t bytes[]; /* key, value */
};

struct mem {
    pthread_rwlock_t lock;
    struct cell **pairs; /* sorted by key */
    size_t pairs_n, pairs_cap;
    struct cell *feed[LIMIT_FEED_KEEP]; /* ring, oldest at feed_at */
    size_t feed_at, feed_n;
    uint64_t revision;
    uint64_t compacted; /* newest revision of which the feed has lost a change */
};

static struct store_bytes cell_key(const struct cell *c)
{
    return (struct store_bytes){c->bytes, c->key_len};
}

/* The value; data NULL for a deletion. */
static struct store_bytes cell_value(const struct cell *c)
{
    return (struct store_bytes){c->deleted ? NULL : c->bytes + c->key_len, c->value_len};
}

static struct cell *cell_new(const struct store_write *w, uint64_t rev)
{
    size_t value_len = w->value.data != NULL ? w->value.len : 0;
    struct cell *c = malloc(sizeof *c + w->key.len + value_len);
    if (c == NULL)
        return NULL;
    c->refs = 1;
    c->rev = rev;
    c->key_len = w->key.len;
    c->value_len = value_len;
    c->deleted = w->value.data == NULL;
    memcpy(c->bytes, w->key.data, w->key.len);
    if (value_len > 0)
        memcpy(c->bytes + w->key.len, w->value.data, value_len);
    return c;
}

static void cell_unref(struct cell *c)
{
    if (--c->refs == 0)
        free(c);
}

int mem_open(void **ret_impl)
{
    struct mem *m = calloc(1, sizeof *m);
    if (m == NULL)
        return ERR_NOMEM;
    must(pthread_rwlock_init(&m->lock, NULL) == 0);
    *ret_impl = m;
    return 0;
}

static void mem_close(void *impl)
{
    struct mem *m = impl;
    for (size_t i = 0; i < m->pairs_n; i++)
        cell_unref(m->pairs[i]);
    for (size_t i = 0; i < m->feed_n; i++)
        cell_unref(m->feed[(m->feed_at + i) % LIMIT_FEED_KEEP]);
    free(m->pairs);
    pthread_rwlock_destroy(&m->lock);
    free(m);
}

/* The place of the first pair whose key is not below `key`. */
static size_t pair_lower(const struct mem *m, struct store_bytes key)
{
    size_t low = 0, high = m->pairs_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (store_bytes_compare(cell_key(m->pairs[mid]), key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The pair of that key or NULL; *ret_at is where it is or would be. */
static struct cell *pair_find(const struct mem *m, struct store_bytes key, size_t *ret_at)
{
    size_t at = pair_lower(m, key);
    *ret_at = at;
    if (at == m->pairs_n || store_bytes_compare(cell_key(m->pairs[at]), key) != 0)
        return NULL;
    return m->pairs[at];
}

static int mem_revision(void *impl, uint64_t *ret)
{
    struct mem *m = impl;
    pthread_rwlock_rdlock(&m->lock);
    *ret = m->revision;
    pthread_rwlock_unlock(&m->lock);
    return 0;
}

static int mem_get(void *impl, struct store_bytes key, struct arena *arena, struct store_item *ret)
{
    struct mem *m = impl;
    struct store_item item;
    size_t at;
    int err = ERR_NOT_FOUND;
    pthread_rwlock_rdlock(&m->lock);
    const struct cell *c = pair_find(m, key, &at);
    if (c != NULL) {
        item.mod_rev = c->rev;
        err = store_bytes_dup(arena, cell_key(c), &item.key);
        if (err == 0)
            err = store_bytes_dup(arena, cell_value(c), &item.value);
    }
    pthread_rwlock_unlock(&m->lock);
    if (err == 0)
        *ret = item;
    return err;
}

static int mem_range(void *impl, const struct store_walk *walk, uint64_t *ret_rev)
{
    struct mem *m = impl;
    int err = 0;
    pthread_rwlock_rdlock(&m->lock);
    size_t from = pair_lower(m, walk->from);
    size_t to = walk->to.len > 0 ? pair_lower(m, walk->to) : m->pairs_n;
    if (walk->limit > 0 && to > from && to - from > walk->limit)
        to = from + walk->limit;
    for (size_t i = from; i < to && err == 0; i++) {
        const struct cell *c = m->pairs[i];
        struct store_item item = {cell_key(c), cell_value(c), c->rev};
        err = walk->each(walk->ctx, &item);
    }
    uint64_t rev = m->revision;
    pthread_rwlock_unlock(&m->lock);
    if (err == 0)
        *ret_rev = rev;
    return err;
}

/* True if all conditions hold. */
static bool compares_hold(const struct mem *m, const struct store_txn *txn)
{
    for (size_t i = 0; i < txn->compares_n; i++) {
        size_t at;
        const struct cell *c = pair_find(m, txn->compares[i].key, &at);
        if ((c != NULL ? c->rev : 0) != txn->compares[i].mod_rev)
            return false;
    }
    return true;
}

/* Makes room for `more` pairs, so that nothing can fail once a transaction has begun to change
 * things. */
static int pairs_reserve(struct mem *m, size_t more)
{
    size_t want = m->pairs_n + more;
    if (want <= m->pairs_cap)
        return 0;
    size_t cap = want + want / 2 + 16;
    struct cell **pairs = realloc(m->pairs, cap * sizeof *pairs);
    if (pairs == NULL)
        return ERR_NOMEM;
    m->pairs = pairs;
    m->pairs_cap = cap;
    return 0;
}

/* Appends to the feed and takes the caller's reference; the oldest change leaves a full ring. */
static void feed_push(struct mem *m, struct cell *c)
{
    if (m->feed_n == LIMIT_FEED_KEEP) {
        struct cell *oldest = m->feed[m->feed_at];
        m->compacted = oldest->rev;
        cell_unref(oldest);
        m->feed_at = (m->feed_at + 1) % LIMIT_FEED_KEEP;
        m->feed_n--;
    }
    m->feed[(m->feed_at + m->feed_n) % LIMIT_FEED_KEEP] = c;
    m->feed_n++;
}

/* Applies one write; takes the caller's reference to `c`. */
static void pair_apply(struct mem *m, struct cell *c)
{
    size_t at;
    struct cell *old = pair_find(m, cell_key(c), &at);
    if (c->deleted && old == NULL) {
        cell_unref(c);
        return;
    }
    if (c->deleted) {
        m->pairs_n--;
        memmove(m->pairs + at, m->pairs + at + 1, (m->pairs_n - at) * sizeof *m->pairs);
    } else {
        if (old == NULL) {
            memmove(m->pairs + at + 1, m->pairs + at, (m->pairs_n - at) * sizeof *m->pairs);
            m->pairs_n++;
        }
        m->pairs[at] = c;
        c->refs++;
    }
    if (old != NULL)
        cell_unref(old);
    feed_push(m, c);
}

/* Everything that may fail comes first, then everything that changes something. Write lock held. */
static int commit_locked(struct mem *m, const struct store_txn *txn, struct cell **cells)
{
    if (!compares_hold(m, txn))
        return ERR_CONFLICT;
    int err = pairs_reserve(m, txn->writes_n);
    for (size_t i = 0; i < txn->writes_n && err == 0; i++) {
        cells[i] = cell_new(&txn->writes[i], m->revision + 1);
        if (cells[i] == NULL)
            err = ERR_NOMEM;
    }
    if (err != 0) {
        for (size_t i = 0; i < txn->writes_n && cells[i] != NULL; i++)
            cell_unref(cells[i]);
        return err;
    }
    m->revision++;
    for (size_t i = 0; i < txn->writes_n; i++)
        pair_apply(m, cells[i]);
    return 0;
}

static int mem_commit(void *impl, const struct store_txn *txn, uint64_t *ret_rev)
{
    struct mem *m = impl;
    struct cell **cells = calloc(txn->writes_n + 1, sizeof *cells);
    if (cells == NULL)
        return ERR_NOMEM;
    pthread_rwlock_wrlock(&m->lock);
    int err = commit_locked(m, txn, cells);
    uint64_t rev = m->revision;
    pthread_rwlock_unlock(&m->lock);
    free(cells);
    if (err == 0)
        *ret_rev = rev;
    return err;
}

static int feed_locked(struct mem *m, const struct store_follow *f, uint64_t *ret_rev)
{
    if (f->after < m->compacted)
        return ERR_COMPACTED;
    uint64_t reached = m->revision;
    size_t given = 0;
    /* Changes are in the order of revisions, so the first one to give is found by halving. */
    size_t low = 0, high = m->feed_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (m->feed[(m->feed_at + mid) % LIMIT_FEED_KEEP]->rev <= f->after)
            low = mid + 1;
        else
            high = mid;
    }
    uint64_t last = f->after;
    for (size_t i = low; i < m->feed_n; i++) {
        const struct cell *c = m->feed[(m->feed_at + i) % LIMIT_FEED_KEEP];
        if (f->limit > 0 && given >= f->limit && c->rev != last) {
            reached = last;
            break;
        }
        struct store_change change = {c->rev, cell_key(c), cell_value(c)};
        int err = f->each(f->ctx, &change);
        if (err != 0)
            return err;
        last = c->rev;
        given++;
    }
    *ret_rev = reached > f->after ? reached : f->after;
    return 0;
}

static int mem_feed(void *impl, const struct store_follow *follow, uint64_t *ret_rev)
{
    struct mem *m = impl;
    pthread_rwlock_rdlock(&m->lock);
    int err = feed_locked(m, follow, ret_rev);
    pthread_rwlock_unlock(&m->lock);
    return err;
}

const struct store_backend mem_backend = {
    .poll_ms = 0,
    .close = mem_close,
    .revision = mem_revision,
    .get = mem_get,
    .range = mem_range,
    .commit = mem_commit,
    .feed = mem_feed,
};
