/* SPDX-License-Identifier: Apache-2.0 */
/* From descriptions, in any order, to what workers read. */
#include "model_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static struct publisher *publisher;
static struct compiler *compiler;
static struct reader reader;
static uint64_t revision;

static int setup(void **state)
{
    (void)state;
    publisher = publisher_new();
    compiler = publisher ? compiler_new(publisher) : NULL;
    revision = 0;
    return compiler ? reader_add(publisher, &reader) : -1;
}

static int teardown(void **state)
{
    (void)state;
    reader_remove(&reader);
    compiler_free(compiler);
    publisher_free(publisher);
    return 0;
}

static const struct snapshot *commit(void)
{
    reader_quiescent(&reader);
    assert_int_equal(compile_commit(compiler, ++revision), 0);
    return reader_snapshot(&reader);
}

/* A VPC on the shared listener with all switches on. */
static struct vpc_desc vpc_desc(const char *id, const struct prefix *cidr)
{
    return (struct vpc_desc){.id = id,
                             .account = "111122223333",
                             .region = "eu-west-1",
                             .cidrs = cidr,
                             .cidrs_n = 1,
                             .dns_support = true,
                             .dns_hostnames = true,
                             .reverse = true};
}

static void put_vpc(const char *id, const char *cidr)
{
    struct prefix p = net(cidr);
    struct vpc_desc d = vpc_desc(id, &p);

    assert_int_equal(compile_vpc(compiler, &d), 0);
}

static void put_rule(const char *id, const char *domain, uint64_t generation)
{
    struct sockname target = {ip("192.0.2.53"), 53};
    struct rule_desc d = {.id = id,
                          .generation = generation,
                          .kind = RULE_FORWARD,
                          .domain = nm(domain),
                          .endpoint_id = "rslvr-out-1",
                          .targets = &target,
                          .targets_n = 1};

    assert_int_equal(compile_rule(compiler, &d), 0);
}

static void put_endpoint(const char *id, const char *vpc, enum direction direction,
                         const char *addr)
{
    struct endpoint_address_desc a = {"rni-1", ip(addr)};
    struct endpoint_desc d = {
        .id = id, .vpc_id = vpc, .direction = direction, .addresses = &a, .addresses_n = 1};

    assert_int_equal(compile_endpoint(compiler, &d), 0);
}

static void put_zone(const char *id, const char *apex, const char *vpc)
{
    struct zone_desc d = {id, nm(apex)};

    assert_int_equal(compile_zone(compiler, &d), 0);
    assert_int_equal(compile_zone_vpcs(compiler, id, &vpc, vpc ? 1 : 0), 0);
}

static void put_record(const char *zone, const char *owner, const char *value)
{
    struct rrset_desc d = rr(owner, TYPE_A, value);

    assert_int_equal(compile_rrset(compiler, zone, &d), 0);
}

/* The route of the match at `i`, as text: "rule ID", "zone ID", "both", "autodef KIND". */
static const char *match_text(const struct match *m, char *buf, size_t size)
{
    if (m->rule && m->zone)
        snprintf(buf, size, "%s+%s", m->rule->id, zone_id(m->zone));
    else if (m->autodef)
        snprintf(buf, size, "autodef %d", (int)m->autodef->kind);
    else
        snprintf(buf, size, "%s", m->rule ? m->rule->id : zone_id(m->zone));
    return buf;
}

/* Checks all matches of a name: texts separated by spaces, the most specific first. */
static void check_matches(const struct snapshot *s, const char *vpc, const char *name,
                          const char *want)
{
    struct match m[VIEW_MATCHES];
    const struct view *v = snapshot_view_by_id(s, vpc);
    char got[512] = "", one[128];

    assert_non_null(v);
    unsigned n = view_matches(s, v, nm(name), m);
    for (unsigned i = 0; i < n; i++) {
        assert_true(name_within(nm(name), m[i].name));
        assert_null(m[i].profile);
        if (m[i].autodef && m[i].autodef->zone)
            assert_true(name_within(m[i].name, zone_apex(m[i].autodef->zone)));
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
                 match_text(&m[i], one, sizeof(one)));
    }
    assert_string_equal(got, want);
}

