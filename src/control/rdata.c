/* SPDX-License-Identifier: Apache-2.0 */
/* Record values to rdata: each type is a row of field kinds, each kind a small reader.
 *
 * General libraries read master files: they take escapes as decimal, wrap numbers that are too
 * large, and allow strings without quotation marks. The service does none of this, and its users'
 * tools match its refusals. */
#include "control/rdata.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "control/rdata_priv.h"
#include "control/zone_name.h"
#include "dns/type.h"

#define WHY_CHARACTER "UnsupportedCharacter (Value contains unsupported characters)"
#define WHY_FIELDS "InvalidRecordData (Value does not have the right number of fields)"
#define WHY_NUMBER "InvalidNumber (Value contains a number that is not valid)"
#define WHY_QUOTES "InvalidCharacterString (Value should be enclosed in quotation marks)"
#define WHY_LONG "CharacterStringTooLong (Value is too long)"
#define WHY_HEX "InvalidHex (Value contains hexadecimal digits that are not valid)"
#define WHY_ADDR4 "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"
#define WHY_ADDR6 "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"
#define WHY_TAG "InvalidCAATag (Value contains a tag that is not valid)"

#define STRING_MAX 255     /* bytes of a character string (RFC 1035 3.3) */
#define TOKEN_MAX 1024     /* bytes of an unquoted token, the longest name included */
#define PRIORITY_MAX 32767 /* of SVCB and HTTPS, as the service documents it */

/* Field kinds: 4 6 addresses; n name; b w d numbers of 1, 2, 4 bytes; p priority of SVCB; s string
 * in quotation marks; S one or more of them; g tag of CAA; v its value, a string without length; x
 * hexadecimal; k parameters of SVCB. */
static const struct {
    uint16_t type;
    const char *fields;
} layouts[] = {
    {TYPE_A, "4"},       {TYPE_AAAA, "6"},    {TYPE_NS, "n"},      {TYPE_CNAME, "n"},
    {TYPE_PTR, "n"},     {TYPE_MX, "wn"},     {TYPE_SRV, "wwwn"},  {TYPE_SOA, "nnddddd"},
    {TYPE_TXT, "S"},     {TYPE_SPF, "S"},     {TYPE_CAA, "bgv"},   {TYPE_NAPTR, "wwsssn"},
    {TYPE_DS, "wbbx"},   {TYPE_SSHFP, "bbx"}, {TYPE_TLSA, "bbbx"}, {TYPE_SVCB, "pnk"},
    {TYPE_HTTPS, "pnk"},
};

int value_fail(struct value *v, const char *why)
{
    if (v->why == NULL)
        v->why = why;
    return ERR_INVALID;
}

int value_put(struct value *v, const void *data, size_t len)
{
    if (len > v->size - v->len)
        return value_fail(v, WHY_LONG);
    memcpy(v->out + v->len, data, len);
    v->len += len;
    return 0;
}

const char *value_next(struct value *v)
{
    while (*v->at == ' ' || *v->at == '\t')
        v->at++;
    return *v->at != '\0' ? v->at : NULL;
}

/* Takes the next unquoted token as a string. */
static int token_read(struct value *v, char token[TOKEN_MAX])
{
    const char *from = value_next(v);
    if (from == NULL)
        return value_fail(v, WHY_FIELDS);
    size_t n = strcspn(from, " \t");
    if (n >= TOKEN_MAX)
        return value_fail(v, WHY_LONG);
    memcpy(token, from, n);
    token[n] = '\0';
    v->at = from + n;
    return 0;
}

