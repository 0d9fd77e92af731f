/* SPDX-License-Identifier: Apache-2.0 */
/* Zones: the examples of RFC 4592 2.2.1, cuts, DNAME, groups, packing. */
#include "model_fixture.h"

#include <stdlib.h>

#include "base/error.h"
#include "model/zone_priv.h"

static struct edit edit;
static struct zone *zone;

static int setup(void **state)
{
    (void)state;
    edit = (struct edit){1, garbage_new()};
    zone = zone_new(&edit, "Z1", nm("example"));
    return zone && edit.garbage ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    zone_free(zone);
    garbage_free(edit.garbage);
    return 0;
}

static void put(const char *owner, uint16_t type, const char *value)
{
    struct rrset_desc d = rr(owner, type, value);

    assert_int_equal(zone_put(zone, &edit, &d), 0);
}

static struct zone_found find(const char *name, uint16_t type)
{
    struct zone_found f;

    zone_find(zone, nm(name), type, &f);
    return f;
}

/* RFC 4592 2.2.1 */
static void put_rfc4592(void)
{
    put("example", TYPE_SOA, "soa");
    put("example", TYPE_NS, "ns.example.com");
    put("example", TYPE_NS, "ns.example.net");
    put("*.example", TYPE_TXT, "this is a wildcard");
    put("*.example", TYPE_MX, "10 host1.example");
    put("sub.*.example", TYPE_TXT, "this is not a wildcard");
    put("host1.example", TYPE_A, "192.0.2.1");
    put("_ssh._tcp.host1.example", TYPE_SRV, "srv1");
    put("_ssh._tcp.host2.example", TYPE_SRV, "srv2");
    put("subdel.example", TYPE_NS, "ns.example.com");
    zone_seal(zone, 1);
}

static void check_wild(const char *name, uint16_t type, const char *value)
{
    struct zone_found f = find(name, type);

    assert_int_equal(f.result, ZONE_FOUND);
    assert_true(f.wildcard);
    assert_true(name_equal(f.owner, nm("*.example")));
    assert_true(rr_is(f.set, value));
}

static void test_rfc4592(void **state)
{
    struct zone_found f;

    (void)state;
    put_rfc4592();
    /* Synthesized from the wildcard. */
    check_wild("host3.example", TYPE_MX, "10 host1.example");
    check_wild("foo.bar.example", TYPE_TXT, "this is a wildcard");
    f = find("host3.example", TYPE_A);
    assert_int_equal(f.result, ZONE_NODATA);
    assert_true(f.wildcard);
    /* Not: the name exists; it is an empty non-terminal; a cut; the closest encloser is lower. */
    f = find("host1.example", TYPE_MX);
    assert_int_equal(f.result, ZONE_NODATA);
    assert_false(f.wildcard);
    assert_int_equal(find("sub.*.example", TYPE_MX).result, ZONE_NODATA);
    assert_int_equal(find("_telnet._tcp.host1.example", TYPE_SRV).result, ZONE_NXDOMAIN);
    f = find("host.subdel.example", TYPE_A);
    assert_int_equal(f.result, ZONE_DELEGATION);
    assert_true(name_equal(f.owner, nm("subdel.example")));
    assert_int_equal(find("ghost.*.example", TYPE_MX).result, ZONE_NXDOMAIN);
    assert_int_equal(find("host2.example", TYPE_TXT).result, ZONE_NODATA);
    assert_int_equal(find("_tcp.host1.example", TYPE_TXT).result, ZONE_NODATA);
    /* The wildcard itself is an ordinary name. */
    f = find("*.example", TYPE_TXT);
    assert_int_equal(f.result, ZONE_FOUND);
    assert_false(f.wildcard);
    assert_true(rr_is(f.soa, "soa"));
}

