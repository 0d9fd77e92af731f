/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the audit trail: one walk over it with filters, and the operation ListAuditEvents.
 *
 * There is no index: the trail is bounded, the time is in the key, and an event whose bytes do not
 * even contain what is looked for is not decoded. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "control/audit.h"
#include "control/audit_priv.h"
#include "control/ctl_priv.h"
#include "rows/b53.h"

#define PAGE_DEFAULT 100
#define DECODE_MEMORY (8u << 20) /* bytes of one event; its lists are bounded */
/* Revisions by which the number in a key may be behind the one of its commit: other processes may
 * commit in between. */
#define REVISION_SLACK 256
#define TOKEN_WHAT "ListAuditEvents"

struct audit_walk {
    struct ctl *c;
    const struct audit_filter *f;
    struct arena decode;
};

/* The two numbers of a key. False: it is none of ours. */
static bool key_read(const char *key, uint64_t *ret_revision, uint64_t *ret_time)
{
    const char *at = key + strlen(AUDIT_PREFIX);
    return strlen(at) > 2 * AUDIT_DIGITS + 1 &&
           sscanf(at, "%16" SCNx64 "/%16" SCNx64, ret_revision, ret_time) == 2;
}

static bool contains(struct store_bytes value, const char *text)
{
    return text == NULL || memmem(value.data, value.len, text, strlen(text)) != NULL;
}

