/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver rules: creation, reading, update, deletion (spec: resolver.md 1.2, 6.6.2). A rule may be
 * another account's: control/access.h decides.
 *
 * Rules are COMPLETE as soon as they are answered: the call returns when DNS already follows them.
 * "Generation" grows with every change of where a rule leads, so that cached answers of the old
 * targets cannot be found any more. */
#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/profile.h"
#include "control/resolver_priv.h"
#include "control/zone_name.h"

static bool is_type(const struct obj_rule *rule, const char *type)
{
    return strcmp(rule->rule_type, type) == 0;
}

int rule_find(struct ctl *c, const char *action, const char *id, struct obj_rule *ret)
{
    struct obj_rule rule;
    int err = ctl_get(c, &kind_rule, id, &rule);

    if (err)
        return err;
    if (strcmp(rule.owner_region, c->region) != 0)
        return ERR_NOT_FOUND;
    *ret = rule;
    return access_check(
        c, &(struct access){.action = action, .arn = rule.arn, .owner = rule.owner_account});
}

int resolver_rule_get(struct ctl *c, const char *action, const char *id, struct obj_rule *ret)
{
    int err = rule_find(c, action, id, ret);

    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceNotFoundException,
                     "[RSLVR-00703] Resolver rule with ID \"%s\" does not exist.", id),
            kind_rule.name);
    return err;
}

int rule_view(struct ctl *c, const struct obj_rule *rule, struct rslvr_resolver_rule *ret)
{
    const char *share_status;
    int err = access_share_status(c, rule->arn, rule->owner_account, &share_status);

    if (err)
        return err;
    *ret = (struct rslvr_resolver_rule){
        .id = rule->id,
        .creator_request_id = rule->creator_request_id,
        .arn = rule->arn,
        .domain_name = rule->domain_name,
        .status = "COMPLETE",
        .status_message = rule->status_message,
        .rule_type = rule->rule_type,
        .name = rule->name,
        .resolver_endpoint_id = rule->resolver_endpoint_id,
        .owner_id = rule->owner_account,
        .share_status = share_status,
        .creation_time = rule->creation_time,
        .modification_time = rule->modification_time,
        .delegation_record = rule->delegation_record,
    };
    if (rule->targets_n == 0)
        return 0;
    ret->target_ips = arena_zalloc(c->arena, rule->targets_n, sizeof *ret->target_ips);
    if (!ret->target_ips)
        return ERR_NOMEM;
    ret->target_ips_n = rule->targets_n;
    for (size_t i = 0; i < rule->targets_n; i++) {
        const struct obj_target *t = &rule->targets[i];

        ret->target_ips[i] = (struct rslvr_target_address){
            .ip = t->ip,
            .port = t->port,
            .ipv6 = t->ipv6,
            .protocol = t->protocol,
            .server_name_indication = t->server_name_indication,
        };
    }
    return 0;
}

struct rslvr_resolver_rule *rule_pseudo(struct ctl *c)
{
    struct rslvr_resolver_rule *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v)
        return NULL;
    *v = (struct rslvr_resolver_rule){
        .id = PSEUDO_RULE_ID,
        .creator_request_id = "",
        .arn = arena_printf(c->arena, "arn:aws:route53resolver:%s::autodefined-rule/%s", c->region,
                            PSEUDO_RULE_ID),
        .domain_name = ".",
        .status = "COMPLETE",
        .rule_type = "RECURSIVE",
        .name = "Internet Resolver",
        .owner_id = "Route 53 Resolver",
        .share_status = "NOT_SHARED",
    };
    return v->arn ? v : NULL;
}

/* The answer with a rule in it. */
static int rule_answer(struct ctl *c, const struct obj_rule *rule, struct rslvr_resolver_rule **ret)
{
    struct rslvr_resolver_rule *v = arena_zalloc(c->arena, 1, sizeof *v);
    int err = v ? rule_view(c, rule, v) : ERR_NOMEM;

    if (!err)
        *ret = v;
    return err;
}

