/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of security groups as clients see them: one by one, or grouped into permissions. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/ec2_describe.h"
#include "control/group.h"

struct opt_int group_port(struct opt_int port)
{
    return port.set ? port : (struct opt_int){true, -1};
}

int group_rule_out(struct ctl *c, const struct obj_group *group, const struct obj_group_rule *rule,
                   struct ec2_security_group_rule *ret)
{
    struct ec2_security_group_rule out = {
        .security_group_rule_id = rule->id,
        .group_id = group->id,
        .group_owner_id = group->owner_account,
        .is_egress = rule->is_egress,
        .ip_protocol = rule->ip_protocol,
        .from_port = group_port(rule->from_port),
        .to_port = group_port(rule->to_port),
        .cidr_ipv4 = rule->cidr_ipv4,
        .cidr_ipv6 = rule->cidr_ipv6,
        .prefix_list_id = rule->prefix_list_id,
        .description = rule->description,
        .security_group_rule_arn = ctl_arn(c, "ec2", "security-group-rule/%s", rule->id),
    };
    if (!out.security_group_rule_arn)
        return ERR_NOMEM;
    if (rule->referenced_group_id) {
        out.referenced_group_info = arena_zalloc(c->arena, 1, sizeof *out.referenced_group_info);
        if (!out.referenced_group_info)
            return ERR_NOMEM;
        *out.referenced_group_info = (struct ec2_referenced_security_group){
            rule->referenced_group_id, rule->referenced_account, group->vpc_id};
    }
    int err = ec2_tags_out(c, rule->tags, rule->tags_n, &out.tags, &out.tags_n);
    if (!err)
        *ret = out;
    return err;
}

/* The permission of the rule's protocol and ports; made if it is the first. */
static struct ec2_ip_permission *permission_for(struct ctl *c, const struct obj_group_rule *r,
                                                struct ec2_ip_permission **list, size_t *n)
{
    for (size_t i = 0; i < *n; i++) {
        struct ec2_ip_permission *p = &(*list)[i];
        if (strcmp(p->ip_protocol, r->ip_protocol) == 0 && p->from_port.v == r->from_port.v &&
            p->to_port.v == r->to_port.v)
            return p;
    }
    struct ec2_ip_permission *p = list_grow(c, list, n, sizeof *p);
    if (p)
        *p = (struct ec2_ip_permission){.ip_protocol = r->ip_protocol,
                                        .from_port = r->from_port,
                                        .to_port = r->to_port,
                                        .user_id_group_pairs = list_given(NULL),
                                        .ip_ranges = list_given(NULL),
                                        .ipv6_ranges = list_given(NULL),
                                        .prefix_list_ids = list_given(NULL)};
    return p;
}

static int add_peer(struct ctl *c, const struct obj_group_rule *r, struct ec2_ip_permission *p)
{
    if (r->cidr_ipv4) {
        struct ec2_ip_range *o = list_grow(c, &p->ip_ranges, &p->ip_ranges_n, sizeof *o);
        if (!o)
            return ERR_NOMEM;
        *o = (struct ec2_ip_range){.cidr_ip = r->cidr_ipv4, .description = r->description};
    } else if (r->cidr_ipv6) {
        struct ec2_ipv6_range *o = list_grow(c, &p->ipv6_ranges, &p->ipv6_ranges_n, sizeof *o);
        if (!o)
            return ERR_NOMEM;
        *o = (struct ec2_ipv6_range){.cidr_ipv6 = r->cidr_ipv6, .description = r->description};
    } else if (r->referenced_group_id) {
        struct ec2_user_id_group_pair *o =
            list_grow(c, &p->user_id_group_pairs, &p->user_id_group_pairs_n, sizeof *o);
        if (!o)
            return ERR_NOMEM;
        *o = (struct ec2_user_id_group_pair){.group_id = r->referenced_group_id,
                                             .user_id = r->referenced_account,
                                             .description = r->description};
    }
    return 0;
}

int group_permissions_out(struct ctl *c, const struct obj_group *group, enum tri egress,
                          struct ec2_ip_permission **ret, size_t *ret_n)
{
    struct ec2_ip_permission *list = NULL;
    size_t n = 0;
    for (size_t i = 0; i < group->rules_n; i++) {
        const struct obj_group_rule *r = &group->rules[i];
        if (r->is_egress != egress)
            continue;
        struct ec2_ip_permission *p = permission_for(c, r, &list, &n);
        int err = p ? add_peer(c, r, p) : ERR_NOMEM;
        if (err)
            return err;
    }
    *ret = list_given(list);
    *ret_n = n;
    return 0;
}