static bool texts_have(const char *const *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

/* Leaves of another account's call what concerns the viewer. False: nothing does. */
static bool event_cut(struct obj_audit_event *e, const char *viewer)
{
    size_t n = 0;
    if (viewer == NULL || (e->account != NULL && strcmp(e->account, viewer) == 0))
        return true;
    if (!texts_have(e->owners, e->owners_n, viewer))
        return false;
    for (size_t i = 0; i < e->objects_n; i++)
        if (e->objects[i].owner != NULL && strcmp(e->objects[i].owner, viewer) == 0)
            e->objects[n++] = e->objects[i];
    e->objects_n = n;
    e->objects_total = (struct opt_int){0};
    e->caller_arn = e->access_key_id = e->address = NULL;
    return true;
}

static bool event_about(const struct obj_audit_event *e, const char *object)
{
    for (size_t i = 0; i < e->objects_n; i++)
        if (e->objects[i].id != NULL && strcmp(e->objects[i].id, object) == 0)
            return true;
    return false;
}

/* Everything that only the decoded event tells. */
static bool event_wanted(const struct audit_filter *f, struct obj_audit_event *e)
{
    return event_cut(e, f->viewer) &&
           (f->account == NULL || (e->account != NULL && strcmp(e->account, f->account) == 0)) &&
           (f->operation == NULL ||
            (e->operation != NULL && strcmp(e->operation, f->operation) == 0)) &&
           (f->object == NULL || event_about(e, f->object));
}

static int event_each(void *ctx, const struct store_item *item)
{
    struct audit_walk *w = ctx;
    const struct audit_filter *f = w->f;
    struct audit_event e = {.revision = item->mod_rev};
    uint64_t unused;
    arena_reset(&w->decode);
    const char *key = arena_dup(&w->decode, item->key.data, item->key.len);
    if (key == NULL)
        return ERR_NOMEM;
    if (!key_read(key, &unused, &e.time_ns) || e.time_ns < f->from_ns ||
        (f->to_ns != 0 && e.time_ns >= f->to_ns) || e.revision <= f->after_revision ||
        !contains(item->value, f->viewer) || !contains(item->value, f->account) ||
        !contains(item->value, f->operation))
        return 0;
    int err = object_read(&obj_audit_event_shape, item->value, &w->decode, &e.stored);
    if (err != 0 || !event_wanted(f, &e.stored))
        return err;
    struct obj_audit_event found = e.stored;
    e.key = arena_str(w->c->arena, key);
    err = shape_copy(&obj_audit_event_shape, &found, w->c->arena, &e.stored);
    if (err != 0 || e.key == NULL)
        return ERR_NOMEM;
    return f->each(f->ctx, &e);
}

int audit_list(struct ctl *c, const struct audit_filter *f)
{
    struct audit_walk w = {.c = c, .f = f};
    struct store_walk walk = {.each = event_each, .ctx = &w};
    struct store_bytes prefix = txn_key(c, AUDIT_PREFIX);
    if (prefix.data == NULL || txn_prefix(c, prefix, NULL, &walk) != 0)
        return txn_fail(c, ERR_NOMEM);
    if (f->after_revision > REVISION_SLACK)
        walk.from = txn_key(c, AUDIT_PREFIX "%016" PRIx64, f->after_revision - REVISION_SLACK);
    if (f->after_key != NULL) /* a NUL belongs to it: the first key behind */
        walk.from = (struct store_bytes){f->after_key, strlen(f->after_key) + 1};
    if (walk.from.data == NULL)
        return txn_fail(c, ERR_NOMEM);
    arena_new(&w.decode, DECODE_MEMORY);
    int err = store_range(c->store, &walk, NULL);
    arena_free(&w.decode);
    if (err == CTL_STOP)
        err = 0;
    return err == ERR_IO || err == ERR_NOMEM || err == ERR_CORRUPT ? txn_fail(c, err) : err;
}

/* A page of the operation. */
struct page {
    struct ctl *c;
    struct b53_list_audit_events_response *out;
    size_t cap;
    const char *last;
    bool more;
};

static int objects_out(struct ctl *c, const struct obj_audit_event *from,
                       struct b53_audit_event *to)
{
    to->objects = arena_zalloc(c->arena, from->objects_n + 1, sizeof *to->objects);
    if (to->objects == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < from->objects_n; i++) {
        const struct obj_audit_object *o = &from->objects[i];
        to->objects[i] = (struct b53_audit_object){
            .kind = o->kind, .id = o->id, .name = o->name, .owner = o->owner, .action = o->action};
    }
    to->objects_n = from->objects_n;
    return 0;
}

static int page_add(void *ctx, const struct audit_event *e)
{
    struct page *p = ctx;
    const struct obj_audit_event *s = &e->stored;
    char text[CLOCK_TEXT_MAX];
    if (p->out->events_n == p->cap) {
        p->more = true;
        return CTL_STOP;
    }
    struct b53_audit_event *to = &p->out->events[p->out->events_n++];
    p->last = e->key;
    *to = (struct b53_audit_event){
        .time = arena_str(p->c->arena, clock_format(e->time_ns, 6, text, sizeof text)),
        .revision = {true, (int64_t)e->revision},
        .request_id = s->request_id,
        .account = s->account,
        .caller_arn = s->caller_arn,
        .access_key_id = s->access_key_id,
        .source_address = s->address,
        .region = s->region,
        .service = s->service,
        .operation = s->operation,
        .objects_total = s->objects_total,
    };
    return to->time == NULL ? ERR_NOMEM : objects_out(p->c, s, to);
}

static int time_in(struct ctl *c, const char *member, const char *text, uint64_t *ret)
{
    if (text == NULL || clock_parse(text, ret) == 0)
        return 0;
    return ctl_fail(c, FAULT_InvalidParameterException,
                    "%s must be a time like 2026-01-02T03:04:05Z, not '%s'.", member, text);
}

int b53_list_audit_events(struct ctl *c, const struct b53_list_audit_events_request *in,
                          struct b53_list_audit_events_response *out)
{
    struct page page = {c, out, in->max_results.set ? (size_t)in->max_results.v : PAGE_DEFAULT,
                        NULL, false};
    struct audit_filter f = {.viewer = c->account,
                             .account = in->account_id,
                             .operation = in->operation_name,
                             .object = in->object_id,
                             .after_revision = (uint64_t)in->after_revision.v,
                             .each = page_add,
                             .ctx = &page};
    int err = time_in(c, "StartTime", in->start_time, &f.from_ns);
    if (err == 0)
        err = time_in(c, "EndTime", in->end_time, &f.to_ns);
    if (err != 0)
        return err;
    if (in->next_token != NULL && ctl_token_read(c, TOKEN_WHAT, in->next_token, &f.after_key) != 0)
        return ctl_fail(c, FAULT_InvalidNextTokenException, "The NextToken is not one of ours.");
    out->events = arena_zalloc(c->arena, page.cap, sizeof *out->events);
    if (out->events == NULL)
        return ERR_NOMEM;
    err = audit_list(c, &f);
    if (err == 0 && page.more) {
        out->next_token = ctl_token(c, TOKEN_WHAT, page.last);
        if (out->next_token == NULL)
            return ERR_NOMEM;
    }
    return err;
}
