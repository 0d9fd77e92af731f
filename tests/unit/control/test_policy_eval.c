/* SPDX-License-Identifier: Apache-2.0 */
/* Policy templates: actions, each operator, sets, absent keys, and text that is no template. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "control/access.h"
#include "control/policy_eval.h"

#define N(list) (sizeof(list) / sizeof *(list))
#define PROFILE(action) "route53profiles:" action

static bool allows(const char *text, const char *action)
{
    const struct policy_request r = {action, NULL, 0};

    return policy_allows(text, &r);
}

static void test_like(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*c", "abbc", true},
        {"a*c", "abcb", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*a*b*", "xxaxxbxx", true},
        {"*a*b*", "xxbxxaxx", false},
        {"**", "x", true},
        {"a*b*c", "abxbxc", true},
        {"?*", "", false},
        {"abc", "ABC", false},
    };

    (void)state;
    for (size_t i = 0; i < N(rows); i++)
        if (policy_like(rows[i].pattern, rows[i].text, false) != rows[i].match)
            fail_msg("%s ~ %s", rows[i].pattern, rows[i].text);
    assert_true(policy_like("a*C", "ABBc", true));
}

static void test_actions(void **state)
{
    static const char one[] = "{\"Effect\":\"Allow\",\"Action\":\"" PROFILE("Get*") "\"}";
    static const char two[] = "{\"Effect\":\"Allow\",\"Action\":[\"" PROFILE(
        "GetProfile") "\",\"" PROFILE("List?rofiles") "\"]}";

    (void)state;
    assert_true(allows(one, PROFILE("GetProfile")));
    assert_true(allows(one, "ROUTE53PROFILES:getProfile"));
    assert_false(allows(one, PROFILE("ListProfiles")));
    assert_true(allows(two, PROFILE("ListProfiles")));
    assert_false(allows(two, PROFILE("ListLrofilesX")));
    assert_false(allows(two, PROFILE("GetProfilePolicy")));
    assert_true(allows(two, NULL));
    assert_false(allows("{\"Effect\":\"Deny\",\"Action\":\"*\"}", PROFILE("GetProfile")));
}

/* What allows nothing, because it is not understood. */
static void test_malformed(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{",
        "{\"Action\":\"*\"}",
        "{\"Effect\":\"Allow\"}",
        "{\"Effect\":\"Allow\",\"Action\":[]}",
        "{\"Effect\":\"Allow\",\"Action\":{}}",
        "{\"Effect\":\"Allow\",\"Action\":[\"*\",7]}",
        "{\"Effect\":[\"Allow\"],\"Action\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Effect\":\"Allow\",\"Action\":\"*\"}",
        "{\"Effect\":\"Allow\",\"NotAction\":\"x\",\"Action\":\"*\"}",
        "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Condition\":[]}",
        "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Condition\":{\"DateLessThan\":{\"a\":\"b\"}}}",
        "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Condition\":{\"StringEqualsX\":{\"a\":\"b\"}}}",
        "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Condition\":{\"StringEquals\":{}}}",
        "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Condition\":{\"StringNotEquals\":{\"a\":{}}}}",
        "{\"Effect\":\"Allow\",\"Action\":\"*\",\"Condition\":{\"StringNotEquals\":{\"a\":[]}}}",
    };

    (void)state;
    for (size_t i = 0; i < N(texts); i++)
        if (allows(texts[i], PROFILE("GetProfile")) || !policy_complain(texts[i]))
            fail_msg("%s", texts[i]);
    assert_null(policy_complain("{\"Effect\":\"Allow\",\"Action\":\"*\"}"));
}

/* One condition on the key "k", whose values in the request are v (up to two). */
struct condition_row {
    const char *condition;
    const char *v[2];
    bool holds;
};

static void rows_check(const struct condition_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *const *v = rows[i].v;
        const struct access_key key = {"svc:K", v, v[1] ? 2 : v[0] ? 1 : 0};
        const struct policy_request r = {"a:B", &key, 1};
        char text[256];

        snprintf(text, sizeof text, "{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Condition\":{%s}}",
                 rows[i].condition);
        assert_null(policy_complain(text));
        if (policy_allows(text, &r) != rows[i].holds)
            fail_msg("%s with %s, %s", text, v[0] ? v[0] : "-", v[1] ? v[1] : "-");
    }
}

