/* SPDX-License-Identifier: Apache-2.0 */
/* What is believed of a reply. Id and source were checked by whoever owns the socket; here it is
 * the question, the chain, and the bailiwick: a record that the chain does not lead to is dropped,
 * whatever section it is in, so nothing can be slipped in under another name. */
#include "resolve/accept.h"

#include <string.h>

#include "base/limits.h"
#include "dns/build.h"
#include "dns/rdata.h"

/* The state of cleaning one reply. */
struct cleaner {
    const struct message *in;
    struct build out;
    uint16_t qtype;
    uint32_t ttl;                /* smallest so far */
    unsigned links;              /* CNAME and DNAME followed */
    uint8_t name[NAME_MAX_WIRE]; /* where the chain stands */
    uint8_t rdata[LIMIT_MESSAGE];
};

/* Signatures and proofs are not passed on unless they were asked for (spec/resolver.md 0.2). */
static bool is_wanted(uint16_t type, uint16_t qtype)
{
    if (qtype != TYPE_ANY)
        return type == qtype;
    return type != TYPE_RRSIG && type != TYPE_NSEC && type != TYPE_NSEC3 && type != TYPE_DNSKEY;
}

/* Writes one record of the reply. ERR_* as the steps of it. */
static int copy_record(struct cleaner *c, const struct rr *rr, enum section section, uint32_t ttl)
{
    int len = rr_rdata(c->in, rr, c->rdata, sizeof(c->rdata));
    if (len < 0 || rdata_check(rr->type, c->rdata, (size_t)len) < 0)
        return -1;
    if (ttl > LIMIT_CACHE_TTL_S)
        ttl = LIMIT_CACHE_TTL_S;
    if (ttl < c->ttl)
        c->ttl = ttl;
    return build_rr(&c->out, section, rr->owner, rr->type, CLASS_IN, ttl, c->rdata, (uint16_t)len);
}

/* Copies the records that were asked for at the end of the chain: their number, or negative. */
static int copy_answers(struct cleaner *c)
{
    struct rr_iter it;
    struct rr rr;
    int n = 0;
    msg_records(c->in, &it);
    while (rr_next(&it, &rr) == 1 && rr.section == SECTION_ANSWER) {
        if (rr.class != CLASS_IN || !is_wanted(rr.type, c->qtype) || !name_equal(rr.owner, c->name))
            continue;
        if (copy_record(c, &rr, SECTION_ANSWER, rr.ttl) < 0)
            return -1;
        n++;
    }
    return n;
}

/* Makes the CNAME that a DNAME implies for the name, and goes there. */
static int follow_dname(struct cleaner *c, const struct rr *rr)
{
    if (copy_record(c, rr, SECTION_ANSWER, rr->ttl) < 0)
        return -1;
    uint8_t target[NAME_MAX_WIRE];
    unsigned prefix = name_labels(c->name) - name_labels(rr->owner);
    int len = name_concat(c->name, prefix, c->rdata, target);
    uint32_t ttl = rr->ttl < LIMIT_CACHE_TTL_S ? rr->ttl : LIMIT_CACHE_TTL_S;
    if (len < 0 || build_rr(&c->out, SECTION_ANSWER, c->name, TYPE_CNAME, CLASS_IN, ttl, target,
                            (uint16_t)len) < 0)
        return -1;
    name_copy(c->name, target);
    return 1;
}

/* Goes one link on: 1; 0: the chain ends here; negative: it is broken. */
static int follow(struct cleaner *c)
{
    struct rr_iter it;
    struct rr rr;
    msg_records(c->in, &it);
    while (rr_next(&it, &rr) == 1 && rr.section == SECTION_ANSWER) {
        if (rr.class != CLASS_IN)
            continue;
        if (rr.type == TYPE_DNAME && name_within(c->name, rr.owner) &&
            !name_equal(c->name, rr.owner))
            return follow_dname(c, &rr);
        if (rr.type != TYPE_CNAME || !name_equal(rr.owner, c->name))
            continue;
        if (copy_record(c, &rr, SECTION_ANSWER, rr.ttl) < 0)
            return -1;
        name_copy(c->name, c->rdata);
        return 1;
    }
    return 0;
}

