/* SPDX-License-Identifier: Apache-2.0 */
/* What comes with a VPC and what clients read for each: its main route table, its default network
 * ACL, and the account's default DHCP options set. None of them decides anything here. */
#include <string.h>

#include "base/error.h"
#include "control/ec2_describe.h"
#include "control/vpc.h"

/* A listing of things that are derived from VPCs: the ids asked for become one more filter. */
struct derived {
    struct ctl *c;
    const char *id_filter;
    enum fault_code missing;
    const char *missing_text;
    const char **ids;
    size_t ids_n;
};

static int derived_filters(const struct derived *d, struct opt_int max_results,
                           struct filter_set *set)
{
    if (!d->ids_n)
        return 0;
    if (max_results.set)
        return ctl_fail(d->c, FAULT_InvalidParameterCombination,
                        "A list of ids cannot be used with the parameter maxResults");
    struct ec2_filter *all = arena_zalloc(d->c->arena, set->filters_n + 1, sizeof *all);
    if (!all)
        return ERR_NOMEM;
    if (set->filters_n)
        memcpy(all, set->filters, set->filters_n * sizeof *all);
    all[set->filters_n++] = (struct ec2_filter){d->id_filter, d->ids, d->ids_n};
    set->filters = all;
    return 0;
}

/* Every id asked for was found, or the fault of the first that was not. */
static int derived_found(const struct derived *d, const char *const *found, size_t n)
{
    for (size_t i = 0; i < d->ids_n; i++) {
        bool seen = false;
        for (size_t j = 0; j < n && !seen; j++)
            seen = strcmp(found[j], d->ids[i]) == 0;
        if (!seen) {
            char *text = arena_printf(d->c->arena, d->missing_text, d->ids[i]);
            return text ? ctl_fail(d->c, d->missing, "%s", text) : ERR_NOMEM;
        }
    }
    return 0;
}

/* ---- route tables */

static const struct filter_name table_filters[] = {
    FILTER_TEXT("route-table-id", struct obj_vpc, main_route_table_id),
    FILTER_TEXT("vpc-id", struct obj_vpc, id),
    FILTER_TEXT("owner-id", struct obj_vpc, owner_account),
    FILTER_CONST("association.main", "true"),
    FILTER_TEXT("association.route-table-id", struct obj_vpc, main_route_table_id),
    FILTER_TEXT("association.route-table-association-id", struct obj_vpc,
                main_route_table_association_id),
    /* subnets use the main table without an association of their own, and tables have no tags */
    {"association.subnet-id", FILTER_HOW_CONST, 0, NULL, NULL},
    {"association.gateway-id", FILTER_HOW_CONST, 0, NULL, NULL},
    {"tag-key", FILTER_HOW_CONST, 0, NULL, NULL},
    FILTER_CONST("route.gateway-id", "local"),
    FILTER_CONST("route.state", "active"),
    FILTER_CONST("route.origin", "CreateRouteTable"),
    FILTER_END,
};

/* Tables and ACLs have no tags, so what is asked for under tag:KEY is nothing. */
static int names_with_tags(struct ctl *c, const struct filter_name *base, struct filter_set *set)
{
    size_t n = 0;
    while (base[n].name)
        n++;
    struct filter_name *names = arena_zalloc(c->arena, n + set->filters_n + 1, sizeof *names);
    if (!names)
        return ERR_NOMEM;
    memcpy(names, base, n * sizeof *names);
    for (size_t i = 0; i < set->filters_n; i++)
        if (set->filters[i].name && strncmp(set->filters[i].name, "tag:", 4) == 0)
            names[n++] =
                (struct filter_name){set->filters[i].name, FILTER_HOW_CONST, 0, NULL, NULL};
    set->names = names;
    return 0;
}

struct table_listing {
    struct ctl *c;
    struct ec2_describe_route_tables_response *out;
    const char **found;
    size_t found_n;
};

