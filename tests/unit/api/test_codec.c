/* SPDX-License-Identifier: Apache-2.0 */
/* codecs: for each protocol the exact wire form of a value tree with every kind of member, there
 * and back, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/codec.h"
#include "api/dispatch.h"
#include "api/xml.h"
#include "base/error.h"
#include "things.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_new(&arena, 16u << 20);
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
    json_t *j = json_loads(text, 0, NULL);

    assert_non_null(j);
    return j;
}

static const struct op *op_of(const struct service *s, const char *name)
{
    for (size_t i = 0; i < s->ops_n; i++)
        if (strcmp(s->ops[i].name, name) == 0)
            return &s->ops[i];
    fail_msg("no operation %s", name);
    return NULL;
}

/* Compares and shows both on a difference. */
static void expect_json(json_t *got, const char *want)
{
    json_t *w = parse(want);

    if (!json_equal(got, w)) {
        print_message("got:  %s\nwant: %s\n", json_dumps(got, JSON_COMPACT | JSON_SORT_KEYS),
                      json_dumps(w, JSON_COMPACT | JSON_SORT_KEYS));
        fail();
    }
    json_decref(w);
    json_decref(got);
}

static json_t *decode(const struct service *s, const struct request *r)
{
    struct call call;
    const char *why = "";
    json_t *got = NULL;

    assert_int_equal(dispatch_op(s, r, &arena, &call, &why), 0);
    assert_int_equal(codec_decode(&call, &got, &why), 0);
    return got;
}

/* Refused, with this text. */
static void refuse(const struct service *s, const struct request *r, const char *want)
{
    struct call call;
    const char *why = "";
    json_t *got = NULL;

    assert_int_equal(dispatch_op(s, r, &arena, &call, &why), 0);
    assert_int_equal(codec_decode(&call, &got, &why), ERR_INVALID);
    assert_null(got);
    assert_string_equal(why, want);
}

/* Builds a request as a client, decodes it as the server, and expects the same tree. */
static struct request round_trip(const struct service *s, const char *tree)
{
    const struct op *op = op_of(s, "PutThing");
    json_t *in = parse(tree);
    struct request r;
    const char *why;

    assert_int_equal(codec_build(s, op, in, &arena, &r, &why), 0);
    expect_json(decode(s, &r), tree);
    json_decref(in);
    return r;
}

/* Encodes `out` and returns the body, NUL-terminated, in the arena. */
static const char *encode(const struct service *s, const char *name, const char *out,
                          struct reply *reply)
{
    const struct op *op = op_of(s, name);
    const struct call call = {.service = s, .op = op, .arena = &arena};
    json_t *tree = parse(out);
    const char *text;

    *reply = (struct reply){0};
    assert_int_equal(codec_encode(&call, tree, "ID", reply), 0);
    text = arena_str(&arena, reply->body.data ? reply->body.data : "");
    buf_free(&reply->body);
    json_decref(tree);
    return text;
}

/* Encodes `out` as the server and reads it as a client; `want` NULL: the same tree. */
static const char *reply_trip(const struct service *s, const char *out, const char *want)
{
    struct reply reply;
    const char *text = encode(s, "PutThing", out, &reply);
    const struct received got = {reply.status, reply.headers, text, strlen(text)};
    json_t *tree = NULL;

    assert_int_equal(codec_parse(s, op_of(s, "PutThing"), &got, &tree), 0);
    expect_json(tree, want ? want : out);
    return text;
}

#define REST                                                                                   \
    "\"Kind\":\"LARGE\",\"Count\":7,\"On\":true,\"Config\":{\"On\":false,\"Comment\":\"a<b>&'" \
    "\\\"\"},"                                                                                 \
    "\"Tags\":[{\"Key\":\"k\",\"Value\":\"\"},{\"Key\":\"\\u00e4 /+\"}],\"Ids\":[\"i1\",\"i 2\"]"
#define WHEN ",\"When\":\"2026-01-02T03:04:05.678Z\""

