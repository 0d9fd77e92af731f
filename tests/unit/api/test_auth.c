/* SPDX-License-Identifier: Apache-2.0 */
/* auth: every check, its order, its words, and the code and status of each protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/auth.h"
#include "api/sign.h"
#include "base/error.h"

#define NOW 1440938160u /* 2015-08-30 12:36:00 UTC */
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
#define SCOPE "20150830/us-east-1/service/aws4_request"
#define MISMATCH                                                                                 \
    "The request signature we calculated does not match the signature you provided. Check your " \
    "AWS "                                                                                       \
    "Secret Access Key and signing method. Consult the service documentation for details."

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

/* Three keys: a plain one, a temporary one, an expired one; and one that the keeper can't read. */
static int key_find(void *ctx, const char *id, struct arena *a, struct auth_key *ret)
{
    (void)ctx;
    (void)a;
    *ret = (struct auth_key){
        .secret = SECRET, .account = "123456789012", .arn = "arn:aws:iam::123456789012:root"};
    if (strcmp(id, "AKIDBROKEN") == 0)
        return ERR_IO;
    if (strcmp(id, "ASIATEMP") == 0 || strcmp(id, "ASIAOLD") == 0) {
        ret->session_token = "token";
        ret->expires_s = id[4] == 'O' ? NOW : NOW + 1;
        return 0;
    }
    return strcmp(id, "AKIDEXAMPLE") == 0 ? 0 : ERR_NOT_FOUND;
}

static const struct auth_config on = {.key_find = key_find, .region = "eu-west-1"};
static const struct auth_config off = {.off = true, .region = "eu-west-1"};

static const struct service plain[] = {
    {.name = "service", .sign = "service", .protocol = PROTOCOL_JSON11},
    {.name = "service", .sign = "service", .protocol = PROTOCOL_REST_JSON},
    {.name = "service", .sign = "service", .protocol = PROTOCOL_REST_XML},
    {.name = "service", .sign = "service", .protocol = PROTOCOL_QUERY},
    {.name = "service", .sign = "service", .protocol = PROTOCOL_EC2},
};

static struct request vanilla(const char *authorization)
{
    struct request r = {.method = "GET", .path = "/", .query = ""};

    pairs_add(&r.headers, &arena, "Host", "example.amazonaws.com");
    pairs_add(&r.headers, &arena, "X-Amz-Date", "20150830T123600Z");
    if (authorization)
        pairs_add(&r.headers, &arena, "Authorization", authorization);
    return r;
}

static const char *header(const char *key, const char *scope, const char *signed_headers,
                          const char *signature)
{
    return arena_printf(&arena, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        key, scope, signed_headers, signature);
}

static struct auth_caller caller;
static struct api_error error;

static int check_at(const struct auth_config *config, const struct request *r,
                    enum protocol protocol, uint64_t now)
{
    struct auth_claim claim;
    struct auth_case c = {config, r, &claim, &plain[protocol], now, &arena};

    memset(&caller, 0, sizeof caller);
    memset(&error, 0, sizeof error);
    assert_int_equal(auth_read(r, &arena, &claim), 0);
    return auth_check(&c, &caller, &error);
}

static int check(const struct request *r)
{
    return check_at(&on, r, PROTOCOL_JSON11, NOW);
}

static void expect(const struct request *r, enum fault_code code, const char *text)
{
    assert_int_equal(check(r), ERR_FAULT);
    assert_string_equal(error.message, text);
    assert_int_equal(error.code, code);
}

static void test_good(void **state)
{
    struct request r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", VANILLA));

    (void)state;
    assert_int_equal(check(&r), 0);
    assert_string_equal(caller.account, "123456789012");
    assert_string_equal(caller.region, "us-east-1");
    assert_string_equal(caller.arn, "arn:aws:iam::123456789012:root");
    /* commas without blanks, parts in another order */
    r = vanilla("AWS4-HMAC-SHA256 Signature=" VANILLA
                ",SignedHeaders=host;x-amz-date,Credential=AKIDEXAMPLE/" SCOPE);
    assert_int_equal(check(&r), 0);
}

