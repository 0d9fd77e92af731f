/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: text and socket forms, and arithmetic on prefixes. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

int addr_parse(const char *text, struct addr *ret)
{
    struct addr a = {0};

    a.family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(a.family, text, a.b) != 1)
        return ERR_INVALID;
    *ret = a;
    return 0;
}

const char *addr_format(const struct addr *a, char *buf, size_t size)
{
    if (!size)
        return buf;
    if (!addr_bits(a))
        snprintf(buf, size, "none");
    else if (!inet_ntop(a->family, a->b, buf, (socklen_t)size))
        buf[0] = '\0';
    return buf;
}

/* A decimal number of at most five digits that ends the text; no sign, space or leading zero. */
static int number_parse(const char *text, unsigned max, unsigned *ret)
{
    size_t digits = strspn(text, "0123456789");
    unsigned n = 0;

    if (!digits || text[digits] || (digits > 1 && text[0] == '0'))
        return ERR_INVALID;
    if (digits > 5)
        return ERR_RANGE;
    for (; *text; text++)
        n = n * 10 + (unsigned)(*text - '0');
    if (n > max)
        return ERR_RANGE;
    *ret = n;
    return 0;
}

/* Parses the address in text[0, len). */
static int addr_parse_part(const char *text, size_t len, struct addr *ret)
{
    char part[ADDR_TEXT_MAX];

    if (len >= sizeof(part))
        return ERR_INVALID;
    memcpy(part, text, len);
    part[len] = '\0';
    return addr_parse(part, ret);
}

int prefix_parse(const char *text, struct prefix *ret)
{
    const char *slash = strchr(text, '/');
    struct addr addr;
    unsigned bits;

    if (!slash || addr_parse_part(text, (size_t)(slash - text), &addr) < 0)
        return ERR_INVALID;
    int err = number_parse(slash + 1, addr_bits(&addr), &bits);
    if (err < 0)
        return err;
    *ret = (struct prefix){.addr = addr, .bits = (uint8_t)bits};
    return 0;
}

const char *prefix_format(const struct prefix *p, char *buf, size_t size)
{
    char text[ADDR_TEXT_MAX];

    snprintf(buf, size, "%s/%u", addr_format(&p->addr, text, sizeof(text)), p->bits);
    return buf;
}

void prefix_mask(struct prefix *p)
{
    unsigned whole = p->bits / 8;

    if (whole >= sizeof(p->addr.b))
        return;
    p->addr.b[whole] &= (uint8_t)(0xff00u >> p->bits % 8);
    memset(p->addr.b + whole + 1, 0, sizeof(p->addr.b) - whole - 1);
}

/* True if the first `bits` bits are equal. */
static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8;

    if (memcmp(a, b, whole) != 0)
        return false;
    return bits % 8 == 0 || ((a[whole] ^ b[whole]) & (0xff00u >> bits % 8) & 0xff) == 0;
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
    return p->addr.family == a->family && addr_bits(a) && bits_equal(p->addr.b, a->b, p->bits);
}

bool prefix_overlaps(const struct prefix *p, const struct prefix *q)
{
    return prefix_contains(p->bits < q->bits ? p : q, p->bits < q->bits ? &q->addr : &p->addr);
}

int prefix_subnet(const struct prefix *p, unsigned bits, uint32_t i, struct prefix *ret)
{
    struct prefix sub = *p;

    if (bits < p->bits || bits > addr_bits(&p->addr))
        return ERR_RANGE;
    if (bits - p->bits < 32 && i >> (bits - p->bits))
        return ERR_RANGE;
    prefix_mask(&sub);
    for (unsigned at = bits; i; i >>= 1) {
        at--;
        if (i & 1)
            sub.addr.b[at / 8] |= (uint8_t)(0x80u >> at % 8);
    }
    sub.bits = (uint8_t)bits;
    *ret = sub;
    return 0;
}

struct addr addr_add(const struct addr *a, uint64_t n)
{
    struct addr sum = *a;

    for (unsigned i = addr_bits(a) / 8; i > 0; i--) {
        uint64_t v = sum.b[i - 1] + (n & 0xff);
        sum.b[i - 1] = (uint8_t)v;
        n = (n >> 8) + (v >> 8);
    }
    return sum;
}

socklen_t sockname_to_sa(const struct sockname *s, struct sockaddr_storage *ret)
{
    struct sockaddr_in *in = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

    if (s->addr.family == AF_INET) {
        *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(s->port)};
        memcpy(&in->sin_addr, s->addr.b, 4);
        return sizeof(*in);
    }
    if (s->addr.family == AF_INET6) {
        *in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(s->port)};
        memcpy(&in6->sin6_addr, s->addr.b, 16);
        return sizeof(*in6);
    }
    return 0;
}

int sockname_from_sa(const struct sockaddr *sa, struct sockname *ret)
{
    struct sockname s = {.addr.family = (uint8_t)sa->sa_family};

    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
        memcpy(s.addr.b, &in->sin_addr, 4);
        s.port = ntohs(in->sin_port);
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
        if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
            s.addr.family = AF_INET;
            memcpy(s.addr.b, in6->sin6_addr.s6_addr + 12, 4);
        } else {
            memcpy(s.addr.b, &in6->sin6_addr, 16);
        }
        s.port = ntohs(in6->sin6_port);
    } else {
        return ERR_INVALID;
    }
    *ret = s;
    return 0;
}

int sockname_parse(const char *text, uint16_t port_default, struct sockname *ret)
{
    struct sockname s = {.port = port_default};
    const char *port = NULL;
    const char *colon = strchr(text, ':');
    int err;

    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        if (!end || (end[1] && end[1] != ':') || !memchr(text, ':', (size_t)(end - text)))
            return ERR_INVALID;
        port = end[1] ? end + 2 : NULL;
        err = addr_parse_part(text + 1, (size_t)(end - text) - 1, &s.addr);
    } else if (colon && !strchr(colon + 1, ':')) {
        port = colon + 1;
        err = addr_parse_part(text, (size_t)(colon - text), &s.addr);
    } else {
        err = addr_parse(text, &s.addr);
    }
    unsigned n = port_default;
    if (err == 0 && port)
        err = number_parse(port, UINT16_MAX, &n);
    if (err < 0)
        return err;
    s.port = (uint16_t)n;
    *ret = s;
    return 0;
}

const char *sockname_format(const struct sockname *s, char *buf, size_t size)
{
    char text[ADDR_TEXT_MAX];

    addr_format(&s->addr, text, sizeof(text));
    snprintf(buf, size, s->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, s->port);
    return buf;
}
