/* SPDX-License-Identifier: Apache-2.0 */
/* shape: structs from and to JSON, and the exact words of violations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/shape.h"

struct address {
    const char *subnet_id;
    const char *ip;
    struct opt_int port;
};

struct config {
    enum tri on;
    const char *comment;
};

struct thing {
    const char *owner;
    const char *name;
    const char *direction;
    struct opt_int count;
    struct opt_int bias;
    enum tri flag;
    struct config *config;
    struct address *addresses;
    size_t addresses_n;
    const char **ids;
    size_t ids_n;
    struct shape_pair *labels;
    size_t labels_n;
};

static const char *const directions[] = {"INBOUND", "OUTBOUND", "INBOUND_DELEGATION", NULL};

#define ROW(st, api, wire, kind, flags, f, n, ...)                     \
    {                                                                  \
        api, wire, kind, flags, offsetof(struct st, f), n, __VA_ARGS__ \
    }

static const struct field address_fields[] = {
    ROW(address, "SubnetId", NULL, FIELD_STR, F_REQ, subnet_id, 0, 1, 8, 0, -1, NULL, NULL, NULL,
        NULL, NULL),
    ROW(address, "Ip", NULL, FIELD_STR, 0, ip, 0, 0, -1, 0, -1, NULL, NULL, NULL, NULL, NULL),
    ROW(address, "Port", NULL, FIELD_INT, 0, port, 0, 0, 65535, 0, -1, NULL, NULL, NULL, NULL,
        NULL),
};
static const struct shape address_shape = {"Address", sizeof(struct address), address_fields, 3};

static const struct field config_fields[] = {
    ROW(config, "On", NULL, FIELD_BOOL, 0, on, 0, 0, -1, 0, -1, NULL, NULL, NULL, NULL, NULL),
    ROW(config, "Comment", NULL, FIELD_STR, 0, comment, 0, 0, 3, 0, -1, NULL, NULL, NULL, NULL,
        NULL),
};
static const struct shape config_shape = {"Config", sizeof(struct config), config_fields, 2};

static const struct field thing_fields[] = {
    ROW(thing, "Owner", NULL, FIELD_STR, F_HIDDEN, owner, 0, 0, -1, 0, -1, NULL, NULL, NULL, NULL,
        NULL),
    ROW(thing, "Name", NULL, FIELD_STR, F_REQ, name, 0, 1, 6, 0, -1, "[a-z]+", "[a-z]{1,}", NULL,
        NULL, NULL),
    ROW(thing, "Direction", NULL, FIELD_STR, 0, direction, 0, 0, -1, 0, -1, NULL, NULL, directions,
        NULL, NULL),
    ROW(thing, "Count", "count", FIELD_INT, 0, count, 0, 1, 100, 0, -1, NULL, NULL, NULL, NULL,
        NULL),
    ROW(thing, "Bias", NULL, FIELD_INT, 0, bias, 0, -99, 99, 0, -1, NULL, NULL, NULL, NULL, NULL),
    ROW(thing, "Flag", NULL, FIELD_BOOL, 0, flag, 0, 0, -1, 0, -1, NULL, NULL, NULL, NULL, NULL),
    ROW(thing, "Config", NULL, FIELD_OBJ, 0, config, 0, 0, -1, 0, -1, NULL, NULL, NULL, NULL,
        &config_shape),
    ROW(thing, "IpAddresses", "IpAddress", FIELD_LIST, 0, addresses,
        offsetof(struct thing, addresses_n), 0, 2, 0, -1, NULL, NULL, NULL, NULL, &address_shape),
    ROW(thing, "Ids", NULL, FIELD_STRS, 0, ids, offsetof(struct thing, ids_n), 0, -1, 1, 3, NULL,
        NULL, NULL, NULL, NULL),
    ROW(thing, "Labels", NULL, FIELD_MAP, 0, labels, offsetof(struct thing, labels_n), 0, 2, 0, -1,
        NULL, NULL, NULL, NULL, NULL),
};
static const struct shape thing_shape = {"Thing", sizeof(struct thing), thing_fields, 10};

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

static json_t *parse(const char *text)
{
    json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);

    assert_non_null(j);
    return j;
}

static const char *const full =
    "{\"Owner\":\"o\",\"Name\":\"abc\",\"Direction\":\"OUTBOUND\",\"Count\":7,\"Bias\":-5,"
    "\"Flag\":false,\"Config\":{\"On\":true,\"Comment\":\"c\"},"
    "\"IpAddresses\":[{\"SubnetId\":\"s1\",\"Ip\":\"10.0.0.1\",\"Port\":53},{\"SubnetId\":\"s2\"}],"
    "\"Ids\":[\"a\",\"bc\"],\"Labels\":{\"k\":\"v\"}}";

static void test_round_trip(void **state)
{
    json_t *in = parse(full);
    struct thing t, copy;
    json_t *out;

    (void)state;
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, NULL), 0);
    assert_string_equal(t.name, "abc");
    assert_int_equal(t.flag, TRI_FALSE);
    assert_int_equal(t.addresses_n, 2);
    assert_false(t.addresses[1].port.set);
    assert_int_equal(t.bias.v, -5);
    assert_int_equal(shape_copy(&thing_shape, &t, &arena, &copy), 0);
    assert_ptr_not_equal(copy.addresses, t.addresses);
    assert_ptr_not_equal(copy.ids[1], t.ids[1]);
    assert_ptr_not_equal(copy.config, t.config);
    out = shape_write(&thing_shape, &copy, SHAPE_STORE);
    assert_true(json_equal(in, out));
    json_decref(out);
    out = shape_write(&thing_shape, &copy, SHAPE_API);
    assert_null(json_object_get(out, "Owner"));
    assert_non_null(json_object_get(out, "Name"));
    json_decref(out);
    json_decref(in);
}

static void test_absent_and_empty(void **state)
{
    json_t *in = parse("{\"Name\":null,\"IpAddresses\":[],\"Ids\":[],\"Labels\":{},\"Other\":1}");
    struct thing t;
    json_t *out;
    char *text;

    (void)state;
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, NULL), 0);
    assert_null(t.name);
    assert_null(t.config);
    assert_int_equal(t.flag, TRI_NONE);
    assert_non_null(t.addresses);
    assert_non_null(t.ids);
    assert_int_equal(t.addresses_n, 0);
    out = shape_write(&thing_shape, &t, SHAPE_STORE);
    text = json_dumps(out, JSON_COMPACT);
    assert_string_equal(text, "{\"IpAddresses\":[],\"Ids\":[],\"Labels\":{}}");
    free(text);
    json_decref(out);
    json_decref(in);
}

/* Text without a tree reads as the tree does, or is left to it. */
static void test_text(void **state)
{
    static const char *const plain[] = {
        "{}",
        "{\"Name\":\"\",\"Ids\":[],\"IpAddresses\":[]}",
        "{\"Owner\":\"o\",\"Name\":\"abc\",\"Count\":7,\"Bias\":-5,\"Flag\":false,"
        "\"IpAddresses\":[{\"SubnetId\":\"s1\",\"Ip\":\"10.0.0.1\",\"Port\":53},{}],"
        "\"Ids\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}",
        "{\"Flag\":true,\"Name\":\"order\",\"Bias\":0}",
        "{\"Name\":\"first\",\"Name\":\"second\"}",
    };
    static const char *const other[] = {
        "",
        "{",
        "[]",
        "{\"Name\":\"a\\n\"}",
        "{\"Name\":\"\xc3\xa9\"}",
        "{ }",
        "{}}",
        "{\"Name\":1}",
        "{\"Name\":null}",
        "{\"Other\":\"x\"}",
        "{\"Count\":1.5}",
        "{\"Count\":}",
        "{\"Count\":1234567890123456789}",
        "{\"Name\":\"a\",}",
        "{\"Ids\":[\"a\"",
        "{\"Ids\":[\"a\",]}",
        "{\"Nam\":\"a\"}",
        "{\"Names\":\"a\"}",
    };
    struct thing tree, t;

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        json_t *in = parse(plain[i]), *a, *b;
        assert_int_equal(shape_read(&thing_shape, in, &arena, &tree, NULL), 0);
        assert_int_equal(shape_parse(&thing_shape, plain[i], strlen(plain[i]), &arena, &t), 0);
        a = shape_write(&thing_shape, &tree, SHAPE_STORE);
        b = shape_write(&thing_shape, &t, SHAPE_STORE);
        assert_true(json_equal(a, b));
        json_decref(a);
        json_decref(b);
        json_decref(in);
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_int_equal(shape_parse(&thing_shape, other[i], strlen(other[i]), &arena, &t),
                         ERR_UNSUPPORTED);
    /* No byte behind the end is looked at. */
    for (size_t n = 0; n < strlen(plain[2]); n++) {
        char *cut = memcpy(malloc(n + 1), plain[2], n);
        assert_int_equal(shape_parse(&thing_shape, cut, n, &arena, &t), ERR_UNSUPPORTED);
        free(cut);
    }
}

