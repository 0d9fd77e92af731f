/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing: two snapshots of a compiler of our own, and what the caller may see of them. */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/dry_run_priv.h"
#include "control/project.h"
#include "model/diff.h"

/* The response under construction. */
struct telling {
    struct ctl *c;
    struct b53_describe_dry_run_response *out;
    bool failed;
};

/* Of VPCs of others nothing but their number is told. */
static enum diff_more change_tell(void *ctx, const struct diff_change *change)
{
    struct telling *t = ctx;
    struct arena *arena = t->c->arena;
    char name[NAME_MAX_TEXT];
    if (strcmp(view_account(change->view), t->c->account) != 0)
        return DIFF_NEXT;
    if (t->out->changes_n == LIMIT_DRY_RUN_CHANGES) {
        t->out->truncated = TRI_TRUE;
        return DIFF_ENOUGH;
    }
    t->out->changes[t->out->changes_n++] = (struct b53_dry_run_change){
        .vpc_id = arena_str(arena, view_vpc(change->view)),
        .account = t->c->account,
        .name = change->name != NULL
                    ? arena_str(arena, name_format(change->name, name, sizeof name))
                    : NULL,
        .setting = arena_str(arena, change->setting),
        .before = arena_str(arena, change->before),
        .after = arena_str(arena, change->after),
    };
    t->failed = arena->overflow;
    return t->failed ? DIFF_ENOUGH : DIFF_MORE;
}

/* The world as it is and as it would be. */
struct worlds {
    struct publisher *publisher;
    struct compiler *compiler;
    struct project *project;
    struct reader reader;
    const struct snapshot *before, *after;
};

/* Compiles with this thread offline: grace periods of the server's own snapshots do not wait for
 * it. */
static int worlds_make(struct worlds *w, const struct dry_run *d)
{
    reader_sleep(&w->reader);
    int err = project_open(d->base, w->compiler, &w->project);
    reader_wake(&w->reader);
    if (err != 0)
        return err;
    w->before = reader_snapshot(&w->reader);
    if (!reader_pin(&w->reader, w->before)) {
        w->before = NULL;
        return ERR_NOMEM;
    }
    reader_sleep(&w->reader);
    err = project_over(w->project, d->store, d->copied);
    reader_wake(&w->reader);
    if (err != 0)
        return err;
    w->after = reader_snapshot(&w->reader);
    if (!reader_pin(&w->reader, w->after)) {
        w->after = NULL;
        return ERR_NOMEM;
    }
    return 0;
}

static void worlds_free(struct worlds *w)
{
    if (w->before != NULL)
        reader_unpin(&w->reader, w->before);
    if (w->after != NULL)
        reader_unpin(&w->reader, w->after);
    reader_remove(&w->reader);
}

/* With a compiler; what it made is compared. */
static int worlds_compare(struct worlds *w, const struct dry_run *d, struct telling *t)
{
    struct diff diff = {.change = change_tell, .ctx = t};
    size_t vpcs = 0;
    int err = reader_add(w->publisher, &w->reader);
    if (err != 0)
        return err;
    err = worlds_make(w, d);
    reader_sleep(&w->reader); /* both are pinned */
    if (err == 0) {
        diff.before = w->before;
        diff.after = w->after;
        err = snapshot_diff(&diff, &vpcs);
    }
    reader_wake(&w->reader);
    worlds_free(w);
    t->out->vpcs = (struct opt_int){true, (int64_t)vpcs};
    return err;
}

int dry_run_compare(struct dry_run *d, struct ctl *c, struct b53_describe_dry_run_response *out)
{
    struct worlds w = {.publisher = publisher_new()};
    struct telling t = {c, out, false};
    w.compiler = w.publisher != NULL ? compiler_new(w.publisher) : NULL;
    *out = (struct b53_describe_dry_run_response){.truncated = TRI_FALSE};
    out->changes = arena_zalloc(c->arena, LIMIT_DRY_RUN_CHANGES, sizeof *out->changes);
    int err = w.compiler == NULL || out->changes == NULL ? ERR_NOMEM : worlds_compare(&w, d, &t);
    project_close(w.project);
    compiler_free(w.compiler);
    publisher_free(w.publisher);
    return err == 0 && t.failed ? ERR_NOMEM : err;
}
