/* SPDX-License-Identifier: Apache-2.0 */
/* Rdata in presentation form, for the types that scenarios use; others as "\# HEX". */
#include "scn.h"

#include <string.h>

const char scn_soa[] = "ns-1536.awsdns-00.co.uk awsdns-hostmaster.amazon.com 1 7200 900 1209600 "
                       "86400";

static uint8_t *put16(uint8_t *p, unsigned long v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

static uint8_t *put32(uint8_t *p, unsigned long v)
{
    return put16(put16(p, v >> 16), v & 0xffff);
}

static uint8_t *put_name(const struct scn *s, const struct line *l, int at, uint8_t *p)
{
    if (at >= l->n)
        scn_fail(s, l, "a name is missing");
    scn_name(s, l, l->word[at], p);
    return p + name_len(p);
}

static uint8_t *put_addr(const struct scn *s, const struct line *l, int at, uint8_t *p)
{
    struct addr a = scn_addr(s, l, l->word[at]);
    memcpy(p, a.b, addr_bits(&a) / 8);
    return p + addr_bits(&a) / 8;
}

static uint8_t *put_numbers(const struct scn *s, const struct line *l, int at, int n, uint8_t *p)
{
    for (int i = 0; i < n; i++)
        p = put16(p, scn_number(s, l, l->word[at + i]));
    return p;
}

static uint8_t *put_text(const struct line *l, int at, uint8_t *p)
{
    for (; at < l->n; at++) {
        size_t len = strlen(l->word[at]);
        *p++ = (uint8_t)len;
        memcpy(p, l->word[at], len);
        p += len;
    }
    return p;
}

static uint8_t *put_soa(const struct scn *s, const struct line *l, int at, uint8_t *p)
{
    p = put_name(s, l, at, p);
    p = put_name(s, l, at + 1, p);
    for (int i = 2; i < 7; i++)
        p = put32(p, scn_number(s, l, l->word[at + i]));
    return p;
}

static uint8_t *put_hex(const struct line *l, int at, uint8_t *p)
{
    unsigned v;
    for (const char *h = l->word[at]; sscanf(h, "%2x", &v) == 1; h += 2)
        *p++ = (uint8_t)v;
    return p;
}

uint16_t scn_rdata(const struct scn *s, const struct line *l, int at, uint16_t type, uint8_t *out)
{
    uint8_t *end;
    static const int needs[] = {[TYPE_MX] = 2, [TYPE_SOA] = 7, [TYPE_SRV] = 4};
    int need = type <= TYPE_SRV && needs[type] ? needs[type] : 1;
    if (l->n < at + need)
        scn_fail(s, l, "rdata is too short");
    if (strcmp(l->word[at], "\\#") == 0)
        end = put_hex(l, at + 1, out);
    else if (type == TYPE_A || type == TYPE_AAAA)
        end = put_addr(s, l, at, out);
    else if (type == TYPE_MX)
        end = put_name(s, l, at + 1, put_numbers(s, l, at, 1, out));
    else if (type == TYPE_SRV)
        end = put_name(s, l, at + 3, put_numbers(s, l, at, 3, out));
    else if (type == TYPE_TXT)
        end = put_text(l, at, out);
    else if (type == TYPE_SOA)
        end = put_soa(s, l, at, out);
    else
        end = put_name(s, l, at, out);
    return (uint16_t)(end - out);
}
