/* SPDX-License-Identifier: Apache-2.0 */
/* ChangeResourceRecordSets: a batch of changes, all or nothing (spec: profiles-ram-zones-ec2.md
 * 3.9).
 *
 * Changes are applied in their order to the pending transaction; then the names that they touched
 * are checked as they are after the whole batch. Complaints of both parts are answered together,
 * and with any complaint nothing is committed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/zone_name.h"
#include "control/zone_priv.h"

void batch_complain(struct batch *b, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    if (b->messages.len > 0)
        buf_str(&b->messages, ", ");
    buf_str(&b->messages, text ? text : "(no memory for this message)");
    free(text);
}

/* "[name='x.', type='A', set identifier='s']" */
static const char *set_text(struct ctl *c, const struct obj_record *r)
{
    const char *text = r->set_identifier
                           ? arena_printf(c->arena, "[name='%s', type='%s', set identifier='%s']",
                                          r->name, r->type, r->set_identifier)
                           : arena_printf(c->arena, "[name='%s', type='%s']", r->name, r->type);

    return text ? text : "";
}

/* The limits of a batch, which an UPSERT meets twice as it may delete and create. */
static int size_check(struct ctl *c, const struct r53_change_batch *batch)
{
    size_t records = 0, characters = 0;

    for (size_t i = 0; i < batch->changes_n; i++) {
        const struct r53_change *in = &batch->changes[i];
        size_t times = strcmp(in->action, "UPSERT") == 0 ? 2 : 1;
        const struct r53_resource_record_set *set = in->resource_record_set;

        /* An alias has no ResourceRecord, but is work too. */
        records += times * (set->resource_records_n > 0 ? set->resource_records_n : 1);
        for (size_t k = 0; k < set->resource_records_n; k++)
            characters += times * strlen(set->resource_records[k].value);
    }
    if (records > BATCH_RECORDS_MAX)
        return ctl_fail(c, FAULT_InvalidChangeBatch, "[Number of records limit of %d exceeded.]",
                        BATCH_RECORDS_MAX);
    if (characters > BATCH_CHARACTERS_MAX)
        return ctl_fail(c, FAULT_InvalidChangeBatch, "[Number of characters limit of %d exceeded.]",
                        BATCH_CHARACTERS_MAX);
    return 0;
}

static bool key_equal(struct store_bytes a, struct store_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool action_is(const struct change *ch, const char *action)
{
    return strcmp(ch->in->action, action) == 0;
}

/* False, with a complaint, if an earlier change of the batch is for the same set. The one pair that
 * has a meaning is a deletion followed by a creation. */
static bool change_unique(struct batch *b, const struct change *list, size_t at)
{
    const struct change *ch = &list[at];
    size_t before = 0;
    bool deleted = false;

    for (size_t i = 0; i < at; i++) {
        if (!list[i].key.data || !key_equal(list[i].key, ch->key))
            continue;
        before++;
        deleted = action_is(&list[i], "DELETE");
    }
    if (before == 0 || (before == 1 && deleted && !action_is(ch, "DELETE")))
        return true;
    batch_complain(b,
                   "The request contains an invalid set of changes for a resource record set "
                   "'%s %s'",
                   ch->record.type, ch->record.name);
    return false;
}

/* Removes a set that equals the one in the request. */
static int delete_apply(struct batch *b, struct change *ch, const struct obj_record *old)
{
    if (!old || !record_same(&ch->record, old)) {
        batch_complain(
            b, "Tried to delete resource record set %s but %s", set_text(b->c, &ch->record),
            old ? "the values provided do not match the current values" : "it was not found");
        return 0;
    }
    ch->applied = true;
    b->zone->record_count.v--;
    return ctl_raw_del(b->c, ch->key);
}

/* Applies one change to the pending transaction. */
static int change_apply(struct batch *b, struct change *ch)
{
    struct store_bytes stored;
    struct obj_record old;
    int err = ctl_raw_get(b->c, ch->key, &stored);
    bool exists = err == 0;

    if (exists)
        err = record_read(b->c->arena, stored, &old);
    if (err && err != ERR_NOT_FOUND)
        return err;
    if (action_is(ch, "DELETE"))
        return delete_apply(b, ch, exists ? &old : NULL);
    if (exists && action_is(ch, "CREATE")) {
        batch_complain(b, "Tried to create resource record set %s but it already exists",
                       set_text(b->c, &ch->record));
        return 0;
    }
    ch->applied = true;
    b->zone->record_count.v += !exists;
    return ctl_raw_put(b->c, ch->key, record_write(b->c->arena, &ch->record));
}

/* Reads, checks and applies all changes. */
static int changes_apply(struct batch *b, const struct r53_change_batch *in, struct change *list)
{
    for (size_t i = 0; i < in->changes_n; i++) {
        struct change *ch = &list[i];
        bool ok = true;
        int err;

        ch->in = &in->changes[i];
        err = change_read(b, ch, &ok);
        if (!err && ch->record.name && name_within(ch->name, b->apex)) {
            const struct record_id id = {b->zone->id, ch->name, ch->record.type,
                                         ch->record.set_identifier};

            ch->key = record_key(b->c->arena, &id);
            if (!ch->key.data)
                return ERR_NOMEM;
            ok = change_unique(b, list, i) && ok;
        }
        if (!err && ok)
            err = change_apply(b, ch);
        if (err)
            return err;
    }
    return 0;
}

/* The whole batch; complaints are in b->messages afterwards. */
static int batch_run(struct batch *b, const struct r53_change_batch *in)
{
    struct change *list = arena_zalloc(b->c->arena, in->changes_n, sizeof *list);
    struct change **applied = arena_zalloc(b->c->arena, in->changes_n, sizeof(struct change *));
    size_t n = 0;
    int err;

    if (!list || !applied)
        return ERR_NOMEM;
    err = changes_apply(b, in, list);
    if (err)
        return err;
    for (size_t i = 0; i < in->changes_n; i++)
        if (list[i].applied)
            applied[n++] = &list[i];
    err = batch_check(b, applied, n);
    if (!err && b->zone->record_count.v > ZONE_RECORDS_MAX)
        batch_complain(b, "Number of records limit of %d exceeded.", ZONE_RECORDS_MAX);
    return err;
}

int r53_change_resource_record_sets(struct ctl *c,
                                    const struct r53_change_resource_record_sets_request *in,
                                    struct r53_change_resource_record_sets_response *out)
{
    struct obj_zone z;
    struct batch b = {.c = c, .zone = &z};
    int64_t count;
    int err = hosted_zone_get(c, in->hosted_zone_id, &z);

    if (!err && in->change_batch->changes_n == 0)
        err = ctl_fail(c, FAULT_InvalidInput, "A change batch needs at least one change.");
    if (!err)
        err = size_check(c, in->change_batch);
    if (err)
        return err;
    if (zone_name_parse(z.name, b.apex, NULL) < 0)
        return ctl_fail(c, FAULT_InternalFailure, "The name of the zone cannot be read.");
    count = z.record_count.v;
    err = batch_run(&b, in->change_batch);
    if (!err && b.messages.failed)
        err = ERR_NOMEM;
    if (!err && b.messages.len > 0)
        err = ctl_fail(c, FAULT_InvalidChangeBatch, "[%s]", b.messages.data);
    buf_free(&b.messages);
    if (!err && z.record_count.v != count)
        err = ctl_put(c, &kind_zone, z.id, &z);
    return err ? err : change_new(c, in->change_batch->comment, &out->change_info);
}
