/* SPDX-License-Identifier: Apache-2.0 */
/* Interface endpoints of VPCs: an address in each subnet, and private names of a service that lead
 * there. What answers at the addresses is not ours.
 *
 * A service name "com.amazonaws.<region>.<service>" has the private name
 * "<service>.<region>.amazonaws.com"; any other service has the one that the tag
 * bridge53:private-dns-name gave at creation, or none. Names don't change later: profiles and DNS
 * rely on them. */
#include "control/vpc_endpoint.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "control/ec2_describe.h"
#include "control/own_tag.h"
#include "control/profile.h"
#include "control/vpc_use.h"
#include "control/zone_name.h"

#define SUBNETS_MAX 64 /* subnets of an endpoint; a VPC has one for each of its few zones */
#define POLICY                                                                                    \
    "{\"Statement\":[{\"Action\":\"*\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Resource\":\"*" \
    "\"}]}"

char *vpc_endpoint_zone_id(struct ctl *c, const struct obj_vpc_endpoint *e, const char *name)
{
    static const uint64_t key[2] = {0x6272696467653533, 0x76706365};
    char *who = arena_printf(c->arena, "%s/%s", e->id, name);
    if (!who)
        return NULL;
    return arena_printf(c->arena, "Z%016llX", (unsigned long long)hash_sip(key, who, strlen(who)));
}

/* "a.b" is "b.a" when read from the service's side. In the arena. */
static char *labels_reverse(struct ctl *c, const char *labels)
{
    char *text = arena_str(c->arena, labels);
    char *out = text ? arena_str(c->arena, "") : NULL;
    char *save = NULL;
    for (char *l = text ? strtok_r(text, ".", &save) : NULL; l && out;
         l = strtok_r(NULL, ".", &save))
        out = arena_printf(c->arena, "%s%s%s", l, *out ? "." : "", out);
    return out;
}

/* A private name in the form of DNS names, without the dot at its end. That of a tag was checked
 * with the tag. */
static int name_take(struct ctl *c, const char *text, struct obj_vpc_endpoint *e)
{
    char buf[ZONE_NAME_TEXT];
    uint8_t wire[NAME_MAX_WIRE];
    const char *why = "";
    if (!text)
        return ERR_NOMEM;
    if (zone_name_parse(text, wire, &why) < 0 || name_labels(wire) == 0)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for parameter serviceName is invalid. %s", e->service_name,
                        why);
    char *name = arena_str(c->arena, zone_name_format(wire, buf, sizeof buf));
    e->private_dns_names = arena_zalloc(c->arena, 1, sizeof *e->private_dns_names);
    if (!name || !e->private_dns_names)
        return ERR_NOMEM;
    name[strlen(name) - 1] = '\0';
    e->private_dns_names[0] = name;
    e->private_dns_names_n = 1;
    return 0;
}

static int names_find(struct ctl *c, struct obj_vpc_endpoint *e)
{
    char *prefix = arena_printf(c->arena, "com.amazonaws.%s.", c->region);
    if (!prefix)
        return ERR_NOMEM;
    size_t len = strlen(prefix);
    if (strncmp(e->service_name, prefix, len) == 0 && e->service_name[len]) {
        char *service = labels_reverse(c, e->service_name + len);
        return service
                   ? name_take(c, arena_printf(c->arena, "%s.%s.amazonaws.com", service, c->region),
                               e)
                   : ERR_NOMEM;
    }
    const char *name = own_tag_find(e->tags, e->tags_n, TAG_PRIVATE_NAME);
    return name ? name_take(c, name, e) : 0;
}

/* Looks for another endpoint of the VPC that answers for one of the names. */
struct clash {
    struct ctl *c;
    const struct obj_vpc_endpoint *e;
    const char *name;
};

static int clash_see(void *ctx, const char *key, const char *value)
{
    (void)value;
    struct clash *w = ctx;
    struct obj_vpc_endpoint other;
    const char *id = strrchr(key, '/') + 1;
    int err = ctl_get(w->c, &kind_vpc_endpoint, id, &other);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    if (strcmp(id, w->e->id) == 0 || other.private_dns_enabled != TRI_TRUE)
        return 0;
    for (size_t i = 0; i < other.private_dns_names_n; i++)
        for (size_t j = 0; j < w->e->private_dns_names_n; j++)
            if (strcmp(other.private_dns_names[i], w->e->private_dns_names[j]) == 0)
                w->name = w->e->private_dns_names[j];
    return w->name ? CTL_STOP : 0;
}

