/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge53: tags, one row for each. */
#include "control/own_tag.h"

#include <string.h>

#include "base/error.h"
#include "control/zone_name.h"

#define NETNS_MAX 64  /* characters */
#define DEVICE_MAX 15 /* characters: IFNAMSIZ less the NUL */
#define BLANKS " \t"

enum form { FORM_NAME, FORM_DOMAIN, FORM_EMBEDDING, FORM_EMBEDDINGS, FORM_PREFIXES };

static const struct row {
    const char *key;
    enum form form;
    size_t max; /* FORM_NAME: characters */
} rows[] = {
    {TAG_NETNS, FORM_NAME, NETNS_MAX},     {TAG_DEVICE, FORM_NAME, DEVICE_MAX},
    {TAG_DNS64_PREFIX, FORM_EMBEDDING, 0}, {TAG_DNS64_EXCLUDE, FORM_PREFIXES, 0},
    {TAG_NAT64, FORM_EMBEDDINGS, 0},       {TAG_PRIVATE_NAME, FORM_DOMAIN, 0},
};

static int word_check(struct ctl *c, const struct row *row, const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789_.-";
    size_t len = strlen(name);
    bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    if (!len || len > row->max || strspn(name, allowed) != len || dots)
        return ctl_fail(c, FAULT_InvalidParameterValue,
                        "Value (%s) for the tag %s is invalid. It must be a name of 1 to %zu "
                        "characters out of A-Z, a-z, 0-9, '_', '.' and '-'.",
                        name, row->key, row->max);
    return 0;
}

static int domain_check(struct ctl *c, const struct row *row, const char *name)
{
    uint8_t wire[NAME_MAX_WIRE];
    const char *why = "It must be a domain name.";
    if (zone_name_parse(name, wire, &why) < 0 || name_labels(wire) == 0)
        return ctl_fail(c, FAULT_InvalidParameterValue, "Value (%s) for the tag %s is invalid. %s",
                        name, row->key, why);
    return 0;
}

/* True for the lengths of RFC 6052 2.2. */
static bool length_embeds(uint8_t bits)
{
    return bits == 96 || (bits >= 32 && bits <= 64 && bits % 8 == 0);
}

static const char *prefix_read(const char *text, bool rfc6052, struct prefix *ret)
{
    struct prefix masked;
    if (prefix_parse(text, ret) || ret->addr.family != AF_INET6)
        return "It must be an IPv6 prefix, such as 64:ff9b::/96";
    masked = *ret;
    prefix_mask(&masked);
    if (memcmp(&masked, ret, sizeof masked) != 0)
        return "A prefix must not have bits behind its length";
    if (rfc6052 && !length_embeds(ret->bits))
        return "The length of the prefix must be 32, 40, 48, 56, 64 or 96 bits (RFC 6052)";
    if (rfc6052 && ret->addr.b[8] != 0)
        return "Bits 64 to 71 of the prefix must be zero (RFC 6052)";
    return NULL;
}

const char *own_tag_prefixes(const char *value, bool rfc6052, struct prefix *ret, size_t *ret_n)
{
    size_t n = 0;
    for (value += strspn(value, BLANKS); *value; value += strspn(value, BLANKS)) {
        char word[ADDR_TEXT_MAX];
        size_t len = strcspn(value, BLANKS);
        if (len >= sizeof word)
            return "It must be an IPv6 prefix, such as 64:ff9b::/96";
        if (n == TAG_PREFIXES_MAX)
            return "It has too many prefixes";
        memcpy(word, value, len);
        word[len] = '\0';
        const char *why = prefix_read(word, rfc6052, &ret[n++]);
        if (why)
            return why;
        value += len;
    }
    *ret_n = n;
    return n ? NULL : "It must have a prefix";
}

static int list_check(struct ctl *c, const struct row *row, const char *value)
{
    struct prefix list[TAG_PREFIXES_MAX];
    size_t n = 0;
    const char *why = own_tag_prefixes(value, row->form != FORM_PREFIXES, list, &n);
    if (!why && row->form == FORM_EMBEDDING && n > 1)
        why = "It must be a single prefix";
    return why ? ctl_fail(c, FAULT_InvalidParameterValue,
                          "Value (%s) for the tag %s is invalid. %s.", value, row->key, why)
               : 0;
}

int own_tag_check(struct ctl *c, const char *key, const char *value)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].key, key) == 0)
            return rows[i].form == FORM_NAME     ? word_check(c, &rows[i], value)
                   : rows[i].form == FORM_DOMAIN ? domain_check(c, &rows[i], value)
                                                 : list_check(c, &rows[i], value);
    return 0;
}

const char *own_tag_find(const struct obj_tag *tags, size_t tags_n, const char *key)
{
    for (size_t i = 0; i < tags_n; i++)
        if (strcmp(tags[i].key, key) == 0)
            return tags[i].value;
    return NULL;
}

int own_tag_dns64(struct arena *arena, const struct obj_tag *tags, size_t tags_n,
                  struct dns64_desc *ret)
{
    const char *prefix = own_tag_find(tags, tags_n, TAG_DNS64_PREFIX);
    const char *exclude = own_tag_find(tags, tags_n, TAG_DNS64_EXCLUDE);
    struct prefix *list = arena_zalloc(arena, TAG_PREFIXES_MAX, sizeof *list);
    struct dns64_desc d = {0};
    size_t n;
    if (!list)
        return ERR_NOMEM;
    if (prefix) {
        if (own_tag_prefixes(prefix, true, list, &n) || n > 1)
            return ERR_INVALID;
        d.prefix = list[0];
    }
    if (exclude) {
        if (own_tag_prefixes(exclude, false, list, &n))
            return ERR_INVALID;
        d.exclude = list;
        d.exclude_n = n;
    }
    *ret = d;
    return 0;
}
