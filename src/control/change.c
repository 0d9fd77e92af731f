/* SPDX-License-Identifier: Apache-2.0 */
/* Changes: every mutation of Route 53 names one, and GetChange says whether DNS shows it (spec:
 * profiles-ram-zones-ec2.md 3.5).
 *
 * A change is INSYNC when the data plane has passed the revision that the store had before its
 * commit. Ids begin with the time, so that old changes come first in a listing and each new one can
 * sweep a few away: the store does not grow for ever. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/rand.h"
#include "control/zone_priv.h"
#include "model/publish.h"

#define CHANGE_KEEP_NS (7 * 24 * 3600 * NS_PER_S) /* clients poll for minutes at most */
#define CHANGE_SWEEP 2                            /* old changes removed with each new one */
#define TIME_DIGITS 9                             /* base 36: milliseconds until the year 5188 */
#define RANDOM_DIGITS 11                          /* base 36, behind the time */
#define ID_DIGITS_MAX 32                          /* of any id */

static const char base36[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const char *id_strip(const char *id, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(id, prefix, len) == 0 ? id + len : id;
}

char *id_new(struct ctl *c, char first, unsigned digits)
{
    char hex[2 * ID_DIGITS_MAX + 1];
    char id[ID_DIGITS_MAX + 1];

    if (digits >= ID_DIGITS_MAX)
        digits = ID_DIGITS_MAX - 1;
    rnd_hex(hex, 2 * (size_t)digits);
    id[0] = first;
    for (unsigned i = 0; i < digits; i++) {
        unsigned high = (unsigned char)hex[2 * i], low = (unsigned char)hex[2 * i + 1];

        id[1 + i] = base36[((high & 15) * 31 + low) % 36];
    }
    id[1 + digits] = '\0';
    return arena_str(c->arena, id);
}

bool id_like(const char *id, char first, unsigned digits)
{
    return id[0] == first && strspn(id + 1, base36) == digits && strlen(id) == 1 + (size_t)digits;
}

/* A new change id, in the order of time. */
static char *change_id(struct ctl *c)
{
    char *random = id_new(c, 'C', RANDOM_DIGITS);
    uint64_t ms = c->now_ns / NS_PER_MS;
    char time[TIME_DIGITS + 1];

    for (int i = TIME_DIGITS - 1; i >= 0; i--, ms /= 36)
        time[i] = base36[ms % 36];
    time[TIME_DIGITS] = '\0';
    return random ? arena_printf(c->arena, "C%s%s", time, random + 1) : NULL;
}

/* The oldest changes of the caller. */
struct sweep {
    struct ctl *c;
    char limit[CLOCK_TEXT_MAX]; /* submitted before that: too old */
    unsigned seen;
};

static int sweep_each(void *ctx, const char *id, void *obj)
{
    struct sweep *s = ctx;
    const struct obj_change *change = obj;
    int err;

    if (strcmp(change->submitted_at, s->limit) >= 0)
        return CTL_STOP;
    err = ctl_del(s->c, &kind_change, id, change);
    return err ? err : ++s->seen >= CHANGE_SWEEP ? CTL_STOP : 0;
}

int change_new(struct ctl *c, const char *comment, struct r53_change_info **ret)
{
    struct r53_change_info *v = arena_zalloc(c->arena, 1, sizeof *v);
    struct sweep sweep = {.c = c};
    struct obj_change change = {
        .id = change_id(c),
        .submitted_at = ctl_time(c, 3),
        .comment = comment,
        .revision = {true, (int64_t)store_revision(c->store)},
    };
    int err = 0;

    if (!v || !change.id || !change.submitted_at)
        return ERR_NOMEM;
    if (c->now_ns > CHANGE_KEEP_NS) {
        clock_format(c->now_ns - CHANGE_KEEP_NS, 3, sweep.limit, sizeof sweep.limit);
        err = ctl_list(c, &kind_change, NULL, sweep_each, &sweep);
    }
    if (!err)
        err = ctl_put(c, &kind_change, change.id, &change);
    if (err)
        return err;
    *v = (struct r53_change_info){
        .id = arena_printf(c->arena, "/change/%s", change.id),
        .status = "PENDING",
        .submitted_at = change.submitted_at,
        .comment = comment,
    };
    *ret = v;
    return v->id ? 0 : ERR_NOMEM;
}

int r53_get_change(struct ctl *c, const struct r53_get_change_request *in,
                   struct r53_get_change_response *out)
{
    struct r53_change_info *v = arena_zalloc(c->arena, 1, sizeof *v);
    const char *id = id_strip(in->id, "/change/");
    struct obj_change change;
    bool shown;
    int err = ctl_get(c, &kind_change, id, &change);

    if (err && err != ERR_NOT_FOUND)
        return err;
    if (err && !id_like(id, 'C', TIME_DIGITS + RANDOM_DIGITS))
        return ctl_fail(c, FAULT_NoSuchChange,
                        "Could not find resource with ID: %s. A change with the specified change "
                        "ID does not exist.",
                        id);
    /* Others' changes and those that never were look alike. */
    if (err || strcmp(change.owner_account, c->account) != 0)
        return ctl_fail(c, FAULT_AccessDenied, "User: %s is not authorized to access this resource",
                        c->caller_arn);
    shown = !c->publisher || publish_revision(c->publisher) > (uint64_t)change.revision.v;
    if (!v)
        return ERR_NOMEM;
    *v = (struct r53_change_info){
        .id = arena_printf(c->arena, "/change/%s", change.id),
        .status = shown ? "INSYNC" : "PENDING",
        .submitted_at = change.submitted_at,
        .comment = change.comment,
    };
    out->change_info = v;
    return v->id ? 0 : ERR_NOMEM;
}
