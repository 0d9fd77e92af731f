/* SPDX-License-Identifier: Apache-2.0 */
/* The projector's thread: read all, follow the feed, commit each batch of changes as one snapshot.
 *
 * A batch is applied from copies, because the store must not be called from its own walks. Every
 * step may be repeated: after an error the same batch is tried again a little later, and objects
 * that are read newer than the batch only come earlier than their own change. */
#include "control/project_priv.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "control/ctl_priv.h"

#define BATCH 1024 /* changes that are made one snapshot */
#define BATCH_MEMORY \
    (256u << 20) /* bytes; one revision is at most a request body (LIMIT_HTTP_BODY) */
#define SCRATCH_MEMORY (64u << 20) /* bytes of one translated object */
#define RETRY_MS 1000              /* after the store or memory failed */

int ids_add(struct project *p, struct ids *list, const char *id)
{
    if (list->n == list->cap) {
        size_t cap = list->cap > 0 ? list->cap * 2 : 64;
        const char **ids = arena_alloc(&p->batch, cap * sizeof *ids);
        if (ids == NULL)
            return ERR_NOMEM;
        if (list->n > 0)
            memcpy(ids, list->ids, list->n * sizeof *ids);
        list->ids = ids;
        list->cap = cap;
    }
    const char *copy = arena_str(&p->batch, id);
    if (copy == NULL)
        return ERR_NOMEM;
    list->ids[list->n++] = copy;
    return 0;
}

static void batch_begin(struct project *p)
{
    arena_reset(&p->batch);
    p->vpcs = (struct ids){0};
    p->endpoints = (struct ids){0};
    p->profiles = (struct ids){0};
    p->vpc_profiles = (struct ids){0};
}

/* Joins what was noted and publishes. */
static int batch_end(struct project *p, uint64_t revision)
{
    int err = project_join(p);
    if (err == 0)
        err = compile_commit(p->compiler, revision);
    if (err == 0)
        p->revision = revision;
    return err;
}

static int load_item(void *ctx, const struct store_item *item)
{
    return project_change(ctx, item->key, item->value);
}

/* Ids of what the compiler has, to be looked at again. */
struct known {
    struct project *p;
    struct ids *list;
};

static int known_add(void *ctx, const char *id)
{
    struct known *k = ctx;
    return ids_add(k->p, k->list, id);
}

static int known_list(struct project *p, enum compiled what, struct ids *list)
{
    struct known k = {p, list};
    return compile_each(p->compiler, what, known_add, &k);
}

/* Before all is read again: notes what is joined from several stored objects, which then goes if it
 * is gone, and takes away the zones with their records and all associations, which come back with
 * the reading. Nobody sees it before the next commit. */
static int known_loosen(struct project *p)
{
    struct ids zones = {0};
    int err = known_list(p, COMPILED_VPC, &p->vpcs);
    if (err == 0)
        err = known_list(p, COMPILED_VPC, &p->vpc_profiles);
    if (err == 0)
        err = known_list(p, COMPILED_ENDPOINT, &p->endpoints);
    if (err == 0)
        err = known_list(p, COMPILED_PROFILE, &p->profiles);
    if (err == 0)
        err = known_list(p, COMPILED_ZONE, &zones);
    if (err == 0)
        err = compile_unjoin(p->compiler);
    for (size_t i = 0; i < zones.n && err == 0; i++)
        err = project_result(zones.ids[i], compile_zone_del(p->compiler, zones.ids[i]));
    return err;
}

/* Takes away those objects of a kind that the store has no more. */
static int gone_forget(struct project *p, enum compiled what, const struct kind *kind)
{
    struct ids ids = {0};
    int err = known_list(p, what, &ids);
    for (size_t i = 0; i < ids.n && err == 0; i++) {
        struct store_item item;
        arena_reset(&p->scratch);
        const char *key = arena_printf(&p->batch, "o/%s/%s", kind->name, ids.ids[i]);
        if (key == NULL)
            return ERR_NOMEM;
        const struct store_bytes bytes = {key, strlen(key)};
        err = store_get(p->store, bytes, &p->scratch, &item);
        if (err == ERR_NOT_FOUND)
            err = project_change(p, bytes, (struct store_bytes){NULL, 0});
    }
    return err;
}

/* Reads everything at one revision and publishes it as one snapshot. */
static int project_load(struct project *p)
{
    uint64_t revision;
    struct store_walk walk = {.each = load_item, .ctx = p};
    bool again = p->revision > 0;
    batch_begin(p);
    int err = again ? known_loosen(p) : 0;
    if (err == 0)
        err = store_range(p->store, &walk, &revision);
    if (err == 0 && again)
        err = gone_forget(p, COMPILED_SUBNET, &kind_subnet);
    if (err == 0 && again)
        err = gone_forget(p, COMPILED_RULE, &kind_rule);
    if (err == 0)
        err = batch_end(p, revision);
    /* What a whole reading needed, no batch of changes will. */
    arena_free(&p->batch);
    arena_new(&p->batch, BATCH_MEMORY);
    store_trim(p->store);
    malloc_trim(0);
    return err;
}

/* Changes of a batch, copied out of the store. */
struct changes {
    struct project *p;
    struct change_copy {
        struct store_bytes key, value;
        struct change_copy *next;
    } * first, **last;
};