static void test_any_order(void **state)
{
    const struct snapshot *s;
    struct zone_found f;
    struct match m[VIEW_MATCHES];

    (void)state;
    /* Everything names what comes later. */
    assert_int_equal(compile_rule_vpc(compiler, "rslvr-rr-1", "vpc-a"), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rslvr-rr-1", "vpc-a"), 0);
    put_record("Z1", "www.corp.example", "1");
    assert_int_equal(compile_zone_vpcs(compiler, "Z1", (const char *[]){"vpc-a"}, 1), 0);
    s = commit();
    assert_null(snapshot_view_by_id(s, "vpc-a"));
    put_rule("rslvr-rr-1", "example", 1);
    struct zone_desc z = {"Z1", nm("corp.example")};
    assert_int_equal(compile_zone(compiler, &z), 0);
    s = commit();
    assert_null(snapshot_view_by_id(s, "vpc-a"));
    put_vpc("vpc-a", "10.0.0.0/16");
    s = commit();
    check_matches(s, "vpc-a", "www.corp.example", "Z1 rslvr-rr-1");
    view_matches(s, snapshot_view_by_id(s, "vpc-a"), nm("www.corp.example"), m);
    zone_find(m[0].zone, nm("www.corp.example"), TYPE_A, &f);
    assert_true(rr_is(f.set, "1"));
    assert_null(m[1].rule->endpoint);
    put_endpoint("rslvr-out-1", "vpc-a", DIRECTION_OUTBOUND, "10.0.1.1");
    s = commit();
    view_matches(s, snapshot_view_by_id(s, "vpc-a"), nm("www.corp.example"), m);
    assert_non_null(m[1].rule->endpoint);
    assert_string_equal(m[1].rule->endpoint->addresses[0].id, "rni-1");
    assert_int_equal(snapshot_revision(s), revision);
    assert_int_equal(publish_revision(publisher), revision);
}

static void test_matches(void **state)
{
    const struct snapshot *s;

    (void)state;
    put_vpc("vpc-a", "10.0.0.0/16");
    put_vpc("vpc-b", "10.1.0.0/16");
    put_zone("Z1", "example.com", "vpc-a");
    put_rule("rule-root", ".", 1);
    put_rule("rule-com", "example.com", 1);
    put_rule("rule-low", "low.example.com", 1);
    assert_int_equal(compile_rule_vpc(compiler, "rule-root", "vpc-a"), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rule-com", "vpc-a"), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rule-low", "vpc-a"), 0);
    s = commit();
    check_matches(s, "vpc-a", "x.low.example.com", "rule-low rule-com+Z1 rule-root");
    check_matches(s, "vpc-a", "example.com", "rule-com+Z1 rule-root");
    check_matches(s, "vpc-a", "example.org", "rule-root");
    check_matches(s, "vpc-a", "localhost", "autodef 0 rule-root");
    check_matches(s, "vpc-a", "5.0.0.10.in-addr.arpa", "autodef 1 autodef 1 rule-root");
    check_matches(s, "vpc-a", "ip-10-0-0-5.eu-west-1.compute.internal", "autodef 2 rule-root");
    check_matches(s, "vpc-b", "www.example.com", "");

    /* Taking off and deleting. */
    assert_int_equal(compile_rule_vpc_del(compiler, "rule-com", "vpc-a"), 0);
    assert_int_equal(compile_rule_vpc_del(compiler, "rule-com", "vpc-a"), ERR_NOT_FOUND);
    assert_int_equal(compile_rule_del(compiler, "rule-root"), 0);
    assert_int_equal(compile_rule_del(compiler, "rule-root"), ERR_NOT_FOUND);
    s = commit();
    check_matches(s, "vpc-a", "x.low.example.com", "rule-low Z1");
    assert_int_equal(compile_zone_vpcs(compiler, "Z1", (const char *[]){"vpc-b"}, 1), 0);
    s = commit();
    check_matches(s, "vpc-a", "x.low.example.com", "rule-low");
    check_matches(s, "vpc-b", "x.low.example.com", "Z1");
    assert_int_equal(compile_zone_del(compiler, "Z1"), 0);
    assert_int_equal(compile_zone_del(compiler, "Z1"), ERR_NOT_FOUND);
    s = commit();
    check_matches(s, "vpc-b", "x.low.example.com", "");
    /* A deleted rule comes back: its associations were never taken off. */
    put_rule("rule-root", ".", 2);
    s = commit();
    check_matches(s, "vpc-a", "example.org", "rule-root");
}

