/* SPDX-License-Identifier: Apache-2.0 */
/* Security groups: named sets of rules in a VPC. The one called "default" lives and dies with it.
 */
#include <string.h>

#include "base/error.h"
#include "control/ec2_describe.h"
#include "control/group.h"

#define NAME_MAX_CHARS 255

int group_description_check(struct ctl *c, const char *parameter, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return ctl_fail(c, FAULT_InvalidParameterValue,
                            "Value (%s) for parameter %s is invalid. Character sets beyond ASCII "
                            "are not supported.",
                            text, parameter);
    if (len > NAME_MAX_CHARS)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for parameter %s is invalid. It must be at most %d characters.",
                        text, parameter, NAME_MAX_CHARS);
    return 0;
}

int group_find(struct ctl *c, const char *id, const char *name, struct obj_group *ret)
{
    if (id)
        return ec2_get(c, EC2_GROUP, id, ret);
    if (!name)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter groupId");
    /* names alone are for the default VPC, and no account here has one */
    return ctl_fail(c, FAULT_InvalidGroupNotFound,
                    "The security group '%s' does not exist in default VPC 'null'", name);
}

static char *name_key(struct ctl *c, const char *vpc_id, const char *name)
{
    return arena_printf(c->arena, "%s/%s", vpc_id, name);
}

static char *use_path(struct ctl *c, const char *id)
{
    return arena_printf(c->arena, "%s/%s", kind_group.name, id);
}

static const struct obj_group_rule egress_all = {
    .is_egress = TRI_TRUE, .ip_protocol = "-1", .cidr_ipv4 = "0.0.0.0/0"};
static const struct obj_group_rule egress_all6 = {
    .is_egress = TRI_TRUE, .ip_protocol = "-1", .cidr_ipv6 = "::/0"};

/* Puts a new group with its first rules. */
static int group_new(struct ctl *c, struct obj_group *g, const struct obj_vpc *vpc)
{
    struct obj_group_rule rules[3];
    size_t n = 0;
    if (strcmp(g->name, "default") == 0)
        rules[n++] = (struct obj_group_rule){.is_egress = TRI_FALSE,
                                             .ip_protocol = "-1",
                                             .referenced_group_id = g->id,
                                             .referenced_account = c->account};
    rules[n++] = egress_all;
    if (vpc->ipv6_cidr_blocks_n)
        rules[n++] = egress_all6;
    int err = group_rules_add(c, g, rules, n);
    char *key = name_key(c, g->vpc_id, g->name), *path = use_path(c, g->id);
    if (!key || !path)
        return ERR_NOMEM;
    if (!err)
        err = ctl_index_put(c, "group-name", key, g->id);
    if (!err)
        err = ec2_use_add(c, "vpc-uses", g->vpc_id, path);
    return err ? err : ctl_put(c, &kind_group, g->id, g);
}

/* Forgets a group and everything that the indexes know of it. */
static int group_forget(struct ctl *c, struct obj_group *g)
{
    bool *marks = arena_alloc(c->arena, g->rules_n + 1);
    char *key = name_key(c, g->vpc_id, g->name), *path = use_path(c, g->id);
    if (!marks || !key || !path)
        return ERR_NOMEM;
    memset(marks, true, g->rules_n + 1);
    int err = group_rules_remove(c, g, marks);
    if (!err)
        err = ctl_index_del(c, "group-name", key);
    if (!err)
        err = ec2_use_del(c, "vpc-uses", g->vpc_id, path);
    if (!err)
        err = ctl_index_del(c, "group-uses", g->id);
    return err ? err : ctl_del(c, &kind_group, g->id, g);
}

int group_create_default(struct ctl *c, struct obj_vpc *vpc)
{
    struct obj_group g = {.owner_account = c->account,
                          .owner_region = c->region,
                          .id = ctl_new_id(c, "sg-", 17),
                          .name = "default",
                          .description = "default VPC security group",
                          .vpc_id = vpc->id};
    vpc->default_group_id = g.id;
    return g.id ? group_new(c, &g, vpc) : ERR_NOMEM;
}

/* Ids found by a walk, which must not write itself. */
struct found {
    struct ctl *c;
    const char **ids;
    size_t n;
};

static int see_group(void *ctx, const char *key, const char *value)
{
    struct found *found = ctx;
    const char **id = list_grow(found->c, &found->ids, &found->n, sizeof *id);
    (void)value;
    if (id)
        *id = arena_str(found->c->arena, strrchr(key, '/') + 1);
    return id && *id ? 0 : ERR_NOMEM;
}

/* True if what may leave is still what a new group of an IPv4 VPC allows. */
static bool egress_untouched(const struct obj_group *g)
{
    size_t egress = 0, same = 0;
    for (size_t i = 0; i < g->rules_n; i++) {
        egress += g->rules[i].is_egress == TRI_TRUE;
        same += group_rule_same(&g->rules[i], &egress_all);
    }
    return egress == 1 && same == 1;
}

