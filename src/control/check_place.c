/* SPDX-License-Identifier: Apache-2.0 */
/* Where an object is, for the check of a design: in VPCs and profiles, of the caller and of others.
 */
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"

struct asking {
    struct check *k;
    struct check_places *at;
    size_t skip; /* bytes of "<object>/" in keys */
};

/* "<rule>/<vpc>" */
static int vpc_seen(void *ctx, const char *key, const char *association)
{
    const struct asking *a = ctx;

    (void)association;
    if (map_get(&a->k->vpc_ids, key + a->skip))
        return 0;
    a->at->elsewhere = true;
    return CTL_STOP;
}

/* "<object>/<profile>" */
static int profile_seen(void *ctx, const char *key, const char *resource)
{
    const struct asking *a = ctx;
    struct check_profile *p;
    const struct check_hold *h = a->at->holds;
    int err = check_profile_get(a->k, key + a->skip, &p);

    (void)resource;
    if (err || !p)
        return err;
    while (h && h->profile != p)
        h = h->next_of_object;
    if (!h) {
        struct check_hold hold = {.profile = p};

        if (a->at->rule)
            hold.rule = map_get(&a->k->rule_ids, a->at->id);
        else
            hold.zone = map_get(&a->k->zone_ids, a->at->id);
        err = check_hold_add(a->k, &hold);
    }
    return err;
}

int check_places_ask(struct check *k, struct check_places *at)
{
    struct asking a = {k, at, strlen(at->id) + 1};
    char *prefix;
    int err = 0;

    if (at->asked)
        return 0;
    prefix = arena_printf(k->c->arena, "%s/", at->id);
    if (!prefix)
        return ERR_NOMEM;
    if (at->rule)
        err = ctl_index_list(k->c, "rule-vpcs", prefix, vpc_seen, &a);
    if (!err)
        err = ctl_index_list(k->c, "resource-profiles", prefix, profile_seen, &a);
    for (const struct check_hold *h = at->holds; h; h = h->next_of_object)
        at->elsewhere |= h->profile->all_vpcs_n > h->profile->vpcs_n;
    at->asked = true;
    return err;
}

int check_used(struct check *k, struct check_places *at, bool *ret)
{
    int err = 0;

    *ret = check_vpc_shown(k, at) != NULL;
    if (*ret)
        return 0;
    err = check_places_ask(k, at);
    *ret = at->elsewhere;
    return err;
}

bool check_wants(const struct check *k, const struct check_vpc *vpc)
{
    return !k->only || (vpc && strcmp(k->only, vpc->vpc->id) == 0);
}

bool check_wants_places(const struct check *k, const struct check_places *at)
{
    return !k->only || check_wants(k, check_vpc_shown(k, at));
}

static int rank(const struct check *k, const struct check_vpc *vpc)
{
    return !vpc ? 0 : !check_wants(k, vpc) ? 1 : !vpc->answers ? 2 : 3;
}

const struct check_vpc *check_vpc_better(const struct check *k, const struct check_vpc *a,
                                         const struct check_vpc *b)
{
    return rank(k, b) > rank(k, a) ? b : a;
}

const struct check_vpc *check_vpc_shown(const struct check *k, const struct check_places *at)
{
    const struct check_vpc *best = NULL;

    for (const struct check_use *u = at->uses.first; u && rank(k, best) < 3; u = u->next_of_object)
        best = check_vpc_better(k, best, u->vpc);
    for (const struct check_hold *h = at->holds; h; h = h->next_of_object)
        best = check_vpc_better(k, best, h->profile->shown);
    return best;
}
