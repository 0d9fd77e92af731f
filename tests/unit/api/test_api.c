/* SPDX-License-Identifier: Apache-2.0 */
/* api: a whole call without a socket, over a store in memory: success, faults, validation, dry
 * runs, limits, pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/api.h"
#include "api/client_priv.h"
#include "api/codec.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "things.h"

static struct arena arena;
static struct store *store;
static struct api *api_off, *api_on;
static bool is_ready = true;

static bool ready(void *ctx)
{
    return *(bool *)ctx;
}

static int setup(void **state)
{
    struct api_config config = {
        .services = things,
        .auth = {.off = true, .region = "eu-west-1", .key_find = things_key_find},
        .ready = ready,
        .ready_ctx = &is_ready,
    };

    (void)state;
    arena_new(&arena, 64u << 20);
    assert_int_equal(store_open("mem:", &arena, &store, NULL), 0);
    config.store = store;
    assert_int_equal(api_new(&config, &api_off), 0);
    config.auth.off = false;
    return api_new(&config, &api_on);
}

static int teardown(void **state)
{
    (void)state;
    api_stop(api_off);
    api_stop(api_on);
    store_close(store);
    arena_free(&arena);
    return 0;
}

/* Answers and returns the body; fills *reply otherwise. */
static const char *answer(struct api *a, const struct request *r, struct reply *reply)
{
    const char *text;

    *reply = (struct reply){0};
    api_answer(a, r, &arena, reply);
    assert_false(reply->body.failed);
    text = arena_str(&arena, reply->body.data ? reply->body.data : "");
    buf_free(&reply->body);
    return text;
}

static struct request json_call(const char *op, const char *body)
{
    struct request r = {
        .method = "POST", .path = "/", .query = "", .body = body, .body_len = strlen(body)};

    pairs_add(&r.headers, &arena, "X-Amz-Target", op);
    return r;
}

static struct request form_call(const char *body)
{
    return (struct request){
        .method = "POST", .path = "/", .query = "", .body = body, .body_len = strlen(body)};
}

/* An unsigned request to the server that checks nothing. */
static void expect(const struct request *r, int status, const char *body)
{
    struct reply reply;
    const char *id, *at, *got = answer(api_off, r, &reply);
    char *shown = arena_str(&arena, got);

    assert_int_equal(reply.status, status);
    id = pairs_get(&reply.headers, "x-amzn-RequestId");
    assert_int_equal(strlen(id), 36);
    assert_int_equal(id[14], '4');
    /* the id of the reply stands in its body, too: as ID in what the tests expect */
    at = strstr(got, id);
    if (at)
        shown = arena_printf(&arena, "%.*sID%s", (int)(at - got), got, at + strlen(id));
    assert_string_equal(shown, body);
}

static void test_json(void **state)
{
    struct request r = json_call("ThingsJ.PutThing", "{\"Name\":\"abc\",\"Other\":1}");

    (void)state;
    expect(&r, 200,
           "{\"Name\":\"abc\",\"Account\":\"000000000000\",\"Region\":\"eu-west-1\","
           "\"Arn\":\"arn:aws:iam::000000000000:root\"}");
    r = json_call("ThingsJ.PutThing", "{\"Name\":\"missing\"}");
    expect(&r, 400,
           "{\"__type\":\"ResourceNotFoundException\",\"Message\":\"There is no thing 'missing' "
           "<here>.\","
           "\"ResourceType\":\"thing\"}");
    r = json_call("ThingsJ.PutThing", "{\"Kind\":\"x\"}");
    expect(&r, 400,
           "{\"__type\":\"ValidationException\",\"Message\":\"2 validation errors detected: Value "
           "null at "
           "'name' failed to satisfy constraint: Member must not be null; Value 'x' at 'kind' "
           "failed to "
           "satisfy constraint: Member must satisfy enum value set: [SMALL, LARGE]\"}");
    r = json_call("ThingsJ.PutThing", "{\"Name\":1}");
    expect(&r, 400,
           "{\"__type\":\"SerializationException\",\"Message\":\"NUMBER_VALUE can not be converted "
           "to a "
           "String\"}");
    r = json_call("ThingsJ.PutThing", "{");
    expect(&r, 400,
           "{\"__type\":\"SerializationException\",\"Message\":\"Could not parse the request body "
           "as a JSON "
           "object.\"}");
    r = json_call("ThingsJ.Nope", "{}");
    expect(
        &r, 400,
        "{\"__type\":\"UnknownOperationException\",\"Message\":\"The operation ThingsJ.Nope is not "
        "known.\"}");
}

