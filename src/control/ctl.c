/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on top of the transaction, and the loop that runs an operation to its commit. */
#include "control/ctl_priv.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/publish.h"

#define SCAN_PAGE 256 /* objects of a scan whose stored forms are in memory at a time */

/* Mutations of this process run one after the other: they would only make each other's commits
 * fail. Other processes are kept apart by the compares alone. Held from the first read to the
 * commit. */
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;

int ctl_fail(struct ctl *c, enum fault_code code, const char *fmt, ...)
{
    if (c->fault.code != FAULT_NONE)
        return ERR_FAULT;
    va_list ap;
    va_start(ap, fmt);
    char *text;
    const char *message = NULL;
    if (vasprintf(&text, fmt, ap) >= 0) {
        message = arena_str(c->arena, text);
        free(text);
    }
    va_end(ap);
    c->fault = (struct ctl_fault){code, message != NULL ? message : "", NULL, NULL};
    return ERR_FAULT;
}

/* The region under which objects of a kind are kept for this caller. */
static const char *kind_region(const struct ctl *c, const struct kind *kind)
{
    return kind->region != NULL ? kind->region : c->region;
}

static struct store_bytes object_key(struct ctl *c, const struct kind *kind, const char *id)
{
    return txn_key(c, "o/%s/%s", kind->name, id);
}

static struct store_bytes owner_key(struct ctl *c, const struct kind *kind, const char *id,
                                    const struct owned *owner)
{
    return txn_key(c, "own/%s/%s/%s/%s", owner->owner_account, owner->owner_region, kind->name, id);
}

int object_read(const struct shape *shape, struct store_bytes value, struct arena *arena, void *ret)
{
    int err = shape_parse(shape, value.data, value.len, arena, ret);
    if (err != ERR_UNSUPPORTED)
        return err;
    json_t *json;
    err = json_read(value.data, value.len, 0, &json);
    if (err != 0)
        return err == ERR_NOMEM ? err : ERR_CORRUPT;
    err = shape_read(shape, json, arena, ret, NULL);
    json_decref(json);
    return err == 0 || err == ERR_NOMEM ? err : ERR_CORRUPT;
}

int object_write(const struct shape *shape, const void *obj, struct arena *arena,
                 struct store_bytes *ret)
{
    json_t *json = shape_write(shape, obj, SHAPE_STORE);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    size_t len = text != NULL ? strlen(text) : 0;
    char *copy = text != NULL ? arena_dup(arena, text, len) : NULL;
    free(text);
    if (copy == NULL)
        return ERR_NOMEM;
    *ret = (struct store_bytes){copy, len};
    return 0;
}

/* Notes an object of another account that a write may depend on. */
static int foreign_note(struct ctl *c, const struct kind *kind, const char *id,
                        const struct owned *owner)
{
    if (c->read_only || owner->owner_account == NULL ||
        strcmp(owner->owner_account, c->account) == 0)
        return 0;
    struct ctl_foreign *f = arena_alloc(c->arena, sizeof *f);
    const char *copy = arena_str(c->arena, id);
    if (f == NULL || copy == NULL)
        return ERR_NOMEM;
    *f = (struct ctl_foreign){c->foreign, kind->name, copy, owner->owner_account};
    c->foreign = f;
    return 0;
}

int ctl_get(struct ctl *c, const struct kind *kind, const char *id, void *ret)
{
    struct store_bytes value;
    int err = ctl_raw_get(c, object_key(c, kind, id), &value);
    if (err != 0)
        return err;
    err = object_read(kind->shape, value, c->arena, ret);
    if (err == 0)
        err = foreign_note(c, kind, id, ret);
    return err != 0 ? txn_fail(c, err) : 0;
}

/* True if the caller owns an object here. */
static bool object_own(const struct ctl *c, const struct kind *kind, const void *obj)
{
    const struct owned *o = obj;
    return o->owner_account != NULL && strcmp(o->owner_account, c->account) == 0 &&
           o->owner_region != NULL && strcmp(o->owner_region, kind_region(c, kind)) == 0;
}