static int note_found(struct ctl *c, const char ***found, size_t *n, const char *id)
{
    const char **slot = list_grow(c, found, n, sizeof *slot);
    if (!slot)
        return ERR_NOMEM;
    *slot = id;
    return 0;
}

static int table_routes(struct ctl *c, const struct obj_vpc *vpc, struct ec2_route_table *t)
{
    for (size_t i = 0; i < vpc->cidr_blocks_n + vpc->ipv6_cidr_blocks_n; i++) {
        struct ec2_route *r = list_grow(c, &t->routes, &t->routes_n, sizeof *r);
        if (!r)
            return ERR_NOMEM;
        *r = (struct ec2_route){
            .gateway_id = "local", .state = "active", .origin = "CreateRouteTable"};
        if (i < vpc->cidr_blocks_n)
            r->destination_cidr_block = vpc->cidr_blocks[i].cidr_block;
        else
            r->destination_ipv6_cidr_block =
                vpc->ipv6_cidr_blocks[i - vpc->cidr_blocks_n].cidr_block;
    }
    return 0;
}

static int table_add(void *ctx, void *obj)
{
    struct table_listing *l = ctx;
    struct ctl *c = l->c;
    const struct obj_vpc *vpc = obj;
    struct ec2_route_table *t =
        list_grow(c, &l->out->route_tables, &l->out->route_tables_n, sizeof *t);
    struct ec2_route_table_association *a = arena_zalloc(c->arena, 1, sizeof *a);
    struct ec2_route_table_association_state *state = arena_zalloc(c->arena, 1, sizeof *state);
    if (!t || !a || !state)
        return ERR_NOMEM;
    state->state = "associated";
    *a = (struct ec2_route_table_association){
        .route_table_association_id = vpc->main_route_table_association_id,
        .route_table_id = vpc->main_route_table_id,
        .main = TRI_TRUE,
        .association_state = state,
    };
    *t = (struct ec2_route_table){.route_table_id = vpc->main_route_table_id,
                                  .vpc_id = vpc->id,
                                  .owner_id = vpc->owner_account,
                                  .associations = a,
                                  .associations_n = 1,
                                  .propagating_vgws = list_given(NULL),
                                  .tags = list_given(NULL)};
    int err = note_found(c, &l->found, &l->found_n, t->route_table_id);
    return err ? err : table_routes(c, vpc, t);
}

int ec2_describe_route_tables(struct ctl *c, const struct ec2_describe_route_tables_request *in,
                              struct ec2_describe_route_tables_response *out)
{
    struct table_listing l = {.c = c, .out = out};
    struct derived derived = {.c = c,
                              .id_filter = "route-table-id",
                              .missing = FAULT_InvalidRouteTableIDNotFound,
                              .missing_text = "The routeTable ID '%s' does not exist",
                              .ids = in->route_table_ids,
                              .ids_n = in->route_table_ids_n};
    struct describe d = {
        .op = "DescribeRouteTables",
        .what = EC2_VPC,
        .filters = {.filters = in->filters, .filters_n = in->filters_n},
        .max_results = in->max_results,
        .next_token = in->next_token,
        .add = table_add,
        .ctx = &l,
    };
    int err = names_with_tags(c, table_filters, &d.filters);
    if (!err)
        err = derived_filters(&derived, in->max_results, &d.filters);
    if (!err)
        err = describe_run(c, &d, &out->next_token);
    if (!err)
        err = derived_found(&derived, l.found, l.found_n);
    out->route_tables = list_given(out->route_tables);
    return err;
}

/* ---- network ACLs */

static int see_subnet(void *ctx, const char *key, const char *value)
{
    (void)value;
    filter_offer(ctx, strrchr(key, '/') + 1);
    return ((struct filter_test *)ctx)->hit ? CTL_STOP : 0;
}

static void offer_subnets(struct filter_test *t, const void *obj)
{
    const struct obj_vpc *vpc = obj;
    char *prefix = arena_printf(t->c->arena, "%s/%s/", vpc->id, kind_subnet.name);
    if (prefix)
        (void)!ctl_index_list(t->c, "vpc-uses", prefix, see_subnet, t);
}

