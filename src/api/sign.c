/* SPDX-License-Identifier: Apache-2.0 */
/* Signature version 4. */
#include "api/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/limits.h"

#define DIGEST_LEN 32

static void hex(const unsigned char *digest, char ret[static SIGN_HEX])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_LEN; i++) {
        ret[2 * i] = digits[digest[i] >> 4];
        ret[2 * i + 1] = digits[digest[i] & 15];
    }
    ret[2 * DIGEST_LEN] = 0;
}

int sign_hash(const void *data, size_t len, char ret[static SIGN_HEX])
{
    unsigned char digest[DIGEST_LEN];

    if (EVP_Digest(len > 0 ? data : "", len, digest, NULL, EVP_sha256(), NULL) != 1)
        return ERR_IO;
    hex(digest, ret);
    return 0;
}

/* The path with empty, "." and ".." segments resolved; a slash at its end stays. */
static void normal_path(const char *path, struct buf *out)
{
    size_t *starts = NULL; /* of out, where each kept segment begins */
    size_t n = 0, cap = 0;
    bool slash = false;

    for (const char *p = path; *p;) {
        size_t len;

        while (*p == '/')
            p++;
        len = strcspn(p, "/");
        slash = len == 0 || p[len] == '/';
        if (len == 2 && memcmp(p, "..", 2) == 0) {
            if (n > 0 && out->data)
                out->data[out->len = starts[--n]] = 0;
            slash = true;
        } else if (len == 1 && *p == '.') {
            slash = true;
        } else if (len > 0) {
            if (n == cap) {
                size_t *more = realloc(starts, (cap = cap * 2 + 16) * sizeof *starts);

                if (!more) {
                    out->failed = true;
                    break;
                }
                starts = more;
            }
            starts[n++] = out->len;
            buf_str(out, "/");
            percent_encode(out, p, len, false);
        }
        p += len;
    }
    if (slash || n == 0)
        buf_str(out, "/");
    free(starts);
}

static void canonical_path(const struct request *r, enum sign_form form, struct buf *out)
{
    struct buf path = {0};

    if (form == SIGN_NORMAL)
        normal_path(r->path, &path);
    else
        percent_encode(&path, r->path, strlen(r->path), true);
    buf_str(out, path.data ? path.data : "/");
    out->failed = out->failed || path.failed;
    buf_free(&path);
}

static int pair_order(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->value, y->value);
}

static char *encoded(const char *text, struct arena *arena)
{
    struct buf b = {0};
    char *copy;

    percent_encode(&b, text, strlen(text), false);
    copy = b.failed ? NULL : arena_dup(arena, b.data ? b.data : "", b.len);
    buf_free(&b);
    return copy;
}

/* Splits the raw query at '&' and '=' without decoding. */
static int raw_pairs(const char *query, struct arena *arena, struct pairs *ret)
{
    while (*query) {
        size_t len = strcspn(query, "&");
        size_t name = strcspn(query, "&=");
        char *n = arena_dup(arena, query, name);
        const char *v = name < len ? arena_dup(arena, query + name + 1, len - name - 1) : "";

        if (ret->n >= LIMIT_FORM_PAIRS)
            return ERR_RANGE;
        if (len > 0 && (!n || !v || pairs_add(ret, arena, n, v) != 0))
            return ERR_NOMEM;
        query += len + (query[len] == '&');
    }
    return 0;
}

static int query_pairs(const char *query, enum sign_form form, struct arena *arena,
                       struct pairs *ret)
{
    int err;

    if (form == SIGN_RAW)
        return raw_pairs(query, arena, ret);
    err = form_parse(query, strlen(query), arena, ret);
    for (size_t i = 0; !err && i < ret->n; i++) {
        ret->v[i].name = encoded(ret->v[i].name, arena);
        ret->v[i].value = encoded(ret->v[i].value, arena);
        if (!ret->v[i].name || !ret->v[i].value)
            err = ERR_NOMEM;
    }
    return err;
}

static int canonical_query(const struct request *r, const struct sign_scope *scope,
                           struct arena *arena, struct buf *out)
{
    struct pairs list = {0};
    const char *sep = "";
    int err = query_pairs(r->query ? r->query : "", scope->form, arena, &list);

    if (err)
        return err == ERR_RANGE ? ERR_INVALID : err;
    if (list.n > 1)
        qsort(list.v, list.n, sizeof *list.v, pair_order);
    for (size_t i = 0; i < list.n; i++) {
        if (scope->presigned && strcmp(list.v[i].name, "X-Amz-Signature") == 0)
            continue;
        buf_printf(out, "%s%s=%s", sep, list.v[i].name, list.v[i].value);
        sep = "&";
    }
    return 0;
}

