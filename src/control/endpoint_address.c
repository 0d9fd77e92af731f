/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of resolver endpoints: each is an interface in a subnet (spec: resolver.md 2.1, 2.2).
 *
 * The addresses are part of the endpoint's object, the interfaces objects of their own; both change
 * in one transaction. */
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "control/resolver_priv.h"
#include "control/vpc_use.h"

static bool type_has_ipv4(const struct obj_endpoint *e)
{
    return strcmp(e->resolver_endpoint_type, "IPV6") != 0;
}

static bool type_has_ipv6(const struct obj_endpoint *e)
{
    return strcmp(e->resolver_endpoint_type, "IPV4") != 0;
}

/* The service's words for an interface that could not be made. */
static int interface_fault(struct ctl *c, int err, const char *subnet_id, const char *ip)
{
    switch (err) {
    case ERR_RANGE:
        return resolver_fault_field(
            c,
            ctl_fail(c, FAULT_InvalidParameterException,
                     "[RSLVR-00405] The IP address \"%s\" is not in subnet CIDR range or is "
                     "reserved.",
                     ip),
            "IpAddresses");
    case ERR_EXISTS:
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "The IP address \"%s\" of subnet \"%s\" is in use.", ip, subnet_id);
    case ERR_NOT_FOUND:
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "The subnet \"%s\" has no free IP address.", subnet_id);
    case ERR_INVALID:
        if (!ip)
            return ctl_fail(c, FAULT_InvalidRequestException,
                            "The subnet '%s' has no CIDR block for an IP address of this family.",
                            subnet_id);
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "\"%s\" is not an IP address for subnet \"%s\".", ip,
                                             subnet_id),
                                    "IpAddresses");
    default:
        return err;
    }
}

/* The subnet of a wish, which must be in the VPC of the endpoint and have the families of its type.
 */
static int wish_subnet(struct ctl *c, const struct obj_endpoint *e, const struct address_wish *wish,
                       struct obj_subnet *ret)
{
    int err = ctl_get_own(c, &kind_subnet, wish->subnet_id, ret);

    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "The subnet '%s' does not exist", wish->subnet_id),
                                   "subnet");
    if (err)
        return err;
    if (strcmp(ret->vpc_id, e->host_vpc_id) != 0)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "All subnets of a Resolver endpoint must be in one VPC: subnet '%s' is not "
                        "in '%s'.",
                        wish->subnet_id, e->host_vpc_id);
    if ((type_has_ipv4(e) && !ret->cidr_block) ||
        (type_has_ipv6(e) && ret->ipv6_cidr_blocks_n == 0))
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "The subnet '%s' has no CIDR block for a Resolver endpoint of type %s.",
                        wish->subnet_id, e->resolver_endpoint_type);
    if ((!type_has_ipv4(e) && wish->ip) || (!type_has_ipv6(e) && wish->ipv6))
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "The IP address \"%s\" does not fit a Resolver "
                                             "endpoint of type %s.",
                                             type_has_ipv4(e) ? wish->ipv6 : wish->ip,
                                             e->resolver_endpoint_type),
                                    "IpAddresses");
    return 0;
}

