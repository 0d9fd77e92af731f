/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver rules that another account shares: what its consumer may do, sees and loses. */
#include "service_fixture.h"

#include <string.h>

#include "rows/rslvr.h"

OP(rslvr_create_resolver_rule)
OP(rslvr_get_resolver_rule)
OP(rslvr_list_resolver_rules)
OP(rslvr_update_resolver_rule)
OP(rslvr_delete_resolver_rule)
OP(rslvr_get_resolver_rule_policy)
OP(rslvr_put_resolver_rule_policy)
OP(rslvr_associate_resolver_rule)
OP(rslvr_disassociate_resolver_rule)
OP(rslvr_list_resolver_rule_associations)
OP(rslvr_tag_resource)
OP(rslvr_untag_resource)
OP(rslvr_list_tags_for_resource)

#define NO_RULE "[RSLVR-00703] Resolver rule with ID"

/* A rule of the caller. */
static struct rslvr_resolver_rule *create(struct fixture *f, const char *domain)
{
    const struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = domain, .rule_type = "SYSTEM", .domain_name = domain};
    struct rslvr_create_resolver_rule_response out;

    assert_int_equal(RUN(f, rslvr_create_resolver_rule, &in, &out), 0);
    return out.resolver_rule;
}

static void as_owner(struct fixture *f)
{
    fixture_caller(f, ACCOUNT, REGION);
}

static void as_consumer(struct fixture *f)
{
    fixture_caller(f, OTHER_ACCOUNT, REGION);
}

/* A fresh installation with a rule that is shared with OTHER_ACCOUNT, which calls. */
static const struct rslvr_resolver_rule *begin(struct fixture *f)
{
    const struct rslvr_resolver_rule *rule;

    fixture_begin(f);
    rule = create(f, "corp.internal");
    fixture_grant(f, OTHER_ACCOUNT, rule->arn, RULE_PERMISSION " 1");
    as_consumer(f);
    return rule;
}

static int get(struct fixture *f, const char *id, struct rslvr_get_resolver_rule_response *out)
{
    const struct rslvr_get_resolver_rule_request in = {id};

    return RUN(f, rslvr_get_resolver_rule, &in, out);
}

static int associate(struct fixture *f, const char *id, const char *vpc_id)
{
    const struct rslvr_associate_resolver_rule_request in = {.resolver_rule_id = id,
                                                             .vpc_id = vpc_id};
    struct rslvr_associate_resolver_rule_response out;

    return RUN(f, rslvr_associate_resolver_rule, &in, &out);
}

static int disassociate(struct fixture *f, const char *id, const char *vpc_id)
{
    const struct rslvr_disassociate_resolver_rule_request in = {.resolver_rule_id = id,
                                                                .vpc_id = vpc_id};
    struct rslvr_disassociate_resolver_rule_response out;

    return RUN(f, rslvr_disassociate_resolver_rule, &in, &out);
}

static int discard(struct fixture *f, const char *id)
{
    const struct rslvr_delete_resolver_rule_request in = {id};
    struct rslvr_delete_resolver_rule_response out;

    return RUN(f, rslvr_delete_resolver_rule, &in, &out);
}

static int update(struct fixture *f, const char *id)
{
    struct rslvr_resolver_rule_config config = {.name = "new"};
    const struct rslvr_update_resolver_rule_request in = {id, &config};
    struct rslvr_update_resolver_rule_response out;

    return RUN(f, rslvr_update_resolver_rule, &in, &out);
}

/* The associations of the caller, without those of public recursion. */
static size_t associations(struct fixture *f)
{
    struct rslvr_list_resolver_rule_associations_request in = {0};
    struct rslvr_list_resolver_rule_associations_response out;
    size_t n = 0;

    assert_int_equal(RUN(f, rslvr_list_resolver_rule_associations, &in, &out), 0);
    for (size_t i = 0; i < out.resolver_rule_associations_n; i++) {
        const char *name = out.resolver_rule_associations[i].name;

        n += !name || strcmp(name, "System Rule Association") != 0;
    }
    return n;
}

