/* SPDX-License-Identifier: Apache-2.0 */
/* DescribeNetworkInterfaces: the interfaces that endpoints hold, as clients see them. */
#include <string.h>

#include "base/error.h"
#include "control/ec2_describe.h"

/* "ip-10-0-0-4.<region domain>" where the VPC gives names to its hosts; NULL elsewhere. */
static int private_name(struct ctl *c, const struct obj_interface *eni, const char **ret)
{
    struct obj_vpc vpc;
    *ret = NULL;
    if (!eni->private_ip)
        return 0;
    int err = ctl_get(c, &kind_vpc, eni->vpc_id, &vpc);
    if (err || vpc.enable_dns_hostnames != TRI_TRUE)
        return err;
    char *dashed = arena_str(c->arena, eni->private_ip);
    for (char *p = dashed; p && *p; p++)
        if (*p == '.')
            *p = '-';
    if (dashed)
        *ret = strcmp(c->region, "us-east-1") == 0
                   ? arena_printf(c->arena, "ip-%s.ec2.internal", dashed)
                   : arena_printf(c->arena, "ip-%s.%s.compute.internal", dashed, c->region);
    return *ret ? 0 : ERR_NOMEM;
}

static int groups_out(struct ctl *c, const struct obj_interface *eni,
                      struct ec2_network_interface *n)
{
    n->groups = arena_zalloc(c->arena, eni->group_ids_n + 1, sizeof *n->groups);
    if (!n->groups)
        return ERR_NOMEM;
    n->groups_n = eni->group_ids_n;
    for (size_t i = 0; i < eni->group_ids_n; i++) {
        struct obj_group g;
        int err = ctl_get(c, &kind_group, eni->group_ids[i], &g);
        if (err)
            return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
        n->groups[i] = (struct ec2_group_identifier){g.id, g.name};
    }
    return 0;
}

static int addresses_out(struct ctl *c, const struct obj_interface *eni,
                         struct ec2_network_interface *n)
{
    n->private_ip_addresses = arena_zalloc(c->arena, 1, sizeof *n->private_ip_addresses);
    n->ipv6_addresses = arena_zalloc(c->arena, eni->ipv6_n + 1, sizeof *n->ipv6_addresses);
    if (!n->private_ip_addresses || !n->ipv6_addresses)
        return ERR_NOMEM;
    if (eni->private_ip) {
        n->private_ip_addresses_n = 1;
        n->private_ip_addresses[0] = (struct ec2_network_interface_private_ip_address){
            TRI_TRUE, n->private_dns_name, eni->private_ip};
    }
    n->ipv6_addresses_n = eni->ipv6_n;
    for (size_t i = 0; i < eni->ipv6_n; i++)
        n->ipv6_addresses[i].ipv6_address = eni->ipv6[i];
    if (eni->ipv6_n)
        n->ipv6_address = eni->ipv6[0];
    return 0;
}

static int interface_out(struct ctl *c, const struct obj_interface *eni,
                         struct ec2_network_interface *ret)
{
    struct ec2_network_interface n = {
        .network_interface_id = eni->id,
        .subnet_id = eni->subnet_id,
        .vpc_id = eni->vpc_id,
        .availability_zone = eni->availability_zone,
        .availability_zone_id = eni->availability_zone_id,
        .description = eni->description,
        .owner_id = eni->owner_account,
        .requester_id = eni->requester_id,
        .requester_managed = TRI_TRUE,
        .status = "in-use",
        .interface_type = "interface",
        .mac_address = eni->mac_address,
        .private_ip_address = eni->private_ip,
        .source_dest_check = TRI_TRUE,
        .attachment = arena_zalloc(c->arena, 1, sizeof *n.attachment),
        .deny_all_igw_traffic = TRI_FALSE,
        .operator= arena_zalloc(c->arena, 1, sizeof *n.operator),
    };
    if (!n.attachment || !n.operator)
        return ERR_NOMEM;
    *n.attachment = (struct ec2_network_interface_attachment){.attachment_id = eni->attachment_id,
                                                              .delete_on_termination = TRI_FALSE,
                                                              .device_index = {true, 1},
                                                              .instance_owner_id = "amazon-aws",
                                                              .status = "attached"};
    n.operator->managed = TRI_FALSE;
    int err = private_name(c, eni, &n.private_dns_name);
    if (!err)
        err = groups_out(c, eni, &n);
    if (!err)
        err = addresses_out(c, eni, &n);
    if (!err)
        err = ec2_tags_out(c, eni->tags, eni->tags_n, &n.tag_set, &n.tag_set_n);
    if (!err)
        *ret = n;
    return err;
}

