/* SPDX-License-Identifier: Apache-2.0 */
/* Reading messages, good and hostile. Every packet is copied to a block of its exact size before it
 * is parsed, so that the sanitizers see any byte read beyond it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/error.h"
#include "dns/message.h"
#include "packet.h"

static struct packet pkt;
static uint8_t *exact;

static const uint8_t *copy_exact(void)
{
    free(exact);
    exact = malloc(pkt.len ? pkt.len : 1);
    memcpy(exact, pkt.b, pkt.len);
    return exact;
}

static enum msg_verdict parse(struct message *m)
{
    return msg_parse_query(copy_exact(), pkt.len, m);
}

static int reply(struct message *m)
{
    return msg_parse_reply(copy_exact(), pkt.len, m);
}

static void test_query(void **state)
{
    struct message m;
    (void)state;

    query(&pkt, 0x0130, 0, 0, 0);
    assert_int_equal(parse(&m), MSG_OK);
    assert_int_equal(m.id, 0x1234);
    assert_int_equal(m.flags, 0x0130);
    assert_int_equal(m.qname_len, 17);
    assert_memory_equal(m.qname, "\3www\7eXample\3com", 17); /* case as sent */
    assert_int_equal(m.qtype, TYPE_A);
    assert_int_equal(m.qclass, CLASS_IN);
    assert_int_equal(m.body, 33);
    assert_false(m.edns.present);
    assert_int_equal(m.edns.version, 0);
}

static void test_query_edns(void **state)
{
    struct message m;
    const uint8_t *data;
    uint16_t code, len;
    size_t pos = 0;
    (void)state;

    query(&pkt, 0x0100, 0, 0, 1);
    opt(&pkt, 1232, 0x8000, 12);
    PUT(&pkt, "\0\x0a\0\4abcd\0\x0c\0\0");
    assert_int_equal(parse(&m), MSG_OK);
    assert_true(m.edns.present);
    assert_true(m.edns.dnssec_ok);
    assert_int_equal(m.edns.udp_size, 1232);
    assert_int_equal(m.edns.options_len, 12);
    assert_int_equal(edns_next(&m.edns, &pos, &code, &data, &len), 1);
    assert_int_equal(code, 10);
    assert_int_equal(len, 4);
    assert_memory_equal(data, "abcd", 4);
    assert_int_equal(edns_next(&m.edns, &pos, &code, &data, &len), 1);
    assert_int_equal(code, 12);
    assert_int_equal(len, 0);
    assert_int_equal(edns_next(&m.edns, &pos, &code, &data, &len), 0);

    query(&pkt, 0x0100, 0, 0, 1);
    opt(&pkt, 100, 0, 0);
    assert_int_equal(parse(&m), MSG_OK);
    assert_int_equal(m.edns.udp_size, 512);
    assert_false(m.edns.dnssec_ok);
    pos = 0;
    assert_int_equal(edns_next(&m.edns, &pos, &code, &data, &len), 0);

    query(&pkt, 0x0100, 0, 0, 1);
    opt(&pkt, 1232, 0x00010000, 3); /* version 1 may lay out its rdata differently */
    PUT(&pkt, "\0\1\2");
    assert_int_equal(parse(&m), MSG_BADVERS);

    query(&pkt, 0x0100, 0, 0, 2); /* another record beside the OPT is stepped over */
    PUT(&pkt, "\xc0\x0c");
    fixed(&pkt, TYPE_TSIG, 0, 3);
    PUT(&pkt, "abc");
    opt(&pkt, 1232, 0, 0);
    assert_int_equal(parse(&m), MSG_OK);
    assert_true(m.edns.present);
}

static void test_query_drop(void **state)
{
    struct message m;
    (void)state;

    query(&pkt, 0x8100, 0, 0, 0);
    assert_int_equal(parse(&m), MSG_DROP);
    query(&pkt, 0, 0, 0, 0);
    for (pkt.len = 0; pkt.len < 12; pkt.len++)
        assert_int_equal(parse(&m), MSG_DROP);
    query(&pkt, OPCODE_UPDATE << 11, 3, 3, 3);
    assert_int_equal(parse(&m), MSG_NOTIMP);
    assert_null(m.qname);
    assert_int_equal(msg_opcode(m.flags), OPCODE_UPDATE);
}