int endpoint_address_add(struct ctl *c, struct obj_endpoint *e, const struct address_wish *wish)
{
    struct obj_endpoint_address *a = &e->addresses[e->addresses_n];
    char *id = ctl_new_id(c, "rni-", 17);
    char *description = arena_printf(c->arena, "Route 53 Resolver: %s:%s", e->id, id ? id : "");
    struct obj_interface eni = {0};
    struct obj_subnet subnet;
    struct interface_spec spec = {
        .subnet = &subnet,
        .ip = wish->ip,
        .ipv6 = wish->ipv6,
        .want_ipv4 = type_has_ipv4(e),
        .want_ipv6 = type_has_ipv6(e),
        .description = description,
        .requester_id = "amazon-route53-resolver",
        .group_ids = e->security_group_ids,
        .group_ids_n = e->security_group_ids_n,
    };
    int err = wish_subnet(c, e, wish, &subnet);

    if (err)
        return err;
    err = interface_create(c, &spec, &eni);
    if (err)
        return interface_fault(c, err, wish->subnet_id, wish->ip ? wish->ip : wish->ipv6);
    *a = (struct obj_endpoint_address){
        .id = id,
        .subnet_id = wish->subnet_id,
        .interface_id = eni.id,
        .ip = eni.private_ip,
        .ipv6 = eni.ipv6_n > 0 ? eni.ipv6[0] : NULL,
        .creation_time = ctl_time(c, 3),
    };
    a->modification_time = a->creation_time;
    e->addresses_n++;
    return id && description && a->creation_time ? 0 : ERR_NOMEM;
}

/* The wanted IPv6 address of one address of the endpoint, or NULL for any. */
static const char *update_wish(const struct rslvr_update_resolver_endpoint_request *in,
                               const char *ip_id)
{
    for (size_t i = 0; i < in->update_ip_addresses_n; i++)
        if (strcmp(in->update_ip_addresses[i].ip_id, ip_id) == 0)
            return in->update_ip_addresses[i].ipv6;
    return NULL;
}

/* Every address of UpdateIpAddresses is one of the endpoint. */
static int update_ids_check(struct ctl *c, const struct obj_endpoint *e,
                            const struct rslvr_update_resolver_endpoint_request *in)
{
    for (size_t i = 0; i < in->update_ip_addresses_n; i++) {
        const char *id = in->update_ip_addresses[i].ip_id;
        bool found = false;

        for (size_t k = 0; k < e->addresses_n; k++)
            found = found || strcmp(e->addresses[k].id, id) == 0;
        if (!found)
            return ctl_fail(c, FAULT_ResourceNotFoundException,
                            "IP address with ID \"%s\" does not exist.", id);
    }
    return 0;
}

/* Gives one address of the endpoint an IPv6 address beside its IPv4 one. */
static int address_widen(struct ctl *c, struct obj_endpoint_address *a, const char *ipv6)
{
    struct obj_interface eni;
    int err = ctl_get(c, &kind_interface, a->interface_id, &eni);

    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "The network interface \"%s\" does not exist.", a->interface_id);
    if (!err) {
        err = interface_add_ipv6(c, &eni, ipv6);
        if (err)
            return interface_fault(c, err, a->subnet_id, ipv6);
    }
    if (!err)
        a->ipv6 = eni.ipv6[eni.ipv6_n - 1];
    return err;
}

/* Takes the IPv6 addresses of an interface back. */
static int address_narrow(struct ctl *c, struct obj_endpoint_address *a)
{
    struct obj_interface eni;
    int err = ctl_get(c, &kind_interface, a->interface_id, &eni);

    a->ipv6 = NULL;
    if (err == ERR_NOT_FOUND)
        return 0;
    for (size_t i = 0; !err && i < eni.ipv6_n; i++) {
        char *key = arena_printf(c->arena, "%s/%s", eni.subnet_id, eni.ipv6[i]);

        err = key ? ctl_index_del(c, "address", key) : ERR_NOMEM;
    }
    eni.ipv6_n = 0;
    return err ? err : ctl_put(c, &kind_interface, eni.id, &eni);
}