static void test_mismatch(void **state)
{
    struct request r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", VANILLA));

    (void)state;
    r.path = "/x";
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
    r.path = "/";
    r.query = "a";
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
    r.query = "";
    r.method = "POST";
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
    r.method = "GET";
    r.body = "x";
    r.body_len = 1;
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
    r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", "5fa00f"));
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
    r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", ""));
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
    r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date;x-not-there", VANILLA));
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
}

static void test_incomplete(void **state)
{
    struct request r = vanilla("AWS4-HMAC-SHA256 ");

    (void)state;
    expect(&r, FAULT_IncompleteSignatureException,
           "Authorization header requires 'Credential' parameter. Authorization header requires "
           "'Signature' "
           "parameter. Authorization header requires 'SignedHeaders' parameter. "
           "Authorization=AWS4-HMAC-SHA256 ");
    r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", VANILLA));
    r.headers.v[1].name = "X-Other";
    assert_int_equal(check(&r), ERR_FAULT);
    assert_non_null(strstr(error.message,
                           "Authorization header requires existence of either a 'X-Amz-Date' or a "
                           "'Date' header. Authorization=AWS4-HMAC-SHA256 Credential="));
    r = vanilla("Basic Zm9vOmJhcg==");
    expect(&r, FAULT_IncompleteSignatureException, "Unsupported AWS 'algorithm': 'Basic'.");
    r = vanilla(header("AKIDEXAMPLE", "20150830/us-east-1/service", "host;x-amz-date", VANILLA));
    expect(&r, FAULT_IncompleteSignatureException,
           "Credential must have exactly 5 slash-delimited elements, e.g. "
           "keyid/date/region/service/term, got "
           "'AKIDEXAMPLE/20150830/us-east-1/service'");
    r = vanilla(header("AKIDEXAMPLE", SCOPE "/x", "host;x-amz-date", VANILLA));
    assert_int_equal(check(&r), ERR_FAULT);
    r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", VANILLA));
    r.headers.v[1].value = "20150830T1236";
    expect(&r, FAULT_IncompleteSignatureException,
           "Date must be in ISO-8601 'basic format'. Got '20150830T1236'.");
}

static void test_scope(void **state)
{
    struct request r = vanilla(
        header("AKIDEXAMPLE", "20150830/EU/service/aws4_request", "host;x-amz-date", VANILLA));

    (void)state;
    expect(&r, FAULT_InvalidSignatureException,
           "Credential should be scoped to a valid region, not 'EU'.");
    r = vanilla(
        header("AKIDEXAMPLE", "20150830/us-east-1/s3/aws4_request", "host;x-amz-date", VANILLA));
    expect(&r, FAULT_InvalidSignatureException,
           "Credential should be scoped to correct service: 'service'.");
    r = vanilla(header("AKIDEXAMPLE", "20150830/us-east-1/service/aws3_request", "host;x-amz-date",
                       VANILLA));
    expect(
        &r, FAULT_InvalidSignatureException,
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3_request'.");
    r = vanilla(header("AKIDEXAMPLE", "20150831/us-east-1/service/aws4_request", "host;x-amz-date",
                       VANILLA));
    expect(&r, FAULT_InvalidSignatureException,
           "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
           "HTTP: '20150831' != "
           "'20150830', from '20150830T123600Z'.");
}

static void test_signed_headers(void **state)
{
    struct request r = vanilla(header("AKIDEXAMPLE", SCOPE, "x-amz-date", VANILLA));

    (void)state;
    expect(&r, FAULT_InvalidSignatureException,
           "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", VANILLA));
    pairs_add(&r.headers, &arena, "X-Amz-Target", "Service.Delete");
    expect(&r, FAULT_InvalidSignatureException,
           "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.");
}

