/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver endpoints and those who use them: protocols, the rules that leave through an endpoint,
 * and deletion, which they forbid. */
#include <string.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/error.h"
#include "control/resolver_priv.h"
#include "control/vpc_use.h"

/* Protocols as bits, so that a set is a number. */
enum { DO53 = 1, DOH = 2, DOH_FIPS = 4 };

static unsigned protocol_bit(const char *name)
{
    return strcmp(name, "Do53") == 0       ? DO53
           : strcmp(name, "DoH") == 0      ? DOH
           : strcmp(name, "DoH-FIPS") == 0 ? DOH_FIPS
                                           : 0;
}

/* The set of a list; 0 when a protocol is unknown or given twice. */
static unsigned protocol_set(const char *const *list, size_t n)
{
    unsigned set = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned bit = protocol_bit(list[i]);

        if (bit == 0 || (set & bit))
            return 0;
        set |= bit;
    }
    return set;
}

/* The sets that a direction may have (spec: resolver.md 2.3). */
static bool set_is_legal(const char *direction, unsigned set)
{
    if (set == DO53)
        return true;
    if (strcmp(direction, "INBOUND") == 0)
        return set == DOH || set == DOH_FIPS || set == (DO53 | DOH) || set == (DO53 | DOH_FIPS);
    return strcmp(direction, "OUTBOUND") == 0 && (set == DOH || set == (DO53 | DOH));
}

int endpoint_protocols_set(struct ctl *c, struct obj_endpoint *e, const char **protocols, size_t n)
{
    static const char *const do53[] = {"Do53"};
    unsigned old = protocol_set(e->protocols, e->protocols_n), set;
    const char **copy;

    if (!protocols) {
        protocols = (const char **)do53;
        n = 1;
    }
    set = protocol_set(protocols, n);
    if (!set_is_legal(e->direction, set))
        return resolver_fault_field(
            c,
            ctl_fail(c, FAULT_InvalidParameterException,
                     "This set of protocols is not supported for Resolver endpoints with direction "
                     "%s.",
                     e->direction),
            "Protocols");
    if (strcmp(e->direction, "INBOUND") == 0 && old == DO53 && !(set & DO53))
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "An inbound Resolver endpoint with Do53 only cannot be changed to DoH or "
                        "DoH-FIPS only; change it to both protocols first.");
    copy = arena_zalloc(c->arena, n, sizeof *copy);
    if (!copy)
        return ERR_NOMEM;
    memcpy(copy, protocols, n * sizeof *copy);
    e->protocols = copy;
    e->protocols_n = n;
    return 0;
}

/* Looks among the caller's VPCs for one that holds an address. */
struct holder {
    const struct addr *addr;
    bool found;
};

static int vpc_holds(void *ctx, const char *id, void *obj)
{
    const struct obj_vpc *vpc = obj;
    struct holder *h = ctx;
    struct prefix p;

    (void)id;
    for (size_t i = 0; i < vpc->ipv6_cidr_blocks_n && !h->found; i++)
        h->found = prefix_parse(vpc->ipv6_cidr_blocks[i].cidr_block, &p) == 0 &&
                   prefix_contains(&p, h->addr);
    return h->found ? CTL_STOP : 0;
}

/* True for global unicast addresses but those that are set aside for documentation. */
static bool is_public(const struct addr *a)
{
    static const struct prefix global = {{AF_INET6, {0x20}}, 3};
    static const struct prefix documentation[] = {
        {{AF_INET6, {0x20, 0x01, 0x0d, 0xb8}}, 32}, /* RFC 3849 */
        {{AF_INET6, {0x3f, 0xff}}, 20},             /* RFC 9637 */
    };

    return prefix_contains(&global, a) && !prefix_contains(&documentation[0], a) &&
           !prefix_contains(&documentation[1], a);
}

/* Public IPv6 is denied unless the endpoint says otherwise (spec: resolver.md 2.2); addresses of
 * the caller's own VPCs are not public, whatever their range. */
static int target_internet_check(struct ctl *c, const struct obj_endpoint *e,
                                 const struct obj_target *t)
{
    struct addr addr;
    struct holder h = {.addr = &addr};
    int err;

    if (!t->ipv6 || e->ipv6_internet_access_enabled == TRI_TRUE)
        return 0;
    if (addr_parse(t->ipv6, &addr) != 0 || !is_public(&addr))
        return 0;
    err = ctl_list(c, &kind_vpc, NULL, vpc_holds, &h);
    if (!err && !h.found)
        err = ctl_fail(c, FAULT_InvalidRequestException,
                       "The target IP \"%s\" is a public IPv6 address, which Resolver endpoint "
                       "\"%s\" must not reach unless Ipv6InternetAccessEnabled is set.",
                       t->ipv6, e->id);
    return err;
}

