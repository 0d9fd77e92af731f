/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver endpoints: creation, reading, update, deletion (spec: resolver.md 2, 6.6.1).
 *
 * No status is stored. A creation is answered CREATING, a change UPDATING, a deletion DELETING, as
 * clients expect; every later read derives the status from what the data plane says about the
 * endpoint's addresses (model/status.h), so that it can neither be stale nor need a second write.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "control/resolver_priv.h"
#include "model/publish.h"
#include "model/status.h"

/* The data plane may need this long to open the addresses of a new endpoint. */
#define YOUNG_NS (60 * NS_PER_S)

static const struct filter_name endpoint_filters[] = {
    {"CreatorRequestId", "CREATOR_REQUEST_ID"},
    {"Direction", "DIRECTION"},
    {"HostVPCId", "HOST_VPC_ID"},
    {"IpAddressCount", "IP_ADDRESS_COUNT"},
    {"Name", "NAME"},
    {"SecurityGroupIds", "SECURITY_GROUP_IDS"},
    {"Status", "STATUS"},
    {NULL, NULL},
};

int resolver_endpoint_get(struct ctl *c, const char *id, struct obj_endpoint *ret)
{
    int err = ctl_get_own(c, &kind_endpoint, id, ret);

    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "Resolver endpoint with ID \"%s\" does not exist.", id),
                                   kind_endpoint.name);
    return err;
}

bool endpoint_is_young(const struct ctl *c, const char *creation_time)
{
    char limit[CLOCK_TEXT_MAX];

    if (!creation_time || c->now_ns < YOUNG_NS)
        return false;
    /* Times of one form sort as text. */
    clock_format(c->now_ns - YOUNG_NS, 3, limit, sizeof limit);
    return strcmp(creation_time, limit) >= 0;
}

enum address_state endpoint_address_state(struct ctl *c, const struct obj_endpoint_address *a,
                                          const char **ret_text)
{
    char text[STATUS_TEXT_MAX] = "";
    enum status status = STATUS_UP;

    if (c->publisher)
        status = status_get(publisher_board(c->publisher), a->id, text, sizeof text);
    switch (status) {
    case STATUS_UP:
        *ret_text = "This IP address is operational.";
        return ADDRESS_READY;
    case STATUS_DOWN:
        *ret_text = arena_str(c->arena, text);
        return ADDRESS_FAILED;
    case STATUS_UNKNOWN:
        break;
    }
    *ret_text = "";
    return endpoint_is_young(c, a->modification_time) ? ADDRESS_WAITING : ADDRESS_LOST;
}

/* Derives status and message of a stored endpoint; the worst of its addresses decides. */
static void endpoint_status(struct ctl *c, const struct obj_endpoint *e,
                            struct rslvr_resolver_endpoint *v)
{
    enum address_state worst = ADDRESS_READY;

    v->status_message = "This Resolver Endpoint is operational.";
    for (size_t i = 0; i < e->addresses_n; i++) {
        const struct obj_endpoint_address *a = &e->addresses[i];
        const char *text;
        enum address_state state = endpoint_address_state(c, a, &text);

        if (state <= worst)
            continue;
        worst = state;
        if (state == ADDRESS_FAILED)
            v->status_message =
                arena_printf(c->arena, "%s: %s", a->ip ? a->ip : a->ipv6, text ? text : "");
    }
    switch (worst) {
    case ADDRESS_READY:
        v->status = "OPERATIONAL";
        break;
    case ADDRESS_WAITING:
        v->status = endpoint_is_young(c, e->creation_time) ? "CREATING" : "UPDATING";
        v->status_message = endpoint_is_young(c, e->creation_time)
                                ? "Creating the Resolver Endpoint"
                                : "Updating the Resolver Endpoint";
        break;
    case ADDRESS_LOST:
        v->status = "AUTO_RECOVERING";
        v->status_message = "The addresses of this Resolver Endpoint are being opened.";
        break;
    case ADDRESS_FAILED:
        v->status = "ACTION_NEEDED";
        break;
    }
}

