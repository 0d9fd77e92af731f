/* SPDX-License-Identifier: Apache-2.0 */
/* forwarding-loop: a rule whose target is an inbound endpoint, in whose VPC the same name leads to
 * a rule whose target is an inbound endpoint, and so on, back to the first.
 *
 * Where a name leads to in a VPC is one rule at most, so the rules that a name may pass are a graph
 * with an edge for each target that is an inbound endpoint. It is searched in depth for the domain
 * of each rule. That finds every loop: the domains of a loop's rules are names on one path to the
 * root, and what loops for any name loops for the most specific of those domains too, because no
 * VPC of the loop has anything more specific for it. A search visits a rule once, and no more rules
 * than there are inbound endpoints, of which an account has a handful. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "control/check_priv.h"

/* One step: a target of a rule is the inbound endpoint `in`, in whose VPC the name leads to `to`.
 */
struct edge {
    const char *address;
    const struct check_endpoint *in;
    struct check_rule *to;
    bool sure; /* no other network has this address */
};

/* A rule on the path of the search. */
struct step {
    struct check_rule *rule;
    struct edge *edges;
    size_t edges_n, next; /* next to follow; the one before it was followed last */
};

struct search {
    struct check *k;
    const char *name;
    struct step *path;
    size_t depth;
    size_t depth_max;
    unsigned number;
    struct map known; /* ids of a loop's rules, joined -> itself */
};

static bool vpc_has(const struct check_vpc *vpc, const char *address)
{
    const struct obj_cidr_association *lists[] = {vpc->vpc->cidr_blocks,
                                                  vpc->vpc->ipv6_cidr_blocks};
    const size_t counts[] = {vpc->vpc->cidr_blocks_n, vpc->vpc->ipv6_cidr_blocks_n};
    struct addr a;

    if (addr_parse(address, &a) != 0)
        return false;
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < counts[l]; i++) {
            struct prefix p;

            if (prefix_parse(lists[l][i].cidr_block, &p) == 0 && prefix_contains(&p, &a))
                return true;
        }
    }
    return false;
}

/* The edges of one target. A packet to an address that the sender's own VPC has stays there; one to
 * an address that several networks have may go to any of them. */
static int target_edges(struct search *s, struct step *step, const struct obj_target *t)
{
    const struct check_vpc *from = step->rule->endpoint->host;
    const char *address = check_target_ip(t);
    const struct check_inbound *all = map_get(&s->k->inbound, address), *own = NULL;
    bool local = from && vpc_has(from, address);

    for (const struct check_inbound *i = all; i && local && !own; i = i->next)
        own = i->endpoint->host == from ? i : NULL;
    for (const struct check_inbound *i = own ? own : all; i; i = own ? NULL : i->next) {
        const struct check_endpoint *in = i->endpoint;
        struct edge *e;

        if (!in->host || !in->host->answers ||
            !check_ingress_lets(in, step->rule->endpoint, t->ip != NULL))
            continue;
        e = arena_zalloc(s->k->c->arena, step->edges_n + 1, sizeof *e);
        if (!e)
            return ERR_NOMEM;
        if (step->edges_n)
            memcpy(e, step->edges, step->edges_n * sizeof *e);
        e[step->edges_n] =
            (struct edge){address, in, check_route(s->k, in->host, in->host->stack, s->name).rule,
                          own || (!local && !all->next)};
        step->edges_n += e[step->edges_n].to != NULL;
        step->edges = e;
    }
    return 0;
}

/* True if a target of the rule is an inbound endpoint at all. */
static bool may_lead_on(const struct check *k, const struct check_rule *r)
{
    for (size_t i = 0; r->forward && r->endpoint && i < r->rule->targets_n; i++)
        if (map_get(&k->inbound, check_target_ip(&r->rule->targets[i])))
            return true;
    return false;
}

/* Goes on to a rule that this search has not seen. */
static int step_into(struct search *s, struct check_rule *r)
{
    struct step *step = &s->path[s->depth++];
    int err = 0;

    *step = (struct step){.rule = r};
    r->seen = s->number;
    r->open = true;
    for (size_t i = 0; may_lead_on(s->k, r) && i < r->rule->targets_n && !err; i++)
        if (check_target_reach(r->endpoint, &r->rule->targets[i]) == REACH_OK)
            err = target_edges(s, step, &r->rule->targets[i]);
    return err;
}

/* A loop: the last n steps of the path, from the one with the smallest id on. */
struct loop {
    const struct step *steps;
    size_t n, first;
};

static const struct step *loop_step(const struct loop *l, size_t i)
{
    return &l->steps[(l->first + i) % l->n];
}

static const struct edge *loop_edge(const struct loop *l, size_t i)
{
    const struct step *step = loop_step(l, i);

    return &step->edges[step->next - 1];
}