static void reading(void **state)
{
    struct rslvr_get_resolver_rule_response out;
    struct fixture f;
    const struct rslvr_resolver_rule *rule = begin(&f);

    (void)state;
    assert_int_equal(get(&f, rule->id, &out), 0);
    assert_string_equal(out.resolver_rule->owner_id, ACCOUNT);
    assert_string_equal(out.resolver_rule->share_status, "SHARED_WITH_ME");
    as_owner(&f);
    assert_int_equal(get(&f, rule->id, &out), 0);
    assert_string_equal(out.resolver_rule->share_status, "SHARED_BY_ME");
    fixture_caller(&f, "333333333333", REGION);
    fixture_fault(&f, get(&f, rule->id, &out), FAULT_ResourceNotFoundException, NO_RULE);
    fixture_caller(&f, OTHER_ACCOUNT, "us-east-1");
    fixture_fault(&f, get(&f, rule->id, &out), FAULT_ResourceNotFoundException, NO_RULE);
    fixture_caller(&f, ACCOUNT, "us-east-1");
    fixture_fault(&f, get(&f, rule->id, &out), FAULT_ResourceNotFoundException, NO_RULE);
    fixture_end(&f);
}

static void consumer_cannot_write(void **state)
{
    struct rslvr_tag tag = {"k", "v"};
    const char *key = "k";
    struct rslvr_tag_resource_response tagged;
    struct rslvr_untag_resource_response untagged;
    struct rslvr_list_tags_for_resource_response tags;
    struct rslvr_get_resolver_rule_policy_response policy;
    struct fixture f;
    const struct rslvr_resolver_rule *rule = begin(&f);
    const struct rslvr_tag_resource_request tag_in = {rule->arn, &tag, 1};
    const struct rslvr_untag_resource_request untag_in = {rule->arn, &key, 1};
    const struct rslvr_list_tags_for_resource_request tags_in = {.resource_arn = rule->arn};
    const struct rslvr_get_resolver_rule_policy_request policy_in = {rule->arn};

    (void)state;
    fixture_fault(&f, update(&f, rule->id), FAULT_AccessDeniedException,
                  "is not authorized to perform: route53resolver:UpdateResolverRule on resource: ");
    fixture_fault(&f, discard(&f, rule->id), FAULT_AccessDeniedException, "DeleteResolverRule");
    fixture_fault(&f, RUN(&f, rslvr_tag_resource, &tag_in, &tagged),
                  FAULT_InvalidParameterException, "[RSLVR-00907]");
    fixture_fault(&f, RUN(&f, rslvr_untag_resource, &untag_in, &untagged),
                  FAULT_InvalidParameterException, "[RSLVR-00907]");
    fixture_fault(&f, RUN(&f, rslvr_list_tags_for_resource, &tags_in, &tags),
                  FAULT_InvalidParameterException, "[RSLVR-00907]");
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule_policy, &policy_in, &policy),
                  FAULT_AccessDeniedException, "GetResolverRulePolicy");
    fixture_caller(&f, "333333333333", REGION);
    fixture_fault(&f, RUN(&f, rslvr_tag_resource, &tag_in, &tagged),
                  FAULT_ResourceNotFoundException, "does not exist");
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule_policy, &policy_in, &policy),
                  FAULT_UnknownResourceException, "does not exist");
    fixture_fault(&f, discard(&f, rule->id), FAULT_ResourceNotFoundException, NO_RULE);
    fixture_end(&f);
}