/* Reads `json` with a report, expects failure and the whole text. */
static void expect_report(const char *json, unsigned count, const char *want)
{
    struct shape_report report = {0};
    json_t *in = parse(json);
    struct thing t;

    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, &report), ERR_INVALID);
    assert_string_equal(shape_report_text(&report, &arena), want);
    assert_int_equal(report.count, count);
    shape_report_free(&report);
    json_decref(in);
}

static void test_violations(void **state)
{
    (void)state;
    expect_report("{}", 1,
                  "1 validation error detected: Value null at 'name' failed to satisfy constraint: "
                  "Member must not be null");
    expect_report("{\"Name\":\"ab\",\"Direction\":\"x\"}", 1,
                  "1 validation error detected: Value 'x' at 'direction' failed to satisfy "
                  "constraint: Member must satisfy enum value set: [INBOUND, OUTBOUND, "
                  "INBOUND_DELEGATION]");
    expect_report(
        "{\"Name\":\"\"}", 2,
        "2 validation errors detected: Value '' at 'name' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; Value '' at 'name' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: [a-z]{1,}");
    expect_report("{\"Name\":\"abcdefg\"}", 1,
                  "1 validation error detected: Value 'abcdefg' at 'name' failed to satisfy "
                  "constraint: Member must have length less than or equal to 6");
    expect_report("{\"Name\":\"ab\",\"Count\":101,\"Bias\":-100}", 2,
                  "2 validation errors detected: Value '101' at 'count' failed to satisfy "
                  "constraint: Member must have value less than or equal to 100; Value '-100' at "
                  "'bias' failed to satisfy constraint: Member must have value greater than or "
                  "equal to -99");
    expect_report("{\"Name\":\"ab\",\"IpAddresses\":[{\"SubnetId\":\"s\"},{\"Ip\":\"1\"}]}", 1,
                  "1 validation error detected: Value null at 'ipAddresses.2.member.subnetId' "
                  "failed to satisfy constraint: Member must not be null");
    expect_report("{\"Name\":\"ab\",\"Ids\":[\"abc\",\"abcd\"]}", 1,
                  "1 validation error detected: Value '[abc, abcd]' at 'ids' failed to satisfy "
                  "constraint: Member must satisfy constraint: [Member must have length less than "
                  "or equal to 3, Member must have length greater than or equal to 1]");
    expect_report("{\"Name\":\"ab\",\"Labels\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}}", 1,
                  "1 validation error detected: Value '{a=1, b=2, c=3}' at 'labels' failed to "
                  "satisfy constraint: Member must have length less than or equal to 2");
}