int endpoint_type_change(struct ctl *c, struct obj_endpoint *e,
                         const struct rslvr_update_resolver_endpoint_request *in)
{
    const char *to = in->resolver_endpoint_type;
    bool same = !to || strcmp(to, e->resolver_endpoint_type) == 0;
    bool widen = !same && strcmp(to, "DUALSTACK") == 0;
    int err = update_ids_check(c, e, in);

    if (err)
        return err;
    if (in->update_ip_addresses_n > 0 && !widen)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "UpdateIpAddresses needs a change of the endpoint type to DUALSTACK.");
    if (same)
        return 0;
    if (strcmp(to, "IPV6") == 0 || strcmp(e->resolver_endpoint_type, "IPV6") == 0)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "Cannot change the type of a Resolver endpoint from %s to %s.",
                        e->resolver_endpoint_type, to);
    e->resolver_endpoint_type = to;
    for (size_t i = 0; !err && i < e->addresses_n; i++) {
        struct obj_endpoint_address *a = &e->addresses[i];

        err = widen ? address_widen(c, a, update_wish(in, a->id)) : address_narrow(c, a);
        a->modification_time = ctl_time(c, 3);
    }
    return err;
}

/* The canonical spelling of an address, or the text itself when it is none. */
static const char *address_text(struct ctl *c, const char *text)
{
    char buf[ADDR_TEXT_MAX];
    struct addr addr;

    if (!text || addr_parse(text, &addr) != 0)
        return text;
    return arena_str(c->arena, addr_format(&addr, buf, sizeof buf));
}

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The index of the address that the request means, or -1. */
static int address_find(struct ctl *c, const struct obj_endpoint *e,
                        const struct rslvr_ip_address_update *which)
{
    const char *ip = address_text(c, which->ip);
    const char *ipv6 = address_text(c, which->ipv6);

    for (size_t i = 0; i < e->addresses_n; i++) {
        const struct obj_endpoint_address *a = &e->addresses[i];

        if (which->ip_id ? strcmp(a->id, which->ip_id) == 0
                         : strcmp(a->subnet_id, which->subnet_id) == 0 &&
                               (same_text(a->ip, ip) || same_text(a->ipv6, ipv6)))
            return (int)i;
    }
    return -1;
}

/* Writes the endpoint and shows it as clients see it right after a change of its addresses. */
static int addresses_put(struct ctl *c, struct obj_endpoint *e,
                         struct rslvr_resolver_endpoint **ret)
{
    struct rslvr_resolver_endpoint *v = arena_zalloc(c->arena, 1, sizeof *v);
    int err;

    e->modification_time = ctl_time(c, 3);
    if (!v || !e->modification_time)
        return ERR_NOMEM;
    err = ctl_put(c, &kind_endpoint, e->id, e);
    if (!err)
        err = endpoint_view(c, e, v);
    if (err)
        return err;
    v->status = "UPDATING";
    v->status_message = "Updating the Resolver Endpoint";
    *ret = v;
    return 0;
}

int rslvr_associate_resolver_endpoint_ip_address(
    struct ctl *c, const struct rslvr_associate_resolver_endpoint_ip_address_request *in,
    struct rslvr_associate_resolver_endpoint_ip_address_response *out)
{
    const struct rslvr_ip_address_update *wish = in->ip_address;
    struct obj_endpoint_address *more;
    struct obj_endpoint e;
    int err = resolver_endpoint_get(c, in->resolver_endpoint_id, &e);

    if (err)
        return err;
    if (wish->ip_id)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "IpId cannot be chosen; give a subnet and, if wanted, an IP address.");
    if (!wish->subnet_id)
        return resolver_fault_field(
            c, ctl_fail(c, FAULT_InvalidParameterException, "A subnet ID is needed."), "SubnetId");
    if ((wish->ip || wish->ipv6) && address_find(c, &e, wish) >= 0)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceExistsException,
                     "The IP address \"%s\" is already associated with Resolver endpoint \"%s\".",
                     wish->ip ? wish->ip : wish->ipv6, e.id),
            "ip-address");
    if (e.addresses_n >= RESOLVER_ADDRESSES_MAX)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_LimitExceededException,
                     "Account '%s' has exceeded 'max-ip-addresses-per-endpoint'.", c->account),
            "max-ip-addresses-per-endpoint");
    more = arena_zalloc(c->arena, e.addresses_n + 1, sizeof *more);
    if (!more)
        return ERR_NOMEM;
    memcpy(more, e.addresses, e.addresses_n * sizeof *more);
    e.addresses = more;
    err =
        endpoint_address_add(c, &e, &(struct address_wish){wish->subnet_id, wish->ip, wish->ipv6});
    return err ? err : addresses_put(c, &e, &out->resolver_endpoint);
}

