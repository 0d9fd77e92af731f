/* SPDX-License-Identifier: Apache-2.0 */
/* Autodefined names: ip-10-0-0-5.<domain> and reverse names of the VPC's addresses are computed,
 * for every address of its CIDRs (spec/resolver.md 1.9 and 7 no. 5); the rest is in a small
 * constant zone. */
#include "resolve/local.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "dns/addrname.h"
#include "resolve/synthesize.h"

static enum step answer_one(struct query *q, uint16_t type, const void *data, size_t len)
{
    uint8_t *rdata = arena_alloc(&q->arena, 2 + len);
    if (!rdata) {
        query_fail(q, EDE_OTHER, "the answer needs too much memory");
        return STEP_ANSWER;
    }
    memcpy(rdata, &(uint16_t){(uint16_t)len}, 2);
    memcpy(rdata + 2, data, len);
    struct rrset_view view = {q->name, type, CLASS_IN, LOCAL_TTL, 1, rdata};
    query_add(q, SECTION_ANSWER, &view, 0);
    query_trace(q, "local", "computed", view_vpc(q->view), "an address of the VPC");
    return STEP_ANSWER;
}

static bool asked(const struct query *q, uint16_t type)
{
    return q->msg.qtype == type || q->msg.qtype == TYPE_ANY;
}

/* A zone that is not kept: SOA and NS at its apex, and nothing below. */
static enum step empty_zone(struct query *q, const uint8_t *apex)
{
    uint8_t *soa = arena_alloc(&q->arena, 2 + AUTODEF_SOA_MAX);
    if (!soa) {
        query_fail(q, EDE_OTHER, "the answer needs too much memory");
        return STEP_ANSWER;
    }
    uint16_t len = (uint16_t)autodef_soa(apex, LOCAL_TTL, soa + 2);
    memcpy(soa, &len, sizeof(len));
    bool at_apex = name_equal(q->key.name, apex);
    if (at_apex && q->msg.qtype == TYPE_NS)
        return answer_one(q, TYPE_NS, apex, name_len(apex));
    if (at_apex && asked(q, TYPE_SOA))
        return answer_one(q, TYPE_SOA, soa + 2, len);
    q->rcode = at_apex ? RCODE_NOERROR : RCODE_NXDOMAIN;
    query_trace(q, "local", at_apex ? "nodata" : "nxdomain", "autodefined",
                "an empty zone; public DNS is not asked");
    struct rrset_view view = {apex, TYPE_SOA, CLASS_IN, LOCAL_TTL, 1, soa};
    query_add(q, SECTION_AUTHORITY, &view, 0);
    return STEP_ANSWER;
}

/* What is not computed. */
static enum step rest(struct query *q, const struct autodef *a)
{
    return a->zone ? local_zone(q, a->zone) : empty_zone(q, q->autodef_name);
}

/* The name exists, whatever the zone has: a denial becomes one of the type only. */
static enum step exists(struct query *q, const struct autodef *a)
{
    enum step next = rest(q, a);
    q->rcode = RCODE_NOERROR;
    return next;
}

/* The address in "ip-10-0-0-5"; leading zeros and signs would be other names. */
static bool ip_label(const uint8_t *label, struct addr *ret)
{
    char text[64], again[64];
    unsigned b[4];
    memcpy(text, label + 1, label[0]);
    text[label[0]] = 0;
    if (sscanf(text, "ip-%3u-%3u-%3u-%3u", &b[0], &b[1], &b[2], &b[3]) != 4)
        return false;
    snprintf(again, sizeof(again), "ip-%u-%u-%u-%u", b[0], b[1], b[2], b[3]);
    if (strcmp(text, again) != 0 || (b[0] | b[1] | b[2] | b[3]) > 255)
        return false;
    *ret = (struct addr){.family = AF_INET};
    for (int i = 0; i < 4; i++)
        ret->b[i] = (uint8_t)b[i];
    return true;
}

static enum step compute(struct query *q, const struct autodef *a)
{
    const uint8_t *name = q->key.name;
    struct addr addr;
    if (name_labels(name) != name_labels(zone_apex(a->zone)) + 1 || !ip_label(name, &addr) ||
        !view_contains(q->view, &addr))
        return local_zone(q, a->zone);
    if (!synthesize_wanted(q))
        return asked(q, TYPE_A) ? answer_one(q, TYPE_A, addr.b, 4) : exists(q, a);
    uint8_t rdata[2 + 4];
    memcpy(rdata, &(uint16_t){4}, 2);
    memcpy(rdata + 2, addr.b, 4);
    synthesize_set(q, &(struct rrset_view){.ttl = LOCAL_TTL, .count = 1, .rdata = rdata}, LOCAL_TTL,
                   view_vpc(q->view));
    return STEP_ANSWER;
}

/* True for "0.10.in-addr.arpa" and the like: part of an address, so a node above addresses. */
static bool is_partial(const uint8_t *name)
{
    for (unsigned i = 1; i <= name[0]; i++)
        if (!isxdigit(name[i]))
            return false;
    return name_labels(name) < (name[0] == 1 ? 34 : 6);
}

static enum step reverse(struct query *q, const struct autodef *a)
{
    struct addr addr;
    if (addrname_parse(q->key.name, &addr) < 0)
        return is_partial(q->key.name) ? exists(q, a) : rest(q, a);
    if (addr.family != AF_INET || !view_contains(q->view, &addr))
        return rest(q, a);
    if (!asked(q, TYPE_PTR))
        return exists(q, a);
    char text[NAME_MAX_TEXT];
    uint8_t target[NAME_MAX_WIRE];
    snprintf(text, sizeof(text), "ip-%u-%u-%u-%u.%s", addr.b[0], addr.b[1], addr.b[2], addr.b[3],
             view_domain(q->view));
    int len = name_parse(text, target);
    return len < 0 ? rest(q, a) : answer_one(q, TYPE_PTR, target, (size_t)len);
}

enum step local_autodefined(struct query *q, const struct autodef *a)
{
    q->rcode = RCODE_NOERROR;
    switch (a->kind) {
    case AUTODEF_ZONE:
    case AUTODEF_DNS64:
        break;
    case AUTODEF_REVERSE:
        return reverse(q, a);
    case AUTODEF_COMPUTE:
        return compute(q, a);
    }
    return rest(q, a);
}
