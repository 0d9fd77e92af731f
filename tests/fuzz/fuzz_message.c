/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: any bytes as a DNS query and as a reply, every record of it through rdata and back
 * into a new message. Beyond "no crash" it holds the promises of the headers: what parses is inside
 * the packet, and what is built from it parses again to the same. */
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/check.h"
#include "dns/addrname.h"
#include "dns/build.h"
#include "dns/message.h"
#include "dns/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RDATA_MAX 70000 /* decompressed rdata can be longer than its wire form */

static void name_try(const uint8_t *name)
{
    uint8_t canon[NAME_MAX_WIRE], again[NAME_MAX_WIRE];
    char text[NAME_MAX_TEXT];
    struct addr a;
    size_t len = name_len(name);

    must(len <= NAME_MAX_WIRE && name_check(name, name + len) == (int)len);
    must(name_parse(name_format(name, text, sizeof(text)), again) == (int)len);
    must(memcmp(name, again, len) == 0);
    must(name_canon(canon, name) == len);
    must(name_equal(canon, name) && name_compare(canon, name) == 0);
    must(name_within(name, name_parent(name, name_labels(name) / 2)));
    if (addrname_parse(name, &a) == 0) {
        must(addrname_reverse(&a, again) == len);
        must(name_equal(again, name));
    }
}

static void edns_try(const struct message *m)
{
    const uint8_t *data;
    uint16_t code, len;
    size_t pos = 0;

    while (edns_next(&m->edns, &pos, &code, &data, &len) == 1)
        must(data >= m->wire && data + len <= m->wire + m->len);
}

/* Parses what was built, and looks for the one record in it. */
static void rebuilt_check(const struct build *b, size_t len, const struct rr *rr,
                          const uint8_t *rdata, size_t rdlen)
{
    static uint8_t out[RDATA_MAX];
    struct message m;
    struct rr_iter it;
    struct rr got;

    must(msg_parse_reply(b->buf, len, &m) == 0);
    msg_records(&m, &it);
    if (b->truncated) {
        must(rr_next(&it, &got) == 0);
        return;
    }
    must(rr_next(&it, &got) == 1);
    must(got.type == rr->type && got.class == rr->class && got.ttl == rr->ttl);
    must(name_equal(got.owner, rr->owner));
    must(rr_rdata(&m, &got, out, sizeof(out)) == (int)rdlen);
    must(memcmp(out, rdata, rdlen) == 0);
}

static void rr_try(const struct message *m, const struct rr *rr, uint8_t *set, size_t limit)
{
    static uint8_t buf[65535];
    struct build b;
    char text[600];
    int n = rr_rdata(m, rr, set + 2, RDATA_MAX - 2);

    name_try(rr->owner);
    must(rr->rdata + rr->rdlen <= m->len);
    if (n < 0 || n > UINT16_MAX)
        return;
    rdata_format(rr->type, set + 2, (size_t)n, text, sizeof(text));
    must(strlen(text) < sizeof(text));
    if (rr->class != CLASS_IN || rr->type == TYPE_OPT)
        return;
    must(rdata_check(rr->type, set + 2, (size_t)n) == 0);
    uint16_t rdlen = (uint16_t)n;
    memcpy(set, &rdlen, 2);
    struct rrset_view view = {rr->owner, rr->type, rr->class, rr->ttl, 1, set};
    build_begin(&b, buf, limit, 1, FLAG_QR);
    if (m->qname)
        build_question(&b, m->qname, m->qtype, m->qclass);
    build_rrset(&b, SECTION_ANSWER, &view, 0);
    size_t len = build_end(&b);
    must(len <= limit);
    rebuilt_check(&b, len, rr, set + 2, (size_t)n);
}

static void reply_try(const uint8_t *data, size_t size)
{
    static uint8_t set[RDATA_MAX];
    struct message m;
    struct rr_iter it;
    struct rr rr;
    unsigned records = 0;

    if (msg_parse_reply(data, size, &m) < 0)
        return;
    must(m.body <= size);
    edns_try(&m);
    if (m.qname)
        name_try(m.qname);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1 && records++ < 200)
        rr_try(&m, &rr, set, records % 2 ? 65535 : 512);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message m;

    if (size > UINT16_MAX)
        return 0;
    enum msg_verdict verdict = msg_parse_query(data, size, &m);
    if (verdict != MSG_DROP) {
        edns_try(&m);
        must(verdict != MSG_OK || (m.qname && m.counts[0] == 1));
        if (m.qname)
            name_try(m.qname);
    }
    reply_try(data, size);
    if (size > 2 && !(data[2] & 0x80)) {
        /* The same bytes with QR set, so that each input serves both parsers. */
        uint8_t *copy = malloc(size);
        must(copy);
        memcpy(copy, data, size);
        copy[2] |= 0x80;
        reply_try(copy, size);
        free(copy);
    }
    return 0;
}
