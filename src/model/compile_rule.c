/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in the compiler, and their associations. Views hold slots of rules, so that new targets of
 * a rule touch the rule alone, however many VPCs use it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"
#include "model/pack.h"

struct rule_rec *rule_get(struct compiler *c, const char *id)
{
    struct rule_rec *r = record_of(keyset_find(&c->rules, id), rule_rec);

    if (r)
        return r;
    r = record_new(&c->rules, id, offsetof(struct rule_rec, id));
    if (r)
        r->slot = SLOT_NONE;
    return r;
}

void rule_touch(struct compiler *c, struct rule_rec *r)
{
    if (!r->dirty.prev)
        tie_add(&c->dirty_rules, &r->dirty);
}

static void rule_touch_vpcs(struct compiler *c, const struct rule_rec *r)
{
    for (const struct tie *t = r->links; t; t = t->next)
        vpc_touch(c, link_of_object(t)->vpc);
}

/* Copies a rule with its domain and targets into one block. */
static struct rule *rule_pack(const struct rule *from)
{
    size_t targets = from->targets_n * sizeof(from->targets[0]), domain = name_len(from->domain);
    uint8_t *at = malloc(sizeof(*from) + targets + domain);

    if (!at)
        return NULL;
    struct rule *to = pack(&at, from, sizeof(*from));
    to->targets = pack(&at, from->targets, targets);
    to->domain = pack(&at, from->domain, domain);

    return to;
}

