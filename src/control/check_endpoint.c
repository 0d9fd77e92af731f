/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints that cannot do what they are for: no address of the targets' family, no address on the
 * host, security groups in the way. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/check_priv.h"
#include "control/resolver_priv.h"

#define RULES_SHOWN 20 /* of an endpoint, in one finding */

/* How many targets of a rule are of each sort, and which they are. */
struct tally {
    size_t n[REACH_BLOCKED + 1];
    char text[REACH_BLOCKED + 1][LIMIT_TARGETS * ADDR_TEXT_MAX];
};

static void tally_targets(const struct check_rule *r, struct tally *ret)
{
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < r->rule->targets_n; i++) {
        enum reach reach = check_target_reach(r->endpoint, &r->rule->targets[i]);
        size_t len = strlen(ret->text[reach]);

        snprintf(ret->text[reach] + len, sizeof ret->text[reach] - len, "%s%s",
                 ret->n[reach] ? ", " : "", check_target_ip(&r->rule->targets[i]));
        ret->n[reach]++;
    }
}

/* A finding about a rule and its endpoint, with the query that shows it. *ret is NULL on error. */
static int rule_fault(struct check *k, const struct check_rule *r, enum severity severity,
                      const char *code, struct b53_finding **ret)
{
    const struct check_vpc *vpc = check_vpc_shown(k, &r->at);

    *ret = finding_new(k, severity, code, 3);
    if (!*ret)
        return ERR_NOMEM;
    finding_rule(*ret, r);
    if (r->endpoint)
        finding_endpoint(*ret, r->endpoint);
    if (!vpc) /* other accounts' VPCs have it, which the caller can't ask */
        return 0;
    finding_vpc(*ret, vpc);
    return finding_query(k, *ret, vpc, NULL, r->rule->domain_name, "A");
}

/* All targets out of reach is an error; some of them is a warning. */
static enum severity part_severity(const struct tally *t)
{
    return t->n[REACH_OK] ? SEVERITY_WARNING : SEVERITY_ERROR;
}

static int family_fault(struct check *k, const struct check_rule *r, const struct tally *t)
{
    const struct check_endpoint *e = r->endpoint;
    const char *has = e->ipv4 && e->ipv6 ? "both families"
                      : e->ipv4          ? "IPv4 addresses only"
                      : e->ipv6          ? "IPv6 addresses only"
                                         : "no addresses";
    bool all = t->n[REACH_FAMILY] == r->rule->targets_n;
    struct b53_finding *f;
    int err = rule_fault(k, r, all ? SEVERITY_ERROR : SEVERITY_WARNING, "endpoint-family", &f);

    if (err)
        return err;
    f->why = arena_printf(k->c->arena,
                          "The rule for %s asks %s, but its outbound endpoint has %s, and a target "
                          "is asked from a source of its own family: %s.",
                          r->rule->domain_name, t->text[REACH_FAMILY], has,
                          all ? "no target can be asked" : "these targets are never asked");
    f->advice = "Use an endpoint of type DUALSTACK or of the targets' family, or give the rule "
                "targets of the endpoint's family.";
    return 0;
}

static int egress_fault(struct check *k, const struct check_rule *r, const struct tally *t)
{
    struct b53_finding *f;
    int err = rule_fault(k, r, part_severity(t), "egress-blocked", &f);

    if (err)
        return err;
    f->why =
        arena_printf(k->c->arena,
                     "No security group of the outbound endpoint allows %s on the port of the rule "
                     "for %s, neither over UDP nor over TCP: %s.",
                     t->text[REACH_BLOCKED], r->rule->domain_name,
                     t->n[REACH_OK] ? "these targets are never asked" : "no target can be asked");
    f->advice = "Add egress rules for the targets' addresses and port over UDP and TCP to a "
                "security group of the endpoint.";
    return 0;
}

static int missing_fault(struct check *k, const struct check_rule *r)
{
    struct b53_finding *f;
    int err = rule_fault(k, r, SEVERITY_ERROR, "endpoint-detached", &f);

    if (err)
        return err;
    f->why = arena_printf(k->c->arena,
                          "The rule for %s leaves through the outbound endpoint %s, which does not "
                          "exist.",
                          r->rule->domain_name,
                          r->rule->resolver_endpoint_id ? r->rule->resolver_endpoint_id : "(none)");
    f->advice = "Give the rule an outbound endpoint that exists.";
    return 0;
}

/* What keeps a rule that some VPC uses from asking its targets. */
static int rule_check(struct check *k, struct check_rule *r)
{
    struct tally t;
    bool used;
    int err = check_used(k, &r->at, &used);

    if (err || !used)
        return err;
    if (!r->endpoint)
        return missing_fault(k, r);
    tally_targets(r, &t);
    if (t.n[REACH_FAMILY])
        err = family_fault(k, r, &t);
    if (!err && t.n[REACH_BLOCKED])
        err = egress_fault(k, r, &t);
    return err;
}

