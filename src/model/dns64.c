/* SPDX-License-Identifier: Apache-2.0 */
/* DNS64 settings: one object for equal ones. */
#include "model/dns64.h"

#include <stdlib.h>
#include <string.h>

#include "dns/addrname.h"
#include "model/pack.h"

bool dns64_valid(const struct dns64_desc *d)
{
    struct addr any = {.family = AF_INET}, out;

    if (d->prefix.addr.family && addrname_embed(&d->prefix, &any, &out) < 0)
        return false;
    for (size_t i = 0; i < d->exclude_n; i++) {
        if (d->exclude[i].addr.family != AF_INET6 || d->exclude[i].bits > 128)
            return false;
    }
    return d->exclude_n <= DNS64_EXCLUDE_MAX;
}

/* Room for a setting as text. */
#define TEXT_MAX ((DNS64_EXCLUDE_MAX + 1) * ADDR_TEXT_MAX)

static size_t text_add(char *text, size_t at, struct prefix *p)
{
    prefix_mask(p);
    prefix_format(p, text + at, ADDR_TEXT_MAX);
    at += strlen(text + at);
    text[at++] = ' ';
    text[at] = '\0';
    return at;
}

static struct dns64 *dns64_new(const struct dns64 *from)
{
    size_t exclude = from->exclude_n * sizeof(from->exclude[0]);
    uint8_t *at = malloc(sizeof(*from) + exclude);

    if (!at)
        return NULL;
    struct dns64 *d = pack(&at, from, sizeof(*from));
    d->exclude = pack(&at, from->exclude, exclude);
    return d;
}

const struct dns64 *dns64_get(struct dns64_settings *s, const struct dns64_desc *d,
                              const struct dns64_desc *own)
{
    const struct dns64_desc *excluder = own && own->exclude_n ? own : d;
    struct prefix exclude[DNS64_EXCLUDE_MAX];
    struct dns64 want = {.exclude = exclude};
    char text[TEXT_MAX];

    want.prefix = own && own->prefix.addr.family ? own->prefix : d->prefix;
    if (!want.prefix.addr.family)
        prefix_parse(DNS64_PREFIX, &want.prefix);
    size_t at = text_add(text, 0, &want.prefix);
    for (; want.exclude_n < excluder->exclude_n; want.exclude_n++)
        exclude[want.exclude_n] = excluder->exclude[want.exclude_n];
    if (!want.exclude_n)
        prefix_parse(DNS64_EXCLUDE, &exclude[want.exclude_n++]);
    for (unsigned i = 0; i < want.exclude_n; i++)
        at = text_add(text, at, &exclude[i]);

    struct dns64 *made = map_get(&s->by_text, text);
    if (made)
        return made;
    want.number = s->numbers < UINT16_MAX ? (uint16_t)(s->numbers + 1) : 0;
    made = dns64_new(&want);
    if (!made || map_put(&s->by_text, text, made, NULL) < 0) {
        free(made);
        return NULL;
    }
    s->numbers = want.number ? want.number : s->numbers;
    return made;
}

void dns64_free(struct dns64_settings *s)
{
    struct dns64 *d;
    const char *text;
    size_t pos = 0;

    while ((d = map_next(&s->by_text, &pos, &text)))
        free(d);
    map_free(&s->by_text);
}

bool dns64_excluded(const struct dns64 *d, const uint8_t aaaa[16])
{
    struct addr a = {.family = AF_INET6};

    memcpy(a.b, aaaa, 16);
    for (unsigned i = 0; i < d->exclude_n; i++) {
        if (prefix_contains(&d->exclude[i], &a))
            return true;
    }
    return false;
}
