/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail: one event with each commit, what it names, who sees how much of it, and that it
 * stays bounded. */
#include "service_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "control/account.h"
#include "control/audit.h"
#include "rows/b53.h"
#include "rows/rslvr.h"

OP(b53_put_stack)
OP(b53_list_audit_events)
OP(rslvr_create_resolver_rule)
OP(rslvr_delete_resolver_rule)

static struct b53_list_audit_events_response list(struct fixture *f,
                                                  struct b53_list_audit_events_request in)
{
    struct b53_list_audit_events_response out;
    bool before = f->c.read_only;

    f->c.read_only = true;
    assert_int_equal(RUN(f, b53_list_audit_events, &in, &out), 0);
    f->c.read_only = before;
    return out;
}

static const char *rule_new(struct fixture *f, const char *domain)
{
    struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = domain, .rule_type = "SYSTEM", .domain_name = domain};
    struct rslvr_create_resolver_rule_response out;

    f->c.origin =
        (struct ctl_origin){"route53resolver", "CreateResolverRule", "AKIATEST", "10.9.9.9"};
    assert_int_equal(RUN(f, rslvr_create_resolver_rule, &in, &out), 0);
    return out.resolver_rule->id;
}

static void test_event(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    uint64_t before = store_revision(f.store);
    const char *id = rule_new(&f, "corp.internal");
    assert_int_equal(store_revision(f.store), before + 1); /* the event is in the same commit */

    struct b53_list_audit_events_response out =
        list(&f, (struct b53_list_audit_events_request){.object_id = id});
    assert_int_equal(out.events_n, 1);
    const struct b53_audit_event *e = &out.events[0];
    assert_string_equal(e->service, "route53resolver");
    assert_string_equal(e->operation, "CreateResolverRule");
    assert_string_equal(e->access_key_id, "AKIATEST");
    assert_string_equal(e->source_address, "10.9.9.9");
    assert_string_equal(e->account, ACCOUNT);
    assert_string_equal(e->region, REGION);
    assert_string_equal(e->request_id, f.c.request_id);
    char text[CLOCK_TEXT_MAX];
    assert_string_equal(e->time, clock_format(f.c.now_ns - NS_PER_S, 6, text, sizeof text));
    assert_int_equal(e->revision.v, before + 1);
    assert_int_equal(e->objects_total.v, 1);
    assert_string_equal(e->objects[0].kind, "resolver-rule");
    assert_string_equal(e->objects[0].action, "put");
    assert_string_equal(e->objects[0].owner, ACCOUNT);

    struct rslvr_delete_resolver_rule_request gone = {.resolver_rule_id = id};
    struct rslvr_delete_resolver_rule_response gone_out;
    assert_int_equal(RUN(&f, rslvr_delete_resolver_rule, &gone, &gone_out), 0);
    out = list(&f, (struct b53_list_audit_events_request){.object_id = id});
    assert_int_equal(out.events_n, 2);
    assert_string_equal(out.events[1].objects[0].action, "delete");
    assert_string_equal(out.events[1].objects[0].kind, "resolver-rule");
    fixture_end(&f);
}

/* Calls that write nothing, and those that fail, leave nothing. */
static void test_no_event(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    uint64_t before = store_revision(f.store);
    struct rslvr_delete_resolver_rule_request gone = {.resolver_rule_id = "rslvr-rr-none"};
    struct rslvr_delete_resolver_rule_response gone_out;
    assert_int_equal(RUN(&f, rslvr_delete_resolver_rule, &gone, &gone_out), ERR_FAULT);
    f.c.dry_run = true;
    (void)rule_new(&f, "a.test");
    f.c.dry_run = false;
    assert_int_equal(store_revision(f.store), before);
    struct b53_list_audit_events_request all = {.operation_name = "CreateResolverRule"};
    assert_int_equal(list(&f, all).events_n, 0);
    fixture_end(&f);
}

struct secrets {
    const char *text[2];
    unsigned events;
};

