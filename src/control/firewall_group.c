/* SPDX-License-Identifier: Apache-2.0 */
/* Rule groups of DNS Firewall (spec: resolver.md 6.6.6): names that profiles and shares can hold.
 * Their rules come with the firewall; until then a group has none. */
#include <string.h>

#include "base/error.h"
#include "control/profile.h"
#include "control/resolver_priv.h"
#include "control/shared.h"

static int group_view(struct ctl *c, const struct obj_firewall_group *g, const char *status,
                      struct rslvr_firewall_rule_group **ret)
{
    struct rslvr_firewall_rule_group *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v)
        return ERR_NOMEM;
    *v = (struct rslvr_firewall_rule_group){
        .id = g->id,
        .arn = g->arn,
        .name = g->name,
        .rule_count = {true, 0},
        .status = status,
        .status_message = "",
        .owner_id = g->owner_account,
        .creator_request_id = g->creator_request_id,
        .creation_time = g->creation_time,
        .modification_time = g->modification_time,
    };
    *ret = v;
    return access_share_status(c, g->arn, g->owner_account, &v->share_status);
}

static int group_missing(struct ctl *c, const char *id)
{
    char *trace = ctl_trace_id(c);

    if (!trace)
        return ERR_NOMEM;
    return resolver_fault_type(c,
                               ctl_fail(c, FAULT_ResourceNotFoundException,
                                        "[RSLVR-02025] Can\xe2\x80\x99t find the resource with ID "
                                        "\"%s\". Trace Id: \"%s\"",
                                        id, trace),
                               kind_firewall_group.name);
}

/* A group in which the caller may do `action`. */
static int group_get(struct ctl *c, const char *id, const char *action,
                     struct obj_firewall_group *ret)
{
    struct access access = {.action = action};
    int err = shared_get(c, &kind_firewall_group, id, &access, ret);

    return err == ERR_NOT_FOUND ? group_missing(c, id) : err;
}

static int quota_check(struct ctl *c)
{
    size_t n;
    int err = ctl_count(c, &kind_firewall_group, &n);

    if (!err && n >= RESOLVER_FIREWALL_GROUPS_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Account '%s' has exceeded 'max-firewall-rule-groups'.",
                                            c->account),
                                   "max-firewall-rule-groups");
    return err;
}

/* The group that the same request has made before, for a client that repeats it. */
static int group_again(struct ctl *c, const char *id,
                       const struct rslvr_create_firewall_rule_group_request *in,
                       struct rslvr_create_firewall_rule_group_response *out)
{
    struct obj_firewall_group g;
    int err = ctl_get_own(c, &kind_firewall_group, id, &g);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    if (strcmp(g.name, in->name) != 0)
        return ctl_fail(c, FAULT_ValidationException,
                        "Firewall rule group with creator request id %s already exists with "
                        "another name.",
                        in->creator_request_id);
    return group_view(c, &g, "COMPLETE", &out->firewall_rule_group);
}

int rslvr_create_firewall_rule_group(struct ctl *c,
                                     const struct rslvr_create_firewall_rule_group_request *in,
                                     struct rslvr_create_firewall_rule_group_response *out)
{
    const struct tags_new tags = {in->tags, in->tags_n, FAULT_ValidationException};
    struct obj_firewall_group g = {
        .owner_account = c->account,
        .id = ctl_new_id(c, "rslvr-frg-", 17),
        .name = in->name,
        .creator_request_id = in->creator_request_id,
        .creation_time = ctl_time(c, 6),
    };
    const char *before;
    int err = creator_find(c, &kind_firewall_group, in->creator_request_id, &before);

    if (err == 0)
        return group_again(c, before, in, out);
    if (err != ERR_NOT_FOUND)
        return err;
    if (!g.id || !g.creation_time)
        return ERR_NOMEM;
    g.modification_time = g.creation_time;
    g.arn = ctl_arn(c, "route53resolver", "firewall-rule-group/%s", g.id);
    err = g.arn ? quota_check(c) : ERR_NOMEM;
    if (!err)
        err = resolver_tags_add(c, &tags, &g.tags, &g.tags_n);
    if (!err)
        err = creator_take(c, &kind_firewall_group, in->creator_request_id, g.id,
                           "Firewall rule group");
    if (!err)
        err = ctl_put(c, &kind_firewall_group, g.id, &g);
    return err ? err : group_view(c, &g, "COMPLETE", &out->firewall_rule_group);
}

int rslvr_get_firewall_rule_group(struct ctl *c,
                                  const struct rslvr_get_firewall_rule_group_request *in,
                                  struct rslvr_get_firewall_rule_group_response *out)
{
    struct obj_firewall_group g;
    int err = group_get(c, in->firewall_rule_group_id, "route53resolver:GetFirewallRuleGroup", &g);

    return err ? err : group_view(c, &g, "COMPLETE", &out->firewall_rule_group);
}

static int group_each(void *ctx, const char *key, void *obj)
{
    struct page *page = ctx;
    const struct obj_firewall_group *g = obj;
    struct rslvr_firewall_rule_group_metadata *slot = page_add(page, key);

    if (!slot)
        return CTL_STOP;
    *slot = (struct rslvr_firewall_rule_group_metadata){
        .id = g->id,
        .arn = g->arn,
        .name = g->name,
        .owner_id = g->owner_account,
        .creator_request_id = g->creator_request_id,
    };
    return access_share_status(page->c, g->arn, g->owner_account, &slot->share_status);
}

int rslvr_list_firewall_rule_groups(struct ctl *c,
                                    const struct rslvr_list_firewall_rule_groups_request *in,
                                    struct rslvr_list_firewall_rule_groups_response *out)
{
    struct page page = {
        .c = c,
        .what = "ListFirewallRuleGroups",
        .bad_token = FAULT_ValidationException,
        .size = sizeof *out->firewall_rule_groups,
    };
    struct shared_walk walk = {
        .kind = &kind_firewall_group,
        .service = "route53resolver",
        .type = ":firewall-rule-group/",
        .each = group_each,
        .ctx = &page,
    };
    int err = page_begin(&page, in->max_results, in->next_token);

    walk.after = page.after;
    if (!err)
        err = shared_list(c, &walk);
    if (err)
        return err;
    out->firewall_rule_groups = page.items;
    out->firewall_rule_groups_n = page.n;
    out->next_token = page_token(&page);
    return 0;
}

int rslvr_delete_firewall_rule_group(struct ctl *c,
                                     const struct rslvr_delete_firewall_rule_group_request *in,
                                     struct rslvr_delete_firewall_rule_group_response *out)
{
    struct obj_firewall_group g;
    bool held = false;
    int err =
        group_get(c, in->firewall_rule_group_id, "route53resolver:DeleteFirewallRuleGroup", &g);

    if (!err)
        err = profile_holds(c, g.id, &held);
    if (!err && held)
        return ctl_fail(c, FAULT_ConflictException,
                        "The firewall rule group \"%s\" is associated with a Route 53 Profile. "
                        "Disassociate it before deleting it.",
                        g.id);
    if (!err)
        err = creator_free(c, &kind_firewall_group, g.creator_request_id);
    if (!err)
        err = access_forget(c, g.arn);
    if (!err)
        err = ctl_del(c, &kind_firewall_group, g.id, &g);
    return err ? err : group_view(c, &g, "DELETING", &out->firewall_rule_group);
}
