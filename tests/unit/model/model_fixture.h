/* SPDX-License-Identifier: Apache-2.0 */
/* Short ways to say names, records and descriptions in the model's tests. */
#ifndef TEST_MODEL_FIXTURE_H
#define TEST_MODEL_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "dns/name.h"
#include "dns/type.h"
#include "model/compile.h"
#include "model/snapshot.h"

#define NAMES_ALIVE 16

/* The canonical wire form of a text; good until sixteen more were made by this thread. */
static inline const uint8_t *nm(const char *text)
{
    static _Thread_local uint8_t names[NAMES_ALIVE][NAME_MAX_WIRE];
    static _Thread_local unsigned next;
    uint8_t *name = names[next++ % NAMES_ALIVE];

    if (name_parse(text, name) < 0)
        fail_msg("bad name %s", text);
    name_canon(name, name);
    return name;
}

static inline struct addr ip(const char *text)
{
    struct addr a;

    if (addr_parse(text, &a) < 0)
        fail_msg("bad address %s", text);
    return a;
}

static inline struct prefix net(const char *text)
{
    struct prefix p;

    if (prefix_parse(text, &p) < 0)
        fail_msg("bad prefix %s", text);
    return p;
}

/* A record set of one record, whose rdata are the bytes of `value` (a C string with its NUL left
 * out; the tests do not interpret it). */
static inline struct rrset_desc rr(const char *owner, uint16_t type, const char *value)
{
    static _Thread_local uint8_t rdata[NAMES_ALIVE][64];
    static _Thread_local unsigned next;
    uint8_t *to = rdata[next++ % NAMES_ALIVE];
    uint16_t len = (uint16_t)strlen(value);

    memcpy(to, &len, 2);
    memcpy(to + 2, value, len);
    return (struct rrset_desc){.owner = nm(owner),
                               .type = type,
                               .ttl = 300,
                               .rdata = to,
                               .rdata_len = len + 2u,
                               .count = 1};
}

/* True if the first record of a set is `value`. */
static inline bool rr_is(const struct rrset *s, const char *value)
{
    uint16_t len;

    if (!s || rrset_count(s) < 1)
        return false;
    memcpy(&len, rrset_rdata(s), 2);
    return len == strlen(value) && !memcmp(rrset_rdata(s) + 2, value, len);
}

#endif
