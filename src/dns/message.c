/* SPDX-License-Identifier: Apache-2.0 */
/* Reading messages. Queries are parsed in one pass with the common shape (one question, an OPT or
 * nothing behind it) on the straight path; records of replies are walked on demand. */
#include "dns/message.h"

#include "base/error.h"
#include "dns/layout.h"
#include "dns/wire.h"

#define RR_FIXED 10 /* bytes of a record between owner and rdata */

/* Reads the header; everything behind it counts as absent. */
static void header_read(const uint8_t *wire, size_t len, struct message *ret)
{
    ret->wire = wire;
    ret->len = len;
    ret->id = wire_u16(wire);
    ret->flags = wire_u16(wire + 2);
    for (unsigned i = 0; i < 4; i++)
        ret->counts[i] = wire_u16(wire + 4 + 2 * i);
    ret->qname = NULL;
    ret->qname_len = 0;
    ret->qtype = 0;
    ret->qclass = 0;
    ret->body = MSG_HEADER;
    ret->edns = (struct edns){0};
}

/* Reads the one question behind the header. Nothing stands before it that a pointer could lead to,
 * so it is never compressed. */
static int question_read(struct message *m)
{
    const uint8_t *qname = m->wire + MSG_HEADER, *end = m->wire + m->len;
    int n = name_check(qname, end);

    if (n < 0 || end - qname < n + 4)
        return ERR_INVALID;
    m->qname = qname;
    m->qname_len = (uint16_t)n;
    m->qtype = wire_u16(qname + n);
    m->qclass = wire_u16(qname + n + 2);
    m->body = MSG_HEADER + (size_t)n + 4;
    return 0;
}

/* The bytes of the possibly compressed name at `at`, without following pointers; or ERR_INVALID. */
static int name_skip(const uint8_t *wire, size_t len, size_t at)
{
    size_t start = at;

    while (at < len && at - start < NAME_MAX_WIRE) {
        unsigned c = wire[at];
        if (c == 0)
            return (int)(at + 1 - start);
        if (c >= 0xc0)
            return len - at >= 2 ? (int)(at + 2 - start) : ERR_INVALID;
        if (c > NAME_MAX_LABEL)
            return ERR_INVALID;
        at += c + 1;
    }
    return ERR_INVALID;
}

/* Checks that options fill the list exactly. */
static bool options_ok(const uint8_t *p, size_t len)
{
    while (len >= 4) {
        size_t n = 4u + wire_u16(p + 2);
        if (n > len)
            return false;
        p += n;
        len -= n;
    }
    return len == 0;
}

/* Reads the OPT record whose type field is at `fixed`, rdata of `rdlen` bytes. */
static int opt_read(struct edns *e, const uint8_t *fixed, uint16_t rdlen)
{
    if (e->present)
        return ERR_INVALID;
    uint16_t size = wire_u16(fixed + 2);
    e->present = true;
    e->udp_size = size < 512 ? 512 : size;
    e->rcode_high = fixed[4];
    e->version = fixed[5];
    e->dnssec_ok = fixed[6] & 0x80;
    e->options = fixed + RR_FIXED;
    e->options_len = rdlen;
    /* A later version may lay out its rdata in another way; the sender hears BADVERS. */
    return e->version || options_ok(e->options, rdlen) ? 0 : ERR_INVALID;
}

/* Steps over the record at *at, which must lie within the message, and takes EDNS from an OPT
 * record. An OPT is allowed once, with the root as owner, in the additional section
 * (RFC 6891 6.1.1). */
static int record_skip(struct message *m, unsigned section, size_t *at)
{
    int n = name_skip(m->wire, m->len, *at);

    if (n < 0 || m->len - *at - (size_t)n < RR_FIXED)
        return ERR_INVALID;
    const uint8_t *fixed = m->wire + *at + n;
    uint16_t rdlen = wire_u16(fixed + 8);
    if (m->len - *at - (size_t)n - RR_FIXED < rdlen)
        return ERR_INVALID;
    if (wire_u16(fixed) == TYPE_OPT &&
        (n != 1 || section != SECTION_ADDITIONAL || opt_read(&m->edns, fixed, rdlen) < 0))
        return ERR_INVALID;
    *at += (size_t)n + RR_FIXED + rdlen;
    return 0;
}

/* Reads what follows the question of a query, to the last byte. */
static int additional_read(struct message *m)
{
    size_t at = m->body;

    for (unsigned i = 0; i < m->counts[SECTION_ADDITIONAL]; i++) {
        if (record_skip(m, SECTION_ADDITIONAL, &at) < 0)
            return ERR_INVALID;
    }
    return at == m->len ? 0 : ERR_INVALID;
}

