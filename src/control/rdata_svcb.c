/* SPDX-License-Identifier: Apache-2.0 */
/* Service parameters of SVCB and HTTPS (RFC 9460 2.1, 2.2 and appendix A): the keys that the
 * service knows, given in any order, written in the order of their numbers. */
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/addr.h"
#include "base/error.h"
#include "control/rdata_priv.h"

#define WHY_KEY "InvalidSvcParamKey (Value contains a parameter that is not supported)"
#define WHY_VALUE "InvalidSvcParamValue (Value contains a parameter value that is not valid)"
#define WHY_TWICE "DuplicateSvcParamKey (Value contains a parameter more than once)"
#define WHY_ALIAS "InvalidSvcParams (Alias form must not have parameters)"
#define WHY_ALPN "InvalidSvcParams (no-default-alpn needs alpn)"

#define VALUE_MAX 1024 /* bytes of one parameter's value */

/* Numbers of the registry "DNS SVCB Service Parameter Keys". */
enum key {
    KEY_ALPN = 1,
    KEY_NO_ALPN,
    KEY_PORT,
    KEY_IPV4,
    KEY_ECH,
    KEY_IPV6,
    KEY_PATH,
    KEY_OHTTP,
    KEYS_N
};

static const char *const key_names[KEYS_N] = {
    [KEY_ALPN] = "alpn",    [KEY_NO_ALPN] = "no-default-alpn",
    [KEY_PORT] = "port",    [KEY_IPV4] = "ipv4hint",
    [KEY_ECH] = "ech",      [KEY_IPV6] = "ipv6hint",
    [KEY_PATH] = "dohpath", [KEY_OHTTP] = "ohttp",
};

/* The parameters as found: values are texts without their quotation marks. */
struct params {
    bool given[KEYS_N];
    bool valued[KEYS_N];
    char values[KEYS_N][VALUE_MAX];
};

/* Reads the value behind '=' at v->at, in quotation marks or not, and moves behind it. */
static int param_value(struct value *v, char *out)
{
    bool quoted = *v->at == '"';
    const char *from = v->at + quoted;
    size_t n = strcspn(from, quoted ? "\"" : " \t\"");
    if (quoted != (from[n] == '"') || n >= VALUE_MAX || n == 0 || memchr(from, '\\', n) != NULL)
        return value_fail(v, WHY_VALUE);
    for (size_t i = 0; i < n; i++)
        if (from[i] < 32 || from[i] > 126)
            return value_fail(v, WHY_VALUE);
    memcpy(out, from, n);
    out[n] = '\0';
    v->at = from + n + quoted;
    return *v->at == '\0' || *v->at == ' ' || *v->at == '\t' ? 0 : value_fail(v, WHY_VALUE);
}

static int param_read(struct value *v, struct params *p)
{
    const char *from = value_next(v);
    size_t n = strcspn(from, "= \t");
    int key = 1;
    while (key < KEYS_N && (strlen(key_names[key]) != n || strncmp(from, key_names[key], n) != 0))
        key++;
    if (key == KEYS_N)
        return value_fail(v, WHY_KEY);
    if (p->given[key])
        return value_fail(v, WHY_TWICE);
    p->given[key] = true;
    v->at = from + n;
    if (*v->at != '=')
        return 0;
    v->at++;
    p->valued[key] = true;
    return param_value(v, p->values[key]);
}

/* Appends the items of a comma-separated list with `put`. */
static int list_put(struct value *v, char *list, int (*put)(struct value *v, const char *item))
{
    int err = 0;
    for (char *comma = list; comma != NULL && err == 0;) {
        char *item = comma;
        comma = strchr(item, ',');
        if (comma != NULL)
            *comma++ = '\0';
        err = *item != '\0' ? put(v, item) : value_fail(v, WHY_VALUE);
    }
    return err;
}

