/* SPDX-License-Identifier: Apache-2.0 */
/* Several templates in one run: the order that follows from Parameters and Outputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/template.h"

#define MEMBERS 4

/* Templates by "Parameter,Parameter>Output,Output" with '=' behind a parameter that has a Default.
 * The order as "b a(X<b) ", or the error. */
static const char *order(const char *const *templates, const char *given)
{
    static const char *const names[MEMBERS] = {"a", "b", "c", "d"};
    static char result[TEMPLATE_WHY_MAX];
    struct template_member members[MEMBERS];
    struct template_set set = {members, 0, &given, given != NULL};
    size_t i, n = 0;
    json_t *rows, *row, *from;

    for (; templates[set.n]; set.n++) {
        char text[128], *save = NULL;
        json_t *root = json_pack("{s{}s{}}", "Parameters", "Outputs");
        snprintf(text, sizeof text, "%s", templates[set.n]);
        char *outputs = strchr(text, '>');
        *outputs++ = '\0';
        for (char *p = strtok_r(text, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
            json_t *def = json_object();
            if (p[strlen(p) - 1] == '=') {
                p[strlen(p) - 1] = '\0';
                json_object_set_new(def, "Default", json_string("1"));
            }
            json_object_set_new(json_object_get(root, "Parameters"), p, def);
        }
        for (char *p = strtok_r(outputs, ",", &save); p; p = strtok_r(NULL, ",", &save))
            json_object_set_new(json_object_get(root, "Outputs"), p, json_object());
        members[set.n] = (struct template_member){names[set.n], root};
    }
    result[0] = '\0';
    rows = template_set_order(&set, result, sizeof result);
    if (rows)
        result[0] = '\0';
    json_array_foreach(rows, i, row)
    {
        const char *name;
        n += (size_t)sprintf(result + n, "%s",
                             names[json_integer_value(json_object_get(row, "Member"))]);
        json_object_foreach(json_object_get(row, "From"), name, from) n +=
            (size_t)sprintf(result + n, "(%s<%s)", name, names[json_integer_value(from)]);
        n += (size_t)sprintf(result + n, " ");
    }
    json_decref(rows);
    for (i = 0; i < set.n; i++)
        json_decref((json_t *)members[i].root);
    return result;
}

#define ORDER(given, ...) order((const char *const[]){__VA_ARGS__, NULL}, given)

static void test_order(void **state)
{
    (void)state;
    assert_string_equal(ORDER(NULL, ">", ">"), "a b ");
    assert_string_equal(ORDER(NULL, "X>", ">X"), "b a(X<b) ");
    assert_string_equal(ORDER(NULL, "X,Y>", "Z>Y", ">X,Z"), "c b(Z<c) a(X<c)(Y<b) ");
    assert_string_equal(ORDER(NULL, "X=>", ">X"), "a b ");    /* the Default is its value */
    assert_string_equal(ORDER("X=1", "X>", ">X"), "a b ");    /* given */
    assert_string_equal(ORDER("a.X=1", "X>", ">X"), "a b ");  /* given to this one */
    assert_string_equal(ORDER("b.X=1", "X>X", "X>"), "a b "); /* its own Output is no source */
    assert_string_equal(ORDER(NULL, "X>X", "X>"), "a b(X<a) ");
}

static void test_mistakes(void **state)
{
    (void)state;
    assert_string_equal(ORDER(NULL, "X>Y", "Y>X"),
                        "the templates wait for each other: a takes X of b, b takes Y of a");
    assert_string_equal(
        ORDER(NULL, "Q>", "X>Y,Q", "Z>X", "Y>Z"),
        "the templates wait for each other: b takes X of c, c takes Z of d, d takes Y of b");
    assert_string_equal(ORDER(NULL, "X>", ">X", ">X"),
                        "parameter 'X' of a: both b and c have an Output of that name");
    assert_string_equal(ORDER("X=1", ">"), "the template has no parameter 'X'");
    assert_string_equal(ORDER("X=1", ">", ">"), "the templates have no parameter 'X'");
    assert_string_equal(ORDER("b.X=1", "X>", "Y>"), "the templates have no parameter 'b.X'");
}

static void test_given(void **state)
{
    static const char *const given[] = {"X=all", "b.X=own", "XY=no", "b.x=no"};
    struct template_member members[] = {{"a", NULL}, {"b", NULL}};
    struct template_set set = {members, 2, given, 4};
    (void)state;

    assert_string_equal(template_set_given(&set, 0, "X"), "all");
    assert_string_equal(template_set_given(&set, 1, "X"), "own");
    assert_null(template_set_given(&set, 0, "Y"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