/* What private names need: a service that has some, a VPC that answers, nobody else's name. */
static int names_check(struct ctl *c, const struct obj_vpc_endpoint *e, const struct obj_vpc *vpc)
{
    struct clash clash = {.c = c, .e = e};
    char *prefix = arena_printf(c->arena, "%s/%s/", vpc->id, kind_vpc_endpoint.name);
    if (!prefix)
        return ERR_NOMEM;
    if (!e->private_dns_names_n)
        return ctl_fail(c, FAULT_InvalidParameter,
                        "Private DNS can't be enabled because the service %s does not provide a "
                        "private DNS name.",
                        e->service_name);
    if (vpc->enable_dns_support != TRI_TRUE || vpc->enable_dns_hostnames != TRI_TRUE)
        return ctl_fail(c, FAULT_InvalidParameter,
                        "Enabling private DNS requires both enableDnsSupport and "
                        "enableDnsHostnames VPC attributes set to true for %s",
                        vpc->id);
    int err = ctl_index_list(c, "vpc-uses", prefix, clash_see, &clash);
    for (size_t i = 0; i < e->private_dns_names_n && !err && !clash.name; i++) {
        const char *zone;
        char *key = arena_printf(c->arena, "%s/%s.", vpc->id, e->private_dns_names[i]);
        err = key ? ctl_index_get(c, "vpc-zones", key, &zone) : ERR_NOMEM;
        if (!err)
            clash.name = e->private_dns_names[i];
        err = err == ERR_NOT_FOUND ? 0 : err;
    }
    if (!err && clash.name)
        return ctl_fail(c, FAULT_InvalidParameter,
                        "private-dns-enabled cannot be set because there is already a conflicting "
                        "DNS domain for %s in the VPC %s",
                        clash.name, vpc->id);
    return err;
}

/* The address type shows in the addresses, so it is not kept. */
static const char *address_type(const struct obj_vpc_endpoint *e)
{
    bool v4 = false, v6 = false;
    for (size_t i = 0; i < e->addresses_n; i++)
        *(strchr(e->addresses[i], ':') ? &v6 : &v4) = true;
    return v6 ? v4 ? "dualstack" : "ipv6" : "ipv4";
}

static int groups_out(struct ctl *c, const struct obj_vpc_endpoint *e, struct ec2_vpc_endpoint *v)
{
    v->groups = arena_zalloc(c->arena, e->group_ids_n + 1, sizeof *v->groups);
    if (!v->groups)
        return ERR_NOMEM;
    v->groups_n = e->group_ids_n;
    for (size_t i = 0; i < e->group_ids_n; i++) {
        struct obj_group g;
        int err = ctl_get(c, &kind_group, e->group_ids[i], &g);
        if (err)
            return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
        v->groups[i] = (struct ec2_group_identifier){g.id, g.name};
    }
    return 0;
}

/* The names that lead to the endpoint in its VPC. */
static int entries_out(struct ctl *c, const struct obj_vpc_endpoint *e, struct ec2_vpc_endpoint *v)
{
    v->dns_options = arena_zalloc(c->arena, 1, sizeof *v->dns_options);
    v->dns_entries = arena_zalloc(c->arena, e->private_dns_names_n + 1, sizeof *v->dns_entries);
    if (!v->dns_options || !v->dns_entries)
        return ERR_NOMEM;
    v->dns_options->dns_record_ip_type = address_type(e);
    for (size_t i = 0; i < e->private_dns_names_n && e->private_dns_enabled == TRI_TRUE; i++) {
        struct ec2_dns_entry *d = &v->dns_entries[v->dns_entries_n++];
        d->dns_name = e->private_dns_names[i];
        d->hosted_zone_id = vpc_endpoint_zone_id(c, e, d->dns_name);
        if (!d->hosted_zone_id)
            return ERR_NOMEM;
    }
    return 0;
}