static int secret_look(void *ctx, const struct store_item *item)
{
    struct secrets *s = ctx;
    for (int i = 0; i < 2; i++)
        assert_null(memmem(item->value.data, item->value.len, s->text[i], strlen(s->text[i])));
    s->events++;
    return 0;
}

/* A call that only writes an index names it; values are never kept. */
static void test_index_and_secrets(void **state)
{
    (void)state;
    struct fixture f;
    struct obj_access_key key;
    struct obj_account account;
    fixture_begin(&f);
    struct b53_put_stack_request in = {.stack_name = "web", .body = "hush-hush"};
    struct b53_put_stack_response out;
    f.c.origin.operation = "PutStack";
    assert_int_equal(RUN(&f, b53_put_stack, &in, &out), 0);
    struct b53_list_audit_events_request stacks = {.operation_name = "PutStack"};
    struct b53_list_audit_events_response seen = list(&f, stacks);
    assert_int_equal(seen.events_n, 1);
    assert_string_equal(seen.events[0].objects[0].kind, "stack");
    assert_string_equal(seen.events[0].objects[0].id, ACCOUNT "/" REGION "/web");

    assert_int_equal(account_add(&f.c, "333333333333", NULL, &account), 0);
    assert_int_equal(key_create(&f.c, "333333333333", NULL, &key), 0);
    seen = list(&f, (struct b53_list_audit_events_request){.object_id = key.id});
    assert_int_equal(seen.events_n, 1);
    struct secrets secrets = {{key.secret, "hush-hush"}, 0};
    struct store_walk walk = {.from = {"z/audit/", 8}, .each = secret_look, .ctx = &secrets};
    assert_int_equal(store_range(f.store, &walk, NULL), 0);
    assert_true(secrets.events > 3);
    fixture_end(&f);
}

/* Another account's part of a call: an operation that deletes objects of two accounts. */
static int op_two_owners(struct ctl *c, const void *in, void *out)
{
    struct obj_vpc mine, theirs;
    (void)in;
    (void)out;
    int err = ctl_get(c, &kind_vpc, VPC, &mine);
    if (!err)
        err = ctl_get(c, &kind_vpc, FOREIGN_VPC, &theirs);
    if (!err)
        err = ctl_put(c, &kind_vpc, VPC, &mine);
    return err ? err : ctl_del(c, &kind_vpc, FOREIGN_VPC, &theirs);
}

static int op_uses_foreign(struct ctl *c, const void *in, void *out)
{
    struct obj_vpc theirs, mine;
    (void)in;
    (void)out;
    int err = ctl_get(c, &kind_vpc, FOREIGN_VPC, &theirs);
    if (!err)
        err = ctl_get(c, &kind_vpc, VPC, &mine);
    return err ? err : ctl_put(c, &kind_vpc, VPC, &mine);
}

/* Names another account in a key of the caller's own. */
static int op_names_other(struct ctl *c, const void *in, void *out)
{
    (void)in;
    (void)out;
    return ctl_index_put(c, "note", OTHER_ACCOUNT "/x", "");
}

static void test_two_accounts(void **state)
{
    (void)state;
    struct fixture f;
    char none;
    struct b53_list_audit_events_request all = {.account_id = ACCOUNT};
    fixture_begin(&f);
    (void)rule_new(&f, "mine.test");
    f.c.origin.operation = "Use";
    assert_int_equal(fixture_run(&f, op_uses_foreign, NULL, &none, 1), 0);
    f.c.origin.operation = "Two";
    assert_int_equal(fixture_run(&f, op_two_owners, NULL, &none, 1), 0);

    assert_int_equal(fixture_run(&f, op_names_other, NULL, &none, 1), 0);

    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    struct b53_list_audit_events_response out = list(&f, all);
    assert_int_equal(out.events_n, 2); /* not the rule */
    for (size_t i = 0; i < 2; i++) {
        const struct b53_audit_event *e = &out.events[i];
        assert_string_equal(e->operation, i == 0 ? "Use" : "Two");
        assert_int_equal(e->objects_n, i == 0 ? 1 : 2);
        for (size_t k = 0; k < e->objects_n; k++)
            assert_string_equal(e->objects[k].id, FOREIGN_VPC);
        assert_string_equal(e->objects[0].action, i == 0 ? "use" : "delete");
        assert_string_equal(e->account, ACCOUNT);
        assert_null(e->access_key_id);
        assert_null(e->source_address);
        assert_null(e->caller_arn);
        assert_false(e->objects_total.set);
    }
    all.object_id = VPC; /* no oracle for what is not theirs */
    assert_int_equal(list(&f, all).events_n, 0);
    fixture_caller(&f, "444444444444", REGION);
    all.object_id = NULL;
    assert_int_equal(list(&f, all).events_n, 0);
    fixture_end(&f);
}

