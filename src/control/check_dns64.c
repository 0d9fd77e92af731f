/* SPDX-License-Identifier: Apache-2.0 */
/* dns64-without-nat64: AAAA records are made under a prefix that nothing translates, so clients
 * connect into the void. The VPC says which NAT64 it has by a tag. */
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"
#include "control/own_tag.h"

/* The prefix that a tag sets. False: it sets none. */
static bool prefix_tag(const struct obj_tag *tags, size_t tags_n, struct prefix *ret)
{
    const char *value = own_tag_find(tags, tags_n, TAG_DNS64_PREFIX);
    struct prefix list[TAG_PREFIXES_MAX];
    size_t n = 0;

    if (!value || own_tag_prefixes(value, true, list, &n) || n != 1)
        return false;
    *ret = list[0];
    return true;
}

/* The prefix of a VPC, or of a subnet in it. */
static struct prefix prefix_of(const struct obj_vpc *vpc, const struct obj_subnet *subnet)
{
    struct prefix p = {0};

    if (!(subnet && prefix_tag(subnet->tags, subnet->tags_n, &p)) &&
        !prefix_tag(vpc->tags, vpc->tags_n, &p))
        (void)prefix_parse(DNS64_PREFIX, &p);
    return p;
}

/* True if a NAT64 of the VPC translates the prefix. */
static bool nat64_serves(const char *declared, const struct prefix *wanted)
{
    struct prefix list[TAG_PREFIXES_MAX];
    size_t n = 0;

    if (!declared || own_tag_prefixes(declared, true, list, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (list[i].bits == wanted->bits &&
            memcmp(&list[i].addr, &wanted->addr, sizeof wanted->addr) == 0)
            return true;
    return false;
}

/* Adds the finding of a subnet or, without one, of an inbound endpoint. */
static int fault_add(struct check *k, const struct check_vpc *vpc, const struct obj_subnet *subnet,
                     const struct check_endpoint *e)
{
    struct prefix p = prefix_of(vpc->vpc, subnet);
    const char *declared = own_tag_find(vpc->vpc->tags, vpc->vpc->tags_n, TAG_NAT64);
    const char *object = subnet ? subnet->id : e->endpoint->id;
    char prefix[ADDR_TEXT_MAX];
    struct b53_finding *f;

    if (nat64_serves(declared, &p))
        return 0;
    f = finding_new(k, SEVERITY_ERROR, "dns64-without-nat64", 2);
    if (!f)
        return ERR_NOMEM;
    prefix_format(&p, prefix, sizeof prefix);
    if (subnet)
        finding_subnet(f, subnet);
    else
        finding_endpoint(f, e);
    finding_vpc(f, vpc);
    f->why = arena_printf(
        k->c->arena,
        "DNS64 is on in %s with the prefix %s, but the NAT64 of %s is %s: clients get AAAA records "
        "that lead nowhere.",
        object, prefix, vpc->vpc->id,
        declared && *declared ? arena_printf(k->c->arena, "for %s", declared) : "not declared");
    f->advice = arena_printf(k->c->arena,
                             "Give the VPC a NAT64 for %s and say so with its tag " TAG_NAT64
                             "=%s, set the tag " TAG_DNS64_PREFIX
                             " to a prefix that is translated, or switch %s off.",
                             prefix, prefix, subnet ? "EnableDns64" : "Dns64Enabled");
    /* A name that has IPv4 addresses only, by definition (RFC 7050). */
    return subnet ? finding_query(k, f, vpc, subnet, "ipv4only.arpa.", "AAAA")
                  : finding_query_inbound(k, f, e, "ipv4only.arpa.", "AAAA");
}

int check_dns64(struct check *k)
{
    int err = 0;

    for (const struct check_subnet *s = k->subnets; s && !err; s = s->next)
        if (s->vpc->answers && check_wants(k, s->vpc))
            err = fault_add(k, s->vpc, s->subnet, NULL);
    for (const struct check_endpoint *e = k->endpoints; e && !err; e = e->next)
        if (!e->outbound && e->endpoint->dns64_enabled == TRI_TRUE && e->host && e->host->answers &&
            check_wants(k, e->host))
            err = fault_add(k, e->host, NULL, e);
    return err;
}