/* True if it is not known yet; notes it then. */
static int loop_is_new(struct search *s, const struct loop *l, bool *ret)
{
    struct buf key = {0};
    int err;

    for (size_t i = 0; i < l->n; i++)
        buf_printf(&key, "%s ", loop_step(l, i)->rule->rule->id);
    *ret = !key.failed && !map_get(&s->known, key.data);
    err = key.failed ? ERR_NOMEM : *ret ? map_put(&s->known, key.data, s, NULL) : 0;
    buf_free(&key);
    return err;
}

/* "rule A asks 10.2.0.10 (endpoint E in V), there rule B asks ..., there rule A again" */
static const char *loop_text(struct search *s, const struct loop *l, bool sure)
{
    struct buf text = {0};
    const char *ret;

    for (size_t i = 0; i < l->n; i++) {
        const struct check_rule *r = loop_step(l, i)->rule;
        const struct edge *e = loop_edge(l, i);

        buf_printf(&text, "%s %s (%s) asks %s, the inbound endpoint %s of %s, ",
                   i ? "there the rule" : "The rule", r->rule->id, r->rule->domain_name, e->address,
                   e->in->endpoint->id, e->in->host->vpc->id);
    }
    buf_printf(&text, "%s the first rule wins again%s.",
               sure ? "where" : "where, if this network has that address,",
               sure ? ": the query goes round in a loop" : ": the query may loop");
    ret = text.failed ? NULL : arena_str(s->k->c->arena, text.data);
    buf_free(&text);
    return ret;
}

static int loop_add(struct search *s, const struct loop *l)
{
    const char *name = "";
    bool sure = true, wanted = false;
    struct b53_finding *f;

    for (size_t i = 0; i < l->n; i++) {
        const struct check_rule *r = loop_step(l, i)->rule;
        const struct edge *e = loop_edge(l, i);

        /* All are names on one path to the root: the longest is the most specific. */
        if (strlen(r->rule->domain_name) > strlen(name))
            name = r->rule->domain_name;
        sure = sure && e->sure;
        wanted = wanted || check_wants(s->k, e->in->host);
    }
    if (!wanted)
        return 0;
    f = finding_new(s->k, sure ? SEVERITY_ERROR : SEVERITY_WARNING, "forwarding-loop", 2 * l->n);
    if (!f)
        return ERR_NOMEM;
    for (size_t i = 0; i < l->n; i++) {
        finding_rule(f, loop_step(l, i)->rule);
        finding_endpoint(f, loop_edge(l, i)->in);
    }
    f->why = loop_text(s, l, sure);
    f->advice =
        "Take one of the rules away from the VPC of the inbound endpoint that leads to it, "
        "or out of the VPC's profile, or give that VPC a zone or a SYSTEM rule for the name.";
    return finding_query(s->k, f, loop_edge(l, l->n - 1)->in->host, NULL, name, "A");
}

/* The last step has led to a rule on the path. */
static int loop_found(struct search *s, const struct check_rule *back)
{
    struct loop l = {.n = 1};
    bool is_new;
    int err;

    while (s->path[s->depth - l.n].rule != back)
        l.n++;
    l.steps = &s->path[s->depth - l.n];
    for (size_t i = 1; i < l.n; i++)
        if (strcmp(l.steps[i].rule->rule->id, l.steps[l.first].rule->rule->id) < 0)
            l.first = i;
    err = loop_is_new(s, &l, &is_new);
    return err || !is_new ? err : loop_add(s, &l);
}

/* Follows the domain of a rule, beginning with the rule. */
static int search_run(struct search *s, struct check_rule *from)
{
    int err;

    s->name = from->rule->domain_name;
    s->number++;
    err = step_into(s, from);
    while (s->depth > 0 && !err) {
        struct step *step = &s->path[s->depth - 1];

        if (step->next == step->edges_n) {
            step->rule->open = false;
            s->depth--;
            continue;
        }
        struct check_rule *to = step->edges[step->next++].to;
        if (to->seen != s->number)
            err = s->depth < s->depth_max ? step_into(s, to) : 0;
        else if (to->open)
            err = loop_found(s, to);
    }
    return err;
}

int check_loops(struct check *k)
{
    struct search s = {.k = k};
    int err = 0;

    /* The rule that it begins with, and one for the VPC of each inbound endpoint. */
    s.depth_max = k->endpoints_n + 1;
    s.path = arena_zalloc(k->c->arena, s.depth_max, sizeof *s.path);
    if (!s.path)
        return ERR_NOMEM;
    for (struct check_rule *r = k->rules; r && !err; r = r->next)
        if (may_lead_on(k, r))
            err = search_run(&s, r);
    map_free(&s.known);
    return err;
}
