/* SPDX-License-Identifier: Apache-2.0 */
/* From stored objects to what workers read: at the start, by the feed, and after falling behind it.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/project.h"
#include "control/record.h"
#include "control/zone_name.h"
#include "dns/type.h"
#include "model/snapshot.h"

#define VPC "vpc-1"

struct fix {
    struct arena arena;
    struct ctl c;
    struct compiler *compiler;
    struct project *project;
    struct reader reader;
};

static void project_begin(struct fix *f)
{
    assert_int_equal(project_start(f->c.store, f->compiler, &f->project), 0);
}

static int fix_open(void **state)
{
    struct fix *f = aligned_alloc(64, (sizeof *f + 63) / 64 * 64);
    memset(f, 0, sizeof *f);
    arena_new(&f->arena, LIMIT_REQUEST_ARENA);
    f->c = (struct ctl){.arena = &f->arena, .account = "111111111111", .region = "eu-west-1"};
    assert_int_equal(store_open("mem:", &f->arena, &f->c.store, NULL), 0);
    f->c.publisher = publisher_new();
    f->compiler = compiler_new(f->c.publisher);
    assert_non_null(f->compiler);
    assert_int_equal(reader_add(f->c.publisher, &f->reader), 0);
    project_begin(f);
    *state = f;
    return 0;
}

static int fix_close(void **state)
{
    struct fix *f = *state;
    reader_remove(&f->reader);
    project_stop(f->project);
    compiler_free(f->compiler);
    publisher_free(f->c.publisher);
    store_close(f->c.store);
    arena_free(&f->arena);
    free(f);
    return 0;
}

/* A change as data, for one operation that does them all. */
struct edit {
    const struct kind *kind; /* NULL: a raw key */
    const char *id;
    void *obj; /* NULL: delete */
    struct store_bytes key, value;
};

static int op_edit(struct ctl *c, const void *in, void *out)
{
    const struct edit *e = in;
    (void)out;
    if (e->kind == NULL)
        return e->value.data != NULL ? ctl_raw_put(c, e->key, e->value) : ctl_raw_del(c, e->key);
    if (e->obj != NULL)
        return ctl_put(c, e->kind, e->id, e->obj);
    struct owned *old = arena_zalloc(c->arena, 1, e->kind->shape->size);
    int err = ctl_get(c, e->kind, e->id, old);
    return err != 0 ? err : ctl_del(c, e->kind, e->id, old);
}

/* Commits a change and waits until it is published. */
static void edit(struct fix *f, const struct edit *e)
{
    char none;
    reader_sleep(&f->reader);
    assert_int_equal(ctl_run(&f->c, op_edit, e, &none, sizeof none), 0);
    reader_wake(&f->reader);
    assert_int_equal(publish_revision(f->c.publisher), f->c.committed);
}

static void put(struct fix *f, const struct kind *kind, const char *id, void *obj)
{
    edit(f, &(struct edit){.kind = kind, .id = id, .obj = obj});
}

static void del(struct fix *f, const struct kind *kind, const char *id)
{
    edit(f, &(struct edit){.kind = kind, .id = id});
}

static void put_key(struct fix *f, const char *key, const char *value)
{
    struct edit e = {.key = {key, strlen(key)}};
    if (value != NULL)
        e.value = (struct store_bytes){value, strlen(value)};
    edit(f, &e);
}

static const struct snapshot *world(struct fix *f)
{
    reader_quiescent(&f->reader);
    return reader_snapshot(&f->reader);
}

static const struct view *view(struct fix *f)
{
    return snapshot_view_by_id(world(f), VPC);
}

static void put_vpc(struct fix *f, struct obj_tag *tags, size_t tags_n)
{
    struct obj_cidr_association v4[] = {{"a", "10.1.0.0/16", "associated"},
                                        {"b", "10.2.0.0/16", "disassociated"},
                                        {"c", "10.3.0.0/16", "associated"}};
    struct obj_cidr_association v6 = {"d", "fd00:1::/56", "associated"};
    struct obj_vpc vpc = {.id = VPC,
                          .cidr_blocks = v4,
                          .cidr_blocks_n = 3,
                          .ipv6_cidr_blocks = &v6,
                          .ipv6_cidr_blocks_n = 1,
                          .enable_dns_support = TRI_TRUE,
                          .enable_dns_hostnames = TRI_TRUE,
                          .tags = tags,
                          .tags_n = tags_n};
    put(f, &kind_vpc, VPC, &vpc);
}