static int endpoint_out(struct ctl *c, const struct obj_vpc_endpoint *e, const char *state,
                        struct ec2_vpc_endpoint *ret)
{
    struct ec2_vpc_endpoint v = {
        .vpc_endpoint_id = e->id,
        .vpc_endpoint_type = "Interface",
        .vpc_id = e->vpc_id,
        .service_name = e->service_name,
        .state = state,
        .policy_document = POLICY,
        .route_table_ids = list_given(NULL),
        .subnet_ids = list_given(e->subnet_ids),
        .subnet_ids_n = e->subnet_ids_n,
        .ip_address_type = address_type(e),
        .private_dns_enabled = e->private_dns_enabled,
        .requester_managed = TRI_FALSE,
        .network_interface_ids = list_given(e->interface_ids),
        .network_interface_ids_n = e->interface_ids_n,
        .creation_timestamp = e->creation_time,
        .owner_id = e->owner_account,
    };
    int err = groups_out(c, e, &v);
    if (!err)
        err = entries_out(c, e, &v);
    if (!err)
        err = ec2_tags_out(c, e->tags, e->tags_n, &v.tags, &v.tags_n);
    if (!err)
        *ret = v;
    return err;
}

/* What a request must not ask for. */
static int create_check(struct ctl *c, const struct ec2_create_vpc_endpoint_request *in)
{
    if (!in->vpc_endpoint_type || strcmp(in->vpc_endpoint_type, "Interface") != 0)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for parameter vpcEndpointType is invalid. This installation "
                        "has endpoints of type Interface.",
                        in->vpc_endpoint_type ? in->vpc_endpoint_type : "Gateway");
    if (in->policy_document)
        return ec2_refuse(c, "policyDocument");
    if (in->route_table_ids_n)
        return ec2_refuse(c, "routeTableId");
    if (in->subnet_ids_n > SUBNETS_MAX)
        return ctl_fail(c, FAULT_InvalidParameter, "A VPC endpoint has at most %d subnets.",
                        SUBNETS_MAX);
    return 0;
}

/* The addresses that the request wants in a subnet. */
static void wish_find(const struct ec2_create_vpc_endpoint_request *in, struct interface_spec *spec)
{
    for (size_t i = 0; i < in->subnet_configurations_n; i++) {
        const struct ec2_subnet_configuration *s = &in->subnet_configurations[i];
        if (!s->subnet_id || strcmp(s->subnet_id, spec->subnet->id) != 0)
            continue;
        spec->ip = s->ipv4;
        spec->ipv6 = s->ipv6;
    }
}

static int interface_fault(struct ctl *c, int err, const struct interface_spec *spec)
{
    const char *ip = spec->ip ? spec->ip : spec->ipv6 ? spec->ipv6 : "";
    switch (err) {
    case ERR_RANGE:
    case ERR_INVALID:
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "The address %s does not fall within the subnet's address range", ip);
    case ERR_EXISTS:
        return ctl_fail(c, FAULT_InvalidIPAddressInUse, "Address %s is in use.", ip);
    case ERR_NOT_FOUND:
        return ctl_fail(c, FAULT_InsufficientFreeAddressesInSubnet,
                        "The subnet %s does not have enough free addresses.", spec->subnet->id);
    default:
        return err;
    }
}

/* Puts an interface into a subnet of the endpoint. */
static int subnet_add(struct ctl *c, const struct ec2_create_vpc_endpoint_request *in,
                      const struct obj_subnet *subnet, struct obj_vpc_endpoint *e)
{
    const char *type = in->ip_address_type ? in->ip_address_type : "ipv4";
    struct obj_interface eni;
    struct interface_spec spec = {
        .subnet = subnet,
        .want_ipv4 = strcmp(type, "ipv6") != 0,
        .want_ipv6 = strcmp(type, "ipv4") != 0,
        .description = arena_printf(c->arena, "VPC Endpoint Interface %s", e->id),
        .requester_id = "amazon-vpce",
        .group_ids = e->group_ids,
        .group_ids_n = e->group_ids_n,
    };
    wish_find(in, &spec);
    if ((spec.want_ipv4 && !subnet->cidr_block) || (spec.want_ipv6 && !subnet->ipv6_cidr_blocks_n))
        return ctl_fail(c, FAULT_InvalidParameter,
                        "The subnet %s does not support the IP address type %s.", subnet->id, type);
    int err = interface_create(c, &spec, &eni);
    if (err)
        return interface_fault(c, err, &spec);
    e->subnet_ids[e->subnet_ids_n++] = subnet->id;
    e->interface_ids[e->interface_ids_n++] = eni.id;
    if (eni.private_ip)
        e->addresses[e->addresses_n++] = eni.private_ip;
    for (size_t i = 0; i < eni.ipv6_n; i++)
        e->addresses[e->addresses_n++] = eni.ipv6[i];
    return 0;
}

