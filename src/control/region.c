/* SPDX-License-Identifier: Apache-2.0 */
/* Places and the account: regions, their zones, and what an account may do. Every region name works
 * here; those that clients know by heart are listed, and the caller's own. */
#include <string.h>

#include "base/error.h"
#include "control/ec2_describe.h"

static const char *const regions[] = {
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
    "ap-southeast-2", "ca-central-1",   "eu-central-1",   "eu-north-1", "eu-west-1",
    "eu-west-2",      "eu-west-3",      "sa-east-1",      "us-east-1",  "us-east-2",
    "us-west-1",      "us-west-2"};
#define REGIONS_N (sizeof regions / sizeof *regions)

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < REGIONS_N; i++)
        if (strcmp(regions[i], name) == 0)
            return true;
    return false;
}

static bool list_has(const char *const *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return !n;
}

static const struct filter_name region_filters[] = {
    FILTER_TEXT("region-name", struct ec2_region, region_name),
    FILTER_TEXT("endpoint", struct ec2_region, endpoint),
    FILTER_TEXT("opt-in-status", struct ec2_region, opt_in_status),
    FILTER_END,
};

static int region_add(struct ctl *c, const struct ec2_describe_regions_request *in,
                      const char *name, struct ec2_describe_regions_response *out)
{
    struct filter_set set = {in->filters, in->filters_n, region_filters, 0, 0};
    struct ec2_region r = {name, arena_printf(c->arena, "ec2.%s.amazonaws.com", name),
                           "opt-in-not-required"};
    if (!r.endpoint)
        return ERR_NOMEM;
    if (!list_has(in->region_names, in->region_names_n, name) || !filter_match(c, &set, &r))
        return 0;
    struct ec2_region *slot = list_grow(c, &out->regions, &out->regions_n, sizeof *slot);
    if (!slot)
        return ERR_NOMEM;
    *slot = r;
    return 0;
}

int ec2_describe_regions(struct ctl *c, const struct ec2_describe_regions_request *in,
                         struct ec2_describe_regions_response *out)
{
    struct filter_set set = {in->filters, in->filters_n, region_filters, 0, 0};
    int err = filter_check(c, &set);
    for (size_t i = 0; i < in->region_names_n && !err; i++)
        if (!is_listed(in->region_names[i]) && strcmp(in->region_names[i], c->region) != 0)
            err = ctl_fail(c, FAULT_InvalidParameterValue, "Invalid region name: [%s]",
                           in->region_names[i]);
    for (size_t i = 0; i < REGIONS_N && !err; i++)
        err = region_add(c, in, regions[i], out);
    if (!err && !is_listed(c->region))
        err = region_add(c, in, c->region, out);
    out->regions = list_given(out->regions);
    return err;
}

static const struct filter_name zone_filters[] = {
    FILTER_TEXT("zone-name", struct ec2_availability_zone, zone_name),
    FILTER_TEXT("zone-id", struct ec2_availability_zone, zone_id),
    FILTER_TEXT("region-name", struct ec2_availability_zone, region_name),
    FILTER_TEXT("group-name", struct ec2_availability_zone, group_name),
    FILTER_TEXT("state", struct ec2_availability_zone, state),
    FILTER_TEXT("opt-in-status", struct ec2_availability_zone, opt_in_status),
    FILTER_TEXT("zone-type", struct ec2_availability_zone, zone_type),
    /* zones of ours belong to no other zone, and have no words for people */
    {"parent-zone-name", FILTER_HOW_CONST, 0, NULL, NULL},
    {"parent-zone-id", FILTER_HOW_CONST, 0, NULL, NULL},
    {"message", FILTER_HOW_CONST, 0, NULL, NULL},
    FILTER_END,
};

int ec2_describe_availability_zones(struct ctl *c,
                                    const struct ec2_describe_availability_zones_request *in,
                                    struct ec2_describe_availability_zones_response *out)
{
    struct filter_set set = {in->filters, in->filters_n, zone_filters, 0, 0};
    const char *name, *id;
    int err = filter_check(c, &set);
    for (size_t i = 0; i < in->zone_names_n && !err; i++)
        if (ec2_zone_find(c, in->zone_names[i], NULL, &name, &id) == ERR_NOT_FOUND)
            err = ctl_fail(c, FAULT_InvalidParameterValue, "Invalid availability zone: [%s]",
                           in->zone_names[i]);
    for (size_t i = 0; i < in->zone_ids_n && !err; i++)
        if (ec2_zone_find(c, NULL, in->zone_ids[i], &name, &id) == ERR_NOT_FOUND)
            err = ctl_fail(c, FAULT_InvalidParameterValue, "Invalid availability zone-id: [%s]",
                           in->zone_ids[i]);
    for (char letter = 'a'; letter <= 'c' && !err; letter++) {
        char *zone = arena_printf(c->arena, "%s%c", c->region, letter);
        struct ec2_availability_zone z = {.state = "available",
                                          .opt_in_status = "opt-in-not-required",
                                          .messages = list_given(NULL),
                                          .region_name = c->region,
                                          .zone_name = zone,
                                          .zone_id = zone ? ec2_zone_id(c, zone) : NULL,
                                          .group_name =
                                              arena_printf(c->arena, "%s-zg-1", c->region),
                                          .network_border_group = c->region,
                                          .zone_type = "availability-zone"};
        if (!z.zone_id || !z.group_name)
            return ERR_NOMEM;
        if (!list_has(in->zone_names, in->zone_names_n, z.zone_name) ||
            !list_has(in->zone_ids, in->zone_ids_n, z.zone_id) || !filter_match(c, &set, &z))
            continue;
        struct ec2_availability_zone *slot =
            list_grow(c, &out->availability_zones, &out->availability_zones_n, sizeof *slot);
        if (!slot)
            return ERR_NOMEM;
        *slot = z;
    }
    out->availability_zones = list_given(out->availability_zones);
    return err;
}

int ec2_describe_account_attributes(struct ctl *c,
                                    const struct ec2_describe_account_attributes_request *in,
                                    struct ec2_describe_account_attributes_response *out)
{
    static struct ec2_account_attribute_value vpc = {"VPC"}, none = {"none"};
    static const struct ec2_account_attribute all[] = {
        {"supported-platforms", &vpc, 1},
        {"default-vpc", &none, 1},
    };
    for (size_t i = 0; i < in->attribute_names_n; i++)
        if (strcmp(in->attribute_names[i], all[0].attribute_name) != 0 &&
            strcmp(in->attribute_names[i], all[1].attribute_name) != 0)
            return ctl_fail(c, FAULT_InvalidParameterValue,
                            "Value (%s) for parameter attributeName is invalid. Invalid value.",
                            in->attribute_names[i]);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!list_has(in->attribute_names, in->attribute_names_n, all[i].attribute_name))
            continue;
        struct ec2_account_attribute *a =
            list_grow(c, &out->account_attributes, &out->account_attributes_n, sizeof *a);
        if (!a)
            return ERR_NOMEM;
        *a = all[i];
    }
    return 0;
}

int ec2_describe_prefix_lists(struct ctl *c, const struct ec2_describe_prefix_lists_request *in,
                              struct ec2_describe_prefix_lists_response *out)
{
    if (in->prefix_list_ids_n)
        return ctl_fail(c, FAULT_InvalidPrefixListIdNotFound,
                        "The prefix list ID '%s' does not exist", in->prefix_list_ids[0]);
    out->prefix_lists = list_given(NULL);
    return 0;
}