static void test_json11(void **state)
{
    const char *tree = "{\"Name\":\"abc\"," REST WHEN ",\"Labels\":{\"x\":\"y\"}}";
    struct request r = round_trip(&tj_service, tree);

    (void)state;
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.path, "/");
    assert_string_equal(request_header(&r, "content-type"), "application/x-amz-json-1.1");
    assert_string_equal(request_header(&r, "x-amz-target"), "ThingsJ.PutThing");
    assert_non_null(strstr(r.body, "\"When\":1767323045.678"));
    reply_trip(&tj_service, tree, NULL);
    assert_string_equal(reply_trip(&tj_service, "{}", NULL), "{}");
}

static void test_json_refused(void **state)
{
    static const char *const bad[] = {
        "{", "[]", "1", "\"x\"", "{\"a\":1}x", "{\"Name\":\"\\u0000\"}", "\xff", "null"};
    struct request r = {.method = "POST", .path = "/", .query = ""};

    (void)state;
    pairs_add(&r.headers, &arena, "X-Amz-Target", "ThingsJ.PutThing");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r.body = bad[i];
        r.body_len = strlen(bad[i]);
        refuse(&tj_service, &r, "Could not parse the request body as a JSON object.");
    }
    r.body = NULL;
    r.body_len = 0;
    expect_json(decode(&tj_service, &r), "{}");
    r.body = "{\"When\":\"soon\",\"Config\":7,\"Tags\":{}}"; /* types are shape_read's to judge */
    r.body_len = strlen(r.body);
    expect_json(decode(&tj_service, &r), r.body);
    r.body = "{\"When\":-1}";
    r.body_len = strlen(r.body);
    expect_json(decode(&tj_service, &r), r.body);
}

static void test_restjson(void **state)
{
    const char *tree = "{\"Name\":\"abc\"," REST WHEN ",\"Labels\":{\"x\":\"y\"}}";
    struct request r = round_trip(&tr_service, tree);
    struct reply reply;
    const char *text;

    (void)state;
    assert_string_equal(r.path, "/things/abc");
    assert_string_equal(r.query, "count=7&id=i1&id=i%202");
    assert_string_equal(request_header(&r, "X-On"), "true");
    assert_string_equal(request_header(&r, "content-type"), "application/json");
    assert_null(strstr(r.body, "Name"));
    assert_null(strstr(r.body, "Count"));
    reply_trip(&tr_service, "{\"Name\":\"abc\",\"Region\":\"eu-west-1\"}", NULL);
    text = encode(&tr_service, "PutThing", "{\"Name\":\"a\",\"Region\":\"x\\r\\nSet-Cookie: y\"}",
                  &reply);
    assert_string_equal(text, "{\"Name\":\"a\"}");
    assert_int_equal(reply.status, 201);
    assert_string_equal(pairs_get(&reply.headers, "X-Region"), "x  Set-Cookie: y");
    /* 204 has no body and no content type */
    assert_string_equal(encode(&tr_service, "TagThing", "{}", &reply), "");
    assert_int_equal(reply.status, 204);
    assert_null(reply.content_type);
}

static void test_restjson_build(void **state)
{
    json_t *in = parse("{\"Arn\":\"arn:aws:x:/y z\",\"Tags\":{\"k\":\"v\"}}");
    struct request r;
    const char *why;

    (void)state;
    assert_int_equal(codec_build(&tr_service, op_of(&tr_service, "TagThing"), in, &arena, &r, &why),
                     0);
    assert_string_equal(r.path, "/tags/arn%3Aaws%3Ax%3A%2Fy%20z");
    json_decref(in);
    in = parse("{\"Tags\":{}}");
    assert_int_equal(codec_build(&tr_service, op_of(&tr_service, "TagThing"), in, &arena, &r, &why),
                     ERR_INVALID);
    assert_string_equal(why, "Arn is needed");
    json_decref(in);
}

