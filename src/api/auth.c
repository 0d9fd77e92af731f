/* SPDX-License-Identifier: Apache-2.0 */
/* The checks, in the services' order: given, complete, date, credential, scope, key, age,
 * signature. */
#include "api/auth.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "api/sign.h"
#include "base/error.h"
#include "base/limits.h"

#define EXPIRES_MAX_S 604800 /* a presigned request lives a week at most */
#define ECHO_MAX 512         /* bytes of a client's text that a message repeats */

static const char *const mismatch_text =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";
static const char *const ec2_text = "AWS was not able to validate the provided access credentials";

/* The value of "Name=value" in the parameters of an Authorization header, which commas part. */
static const char *parameter(const char *params, const char *name, struct arena *arena)
{
    size_t n = strlen(name);

    while (*params) {
        size_t len;

        params += strspn(params, ", \t");
        len = strcspn(params, ",");
        if (len > n && strncmp(params, name, n) == 0 && params[n] == '=') {
            const char *value = params + n + 1;
            size_t value_len = len - n - 1;

            while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
                value_len--;
            return arena_dup(arena, value, value_len);
        }
        params += len;
    }
    return NULL;
}

/* "keyid/date/region/service/term" into its five parts; other counts leave them NULL. */
static void split_credential(struct auth_claim *c, struct arena *arena)
{
    const char **parts[5] = {&c->key_id, &c->date, &c->region, &c->service, &c->terminator};
    const char *p = c->credential;
    size_t slashes = 0;

    for (const char *s = p; s && *s; s++)
        slashes += *s == '/';
    if (!p || slashes != 4)
        return;
    for (size_t i = 0; i < 5; i++) {
        size_t len = strcspn(p, "/");

        *parts[i] = arena_dup(arena, p, len);
        p += len + (p[len] == '/');
    }
}

static void read_header(const struct request *r, const char *header, struct arena *arena,
                        struct auth_claim *c)
{
    size_t n = strcspn(header, " \t");
    const char *params = header + n;

    c->header = header;
    c->algorithm = arena_dup(arena, header, n);
    c->credential = parameter(params, "Credential", arena);
    c->signed_headers = parameter(params, "SignedHeaders", arena);
    c->signature = parameter(params, "Signature", arena);
    c->time = request_header(r, "x-amz-date");
    if (!c->time)
        c->time = request_header(r, "date");
    c->token = request_header(r, "x-amz-security-token");
}

static void read_query(const struct pairs *query, struct auth_claim *c)
{
    c->presigned = true;
    c->algorithm = pairs_get(query, "X-Amz-Algorithm");
    c->credential = pairs_get(query, "X-Amz-Credential");
    c->signed_headers = pairs_get(query, "X-Amz-SignedHeaders");
    c->signature = pairs_get(query, "X-Amz-Signature");
    c->time = pairs_get(query, "X-Amz-Date");
    c->expires = pairs_get(query, "X-Amz-Expires");
    c->token = pairs_get(query, "X-Amz-Security-Token");
}

int auth_read(const struct request *r, struct arena *arena, struct auth_claim *ret)
{
    const char *header = request_header(r, "authorization");
    const char *text = r->query ? r->query : "";
    struct pairs query = {0};
    struct auth_claim c = {0};

    if (header) {
        c.given = true;
        read_header(r, header, arena, &c);
    } else if (strstr(text, "X-Amz-") && form_parse(text, strlen(text), arena, &query) == 0 &&
               (pairs_get(&query, "X-Amz-Algorithm") || pairs_get(&query, "X-Amz-Signature"))) {
        c.given = true;
        read_query(&query, &c);
    }
    split_credential(&c, arena);
    if (arena->overflow)
        return ERR_NOMEM;
    *ret = c;
    return 0;
}

static int refuse(const struct auth_case *a, enum front_error what, const char *text,
                  struct api_error *ret_error)
{
    if (!text)
        return ERR_NOMEM;
    *ret_error = error_front(a->service, what, text);
    return ERR_FAULT;
}