static bool contains(const struct view *v, const char *text)
{
    struct addr a;
    assert_int_equal(addr_parse(text, &a), 0);
    return view_contains(v, &a);
}

/* The most specific entry of the view for a name; the match is all zero when there is none. */
static struct match match(struct fix *f, const char *name)
{
    struct match found[VIEW_MATCHES] = {0};
    uint8_t wire[NAME_MAX_WIRE];
    assert_true(zone_name_parse(name, wire, NULL) > 0);
    (void)view_matches(world(f), view(f), wire, found);
    return found[0];
}

static void test_empty(void **state)
{
    struct fix *f = *state;
    assert_non_null(world(f));
    assert_int_equal(snapshot_revision(world(f)), 0);
    assert_null(view(f));
}

static void test_vpc(void **state)
{
    struct fix *f = *state;
    put_vpc(f, NULL, 0);
    const struct view *v = view(f);
    assert_non_null(v);
    assert_string_equal(view_account(v), "111111111111");
    assert_string_equal(view_region(v), "eu-west-1");
    assert_true(view_answers(v) && view_private(v));
    assert_true(contains(v, "10.1.2.3") && contains(v, "10.3.0.1") && contains(v, "fd00:1::1"));
    assert_false(contains(v, "10.2.0.1"));
    struct addr source;
    addr_parse("10.3.0.1", &source);
    assert_ptr_equal(snapshot_identify(world(f), &source), view(f));

    struct obj_cidr_association v6 = {"d", "fd00:1::/64", "associated"};
    struct obj_subnet subnet = {.id = "subnet-1",
                                .vpc_id = VPC,
                                .cidr_block = "10.1.1.0/24",
                                .ipv6_cidr_blocks = &v6,
                                .ipv6_cidr_blocks_n = 1,
                                .enable_dns64 = TRI_TRUE};
    const struct dns64 *dns64 = NULL;
    put(f, &kind_subnet, "subnet-1", &subnet);
    addr_parse("10.1.1.9", &source);
    assert_string_equal(view_subnet(view(f), &source, &dns64), "subnet-1");
    assert_non_null(dns64);
    addr_parse("fd00:1::9", &source);
    assert_string_equal(view_subnet(view(f), &source, NULL), "subnet-1");
    del(f, &kind_subnet, "subnet-1");
    assert_null(view_subnet(view(f), &source, NULL));

    struct obj_vpc off = {.id = VPC, .enable_dns_support = TRI_FALSE};
    put(f, &kind_vpc, VPC, &off);
    assert_false(view_answers(view(f)));
    del(f, &kind_vpc, VPC);
    assert_null(view(f));
}

/* DNS64 settings by tags: the subnet's before the VPC's before the defaults, at every change of
 * either. */
static void test_dns64(void **state)
{
    struct fix *f = *state;
    struct obj_tag vpc_tags[] = {{"bridge53:dns64-prefix", "2001:db8:1::/96"},
                                 {"bridge53:dns64-exclude", "::ffff:0:0/96 2001:db8::/32"}};
    struct obj_tag subnet_tags[] = {{"bridge53:dns64-prefix", "2001:db8:122::/48"}};
    struct obj_cidr_association v6 = {"d", "fd00:1::/64", "associated"};
    struct obj_subnet subnet = {.id = "subnet-1",
                                .vpc_id = VPC,
                                .ipv6_cidr_blocks = &v6,
                                .ipv6_cidr_blocks_n = 1,
                                .tags = subnet_tags,
                                .enable_dns64 = TRI_TRUE};
    static const struct {
        size_t vpc, subnet; /* number of tags */
        const char *prefix;
        unsigned exclude;
    } cases[] = {
        {0, 0, "64:ff9b::/96", 1},      {1, 0, "2001:db8:1::/96", 1},
        {2, 0, "2001:db8:1::/96", 2},   {2, 1, "2001:db8:122::/48", 2},
        {0, 1, "2001:db8:122::/48", 1}, {0, 0, "64:ff9b::/96", 1},
    };
    char buf[ADDR_TEXT_MAX];
    struct addr source;
    const struct dns64 *d = NULL;
    addr_parse("fd00:1::9", &source);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_vpc(f, vpc_tags, cases[i].vpc);
        subnet.tags_n = cases[i].subnet;
        put(f, &kind_subnet, "subnet-1", &subnet);
        assert_non_null(view_subnet(view(f), &source, &d));
        assert_string_equal(prefix_format(&d->prefix, buf, sizeof buf), cases[i].prefix);
        assert_int_equal(d->exclude_n, cases[i].exclude);
    }
    /* The VPC's change alone reaches its subnets, too. */
    put_vpc(f, vpc_tags, 1);
    assert_non_null(view_subnet(view(f), &source, &d));
    assert_string_equal(prefix_format(&d->prefix, buf, sizeof buf), "2001:db8:1::/96");
    assert_string_equal(prefix_format(&view_dns64(view(f))->prefix, buf, sizeof buf),
                        "2001:db8:1::/96");

    struct obj_endpoint e = {.id = "rslvr-in-1",
                             .host_vpc_id = VPC,
                             .direction = "INBOUND",
                             .resolver_endpoint_type = "IPV6",
                             .dns64_enabled = TRI_TRUE};
    put(f, &kind_endpoint, "rslvr-in-1", &e);
    assert_true(snapshot_endpoint(world(f), 0)->dns64);
    e.dns64_enabled = TRI_FALSE;
    put(f, &kind_endpoint, "rslvr-in-1", &e);
    assert_false(snapshot_endpoint(world(f), 0)->dns64);
}