static void test_restxml(void **state)
{
    const char *tree =
        "{\"Name\":\"abc\"," REST WHEN ",\"Flat\":[\"1\",\"2\"],\"Labels\":{\"x\":\"y\"}}";
    struct request r = round_trip(&tx_service, tree);
    struct reply reply;

    (void)state;
    assert_string_equal(r.path, "/2021-02-03/hostedzone/abc/rrset/");
    assert_string_equal(r.query, "count=7");
    assert_string_equal(
        r.body, "<PutThingRequest "
                "xmlns=\"https://things.test/doc/2021-02-03/\"><Kind>LARGE</Kind><On>true</On>"
                "<When>2026-01-02T03:04:05.678Z</When><Config><On>false</"
                "On><Comment>a&lt;b&gt;&amp;&apos;&quot;</Comment>"
                "</Config><Tags><Tag><Key>k</Key><Value></Value></Tag><Tag><Key>\xc3\xa4 "
                "/+</Key></Tag></Tags>"
                "<IdList><Id>i1</Id><Id>i 2</Id></IdList><Flat>1</Flat><Flat>2</Flat>"
                "<Labels><entry><key>x</key><value>y</value></entry></Labels></PutThingRequest>");
    reply_trip(&tx_service,
               "{\"Name\":\"abc\"," REST WHEN ",\"Flat\":[\"1\"],\"Region\":\"https://x/y\"}",
               NULL);
    assert_string_equal(
        encode(&tx_service, "PutThing", "{\"Name\":\"abc\",\"Tags\":[],\"Region\":\"r\"}", &reply),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PutThingResponse "
        "xmlns=\"https://things.test/doc/2021-02-03/\"><Name>abc</Name><Tags></Tags></"
        "PutThingResponse>");
    assert_int_equal(reply.status, 201);
    assert_string_equal(reply.content_type, "text/xml");
    assert_string_equal(pairs_get(&reply.headers, "Location"), "r");
}

static void test_restxml_lenient(void **state)
{
    struct request r = {.method = "POST",
                        .path = "/2021-02-03/hostedzone/%2Fhostedzone%2Fabc/rrset",
                        .query = "count=x"};

    (void)state;
    /* no namespace, a prefix, unknown and doubled elements, blanks, CDATA, comments, an id with its
     * prefix */
    r.body =
        "<?xml version='1.0'?><p:PutThingRequest xmlns:p='u'> <!-- c --> "
        "<Nope><Kind>x</Kind></Nope><p:Kind>"
        "<![CDATA[LARGE]]></p:Kind><Kind>SMALL</Kind><On>maybe</On><IdList/></p:PutThingRequest>";
    r.body_len = strlen(r.body);
    expect_json(
        decode(&tx_service, &r),
        "{\"Name\":\"abc\",\"Kind\":\"LARGE\",\"On\":\"maybe\",\"Ids\":[],\"Count\":\"x\"}");
    r.path = "/2021-02-03/hostedzone//hostedzone/abc/rrset";
    r.body_len = 0;
    expect_json(decode(&tx_service, &r), "{\"Name\":\"abc\",\"Count\":\"x\"}");
}

static void test_restxml_refused(void **state)
{
    static const char *const bad[] = {
        "<PutThingRequest>",
        "text",
        "<PutThingRequest>&undefined;</PutThingRequest>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><PutThingRequest><Kind>&x;</Kind></PutThingRequest>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><PutThingRequest/>",
        "<PutThingRequest>\xff</PutThingRequest>",
    };
    struct request r = {.method = "POST", .path = "/2021-02-03/hostedzone/abc/rrset", .query = ""};
    char *deep = malloc(20000);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r.body = bad[i];
        r.body_len = strlen(bad[i]);
        refuse(&tx_service, &r, "Could not parse XML, expected PutThingRequest");
    }
    r.body = "<ChangeBatch/>";
    r.body_len = strlen(r.body);
    refuse(&tx_service, &r, "ChangeBatch is not valid, expected PutThingRequest");
    for (size_t i = 0; i < 5000; i++)
        memcpy(deep + 3 * i, "<a>", 3);
    r.body = deep;
    r.body_len = 15000;
    refuse(&tx_service, &r, "Could not parse XML, expected PutThingRequest");
    free(deep);
    r.body_len = 0;
    r.query = "count=%";
    refuse(&tx_service, &r, "The query string is not valid.");
}