/* The subnets of the request: of the VPC, one for each zone. */
static int subnets_add(struct ctl *c, const struct ec2_create_vpc_endpoint_request *in,
                       struct obj_vpc_endpoint *e)
{
    size_t n = in->subnet_ids_n;
    struct obj_subnet *subnets = arena_zalloc(c->arena, n + 1, sizeof *subnets);
    e->subnet_ids = arena_zalloc(c->arena, n + 1, sizeof *e->subnet_ids);
    e->interface_ids = arena_zalloc(c->arena, n + 1, sizeof *e->interface_ids);
    e->addresses = arena_zalloc(c->arena, 2 * n + 1, sizeof *e->addresses);
    if (!subnets || !e->subnet_ids || !e->interface_ids || !e->addresses)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        int err = ec2_get(c, EC2_SUBNET, in->subnet_ids[i], &subnets[i]);
        if (err)
            return err;
        if (strcmp(subnets[i].vpc_id, e->vpc_id) != 0)
            return ctl_fail(c, FAULT_InvalidParameter, "Subnet %s does not belong to VPC %s",
                            subnets[i].id, e->vpc_id);
        for (size_t j = 0; j < i; j++)
            if (strcmp(subnets[j].availability_zone, subnets[i].availability_zone) == 0)
                return ctl_fail(c, FAULT_DuplicateSubnetsInSameZone,
                                "Found another VPC endpoint subnet in the availability zone of %s",
                                subnets[i].id);
        err = subnet_add(c, in, &subnets[i], e);
        if (err)
            return err;
    }
    return 0;
}

/* The groups of the request, or the VPC's default one. */
static int groups_take(struct ctl *c, const struct ec2_create_vpc_endpoint_request *in,
                       const struct obj_vpc *vpc, struct obj_vpc_endpoint *e)
{
    e->group_ids = arena_zalloc(c->arena, in->security_group_ids_n + 1, sizeof *e->group_ids);
    if (!e->group_ids)
        return ERR_NOMEM;
    if (!in->security_group_ids_n && vpc->default_group_id)
        e->group_ids[e->group_ids_n++] = vpc->default_group_id;
    for (size_t i = 0; i < in->security_group_ids_n; i++) {
        struct obj_group g;
        int err = ec2_get(c, EC2_GROUP, in->security_group_ids[i], &g);
        if (err)
            return err;
        if (strcmp(g.vpc_id, vpc->id) != 0)
            return ctl_fail(c, FAULT_InvalidParameter,
                            "Security group %s and VPC %s belong to different networks", g.id,
                            vpc->id);
        e->group_ids[e->group_ids_n++] = g.id;
    }
    return 0;
}

/* Key of the index "creator". */
static char *token_key(struct ctl *c, const char *token)
{
    return arena_printf(c->arena, "%s/%s/%s/%s", c->account, c->region, kind_vpc_endpoint.name,
                        token);
}

/* The endpoint that the same token has made before; ERR_NOT_FOUND when it is new. */
static int token_find(struct ctl *c, const struct ec2_create_vpc_endpoint_request *in,
                      struct obj_vpc_endpoint *ret)
{
    const char *id;
    char *key = in->client_token ? token_key(c, in->client_token) : NULL;
    if (!in->client_token)
        return ERR_NOT_FOUND;
    int err = key ? ctl_index_get(c, "creator", key, &id) : ERR_NOMEM;
    if (!err)
        err = ctl_get_own(c, &kind_vpc_endpoint, id, ret);
    if (!err &&
        (strcmp(ret->vpc_id, in->vpc_id) != 0 || strcmp(ret->service_name, in->service_name) != 0))
        return ctl_fail(c, FAULT_IdempotentParameterMismatch,
                        "The client token '%s' was used for a VPC endpoint with other parameters.",
                        in->client_token);
    return err;
}

