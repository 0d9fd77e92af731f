/* SPDX-License-Identifier: Apache-2.0 */
/* Mnemonics and layouts, from const tables made of dns/rrtypes.def and of the rows below. */
#include "dns/type.h"

#include <stdio.h>
#include <strings.h>

#include "base/error.h"

#define TYPES_LOW 265    /* types below are at their own index */
#define TYPES_HIGH 32768 /* the two registered types from here on follow them */

static const struct {
    const char *name;
    const char *layout;
} types[TYPES_LOW + 2] = {
#define RRTYPE(code, name, layout) \
    [(code) < TYPES_HIGH ? (code) : TYPES_LOW + (code)-TYPES_HIGH] = {name, layout},
#include "dns/rrtypes.def"
#undef RRTYPE
};

#define TYPES_N (sizeof(types) / sizeof(types[0]))

/* The row of a type; TYPES_N when there is none. */
static inline size_t type_row(uint16_t type)
{
    if (type < TYPES_LOW)
        return type;
    return type >= TYPES_HIGH && type < TYPES_HIGH + 2 ? (size_t)TYPES_LOW + type - TYPES_HIGH
                                                       : TYPES_N;
}

const char *type_layout(uint16_t type)
{
    size_t i = type_row(type);

    return i < TYPES_N && types[i].layout ? types[i].layout : "";
}

const char *type_name(uint16_t type, char *buf, size_t size)
{
    size_t i = type_row(type);

    if (i < TYPES_N && types[i].name)
        return types[i].name;
    snprintf(buf, size, "TYPE%u", type);
    return buf;
}

/* Reads 1 to 5 digits that end the text, up to 65535. */
static int number_parse(const char *text, uint16_t *ret)
{
    unsigned n = 0, digits = 0;

    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++)
        n = n * 10 + (unsigned)(text[digits] - '0');
    if (!digits || text[digits] || n > UINT16_MAX)
        return ERR_INVALID;
    *ret = (uint16_t)n;
    return 0;
}

int type_parse(const char *text, uint16_t *ret)
{
    for (size_t i = 0; i < TYPES_N; i++) {
        if (types[i].name && !strcasecmp(text, types[i].name)) {
            *ret = (uint16_t)(i < TYPES_LOW ? i : TYPES_HIGH + i - TYPES_LOW);
            return 0;
        }
    }
    return strncasecmp(text, "TYPE", 4) ? ERR_INVALID : number_parse(text + 4, ret);
}

bool type_is_meta(uint16_t type)
{
    /* RFC 6895 3.1: 128 to 255 are question and meta types. */
    return type == TYPE_OPT || (type >= 128 && type <= 255);
}

static const char *const rcodes[] = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", NULL,      NULL,      NULL,       NULL,
    "BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE",
};

#define RCODES_N (sizeof(rcodes) / sizeof(rcodes[0]))

const char *rcode_name(uint16_t rcode, char *buf, size_t size)
{
    if (rcode < RCODES_N && rcodes[rcode])
        return rcodes[rcode];
    snprintf(buf, size, "RCODE%u", rcode);
    return buf;
}

int rcode_parse(const char *text, uint16_t *ret)
{
    for (size_t i = 0; i < RCODES_N; i++) {
        if (rcodes[i] && !strcasecmp(text, rcodes[i])) {
            *ret = (uint16_t)i;
            return 0;
        }
    }
    return strncasecmp(text, "RCODE", 5) ? ERR_INVALID : number_parse(text + 5, ret);
}

static const char *const edes[] = {
    "Other",
    "Unsupported DNSKEY Algorithm",
    "Unsupported DS Digest Type",
    "Stale Answer",
    "Forged Answer",
    "DNSSEC Indeterminate",
    "DNSSEC Bogus",
    "Signature Expired",
    "Signature Not Yet Valid",
    "DNSKEY Missing",
    "RRSIGs Missing",
    "No Zone Key Bit Set",
    "NSEC Missing",
    "Cached Error",
    "Not Ready",
    "Blocked",
    "Censored",
    "Filtered",
    "Prohibited",
    "Stale NXDomain Answer",
    "Not Authoritative",
    "Not Supported",
    "No Reachable Authority",
    "Network Error",
    "Invalid Data",
    "Signature Expired before Valid",
    "Too Early",
    "Unsupported NSEC3 Iterations Value",
    "Unable to conform to policy",
    "Synthesized",
    "Invalid Query Type",
};

const char *ede_name(uint16_t code)
{
    return code < sizeof(edes) / sizeof(edes[0]) ? edes[code] : "";
}
