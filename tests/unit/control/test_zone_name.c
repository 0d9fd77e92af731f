/* SPDX-License-Identifier: Apache-2.0 */
/* Route 53's spelling of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "control/zone_name.h"

static void assert_normal(const char *text, const char *want)
{
    char out[ZONE_NAME_TEXT];
    const char *why = "";
    if (zone_name_normal(text, out, sizeof out, &why) != 0)
        fail_msg("%s: %s", text, why);
    assert_string_equal(out, want);
}

static void test_normal(void **state)
{
    (void)state;
    assert_normal("example.com", "example.com.");
    assert_normal("WWW.Example.COM.", "www.example.com.");
    assert_normal(".", ".");
    assert_normal("*.example.com", "\\052.example.com.");
    assert_normal("\\052.example.com.", "\\052.example.com.");
    assert_normal("_sip._tcp.a-b.", "_sip._tcp.a-b.");
    assert_normal("a\\056b.c", "a\\056b.c.");
    assert_normal("\\101.c", "a.c."); /* an escaped A is an A */
    assert_normal("\\000\\377.c", "\\000\\377.c.");
    assert_normal("a!b.c", "a\\041b.c.");
}

static void assert_refused(const char *text, const char *problem)
{
    uint8_t wire[NAME_MAX_WIRE];
    const char *why = "";
    assert_int_equal(zone_name_parse(text, wire, &why), ERR_INVALID);
    if (strncmp(why, problem, strlen(problem)) != 0)
        fail_msg("%s: %s", text, why);
    assert_int_equal(zone_name_parse(text, wire, NULL), ERR_INVALID);
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("", "DomainLabelEmpty");
    assert_refused("..", "DomainLabelEmpty");
    assert_refused(".a", "DomainLabelEmpty");
    assert_refused("a..b", "DomainLabelEmpty");
    assert_refused("a..", "DomainLabelEmpty");
    assert_refused("a b", "UnsupportedCharacter");
    assert_refused("caf\xc3\xa9", "UnsupportedCharacter");
    assert_refused("a\\", "UnsupportedCharacter");
    assert_refused("a\\05", "UnsupportedCharacter");
    assert_refused("a\\400", "UnsupportedCharacter");
    assert_refused("a\\089", "UnsupportedCharacter");
    assert_refused("a\\.b", "UnsupportedCharacter");
}

static void test_lengths(void **state)
{
    (void)state;
    char label[65], name[300] = "";
    uint8_t wire[NAME_MAX_WIRE];
    memset(label, 'a', 64);
    label[64] = '\0';
    assert_refused(label, "DomainLabelTooLong");
    label[63] = '\0';
    assert_int_equal(zone_name_parse(label, wire, NULL), 65);
    for (int i = 0; i < 3; i++)
        strcat(strcat(name, label), ".");
    label[61] = '\0';
    strcat(name, label); /* 3 * 64 + 62 + 1 = 255 */
    assert_int_equal(zone_name_parse(name, wire, NULL), NAME_MAX_WIRE);
    assert_int_equal(name_check(wire, wire + sizeof wire), NAME_MAX_WIRE);
    strcat(name, "a");
    assert_refused(name, "DomainNameTooLong");
}

static void test_case(void **state)
{
    (void)state;
    uint8_t wire[NAME_MAX_WIRE];
    assert_int_equal(zone_name_parse_case("Ab", wire, NULL), 4);
    assert_memory_equal(wire, "\2Ab", 4);
    assert_int_equal(zone_name_parse("Ab", wire, NULL), 4);
    assert_memory_equal(wire, "\2ab", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_normal),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_lengths), cmocka_unit_test(test_case)};
    return cmocka_run_group_tests_name("zone_name", tests, NULL, NULL);
}