static int name_fault(struct ctl *c, const char *member, const char *text, const char *why)
{
    return resolver_fault_field(c,
                                ctl_fail(c, FAULT_InvalidParameterException,
                                         "The domain name \"%s\" is not valid: %s", text, why),
                                member);
}

/* The normal form of a DomainName or DelegationRecord. A rule's name covers all names below it, so
 * a wildcard in it means nothing. */
static int name_read(struct ctl *c, const char *member, const char *text, const char **ret)
{
    char buf[ZONE_NAME_TEXT];
    uint8_t wire[NAME_MAX_WIRE];
    const char *why = "";

    if (zone_name_parse(text, wire, &why) < 0)
        return name_fault(c, member, text, why);
    for (const uint8_t *label = wire; *label; label = name_parent(label, 1))
        if (name_is_wildcard(label))
            return name_fault(c, member, text, "UnsupportedCharacter (no wildcards)");
    *ret = arena_str(c->arena, zone_name_format(wire, buf, sizeof buf));
    return *ret ? 0 : ERR_NOMEM;
}

/* Which members a type of rule needs, and which it must not have. */
static int create_check(struct ctl *c, const struct rslvr_create_resolver_rule_request *in)
{
    bool forward = strcmp(in->rule_type, "FORWARD") == 0;
    bool delegate = strcmp(in->rule_type, "DELEGATE") == 0;

    if (strcmp(in->rule_type, "RECURSIVE") == 0)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "[RSLVR-00718] Cannot create a rule with type RECURSIVE");
    if (delegate && (in->target_ips_n > 0 || !in->delegation_record))
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "Delegate resolver rules need to specify a nameserver name");
    if (!delegate && in->delegation_record)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "A delegation record is for resolver rules of type DELEGATE only.");
    if (!delegate && !in->domain_name)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "A %s resolver rule needs a domain name.",
                                             in->rule_type),
                                    "DomainName");
    if (!forward && !delegate && (in->target_ips_n > 0 || in->resolver_endpoint_id))
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "Cannot specify resolver endpoint ID and target IP for SYSTEM type "
                        "resolver rule");
    if (forward && in->target_ips_n == 0)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "A FORWARD resolver rule needs a target IP."),
                                    "TargetIps");
    if ((forward || delegate) && !in->resolver_endpoint_id)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "A %s resolver rule needs a resolver endpoint ID.",
                                             in->rule_type),
                                    "ResolverEndpointId");
    return 0;
}

/* The outbound endpoint of a rule; its targets get what it decides. */
static int rule_endpoint_check(struct ctl *c, struct obj_rule *rule)
{
    struct obj_endpoint e;
    int err;

    if (!rule->resolver_endpoint_id)
        return 0;
    err = resolver_endpoint_get(c, rule->resolver_endpoint_id, &e);
    if (err)
        return err;
    if (strcmp(e.direction, "OUTBOUND") != 0)
        return ctl_fail(
            c, FAULT_InvalidRequestException,
            "[RSLVR-00700] Resolver rules can only be associated to OUTBOUND resolver endpoints.");
    return targets_fit(c, &e, rule->targets, rule->targets_n);
}

/* Notes in the index that a rule uses its endpoint. */
static int rule_endpoint_link(struct ctl *c, const struct obj_rule *rule)
{
    char *key;
    int err;

    if (!rule->resolver_endpoint_id)
        return 0;
    key = arena_printf(c->arena, "%s/%s", rule->resolver_endpoint_id, rule->id);
    if (!key)
        return ERR_NOMEM;
    err = guard_touch(c, "endpoint-rules", rule->resolver_endpoint_id);
    return err ? err : ctl_index_put(c, "endpoint-rules", key, "");
}