static void test_query_cut(void **state)
{
    struct message m;
    size_t whole;
    (void)state;

    query(&pkt, 0x0100, 0, 0, 1);
    opt(&pkt, 1232, 0, 6);
    PUT(&pkt, "\0\x0a\0\2ab");
    whole = pkt.len;
    assert_int_equal(parse(&m), MSG_OK);
    for (pkt.len = 12; pkt.len < whole; pkt.len++) {
        assert_int_equal(parse(&m), MSG_FORMERR);
        assert_int_equal(m.qname != NULL, pkt.len >= 33); /* as soon as there is a whole question */
    }
    pkt.len = whole;
    PUT(&pkt, "x"); /* trailing byte */
    assert_int_equal(parse(&m), MSG_FORMERR);
    assert_non_null(m.qname);
}

static void test_query_counts(void **state)
{
    struct message m;
    (void)state;

    header(&pkt, 0, (uint16_t[4]){0, 0, 0, 0});
    assert_int_equal(parse(&m), MSG_FORMERR);
    assert_null(m.qname);
    header(&pkt, 0, (uint16_t[4]){2, 0, 0, 0});
    PUT(&pkt, "\0\0\1\0\1\0\0\1\0\1");
    assert_int_equal(parse(&m), MSG_FORMERR);
    query(&pkt, 0, 1, 0, 0);
    assert_int_equal(parse(&m), MSG_FORMERR);
    assert_non_null(m.qname);
    query(&pkt, 0, 0, 1, 0);
    assert_int_equal(parse(&m), MSG_FORMERR);
    query(&pkt, 0, 0, 0, 65535);
    opt(&pkt, 1232, 0, 0);
    assert_int_equal(parse(&m), MSG_FORMERR);
    query(&pkt, 0, 0, 0, 0); /* a record that the counts do not tell of */
    opt(&pkt, 1232, 0, 0);
    assert_int_equal(parse(&m), MSG_FORMERR);
}

static void test_query_bad_opt(void **state)
{
    struct message m;
    (void)state;

    query(&pkt, 0, 0, 0, 2);
    opt(&pkt, 1232, 0, 0);
    opt(&pkt, 1232, 0, 0);
    assert_int_equal(parse(&m), MSG_FORMERR);
    query(&pkt, 0, 0, 0, 1); /* owner is not the root */
    PUT(&pkt, "\xc0\x0c");
    fixed(&pkt, TYPE_OPT, 0, 0);
    assert_int_equal(parse(&m), MSG_FORMERR);
    query(&pkt, 0, 0, 0, 1); /* option longer than the rdata */
    opt(&pkt, 1232, 0, 6);
    PUT(&pkt, "\0\x0a\0\3ab");
    assert_int_equal(parse(&m), MSG_FORMERR);
    query(&pkt, 0, 0, 0, 1); /* three bytes are no option */
    opt(&pkt, 1232, 0, 3);
    PUT(&pkt, "\0\x0a\0");
    assert_int_equal(parse(&m), MSG_FORMERR);
    query(&pkt, 0, 0, 0, 1); /* rdata longer than the packet */
    opt(&pkt, 1232, 0, 65535);
    PUT(&pkt, "\0\x0a\0\0");
    assert_int_equal(parse(&m), MSG_FORMERR);
}

static void test_query_names(void **state)
{
    struct message m;
    uint8_t name[256];
    (void)state;

    header(&pkt, 0, (uint16_t[4]){1, 0, 0, 0});
    PUT(&pkt, "\0\0\2\0\1");
    assert_int_equal(parse(&m), MSG_OK);
    assert_int_equal(m.qname_len, 1);
    header(&pkt, 0, (uint16_t[4]){1, 0, 0, 0}); /* a pointer into the header, which is zero there */
    PUT(&pkt, "\xc0\4\0\1\0\1");
    assert_int_equal(parse(&m), MSG_FORMERR);
    for (unsigned total = 255; total <= 256; total++) {
        memset(name, 'a', sizeof(name));
        for (unsigned i = 0; i < 250; i += 50)
            name[i] = 49;
        name[200] = (uint8_t)(total - 202);
        name[total - 1] = 0;
        header(&pkt, 0, (uint16_t[4]){1, 0, 0, 0});
        put(&pkt, name, total);
        PUT(&pkt, "\0\1\0\1");
        assert_int_equal(parse(&m), total == 255 ? MSG_OK : MSG_FORMERR);
    }
}

