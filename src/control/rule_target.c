/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of resolver rules (spec: resolver.md 2.4) and policies of rules (6.6.2). */
#include <jansson.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "control/resolver_priv.h"

#define TARGET_PORT 53 /* unless the target names another one */

static int target_fault(struct ctl *c, int fault)
{
    return resolver_fault_field(c, fault, "TargetIps");
}

/* False for addresses that no single server can have, and for those that need a device beside
 * them. */
static bool addr_is_target(const struct addr *a)
{
    static const struct prefix impossible[] = {
        {{AF_INET, {0}}, 32},
        {{AF_INET, {224}}, 3},
        {{AF_INET6, {0}}, 128},
        {{AF_INET6, {[10] = 0xff, [11] = 0xff}}, 96}, /* IPv4 in disguise */
        {{AF_INET6, {0xfe, 0x80}}, 10},
        {{AF_INET6, {0xff}}, 8},
    };

    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++)
        if (prefix_contains(&impossible[i], a))
            return false;
    return true;
}

/* One target: an address of one family in its canonical spelling, a port. */
static int target_read(struct ctl *c, const struct rslvr_target_address *in, struct obj_target *ret)
{
    const char *text = in->ip ? in->ip : in->ipv6;
    char buf[ADDR_TEXT_MAX];
    struct addr addr;
    const char *canonical;

    if (!in->ip == !in->ipv6)
        return target_fault(c, ctl_fail(c, FAULT_InvalidParameterException,
                                        "A target needs either an IPv4 or an IPv6 address."));
    if (addr_parse(text, &addr) != 0 || (addr.family == AF_INET) != (in->ip != NULL) ||
        !addr_is_target(&addr))
        return target_fault(
            c, ctl_fail(c, FAULT_InvalidParameterException, "Invalid IP address: '%s'", text));
    if (in->port.set && in->port.v == 0)
        return target_fault(c, ctl_fail(c, FAULT_InvalidParameterException,
                                        "No server can be asked on port 0: '%s'", text));
    if (in->server_name_indication && (!in->protocol || strcmp(in->protocol, "Do53") == 0))
        return target_fault(c,
                            ctl_fail(c, FAULT_InvalidParameterException,
                                     "ServerNameIndication is for DoH targets only: '%s'", text));
    canonical = arena_str(c->arena, addr_format(&addr, buf, sizeof buf));
    *ret = (struct obj_target){
        .ip = in->ip ? canonical : NULL,
        .ipv6 = in->ipv6 ? canonical : NULL,
        .port = {true, in->port.set ? in->port.v : TARGET_PORT},
        .protocol = in->protocol,
        .server_name_indication = in->server_name_indication,
    };
    return canonical ? 0 : ERR_NOMEM;
}

int targets_read(struct ctl *c, const struct rslvr_target_address *list, size_t n,
                 struct obj_target **ret)
{
    struct obj_target *targets = arena_zalloc(c->arena, n, sizeof *targets);

    if (!targets)
        return ERR_NOMEM;
    if (n > RESOLVER_TARGETS_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Account '%s' has exceeded 'max-target-ips-per-rule'.",
                                            c->account),
                                   "max-target-ips-per-rule");
    for (size_t i = 0; i < n; i++) {
        int err = target_read(c, &list[i], &targets[i]);

        if (err)
            return err;
        if (!targets[i].ip != !targets[0].ip)
            return target_fault(c, ctl_fail(c, FAULT_InvalidParameterException,
                                            "The targets of a rule must be either all IPv4 or all "
                                            "IPv6 addresses."));
    }
    *ret = targets;
    return 0;
}

/* Policies. A rule's policy says what other accounts may do with it; sharing writes it normally. */

static const char *const policy_actions[] = {
    "route53resolver:GetResolverRule",
    "route53resolver:AssociateResolverRule",
    "route53resolver:DisassociateResolverRule",
    "route53resolver:ListResolverRules",
    "route53resolver:ListResolverRuleAssociations",
};

static bool action_known(const json_t *action)
{
    const char *text = json_string_value(action);

    for (size_t i = 0; text && i < sizeof policy_actions / sizeof *policy_actions; i++)
        if (strcmp(text, policy_actions[i]) == 0)
            return true;
    return false;
}

/* True if the member is one text, or a list of texts, and all of them satisfy. */
static bool all_satisfy(const json_t *member, bool (*satisfies)(const json_t *))
{
    const json_t *item;
    size_t i;

    if (json_is_string(member))
        return satisfies(member);
    json_array_foreach(member, i, item)
    {
        if (!satisfies(item))
            return false;
    }
    return json_array_size(member) > 0;
}

/* True if the member is that text, or a list that has it alone. */
static bool names_only(const json_t *member, const char *text)
{
    const json_t *one = json_array_size(member) == 1 ? json_array_get(member, 0) : member;

    return json_is_string(one) && strcmp(json_string_value(one), text) == 0;
}

static bool statement_ok(const json_t *s, const char *arn)
{
    return names_only(json_object_get(s, "Effect"), "Allow") && json_object_get(s, "Principal") &&
           all_satisfy(json_object_get(s, "Action"), action_known) &&
           names_only(json_object_get(s, "Resource"), arn);
}

/* True if the text is a policy that grants something on that rule. */
static bool policy_ok(const char *text, const char *arn)
{
    json_t *policy = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const json_t *statement = json_object_get(policy, "Statement");
    const json_t *item;
    bool ok =
        json_is_object(statement) ? statement_ok(statement, arn) : json_array_size(statement) > 0;
    size_t i;

    json_array_foreach(statement, i, item)
    {
        ok = ok && statement_ok(item, arn);
    }
    json_decref(policy);
    return ok;
}

/* The rule that an ARN names, if the caller owns it. */
static int policy_rule(struct ctl *c, const char *text, struct obj_rule *ret)
{
    struct resolver_arn arn;
    int err;

    if (!resolver_arn_read(c, text, &arn))
        return resolver_fault_field(
            c, ctl_fail(c, FAULT_InvalidParameterException, "The ARN \"%s\" is not valid.", text),
            "Arn");
    err = strcmp(arn.type, "resolver-rule") == 0 && resolver_arn_own(c, &arn)
              ? ctl_get_own(c, &kind_rule, arn.id, ret)
              : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_UnknownResourceException, "The resource \"%s\" does not exist.",
                        text);
    return err;
}

int rslvr_get_resolver_rule_policy(struct ctl *c,
                                   const struct rslvr_get_resolver_rule_policy_request *in,
                                   struct rslvr_get_resolver_rule_policy_response *out)
{
    struct obj_rule rule;
    int err = policy_rule(c, in->arn, &rule);

    if (err)
        return err;
    if (!rule.policy)
        return ctl_fail(c, FAULT_UnknownResourceException, "The resource \"%s\" has no policy.",
                        in->arn);
    out->resolver_rule_policy = rule.policy;
    return 0;
}

int rslvr_put_resolver_rule_policy(struct ctl *c,
                                   const struct rslvr_put_resolver_rule_policy_request *in,
                                   struct rslvr_put_resolver_rule_policy_response *out)
{
    struct obj_rule rule;
    int err = policy_rule(c, in->arn, &rule);

    if (err)
        return err;
    if (!policy_ok(in->resolver_rule_policy, in->arn))
        return ctl_fail(c, FAULT_InvalidPolicyDocument,
                        "The policy must be JSON that allows actions on \"%s\" only.", in->arn);
    rule.policy = in->resolver_rule_policy;
    err = ctl_put(c, &kind_rule, rule.id, &rule);
    if (!err)
        out->return_value = TRI_TRUE;
    return err;
}
