/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of Describe operations: patterns, tables, tags, unknown names. */
#include <string.h>

#include "control/ec2_filter.h"
#include "service_fixture.h"

static void test_glob(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"*", "", true},
        {"**", "abc", true},
        {"a*c", "abbbc", true},
        {"a*c", "ac", true},
        {"a*c", "acb", false},
        {"?", "", false},
        {"?", "x", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*b*", "abc", true},
        {"*ab", "aab", true},
        {"a\\*c", "a*c", true},
        {"a\\*c", "abc", false},
        {"a\\?c", "abc", false},
        {"\\", "\\", true},
        {"A", "a", false},
        {"10.*/16", "10.2.0.0/16", true},
        {"*a*b*c", "xxaxxbxxc", true},
        {"*a*b*c", "xxaxxcxxb", false},
        {"a\\\\b", "a\\b", true},
    };
    for (size_t i = 0; i < N(cases); i++)
        if (filter_glob(cases[i].pattern, cases[i].text) != cases[i].match)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].text);
    assert_true(filter_literal("vpc-1"));
    assert_false(filter_literal("vpc-*"));
    assert_false(filter_literal("vpc-?"));
    assert_false(filter_literal("a\\b"));
}

/* A pattern of many stars must not take exponential time. */
static void test_glob_hostile(void **state)
{
    (void)state;
    char text[4001];
    memset(text, 'a', 4000);
    text[4000] = '\0';
    assert_false(filter_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab", text));
}

struct thing {
    const char *name;
    enum tri on;
    struct obj_tag *tags;
    size_t tags_n;
};

static void offer_two(struct filter_test *t, const void *obj)
{
    (void)obj;
    filter_offer(t, "one");
    filter_offer(t, NULL);
    filter_offer(t, "two");
}

static const struct filter_name names[] = {
    FILTER_TEXT("name", struct thing, name), FILTER_TRI("on", struct thing, on),
    FILTER_CONST("state", "available"),      FILTER_CALL("number", offer_two),
    FILTER_CONST("nothing", NULL),           FILTER_END,
};

static bool match(struct fixture *f, const char *name, const char **values, size_t n)
{
    struct obj_tag tags[] = {{"Team", "net"}, {"Empty", ""}};
    struct thing thing = {"a*b", TRI_NONE, tags, 2};
    struct ec2_filter filter = {name, values, n};
    struct filter_set set = {&filter, 1, names, offsetof(struct thing, tags),
                             offsetof(struct thing, tags_n)};
    f->c.fault.code = FAULT_NONE;
    assert_int_equal(filter_check(&f->c, &set), 0);
    return filter_match(&f->c, &set, &thing);
}

static bool match1(struct fixture *f, const char *name, const char *value)
{
    return match(f, name, &value, 1);
}

static void test_match(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    assert_true(match1(&f, "name", "a\\*b"));
    assert_false(match1(&f, "name", "axb"));
    assert_true(match1(&f, "on", "false"));
    assert_false(match1(&f, "on", "true"));
    assert_true(match1(&f, "state", "av*"));
    assert_true(match1(&f, "number", "two"));
    assert_false(match1(&f, "nothing", "*"));
    assert_true(match1(&f, "tag:Team", "n?t"));
    assert_false(match1(&f, "tag:team", "net"));
    assert_true(match1(&f, "tag:Empty", ""));
    assert_true(match1(&f, "tag-key", "Team"));
    assert_false(match1(&f, "tag-key", "net"));
    const char *either[] = {"no", "one"};
    assert_true(match(&f, "number", either, 2)); /* values are joined by OR */
    assert_false(match(&f, "number", NULL, 0));
    fixture_end(&f);
}

static void test_and(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct thing thing = {"x", TRI_TRUE, NULL, 0};
    const char *x = "x", *no = "false";
    struct ec2_filter both[] = {{"name", &x, 1}, {"on", &no, 1}};
    struct filter_set set = {both, 2, names, offsetof(struct thing, tags),
                             offsetof(struct thing, tags_n)};
    assert_false(filter_match(&f.c, &set, &thing));
    set.filters_n = 1;
    assert_true(filter_match(&f.c, &set, &thing));
    set.filters_n = 0;
    assert_true(filter_match(&f.c, &set, &thing));
    fixture_end(&f);
}

static void test_unknown(void **state)
{
    (void)state;
    static const char *const bad[] = {"Name", "nme", "tag:", "tag", ""};
    for (size_t i = 0; i < N(bad); i++) {
        struct fixture f;
        fixture_begin(&f);
        struct ec2_filter filter = {bad[i], NULL, 0};
        struct filter_set set = {&filter, 1, names, 8, 16};
        char *text = arena_printf(&f.arena, "The filter '%s' is invalid", bad[i]);
        fixture_fault(&f, filter_check(&f.c, &set), FAULT_InvalidParameterValue, text);
        fixture_end(&f);
    }
    struct fixture f;
    fixture_begin(&f);
    struct ec2_filter filter = {NULL, NULL, 0};
    struct filter_set set = {&filter, 1, names, 0, 0};
    fixture_fault(&f, filter_check(&f.c, &set), FAULT_InvalidParameterValue, "'null'");
    f.c.fault.code = FAULT_NONE;
    filter.name = "tag-key"; /* of a family without tags */
    fixture_fault(&f, filter_check(&f.c, &set), FAULT_InvalidParameterValue, "tag-key");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glob),    cmocka_unit_test(test_glob_hostile),
        cmocka_unit_test(test_match),   cmocka_unit_test(test_and),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
