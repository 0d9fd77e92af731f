/* SPDX-License-Identifier: Apache-2.0 */
/* ListResolverRules: the caller's rules, those that are shared with it, and public recursion, in
 * one order of ids, so that a page token is an id (spec: resolver.md 6.4, 6.6.2). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/resolver_priv.h"

static const struct filter_name rule_filters[] = {
    {"CreatorRequestId", "CREATOR_REQUEST_ID"},
    {"DomainName", "DOMAIN_NAME"},
    {"Name", "NAME"},
    {"ResolverEndpointId", "RESOLVER_ENDPOINT_ID"},
    {"Status", "STATUS"},
    {"Type", "TYPE"},
    {NULL, NULL},
};

/* A listing of rules. */
struct rule_list {
    struct page page;
    struct filters filters;
    const char **shared; /* ids of others' rules, sorted */
    size_t shared_n;
    size_t shared_cap;
    size_t at; /* the next of them */
};

/* Adds a rule to the page if the filters keep it. */
static int rule_add(struct rule_list *l, const struct rslvr_resolver_rule *v)
{
    const struct filters *f = &l->filters;
    struct rslvr_resolver_rule *slot;

    if (!filters_keep(f, "CreatorRequestId", v->creator_request_id) ||
        !filters_keep(f, "DomainName", v->domain_name) || !filters_keep(f, "Name", v->name) ||
        !filters_keep(f, "ResolverEndpointId", v->resolver_endpoint_id) ||
        !filters_keep(f, "Status", v->status) || !filters_keep(f, "Type", v->rule_type))
        return 0;
    slot = page_add(&l->page, v->id);
    if (!slot)
        return CTL_STOP;
    *slot = *v;
    return 0;
}

static int shared_add(void *ctx, const char *arn, const char *unused)
{
    struct rule_list *l = ctx;

    (void)unused;
    if (l->shared_n == l->shared_cap) {
        size_t more = l->shared_cap ? l->shared_cap * 2 : 64;
        const char **bigger = arena_zalloc(l->page.c->arena, more, sizeof *bigger);

        if (!bigger)
            return ERR_NOMEM;
        if (l->shared_n)
            memcpy(bigger, l->shared, l->shared_n * sizeof *bigger);
        l->shared = bigger;
        l->shared_cap = more;
    }
    l->shared[l->shared_n++] = strrchr(arn, '/') + 1;
    return 0;
}

static int id_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Finds the rules that are shared with the caller. */
static int shared_find(struct rule_list *l)
{
    struct ctl *c = l->page.c;
    const struct access_walk walk = {
        .prefix = arena_printf(c->arena, "arn:aws:route53resolver:%s:", c->region),
        .type = ":resolver-rule/",
        .each = shared_add,
        .ctx = l,
    };
    int err = walk.prefix ? access_list(c, &walk) : ERR_NOMEM;

    if (l->shared_n)
        qsort(l->shared, l->shared_n, sizeof *l->shared, id_order);
    return err;
}

static int rule_show(struct rule_list *l, const struct obj_rule *rule)
{
    struct rslvr_resolver_rule v;
    int err = rule_view(l->page.c, rule, &v);

    return err ? err : rule_add(l, &v);
}

/* Gives the shared rules whose ids come before `id` (NULL: all that are left). */
static int shared_give(struct rule_list *l, const char *id)
{
    struct ctl *c = l->page.c;
    int err = 0;

    for (; !err && l->at < l->shared_n; l->at++) {
        const char *next = l->shared[l->at];
        struct obj_rule rule;
        bool may;

        if (id && strcmp(next, id) > 0)
            return 0;
        if (l->page.after && strcmp(next, l->page.after) <= 0)
            continue;
        err = ctl_get(c, &kind_rule, next, &rule);
        if (err == ERR_NOT_FOUND) {
            err = 0;
            continue;
        }
        if (!err)
            err = access_has(c, c->account,
                             &(struct access){.action = "route53resolver:ListResolverRules",
                                              .arn = rule.arn,
                                              .owner = rule.owner_account},
                             &may);
        if (!err && may)
            err = rule_show(l, &rule);
    }
    return err;
}

static int rule_each(void *ctx, const char *id, void *obj)
{
    struct rule_list *l = ctx;
    int err = shared_give(l, id);

    return err ? err : rule_show(l, obj);
}

int rslvr_list_resolver_rules(struct ctl *c, const struct rslvr_list_resolver_rules_request *in,
                              struct rslvr_list_resolver_rules_response *out)
{
    struct rule_list l = {
        .page = {.c = c, .what = "ListResolverRules", .size = sizeof *out->resolver_rules},
        .filters = {in->filters, in->filters_n, rule_filters},
    };
    struct rslvr_resolver_rule *pseudo = rule_pseudo(c);
    int err = filters_check(c, &l.filters);

    if (!err)
        err = page_begin(&l.page, in->max_results, in->next_token);
    if (err)
        return err;
    if (!pseudo)
        return ERR_NOMEM;
    /* Its id sorts before those of all others, so it can only open the first page. */
    if (!l.page.after)
        (void)rule_add(&l, pseudo);
    err = shared_find(&l);
    if (!err)
        err = ctl_list(c, &kind_rule, l.page.after, rule_each, &l);
    if (!err && !l.page.more)
        err = shared_give(&l, NULL);
    if (err && err != CTL_STOP)
        return err;
    out->resolver_rules = l.page.items;
    out->resolver_rules_n = l.page.n;
    out->max_results = (struct opt_int){true, (int64_t)l.page.max};
    out->next_token = page_token(&l.page);
    return 0;
}
