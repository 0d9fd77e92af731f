/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of VPCs and profiles: reverse names, DNSSEC validation, firewall fail-open. */
#include "profile_fixture.h"

#include <string.h>

#include "rows/rslvr.h"

OP(rslvr_get_resolver_config)
OP(rslvr_update_resolver_config)
OP(rslvr_list_resolver_configs)
OP(rslvr_get_resolver_dnssec_config)
OP(rslvr_update_resolver_dnssec_config)
OP(rslvr_list_resolver_dnssec_configs)
OP(rslvr_get_firewall_config)
OP(rslvr_update_firewall_config)
OP(rslvr_list_firewall_configs)
OP(prof_delete_profile)

#define LOCAL "USE_LOCAL_RESOURCE_SETTING"

static const char *reverse(struct fixture *f, const char *id)
{
    const struct rslvr_get_resolver_config_request in = {id};
    struct rslvr_get_resolver_config_response out;

    assert_int_equal(RUN(f, rslvr_get_resolver_config, &in, &out), 0);
    assert_string_equal(out.resolver_config->resource_id, id);
    return out.resolver_config->autodefined_reverse;
}

static int set_reverse(struct fixture *f, const char *id, const char *flag,
                       struct rslvr_update_resolver_config_response *out)
{
    const struct rslvr_update_resolver_config_request in = {id, flag};

    return RUN(f, rslvr_update_resolver_config, &in, out);
}

static const char *dnssec(struct fixture *f, const char *id)
{
    const struct rslvr_get_resolver_dnssec_config_request in = {id};
    struct rslvr_get_resolver_dnssec_config_response out;

    assert_int_equal(RUN(f, rslvr_get_resolver_dnssec_config, &in, &out), 0);
    assert_memory_equal(out.resolver_dnssec_config->id, "rdsc-", 5);
    return out.resolver_dnssec_config->validation_status;
}

static int set_dnssec(struct fixture *f, const char *id, const char *flag,
                      struct rslvr_update_resolver_dnssec_config_response *out)
{
    const struct rslvr_update_resolver_dnssec_config_request in = {id, flag};

    return RUN(f, rslvr_update_resolver_dnssec_config, &in, out);
}

static size_t list_dnssec(struct fixture *f, const char *filter, const char *value)
{
    const char *values[] = {value};
    struct rslvr_filter filters[] = {{filter, values, 1}};
    const struct rslvr_list_resolver_dnssec_configs_request in = {.filters = filters,
                                                                  .filters_n = filter ? 1 : 0};
    struct rslvr_list_resolver_dnssec_configs_response out;

    assert_int_equal(RUN(f, rslvr_list_resolver_dnssec_configs, &in, &out), 0);
    return out.resolver_dnssec_configs_n;
}

static int firewall(struct fixture *f, const char *id, const char *state, const char **ret)
{
    const struct rslvr_update_firewall_config_request update = {id, state};
    const struct rslvr_get_firewall_config_request get = {id};
    struct rslvr_update_firewall_config_response updated;
    struct rslvr_get_firewall_config_response got;
    int err = state ? RUN(f, rslvr_update_firewall_config, &update, &updated) : 0;

    if (err)
        return err;
    err = RUN(f, rslvr_get_firewall_config, &get, &got);
    if (!err)
        *ret = got.firewall_config->firewall_fail_open;
    return err;
}

static void reverse_names(void **state)
{
    struct rslvr_update_resolver_config_response out;
    struct rslvr_list_resolver_configs_request all = {0};
    struct rslvr_list_resolver_configs_response list;
    struct fixture f;
    const char *p;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_string_equal(reverse(&f, VPC), "ENABLED");
    assert_string_equal(reverse(&f, p), LOCAL);
    assert_int_equal(set_reverse(&f, p, "DISABLE", &out), 0);
    assert_string_equal(out.resolver_config->autodefined_reverse, "DISABLING");
    assert_string_equal(reverse(&f, p), "DISABLED");
    assert_int_equal(set_reverse(&f, p, LOCAL, &out), 0);
    assert_string_equal(out.resolver_config->autodefined_reverse, "UPDATING_TO_" LOCAL);
    assert_string_equal(reverse(&f, p), LOCAL);
    fixture_fault(&f, set_reverse(&f, VPC, LOCAL, &out), FAULT_InvalidParameterException,
                  "Profiles only");
    assert_string_equal(f.c.fault.field_name, "AutodefinedReverseFlag");
    fixture_fault(&f, set_reverse(&f, "rp-x", "ENABLE", &out), FAULT_ResourceNotFoundException,
                  "[RSLVR-02025] Can\xe2\x80\x99t find the resource with ID \"rp-x\". Trace Id: ");
    assert_int_equal(RUN(&f, rslvr_list_resolver_configs, &all, &list), 0);
    assert_int_equal(list.resolver_configs_n, 1);
    fixture_end(&f);
}

