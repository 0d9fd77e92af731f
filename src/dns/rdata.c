/* SPDX-License-Identifier: Apache-2.0 */
/* Rdata by layout: one walk over the letters of dns/rrtypes.def checks, another one prints. */
#include "dns/rdata.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "dns/layout.h"
#include "dns/wire.h"

int rdata_target_offset(uint16_t type)
{
    switch (type) {
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_DNAME:
    case TYPE_PTR:
        return 0;
    case TYPE_MX:
        return 2;
    case TYPE_SRV:
        return 6;
    default:
        return -1;
    }
}

/* Character-strings to the end, at least one. */
static bool strings_ok(const uint8_t *p, size_t len)
{
    size_t at = 0;

    while (at < len)
        at += p[at] + 1u;
    return len && at == len;
}

/* Windows of a type bitmap rise, and each has 1 to 32 bytes. */
static bool bitmap_ok(const uint8_t *p, size_t len)
{
    int window = -1;

    while (len >= 2 && p[0] > window && p[1] >= 1 && p[1] <= 32 && p[1] + 2u <= len) {
        window = p[0];
        len -= p[1] + 2u;
        p += p[1] + 2;
    }
    return len == 0;
}

static bool params_ok(const uint8_t *p, size_t len)
{
    int key = -1;

    while (len >= 4 && wire_u16(p) > key && wire_u16(p + 2) + 4u <= len) {
        key = wire_u16(p);
        size_t n = wire_u16(p + 2) + 4u;
        p += n;
        len -= n;
    }
    return len == 0;
}

int layout_field(char kind, const uint8_t *p, size_t len)
{
    size_t need;

    switch (kind) {
    case 'a':
        need = 4;
        break;
    case 'q':
        need = 16;
        break;
    case 's':
        need = len ? p[0] + 1u : 1;
        break;
    case 'o':
        need = len ? p[0] + 1u : 0;
        break;
    case 'c':
        need = len && p[0] ? p[0] + 1u : len + 1;
        break;
    case 'S':
        need = strings_ok(p, len) ? len : len + 1;
        break;
    case 't':
        need = bitmap_ok(p, len) ? len : len + 1;
        break;
    case 'p':
        need = params_ok(p, len) ? len : len + 1;
        break;
    case 'x':
        need = len;
        break;
    case 'X':
        need = len ? len : 1;
        break;
    default:
        need = (size_t)(kind - '0');
    }
    return need <= len ? (int)need : ERR_INVALID;
}

int rdata_check(uint16_t type, const uint8_t *rdata, size_t len)
{
    const char *layout = type_layout(type);
    size_t at = 0;

    if (!*layout)
        return 0;
    for (; *layout; layout++) {
        int n = layout_is_name(*layout) ? name_check(rdata + at, rdata + len)
                                        : layout_field(*layout, rdata + at, len - at);
        if (n < 0)
            return n;
        at += (size_t)n;
    }
    return at == len ? 0 : ERR_INVALID;
}

uint32_t rdata_soa_minimum(const uint8_t *rdata, size_t len)
{
    return rdata_check(TYPE_SOA, rdata, len) == 0 ? wire_u32(rdata + len - 4) : 0;
}

/* Text that grows in a fixed buffer; what does not fit is left out. */
struct text {
    char *buf;
    size_t size;
    size_t len;
};

static void text_char(struct text *t, char c)
{
    if (t->len + 1 < t->size)
        t->buf[t->len++] = c;
}

static void text_str(struct text *t, const char *s)
{
    while (*s)
        text_char(t, *s++);
}

static void text_number(struct text *t, uint64_t n)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    text_str(t, digits);
}

static void text_hex(struct text *t, const uint8_t *p, size_t len)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < len && t->len + 1 < t->size; i++) {
        text_char(t, hex[p[i] >> 4]);
        text_char(t, hex[p[i] & 15]);
    }
}

/* A quoted string with \" \\ and \ddd escapes (RFC 1035 5.1). */
static void text_quoted(struct text *t, const uint8_t *p, size_t len)
{
    text_char(t, '"');
    for (size_t i = 0; i < len; i++) {
        char escaped[8] = {(char)p[i]};
        if (p[i] < 0x20 || p[i] >= 0x7f)
            snprintf(escaped, sizeof(escaped), "\\%03u", p[i]);
        else if (p[i] == '"' || p[i] == '\\')
            snprintf(escaped, sizeof(escaped), "\\%c", p[i]);
        text_str(t, escaped);
    }
    text_char(t, '"');
}

/* One field other than a name; the lengths were checked. */
static void text_field(struct text *t, char kind, const uint8_t *p, size_t len)
{
    char addr[INET6_ADDRSTRLEN];
    uint64_t n = 0;

    switch (kind) {
    case 'a':
    case 'q':
        if (inet_ntop(kind == 'a' ? AF_INET : AF_INET6, p, addr, sizeof(addr)))
            text_str(t, addr);
        break;
    case 's':
        text_quoted(t, p + 1, p[0]);
        break;
    case 'S':
        for (size_t at = 0; at < len; at += p[at] + 1u) {
            if (at)
                text_char(t, ' ');
            text_quoted(t, p + at + 1, p[at]);
        }
        break;
    case 'c': /* CAA: a bare word, whose bytes RFC 8659 4.1 limits to letters and digits; others are
                 shown as '?' */
        for (size_t i = 1; i < len; i++)
            text_char(t, p[i] > 0x20 && p[i] < 0x7f ? (char)p[i] : '?');
        break;
    case 'x': /* CAA: the value */
        text_quoted(t, p, len);
        break;
    default:
        for (size_t i = 0; i < len; i++)
            n = n << 8 | p[i];
        text_number(t, n);
    }
}

/* The types that are printed field by field. Others have forms of their own (base64, times, type
 * lists) that no log needs: they are printed as RFC 3597 says. */
static bool type_has_text(uint16_t type)
{
    switch (type) {
    case TYPE_A:
    case TYPE_AAAA:
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR:
    case TYPE_DNAME:
    case TYPE_MX:
    case TYPE_SRV:
    case TYPE_TXT:
    case TYPE_SPF:
    case TYPE_SOA:
    case TYPE_CAA:
        return true;
    default:
        return false;
    }
}

const char *rdata_format(uint16_t type, const uint8_t *rdata, size_t len, char *buf, size_t size)
{
    struct text t = {.buf = buf, .size = size};
    char name[NAME_MAX_TEXT];

    if (!size)
        return buf;
    if (!type_has_text(type) || rdata_check(type, rdata, len) < 0) {
        text_str(&t, "\\# ");
        text_number(&t, len);
        text_str(&t, len ? " " : "");
        text_hex(&t, rdata, len);
    } else {
        for (const char *layout = type_layout(type); *layout; layout++) {
            size_t n = len;
            if (layout_is_name(*layout)) {
                n = name_len(rdata);
                text_str(&t, name_format(rdata, name, sizeof(name)));
            } else {
                n = (size_t)layout_field(*layout, rdata, len);
                text_field(&t, *layout, rdata, n);
            }
            rdata += n;
            len -= n;
            text_str(&t, layout[1] ? " " : "");
        }
    }
    buf[t.len] = '\0';
    return buf;
}
