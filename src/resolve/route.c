/* SPDX-License-Identifier: Apache-2.0 */
/* What a name leads to: design section 5, lines 2 to 5 and 7.
 *
 * The view gives all entries on the path from the name to the root, the most specific first. The
 * first that has something to say wins and is final. A SYSTEM rule that wins says: go on as if
 * there were no rules. */
#include "resolve/synthesize.h"

#include <stdio.h>

/* A candidate of one entry. */
enum candidate { CAND_RULE, CAND_ZONE, CAND_AUTODEFINED };

struct choice {
    bool decided;
    bool system; /* a SYSTEM rule won: rules do not count any more */
};

static const char *candidate_object(const struct match *m, enum candidate c)
{
    return c == CAND_RULE ? m->rule->id : c == CAND_ZONE ? zone_id(m->zone) : "autodefined";
}

static const char *candidate_text(const struct match *m, enum candidate c)
{
    static const char *const rules[] = {[RULE_FORWARD] = "FORWARD rule",
                                        [RULE_SYSTEM] = "SYSTEM rule",
                                        [RULE_DELEGATE] = "DELEGATE rule"};
    return c == CAND_RULE ? rules[m->rule->kind] : c == CAND_ZONE ? "private zone" : "autodefined";
}

static void route_trace(const struct query *q, const struct match *m, enum candidate c,
                        const char *lost)
{
    if (!q->trace)
        return;
    struct trace_item item = {"route", lost ? "candidate" : "chosen", candidate_object(m, c),
                              m->name, lost != NULL};
    trace_add(q->trace, &item, "%s%s%s%s%s", candidate_text(m, c), m->profile ? " of profile " : "",
              m->profile ? m->profile : "", lost ? ": " : " wins", lost ? lost : "");
}

static void choose(struct query *q, const struct match *m, enum candidate c, struct choice *ch)
{
    ch->decided = true;
    switch (c) {
    case CAND_RULE:
        if (m->rule->kind == RULE_SYSTEM) {
            ch->decided = false;
            ch->system = true;
        } else {
            q->route = ROUTE_FORWARD;
            q->rule = m->rule;
        }
        break;
    case CAND_ZONE:
        q->route = ROUTE_ZONE;
        q->zone = m->zone;
        break;
    case CAND_AUTODEFINED:
        q->route = ROUTE_AUTODEFINED;
        q->autodef = m->autodef;
        q->autodef_name = m->name;
        break;
    }
}

/* Why a candidate cannot win, or NULL: it wins. */
static const char *objection(const struct query *q, const struct match *m, enum candidate c,
                             const struct choice *ch)
{
    if (ch->decided)
        return "a more specific name, or a higher rank at the same name, has won";
    if (c == CAND_RULE && m->rule->kind == RULE_DELEGATE)
        return "works by name servers, not by names";
    if (c == CAND_RULE && ch->system)
        return "a SYSTEM rule cuts this name out of all rules";
    if (c == CAND_AUTODEFINED && m->autodef->kind == AUTODEF_DNS64)
        return synthesize_setting(q) ? NULL : "the client has no DNS64";
    if (c != CAND_RULE && !view_private(q->view))
        return "enableDnsHostnames is off in this VPC";
    return NULL;
}

static void consider(struct query *q, const struct match *m, enum candidate c, struct choice *ch)
{
    const char *lost = objection(q, m, c, ch);
    if (!lost)
        choose(q, m, c, ch);
    route_trace(q, m, c, lost);
}

static bool has_target(const struct rule *rule, uint8_t family)
{
    for (unsigned i = 0; i < rule->targets_n; i++)
        if (rule->targets[i].addr.family == family)
            return true;
    return false;
}

/* Says through which endpoint a rule is asked, and whom: a source asks targets of its own family.
 */
static void endpoint_trace(const struct query *q)
{
    const struct endpoint *e = q->rule->endpoint;
    char text[400], addr[ADDR_TEXT_MAX];
    size_t n = 0;
    if (!q->trace || !e)
        return;
    text[0] = '\0';
    for (unsigned i = 0; i < q->rule->targets_n && n < sizeof(text); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? ", " : "",
                              sockname_format(&q->rule->targets[i], addr, sizeof(addr)));
    const char *between = " asked from ";
    for (unsigned i = 0; i < e->addresses_n && n < sizeof(text); i++) {
        if (!has_target(q->rule, e->addresses[i].addr.family))
            continue;
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", between,
                              addr_format(&e->addresses[i].addr, addr, sizeof(addr)));
        between = " or ";
    }
    struct trace_item item = {"route", "endpoint", e->id, NULL, false};
    trace_add(q->trace, &item, "outbound endpoint: %s", text);
}

static enum step route_done(struct query *q)
{
    switch (q->route) {
    case ROUTE_ZONE:
        metric_add(q->r->metrics, METRIC_ROUTE_ZONE, 1);
        return STEP_LOCAL;
    case ROUTE_AUTODEFINED:
        metric_add(q->r->metrics, METRIC_ROUTE_AUTODEFINED, 1);
        return STEP_LOCAL;
    case ROUTE_FORWARD:
        metric_add(q->r->metrics, METRIC_ROUTE_FORWARD, 1);
        q->key.route = q->rule->key;
        q->key.kind = CACHE_RULE;
        endpoint_trace(q);
        return STEP_SEEK;
    case ROUTE_RECURSIVE:
        break;
    }
    metric_add(q->r->metrics, METRIC_ROUTE_RECURSIVE, 1);
    query_trace(q, "route", "recursive", NULL, "no rule or zone has this name: public DNS");
    if (q->r->recursion_off) {
        q->rcode = RCODE_REFUSED;
        q->ede = EDE_PROHIBITED;
        q->ede_text = "public recursion is off";
        return STEP_ANSWER;
    }
    q->key.route = 0;
    q->key.kind = CACHE_PUBLIC;
    return STEP_SEEK;
}

enum step step_route(struct query *q)
{
    struct match m[VIEW_MATCHES];
    struct choice ch = {false, false};
    unsigned n = view_matches_key(q->snapshot, q->view, &q->where, m);
    if (q->dns64 && q->msg.qtype == TYPE_PTR && synthesize_ptr(q, n ? name_labels(m[0].name) : 0))
        return STEP_CHASE;
    q->route = ROUTE_RECURSIVE;
    q->rule = NULL;
    for (unsigned i = 0; i < n && (!ch.decided || q->trace); i++) {
        if (m[i].rule)
            consider(q, &m[i], CAND_RULE, &ch);
        if (m[i].zone && (!ch.decided || q->trace))
            consider(q, &m[i], CAND_ZONE, &ch);
        if (m[i].autodef && (!ch.decided || q->trace))
            consider(q, &m[i], CAND_AUTODEFINED, &ch);
    }
    return route_done(q);
}
