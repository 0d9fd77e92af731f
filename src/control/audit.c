/* SPDX-License-Identifier: Apache-2.0 */
/* Making events: what a transaction's writes say about objects, and letting old events go. */
#include "control/audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/audit_priv.h"
#include "control/ctl_priv.h"
#include "control/record.h"
#include "dns/type.h"

#define SWEEP 4 /* old events that go with a new one, where another process left some */

/* An event under construction. */
struct making {
    struct ctl *c;
    struct obj_audit_event event;
    struct obj_audit_object objects[LIMIT_AUDIT_OBJECTS];
    size_t total, owners_cap;
};

static int owner_add(struct making *m, const char *owner)
{
    struct obj_audit_event *e = &m->event;
    for (size_t i = 0; i < e->owners_n; i++)
        if (strcmp(e->owners[i], owner) == 0)
            return 0;
    if (e->owners_n == m->owners_cap) {
        size_t cap = m->owners_cap > 0 ? 2 * m->owners_cap : 4;
        const char **grown = arena_zalloc(m->c->arena, cap, sizeof *grown);
        if (grown == NULL)
            return ERR_NOMEM;
        if (e->owners_n > 0)
            memcpy(grown, e->owners, e->owners_n * sizeof *grown);
        e->owners = grown;
        m->owners_cap = cap;
    }
    e->owners[e->owners_n++] = owner;
    return 0;
}

static int object_add(struct making *m, const struct obj_audit_object *o)
{
    if (m->total++ < LIMIT_AUDIT_OBJECTS)
        m->event.objects[m->event.objects_n++] = *o;
    return o->owner != NULL ? owner_add(m, o->owner) : 0;
}

/* The text behind a key's prefix, when it has it. Keys are followed by a NUL (ctl_raw_put). */
static const char *key_behind(const struct ctl_write *w, const char *prefix)
{
    size_t len = strlen(prefix);
    if (w->key.len <= len || memcmp(w->key.data, prefix, len) != 0)
        return NULL;
    return (const char *)w->key.data + len;
}

/* The next part of a path, cut off at its '/'; NULL when there is none behind it. */
static const char *part_take(struct ctl *c, const char **at)
{
    const char *slash = *at != NULL ? strchr(*at, '/') : NULL;
    const char *part = slash != NULL ? arena_dup(c->arena, *at, (size_t)(slash - *at)) : NULL;
    *at = part != NULL ? slash + 1 : NULL;
    return part;
}

/* The owner in a stored object, whose first member it is (control/ctl.h). */
static const char *owner_of(struct ctl *c, struct store_bytes value)
{
    static const char head[] = "{\"OwnerAccount\":\"";
    const size_t skip = sizeof head - 1;
    if (value.len <= skip || memcmp(value.data, head, skip) != 0)
        return NULL;
    const char *from = (const char *)value.data + skip;
    const char *end = memchr(from, '"', value.len - skip);
    return end != NULL ? arena_dup(c->arena, from, (size_t)(end - from)) : NULL;
}

/* "o/<kind>/<id>" written. Changes of Route 53 are bookkeeping of the call itself. */
static int object_put(struct making *m, const char *at, struct store_bytes value)
{
    struct obj_audit_object o = {.kind = part_take(m->c, &at), .action = "put"};
    if (o.kind == NULL || strcmp(o.kind, "change") == 0)
        return 0;
    o.id = at;
    o.owner = owner_of(m->c, value);
    return object_add(m, &o);
}

/* "own/<account>/<region>/<kind>/<id>" deleted: it says whose the object was. */
static int object_deleted(struct making *m, const char *at)
{
    struct obj_audit_object o = {.owner = part_take(m->c, &at), .action = "delete"};
    (void)part_take(m->c, &at);
    o.kind = part_take(m->c, &at);
    if (o.kind == NULL || strcmp(o.kind, "change") == 0)
        return 0;
    o.id = at;
    return object_add(m, &o);
}