/* DescribeSecurityGroupRules looks at every rule with its group. */
struct rule_row {
    const char *id, *group_id;
    const struct obj_group *group;
    const struct obj_group_rule *rule;
    const struct obj_tag *tags;
    size_t tags_n;
};

static const struct filter_name rule_filters[] = {
    FILTER_TEXT("security-group-rule-id", struct rule_row, id),
    FILTER_TEXT("group-id", struct rule_row, group_id),
    FILTER_END,
};

struct rule_walk {
    struct ctl *c;
    struct filter_set set;
    struct rule_row *rows;
    size_t rows_n;
};

static int add_row(struct rule_walk *w, const struct obj_group *g, const struct obj_group_rule *r)
{
    struct rule_row row = {r->id, g->id, g, r, r->tags, r->tags_n};
    if (!filter_match(w->c, &w->set, &row))
        return 0;
    struct rule_row *slot = list_grow(w->c, &w->rows, &w->rows_n, sizeof *slot);
    if (!slot)
        return ERR_NOMEM;
    *slot = row;
    return 0;
}

static int see_group(void *ctx, const char *id, void *obj)
{
    (void)id;
    const struct obj_group *g = obj;
    int err = 0;
    for (size_t i = 0; i < g->rules_n && !err; i++)
        err = add_row(ctx, g, &g->rules[i]);
    return err;
}

/* The groups that filters name without wildcards, or all of the caller. */
static int walk_groups(struct rule_walk *w)
{
    const struct ec2_filter *f = filter_find(&w->set, "group-id");
    for (size_t i = 0; f && i < f->values_n; i++)
        if (!filter_literal(f->values[i]))
            f = NULL;
    if (!f)
        return ctl_list(w->c, &kind_group, NULL, see_group, w);
    for (size_t i = 0; i < f->values_n; i++) {
        struct obj_group *g = arena_zalloc(w->c->arena, 1, sizeof *g);
        int err = g ? ctl_get_own(w->c, &kind_group, f->values[i], g) : ERR_NOMEM;
        if (err == ERR_NOT_FOUND)
            continue;
        if (!err)
            err = see_group(w, g->id, g);
        if (err)
            return err;
    }
    return 0;
}

static int walk_ids(struct rule_walk *w, const struct ec2_describe_security_group_rules_request *in)
{
    for (size_t i = 0; i < in->security_group_rule_ids_n; i++) {
        struct obj_group *g = arena_zalloc(w->c->arena, 1, sizeof *g);
        struct obj_group_rule *r;
        if (!g)
            return ERR_NOMEM;
        int err = group_rule_find(w->c, in->security_group_rule_ids[i], g, &r);
        if (!err)
            err = add_row(w, g, r);
        if (err)
            return err;
    }
    return 0;
}

static int row_compare(const void *a, const void *b)
{
    return strcmp(((const struct rule_row *)a)->id, ((const struct rule_row *)b)->id);
}

static int rule_page(struct rule_walk *w, const char *after, size_t max,
                     struct ec2_describe_security_group_rules_response *out)
{
    const char *last = NULL;
    for (size_t i = 0; i < w->rows_n; i++) {
        const struct rule_row *r = &w->rows[i];
        if ((last && strcmp(r->id, last) == 0) || (after && strcmp(r->id, after) <= 0))
            continue;
        if (max && out->security_group_rules_n == max) {
            out->next_token = ctl_token(w->c, "DescribeSecurityGroupRules", last);
            return out->next_token ? 0 : ERR_NOMEM;
        }
        struct ec2_security_group_rule *o =
            list_grow(w->c, &out->security_group_rules, &out->security_group_rules_n, sizeof *o);
        int err = o ? group_rule_out(w->c, r->group, r->rule, o) : ERR_NOMEM;
        if (err)
            return err;
        last = r->id;
    }
    out->security_group_rules = list_given(out->security_group_rules);
    return 0;
}

int ec2_describe_security_group_rules(struct ctl *c,
                                      const struct ec2_describe_security_group_rules_request *in,
                                      struct ec2_describe_security_group_rules_response *out)
{
    struct rule_walk w = {.c = c,
                          .set = {in->filters, in->filters_n, rule_filters,
                                  offsetof(struct rule_row, tags),
                                  offsetof(struct rule_row, tags_n)}};
    const char *after;
    size_t max;
    int err = filter_check(c, &w.set);
    if (!err)
        err = describe_max(c, in->max_results, &max);
    if (!err)
        err = describe_after(c, "DescribeSecurityGroupRules", in->next_token, &after);
    if (!err)
        err = in->security_group_rule_ids_n ? walk_ids(&w, in) : walk_groups(&w);
    if (err)
        return err;
    if (w.rows_n)
        qsort(w.rows, w.rows_n, sizeof *w.rows, row_compare);
    return rule_page(&w, after, max, out);
}