static void test_pages_and_filters(void **state)
{
    (void)state;
    struct fixture f;
    struct b53_list_audit_events_request in = {.operation_name = "CreateResolverRule",
                                               .max_results = {true, 3}};
    struct b53_list_audit_events_response out;
    size_t seen = 0, pages = 0;
    int64_t last = 0;
    char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];
    fixture_begin(&f);
    f.c.now_ns = 1790000000 * NS_PER_S; /* each call is a second later */
    for (int i = 0; i < 8; i++) {
        char domain[32];
        snprintf(domain, sizeof domain, "r%d.test", i);
        (void)rule_new(&f, domain);
    }
    do {
        out = list(&f, in);
        for (size_t i = 0; i < out.events_n; i++) {
            assert_true(out.events[i].revision.v > last);
            last = out.events[i].revision.v;
        }
        seen += out.events_n;
        pages++;
        in.next_token = out.next_token;
    } while (out.next_token);
    assert_int_equal(seen, 8);
    assert_int_equal(pages, 3);

    in.max_results.set = false;
    in.start_time = clock_format(1790000003 * NS_PER_S, 0, from, sizeof from);
    in.end_time = clock_format(1790000006 * NS_PER_S, 0, to, sizeof to);
    assert_int_equal(list(&f, in).events_n, 3);
    in.start_time = in.end_time = NULL;
    in.after_revision = (struct opt_int){true, last - 2};
    assert_int_equal(list(&f, in).events_n, 2);
    in = (struct b53_list_audit_events_request){.start_time = "yesterday"};
    fixture_fault(&f, RUN(&f, b53_list_audit_events, &in, &out), FAULT_InvalidParameterException,
                  "StartTime");
    in = (struct b53_list_audit_events_request){.next_token = "abc"};
    fixture_fault(&f, RUN(&f, b53_list_audit_events, &in, &out), FAULT_InvalidNextTokenException,
                  "NextToken");
    fixture_end(&f);
}

static int count_each(void *ctx, const struct store_item *item)
{
    (void)item;
    ++*(size_t *)ctx;
    return 0;
}

static int op_touch(struct ctl *c, const void *in, void *out)
{
    struct store_bytes key = {"t", 1};
    (void)in;
    (void)out;
    return ctl_raw_put(c, key, key);
}

/* The oldest events go when there are more than are kept; one of two writers never makes the other
 * one fail. */
static void test_bounded(void **state)
{
    (void)state;
    struct fixture f;
    char none;
    size_t n = 0;
    struct arena scratch;
    fixture_begin(&f);
    arena_new(&scratch, 1u << 20);
    f.c.arena = &scratch;
    for (size_t i = 0; i < LIMIT_AUDIT_KEEP + 100; i++) {
        arena_reset(&scratch);
        assert_int_equal(fixture_run(&f, op_touch, NULL, &none, 1), 0);
    }
    arena_free(&scratch);
    struct store_walk walk = {.from = {"z/audit/", 8}, .each = count_each, .ctx = &n};
    assert_int_equal(store_range(f.store, &walk, NULL), 0);
    assert_int_equal(n, LIMIT_AUDIT_KEEP);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_no_event),
        cmocka_unit_test(test_index_and_secrets),
        cmocka_unit_test(test_two_accounts),
        cmocka_unit_test(test_pages_and_filters),
        cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