static void associating(void **state)
{
    struct fixture f;
    const struct rslvr_resolver_rule *rule = begin(&f);

    (void)state;
    fixture_fault(&f, associate(&f, rule->id, VPC), FAULT_ResourceNotFoundException,
                  "The VPC ID '" VPC "' does not exist");
    assert_int_equal(associate(&f, rule->id, FOREIGN_VPC), 0);
    assert_int_equal(associations(&f), 1);
    as_owner(&f);
    assert_int_equal(associations(&f), 0);
    assert_int_equal(associate(&f, rule->id, VPC), 0);
    assert_int_equal(fixture_count(&f, &kind_rule_assoc), 1);
    /* The owner cannot take the consumer's association away by itself. */
    fixture_fault(&f, disassociate(&f, rule->id, FOREIGN_VPC), FAULT_ResourceNotFoundException,
                  "[RSLVR-00703]");
    assert_int_equal(disassociate(&f, rule->id, VPC), 0);
    fixture_fault(&f, discard(&f, rule->id), FAULT_ResourceInUseException, "disassociate");
    as_consumer(&f);
    assert_int_equal(disassociate(&f, rule->id, FOREIGN_VPC), 0);
    assert_int_equal(associations(&f), 0);
    as_owner(&f);
    assert_int_equal(discard(&f, rule->id), 0);
    fixture_end(&f);
}

static void unsharing(void **state)
{
    struct rslvr_get_resolver_rule_response out;
    struct fixture f;
    const struct rslvr_resolver_rule *rule = begin(&f);

    (void)state;
    assert_int_equal(associate(&f, rule->id, FOREIGN_VPC), 0);
    as_owner(&f);
    assert_int_equal(associate(&f, rule->id, VPC), 0);
    fixture_grant(&f, OTHER_ACCOUNT, rule->arn, NULL);
    assert_int_equal(associations(&f), 1);
    as_consumer(&f);
    assert_int_equal(associations(&f), 0);
    fixture_fault(&f, get(&f, rule->id, &out), FAULT_ResourceNotFoundException, NO_RULE);
    /* Nothing is left of it on the VPC: the name is free again. */
    assert_int_equal(associate(&f, create(&f, "corp.internal")->id, FOREIGN_VPC), 0);
    fixture_end(&f);
}

static int count_each(void *ctx, const char *key, const char *value)
{
    (void)key;
    (void)value;
    ++*(size_t *)ctx;
    return 0;
}

static int op_grants_count(struct ctl *c, const void *in, void *out)
{
    int err = ctl_index_list(c, "grants", "", count_each, out);

    (void)in;
    return err ? err : ctl_index_list(c, "grants-of", "", count_each, out);
}

/* A deleted rule leaves no grants, and no trace in listings. */
static void deletion_ends_the_share(void **state)
{
    struct rslvr_list_resolver_rules_request in = {0};
    struct rslvr_list_resolver_rules_response out;
    struct fixture f;
    const struct rslvr_resolver_rule *rule = begin(&f);
    size_t grants;

    (void)state;
    as_owner(&f);
    assert_int_equal(discard(&f, rule->id), 0);
    assert_int_equal(fixture_run(&f, op_grants_count, NULL, &grants, sizeof grants), 0);
    assert_int_equal(grants, 0);
    as_consumer(&f);
    assert_int_equal(RUN(&f, rslvr_list_resolver_rules, &in, &out), 0);
    assert_int_equal(out.resolver_rules_n, 1);
    fixture_end(&f);
}

/* Own and shared rules come in one order, page by page, each once. */
static void listing(void **state)
{
    struct rslvr_list_resolver_rules_request in = {.max_results = {true, 1}};
    struct rslvr_list_resolver_rules_response out;
    const char *last = "";
    struct fixture f;
    char domain[] = "a.internal";
    size_t pages = 0, shared = 0;

    (void)state;
    fixture_begin(&f);
    for (int i = 0; i < 8; i++, domain[0]++) {
        const struct rslvr_resolver_rule *rule = create(&f, domain);

        if (i % 2)
            fixture_grant(&f, OTHER_ACCOUNT, rule->arn, RULE_PERMISSION " 1");
    }
    as_consumer(&f);
    for (int i = 0; i < 3; i++, domain[0]++)
        (void)create(&f, domain);
    do {
        assert_int_equal(RUN(&f, rslvr_list_resolver_rules, &in, &out), 0);
        assert_int_equal(out.resolver_rules_n, 1);
        assert_true(strcmp(last, out.resolver_rules[0].id) < 0);
        last = out.resolver_rules[0].id;
        shared += strcmp(out.resolver_rules[0].share_status, "SHARED_WITH_ME") == 0;
        in.next_token = out.next_token;
        pages++;
    } while (in.next_token);
    assert_int_equal(shared, 4);
    assert_int_equal(pages, 1 + 4 + 3);
    fixture_end(&f);
}