/* Writes a new endpoint with its indexes. */
static int endpoint_put(struct ctl *c, struct obj_vpc_endpoint *e)
{
    char *path = arena_printf(c->arena, "%s/%s", kind_vpc_endpoint.name, e->id);
    char *token = e->client_token ? token_key(c, e->client_token) : NULL;
    if (!path || (e->client_token && !token))
        return ERR_NOMEM;
    int err = ec2_use_add(c, "vpc-uses", e->vpc_id, path);
    if (!err && token)
        err = ctl_index_put(c, "creator", token, e->id);
    return err ? err : ctl_put(c, &kind_vpc_endpoint, e->id, e);
}

/* A new endpoint, all members checked. */
static int endpoint_init(struct ctl *c, const struct ec2_create_vpc_endpoint_request *in,
                         struct obj_vpc_endpoint *e)
{
    struct ec2_tags tags;
    struct obj_vpc vpc;
    int err = ec2_get(c, EC2_VPC, in->vpc_id, &vpc);
    if (!err)
        err =
            ec2_tags_new(c, EC2_ENDPOINT, in->tag_specifications, in->tag_specifications_n, &tags);
    if (err)
        return err;
    *e = (struct obj_vpc_endpoint){
        .owner_account = c->account,
        .id = ctl_new_id(c, "vpce-", 17),
        .vpc_id = vpc.id,
        .service_name = in->service_name,
        .private_dns_enabled = in->private_dns_enabled,
        .tags = tags.v,
        .tags_n = tags.n,
        .creation_time = ctl_time(c, 3),
        .client_token = in->client_token,
    };
    if (!e->id || !e->creation_time)
        return ERR_NOMEM;
    err = names_find(c, e);
    /* unsaid means yes, where the service has a name to give */
    if (!err && e->private_dns_enabled == TRI_NONE)
        e->private_dns_enabled = e->private_dns_names_n ? TRI_TRUE : TRI_FALSE;
    if (!err && e->private_dns_enabled == TRI_TRUE)
        err = names_check(c, e, &vpc);
    return err ? err : groups_take(c, in, &vpc, e);
}

int ec2_create_vpc_endpoint(struct ctl *c, const struct ec2_create_vpc_endpoint_request *in,
                            struct ec2_create_vpc_endpoint_response *out)
{
    struct obj_vpc_endpoint e;
    const char *state = "available";
    int err = create_check(c, in);
    if (!err)
        err = token_find(c, in, &e);
    if (err == ERR_NOT_FOUND) {
        state = "pending";
        err = endpoint_init(c, in, &e);
        if (!err)
            err = subnets_add(c, in, &e);
        if (!err)
            err = endpoint_put(c, &e);
    }
    if (err)
        return err;
    out->client_token = in->client_token;
    out->vpc_endpoint = arena_zalloc(c->arena, 1, sizeof *out->vpc_endpoint);
    return out->vpc_endpoint ? endpoint_out(c, &e, state, out->vpc_endpoint) : ERR_NOMEM;
}

static const struct filter_name endpoint_filters[] = {
    FILTER_TEXT("vpc-endpoint-id", struct obj_vpc_endpoint, id),
    FILTER_TEXT("vpc-id", struct obj_vpc_endpoint, vpc_id),
    FILTER_TEXT("service-name", struct obj_vpc_endpoint, service_name),
    FILTER_CONST("vpc-endpoint-state", "available"),
    FILTER_CONST("vpc-endpoint-type", "Interface"),
    FILTER_END,
};

/* The reply under construction. */
struct listing {
    struct ctl *c;
    struct ec2_describe_vpc_endpoints_response *out;
};

static int list_add(void *ctx, void *obj)
{
    struct listing *l = ctx;
    struct ec2_vpc_endpoint *v =
        list_grow(l->c, &l->out->vpc_endpoints, &l->out->vpc_endpoints_n, sizeof *v);
    return v ? endpoint_out(l->c, obj, "available", v) : ERR_NOMEM;
}

int ec2_describe_vpc_endpoints(struct ctl *c, const struct ec2_describe_vpc_endpoints_request *in,
                               struct ec2_describe_vpc_endpoints_response *out)
{
    struct listing l = {c, out};
    struct describe d = {
        .op = "DescribeVpcEndpoints",
        .what = EC2_ENDPOINT,
        .ids = in->vpc_endpoint_ids,
        .ids_n = in->vpc_endpoint_ids_n,
        .filters = {.filters = in->filters, .filters_n = in->filters_n, .names = endpoint_filters},
        .max_results = in->max_results,
        .next_token = in->next_token,
        .add = list_add,
        .ctx = &l,
    };
    int err = describe_run(c, &d, &out->next_token);
    out->vpc_endpoints = list_given(out->vpc_endpoints);
    return err;
}