static void validation(void **state)
{
    struct rslvr_update_resolver_dnssec_config_response out;
    struct fixture f;
    const char *p;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_string_equal(dnssec(&f, VPC), "DISABLED");
    assert_string_equal(dnssec(&f, p), LOCAL);
    assert_int_equal(list_dnssec(&f, NULL, NULL), 0);
    assert_int_equal(set_dnssec(&f, VPC, "ENABLE", &out), 0);
    assert_string_equal(out.resolver_dnssec_config->validation_status, "ENABLING");
    assert_string_equal(out.resolver_dnssec_config->owner_id, ACCOUNT);
    assert_int_equal(set_dnssec(&f, VPC, "ENABLE", &out), 0);
    assert_string_equal(out.resolver_dnssec_config->validation_status, "ENABLED");
    assert_int_equal(set_dnssec(&f, p, "DISABLE", &out), 0);
    assert_int_equal(list_dnssec(&f, NULL, NULL), 2);
    assert_int_equal(list_dnssec(&f, "ResourceId", p), 1);
    assert_int_equal(list_dnssec(&f, "VALIDATION_STATUS", "ENABLED"), 1);
    /* the first step back is shown, the second one removes it */
    assert_int_equal(set_dnssec(&f, VPC, "DISABLE", &out), 0);
    assert_string_equal(out.resolver_dnssec_config->validation_status, "DISABLING");
    assert_int_equal(list_dnssec(&f, "ResourceId", VPC), 1);
    assert_int_equal(set_dnssec(&f, VPC, "DISABLE", &out), 0);
    assert_int_equal(list_dnssec(&f, "ResourceId", VPC), 0);
    assert_string_equal(dnssec(&f, VPC), "DISABLED");
    fixture_fault(&f, set_dnssec(&f, VPC, LOCAL, &out), FAULT_InvalidParameterException, "");
    fixture_fault(&f, set_dnssec(&f, FOREIGN_VPC, "ENABLE", &out), FAULT_ResourceNotFoundException,
                  FOREIGN_VPC);
    fixture_end(&f);
}

static void fail_open(void **state)
{
    struct rslvr_list_firewall_configs_request in = {0};
    struct rslvr_list_firewall_configs_response list;
    struct fixture f;
    const char *p, *now;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_int_equal(firewall(&f, VPC, NULL, &now), 0);
    assert_string_equal(now, "DISABLED");
    assert_int_equal(firewall(&f, p, NULL, &now), 0);
    assert_string_equal(now, LOCAL);
    assert_int_equal(firewall(&f, p, "ENABLED", &now), 0);
    assert_string_equal(now, "ENABLED");
    assert_int_equal(firewall(&f, VPC, "ENABLED", &now), 0);
    fixture_fault(&f, firewall(&f, VPC, LOCAL, &now), FAULT_ValidationException, "Profiles only");
    fixture_fault(&f, firewall(&f, "vpc-x", "ENABLED", &now), FAULT_ResourceNotFoundException,
                  "vpc-x");
    assert_int_equal(RUN(&f, rslvr_list_firewall_configs, &in, &list), 0);
    assert_int_equal(list.firewall_configs_n, 2);
    assert_memory_equal(list.firewall_configs[0].id, "rslvr-fc-", 9);
    in.next_token = "x";
    fixture_fault(&f, RUN(&f, rslvr_list_firewall_configs, &in, &list), FAULT_ValidationException,
                  "NextToken");
    fixture_end(&f);
}

/* A profile's settings are its owner's, and go with it. */
static void profiles(void **state)
{
    struct rslvr_update_resolver_config_response out;
    struct prof_delete_profile_request gone;
    struct prof_delete_profile_response deleted;
    struct fixture f;
    const char *p, *now;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_int_equal(set_reverse(&f, p, "DISABLE", &out), 0);
    assert_int_equal(firewall(&f, p, "ENABLED", &now), 0);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, set_reverse(&f, p, "ENABLE", &out), FAULT_ResourceNotFoundException, p);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), ADMIN);
    fixture_fault(&f, set_reverse(&f, p, "ENABLE", &out), FAULT_AccessDeniedException,
                  "route53resolver:UpdateResolverConfig");
    fixture_fault(&f, firewall(&f, p, "ENABLED", &now), FAULT_AccessDeniedException,
                  "route53resolver:UpdateFirewallConfig");
    fixture_caller(&f, ACCOUNT, REGION);
    gone.profile_id = p;
    assert_int_equal(RUN(&f, prof_delete_profile, &gone, &deleted), 0);
    assert_int_equal(fixture_count(&f, &kind_config), 0);
    assert_int_equal(fixture_count(&f, &kind_firewall_config), 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(reverse_names),
        cmocka_unit_test(validation),
        cmocka_unit_test(fail_open),
        cmocka_unit_test(profiles),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