static int rule_endpoint_unlink(struct ctl *c, const struct obj_rule *rule)
{
    char *key;

    if (!rule->resolver_endpoint_id)
        return 0;
    key = arena_printf(c->arena, "%s/%s", rule->resolver_endpoint_id, rule->id);
    return key ? ctl_index_del(c, "endpoint-rules", key) : ERR_NOMEM;
}

static int quota_check(struct ctl *c)
{
    size_t n;
    int err = ctl_count(c, &kind_rule, &n);

    if (!err && n >= RESOLVER_RULES_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Account '%s' has exceeded 'max-rules'.", c->account),
                                   "max-rules");
    return err;
}

/* A new rule, all members checked. */
static int rule_init(struct ctl *c, const struct rslvr_create_resolver_rule_request *in,
                     struct obj_rule *rule)
{
    const struct tags_new tags = {in->tags, in->tags_n, FAULT_InvalidParameterException};
    bool delegate = strcmp(in->rule_type, "DELEGATE") == 0;
    int err;

    *rule = (struct obj_rule){
        .id = ctl_new_id(c, "rslvr-rr-", 17),
        .creator_request_id = in->creator_request_id,
        .rule_type = in->rule_type,
        .name = in->name,
        .targets_n = in->target_ips_n,
        .resolver_endpoint_id = in->resolver_endpoint_id,
        .status_message = ctl_trace_text(c, "Successfully created Resolver Rule."),
        .generation = {true, 1},
        .creation_time = ctl_time(c, 6),
    };
    rule->modification_time = rule->creation_time;
    rule->arn = ctl_arn(c, "route53resolver", "resolver-rule/%s", rule->id);
    if (!rule->id || !rule->status_message || !rule->creation_time || !rule->arn)
        return ERR_NOMEM;
    err = delegate
              ? name_read(c, "DelegationRecord", in->delegation_record, &rule->delegation_record)
              : name_read(c, "DomainName", in->domain_name, &rule->domain_name);
    if (!err && in->target_ips_n > 0)
        err = targets_read(c, in->target_ips, in->target_ips_n, &rule->targets);
    return err ? err : resolver_tags_add(c, &tags, &rule->tags, &rule->tags_n);
}

int rslvr_create_resolver_rule(struct ctl *c, const struct rslvr_create_resolver_rule_request *in,
                               struct rslvr_create_resolver_rule_response *out)
{
    struct obj_rule rule;
    int err = create_check(c, in);

    if (!err)
        err = rule_init(c, in, &rule);
    if (!err)
        err = creator_take(c, &kind_rule, in->creator_request_id, rule.id, "Resolver rule");
    if (!err)
        err = quota_check(c);
    if (!err)
        err = rule_endpoint_check(c, &rule);
    if (!err)
        err = rule_endpoint_link(c, &rule);
    if (!err)
        err = ctl_put(c, &kind_rule, rule.id, &rule);
    return err ? err : rule_answer(c, &rule, &out->resolver_rule);
}

int rslvr_get_resolver_rule(struct ctl *c, const struct rslvr_get_resolver_rule_request *in,
                            struct rslvr_get_resolver_rule_response *out)
{
    struct obj_rule rule;
    int err;

    if (strcmp(in->resolver_rule_id, PSEUDO_RULE_ID) == 0) {
        out->resolver_rule = rule_pseudo(c);
        return out->resolver_rule ? 0 : ERR_NOMEM;
    }
    err = resolver_rule_get(c, "route53resolver:GetResolverRule", in->resolver_rule_id, &rule);
    return err ? err : rule_answer(c, &rule, &out->resolver_rule);
}

/* Takes a new configuration over into the rule. */
static int config_apply(struct ctl *c, const struct rslvr_resolver_rule_config *config,
                        struct obj_rule *rule)
{
    int err = 0;