static void test_attachments(void **state)
{
    struct fix *f = *state;
    size_t n = 0;
    uint64_t generation;
    struct obj_tag both[] = {{"bridge53:device", "eth7"}, {"bridge53:netns", "blue"}};
    put_vpc(f, both, 1);
    const struct listener *l = snapshot_listeners(world(f), &n, &generation);
    assert_true(n >= 2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(l[i].attach, ATTACH_DEVICE);
        assert_string_equal(l[i].attach_name, "eth7");
    }
    put_vpc(f, both, 2);
    l = snapshot_listeners(world(f), &n, &generation);
    assert_int_equal(l[0].attach, ATTACH_NETNS);
    assert_string_equal(l[0].attach_name, "blue");
    put_vpc(f, NULL, 0);
    (void)snapshot_listeners(world(f), &n, &generation);
    assert_int_equal(n, 0);
}

/* The config is an object of its own; the VPC follows it, whichever comes first. */
static void test_config(void **state)
{
    struct fix *f = *state;
    struct obj_resolver_config config = {.resource_id = VPC, .autodefined_reverse = "DISABLED"};
    put(f, &kind_config, VPC, &config);
    put_vpc(f, NULL, 0);
    assert_null(match(f, "1.0.1.10.in-addr.arpa").autodef);
    config.autodefined_reverse = "ENABLED";
    put(f, &kind_config, VPC, &config);
    assert_non_null(match(f, "1.0.1.10.in-addr.arpa").autodef);
    config.autodefined_reverse = "DISABLED";
    put(f, &kind_config, VPC, &config);
    assert_null(match(f, "1.0.1.10.in-addr.arpa").autodef);
    del(f, &kind_config, VPC);
    assert_non_null(match(f, "1.0.1.10.in-addr.arpa").autodef);
}

static struct opt_int number(int64_t v)
{
    return (struct opt_int){true, v};
}

static void put_endpoint(struct fix *f)
{
    const char *groups[] = {"sg-1"};
    struct obj_endpoint_address addresses[] = {
        {.id = "rni-1", .ip = "10.1.0.10"},
        {.id = "rni-2", .ip = "10.1.0.11", .ipv6 = "fd00:1::b"}};
    struct obj_endpoint e = {.id = "rslvr-out-1",
                             .direction = "OUTBOUND",
                             .host_vpc_id = VPC,
                             .security_group_ids = groups,
                             .security_group_ids_n = 1,
                             .addresses = addresses,
                             .addresses_n = 2};
    put(f, &kind_endpoint, "rslvr-out-1", &e);
}

static void put_rule(struct fix *f, int generation)
{
    struct obj_target targets[] = {{.ip = "192.0.2.53"},
                                   {.ipv6 = "2001:db8::53", .port = number(5353)},
                                   {.ip = "not an address"}};
    struct obj_rule rule = {.id = "rslvr-rr-1",
                            .domain_name = "corp.internal.",
                            .rule_type = "FORWARD",
                            .targets = targets,
                            .targets_n = 3,
                            .resolver_endpoint_id = "rslvr-out-1",
                            .generation = number(generation)};
    put(f, &kind_rule, "rslvr-rr-1", &rule);
}

