/* SPDX-License-Identifier: Apache-2.0 */
/* Firewall rule groups and query log configs: names that profiles and shares hold. */
#include "profile_fixture.h"

#include <string.h>

#include "rows/rslvr.h"

OP(rslvr_create_firewall_rule_group)
OP(rslvr_get_firewall_rule_group)
OP(rslvr_list_firewall_rule_groups)
OP(rslvr_delete_firewall_rule_group)
OP(rslvr_create_resolver_query_log_config)
OP(rslvr_get_resolver_query_log_config)
OP(rslvr_list_resolver_query_log_configs)
OP(rslvr_delete_resolver_query_log_config)
OP(rslvr_tag_resource)
OP(rslvr_list_tags_for_resource)

#define FIREWALL_PERMISSION \
    "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionResolverFirewallRuleGroup 1"

static void tag(struct fixture *f, const char *arn)
{
    struct rslvr_tag tags[] = {{"k", "v"}};
    const struct rslvr_tag_resource_request in = {arn, tags, 1};
    const struct rslvr_list_tags_for_resource_request get = {.resource_arn = arn};
    struct rslvr_tag_resource_response out;
    struct rslvr_list_tags_for_resource_response got;

    assert_int_equal(RUN(f, rslvr_tag_resource, &in, &out), 0);
    assert_int_equal(RUN(f, rslvr_list_tags_for_resource, &get, &got), 0);
    assert_int_equal(got.tags_n, 1);
}

static void group_life(void **state)
{
    const struct rslvr_create_firewall_rule_group_request in = {.creator_request_id = "c",
                                                                .name = "g"},
                                                          other = {.creator_request_id = "c",
                                                                   .name = "h"};
    struct rslvr_create_firewall_rule_group_response out, again;
    struct rslvr_get_firewall_rule_group_request get;
    struct rslvr_get_firewall_rule_group_response got;
    struct rslvr_delete_firewall_rule_group_request delete;
    struct rslvr_delete_firewall_rule_group_response gone;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, rslvr_create_firewall_rule_group, &in, &out), 0);
    assert_memory_equal(out.firewall_rule_group->id, "rslvr-frg-", 10);
    assert_string_equal(out.firewall_rule_group->status, "COMPLETE");
    assert_int_equal(out.firewall_rule_group->rule_count.v, 0);
    assert_string_equal(out.firewall_rule_group->share_status, "NOT_SHARED");
    assert_string_equal(out.firewall_rule_group->status_message, "");
    assert_int_equal(RUN(&f, rslvr_create_firewall_rule_group, &in, &again), 0);
    assert_string_equal(again.firewall_rule_group->id, out.firewall_rule_group->id);
    fixture_fault(&f, RUN(&f, rslvr_create_firewall_rule_group, &other, &again),
                  FAULT_ValidationException, "already exists");
    tag(&f, out.firewall_rule_group->arn);
    get.firewall_rule_group_id = delete.firewall_rule_group_id = out.firewall_rule_group->id;
    assert_int_equal(RUN(&f, rslvr_delete_firewall_rule_group, &delete, &gone), 0);
    assert_string_equal(gone.firewall_rule_group->status, "DELETING");
    fixture_fault(&f, RUN(&f, rslvr_get_firewall_rule_group, &get, &got),
                  FAULT_ResourceNotFoundException,
                  "[RSLVR-02025] Can\xe2\x80\x99t find the resource with ID \"");
    assert_int_equal(RUN(&f, rslvr_create_firewall_rule_group, &other, &again), 0);
    fixture_end(&f);
}

static void group_shared(void **state)
{
    struct rslvr_list_firewall_rule_groups_request in = {0};
    struct rslvr_list_firewall_rule_groups_response list;
    struct rslvr_get_firewall_rule_group_request get;
    struct rslvr_get_firewall_rule_group_response got;
    struct rslvr_delete_firewall_rule_group_request delete;
    struct rslvr_delete_firewall_rule_group_response gone;
    struct fixture f;
    const char *arn;

    (void)state;
    fixture_begin(&f);
    arn = make_firewall_group(&f, "g");
    get.firewall_rule_group_id = delete.firewall_rule_group_id = id_of(arn);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, RUN(&f, rslvr_get_firewall_rule_group, &get, &got),
                  FAULT_ResourceNotFoundException, "");
    fixture_grant(&f, OTHER_ACCOUNT, arn, FIREWALL_PERMISSION);
    make_firewall_group(&f, "own");
    assert_int_equal(RUN(&f, rslvr_get_firewall_rule_group, &get, &got), 0);
    assert_string_equal(got.firewall_rule_group->share_status, "SHARED_WITH_ME");
    assert_int_equal(RUN(&f, rslvr_list_firewall_rule_groups, &in, &list), 0);
    assert_int_equal(list.firewall_rule_groups_n, 2);
    assert_string_equal(list.firewall_rule_groups[1].arn, arn);
    fixture_fault(&f, RUN(&f, rslvr_delete_firewall_rule_group, &delete, &gone),
                  FAULT_AccessDeniedException, "DeleteFirewallRuleGroup");
    in.next_token = "x";
    fixture_fault(&f, RUN(&f, rslvr_list_firewall_rule_groups, &in, &list),
                  FAULT_ValidationException, "NextToken");
    fixture_end(&f);
}