int rslvr_disassociate_resolver_endpoint_ip_address(
    struct ctl *c, const struct rslvr_disassociate_resolver_endpoint_ip_address_request *in,
    struct rslvr_disassociate_resolver_endpoint_ip_address_response *out)
{
    const struct rslvr_ip_address_update *which = in->ip_address;
    struct obj_endpoint e;
    int at, err = resolver_endpoint_get(c, in->resolver_endpoint_id, &e);

    if (err)
        return err;
    if (!which->ip_id && !(which->subnet_id && (which->ip || which->ipv6)))
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "[RSLVR-00503] Need to specify either the IP ID or both subnet and IP "
                        "address in order to remove IP address.");
    at = address_find(c, &e, which);
    if (at < 0)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceNotFoundException,
                     "IP address \"%s\" of Resolver endpoint \"%s\" does not exist.",
                     which->ip_id ? which->ip_id
                     : which->ip  ? which->ip
                                  : which->ipv6,
                     e.id),
            "ip-address");
    if (e.addresses_n == 1)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "[RSLVR-00506] Can't remove the only attached IP address from resolver "
                        "endpoint.");
    err = interface_delete(c, e.addresses[at].interface_id);
    if (err && err != ERR_NOT_FOUND)
        return err;
    memmove(e.addresses + at, e.addresses + at + 1,
            (e.addresses_n - (size_t)at - 1) * sizeof *e.addresses);
    e.addresses_n--;
    return addresses_put(c, &e, &out->resolver_endpoint);
}

/* One address as clients see it. */
static void address_view(struct ctl *c, const struct obj_endpoint_address *a,
                         struct rslvr_ip_address_response *v)
{
    static const char *const names[] = {
        [ADDRESS_READY] = "ATTACHED",
        [ADDRESS_WAITING] = "CREATING",
        [ADDRESS_LOST] = "REMAP_ATTACHING",
        [ADDRESS_FAILED] = "FAILED_RESOURCE_GONE",
    };

    *v = (struct rslvr_ip_address_response){
        .ip_id = a->id,
        .subnet_id = a->subnet_id,
        .ip = a->ip,
        .ipv6 = a->ipv6,
        .creation_time = a->creation_time,
        .modification_time = a->modification_time,
    };
    v->status = names[endpoint_address_state(c, a, &v->status_message)];
}

int rslvr_list_resolver_endpoint_ip_addresses(
    struct ctl *c, const struct rslvr_list_resolver_endpoint_ip_addresses_request *in,
    struct rslvr_list_resolver_endpoint_ip_addresses_response *out)
{
    struct page page = {
        .c = c,
        .what = "ListResolverEndpointIpAddresses",
        .size = sizeof *out->ip_addresses,
    };
    struct obj_endpoint e;
    size_t from = 0;
    int err = resolver_endpoint_get(c, in->resolver_endpoint_id, &e);

    if (!err)
        err = page_begin(&page, in->max_results, in->next_token);
    if (err)
        return err;
    if (page.after) { /* an address that went away meanwhile: the rest is empty */
        while (from < e.addresses_n && strcmp(e.addresses[from].id, page.after) != 0)
            from++;
        from++;
    }
    for (size_t i = from; i < e.addresses_n; i++) {
        struct rslvr_ip_address_response *slot = page_add(&page, e.addresses[i].id);

        if (!slot)
            break;
        address_view(c, &e.addresses[i], slot);
    }
    out->ip_addresses = page.items;
    out->ip_addresses_n = page.n;
    out->max_results = (struct opt_int){true, (int64_t)page.max};
    out->next_token = page_token(&page);
    return 0;
}