static void test_limits_edge(void **state)
{
    struct shape_report report = {0};
    /* the name's six are characters, not bytes; 1, 100 and both list ends are inside */
    json_t *in = parse("{\"Name\":\"abcdef\",\"Count\":100,\"Bias\":-99,\"Ids\":[\"a\","
                       "\"\\u00e4\\u00e4\\u20ac\"],\"IpAddresses\":[{\"SubnetId\":\"12345678\","
                       "\"Port\":65535},{\"SubnetId\":\"1\",\"Port\":0}]}");
    struct thing t;

    (void)state;
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, &report), 0);
    assert_int_equal(report.count, 0);
    json_decref(in);
}

static void test_type_errors(void **state)
{
    struct shape_report report = {0};
    json_t *in = parse("{\"Direction\":\"x\",\"Count\":\"seven\"}");
    struct thing t;

    (void)state;
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, &report), ERR_INVALID);
    assert_true(report.type_error);
    assert_int_equal(report.first, RULE_TYPE);
    assert_string_equal(report.first_wire.data, "Count");
    assert_string_equal(report.first_value.data, "seven");
    assert_string_equal(shape_report_text(&report, &arena),
                        "STRING_VALUE can not be converted to an Integer");
    shape_report_free(&report);
    /* stored objects: an error without a report */
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, NULL), ERR_INVALID);
    json_decref(in);
    in = parse("[1]");
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, &report), ERR_INVALID);
    assert_true(report.type_error);
    shape_report_free(&report);
    json_decref(in);
    expect_report("{\"Ids\":[1]}", 2, "NUMBER_VALUE can not be converted to a String");
    expect_report("{\"Name\":\"a\",\"IpAddresses\":[[]]}", 1,
                  "LIST_VALUE can not be converted to a Structure");
    expect_report("{\"Name\":\"a\",\"Flag\":1.5}", 1,
                  "NUMBER_VALUE can not be converted to a Boolean");
    expect_report("{\"Name\":\"a\",\"Count\":1.5}", 1,
                  "NUMBER_VALUE can not be converted to an Integer");
}

