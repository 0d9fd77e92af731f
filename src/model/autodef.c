/* SPDX-License-Identifier: Apache-2.0 */
/* The autodefined names as rows, and the zones made from them. */
#include "model/autodef.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dns/type.h"
#include "model/zone_priv.h"

#define REGION_MAX 40   /* bytes of a region's name */
#define TTL_FIXED 10800 /* seconds; RFC 6303 3 */
#define TTL_COMPUTED 60 /* seconds: what we compute changes with the VPC */
#define NAME_LOOPBACK_V6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"
#define NAME_UNSPECIFIED_V6 \
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"
#define NAME_170 "170.0.0.192.in-addr.arpa"
#define NAME_171 "171.0.0.192.in-addr.arpa"

/* Which tables have a row. */
enum part {
    PART_ALWAYS,
    PART_REVERSE,
};

/* What a constant zone holds beside SOA and NS. */
enum content {
    CONTENT_NONE,
    CONTENT_ADDRESSES, /* the loopback addresses at `owner` */
    CONTENT_PTR,       /* a PTR to localhost. at `owner` */
    CONTENT_IPV4ONLY,  /* the well-known IPv4-only addresses at `owner` (RFC 7050 2.2) */
    CONTENT_PTR4ONLY,  /* a PTR to ipv4only.arpa. at `owner` (RFC 8880 7.2) */
};

struct row {
    enum part part;
    enum autodef_kind kind;
    enum content content;
    const char *apex;
    const char *owners[2]; /* of the content; NULL: no more */
};