static void test_query(void **state)
{
    const char *tree =
        "{\"Name\":\"abc\"," REST WHEN ",\"Flat\":[\"1\",\"2\"],\"Labels\":{\"x\":\"y\"}}";
    struct request r = round_trip(&tq_service, tree);
    const char *text;

    (void)state;
    assert_string_equal(
        r.body,
        "Action=PutThing&Version=2020-01-01&Name=abc&Kind=LARGE&Count=7&On=true"
        "&When=2026-01-02T03%3A04%3A05.678Z&Config.On=false&Config.Comment=a%3Cb%3E%26%27%22"
        "&Tags.Tag.1.Key=k&Tags.Tag.1.Value=&Tags.Tag.2.Key=%C3%A4%20%2F%2B"
        "&Ids.member.1=i1&Ids.member.2=i%202&Flat.1=1&Flat.2=2"
        "&Labels.entry.1.key=x&Labels.entry.1.value=y");
    reply_trip(&tq_service, "{\"Name\":\"abc\"," REST "}", NULL);
    text = reply_trip(&tq_service, "{\"Name\":\"abc\",\"Ids\":[\"x\"]}", NULL);
    assert_string_equal(
        text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PutThingResponse "
              "xmlns=\"https://things.test/doc/2020-01-01/\"><PutThingResult><Name>abc</Name><Ids>"
              "<member>x</member></Ids></PutThingResult><ResponseMetadata><RequestId>ID</RequestId>"
              "</ResponseMetadata></PutThingResponse>");
}