static void test_keys(void **state)
{
    struct request r = vanilla(header("AKIDNOBODY", SCOPE, "host;x-amz-date", VANILLA));

    (void)state;
    expect(&r, FAULT_UnrecognizedClientException,
           "The security token included in the request is invalid.");
    r = vanilla(header("AKIDBROKEN", SCOPE, "host;x-amz-date", VANILLA));
    assert_int_equal(check(&r), ERR_FAULT);
    assert_int_equal(error.status, 503);
    /* a token with a key that has none */
    r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date;x-amz-security-token", VANILLA));
    pairs_add(&r.headers, &arena, "x-amz-security-token", "token");
    expect(&r, FAULT_UnrecognizedClientException,
           "The security token included in the request is invalid.");
    /* a temporary key without its token, with another one, too late */
    r = vanilla(header("ASIATEMP", SCOPE, "host;x-amz-date", VANILLA));
    expect(&r, FAULT_UnrecognizedClientException,
           "The security token included in the request is invalid.");
    r = vanilla(header("ASIATEMP", SCOPE, "host;x-amz-date;x-amz-security-token", VANILLA));
    pairs_add(&r.headers, &arena, "x-amz-security-token", "tokem");
    expect(&r, FAULT_UnrecognizedClientException,
           "The security token included in the request is invalid.");
    r.headers.v[3].value = "token";
    expect(&r, FAULT_InvalidSignatureException, MISMATCH); /* now the signature is what fails */
    r = vanilla(header("ASIAOLD", SCOPE, "host;x-amz-date;x-amz-security-token", VANILLA));
    pairs_add(&r.headers, &arena, "x-amz-security-token", "token");
    expect(&r, FAULT_ExpiredTokenException,
           "The security token included in the request is expired");
}

static void test_skew(void **state)
{
    struct request r = vanilla(header("AKIDEXAMPLE", SCOPE, "host;x-amz-date", VANILLA));

    (void)state;
    assert_int_equal(check_at(&on, &r, PROTOCOL_JSON11, NOW + 300), 0);
    assert_int_equal(check_at(&on, &r, PROTOCOL_JSON11, NOW + 301), ERR_FAULT);
    assert_string_equal(error.message,
                        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
                        "(20150830T124101Z - 5 min.)");
    assert_int_equal(check_at(&on, &r, PROTOCOL_JSON11, NOW - 300), 0);
    assert_int_equal(check_at(&on, &r, PROTOCOL_JSON11, NOW - 301), ERR_FAULT);
    assert_string_equal(error.message,
                        "Signature not yet current: 20150830T123600Z is still later than "
                        "20150830T123559Z (20150830T123059Z + 5 min.)");
    assert_int_equal(check_at(&on, &r, PROTOCOL_EC2, NOW + 900), 0);
    assert_int_equal(check_at(&on, &r, PROTOCOL_EC2, NOW + 901), ERR_FAULT);
    assert_int_equal(error.code, FAULT_RequestExpired);
}

/* A Date header serves as well, in the form of HTTP. */
static void test_date_header(void **state)
{
    struct request r = vanilla(NULL);
    char signature[SIGN_HEX];
    const struct sign_scope scope = {
        .time = "20150830T123600Z",
        .date = "20150830",
        .region = "us-east-1",
        .service = "service",
        .signed_headers = "date;host",
        .payload_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };

    (void)state;
    r.headers.v[1] = (struct pair){"Date", "Sun, 30 Aug 2015 12:36:00 GMT"};
    assert_int_equal(sign_request(&r, &scope, SECRET, &arena, signature), 0);
    pairs_add(&r.headers, &arena, "Authorization",
              header("AKIDEXAMPLE", SCOPE, "date;host", signature));
    assert_int_equal(check(&r), 0);
}

static void test_payload_header(void **state)
{
    static const char *const hashes[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "UNSIGNED-PAYLOAD",
        "0000000000000000000000000000000000000000000000000000000000000000",
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct request r = vanilla(NULL);
        char signature[SIGN_HEX];
        const struct sign_scope scope = {.time = "20150830T123600Z",
                                         .date = "20150830",
                                         .region = "us-east-1",
                                         .service = "service",
                                         .signed_headers = "host;x-amz-content-sha256;x-amz-date",
                                         .payload_hash = hashes[i]};

        pairs_add(&r.headers, &arena, "x-amz-content-sha256", hashes[i]);
        assert_int_equal(sign_request(&r, &scope, SECRET, &arena, signature), 0);
        pairs_add(&r.headers, &arena, "Authorization",
                  header("AKIDEXAMPLE", SCOPE, scope.signed_headers, signature));
        assert_int_equal(check(&r), i == 0 ? 0 : ERR_FAULT);
    }
}

#define PRESIGNED                                                                                \
    "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-"        \
    "Credential="                                                                                \
    "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-" \
    "Amz-Expires=3600"                                                                           \
    "&X-Amz-SignedHeaders=host"