static void test_switches(void **state)
{
    struct prefix cidrs[] = {net("10.0.0.0/16"), net("100.64.0.0/23"), net("fd00:1::/56")};
    struct vpc_desc d = vpc_desc("vpc-a", cidrs);
    const struct snapshot *s;
    const struct view *v;

    (void)state;
    d.cidrs_n = 3;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    put_zone("Z1", "example.com", "vpc-a");
    s = commit();
    v = snapshot_view_by_id(s, "vpc-a");
    assert_true(view_answers(v) && view_private(v));
    assert_string_equal(view_domain(v), "eu-west-1.compute.internal");
    check_matches(s, "vpc-a", "9.1.64.100.in-addr.arpa", "autodef 1");
    check_matches(s, "vpc-a", "9.2.64.100.in-addr.arpa", "");
    check_matches(s, "vpc-a", "7.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa", "autodef 1");
    check_matches(s, "vpc-a", "1.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa", "");
    check_matches(s, "vpc-a", "254.169.254.169.in-addr.arpa", "autodef 0");

    d.reverse = false;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    check_matches(s, "vpc-a", "9.1.64.100.in-addr.arpa", "");
    check_matches(s, "vpc-a", "5.0.0.10.in-addr.arpa", "");
    check_matches(s, "vpc-a", "1.0.0.127.in-addr.arpa", "autodef 0");
    check_matches(s, "vpc-a", "x.example.com", "Z1");

    d.dns_hostnames = false;
    d.reverse = true;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    v = snapshot_view_by_id(s, "vpc-a");
    assert_true(view_answers(v) && !view_private(v));
    check_matches(s, "vpc-a", "x.example.com", "");
    check_matches(s, "vpc-a", "5.0.0.10.in-addr.arpa", "");
    check_matches(s, "vpc-a", "eu-west-1.compute.internal", "");
    check_matches(s, "vpc-a", "a.localhost", "autodef 0");

    d.dns_support = false;
    d.dns_hostnames = true;
    d.region = "us-east-1";
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    v = snapshot_view_by_id(s, "vpc-a");
    assert_true(!view_answers(v) && !view_private(v));
    assert_string_equal(view_domain(v), "ec2.internal");
}

static void test_localhost(void **state)
{
    struct match m[VIEW_MATCHES];
    struct zone_found f;
    const struct snapshot *s;

    (void)state;
    put_vpc("vpc-a", "10.0.0.0/16");
    s = commit();
    assert_int_equal(view_matches(s, snapshot_view(s, 0), nm("a.localhost"), m), 1);
    zone_find(m[0].autodef->zone, nm("a.localhost"), TYPE_A, &f);
    assert_true(rr_is(f.set, "\x7f\1\1\1") || rrset_rdata(f.set)[2] == 127);
    zone_find(m[0].autodef->zone, nm("localhost"), TYPE_AAAA, &f);
    assert_int_equal(f.result, ZONE_FOUND);
    assert_int_equal(rrset_rdata(f.set)[2 + 15], 1);
    zone_find(m[0].autodef->zone, nm("localhost"), TYPE_MX, &f);
    assert_int_equal(f.result, ZONE_NODATA);
    assert_non_null(f.soa);
    assert_int_equal(view_matches(s, snapshot_view(s, 0), nm("1.0.0.127.in-addr.arpa"), m), 1);
    zone_find(m[0].autodef->zone, nm("1.0.0.127.in-addr.arpa"), TYPE_PTR, &f);
    assert_int_equal(f.result, ZONE_FOUND);
    assert_true(name_equal(rrset_rdata(f.set) + 2, nm("localhost")));
}

