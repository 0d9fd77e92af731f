/* SPDX-License-Identifier: Apache-2.0 */
/* client: calls over loopback to a server of the test services, which verifies the signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/api.h"
#include "api/client_priv.h"
#include "base/error.h"
#include "things.h"

static struct arena arena;
static struct store *store;
static struct api *api;
static char url[128];
static struct client client;

static int setup(void **state)
{
    struct api_config config = {
        .services = things,
        .threads = 2,
        .auth = {.region = "eu-west-1", .key_find = things_key_find},
    };
    struct sockname name;
    char text[ADDR_TEXT_MAX];

    (void)state;
    arena_new(&arena, 1u << 20);
    assert_int_equal(store_open("mem:", &arena, &store, NULL), 0);
    config.store = store;
    assert_int_equal(sockname_parse("127.0.0.1:0", 0, &config.listen), 0);
    assert_int_equal(api_start(&config, &api), 0);
    name = api_address(api);
    snprintf(url, sizeof url, "http://%s", sockname_format(&name, text, sizeof text));
    client = (struct client){.endpoint_url = url,
                             .region = "eu-central-1",
                             .access_key = "AKIDEXAMPLE",
                             .secret_key = "secret",
                             .timeout_ms = 5000};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_stop(api);
    store_close(store);
    arena_free(&arena);
    return 0;
}

static void test_all_protocols(void **state)
{
    (void)state;
    for (size_t i = 0; things[i]; i++) {
        json_t *in = json_pack("{s:s,s:[{s:s}],s:[s]}", "Name", "abc", "Tags", "Key",
                               "\xc3\xa4 /+%", "Ids", "x y");
        struct client_error error;
        json_t *out = NULL;

        assert_int_equal(client_call_op(&client, things[i], &things[i]->ops[0], in, &out, &error),
                         0);
        assert_string_equal(json_string_value(json_object_get(out, "Account")), "123456789012");
        assert_string_equal(json_string_value(json_object_get(out, "Region")), "eu-central-1");
        assert_true(json_equal(json_object_get(out, "Tags"), json_object_get(in, "Tags")));
        assert_true(json_equal(json_object_get(out, "Ids"), json_object_get(in, "Ids")));
        /* the token was made, and not in the caller's object */
        assert_int_equal(strlen(json_string_value(json_object_get(out, "Token"))), 36);
        assert_null(json_object_get(in, "Token"));
        json_decref(in);
        json_decref(out);
    }
}

static void expect_error(const struct service *s, const char *name, int err, int status,
                         const char *code)
{
    json_t *in = json_pack("{s:s*}", "Name", name);
    struct client_error error = {0};
    json_t *out = NULL;

    assert_int_equal(client_call_op(&client, s, &s->ops[0], in, &out, &error), err);
    assert_string_equal(error.code, code);
    assert_int_equal(error.status, status);
    assert_true(error.message[0] != 0);
    assert_null(out);
    json_decref(in);
}

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; things[i]; i++)
        expect_error(things[i], "missing", ERR_FAULT, 400, "ResourceNotFoundException");
    expect_error(&tx_service, NULL, ERR_INVALID, 0, "ParamError");
    client.secret_key = "other";
    expect_error(&tj_service, "abc", ERR_FAULT, 400, "InvalidSignatureException");
    expect_error(&tx_service, "abc", ERR_FAULT, 403, "SignatureDoesNotMatch");
    client.endpoint_url = "https://127.0.0.1";
    expect_error(&tj_service, "abc", ERR_INVALID, 0, "ParamError");
    client.endpoint_url = "http://127.0.0.1/base";
    expect_error(&tj_service, "abc", ERR_INVALID, 0, "ParamError");
    client.endpoint_url = "http://127.0.0.1:1/";
    expect_error(&tj_service, "abc", ERR_IO, 0, "ConnectionError");
}

static void test_no_input(void **state)
{
    struct client_error error = {0};
    json_t *list = json_array();
    json_t *out = NULL;

    (void)state;
    assert_int_equal(client_call_op(&client, &tj_service, &tj_service.ops[0], NULL, &out, &error),
                     ERR_FAULT);
    assert_string_equal(error.code, "ValidationException");
    assert_int_equal(client_call_op(&client, &tj_service, &tj_service.ops[0], list, &out, &error),
                     ERR_INVALID);
    assert_int_equal(client_call_op(&client, &tx_service, &tx_service.ops[1], NULL, &out, &error),
                     0);
    assert_int_equal(json_integer_value(json_object_get(out, "Count")), 42);
    json_decref(out);
    json_decref(list);
}

static void *worker(void *ctx)
{
    long good = 0;

    (void)ctx;
    for (int i = 0; i < 20; i++) {
        json_t *in = json_pack("{s:s}", "Name", "write");
        struct client_error error;
        json_t *out = NULL;
        size_t s = (size_t)i % 5;

        good += client_call_op(&client, things[s], &things[s]->ops[0], in, &out, &error) == 0;
        json_decref(in);
        json_decref(out);
    }
    return (void *)good;
}

static void test_many_threads(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        void *good;

        pthread_join(threads[i], &good);
        assert_int_equal((long)good, 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_protocols, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