static void offer_groups(struct filter_test *t, const void *obj)
{
    const struct obj_interface *eni = obj;
    for (size_t i = 0; i < eni->group_ids_n; i++)
        filter_offer(t, eni->group_ids[i]);
}

static void offer_group_names(struct filter_test *t, const void *obj)
{
    const struct obj_interface *eni = obj;
    for (size_t i = 0; i < eni->group_ids_n; i++) {
        struct obj_group g;
        if (ctl_get(t->c, &kind_group, eni->group_ids[i], &g) == 0)
            filter_offer(t, g.name);
    }
}

static void offer_ipv6(struct filter_test *t, const void *obj)
{
    const struct obj_interface *eni = obj;
    for (size_t i = 0; i < eni->ipv6_n; i++)
        filter_offer(t, eni->ipv6[i]);
}

static void offer_private_name(struct filter_test *t, const void *obj)
{
    const char *name;
    if (private_name(t->c, obj, &name) == 0)
        filter_offer(t, name);
}

static const struct filter_name interface_filters[] = {
    FILTER_TEXT("network-interface-id", struct obj_interface, id),
    FILTER_TEXT("vpc-id", struct obj_interface, vpc_id),
    FILTER_TEXT("subnet-id", struct obj_interface, subnet_id),
    FILTER_TEXT("description", struct obj_interface, description),
    FILTER_TEXT("private-ip-address", struct obj_interface, private_ip),
    FILTER_TEXT("addresses.private-ip-address", struct obj_interface, private_ip),
    FILTER_CONST("addresses.primary", "true"),
    FILTER_CALL("ipv6-addresses.ipv6-address", offer_ipv6),
    FILTER_CALL("private-dns-name", offer_private_name),
    FILTER_CALL("group-id", offer_groups),
    FILTER_CALL("group-name", offer_group_names),
    FILTER_TEXT("mac-address", struct obj_interface, mac_address),
    FILTER_TEXT("requester-id", struct obj_interface, requester_id),
    FILTER_CONST("requester-managed", "true"),
    FILTER_CONST("interface-type", "interface"),
    FILTER_CONST("source-dest-check", "true"),
    FILTER_CONST("status", "in-use"),
    FILTER_TEXT("owner-id", struct obj_interface, owner_account),
    FILTER_TEXT("availability-zone", struct obj_interface, availability_zone),
    FILTER_TEXT("availability-zone-id", struct obj_interface, availability_zone_id),
    FILTER_TEXT("attachment.attachment-id", struct obj_interface, attachment_id),
    FILTER_CONST("attachment.status", "attached"),
    FILTER_CONST("attachment.device-index", "1"),
    FILTER_CONST("attachment.delete-on-termination", "false"),
    FILTER_CONST("attachment.instance-owner-id", "amazon-aws"),
    /* no instance is ever behind an interface of ours */
    {"attachment.instance-id", FILTER_HOW_CONST, 0, NULL, NULL},
    FILTER_CONST("operator.managed", "false"),
    FILTER_END,
};

/* The reply under construction. */
struct listing {
    struct ctl *c;
    struct ec2_describe_network_interfaces_response *out;
};

static int list_add(void *ctx, void *obj)
{
    struct listing *l = ctx;
    struct ec2_network_interface *n =
        list_grow(l->c, &l->out->network_interfaces, &l->out->network_interfaces_n, sizeof *n);
    return n ? interface_out(l->c, obj, n) : ERR_NOMEM;
}

int ec2_describe_network_interfaces(struct ctl *c,
                                    const struct ec2_describe_network_interfaces_request *in,
                                    struct ec2_describe_network_interfaces_response *out)
{
    struct listing l = {c, out};
    struct describe d = {
        .op = "DescribeNetworkInterfaces",
        .what = EC2_INTERFACE,
        .ids = in->network_interface_ids,
        .ids_n = in->network_interface_ids_n,
        .filters = {.filters = in->filters, .filters_n = in->filters_n, .names = interface_filters},
        .max_results = in->max_results,
        .next_token = in->next_token,
        .add = list_add,
        .ctx = &l,
    };
    int err = describe_run(c, &d, &out->next_token);
    out->network_interfaces = list_given(out->network_interfaces);
    return err;
}