enum msg_verdict msg_parse_query(const uint8_t *wire, size_t len, struct message *ret)
{
    if (len < MSG_HEADER)
        return MSG_DROP;
    header_read(wire, len, ret);
    if (ret->flags & FLAG_QR)
        return MSG_DROP;
    if (msg_opcode(ret->flags) != OPCODE_QUERY)
        return MSG_NOTIMP;
    if (ret->counts[0] != 1 || question_read(ret) < 0)
        return MSG_FORMERR;
    if (ret->counts[SECTION_ANSWER] || ret->counts[SECTION_AUTHORITY])
        return MSG_FORMERR;
    if (additional_read(ret) < 0) {
        ret->edns = (struct edns){0}; /* nothing of a malformed OPT may shape the answer */
        return MSG_FORMERR;
    }
    return ret->edns.version ? MSG_BADVERS : MSG_OK;
}

/* Reads all records of a reply for their bounds and EDNS. */
static int reply_records_read(struct message *m)
{
    size_t at = m->body;

    for (unsigned section = SECTION_ANSWER; section <= SECTION_ADDITIONAL; section++) {
        for (unsigned i = 0; i < m->counts[section]; i++) {
            if (record_skip(m, section, &at) == 0)
                continue;
            if (!(m->flags & FLAG_TC))
                return ERR_INVALID;
            /* Some servers cut a truncated reply anywhere: what is whole before it still counts. */
            m->counts[section] = (uint16_t)i;
            while (section < SECTION_ADDITIONAL)
                m->counts[++section] = 0;
        }
    }
    return 0;
}

int msg_parse_reply(const uint8_t *wire, size_t len, struct message *ret)
{
    struct message m;

    if (len < MSG_HEADER)
        return ERR_INVALID;
    header_read(wire, len, &m);
    if (!(m.flags & FLAG_QR) || m.counts[0] > 1)
        return ERR_INVALID;
    if (m.counts[0] && question_read(&m) < 0)
        return ERR_INVALID;
    if (reply_records_read(&m) < 0)
        return ERR_INVALID;
    *ret = m;
    return 0;
}

void msg_records(const struct message *msg, struct rr_iter *ret)
{
    ret->msg = msg;
    ret->at = msg->body;
    ret->section = SECTION_ANSWER;
    ret->left = msg->counts[SECTION_ANSWER];
}

int rr_next(struct rr_iter *it, struct rr *ret)
{
    const struct message *m = it->msg;

    while (!it->left) {
        if (it->section >= SECTION_ADDITIONAL)
            return 0;
        it->left = m->counts[++it->section];
    }
    int n = name_decompress(m->wire, m->len, it->at, ret->owner, NULL);
    if (n < 0 || m->len - it->at - (size_t)n < RR_FIXED)
        return ERR_INVALID;
    const uint8_t *fixed = m->wire + it->at + n;
    ret->section = (enum section)it->section;
    ret->type = wire_u16(fixed);
    ret->class = wire_u16(fixed + 2);
    ret->ttl = wire_u32(fixed + 4);
    ret->rdlen = wire_u16(fixed + 8);
    ret->at = it->at;
    ret->rdata = it->at + (size_t)n + RR_FIXED;
    if (m->len - ret->rdata < ret->rdlen)
        return ERR_INVALID;
    /* The upper half is taken as 0 (RFC 2181 8); of an OPT these are other fields. */
    if (ret->ttl > INT32_MAX && ret->type != TYPE_OPT)
        ret->ttl = 0;
    it->at = ret->rdata + ret->rdlen;
    it->left--;
    return 1;
}

int rr_rdata(const struct message *msg, const struct rr *rr, uint8_t *out, size_t size)
{
    /* Layouts are those of class IN; CH has another A record. */
    const char *layout = rr->class == CLASS_IN ? type_layout(rr->type) : "";
    size_t at = rr->rdata, end = rr->rdata + rr->rdlen, len = 0;
    uint8_t name[NAME_MAX_WIRE];

    if (!*layout)
        layout = "x";
    for (; *layout; layout++) {
        const uint8_t *from = msg->wire + at;
        size_t copy = 0;
        int n;
        if (*layout == 'n' || *layout == 'd') {
            n = name_decompress(msg->wire, end, at, name, &copy);
            from = name;
        } else {
            n = *layout == 'u' ? name_check(from, msg->wire + end)
                               : layout_field(*layout, from, end - at);
            copy = n > 0 ? (size_t)n : 0;
        }
        if (n < 0)
            return n;
        if (copy > size - len)
            return ERR_RANGE;
        memcpy(out + len, from, copy);
        len += copy;
        at += (size_t)n;
    }
    return at == end ? (int)len : ERR_INVALID;
}

int edns_next(const struct edns *e, size_t *pos, uint16_t *ret_code, const uint8_t **ret_data,
              uint16_t *ret_len)
{
    if (!e->present || *pos + 4 > e->options_len)
        return 0;
    const uint8_t *p = e->options + *pos;
    uint16_t len = wire_u16(p + 2);
    if (len > e->options_len - *pos - 4)
        return 0;
    *ret_code = wire_u16(p);
    *ret_data = p + 4;
    *ret_len = len;
    *pos += 4u + len;
    return 1;
}
