/* SPDX-License-Identifier: Apache-2.0 */
/* Route 53's spelling of names, to and from wire form. */
#include "control/zone_name.h"

#include <stdbool.h>

#include "base/check.h"
#include "base/error.h"

static bool octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Reads one octet of a label at *at, which is not a dot, and moves behind it. -1: not allowed
 * there. */
static int octet_read(const char **at)
{
    const char *p = *at;
    if (*p != '\\') {
        *at = p + 1;
        return (unsigned char)*p > 32 && (unsigned char)*p < 127 ? *p : -1;
    }
    if (!octal(p[1]) || !octal(p[2]) || !octal(p[3]))
        return -1;
    int value = (p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0');
    *at = p + 4;
    return value <= 255 ? value : -1;
}

/* Reads one label at *at into out (length byte first, `room` bytes); stops at a dot or the end.
 * Returns the bytes written, or 0 with the reason. */
static size_t label_read(const char **at, uint8_t *out, size_t room, const char **ret_why)
{
    size_t n = 0;
    while (**at != '\0' && **at != '.') {
        int c = octet_read(at);
        if (c < 0) {
            *ret_why = "UnsupportedCharacter (Value contains unsupported characters)";
            return 0;
        }
        if (n == NAME_MAX_LABEL) {
            *ret_why = "DomainLabelTooLong (Domain label is too long)";
            return 0;
        }
        if (n + 2 > room) {
            *ret_why = "DomainNameTooLong (Domain name is too long)";
            return 0;
        }
        out[1 + n++] = (uint8_t)c;
    }
    if (n == 0) {
        *ret_why = "DomainLabelEmpty (Domain label is empty)";
        return 0;
    }
    out[0] = (uint8_t)n;
    return n + 1;
}

int zone_name_parse_case(const char *text, uint8_t *out, const char **ret_why)
{
    const char *at = text, *why = NULL;
    size_t len = 0;
    if (at[0] == '.' && at[1] == '\0')
        at++;
    else
        do {
            /* One byte stays free for the root. */
            size_t n = label_read(&at, out + len, NAME_MAX_WIRE - 1 - len, &why);
            if (n == 0) {
                if (ret_why != NULL)
                    *ret_why = why;
                return ERR_INVALID;
            }
            len += n;
            if (*at == '.')
                at++;
        } while (*at != '\0');
    out[len] = 0;
    return (int)len + 1;
}

int zone_name_parse(const char *text, uint8_t *out, const char **ret_why)
{
    int len = zone_name_parse_case(text, out, ret_why);
    if (len > 0)
        name_canon(out, out);
    return len;
}

const char *zone_name_format(const uint8_t *name, char *buf, size_t size)
{
    must(size >= ZONE_NAME_TEXT);
    char *to = buf;
    for (const uint8_t *label = name; *label != 0; label += *label + 1) {
        for (size_t i = 1; i <= *label; i++) {
            unsigned c = label[i];
            if (c >= 'A' && c <= 'Z')
                c += 'a' - 'A';
            if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
                *to++ = (char)c;
                continue;
            }
            *to++ = '\\';
            for (int shift = 6; shift >= 0; shift -= 3)
                *to++ = (char)('0' + (c >> shift & 7));
        }
        *to++ = '.';
    }
    if (to == buf)
        *to++ = '.';
    *to = '\0';
    return buf;
}

int zone_name_normal(const char *text, char *buf, size_t size, const char **ret_why)
{
    uint8_t wire[NAME_MAX_WIRE];
    int len = zone_name_parse(text, wire, ret_why);
    if (len < 0)
        return len;
    zone_name_format(wire, buf, size);
    return 0;
}