/* A change of a rule, a record or an association must leave all else shared. */
static void test_sharing(void **state)
{
    const struct snapshot *s;
    struct match m[VIEW_MATCHES];

    (void)state;
    put_vpc("vpc-a", "10.0.0.0/16");
    put_vpc("vpc-b", "10.1.0.0/16");
    put_rule("rule-1", "one.example", 1);
    put_rule("rule-2", "two.example", 1);
    put_endpoint("rslvr-out-1", "vpc-b", DIRECTION_OUTBOUND, "10.1.0.9");
    assert_int_equal(compile_rule_vpc(compiler, "rule-1", "vpc-a"), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rule-2", "vpc-a"), 0);
    put_zone("Z1", "zone.example", "vpc-a");
    s = commit();
    const struct view *a = snapshot_view_by_id(s, "vpc-a"), *b = snapshot_view_by_id(s, "vpc-b");
    view_matches(s, a, nm("one.example"), m);
    uint64_t key1 = m[0].rule->key;
    view_matches(s, a, nm("two.example"), m);
    uint64_t key2 = m[0].rule->key;
    view_matches(s, a, nm("zone.example"), m);
    uint64_t version = zone_version(m[0].zone);
    assert_true(key1 != key2 && key1 && key2);

    put_rule("rule-1", "one.example", 2); /* new targets */
    put_record("Z1", "www.zone.example", "1");
    s = commit();
    assert_ptr_equal(snapshot_view_by_id(s, "vpc-a"), a);
    assert_ptr_equal(snapshot_view_by_id(s, "vpc-b"), b);
    view_matches(s, a, nm("one.example"), m);
    assert_true(m[0].rule->key != key1 && m[0].rule->key != key2);
    key1 = m[0].rule->key;
    view_matches(s, a, nm("two.example"), m);
    assert_int_equal(m[0].rule->key, key2);
    view_matches(s, a, nm("zone.example"), m);
    assert_true(zone_version(m[0].zone) != version);

    /* The same again changes no key; a new address of the endpoint changes all. */
    put_rule("rule-1", "one.example", 2);
    s = commit();
    view_matches(s, a, nm("one.example"), m);
    assert_int_equal(m[0].rule->key, key1);
    put_endpoint("rslvr-out-1", "vpc-b", DIRECTION_OUTBOUND, "10.1.0.10");
    s = commit();
    view_matches(s, a, nm("one.example"), m);
    assert_true(m[0].rule->key != key1);
    assert_true(prefix_contains(&(struct prefix){ip("10.1.0.10"), 32},
                                &m[0].rule->endpoint->addresses[0].addr));
    /* It goes. */
    assert_int_equal(compile_endpoint_del(compiler, "rslvr-out-1"), 0);
    s = commit();
    view_matches(s, a, nm("one.example"), m);
    assert_null(m[0].rule->endpoint);
    assert_null(snapshot_endpoint(s, 0));
}

static void check_source(const struct snapshot *s, const char *addr, const char *vpc)
{
    struct addr a = ip(addr);
    const struct view *v = snapshot_identify(s, &a);

    if (!vpc) {
        assert_null(v);
        return;
    }
    assert_non_null(v);
    assert_string_equal(view_vpc(v), vpc);
    assert_true(view_contains(v, &a));
}

/* All at once as one at a time. */
static void check_together(const struct snapshot *s)
{
    struct addr a[] = {ip("10.9.9.9"),  ip("fd00:2::9"), ip("10.1.2.9"), ip("11.0.0.1"),
                       ip("fd00:1::9"), ip("10.1.9.9"),  ip("10.9.9.9"), {0}};
    const struct addr *source[IDENTIFY_MOST];
    const struct view *found[IDENTIFY_MOST];

    for (unsigned i = 0; i < IDENTIFY_MOST; i++)
        source[i] = &a[i];
    snapshot_identify_all(s, source, IDENTIFY_MOST, found);
    for (unsigned i = 0; i < IDENTIFY_MOST; i++)
        assert_ptr_equal(found[i], snapshot_identify(s, &a[i]));
    assert_non_null(found[0]);
    assert_null(found[3]);
}

static void test_identify(void **state)
{
    struct prefix p = net("10.0.0.0/8");
    struct vpc_desc d = vpc_desc("vpc-ns", &p);
    const struct snapshot *s;

    (void)state;
    put_vpc("vpc-wide", "10.0.0.0/8");
    put_vpc("vpc-mid", "10.1.0.0/16");
    put_vpc("vpc-thin", "10.1.2.0/24");
    put_vpc("vpc-six", "fd00:1::/56");
    d.attach = ATTACH_NETNS;
    d.attach_name = "blue";
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    check_source(s, "10.9.9.9", "vpc-wide");
    check_source(s, "10.1.9.9", "vpc-mid");
    check_source(s, "10.1.2.9", "vpc-thin");
    check_source(s, "fd00:1::9", "vpc-six");
    check_source(s, "fd00:2::9", NULL);
    check_source(s, "11.0.0.1", NULL);
    check_together(s);

    /* A second claim on the same prefix waits until the first is gone. */
    put_vpc("vpc-late", "10.1.0.0/16");
    s = commit();
    check_source(s, "10.1.9.9", "vpc-mid");
    assert_int_equal(compile_vpc_del(compiler, "vpc-mid"), 0);
    s = commit();
    check_source(s, "10.1.9.9", "vpc-late");
    put_vpc("vpc-late", "10.7.0.0/16"); /* moves */
    s = commit();
    check_source(s, "10.1.9.9", "vpc-wide");
    check_source(s, "10.7.0.1", "vpc-late");

    /* Deleted and made again at once: a new slot, which the way in follows. */
    uint32_t slot = view_slot(snapshot_view_by_id(s, "vpc-late"));
    assert_int_equal(compile_vpc_del(compiler, "vpc-late"), 0);
    put_vpc("vpc-late", "10.7.0.0/16");
    s = commit();
    check_source(s, "10.7.0.1", "vpc-late");
    assert_true(view_slot(snapshot_view_by_id(s, "vpc-late")) != slot);
    assert_null(snapshot_view(s, slot));
    assert_int_equal(compile_vpc_del(compiler, "vpc-late"), 0);
    assert_int_equal(compile_vpc_del(compiler, "vpc-late"), ERR_NOT_FOUND);
    s = commit();
    check_source(s, "10.7.0.1", "vpc-wide");
}

static void test_subnets(void **state)
{
    struct prefix p = net("10.0.1.0/24"), q = net("10.0.2.0/24");
    struct subnet_desc d = {
        .id = "subnet-1", .vpc_id = "vpc-a", .cidrs = &p, .cidrs_n = 1, .dns64 = true};
    struct addr a = ip("10.0.1.7"), b = ip("10.0.2.7");
    const struct snapshot *s;
    const struct dns64 *dns64 = NULL;

    (void)state;
    assert_int_equal(compile_subnet(compiler, &d), 0);
    put_vpc("vpc-a", "10.0.0.0/16");
    s = commit();
    assert_string_equal(view_subnet(snapshot_view(s, 0), &a, &dns64), "subnet-1");
    assert_non_null(dns64);
    assert_null(view_subnet(snapshot_view(s, 0), &b, NULL));
    d.dns64 = false;
    assert_int_equal(compile_subnet(compiler, &d), 0);
    d.id = "subnet-2";
    d.cidrs = &q;
    assert_int_equal(compile_subnet(compiler, &d), 0);
    s = commit();
    assert_string_equal(view_subnet(snapshot_view(s, 0), &a, &dns64), "subnet-1");
    assert_null(dns64);
    assert_string_equal(view_subnet(snapshot_view(s, 0), &b, NULL), "subnet-2");
    assert_int_equal(compile_subnet_del(compiler, "subnet-1"), 0);
    assert_int_equal(compile_subnet_del(compiler, "subnet-1"), ERR_NOT_FOUND);
    s = commit();
    assert_null(view_subnet(snapshot_view(s, 0), &a, NULL));
}

/* The DNS64 setting of 10.0.1.7 in vpc-a. */
static const struct dns64 *setting(const struct snapshot *s)
{
    const struct dns64 *d = NULL;
    struct addr a = ip("10.0.1.7");

    view_subnet(snapshot_view(s, 0), &a, &d);
    return d;
}

/* What the subnet does not say comes from the VPC, and what that does not say, from the RFCs. Equal
 * settings are one object, whichever way they came about. */
static void test_dns64_settings(void **state)
{
    struct prefix p = net("10.0.1.0/24"), own = net("2001:db8:64::/96"), bad = net("fd00::/64");
    struct subnet_desc d = {
        .id = "subnet-1", .vpc_id = "vpc-a", .cidrs = &p, .cidrs_n = 1, .dns64 = true};
    struct vpc_desc vpc = vpc_desc("vpc-a", &p);
    uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff}, private[16] = {0xfd};
    const struct dns64 *first, *second;

    (void)state;
    assert_int_equal(compile_subnet(compiler, &d), 0);
    assert_int_equal(compile_vpc(compiler, &vpc), 0);
    first = setting(commit());
    assert_int_equal(first->prefix.bits, 96);
    assert_int_equal(first->prefix.addr.b[1], 0x64);
    assert_true(dns64_excluded(first, mapped));
    assert_false(dns64_excluded(first, private));
    d.own64.exclude = &bad;
    d.own64.exclude_n = 1;
    vpc.dns64.prefix = own;
    assert_int_equal(compile_subnet(compiler, &d), 0);
    assert_int_equal(compile_vpc(compiler, &vpc), 0);
    second = setting(commit());
    assert_ptr_not_equal(first, second);
    assert_int_not_equal(first->number, second->number);
    assert_memory_equal(&second->prefix.addr, &own.addr, sizeof(own.addr));
    assert_false(dns64_excluded(second, mapped));
    assert_true(dns64_excluded(second, private));
    d.own64 = (struct dns64_desc){0};
    vpc.dns64 = (struct dns64_desc){0};
    assert_int_equal(compile_subnet(compiler, &d), 0);
    assert_int_equal(compile_vpc(compiler, &vpc), 0);
    assert_ptr_equal(setting(commit()), first);

    vpc.dns64.prefix = net("2001:db8::/80"); /* no length of RFC 6052 */
    assert_int_equal(compile_vpc(compiler, &vpc), ERR_INVALID);
    d.own64.exclude = &p; /* not IPv6 */
    d.own64.exclude_n = 1;
    assert_int_equal(compile_subnet(compiler, &d), ERR_INVALID);
}

