/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that may be another account's: one look-up and one listing for all kinds with an ARN. */
#include "control/shared.h"

#include <string.h>

#include "base/error.h"

/* The ARN in a stored object of that kind. */
static const char *arn_of(const struct kind *kind, const void *obj)
{
    const struct field *f = shape_field(kind->shape, "Arn");
    const char *arn;

    memcpy(&arn, (const char *)obj + f->offset, sizeof arn);
    return arn;
}

int shared_get(struct ctl *c, const struct kind *kind, const char *id, struct access *a, void *ret)
{
    const struct owned *owner = ret;
    int err = ctl_get(c, kind, id, ret);

    if (err)
        return err;
    if (strcmp(owner->owner_region, c->region) != 0)
        return ERR_NOT_FOUND;
    a->arn = arn_of(kind, ret);
    a->owner = owner->owner_account;
    return access_check(c, a);
}

/* The shared part of a listing. */
struct foreign {
    struct ctl *c;
    const struct shared_walk *walk;
    const char *after; /* an ARN, or NULL: the caller's own objects, which come first, have ids */
    bool stopped;
};

static int foreign_each(void *ctx, const char *arn, const char *unused)
{
    struct foreign *f = ctx;
    const struct shared_walk *w = f->walk;
    const char *id = strrchr(arn, '/');
    void *obj;
    int err;

    (void)unused;
    if (!id || (f->after && strcmp(arn, f->after) <= 0))
        return 0;
    obj = arena_zalloc(f->c->arena, 1, w->kind->shape->size);
    if (!obj)
        return ERR_NOMEM;
    err = ctl_get(f->c, w->kind, id + 1, obj);
    if (err) /* a share can outlive its resource */
        return err == ERR_NOT_FOUND ? 0 : err;
    if (strcmp(((const struct owned *)obj)->owner_account, f->c->account) == 0)
        return 0;
    return w->each(w->ctx, arn, obj);
}

/* Notes that the callback has had enough, which ctl_list does not tell. */
static int own_each(void *ctx, const char *id, void *obj)
{
    struct foreign *f = ctx;
    int err = f->walk->each(f->walk->ctx, id, obj);

    f->stopped = err == CTL_STOP;
    return err;
}

int shared_list(struct ctl *c, const struct shared_walk *walk)
{
    bool own = !walk->after || strncmp(walk->after, "arn:", 4) != 0;
    struct foreign f = {c, walk, own ? NULL : walk->after, false};
    struct access_walk foreign = {
        .prefix = arena_printf(c->arena, "arn:aws:%s:%s:", walk->service, c->region),
        .type = walk->type,
        .each = foreign_each,
        .ctx = &f,
    };
    int err = own ? ctl_list(c, walk->kind, walk->after, own_each, &f) : 0;

    if (!foreign.prefix)
        return ERR_NOMEM;
    return err || f.stopped ? err : access_list(c, &foreign);
}
