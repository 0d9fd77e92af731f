/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail: every commit of a call leaves one event in the same transaction, so there is no
 * write without its event and no event without its write.
 *
 * Events are kept under "z/audit/<revision>/<time>/<request id>" (16 hexadecimal digits each): they
 * sort by time, and behind all other keys. The revision is the store's before the commit plus one;
 * no condition is put on it, so events make no conflicts. Since every event is a revision, what is
 * older than LIMIT_AUDIT_KEEP revisions is more than is kept, and goes with the new event: one
 * delete for a put, no counting. Events hold ids and never values, hence no secrets. */
#ifndef CONTROL_AUDIT_H
#define CONTROL_AUDIT_H

#include "control/ctl.h"
#include "rows/obj.h"

/* Adds the event of the call's pending writes to them. ctl's commit calls this. ERR_NOMEM, ERR_IO.
 */
int audit_add(struct ctl *c);

/* An event with what its key says. */
struct audit_event {
    uint64_t time_ns;  /* wall clock */
    uint64_t revision; /* of its commit */
    const char *key;   /* for audit_filter.after_key */
    struct obj_audit_event stored;
};

/* Which events; NULL and 0 mean any. */
struct audit_filter {
    const char *viewer; /* account: its own calls, and its own part of others' calls */
    const char *account, *operation, *object;
    uint64_t from_ns, to_ns; /* to_ns is exclusive */
    uint64_t after_revision;
    const char *after_key;
    /* Gets an event, memory from c->arena; CTL_STOP ends the walk with 0. Must not use the store.
     */
    int (*each)(void *ctx, const struct audit_event *e);
    void *ctx;
};

/* Calls f->each for the events, the oldest first. ERR_FAULT, or what each returned. */
int audit_list(struct ctl *c, const struct audit_filter *f);

#endif
