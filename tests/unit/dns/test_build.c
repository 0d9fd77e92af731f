/* SPDX-License-Identifier: Apache-2.0 */
/* Writing messages: exact bytes of the compression, whole record sets or none, OPT. The buffer is a
 * block of its exact size, so that the sanitizers see any byte written beyond it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/error.h"
#include "dns/build.h"
#include "packet.h"

static const uint8_t qname[] = "\3www\7eXample\3com";

static uint8_t *buf;
static struct build b;

static void begin(size_t limit)
{
    free(buf);
    buf = malloc(limit);
    build_begin(&b, buf, limit, 0x1234, 0x8180);
}

static void begin_question(size_t limit)
{
    begin(limit);
    assert_int_equal(build_question(&b, qname, TYPE_A, CLASS_IN), 0);
}

/* rdata as build_rrset takes it. */
struct rdatas {
    uint8_t b[65536 * 2];
    size_t len;
    unsigned n;
};

static void rdata_add(struct rdatas *r, const void *data, size_t len)
{
    uint16_t n = (uint16_t)len;

    memcpy(r->b + r->len, &n, 2);
    memcpy(r->b + r->len + 2, data, len);
    r->len += 2 + len;
    r->n++;
}

static struct rdatas rdatas;

static int add(enum section section, const void *owner, uint16_t type, unsigned first)
{
    struct rrset_view set = {.owner = owner,
                             .type = type,
                             .class = CLASS_IN,
                             .ttl = 60,
                             .count = rdatas.n,
                             .rdata = rdatas.b};

    return build_rrset(&b, section, &set, first);
}

static int add_one(enum section section, const void *owner, uint16_t type, const void *data,
                   size_t len)
{
    rdatas.len = rdatas.n = 0;
    rdata_add(&rdatas, data, len);
    return add(section, owner, type, 0);
}

#define ADD(section, owner, type, literal) \
    add_one(section, owner, type, literal, sizeof(literal) - 1)

static void test_plain(void **state)
{
    static const uint8_t want[] = "\x12\x34\x81\x80\0\1\0\2\0\0\0\0\3www\7eXample\3com\0\0\1\0\1"
                                  "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\2\2\2\2"
                                  "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\1\1\1\1";
    (void)state;

    begin_question(512);
    rdatas.len = rdatas.n = 0;
    rdata_add(&rdatas, "\1\1\1\1", 4);
    rdata_add(&rdatas, "\2\2\2\2", 4);
    assert_int_equal(add(SECTION_ANSWER, "\3WWW\7example\3com", TYPE_A, 3), 0); /* 3 is 1, of 2 */
    assert_int_equal(build_end(&b), sizeof(want) - 1);
    assert_memory_equal(buf, want, sizeof(want) - 1);
}

static void test_compression(void **state)
{
    static const uint8_t want[] =
        "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3web\xc0\x10"             /* 33: CNAME, target at 45 */
        "\xc0\x2d\0\2\0\1\0\0\0\x3c\0\5\2ns\xc0\x2d"              /* 51: NS of web */
        "\7example\xc0\x18\0\x0f\0\1\0\0\0\x3c\0\4\0\x0a\xc0\x2d" /* 68: case differs; MX */
        "\3srv\xc0\x44\0\x21\0\1\0\0\0\x3c\0\x17\0\1\0\2\0\3\3web\7eXample\3com\0";
    (void)state;

    begin_question(512);
    assert_int_equal(ADD(SECTION_ANSWER, qname, TYPE_CNAME, "\3web\7eXample\3com\0"), 0);
    assert_int_equal(
        ADD(SECTION_ANSWER, "\3web\7eXample\3com", TYPE_NS, "\2ns\3web\7eXample\3com\0"), 0);
    assert_int_equal(ADD(SECTION_ANSWER, "\7example\3com", TYPE_MX, "\0\x0a\3web\7eXample\3com\0"),
                     0);
    /* The target of an SRV is never compressed (RFC 3597 4). */
    assert_int_equal(
        ADD(SECTION_ANSWER, "\3srv\7example\3com", TYPE_SRV, "\0\1\0\2\0\3\3web\7eXample\3com\0"),
        0);
    assert_int_equal(build_end(&b), 33 + sizeof(want) - 1);
    assert_memory_equal(buf + 33, want, sizeof(want) - 1);
}