static void test_rules(void **state)
{
    struct fix *f = *state;
    put_vpc(f, NULL, 0);
    put_key(f, "x/rule-vpcs/rslvr-rr-1", "guard"); /* of the whole list; means nothing here */
    put_key(f, "x/rule-vpcs/rslvr-rr-1/" VPC, "rslvr-rrassoc-1"); /* before its rule */
    assert_null(match(f, "a.corp.internal").rule);
    put_rule(f, 1);
    const struct rule *rule = match(f, "a.corp.internal").rule;
    assert_non_null(rule);
    assert_string_equal(rule->id, "rslvr-rr-1");
    assert_int_equal(rule->kind, RULE_FORWARD);
    assert_int_equal(rule->targets_n, 2);
    assert_int_equal(rule->targets[0].port, 53);
    assert_int_equal(rule->targets[1].port, 5353);
    assert_int_equal(rule->targets[1].addr.family, AF_INET6);
    assert_null(rule->endpoint);
    uint64_t key = rule->key;
    put_endpoint(f);
    rule = match(f, "a.corp.internal").rule;
    assert_non_null(rule->endpoint);
    assert_int_equal(rule->endpoint->addresses_n, 3);
    assert_string_equal(rule->endpoint->addresses[2].id, "rni-2");
    assert_int_not_equal(rule->key, key);
    key = rule->key;
    put_rule(f, 2);
    assert_int_not_equal(match(f, "a.corp.internal").rule->key, key);

    struct obj_rule system = {
        .id = "rslvr-rr-2", .domain_name = "aws.corp.internal.", .rule_type = "SYSTEM"};
    put(f, &kind_rule, "rslvr-rr-2", &system);
    put_key(f, "x/rule-vpcs/rslvr-rr-2/" VPC, "rslvr-rrassoc-2");
    assert_int_equal(match(f, "b.aws.corp.internal").rule->kind, RULE_SYSTEM);
    put_key(f, "x/rule-vpcs/rslvr-rr-2/" VPC, NULL);
    assert_string_equal(match(f, "b.aws.corp.internal").rule->id, "rslvr-rr-1");
    del(f, &kind_rule, "rslvr-rr-1");
    assert_null(match(f, "a.corp.internal").rule);
}

static void test_security_groups(void **state)
{
    struct fix *f = *state;
    struct obj_group_rule rules[] = {
        {.is_egress = TRI_TRUE, .ip_protocol = "-1", .cidr_ipv4 = "0.0.0.0/0"},
        {.ip_protocol = "udp",
         .from_port = number(53),
         .to_port = number(53),
         .cidr_ipv4 = "192.0.2.0/24"},
        {.ip_protocol = "tcp",
         .from_port = number(50),
         .to_port = number(60),
         .cidr_ipv6 = "2001:db8::/32"},
        {.ip_protocol = "icmp", .cidr_ipv4 = "0.0.0.0/0"},
        {.ip_protocol = "-1", .referenced_group_id = "sg-2"},
    };
    struct obj_group group = {.id = "sg-1", .vpc_id = VPC, .rules = rules, .rules_n = 5};
    put_vpc(f, NULL, 0);
    put_key(f, "x/rule-vpcs/rslvr-rr-1/" VPC, "rslvr-rrassoc-1");
    put_rule(f, 1);
    put_endpoint(f);
    const struct endpoint *e = match(f, "corp.internal").rule->endpoint;
    assert_int_equal(e->ingress_n + e->egress_n, 0);
    put(f, &kind_group, "sg-1", &group); /* the endpoint follows its group */
    e = match(f, "corp.internal").rule->endpoint;
    assert_int_equal(e->egress_n, 1);
    assert_int_equal(e->ingress_n, 2);
    struct addr peer;
    addr_parse("192.0.2.7", &peer);
    assert_true(allow_find(e->ingress, e->ingress_n, &peer, IPPROTO_UDP, 53));
    assert_false(allow_find(e->ingress, e->ingress_n, &peer, IPPROTO_UDP, 54));
    assert_false(allow_find(e->ingress, e->ingress_n, &peer, IPPROTO_TCP, 53));
    assert_true(allow_find(e->egress, e->egress_n, &peer, IPPROTO_TCP, 9999));
    addr_parse("2001:db8::7", &peer);
    assert_true(allow_find(e->ingress, e->ingress_n, &peer, IPPROTO_TCP, 60));
    assert_false(allow_find(e->egress, e->egress_n, &peer, IPPROTO_TCP, 60));

    /* A rule that names a group allows that group's interfaces, as they come and go. */
    const char *ipv6[] = {"fd00:1::99"};
    struct obj_interface eni = {
        .id = "eni-1", .private_ip = "10.1.0.99", .ipv6 = ipv6, .ipv6_n = 1};
    put(f, &kind_interface, "eni-1", &eni);
    put_key(f, "x/group-uses/sg-2/network-interface/eni-1", "");
    e = match(f, "corp.internal").rule->endpoint;
    assert_int_equal(e->ingress_n, 4);
    addr_parse("fd00:1::99", &peer);
    assert_true(allow_find(e->ingress, e->ingress_n, &peer, IPPROTO_UDP, 1));
    put_key(f, "x/group-uses/sg-2/network-interface/eni-1", NULL);
    assert_int_equal(match(f, "corp.internal").rule->endpoint->ingress_n, 2);
    del(f, &kind_endpoint, "rslvr-out-1");
    assert_null(match(f, "corp.internal").rule->endpoint);
    group.rules_n = 0;
    put(f, &kind_group, "sg-1", &group); /* a group that nobody uses any more */
}

