/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of security groups: read out of permissions, added once, removed by content or by id. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/ec2_describe.h"
#include "control/group.h"

static bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool port_same(struct opt_int a, struct opt_int b)
{
    return a.set == b.set && (!a.set || a.v == b.v);
}

bool group_rule_same(const struct obj_group_rule *a, const struct obj_group_rule *b)
{
    return a->is_egress == b->is_egress && text_same(a->ip_protocol, b->ip_protocol) &&
           port_same(a->from_port, b->from_port) && port_same(a->to_port, b->to_port) &&
           text_same(a->cidr_ipv4, b->cidr_ipv4) && text_same(a->cidr_ipv6, b->cidr_ipv6) &&
           text_same(a->prefix_list_id, b->prefix_list_id) &&
           text_same(a->referenced_group_id, b->referenced_group_id);
}

int group_rule_find(struct ctl *c, const char *rule_id, struct obj_group *ret_group,
                    struct obj_group_rule **ret_rule)
{
    const char *group_id;
    int err = ec2_id_check(c, EC2_RULE, rule_id);
    if (err)
        return err;
    err = ctl_index_get(c, "group-rule", rule_id, &group_id);
    if (!err)
        err = ctl_get_own(c, &kind_group, group_id, ret_group);
    if (err == ERR_NOT_FOUND)
        return ec2_missing(c, EC2_RULE, rule_id);
    if (err)
        return err;
    for (size_t i = 0; i < ret_group->rules_n; i++) {
        if (strcmp(ret_group->rules[i].id, rule_id) == 0) {
            *ret_rule = &ret_group->rules[i];
            return 0;
        }
    }
    return ERR_CORRUPT; /* the index and the group disagree */
}

/* True if a rule that stays names this group. */
static bool still_refers(const struct obj_group *g, const bool *marks, const char *id)
{
    for (size_t i = 0; i < g->rules_n; i++)
        if (!marks[i] && text_same(g->rules[i].referenced_group_id, id))
            return true;
    return false;
}

int group_rules_add(struct ctl *c, struct obj_group *group, const struct obj_group_rule *rules,
                    size_t rules_n)
{
    size_t n = group->rules_n;
    struct obj_group_rule *all = arena_zalloc(c->arena, n + rules_n + 1, sizeof *all);
    char *path = arena_printf(c->arena, "%s/%s", kind_group.name, group->id);
    if (!all || !path)
        return ERR_NOMEM;
    if (n)
        memcpy(all, group->rules, n * sizeof *all);
    for (size_t i = 0; i < rules_n; i++) {
        struct obj_group_rule *r = &all[n++];
        *r = rules[i];
        r->id = ctl_new_id(c, "sgr-", 17);
        int err = r->id ? ctl_index_put(c, "group-rule", r->id, group->id) : ERR_NOMEM;
        if (!err && r->referenced_group_id && strcmp(r->referenced_group_id, group->id) != 0)
            err = ec2_use_add(c, "group-uses", r->referenced_group_id, path);
        if (err)
            return err;
    }
    group->rules = all;
    group->rules_n = n;
    return 0;
}

int group_rules_remove(struct ctl *c, struct obj_group *group, const bool *marks)
{
    struct obj_group_rule *rest = arena_zalloc(c->arena, group->rules_n + 1, sizeof *rest);
    char *path = arena_printf(c->arena, "%s/%s", kind_group.name, group->id);
    size_t n = 0;
    if (!rest || !path)
        return ERR_NOMEM;
    for (size_t i = 0; i < group->rules_n; i++) {
        const struct obj_group_rule *r = &group->rules[i];
        const char *peer = r->referenced_group_id;
        if (!marks[i]) {
            rest[n++] = *r;
            continue;
        }
        int err = ctl_index_del(c, "group-rule", r->id);
        if (!err && peer && strcmp(peer, group->id) != 0 && !still_refers(group, marks, peer))
            err = ec2_use_del(c, "group-uses", peer, path);
        if (err)
            return err;
    }
    group->rules = rest;
    group->rules_n = n;
    return 0;
}

/* What a request of either kind says, and the rules that it comes to. */
struct asked {
    struct ctl *c;
    const struct obj_group *group;
    bool egress;
    struct obj_group_rule *rules;
    size_t rules_n;
};

