/* SPDX-License-Identifier: Apache-2.0 */
/* The transaction of a call: its pending writes lie over the store like a sheet of glass, and every
 * key that was read becomes a condition of the commit.
 *
 * Both lists are sorted by key. Listings arrive in that order, so filling them is appending; a
 * look-up is a binary search. */
#include "control/ctl_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/error.h"
#include "control/audit.h"

#define LIST_BATCH 256 /* stored pairs fetched at a time by a listing */

static int key_compare(struct store_bytes a, struct store_bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n > 0 ? memcmp(a.data, b.data, n) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

int txn_fail(struct ctl *c, int err)
{
    if (err == ERR_FAULT)
        return err;
    if (err == ERR_NOMEM && c->arena->overflow && !c->arena->starved)
        return ctl_fail(c, FAULT_InternalFailure, "The request needs too much memory.");
    if (err == ERR_NOMEM)
        return ctl_fail(c, FAULT_ServiceUnavailable, "There is no memory at the moment.");
    if (err == ERR_CORRUPT)
        return ctl_fail(c, FAULT_InternalFailure, "A stored object cannot be read.");
    trouble_note(store_read_trouble(c->store), store_error(c->store));
    return ctl_fail(c, FAULT_ServiceUnavailable, "The store cannot be used at the moment.");
}

void txn_begin(struct ctl *c)
{
    /* The arrays are made anew: the caller may have reset the arena since the last call. */
    c->writes = NULL;
    c->writes_n = c->writes_cap = 0;
    c->compares = NULL;
    c->compares_n = c->compares_cap = 0;
    c->since = c->read_only ? 0 : store_revision(c->store);
    c->foreign = NULL;
    c->committed = 0;
    c->fault = (struct ctl_fault){0};
}

struct store_bytes txn_key(struct ctl *c, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *key = len >= 0 ? arena_alloc(c->arena, (size_t)len + 1) : NULL;
    if (key != NULL)
        vsnprintf(key, (size_t)len + 1, fmt, again);
    va_end(again);
    return (struct store_bytes){key, key != NULL ? (size_t)len : 0};
}

int txn_prefix(struct ctl *c, struct store_bytes prefix, const char *after, struct store_walk *ret)
{
    size_t after_len = after != NULL ? strlen(after) : 0;
    char *from = arena_alloc(c->arena, prefix.len + after_len + 1);
    char *to = arena_dup(c->arena, prefix.data, prefix.len);
    if (from == NULL || to == NULL)
        return ERR_NOMEM;
    memcpy(from, prefix.data, prefix.len);
    memcpy(from + prefix.len, after != NULL ? after : "", after_len + 1);
    /* The smallest key behind "k" is "k\0"; the smallest behind all of "k..." is k with its last
     * byte raised. */
    ret->from = (struct store_bytes){from, prefix.len + (after != NULL ? after_len + 1 : 0)};
    to[prefix.len - 1]++;
    ret->to = (struct store_bytes){to, prefix.len};
    return 0;
}

/* Place of the first pending write with key >= `key` (> with `behind`). */
static size_t write_lower(const struct ctl *c, struct store_bytes key, bool behind)
{
    size_t low = 0, high = c->writes_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = key_compare(c->writes[mid].key, key);
        if (order < 0 || (behind && order == 0))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The pending write of that key, or NULL. */
static struct ctl_write *write_find(const struct ctl *c, struct store_bytes key)
{
    size_t at = write_lower(c, key, false);
    if (at == c->writes_n || key_compare(c->writes[at].key, key) != 0)
        return NULL;
    return &c->writes[at];
}

/* A larger array with the old content; the old one stays in the arena until the request ends. */
static void *array_grow(struct ctl *c, const void *old, size_t n, size_t *cap, size_t size)
{
    size_t more = *cap > 0 ? *cap * 2 : 32;
    void *bigger = arena_zalloc(c->arena, more, size);
    if (bigger == NULL)
        return NULL;
    if (n > 0)
        memcpy(bigger, old, n * size);
    *cap = more;
    return bigger;
}

/* Makes "the key has this revision" a condition of the commit. The first revision seen of a key
 * stays: if another is seen later, the commit must fail anyway. */
static int compare_add(struct ctl *c, struct store_bytes key, uint64_t mod_rev)
{
    if (c->read_only)
        return 0;
    size_t low = 0, high = c->compares_n;
    if (high > 0 && key_compare(c->compares[high - 1].key, key) < 0)
        low = high; /* listings: in order */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (key_compare(c->compares[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < c->compares_n && key_compare(c->compares[low].key, key) == 0)
        return 0;
    if (c->compares_n == c->compares_cap) {
        void *bigger =
            array_grow(c, c->compares, c->compares_n, &c->compares_cap, sizeof *c->compares);
        if (bigger == NULL)
            return ERR_NOMEM;
        c->compares = bigger;
    }
    memmove(c->compares + low + 1, c->compares + low, (c->compares_n - low) * sizeof *c->compares);
    c->compares[low] = (struct store_compare){key, mod_rev};
    c->compares_n++;
    return 0;
}

/* Copies bytes into the arena, with a NUL behind them, so that text may be used as a string. */
static int bytes_dup(struct ctl *c, struct store_bytes from, struct store_bytes *ret)
{
    char *copy = arena_dup(c->arena, from.len > 0 ? from.data : "", from.len);
    if (copy == NULL)
        return ERR_NOMEM;
    *ret = (struct store_bytes){copy, from.len};
    return 0;
}

int ctl_raw_get(struct ctl *c, struct store_bytes key, struct store_bytes *ret)
{
    if (key.data == NULL)
        return txn_fail(c, ERR_NOMEM);
    const struct ctl_write *w = write_find(c, key);
    if (w != NULL && w->value.data == NULL)
        return ERR_NOT_FOUND;
    if (w != NULL) {
        *ret = w->value;
        return 0;
    }
    struct store_item item = {.mod_rev = 0};
    struct store_bytes copy;
    int err = store_get(c->store, key, c->arena, &item);
    if (err != 0 && err != ERR_NOT_FOUND)
        return txn_fail(c, err);
    trouble_over(store_read_trouble(c->store));
    if (bytes_dup(c, key, &copy) != 0 || compare_add(c, copy, item.mod_rev) != 0)
        return txn_fail(c, ERR_NOMEM);
    if (err == 0)
        *ret = item.value;
    return err;
}

int txn_write(struct ctl *c, struct store_bytes key, struct store_bytes value)
{
    struct ctl_write *old = write_find(c, key);
    if (old != NULL) {
        old->value = value;
        return 0;
    }
    if (c->writes_n == c->writes_cap) {
        void *bigger = array_grow(c, c->writes, c->writes_n, &c->writes_cap, sizeof *c->writes);
        if (bigger == NULL)
            return ERR_NOMEM;
        c->writes = bigger;
    }
    size_t at = write_lower(c, key, false);
    memmove(c->writes + at + 1, c->writes + at, (c->writes_n - at) * sizeof *c->writes);
    c->writes[at] = (struct ctl_write){key, value};
    c->writes_n++;
    return 0;
}

int ctl_raw_put(struct ctl *c, struct store_bytes key, struct store_bytes value)
{
    if (!should(!c->read_only))
        return ctl_fail(c, FAULT_InternalFailure, "A reading operation tried to write.");
    struct store_bytes key_copy, value_copy;
    if (key.data == NULL || value.data == NULL || bytes_dup(c, key, &key_copy) != 0 ||
        bytes_dup(c, value, &value_copy) != 0 || txn_write(c, key_copy, value_copy) != 0)
        return txn_fail(c, ERR_NOMEM);
    return 0;
}

int ctl_raw_del(struct ctl *c, struct store_bytes key)
{
    if (!should(!c->read_only))
        return ctl_fail(c, FAULT_InternalFailure, "A reading operation tried to write.");
    struct store_bytes copy;
    if (key.data == NULL || bytes_dup(c, key, &copy) != 0 ||
        txn_write(c, copy, (struct store_bytes){NULL, 0}) != 0)
        return txn_fail(c, ERR_NOMEM);
    return 0;
}

/* Some stored pairs, copied out of the store so that the callback of a listing may use the store.
 */
struct batch {
    struct ctl *c;
    struct store_item items[LIST_BATCH];
    size_t n;
};

static int batch_add(void *ctx, const struct store_item *item)
{
    struct batch *b = ctx;
    struct store_item *copy = &b->items[b->n];
    copy->mod_rev = item->mod_rev;
    if (bytes_dup(b->c, item->key, &copy->key) != 0 ||
        bytes_dup(b->c, item->value, &copy->value) != 0)
        return ERR_NOMEM;
    b->n++;
    return 0;
}

/* A listing under way: what was given so far, and what the next pair must be behind. */
struct listing {
    struct ctl *c;
    const struct store_walk *walk;
    struct store_bytes at; /* only keys from here on */
    bool behind;           /* and not this one itself */
    size_t given;
};

static bool listing_full(const struct listing *l)
{
    return l->walk->limit > 0 && l->given >= l->walk->limit;
}

/* The next pending write of the listing that lies before `end` (len 0: open), or NULL. Looked up
 * anew each time, as the callback may write. */
static const struct ctl_write *listing_pending(const struct listing *l, struct store_bytes end)
{
    size_t at = write_lower(l->c, l->at, l->behind);
    if (at == l->c->writes_n)
        return NULL;
    const struct ctl_write *w = &l->c->writes[at];
    return end.len > 0 && key_compare(w->key, end) >= 0 ? NULL : w;
}

static int listing_give(struct listing *l, const struct store_item *item)
{
    l->at = item->key;
    l->behind = true;
    if (item->value.data == NULL)
        return 0; /* deleted by this call */
    l->given++;
    return l->walk->each(l->walk->ctx, item);
}

/* Gives pending writes that lie before `end`. */
static int listing_flush(struct listing *l, struct store_bytes end)
{
    const struct ctl_write *w;
    int err = 0;
    while (err == 0 && !listing_full(l) && (w = listing_pending(l, end)) != NULL) {
        struct store_item item = {w->key, w->value, 0};
        err = listing_give(l, &item);
    }
    return err;
}

/* Gives a batch of stored pairs with the pending writes between them. A pending write of the same
 * key hides the stored pair. */
static int listing_batch(struct listing *l, const struct batch *b)
{
    int err = 0;
    for (size_t i = 0; i < b->n && err == 0 && !listing_full(l); i++) {
        const struct store_item *item = &b->items[i];
        err = listing_flush(l, item->key);
        if (err != 0 || listing_full(l) || write_find(l->c, item->key) != NULL)
            continue; /* a pending write of this key comes with the next flush */
        if (compare_add(l->c, item->key, item->mod_rev) != 0)
            return txn_fail(l->c, ERR_NOMEM);
        err = listing_give(l, item);
    }
    return err;
}

int ctl_raw_list(struct ctl *c, const struct store_walk *walk)
{
    struct listing l = {c, walk, walk->from, false, 0};
    struct batch *b = arena_alloc(c->arena, sizeof *b);
    if (b == NULL)
        return txn_fail(c, ERR_NOMEM);
    b->c = c;
    struct store_walk part = {walk->from, walk->to, LIST_BATCH, batch_add, b};
    int err = 0;
    do {
        if (walk->limit > 0 && walk->limit - l.given < LIST_BATCH)
            part.limit = walk->limit - l.given;
        b->n = 0;
        err = store_range(c->store, &part, NULL);
        if (err != 0)
            return txn_fail(c, err);
        trouble_over(store_read_trouble(c->store));
        err = listing_batch(&l, b);
        if (err != 0 || b->n < part.limit)
            break;
        struct store_bytes last = b->items[b->n - 1].key;
        part.from = (struct store_bytes){last.data, last.len + 1}; /* with the NUL behind it */
    } while (!listing_full(&l));
    if (err == 0)
        err = listing_flush(&l, walk->to);
    return err == CTL_STOP ? 0 : err;
}

int txn_commit(struct ctl *c)
{
    if (c->writes_n == 0 || c->dry_run)
        return 0;
    int err = audit_add(c);
    if (err != 0)
        return err;
    struct store_write *writes = arena_alloc(c->arena, c->writes_n * sizeof *writes);
    if (writes == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < c->writes_n; i++)
        writes[i] = (struct store_write){c->writes[i].key, c->writes[i].value};
    struct store_txn txn = {c->compares, c->compares_n, writes, c->writes_n, c->since};
    err = store_commit(c->store, &txn, &c->committed);
    if (err == 0) {
        trouble_over(store_write_trouble(c->store));
    } else if (err == ERR_IO || err == ERR_NOMEM) {
        trouble_note(store_write_trouble(c->store),
                     err == ERR_IO ? store_error(c->store) : err_text(err));
        return ctl_fail(c, FAULT_ServiceUnavailable, "The store takes no writes at the moment.");
    }
    return err;
}

/* Index entries: plain text under "x/<name>/<key>". */

int ctl_index_get(struct ctl *c, const char *name, const char *key, const char **ret)
{
    struct store_bytes value;
    int err = ctl_raw_get(c, txn_key(c, "x/%s/%s", name, key), &value);
    if (err == 0)
        *ret = value.data;
    return err;
}

int ctl_index_put(struct ctl *c, const char *name, const char *key, const char *value)
{
    struct store_bytes bytes = {value, strlen(value)};
    return ctl_raw_put(c, txn_key(c, "x/%s/%s", name, key), bytes);
}

int ctl_index_del(struct ctl *c, const char *name, const char *key)
{
    return ctl_raw_del(c, txn_key(c, "x/%s/%s", name, key));
}

struct index_walk {
    size_t skip; /* bytes of "x/<name>/" */
    int (*each)(void *ctx, const char *key, const char *value);
    void *ctx;
};

static int index_each(void *ctx, const struct store_item *item)
{
    const struct index_walk *w = ctx;
    return w->each(w->ctx, (const char *)item->key.data + w->skip, item->value.data);
}

int ctl_index_list(struct ctl *c, const char *name, const char *prefix,
                   int (*each)(void *ctx, const char *key, const char *value), void *ctx)
{
    struct index_walk w = {strlen(name) + 3, each, ctx};
    struct store_walk walk = {.each = index_each, .ctx = &w};
    struct store_bytes key = txn_key(c, "x/%s/%s", name, prefix);
    if (key.data == NULL || txn_prefix(c, key, NULL, &walk) != 0)
        return txn_fail(c, ERR_NOMEM);
    return ctl_raw_list(c, &walk);
}