    if (config->target_ips && !is_type(rule, "FORWARD"))
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "Target IPs are for resolver rules of type FORWARD only.");
    if (config->resolver_endpoint_id && is_type(rule, "SYSTEM"))
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "Cannot specify resolver endpoint ID and target IP for SYSTEM type "
                        "resolver rule");
    if (config->name)
        rule->name = config->name;
    if (config->target_ips) {
        rule->targets_n = config->target_ips_n;
        err = targets_read(c, config->target_ips, config->target_ips_n, &rule->targets);
    }
    if (!err && config->resolver_endpoint_id) {
        err = rule_endpoint_unlink(c, rule);
        rule->resolver_endpoint_id = config->resolver_endpoint_id;
    }
    return err;
}

int rslvr_update_resolver_rule(struct ctl *c, const struct rslvr_update_resolver_rule_request *in,
                               struct rslvr_update_resolver_rule_response *out)
{
    bool leads_elsewhere = in->config->target_ips || in->config->resolver_endpoint_id;
    struct obj_rule rule;
    int err;

    if (strcmp(in->resolver_rule_id, PSEUDO_RULE_ID) == 0)
        return ctl_fail(c, FAULT_InvalidRequestException, "Cannot update Auto Defined Rule.");
    err = resolver_rule_get(c, "route53resolver:UpdateResolverRule", in->resolver_rule_id, &rule);
    if (!err)
        err = config_apply(c, in->config, &rule);
    if (!err && leads_elsewhere) {
        rule.generation.v++;
        err = rule_endpoint_check(c, &rule);
        if (!err)
            err = rule_loop_check(c, &rule, NULL);
        if (!err)
            err = rule_endpoint_link(c, &rule);
    }
    if (err)
        return err;
    rule.status_message = ctl_trace_text(c, "Successfully updated Resolver Rule.");
    rule.modification_time = ctl_time(c, 6);
    err = ctl_put(c, &kind_rule, rule.id, &rule);
    return err ? err : rule_answer(c, &rule, &out->resolver_rule);
}

static int association_found(void *ctx, const char *key, const char *value)
{
    bool *found = ctx;

    (void)key;
    (void)value;
    *found = true;
    return CTL_STOP;
}

/* Refuses a rule that is still associated with a VPC or a profile. */
static int rule_unused(struct ctl *c, const struct obj_rule *rule)
{
    char *prefix = arena_printf(c->arena, "%s/", rule->id);
    bool found = false;
    int err =
        prefix ? ctl_index_list(c, "rule-vpcs", prefix, association_found, &found) : ERR_NOMEM;

    if (!err && found)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceInUseException,
                     "Please disassociate this resolver rule from VPC first before deleting"),
            kind_rule.name);
    if (!err)
        err = profile_holds(c, rule->id, &found);
    if (!err && found)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceInUseException,
                     "Please disassociate this resolver rule from Route 53 Profile first before "
                     "deleting"),
            kind_rule.name);
    return err;
}

int rslvr_delete_resolver_rule(struct ctl *c, const struct rslvr_delete_resolver_rule_request *in,
                               struct rslvr_delete_resolver_rule_response *out)
{
    struct obj_rule rule;
    int err;

    if (strcmp(in->resolver_rule_id, PSEUDO_RULE_ID) == 0)
        return ctl_fail(c, FAULT_InvalidRequestException, "Cannot delete Auto Defined Rule.");
    err = resolver_rule_get(c, "route53resolver:DeleteResolverRule", in->resolver_rule_id, &rule);
    if (!err)
        err = rule_unused(c, &rule);
    if (!err)
        err = rule_endpoint_unlink(c, &rule);
    if (!err)
        err = creator_free(c, &kind_rule, rule.creator_request_id);
    if (!err)
        err = guard_drop(c, "rule-vpcs", rule.id);
    if (!err)
        err = access_forget(c, rule.arn);
    if (!err)
        err = ctl_del(c, &kind_rule, rule.id, &rule);
    if (!err)
        err = rule_answer(c, &rule, &out->resolver_rule);
    if (err)
        return err;
    out->resolver_rule->status = "DELETING";
    out->resolver_rule->status_message = ctl_trace_text(c, "Deleting Resolver Rule.");
    return 0;
}
