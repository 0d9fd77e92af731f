/* SPDX-License-Identifier: Apache-2.0 */
/* Private zones: an answer, a chain to follow, or a final denial (design section 5, line 6). */
#include "resolve/local.h"

#include <string.h>

#include "dns/rdata.h"
#include "resolve/policy.h"
#include "resolve/synthesize.h"

/* How long a denial by this SOA holds, in seconds (RFC 2308 3). */
static uint32_t negative_ttl(const struct rrset *soa)
{
    const uint8_t *rdata = rrset_rdata(soa);
    uint16_t len;
    memcpy(&len, rdata, sizeof(len));
    uint32_t minimum = rdata_soa_minimum(rdata + sizeof(len), len), ttl = rrset_ttl(soa);
    return ttl < minimum ? ttl : minimum;
}

/* The SOA of the zone for a denial: its TTL is the negative TTL. */
static void deny(struct query *q, const struct zone *z, const struct rrset *soa)
{
    if (!soa)
        return;
    struct rrset_view view = {
        .owner = zone_apex(z),
        .type = TYPE_SOA,
        .class = CLASS_IN,
        .ttl = negative_ttl(soa),
        .count = 1,
        .rdata = rrset_rdata(soa),
    };
    query_add(q, SECTION_AUTHORITY, &view, 0);
}

/* Adds the addresses of one name of the zone. */
static void add_addresses(struct query *q, const struct zone *z, const uint8_t *name)
{
    uint8_t canonical[NAME_MAX_WIRE];
    name_canon(canonical, name);
    if (!name_within(canonical, zone_apex(z)))
        return;
    static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
    for (size_t i = 0; i < 2; i++) {
        struct zone_found f;
        struct rrset_view view = {.owner = name};
        unsigned first;
        zone_find(z, canonical, types[i], &f);
        if (f.result == ZONE_FOUND && policy_view(q, z, f.set, &view, &first))
            query_add(q, SECTION_ADDITIONAL, &view, first);
    }
}

/* Addresses of the targets of MX, SRV and NS that are in the same zone, to save the client
 * questions (RFC 1035 3.3.9, 3.3.11, RFC 2782). */
static void add_additional(struct query *q, const struct zone *z, const struct rrset_view *view)
{
    int offset = rdata_target_offset(view->type);
    if (offset < 0 || view->type == TYPE_CNAME || view->type == TYPE_DNAME ||
        view->type == TYPE_PTR)
        return;
    const uint8_t *rdata = view->rdata;
    for (unsigned i = 0; i < view->count && i < QUERY_ADDITIONAL / 2; i++) {
        uint16_t len;
        memcpy(&len, rdata, sizeof(len));
        if (len > offset)
            add_addresses(q, z, rdata + sizeof(len) + offset);
        rdata += sizeof(len) + len;
    }
}

/* The name has nothing of the type: what DNS64 can make of its A records, else a denial. */
static enum step nodata(struct query *q, const struct zone *z, const struct zone_found *f,
                        const char *why)
{
    query_trace(q, "local", "nodata", zone_id(z), "%s", why);
    uint32_t absent = f->soa ? negative_ttl(f->soa) : SYNTHESIZE_TTL;
    if (!synthesize_wanted(q) || !synthesize_zone(q, z, absent))
        deny(q, z, f->soa);
    return STEP_ANSWER;
}

static enum step found(struct query *q, const struct zone *z, const struct zone_found *f)
{
    struct rrset_view view = {.owner = q->name};
    unsigned first;
    if (!policy_view(q, z, f->set, &view, &first))
        return nodata(q, z, f, "the record set has no data for this query");
    if (synthesize_wanted(q) && view.type == TYPE_AAAA && !synthesize_filter(q, &view, &first))
        return nodata(q, z, f, "all its AAAA records are excluded");
    if (!query_add(q, SECTION_ANSWER, &view, first))
        return STEP_ANSWER;
    if (f->result == ZONE_CNAME) {
        q->name = view.rdata + 2;
        query_trace(q, "local", "cname", zone_id(z), "a CNAME: its target is asked next");
        return STEP_CHASE;
    }
    query_trace(q, "local", "answer", zone_id(z), "%u record%s%s", view.count,
                view.count == 1 ? "" : "s", f->wildcard ? " by a wildcard" : "");
    add_additional(q, z, &view);
    return STEP_ANSWER;
}

/* A DNAME renames the subtree; the CNAME that says so for this name is made up (RFC 6672 3.1). */
static enum step renamed(struct query *q, const struct zone *z, const struct zone_found *f)
{
    struct rrset_view dname = {.owner = f->owner};
    unsigned first;
    if (!policy_view(q, z, f->set, &dname, &first) || !query_add(q, SECTION_ANSWER, &dname, first))
        return STEP_ANSWER;
    uint8_t *rdata = arena_alloc(&q->arena, 2 + NAME_MAX_WIRE);
    if (!rdata) {
        query_fail(q, EDE_OTHER, "the chain needs too much memory");
        return STEP_ANSWER;
    }
    unsigned prefix = name_labels(q->key.name) - name_labels(f->owner);
    int len = name_concat(q->name, prefix, dname.rdata + 2, rdata + 2);
    if (len < 0) {
        q->rcode = RCODE_YXDOMAIN; /* RFC 6672 2.2 */
        return STEP_ANSWER;
    }
    memcpy(rdata, &(uint16_t){(uint16_t)len}, 2);
    struct rrset_view cname = {q->name, TYPE_CNAME, CLASS_IN, dname.ttl, 1, rdata};
    if (!query_add(q, SECTION_ANSWER, &cname, 0))
        return STEP_ANSWER;
    query_trace(q, "local", "dname", zone_id(z), "a DNAME above: the new name is asked next");
    if (q->msg.qtype == TYPE_CNAME)
        return STEP_ANSWER;
    q->name = rdata + 2;
    return STEP_CHASE;
}

enum step local_zone(struct query *q, const struct zone *z)
{
    struct zone_found f;
    zone_find_key(z, &q->where, q->msg.qtype, &f);
    q->rcode = RCODE_NOERROR;
    switch (f.result) {
    case ZONE_FOUND:
    case ZONE_CNAME:
        return found(q, z, &f);
    case ZONE_DNAME:
        return renamed(q, z, &f);
    case ZONE_NODATA:
        return nodata(q, z, &f, "the name has no records of this type");
    case ZONE_DELEGATION:
        /* Without a rule that follows it, a delegation leads nowhere (spec/resolver.md 7 no. 8). */
        query_trace(q, "local", "delegation", zone_id(z), "NS records without a DELEGATE rule");
        break;
    case ZONE_NXDOMAIN:
        q->rcode = RCODE_NXDOMAIN;
        query_trace(q, "local", "nxdomain", zone_id(z),
                    "the zone does not have the name; public DNS is not asked");
        break;
    }
    deny(q, z, f.soa);
    return STEP_ANSWER;
}

enum step step_local(struct query *q)
{
    return q->route == ROUTE_ZONE ? local_zone(q, q->zone) : local_autodefined(q, q->autodef);
}