static int alpn_put(struct value *v, const char *item)
{
    size_t n = strlen(item);
    uint8_t len = (uint8_t)n;
    if (n > UINT8_MAX)
        return value_fail(v, WHY_VALUE);
    int err = value_put(v, &len, 1);
    return err != 0 ? err : value_put(v, item, n);
}

static int hint_put(struct value *v, const char *item, sa_family_t family)
{
    struct addr a;
    if (addr_parse(item, &a) != 0 || a.family != family)
        return value_fail(v, WHY_VALUE);
    return value_put(v, a.b, addr_bits(&a) / 8);
}

static int ipv4_put(struct value *v, const char *item)
{
    return hint_put(v, item, AF_INET);
}

static int ipv6_put(struct value *v, const char *item)
{
    return hint_put(v, item, AF_INET6);
}

static int port_put(struct value *v, const char *text)
{
    struct value number = {text, v->out, v->len, v->size, NULL};
    if (value_number(&number, UINT16_MAX, 2) != 0 || value_next(&number) != NULL)
        return value_fail(v, WHY_VALUE);
    v->len = number.len;
    return 0;
}

/* An ECHConfigList in base64 (RFC 9460 7.3 leaves it opaque). */
static int ech_put(struct value *v, const char *text)
{
    uint8_t bytes[VALUE_MAX];
    size_t n = strlen(text);
    int len = n % 4 == 0 ? EVP_DecodeBlock(bytes, (const uint8_t *)text, (int)n) : -1;
    if (len < 0)
        return value_fail(v, WHY_VALUE);
    for (size_t i = n; i > 0 && text[i - 1] == '=' && n - i < 2; i--)
        len--; /* the decoder counts the padding as bytes */
    return value_put(v, bytes, (size_t)len);
}

/* A URI template with the variable "dns", relative to the origin (RFC 9461 5). */
static int path_put(struct value *v, const char *text)
{
    if (text[0] != '/' || strstr(text, "{?dns") == NULL)
        return value_fail(v, WHY_VALUE);
    return value_put(v, text, strlen(text));
}

static int param_put(struct value *v, enum key key, char *text)
{
    switch (key) {
    case KEY_ALPN:
        return list_put(v, text, alpn_put);
    case KEY_PORT:
        return port_put(v, text);
    case KEY_IPV4:
        return list_put(v, text, ipv4_put);
    case KEY_IPV6:
        return list_put(v, text, ipv6_put);
    case KEY_ECH:
        return ech_put(v, text);
    case KEY_PATH:
        return path_put(v, text);
    case KEY_NO_ALPN:
    case KEY_OHTTP:
    case KEYS_N:
        break;
    }
    return 0;
}

/* Appends number, length and value of one parameter. */
static int param_write(struct value *v, struct params *p, enum key key)
{
    bool wanted = key != KEY_NO_ALPN && key != KEY_OHTTP;
    if (p->valued[key] != wanted)
        return value_fail(v, WHY_VALUE);
    uint8_t head[4] = {0, (uint8_t)key, 0, 0};
    size_t at = v->len;
    int err = value_put(v, head, sizeof head);
    if (err == 0)
        err = param_put(v, key, p->values[key]);
    if (err == 0) {
        size_t len = v->len - at - sizeof head;
        v->out[at + 2] = (uint8_t)(len >> 8);
        v->out[at + 3] = (uint8_t)len;
    }
    return err;
}

int value_svcb_params(struct value *v)
{
    struct params p = {0};
    int err = 0;
    bool any = false, alias = v->out[0] == 0 && v->out[1] == 0;
    while (err == 0 && value_next(v) != NULL) {
        any = true;
        err = param_read(v, &p);
    }
    if (err == 0 && any && alias)
        err = value_fail(v, WHY_ALIAS);
    if (err == 0 && p.given[KEY_NO_ALPN] && !p.given[KEY_ALPN])
        err = value_fail(v, WHY_ALPN);
    for (int key = 1; key < KEYS_N && err == 0; key++)
        if (p.given[key])
            err = param_write(v, &p, (enum key)key);
    return err;
}
