/* SPDX-License-Identifier: Apache-2.0 */
/* What a back end of the store is: a table of functions behind store.h, private to this folder.
 *
 * Back ends keep pairs, revisions and the feed; store.c does what is the same for all: checking
 * arguments, waking those who wait. So a new back end writes no locking of waiters. */
#ifndef STORE_STORE_PRIV_H
#define STORE_STORE_PRIV_H

#include "store/store.h"

struct store_backend {
    /* How often store_wait asks for the revision, because other processes may commit too; 0: they
     * cannot. */
    int poll_ms;
    /* Frees `impl`. No call is under way. */
    void (*close)(void *impl);
    void (*trim)(void *impl); /* store_trim; NULL: nothing to give back */
    /* The functions of store.h; arguments are checked by the dispatcher. Any thread. */
    int (*revision)(void *impl, uint64_t *ret);
    int (*get)(void *impl, struct store_bytes key, struct arena *arena, struct store_item *ret);
    int (*range)(void *impl, const struct store_walk *walk, uint64_t *ret_rev);
    int (*commit)(void *impl, const struct store_txn *txn, uint64_t *ret_rev);
    int (*feed)(void *impl, const struct store_follow *follow, uint64_t *ret_rev);
};

extern const struct store_backend mem_backend;
extern const struct store_backend sqlite_backend;

/* Opens an empty store in memory. ERR_NOMEM. */
int mem_open(void **ret_impl);

/* Opens or creates the file. ERR_IO, ERR_CORRUPT, ERR_NOMEM; then *ret_why is a text in the arena.
 */
int sqlite_open(const char *path, struct arena *arena, void **ret_impl, const char **ret_why);

/* Keeps the text of an I/O error for store_error. Any thread. */
void store_set_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Order of keys: memcmp, a prefix before its extensions. */
int store_bytes_compare(struct store_bytes a, struct store_bytes b);

/* Copies bytes into the arena; *ret.data is never NULL on success. ERR_NOMEM. */
int store_bytes_dup(struct arena *arena, struct store_bytes from, struct store_bytes *ret);

#endif