int endpoint_view(struct ctl *c, const struct obj_endpoint *e, struct rslvr_resolver_endpoint *ret)
{
    *ret = (struct rslvr_resolver_endpoint){
        .id = e->id,
        .creator_request_id = e->creator_request_id,
        .arn = e->arn,
        .name = e->name,
        .security_group_ids = e->security_group_ids,
        .security_group_ids_n = e->security_group_ids_n,
        .direction = e->direction,
        .ip_address_count = {true, (int64_t)e->addresses_n},
        .host_vpc_id = e->host_vpc_id,
        .creation_time = e->creation_time,
        .modification_time = e->modification_time,
        .resolver_endpoint_type = e->resolver_endpoint_type,
        .protocols = e->protocols,
        .protocols_n = e->protocols_n,
        .rni_enhanced_metrics_enabled = e->rni_enhanced_metrics_enabled,
        .target_name_server_metrics_enabled = e->target_name_server_metrics_enabled,
        .dns64_enabled = e->dns64_enabled,
        .ipv6_internet_access_enabled = e->ipv6_internet_access_enabled,
    };
    endpoint_status(c, e, ret);
    return ret->status_message ? 0 : ERR_NOMEM;
}

/* The view with the status of a moment: what the answer of a mutation shows. */
static struct rslvr_resolver_endpoint *endpoint_answer(struct ctl *c, const struct obj_endpoint *e,
                                                       const char *status, const char *message)
{
    struct rslvr_resolver_endpoint *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v || endpoint_view(c, e, v) != 0)
        return NULL;
    if (status) {
        v->status = status;
        v->status_message = message;
    }
    return v->status_message ? v : NULL;
}

int endpoint_switches_check(struct ctl *c, const struct obj_endpoint *e)
{
    bool outbound = strcmp(e->direction, "OUTBOUND") == 0;
    bool inbound = strcmp(e->direction, "INBOUND") == 0;

    if (!inbound && e->dns64_enabled == TRI_TRUE)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "Dns64Enabled is supported for inbound Resolver endpoints only.");
    if (!outbound && e->target_name_server_metrics_enabled == TRI_TRUE)
        return ctl_fail(
            c, FAULT_InvalidRequestException,
            "TargetNameServerMetricsEnabled is supported for outbound Resolver endpoints only.");
    if (!outbound && e->ipv6_internet_access_enabled == TRI_TRUE)
        return ctl_fail(
            c, FAULT_InvalidRequestException,
            "Ipv6InternetAccessEnabled is supported for outbound Resolver endpoints only.");
    return 0;
}

/* What can be said of a creation without looking at anything else. */
static int create_check(struct ctl *c, const struct rslvr_create_resolver_endpoint_request *in)
{
    if (in->outpost_arn || in->preferred_instance_type)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "Resolver endpoints on Outposts are not available here.");
    if (in->ip_addresses_n < RESOLVER_ADDRESSES_MIN)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "[RSLVR-00400] Resolver endpoint need to have at least %d IP addresses.",
                        RESOLVER_ADDRESSES_MIN);
    if (in->security_group_ids_n == 0)
        return resolver_fault_field(
            c,
            ctl_fail(c, FAULT_InvalidParameterException, "At least one security group is needed."),
            "SecurityGroupIds");
    return 0;
}

/* Refuses the endpoint or the address that would be one too many. */
static int quota_check(struct ctl *c, size_t addresses)
{
    size_t n;
    int err = ctl_count(c, &kind_endpoint, &n);

    if (err)
        return err;
    if (n >= RESOLVER_ENDPOINTS_MAX)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_LimitExceededException,
                     "[RSLVR-00309] Account '%s' has exceeded 'max-endpoints'.", c->account),
            "max-endpoints");
    if (addresses > RESOLVER_ADDRESSES_MAX)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_LimitExceededException,
                     "Account '%s' has exceeded 'max-ip-addresses-per-endpoint'.", c->account),
            "max-ip-addresses-per-endpoint");
    return 0;
}

/* The security groups exist, and stand in the VPC of the subnets. */
static int groups_check(struct ctl *c, const struct obj_endpoint *e)
{
    for (size_t i = 0; i < e->security_group_ids_n; i++) {
        const char *id = e->security_group_ids[i];
        struct obj_group group;
        int err;

        if (strncmp(id, "sg-", 3) != 0)
            return resolver_fault_field(
                c,
                ctl_fail(c, FAULT_InvalidParameterException,
                         "[RSLVR-00408] Malformed security group ID: \"Invalid id: \"%s\" "
                         "(expecting \"sg-...\")\".",
                         id),
                "SecurityGroupIds");
        err = ctl_get_own(c, &kind_group, id, &group);
        if (err == ERR_NOT_FOUND)
            return resolver_fault_type(c,
                                       ctl_fail(c, FAULT_ResourceNotFoundException,
                                                "The security group '%s' does not exist", id),
                                       "security-group");
        if (err)
            return err;
        if (strcmp(group.vpc_id, e->host_vpc_id) != 0)
            return ctl_fail(c, FAULT_InvalidRequestException,
                            "The security group '%s' is not in the VPC '%s' of the subnets.", id,
                            e->host_vpc_id);
    }
    return 0;
}

