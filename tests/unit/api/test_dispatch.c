/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch: the service by credential, host, path, target and action; the operation by its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/dispatch.h"
#include "base/error.h"
#include "things.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_new(&arena, 1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct service *service_of(const char *scope, const char *path, const char *name,
                                        const char *value, const char *body)
{
    struct request r = {
        .method = "POST", .path = path, .query = "", .body = body, .body_len = strlen(body)};

    if (name)
        pairs_add(&r.headers, &arena, name, value);
    return dispatch_service(things, &r, scope, &arena);
}

static void test_service(void **state)
{
    (void)state;
    assert_ptr_equal(service_of("thingsx", "/", "X-Amz-Target", "ThingsJ.PutThing", ""),
                     &tx_service);
    assert_ptr_equal(service_of("other", "/", "X-Amz-Target", "ThingsJ.PutThing", ""), &tj_service);
    assert_ptr_equal(service_of(NULL, "/", "X-Amz-Target", "ThingsJ.X", ""), &tj_service);
    assert_null(service_of(NULL, "/", "X-Amz-Target", "ThingsJX.PutThing", ""));
    assert_ptr_equal(service_of(NULL, "/", "Host", "thingsr.eu-west-1.amazonaws.com", ""),
                     &tr_service);
    assert_ptr_equal(service_of(NULL, "/", "Host", "THINGSE:8053", ""), &te_service);
    assert_null(service_of(NULL, "/", "Host", "things.test", ""));
    assert_ptr_equal(service_of(NULL, "/2021-02-03/x", NULL, NULL, ""), &tx_service);
    assert_null(service_of(NULL, "/2021-02-03", NULL, NULL, ""));
    assert_ptr_equal(service_of(NULL, "/", NULL, NULL, "Action=X&Version=2016-11-15"), &te_service);
    assert_ptr_equal(service_of(NULL, "/", NULL, NULL, "Action=DeleteThing"), &te_service);
    assert_ptr_equal(service_of(NULL, "/", NULL, NULL, "Action=X&Version=2020-01-01"), &tq_service);
    assert_null(service_of(NULL, "/", NULL, NULL, "Action=X"));
    assert_null(service_of(NULL, "/", NULL, NULL, "Version=2016-11-15"));
    assert_null(service_of(NULL, "/x", NULL, NULL, "Action=X&Version=2016-11-15"));
}

static int op_of(const struct service *s, const char *method, const char *path, struct call *ret)
{
    struct request *r = arena_zalloc(&arena, 1, sizeof *r);
    const char *why;

    *r = (struct request){.method = method, .path = path, .query = ""};
    return dispatch_op(s, r, &arena, ret, &why);
}

static void expect_rest(const struct service *s, const char *method, const char *path,
                        const char *op, const char *member, const char *value)
{
    struct call call;

    assert_int_equal(op_of(s, method, path, &call), 0);
    assert_string_equal(call.op->name, op);
    if (member)
        assert_string_equal(pairs_get(&call.labels, member), value);
}

static void test_rest_paths(void **state)
{
    struct call call;

    (void)state;
    expect_rest(&tr_service, "POST", "/things/abc", "PutThing", "Name", "abc");
    expect_rest(&tr_service, "POST", "/things/abc/", "PutThing", "Name", "abc");
    expect_rest(&tr_service, "POST", "/things/special", "PutNamed", NULL, NULL);
    expect_rest(&tr_service, "POST", "/tags/arn%3Aaws%3Ax%2Fy", "TagThing", "Arn", "arn:aws:x/y");
    expect_rest(&tr_service, "POST", "/tags/arn:aws:x/y/z", "TagThing", "Arn", "arn:aws:x/y/z");
    expect_rest(&tr_service, "POST", "/things/a+b", "PutThing", "Name", "a+b");
    assert_int_equal(op_of(&tr_service, "GET", "/things/abc", &call), ERR_NOT_FOUND);
    assert_int_equal(op_of(&tr_service, "POST", "/things/", &call), ERR_NOT_FOUND);
    assert_int_equal(op_of(&tr_service, "POST", "/things", &call), ERR_NOT_FOUND);
    assert_int_equal(op_of(&tr_service, "POST", "/things/%zz", &call), ERR_NOT_FOUND);
    assert_int_equal(op_of(&tr_service, "POST", "/things//x", &call), ERR_NOT_FOUND);
    assert_int_equal(op_of(&tr_service, "POST", "/", &call), ERR_NOT_FOUND);
    assert_int_equal(op_of(&tr_service, "POST", "", &call), ERR_NOT_FOUND);
    assert_int_equal(op_of(&tr_service, "POST", "*", &call), ERR_NOT_FOUND);
    expect_rest(&tx_service, "GET", "/2021-02-03/hostedzonecount", "GetCount", NULL, NULL);
    expect_rest(&tx_service, "POST", "/2021-02-03/hostedzone/Z/rrset", "PutThing", "Name", "Z");
    expect_rest(&tx_service, "POST", "/2021-02-03/hostedzone//hostedzone/Z/rrset/", "PutThing",
                "Name", "Z");
    expect_rest(&tx_service, "DELETE", "/2021-02-03/hostedzone//hostedzone/Z", "DeleteThing",
                "Name", "Z");
}

static void test_long_path(void **state)
{
    char path[400] = "";
    struct call call;

    (void)state;
    for (size_t i = 0; i < 65; i++)
        strcat(path, "/a");
    assert_int_equal(op_of(&tr_service, "POST", path, &call), ERR_NOT_FOUND);
}

/* Dispatches and returns the text of the failure. */
static const char *why_not(const struct service *s, int want, const char *name, const char *value,
                           const char *body)
{
    struct request r = {
        .method = "POST", .path = "/", .query = "", .body = body, .body_len = strlen(body)};
    struct call call;
    const char *why = "";

    if (name)
        pairs_add(&r.headers, &arena, name, value);
    assert_int_equal(dispatch_op(s, &r, &arena, &call, &why), want);
    return why;
}

static void test_unknown(void **state)
{
    (void)state;
    assert_string_equal(
        why_not(&te_service, ERR_NOT_FOUND, NULL, NULL, "Action=Nope&Version=2016-11-15"),
        "The action Nope is not valid for this web service.");
    assert_string_equal(
        why_not(&te_service, 0, NULL, NULL, "Action=DeleteThing&Version=2014-01-01"), "");
    assert_string_equal(
        why_not(&tq_service, ERR_NOT_FOUND, NULL, NULL, "Action=PutThing&Version=2014-01-01"),
        "Could not find operation PutThing for version 2014-01-01");
    assert_string_equal(why_not(&tq_service, 0, NULL, NULL, "Action=PutThing"), "");
    assert_string_equal(why_not(&te_service, ERR_INVALID, NULL, NULL, "Version=2016-11-15"),
                        "The request must contain the parameter Action");
    assert_string_equal(why_not(&te_service, ERR_RANGE, NULL, NULL, "Action=%"),
                        "The request's parameters could not be parsed.");
    assert_string_equal(why_not(&tj_service, ERR_INVALID, NULL, NULL, "{}"),
                        "The request has no X-Amz-Target header.");
    assert_string_equal(why_not(&tj_service, ERR_NOT_FOUND, "X-Amz-Target", "ThingsJ.Nope", "{}"),
                        "The operation ThingsJ.Nope is not known.");
    why_not(&tj_service, ERR_NOT_FOUND, "X-Amz-Target", "Other.PutThing", "{}");
    why_not(&tj_service, ERR_NOT_FOUND, "X-Amz-Target", "\xff", "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rest_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