static void test_ec2(void **state)
{
    const char *in = "{\"Name\":\"abc\"," REST WHEN ",\"DryRun\":true}";
    struct request r = round_trip(&te_service, in);
    struct reply reply;
    json_t *sdk;
    const char *why;

    (void)state;
    assert_string_equal(
        r.body,
        "Action=PutThing&Version=2016-11-15&Name=abc&Kind=LARGE&Count=7&On.Value=true"
        "&When=2026-01-02T03%3A04%3A05.678Z&Config.On=false&Config.Comment=a%3Cb%3E%26%27%22"
        "&Tag.1.Key=k&Tag.1.Value=&Tag.2.Key=%C3%A4%20%2F%2B&ThingId.1=i1&ThingId.2=i%202"
        "&DryRun=true");
    /* the SDK's own form of an attribute value, both ways */
    sdk = parse("{\"On\":{\"Value\":false}}");
    assert_int_equal(
        codec_build(&te_service, op_of(&te_service, "PutThing"), sdk, &arena, &r, &why), 0);
    assert_string_equal(r.body, "Action=PutThing&Version=2016-11-15&On.Value=false");
    json_decref(sdk);
    assert_string_equal(
        reply_trip(
            &te_service, "{\"On\":true,\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}],\"Ids\":[]}",
            "{\"On\":{\"Value\":true},\"Tags\":[{\"Key\":\"k\",\"Value\":\"v\"}],\"Ids\":[]}"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PutThingResponse "
        "xmlns=\"http://things.test/doc/2016-11-15/\"><requestId>ID</requestId><on><value>true</"
        "value></on>"
        "<tagSet><item><key>k</key><value>v</value></item></tagSet><idSet></idSet></"
        "PutThingResponse>");
    assert_string_equal(encode(&te_service, "DeleteThing", "{}", &reply),
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteThingResponse "
                        "xmlns=\"http://things.test/doc/2016-11-15/\"><requestId>ID</"
                        "requestId><return>true</return>"
                        "</DeleteThingResponse>");
    assert_string_equal(reply.content_type, "text/xml;charset=UTF-8");
}

static json_t *decode_form(const char *form)
{
    struct request r = {
        .method = "POST", .path = "/", .query = "", .body = form, .body_len = strlen(form)};

    return decode(&te_service, &r);
}

static void test_form_trees(void **state)
{
    struct request r = {.method = "GET", .path = "/", .query = "Action=PutThing&Name=q"};

    (void)state;
    expect_json(decode(&te_service, &r), "{\"Name\":\"q\"}");
    /* gaps and any order of indices; other indices, unknown names and bad numbers */
    expect_json(decode_form("Action=PutThing&ThingId.10=c&ThingId.2=a&ThingId.9=b&ThingId.0=x&"
                            "ThingId.y=z&Nope.1=2"),
                "{\"Ids\":[\"a\",\"b\",\"c\"]}");
    expect_json(decode_form("Action=PutThing&ThingId=&Count=7x&On.Value=TRUE&DryRun=maybe"),
                "{\"Ids\":[],\"Count\":\"7x\",\"On\":true,\"DryRun\":\"maybe\"}");
    /* wrong kinds are kept for shape_read to report */
    expect_json(decode_form("Action=PutThing&ThingId=x&Name.1=y&Config=z&Tag.1=t"),
                "{\"Ids\":\"x\",\"Name\":{\"1\":\"y\"},\"Config\":\"z\",\"Tags\":[\"t\"]}");
}

static void test_form_refused(void **state)
{
    struct request r = {.method = "POST", .path = "/", .query = ""};
    static const char *const bad[] = {"Name=a&Name=b",
                                      "A=1&A.B=2",
                                      "A.B=2&A=1",
                                      "A..B=1",
                                      ".A=1",
                                      "A.=1",
                                      "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct call call;
        const char *why = "";
        json_t *got = NULL;

        r.body = arena_printf(&arena, "Action=PutThing&%s", bad[i]);
        r.body_len = strlen(r.body);
        assert_int_equal(dispatch_op(&te_service, &r, &arena, &call, &why), 0);
        assert_int_equal(codec_decode(&call, &got, &why), ERR_INVALID);
        assert_non_null(strstr(why, " is not valid or given twice."));
    }
}

static void test_xml_escape(void **state)
{
    struct buf b = {0};

    (void)state;
    xml_escape(&b, "a\x01"
                   "b\r\n\t<");
    assert_string_equal(b.data, "a\xef\xbf\xbd"
                                "b&#xD;\n\t&lt;");
    buf_free(&b);
}

static void expect_failure(const struct service *s, const char *header, const char *body,
                           const char *code, const char *message)
{
    struct received r = {.status = 400, .body = body, .body_len = strlen(body)};
    struct codec_failure f;

    if (header)
        pairs_add(&r.headers, &arena, "x-amzn-errortype", header);
    codec_parse_error(s, &r, &arena, &f);
    assert_string_equal(f.code, code);
    assert_string_equal(f.message, message);
}

static void test_client_errors(void **state)
{
    (void)state;
    expect_failure(&tj_service, NULL, "{\"__type\":\"a.b#CodeX\",\"Message\":\"m\"}", "CodeX", "m");
    expect_failure(&tr_service, "CodeY:http://x/", "{\"message\":\"m\"}", "CodeY", "m");
    expect_failure(&tj_service, NULL, "<html>", "", "");
    expect_failure(&tx_service, NULL,
                   "<ErrorResponse xmlns='x'><Error><Code>C</Code><Message>a &amp; "
                   "b</Message></Error></ErrorResponse>",
                   "C", "a & b");
    expect_failure(
        &te_service, NULL,
        "<Response><Errors><Error><Code>C</Code><Message>m</Message></Error></Errors></Response>",
        "C", "m");
    expect_failure(&tx_service, NULL, "Bad gateway", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json11, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restjson, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restjson_build, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restxml, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restxml_lenient, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restxml_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_query, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ec2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_form_trees, setup, teardown),
        cmocka_unit_test_setup_teardown(test_form_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_xml_escape, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_errors, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