/* Records of each kind are written, read back, and must be the same to the case of each letter. */
static void test_round_trip(void **state)
{
    static const struct {
        const char *owner;
        uint16_t type, len;
        const char *rdata;
    } rows[] = {
        {"", TYPE_NS, 1, "\0"},
        {"", TYPE_SOA, 36, "\1a\4root\0\1b\4root\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"},
        {"\4root", TYPE_NS, 8, "\1a\4root\0"},
        {"\4Root", TYPE_NS, 8, "\1A\4root\0"},
        {"\1*\4root", TYPE_TXT, 4, "\3abc"},
        {"\3www\7eXample\3com", TYPE_DNAME, 8, "\1a\4root\0"},
        {"\3com", TYPE_PTR, 5, "\3com\0"},
        {"\3com", 65280, 0, ""},
    };
    struct message m;
    struct rr_iter it;
    struct rr rr;
    uint8_t out[256];
    (void)state;

    begin_question(4096);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            add_one(SECTION_ANSWER, rows[i].owner, rows[i].type, rows[i].rdata, rows[i].len), 0);
    }
    size_t len = build_end(&b);
    assert_int_equal(msg_parse_reply(buf, len, &m), 0);
    msg_records(&m, &it);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(rr_next(&it, &rr), 1);
        assert_string_equal((const char *)rr.owner, rows[i].owner);
        assert_int_equal(rr_rdata(&m, &rr, out, sizeof(out)), rows[i].len);
        assert_memory_equal(out, rows[i].rdata, rows[i].len);
    }
    assert_int_equal(rr_next(&it, &rr), 0);
}

static void test_truncation(void **state)
{
    (void)state;

    /* Header and question are 33 bytes, a record of the set is 16: for each limit all or nothing.
     */
    for (size_t limit = 33; limit <= 90; limit++) {
        begin_question(limit);
        rdatas.len = rdatas.n = 0;
        for (unsigned i = 0; i < 3; i++)
            rdata_add(&rdatas, "\1\1\1\1", 4);
        int err = add(SECTION_ANSWER, qname, TYPE_A, 1);
        assert_int_equal(err, limit < 81 ? ERR_RANGE : 0);
        assert_int_equal(b.truncated, limit < 81);
        assert_int_equal(buf[2] & 2, limit < 81 ? 2 : 0);
        assert_int_equal(build_end(&b), limit < 81 ? 33 : 81);
        assert_int_equal(buf[7], limit < 81 ? 0 : 3);
        /* Names of what did not fit must not be pointed to. */
        unsigned names = b.names;
        err = ADD(SECTION_AUTHORITY, "\5other\3org", TYPE_SOA,
                  "\1a\5other\3org\0\1b\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5");
        assert_int_equal(err, ERR_RANGE);
        assert_int_equal(b.names, names);
    }
}

static void test_additional(void **state)
{
    (void)state;

    begin_question(33 + 16);
    assert_int_equal(ADD(SECTION_ADDITIONAL, "\5other\3org", TYPE_A, "\1\2\3\4"), 0); /* left out */
    assert_int_equal(b.counts[3], 0);
    assert_false(b.truncated);
    assert_int_equal(ADD(SECTION_ADDITIONAL, qname, TYPE_A, "\1\2\3\4"), 0);
    assert_int_equal(b.counts[3], 1);
    assert_int_equal(build_end(&b), 49);
    assert_int_equal(buf[2] & 2, 0);
    /* A section that is over does not come back. */
    assert_int_equal(ADD(SECTION_ANSWER, qname, TYPE_A, "\1\2\3\4"), ERR_INVALID);
}