int ec2_modify_vpc_endpoint(struct ctl *c, const struct ec2_modify_vpc_endpoint_request *in,
                            struct ec2_done *out)
{
    struct obj_vpc_endpoint e;
    struct obj_vpc vpc;
    if (in->policy_document || in->reset_policy != TRI_NONE)
        return ec2_refuse(c, "policyDocument");
    if (in->add_route_table_ids_n || in->remove_route_table_ids_n)
        return ec2_refuse(c, "routeTableId");
    if (in->add_subnet_ids_n || in->remove_subnet_ids_n)
        return ec2_refuse(c, "subnetId");
    if (in->add_security_group_ids_n || in->remove_security_group_ids_n)
        return ec2_refuse(c, "securityGroupId");
    if (in->ip_address_type)
        return ec2_refuse(c, "ipAddressType");
    int err = ec2_get(c, EC2_ENDPOINT, in->vpc_endpoint_id, &e);
    if (!err)
        err = ec2_get(c, EC2_VPC, e.vpc_id, &vpc);
    if (!err && in->private_dns_enabled == TRI_TRUE)
        err = names_check(c, &e, &vpc);
    if (err)
        return err;
    out->return_ = TRI_TRUE;
    if (in->private_dns_enabled == TRI_NONE)
        return 0;
    e.private_dns_enabled = in->private_dns_enabled;
    return ctl_put(c, &kind_vpc_endpoint, e.id, &e);
}

/* Deletes an endpoint with its interfaces, and takes it out of profiles. */
static int endpoint_delete(struct ctl *c, const struct obj_vpc_endpoint *e)
{
    char *path = arena_printf(c->arena, "%s/%s", kind_vpc_endpoint.name, e->id);
    char *token = e->client_token ? token_key(c, e->client_token) : NULL;
    if (!path || (e->client_token && !token))
        return ERR_NOMEM;
    int err = profile_resource_forget(c, e->id);
    for (size_t i = 0; i < e->interface_ids_n && !err; i++)
        err = interface_delete(c, e->interface_ids[i]);
    if (!err)
        err = ec2_use_del(c, "vpc-uses", e->vpc_id, path);
    if (!err && token)
        err = ctl_index_del(c, "creator", token);
    return err ? err : ctl_del(c, &kind_vpc_endpoint, e->id, e);
}

/* Says in the reply that an id means nothing; the others are deleted nevertheless. */
static int unsuccessful_add(struct ctl *c, struct ec2_delete_vpc_endpoints_response *out,
                            const char *id)
{
    struct ec2_unsuccessful_item *u =
        list_grow(c, &out->unsuccessful, &out->unsuccessful_n, sizeof *u);
    if (!u)
        return ERR_NOMEM;
    u->resource_id = id;
    u->error = arena_zalloc(c->arena, 1, sizeof *u->error);
    if (!u->error)
        return ERR_NOMEM;
    u->error->code = fault_name(FAULT_InvalidVpcEndpointIdNotFound);
    u->error->message = arena_printf(c->arena, ec2_resources[EC2_ENDPOINT].missing_text, id);
    return u->error->message ? 0 : ERR_NOMEM;
}

int ec2_delete_vpc_endpoints(struct ctl *c, const struct ec2_delete_vpc_endpoints_request *in,
                             struct ec2_delete_vpc_endpoints_response *out)
{
    int err = 0;
    for (size_t i = 0; i < in->vpc_endpoint_ids_n && !err; i++) {
        struct obj_vpc_endpoint e;
        err = ec2_id_check(c, EC2_ENDPOINT, in->vpc_endpoint_ids[i]);
        if (!err)
            err = ctl_get_own(c, &kind_vpc_endpoint, in->vpc_endpoint_ids[i], &e);
        if (err == ERR_NOT_FOUND)
            err = unsuccessful_add(c, out, in->vpc_endpoint_ids[i]);
        else if (!err)
            err = endpoint_delete(c, &e);
    }
    out->unsuccessful = list_given(out->unsuccessful);
    return err;
}
