/* SPDX-License-Identifier: Apache-2.0 */
/* Writing messages. A name that was written is remembered with all its suffixes, as offset and
 * length; the length alone rules out nearly every candidate, so the search costs little, and for
 * the commonest name of all, an owner that is the question's, there is no search. */
#include "dns/build.h"

#include "base/check.h"
#include "base/error.h"
#include "dns/wire.h"

#define QNAME_POINTER 0xc00c /* to the name of the question, right behind the header */
#define POINTER_MAX 0x3fff
#define RR_FIXED 10 /* bytes of a record between owner and rdata */

void build_begin(struct build *b, uint8_t *buf, size_t limit, uint16_t id, uint16_t flags)
{
    must(limit >= MSG_HEADER);
    b->buf = buf;
    b->limit = limit;
    b->len = MSG_HEADER;
    b->reserved = 0;
    memset(b->counts, 0, sizeof(b->counts));
    b->truncated = false;
    b->names = 0; /* name_at and name_bytes are valid up to here, and not cleared */
    wire_put16(buf, id);
    wire_put16(buf + 2, flags);
    memset(buf + 4, 0, MSG_HEADER - 4);
}

static inline size_t build_room(const struct build *b)
{
    return b->limit - b->len;
}

/* Remembers the suffix of `bytes` bytes that begins at `at`. */
static inline void name_remember(struct build *b, size_t at, size_t bytes)
{
    if (b->names < BUILD_NAMES && at <= POINTER_MAX) {
        b->name_at[b->names] = (uint16_t)at;
        b->name_bytes[b->names++] = (uint8_t)bytes;
    }
}

/* True if the name at `at` of the message, which may go on with pointers, is byte for byte `name`.
 * Only for names that this file wrote. */
static bool name_written(const struct build *b, size_t at, const uint8_t *name)
{
    for (;;) {
        const uint8_t *p = b->buf + at;
        if (*p >= 0xc0) {
            at = wire_u16(p) & POINTER_MAX;
            continue;
        }
        if (memcmp(p, name, *p + 1u) != 0)
            return false;
        if (!*p)
            return true;
        at += *p + 1u;
        name += *p + 1;
    }
}

/* The offset of a remembered name equal to `name` of `bytes` bytes, or 0. */
static size_t name_lookup(const struct build *b, const uint8_t *name, size_t bytes)
{
    for (unsigned i = 0; i < b->names; i++) {
        if (b->name_bytes[i] == bytes && name_written(b, b->name_at[i], name))
            return b->name_at[i];
    }
    return 0;
}

/* Appends a name, compressed. On lack of room b->len stays, but names may have been remembered that
 * the caller must forget. ERR_RANGE. */
static int name_append(struct build *b, const uint8_t *name)
{
    size_t left = name_len(name), at = b->len, found = 0;
    const uint8_t *p = name;

    while (*p && !(found = name_lookup(b, p, left))) {
        name_remember(b, at, left);
        at += *p + 1u;
        left -= *p + 1u;
        p += *p + 1;
    }
    size_t head = (size_t)(p - name), tail = found ? 2 : 1;
    if (head + tail > build_room(b))
        return ERR_RANGE;
    memcpy(b->buf + b->len, name, head);
    if (found)
        wire_put16(b->buf + at, (uint16_t)(0xc000 | found));
    else
        b->buf[at] = 0;
    b->len = at + tail;
    return 0;
}

int build_question(struct build *b, const uint8_t *qname, uint16_t qtype, uint16_t qclass)
{
    size_t len = name_len(qname);

    if (!should(b->len == MSG_HEADER))
        return ERR_INVALID;
    if (len + 4 > build_room(b))
        return ERR_RANGE;
    memcpy(b->buf + b->len, qname, len);
    size_t left = len;
    for (const uint8_t *p = qname; *p; p += *p + 1) {
        name_remember(b, b->len + (len - left), left);
        left -= *p + 1u;
    }
    b->len += len;
    wire_put16(b->buf + b->len, qtype);
    wire_put16(b->buf + b->len + 2, qclass);
    b->len += 4;
    b->counts[0] = 1;
    return 0;
}

int build_reserve(struct build *b, size_t bytes)
{
    if (bytes > build_room(b))
        return ERR_RANGE;
    b->limit -= bytes;
    b->reserved += bytes;
    return 0;
}

/* What all records of a set have in common, while they are written. */
struct rr_head {
    const uint8_t *owner; /* NULL: as a pointer */
    uint16_t pointer;
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    bool compress;            /* names in the rdata (RFC 3597 4: types of RFC 1035 only) */
    bool uncompressed_before; /* a 16-bit field is before the name */
};

static struct rr_head head_of(const struct build *b, const struct rrset_view *set)
{
    const char *layout = type_layout(set->type);
    struct rr_head h = {
        .owner = set->owner, .type = set->type, .class = set->class, .ttl = set->ttl};