int groups_begin_ipv6(struct ctl *c, const struct obj_vpc *vpc)
{
    struct found found = {.c = c};
    char *prefix = arena_printf(c->arena, "%s/%s/", vpc->id, kind_group.name);
    int err = prefix ? ctl_index_list(c, "vpc-uses", prefix, see_group, &found) : ERR_NOMEM;
    for (size_t i = 0; i < found.n && !err; i++) {
        struct obj_group g;
        err = ctl_get_own(c, &kind_group, found.ids[i], &g);
        if (err || !egress_untouched(&g))
            continue;
        err = group_rules_add(c, &g, &egress_all6, 1);
        if (!err)
            err = ctl_put(c, &kind_group, g.id, &g);
    }
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

int group_delete_default(struct ctl *c, const struct obj_vpc *vpc)
{
    struct obj_group g;
    int err = ctl_get_own(c, &kind_group, vpc->default_group_id, &g);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    return group_forget(c, &g);
}

static int name_check(struct ctl *c, const char *name)
{
    if (strcmp(name, "default") == 0)
        return ctl_fail(c, FAULT_InvalidGroupReserved, "The security group name '%s' is reserved",
                        name);
    if (!*name || strncmp(name, "sg-", 3) == 0)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for parameter GroupName is invalid. %s", name,
                        *name ? "Group names may not be in the format sg-*."
                              : "The name must not be empty.");
    return group_description_check(c, "GroupName", name);
}

static int create_check(struct ctl *c, const struct ec2_create_security_group_request *in,
                        struct obj_vpc *ret_vpc)
{
    int err = name_check(c, in->group_name);
    if (!err)
        err = group_description_check(c, "GroupDescription", in->description);
    if (!err && !in->vpc_id)
        err = ctl_fail(c, FAULT_VPCIdNotSpecified, "No default VPC for this user");
    if (!err)
        err = ec2_get(c, EC2_VPC, in->vpc_id, ret_vpc);
    if (err)
        return err;
    const char *other;
    char *key = name_key(c, in->vpc_id, in->group_name);
    err = key ? ctl_index_get(c, "group-name", key, &other) : ERR_NOMEM;
    if (err == ERR_NOT_FOUND)
        return 0;
    return err ? err
               : ctl_fail(c, FAULT_InvalidGroupDuplicate,
                          "The security group '%s' already exists for VPC '%s'", in->group_name,
                          in->vpc_id);
}

int ec2_create_security_group(struct ctl *c, const struct ec2_create_security_group_request *in,
                              struct ec2_create_security_group_response *out)
{
    struct obj_vpc vpc;
    struct ec2_tags tags;
    int err = create_check(c, in, &vpc);
    if (!err)
        err = ec2_tags_new(c, EC2_GROUP, in->tag_specifications, in->tag_specifications_n, &tags);
    if (err)
        return err;
    struct obj_group g = {.owner_account = c->account,
                          .owner_region = c->region,
                          .id = ctl_new_id(c, "sg-", 17),
                          .name = in->group_name,
                          .description = in->description,
                          .vpc_id = vpc.id,
                          .tags = tags.v,
                          .tags_n = tags.n};
    err = g.id ? group_new(c, &g, &vpc) : ERR_NOMEM;
    if (err)
        return err;
    out->return_ = TRI_TRUE;
    out->group_id = g.id;
    out->security_group_arn = ctl_arn(c, "ec2", "security-group/%s", g.id);
    if (!out->security_group_arn)
        return ERR_NOMEM;
    return ec2_tags_out(c, g.tags, g.tags_n, &out->tags, &out->tags_n);
}

int ec2_delete_security_group(struct ctl *c, const struct ec2_delete_security_group_request *in,
                              struct ec2_delete_security_group_response *out)
{
    struct obj_group g;
    bool used;
    int err = group_find(c, in->group_id, in->group_name, &g);
    if (!err && strcmp(g.name, "default") == 0)
        err = ctl_fail(c, FAULT_CannotDelete,
                       "the specified group: \"%s\" name: \"%s\" cannot be deleted by a user", g.id,
                       g.name);
    if (!err)
        err = ec2_used(c, "group-uses", g.id, "", &used);
    if (!err && used)
        err = ctl_fail(c, FAULT_DependencyViolation, "resource %s has a dependent object", g.id);
    if (!err)
        err = group_forget(c, &g);
    out->return_ = TRI_TRUE;
    out->group_id = in->group_id;
    return err;
}

