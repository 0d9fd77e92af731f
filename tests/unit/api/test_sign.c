/* SPDX-License-Identifier: Apache-2.0 */
/* sign: vectors of the public signature suite (vanilla) and of an independent client (the rest).
 * All are for key "wJalr...KEY", 2015-08-30 12:36:00, us-east-1, service "service". */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/sign.h"
#include "base/error.h"

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

struct vector {
    const char *name;
    const char *method, *path, *query, *body;
    const char *header, *value;   /* one more header, or NULL */
    const char *header2, *value2; /* and another */
    const char *signed_headers;
    enum sign_form form;
    const char *signature;
};

static const char token[] =
    "AQoDYXdzEPT//////////"
    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqT"
    "flfKD8YUuwthAx7mSEI/qkPpKPi/kMcGd";

static const struct vector vectors[] = {
    {"vanilla", "GET", "/", "", "", NULL, NULL, NULL, NULL, "host;x-amz-date", SIGN_NORMAL,
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"an encoded ARN is encoded once more; the query is sorted by value", "DELETE",
     "/tags/arn%3Aaws%3Aroute53profiles%3Aus-east-1%3A123456789012%3Aprofile%2Frp-1",
     "tagKeys=b&tagKeys=a", "", NULL, NULL, NULL, NULL, "host;x-amz-date", SIGN_NORMAL,
     "27042f0735728c9f03fe0cb2c07c4a83b41567b6abe75ae6faa1876d3a33d557"},
    {"a slash at the end stays, raw too", "POST", "/2013-04-01/hostedzone/Z1/rrset/", "", "<a/>",
     NULL, NULL, NULL, NULL, "host;x-amz-date", SIGN_NORMAL,
     "ab5702dc1c488884a77fbe61333c180611e8e8503a9ec3fad2351f50b1c50e7a"},
    {"raw", "POST", "/2013-04-01/hostedzone/Z1/rrset/", "", "<a/>", NULL, NULL, NULL, NULL,
     "host;x-amz-date", SIGN_RAW,
     "ab5702dc1c488884a77fbe61333c180611e8e8503a9ec3fad2351f50b1c50e7a"},
    {"dots and doubled slashes", "GET", "/a//b/./c/../d", "", "", NULL, NULL, NULL, NULL,
     "host;x-amz-date", SIGN_NORMAL,
     "7e6c4a07bedef5eb5c0a8cac2b78a1a9d20ad6c05e58ef76ae2d9b390b409cda"},
    {"query names sorted, '+' a blank, '~' plain, empty value", "GET", "/",
     "name=a+b.example.com.&type=A&z=&Aa=%2F%2B%2A~", "", NULL, NULL, NULL, NULL, "host;x-amz-date",
     SIGN_NORMAL, "770de8336f0b57f838cbb9754971b036778ec57efe1fa2d658f2553b5388d9df"},
    {"a key without '='", "GET", "/", "name=a%20b.example.com.&type=A&z&Aa=%2f%2b%2a%7e", "", NULL,
     NULL, NULL, NULL, "host;x-amz-date", SIGN_NORMAL,
     "770de8336f0b57f838cbb9754971b036778ec57efe1fa2d658f2553b5388d9df"},
    {"header values trimmed, names in any order and case", "GET", "/", "", "", "My-Header1",
     "  a   b   c  ", "X-Amz-Target", "X.Y", "x-amz-target;Host;my-header1;x-amz-date", SIGN_NORMAL,
     "bca5b01d5a99240df95b0124dcf6c64c9336feba6e704304f49c98f64e8b38ce"},
    {"session token", "POST", "/", "", "Action=GetCallerIdentity&Version=2011-06-15",
     "x-amz-security-token", token, NULL, NULL, "host;x-amz-date;x-amz-security-token", SIGN_NORMAL,
     "e22d2f797ed6ba7ac38227c3f8d9f08d1a03b85f2a46972a319016c9020c33f5"},
    {"percent-encoded UTF-8", "GET", "/%E1%88%B4", "", "", NULL, NULL, NULL, NULL,
     "host;x-amz-date", SIGN_NORMAL,
     "697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        struct request r = {.method = v->method,
                            .path = v->path,
                            .query = v->query,
                            .body = v->body,
                            .body_len = strlen(v->body)};
        char hash[SIGN_HEX], signature[SIGN_HEX];
        const struct sign_scope scope = {.time = "20150830T123600Z",
                                         .date = "20150830",
                                         .region = "us-east-1",
                                         .service = "service",
                                         .signed_headers = v->signed_headers,
                                         .payload_hash = hash,
                                         .form = v->form};

        pairs_add(&r.headers, &arena, "Host", "example.amazonaws.com");
        pairs_add(&r.headers, &arena, "X-Amz-Date", "20150830T123600Z");
        if (v->header)
            pairs_add(&r.headers, &arena, v->header, v->value);
        if (v->header2)
            pairs_add(&r.headers, &arena, v->header2, v->value2);
        assert_int_equal(sign_hash(r.body, r.body_len, hash), 0);
        print_message("%s\n", v->name);
        assert_int_equal(
            sign_request(&r, &scope, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &arena, signature),
            0);
        assert_string_equal(signature, v->signature);
    }
}

