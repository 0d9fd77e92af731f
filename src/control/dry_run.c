/* SPDX-License-Identifier: Apache-2.0 */
/* The table of dry runs, and the operations that make, tell and end one. */
#include "control/dry_run.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/rand.h"
#include "control/dry_run_priv.h"

struct dry_runs {
    struct store *store;
    pthread_mutex_t lock; /* guards the list and users; never held around work */
    struct dry_run *first;
};

struct dry_runs *dry_runs_new(struct store *store)
{
    struct dry_runs *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->store = store;
    pthread_mutex_init(&t->lock, NULL);
    return t;
}

static void run_free(struct dry_run *d)
{
    store_close(d->store);
    pthread_mutex_destroy(&d->busy);
    free(d);
}

void dry_runs_free(struct dry_runs *t)
{
    if (t == NULL)
        return;
    while (t->first != NULL) {
        struct dry_run *d = t->first;
        t->first = d->next;
        run_free(d);
    }
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Takes out of the list what nobody uses and nobody has used for long. Lock held. Returns what to
 * free. */
static struct dry_run *expired_take(struct dry_runs *t, size_t *ret_left)
{
    uint64_t now = clock_mono_ns();
    struct dry_run *old = NULL;
    *ret_left = 0;
    for (struct dry_run **at = &t->first; *at != NULL;) {
        struct dry_run *d = *at;
        if (d->users > 0 || now - d->used_ns < LIMIT_DRY_RUN_S * NS_PER_S) {
            at = &d->next;
            ++*ret_left;
            continue;
        }
        *at = d->next;
        d->next = old;
        old = d;
    }
    return old;
}

static void expired_free(struct dry_run *old)
{
    while (old != NULL) {
        struct dry_run *next = old->next;
        run_free(old);
        old = next;
    }
}

/* Pairs on their way from one store to another. */
struct copying {
    struct arena *arena;
    struct store_write *writes;
    size_t n, cap;
};

static int copy_each(void *ctx, const struct store_item *item)
{
    struct copying *c = ctx;
    if (c->n == c->cap) {
        size_t cap = c->cap > 0 ? 2 * c->cap : 1024;
        struct store_write *grown = realloc(c->writes, cap * sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        c->writes = grown;
        c->cap = cap;
    }
    const char *key = arena_dup(c->arena, item->key.data, item->key.len);
    const char *value =
        arena_dup(c->arena, item->value.len > 0 ? item->value.data : "", item->value.len);
    if (key == NULL || value == NULL)
        return ERR_NOMEM;
    c->writes[c->n++] = (struct store_write){{key, item->key.len}, {value, item->value.len}};
    return 0;
}

/* A copy in memory; the audit trail is not part of what calls depend on, but costs little. */
static int store_copy(struct store *from, struct store **ret)
{
    struct arena arena;
    arena_new(&arena, LIMIT_DRY_RUN_BYTES);
    struct copying c = {.arena = &arena};
    struct store_walk walk = {.each = copy_each, .ctx = &c};
    struct store *to = NULL;
    uint64_t revision;
    int err = store_open("mem:", &arena, &to, NULL);
    if (err == 0)
        err = store_range(from, &walk, NULL);
    struct store_txn txn = {.writes = c.writes, .writes_n = c.n};
    if (err == 0)
        err = store_commit(to, &txn, &revision);
    if (err == 0)
        *ret = to;
    else
        store_close(to);
    free(c.writes);
    arena_free(&arena);
    return err;
}

int dry_run_new(struct dry_runs *t, char id[DRY_RUN_ID])
{
    struct dry_run *d = calloc(1, sizeof *d);
    size_t left;
    if (d == NULL)
        return ERR_NOMEM;
    pthread_mutex_init(&d->busy, NULL);
    rnd_hex(d->id, DRY_RUN_ID - 1);
    memcpy(id, d->id, DRY_RUN_ID);
    d->table = t;
    d->base = t->store;
    d->users = 1; /* not to be taken for an old one before it is ready */
    pthread_mutex_lock(&t->lock);
    struct dry_run *old = expired_take(t, &left);
    if (left < LIMIT_DRY_RUNS) {
        d->next = t->first;
        t->first = d;
    }
    pthread_mutex_unlock(&t->lock);
    expired_free(old);
    if (left >= LIMIT_DRY_RUNS) {
        run_free(d);
        return ERR_BUSY;
    }
    int err = store_copy(t->store, &d->store);
    d->copied = d->store != NULL ? store_revision(d->store) : 0;
    pthread_mutex_lock(&t->lock);
    d->used_ns = clock_mono_ns();
    d->users--;
    pthread_mutex_unlock(&t->lock);
    if (err != 0)
        (void)dry_run_delete(t, d->id);
    return err;
}

/* The dry run of an id. Lock held. */
static struct dry_run **run_find(struct dry_runs *t, const char *id)
{
    for (struct dry_run **at = &t->first; *at != NULL; at = &(*at)->next)
        if (strcmp((*at)->id, id) == 0)
            return at;
    return NULL;
}

int dry_run_enter(struct dry_runs *t, const char *id, struct dry_run **ret)
{
    size_t left;
    pthread_mutex_lock(&t->lock);
    struct dry_run *old = expired_take(t, &left);
    struct dry_run **at = run_find(t, id);
    if (at != NULL) {
        *ret = *at;
        (*at)->users++;
    }
    pthread_mutex_unlock(&t->lock);
    expired_free(old);
    if (at == NULL)
        return ERR_NOT_FOUND;
    pthread_mutex_lock(&(*ret)->busy);
    return 0;
}

void dry_run_leave(struct dry_run *d)
{
    struct dry_runs *t = d->table;
    pthread_mutex_unlock(&d->busy);
    pthread_mutex_lock(&t->lock);
    d->used_ns = clock_mono_ns();
    bool last = --d->users == 0 && d->ended;
    pthread_mutex_unlock(&t->lock);
    if (last)
        run_free(d);
}

struct store *dry_run_store(const struct dry_run *d)
{
    return d->store;
}

int dry_run_delete(struct dry_runs *t, const char *id)
{
    pthread_mutex_lock(&t->lock);
    struct dry_run **at = run_find(t, id), *d = at != NULL ? *at : NULL;
    if (d != NULL) {
        *at = d->next;
        d->ended = true; /* who is still in it frees it */
    }
    bool unused = d != NULL && d->users == 0;
    pthread_mutex_unlock(&t->lock);
    if (unused)
        run_free(d);
    return d != NULL ? 0 : ERR_NOT_FOUND;
}

/* The fault of an operation on a dry run. */
static int run_fault(struct ctl *c, int err, const char *id)
{
    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_ResourceNotFoundException, "There is no dry run '%s'.", id);
    if (err == ERR_BUSY)
        return ctl_fail(c, FAULT_ServiceUnavailable, "Too many dry runs are under way.");
    return err;
}

int b53_create_dry_run(struct ctl *c, const struct b53_create_dry_run_request *in,
                       struct b53_create_dry_run_response *out)
{
    char id[DRY_RUN_ID];
    (void)in;
    if (c->dry_runs == NULL)
        return ctl_fail(c, FAULT_ServiceUnavailable, "This server makes no dry runs.");
    int err = dry_run_new(c->dry_runs, id);
    if (err != 0)
        return run_fault(c, err, id);
    out->dry_run_id = arena_str(c->arena, id);
    return out->dry_run_id != NULL ? 0 : ERR_NOMEM;
}

int b53_describe_dry_run(struct ctl *c, const struct b53_describe_dry_run_request *in,
                         struct b53_describe_dry_run_response *out)
{
    struct dry_run *d;
    int err = c->dry_runs != NULL ? dry_run_enter(c->dry_runs, in->dry_run_id, &d) : ERR_NOT_FOUND;
    if (err != 0)
        return run_fault(c, err, in->dry_run_id);
    err = dry_run_compare(d, c, out);
    dry_run_leave(d);
    return err;
}

int b53_delete_dry_run(struct ctl *c, const struct b53_delete_dry_run_request *in,
                       struct b53_delete_dry_run_response *out)
{
    (void)out;
    int err = c->dry_runs != NULL ? dry_run_delete(c->dry_runs, in->dry_run_id) : ERR_NOT_FOUND;
    return run_fault(c, err, in->dry_run_id);
}
