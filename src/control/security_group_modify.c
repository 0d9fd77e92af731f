/* SPDX-License-Identifier: Apache-2.0 */
/* ModifySecurityGroupRules: what a rule allows changes, its id, direction and tags stay. */
#include <string.h>

#include "base/error.h"
#include "control/group.h"

static int rule_read(struct ctl *c, const struct obj_group *g, bool egress,
                     const struct ec2_security_group_rule_request *in, struct obj_group_rule *ret)
{
    struct ec2_ip_range v4 = {.cidr_ip = in->cidr_ipv4, .description = in->description};
    struct ec2_ipv6_range v6 = {.cidr_ipv6 = in->cidr_ipv6, .description = in->description};
    struct ec2_prefix_list_id list = {in->prefix_list_id, in->description};
    struct ec2_user_id_group_pair pair = {.group_id = in->referenced_group_id,
                                          .description = in->description};
    struct ec2_ip_permission p = {
        .ip_protocol = in->ip_protocol,
        .from_port = in->from_port,
        .to_port = in->to_port,
        .ip_ranges = &v4,
        .ip_ranges_n = !!in->cidr_ipv4,
        .ipv6_ranges = &v6,
        .ipv6_ranges_n = !!in->cidr_ipv6,
        .prefix_list_ids = &list,
        .prefix_list_ids_n = !!in->prefix_list_id,
        .user_id_group_pairs = &pair,
        .user_id_group_pairs_n = !!in->referenced_group_id,
    };
    return group_rule_read(c, g, egress, &p, ret);
}

static bool refers(const struct obj_group *g, const char *peer)
{
    for (size_t i = 0; i < g->rules_n; i++) {
        const char *id = g->rules[i].referenced_group_id;
        if (id && strcmp(id, peer) == 0)
            return true;
    }
    return false;
}

/* Puts the new rule in place and lets "group-uses" follow. */
static int rule_replace(struct ctl *c, struct obj_group *g, struct obj_group_rule *at,
                        struct obj_group_rule rule)
{
    const char *before = at->referenced_group_id, *after = rule.referenced_group_id;
    char *path = arena_printf(c->arena, "%s/%s", kind_group.name, g->id);
    if (!path)
        return ERR_NOMEM;
    for (size_t i = 0; i < g->rules_n; i++)
        if (&g->rules[i] != at && group_rule_same(&g->rules[i], &rule))
            return ctl_fail(c, FAULT_InvalidPermissionDuplicate,
                            "the specified rule already exists as \"%s\"", g->rules[i].id);
    rule.id = at->id;
    rule.tags = at->tags;
    rule.tags_n = at->tags_n;
    *at = rule;
    int err = 0;
    if (before && strcmp(before, g->id) != 0 && !refers(g, before))
        err = ec2_use_del(c, "group-uses", before, path);
    if (!err && after && strcmp(after, g->id) != 0)
        err = ec2_use_add(c, "group-uses", after, path);
    return err;
}

static int rule_update(struct ctl *c, struct obj_group *g,
                       const struct ec2_security_group_rule_update *update)
{
    int err = ec2_id_check(c, EC2_RULE, update->security_group_rule_id);
    if (err)
        return err;
    struct obj_group_rule *at = NULL, rule;
    for (size_t i = 0; i < g->rules_n; i++)
        if (strcmp(g->rules[i].id, update->security_group_rule_id) == 0)
            at = &g->rules[i];
    if (!at)
        return ec2_missing(c, EC2_RULE, update->security_group_rule_id);
    if (!update->security_group_rule)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter SecurityGroupRule");
    err = rule_read(c, g, at->is_egress == TRI_TRUE, update->security_group_rule, &rule);
    return err ? err : rule_replace(c, g, at, rule);
}

int ec2_modify_security_group_rules(struct ctl *c,
                                    const struct ec2_modify_security_group_rules_request *in,
                                    struct ec2_done *out)
{
    struct obj_group g;
    int err = ec2_get(c, EC2_GROUP, in->group_id, &g);
    for (size_t i = 0; i < in->security_group_rules_n && !err; i++)
        err = rule_update(c, &g, &in->security_group_rules[i]);
    out->return_ = TRI_TRUE;
    return err ? err : ctl_put(c, &kind_group, g.id, &g);
}