static void test_strings(void **state)
{
    static const struct condition_row rows[] = {
        {"\"StringEquals\":{\"svc:k\":\"x\"}", {"x"}, true},
        {"\"StringEquals\":{\"svc:k\":\"x\"}", {"X"}, false},
        {"\"StringEquals\":{\"svc:k\":[\"w\",\"x\"]}", {"x"}, true},
        {"\"StringEquals\":{\"svc:k\":\"x\"}", {NULL}, false},
        {"\"StringEqualsIfExists\":{\"svc:k\":\"x\"}", {NULL}, true},
        {"\"StringEqualsIfExists\":{\"svc:k\":\"x\"}", {"y"}, false},
        {"\"StringNotEquals\":{\"svc:k\":[\"w\",\"x\"]}", {"x"}, false},
        {"\"StringNotEquals\":{\"svc:k\":[\"w\",\"x\"]}", {"y"}, true},
        {"\"StringNotEquals\":{\"svc:k\":\"x\"}", {NULL}, true},
        {"\"StringEqualsIgnoreCase\":{\"svc:k\":\"x\"}", {"X"}, true},
        {"\"StringLike\":{\"svc:k\":\"*.example.com\"}", {"a.example.com"}, true},
        {"\"StringLike\":{\"svc:k\":\"*.example.com\"}", {"example.com"}, false},
        {"\"StringNotLike\":{\"svc:k\":\"*.example.com\"}", {"a.example.com"}, false},
        {"\"StringEquals\":{\"svc:k\":\"x\",\"svc:other\":\"x\"}", {"x"}, false},
        {"\"StringEquals\":{\"svc:k\":\"x\"},\"StringLike\":{\"svc:k\":\"y*\"}", {"x"}, false},
        {"\"Null\":{\"svc:k\":\"true\"}", {NULL}, true},
        {"\"Null\":{\"svc:k\":true}", {"x"}, false},
        {"\"Null\":{\"svc:k\":\"false\"}", {"x"}, true},
    };

    (void)state;
    rows_check(rows, N(rows));
}

static void test_sets(void **state)
{
    static const struct condition_row rows[] = {
        {"\"ForAllValues:StringEquals\":{\"svc:k\":[\"x\",\"y\"]}", {"x", "y"}, true},
        {"\"ForAllValues:StringEquals\":{\"svc:k\":[\"x\"]}", {"x", "y"}, false},
        {"\"ForAllValues:StringEquals\":{\"svc:k\":[\"x\"]}", {NULL}, true},
        {"\"ForAnyValue:StringEquals\":{\"svc:k\":[\"x\"]}", {"w", "x"}, true},
        {"\"ForAnyValue:StringEquals\":{\"svc:k\":[\"x\"]}", {"w", "z"}, false},
        {"\"ForAnyValue:StringEquals\":{\"svc:k\":[\"x\"]}", {NULL}, false},
        {"\"ForAnyValue:StringEqualsIfExists\":{\"svc:k\":[\"x\"]}", {NULL}, true},
        {"\"ForAllValues:StringNotLike\":{\"svc:k\":[\"x*\"]}", {"a", "xa"}, false},
        {"\"ForAnyValue:StringNotLike\":{\"svc:k\":[\"x*\"]}", {"a", "xa"}, true},
        {"\"StringEquals\":{\"svc:k\":[\"x\"]}", {"x", "y"}, false},
        {"\"StringEquals\":{\"svc:k\":[\"x\",\"y\"]}", {"x", "y"}, true},
    };

    (void)state;
    rows_check(rows, N(rows));
}

static void test_others(void **state)
{
    static const struct condition_row rows[] = {
        {"\"NumericEquals\":{\"svc:k\":100}", {"100.0"}, true},
        {"\"NumericEquals\":{\"svc:k\":\"100\"}", {"abc"}, false},
        {"\"NumericNotEquals\":{\"svc:k\":100}", {"101"}, true},
        {"\"NumericLessThan\":{\"svc:k\":100}", {"99"}, true},
        {"\"NumericLessThan\":{\"svc:k\":100}", {"100"}, false},
        {"\"NumericLessThanEquals\":{\"svc:k\":100}", {"100"}, true},
        {"\"NumericLessThanEquals\":{\"svc:k\":100}", {"1e3"}, false},
        {"\"NumericLessThanEquals\":{\"svc:k\":100}", {"nan"}, false},
        {"\"NumericGreaterThan\":{\"svc:k\":0.5}", {"1"}, true},
        {"\"NumericGreaterThan\":{\"svc:k\":1}", {"1"}, false},
        {"\"NumericGreaterThanEquals\":{\"svc:k\":1}", {"1"}, true},
        {"\"NumericGreaterThanEquals\":{\"svc:k\":1}", {"x"}, false},
        {"\"Bool\":{\"svc:k\":true}", {"True"}, true},
        {"\"Bool\":{\"svc:k\":\"true\"}", {"false"}, false},
        {"\"ArnEquals\":{\"svc:k\":\"arn:aws:s:*:1:t/*\"}", {"arn:aws:s:r:1:t/i:j"}, true},
        {"\"ArnLike\":{\"svc:k\":\"arn:aws:*:1:t/i\"}", {"arn:aws:s:r:1:t/i"}, false},
        {"\"ArnLike\":{\"svc:k\":\"*\"}", {"arn:aws:s:r:1:t/i"}, false},
        {"\"ArnNotLike\":{\"svc:k\":\"arn:aws:s:r:1:*\"}", {"arn:aws:s:r:2:t"}, true},
    };

    (void)state;
    rows_check(rows, N(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like),      cmocka_unit_test(test_actions),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_strings),
        cmocka_unit_test(test_sets),      cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
