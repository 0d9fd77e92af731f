/* SPDX-License-Identifier: Apache-2.0 */
/* One API call on the control side: who asks, the transaction that it builds, and its fault.
 *
 * An operation is a plain C function, `int op(struct ctl *c, const struct X_request *in, struct
 * X_response *out)`: it reads objects, checks its invariants, puts objects, fills *out from
 * c->arena, and returns 0; or it returns ctl_fail(...). It commits nothing itself: ctl_run does,
 * with every object that was read as a compare, and runs the operation again when another writer
 * was faster. So an operation must have no other effects. Writes of this call are seen by its own
 * later reads.
 *
 * Objects are shapes (base/shape.h) kept under "o/<kind>/<id>"; the owner's list is the index
 * "own/<account>/<region>/<kind>/<id>". Ids are unique over all accounts. One thread for each
 * struct ctl. */
#ifndef CONTROL_CTL_H
#define CONTROL_CTL_H

#include "base/arena.h"
#include "base/shape.h"
#include "control/fault.h"
#include "store/store.h"

struct publisher; /* model/publish.h */
struct ctl_explainer;
struct dry_runs; /* control/dry_run.h */

/* A kind of stored object: its name in keys and its shape. Every stored shape begins with the two
 * hidden string members OwnerAccount and OwnerRegion (rows: `OwnerAccount str hidden`,
 * `OwnerRegion str hidden`), so that ownership can be read without knowing the kind. */
struct kind {
    const char *name;          /* "vpc", "rule"; no '/' */
    const struct shape *shape; /* of the stored struct */
    const char *region; /* OwnerRegion of all its objects ("aws-global"); NULL: the caller's */
};

/* The head of every stored struct. */
struct owned {
    const char *owner_account;
    const char *owner_region;
};

struct ctl_fault {
    enum fault_code code;
    const char *message;
    const char *resource_type; /* member of some errors, or NULL */
    const char *field_name;    /* member of some errors, or NULL */
};

/* What a call is and where it comes from, for the audit trail (control/audit.h). */
struct ctl_origin {
    const char *service, *operation; /* "ec2", "CreateVpc"; NULL: work of the program itself */
    const char *access_key;          /* id of the key that signed; NULL: none */
    const char *address;             /* of the client; NULL: this machine, without the API */
};

struct ctl_write; /* private */
struct ctl_foreign;

struct ctl {
    struct store *store;
    struct publisher *publisher; /* to wait until DNS shows a write; NULL in tools and tests */
    struct arena *arena;         /* request lifetime */
    struct dry_runs *dry_runs;   /* NULL in tools and tests */
    const struct ctl_explainer *explainer; /* control/explain.h; NULL in tools and tests */
    const char *account;                   /* 12 digits: the caller */
    const char *region;                    /* of the credential scope */
    const char *caller_arn;                /* arn:aws:iam::...:root or :user/name */
    const char *request_id;                /* UUID */
    struct ctl_origin origin;
    uint64_t now_ns; /* wall clock at the start of the call */
    bool read_only;  /* the operation's row says "read": it runs beside others and must not write */
    bool dry_run;    /* everything but the commit (DryRun of EC2) */
    struct ctl_fault fault;   /* set by ctl_fail */
    struct ctl_write *writes; /* of the transaction */
    size_t writes_n, writes_cap;
    const struct ctl_foreign
        *foreign; /* objects of other accounts that it read in order to write */
    struct store_compare *compares;
    size_t compares_n, compares_cap;
    uint64_t since;     /* the store's revision before the first read; see store_txn */
    uint64_t committed; /* revision of the commit, 0 when nothing was written */
};

/* Records a fault with a formatted message and returns ERR_FAULT. The first fault of a call stays.
 */