static void put_zone(struct fix *f, const char *id, const char *name)
{
    struct obj_zone_vpc vpc = {.vpc_region = "eu-west-1", .vpc_id = VPC};
    struct obj_zone zone = {.id = id, .name = name, .vpcs = &vpc, .vpcs_n = 1};
    put(f, &kind_zone, id, &zone);
}

static struct store_bytes record_key_of(struct fix *f, const char *zone, const struct obj_record *r)
{
    static uint8_t name[NAME_MAX_WIRE];
    assert_true(zone_name_parse(r->name, name, NULL) > 0);
    struct record_id id = {zone, name, r->type, r->set_identifier};
    return record_key(&f->arena, &id);
}

static void put_record(struct fix *f, const char *zone, const struct obj_record *r)
{
    struct edit e = {.key = record_key_of(f, zone, r), .value = record_write(&f->arena, r)};
    edit(f, &e);
}

static void del_record(struct fix *f, const char *zone, const struct obj_record *r)
{
    edit(f, &(struct edit){.key = record_key_of(f, zone, r)});
}

static struct zone_found find(struct fix *f, const char *name, uint16_t type)
{
    struct zone_found found = {.result = ZONE_NXDOMAIN};
    uint8_t wire[NAME_MAX_WIRE];
    zone_name_parse(name, wire, NULL);
    const struct zone *zone = match(f, name).zone;
    assert_non_null(zone);
    zone_find(zone, wire, type, &found);
    return found;
}

static void test_zones(void **state)
{
    struct fix *f = *state;
    const char *ips[] = {"192.0.2.1", "192.0.2.2"}, *texts[] = {"\"a\\101\""},
               *bad[] = {"no address"};
    struct obj_record a = {
        .name = "www.example.", .type = "A", .ttl = number(60), .values = ips, .values_n = 2};
    struct obj_record txt = {
        .name = "\\052.example.", .type = "TXT", .ttl = number(5), .values = texts, .values_n = 1};
    struct obj_record alias = {
        .name = "example.", .type = "A", .alias_zone_id = "Z1", .alias_name = "www.example."};
    put_vpc(f, NULL, 0);
    put_record(f, "Z1", &a); /* before its zone */
    put_zone(f, "Z1", "example.");
    put_record(f, "Z1", &txt);
    put_record(f, "Z1", &alias);
    struct zone_found found = find(f, "www.example", TYPE_A);
    assert_int_equal(found.result, ZONE_FOUND);
    assert_int_equal(rrset_ttl(found.set), 60);
    assert_int_equal(rrset_count(found.set), 2);
    assert_int_equal(rrset_policy(found.set), POLICY_SIMPLE);
    uint16_t len;
    memcpy(&len, rrset_rdata(found.set), sizeof len);
    assert_int_equal(len, 4);
    assert_memory_equal(rrset_rdata(found.set) + 2, "\xc0\0\2\1", 4);
    found = find(f, "any.example", TYPE_TXT);
    assert_true(found.wildcard);
    assert_memory_equal(rrset_rdata(found.set) + 2, "\2aA", 3);
    found = find(f, "example", TYPE_A);
    assert_memory_equal(rrset_alias(found.set), "\3www\7example", 13);

    struct obj_record broken = {
        .name = "bad.example.", .type = "A", .ttl = number(1), .values = bad, .values_n = 1};
    put_record(f, "Z1", &broken); /* left out; the rest goes on */
    assert_int_equal(find(f, "bad.example", TYPE_A).wildcard, true);
    a.values_n = 1;
    put_record(f, "Z1", &a);
    assert_int_equal(rrset_count(find(f, "www.example", TYPE_A).set), 1);
    del_record(f, "Z1", &a);
    assert_int_not_equal(find(f, "www.example", TYPE_A).result, ZONE_FOUND);
    del(f, &kind_zone, "Z1");
    assert_null(match(f, "www.example").zone);
}