/* Appends a value without blanks at its ends and with single ones inside. */
static void add_trimmed(struct buf *out, const char *value)
{
    bool blank = false, any = false;

    for (; *value; value++) {
        if (*value == ' ' || *value == '\t') {
            blank = any;
            continue;
        }
        if (blank)
            buf_str(out, " ");
        buf_add(out, value, 1);
        blank = false;
        any = true;
    }
}

/* One "name:value" line: all headers of the name, in their order, joined by commas. */
static void header_line(const struct request *r, const char *name, struct buf *out)
{
    const char *sep = "";

    buf_printf(out, "%s:", name);
    for (size_t i = 0; i < r->headers.n; i++) {
        if (strcasecmp(r->headers.v[i].name, name) != 0)
            continue;
        buf_str(out, sep);
        add_trimmed(out, r->headers.v[i].value);
        sep = ",";
    }
    buf_str(out, "\n");
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a signed-headers list, lower case and sorted; empty ones are dropped. */
static int header_names(const char *list, struct arena *arena, char ***ret, size_t *ret_n)
{
    char **names = arena_zalloc(arena, strlen(list) / 2 + 1, sizeof *names);
    size_t n = 0;

    if (!names)
        return ERR_NOMEM;
    while (*list) {
        size_t len = strcspn(list, ";");

        if (len > 0) {
            names[n] = arena_dup(arena, list, len);
            if (!names[n])
                return ERR_NOMEM;
            for (char *c = names[n]; *c; c++)
                if (*c >= 'A' && *c <= 'Z')
                    *c = (char)(*c + ('a' - 'A'));
            n++;
        }
        list += len + (list[len] == ';');
    }
    qsort(names, n, sizeof *names, text_order);
    *ret = names;
    *ret_n = n;
    return 0;
}

int sign_canonical(const struct request *r, const struct sign_scope *scope, struct arena *arena,
                   struct buf *out)
{
    char **names;
    size_t n;
    int err = header_names(scope->signed_headers, arena, &names, &n);

    if (err)
        return err;
    buf_printf(out, "%s\n", r->method);
    canonical_path(r, scope->form, out);
    buf_str(out, "\n");
    err = canonical_query(r, scope, arena, out);
    if (err)
        return err;
    buf_str(out, "\n");
    for (size_t i = 0; i < n; i++)
        header_line(r, names[i], out);
    buf_str(out, "\n");
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s", i > 0 ? ";" : "", names[i]);
    buf_printf(out, "\n%s", scope->payload_hash);
    return out->failed ? ERR_NOMEM : 0;
}

static int hmac(const unsigned char *key, size_t key_len, const char *text,
                unsigned char ret[static DIGEST_LEN])
{
    unsigned char digest[DIGEST_LEN];

    if (!HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text), digest,
              NULL))
        return ERR_IO;
    memcpy(ret, digest, sizeof digest);
    return 0;
}

/* "AWS4" + secret -> date -> region -> service -> terminator. */
static int signing_key(const struct sign_scope *scope, const char *secret,
                       unsigned char ret[static DIGEST_LEN])
{
    struct buf first = {0};
    int err;

    buf_printf(&first, "AWS4%s", secret);
    err = first.failed ? ERR_NOMEM
                       : hmac((const unsigned char *)first.data, first.len, scope->date, ret);
    if (first.data)
        OPENSSL_cleanse(first.data, first.len);
    buf_free(&first);
    if (!err)
        err = hmac(ret, DIGEST_LEN, scope->region, ret);
    if (!err)
        err = hmac(ret, DIGEST_LEN, scope->service, ret);
    return err ? err : hmac(ret, DIGEST_LEN, SIGN_TERMINATOR, ret);
}

int sign_request(const struct request *r, const struct sign_scope *scope, const char *secret,
                 struct arena *arena, char ret[static SIGN_HEX])
{
    unsigned char key[DIGEST_LEN];
    struct buf canonical = {0}, text = {0};
    char hash[SIGN_HEX];
    int err = sign_canonical(r, scope, arena, &canonical);

    if (!err)
        err = sign_hash(canonical.data, canonical.len, hash);
    if (!err) {
        buf_printf(&text, SIGN_ALGORITHM "\n%s\n%s/%s/%s/" SIGN_TERMINATOR "\n%s", scope->time,
                   scope->date, scope->region, scope->service, hash);
        err = text.failed ? ERR_NOMEM : signing_key(scope, secret, key);
    }
    if (!err)
        err = hmac(key, sizeof key, text.data, key);
    if (!err)
        hex(key, ret);
    OPENSSL_cleanse(key, sizeof key);
    buf_free(&canonical);
    buf_free(&text);
    return err;
}