static int bytes_keep(struct arena *arena, struct store_bytes from, struct store_bytes *ret)
{
    const char *copy = arena_dup(arena, from.len > 0 ? from.data : "", from.len);
    if (copy == NULL)
        return ERR_NOMEM;
    *ret = (struct store_bytes){copy, from.len};
    return 0;
}

static int change_keep(void *ctx, const struct store_change *change)
{
    struct changes *all = ctx;
    struct arena *arena = &all->p->batch;
    struct change_copy *copy = arena_zalloc(arena, 1, sizeof *copy);
    if (copy == NULL || bytes_keep(arena, change->key, &copy->key) != 0)
        return ERR_NOMEM;
    if (change->value.data != NULL && bytes_keep(arena, change->value, &copy->value) != 0)
        return ERR_NOMEM;
    *all->last = copy;
    all->last = &copy->next;
    return 0;
}

/* Compiles the next changes. */
static int project_follow(struct project *p)
{
    struct changes all = {.p = p};
    struct store_follow follow = {p->revision, BATCH, change_keep, &all};
    uint64_t revision;
    batch_begin(p);
    all.last = &all.first;
    int err = store_feed(p->store, &follow, &revision);
    if (err == ERR_COMPACTED) {
        log_warn("project", "fell behind the feed, reading all again after revision=%llu",
                 (unsigned long long)p->revision);
        return project_load(p);
    }
    for (const struct change_copy *c = all.first; c != NULL && err == 0; c = c->next)
        err = project_change(p, c->key, c->value);
    return err != 0 ? err : batch_end(p, revision);
}

/* Sleeps in slices, so that project_stop need not wait for it. */
static void retry_pause(struct project *p)
{
    struct timespec slice = {0, PROJECT_SLICE_MS * 1000000l};
    for (int ms = 0; ms < RETRY_MS && !atomic_load(&p->stop); ms += PROJECT_SLICE_MS)
        nanosleep(&slice, NULL);
}

static struct trouble behind =
    TROUBLE("project", "changes cannot be brought into DNS", "changes are brought into DNS again",
            METRIC_FOLLOW_FAILURES, METRIC_FOLLOW_BEHIND);

static void *project_thread(void *arg)
{
    struct project *p = arg;
    while (!atomic_load(&p->stop)) {
        int err = store_wait(p->store, p->revision, PROJECT_SLICE_MS);
        if (err == ERR_TIMEOUT)
            continue;
        if (err == 0)
            err = project_follow(p);
        if (err == 0) {
            trouble_over(&behind);
            continue;
        }
        trouble_note(&behind, err == ERR_IO ? store_error(p->store) : err_text(err));
        retry_pause(p);
    }
    return NULL;
}

void project_close(struct project *p)
{
    if (p == NULL)
        return;
    project_groups_free(p);
    arena_free(&p->batch);
    arena_free(&p->scratch);
    free(p);
}

int project_open(struct store *store, struct compiler *compiler, struct project **ret)
{
    struct project *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ERR_NOMEM;
    p->store = store;
    p->compiler = compiler;
    arena_new(&p->batch, BATCH_MEMORY);
    arena_new(&p->scratch, SCRATCH_MEMORY);
    int err = project_load(p);
    if (err != 0) {
        project_close(p);
        return err;
    }
    *ret = p;
    return 0;
}

int project_over(struct project *p, struct store *store, uint64_t after)
{
    int err = 0;
    p->store = store;
    p->revision = after;
    while (err == 0 && p->revision < store_revision(store))
        err = project_follow(p);
    return err;
}

int project_start(struct store *store, struct compiler *compiler, struct project **ret)
{
    struct project *p;
    int err = project_open(store, compiler, &p);
    if (err != 0)
        return err;
    if (pthread_create(&p->thread, NULL, project_thread, p) != 0) {
        project_close(p);
        return ERR_NOMEM;
    }
    *ret = p;
    return 0;
}

void project_stop(struct project *p)
{
    if (p == NULL)
        return;
    atomic_store(&p->stop, true);
    pthread_join(p->thread, NULL);
    project_close(p);
}

int project_get(struct project *p, const struct kind *kind, const char *id, void *ret)
{
    struct store_item item;
    const char *key = arena_printf(&p->scratch, "o/%s/%s", kind->name, id);
    if (key == NULL)
        return ERR_NOMEM;
    int err = store_get(p->store, (struct store_bytes){key, strlen(key)}, &p->scratch, &item);
    return err != 0 ? err : object_read(kind->shape, item.value, &p->scratch, ret);
}

int project_index(struct project *p, const struct project_walk *walk)
{
    char *from = arena_printf(&p->scratch, "x/%s", walk->prefix);
    char *to = arena_str(&p->scratch, from);
    if (to == NULL)
        return ERR_NOMEM;
    size_t len = strlen(from);
    to[len - 1]++; /* '/' to the next byte: behind all keys of the prefix */
    struct store_walk range = {{from, len}, {to, len}, walk->limit, walk->each, walk->ctx};
    return store_range(p->store, &range, NULL);
}

int project_skip(const char *id, const char *why)
{
    log_warn("project", "left out: %s id=%s", why, id);
    return 0;
}

int project_result(const char *id, int err)
{
    if (err == ERR_NOT_FOUND)
        return 0;
    if (err == ERR_INVALID || err == ERR_CORRUPT)
        return project_skip(id, err_text(err));
    return err;
}
