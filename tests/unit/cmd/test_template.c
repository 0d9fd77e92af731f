/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of templates: Cidr and Select, as values and as mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/template.h"

/* V has attributes, W does not exist yet. */
static struct template_resource lookup(void *ctx, const char *logical)
{
    struct template_resource r = {0};
    if (strcmp(logical, "V") == 0)
        r = (struct template_resource){"vpc-1", ctx};
    return r;
}

/* Evaluates a document's member "X"; the result as compact JSON, or the error. */
static char *eval(const char *text)
{
    char why[TEMPLATE_WHY_MAX] = "";
    json_t *attrs = json_pack("{s[s]}", "Ipv6CidrBlocks", "fd53:1:2:300::/56");
    json_t *root = template_parse(text, strlen(text), why, sizeof why);
    struct template_context t = {.root = root, .resource = lookup, .ctx = attrs};
    json_t *value;
    char *result;

    assert_non_null(root);
    json_object_set_new(root, "Resources", json_pack("{s{}s{}}", "V", "W"));
    value = template_eval(&t, json_object_get(root, "X"));
    result = value ? json_dumps(value, JSON_ENCODE_ANY) : strdup(t.why);
    json_decref(value);
    json_decref(root);
    json_decref(attrs);
    return result;
}

static void test_cidr(void **state)
{
    static const struct {
        const char *text, *is;
    } cases[] = {
        {"X: !Cidr [10.0.0.0/16, 3, 8]", "[\"10.0.0.0/24\", \"10.0.1.0/24\", \"10.0.2.0/24\"]"},
        {"X: {'Fn::Cidr': ['10.0.0.0/24', '2', '4']}", "[\"10.0.0.0/28\", \"10.0.0.16/28\"]"},
        {"X: !Select [1, !Cidr [!Select [0, !GetAtt V.Ipv6CidrBlocks], 4, 64]]",
         "\"fd53:1:2:301::/64\""},
        {"X: !Select ['255', !Cidr ['fd53:1:2:300::/56', 256, 64]]", "\"fd53:1:2:3ff::/64\""},
        {"X: !Select [0, !Cidr [!Select [0, !GetAtt W.Ipv6CidrBlocks], 4, 64]]",
         "\"" TEMPLATE_UNKNOWN "\""},
        {"X: !Cidr [10.0.0.0/24, 17, 4]", "Cidr: 10.0.0.0/24 has not 17 parts with 4 host bits"},
        {"X: !Cidr [10.0.0.0/24, 1, 9]", "Cidr: 10.0.0.0/24 has not 1 parts with 9 host bits"},
        {"X: !Cidr [10.0.0.0/24, 1, 64]", "Cidr: 10.0.0.0/24 has not 1 parts with 64 host bits"},
        {"X: !Cidr [10.0.0.0, 1, 8]", "Cidr: '10.0.0.0' is no CIDR block"},
        {"X: !Cidr [10.0.0.0/16, 257, 8]",
         "Cidr takes a block, a count of 1 to 256 and the number of host bits"},
        {"X: !Cidr [10.0.0.0/16, x, 8]",
         "Cidr takes a block, a count of 1 to 256 and the number of host bits"},
        {"X: !Cidr [10.0.0.0/16, 2]",
         "Cidr takes a block, a count of 1 to 256 and the number of host bits"},
        {"X: !Select [2, [a, b]]", "Select: the list of 2 has no item 2"},
        {"X: !Select [b, [a, b]]", "Select: the list of 2 has no item -1"},
        {"X: !Select [0, a]", "Select takes an index and a list"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *is = eval(cases[i].text);
        assert_string_equal(is, cases[i].is);
        free(is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cidr)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