static void test_policies(void **state)
{
    struct fix *f = *state;
    const char *ip[] = {"192.0.2.1"};
    struct obj_record r = {
        .name = "w.example.", .type = "A", .ttl = number(60), .values = ip, .values_n = 1};
    put_vpc(f, NULL, 0);
    put_zone(f, "Z1", "example.");
    r.set_identifier = "one";
    r.weight = number(200);
    put_record(f, "Z1", &r);
    struct obj_record second = r;
    second.set_identifier = "two";
    second.weight = number(0);
    put_record(f, "Z1", &second);
    const struct rrset *set = find(f, "w.example", TYPE_A).set;
    assert_int_equal(rrset_policy(set), POLICY_WEIGHTED);
    assert_non_null(rrset_next(set));
    assert_int_equal(rrset_weight(set) + rrset_weight(rrset_next(set)), 200);
    del_record(f, "Z1", &second);
    set = find(f, "w.example", TYPE_A).set;
    assert_string_equal(rrset_set_id(set), "one");
    assert_null(rrset_next(set));

    r.name = "f.example.";
    r.weight.set = false;
    r.failover = "SECONDARY";
    put_record(f, "Z1", &r);
    set = find(f, "f.example", TYPE_A).set;
    assert_int_equal(rrset_policy(set), POLICY_FAILOVER);
    assert_true(rrset_secondary(set));
    r.name = "m.example.";
    r.failover = NULL;
    r.multi_value_answer = TRI_TRUE;
    put_record(f, "Z1", &r);
    assert_int_equal(rrset_policy(find(f, "m.example", TYPE_A).set), POLICY_MULTIVALUE);
}

/* What stands in the store at the start is the same as what came by the feed. */
static void test_restart(void **state)
{
    struct fix *f = *state;
    const char *ip[] = {"192.0.2.1"};
    struct obj_record a = {
        .name = "www.example.", .type = "A", .ttl = number(60), .values = ip, .values_n = 1};
    struct obj_resolver_config config = {.resource_id = VPC, .autodefined_reverse = "DISABLED"};
    put_vpc(f, NULL, 0);
    put(f, &kind_config, VPC, &config);
    put_zone(f, "Z1", "example.");
    put_record(f, "Z1", &a);
    put_key(f, "x/rule-vpcs/rslvr-rr-1/" VPC, "rslvr-rrassoc-1");
    put_rule(f, 1);
    put_endpoint(f);
    reader_remove(&f->reader);
    project_stop(f->project);
    compiler_free(f->compiler);
    publisher_free(f->c.publisher);
    f->c.publisher = publisher_new();
    f->compiler = compiler_new(f->c.publisher);
    assert_int_equal(reader_add(f->c.publisher, &f->reader), 0);
    project_begin(f);
    assert_int_equal(snapshot_revision(world(f)), store_revision(f->c.store));
    assert_int_equal(find(f, "www.example", TYPE_A).result, ZONE_FOUND);
    assert_non_null(match(f, "corp.internal").rule->endpoint);
    assert_null(match(f, "1.0.1.10.in-addr.arpa").autodef);
    a.name = "new.example.";
    put_record(f, "Z1", &a); /* and it follows */
    assert_int_equal(find(f, "new.example", TYPE_A).result, ZONE_FOUND);
}

/* Deletes keys in one commit with more changes than the feed keeps: the follower must read all
 * again, and forget what is gone. */
static void fall_behind(struct fix *f, const struct store_bytes *gone, size_t gone_n)
{
    size_t n = LIMIT_FEED_KEEP + 4;
    struct store_write *w = calloc(n, sizeof *w);
    uint64_t rev;
    for (size_t i = 0; i < n; i++)
        w[i] = (struct store_write){{"junk", 4}, {"", 0}};
    for (size_t i = 0; i < gone_n; i++)
        w[i] = (struct store_write){gone[i], {NULL, 0}};
    reader_sleep(&f->reader);
    assert_int_equal(store_commit(f->c.store, &(struct store_txn){NULL, 0, w, n, 0}, &rev), 0);
    free(w);
    assert_int_equal(publish_wait(f->c.publisher, rev, 10000), 0);
    reader_wake(&f->reader);
}