static void test_wildcard_ent(void **state)
{
    (void)state;
    put("example", TYPE_SOA, "soa");
    put("a.*.w.example", TYPE_A, "1");
    zone_seal(zone, 1);
    /* "*.w" exists, if empty: what it would match has no data (RFC 4592 2.2.2). */
    assert_int_equal(find("x.w.example", TYPE_A).result, ZONE_NODATA);
    assert_int_equal(find("x.example", TYPE_A).result, ZONE_NXDOMAIN);
    assert_int_equal(find("a.*.w.example", TYPE_A).result, ZONE_FOUND);
}

static void test_wildcard_cname(void **state)
{
    struct zone_found f;

    (void)state;
    put("*.example", TYPE_CNAME, "target");
    f = find("deep.er.example", TYPE_AAAA);
    assert_int_equal(f.result, ZONE_CNAME);
    assert_true(f.wildcard);
    f = find("deep.er.example", TYPE_CNAME);
    assert_int_equal(f.result, ZONE_FOUND);
    assert_null(f.soa);
    f = find("example", TYPE_A);
    assert_int_equal(f.result, ZONE_NODATA); /* the apex is there, even without records */
    /* A name above the apex is none of ours, and harmless. */
    zone_find(zone, nm("."), TYPE_A, &f);
    assert_int_equal(f.result, ZONE_NXDOMAIN);
}

static void test_cuts(void **state)
{
    struct zone_found f;

    (void)state;
    put("example", TYPE_SOA, "soa");
    put("example", TYPE_NS, "ns");
    put("cut.example", TYPE_NS, "ns.cut");
    put("cut.example", TYPE_DS, "ds");
    put("ns.cut.example", TYPE_A, "glue");
    put("low.cut.example", TYPE_NS, "occluded");
    put("low.cut.example", TYPE_DNAME, "occluded");
    zone_seal(zone, 1);
    f = find("cut.example", TYPE_A);
    assert_int_equal(f.result, ZONE_DELEGATION);
    assert_true(rr_is(f.set, "ns.cut"));
    assert_int_equal(find("cut.example", TYPE_NS).result, ZONE_DELEGATION);
    f = find("cut.example", TYPE_DS);
    assert_int_equal(f.result, ZONE_FOUND);
    assert_true(rr_is(f.set, "ds"));
    f = find("x.low.cut.example", TYPE_A);
    assert_int_equal(f.result, ZONE_DELEGATION);
    assert_true(rr_is(f.set, "ns.cut"));
    assert_int_equal(find("ns.cut.example", TYPE_A).result, ZONE_DELEGATION);
    /* The apex' own NS set is no cut. */
    assert_int_equal(find("example", TYPE_NS).result, ZONE_FOUND);
    assert_int_equal(find("example", TYPE_A).result, ZONE_NODATA);
}

static void test_dname(void **state)
{
    struct zone_found f;

    (void)state;
    put("d.example", TYPE_DNAME, "elsewhere");
    put("d.example", TYPE_TXT, "at it");
    put("x.d.example", TYPE_A, "hidden");
    f = find("x.d.example", TYPE_A);
    assert_int_equal(f.result, ZONE_DNAME);
    assert_true(name_equal(f.owner, nm("d.example")));
    assert_int_equal(find("y.x.d.example", TYPE_A).result, ZONE_DNAME);
    /* The owner itself is not redirected (RFC 6672 2.3). */
    assert_int_equal(find("d.example", TYPE_TXT).result, ZONE_FOUND);
    assert_int_equal(find("d.example", TYPE_A).result, ZONE_NODATA);
    put("example", TYPE_DNAME, "all");
    f = find("other.example", TYPE_A);
    assert_int_equal(f.result, ZONE_DNAME);
    assert_true(rr_is(f.set, "all"));
    f = find("example", TYPE_DNAME);
    assert_int_equal(f.result, ZONE_FOUND);
}

static void put_set(const char *set_id, const char *value, uint8_t weight)
{
    struct rrset_desc d = rr("www.example", TYPE_A, value);

    d.set_id = set_id;
    d.policy = POLICY_WEIGHTED;
    d.weight = weight;
    assert_int_equal(zone_put(zone, &edit, &d), 0);
}