static bool is_query(const struct auth_case *a)
{
    return a->service->protocol == PROTOCOL_QUERY || a->service->protocol == PROTOCOL_EC2;
}

/* All missing parts are named at once. */
static int check_parts(const struct auth_case *a, struct api_error *ret_error)
{
    const struct auth_claim *c = a->claim;
    bool bad_algorithm = !c->algorithm || strcmp(c->algorithm, SIGN_ALGORITHM) != 0;

    if (!c->given)
        return refuse(a, FRONT_NO_CREDENTIALS,
                      is_query(a) ? "Request is missing Authentication Token"
                                  : "Missing Authentication Token",
                      ret_error);
    if (c->algorithm && bad_algorithm)
        return refuse(a, FRONT_INCOMPLETE,
                      arena_printf(a->arena, "Unsupported AWS 'algorithm': '%.64s'.", c->algorithm),
                      ret_error);
    if (!bad_algorithm && c->credential && c->signature && c->signed_headers && c->time)
        return 0;
    if (c->presigned)
        return refuse(a, FRONT_INCOMPLETE,
                      arena_printf(a->arena,
                                   "AWS query-string parameters must include '%s'. Re-examine "
                                   "the query-string parameters.",
                                   bad_algorithm        ? "X-Amz-Algorithm"
                                   : !c->credential     ? "X-Amz-Credential"
                                   : !c->signature      ? "X-Amz-Signature"
                                   : !c->signed_headers ? "X-Amz-SignedHeaders"
                                                        : "X-Amz-Date"),
                      ret_error);
    return refuse(
        a, FRONT_INCOMPLETE,
        arena_printf(a->arena, "%s%s%s%sAuthorization=%.*s",
                     c->credential ? "" : "Authorization header requires 'Credential' parameter. ",
                     c->signature ? "" : "Authorization header requires 'Signature' parameter. ",
                     c->signed_headers ? ""
                                       : "Authorization header requires 'SignedHeaders' "
                                         "parameter. ",
                     c->time ? ""
                             : "Authorization header requires existence of either a "
                               "'X-Amz-Date' or a 'Date' header. ",
                     ECHO_MAX, c->header),
        ret_error);
}

/* Reads "20260102T030405Z" or, from a Date header, "Fri, 02 Jan 2026 03:04:05 GMT". */
static bool parse_time(const char *text, int64_t *ret_s)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);

    if (!end || *end || strlen(text) != SIGN_TIME_MAX - 1) {
        memset(&tm, 0, sizeof tm);
        end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    }
    if (!end || *end)
        return false;
    *ret_s = timegm(&tm);
    return true;
}

static const char *basic_time(int64_t s, char buf[static SIGN_TIME_MAX])
{
    time_t t = (time_t)s;
    struct tm tm;

    if (!gmtime_r(&t, &tm) || strftime(buf, SIGN_TIME_MAX, "%Y%m%dT%H%M%SZ", &tm) == 0)
        buf[0] = 0;
    return buf;
}