static int rule_replace(struct compiler *c, struct rule_rec *r, const struct rule *from)
{
    if (garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    struct rule *fresh = rule_pack(from);
    if (!fresh)
        return ERR_NOMEM;
    if (r->rule)
        edit_drop(&c->edit, r->rule, r->seq);
    r->rule = fresh;
    r->seq = c->edit.seq;
    return 0;
}

static bool targets_equal(const struct rule *a, const struct rule *b)
{
    if (a->targets_n != b->targets_n)
        return false;
    for (unsigned i = 0; i < a->targets_n; i++) {
        if (memcmp(&a->targets[i].addr, &b->targets[i].addr, sizeof(struct addr)) != 0 ||
            a->targets[i].port != b->targets[i].port)
            return false;
    }
    return true;
}

/* Makes `e` the endpoint of the rule; both may be NULL. */
static void rule_use(struct compiler *c, struct rule_rec *r, struct endpoint_rec *e)
{
    if (r->endpoint == e)
        return;
    if (r->endpoint) {
        tie_remove(&r->of_endpoint);
        endpoint_touch(c, r->endpoint); /* it may be a mere name by now */
    }
    r->endpoint = e;
    r->rekey = true;
    if (e)
        tie_add(&e->rules, &r->of_endpoint);
}

int compile_rule(struct compiler *c, const struct rule_desc *d)
{
    struct rule from = {.kind = d->kind,
                        .domain = d->domain,
                        .targets = d->targets,
                        .targets_n = (unsigned)d->targets_n};

    if (strlen(d->id) >= ID_MAX || d->targets_n > UINT16_MAX ||
        (d->endpoint_id && strlen(d->endpoint_id) >= ID_MAX))
        return ERR_INVALID;
    struct rule_rec *r = rule_get(c, d->id);
    if (!r)
        return ERR_NOMEM;
    rule_touch(c, r);
    struct endpoint_rec *e = d->endpoint_id ? endpoint_get(c, d->endpoint_id) : NULL;
    if (d->endpoint_id && !e)
        return ERR_NOMEM;
    const struct rule *old = r->rule;
    from.id = r->id;
    bool moved = !old || old->kind != from.kind || !name_equal(old->domain, from.domain);
    bool rekey = moved || r->generation != d->generation || !targets_equal(old, &from);
    if (old)
        from.key = old->key;
    if (moved && (holdings_touch(c, r->holdings, rule_rec_name(r)) < 0 ||
                  holdings_touch(c, r->holdings, from.domain) < 0))
        return ERR_NOMEM;
    if (rule_replace(c, r, &from) < 0)
        return ERR_NOMEM;
    if (!old)
        r->slot = c->rule_slots++;
    if (moved)
        rule_touch_vpcs(c, r);
    r->rekey |= rekey;
    r->generation = d->generation;
    rule_use(c, r, e);
    return 0;
}

int compile_rule_del(struct compiler *c, const char *id)
{
    struct rule_rec *r = record_of(keyset_find(&c->rules, id), rule_rec);

    if (!r || !r->rule)
        return ERR_NOT_FOUND;
    if (vec_set(&c->next.rules, &c->edit, r->slot, NULL) < 0 ||
        holdings_touch(c, r->holdings, rule_rec_name(r)) < 0 ||
        garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    edit_drop(&c->edit, r->rule, r->seq);
    r->rule = NULL;
    r->slot = SLOT_NONE;
    rule_use(c, r, NULL);
    rule_touch_vpcs(c, r);
    rule_touch(c, r);
    return 0;
}

int compile_rule_vpc(struct compiler *c, const char *rule_id, const char *vpc_id)
{
    if (strlen(rule_id) >= ID_MAX || strlen(vpc_id) >= ID_MAX)
        return ERR_INVALID;
    struct rule_rec *r = rule_get(c, rule_id);
    struct vpc_rec *v = vpc_get(c, vpc_id);

    if (r)
        rule_touch(c, r);
    if (v)
        vpc_touch(c, v);
    if (!r || !v)
        return ERR_NOMEM;
    if (link_find(v->rules, r))
        return 0;
    return link_new(c, v, &v->rules, r, &r->links) ? 0 : ERR_NOMEM;
}

int compile_rule_vpc_del(struct compiler *c, const char *rule_id, const char *vpc_id)
{
    struct rule_rec *r = record_of(keyset_find(&c->rules, rule_id), rule_rec);
    struct vpc_rec *v = record_of(keyset_find(&c->vpcs, vpc_id), vpc_rec);
    struct link *l = r && v ? link_find(v->rules, r) : NULL;

    if (!l)
        return ERR_NOT_FOUND;
    link_free(c, l);
    rule_touch(c, r);
    return 0;
}

/* Points the rule to its endpoint as it is now. */
static int rule_commit(struct compiler *c, struct rule_rec *r)
{
    const struct endpoint *endpoint = r->endpoint ? r->endpoint->endpoint : NULL;
    uint64_t endpoint_key = endpoint ? r->endpoint->key : 0;
    struct rule next = *r->rule;

    next.endpoint = endpoint;
    if (r->rekey || r->endpoint_key != endpoint_key)
        next.key = ++c->numbers;
    if (next.key == r->rule->key && next.endpoint == r->rule->endpoint && r->seq != c->edit.seq)
        return 0;
    if (r->seq == c->edit.seq)
        *r->rule = next;
    else if (rule_replace(c, r, &next) < 0)
        return ERR_NOMEM;
    r->rekey = false;
    r->endpoint_key = endpoint_key;
    return vec_set(&c->next.rules, &c->edit, r->slot, r->rule);
}

int rules_commit(struct compiler *c)
{
    while (c->dirty_rules) {
        struct rule_rec *r = container_of(c->dirty_rules, struct rule_rec, dirty);
        if ((r->rule && rule_commit(c, r) < 0) || garbage_reserve(c->edit.garbage) < 0)
            return ERR_NOMEM;
        tie_remove(&r->dirty);
        if (!r->rule && !r->links && !r->holdings) {
            keyset_remove(&c->rules, r->id);
            garbage_add(c->edit.garbage, r, NULL); /* old snapshots may still read its id */
        }
    }
    return 0;
}

void rules_free(struct compiler *c)
{
    struct rule_rec *r;
    size_t pos = 0;

    while ((r = record_of(keyset_next(&c->rules, &pos), rule_rec))) {
        links_drop(r->links);
        free(r->rule);
        free(r);
    }
    keyset_free(&c->rules);
}