static void test_first_in_parts(void **state)
{
    struct shape_report report = {0};
    json_t *in = parse("{\"Name\":\"ab\",\"IpAddresses\":[{}],\"Count\":3}");
    struct thing t;

    (void)state;
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, &report), ERR_INVALID);
    assert_int_equal(report.first, RULE_REQUIRED);
    assert_string_equal(report.first_wire.data, "IpAddress.1.SubnetId");
    assert_string_equal(report.first_demand.data, "Member must not be null");
    shape_report_free(&report);
    json_decref(in);
}

/* A report stays small whatever the request: sentences, and the values that they quote, are capped.
 */
static void test_report_is_bounded(void **state)
{
    struct shape_report report = {0};
    json_t *in = json_pack("{s:s,s:o}", "Name", "ab", "IpAddresses", json_array());
    json_t *list = json_object_get(in, "IpAddresses");
    char long_text[9000];
    struct thing t;

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    for (int i = 0; i < 500; i++)
        json_array_append_new(list, json_pack("{s:s}", "SubnetId", long_text));
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, &report), ERR_NOMEM);
    shape_report_free(&report);
    arena_free(&arena);
    arena_new(&arena, 16u << 20);
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, &report), ERR_INVALID);
    assert_int_equal(report.count, 501); /* each item and the list's own length */
    assert_true(report.text.len < SHAPE_REPORT_SENTENCES * (SHAPE_VALUE_SHOWN + 200));
    shape_report_free(&report);
    json_decref(in);
}

static void test_full_arena(void **state)
{
    json_t *in = parse(full);
    uint8_t memory[600];
    struct arena small;
    struct thing t, copy;
    int failures = 0;

    (void)state;
    assert_int_equal(shape_read(&thing_shape, in, &arena, &t, NULL), 0);
    for (size_t size = 0; size < sizeof memory; size += 8) {
        struct thing u;

        arena_init(&small, memory, size);
        failures += shape_read(&thing_shape, in, &small, &u, NULL) == ERR_NOMEM;
        arena_init(&small, memory, size);
        failures += shape_copy(&thing_shape, &t, &small, &copy) == ERR_NOMEM;
    }
    assert_true(failures > 10);
    json_decref(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_and_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_violations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_edge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_type_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_first_in_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_arena, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