static void test_groups(void **state)
{
    struct rrset_name n = {nm("www.example"), TYPE_A, "b"};
    const struct rrset *s;

    (void)state;
    put("www.example", TYPE_TXT, "text");
    put_set("b", "2", 20);
    put_set("a", "1", 10);
    put_set("c", "3", 30);
    put_set("b", "22", 22); /* replaces */
    s = find("www.example", TYPE_A).set;
    assert_string_equal(rrset_set_id(s), "a");
    assert_int_equal(rrset_weight(s), 10);
    assert_int_equal(rrset_policy(s), POLICY_WEIGHTED);
    s = rrset_next(s);
    assert_string_equal(rrset_set_id(s), "b");
    assert_true(rr_is(s, "22"));
    s = rrset_next(s);
    assert_string_equal(rrset_set_id(s), "c");
    assert_null(rrset_next(s));
    /* ANY finds the first set. */
    assert_int_equal(rrset_type(find("www.example", TYPE_ANY).set), TYPE_A);
    assert_int_equal(zone_remove(zone, &edit, &n), 0);
    n.owner = nm("www.example");
    assert_int_equal(zone_remove(zone, &edit, &n), ERR_NOT_FOUND);
    s = rrset_next(find("www.example", TYPE_A).set);
    assert_string_equal(rrset_set_id(s), "c");
    assert_int_equal(zone_names(zone), 1);
    assert_null(rrset_set_id(find("www.example", TYPE_TXT).set));
}

static void test_remove(void **state)
{
    struct rrset_name n = {nm("a.b.example"), TYPE_A, NULL};

    (void)state;
    put("a.b.example", TYPE_A, "1");
    assert_int_equal(find("b.example", TYPE_A).result, ZONE_NODATA);
    assert_int_equal(zone_remove(zone, &edit, &n), 0);
    assert_int_equal(find("b.example", TYPE_A).result, ZONE_NXDOMAIN);
    assert_int_equal(zone_names(zone), 0);
}

static void test_alias(void **state)
{
    struct rrset_desc d = {.owner = nm("al.example"),
                           .type = TYPE_AAAA,
                           .set_id = "one",
                           .policy = POLICY_FAILOVER,
                           .secondary = true,
                           .alias = nm("target.example")};
    const struct rrset *s;

    (void)state;
    assert_int_equal(zone_put(zone, &edit, &d), 0);
    s = find("al.example", TYPE_AAAA).set;
    assert_true(name_equal(rrset_alias(s), nm("target.example")));
    assert_string_equal(rrset_set_id(s), "one");
    assert_true(rrset_secondary(s));
    assert_int_equal(rrset_policy(s), POLICY_FAILOVER);
    assert_int_equal(rrset_count(s), 0);
    put("plain.example", TYPE_A, "x");
    s = find("plain.example", TYPE_A).set;
    assert_null(rrset_alias(s));
    assert_int_equal(rrset_ttl(s), 300);
}

static void test_invalid(void **state)
{
    uint8_t bad[] = {9, 0, 1};
    struct rrset_desc d = {.owner = nm("x.example"), .type = TYPE_A, .ttl = 1};

    (void)state;
    assert_int_equal(zone_put(zone, &edit, &d), ERR_INVALID); /* neither records nor alias */
    d.count = 1;
    d.rdata = bad;
    d.rdata_len = sizeof(bad);
    assert_int_equal(zone_put(zone, &edit, &d), ERR_INVALID);
    d.rdata_len = 1;
    assert_int_equal(zone_put(zone, &edit, &d), ERR_INVALID);
    d = rr("x.example", TYPE_A, "ok");
    d.alias = nm("y.example");
    assert_int_equal(zone_put(zone, &edit, &d), ERR_INVALID);
    d = rr("x.example", TYPE_ANY, "ok");
    assert_int_equal(zone_put(zone, &edit, &d), ERR_INVALID);
    assert_int_equal(zone_names(zone), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_rfc4592), T(test_wildcard_ent), T(test_wildcard_cname),
        T(test_cuts),    T(test_dname),        T(test_groups),
        T(test_remove),  T(test_alias),        T(test_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