static bool region_valid(const char *region)
{
    size_t n = strlen(region);

    return n > 0 && n <= 64 && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* The credential's shape and scope, against the service and the request's own time. */
static int check_scope(const struct auth_case *a, const char *time, struct api_error *ret_error)
{
    const struct auth_claim *c = a->claim;
    const char *text = NULL;

    if (!c->key_id)
        return refuse(a, FRONT_INCOMPLETE,
                      arena_printf(a->arena,
                                   "Credential must have exactly 5 slash-delimited elements, e.g. "
                                   "keyid/date/region/service/term, got '%.*s'",
                                   ECHO_MAX, c->credential),
                      ret_error);
    if (!region_valid(c->region))
        text = arena_printf(a->arena, "Credential should be scoped to a valid region, not '%.64s'.",
                            c->region);
    else if (strcmp(c->service, a->service->sign) != 0)
        text = arena_printf(a->arena, "Credential should be scoped to correct service: '%s'.",
                            a->service->sign);
    else if (strcmp(c->terminator, SIGN_TERMINATOR) != 0)
        text = arena_printf(a->arena,
                            "Credential should be scoped with a valid terminator: '" SIGN_TERMINATOR
                            "', not '%.64s'.",
                            c->terminator);
    else if (strlen(c->date) != 8 || strncmp(c->date, time, 8) != 0)
        text = arena_printf(
            a->arena,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
            "date from HTTP: '%.64s' != '%.8s', from '%.64s'.",
            c->date, time, c->time);
    else
        return 0;
    return refuse(a, FRONT_BAD_SIGNATURE, text, ret_error);
}

static bool list_has(const char *list, const char *name)
{
    size_t n = strlen(name);

    while (*list) {
        size_t len = strcspn(list, ";");

        if (len == n && strncasecmp(list, name, n) == 0)
            return true;
        list += len + (list[len] == ';');
    }
    return false;
}

/* What decides over the meaning of a request must be under its signature. */
static int check_signed(const struct auth_case *a, struct api_error *ret_error)
{
    static const char *const must_sign[] = {"x-amz-date", "x-amz-target", "x-amz-security-token",
                                            NULL};
    const char *list = a->claim->signed_headers;

    if (!list_has(list, "host") && !list_has(list, ":authority"))
        return refuse(a, FRONT_BAD_SIGNATURE,
                      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
                      ret_error);
    for (size_t i = 0; must_sign[i]; i++)
        if (request_header(a->request, must_sign[i]) && !list_has(list, must_sign[i]))
            return refuse(a, FRONT_BAD_SIGNATURE,
                          arena_printf(a->arena,
                                       "'%s' must be a 'SignedHeader' in the AWS Authorization.",
                                       must_sign[i]),
                          ret_error);
    return 0;
}

static bool same_text(const char *x, const char *y)
{
    size_t n = strlen(x);

    return n == strlen(y) && CRYPTO_memcmp(x, y, n) == 0;
}

/* Finds the key and compares its session token. */
static int check_key(const struct auth_case *a, struct auth_key *ret, struct api_error *ret_error)
{
    const struct auth_claim *c = a->claim;
    const char *unknown = a->service->protocol == PROTOCOL_EC2
                              ? ec2_text
                              : "The security token included in the request is invalid.";
    int err = a->config->key_find(a->config->ctx, c->key_id, a->arena, ret);

    if (err == ERR_NOT_FOUND)
        return refuse(a, FRONT_UNKNOWN_KEY, unknown, ret_error);
    if (err == ERR_NOMEM)
        return err;
    if (err)
        return refuse(a, err == ERR_IO ? FRONT_UNAVAILABLE : FRONT_INTERNAL,
                      "The keys of accounts could not be read.", ret_error);
    if (ret->session_token ? !c->token || !same_text(ret->session_token, c->token)
                           : c->token != NULL)
        return refuse(a, FRONT_UNKNOWN_KEY, unknown, ret_error);
    if (ret->expires_s != 0 && ret->expires_s <= a->now_s)
        return refuse(a, FRONT_TOKEN_EXPIRED,
                      "The security token included in the request is expired", ret_error);
    return 0;
}

/* Reads the seconds of X-Amz-Expires; 0 if they are out of bounds. */
static int64_t expires_s(const char *text)
{
    char *end;
    long v = strtol(text ? text : "", &end, 10);

    return text && *text && !*end && v >= 1 && v <= EXPIRES_MAX_S ? v : 0;
}

static int check_age(const struct auth_case *a, int64_t time, struct api_error *ret_error)
{
    int64_t now = (int64_t)a->now_s;
    int64_t skew = LIMIT_CLOCK_SKEW_S * (a->service->protocol == PROTOCOL_EC2 ? 3 : 1);
    int64_t past = a->claim->presigned ? expires_s(a->claim->expires) : skew;
    char t1[SIGN_TIME_MAX], t2[SIGN_TIME_MAX], t3[SIGN_TIME_MAX];

    if (past == 0)
        return refuse(a, FRONT_INCOMPLETE,
                      "X-Amz-Expires must be a number of seconds from 1 to 604800.", ret_error);
    if (time < now - past)
        return refuse(
            a, FRONT_SKEW,
            arena_printf(a->arena, "Signature expired: %s is now earlier than %s (%s - %lld %s.)",
                         basic_time(time, t1), basic_time(now - past, t2), basic_time(now, t3),
                         (long long)(past % 60 ? past : past / 60), past % 60 ? "sec" : "min"),
            ret_error);
    if (time > now + skew)
        return refuse(
            a, FRONT_SKEW,
            arena_printf(a->arena,
                         "Signature not yet current: %s is still later than %s (%s + %lld min.)",
                         basic_time(time, t1), basic_time(now + skew, t2), basic_time(now, t3),
                         (long long)skew / 60),
            ret_error);
    return 0;
}

/* The payload hash for the canonical request, or NULL when the header claims another body than the
 * one that came. UNSIGNED-PAYLOAD is legal on TLS only, and this front end speaks plain HTTP. */
static const char *payload_hash(const struct auth_case *a, char buf[static SIGN_HEX])
{
    const char *claimed = request_header(a->request, "x-amz-content-sha256");

    if (sign_hash(a->request->body, a->request->body_len, buf) != 0)
        return NULL;
    if (claimed && list_has(a->claim->signed_headers, "x-amz-content-sha256") &&
        !same_text(claimed, buf))
        return NULL;
    return buf;
}

static int check_signature(const struct auth_case *a, const char *time, const char *secret,
                           struct api_error *ret_error)
{
    const struct auth_claim *c = a->claim;
    char hash[SIGN_HEX], signature[SIGN_HEX];
    struct sign_scope scope = {
        .time = time,
        .date = c->date,
        .region = c->region,
        .service = c->service,
        .signed_headers = c->signed_headers,
        .payload_hash = payload_hash(a, hash),
        .presigned = c->presigned,
    };

    for (int form = SIGN_NORMAL; scope.payload_hash && form <= SIGN_RAW; form++) {
        int err;

        scope.form = (enum sign_form)form;
        err = sign_request(a->request, &scope, secret, a->arena, signature);
        if (err == ERR_NOMEM)
            return err;
        if (!err && same_text(signature, c->signature))
            return 0;
    }
    return refuse(a, FRONT_BAD_SIGNATURE,
                  a->service->protocol == PROTOCOL_EC2 ? ec2_text : mismatch_text, ret_error);
}

/* With authentication off the claim is taken as true, as far as it makes sense. */
static int check_nothing(const struct auth_case *a, struct auth_caller *ret)
{
    const struct auth_claim *c = a->claim;
    bool is_account = c->key_id && strlen(c->key_id) == 12 && strspn(c->key_id, "0123456789") == 12;

    ret->account = is_account ? c->key_id : AUTH_ACCOUNT_NONE;
    ret->region = c->region && region_valid(c->region) ? c->region : a->config->region;
    ret->arn = arena_printf(a->arena, "arn:aws:iam::%s:root", ret->account);
    ret->key_id = c->key_id;
    return ret->arn ? 0 : ERR_NOMEM;
}

int auth_check(const struct auth_case *a, struct auth_caller *ret, struct api_error *ret_error)
{
    const struct auth_claim *c = a->claim;
    char time[SIGN_TIME_MAX];
    struct auth_key key = {0};
    int64_t at = 0;
    int err;

    if (a->config->off)
        return check_nothing(a, ret);
    err = check_parts(a, ret_error);
    if (!err && !parse_time(c->time, &at))
        err = refuse(a, FRONT_INCOMPLETE,
                     arena_printf(a->arena, "Date must be in ISO-8601 'basic format'. Got '%.64s'.",
                                  c->time),
                     ret_error);
    if (!err)
        err = check_scope(a, basic_time(at, time), ret_error);
    if (!err)
        err = check_signed(a, ret_error);
    if (!err)
        err = check_key(a, &key, ret_error);
    if (!err)
        err = check_age(a, at, ret_error);
    if (!err)
        err = check_signature(a, time, key.secret, ret_error);
    if (err)
        return err;
    *ret = (struct auth_caller){
        .account = key.account, .region = c->region, .arn = key.arn, .key_id = c->key_id};
    return 0;
}
