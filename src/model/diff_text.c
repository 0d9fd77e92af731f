/* SPDX-License-Identifier: Apache-2.0 */
/* What a name leads to, and how that reads for people. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dns/rdata.h"
#include "model/diff_priv.h"

struct diff_route diff_route(const struct snapshot *s, const struct view *v, const uint8_t *name)
{
    struct match m[VIEW_MATCHES];
    unsigned n = v ? view_matches(s, v, name, m) : 0;
    bool system = false;

    for (unsigned i = 0; i < n; i++) {
        if (m[i].rule && !system) {
            if (m[i].rule->kind == RULE_FORWARD)
                return (struct diff_route){.rule = m[i].rule};
            system = m[i].rule->kind == RULE_SYSTEM;
        }
        if (m[i].zone && view_private(v))
            return (struct diff_route){.zone = m[i].zone};
        if (m[i].autodef && m[i].autodef->kind != AUTODEF_DNS64 && view_private(v))
            return (struct diff_route){.autodef = m[i].autodef};
    }
    return (struct diff_route){0};
}

/* Appends, as far as there is room. */
__attribute__((format(printf, 2, 3))) static void add(char out[DIFF_TEXT], const char *fmt, ...)
{
    size_t len = strlen(out);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(out + len, DIFF_TEXT - len, fmt, ap);
    va_end(ap);
}

void diff_route_text(const struct diff_route *r, const struct view *v, char out[DIFF_TEXT])
{
    char text[ADDR_TEXT_MAX];

    out[0] = '\0';
    if (!v) {
        add(out, "no VPC");
    } else if (r->rule) {
        const struct endpoint *e = r->rule->endpoint;
        add(out, "FORWARD rule %s", r->rule->id);
        for (unsigned i = 0; i < r->rule->targets_n; i++)
            add(out, "%s%s", i ? ", " : " to ",
                sockname_format(&r->rule->targets[i], text, sizeof(text)));
        for (unsigned i = 0; e && i < e->addresses_n; i++)
            add(out, "%s%s", i ? ", " : " from ",
                addr_format(&e->addresses[i].addr, text, sizeof(text)));
    } else if (r->zone) {
        add(out, "private zone %s", zone_id(r->zone));
    } else {
        add(out, r->autodef ? "autodefined" : "public DNS");
    }
}

static void records_add(const struct rrset *s, char out[DIFF_TEXT])
{
    char text[256];
    const uint8_t *at = rrset_rdata(s);

    add(out, " %s", type_name(rrset_type(s), text, sizeof(text)));
    if (rrset_set_id(s))
        add(out, " (%s)", rrset_set_id(s));
    if (rrset_alias(s)) {
        char name[NAME_MAX_TEXT];
        add(out, " alias %s", name_format(rrset_alias(s), name, sizeof(name)));
        return;
    }
    add(out, " %u", (unsigned)rrset_ttl(s));
    for (unsigned i = 0; i < rrset_count(s); i++) {
        uint16_t len;
        memcpy(&len, at, sizeof(len));
        at += sizeof(len);
        add(out, "%s%s", i ? ", " : " ", rdata_format(rrset_type(s), at, len, text, sizeof(text)));
        at += len;
    }
}

void diff_records_text(const struct zone *z, const uint8_t *name, char out[DIFF_TEXT])
{
    const struct qp_leaf *leaf = qp_get(&z->names, name);

    out[0] = '\0';
    add(out, "private zone %s", zone_id(z));
    if (!leaf)
        add(out, " without records");
    for (const struct rrset *s = leaf ? qp_leaf_data(leaf) : NULL; s; s = rrset_after(s)) {
        add(out, "%s", s == qp_leaf_data(leaf) ? ":" : ";");
        records_add(s, out);
    }
}
