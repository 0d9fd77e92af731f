/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of resolver rules (spec: resolver.md 6.6.2): what other accounts may do with a rule that
 * is shared without RAM. Each statement is a grant like those of RAM's shares, so that one place
 * decides; RAM's own shares are not seen in the policy. */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "control/access.h"
#include "control/account.h"
#include "control/policy_eval.h"
#include "control/resolver_priv.h"

#define SHARE_PREFIX "policy-" /* and the number of the statement: the share id of a grant */

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

/* Finds the account of a principal: its id, or the ARN of its root. Users and roles cannot have
 * rules shared with them, and nobody can share with everybody. false: neither. */
static bool principal_read(const char *text, char ret[ACCOUNT_DIGITS + 1])
{
    static const char iam[] = "arn:aws:iam::", root[] = ":root";
    size_t n;

    if (strncmp(text, iam, strlen(iam)) == 0) {
        text += strlen(iam);
        n = strlen(text);
        if (n != ACCOUNT_DIGITS + strlen(root) || strcmp(text + ACCOUNT_DIGITS, root) != 0)
            return false;
    } else if (strlen(text) != ACCOUNT_DIGITS) {
        return false;
    }
    for (int i = 0; i < ACCOUNT_DIGITS; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    memcpy(ret, text, ACCOUNT_DIGITS);
    ret[ACCOUNT_DIGITS] = '\0';
    return true;
}

static bool principal_ok(const json_t *principal)
{
    char account[ACCOUNT_DIGITS + 1];
    const char *text = json_string_value(principal);

    return text && principal_read(text, account);
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

/* What a statement grants, as a policy template; NULL on lack of memory. Caller frees. */
static char *statement_template(const json_t *s)
{
    json_t *t = json_pack("{s:s, s:O}", "Effect", "Allow", "Action", json_object_get(s, "Action"));
    json_t *condition = json_object_get(s, "Condition");
    char *text = NULL;

    if (t && (!condition || json_object_set(t, "Condition", condition) == 0))
        text = json_dumps(t, JSON_COMPACT);
    json_decref(t);
    return text;
}

static bool statement_ok(const json_t *s, const char *arn)
{
    char *template;
    bool ok = names_only(json_object_get(s, "Effect"), "Allow") &&
              all_satisfy(json_object_get(json_object_get(s, "Principal"), "AWS"), principal_ok) &&
              all_satisfy(json_object_get(s, "Action"), action_known) &&
              names_only(json_object_get(s, "Resource"), arn);

    if (!ok)
        return false;
    template = statement_template(s);
    ok = template && !policy_complain(template);
    free(template);
    return ok;
}

/* The statements of a policy: a list, or one that stands by itself. */
static size_t statements_count(const json_t *policy)
{
    const json_t *statements = json_object_get(policy, "Statement");

    return json_is_object(statements) ? 1 : json_array_size(statements);
}

static const json_t *statement_at(const json_t *policy, size_t i)
{
    const json_t *statements = json_object_get(policy, "Statement");

    return json_is_object(statements) ? statements : json_array_get(statements, i);
}

/* True if the policy grants something on that rule, and nothing else. */
static bool policy_ok(const json_t *policy, const char *arn)
{
    size_t n = statements_count(policy);

    for (size_t i = 0; i < n; i++)
        if (!statement_ok(statement_at(policy, i), arn))
            return false;
    return n > 0;
}

/* Writes one grant in both indexes. */
static int grant_put(struct ctl *c, const char *arn, const char *account, size_t statement,
                     const char *template)
{
    char *grant = arena_printf(c->arena, "%s/%s/" SHARE_PREFIX "%zu", account, arn, statement);
    char *of = arena_printf(c->arena, "%s/%s/" SHARE_PREFIX "%zu", arn, account, statement);
    int err = grant && of ? ctl_index_put(c, "grants", grant, template) : ERR_NOMEM;

    return err ? err : ctl_index_put(c, "grants-of", of, "");
}

static int statement_grant(struct ctl *c, const char *arn, const json_t *s, size_t number)
{
    const json_t *principals = json_object_get(json_object_get(s, "Principal"), "AWS");
    size_t n = json_is_array(principals) ? json_array_size(principals) : 1;
    char *template = statement_template(s);
    int err = template ? 0 : ERR_NOMEM;

    for (size_t i = 0; i < n && !err; i++) {
        const json_t *p = json_is_array(principals) ? json_array_get(principals, i) : principals;
        char account[ACCOUNT_DIGITS + 1];

        if (principal_read(json_string_value(p), account))
            err = grant_put(c, arn, account, number, template);
    }
    free(template);
    return err;
}

/* Grants of the policy that is replaced. */
struct revoke {
    struct ctl *c;
    const char *arn;
};

static int revoke_each(void *ctx, const char *key, const char *value)
{
    const struct revoke *r = ctx;
    const char *principal = key + strlen(r->arn) + 1, *share = strrchr(principal, '/');
    char *grant;
    int err;

    (void)value;
    if (!share || strncmp(share + 1, SHARE_PREFIX, strlen(SHARE_PREFIX)) != 0)
        return 0;
    grant =
        arena_printf(r->c->arena, "%.*s/%s%s", (int)(share - principal), principal, r->arn, share);
    err = grant ? ctl_index_del(r->c, "grants", grant) : ERR_NOMEM;
    return err ? err : ctl_index_del(r->c, "grants-of", key);
}

/* Makes the grants of a policy (NULL: none) those of the rule. */
static int policy_grant(struct ctl *c, const char *arn, const json_t *policy)
{
    struct revoke r = {c, arn};
    char *prefix = arena_printf(c->arena, "%s/", arn);
    int err = prefix ? ctl_index_list(c, "grants-of", prefix, revoke_each, &r) : ERR_NOMEM;

    for (size_t i = 0; !err && i < statements_count(policy); i++)
        err = statement_grant(c, arn, statement_at(policy, i), i);
    return err ? err : access_recheck(c, arn);
}

/* The rule that an ARN names, if the caller may do that with it. */
static int policy_rule(struct ctl *c, const char *action, const char *text, struct obj_rule *ret)
{
    struct resolver_arn arn;
    int err;

    if (!resolver_arn_read(c, text, &arn))
        return resolver_fault_field(
            c, ctl_fail(c, FAULT_InvalidParameterException, "The ARN \"%s\" is not valid.", text),
            "Arn");
    err = strcmp(arn.type, kind_rule.name) == 0 ? rule_find(c, action, arn.id, ret) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND || (!err && strcmp(ret->arn, text) != 0))
        return ctl_fail(c, FAULT_UnknownResourceException, "The resource \"%s\" does not exist.",
                        text);
    return err;
}

int rslvr_get_resolver_rule_policy(struct ctl *c,
                                   const struct rslvr_get_resolver_rule_policy_request *in,
                                   struct rslvr_get_resolver_rule_policy_response *out)
{
    struct obj_rule rule;
    int err = policy_rule(c, "route53resolver:GetResolverRulePolicy", in->arn, &rule);

    if (err)
        return err;
    if (!rule.policy)
        return ctl_fail(c, FAULT_UnknownResourceException, "The resource \"%s\" has no policy.",
                        in->arn);
    out->resolver_rule_policy = rule.policy;
    return 0;
}

/* An empty text takes the policy away: there is no other operation for it. */
int rslvr_put_resolver_rule_policy(struct ctl *c,
                                   const struct rslvr_put_resolver_rule_policy_request *in,
                                   struct rslvr_put_resolver_rule_policy_response *out)
{
    const char *text = in->resolver_rule_policy;
    struct obj_rule rule;
    int err = policy_rule(c, "route53resolver:PutResolverRulePolicy", in->arn, &rule);
    json_t *policy = NULL;

    if (!err && *text &&
        json_read(text, strlen(text), JSON_REJECT_DUPLICATES, &policy) == ERR_NOMEM)
        err = ERR_NOMEM;
    if (err)
        return err;
    if (*text && !policy_ok(policy, in->arn)) {
        json_decref(policy);
        return ctl_fail(c, FAULT_InvalidPolicyDocument,
                        "The policy must be JSON that allows accounts actions on \"%s\" only.",
                        in->arn);
    }
    err = policy_grant(c, rule.arn, policy);
    json_decref(policy);
    if (err)
        return err;
    rule.policy = *text ? text : NULL;
    err = ctl_put(c, &kind_rule, rule.id, &rule);
    if (!err)
        out->return_value = TRI_TRUE;
    return err;
}