static const struct filter_name acl_filters[] = {
    FILTER_TEXT("network-acl-id", struct obj_vpc, default_acl_id),
    FILTER_TEXT("association.network-acl-id", struct obj_vpc, default_acl_id),
    FILTER_TEXT("vpc-id", struct obj_vpc, id),
    FILTER_TEXT("owner-id", struct obj_vpc, owner_account),
    FILTER_CONST("default", "true"),
    FILTER_CALL("association.subnet-id", offer_subnets),
    {"tag-key", FILTER_HOW_CONST, 0, NULL, NULL},
    FILTER_END,
};

struct acl_listing {
    struct ctl *c;
    struct ec2_describe_network_acls_response *out;
    struct ec2_network_acl *acl; /* under construction */
    const char **found;
    size_t found_n;
};

static int acl_subnet(void *ctx, const char *key, const char *value)
{
    (void)value;
    struct acl_listing *l = ctx;
    struct obj_subnet s;
    int err = ctl_get(l->c, &kind_subnet, strrchr(key, '/') + 1, &s);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    struct ec2_network_acl_association *a =
        list_grow(l->c, &l->acl->associations, &l->acl->associations_n, sizeof *a);
    if (!a)
        return ERR_NOMEM;
    *a = (struct ec2_network_acl_association){s.acl_association_id, l->acl->network_acl_id, s.id};
    return 0;
}

/* The rules of every default ACL: all may pass (100), what is left may not (32767). */
static int acl_entries(struct ctl *c, bool six, struct ec2_network_acl *acl)
{
    for (int i = 0; i < (six ? 8 : 4); i++) {
        struct ec2_network_acl_entry *e = list_grow(c, &acl->entries, &acl->entries_n, sizeof *e);
        if (!e)
            return ERR_NOMEM;
        bool last = i & 1, v6 = i >= 4;
        *e = (struct ec2_network_acl_entry){
            .rule_number = {true, (last ? 32767 : 100) + v6},
            .protocol = "-1",
            .rule_action = last ? "deny" : "allow",
            .egress = i & 2 ? TRI_FALSE : TRI_TRUE,
            .cidr_block = v6 ? NULL : "0.0.0.0/0",
            .ipv6_cidr_block = v6 ? "::/0" : NULL,
        };
    }
    return 0;
}

static int acl_add(void *ctx, void *obj)
{
    struct acl_listing *l = ctx;
    struct ctl *c = l->c;
    const struct obj_vpc *vpc = obj;
    struct ec2_network_acl *a =
        list_grow(c, &l->out->network_acls, &l->out->network_acls_n, sizeof *a);
    char *prefix = arena_printf(c->arena, "%s/%s/", vpc->id, kind_subnet.name);
    if (!a || !prefix)
        return ERR_NOMEM;
    *a = (struct ec2_network_acl){.network_acl_id = vpc->default_acl_id,
                                  .vpc_id = vpc->id,
                                  .owner_id = vpc->owner_account,
                                  .is_default = TRI_TRUE,
                                  .tags = list_given(NULL)};
    l->acl = a;
    int err = acl_entries(c, vpc->ipv6_cidr_blocks_n, a);
    if (!err)
        err = ctl_index_list(c, "vpc-uses", prefix, acl_subnet, l);
    a->associations = list_given(a->associations);
    return err ? err : note_found(c, &l->found, &l->found_n, a->network_acl_id);
}