int targets_fit(struct ctl *c, const struct obj_endpoint *e, struct obj_target *targets, size_t n)
{
    unsigned offered = protocol_set(e->protocols, e->protocols_n);
    int err = 0;

    for (size_t i = 0; i < n && !err; i++) {
        struct obj_target *t = &targets[i];
        const char *not_for = t->ip ? "IPV6" : "IPV4";

        if (!t->protocol && e->protocols_n > 1)
            return ctl_fail(c, FAULT_InvalidRequestException,
                            "[RSLVR-00726] Endpoint has more than 1 protocol. Add one of the "
                            "endpoint protocol for rule creation");
        if (!t->protocol)
            t->protocol = e->protocols[0];
        if (!(protocol_bit(t->protocol) & offered))
            return ctl_fail(c, FAULT_InvalidRequestException,
                            "Resolver endpoint \"%s\" does not have the protocol %s.", e->id,
                            t->protocol);
        if (strcmp(e->resolver_endpoint_type, not_for) == 0)
            return ctl_fail(c, FAULT_InvalidRequestException,
                            "The target IP \"%s\" cannot be reached from Resolver endpoint \"%s\" "
                            "of type %s.",
                            t->ip ? t->ip : t->ipv6, e->id, e->resolver_endpoint_type);
        err = target_internet_check(c, e, t);
    }
    return err;
}

/* A walk over the rules of an endpoint. */
struct rule_walk {
    struct ctl *c;
    const struct obj_endpoint *endpoint;
    size_t skip; /* bytes of the key before the rule's id */
    struct buf ids;
};

static int rules_list(struct rule_walk *w,
                      int (*each)(void *ctx, const char *key, const char *value))
{
    char *prefix = arena_printf(w->c->arena, "%s/", w->endpoint->id);

    if (!prefix)
        return ERR_NOMEM;
    w->skip = strlen(prefix);
    return ctl_index_list(w->c, "endpoint-rules", prefix, each, w);
}

static int rule_fits(void *ctx, const char *key, const char *value)
{
    struct rule_walk *w = ctx;
    struct obj_rule rule;
    int err = ctl_get(w->c, &kind_rule, key + w->skip, &rule);

    (void)value;
    if (err == ERR_NOT_FOUND)
        return 0;
    return err ? err : targets_fit(w->c, w->endpoint, rule.targets, rule.targets_n);
}

int endpoint_rules_fit(struct ctl *c, const struct obj_endpoint *e)
{
    struct rule_walk w = {.c = c, .endpoint = e};

    return rules_list(&w, rule_fits);
}

static int rule_name(void *ctx, const char *key, const char *value)
{
    struct rule_walk *w = ctx;

    (void)value;
    buf_printf(&w->ids, "%s%s", w->ids.len > 0 ? ", " : "", key + w->skip);
    return 0;
}

/* Refuses an endpoint that rules still use. */
static int rules_absent(struct ctl *c, const struct obj_endpoint *e)
{
    struct rule_walk w = {.c = c, .endpoint = e};
    int err = rules_list(&w, rule_name);

    if (!err && w.ids.failed)
        err = ERR_NOMEM;
    if (!err && w.ids.len > 0)
        err = ctl_fail(c, FAULT_InvalidRequestException,
                       "[RSLVR-00600] Cannot delete resolver endpoint unless its related resolver "
                       "rules are deleted. The following rules still exist for this resolver "
                       "endpoint: \"%s\"",
                       w.ids.data);
    buf_free(&w.ids);
    return err;
}

int rslvr_delete_resolver_endpoint(struct ctl *c,
                                   const struct rslvr_delete_resolver_endpoint_request *in,
                                   struct rslvr_delete_resolver_endpoint_response *out)
{
    struct rslvr_resolver_endpoint *v = arena_zalloc(c->arena, 1, sizeof *v);
    struct obj_endpoint e;
    char *use;
    int err = resolver_endpoint_get(c, in->resolver_endpoint_id, &e);

    if (!err)
        err = rules_absent(c, &e);
    for (size_t i = 0; !err && i < e.addresses_n; i++) {
        err = interface_delete(c, e.addresses[i].interface_id);
        if (err == ERR_NOT_FOUND)
            err = 0;
    }
    if (!err)
        err = creator_free(c, &kind_endpoint, e.creator_request_id);
    if (!err)
        err = guard_drop(c, "endpoint-rules", e.id);
    if (err)
        return err;
    use = arena_printf(c->arena, "%s/%s/%s", e.host_vpc_id, kind_endpoint.name, e.id);
    if (!use || !v)
        return ERR_NOMEM;
    err = ctl_index_del(c, "vpc-uses", use);
    if (!err)
        err = ctl_del(c, &kind_endpoint, e.id, &e);
    if (!err)
        err = endpoint_view(c, &e, v);
    if (err)
        return err;
    v->status = "DELETING";
    v->status_message = ctl_trace_text(c, "Deleting ResolverEndpoint.");
    out->resolver_endpoint = v;
    return v->status_message ? 0 : ERR_NOMEM;
}
