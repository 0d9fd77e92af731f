/* SPDX-License-Identifier: Apache-2.0 */
/* What two snapshots answer differently. */
#include "model_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "model/diff.h"

static struct publisher *publisher;
static struct compiler *compiler;
static struct reader reader;
static const struct snapshot *before;
static uint64_t revision;
static char seen[8192]; /* "vpc name|setting: before -> after\n" */
static size_t vpcs;

static int teardown(void **state)
{
    (void)state;
    if (before)
        reader_unpin(&reader, before);
    reader_remove(&reader);
    compiler_free(compiler);
    publisher_free(publisher);
    return 0;
}

/* What is compiled now is the snapshot before. */
static void mark(void)
{
    assert_int_equal(compile_commit(compiler, ++revision), 0);
    if (before)
        reader_unpin(&reader, before);
    before = reader_snapshot(&reader);
    assert_true(reader_pin(&reader, before));
    reader_quiescent(&reader);
}

static enum diff_more see(void *ctx, const struct diff_change *c)
{
    char name[NAME_MAX_TEXT];
    size_t n = strlen(seen);

    snprintf(seen + n, sizeof(seen) - n, "%s %s: %s -> %s\n", view_vpc(c->view),
             c->name ? name_format(c->name, name, sizeof(name)) : c->setting, c->before, c->after);
    return ctx ? *(enum diff_more *)ctx : DIFF_MORE;
}

static void look_with(enum diff_more *more)
{
    struct diff d = {.before = before, .change = see, .ctx = more};

    seen[0] = '\0';
    assert_int_equal(compile_commit(compiler, ++revision), 0);
    d.after = reader_snapshot(&reader);
    assert_int_equal(snapshot_diff(&d, &vpcs), 0);
    reader_quiescent(&reader);
}

/* Compares with what is compiled now. */
static void look(const char *want)
{
    look_with(NULL);
    assert_string_equal(seen, want);
}

static void put_vpc(const char *id, const char *cidr, bool support)
{
    struct prefix p = net(cidr);
    struct vpc_desc d = {.id = id,
                         .account = "111122223333",
                         .region = "eu-west-1",
                         .cidrs = &p,
                         .cidrs_n = 1,
                         .dns_support = support,
                         .dns_hostnames = true,
                         .reverse = true};

    assert_int_equal(compile_vpc(compiler, &d), 0);
}

/* A profile that switches autodefined reverse names off for a VPC. */
static void reverse_off(const char *vpc)
{
    struct profile_desc p = {.id = "rp-off", .reverse = SETTING_OFF};
    const char *list[] = {"rp-off"};

    assert_int_equal(compile_profile(compiler, &p), 0);
    assert_int_equal(compile_vpc_profiles(compiler, vpc, list, 1), 0);
}

static void put_rule(const char *id, const char *domain, enum rule_kind kind, const char *target)
{
    static uint64_t generation;
    struct sockname t = {ip(target), 53};
    struct rule_desc d = {.id = id,
                          .generation = ++generation,
                          .kind = kind,
                          .domain = nm(domain),
                          .targets = &t,
                          .targets_n = kind == RULE_FORWARD};

    assert_int_equal(compile_rule(compiler, &d), 0);
}

static void put_record(const char *zone, const char *name, const char *value)
{
    struct rrset_desc d = rr(name, TYPE_A, value);

    assert_int_equal(compile_rrset(compiler, zone, &d), 0);
}

/* Two VPCs that see the zone corp, the first also the rule lab.corp. */
static int setup(void **state)
{
    const char *both[] = {"vpc-1", "vpc-2"};
    struct zone_desc zone = {"Z1", nm("corp")};

    (void)state;
    publisher = publisher_new();
    compiler = publisher ? compiler_new(publisher) : NULL;
    revision = 0;
    before = NULL;
    if (!compiler || reader_add(publisher, &reader))
        return -1;
    put_vpc("vpc-1", "10.1.0.0/16", true);
    put_vpc("vpc-2", "10.2.0.0/16", true);
    put_vpc("vpc-3", "10.3.0.0/16", true);
    assert_int_equal(compile_zone(compiler, &zone), 0);
    assert_int_equal(compile_zone_vpcs(compiler, "Z1", both, 2), 0);
    put_record("Z1", "www.corp", "\x0a\1\1\1");
    put_record("Z1", "x.lab.corp", "\x0a\1\1\2");
    put_rule("rr-1", "lab.corp", RULE_FORWARD, "192.0.2.53");
    assert_int_equal(compile_rule_vpc(compiler, "rr-1", "vpc-1"), 0);
    mark();
    return 0;
}