/* The protocol as the service writes it: names for 1, 6, 17 and 58, else the number. */
static int protocol_read(struct ctl *c, const char *text, const char **ret)
{
    static const struct {
        const char *given, *kept;
    } known[] = {{"-1", "-1"},         {"all", "-1"},   {"tcp", "tcp"},   {"6", "tcp"},
                 {"udp", "udp"},       {"17", "udp"},   {"icmp", "icmp"}, {"1", "icmp"},
                 {"icmpv6", "icmpv6"}, {"58", "icmpv6"}};
    if (!text)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter ipProtocol");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(text, known[i].given) == 0) {
            *ret = known[i].kept;
            return 0;
        }
    }
    size_t len = strlen(text);
    long number =
        len && len <= 3 && strspn(text, "0123456789") == len ? strtol(text, NULL, 10) : -1;
    if (number < 0 || number > 255)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Invalid value '%s' for IP protocol. Unknown protocol.", text);
    char *kept = arena_printf(c->arena, "%ld", number);
    *ret = kept;
    return kept ? 0 : ERR_NOMEM;
}

static int ports_read(struct ctl *c, const struct ec2_ip_permission *p, struct obj_group_rule *r)
{
    bool ports = strcmp(r->ip_protocol, "tcp") == 0 || strcmp(r->ip_protocol, "udp") == 0;
    bool types = strncmp(r->ip_protocol, "icmp", 4) == 0;
    long long from = p->from_port.set ? p->from_port.v : -1;
    long long to = p->to_port.set ? p->to_port.v : -1;
    if (!ports && !types)
        return 0; /* the service ignores ports where the protocol has none */
    if (ports && (!p->from_port.set || !p->to_port.set))
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Invalid value 'Must specify both from and to ports with TCP/UDP.' for "
                        "portRange.");
    if (ports && (from < 0 || from > 65535 || to < 0 || to > 65535))
        return ctl_fail(c, FAULT_InvalidParameterValue, "TCP/UDP port (%lld) out of range",
                        from < 0 || from > 65535 ? from : to);
    if (ports && from > to)
        return ctl_fail(c, FAULT_InvalidParameterValue, "Invalid TCP/UDP port range (%lld:%lld)",
                        from, to);
    if (types && (from < -1 || from > 255 || to < -1 || to > 255))
        return ctl_fail(c, FAULT_InvalidParameterValue, "ICMP type or code (%lld:%lld) is invalid",
                        from, to);
    r->from_port = (struct opt_int){true, from};
    r->to_port = (struct opt_int){true, to};
    return 0;
}

static int add_rule(struct asked *a, const struct obj_group_rule *r)
{
    if (r->description) {
        int err = group_description_check(a->c, "description", r->description);
        if (err)
            return err;
    }
    for (size_t i = 0; i < a->rules_n; i++)
        if (group_rule_same(&a->rules[i], r))
            return ctl_fail(a->c, FAULT_InvalidParameterValue,
                            "The same permission must not appear multiple times");
    struct obj_group_rule *slot = list_grow(a->c, &a->rules, &a->rules_n, sizeof *slot);
    if (!slot)
        return ERR_NOMEM;
    *slot = *r;
    return 0;
}

static int add_cidr(struct asked *a, struct obj_group_rule r, int family, const char *cidr)
{
    struct prefix p;
    const char **to = family == AF_INET ? &r.cidr_ipv4 : &r.cidr_ipv6;
    int err = cidr ? ec2_cidr_parse(a->c, family, cidr, &p, to) : ERR_INVALID;
    if (err == ERR_INVALID)
        return ctl_fail(a->c, FAULT_InvalidParameterValue, "CIDR block %s is malformed",
                        cidr ? cidr : "null");
    return err ? err : add_rule(a, &r);
}

