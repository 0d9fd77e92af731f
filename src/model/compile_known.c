/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler knows, for whoever reads the world anew and must find what is gone. */
#include "base/error.h"
#include "model/compile_priv.h"

static const struct keyset *ids_of(const struct compiler *c, enum compiled what)
{
    switch (what) {
    case COMPILED_VPC:
        return &c->vpcs;
    case COMPILED_SUBNET:
        return &c->subnets.keys;
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
    const struct keyset *ids = ids_of(c, what);
    const char *id;
    size_t pos = 0;
    int r = 0;

    while (!r && ids && (id = keyset_next(ids, &pos)))
        r = each(ctx, id);
    return r;
}

/* Takes an object off all VPCs and out of all profiles. ERR_NOMEM: it is where it was. */
static int unjoin(struct compiler *c, struct tie *holdings, struct tie *const *links,
                  const uint8_t *name)
{
    if (holdings_touch(c, holdings, name) < 0)
        return ERR_NOMEM;
    holdings_free(c, holdings);
    while (*links)
        link_free(c, link_of_object(*links));
    return 0;
}

int compile_unjoin(struct compiler *c)
{
    struct rule_rec *r;
    struct zone_rec *z;
    size_t pos = 0;

    while ((r = record_of(keyset_next(&c->rules, &pos), rule_rec))) {
        if (unjoin(c, r->holdings, &r->links, rule_rec_name(r)) < 0)
            return ERR_NOMEM;
        rule_touch(c, r);
    }
    pos = 0;
    while ((z = record_of(keyset_next(&c->zones, &pos), zone_rec))) {
        if (unjoin(c, z->holdings, &z->links, zone_rec_name(z)) < 0)
            return ERR_NOMEM;
        zone_touch(c, z);
    }
    return 0;
}
