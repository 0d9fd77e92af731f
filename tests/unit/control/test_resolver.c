/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver configs and tags, through the operations. */
#include "service_fixture.h"

#include <string.h>

#include "rows/rslvr.h"

OP(rslvr_get_resolver_config)
OP(rslvr_update_resolver_config)
OP(rslvr_list_resolver_configs)
OP(rslvr_create_resolver_rule)
OP(rslvr_tag_resource)
OP(rslvr_untag_resource)
OP(rslvr_list_tags_for_resource)

static void config(void **state)
{
    struct fixture f;
    struct rslvr_get_resolver_config_request get = {VPC};
    struct rslvr_get_resolver_config_response got;
    struct rslvr_update_resolver_config_request up = {VPC, "DISABLE"};
    struct rslvr_update_resolver_config_response out;
    struct rslvr_list_resolver_configs_request list = {0};
    struct rslvr_list_resolver_configs_response listed;
    const char *id;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, rslvr_get_resolver_config, &get, &got), 0);
    id = got.resolver_config->id;
    assert_memory_equal(id, "rslvr-rc-", 9);
    assert_int_equal(strlen(id), 9 + 16);
    assert_string_equal(got.resolver_config->autodefined_reverse, "ENABLED");
    assert_string_equal(got.resolver_config->owner_id, ACCOUNT);
    assert_int_equal(RUN(&f, rslvr_list_resolver_configs, &list, &listed), 0);
    assert_int_equal(listed.resolver_configs_n, 0);
    assert_int_equal(RUN(&f, rslvr_update_resolver_config, &up, &out), 0);
    assert_string_equal(out.resolver_config->autodefined_reverse, "DISABLING");
    assert_string_equal(out.resolver_config->id, id);
    assert_int_equal(RUN(&f, rslvr_update_resolver_config, &up, &out), 0);
    assert_string_equal(out.resolver_config->autodefined_reverse, "DISABLED");
    assert_int_equal(RUN(&f, rslvr_list_resolver_configs, &list, &listed), 0);
    assert_int_equal(listed.resolver_configs_n, 1);
    assert_string_equal(listed.resolver_configs[0].autodefined_reverse, "DISABLED");
    up.autodefined_reverse_flag = "ENABLE";
    assert_int_equal(RUN(&f, rslvr_update_resolver_config, &up, &out), 0);
    assert_string_equal(out.resolver_config->autodefined_reverse, "ENABLING");
    up.autodefined_reverse_flag = "USE_LOCAL_RESOURCE_SETTING";
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_config, &up, &out),
                  FAULT_InvalidParameterException, "Profiles");
    get.resource_id = FOREIGN_VPC;
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_config, &get, &got),
                  FAULT_ResourceNotFoundException, FOREIGN_VPC);
    fixture_end(&f);
}

static void tags(void **state)
{
    struct fixture f;
    struct rslvr_tag three[] = {{"a", "1"}, {"b", "2"}, {"c", ""}}, again = {"b", "3"};
    static const char *keys[] = {"a", "unknown"};
    struct rslvr_create_resolver_rule_request rule = {.creator_request_id = "s",
                                                      .rule_type = "SYSTEM",
                                                      .domain_name = "x",
                                                      .tags = three,
                                                      .tags_n = 3};
    struct rslvr_create_resolver_rule_response made;
    struct rslvr_tag_resource_request add = {.tags = &again, .tags_n = 1};
    struct rslvr_tag_resource_response added;
    struct rslvr_untag_resource_request del = {.tag_keys = keys, .tag_keys_n = 2};
    struct rslvr_untag_resource_response deleted;
    struct rslvr_list_tags_for_resource_request list = {.max_results = {true, 2}};
    struct rslvr_list_tags_for_resource_response out;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, rslvr_create_resolver_rule, &rule, &made), 0);
    add.resource_arn = del.resource_arn = list.resource_arn = made.resolver_rule->arn;
    assert_int_equal(RUN(&f, rslvr_tag_resource, &add, &added), 0);
    assert_int_equal(RUN(&f, rslvr_list_tags_for_resource, &list, &out), 0);
    assert_int_equal(out.tags_n, 2);
    assert_string_equal(out.tags[1].value, "3");
    list.next_token = out.next_token;
    assert_int_equal(RUN(&f, rslvr_list_tags_for_resource, &list, &out), 0);
    assert_int_equal(out.tags_n, 1);
    assert_string_equal(out.tags[0].key, "c");
    assert_null(out.next_token);
    assert_int_equal(RUN(&f, rslvr_untag_resource, &del, &deleted), 0);
    list.next_token = NULL;
    assert_int_equal(RUN(&f, rslvr_list_tags_for_resource, &list, &out), 0);
    assert_string_equal(out.tags[0].key, "b");
    assert_int_equal(out.tags_n, 2);
    again.key = "aws:x";
    fixture_fault(&f, RUN(&f, rslvr_tag_resource, &add, &added), FAULT_InvalidTagException, "aws:");
    add.resource_arn = "arn:aws:route53resolver:" REGION
                       "::autodefined-rule/rslvr-autodefined-rr-internet-resolver";
    fixture_fault(&f, RUN(&f, rslvr_tag_resource, &add, &added), FAULT_InvalidRequestException,
                  "[RSLVR-00903] Cannot tag Auto Defined Rule.");
    add.resource_arn = "arn:aws:s3:::x";
    fixture_fault(&f, RUN(&f, rslvr_tag_resource, &add, &added), FAULT_InvalidParameterException,
                  "[RSLVR-00900]");
    add.resource_arn = "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-endpoint/x";
    fixture_fault(&f, RUN(&f, rslvr_tag_resource, &add, &added), FAULT_ResourceNotFoundException,
                  "does not exist");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, RUN(&f, rslvr_list_tags_for_resource, &list, &out),
                  FAULT_ResourceNotFoundException, "does not exist");
    fixture_end(&f);
}

static void too_many_tags(void **state)
{
    struct fixture f;
    struct rslvr_tag list[201];
    struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = "s", .rule_type = "SYSTEM", .domain_name = "x", .tags = list};
    struct rslvr_create_resolver_rule_response out;

    (void)state;
    fixture_begin(&f);
    for (size_t i = 0; i < N(list); i++)
        list[i] = (struct rslvr_tag){arena_printf(&f.arena, "k%zu", i), "v"};
    in.tags_n = 201;
    fixture_fault(&f, RUN(&f, rslvr_create_resolver_rule, &in, &out), FAULT_LimitExceededException,
                  "200 tags");
    in.tags_n = 200;
    assert_int_equal(RUN(&f, rslvr_create_resolver_rule, &in, &out), 0);
    list[1].key = "k0";
    in.creator_request_id = "t";
    fixture_fault(&f, RUN(&f, rslvr_create_resolver_rule, &in, &out),
                  FAULT_InvalidParameterException, "more than once");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config),
        cmocka_unit_test(tags),
        cmocka_unit_test(too_many_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
