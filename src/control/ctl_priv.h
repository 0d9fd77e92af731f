/* SPDX-License-Identifier: Apache-2.0 */
/* The transaction of a call, private to ctl*.c: what ctl_run begins and commits and the object
 * functions fill. */
#ifndef CONTROL_CTL_PRIV_H
#define CONTROL_CTL_PRIV_H

#include "control/ctl.h"

/* A pending write. c->writes is sorted by key, one entry for a key; value.data NULL deletes it. */
struct ctl_write {
    struct store_bytes key;
    struct store_bytes value;
};

/* An object of another account that a writing call has read: its owner sees the call too. */
struct ctl_foreign {
    const struct ctl_foreign *next;
    const char *kind, *id, *owner;
};

/* Forgets reads and writes of an earlier run. */
void txn_begin(struct ctl *c);

/* Commits the pending writes under the condition that nothing that was read has changed; sets
 * c->committed. Nothing to write: nothing happens. ERR_CONFLICT, ERR_IO, ERR_NOMEM. */
int txn_commit(struct ctl *c);

/* Adds a write that depends on nothing that was read, neither key nor value copied. ERR_NOMEM. */
int txn_write(struct ctl *c, struct store_bytes key, struct store_bytes value);

/* A formatted key in the arena; data NULL on lack of memory. */
struct store_bytes txn_key(struct ctl *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The range of all keys that begin with `prefix`, from the one right behind prefix + after when
 * `after` is not NULL. ERR_NOMEM. */
int txn_prefix(struct ctl *c, struct store_bytes prefix, const char *after, struct store_walk *ret);

/* The fault for a call that ran out of its memory, or whose store does not answer. Returns
 * ERR_FAULT. */
int txn_fail(struct ctl *c, int err);

/* The stored form of an object and back (JSON of its shape); memory from the arena. ERR_CORRUPT,
 * ERR_NOMEM. */
int object_read(const struct shape *shape, struct store_bytes value, struct arena *arena,
                void *ret);
int object_write(const struct shape *shape, const void *obj, struct arena *arena,
                 struct store_bytes *ret);

#endif
