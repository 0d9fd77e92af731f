/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs and percent coding. Decoded text is checked to be UTF-8 here, at the door, because JSON
 * trees (and so everything behind) can hold nothing else. */
#include "api/request.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/limits.h"

int pairs_add(struct pairs *list, struct arena *arena, const char *name, const char *value)
{
    if (list->n == list->cap) {
        size_t cap = list->cap > 0 ? list->cap * 2 : 16;
        struct pair *v = arena_zalloc(arena, cap, sizeof *v);

        if (!v)
            return ERR_NOMEM;
        if (list->n > 0)
            memcpy(v, list->v, list->n * sizeof *v);
        list->v = v;
        list->cap = cap;
    }
    list->v[list->n++] = (struct pair){name, value};
    return 0;
}

const char *pairs_get(const struct pairs *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i].name, name) == 0)
            return list->v[i].value;
    return NULL;
}

const char *request_header(const struct request *r, const char *name)
{
    for (size_t i = 0; i < r->headers.n; i++)
        if (strcasecmp(r->headers.v[i].name, name) == 0)
            return r->headers.v[i].value;
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Bytes of the sequence that begins here, 0 if it is none (RFC 3629: no overlong forms, no
 * surrogates). */
static size_t utf8_sequence(const unsigned char *s, size_t len)
{
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xc2 ? 0
               : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3
               : s[0] < 0xf5 ? 4
                             : 0;

    if (n == 0 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

bool utf8_valid(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;

    while (len > 0) {
        size_t n = s[0] == 0 ? 0 : utf8_sequence(s, len);

        if (n == 0)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

char *percent_decode(const char *text, size_t len, bool form, struct arena *arena)
{
    char *out = arena_alloc(arena, len + 1);
    size_t n = 0;

    if (!out)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%') {
            int hi = len - i < 3 ? -1 : hex_digit(text[i + 1]);
            int lo = len - i < 3 ? -1 : hex_digit(text[i + 2]);

            if (hi < 0 || lo < 0)
                return NULL;
            out[n++] = (char)(hi * 16 + lo);
            i += 2;
        } else {
            out[n++] = form && text[i] == '+' ? ' ' : text[i];
        }
    }
    out[n] = 0;
    return utf8_valid(out, n) ? out : NULL;
}

void percent_encode(struct buf *out, const char *text, size_t len, bool slash)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~' || (c == '/' && slash)) {
            buf_add(out, &text[i], 1);
        } else {
            char escape[3] = {'%', hex[c >> 4], hex[c & 15]};

            buf_add(out, escape, sizeof escape);
        }
    }
}

int form_parse(const char *text, size_t len, struct arena *arena, struct pairs *ret)
{
    const char *end = text + len;
    struct pairs list = {0};

    while (text < end) {
        const char *amp = memchr(text, '&', (size_t)(end - text));
        const char *stop = amp ? amp : end;
        const char *eq = memchr(text, '=', (size_t)(stop - text));
        const char *name_end = eq ? eq : stop;

        if (stop > text) {
            char *name = percent_decode(text, (size_t)(name_end - text), true, arena);
            const char *value =
                eq ? percent_decode(eq + 1, (size_t)(stop - eq - 1), true, arena) : "";

            if (!name || !value)
                return arena->overflow ? ERR_NOMEM : ERR_INVALID;
            if (list.n >= LIMIT_FORM_PAIRS)
                return ERR_RANGE;
            if (pairs_add(&list, arena, name, value) != 0)
                return ERR_NOMEM;
        }
        text = amp ? amp + 1 : end;
    }
    *ret = list;
    return 0;
}
