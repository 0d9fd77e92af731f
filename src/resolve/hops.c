/* SPDX-License-Identifier: Apache-2.0 */
/* The hop marker; see hops.h. The option: a version octet, eight octets a hop, eight of the seal.
 */
#include "resolve/hops.h"

#include <string.h>

#include "base/hash.h"

#define VERSION 1
#define SEAL 8

uint64_t hops_hash(const uint64_t secret[2], const char *endpoint_id, const uint8_t *name,
                   uint16_t qtype)
{
    uint8_t buf[sizeof(qtype) + NAME_MAX_WIRE + 64];
    size_t at = 0, id = strnlen(endpoint_id, 64);
    memcpy(buf, &qtype, sizeof(qtype));
    at += sizeof(qtype);
    at += name_copy(buf + at, name);
    memcpy(buf + at, endpoint_id, id);
    return hash_sip(secret, buf, at + id);
}

bool hops_full_or_has(const struct hops *h, uint64_t hop)
{
    for (unsigned i = 0; i < h->n; i++)
        if (h->hop[i] == hop)
            return true;
    return h->n == HOPS_MAX;
}

size_t hops_write(const uint64_t secret[2], const struct hops *h, uint8_t *out)
{
    size_t len = 1 + h->n * sizeof(h->hop[0]);
    out[0] = VERSION;
    memcpy(out + 1, h->hop, len - 1);
    uint64_t seal = hash_sip(secret, out, len);
    memcpy(out + len, &seal, SEAL);
    return len + SEAL;
}

/* The option with this code, or NULL. */
static const uint8_t *option_find(const struct edns *e, uint16_t code, uint16_t *ret_len)
{
    const uint8_t *data;
    uint16_t found;
    size_t pos = 0;
    while (edns_next(e, &pos, &found, &data, ret_len) == 1)
        if (found == code)
            return data;
    return NULL;
}

void hops_read(const uint64_t secret[2], const struct edns *e, struct hops *ret)
{
    uint16_t len;
    const uint8_t *data = option_find(e, HOPS_CODE, &len);
    ret->n = 0;
    if (!data || len < 1 + SEAL || len > HOPS_BYTES || (len - 1) % 8 || data[0] != VERSION)
        return;
    uint64_t seal = hash_sip(secret, data, (size_t)len - SEAL);
    if (memcmp(&seal, data + len - SEAL, SEAL) != 0)
        return;
    ret->n = (len - 1u - SEAL) / 8;
    memcpy(ret->hop, data + 1, ret->n * sizeof(ret->hop[0]));
}

bool hops_loop(const struct edns *e, char *text, size_t size)
{
    uint16_t len;
    if (!e->present || !option_find(e, HOPS_CODE, &len))
        return false;
    const uint8_t *ede = option_find(e, EDNS_EDE, &len);
    size_t n = ede && len > 2 ? len - 2u : 0;
    n = n < size ? n : size - 1;
    memcpy(text, ede ? ede + 2 : (const uint8_t *)"", n);
    text[n] = '\0';
    return true;
}