/* The VPC of the endpoint, from its first subnet. */
static int host_vpc_set(struct ctl *c, struct obj_endpoint *e, const char *subnet_id)
{
    struct obj_subnet subnet;
    int err = ctl_get_own(c, &kind_subnet, subnet_id, &subnet);

    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "The subnet '%s' does not exist", subnet_id),
                                   "subnet");
    if (!err)
        e->host_vpc_id = subnet.vpc_id;
    return err;
}

static enum tri tri_or_false(enum tri v)
{
    return v == TRI_NONE ? TRI_FALSE : v;
}

/* All members of a new endpoint but its addresses. */
static int endpoint_init(struct ctl *c, const struct rslvr_create_resolver_endpoint_request *in,
                         struct obj_endpoint *e)
{
    const struct tags_new tags = {in->tags, in->tags_n, FAULT_InvalidParameterException};
    bool outbound = strcmp(in->direction, "OUTBOUND") == 0;
    int err;

    *e = (struct obj_endpoint){
        .id = ctl_new_id(c, outbound ? "rslvr-out-" : "rslvr-in-", 17),
        .creator_request_id = in->creator_request_id,
        .name = in->name,
        .direction = in->direction,
        .security_group_ids = in->security_group_ids,
        .security_group_ids_n = in->security_group_ids_n,
        .addresses = arena_zalloc(c->arena, in->ip_addresses_n, sizeof *e->addresses),
        .resolver_endpoint_type = in->resolver_endpoint_type ? in->resolver_endpoint_type : "IPV4",
        .rni_enhanced_metrics_enabled = tri_or_false(in->rni_enhanced_metrics_enabled),
        .target_name_server_metrics_enabled = tri_or_false(in->target_name_server_metrics_enabled),
        .dns64_enabled = tri_or_false(in->dns64_enabled),
        .ipv6_internet_access_enabled = tri_or_false(in->ipv6_internet_access_enabled),
        .creation_time = ctl_time(c, 3),
    };
    e->modification_time = e->creation_time;
    e->arn = ctl_arn(c, "route53resolver", "resolver-endpoint/%s", e->id);
    if (!e->id || !e->addresses || !e->creation_time || !e->arn)
        return ERR_NOMEM;
    err = resolver_tags_add(c, &tags, &e->tags, &e->tags_n);
    if (!err)
        err = endpoint_protocols_set(c, e, in->protocols, in->protocols_n);
    return err ? err : endpoint_switches_check(c, e);
}

static char *vpc_use_key(struct ctl *c, const struct obj_endpoint *e)
{
    return arena_printf(c->arena, "%s/%s/%s", e->host_vpc_id, kind_endpoint.name, e->id);
}

int rslvr_create_resolver_endpoint(struct ctl *c,
                                   const struct rslvr_create_resolver_endpoint_request *in,
                                   struct rslvr_create_resolver_endpoint_response *out)
{
    struct obj_endpoint e;
    char *use;
    int err = create_check(c, in);

    if (!err)
        err = endpoint_init(c, in, &e);
    if (!err)
        err = creator_take(c, &kind_endpoint, in->creator_request_id, e.id, "Resolver endpoint");
    if (!err)
        err = quota_check(c, in->ip_addresses_n);
    if (!err)
        err = host_vpc_set(c, &e, in->ip_addresses[0].subnet_id);
    if (!err)
        err = groups_check(c, &e);
    for (size_t i = 0; !err && i < in->ip_addresses_n; i++) {
        const struct rslvr_ip_address_request *a = &in->ip_addresses[i];

        err = endpoint_address_add(c, &e, &(struct address_wish){a->subnet_id, a->ip, a->ipv6});
    }
    if (err)
        return err;
    use = vpc_use_key(c, &e);
    if (!use)
        return ERR_NOMEM;
    err = ctl_index_put(c, "vpc-uses", use, "");
    if (!err)
        err = ctl_put(c, &kind_endpoint, e.id, &e);
    if (err)
        return err;
    out->resolver_endpoint =
        endpoint_answer(c, &e, "CREATING", ctl_trace_text(c, "Creating the Resolver Endpoint"));
    return out->resolver_endpoint ? 0 : ERR_NOMEM;
}

int rslvr_get_resolver_endpoint(struct ctl *c, const struct rslvr_get_resolver_endpoint_request *in,
                                struct rslvr_get_resolver_endpoint_response *out)
{
    struct obj_endpoint e;
    int err = resolver_endpoint_get(c, in->resolver_endpoint_id, &e);