static void test_restjson(void **state)
{
    struct request r = {.method = "POST", .path = "/things/missing", .query = ""};
    struct reply reply;

    (void)state;
    pairs_add(&r.headers, &arena, "Host", "thingsr.local");
    answer(api_off, &r, &reply);
    assert_int_equal(reply.status, 400);
    assert_string_equal(reply.content_type, "application/json");
    assert_string_equal(pairs_get(&reply.headers, "x-amzn-ErrorType"), "ResourceNotFoundException");
    r.path = "/things/ABC";
    expect(&r, 400,
           "{\"__type\":\"ValidationException\",\"Message\":\"1 validation error detected: Value "
           "'ABC' at "
           "'name' failed to satisfy constraint: Member must satisfy regular expression pattern: "
           "[a-z]{1,}\"}");
    r.path = "/nope";
    expect(&r, 404,
           "{\"__type\":\"UnknownOperationException\",\"Message\":\"Could not find operation POST "
           "for version "
           "2020-01-01\"}");
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XERR(code, text)                                                                      \
    XML "<ErrorResponse "                                                                     \
        "xmlns=\"https://things.test/doc/2021-02-03/\"><Error><Type>Sender</Type><Code>" code \
        "</Code><Message>" text "</Message></Error><RequestId>ID</RequestId></ErrorResponse>"

static void test_restxml(void **state)
{
    struct request r = {.method = "POST", .path = "/2021-02-03/hostedzone/abc/rrset/", .query = ""};

    (void)state;
    r.body = "<PutThingRequest><Kind>UPSERT</Kind></PutThingRequest>";
    r.body_len = strlen(r.body);
    expect(
        &r, 400,
        XERR(
            "InvalidInput",
            "Invalid XML ; cvc-enumeration-valid: Value &apos;UPSERT&apos; is not facet-valid with "
            "respect to enumeration &apos;[SMALL, LARGE]&apos;. It must be a value from the "
            "enumeration."));
    r.body = "<PutThingRequest><On>maybe</On></PutThingRequest>";
    r.body_len = strlen(r.body);
    expect(&r, 400, XERR("MalformedInput", "STRING_VALUE can not be converted to a Boolean"));
    r.body_len = 0;
    r.query = "count=101";
    expect(&r, 400,
           XERR("InvalidInput",
                "1 validation error detected: Value &apos;101&apos; at &apos;count&apos; failed to "
                "satisfy constraint: Member must have value less than or equal to 100"));
    r.query = "";
    r.path = "/2021-02-03/hostedzone/missing/rrset";
    expect(
        &r, 400,
        XERR("ResourceNotFoundException", "There is no thing &apos;missing&apos; &lt;here&gt;."));
    r.method = "PUT";
    expect(&r, 400, XERR("InvalidAction", "Could not find operation PUT for version 2021-02-03"));
}

static void test_query(void **state)
{
    struct request r = form_call("Action=PutThing&Version=2020-01-01&Name=a");

    (void)state;
    expect(&r, 200,
           XML "<PutThingResponse "
               "xmlns=\"https://things.test/doc/2020-01-01/\"><PutThingResult><Name>a</Name>"
               "<Account>000000000000</Account><Region>eu-west-1</"
               "Region><Arn>arn:aws:iam::000000000000:root</Arn>"
               "</PutThingResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></"
               "PutThingResponse>");
    r = form_call("Action=PutThing&Version=2020-01-01");
    expect(&r, 400,
           XML "<ErrorResponse "
               "xmlns=\"https://things.test/doc/2020-01-01/\"><Error><Type>Sender</Type><Code>"
               "ValidationError</Code><Message>1 validation error detected: Value null at "
               "&apos;name&apos; failed to "
               "satisfy constraint: Member must not be "
               "null</Message></Error><RequestId>ID</RequestId></ErrorResponse>");
}

#define EERR(code, text)                                               \
    XML "<Response><Errors><Error><Code>" code "</Code><Message>" text \
        "</Message></Error></Errors><RequestID>ID</RequestID></Response>"

static void test_ec2(void **state)
{
    struct request r = form_call("Action=PutThing&Version=2016-11-15");

    (void)state;
    expect(&r, 400, EERR("MissingParameter", "The request must contain the parameter Name"));
    r = form_call("Action=PutThing&Version=2016-11-15&Name=a&Tag.1.Value=x");
    expect(&r, 400, EERR("MissingParameter", "The request must contain the parameter Tag.1.Key"));
    r = form_call("Action=PutThing&Version=2016-11-15&Name=a&Count=0");
    expect(&r, 400,
           EERR("InvalidParameterValue", "Value (0) for parameter Count is invalid. Member must "
                                         "have value greater than or equal to 1"));
    r = form_call("Action=PutThing&Version=2016-11-15&Name=a&Count=x");
    expect(&r, 400,
           EERR("InvalidParameterValue", "Value (x) for parameter Count is invalid. STRING_VALUE "
                                         "can not be converted to an Integer"));
    r = form_call("Version=2016-11-15&Action=Nope");
    expect(&r, 400, EERR("InvalidAction", "The action Nope is not valid for this web service."));
}

static bool written(void)
{
    return store_revision(store) > 0;
}

static void test_dry_run(void **state)
{
    struct request r = form_call("Action=PutThing&Version=2016-11-15&Name=write&DryRun=true");

    (void)state;
    expect(&r, 412,
           EERR("DryRunOperation", "Request would have succeeded, but DryRun flag is set."));
    assert_false(written());
    /* a call that would fail says so */
    r = form_call("Action=PutThing&Version=2016-11-15&Name=missing&DryRun=true");
    expect(
        &r, 400,
        EERR("ResourceNotFoundException", "There is no thing &apos;missing&apos; &lt;here&gt;."));
    r = form_call("Action=DeleteThing&Version=2016-11-15&Name=a");
    expect(&r, 200,
           XML "<DeleteThingResponse "
               "xmlns=\"http://things.test/doc/2016-11-15/\"><requestId>ID</requestId>"
               "<return>true</return></DeleteThingResponse>");
    assert_true(written());
}

static void test_too_large(void **state)
{
    struct request r = form_call("");

    (void)state;
    r.too_large = true;
    pairs_add(&r.headers, &arena, "Host", "thingse.local");
    expect(&r, 413, EERR("RequestEntityTooLarge", "The request body is too large."));
}

static void test_nonsense(void **state)
{
    struct request r = {.method = "GET", .path = "/favicon.ico", .query = ""};
    struct reply reply;

    (void)state;
    answer(api_on, &r, &reply);
    assert_int_equal(reply.status, 404);
    assert_string_equal(reply.content_type, "application/json");
    r.path = "";
    answer(api_on, &r, &reply);
    assert_int_equal(reply.status, 404);
}

static void test_pages(void **state)
{
    struct request r = {.method = "GET", .path = "/health", .query = ""};
    struct reply reply;

    (void)state;
    assert_string_equal(answer(api_on, &r, &reply), "ok\n");
    assert_int_equal(reply.status, 200);
    is_ready = false;
    assert_string_equal(answer(api_on, &r, &reply), "not ready\n");
    assert_int_equal(reply.status, 503);
    is_ready = true;
    r.path = "/metrics";
    assert_non_null(strstr(answer(api_on, &r, &reply), "bridge53_api_requests_total "));
    assert_int_equal(reply.status, 200);
}

/* Signed for every protocol by our own client, with the right and with a wrong secret. */
static void test_signed(void **state)
{
    struct client client = {
        .region = "ap-south-1", .access_key = "AKIDEXAMPLE", .secret_key = "secret"};
    json_t *in = json_pack("{s:s,s:[s,s]}", "Name", "abc", "Ids", "a b", "+/");

    (void)state;
    for (size_t i = 0; things[i]; i++) {
        const struct service *s = things[i];
        struct request r;
        struct reply reply;
        const char *why, *text;

        client.secret_key = "secret";
        assert_int_equal(codec_build(s, &s->ops[0], in, &arena, &r, &why), 0);
        assert_int_equal(
            client_sign(&client, s->sign, "localhost:1", clock_real_ns() / NS_PER_S, &arena, &r),
            0);
        text = answer(api_on, &r, &reply);
        assert_int_equal(reply.status / 100, 2);
        assert_non_null(strstr(text, "123456789012"));
        client.secret_key = "secreT";
        assert_int_equal(codec_build(s, &s->ops[0], in, &arena, &r, &why), 0);
        assert_int_equal(
            client_sign(&client, s->sign, "localhost:1", clock_real_ns() / NS_PER_S, &arena, &r),
            0);
        answer(api_on, &r, &reply);
        assert_true(reply.status == 403 || reply.status == 401 || s == &tj_service);
        assert_true(reply.status >= 400);
    }
    json_decref(in);
}

/* A request that needs more memory than it may have fails by itself. */
static void test_small_arena(void **state)
{
    struct request r = json_call("ThingsJ.PutThing",
                                 "{\"Name\":\"abc\",\"Tags\":[{\"Key\":\"k\"},{\"Key\":\"l\"}]}");
    struct arena request_arena = arena;
    uint8_t memory[4096];

    (void)state;
    for (size_t size = 0; size < sizeof memory; size += 64) {
        struct reply reply = {0};

        arena_init(&arena, memory, size);
        api_answer(api_off, &r, &arena, &reply);
        assert_true(reply.body.failed || reply.status == 500 || reply.status == 404 ||
                    reply.status == 200);
        buf_free(&reply.body);
    }
    arena = request_arena;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restjson, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restxml, setup, teardown),
        cmocka_unit_test_setup_teardown(test_query, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ec2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dry_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small_arena, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