    h.uncompressed_before = layout[0] == '2' && layout[1] == 'n';
    h.compress = layout[0] == 'n' || h.uncompressed_before;
    if (b->counts[0] && *set->owner && name_equal(set->owner, b->buf + MSG_HEADER)) {
        h.owner = NULL;
        h.pointer = QNAME_POINTER;
    }
    return h;
}

/* Appends rdata whose names are compressed: NS, CNAME, PTR, MX, SOA and the like. */
static int rdata_append(struct build *b, const struct rr_head *h, const uint8_t *rdata, size_t len)
{
    const uint8_t *end = rdata + len;

    if (h->uncompressed_before) {
        if (build_room(b) < 2 || len < 2)
            return ERR_RANGE;
        memcpy(b->buf + b->len, rdata, 2);
        b->len += 2;
        rdata += 2;
    }
    for (const char *layout = type_layout(h->type) + (h->uncompressed_before ? 1 : 0);
         *layout == 'n'; layout++) {
        int n = name_check(rdata, end);
        if (!should(n > 0) || name_append(b, rdata) < 0)
            return ERR_RANGE;
        rdata += n;
    }
    size_t rest = (size_t)(end - rdata);
    if (rest > build_room(b))
        return ERR_RANGE;
    memcpy(b->buf + b->len, rdata, rest);
    b->len += rest;
    return 0;
}

/* Appends one record; afterwards h->owner is NULL and the next one points to this owner. ERR_RANGE
 * leaves b->len and b->names changed. */
static int rr_append(struct build *b, struct rr_head *h, const uint8_t *rdata, size_t rdlen)
{
    size_t start = b->len;

    if (h->owner) {
        if (name_append(b, h->owner) < 0)
            return ERR_RANGE;
        /* A root owner is shorter than a pointer; behind 16 KiB a pointer cannot reach. */
        if (*h->owner && start <= POINTER_MAX) {
            h->owner = NULL;
            h->pointer = (uint16_t)(0xc000 | start);
        }
    } else {
        if (build_room(b) < 2)
            return ERR_RANGE;
        wire_put16(b->buf + start, h->pointer);
        b->len = start + 2;
    }
    if (build_room(b) < RR_FIXED + (h->compress ? 0 : rdlen))
        return ERR_RANGE;
    uint8_t *fixed = b->buf + b->len;
    wire_put16(fixed, h->type);
    wire_put16(fixed + 2, h->class);
    wire_put32(fixed + 4, h->ttl);
    wire_put16(fixed + 8, (uint16_t)rdlen);
    b->len += RR_FIXED;
    if (!h->compress) {
        memcpy(fixed + RR_FIXED, rdata, rdlen);
        b->len += rdlen;
        return 0;
    }
    if (rdata_append(b, h, rdata, rdlen) < 0)
        return ERR_RANGE;
    wire_put16(fixed + 8, (uint16_t)(b->buf + b->len - fixed - RR_FIXED));
    return 0;
}

/* The message gets back its former length after a record set that did not fit. */
static int build_unwind(struct build *b, enum section section, size_t len, unsigned names)
{
    b->len = len;
    b->names = names;
    if (section == SECTION_ADDITIONAL)
        return 0;
    b->truncated = true;
    build_set_flags(b, FLAG_TC);
    return ERR_RANGE;
}

/* Sections are written in order; a record in an earlier one would land in the wrong place. */
static bool section_in_order(const struct build *b, enum section section)
{
    for (unsigned later = section + 1u; later <= SECTION_ADDITIONAL; later++) {
        if (b->counts[later])
            return false;
    }
    return true;
}

int build_rrset(struct build *b, enum section section, const struct rrset_view *set, unsigned first)
{
    size_t len = b->len;
    unsigned names = b->names;

    if (!should(section_in_order(b, section)))
        return ERR_INVALID;
    if (!set->count)
        return 0;
    struct rr_head head = head_of(b, set);
    const uint8_t *rdata = set->rdata;
    uint16_t rdlen;

    first %= set->count;
    for (unsigned i = 0; i < first; i++) {
        memcpy(&rdlen, rdata, sizeof(rdlen));
        rdata += sizeof(rdlen) + rdlen;
    }
    for (unsigned i = 0; i < set->count; i++) {
        if (first + i == set->count)
            rdata = set->rdata;
        memcpy(&rdlen, rdata, sizeof(rdlen));
        if (rr_append(b, &head, rdata + sizeof(rdlen), rdlen) < 0)
            return build_unwind(b, section, len, names);
        rdata += sizeof(rdlen) + rdlen;
    }
    b->counts[section] = (uint16_t)(b->counts[section] + set->count);
    return 0;
}

int build_rr(struct build *b, enum section section, const uint8_t *owner, uint16_t type,
             uint16_t class, uint32_t ttl, const uint8_t *rdata, uint16_t rdlen)
{
    struct rrset_view set = {.owner = owner, .type = type, .class = class, .ttl = ttl};
    size_t len = b->len;
    unsigned names = b->names;

    if (!should(section_in_order(b, section)))
        return ERR_INVALID;
    struct rr_head head = head_of(b, &set);
    head.compress = false;
    if (rr_append(b, &head, rdata, rdlen) < 0)
        return build_unwind(b, section, len, names);
    b->counts[section]++;
    return 0;
}