#define PRESIGNATURE \
    "&X-Amz-Signature=b5683f923faf370882ad61afa60c3541ee83b00caa276e84a2685e0d136fd10e"

static void test_presigned(void **state)
{
    struct request r = {.method = "GET", .path = "/", .query = PRESIGNED PRESIGNATURE};

    (void)state;
    pairs_add(&r.headers, &arena, "host", "example.amazonaws.com");
    assert_int_equal(check(&r), 0);
    assert_int_equal(check_at(&on, &r, PROTOCOL_QUERY, NOW + 3600), 0);
    assert_int_equal(check_at(&on, &r, PROTOCOL_QUERY, NOW + 3601), ERR_FAULT);
    assert_string_equal(error.message,
                        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
                        "(20150830T133601Z - 60 min.)");
    r.query = PRESIGNED "&extra=1" PRESIGNATURE;
    expect(&r, FAULT_InvalidSignatureException, MISMATCH);
    r.query = PRESIGNED;
    expect(&r, FAULT_IncompleteSignatureException,
           "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the "
           "query-string parameters.");
    r.query =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%"
        "2Fservice%2F"
        "aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=604801&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=00";
    expect(&r, FAULT_IncompleteSignatureException,
           "X-Amz-Expires must be a number of seconds from 1 to 604800.");
}

static void test_codes(void **state)
{
    static const struct {
        const char *key;
        struct {
            const char *code;
            int status;
        } want[5];
    } rows[] = {
        {NULL,
         {{"MissingAuthenticationTokenException", 403},
          {"MissingAuthenticationTokenException", 403},
          {"MissingAuthenticationToken", 403},
          {"MissingAuthenticationToken", 403},
          {"MissingAuthenticationToken", 403}}},
        {"AKIDNOBODY",
         {{"UnrecognizedClientException", 400},
          {"UnrecognizedClientException", 403},
          {"InvalidClientTokenId", 403},
          {"InvalidClientTokenId", 403},
          {"AuthFailure", 401}}},
        {"AKIDEXAMPLE",
         {{"InvalidSignatureException", 400},
          {"InvalidSignatureException", 403},
          {"SignatureDoesNotMatch", 403},
          {"SignatureDoesNotMatch", 403},
          {"AuthFailure", 401}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct request r =
            vanilla(rows[i].key ? header(rows[i].key, SCOPE, "host;x-amz-date", "00") : NULL);

        for (enum protocol p = PROTOCOL_JSON11; p <= PROTOCOL_EC2; p++) {
            assert_int_equal(check_at(&on, &r, p, NOW), ERR_FAULT);
            assert_string_equal(fault_name(error.code), rows[i].want[p].code);
            assert_int_equal(error.status, rows[i].want[p].status);
            if (i == 0)
                assert_string_equal(error.message, p >= PROTOCOL_QUERY
                                                       ? "Request is missing Authentication Token"
                                                       : "Missing Authentication Token");
            if (i > 0 && p == PROTOCOL_EC2)
                assert_string_equal(error.message,
                                    "AWS was not able to validate the provided access credentials");
        }
    }
}

static void test_off(void **state)
{
    struct request r = vanilla(NULL);

    (void)state;
    assert_int_equal(check_at(&off, &r, PROTOCOL_JSON11, NOW), 0);
    assert_string_equal(caller.account, "000000000000");
    assert_string_equal(caller.region, "eu-west-1");
    assert_string_equal(caller.arn, "arn:aws:iam::000000000000:root");
    r = vanilla(header("111122223333", "20990101/ap-south-1/x/y", "a", "b"));
    assert_int_equal(check_at(&off, &r, PROTOCOL_JSON11, NOW), 0);
    assert_string_equal(caller.account, "111122223333");
    assert_string_equal(caller.region, "ap-south-1");
    r = vanilla(header("11112222333x", "20990101/AP/x/y", "a", "b"));
    assert_int_equal(check_at(&off, &r, PROTOCOL_JSON11, NOW), 0);
    assert_string_equal(caller.account, "000000000000");
    assert_string_equal(caller.region, "eu-west-1");
    r = vanilla("nonsense");
    assert_int_equal(check_at(&off, &r, PROTOCOL_JSON11, NOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_good, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mismatch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_incomplete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scope, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signed_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_skew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_date_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_payload_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_presigned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_off, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
