/* SPDX-License-Identifier: Apache-2.0 */
/* dns64-without-nat64: AAAA records are made under a prefix that nothing translates, so clients
 * connect into the void. The VPC says which NAT64 it has by a tag. */
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"

#define PREFIX_TAG "bridge53:dns64-prefix"
#define NAT64_TAG "bridge53:nat64"

static const char *tag_value(const struct obj_tag *tags, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(tags[i].key, key) == 0)
            return tags[i].value;
    return NULL;
}

/* Reads a prefix that can carry IPv4 addresses (RFC 6052 2.2). False: it is none. */
static bool prefix_read(const char *text, struct prefix *ret)
{
    static const uint8_t bits[] = {32, 40, 48, 56, 64, 96};

    if (!text || prefix_parse(text, ret) != 0 || ret->addr.family != AF_INET6 ||
        !memchr(bits, ret->bits, sizeof bits))
        return false;
    prefix_mask(ret);
    return true;
}

/* The prefix of a VPC, or of a subnet in it. */
static struct prefix prefix_of(const struct obj_vpc *vpc, const struct obj_subnet *subnet)
{
    struct prefix p = {0};

    if (subnet && prefix_read(tag_value(subnet->tags, subnet->tags_n, PREFIX_TAG), &p))
        return p;
    if (!prefix_read(tag_value(vpc->tags, vpc->tags_n, PREFIX_TAG), &p))
        prefix_read(DNS64_PREFIX, &p);
    return p;
}

/* True if a NAT64 of the VPC translates the prefix: "PREFIX[ PREFIX...]", commas do as well. */
static bool nat64_serves(const char *declared, const struct prefix *wanted)
{
    while (declared && *declared) {
        size_t len = strcspn(declared, " ,");
        char word[ADDR_TEXT_MAX];
        struct prefix p;

        if (len > 0 && len < sizeof word) {
            memcpy(word, declared, len);
            word[len] = '\0';
            if (prefix_read(word, &p) && p.bits == wanted->bits &&
                memcmp(&p.addr, &wanted->addr, sizeof p.addr) == 0)
                return true;
        }
        declared += len + strspn(declared + len, " ,");
    }
    return false;
}

/* Adds the finding of a subnet or, without one, of an inbound endpoint. */
static int fault_add(struct check *k, const struct check_vpc *vpc, const struct obj_subnet *subnet,
                     const struct check_endpoint *e)
{
    struct prefix p = prefix_of(vpc->vpc, subnet);
    const char *declared = tag_value(vpc->vpc->tags, vpc->vpc->tags_n, NAT64_TAG);
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
                             "Give the VPC a NAT64 for %s and say so with its tag " NAT64_TAG
                             "=%s, set the tag " PREFIX_TAG
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
