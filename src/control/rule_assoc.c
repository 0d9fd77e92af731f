/* SPDX-License-Identifier: Apache-2.0 */
/* Associations of resolver rules with VPCs (spec: resolver.md 6.6.2), and the pseudo association of
 * every VPC with public recursion (1.6). */
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "control/resolver_priv.h"

static const struct filter_name association_filters[] = {
    {"Name", "NAME"},     {"ResolverRuleId", "RESOLVER_RULE_ID"},
    {"Status", "STATUS"}, {"VPCId", "VPC_ID"},
    {NULL, NULL},
};

char *rule_vpc_key(struct ctl *c, const char *vpc_id, const struct obj_rule *rule)
{
    /* A delegation record is no domain of its own: it must not meet a rule of that name. No name in
     * normal form holds a '/'. */
    if (rule->delegation_record)
        return arena_printf(c->arena, "%s/delegate/%s", vpc_id, rule->delegation_record);
    return arena_printf(c->arena, "%s/%s", vpc_id, rule->domain_name);
}

static char *rule_vpcs_key(struct ctl *c, const char *rule_id, const char *vpc_id)
{
    return arena_printf(c->arena, "%s/%s", rule_id, vpc_id);
}

static struct rslvr_resolver_rule_association association_view(const struct obj_rule_association *a)
{
    return (struct rslvr_resolver_rule_association){
        .id = a->id,
        .resolver_rule_id = a->resolver_rule_id,
        .name = a->name,
        .vpc_id = a->vpc_id,
        .status = "COMPLETE",
        .status_message = "",
    };
}

/* The answer to a mutation: an association with the status of the moment. */
static int association_answer(struct ctl *c, const struct obj_rule_association *a,
                              const char *status, struct rslvr_resolver_rule_association **ret)
{
    struct rslvr_resolver_rule_association *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v)
        return ERR_NOMEM;
    *v = association_view(a);
    v->status = status;
    if (strcmp(status, "CREATING") == 0)
        v->status_message = ctl_trace_text(c, "Creating the association.");
    else if (strcmp(status, "DELETING") == 0)
        v->status_message = ctl_trace_text(c, "Deleting Association");
    *ret = v;
    return v->status_message ? 0 : ERR_NOMEM;
}

/* The pseudo association of a VPC. */
static int pseudo_view(struct ctl *c, const char *vpc_id,
                       struct rslvr_resolver_rule_association *ret)
{
    *ret = (struct rslvr_resolver_rule_association){
        .id = arena_printf(c->arena, "%s%s%s", PSEUDO_ASSOC_PREFIX, vpc_id, PSEUDO_ASSOC_SUFFIX),
        .resolver_rule_id = PSEUDO_RULE_ID,
        .name = "System Rule Association",
        .vpc_id = vpc_id,
        .status = "COMPLETE",
        .status_message = "",
    };
    return ret->id ? 0 : ERR_NOMEM;
}

/* The VPC of a pseudo association's id; NULL when it is none. */
static const char *pseudo_vpc(struct ctl *c, const char *id)
{
    size_t prefix = strlen(PSEUDO_ASSOC_PREFIX), suffix = strlen(PSEUDO_ASSOC_SUFFIX);
    size_t len = strlen(id);

    if (len <= prefix + suffix || strncmp(id, PSEUDO_ASSOC_PREFIX, prefix) != 0 ||
        strcmp(id + len - suffix, PSEUDO_ASSOC_SUFFIX) != 0)
        return NULL;
    return arena_dup(c->arena, id + prefix, len - prefix - suffix);
}

/* Looks for targets of a rule among the addresses of inbound endpoints. */
struct loop_walk {
    struct ctl *c;
    const struct obj_rule *rule;
    const char *vpc_id; /* or NULL: every VPC of the rule */
};

static bool targets_have(const struct obj_rule *rule, const struct obj_endpoint_address *a)
{
    for (size_t i = 0; i < rule->targets_n; i++) {
        const struct obj_target *t = &rule->targets[i];

        if ((t->ip && a->ip && strcmp(t->ip, a->ip) == 0) ||
            (t->ipv6 && a->ipv6 && strcmp(t->ipv6, a->ipv6) == 0))
            return true;
    }
    return false;
}

static int loop_each(void *ctx, const char *id, void *obj)
{
    const struct loop_walk *w = ctx;
    const struct obj_endpoint *e = obj;
    const char *association;
    bool hit = false;
    int err = 0;

    (void)id;
    if (strcmp(e->direction, "OUTBOUND") == 0)
        return 0;
    for (size_t i = 0; i < e->addresses_n && !hit; i++)
        hit = targets_have(w->rule, &e->addresses[i]);
    if (!hit)
        return 0;
    if (w->vpc_id) {
        if (strcmp(w->vpc_id, e->host_vpc_id) != 0)
            return 0;
    } else {
        char *key = rule_vpcs_key(w->c, w->rule->id, e->host_vpc_id);

        err = key ? ctl_index_get(w->c, "rule-vpcs", key, &association) : ERR_NOMEM;
        if (err)
            return err == ERR_NOT_FOUND ? 0 : err;
    }
    return ctl_fail(w->c, FAULT_InvalidRequestException,
                    "[RSLVR-00804] Cannot associate rule %s to VPC %s because the VPC include an "
                    "INBOUND resolver endpoints with rule's target IP. Please try a different rule "
                    "or update rule's target IP.",
                    w->rule->id, e->host_vpc_id);
}