static int put_policy(struct fixture *f, const char *arn, const char *principal, const char *rest)
{
    const char *text = arena_printf(
        &f->arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":"
        "%s,\"Action\":[\"route53resolver:GetResolverRule\"%s],\"Resource\":\"%s\"}}",
        principal, rest, arn);
    const struct rslvr_put_resolver_rule_policy_request in = {arn, *principal ? text : ""};
    struct rslvr_put_resolver_rule_policy_response out;

    return RUN(f, rslvr_put_resolver_rule_policy, &in, &out);
}

/* A policy shares without RAM, beside a share of RAM. */
static void policy(void **state)
{
    static const char *const bad[] = {"\"*\"", "{\"AWS\":\"*\"}", "{\"AWS\":\"22222222222\"}",
                                      "{\"AWS\":[\"222222222222\",\"x\"]}",
                                      "{\"AWS\":\"arn:aws:iam::222222222222:user/u\"}"};
    static const char both[] = "{\"AWS\":[\"arn:aws:iam::222222222222:root\",\"333333333333\"]}";
    struct rslvr_get_resolver_rule_response out;
    struct fixture f;
    const struct rslvr_resolver_rule *rule;

    (void)state;
    fixture_begin(&f);
    rule = create(&f, "corp.internal");
    for (size_t i = 0; i < N(bad); i++)
        fixture_fault(&f, put_policy(&f, rule->arn, bad[i], ""), FAULT_InvalidPolicyDocument, "");
    assert_int_equal(put_policy(&f, rule->arn, both, ",\"route53resolver:AssociateResolverRule\""),
                     0);
    as_consumer(&f);
    assert_int_equal(get(&f, rule->id, &out), 0);
    assert_int_equal(associate(&f, rule->id, FOREIGN_VPC), 0);
    fixture_fault(&f, disassociate(&f, rule->id, FOREIGN_VPC), FAULT_AccessDeniedException, "");
    /* The new policy takes the place of the old one; its reader keeps what it has. */
    as_owner(&f);
    assert_int_equal(put_policy(&f, rule->arn, "{\"AWS\":\"222222222222\"}", ""), 0);
    fixture_caller(&f, "333333333333", REGION);
    fixture_fault(&f, get(&f, rule->id, &out), FAULT_ResourceNotFoundException, NO_RULE);
    as_consumer(&f);
    assert_int_equal(associations(&f), 1);
    fixture_fault(&f, associate(&f, rule->id, FOREIGN_VPC), FAULT_AccessDeniedException, "");
    as_owner(&f);
    fixture_grant(&f, OTHER_ACCOUNT, rule->arn, RULE_PERMISSION " 1");
    assert_int_equal(put_policy(&f, rule->arn, "", ""), 0);
    as_consumer(&f);
    assert_int_equal(associations(&f), 1);
    as_owner(&f);
    fixture_grant(&f, OTHER_ACCOUNT, rule->arn, NULL);
    as_consumer(&f);
    assert_int_equal(associations(&f), 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(consumer_cannot_write),
        cmocka_unit_test(associating),
        cmocka_unit_test(unsharing),
        cmocka_unit_test(deletion_ends_the_share),
        cmocka_unit_test(listing),
        cmocka_unit_test(policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