#define OPT_FIXED 11 /* root owner and fixed fields */
#define EDE_FIXED 6  /* option code, length and info code */
#define OPT_DO 0x8000
#define OPTION_FIXED 4 /* code and length of an option */

/* Writes an OPT record's owner and fixed fields at p. */
static void opt_put(uint8_t *p, const struct build_opt *opt, size_t rdlen)
{
    p[0] = 0;
    wire_put16(p + 1, TYPE_OPT);
    wire_put16(p + 3, opt->udp_size);
    p[5] = opt->rcode_high;
    p[6] = 0; /* version */
    wire_put16(p + 7, opt->dnssec_ok ? OPT_DO : 0);
    wire_put16(p + 9, (uint16_t)rdlen);
}

static size_t ede_text_len(const struct build_opt *opt)
{
    return opt->ede_text ? strnlen(opt->ede_text, 255) : 0;
}

size_t build_opt_size(const struct build_opt *opt)
{
    return OPT_FIXED + (opt->has_ede ? EDE_FIXED + ede_text_len(opt) : 0) +
           (opt->mark ? OPTION_FIXED : 0);
}

int build_opt(struct build *b, const struct build_opt *opt)
{
    size_t size = build_opt_size(opt);
    uint8_t *p = b->buf + b->len;

    if (size > build_room(b) + b->reserved)
        return ERR_RANGE;
    b->limit += b->reserved;
    b->reserved = 0;
    opt_put(p, opt, size - OPT_FIXED);
    p += OPT_FIXED;
    if (opt->mark) {
        wire_put16(p, opt->mark);
        wire_put16(p + 2, 0);
        p += OPTION_FIXED;
    }
    if (opt->has_ede) {
        size_t text = ede_text_len(opt);
        wire_put16(p, EDNS_EDE);
        wire_put16(p + 2, (uint16_t)(2 + text));
        wire_put16(p + 4, opt->ede_code);
        if (text)
            memcpy(p + EDE_FIXED, opt->ede_text, text);
    }
    b->len += size;
    b->counts[SECTION_ADDITIONAL]++;
    return 0;
}

void build_set_rcode(struct build *b, unsigned rcode)
{
    b->buf[3] = (uint8_t)((b->buf[3] & 0xf0) | (rcode & 15));
}

void build_set_flags(struct build *b, uint16_t set)
{
    wire_put16(b->buf + 2, wire_u16(b->buf + 2) | set);
}

void build_truncate(struct build *b)
{
    size_t end = MSG_HEADER;

    if (b->counts[0])
        end += name_len(b->buf + MSG_HEADER) + 4;
    b->len = end;
    while (b->names && b->name_at[b->names - 1] >= end)
        b->names--;
    for (unsigned i = SECTION_ANSWER; i <= SECTION_ADDITIONAL; i++)
        b->counts[i] = 0;
    b->truncated = true;
    build_set_flags(b, FLAG_TC);
}

size_t build_end(struct build *b)
{
    for (unsigned i = 0; i < 4; i++)
        wire_put16(b->buf + 4 + 2 * i, b->counts[i]);
    return b->len;
}

int build_query(uint8_t *buf, size_t size, uint16_t id, uint16_t flags, const uint8_t *qname,
                uint16_t qtype, uint16_t qclass, uint16_t udp_size, bool dnssec_ok)
{
    size_t len = name_len(qname), total = MSG_HEADER + len + 4 + (udp_size ? OPT_FIXED : 0);
    struct build_opt opt = {.udp_size = udp_size, .dnssec_ok = dnssec_ok};

    if (total > size)
        return ERR_RANGE;
    wire_put16(buf, id);
    wire_put16(buf + 2, flags);
    memset(buf + 4, 0, MSG_HEADER - 4);
    buf[5] = 1;
    buf[11] = udp_size ? 1 : 0;
    uint8_t *p = buf + MSG_HEADER;
    memcpy(p, qname, len);
    wire_put16(p + len, qtype);
    wire_put16(p + len + 2, qclass);
    if (udp_size)
        opt_put(p + len + 4, &opt, 0);
    return (int)total;
}

int build_option(uint8_t *msg, size_t size, size_t len, uint16_t code, struct build_bytes data)
{
    uint8_t *rdlen = msg + len - 2; /* the OPT has no option yet */

    if (size - len < OPTION_FIXED + (size_t)data.len)
        return ERR_RANGE;
    wire_put16(rdlen, (uint16_t)(OPTION_FIXED + data.len));
    wire_put16(msg + len, code);
    wire_put16(msg + len + 2, data.len);
    memcpy(msg + len + OPTION_FIXED, data.data, data.len);
    return (int)(len + OPTION_FIXED + data.len);
}