int rule_loop_check(struct ctl *c, const struct obj_rule *rule, const char *vpc_id)
{
    struct loop_walk w = {c, rule, vpc_id};

    return rule->targets_n > 0 ? ctl_list(c, &kind_endpoint, NULL, loop_each, &w) : 0;
}

/* What forbids an association: the same one, another rule for the name, a quota. */
static int associate_check(struct ctl *c, const struct obj_rule *rule, const char *vpc_id)
{
    char *pair = rule_vpcs_key(c, rule->id, vpc_id);
    char *name = rule_vpc_key(c, vpc_id, rule);
    const char *other;
    size_t n;
    int err;

    if (!pair || !name)
        return ERR_NOMEM;
    err = ctl_index_get(c, "rule-vpcs", pair, &other);
    if (err == 0)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceExistsException,
                     "[RSLVR-00704] Resolver rule with ID \"%s\" is already associated with VPC "
                     "\"%s\".",
                     rule->id, vpc_id),
            kind_rule_assoc.name);
    if (err != ERR_NOT_FOUND)
        return err;
    err = ctl_index_get(c, "vpc-rules", name, &other);
    if (err == 0)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "[RSLVR-00802] Cannot associate rules with same domain name with same VPC. "
                        "Conflict with resolver rule \"%s\"",
                        other);
    if (err != ERR_NOT_FOUND)
        return err;
    err = ctl_count(c, &kind_rule_assoc, &n);
    if (!err && n >= RESOLVER_RULE_ASSOCIATIONS_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Account '%s' has exceeded 'max-rule-associations'.",
                                            c->account),
                                   "max-rule-associations");
    return err;
}

/* Writes the association and its indexes. */
static int association_put(struct ctl *c, const struct obj_rule *rule,
                           struct obj_rule_association *a)
{
    char *pair = rule_vpcs_key(c, rule->id, a->vpc_id);
    char *name = rule_vpc_key(c, a->vpc_id, rule);
    int err;

    if (!pair || !name)
        return ERR_NOMEM;
    err = guard_touch(c, "rule-vpcs", rule->id);
    if (!err)
        err = ctl_index_put(c, "rule-vpcs", pair, a->id);
    if (!err)
        err = ctl_index_put(c, "vpc-rules", name, rule->id);
    return err ? err : ctl_put(c, &kind_rule_assoc, a->id, a);
}

int rslvr_associate_resolver_rule(struct ctl *c,
                                  const struct rslvr_associate_resolver_rule_request *in,
                                  struct rslvr_associate_resolver_rule_response *out)
{
    struct obj_rule_association a = {
        .id = ctl_new_id(c, "rslvr-rrassoc-", 17),
        .resolver_rule_id = in->resolver_rule_id,
        .vpc_id = in->vpc_id,
        .name = in->name,
    };
    struct obj_rule rule;
    struct obj_vpc vpc;
    int err;

    if (!a.id)
        return ERR_NOMEM;
    if (strcmp(in->resolver_rule_id, PSEUDO_RULE_ID) == 0)
        return ctl_fail(c, FAULT_InvalidRequestException, "Cannot associate Auto Defined Rule.");
    err =
        resolver_rule_get(c, "route53resolver:AssociateResolverRule", in->resolver_rule_id, &rule);
    if (err)
        return err;
    err = ctl_get_own(c, &kind_vpc, in->vpc_id, &vpc);
    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "The VPC ID '%s' does not exist", in->vpc_id),
                                   "vpc");
    if (!err)
        err = associate_check(c, &rule, in->vpc_id);
    if (!err)
        err = rule_loop_check(c, &rule, in->vpc_id);
    if (!err)
        err = association_put(c, &rule, &a);
    return err ? err : association_answer(c, &a, "CREATING", &out->resolver_rule_association);
}

int rule_association_remove(struct ctl *c, const struct obj_rule *rule,
                            const struct obj_rule_association *a)
{
    char *pair = rule_vpcs_key(c, rule->id, a->vpc_id);
    char *name = rule_vpc_key(c, a->vpc_id, rule);
    int err;

    if (!pair || !name)
        return ERR_NOMEM;
    err = ctl_index_del(c, "rule-vpcs", pair);
    if (!err)
        err = ctl_index_del(c, "vpc-rules", name);
    return err ? err : ctl_del(c, &kind_rule_assoc, a->id, a);
}