static void test_nothing(void **state)
{
    (void)state;
    look("");
    assert_int_equal(vpcs, 0);
    put_vpc("vpc-1", "10.1.0.0/16", true); /* described again as it was */
    put_record("Z1", "www.corp", "\x0a\1\1\1");
    look("");
    assert_int_equal(vpcs, 0);
}

static void test_rules(void **state)
{
    (void)state;
    put_rule("rr-2", "app.corp", RULE_FORWARD, "192.0.2.54");
    assert_int_equal(compile_rule_vpc(compiler, "rr-2", "vpc-2"), 0);
    look("vpc-2 app.corp.: private zone Z1 -> FORWARD rule rr-2 to 192.0.2.54:53\n");
    assert_int_equal(vpcs, 1);
    mark();
    put_rule("rr-1", "lab.corp", RULE_FORWARD, "192.0.2.55");
    assert_int_equal(compile_rule_vpc_del(compiler, "rr-2", "vpc-2"), 0);
    look("vpc-1 lab.corp.: FORWARD rule rr-1 to 192.0.2.53:53 -> FORWARD rule rr-1 to "
         "192.0.2.55:53\n"
         "vpc-2 app.corp.: FORWARD rule rr-2 to 192.0.2.54:53 -> private zone Z1\n");
    assert_int_equal(vpcs, 2);
    mark();
    /* A SYSTEM rule under a FORWARD rule; one where no rule is changes nothing. */
    put_rule("rr-3", "sys.lab.corp", RULE_SYSTEM, "192.0.2.1");
    assert_int_equal(compile_rule_vpc(compiler, "rr-3", "vpc-1"), 0);
    assert_int_equal(compile_rule_vpc(compiler, "rr-3", "vpc-2"), 0);
    look("vpc-1 sys.lab.corp.: FORWARD rule rr-1 to 192.0.2.55:53 -> private zone Z1\n");
    assert_int_equal(vpcs, 1);
}

static void test_records(void **state)
{
    (void)state;
    put_record("Z1", "www.corp", "\x0a\1\1\3");
    put_record("Z1", "new.corp", "\x0a\1\1\4");
    put_record("Z1", "x.lab.corp", "\x0a\1\1\5"); /* the rule hides it from vpc-1 */
    look("vpc-1 new.corp.: private zone Z1 without records -> private zone Z1: A 300 10.1.1.4\n"
         "vpc-1 www.corp.: private zone Z1: A 300 10.1.1.1 -> private zone Z1: A 300 10.1.1.3\n"
         "vpc-2 x.lab.corp.: private zone Z1: A 300 10.1.1.2 -> private zone Z1: A 300 10.1.1.5\n"
         "vpc-2 new.corp.: private zone Z1 without records -> private zone Z1: A 300 10.1.1.4\n"
         "vpc-2 www.corp.: private zone Z1: A 300 10.1.1.1 -> private zone Z1: A 300 10.1.1.3\n");
    assert_int_equal(vpcs, 2);
    mark();
    assert_int_equal(compile_zone_del(compiler, "Z1"), 0);
    look(
        "vpc-1 corp.: private zone Z1 -> public DNS\nvpc-2 corp.: private zone Z1 -> public DNS\n");
}

