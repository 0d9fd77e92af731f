/* SPDX-License-Identifier: Apache-2.0 */
/* Dry runs: calls see each other and nobody else sees them; what they would change is told to those
 * whom it concerns; they end. */
#include "service_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/dry_run.h"
#include "rows/r53.h"
#include "rows/rslvr.h"

OP(rslvr_create_resolver_rule)
OP(rslvr_get_resolver_rule)
OP(rslvr_associate_resolver_rule)
OP(r53_create_hosted_zone)
OP(b53_create_dry_run)
OP(b53_describe_dry_run)
OP(b53_delete_dry_run)

/* Calls go into the dry run, or, with NULL, into the real store. */
static void into(struct fixture *f, struct dry_run *d)
{
    f->c.store = d ? dry_run_store(d) : f->store;
}

static const char *rule_new(struct fixture *f, const char *domain, const char *vpc)
{
    struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = domain, .rule_type = "SYSTEM", .domain_name = domain};
    struct rslvr_create_resolver_rule_response out;
    struct rslvr_associate_resolver_rule_response joined;

    assert_int_equal(RUN(f, rslvr_create_resolver_rule, &in, &out), 0);
    struct rslvr_associate_resolver_rule_request join = {.resolver_rule_id = out.resolver_rule->id,
                                                         .vpc_id = vpc};
    assert_int_equal(RUN(f, rslvr_associate_resolver_rule, &join, &joined), 0);
    return out.resolver_rule->id;
}

static const char *zone_new(struct fixture *f, const char *name, const char *vpc)
{
    struct r53_vpc v = {.vpc_region = REGION, .vpc_id = vpc};
    struct r53_create_hosted_zone_request in = {
        .name = name, .caller_reference = arena_printf(&f->arena, "%s %s", name, vpc), .vpc = &v};
    struct r53_create_hosted_zone_response out;

    assert_int_equal(RUN(f, r53_create_hosted_zone, &in, &out), 0);
    return out.hosted_zone->id;
}

static void test_run(void **state)
{
    (void)state;
    struct fixture f;
    struct dry_run *d;
    char id[DRY_RUN_ID];
    struct b53_describe_dry_run_response out;
    fixture_begin(&f);
    struct dry_runs *t = dry_runs_new(f.store);
    uint64_t before = store_revision(f.store);

    assert_int_equal(dry_run_new(t, id), 0);
    assert_int_equal(dry_run_enter(t, id, &d), 0);
    assert_int_equal(dry_run_compare(d, &f.c, &out), 0);
    assert_int_equal(out.vpcs.v, 0);
    assert_int_equal(out.changes_n, 0);

    into(&f, d);
    (void)zone_new(&f, "corp.internal", VPC);
    (void)zone_new(&f, "corp.internal", VPC_2);
    const char *rule = rule_new(&f, "example.org", VPC); /* SYSTEM where no rule is: no change */
    struct rslvr_get_resolver_rule_request get = {.resolver_rule_id = rule};
    struct rslvr_get_resolver_rule_response got;
    assert_int_equal(RUN(&f, rslvr_get_resolver_rule, &get, &got), 0);
    into(&f, NULL);
    assert_int_equal(store_revision(f.store), before); /* nothing was written */
    assert_int_equal(RUN(&f, rslvr_get_resolver_rule, &get, &got), ERR_FAULT);

    assert_int_equal(dry_run_compare(d, &f.c, &out), 0);
    assert_int_equal(out.vpcs.v, 2);
    assert_int_equal(out.changes_n, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct b53_dry_run_change *c = &out.changes[i];
        assert_true(!strcmp(c->vpc_id, VPC) || !strcmp(c->vpc_id, VPC_2));
        assert_string_equal(c->name, "corp.internal.");
        assert_string_equal(c->account, ACCOUNT);
        assert_string_equal(c->before, "public DNS");
        assert_non_null(strstr(c->after, "private zone Z"));
        assert_null(c->setting);
    }
    assert_string_not_equal(out.changes[0].vpc_id, out.changes[1].vpc_id);

    /* Another account learns the number and nothing else. */
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(dry_run_compare(d, &f.c, &out), 0);
    assert_int_equal(out.vpcs.v, 2);
    assert_int_equal(out.changes_n, 0);
    dry_run_leave(d);
    dry_runs_free(t);
    fixture_end(&f);
}

/* Writes that others make meanwhile are not taken for the dry run's. */
static void test_beside_others(void **state)
{
    (void)state;
    struct fixture f;
    struct dry_run *d;
    char id[DRY_RUN_ID];
    struct b53_describe_dry_run_response out;
    fixture_begin(&f);
    struct dry_runs *t = dry_runs_new(f.store);
    assert_int_equal(dry_run_new(t, id), 0);
    (void)zone_new(&f, "real.internal", VPC_2);
    assert_int_equal(dry_run_enter(t, id, &d), 0);
    into(&f, d);
    (void)zone_new(&f, "dry.internal", VPC);
    into(&f, NULL);
    assert_int_equal(dry_run_compare(d, &f.c, &out), 0);
    assert_int_equal(out.vpcs.v, 1);
    assert_int_equal(out.changes_n, 1);
    assert_string_equal(out.changes[0].name, "dry.internal.");
    dry_run_leave(d);
    dry_runs_free(t);
    fixture_end(&f);
}

static void test_life(void **state)
{
    (void)state;
    struct fixture f;
    struct dry_run *d;
    struct b53_create_dry_run_request none = {0};
    struct b53_create_dry_run_response made[LIMIT_DRY_RUNS + 1];
    struct b53_describe_dry_run_response told;
    struct b53_delete_dry_run_response gone;
    fixture_begin(&f);
    f.c.read_only = true;
    fixture_fault(&f, RUN(&f, b53_create_dry_run, &none, &made[0]), FAULT_ServiceUnavailable,
                  "no dry runs");
    f.c.dry_runs = dry_runs_new(f.store);
    for (int i = 0; i < LIMIT_DRY_RUNS; i++)
        assert_int_equal(RUN(&f, b53_create_dry_run, &none, &made[i]), 0);
    fixture_fault(&f, RUN(&f, b53_create_dry_run, &none, &made[LIMIT_DRY_RUNS]),
                  FAULT_ServiceUnavailable, "Too many");
    struct b53_describe_dry_run_request tell = {made[1].dry_run_id};
    struct b53_delete_dry_run_request end = {made[1].dry_run_id};
    assert_int_equal(RUN(&f, b53_describe_dry_run, &tell, &told), 0);
    assert_int_equal(told.vpcs.v, 0);
    assert_int_equal(dry_run_enter(f.c.dry_runs, end.dry_run_id, &d), 0);
    assert_int_equal(RUN(&f, b53_delete_dry_run, &end, &gone), 0); /* it goes when it is left */
    dry_run_leave(d);
    fixture_fault(&f, RUN(&f, b53_delete_dry_run, &end, &gone), FAULT_ResourceNotFoundException,
                  end.dry_run_id);
    fixture_fault(&f, RUN(&f, b53_describe_dry_run, &tell, &told), FAULT_ResourceNotFoundException,
                  end.dry_run_id);
    assert_int_equal(RUN(&f, b53_create_dry_run, &none, &made[1]), 0);
    dry_runs_free(f.c.dry_runs);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_beside_others),
        cmocka_unit_test(test_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