int rslvr_disassociate_resolver_rule(struct ctl *c,
                                     const struct rslvr_disassociate_resolver_rule_request *in,
                                     struct rslvr_disassociate_resolver_rule_response *out)
{
    struct obj_rule_association a;
    struct obj_rule rule;
    char *pair;
    const char *id;
    int err;

    if (strcmp(in->resolver_rule_id, PSEUDO_RULE_ID) == 0)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "[RSLVR-00713] Cannot disassociate Auto Defined Rule.");
    err = resolver_rule_get(c, "route53resolver:DisassociateResolverRule", in->resolver_rule_id,
                            &rule);
    if (err)
        return err;
    pair = rule_vpcs_key(c, rule.id, in->vpc_id);
    if (!pair)
        return ERR_NOMEM;
    err = ctl_index_get(c, "rule-vpcs", pair, &id);
    if (!err)
        err = ctl_get_own(c, &kind_rule_assoc, id, &a);
    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceNotFoundException,
                     "[RSLVR-00703] Resolver rule association between resolver rule \"%s\" and VPC "
                     "\"%s\" does not exist.",
                     rule.id, in->vpc_id),
            kind_rule_assoc.name);
    if (!err)
        err = rule_association_remove(c, &rule, &a);
    return err ? err : association_answer(c, &a, "DELETING", &out->resolver_rule_association);
}

int rslvr_get_resolver_rule_association(
    struct ctl *c, const struct rslvr_get_resolver_rule_association_request *in,
    struct rslvr_get_resolver_rule_association_response *out)
{
    struct rslvr_resolver_rule_association *v = arena_zalloc(c->arena, 1, sizeof *v);
    const char *id = in->resolver_rule_association_id, *vpc_id = pseudo_vpc(c, id);
    struct obj_rule_association a;
    struct obj_vpc vpc;
    int err;

    if (!v)
        return ERR_NOMEM;
    err =
        vpc_id ? ctl_get_own(c, &kind_vpc, vpc_id, &vpc) : ctl_get_own(c, &kind_rule_assoc, id, &a);
    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceNotFoundException,
                     "Resolver rule association with ID \"%s\" does not exist.", id),
            kind_rule_assoc.name);
    if (err)
        return err;
    out->resolver_rule_association = v;
    if (vpc_id)
        return pseudo_view(c, vpc_id, v);
    *v = association_view(&a);
    return 0;
}

/* A listing of associations. */
struct association_list {
    struct page page;
    struct filters filters;
};

static int association_add(struct association_list *l,
                           const struct rslvr_resolver_rule_association *v)
{
    const struct filters *f = &l->filters;
    struct rslvr_resolver_rule_association *slot;

    if (!filters_keep(f, "Name", v->name) ||
        !filters_keep(f, "ResolverRuleId", v->resolver_rule_id) ||
        !filters_keep(f, "Status", v->status) || !filters_keep(f, "VPCId", v->vpc_id))
        return 0;
    slot = page_add(&l->page, v->id);
    if (!slot)
        return CTL_STOP;
    *slot = *v;
    return 0;
}

static int pseudo_each(void *ctx, const char *id, void *obj)
{
    struct association_list *l = ctx;
    struct rslvr_resolver_rule_association v;
    int err = pseudo_view(l->page.c, id, &v);

    (void)obj;
    return err ? err : association_add(l, &v);
}

static int association_each(void *ctx, const char *id, void *obj)
{
    const struct rslvr_resolver_rule_association v = association_view(obj);

    (void)id;
    return association_add(ctx, &v);
}

int rslvr_list_resolver_rule_associations(
    struct ctl *c, const struct rslvr_list_resolver_rule_associations_request *in,
    struct rslvr_list_resolver_rule_associations_response *out)
{
    struct association_list l = {
        .page = {.c = c,
                 .what = "ListResolverRuleAssociations",
                 .size = sizeof *out->resolver_rule_associations},
        .filters = {in->filters, in->filters_n, association_filters},
    };
    const char *after_vpc;
    int err = filters_check(c, &l.filters);

    if (!err)
        err = page_begin(&l.page, in->max_results, in->next_token);
    if (err)
        return err;
    /* First the pseudo associations, whose ids sort before the others'. */
    after_vpc = l.page.after ? pseudo_vpc(c, l.page.after) : NULL;
    if (!l.page.after || after_vpc)
        err = ctl_list(c, &kind_vpc, after_vpc, pseudo_each, &l);
    if (!err && !l.page.more)
        err = ctl_list(c, &kind_rule_assoc, after_vpc ? NULL : l.page.after, association_each, &l);
    if (err)
        return err;
    out->resolver_rule_associations = l.page.items;
    out->resolver_rule_associations_n = l.page.n;
    out->max_results = (struct opt_int){true, (int64_t)l.page.max};
    out->next_token = page_token(&l.page);
    return 0;
}