static void test_profiles(void **state)
{
    struct profile_desc p = {.id = "rp-1"};
    const char *list[] = {"rp-1"};
    (void)state;

    assert_int_equal(compile_profile(compiler, &p), 0);
    put_rule("rr-p", "p.corp", RULE_FORWARD, "192.0.2.60");
    assert_int_equal(compile_profile_rule(compiler, "rp-1", "rr-p"), 0);
    look("");
    assert_int_equal(compile_vpc_profiles(compiler, "vpc-2", list, 1), 0);
    assert_int_equal(compile_vpc_profiles(compiler, "vpc-3", list, 1), 0);
    look("vpc-2 p.corp.: private zone Z1 -> FORWARD rule rr-p to 192.0.2.60:53\n"
         "vpc-3 p.corp.: public DNS -> FORWARD rule rr-p to 192.0.2.60:53\n");
    mark();
    put_rule("rr-q", "q.test", RULE_FORWARD, "192.0.2.61");
    assert_int_equal(compile_profile_rule(compiler, "rp-1", "rr-q"), 0);
    look("vpc-2 q.test.: public DNS -> FORWARD rule rr-q to 192.0.2.61:53\n"
         "vpc-3 q.test.: public DNS -> FORWARD rule rr-q to 192.0.2.61:53\n");
    mark();
    assert_int_equal(compile_vpc_profiles(compiler, "vpc-2", NULL, 0), 0);
    look("vpc-2 p.corp.: FORWARD rule rr-p to 192.0.2.60:53 -> private zone Z1\n"
         "vpc-2 q.test.: FORWARD rule rr-q to 192.0.2.61:53 -> public DNS\n");
    mark();
    assert_int_equal(compile_profile_zone(compiler, "rp-1", "Z1"), 0);
    look("vpc-3 corp.: public DNS -> private zone Z1\n");
    mark();
    put_record("Z1", "www.corp", "\x0a\1\1\7");
    look_with(NULL);
    assert_int_equal(vpcs, 3);
}

static void test_settings(void **state)
{
    struct prefix cidr = net("10.1.5.0/24"), all = net("0.0.0.0/0");
    struct subnet_desc subnet = {
        .id = "subnet-1", .vpc_id = "vpc-1", .cidrs = &cidr, .cidrs_n = 1, .dns64 = true};
    struct endpoint_address_desc address = {"rni-1", ip("10.2.0.9")};
    struct allow allow = {all, 0, 0, 65535};
    struct endpoint_desc in = {.id = "rslvr-in-1",
                               .vpc_id = "vpc-2",
                               .direction = DIRECTION_INBOUND,
                               .addresses = &address,
                               .addresses_n = 1};
    (void)state;

    put_vpc("vpc-3", "10.3.0.0/16", false);
    assert_int_equal(compile_subnet(compiler, &subnet), 0);
    assert_int_equal(compile_endpoint(compiler, &in), 0);
    look("vpc-1 DNS64 of subnet-1: off -> 64:ff9b::/96\n"
         "vpc-2 inbound endpoint rslvr-in-1: not there -> 10.2.0.9, 0 clients allowed\n"
         "vpc-3 DNS support: on -> off\n"
         "vpc-3 private names: on -> off\n"
         "vpc-3 3.10.in-addr.arpa.: autodefined -> public DNS\n");
    assert_int_equal(vpcs, 3);
    mark();
    in.ingress = &allow;
    in.ingress_n = 1;
    assert_int_equal(compile_endpoint(compiler, &in), 0);
    look("vpc-2 inbound endpoint rslvr-in-1: 10.2.0.9, 0 clients allowed -> 10.2.0.9, 1 clients "
         "allowed\n");
    mark();
    put_vpc("vpc-3", "10.4.0.0/16", false);
    assert_int_equal(compile_vpc_del(compiler, "vpc-2"), 0);
    look_with(NULL);
    assert_non_null(strstr(seen, "vpc-3 address ranges: 10.3.0.0/16 -> 10.4.0.0/16\n"));
    assert_non_null(strstr(seen, "vpc-2 VPC: there -> not there\n"));
    assert_non_null(strstr(seen, "vpc-2 corp.: private zone Z1 -> no VPC\n"));
    assert_int_equal(vpcs, 2);
}

static void test_reverse(void **state)
{
    (void)state;
    reverse_off("vpc-3");
    look("vpc-3 autodefined reverse names: on -> off\n"
         "vpc-3 3.10.in-addr.arpa.: autodefined -> public DNS\n");
    assert_int_equal(vpcs, 1);
}

static void test_enough(void **state)
{
    enum diff_more more = DIFF_ENOUGH;
    (void)state;

    put_record("Z1", "www.corp", "\x0a\1\1\3");
    put_record("Z1", "new.corp", "\x0a\1\1\4");
    look_with(&more);
    assert_string_equal(seen,
                        "vpc-1 new.corp.: private zone Z1 without records -> private zone Z1: "
                        "A 300 10.1.1.4\n");
    assert_int_equal(vpcs, 2);
    more = DIFF_NEXT;
    look_with(&more);
    assert_non_null(strstr(seen, "vpc-2 new.corp."));
    assert_null(strstr(seen, "www.corp."));
    assert_int_equal(vpcs, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_profiles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reverse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_enough, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