/* The reply that the walking tests use: CNAME, A, SOA, glue and OPT, compressed. */
static void reply_make(unsigned flags)
{
    query(&pkt, flags, 2, 1, 2);
    PUT(&pkt, "\xc0\x0c");
    fixed(&pkt, TYPE_CNAME, 300, 6);
    PUT(&pkt, "\3web\xc0\x10"); /* at 45 */
    PUT(&pkt, "\xc0\x2d");
    fixed(&pkt, TYPE_A, 0x80000001, 4);
    PUT(&pkt, "\xc0\0\2\1");
    PUT(&pkt, "\xc0\x10");
    fixed(&pkt, TYPE_SOA, 60, 24);
    PUT(&pkt, "\xc0\x2d\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5");
    PUT(&pkt, "\2mx\xc0\x10");
    fixed(&pkt, TYPE_MX, 60, 4);
    PUT(&pkt, "\0\x0a\xc0\x2d");
    opt(&pkt, 4096, 0x01008000, 0);
}

static void test_reply(void **state)
{
    static const struct {
        const char *owner, *rdata;
        uint32_t ttl;
        uint16_t type, section, len;
    } want[] = {
        {"\3www\7eXample\3com", "\3web\7eXample\3com", 300, TYPE_CNAME, 1, 17},
        {"\3web\7eXample\3com", "\xc0\0\2\1", 0, TYPE_A, 1, 4},
        {"\7eXample\3com",
         "\3web\7eXample\3com\0\7eXample\3com\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 60,
         TYPE_SOA, 2, 50},
        {"\2mx\7eXample\3com", "\0\x0a\3web\7eXample\3com", 60, TYPE_MX, 3, 19},
        {"", "", 0x01008000, TYPE_OPT, 3, 0},
    };
    struct message m;
    struct rr_iter it;
    struct rr rr;
    uint8_t out[256];
    (void)state;

    reply_make(0x8180);
    assert_int_equal(reply(&m), 0);
    assert_true(m.edns.present && m.edns.dnssec_ok);
    assert_int_equal(m.edns.rcode_high, 1);
    msg_records(&m, &it);
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_int_equal(rr_next(&it, &rr), 1);
        assert_int_equal(rr.section, want[i].section);
        assert_string_equal((const char *)rr.owner, want[i].owner);
        assert_int_equal(rr.type, want[i].type);
        assert_int_equal(rr.ttl, want[i].ttl);
        assert_int_equal(rr_rdata(&m, &rr, out, sizeof(out)), want[i].len);
        assert_memory_equal(out, want[i].rdata, want[i].len);
        if (want[i].len)
            assert_int_equal(rr_rdata(&m, &rr, out, want[i].len - 1u), ERR_RANGE);
    }
    assert_int_equal(rr_next(&it, &rr), 0);
    assert_int_equal(rr_next(&it, &rr), 0);
}

static void test_reply_cut(void **state)
{
    struct message m = {.id = 77};
    struct rr_iter it;
    struct rr rr;
    size_t whole;
    (void)state;

    reply_make(0x8180);
    whole = pkt.len;
    for (pkt.len = 0; pkt.len < whole; pkt.len++)
        assert_int_equal(reply(&m), ERR_INVALID);
    assert_int_equal(m.id, 77); /* set only on success */
    reply_make(0x8180 | FLAG_TC);
    for (pkt.len = 33; pkt.len < whole; pkt.len++) {
        unsigned n = 0;
        assert_int_equal(reply(&m), 0);
        msg_records(&m, &it);
        while (rr_next(&it, &rr) == 1)
            n++;
        assert_int_equal(rr_next(&it, &rr), 0);
        assert_int_equal(n, m.counts[1] + m.counts[2] + m.counts[3]);
        assert_true(n < 5);
    }
}

