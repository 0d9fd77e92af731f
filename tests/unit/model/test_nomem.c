/* SPDX-License-Identifier: Apache-2.0 */
/* Lack of memory: each allocation of a scenario is made to fail once. The call says ERR_NOMEM, and
 * made again it leads to the very same model: nothing was lost, nothing half done. */
#include "model_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

/* The linker sends the library's allocations here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static unsigned countdown; /* 0: all succeed; 1: the next one fails */

static bool fails(void)
{
    return countdown && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

static int do_vpc(struct compiler *c, const char *id, const char *cidr)
{
    struct prefix p = net(cidr);
    struct vpc_desc d = {.id = id,
                         .account = "111122223333",
                         .region = "eu-west-1",
                         .cidrs = &p,
                         .cidrs_n = 1,
                         .dns_support = true,
                         .dns_hostnames = true,
                         .reverse = true,
                         .attach = ATTACH_NETNS,
                         .attach_name = "blue"};

    if (id[4] == 'a')
        d.attach = ATTACH_SHARED;
    return compile_vpc(c, &d);
}

static int do_endpoint(struct compiler *c, const char *addr)
{
    struct endpoint_address_desc a = {"rni-1", ip(addr)};
    struct endpoint_desc d = {.id = "rslvr-out-1",
                              .vpc_id = "vpc-b",
                              .direction = DIRECTION_OUTBOUND,
                              .addresses = &a,
                              .addresses_n = 1};

    return compile_endpoint(c, &d);
}

static int do_rule(struct compiler *c, const char *domain, uint64_t generation)
{
    struct rule_desc d = {.id = "rule-1",
                          .generation = generation,
                          .kind = RULE_FORWARD,
                          .domain = nm(domain),
                          .endpoint_id = "rslvr-out-1"};

    return compile_rule(c, &d);
}

static int do_subnet(struct compiler *c)
{
    struct prefix p = net("10.0.1.0/24");
    struct subnet_desc d = {.id = "subnet-1", .vpc_id = "vpc-a", .cidrs = &p, .cidrs_n = 1};

    return compile_subnet(c, &d);
}

static int do_record(struct compiler *c, unsigned i, const char *value)
{
    char owner[64];

    snprintf(owner, sizeof(owner), "h%u.x%u.zone.example", i, i % 3);
    struct rrset_desc d = rr(owner, TYPE_A, value);
    return compile_rrset(c, "Z1", &d);
}

static int do_record_del(struct compiler *c, unsigned i)
{
    char owner[64];

    snprintf(owner, sizeof(owner), "h%u.x%u.zone.example", i, i % 3);
    return compile_rrset_del(c, "Z1", nm(owner), TYPE_A, NULL);
}

static int do_zone(struct compiler *c)
{
    struct zone_desc d = {"Z1", nm("zone.example")};

    return compile_zone(c, &d);
}

static int do_zone_vpcs(struct compiler *c, const char *const *ids, size_t n)
{
    return compile_zone_vpcs(c, "Z1", ids, n);
}

#define STEPS 24

/* One step of the scenario. */
static int step(struct compiler *c, unsigned i)
{
    static const char *const both[] = {"vpc-a", "vpc-b"};

    switch (i) {
    case 0:
        return do_record(c, 1, "one");
    case 1:
        return compile_rule_vpc(c, "rule-1", "vpc-a");
    case 2:
        return compile_commit(c, 1);
    case 3:
        return do_zone(c);
    case 4:
        return do_zone_vpcs(c, both, 2);
    case 5:
        return do_rule(c, "old.example", 1);
    case 6:
        return do_vpc(c, "vpc-a", "10.0.0.0/16");
    case 7:
        return do_vpc(c, "vpc-b", "100.64.0.0/16");
    case 8:
        return do_endpoint(c, "100.64.0.9");
    case 9:
        return compile_commit(c, 2);
    case 10:
        return do_rule(c, "example", 2);
    case 11:
        return do_endpoint(c, "100.64.0.10");
    case 12:
        return do_subnet(c);
    case 13:
        return do_zone_vpcs(c, both, 1);
    case 14:
        return do_vpc(c, "vpc-a", "10.1.0.0/16");
    case 15:
        return compile_commit(c, 3);
    case 16:
        return do_record_del(c, 1);
    case 17:
        return do_vpc(c, "vpc-c", "10.9.0.0/16");
    case 18:
        return compile_commit(c, 4);
    case 19:
        return compile_vpc_del(c, "vpc-c");
    case 20:
    case 21:
    case 22:
        return do_record(c, i, "late");
    default:
        return compile_commit(c, 5);
    }
}

/* The end of the scenario must always look like this. */
static void check_end(const struct snapshot *s)
{
    struct addr a = ip("10.1.2.3"), b = ip("10.0.2.3");
    const struct view *v = snapshot_identify(s, &a);
    struct match m[VIEW_MATCHES];
    struct zone_found f;
    uint64_t generation;
    size_t n;

    assert_non_null(v);
    assert_string_equal(view_vpc(v), "vpc-a");
    assert_null(snapshot_identify(s, &b));
    assert_null(snapshot_view_by_id(s, "vpc-c"));
    assert_string_equal(view_subnet(v, &(struct addr){AF_INET, {10, 0, 1, 1}}, NULL), "subnet-1");
    assert_int_equal(view_matches(s, v, nm("h21.x0.zone.example"), m), 2);
    assert_int_equal(zone_names(m[0].zone), 3);
    zone_find(m[0].zone, nm("h21.x0.zone.example"), TYPE_A, &f);
    assert_true(rr_is(f.set, "late"));
    zone_find(m[0].zone, nm("h1.x1.zone.example"), TYPE_A, &f);
    assert_int_equal(f.result, ZONE_NXDOMAIN);
    assert_true(name_equal(m[1].rule->domain, nm("example")));
    assert_int_equal(m[1].rule->endpoint->addresses[0].addr.b[3], 10);
    v = snapshot_view_by_id(s, "vpc-b");
    assert_int_equal(view_matches(s, v, nm("h21.x0.zone.example"), m), 0);
    assert_int_equal(view_matches(s, v, nm("1.0.64.100.in-addr.arpa"), m), 1);
    snapshot_listeners(s, &n, &generation);
    assert_int_equal(n, 3);
}

/* Runs it with the `n`-th allocation failing; returns whether one failed. */
static bool run(unsigned n)
{
    struct publisher *p = publisher_new();
    struct compiler *c = compiler_new(p);
    struct reader r;
    bool failed = false;

    assert_non_null(c);
    assert_int_equal(reader_add(p, &r), 0);
    countdown = n;
    for (unsigned i = 0; i < STEPS; i++) {
        int e = step(c, i);
        if (e < 0) {
            assert_int_equal(e, ERR_NOMEM);
            assert_false(failed);
            failed = true;
            assert_int_equal(step(c, i), 0);
        }
        reader_quiescent(&r);
    }
    failed |= countdown == 0;
    countdown = 0;
    check_end(reader_snapshot(&r));
    reader_remove(&r);
    compiler_free(c);
    publisher_free(p);
    return failed;
}

static void test_sweep(void **state)
{
    unsigned n = 1;

    (void)state;
    while (run(n))
        n++;
    assert_true(n > 100);
}

/* What a worker does for a packet allocates nothing. */
static void test_packet(void **state)
{
    struct publisher *p = publisher_new();
    struct compiler *c = compiler_new(p);
    struct addr a = ip("10.1.2.3");
    struct match m[VIEW_MATCHES];
    struct zone_found f;
    struct reader r;

    (void)state;
    assert_int_equal(reader_add(p, &r), 0);
    for (unsigned i = 0; i < STEPS; i++)
        assert_int_equal(step(c, i), 0);
    countdown = UINT32_MAX;
    const struct snapshot *s = reader_snapshot(&r);
    const struct view *v = snapshot_identify(s, &a);
    assert_int_equal(view_matches(s, v, nm("h21.x0.zone.example"), m), 2);
    zone_find(m[0].zone, nm("h21.x0.zone.example"), TYPE_A, &f);
    zone_find(m[0].zone, nm("no.x0.zone.example"), TYPE_A, &f);
    assert_non_null(view_subnet(v, &(struct addr){AF_INET, {10, 0, 1, 1}}, NULL));
    assert_true(reader_pin(&r, s));
    reader_quiescent(&r);
    reader_unpin(&r, s);
    assert_int_equal(countdown, UINT32_MAX);
    countdown = 0;
    reader_remove(&r);
    compiler_free(c);
    publisher_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_packet), cmocka_unit_test(test_sweep)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
