/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of names: what a VPC or a profile has at each. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"

const struct entry entry_none = {SLOT_NONE, SLOT_NONE, 0};

/* The services allow one rule and one zone of a name in a VPC or profile. Should there be two, the
 * smaller id wins, so that the outcome does not depend on the order in which they came. */

void entry_offer_rule(const struct compiler *c, struct entry *e, const struct rule_rec *r)
{
    const struct rule *other = vec_get(&c->next.rules, e->rule);

    if (!other || strcmp(r->id, other->id) < 0)
        e->rule = r->slot;
}

void entry_offer_zone(const struct compiler *c, struct entry *e, const struct zone_rec *z)
{
    const struct zone *other = vec_get(&c->next.zones, e->zone);

    if (!other || strcmp(z->zone->id, other->id) < 0)
        e->zone = z->slot;
}

int table_put(struct qp *t, const struct edit *edit, const uint8_t *name, const struct entry *e)
{
    struct qp_leaf *leaf = malloc(qp_leaf_size(name_len(name)) + sizeof(*e));

    if (!leaf)
        return ERR_NOMEM;
    qp_leaf_init(leaf, name);
    memcpy(qp_leaf_data(leaf), e, sizeof(*e));
    int r = qp_put(t, edit, leaf, 0);
    if (r < 0)
        free(leaf);
    return r;
}

struct entry *table_entry(struct qp *t, const struct edit *edit, const uint8_t *name)
{
    struct qp_leaf *leaf = qp_get(t, name);

    if (!leaf && table_put(t, edit, name, &entry_none) == 0)
        leaf = qp_get(t, name);
    return leaf ? qp_leaf_data(leaf) : NULL;
}

const uint8_t *rule_rec_name(const struct rule_rec *r)
{
    /* Delegation goes by the names of servers, not by the name asked for. */
    return r->rule && r->rule->kind != RULE_DELEGATE ? r->rule->domain : NULL;
}

const uint8_t *zone_rec_name(const struct zone_rec *z)
{
    return z->slot == SLOT_NONE ? NULL : z->zone->apex;
}

int table_add_rule(struct compiler *c, struct qp *t, const struct rule_rec *r)
{
    const uint8_t *name = rule_rec_name(r);
    struct entry *e = name ? table_entry(t, &c->edit, name) : NULL;

    if (e)
        entry_offer_rule(c, e, r);
    return name && !e ? ERR_NOMEM : 0;
}

int table_add_zone(struct compiler *c, struct qp *t, const struct zone_rec *z)
{
    const uint8_t *name = zone_rec_name(z);
    struct entry *e = name ? table_entry(t, &c->edit, name) : NULL;

    if (e)
        entry_offer_zone(c, e, z);
    return name && !e ? ERR_NOMEM : 0;
}
