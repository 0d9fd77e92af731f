/* SPDX-License-Identifier: Apache-2.0 */
/* Reverse names and addresses within addresses. */
#include "dns/addrname.h"

#include <string.h>

#include "base/error.h"

static const uint8_t v4_suffix[] = "\7in-addr\4arpa";
static const uint8_t v6_suffix[] = "\3ip6\4arpa";

#define NIBBLES 32 /* of an IPv6 address */

/* Writes the label of one octet in decimal; returns its bytes. */
static size_t octet_label(uint8_t octet, uint8_t *out)
{
    size_t n = 1;

    if (octet >= 100)
        out[n++] = (uint8_t)('0' + octet / 100);
    if (octet >= 10)
        out[n++] = (uint8_t)('0' + octet / 10 % 10);
    out[n++] = (uint8_t)('0' + octet % 10);
    out[0] = (uint8_t)(n - 1);
    return n;
}

static uint8_t nibble_get(const struct addr *a, unsigned i)
{
    return i % 2 ? a->b[i / 2] & 15 : a->b[i / 2] >> 4;
}

/* Writes the name of the first `units` octets (IPv4) or nibbles (IPv6). */
static size_t reverse_name(const struct addr *a, unsigned units, uint8_t *out)
{
    static const uint8_t hex[] = "0123456789abcdef";
    bool v4 = a->family == AF_INET;
    size_t n = 0;

    while (units--) {
        if (v4) {
            n += octet_label(a->b[units], out + n);
        } else {
            out[n++] = 1;
            out[n++] = hex[nibble_get(a, units)];
        }
    }
    /* The literal's NUL is the root label. */
    size_t tail = v4 ? sizeof(v4_suffix) : sizeof(v6_suffix);
    memcpy(out + n, v4 ? v4_suffix : v6_suffix, tail);
    return n + tail;
}

size_t addrname_reverse(const struct addr *a, uint8_t *out)
{
    return reverse_name(a, a->family == AF_INET ? 4 : NIBBLES, out);
}

/* Reads a label of one to three digits without leading zeros, 0 to 255. */
static int octet_read(const uint8_t *label, uint8_t *ret)
{
    unsigned n = 0;

    if (label[0] < 1 || label[0] > 3 || (label[0] > 1 && label[1] == '0'))
        return ERR_INVALID;
    for (unsigned i = 1; i <= label[0]; i++) {
        if (label[i] < '0' || label[i] > '9')
            return ERR_INVALID;
        n = n * 10 + (unsigned)(label[i] - '0');
    }
    if (n > 255)
        return ERR_INVALID;
    *ret = (uint8_t)n;
    return 0;
}

/* Reads a label of one hexadecimal digit, any case. */
static int nibble_read(const uint8_t *label, uint8_t *ret)
{
    uint8_t c = label[1] | 0x20;

    if (label[0] != 1)
        return ERR_INVALID;
    if (label[1] >= '0' && label[1] <= '9')
        *ret = (uint8_t)(label[1] - '0');
    else if (c >= 'a' && c <= 'f')
        *ret = (uint8_t)(c - 'a' + 10);
    else
        return ERR_INVALID;
    return 0;
}

int addrname_parse(const uint8_t *name, struct addr *ret)
{
    unsigned labels = name_labels(name);
    struct addr a = {0};
    uint8_t unit;

    if (labels == 6 && name_equal(name_parent(name, 4), v4_suffix)) {
        a.family = AF_INET;
        for (unsigned i = 4; i-- > 0; name += *name + 1) {
            if (octet_read(name, &a.b[i]) < 0)
                return ERR_INVALID;
        }
    } else if (labels == NIBBLES + 2 && name_equal(name_parent(name, NIBBLES), v6_suffix)) {
        a.family = AF_INET6;
        for (unsigned i = NIBBLES; i-- > 0; name += *name + 1) {
            if (nibble_read(name, &unit) < 0)
                return ERR_INVALID;
            a.b[i / 2] |= (uint8_t)(i % 2 ? unit : unit << 4);
        }
    } else {
        return ERR_INVALID;
    }
    *ret = a;
    return 0;
}

int addrname_zones(const struct prefix *p, int (*emit)(void *ctx, const uint8_t *name), void *ctx)
{
    unsigned unit = p->addr.family == AF_INET ? 8 : 4; /* bits of a label */
    unsigned units = (p->bits + unit - 1u) / unit;
    unsigned count = 1u << (units * unit - p->bits);
    struct prefix first = *p;
    uint8_t name[NAME_MAX_WIRE];

    if (!addr_bits(&p->addr) || p->bits > addr_bits(&p->addr))
        return ERR_INVALID;
    prefix_mask(&first);
    for (unsigned i = 0; i < count; i++) {
        struct addr a = first.addr;
        unsigned last = units ? (units - 1) * unit : 0; /* bit offset of the unit that counts up */
        a.b[last / 8] = (uint8_t)(a.b[last / 8] + (i << (8 - unit - last % 8)));
        reverse_name(&a, units, name);
        int result = emit(ctx, name);
        if (result)
            return result;
    }
    return 0;
}

/* Where the IPv4 octets go in an address for this prefix length (RFC 6052 2.2): byte 8, bits 64 to
 * 71, is skipped, and a /96 must have it zero. ERR_INVALID for other lengths and families. */
static int embed_places(const struct prefix *p, unsigned ret_at[4])
{
    unsigned at = p->bits / 8;

    if (p->addr.family != AF_INET6 || p->bits % 8 || p->bits < 32 ||
        (p->bits > 64 && (p->bits != 96 || p->addr.b[8])))
        return ERR_INVALID;
    for (unsigned i = 0; i < 4; i++, at++) {
        if (at == 8)
            at++;
        ret_at[i] = at;
    }
    return 0;
}

int addrname_embed(const struct prefix *p, const struct addr *v4, struct addr *ret)
{
    struct prefix masked = *p;
    unsigned at[4];

    if (v4->family != AF_INET || embed_places(p, at) < 0)
        return ERR_INVALID;
    prefix_mask(&masked);
    for (unsigned i = 0; i < 4; i++)
        masked.addr.b[at[i]] = v4->b[i];
    *ret = masked.addr;
    return 0;
}

int addrname_extract(const struct prefix *p, const struct addr *a, struct addr *ret)
{
    struct addr v4 = {.family = AF_INET};
    unsigned at[4];

    if (embed_places(p, at) < 0 || !prefix_contains(p, a) || a->b[8])
        return ERR_INVALID;
    for (unsigned i = 0; i < 4; i++)
        v4.b[i] = a->b[at[i]];
    *ret = v4;
    return 0;
}