/* How many addresses of an endpoint the host lacks; *ret_text is what the data plane says of one.
 */
static size_t addresses_lost(struct check *k, const struct check_endpoint *e, const char **ret_text)
{
    size_t n = 0;

    for (size_t i = 0; i < e->endpoint->addresses_n; i++) {
        const char *text;

        if (endpoint_address_state(k->c, &e->endpoint->addresses[i], &text) != ADDRESS_FAILED)
            continue;
        *ret_text = text;
        n++;
    }
    return n;
}

static int detached_fault(struct check *k, const struct check_endpoint *e,
                          const struct check_rule *shown, enum severity severity, const char *why)
{
    const struct check_vpc *vpc = check_vpc_shown(k, &shown->at);
    struct b53_finding *f = finding_new(k, severity, "endpoint-detached", RULES_SHOWN + 2);
    size_t n = 0;

    if (!f)
        return ERR_NOMEM;
    finding_endpoint(f, e);
    if (e->host)
        finding_vpc(f, e->host);
    for (const struct check_rule *r = e->rules; r && n < RULES_SHOWN; r = r->next_of_endpoint, n++)
        finding_rule(f, r);
    f->why = why;
    f->advice = e->host ? "Bring the addresses up on the host (serve --manage-addresses does it), "
                          "or say with the VPC's tag bridge53:netns or bridge53:device in which "
                          "network they are."
                        : "Make the endpoint anew in a VPC that exists, and point its rules to it.";
    return vpc ? finding_query(k, f, vpc, NULL, shown->rule->domain_name, "A") : 0;
}

/* A rule in use that leaves through the endpoint; *ret is NULL if none is wanted. */
static int rule_in_use(struct check *k, const struct check_endpoint *e,
                       const struct check_rule **ret)
{
    int err = 0;

    *ret = NULL;
    for (struct check_rule *r = e->rules; r && !*ret && !err; r = r->next_of_endpoint) {
        bool used = false;

        if (check_wants(k, e->host) || check_wants_places(k, &r->at))
            err = check_used(k, &r->at, &used);
        if (used)
            *ret = r;
    }
    return err;
}

/* The network of an outbound endpoint that rules in use leave through. */
static int detached_check(struct check *k, const struct check_endpoint *e)
{
    const struct check_rule *shown;
    const char *text = NULL, *why;
    size_t lost = addresses_lost(k, e, &text), all = e->endpoint->addresses_n;
    int err = e->host && !lost ? 0 : rule_in_use(k, e, &shown);

    if ((e->host && !lost) || err || !shown)
        return err;
    if (!e->host)
        why = arena_printf(
            k->c->arena,
            "The VPC %s of the outbound endpoint does not exist, so the addresses that its "
            "rules ask from are in no attached network.",
            e->endpoint->host_vpc_id);
    else
        why =
            arena_printf(k->c->arena,
                         "%zu of the %zu addresses of the outbound endpoint are missing in the "
                         "network of %s, so %s (%s).",
                         lost, all, e->endpoint->host_vpc_id,
                         lost == all ? "its rules cannot ask anyone" : "they are no use as sources",
                         text ? text : "");
    return detached_fault(k, e, shown, !e->host || lost == all ? SEVERITY_ERROR : SEVERITY_WARNING,
                          why);
}

static int ingress_check(struct check *k, const struct check_endpoint *e)
{
    const struct check_use *zone = e->host->zones.first;
    struct b53_finding *f;

    if (check_ingress_open(e))
        return 0;
    f = finding_new(k, SEVERITY_ERROR, "ingress-blocked", 2);
    if (!f)
        return ERR_NOMEM;
    finding_endpoint(f, e);
    finding_vpc(f, e->host);
    f->why = "No security group of the inbound endpoint allows anyone on port 53, neither over UDP "
             "nor over TCP: every query is dropped without an answer.";
    f->advice = "Add ingress rules for the clients' networks, port 53 over UDP and TCP, to a "
                "security group of the endpoint.";
    return finding_query_inbound(k, f, e, zone ? zone->zone->zone->name : "ipv4only.arpa.",
                                 zone ? "SOA" : "A");
}

int check_endpoints(struct check *k)
{
    int err = 0;

    for (struct check_rule *r = k->rules; r && !err; r = r->next)
        if (r->forward && check_wants_places(k, &r->at))
            err = rule_check(k, r);
    for (const struct check_endpoint *e = k->endpoints; e && !err; e = e->next) {
        if (e->outbound)
            err = detached_check(k, e);
        else if (e->host && check_wants(k, e->host))
            err = ingress_check(k, e);
    }
    return err;
}
