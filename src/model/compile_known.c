/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler knows, for whoever reads the world anew and must find what is gone. */
#include "base/error.h"
#include "model/compile_priv.h"

static const struct map *map_of(const struct compiler *c, enum compiled what)
{
    switch (what) {
    case COMPILED_VPC:
        return &c->vpcs;
    case COMPILED_SUBNET:
        return &c->subnets;
    case COMPILED_ENDPOINT:
        return &c->endpoints;
    case COMPILED_RULE:
        return &c->rules;
    case COMPILED_ZONE:
        return &c->zones;
    case COMPILED_PROFILE:
        return &c->profiles;
    }
    return NULL;
}

int compile_each(const struct compiler *c, enum compiled what,
                 int (*each)(void *ctx, const char *id), void *ctx)
{
    const struct map *m = map_of(c, what);
    const char *id;
    size_t pos = 0;
    int r = 0;

    while (!r && m && map_next(m, &pos, &id))
        r = each(ctx, id);
    return r;
}

int compile_unjoin(struct compiler *c)
{
    struct rule_rec *r;
    struct zone_rec *z;
    const char *id;
    size_t pos = 0;

    while ((r = map_next(&c->rules, &pos, &id))) {
        if (holdings_touch(c, r->holdings, rule_rec_name(r)) < 0)
            return ERR_NOMEM;
        holdings_free(c, r->holdings);
        while (r->links)
            link_free(c, r->links->owner);
        rule_touch(c, r);
    }
    pos = 0;
    while ((z = map_next(&c->zones, &pos, &id))) {
        if (holdings_touch(c, z->holdings, zone_rec_name(z)) < 0)
            return ERR_NOMEM;
        holdings_free(c, z->holdings);
        while (z->links)
            link_free(c, z->links->owner);
        zone_touch(c, z);
    }
    return 0;
}