/* 127/8 and ::1 stay without reverse names, too (spec/resolver.md 1.5). */
static const struct row rows[] = {
    {PART_ALWAYS, AUTODEF_ZONE, CONTENT_ADDRESSES, "localhost", {"localhost", "*.localhost"}},
    {PART_ALWAYS, AUTODEF_ZONE, CONTENT_ADDRESSES, "localdomain", {"localhost.localdomain"}},
    {PART_ALWAYS, AUTODEF_ZONE, CONTENT_PTR, "127.in-addr.arpa", {"1.0.0.127.in-addr.arpa"}},
    {PART_ALWAYS, AUTODEF_ZONE, CONTENT_PTR, NAME_LOOPBACK_V6, {NAME_LOOPBACK_V6}},
    {PART_ALWAYS, AUTODEF_DNS64, CONTENT_IPV4ONLY, "ipv4only.arpa", {"ipv4only.arpa"}},
    {PART_ALWAYS, AUTODEF_DNS64, CONTENT_PTR4ONLY, NAME_170, {NAME_170}},
    {PART_ALWAYS, AUTODEF_DNS64, CONTENT_PTR4ONLY, NAME_171, {NAME_171}},
    {PART_REVERSE, AUTODEF_ZONE, CONTENT_NONE, NAME_UNSPECIFIED_V6, {NULL}},
    {PART_REVERSE, AUTODEF_ZONE, CONTENT_NONE, "254.169.254.169.in-addr.arpa", {NULL}},
    {PART_REVERSE, AUTODEF_REVERSE, CONTENT_NONE, "10.in-addr.arpa", {NULL}},
    {PART_REVERSE, AUTODEF_REVERSE, CONTENT_NONE, "168.192.in-addr.arpa", {NULL}},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define ROWS_172 16 /* 16.172.in-addr.arpa to 31.172.in-addr.arpa */
#define ROWS_COMPUTE 2

/* A record set to be put into a zone. */
struct record {
    const uint8_t *owner;
    uint16_t type;
    uint32_t ttl;
    const uint8_t *rdata;
    uint16_t len;  /* of one record */
    unsigned more; /* records beside the first, each `len` bytes behind the one before */
};

static int record_put(struct zone *z, const struct edit *e, const struct record *r)
{
    uint8_t rdata[2 + 2 * NAME_MAX_WIRE + 20];
    struct rrset_desc d = {
        .owner = r->owner, .type = r->type, .ttl = r->ttl, .rdata = rdata, .count = 1 + r->more};

    for (unsigned i = 0; i < d.count; i++) {
        memcpy(rdata + d.rdata_len, &r->len, 2);
        memcpy(rdata + d.rdata_len + 2, r->rdata + i * r->len, r->len);
        d.rdata_len += 2u + r->len;
    }
    return zone_put(z, e, &d);
}

size_t autodef_soa(const uint8_t *apex, uint32_t ttl, uint8_t out[AUTODEF_SOA_MAX])
{
    static const uint8_t rname[] = "\6nobody\7invalid";
    uint32_t numbers[5] = {htonl(1), htonl(3600), htonl(1200), htonl(604800), htonl(ttl)};
    size_t len = name_copy(out, apex);

    memcpy(out + len, rname, sizeof(rname));
    len += sizeof(rname);
    memcpy(out + len, numbers, sizeof(numbers));
    return len + sizeof(numbers);
}

/* A zone with SOA and NS at its apex, as RFC 6303 3 has them. NULL on lack of memory. */
static struct zone *zone_make(const struct edit *e, const uint8_t *apex, uint32_t ttl)
{
    uint8_t soa[AUTODEF_SOA_MAX];
    struct record r = {apex, TYPE_SOA, ttl, soa, (uint16_t)autodef_soa(apex, ttl, soa), 0};
    struct record ns = {apex, TYPE_NS, ttl, apex, (uint16_t)name_len(apex), 0};
    struct zone *z = zone_new(e, "autodefined", apex);

    if (!z)
        return NULL;
    if (record_put(z, e, &r) < 0 || record_put(z, e, &ns) < 0) {
        zone_free(z);
        return NULL;
    }
    zone_seal(z, 0);
    return z;
}

static int content_put(struct zone *z, const struct edit *e, const struct row *row)
{
    static const uint8_t v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    static const uint8_t only[8] = {192, 0, 0, 170, 192, 0, 0, 171};
    static const uint8_t localhost[] = "\11localhost", ipv4only[] = "\10ipv4only\4arpa";
    static const struct {
        enum content content;
        struct record record;
    } contents[] = {
        {CONTENT_ADDRESSES, {NULL, TYPE_A, TTL_FIXED, v4, sizeof(v4), 0}},
        {CONTENT_ADDRESSES, {NULL, TYPE_AAAA, TTL_FIXED, v6, sizeof(v6), 0}},
        {CONTENT_PTR, {NULL, TYPE_PTR, TTL_FIXED, localhost, sizeof(localhost), 0}},
        {CONTENT_IPV4ONLY, {NULL, TYPE_A, TTL_FIXED, only, 4, 1}},
        {CONTENT_PTR4ONLY, {NULL, TYPE_PTR, TTL_FIXED, ipv4only, sizeof(ipv4only), 0}},
    };
    uint8_t owner[NAME_MAX_WIRE];
    int r = 0;

    for (unsigned i = 0; i < 2 && row->owners[i] && !r; i++) {
        name_parse(row->owners[i], owner);
        for (unsigned k = 0; k < sizeof(contents) / sizeof(contents[0]) && !r; k++) {
            struct record put = contents[k].record;
            put.owner = owner;
            if (contents[k].content == row->content)
                r = record_put(z, e, &put);
        }
    }
    if (!r)
        zone_seal(z, 0);
    return r;
}

/* Adds an item under a name. The table owns the zone now, also on failure. */
static int table_add(struct autodef_table *t, const struct edit *e, enum autodef_kind kind,
                     struct zone *z)
{
    uint16_t item = (uint16_t)t->items_n;

    if (!z)
        return ERR_NOMEM;
    t->items[t->items_n++] = (struct autodef){kind, z};
    struct qp_leaf *leaf = malloc(qp_leaf_size(name_len(z->apex)) + sizeof(item));
    if (!leaf)
        return ERR_NOMEM;
    qp_leaf_init(leaf, z->apex);
    memcpy(qp_leaf_data(leaf), &item, sizeof(item));
    int r = qp_put(&t->names, e, leaf, 0);
    if (r < 0)
        free(leaf);
    return r;
}

/* Adds a computed zone. */
static int table_add_text(struct autodef_table *t, const struct edit *e, enum autodef_kind kind,
                          const char *text)
{
    uint8_t apex[NAME_MAX_WIRE];

    if (name_parse(text, apex) < 0)
        return ERR_INVALID;
    name_canon(apex, apex);
    return table_add(t, e, kind, zone_make(e, apex, TTL_COMPUTED));
}

static int table_add_row(struct autodef_table *t, const struct edit *e, const struct row *row)
{
    uint8_t apex[NAME_MAX_WIRE];

    if (row->kind == AUTODEF_REVERSE)
        return table_add_text(t, e, row->kind, row->apex);
    name_parse(row->apex, apex);
    struct zone *z = zone_make(e, apex, TTL_FIXED);
    if (z && content_put(z, e, row) < 0) {
        zone_free(z);
        z = NULL;
    }
    return table_add(t, e, row->kind, z);
}

const char *autodef_domain(const char *region, char *buf, size_t size)
{
    if (!strcmp(region, "us-east-1"))
        snprintf(buf, size, "ec2.internal");
    else
        snprintf(buf, size, "%s.compute.internal", region);
    return buf;
}

static int table_fill(struct autodef_table *t, const struct edit *e, const char *region,
                      bool reverse)
{
    char text[NAME_MAX_TEXT];
    int r = 0;

    for (unsigned i = 0; i < ROWS && !r; i++) {
        if (rows[i].part == PART_ALWAYS || reverse)
            r = table_add_row(t, e, &rows[i]);
    }
    for (unsigned i = 16; i < 16 + ROWS_172 && reverse && !r; i++) {
        snprintf(text, sizeof(text), "%u.172.in-addr.arpa", i);
        r = table_add_text(t, e, AUTODEF_REVERSE, text);
    }
    if (r || !region)
        return r;
    r = table_add_text(t, e, AUTODEF_COMPUTE, autodef_domain(region, text, sizeof(text)));
    if (!r && !strcmp(region, "us-east-1"))
        r = table_add_text(t, e, AUTODEF_COMPUTE, "compute-1.internal");
    return r;
}

int autodef_table_new(const struct edit *e, const char *region, bool reverse,
                      struct autodef_table **ret)
{
    struct autodef_table *t;

    if (region && strlen(region) > REGION_MAX)
        return ERR_INVALID;
    t = calloc(1, sizeof(*t) + (ROWS + ROWS_172 + ROWS_COMPUTE) * sizeof(t->items[0]));
    if (!t)
        return ERR_NOMEM;
    int r = table_fill(t, e, region, reverse && region);
    if (r < 0)
        autodef_table_free(t);
    else
        *ret = t;
    return r;
}

void autodef_table_free(struct autodef_table *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < t->items_n; i++)
        zone_free((struct zone *)t->items[i].zone);
    qp_free(&t->names);
    free(t);
}