static int add_group(struct asked *a, struct obj_group_rule r,
                     const struct ec2_user_id_group_pair *p)
{
    struct ctl *c = a->c;
    const char *id = p->group_id;
    if (!id && p->group_name) {
        char *key = arena_printf(c->arena, "%s/%s", a->group->vpc_id, p->group_name);
        int err = key ? ctl_index_get(c, "group-name", key, &id) : ERR_NOMEM;
        if (err)
            return err == ERR_NOT_FOUND ? ec2_missing(c, EC2_GROUP, p->group_name) : err;
    }
    if (!id)
        return ctl_fail(c, FAULT_MissingParameter,
                        "The request must contain the parameter groupId");
    struct obj_group peer;
    int err = ec2_get(c, EC2_GROUP, id, &peer);
    if (err)
        return err;
    if (p->user_id && strcmp(p->user_id, peer.owner_account) != 0)
        return ec2_missing(c, EC2_GROUP, id);
    if (strcmp(peer.vpc_id, a->group->vpc_id) != 0)
        return ctl_fail(c, FAULT_InvalidGroupNotFound,
                        "You have specified two resources that belong to different networks.");
    r.referenced_group_id = peer.id;
    r.referenced_account = peer.owner_account;
    return add_rule(a, &r);
}

static int add_permission(struct asked *a, const struct ec2_ip_permission *p)
{
    struct obj_group_rule r = {.is_egress = a->egress ? TRI_TRUE : TRI_FALSE};
    int err = protocol_read(a->c, p->ip_protocol, &r.ip_protocol);
    if (!err)
        err = ports_read(a->c, p, &r);
    if (!err &&
        !(p->ip_ranges_n + p->ipv6_ranges_n + p->user_id_group_pairs_n + p->prefix_list_ids_n))
        err = ctl_fail(a->c, FAULT_MissingParameter,
                       "Either a CIDR block, a prefix list or a security group must be specified.");
    for (size_t i = 0; i < p->ip_ranges_n && !err; i++) {
        r.description = p->ip_ranges[i].description;
        err = add_cidr(a, r, AF_INET, p->ip_ranges[i].cidr_ip);
    }
    for (size_t i = 0; i < p->ipv6_ranges_n && !err; i++) {
        r.description = p->ipv6_ranges[i].description;
        err = add_cidr(a, r, AF_INET6, p->ipv6_ranges[i].cidr_ipv6);
    }
    for (size_t i = 0; i < p->user_id_group_pairs_n && !err; i++) {
        r.description = p->user_id_group_pairs[i].description;
        err = add_group(a, r, &p->user_id_group_pairs[i]);
    }
    for (size_t i = 0; i < p->prefix_list_ids_n && !err; i++)
        err = ctl_fail(a->c, FAULT_InvalidParameterValue, "The prefix list ID '%s' does not exist",
                       p->prefix_list_ids[i].prefix_list_id);
    return err;
}

int group_rule_read(struct ctl *c, const struct obj_group *group, bool egress,
                    const struct ec2_ip_permission *permission, struct obj_group_rule *ret)
{
    struct asked a = {.c = c, .group = group, .egress = egress};
    int err = add_permission(&a, permission);
    if (!err && a.rules_n != 1)
        err = ctl_fail(c, FAULT_InvalidParameterCombination,
                       "A rule has one CIDR block, prefix list or security group.");
    if (!err)
        *ret = a.rules[0];
    return err;
}

/* Fills a->rules out of the permissions, or out of the older flat members of the request. */
static int asked_read(struct asked *a, const struct ec2_authorize_security_group_request *in)
{
    bool flat = in->ip_protocol || in->cidr_ip || in->source_security_group_name ||
                in->from_port.set || in->to_port.set;
    if (flat && in->ip_permissions_n)
        return ctl_fail(a->c, FAULT_InvalidParameterCombination,
                        "The parameter 'ipPermissions' may not be used in combination with "
                        "'ipProtocol'");
    if (!flat && !in->ip_permissions_n)
        return ctl_fail(a->c, FAULT_MissingParameter,
                        "The request must contain the parameter ipPermissions");
    struct ec2_ip_range range = {.cidr_ip = in->cidr_ip};
    struct ec2_user_id_group_pair pair = {.group_name = in->source_security_group_name,
                                          .user_id = in->source_security_group_owner_id};
    struct ec2_ip_permission one = {
        .ip_protocol = in->ip_protocol,
        .from_port = in->from_port,
        .to_port = in->to_port,
        .ip_ranges = &range,
        .ip_ranges_n = !!in->cidr_ip,
        .user_id_group_pairs = &pair,
        .user_id_group_pairs_n = !!in->source_security_group_name,
    };
    if (flat && !in->ip_protocol && in->source_security_group_name)
        one.ip_protocol = "-1";
    int err = flat ? add_permission(a, &one) : 0;
    for (size_t i = 0; i < in->ip_permissions_n && !err; i++)
        err = add_permission(a, &in->ip_permissions[i]);
    return err;
}