int ctl_get_own(struct ctl *c, const struct kind *kind, const char *id, void *ret)
{
    void *obj = arena_zalloc(c->arena, 1, kind->shape->size);
    if (obj == NULL)
        return txn_fail(c, ERR_NOMEM);
    int err = ctl_get(c, kind, id, obj);
    if (err != 0)
        return err;
    if (!object_own(c, kind, obj))
        return ERR_NOT_FOUND;
    memcpy(ret, obj, kind->shape->size);
    return 0;
}

int ctl_put(struct ctl *c, const struct kind *kind, const char *id, void *obj)
{
    struct owned *owner = obj;
    if (owner->owner_account == NULL)
        owner->owner_account = c->account;
    if (owner->owner_region == NULL)
        owner->owner_region = kind_region(c, kind);
    struct store_bytes value, old;
    if (object_write(kind->shape, obj, c->arena, &value) != 0)
        return txn_fail(c, ERR_NOMEM);
    int err = ctl_raw_put(c, object_key(c, kind, id), value);
    if (err != 0)
        return err;
    struct store_bytes own = owner_key(c, kind, id, owner);
    err = ctl_raw_get(c, own, &old);
    if (err == ERR_NOT_FOUND)
        err = ctl_raw_put(c, own, (struct store_bytes){"", 0});
    return err;
}

int ctl_del(struct ctl *c, const struct kind *kind, const char *id, const void *obj)
{
    int err = ctl_raw_del(c, object_key(c, kind, id));
    return err != 0 ? err : ctl_raw_del(c, owner_key(c, kind, id, obj));
}

/* A walk over an owner's index. */
struct object_walk {
    struct ctl *c;
    const struct kind *kind;
    size_t skip; /* bytes of the key before the id */
    size_t count;
    int (*each)(void *ctx, const char *id, void *obj);
    void *ctx;
};

static int object_each(void *ctx, const struct store_item *item)
{
    struct object_walk *w = ctx;
    const char *id = (const char *)item->key.data + w->skip;
    void *obj = arena_zalloc(w->c->arena, 1, w->kind->shape->size);
    if (obj == NULL)
        return txn_fail(w->c, ERR_NOMEM);
    int err = ctl_get(w->c, w->kind, id, obj);
    if (err == ERR_NOT_FOUND)
        return 0; /* deleted by another process since the index was read */
    return err != 0 ? err : w->each(w->ctx, id, obj);
}

static int object_count(void *ctx, const struct store_item *item)
{
    struct object_walk *w = ctx;
    (void)item;
    w->count++;
    return 0;
}

/* A scan: `walk` reads pages into an arena of their own, `c` gets what is kept. */
struct object_scan {
    struct object_walk walk;
    struct ctl *c;
    bool (*wants)(void *ctx, const void *obj);
    const char *last; /* id at the end of a page, in c->arena */
};

/* Reads an object into an arena. */
static int scan_read(struct object_scan *s, struct store_bytes value, struct arena *arena,
                     void **ret)
{
    const struct shape *shape = s->walk.kind->shape;
    *ret = arena_zalloc(arena, 1, shape->size);
    return *ret == NULL ? ERR_NOMEM : object_read(shape, value, arena, *ret);
}

static int scan_each(void *ctx, const struct store_item *item)
{
    struct object_scan *s = ctx;
    struct object_walk *w = &s->walk;
    const char *id = (const char *)item->key.data + w->skip;
    struct store_bytes value;
    void *obj;
    if (++w->count == SCAN_PAGE && (s->last = arena_str(s->c->arena, id)) == NULL)
        return ERR_NOMEM;
    int err = ctl_raw_get(w->c, object_key(w->c, w->kind, id), &value);
    if (err == ERR_NOT_FOUND)
        return 0; /* deleted by another process since the index was read */
    if (err == 0 && s->wants != NULL) {
        err = scan_read(s, value, w->c->arena, &obj);
        if (err == 0 && !s->wants(w->ctx, obj))
            return 0;
    }
    if (err == 0)
        err = scan_read(s, value, s->c->arena, &obj);
    return err != 0 ? err : w->each(w->ctx, id, obj);
}

