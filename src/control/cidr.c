/* SPDX-License-Identifier: Apache-2.0 */
/* Taken prefixes as bit strings in an index; see cidr.h for why. */
#include "control/cidr.h"

#include <string.h>

#include "base/error.h"

#define INDEX "cidr"

static unsigned bits_min(const struct prefix *p)
{
    return p->addr.family == AF_INET ? CIDR_BITS_MIN4 : CIDR_BITS_MIN6;
}

/* "<scope>/<mark><family><bits>": '=' marks prefixes, '!' guards. */
static char *key_of(struct ctl *c, const char *scope, char mark, const struct prefix *p)
{
    char bits[129];
    for (unsigned i = 0; i < p->bits; i++)
        bits[i] = (char)('0' + ((p->addr.b[i / 8] >> (7 - i % 8)) & 1));
    bits[p->bits] = '\0';
    return arena_printf(c->arena, "%s/%c%c%s", scope, mark, p->addr.family == AF_INET ? '4' : '6',
                        bits);
}

static int take_owner(void *ctx, const char *key, const char *value)
{
    (void)key;
    *(const char **)ctx = value;
    return CTL_STOP;
}

static int find_overlap(struct ctl *c, const char *scope, const struct prefix *p,
                        const char **ret_owner)
{
    struct prefix coarse = *p;
    coarse.bits = (uint8_t)bits_min(p);
    const char *owner = NULL, *guard = NULL;
    char *guard_key = key_of(c, scope, '!', &coarse);
    char *key = key_of(c, scope, '=', p);
    if (!guard_key || !key)
        return ERR_NOMEM;
    int err = ctl_index_get(c, INDEX, guard_key, &guard); /* read: to conflict with its writers */
    if (!err || err == ERR_NOT_FOUND)
        err = ctl_index_list(c, INDEX, key, take_owner, &owner);
    struct prefix shorter = *p;
    while (!err && !owner && shorter.bits > bits_min(p)) {
        shorter.bits--;
        key = key_of(c, scope, '=', &shorter);
        if (!key)
            return ERR_NOMEM;
        err = ctl_index_get(c, INDEX, key, &owner);
        if (err == ERR_NOT_FOUND)
            err = 0;
    }
    if (!err)
        *ret_owner = owner;
    return err;
}

int cidr_taken(struct ctl *c, const char *scope, const struct prefix *p, bool *ret)
{
    const char *owner = NULL;
    int err = find_overlap(c, scope, p, &owner);
    if (!err)
        *ret = owner;
    return err;
}

int cidr_take(struct ctl *c, const char *scope, const struct prefix *p, const char *owner,
              const char **ret_owner)
{
    if (p->bits < bits_min(p))
        return ERR_RANGE;
    struct prefix coarse = *p;
    coarse.bits = (uint8_t)bits_min(p);
    char *guard = key_of(c, scope, '!', &coarse);
    char *key = key_of(c, scope, '=', p);
    if (!guard || !key)
        return ERR_NOMEM;
    const char *other = NULL;
    int err = find_overlap(c, scope, p, &other);
    if (err)
        return err;
    if (other) {
        *ret_owner = other;
        return ERR_EXISTS;
    }
    err = ctl_index_put(c, INDEX, guard, owner);
    if (!err)
        err = ctl_index_put(c, INDEX, key, owner);
    return err;
}

int cidr_free(struct ctl *c, const char *scope, const struct prefix *p)
{
    char *key = key_of(c, scope, '=', p);
    return key ? ctl_index_del(c, INDEX, key) : ERR_NOMEM;
}