static void test_rr(void **state)
{
    (void)state;

    begin_question(33 + 2 + 10 + 17);
    assert_int_equal(build_rr(&b, SECTION_ANSWER, qname, TYPE_CNAME, CLASS_IN, 1,
                              (const uint8_t *)"\3web\7eXample\3com", 17),
                     0);
    assert_memory_equal(buf + 45, "\3web\7eXample\3com", 17); /* as given */
    assert_int_equal(
        build_rr(&b, SECTION_ANSWER, qname, TYPE_CNAME, CLASS_IN, 1, (const uint8_t *)"", 1),
        ERR_RANGE);
    assert_true(b.truncated);
    assert_int_equal(build_end(&b), 62);
}

static void test_question(void **state)
{
    for (size_t limit = 12; limit < 33; limit++) {
        begin(limit);
        assert_int_equal(build_question(&b, qname, TYPE_A, CLASS_IN), ERR_RANGE);
        assert_int_equal(build_end(&b), 12);
    }
    (void)state;
    begin_question(33);
    assert_int_equal(build_question(&b, qname, TYPE_A, CLASS_IN), ERR_INVALID); /* there is one */
    assert_int_equal(build_end(&b), 33);
}

static void test_opt(void **state)
{
    struct build_opt opt = {.udp_size = 1232, .dnssec_ok = true, .rcode_high = 1};
    struct build_opt ede = {
        .udp_size = 1232, .has_ede = true, .ede_code = 18, .ede_text = "no such VPC"};
    struct message m;
    const uint8_t *data;
    uint16_t code, len;
    size_t pos = 0;
    (void)state;

    assert_int_equal(build_opt_size(&opt), 11);
    assert_int_equal(build_opt_size(&ede), 28);
    begin_question(33 + 28);
    assert_int_equal(build_reserve(&b, 29), ERR_RANGE);
    assert_int_equal(build_reserve(&b, 28), 0);
    assert_int_equal(ADD(SECTION_ANSWER, qname, TYPE_A, "\1\2\3\4"),
                     ERR_RANGE); /* it is kept free */
    assert_int_equal(build_opt(&b, &ede), 0);
    assert_int_equal(build_opt(&b, &opt), ERR_RANGE);
    size_t n = build_end(&b);
    assert_int_equal(n, 61);
    assert_int_equal(msg_parse_reply(buf, n, &m), 0);
    assert_true(m.edns.present);
    assert_false(m.edns.dnssec_ok);
    assert_int_equal(m.edns.udp_size, 1232);
    assert_int_equal(edns_next(&m.edns, &pos, &code, &data, &len), 1);
    assert_int_equal(code, 15);
    assert_int_equal(len, 13);
    assert_memory_equal(data, "\0\x12no such VPC", 13);

    begin_question(33 + 11);
    assert_int_equal(build_opt(&b, &ede), ERR_RANGE);
    assert_int_equal(build_opt(&b, &opt), 0);
    assert_int_equal(msg_parse_reply(buf, build_end(&b), &m), 0);
    assert_true(m.edns.dnssec_ok);
    assert_int_equal(m.edns.rcode_high, 1);
}

static void test_flags(void **state)
{
    (void)state;

    begin_question(512);
    build_set_rcode(&b, RCODE_NXDOMAIN);
    build_set_flags(&b, FLAG_AA);
    assert_memory_equal(buf + 2, "\x85\x83", 2);
    build_set_rcode(&b, RCODE_BADVERS); /* its low four bits */
    assert_memory_equal(buf + 2, "\x85\x80", 2);
    assert_int_equal(ADD(SECTION_ANSWER, "\3abc\3com", TYPE_A, "\1\2\3\4"), 0);
    build_truncate(&b);
    assert_int_equal(build_end(&b), 33);
    assert_memory_equal(buf, "\x12\x34\x87\x80\0\1\0\0\0\0\0\0", 12);
    assert_int_equal(ADD(SECTION_ANSWER, "\3abc\3com", TYPE_A, "\1\2\3\4"), 0);
    assert_memory_equal(buf + 33, "\3abc\xc0\x18", 6); /* not a pointer to what was cut off */
    begin(12);
    build_truncate(&b);
    assert_int_equal(build_end(&b), 12);
}