/* Offers one aspect of the rules of one direction; the filter's name says which. */
static void offer_rules(struct filter_test *t, const void *obj)
{
    const struct obj_group *g = obj;
    const char *what = t->filter->name;
    bool egress = strncmp(what, "egress.", 7) == 0;
    what += strlen("ip-permission.") + (egress ? 7 : 0);
    for (size_t i = 0; i < g->rules_n; i++) {
        const struct obj_group_rule *r = &g->rules[i];
        if ((r->is_egress == TRI_TRUE) != egress)
            continue;
        struct opt_int port = strcmp(what, "to-port") == 0 ? r->to_port : r->from_port;
        if (strcmp(what, "cidr") == 0)
            filter_offer(t, r->cidr_ipv4);
        else if (strcmp(what, "ipv6-cidr") == 0)
            filter_offer(t, r->cidr_ipv6);
        else if (strcmp(what, "group-id") == 0)
            filter_offer(t, r->referenced_group_id);
        else if (strcmp(what, "user-id") == 0)
            filter_offer(t, r->referenced_account);
        else if (strcmp(what, "prefix-list-id") == 0)
            filter_offer(t, r->prefix_list_id);
        else if (strcmp(what, "protocol") == 0)
            filter_offer(t, r->ip_protocol);
        else if (port.set)
            filter_offer(t, arena_printf(t->c->arena, "%lld", (long long)port.v));
    }
}

#define RULE_FILTERS(direction)                                             \
    FILTER_CALL(direction "ip-permission.cidr", offer_rules),               \
        FILTER_CALL(direction "ip-permission.ipv6-cidr", offer_rules),      \
        FILTER_CALL(direction "ip-permission.group-id", offer_rules),       \
        FILTER_CALL(direction "ip-permission.user-id", offer_rules),        \
        FILTER_CALL(direction "ip-permission.prefix-list-id", offer_rules), \
        FILTER_CALL(direction "ip-permission.protocol", offer_rules),       \
        FILTER_CALL(direction "ip-permission.from-port", offer_rules),      \
        FILTER_CALL(direction "ip-permission.to-port", offer_rules)

static const struct filter_name group_filters[] = {
    FILTER_TEXT("group-id", struct obj_group, id),
    FILTER_TEXT("group-name", struct obj_group, name),
    FILTER_TEXT("description", struct obj_group, description),
    FILTER_TEXT("vpc-id", struct obj_group, vpc_id),
    FILTER_TEXT("owner-id", struct obj_group, owner_account),
    RULE_FILTERS(""),
    RULE_FILTERS("egress."),
    FILTER_END,
};

/* The reply under construction. */
struct listing {
    struct ctl *c;
    struct ec2_describe_security_groups_response *out;
};

static int list_add(void *ctx, void *obj)
{
    struct listing *l = ctx;
    struct ctl *c = l->c;
    const struct obj_group *g = obj;
    struct ec2_security_group *s =
        list_grow(c, &l->out->security_groups, &l->out->security_groups_n, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    *s = (struct ec2_security_group){.group_id = g->id,
                                     .group_name = g->name,
                                     .description = g->description,
                                     .owner_id = g->owner_account,
                                     .vpc_id = g->vpc_id,
                                     .security_group_arn =
                                         ctl_arn(c, "ec2", "security-group/%s", g->id)};
    if (!s->security_group_arn)
        return ERR_NOMEM;
    int err = group_permissions_out(c, g, TRI_FALSE, &s->ip_permissions, &s->ip_permissions_n);
    if (!err)
        err = group_permissions_out(c, g, TRI_TRUE, &s->ip_permissions_egress,
                                    &s->ip_permissions_egress_n);
    return err ? err : ec2_tags_out(c, g->tags, g->tags_n, &s->tags, &s->tags_n);
}

int ec2_describe_security_groups(struct ctl *c,
                                 const struct ec2_describe_security_groups_request *in,
                                 struct ec2_describe_security_groups_response *out)
{
    struct listing l = {c, out};
    /* GroupName.N is one more filter */
    struct ec2_filter *filters = arena_zalloc(c->arena, in->filters_n + 1, sizeof *filters);
    if (!filters)
        return ERR_NOMEM;
    size_t n = in->filters_n;
    if (n)
        memcpy(filters, in->filters, n * sizeof *filters);
    if (in->group_names_n)
        filters[n++] = (struct ec2_filter){"group-name", in->group_names, in->group_names_n};
    struct describe d = {
        .op = "DescribeSecurityGroups",
        .what = EC2_GROUP,
        .ids = in->group_ids,
        .ids_n = in->group_ids_n,
        .filters = {.filters = filters, .filters_n = n, .names = group_filters},
        .max_results = in->max_results,
        .next_token = in->next_token,
        .add = list_add,
        .ctx = &l,
    };
    int err = describe_run(c, &d, &out->next_token);
    out->security_groups = list_given(out->security_groups);
    if (!err && in->group_names_n && !out->security_groups_n)
        err = group_find(c, NULL, in->group_names[0], NULL);
    return err;
}