static bool has_listener(const struct snapshot *s, enum listener_kind kind, const char *addr,
                         const char *owner, const char *attach_name)
{
    struct addr a = ip(addr);
    uint64_t generation;
    size_t n;
    const struct listener *l = snapshot_listeners(s, &n, &generation);

    for (size_t i = 0; i < n; i++) {
        if (l[i].kind == kind && !memcmp(&l[i].addr, &a, sizeof(a)) && !strcmp(l[i].owner, owner) &&
            (attach_name ? l[i].attach_name && !strcmp(l[i].attach_name, attach_name)
                         : !l[i].attach_name))
            return true;
    }
    return false;
}

static void check_listeners(const struct snapshot *s, size_t n, uint64_t generation)
{
    uint64_t g;
    size_t got;

    snapshot_listeners(s, &got, &g);
    assert_int_equal(got, n);
    assert_int_equal(g, generation);
}

static void test_listeners(void **state)
{
    struct prefix p[] = {net("fd00:5::/56"), net("10.0.5.0/16"), net("10.9.0.0/16")};
    struct vpc_desc d = vpc_desc("vpc-ns", p);
    const struct snapshot *s;

    (void)state;
    s = commit();
    check_listeners(s, 0, 1);
    put_vpc("vpc-shared", "10.1.0.0/16");
    s = commit();
    check_listeners(s, 0, 1);
    d.cidrs_n = 3;
    d.attach = ATTACH_NETNS;
    assert_int_equal(compile_vpc(compiler, &d), ERR_INVALID); /* no name */
    d.attach_name = "blue";
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    check_listeners(s, 4, 2);
    assert_true(has_listener(s, LISTEN_VPC, "10.0.0.2", "vpc-ns", "blue"));
    assert_true(has_listener(s, LISTEN_VPC, "fd00:5::2", "vpc-ns", "blue"));
    assert_true(has_listener(s, LISTEN_VPC, "169.254.169.253", "vpc-ns", "blue"));
    assert_true(has_listener(s, LISTEN_VPC, "fd00:ec2::253", "vpc-ns", "blue"));

    put_endpoint("rslvr-in-1", "vpc-ns", DIRECTION_INBOUND, "10.0.0.10");
    put_endpoint("rslvr-out-1", "vpc-shared", DIRECTION_OUTBOUND, "10.1.0.10");
    put_endpoint("rslvr-in-2", "vpc-unknown", DIRECTION_INBOUND, "10.8.0.10");
    s = commit();
    check_listeners(s, 6, 3);
    assert_true(has_listener(s, LISTEN_INBOUND, "10.0.0.10", "rni-1", "blue"));
    assert_true(has_listener(s, LISTEN_SOURCE, "10.1.0.10", "rni-1", NULL));

    /* What does not concern sockets leaves the list as it is. */
    put_rule("rule-1", "one.example", 1);
    d.reverse = false;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    put_vpc("vpc-shared", "10.1.0.0/16");
    put_endpoint("rslvr-in-1", "vpc-ns", DIRECTION_INBOUND, "10.0.0.10");
    s = commit();
    check_listeners(s, 6, 3);

    d.attach_name = "green";
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    check_listeners(s, 6, 4);
    assert_true(has_listener(s, LISTEN_INBOUND, "10.0.0.10", "rni-1", "green"));
    assert_string_equal(snapshot_endpoint(s, 0)->attach_name, "green");
    assert_int_equal(compile_vpc_del(compiler, "vpc-ns"), 0);
    s = commit();
    check_listeners(s, 1, 5);
    assert_int_equal(snapshot_endpoint(s, 0)->vpc_slot, UINT32_MAX);
    assert_int_equal(compile_endpoint_del(compiler, "rslvr-out-1"), 0);
    s = commit();
    check_listeners(s, 0, 6);
}