/* Walks the caller's index of a kind; limit 0: all of it. */
static int object_list(struct object_walk *w, const char *after, size_t limit,
                       int (*each)(void *ctx, const struct store_item *item))
{
    struct ctl *c = w->c;
    struct store_walk walk = {.limit = limit, .each = each, .ctx = w};
    struct owned owner = {c->account, kind_region(c, w->kind)};
    struct store_bytes prefix = owner_key(c, w->kind, "", &owner);
    if (prefix.data == NULL || txn_prefix(c, prefix, after, &walk) != 0)
        return txn_fail(c, ERR_NOMEM);
    w->skip = prefix.len;
    return ctl_raw_list(c, &walk);
}

int ctl_list(struct ctl *c, const struct kind *kind, const char *after,
             int (*each)(void *ctx, const char *id, void *obj), void *ctx)
{
    struct object_walk w = {.c = c, .kind = kind, .each = each, .ctx = ctx};
    return object_list(&w, after, 0, object_each);
}

int ctl_scan(struct ctl *c, const struct kind *kind, bool (*wants)(void *ctx, const void *obj),
             int (*each)(void *ctx, const char *id, void *obj), void *ctx)
{
    struct ctl pages = *c;
    struct arena memory;
    struct object_scan s = {{.c = &pages, .kind = kind, .each = each, .ctx = ctx}, c, wants, NULL};
    int err;
    arena_new(&memory, LIMIT_REQUEST_ARENA);
    pages.arena = &memory;
    pages.read_only = true;
    do {
        arena_reset(&memory);
        s.walk.count = 0;
        err = object_list(&s.walk, s.last, SCAN_PAGE, scan_each);
    } while (err == 0 && s.walk.count == SCAN_PAGE);
    if (err == ERR_FAULT && pages.fault.code != FAULT_NONE) /* its text is in the pages' memory */
        ctl_fail(c, pages.fault.code, "%s", pages.fault.message);
    arena_free(&memory);
    return err == 0 || err == ERR_FAULT ? err : txn_fail(c, err);
}

int ctl_count(struct ctl *c, const struct kind *kind, size_t *ret)
{
    struct object_walk w = {.c = c, .kind = kind};
    int err = object_list(&w, NULL, 0, object_count);
    if (err == 0)
        *ret = w.count;
    return err;
}

/* One run and its commit. ERR_CONFLICT asks for another run; every other error is a recorded fault.
 */
static int run_once(struct ctl *c, ctl_op *op, const void *in, void *out)
{
    txn_begin(c);
    int err = op(c, in, out);
    if (err == 0)
        err = txn_commit(c);
    if (err == 0 || err == ERR_CONFLICT)
        return err;
    if (err == ERR_FAULT && should(c->fault.code != FAULT_NONE))
        return err;
    if (err == ERR_IO || err == ERR_NOMEM)
        return txn_fail(c, err);
    log_error("control", "an operation failed: %s", err_text(err));
    return ctl_fail(c, FAULT_InternalFailure, "An internal error occurred.");
}

int ctl_run(struct ctl *c, ctl_op *op, const void *in, void *out, size_t out_size)
{
    int err = ERR_CONFLICT;
    if (!c->read_only)
        pthread_mutex_lock(&write_lock);
    for (int i = 0; i <= LIMIT_TXN_RETRIES && err == ERR_CONFLICT; i++) {
        memset(out, 0, out_size);
        err = run_once(c, op, in, out);
    }
    if (!c->read_only)
        pthread_mutex_unlock(&write_lock);
    if (err == ERR_CONFLICT)
        err = ctl_fail(c, FAULT_ServiceUnavailable, "Other writers were faster; try again.");
    /* A late data plane is no reason to fail a call that is already committed. */
    if (err == 0 && c->committed != 0 && c->publisher != NULL)
        (void)publish_wait(c->publisher, c->committed, LIMIT_SERVED_WAIT_MS);
    return err;
}
