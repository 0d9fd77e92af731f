/* SPDX-License-Identifier: Apache-2.0 */
/* Record keys: their byte order is the order of listings, and they lead back to what they were made
 * of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/rand.h"
#include "control/record.h"
#include "control/zone_name.h"
#include "dns/type.h"

static struct arena arena;

static struct store_bytes key(const char *name, const char *type, const char *set_id)
{
    static uint8_t wire[NAME_MAX_WIRE];
    assert_true(zone_name_parse(name, wire, NULL) > 0);
    struct record_id id = {"Z1", wire, type, set_id};
    return record_key(&arena, &id);
}

static int order(struct store_bytes a, struct store_bytes b)
{
    int c = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

static void test_order(void **state)
{
    (void)state;
    /* In the order of ListResourceRecordSets. */
    static const struct {
        const char *name, *type, *set_id;
    } sorted[] = {
        {"example-a.com", "A", NULL}, /* '-' is less than the dot */
        {"example.com", "A", NULL},       {"example.com", "A", "blue"},
        {"example.com", "A", "green"},    {"example.com", "AAAA", NULL},
        {"example.com", "NS", NULL},      {"example.com", "SOA", NULL},
        {"\\000.example.com", "A", NULL}, {"\\001.example.com", "A", NULL},
        {"\\002.example.com", "A", NULL}, {"\\003.example.com", "A", NULL},
        {"*.example.com", "A", NULL},     {"*.example.com", "TXT", NULL},
        {"0.example.com", "A", NULL},     {"a-b.example.com", "A", NULL},
        {"a.example.com", "A", NULL},     {"a\\056a.example.com", "A", NULL},
        {"x.a.example.com", "A", NULL},   {"ab.example.com", "A", NULL},
        {"\\377.example.com", "A", NULL}, {"examplea.com", "A", NULL},
    };
    size_t n = sizeof sorted / sizeof *sorted;
    for (size_t i = 0; i + 1 < n; i++) {
        struct store_bytes a = key(sorted[i].name, sorted[i].type, sorted[i].set_id);
        struct store_bytes b = key(sorted[i + 1].name, sorted[i + 1].type, sorted[i + 1].set_id);
        if (order(a, b) >= 0)
            fail_msg("%s %s before %s %s", sorted[i].name, sorted[i].type, sorted[i + 1].name,
                     sorted[i + 1].type);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    uint8_t wire[NAME_MAX_WIRE];
    zone_name_parse("a.b", wire, NULL);
    struct record_id name = {"Z1", wire, NULL, NULL}, set = {"Z1", wire, "A", "x"};
    struct store_bytes a = record_key(&arena, &name), end = record_key_after(&arena, &name);
    struct store_bytes sets_end = record_key_after(&arena, &set);
    assert_true(order(a, key("a.b", "A", NULL)) < 0);
    assert_true(order(key("a.b", "TXT", "\xff\xff"), end) < 0);
    assert_true(order(end, key("a.a.b", "A", NULL)) < 0);
    assert_true(order(key("a.b", "A", "\xff"), sets_end) < 0);
    assert_true(order(sets_end, key("a.b", "AAAA", NULL)) < 0);
    struct record_id zone = {"Z1", NULL, NULL, NULL};
    assert_true(order(record_key(&arena, &zone), key(".", "A", NULL)) < 0);
    assert_true(order(key("\\377.\\377", "TXT", "\xff"), record_key_end(&arena, "Z1")) < 0);
    struct record_id other = {"Z10", NULL, NULL, NULL};
    struct store_bytes o = record_key(&arena, &other);
    assert_true(order(o, record_key(&arena, &zone)) < 0 ||
                order(record_key_end(&arena, "Z1"), o) <= 0);
}

static void assert_round(const uint8_t *name, const char *type, const char *set_id)
{
    struct record_id id = {"ZONE", name, type, set_id};
    struct store_bytes k = record_key(&arena, &id);
    struct record_place place;
    char buf[TYPE_TEXT_MAX];
    assert_memory_equal(k.data, "r/", 2);
    assert_int_equal(strlen(k.data), k.len); /* no NUL inside */
    assert_int_equal(record_key_parse((const char *)k.data + 2, &place), 0);
    assert_string_equal(place.zone_id, "ZONE");
    assert_int_equal(name_len(place.name), name_len(name));
    assert_memory_equal(place.name, name, name_len(name));
    assert_string_equal(type_name(place.type, buf, sizeof buf), type);
    assert_string_equal(place.set_id, set_id != NULL ? set_id : "");
}

static void test_round_trip(void **state)
{
    (void)state;
    struct rnd rnd;
    rnd_init_seed(&rnd, 53);
    assert_round((const uint8_t *)"", "SOA", NULL);
    for (int i = 0; i < 2000; i++) {
        uint8_t name[NAME_MAX_WIRE];
        size_t len = 0, labels = rnd_below(&rnd, 8);
        for (size_t l = 0; l < labels; l++) {
            size_t n = 1 + rnd_below(&rnd, i % 2 ? 4 : 31);
            name[len++] = (uint8_t)n;
            for (size_t k = 0; k < n; k++) /* octets with a meaning of their own often */
                name[len++] = rnd_below(&rnd, 2)
                                  ? (uint8_t)rnd_below(&rnd, 5)
                                  : (uint8_t)(rnd_below(&rnd, 2) ? '.' : rnd_u32(&rnd));
        }
        name[len] = 0;
        arena_reset(&arena);
        assert_round(name, i % 3 ? "A" : "HTTPS", i % 5 ? NULL : "set \x01/\xc3\xa9");
    }
}

/* Distinct names never share a key, nor does one key's range hold another name's. */
static void test_distinct(void **state)
{
    (void)state;
    assert_true(order(key("a.b", "A", NULL), key("a\\056b", "A", NULL)) != 0);
    assert_true(order(key("b.a", "A", NULL), key("a\\056b", "A", NULL)) != 0);
    assert_true(order(key("\\002\\004", "A", NULL), key("\\056", "A", NULL)) != 0);
}

static void test_bad_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Z",
        "Z/",
        "Z/com.",
        "Z/com.\x01",
        ("Z/com.\x01"
         "A"),
        "Z/com\001A\001",
        "Z/.\001A\001",
        "Z/com.\002\005.\001A\001",
        "Z/com.\x01NOTYPE\x01",
        "Z/com.\x02",
        "Z/aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.\001A\001",
    };
    struct record_place place;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (record_key_parse(bad[i], &place) != ERR_INVALID)
            fail_msg("key %zu", i);
}

static void test_stored_form(void **state)
{
    (void)state;
    const char *values[] = {"192.0.2.1", "192.0.2.2"};
    struct obj_record r = {.name = "a.", .type = "A", .values = values, .values_n = 2}, back;
    r.ttl.set = true;
    r.ttl.v = 300;
    struct store_bytes stored = record_write(&arena, &r);
    assert_non_null(stored.data);
    assert_int_equal(record_read(&arena, stored, &back), 0);
    assert_int_equal(back.ttl.v, 300);
    assert_false(back.weight.set);
    assert_int_equal(back.values_n, 2);
    assert_string_equal(back.values[1], "192.0.2.2");
    assert_int_equal(record_read(&arena, (struct store_bytes){"{", 1}, &back), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),      cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_distinct),
        cmocka_unit_test(test_bad_keys),   cmocka_unit_test(test_stored_form),
    };
    arena_new(&arena, 1u << 20);
    int failed = cmocka_run_group_tests_name("record", tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