static void log_life(void **state)
{
    struct rslvr_create_resolver_query_log_config_request in = {
        .creator_request_id = "c", .name = "q", .destination_arn = "arn:aws:s3:::bucket/p/"};
    struct rslvr_create_resolver_query_log_config_response out, again;
    struct rslvr_get_resolver_query_log_config_request get;
    struct rslvr_get_resolver_query_log_config_response got;
    struct rslvr_delete_resolver_query_log_config_request delete;
    struct rslvr_delete_resolver_query_log_config_response gone;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, rslvr_create_resolver_query_log_config, &in, &out), 0);
    assert_memory_equal(out.resolver_query_log_config->id, "rqlc-", 5);
    assert_string_equal(out.resolver_query_log_config->status, "CREATED");
    assert_int_equal(out.resolver_query_log_config->association_count.v, 0);
    assert_int_equal(RUN(&f, rslvr_create_resolver_query_log_config, &in, &again), 0);
    assert_string_equal(again.resolver_query_log_config->id, out.resolver_query_log_config->id);
    in.destination_arn = "arn:aws:s3:::other";
    fixture_fault(&f, RUN(&f, rslvr_create_resolver_query_log_config, &in, &again),
                  FAULT_ResourceExistsException, "already exists");
    in.creator_request_id = "d";
    in.destination_arn = "arn:aws:sqs:" REGION ":" ACCOUNT ":q";
    fixture_fault(&f, RUN(&f, rslvr_create_resolver_query_log_config, &in, &again),
                  FAULT_ResourceNotFoundException,
                  "[RSLVR-01014] An Amazon Resource Name (ARN) for the destination is required.");
    tag(&f, out.resolver_query_log_config->arn);
    get.resolver_query_log_config_id = delete.resolver_query_log_config_id =
        out.resolver_query_log_config->id;
    assert_int_equal(RUN(&f, rslvr_get_resolver_query_log_config, &get, &got), 0);
    assert_int_equal(RUN(&f, rslvr_delete_resolver_query_log_config, &delete, &gone), 0);
    assert_string_equal(gone.resolver_query_log_config->status, "DELETING");
    fixture_fault(
        &f, RUN(&f, rslvr_get_resolver_query_log_config, &get, &got),
        FAULT_ResourceNotFoundException,
        "[RSLVR-01601] The specified query logging configuration doesn't exist. Trace Id: \"1-");
    fixture_end(&f);
}

static size_t log_list(struct fixture *f,
                       const struct rslvr_list_resolver_query_log_configs_request *in,
                       struct rslvr_list_resolver_query_log_configs_response *out)
{
    assert_int_equal(RUN(f, rslvr_list_resolver_query_log_configs, in, out), 0);
    return out->resolver_query_log_configs_n;
}

static void log_lists(void **state)
{
    const char *values[] = {"b"};
    struct rslvr_filter filters[] = {{"Name", values, 1}};
    struct rslvr_list_resolver_query_log_configs_request in = {.sort_by = "Name"};
    struct rslvr_list_resolver_query_log_configs_response out;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    make_query_log(&f, "b");
    make_query_log(&f, "c");
    make_query_log(&f, "a");
    assert_int_equal(log_list(&f, &in, &out), 3);
    assert_string_equal(out.resolver_query_log_configs[0].name, "a");
    assert_string_equal(out.resolver_query_log_configs[2].name, "c");
    in.sort_order = "DESCENDING";
    in.max_results = (struct opt_int){true, 2};
    assert_int_equal(log_list(&f, &in, &out), 2);
    assert_string_equal(out.resolver_query_log_configs[0].name, "c");
    assert_int_equal(out.total_count.v, 3);
    in.next_token = out.next_token;
    assert_non_null(in.next_token);
    assert_int_equal(log_list(&f, &in, &out), 1);
    assert_string_equal(out.resolver_query_log_configs[0].name, "a");
    assert_null(out.next_token);
    in.next_token = NULL;
    in.filters = filters;
    in.filters_n = 1;
    assert_int_equal(log_list(&f, &in, &out), 1);
    assert_int_equal(out.total_count.v, 3);
    assert_int_equal(out.total_filtered_count.v, 1);
    filters[0].name = "Destination";
    values[0] = "S3";
    assert_int_equal(log_list(&f, &in, &out), 2);
    values[0] = "CloudWatchLogs";
    assert_int_equal(log_list(&f, &in, &out), 0);
    in.sort_by = "Destination";
    fixture_fault(&f, RUN(&f, rslvr_list_resolver_query_log_configs, &in, &out),
                  FAULT_InvalidParameterException, "sort");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(group_life),
        cmocka_unit_test(group_shared),
        cmocka_unit_test(log_life),
        cmocka_unit_test(log_lists),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
