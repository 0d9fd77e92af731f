/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: any bytes as an HTTP head (first line "METHOD PATH?QUERY", then headers, an empty
 * line, the body) through the claim and its proof. Beyond "no crash": a refusal has a text;
 * whatever our client signs, the server verifies; and the same request with another body is
 * refused. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/auth.h"
#include "api/client_priv.h"
#include "api/sign.h"
#include "base/check.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1440938160u /* 2015-08-30 12:36:00 UTC */

static const struct service service = {
    .name = "service", .sign = "service", .protocol = PROTOCOL_REST_JSON};
static const struct client client = {
    .region = "us-east-1", .access_key = "AKIDEXAMPLE", .secret_key = "secret"};

static int key_find(void *ctx, const char *key_id, struct arena *arena, struct auth_key *ret)
{
    (void)ctx;
    (void)arena;
    *ret = (struct auth_key){.secret = "secret", .account = "123456789012", .arn = "arn"};
    return strcmp(key_id, "AKIDEXAMPLE") == 0 ? 0 : ERR_NOT_FOUND;
}

static const struct auth_config config = {.key_find = key_find, .region = "us-east-1"};

static bool is_token(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-')
            return false;
    return *name != 0;
}

/* One line off the text, which it cuts. */
static char *line_next(char **text)
{
    char *line = *text;
    size_t len = strcspn(line, "\n");

    *text = line[len] ? line + len + 1 : line + len;
    line[len] = 0;
    return line;
}

static struct request parse(char *text, struct arena *arena)
{
    char *first = line_next(&text);
    char *blank = strchr(first, ' ');
    char *question;
    struct request r = {.method = "GET", .path = first, .query = ""};

    if (blank) {
        *blank = 0;
        r.method = first;
        r.path = blank + 1;
    }
    question = strchr(r.path, '?');
    if (question) {
        *question = 0;
        r.query = question + 1;
    }
    while (*text) {
        char *line = line_next(&text);
        char *colon = strchr(line, ':');

        if (!*line)
            break;
        if (!colon)
            continue;
        *colon = 0;
        if (is_token(line))
            pairs_add(&r.headers, arena, line, colon + 1);
    }
    r.body = text;
    r.body_len = strlen(text);
    return r;
}

static int verify(const struct request *r, struct arena *arena)
{
    struct auth_claim claim;
    struct auth_case c = {&config, r, &claim, &service, NOW, arena};
    struct auth_caller caller = {0};
    struct api_error error = {0};
    int err = auth_read(r, arena, &claim);

    if (err)
        return err;
    err = auth_check(&c, &caller, &error);
    must(err == 0 || err == ERR_NOMEM ||
         (err == ERR_FAULT && error.message && error.status >= 400));
    must(err != 0 || strcmp(caller.account, "123456789012") == 0);
    return err;
}

/* Takes off what a client adds itself. */
static void strip(struct request *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->headers.n; i++)
        if (strncasecmp(r->headers.v[i].name, "x-amz-", 6) != 0 &&
            strcasecmp(r->headers.v[i].name, "host") != 0 &&
            strcasecmp(r->headers.v[i].name, "authorization") != 0)
            r->headers.v[n++] = r->headers.v[i];
    r->headers.n = n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct request r;
    char *text;

    if (size > 100000)
        return 0;
    arena_new(&arena, 64u << 20);
    text = arena_dup(&arena, data, size);
    r = parse(text, &arena);
    verify(&r, &arena);
    strip(&r);
    if (client_sign(&client, "service", "localhost", NOW, &arena, &r) == 0) {
        must(verify(&r, &arena) == 0);
        r.body = r.body_len > 0 ? "" : "x";
        r.body_len = strlen(r.body);
        must(verify(&r, &arena) == ERR_FAULT);
    }
    arena_free(&arena);
    return 0;
}