static struct store_bytes text_key(const char *text)
{
    return (struct store_bytes){text, strlen(text)};
}

static void test_falls_behind(void **state)
{
    struct fix *f = *state;
    const char *ip[] = {"192.0.2.1"};
    struct obj_record a = {
        .name = "www.example.", .type = "A", .ttl = number(60), .values = ip, .values_n = 1};
    struct obj_record old = {
        .name = "old.example.", .type = "A", .ttl = number(60), .values = ip, .values_n = 1};
    put_vpc(f, NULL, 0);
    put_zone(f, "Z1", "example.");
    put_zone(f, "Z2", "gone.");
    put_record(f, "Z1", &a);
    put_record(f, "Z1", &old);
    put_key(f, "x/rule-vpcs/rslvr-rr-1/" VPC, "rslvr-rrassoc-1");
    put_rule(f, 1);
    assert_non_null(match(f, "x.gone").zone);
    const struct store_bytes gone[] = {text_key("o/hosted-zone/Z2"),
                                       text_key("o/resolver-rule/rslvr-rr-1"),
                                       record_key_of(f, "Z1", &old)};
    fall_behind(f, gone, 3);
    assert_int_equal(find(f, "www.example", TYPE_A).result, ZONE_FOUND);
    assert_int_equal(find(f, "old.example", TYPE_A).result, ZONE_NXDOMAIN);
    assert_null(match(f, "x.gone").zone);
    assert_null(match(f, "corp.internal").rule);
    put_rule(f, 2); /* and follows again */
    assert_non_null(match(f, "corp.internal").rule);
}

/* The same with associations, and with what is joined from several stored objects. */
static void test_falls_behind_joined(void **state)
{
    struct fix *f = *state;
    static const char association[] = "x/rule-vpcs/rslvr-rr-1/" VPC;
    static const char held[] =
        "x/profile-resources/rp-1/arn:aws:route53resolver:r:1:resolver-rule/rslvr-rr-1";
    struct obj_profile profile = {.id = "rp-1", .name = "p"};
    put_vpc(f, NULL, 0);
    put_rule(f, 1);
    put_endpoint(f);
    put_key(f, association, "rslvr-rrassoc-1");
    assert_non_null(match(f, "corp.internal").rule->endpoint);
    fall_behind(f, (struct store_bytes[]){text_key(association)}, 1);
    assert_null(match(f, "corp.internal").rule);
    put(f, &kind_profile, "rp-1", &profile);
    put_key(f, held, "rpr-1");
    put_key(f, "x/vpc-profiles/" VPC "/00000/rpassoc-1", "rp-1");
    assert_non_null(match(f, "corp.internal").rule->endpoint);
    fall_behind(f, NULL, 0);
    assert_non_null(match(f, "corp.internal").rule->endpoint);
    fall_behind(f, (struct store_bytes[]){text_key(held)}, 1);
    assert_null(match(f, "corp.internal").rule);
    put_key(f, held, "rpr-1");
    assert_non_null(match(f, "corp.internal").rule);
    fall_behind(f, (struct store_bytes[]){text_key("x/vpc-profiles/" VPC "/00000/rpassoc-1")}, 1);
    assert_null(match(f, "corp.internal").rule);
    put_key(f, association, "rslvr-rrassoc-1");
    fall_behind(f, (struct store_bytes[]){text_key("o/resolver-endpoint/rslvr-out-1")}, 1);
    assert_null(match(f, "corp.internal").rule->endpoint);
    fall_behind(f, (struct store_bytes[]){text_key("o/vpc/" VPC)}, 1);
    assert_null(view(f));
}

/* Objects that do not read back stop nothing. */
static void test_junk(void **state)
{
    struct fix *f = *state;
    static const char *const keys[] = {"o/vpc/vpc-9",
                                       "o/subnet/s",
                                       "o/resolver-rule/r",
                                       "o/hosted-zone/z",
                                       "o/resolver-endpoint/e",
                                       "r/Z/com.\001A\001",
                                       "r/none",
                                       "o/",
                                       "zzz"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        put_key(f, keys[i], "{not json");
        put_key(f, keys[i], NULL);
    }
    put_vpc(f, NULL, 0);
    assert_non_null(view(f));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix_open, fix_close)