/* Names beyond 64 are written in full, names beyond 16 KiB are not pointed to. */
static void test_many_names(void **state)
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    char owner[32];
    unsigned n = 0;
    (void)state;

    begin_question(65535);
    for (unsigned i = 0; i < 700; i++) {
        memcpy(owner, "\4n000\1x\4test", 13);
        for (unsigned k = 0, v = i; k < 3; k++, v /= 10)
            owner[4 - k] = (char)('0' + v % 10);
        assert_int_equal(ADD(SECTION_ANSWER, owner, TYPE_NS, "\2ns\1y\4Test\0"), 0);
        assert_int_equal(ADD(SECTION_ANSWER, owner, TYPE_TXT,
                             "\x20"
                             "0123456789abcdef0123456789abcdef"),
                         0);
    }
    size_t len = build_end(&b);
    assert_true(len > 0x4000);
    assert_int_equal(msg_parse_reply(buf, len, &m), 0);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1) {
        unsigned i = n++ / 2;
        uint8_t out[64];
        assert_int_equal(rr.owner[2], '0' + i / 100);
        assert_int_equal(rr.owner[4], '0' + i % 10);
        assert_int_equal(name_len(rr.owner), 13);
        if (rr.type == TYPE_NS) {
            assert_int_equal(rr_rdata(&m, &rr, out, sizeof(out)), 11);
            assert_memory_equal(out, "\2ns\1y\4Test", 11);
        }
    }
    assert_int_equal(n, 1400);

    begin_question(
        65535); /* one set that crosses 16 KiB: its own owner is out of reach at the end */
    rdatas.len = rdatas.n = 0;
    for (unsigned i = 0; i < 1200; i++)
        rdata_add(&rdatas, "\1\1\1\1", 4);
    assert_int_equal(add(SECTION_ANSWER, qname, TYPE_A, 0), 0);
    assert_int_equal(add(SECTION_AUTHORITY, "\3far\3com", TYPE_A, 7), 0);
    assert_int_equal(msg_parse_reply(buf, build_end(&b), &m), 0);
    msg_records(&m, &it);
    for (n = 0; rr_next(&it, &rr) == 1; n++)
        assert_int_equal(name_len(rr.owner), n < 1200 ? 17 : 9);
    assert_int_equal(n, 2400);
}

static void test_query(void **state)
{
    struct message m;
    (void)state;

    begin(512);
    int n = build_query(buf, 44, 7, FLAG_RD, qname, TYPE_AAAA, CLASS_IN, 1232, true);
    assert_int_equal(n, 44);
    assert_int_equal(msg_parse_query(buf, (size_t)n, &m), MSG_OK);
    assert_int_equal(m.id, 7);
    assert_int_equal(m.qtype, TYPE_AAAA);
    assert_memory_equal(m.qname, qname, 17);
    assert_true(m.edns.present && m.edns.dnssec_ok);
    assert_int_equal(build_query(buf, 43, 7, 0, qname, TYPE_A, CLASS_IN, 1232, true), ERR_RANGE);
    n = build_query(buf, 33, 7, 0, qname, TYPE_A, CLASS_IN, 0, false);
    assert_int_equal(n, 33);
    assert_int_equal(msg_parse_query(buf, (size_t)n, &m), MSG_OK);
    assert_false(m.edns.present);
    assert_int_equal(build_query(buf, 32, 7, 0, qname, TYPE_A, CLASS_IN, 0, false), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),      cmocka_unit_test(test_compression),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_additional), cmocka_unit_test(test_rr),
        cmocka_unit_test(test_question),   cmocka_unit_test(test_opt),
        cmocka_unit_test(test_flags),      cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_query),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(buf);
    return failed;
}