/* "r/<zone>/<sort key>"; only a zone's owner changes its records. */
static int record_written(struct making *m, const char *at, bool deleted)
{
    struct record_place place;
    char name[NAME_MAX_TEXT], type[TYPE_TEXT_MAX];
    if (record_key_parse(at, &place) != 0)
        return 0;
    struct obj_audit_object o = {
        .kind = "record",
        .id = arena_str(m->c->arena, place.zone_id),
        .name = arena_printf(m->c->arena, "%s %s%s%s", name_format(place.name, name, sizeof name),
                             type_name(place.type, type, sizeof type),
                             place.set_id[0] != '\0' ? " " : "", place.set_id),
        .owner = m->c->account,
        .action = deleted ? "delete" : "put",
    };
    return o.id == NULL || o.name == NULL ? ERR_NOMEM : object_add(m, &o);
}

/* "x/<index>/<key>": told only of calls that wrote nothing else, such as those about stacks. */
static int index_written(struct making *m, const char *at, bool deleted)
{
    struct obj_audit_object o = {
        .kind = part_take(m->c, &at), .owner = m->c->account, .action = deleted ? "delete" : "put"};
    o.id = at;
    return o.kind == NULL ? 0 : object_add(m, &o);
}

static int objects_collect(struct making *m)
{
    struct ctl *c = m->c;
    int err = 0;
    for (size_t i = 0; i < c->writes_n && err == 0; i++) {
        const struct ctl_write *w = &c->writes[i];
        bool deleted = w->value.data == NULL;
        const char *at;
        if ((at = key_behind(w, "o/")) != NULL && !deleted)
            err = object_put(m, at, w->value);
        else if ((at = key_behind(w, "own/")) != NULL && deleted)
            err = object_deleted(m, at);
        else if ((at = key_behind(w, "r/")) != NULL)
            err = record_written(m, at, deleted);
    }
    for (size_t i = 0, n = m->total; i < c->writes_n && n == 0 && err == 0; i++) {
        const char *at = key_behind(&c->writes[i], "x/");
        if (at != NULL)
            err = index_written(m, at, c->writes[i].value.data == NULL);
    }
    for (const struct ctl_foreign *f = c->foreign; f != NULL && err == 0; f = f->next)
        err = object_add(m, &(struct obj_audit_object){
                                .kind = f->kind, .id = f->id, .owner = f->owner, .action = "use"});
    return err;
}

/* Deletes what is older than the trail keeps. Nothing is a condition: deleting what another process
 * has deleted is no error. */
static int sweep_each(void *ctx, const struct store_item *item)
{
    struct ctl *c = ctx;
    const char *key = arena_dup(c->arena, item->key.data, item->key.len);
    if (key == NULL)
        return ERR_NOMEM;
    return txn_write(c, (struct store_bytes){key, item->key.len}, (struct store_bytes){NULL, 0});
}

static int sweep(struct ctl *c, uint64_t revision)
{
    if (revision < LIMIT_AUDIT_KEEP)
        return 0;
    struct store_bytes from = txn_key(c, AUDIT_PREFIX);
    struct store_bytes to = txn_key(c, AUDIT_PREFIX "%016" PRIx64, revision - LIMIT_AUDIT_KEEP + 1);
    if (from.data == NULL || to.data == NULL)
        return ERR_NOMEM;
    struct store_walk walk = {from, to, SWEEP, sweep_each, c};
    return store_range(c->store, &walk, NULL);
}

int audit_add(struct ctl *c)
{
    struct making *m = arena_zalloc(c->arena, 1, sizeof *m);
    if (m == NULL)
        return ERR_NOMEM;
    m->c = c;
    m->event = (struct obj_audit_event){.request_id = c->request_id,
                                        .account = c->account,
                                        .caller_arn = c->caller_arn,
                                        .access_key_id = c->origin.access_key,
                                        .address = c->origin.address,
                                        .region = c->region,
                                        .service = c->origin.service,
                                        .operation = c->origin.operation,
                                        .objects = m->objects};
    uint64_t revision = store_revision(c->store) + 1;
    struct store_bytes key = txn_key(c, AUDIT_PREFIX "%016" PRIx64 "/%016" PRIx64 "/%s", revision,
                                     c->now_ns, c->request_id != NULL ? c->request_id : "");
    struct store_bytes value;
    int err = key.data == NULL ? ERR_NOMEM : objects_collect(m);
    m->event.objects_total = (struct opt_int){true, (int64_t)m->total};
    if (err == 0)
        err = object_write(&obj_audit_event_shape, &m->event, c->arena, &value);
    if (err == 0)
        err = txn_write(c, key, value);
    return err != 0 ? err : sweep(c, revision);
}