int ec2_describe_network_acls(struct ctl *c, const struct ec2_describe_network_acls_request *in,
                              struct ec2_describe_network_acls_response *out)
{
    struct acl_listing l = {.c = c, .out = out};
    struct derived derived = {.c = c,
                              .id_filter = "network-acl-id",
                              .missing = FAULT_InvalidNetworkAclIDNotFound,
                              .missing_text = "The networkAcl ID '%s' does not exist",
                              .ids = in->network_acl_ids,
                              .ids_n = in->network_acl_ids_n};
    struct describe d = {
        .op = "DescribeNetworkAcls",
        .what = EC2_VPC,
        .filters = {.filters = in->filters, .filters_n = in->filters_n},
        .max_results = in->max_results,
        .next_token = in->next_token,
        .add = acl_add,
        .ctx = &l,
    };
    int err = names_with_tags(c, acl_filters, &d.filters);
    if (!err)
        err = derived_filters(&derived, in->max_results, &d.filters);
    if (!err)
        err = describe_run(c, &d, &out->next_token);
    if (!err)
        err = derived_found(&derived, l.found, l.found_n);
    out->network_acls = list_given(out->network_acls);
    return err;
}

/* ---- DHCP options */

static void offer_dhcp_values(struct filter_test *t, const void *obj)
{
    const struct ec2_dhcp_options *o = obj;
    bool key = strcmp(t->filter->name, "key") == 0;
    for (size_t i = 0; i < o->dhcp_configurations_n; i++)
        filter_offer(t, key ? o->dhcp_configurations[i].key
                            : o->dhcp_configurations[i].values[0].value);
}

static const struct filter_name dhcp_filters[] = {
    FILTER_TEXT("dhcp-options-id", struct ec2_dhcp_options, dhcp_options_id),
    FILTER_TEXT("owner-id", struct ec2_dhcp_options, owner_id),
    FILTER_CALL("key", offer_dhcp_values),
    FILTER_CALL("value", offer_dhcp_values),
    {"tag-key", FILTER_HOW_CONST, 0, NULL, NULL},
    FILTER_END,
};

static int dhcp_default(struct ctl *c, struct ec2_dhcp_options *o)
{
    struct ec2_attribute_value *values = arena_zalloc(c->arena, 2, sizeof *values);
    struct ec2_dhcp_configuration *lines = arena_zalloc(c->arena, 2, sizeof *lines);
    bool first = strcmp(c->region, "us-east-1") == 0;
    char *domain = first ? arena_str(c->arena, "ec2.internal")
                         : arena_printf(c->arena, "%s.compute.internal", c->region);
    if (!values || !lines || !domain)
        return ERR_NOMEM;
    values[0].value = domain;
    values[1].value = "AmazonProvidedDNS";
    lines[0] = (struct ec2_dhcp_configuration){"domain-name", &values[0], 1};
    lines[1] = (struct ec2_dhcp_configuration){"domain-name-servers", &values[1], 1};
    *o = (struct ec2_dhcp_options){.dhcp_options_id = ec2_dhcp_default_id(c),
                                   .owner_id = c->account,
                                   .dhcp_configurations = lines,
                                   .dhcp_configurations_n = 2,
                                   .tags = list_given(NULL)};
    return o->dhcp_options_id ? 0 : ERR_NOMEM;
}

int ec2_describe_dhcp_options(struct ctl *c, const struct ec2_describe_dhcp_options_request *in,
                              struct ec2_describe_dhcp_options_response *out)
{
    struct filter_set set = {.filters = in->filters, .filters_n = in->filters_n};
    struct ec2_dhcp_options *o = arena_zalloc(c->arena, 1, sizeof *o);
    size_t max;
    int err = o ? names_with_tags(c, dhcp_filters, &set) : ERR_NOMEM;
    if (!err)
        err = filter_check(c, &set);
    if (!err)
        err = describe_max(c, in->max_results, &max);
    if (!err)
        err = dhcp_default(c, o);
    for (size_t i = 0; i < in->dhcp_options_ids_n && !err; i++)
        if (strcmp(in->dhcp_options_ids[i], o->dhcp_options_id) != 0)
            err = ctl_fail(c, FAULT_InvalidDhcpOptionIDNotFound,
                           "The dhcpOption ID '%s' does not exist", in->dhcp_options_ids[i]);
    if (err)
        return err;
    out->dhcp_options = o;
    out->dhcp_options_n = filter_match(c, &set, o);
    return 0;
}