/* Copies the SOA that denies the end of the chain (RFC 2308 5). 1: done; 0: there is none. */
static int copy_soa(struct cleaner *c)
{
    struct rr_iter it;
    struct rr rr;
    msg_records(c->in, &it);
    while (rr_next(&it, &rr) == 1) {
        if (rr.section != SECTION_AUTHORITY || rr.type != TYPE_SOA || rr.class != CLASS_IN ||
            !name_within(c->name, rr.owner))
            continue;
        int len = rr_rdata(c->in, &rr, c->rdata, sizeof(c->rdata));
        if (len < 0)
            return -1;
        uint32_t minimum = rdata_soa_minimum(c->rdata, (size_t)len);
        int err = copy_record(c, &rr, SECTION_AUTHORITY, rr.ttl < minimum ? rr.ttl : minimum);
        return err < 0 ? err : 1;
    }
    return 0;
}

/* Cleans a NOERROR or NXDOMAIN reply. False: it contradicts itself. */
static bool clean(struct cleaner *c, const struct cache_key *key, struct reply *ret)
{
    build_begin(&c->out, ret->msg, LIMIT_MESSAGE, 0, 0);
    if (build_question(&c->out, key->name, key->qtype, key->qclass) < 0)
        return false;
    ret->body = reply_body(key->name_len);
    int answers, more = 0;
    while (!(answers = copy_answers(c)) && c->qtype != TYPE_CNAME && (more = follow(c)) == 1)
        if (++c->links > LIMIT_CHAIN)
            return false;
    if (answers < 0 || more < 0 || (answers && ret->rcode == RCODE_NXDOMAIN))
        return false;
    ret->dangling = false;
    if (!answers) {
        int soa = copy_soa(c);
        if (soa < 0)
            return false;
        if (!soa && c->links && ret->rcode == RCODE_NOERROR)
            ret->dangling = true;
        else if (!soa)
            c->ttl = 0; /* a denial without SOA is not cached (RFC 2308 5) */
    }
    ret->answers = c->out.counts[SECTION_ANSWER];
    ret->authorities = c->out.counts[SECTION_AUTHORITY];
    ret->len = build_end(&c->out);
    ret->ttl = c->ttl;
    ret->ede = 0;
    return true;
}

static bool same_question(const struct message *m, const struct cache_key *key)
{
    return m->counts[0] == 1 && m->qname && m->qtype == key->qtype && m->qclass == key->qclass &&
           name_equal(m->qname, key->name);
}

enum accept accept_reply(const struct cache_key *key, const uint8_t *wire, size_t len, bool edns,
                         struct reply *ret)
{
    struct message m;
    if (msg_parse_reply(wire, len, &m) < 0)
        return ACCEPT_FOREIGN;
    ret->rcode = (uint8_t)msg_rcode(m.flags);
    bool error = m.edns.rcode_high || (ret->rcode != RCODE_NOERROR && ret->rcode != RCODE_NXDOMAIN);
    if (msg_opcode(m.flags) != OPCODE_QUERY)
        return ACCEPT_FOREIGN;
    if (!same_question(&m, key) && !(error && m.counts[0] == 0))
        return ACCEPT_FOREIGN;
    if (error)
        return edns && !m.edns.present &&
                       (ret->rcode == RCODE_FORMERR || ret->rcode == RCODE_NOTIMP)
                   ? ACCEPT_NO_EDNS
                   : ACCEPT_USELESS;
    if (m.flags & FLAG_TC)
        return ACCEPT_TRUNCATED;
    struct cleaner c; /* large: not cleared */
    c.in = &m;
    c.qtype = key->qtype;
    c.ttl = LIMIT_CACHE_TTL_S;
    c.links = 0;
    name_copy(c.name, key->name);
    if (clean(&c, key, ret))
        return ACCEPT_GOOD;
    ret->rcode = RCODE_SERVFAIL;
    return ACCEPT_USELESS;
}