/* The rule as the service quotes it: peer: 10.0.0.0/8, TCP, from port: 53, to port: 53, ALLOW. */
static int fail_duplicate(struct ctl *c, const struct obj_group_rule *r)
{
    const char *peer = r->cidr_ipv4             ? r->cidr_ipv4
                       : r->cidr_ipv6           ? r->cidr_ipv6
                       : r->referenced_group_id ? r->referenced_group_id
                                                : r->prefix_list_id;
    char *protocol =
        arena_str(c->arena, strcmp(r->ip_protocol, "-1") == 0 ? "ALL" : r->ip_protocol);
    char *ports = arena_str(c->arena, "");
    if (protocol && r->from_port.set)
        ports = arena_printf(c->arena, "from port: %lld, to port: %lld, ",
                             (long long)r->from_port.v, (long long)r->to_port.v);
    if (!protocol || !ports)
        return ERR_NOMEM;
    for (char *p = protocol; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return ctl_fail(c, FAULT_InvalidPermissionDuplicate,
                    "the specified rule \"peer: %s, %s, %sALLOW\" already exists", peer, protocol,
                    ports);
}

static int authorize_check(const struct asked *a)
{
    struct ctl *c = a->c;
    for (size_t i = 0; i < a->rules_n; i++)
        for (size_t j = 0; j < a->group->rules_n; j++)
            if (group_rule_same(&a->rules[i], &a->group->rules[j]))
                return fail_duplicate(c, &a->rules[i]);
    if (a->group->rules_n + a->rules_n > LIMIT_GROUP_RULES)
        return ctl_fail(c, FAULT_RulesPerSecurityGroupLimitExceeded,
                        "The maximum number of rules per security group has been reached.");
    return 0;
}

static int authorize(struct ctl *c, const struct ec2_authorize_security_group_request *in,
                     bool egress, struct ec2_authorize_security_group_response *out)
{
    struct obj_group g;
    struct ec2_tags tags;
    struct asked a = {.c = c, .group = &g, .egress = egress};
    int err = group_find(c, in->group_id, in->group_name, &g);
    if (!err)
        err = ec2_tags_new(c, EC2_RULE, in->tag_specifications, in->tag_specifications_n, &tags);
    if (!err)
        err = asked_read(&a, in);
    if (!err)
        err = authorize_check(&a);
    if (err)
        return err;
    for (size_t i = 0; i < a.rules_n; i++) {
        a.rules[i].tags = tags.v;
        a.rules[i].tags_n = tags.n;
    }
    size_t first = g.rules_n;
    err = group_rules_add(c, &g, a.rules, a.rules_n);
    if (!err)
        err = ctl_put(c, &kind_group, g.id, &g);
    for (size_t i = first; i < g.rules_n && !err; i++) {
        struct ec2_security_group_rule *r =
            list_grow(c, &out->security_group_rules, &out->security_group_rules_n, sizeof *r);
        err = r ? group_rule_out(c, &g, &g.rules[i], r) : ERR_NOMEM;
    }
    out->return_ = TRI_TRUE;
    return err;
}

int ec2_authorize_security_group_ingress(struct ctl *c,
                                         const struct ec2_authorize_security_group_request *in,
                                         struct ec2_authorize_security_group_response *out)
{
    return authorize(c, in, false, out);
}

int ec2_authorize_security_group_egress(struct ctl *c,
                                        const struct ec2_authorize_security_group_request *in,
                                        struct ec2_authorize_security_group_response *out)
{
    return authorize(c, in, true, out);
}

/* Marks the rules that a revocation names by their ids. */
static int mark_ids(const struct asked *a, const struct ec2_revoke_security_group_request *in,
                    bool *marks)
{
    for (size_t i = 0; i < in->security_group_rule_ids_n; i++) {
        const char *id = in->security_group_rule_ids[i];
        int err = ec2_id_check(a->c, EC2_RULE, id);
        if (err)
            return err;
        bool found = false;
        for (size_t j = 0; j < a->group->rules_n; j++) {
            const struct obj_group_rule *r = &a->group->rules[j];
            if (strcmp(r->id, id) == 0 && (r->is_egress == TRI_TRUE) == a->egress)
                found = marks[j] = true;
        }
        if (!found)
            return ec2_missing(a->c, EC2_RULE, id);
    }
    return 0;
}

/* Marks the rules that equal those of the permissions. */
static int mark_rules(struct asked *a, const struct ec2_revoke_security_group_request *in,
                      bool *marks)
{
    const struct ec2_authorize_security_group_request same = {
        .cidr_ip = in->cidr_ip,
        .from_port = in->from_port,
        .to_port = in->to_port,
        .ip_protocol = in->ip_protocol,
        .ip_permissions = in->ip_permissions,
        .ip_permissions_n = in->ip_permissions_n,
        .source_security_group_name = in->source_security_group_name,
        .source_security_group_owner_id = in->source_security_group_owner_id,
    };
    int err = asked_read(a, &same);
    for (size_t i = 0; i < a->rules_n && !err; i++) {
        bool found = false;
        for (size_t j = 0; j < a->group->rules_n; j++)
            if (group_rule_same(&a->rules[i], &a->group->rules[j]))
                found = marks[j] = true;
        if (!found)
            err = ctl_fail(a->c, FAULT_InvalidPermissionNotFound,
                           "The specified rule does not exist in this security group.");
    }
    return err;
}

static int revoked_out(struct ctl *c, const struct obj_group *g, const bool *marks,
                       struct ec2_revoke_security_group_response *out)
{
    for (size_t i = 0; i < g->rules_n; i++) {
        const struct obj_group_rule *r = &g->rules[i];
        if (!marks[i])
            continue;
        struct ec2_revoked_security_group_rule *o = list_grow(
            c, &out->revoked_security_group_rules, &out->revoked_security_group_rules_n, sizeof *o);
        if (!o)
            return ERR_NOMEM;
        *o = (struct ec2_revoked_security_group_rule){.security_group_rule_id = r->id,
                                                      .group_id = g->id,
                                                      .is_egress = r->is_egress,
                                                      .ip_protocol = r->ip_protocol,
                                                      .from_port = group_port(r->from_port),
                                                      .to_port = group_port(r->to_port),
                                                      .cidr_ipv4 = r->cidr_ipv4,
                                                      .cidr_ipv6 = r->cidr_ipv6,
                                                      .prefix_list_id = r->prefix_list_id,
                                                      .referenced_group_id = r->referenced_group_id,
                                                      .description = r->description};
    }
    out->unknown_ip_permissions = list_given(NULL);
    out->revoked_security_group_rules = list_given(out->revoked_security_group_rules);
    out->return_ = TRI_TRUE;
    return 0;
}

static int revoke(struct ctl *c, const struct ec2_revoke_security_group_request *in, bool egress,
                  struct ec2_revoke_security_group_response *out)
{
    struct obj_group g;
    struct asked a = {.c = c, .group = &g, .egress = egress};
    int err = group_find(c, in->group_id, in->group_name, &g);
    if (err)
        return err;
    bool *marks = arena_zalloc(c->arena, g.rules_n + 1, sizeof *marks);
    if (!marks)
        return ERR_NOMEM;
    err = in->security_group_rule_ids_n ? mark_ids(&a, in, marks) : mark_rules(&a, in, marks);
    if (!err)
        err = revoked_out(c, &g, marks, out);
    if (!err)
        err = group_rules_remove(c, &g, marks);
    return err ? err : ctl_put(c, &kind_group, g.id, &g);
}

int ec2_revoke_security_group_ingress(struct ctl *c,
                                      const struct ec2_revoke_security_group_request *in,
                                      struct ec2_revoke_security_group_response *out)
{
    return revoke(c, in, false, out);
}

int ec2_revoke_security_group_egress(struct ctl *c,
                                     const struct ec2_revoke_security_group_request *in,
                                     struct ec2_revoke_security_group_response *out)
{
    return revoke(c, in, true, out);
}
