/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that every service makes alike: ids, times, ARNs, trace ids and page tokens. */
#include "control/ctl_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/rand.h"

#define ID_DIGITS_MAX 64
#define TOKEN_CHECK 4 /* bytes of the check value before the key */

char *ctl_new_id(struct ctl *c, const char *prefix, unsigned digits)
{
    char hex[ID_DIGITS_MAX + 1];
    must(digits <= ID_DIGITS_MAX);
    rnd_hex(hex, digits);
    return arena_printf(c->arena, "%s%s", prefix, hex);
}

char *ctl_time(struct ctl *c, int digits)
{
    char text[CLOCK_TEXT_MAX];
    return arena_str(c->arena, clock_format(c->now_ns, digits, text, sizeof text));
}

char *ctl_arn(struct ctl *c, const char *service, const char *resource_fmt, ...)
{
    char resource[512];
    va_list ap;
    va_start(ap, resource_fmt);
    int len = vsnprintf(resource, sizeof resource, resource_fmt, ap);
    va_end(ap);
    if (!should(len >= 0 && (size_t)len < sizeof resource))
        return NULL;
    return arena_printf(c->arena, "arn:aws:%s:%s:%s:%s", service, c->region, c->account, resource);
}

char *ctl_trace_id(struct ctl *c)
{
    char hex[25];
    rnd_hex(hex, 24);
    return arena_printf(c->arena, "1-%08x-%s", (unsigned)(c->now_ns / NS_PER_S), hex);
}

char *ctl_trace_text(struct ctl *c, const char *text)
{
    char *id = ctl_trace_id(c);
    return id ? arena_printf(c->arena, "[Trace id: %s] %s", id, text) : NULL;
}

/* The check value of a token: which operation it belongs to, and that it was not typed by hand. No
 * secret: a forged token can only start a listing of the forger's own objects elsewhere. */
static void token_check(const char *what, const char *key, uint8_t out[TOKEN_CHECK])
{
    static const uint64_t tweak[2] = {0x627269646765ull, 0x35332d746f6b656eull};
    uint64_t k[2] = {tweak[0], hash_sip(tweak, what, strlen(what))};
    uint64_t h = hash_sip(k, key, strlen(key));
    for (int i = 0; i < TOKEN_CHECK; i++)
        out[i] = (uint8_t)(h >> (8 * i));
}

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *ctl_token(struct ctl *c, const char *what, const char *key)
{
    size_t n = TOKEN_CHECK + strlen(key);
    uint8_t *in = arena_zalloc(c->arena, 1, n + 2); /* the last group may read two bytes too far */
    char *out = arena_alloc(c->arena, (n + 2) / 3 * 4 + 1);
    if (in == NULL || out == NULL)
        return NULL;
    token_check(what, key, in);
    memcpy(in + TOKEN_CHECK, key, n - TOKEN_CHECK);
    size_t at = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t group = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
        size_t digits = n - i >= 3 ? 4 : n - i + 1;
        for (size_t d = 0; d < digits; d++)
            out[at++] = base64url[group >> (18 - 6 * d) & 63];
    }
    out[at] = '\0';
    return out;
}

/* Decodes into the arena; NULL when it is not base64url of some text. */
static const char *token_decode(struct ctl *c, const char *token, size_t *ret_len)
{
    size_t n = strlen(token), len = 0;
    uint32_t group = 0;
    char *out = n % 4 == 1 ? NULL : arena_zalloc(c->arena, 1, n + 1);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *digit = strchr(base64url, token[i]);
        if (digit == NULL)
            return NULL;
        group = group << 6 | (uint32_t)(digit - base64url);
        if (i % 4 != 0)
            out[len++] = (char)(group >> (6 - 2 * (i % 4)));
    }
    *ret_len = len;
    return out;
}

int ctl_token_read(struct ctl *c, const char *what, const char *token, const char **ret_key)
{
    size_t len = 0;
    const char *text = token_decode(c, token, &len);
    if (text == NULL || len < TOKEN_CHECK || strlen(text + TOKEN_CHECK) != len - TOKEN_CHECK)
        return ERR_INVALID;
    uint8_t check[TOKEN_CHECK];
    token_check(what, text + TOKEN_CHECK, check);
    if (memcmp(check, text, TOKEN_CHECK) != 0)
        return ERR_INVALID;
    *ret_key = text + TOKEN_CHECK;
    return 0;
}
