/* SPDX-License-Identifier: Apache-2.0 */
/* Names. Two facts carry the fast paths: a length byte is at most 63 and so never an upper-case
 * letter, hence a whole name can be lowered or compared without looking at labels; and a name's
 * length is known after one hop per label, so eight bytes at a time are safe. */
#include "dns/name.h"

#include <string.h>

#include "base/error.h"

#define EACH_BYTE 0x0101010101010101ull

/* Eight bytes with ASCII upper case made lower case. */
static inline uint64_t lower8(uint64_t w)
{
    uint64_t seven = w & 0x7f * EACH_BYTE;
    uint64_t from_a = seven + (0x80 - 'A') * EACH_BYTE;     /* bit 7: byte >= 'A' */
    uint64_t past_z = seven + (0x80 - 'Z' - 1) * EACH_BYTE; /* bit 7: byte > 'Z' */
    uint64_t upper = from_a & ~past_z & ~w & 0x80 * EACH_BYTE;

    return w | upper >> 2;
}

static inline uint8_t lower1(uint8_t c)
{
    return (uint8_t)(c | ((uint8_t)(c - 'A') < 26) << 5);
}

static inline uint64_t load8(const uint8_t *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

/* True if `len` bytes are equal but for the case of letters. */
static bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t i = 0;

    if (len < 8) {
        while (i < len && lower1(a[i]) == lower1(b[i]))
            i++;
        return i == len;
    }
    for (; i + 8 < len; i += 8) {
        if (lower8(load8(a + i)) != lower8(load8(b + i)))
            return false;
    }
    /* The last eight bytes may overlap those before. */
    return lower8(load8(a + len - 8)) == lower8(load8(b + len - 8));
}

size_t name_len(const uint8_t *name)
{
    const uint8_t *p = name;

    while (*p)
        p += *p + 1;
    return (size_t)(p - name) + 1;
}

unsigned name_labels(const uint8_t *name)
{
    unsigned n = 0;

    for (; *name; name += *name + 1)
        n++;
    return n;
}

int name_check(const uint8_t *wire, const uint8_t *end)
{
    size_t room = (size_t)(end - wire), at = 0;

    if (room > NAME_MAX_WIRE)
        room = NAME_MAX_WIRE;
    while (at < room && wire[at] <= NAME_MAX_LABEL) {
        if (wire[at] == 0)
            return (int)at + 1;
        at += wire[at] + 1u;
    }
    return ERR_INVALID;
}

int name_decompress(const uint8_t *msg, size_t len, size_t at, uint8_t *out, size_t *ret_len)
{
    size_t start = at; /* of the labels being read: the next pointer must lead before it */
    size_t n = 0;      /* bytes written */
    int consumed = 0;  /* 0 until a pointer was met */
    size_t first = at;

    while (at < len) {
        unsigned c = msg[at];
        if (c <= NAME_MAX_LABEL) {
            if (c >= len - at || n + c + 1 + (c ? 1 : 0) > NAME_MAX_WIRE)
                return ERR_INVALID;
            memcpy(out + n, msg + at, c + 1);
            n += c + 1;
            at += c + 1;
            if (c)
                continue;
            if (ret_len)
                *ret_len = n;
            return consumed ? consumed : (int)(at - first);
        }
        if (c < 0xc0 || len - at < 2)
            return ERR_INVALID;
        size_t target = (c & 0x3f) << 8 | msg[at + 1];
        if (target >= start)
            return ERR_INVALID;
        if (!consumed)
            consumed = (int)(at + 2 - first);
        at = start = target;
    }
    return ERR_INVALID;
}

size_t name_copy(uint8_t *out, const uint8_t *name)
{
    size_t len = name_len(name);

    memcpy(out, name, len);
    return len;
}

size_t name_canon(uint8_t *out, const uint8_t *name)
{
    size_t len = name_len(name), i = 0;

    for (; i + 8 <= len; i += 8) {
        uint64_t w = lower8(load8(name + i));
        memcpy(out + i, &w, 8);
    }
    for (; i < len; i++)
        out[i] = lower1(name[i]);
    return len;
}

bool name_equal(const uint8_t *a, const uint8_t *b)
{
    size_t len = name_len(a);

    return name_len(b) == len && bytes_equal(a, b, len);
}

bool name_within(const uint8_t *name, const uint8_t *zone)
{
    size_t len = name_len(zone), left = name_len(name);

    while (left > len) {
        left -= *name + 1u;
        name += *name + 1;
    }
    return left == len && bytes_equal(name, zone, len);
}