int ctl_fail(struct ctl *c, enum fault_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads an object into *ret (a struct of kind->shape, memory from c->arena), whoever owns it.
 * ERR_NOT_FOUND (no fault is recorded), or ERR_FAULT after a store failure. */
int ctl_get(struct ctl *c, const struct kind *kind, const char *id, void *ret);

/* As ctl_get, but only an object that the calling account owns in the calling region. */
int ctl_get_own(struct ctl *c, const struct kind *kind, const char *id, void *ret);

/* Writes an object; owner_account and owner_region are filled in when NULL. Keeps the owner's
 * index. */
int ctl_put(struct ctl *c, const struct kind *kind, const char *id, void *obj);

/* Deletes an object and its owner's index entry. obj is the struct as read. */
int ctl_del(struct ctl *c, const struct kind *kind, const char *id, const void *obj);

/* Calls each(ctx, id, obj) for the caller's objects of a kind (account and region) in order of id,
 * starting behind `after` (NULL: from the first). A non-zero result ends the walk; it is returned
 * unless it is CTL_STOP. obj is in c->arena and stays. Pending writes of this call are included. */
#define CTL_STOP 1
int ctl_list(struct ctl *c, const struct kind *kind, const char *after,
             int (*each)(void *ctx, const char *id, void *obj), void *ctx);

/* As ctl_list from the first object on, for operations that look at everything and write nothing:
 * what is read on the way is forgotten page by page and is no condition of a commit. c->arena gets
 * the objects that are given to `each`, which returns 0 or an error; those are the ones that
 * `wants` (NULL: all) asks for. The object that wants sees, and the id, live for the call. */
int ctl_scan(struct ctl *c, const struct kind *kind, bool (*wants)(void *ctx, const void *obj),
             int (*each)(void *ctx, const char *id, void *obj), void *ctx);

/* How many objects of a kind the caller owns here. */
int ctl_count(struct ctl *c, const struct kind *kind, size_t *ret);

/* Plain index keys, "x/<name>/<key>" -> value text, written in the same transaction. For unique
 * names, creator request ids and references between objects ("x/vpc-uses/<vpc>/<kind>/<id>"). */
int ctl_index_get(struct ctl *c, const char *name, const char *key,
                  const char **ret); /* ERR_NOT_FOUND */
int ctl_index_put(struct ctl *c, const char *name, const char *key, const char *value);
int ctl_index_del(struct ctl *c, const char *name, const char *key);

/* Walks index entries whose key begins with `prefix`, in order. As ctl_list. */
int ctl_index_list(struct ctl *c, const char *name, const char *prefix,
                   int (*each)(void *ctx, const char *key, const char *value), void *ctx);

/* Raw keys, for families that need their own order (records). The same transaction rules; CTL_STOP
 * ends a walk with 0, pending writes of this call are included (their mod_rev is 0), items are in
 * c->arena and stay, the callback may read and write. */
int ctl_raw_get(struct ctl *c, struct store_bytes key, struct store_bytes *ret); /* ERR_NOT_FOUND */
int ctl_raw_put(struct ctl *c, struct store_bytes key, struct store_bytes value);
int ctl_raw_del(struct ctl *c, struct store_bytes key);
int ctl_raw_list(struct ctl *c, const struct store_walk *walk);

/* A new id: prefix and `digits` random lower-case hexadecimal digits. In the arena. */
char *ctl_new_id(struct ctl *c, const char *prefix, unsigned digits);

/* The time of the call, RFC 3339 with 3 or 6 fraction digits. In the arena. */
char *ctl_time(struct ctl *c, int digits);

/* "arn:aws:<service>:<region>:<account>:<resource>", formatted. In the arena. */
char *ctl_arn(struct ctl *c, const char *service, const char *resource_fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A trace id, "1-<8 hex>-<24 hex>", as messages of the services end with. In the arena. */
char *ctl_trace_id(struct ctl *c);

/* "[Trace id: 1-<8 hex>-<24 hex>] <text>" as the resolver's status messages have it. In the arena.
 */
char *ctl_trace_text(struct ctl *c, const char *text);

/* Opaque page tokens: base64url of the last key, with a check value bound to the operation `what`.
 * ctl_token_read: ERR_INVALID when it is not one of ours. */
char *ctl_token(struct ctl *c, const char *what, const char *key);
int ctl_token_read(struct ctl *c, const char *what, const char *token, const char **ret_key);

/* An operation, as generated tables hold it. */
typedef int ctl_op(struct ctl *c, const void *in, void *out);

/* Runs an operation to its commit: again on ERR_CONFLICT (LIMIT_TXN_RETRIES), then waits until DNS
 * shows the revision (c->publisher, LIMIT_SERVED_WAIT_MS). out is cleared before each run. 0, or
 * ERR_FAULT with c->fault. */
int ctl_run(struct ctl *c, ctl_op *op, const void *in, void *out, size_t out_size);

#endif