int value_number(struct value *v, uint32_t max, unsigned bytes)
{
    char token[TOKEN_MAX];
    int err = token_read(v, token);
    if (err != 0)
        return err;
    uint64_t n = 0;
    size_t digits = strspn(token, "0123456789");
    if (token[digits] != '\0' || digits > 10)
        return value_fail(v, WHY_NUMBER);
    for (size_t i = 0; i < digits; i++)
        n = n * 10 + (uint64_t)(token[i] - '0');
    if (n > max)
        return value_fail(v, WHY_NUMBER);
    uint8_t wire[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    return value_put(v, wire + 4 - bytes, bytes);
}

int value_name(struct value *v)
{
    char token[TOKEN_MAX];
    uint8_t wire[NAME_MAX_WIRE];
    const char *why;
    int err = token_read(v, token);
    if (err != 0)
        return err;
    int len = zone_name_parse_case(token, wire, &why);
    return len < 0 ? value_fail(v, why) : value_put(v, wire, (size_t)len);
}

static int value_addr(struct value *v, sa_family_t family)
{
    char token[TOKEN_MAX];
    struct addr a;
    int err = token_read(v, token);
    if (err != 0)
        return err;
    if (addr_parse(token, &a) != 0 || a.family != family)
        return value_fail(v, family == AF_INET ? WHY_ADDR4 : WHY_ADDR6);
    return value_put(v, a.b, addr_bits(&a) / 8);
}

static int value_hex(struct value *v)
{
    size_t n = 0;
    int high = -1;
    /* Master files allow blanks between the digits, and so do we. */
    for (; value_next(v) != NULL; v->at++) {
        if (!isxdigit((unsigned char)*v->at))
            return value_fail(v, WHY_HEX);
        int digit = isdigit((unsigned char)*v->at) ? *v->at - '0' : (*v->at | 0x20) - 'a' + 10;
        if (high < 0) {
            high = digit;
            continue;
        }
        uint8_t byte = (uint8_t)(high * 16 + digit);
        high = -1;
        if (value_put(v, &byte, 1) != 0)
            return ERR_INVALID;
        n++;
    }
    return n == 0 || high >= 0 ? value_fail(v, WHY_HEX) : 0;
}

static bool octal(char c)
{
    return c >= '0' && c <= '7';
}

/* One octet inside quotation marks: as it is, after a backslash, or \ooo. -1: not allowed. */
static int string_octet(struct value *v)
{
    unsigned char c = (unsigned char)*v->at++;
    if (c < 32 || c > 126)
        return -1;
    if (c != '\\')
        return c;
    c = (unsigned char)*v->at;
    if (!isdigit(c)) {
        if (c < 32 || c > 126)
            return -1;
        v->at++;
        return c;
    }
    const char *p = v->at;
    if (!octal(p[0]) || !octal(p[1]) || !octal(p[2]))
        return -1;
    v->at += 3;
    int n = (p[0] - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0');
    return n <= 255 ? n : -1;
}

/* A string in quotation marks, with its length before it or, for the last field of CAA, without. */
static int value_string(struct value *v, bool counted)
{
    uint8_t text[STRING_MAX + 1];
    size_t n = 0, max = counted ? STRING_MAX : SIZE_MAX;
    if (value_next(v) == NULL)
        return value_fail(v, WHY_FIELDS);
    if (*v->at++ != '"')
        return value_fail(v, WHY_QUOTES);
    for (; *v->at != '"'; n++) {
        if (*v->at == '\0')
            return value_fail(v, WHY_QUOTES);
        int c = string_octet(v);
        if (c < 0)
            return value_fail(v, WHY_CHARACTER);
        if (n == max)
            return value_fail(v, WHY_LONG);
        uint8_t byte = (uint8_t)c;
        if (counted)
            text[1 + n] = byte;
        else if (value_put(v, &byte, 1) != 0)
            return ERR_INVALID;
    }
    v->at++;
    if (*v->at != '\0' && *v->at != ' ' && *v->at != '\t')
        return value_fail(v, WHY_QUOTES);
    text[0] = (uint8_t)n;
    return counted ? value_put(v, text, n + 1) : 0;
}

static int value_strings(struct value *v)
{
    int err;
    do
        err = value_string(v, true);
    while (err == 0 && value_next(v) != NULL);
    return err;
}

/* The tag of CAA: letters and digits, its length before it (RFC 8659 4.1). */
static int value_tag(struct value *v)
{
    char token[TOKEN_MAX];
    int err = token_read(v, token);
    if (err != 0)
        return err;
    size_t n = strlen(token);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)token[i]))
            return value_fail(v, WHY_TAG);
    if (n > STRING_MAX)
        return value_fail(v, WHY_TAG);
    uint8_t len = (uint8_t)n;
    err = value_put(v, &len, 1);
    return err != 0 ? err : value_put(v, token, n);
}

static int value_field(struct value *v, char kind)
{
    switch (kind) {
    case '4':
        return value_addr(v, AF_INET);
    case '6':
        return value_addr(v, AF_INET6);
    case 'n':
        return value_name(v);
    case 'b':
        return value_number(v, UINT8_MAX, 1);
    case 'w':
        return value_number(v, UINT16_MAX, 2);
    case 'd':
        return value_number(v, UINT32_MAX, 4);
    case 'p':
        return value_number(v, PRIORITY_MAX, 2);
    case 's':
        return value_string(v, true);
    case 'S':
        return value_strings(v);
    case 'g':
        return value_tag(v);
    case 'v':
        return value_string(v, false);
    case 'x':
        return value_hex(v);
    default:
        return value_svcb_params(v);
    }
}

/* Numbers of which the service knows only some values. */
static bool numbers_known(uint16_t type, const uint8_t *rdata)
{
    if (type == TYPE_TLSA)
        return rdata[0] <= 3 && rdata[1] <= 1 && rdata[2] <= 2;
    if (type == TYPE_SSHFP)
        return rdata[0] >= 1 && rdata[0] <= 6 && rdata[0] != 5 && rdata[1] >= 1 && rdata[1] <= 2;
    return true;
}

static const char *layout_find(uint16_t type)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].type == type)
            return layouts[i].fields;
    return NULL;
}

int rdata_from_text(uint16_t type, const char *value, uint8_t *out, size_t size,
                    const char **ret_why)
{
    struct value v = {value, out, 0, size, NULL};
    const char *fields = layout_find(type);
    if (fields == NULL)
        return ERR_UNSUPPORTED;
    int err = 0;
    for (; *fields != '\0' && err == 0; fields++)
        err = value_field(&v, *fields);
    if (err == 0 && value_next(&v) != NULL)
        err = value_fail(&v, WHY_FIELDS);
    if (err == 0 && !numbers_known(type, out))
        err = value_fail(&v, WHY_NUMBER);
    if (err != 0 && ret_why != NULL)
        *ret_why = v.why;
    return err != 0 ? err : (int)v.len;
}