const uint8_t *name_parent(const uint8_t *name, unsigned n)
{
    while (n--)
        name += *name + 1;
    return name;
}

/* Canonical order of two labels: as byte strings in lower case, the shorter first. */
static int label_compare(const uint8_t *a, const uint8_t *b)
{
    unsigned min = *a < *b ? *a : *b;

    for (unsigned i = 1; i <= min; i++) {
        int d = lower1(a[i]) - lower1(b[i]);
        if (d)
            return d;
    }
    return *a - *b;
}

/* Fills at[] with the offsets of the labels; returns their number. */
static unsigned label_offsets(const uint8_t *name, uint8_t at[NAME_MAX_LABELS])
{
    unsigned n = 0;

    for (const uint8_t *p = name; *p; p += *p + 1)
        at[n++] = (uint8_t)(p - name);
    return n;
}

int name_compare(const uint8_t *a, const uint8_t *b)
{
    uint8_t at_a[NAME_MAX_LABELS], at_b[NAME_MAX_LABELS];
    unsigned na = label_offsets(a, at_a), nb = label_offsets(b, at_b);

    while (na && nb) {
        int d = label_compare(a + at_a[--na], b + at_b[--nb]);
        if (d)
            return d;
    }
    return (int)na - (int)nb;
}

/* Reads one character, escaped or not, and moves on. Returns its value, or ERR_INVALID. */
static int text_char(const char **text)
{
    const uint8_t *p = (const uint8_t *)*text;

    if (*p != '\\') {
        *text += 1;
        return *p;
    }
    if (p[1] < '0' || p[1] > '9') {
        *text += 2;
        return p[1] ? p[1] : ERR_INVALID;
    }
    if (p[2] < '0' || p[2] > '9' || p[3] < '0' || p[3] > '9')
        return ERR_INVALID;
    int c = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
    *text += 4;
    return c <= 255 ? c : ERR_INVALID;
}

int name_parse(const char *text, uint8_t *out)
{
    uint8_t name[NAME_MAX_WIRE];
    size_t label = 0, n = 1; /* offset of the open label's length byte; of the next byte */

    if (!*text)
        return ERR_INVALID;
    if (!strcmp(text, "."))
        text++;
    while (*text) {
        if (*text == '.') {
            if (n - label == 1)
                return ERR_INVALID;
            name[label] = (uint8_t)(n - label - 1);
            label = n++;
            text++;
        } else {
            int c = text_char(&text);
            if (c < 0 || n - label > NAME_MAX_LABEL || n >= NAME_MAX_WIRE)
                return ERR_INVALID;
            name[n++] = (uint8_t)c;
        }
    }
    /* The open label is empty when the text ended with a dot: it is the root. */
    if (n - label > 1) {
        name[label] = (uint8_t)(n - label - 1);
        label = n++;
    }
    if (n > NAME_MAX_WIRE)
        return ERR_INVALID;
    name[label] = 0;
    memcpy(out, name, n);
    return (int)n;
}

/* Writes one byte of a label; returns the characters written, at most 4. */
static size_t format_char(uint8_t c, char *out)
{
    if (c <= 0x20 || c >= 0x7f) {
        out[0] = '\\';
        out[1] = (char)('0' + c / 100);
        out[2] = (char)('0' + c / 10 % 10);
        out[3] = (char)('0' + c % 10);
        return 4;
    }
    if (strchr(".\\\"();@$", c)) {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    out[0] = (char)c;
    return 1;
}

const char *name_format(const uint8_t *name, char *buf, size_t size)
{
    size_t n = 0;

    if (!size)
        return buf;
    do {
        for (unsigned i = 1; i <= *name && n + 4 < size; i++)
            n += format_char(name[i], buf + n);
        if (n + 1 < size)
            buf[n++] = '.';
        name += *name ? *name + 1 : 0;
    } while (*name);
    buf[n] = '\0';
    return buf;
}

int name_concat(const uint8_t *prefix, unsigned prefix_labels, const uint8_t *suffix, uint8_t *out)
{
    size_t head = (size_t)(name_parent(prefix, prefix_labels) - prefix);
    size_t tail = name_len(suffix);

    if (head + tail > NAME_MAX_WIRE)
        return ERR_RANGE;
    memmove(out + head, suffix, tail);
    memmove(out, prefix, head);
    return (int)(head + tail);
}
