/* SPDX-License-Identifier: Apache-2.0 */
/* Distrust, reply by reply. Whole behaviours are in tests/scenario. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "dns/build.h"
#include "resolve/accept.h"

static uint8_t clean[LIMIT_MESSAGE], wire[LIMIT_MESSAGE];

struct world {
    struct cache_key key;
    struct build b;
};

static void name_of(const char *text, uint8_t *out)
{
    assert_true(name_parse(text, out) > 0);
}

/* Starts a reply to "a.corp.internal A" with these flags. */
static void begin(struct world *w, uint16_t flags)
{
    uint8_t name[NAME_MAX_WIRE];
    memset(w, 0, sizeof(*w));
    name_of("a.corp.internal", name);
    w->key.qtype = TYPE_A;
    w->key.qclass = CLASS_IN;
    cache_key_name(&w->key, name);
    build_begin(&w->b, wire, sizeof(wire), 0, (uint16_t)(FLAG_QR | flags));
    build_question(&w->b, name, TYPE_A, CLASS_IN);
}

static void add_name(struct world *w, const char *owner, uint16_t type, const char *target)
{
    uint8_t o[NAME_MAX_WIRE], t[NAME_MAX_WIRE];
    name_of(owner, o);
    name_of(target, t);
    build_rr(&w->b, SECTION_ANSWER, o, type, CLASS_IN, 60, t, (uint16_t)name_len(t));
}

static void add_a(struct world *w, const char *owner, uint32_t ttl)
{
    uint8_t o[NAME_MAX_WIRE];
    name_of(owner, o);
    build_rr(&w->b, SECTION_ANSWER, o, TYPE_A, CLASS_IN, ttl, (const uint8_t *)"\1\2\3\4", 4);
}

static enum accept judge(struct world *w, bool edns, struct reply *ret)
{
    *ret = (struct reply){.msg = clean};
    return accept_reply(&w->key, wire, build_end(&w->b), edns, ret);
}

static void test_good(void **state)
{
    (void)state;
    struct world w;
    struct reply r;
    begin(&w, 0);
    add_a(&w, "A.Corp.Internal", 60);
    add_a(&w, "a.corp.internal", 30);
    assert_int_equal(judge(&w, true, &r), ACCEPT_GOOD);
    assert_int_equal(r.answers, 2);
    assert_int_equal(r.ttl, 30);
    assert_false(r.dangling);
    assert_int_equal(clean[r.body], 0xc0); /* the owner points to the question */
    assert_int_equal(clean[r.body + 1], MSG_HEADER);
}

static void test_codes(void **state)
{
    (void)state;
    struct world w;
    struct reply r;
    begin(&w, RCODE_SERVFAIL);
    assert_int_equal(judge(&w, true, &r), ACCEPT_USELESS);
    begin(&w, RCODE_REFUSED);
    assert_int_equal(judge(&w, true, &r), ACCEPT_USELESS);
    begin(&w, RCODE_FORMERR);
    assert_int_equal(judge(&w, true, &r), ACCEPT_NO_EDNS);
    begin(&w, RCODE_FORMERR);
    assert_int_equal(judge(&w, false, &r), ACCEPT_USELESS);
    begin(&w, FLAG_TC);
    assert_int_equal(judge(&w, true, &r), ACCEPT_TRUNCATED);
    begin(&w, RCODE_NXDOMAIN);
    assert_int_equal(judge(&w, true, &r), ACCEPT_GOOD);
    assert_int_equal(r.rcode, RCODE_NXDOMAIN);
    assert_int_equal(r.ttl, 0); /* no SOA */
    begin(&w, RCODE_NXDOMAIN);
    add_a(&w, "a.corp.internal", 60); /* it is there, and is not */
    assert_int_equal(judge(&w, true, &r), ACCEPT_USELESS);
    begin(&w, 0); /* BADVERS hides behind a NOERROR in the header */
    build_opt(&w.b, &(struct build_opt){.udp_size = 1232, .rcode_high = 1});
    assert_int_equal(judge(&w, true, &r), ACCEPT_USELESS);
}

static void test_foreign(void **state)
{
    (void)state;
    struct world w;
    struct reply r;
    uint8_t other[NAME_MAX_WIRE];
    begin(&w, 0);
    name_of("b.corp.internal", other);
    cache_key_name(&w.key, other);
    assert_int_equal(judge(&w, true, &r), ACCEPT_FOREIGN);
    begin(&w, 0);
    w.key.qtype = TYPE_AAAA;
    assert_int_equal(judge(&w, true, &r), ACCEPT_FOREIGN);
    begin(&w, 4 << 11);
    assert_int_equal(judge(&w, true, &r), ACCEPT_FOREIGN);
    begin(&w, 0);
    wire[2] &= 0x7f; /* a query */
    assert_int_equal(judge(&w, true, &r), ACCEPT_FOREIGN);
    for (size_t len = 0; len < 30; len++) /* cut off anywhere */
        assert_int_equal(accept_reply(&w.key, wire, len, true, &r), ACCEPT_FOREIGN);
    /* some servers refuse with a header alone */
    build_begin(&w.b, wire, sizeof(wire), 0, FLAG_QR | RCODE_REFUSED);
    assert_int_equal(judge(&w, true, &r), ACCEPT_USELESS);
    build_begin(&w.b, wire, sizeof(wire), 0, FLAG_QR);
    assert_int_equal(judge(&w, true, &r), ACCEPT_FOREIGN);
}

static void test_chain(void **state)
{
    (void)state;
    struct world w;
    struct reply r;
    begin(&w, 0);
    add_a(&w, "c.example", 60); /* out of order */
    add_name(&w, "b.example", TYPE_CNAME, "c.example");
    add_a(&w, "victim.example", 60);
    add_name(&w, "a.corp.internal", TYPE_CNAME, "b.example");
    assert_int_equal(judge(&w, true, &r), ACCEPT_GOOD);
    assert_int_equal(r.answers, 3);
    assert_false(r.dangling);

    begin(&w, 0);
    add_name(&w, "a.corp.internal", TYPE_CNAME, "b.example");
    add_a(&w, "c.example", 60);
    assert_int_equal(judge(&w, true, &r), ACCEPT_GOOD);
    assert_int_equal(r.answers, 1);
    assert_true(r.dangling);
    assert_int_equal(r.ttl, 60);

    begin(&w, 0);
    add_name(&w, "a.corp.internal", TYPE_CNAME, "a.corp.internal");
    assert_int_equal(judge(&w, true, &r), ACCEPT_USELESS);

    begin(&w, 0); /* the CNAME of a DNAME is made by us, whatever they say */
    add_name(&w, "corp.internal", TYPE_DNAME, "example");
    add_name(&w, "a.corp.internal", TYPE_CNAME, "evil.example");
    add_a(&w, "a.example", 60);
    add_a(&w, "evil.example", 60);
    assert_int_equal(judge(&w, true, &r), ACCEPT_GOOD);
    assert_int_equal(r.answers, 3);
}

static void test_bad_rdata(void **state)
{
    (void)state;
    struct world w;
    struct reply r;
    begin(&w, 0);
    build_rr(&w.b, SECTION_ANSWER, w.key.name, TYPE_A, CLASS_IN, 60, (const uint8_t *)"\1\2", 2);
    assert_int_equal(judge(&w, true, &r), ACCEPT_USELESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_codes),
        cmocka_unit_test(test_foreign),   cmocka_unit_test(test_chain),
        cmocka_unit_test(test_bad_rdata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