    if (err)
        return err;
    out->resolver_endpoint = endpoint_answer(c, &e, NULL, NULL);
    return out->resolver_endpoint ? 0 : ERR_NOMEM;
}

/* A listing of endpoints. */
struct endpoint_list {
    struct page page;
    struct filters filters;
};

static bool endpoint_kept(const struct filters *f, const struct rslvr_resolver_endpoint *v,
                          const char *count)
{
    return filters_keep(f, "CreatorRequestId", v->creator_request_id) &&
           filters_keep(f, "Direction", v->direction) &&
           filters_keep(f, "HostVPCId", v->host_vpc_id) &&
           filters_keep(f, "IpAddressCount", count) && filters_keep(f, "Name", v->name) &&
           filters_keep_any(f, "SecurityGroupIds", v->security_group_ids,
                            v->security_group_ids_n) &&
           filters_keep(f, "Status", v->status);
}

static int endpoint_each(void *ctx, const char *id, void *obj)
{
    struct endpoint_list *l = ctx;
    struct rslvr_resolver_endpoint v, *slot;
    char *count;
    int err = endpoint_view(l->page.c, obj, &v);

    if (err)
        return err;
    count = arena_printf(l->page.c->arena, "%lld", (long long)v.ip_address_count.v);
    if (!count)
        return ERR_NOMEM;
    if (!endpoint_kept(&l->filters, &v, count))
        return 0;
    slot = page_add(&l->page, id);
    if (!slot)
        return CTL_STOP;
    *slot = v;
    return 0;
}

int rslvr_list_resolver_endpoints(struct ctl *c,
                                  const struct rslvr_list_resolver_endpoints_request *in,
                                  struct rslvr_list_resolver_endpoints_response *out)
{
    struct endpoint_list l = {
        .page = {.c = c, .what = "ListResolverEndpoints", .size = sizeof *out->resolver_endpoints},
        .filters = {in->filters, in->filters_n, endpoint_filters},
    };
    int err = filters_check(c, &l.filters);

    if (!err)
        err = page_begin(&l.page, in->max_results, in->next_token);
    if (!err)
        err = ctl_list(c, &kind_endpoint, l.page.after, endpoint_each, &l);
    if (err)
        return err;
    out->resolver_endpoints = l.page.items;
    out->resolver_endpoints_n = l.page.n;
    out->max_results = (struct opt_int){true, (int64_t)l.page.max};
    out->next_token = page_token(&l.page);
    return 0;
}

/* Takes over the switches that the request names. *ret_changed is set when one of them differs. */
static void switches_update(struct obj_endpoint *e,
                            const struct rslvr_update_resolver_endpoint_request *in,
                            bool *ret_changed)
{
    struct {
        enum tri from;
        enum tri *to;
    } const switches[] = {
        {in->rni_enhanced_metrics_enabled, &e->rni_enhanced_metrics_enabled},
        {in->target_name_server_metrics_enabled, &e->target_name_server_metrics_enabled},
        {in->dns64_enabled, &e->dns64_enabled},
        {in->ipv6_internet_access_enabled, &e->ipv6_internet_access_enabled},
    };

    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        if (switches[i].from == TRI_NONE || switches[i].from == *switches[i].to)
            continue;
        *switches[i].to = switches[i].from;
        *ret_changed = true;
    }
}

int rslvr_update_resolver_endpoint(struct ctl *c,
                                   const struct rslvr_update_resolver_endpoint_request *in,
                                   struct rslvr_update_resolver_endpoint_response *out)
{
    struct obj_endpoint e;
    bool changed = in->resolver_endpoint_type || in->protocols;
    int err = resolver_endpoint_get(c, in->resolver_endpoint_id, &e);

    if (err)
        return err;
    if (in->name)
        e.name = in->name;
    switches_update(&e, in, &changed);
    err = endpoint_switches_check(c, &e);
    if (!err && in->protocols)
        err = endpoint_protocols_set(c, &e, in->protocols, in->protocols_n);
    if (!err)
        err = endpoint_type_change(c, &e, in);
    if (!err && changed)
        err = endpoint_rules_fit(c, &e);
    e.modification_time = ctl_time(c, 3);
    if (!err)
        err = ctl_put(c, &kind_endpoint, e.id, &e);
    if (err)
        return err;
    /* A mere rename is answered with the status as it is. */
    out->resolver_endpoint =
        endpoint_answer(c, &e, changed ? "UPDATING" : NULL, "Updating the Resolver Endpoint");
    return out->resolver_endpoint ? 0 : ERR_NOMEM;
}