static void test_reply_bad(void **state)
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    (void)state;

    reply_make(0x0100); /* a query */
    assert_int_equal(reply(&m), ERR_INVALID);
    header(&pkt, 0x8005, (uint16_t[4]){0, 0, 0, 0}); /* errors may come without a question */
    assert_int_equal(reply(&m), 0);
    assert_null(m.qname);
    header(&pkt, 0x8000, (uint16_t[4]){2, 0, 0, 0});
    PUT(&pkt, "\0\0\1\0\1\0\0\1\0\1");
    assert_int_equal(reply(&m), ERR_INVALID);
    query(&pkt, 0x8000, 1, 0, 0); /* OPT among the answers */
    opt(&pkt, 512, 0, 0);
    assert_int_equal(reply(&m), ERR_INVALID);
    query(&pkt, 0x8000, 0, 0, 2);
    opt(&pkt, 512, 0, 0);
    opt(&pkt, 512, 0, 0);
    assert_int_equal(reply(&m), ERR_INVALID);
    query(&pkt, 0x8000, 65535, 65535, 65535);
    assert_int_equal(reply(&m), ERR_INVALID);

    query(&pkt, 0x8000, 1, 0, 0); /* an owner that leads to itself is met by the walk */
    PUT(&pkt, "\xc0\x21");
    fixed(&pkt, TYPE_A, 0, 4);
    PUT(&pkt, "\1\2\3\4");
    assert_int_equal(reply(&m), 0);
    msg_records(&m, &it);
    assert_int_equal(rr_next(&it, &rr), ERR_INVALID);
}

/* rdata of one answer record of the type, as raw bytes, read by rr_rdata. */
static int rdata_read(unsigned type, unsigned class, const void *data, size_t len)
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    uint8_t out[600];

    query(&pkt, 0x8000, 1, 0, 0);
    PUT(&pkt, "\xc0\x0c");
    put16(&pkt, type);
    put16(&pkt, class);
    put32(&pkt, 0);
    put16(&pkt, (unsigned)len);
    put(&pkt, data, len);
    PUT(&pkt, "\0\0\0\0"); /* bytes behind the record must not help it */
    assert_int_equal(reply(&m), 0);
    msg_records(&m, &it);
    assert_int_equal(rr_next(&it, &rr), 1);
    return rr_rdata(&m, &rr, out, sizeof(out));
}

static void test_rdata(void **state)
{
    (void)state;
    assert_int_equal(rdata_read(TYPE_A, 1, "\1\2\3", 3), ERR_INVALID);
    assert_int_equal(rdata_read(TYPE_A, 1, "\1\2\3\4\5", 5), ERR_INVALID);
    assert_int_equal(rdata_read(TYPE_A, 3, "\3abc\0\1\2", 7), 7); /* CH has another A */
    assert_int_equal(rdata_read(TYPE_NS, 1, "", 0), ERR_INVALID);
    assert_int_equal(rdata_read(TYPE_NS, 1, "\2ns", 3), ERR_INVALID);
    assert_int_equal(rdata_read(TYPE_NS, 1, "\2ns\0\0", 5), ERR_INVALID);
    assert_int_equal(rdata_read(TYPE_NS, 1, "\xc0", 1), ERR_INVALID); /* pointer cut by the rdata */
    assert_int_equal(rdata_read(TYPE_NS, 1, "\xc0\x2d", 2), ERR_INVALID); /* to itself */
    assert_int_equal(rdata_read(TYPE_NS, 1, "\xc0\xff", 2), ERR_INVALID); /* forward */
    assert_int_equal(rdata_read(TYPE_NS, 1, "\xc0\x10", 2), 13);
    assert_int_equal(rdata_read(TYPE_SRV, 1, "\0\1\0\2\0\3\xc0\x10", 8), 19);
    assert_int_equal(rdata_read(TYPE_SRV, 1, "\0\1\0\2\0", 5), ERR_INVALID);
    assert_int_equal(rdata_read(TYPE_SVCB, 1, "\0\1\xc0\x10", 4),
                     ERR_INVALID);                                /* never compressed */
    assert_int_equal(rdata_read(65280, 1, "\xc0\x10\xff", 3), 3); /* unknown: as it is */
    assert_int_equal(rdata_read(65280, 1, "", 0), 0);
    assert_int_equal(rdata_read(TYPE_TXT, 1, "", 0), ERR_INVALID);
    assert_int_equal(rdata_read(TYPE_TXT, 1, "\0", 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),        cmocka_unit_test(test_query_edns),
        cmocka_unit_test(test_query_drop),   cmocka_unit_test(test_query_cut),
        cmocka_unit_test(test_query_counts), cmocka_unit_test(test_query_bad_opt),
        cmocka_unit_test(test_query_names),  cmocka_unit_test(test_reply),
        cmocka_unit_test(test_reply_cut),    cmocka_unit_test(test_reply_bad),
        cmocka_unit_test(test_rdata),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(exact);
    return failed;
}