/* The IPv6 addresses of a resolver come and go with the VPC's IPv6 CIDRs. */
static void test_listeners_v6(void **state)
{
    struct prefix p[] = {net("10.0.0.0/16"), net("fd00:5::/56"), net("fd00:6::/56")};
    struct vpc_desc d = vpc_desc("vpc-ns", p);
    const struct snapshot *s;

    (void)state;
    (void)commit();
    d.attach = ATTACH_NETNS;
    d.attach_name = "blue";
    d.cidrs_n = 1;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    check_listeners(s, 2, 2);
    assert_true(has_listener(s, LISTEN_VPC, "169.254.169.253", "vpc-ns", "blue"));
    d.cidrs_n = 3;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    check_listeners(s, 5, 3);
    assert_true(has_listener(s, LISTEN_VPC, "fd00:5::2", "vpc-ns", "blue"));
    assert_true(has_listener(s, LISTEN_VPC, "fd00:6::2", "vpc-ns", "blue"));
    assert_true(has_listener(s, LISTEN_VPC, "fd00:ec2::253", "vpc-ns", "blue"));
    d.cidrs_n = 1;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    s = commit();
    check_listeners(s, 2, 4);
}

/* Which sources a VPC's own resolver takes for its own. */
static void test_admits(void **state)
{
    static const char *const ours[] = {"10.0.1.7", "fd00:5:0:1::7", "169.254.1.7", "fe80::1",
                                       "febf::1"};
    static const char *const others[] = {"10.1.0.7", "fd00:5:0:100::1", "169.253.0.1", "fec0::1",
                                         "::1",      "127.0.0.1"};
    struct prefix p[] = {net("10.0.0.0/16"), net("fd00:5::/56")};
    struct vpc_desc d = vpc_desc("vpc-a", p);

    (void)state;
    d.cidrs_n = 2;
    assert_int_equal(compile_vpc(compiler, &d), 0);
    const struct view *v = snapshot_view_by_id(commit(), "vpc-a");
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        struct addr a = ip(ours[i]);
        assert_true(view_admits(v, &a));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct addr a = ip(others[i]);
        assert_false(view_admits(v, &a));
    }
    struct addr a = ip("fe80::1");
    assert_false(view_contains(v, &a));
}