/* Profiles: their settings, what they hold, the order of a VPC's; and interface endpoints. */
static void test_profiles(void **state)
{
    struct fix *f = *state;
    struct obj_profile one = {.id = "rp-1"}, two = {.id = "rp-2"};
    const char *names[] = {"svc.example."}, *addresses[] = {"10.1.1.7", "fd00:1::7"};
    struct obj_vpc_endpoint e = {.id = "vpce-1",
                                 .vpc_id = "vpc-other",
                                 .private_dns_names = names,
                                 .private_dns_names_n = 1,
                                 .addresses = addresses,
                                 .addresses_n = 2};
    struct obj_resolver_config off = {
        .id = "rslvr-rc-1", .resource_id = "rp-1", .autodefined_reverse = "DISABLED"};
    put_vpc(f, NULL, 0);
    put(f, &kind_zone, "Z1", &(struct obj_zone){.id = "Z1", .name = "z1.example."});
    put(f, &kind_zone, "Z2", &(struct obj_zone){.id = "Z2", .name = "z1.example."});
    put_key(f, "x/profile-resources/rp-1/arn:aws:route53:::hostedzone/Z1", "rpr-1");
    put_key(f, "x/vpc-profiles/" VPC "/00200/rpassoc-1", "rp-1");
    assert_null(match(f, "z1.example.").zone); /* the profile is not there yet */
    put(f, &kind_profile, "rp-1", &one);
    struct match m = match(f, "www.z1.example.");
    assert_string_equal(zone_id(m.zone), "Z1");
    assert_string_equal(m.profile, "rp-1");

    put(f, &kind_profile, "rp-2", &two);
    put_key(f, "x/profile-resources/rp-2/arn:aws:route53:::hostedzone/Z2", "rpr-2");
    put_key(f, "x/vpc-profiles/" VPC "/00100/rpassoc-2", "rp-2"); /* goes first */
    assert_string_equal(zone_id(match(f, "z1.example.").zone), "Z2");
    put_key(f, "x/vpc-profiles/" VPC "/00100/rpassoc-2", NULL);
    assert_string_equal(zone_id(match(f, "z1.example.").zone), "Z1");

    assert_non_null(match(f, "10.in-addr.arpa.").autodef);
    put(f, &kind_config, "rp-1", &off);
    assert_null(match(f, "10.in-addr.arpa.").autodef);
    del(f, &kind_config, "rp-1");
    assert_non_null(match(f, "10.in-addr.arpa.").autodef);

    struct zone_found found;
    const uint8_t below[] = "\1x\3svc\7example";
    put_key(f, "x/profile-resources/rp-1/arn:aws:ec2:eu-west-1:1:vpc-endpoint/vpce-1", "rpr-3");
    put_key(f, "x/resource-profiles/vpce-1/rp-1", "rpr-3");
    assert_null(match(f, "svc.example.").zone);
    put(f, &kind_vpc_endpoint, "vpce-1", &e);
    assert_non_null(match(f, "svc.example.").zone);
    zone_find(match(f, "svc.example.").zone, below, TYPE_AAAA, &found);
    assert_int_equal(found.result, ZONE_FOUND);
    e.addresses_n = 1;
    put(f, &kind_vpc_endpoint, "vpce-1", &e); /* made anew, and still in the profile */
    zone_find(match(f, "svc.example.").zone, below, TYPE_AAAA, &found);
    assert_int_equal(found.result, ZONE_NODATA);
    del(f, &kind_vpc_endpoint, "vpce-1");
    assert_null(match(f, "svc.example.").zone);

    put_key(f, "x/profile-resources/rp-1/arn:aws:route53:::hostedzone/Z1", NULL);
    assert_null(match(f, "z1.example.").zone);
    del(f, &kind_profile, "rp-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_vpc),
        TEST(test_dns64),
        TEST(test_attachments),
        TEST(test_config),
        TEST(test_rules),
        TEST(test_security_groups),
        TEST(test_zones),
        TEST(test_profiles),
        TEST(test_policies),
        TEST(test_restart),
        TEST(test_falls_behind),
        TEST(test_falls_behind_joined),
        TEST(test_junk),
    };
    return cmocka_run_group_tests_name("project", tests, NULL, NULL);
}
