/* SPDX-License-Identifier: Apache-2.0 */
/* What we keep: keys and values with revisions and an ordered feed, as etcd has them.
 *
 * Keys are byte strings that sort with memcmp, values are opaque. Every commit makes one revision,
 * the next whole number; the first is 1. The feed gives all changes in the order of revisions and
 * is the only road from the control plane to the data plane. The store knows nothing of DNS.
 *
 * Operations: store_get, store_range, store_commit, store_feed, store_wait. All functions may be
 * called from any thread. A commit that returned 0 survives kill -9 and loss of power (sqlite: WAL
 * with synchronous=FULL); one that failed has changed nothing. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/trouble.h"

struct store;

struct store_bytes {
    const void *data;
    size_t len;
};

/* A stored pair. */
struct store_item {
    struct store_bytes key;
    struct store_bytes value;
    uint64_t mod_rev; /* revision that wrote it last */
};

/* Opens "sqlite:PATH" or "mem:". Creates and migrates as needed. ERR_INVALID: unknown scheme;
 * ERR_IO; ERR_CORRUPT: not our file. *ret_why (may be NULL) gets a text for people, static or in
 * `arena`. */
int store_open(const char *url, struct arena *arena, struct store **ret, const char **ret_why);

/* Closes; wakes and fails all waiters first. No other call may be under way. Accepts NULL. */
void store_close(struct store *s);

/* The newest revision; 0 when nothing was ever written. */
uint64_t store_revision(struct store *s);

/* Reads one key; *ret points into `arena`. ERR_NOT_FOUND, ERR_IO, ERR_NOMEM. */
int store_get(struct store *s, struct store_bytes key, struct arena *arena, struct store_item *ret);

/* Reads keys in [from, to) in order, at most `limit` (0: all), calling each(ctx, item); a non-zero
 * result ends the walk and is returned. The item is valid only during the call. The walk sees one
 * revision, which is put in *ret_rev (may be NULL). each() must not call the store. */
struct store_walk {
    struct store_bytes from;
    struct store_bytes to; /* len 0: to the end */
    size_t limit;
    int (*each)(void *ctx, const struct store_item *item);
    void *ctx;
};
int store_range(struct store *s, const struct store_walk *walk, uint64_t *ret_rev);

/* One condition of a transaction: the key's mod_rev is `mod_rev`; 0 means that the key does not
 * exist. */
struct store_compare {
    struct store_bytes key;
    uint64_t mod_rev;
};

/* One write: value.data NULL deletes the key (deleting a missing key is no error and no feed
 * entry). */
struct store_write {
    struct store_bytes key;
    struct store_bytes value;
};

struct store_txn {
    const struct store_compare *compares;
    size_t compares_n;
    const struct store_write *writes;
    size_t writes_n;
    uint64_t since; /* store_revision() from before the first read that the compares tell of: while
                       it is the newest they hold, and need not be looked at; 0: not known */
};

/* Commits all or nothing; *ret_rev gets the revision. ERR_CONFLICT: a compare failed; ERR_IO: disk
 * full, or another process kept the lock for two seconds (then callers wait less until it gives it
 * back): nothing was written, the cause is in store_error. */
int store_commit(struct store *s, const struct store_txn *txn, uint64_t *ret_rev);

/* What callers say of this store: that a commit, or a read, failed for want of something, or
 * succeeded (base/trouble.h). Live as long as the store. */
struct trouble *store_write_trouble(struct store *s);
struct trouble *store_read_trouble(struct store *s);

/* The text of the last ERR_IO of this thread, for logs. Never NULL. */
const char *store_error(struct store *s);

/* One change of the feed. value.data NULL: the key was deleted. */
struct store_change {
    uint64_t rev;
    struct store_bytes key;
    struct store_bytes value;
};

/* Calls each(ctx, change) for all changes with revision > after, in order, whole revisions only,
 * about `limit` changes at most (0: all); *ret_rev gets the revision up to which all was given (>=
 * after). A non-zero result of each ends the walk and is returned. ERR_COMPACTED: `after` is older
 * than what is kept: read all with store_range and go on from its revision. ERR_IO. The change is
 * valid only during the call, in which each() must not call the store. */
struct store_follow {
    uint64_t after;
    size_t limit;
    int (*each)(void *ctx, const struct store_change *change);
    void *ctx;
};
int store_feed(struct store *s, const struct store_follow *follow, uint64_t *ret_rev);

/* Blocks until store_revision() > after, or timeout_ms passed (ERR_TIMEOUT), or the store closes
 * (ERR_NOT_FOUND). */
int store_wait(struct store *s, uint64_t after, int timeout_ms);

/* Gives back the memory in which a long reading has left pages that nobody may need again. Any
 * thread. */
void store_trim(struct store *s);

#endif