static void test_conflicts(void **state)
{
    const struct snapshot *s;

    (void)state;
    put_vpc("vpc-a", "10.0.0.0/16");
    put_rule("rule-b", "example", 1);
    put_rule("rule-a", "example", 1);
    put_rule("rule-c", "example", 1);
    assert_int_equal(compile_rule_vpc(compiler, "rule-b", "vpc-a"), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rule-a", "vpc-a"), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rule-c", "vpc-a"), 0);
    put_zone("Z2", "example", "vpc-a");
    put_zone("Z1", "example", "vpc-a");
    s = commit();
    check_matches(s, "vpc-a", "www.example", "rule-a+Z1");
    assert_int_equal(compile_rule_del(compiler, "rule-a"), 0);
    put_rule("rule-b", "moved", 1);
    s = commit();
    check_matches(s, "vpc-a", "www.example", "rule-c+Z1");
    check_matches(s, "vpc-a", "moved", "rule-b");
}

static void test_delegate(void **state)
{
    struct rule_desc d = {.id = "rule-d",
                          .generation = 1,
                          .kind = RULE_DELEGATE,
                          .domain = nm("."),
                          .endpoint_id = "rslvr-out-1"};
    const struct snapshot *s;

    (void)state;
    put_vpc("vpc-a", "10.0.0.0/16");
    assert_int_equal(compile_rule(compiler, &d), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rule-d", "vpc-a"), 0);
    s = commit();
    check_matches(s, "vpc-a", "www.example", ""); /* no route by name */
}

static void test_allow(void **state)
{
    struct allow list[] = {{net("10.0.0.0/8"), 17, 53, 53}, {net("192.0.2.0/24"), 0, 50, 60}};
    struct addr a = ip("10.1.1.1"), b = ip("192.0.2.1"), c = ip("2001:db8::1");

    (void)state;
    assert_true(allow_find(list, 2, &a, 17, 53));
    assert_false(allow_find(list, 2, &a, 6, 53));
    assert_false(allow_find(list, 2, &a, 17, 54));
    assert_true(allow_find(list, 2, &b, 6, 60));
    assert_false(allow_find(list, 2, &b, 6, 61));
    assert_false(allow_find(list, 2, &c, 17, 53));
    assert_false(allow_find(list, 0, &a, 17, 53));
}

static void test_invalid(void **state)
{
    struct prefix p = {.addr = ip("10.0.0.0"), .bits = 33};
    struct vpc_desc d = vpc_desc("vpc-a", &p);
    char id[300];

    (void)state;
    assert_int_equal(compile_vpc(compiler, &d), ERR_INVALID);
    p.bits = 16;
    d.region = "not a .. region";
    assert_int_equal(compile_vpc(compiler, &d), ERR_INVALID);
    memset(id, 'x', sizeof(id));
    id[sizeof(id) - 1] = 0;
    d = vpc_desc(id, &p);
    assert_int_equal(compile_vpc(compiler, &d), ERR_INVALID);
    assert_int_equal(compile_rule_vpc(compiler, id, "vpc-a"), ERR_INVALID);
    assert_int_equal(compile_rrset_del(compiler, "Z9", nm("x"), TYPE_A, NULL), ERR_NOT_FOUND);
    assert_int_equal(compile_zone_del(compiler, "Z9"), ERR_NOT_FOUND);
    put_record("Z9", "x", "1");
    assert_int_equal(compile_rrset_del(compiler, "Z9", nm("x"), TYPE_A, "no"), ERR_NOT_FOUND);
    assert_int_equal(compile_rrset_del(compiler, "Z9", nm("x"), TYPE_A, NULL), 0);
    commit();
    assert_int_equal(compile_rrset_del(compiler, "Z9", nm("x"), TYPE_A, NULL), ERR_NOT_FOUND);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_any_order), T(test_matches),      T(test_switches), T(test_localhost),
        T(test_sharing),   T(test_identify),     T(test_subnets),  T(test_dns64_settings),
        T(test_listeners), T(test_listeners_v6), T(test_admits),   T(test_conflicts),
        T(test_delegate),  T(test_allow),        T(test_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