static void test_presigned(void **state)
{
    struct request r = {
        .method = "GET",
        .path = "/",
        .query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-"
                 "Amz-Credential="
                 "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date="
                 "20150830T123600Z"
                 "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=anything"};
    char hash[SIGN_HEX], signature[SIGN_HEX];
    const struct sign_scope scope = {.time = "20150830T123600Z",
                                     .date = "20150830",
                                     .region = "us-east-1",
                                     .service = "service",
                                     .signed_headers = "host",
                                     .payload_hash = hash,
                                     .presigned = true};

    (void)state;
    pairs_add(&r.headers, &arena, "host", "example.amazonaws.com");
    assert_int_equal(sign_hash("", 0, hash), 0);
    assert_string_equal(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(
        sign_request(&r, &scope, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &arena, signature), 0);
    assert_string_equal(signature,
                        "b5683f923faf370882ad61afa60c3541ee83b00caa276e84a2685e0d136fd10e");
}

static void expect_canonical(const char *path, const char *query, enum sign_form form,
                             const char *want)
{
    struct request r = {.method = "GET", .path = path, .query = query};
    const struct sign_scope scope = {.signed_headers = "", .payload_hash = "P", .form = form};
    struct buf out = {0};

    assert_int_equal(sign_canonical(&r, &scope, &arena, &out), 0);
    assert_string_equal(out.data, want);
    buf_free(&out);
}

static void test_paths(void **state)
{
    (void)state;
    expect_canonical("/", "", SIGN_NORMAL, "GET\n/\n\n\n\nP");
    expect_canonical("", "", SIGN_NORMAL, "GET\n/\n\n\n\nP");
    expect_canonical("/..", "", SIGN_NORMAL, "GET\n/\n\n\n\nP");
    expect_canonical("//", "", SIGN_NORMAL, "GET\n/\n\n\n\nP");
    expect_canonical("/a/../../b", "", SIGN_NORMAL, "GET\n/b\n\n\n\nP");
    expect_canonical("/a//hostedzone/Z", "b&a=%2f", SIGN_RAW,
                     "GET\n/a//hostedzone/Z\na=%2f&b=\n\n\nP");
    expect_canonical("/%41/", "x=%41", SIGN_NORMAL, "GET\n/%2541/\nx=A\n\n\nP");
}

static void test_bad_query(void **state)
{
    struct request r = {.method = "GET", .path = "/", .query = "a=%"};
    const struct sign_scope scope = {.signed_headers = "", .payload_hash = "P"};
    struct buf out = {0};

    (void)state;
    assert_int_equal(sign_canonical(&r, &scope, &arena, &out), ERR_INVALID);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_presigned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_query, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
