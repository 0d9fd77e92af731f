/* SPDX-License-Identifier: Apache-2.0 */
/* Findings under construction: objects with the names that people know, and the query that shows
 * the fault. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"
#include "control/own_tag.h"

#define CLIENT_HOST 7 /* the example client in its subnet: behind the reserved addresses */

struct finding {
    struct b53_finding out;
    struct finding *next;
};

struct b53_finding *finding_new(struct check *k, enum severity severity, const char *code,
                                size_t objects)
{
    static const char *const names[SEVERITIES] = {"ERROR", "WARNING", "NOTE"};
    struct finding *f = arena_zalloc(k->c->arena, 1, sizeof *f);
    struct b53_finding_object *list = arena_zalloc(k->c->arena, objects, sizeof *list);

    if (!f || !list)
        return NULL;
    f->out.code = code;
    f->out.severity = names[severity];
    f->out.objects = list;
    if (!k->findings_end[severity])
        k->findings_end[severity] = &k->findings[severity];
    *k->findings_end[severity] = f;
    k->findings_end[severity] = &f->next;
    k->findings_n++;
    return &f->out;
}

static void object_add(struct b53_finding *f, const struct kind *kind, const char *id,
                       const char *name)
{
    f->objects[f->objects_n++] = (struct b53_finding_object){kind->name, id, name};
}

/* The tag Name is what consoles show of a VPC or subnet. */
void finding_vpc(struct b53_finding *f, const struct check_vpc *vpc)
{
    object_add(f, &kind_vpc, vpc->vpc->id, own_tag_find(vpc->vpc->tags, vpc->vpc->tags_n, "Name"));
}

void finding_subnet(struct b53_finding *f, const struct obj_subnet *subnet)
{
    object_add(f, &kind_subnet, subnet->id, own_tag_find(subnet->tags, subnet->tags_n, "Name"));
}

void finding_endpoint(struct b53_finding *f, const struct check_endpoint *e)
{
    object_add(f, &kind_endpoint, e->endpoint->id, e->endpoint->name);
}

void finding_rule(struct b53_finding *f, const struct check_rule *r)
{
    object_add(f, &kind_rule, r->rule->id, r->rule->name);
}

void finding_zone(struct b53_finding *f, const struct check_zone *z)
{
    object_add(f, &kind_zone, z->zone->id, z->zone->name);
}

/* The name is the owner's; others know a profile by its id. */
void finding_profile(struct b53_finding *f, const struct check_profile *p)
{
    object_add(f, &kind_profile, p->id, p->own ? p->profile->name : NULL);
}

/* A name as explain and dig take it: our normal form escapes in octal, theirs in decimal. Without
 * the last dot. */
static char *query_name(struct check *k, const char *name)
{
    size_t len = strlen(name), n = 0;
    char *out = arena_str(k->c->arena, name);

    if (!out)
        return NULL;
    for (size_t i = 0; i < len;) {
        if (name[i] == '\\' && len - i > 3) {
            int octet = (name[i + 1] - '0') * 64 + (name[i + 2] - '0') * 8 + (name[i + 3] - '0');

            snprintf(out + n, 5, "\\%03d", octet & 255);
            n += 4;
            i += 4;
        } else {
            out[n++] = name[i++];
        }
    }
    if (n > 1 && out[n - 1] == '.')
        n--;
    out[n] = '\0';
    return out;
}

/* A name as a word of the shell. */
static const char *shell_word(struct check *k, const char *name)
{
    return name && strchr(name, '\\') ? arena_printf(k->c->arena, "'%s'", name) : name;
}

/* An address of a client in a subnet; where DNS64 is the question an IPv6 one. NULL: none. */
static const char *example_client(struct check *k, const struct obj_subnet *subnet, bool ipv6)
{
    char text[ADDR_TEXT_MAX];
    struct prefix p;
    bool six = subnet && subnet->ipv6_cidr_blocks_n > 0 && (ipv6 || !subnet->cidr_block);
    const char *cidr = six      ? subnet->ipv6_cidr_blocks[0].cidr_block
                       : subnet ? subnet->cidr_block
                                : NULL;

    if (!cidr || prefix_parse(cidr, &p) != 0)
        return NULL;
    p.addr = addr_add(&p.addr, CLIENT_HOST);
    return arena_str(k->c->arena, addr_format(&p.addr, text, sizeof text));
}

int finding_query(struct check *k, struct b53_finding *f, const struct check_vpc *vpc,
                  const struct obj_subnet *subnet, const char *name, const char *type)
{
    struct b53_finding_query *q = arena_zalloc(k->c->arena, 1, sizeof *q);

    if (!q)
        return ERR_NOMEM;
    q->vpc_id = vpc->vpc->id;
    q->source = example_client(k, subnet ? subnet : vpc->subnet, subnet != NULL);
    q->name = query_name(k, name);
    q->type = type;
    q->command = arena_printf(k->c->arena, "bridge53 explain --vpc %s%s%s %s %s", q->vpc_id,
                              q->source ? " --source " : "", q->source ? q->source : "",
                              shell_word(k, q->name ? q->name : ""), type);
    f->query = q;
    return q->name && q->command ? 0 : ERR_NOMEM;
}

int finding_query_inbound(struct check *k, struct b53_finding *f, const struct check_endpoint *e,
                          const char *name, const char *type)
{
    struct b53_finding_query *q = arena_zalloc(k->c->arena, 1, sizeof *q);
    const struct obj_endpoint_address *a = e->endpoint->addresses;

    if (!q)
        return ERR_NOMEM;
    if (e->endpoint->addresses_n == 0)
        return 0;
    q->server = a->ip ? a->ip : a->ipv6;
    q->name = query_name(k, name);
    q->type = type;
    q->command = arena_printf(k->c->arena, "dig @%s %s %s", q->server,
                              shell_word(k, q->name ? q->name : ""), type);
    f->query = q;
    return q->name && q->command ? 0 : ERR_NOMEM;
}

int findings_out(struct check *k, struct b53_check_response *out)
{
    struct b53_finding *list = arena_zalloc(k->c->arena, k->findings_n + 1, sizeof *list);

    if (!list)
        return ERR_NOMEM;
    out->findings = list;
    for (size_t s = 0; s < SEVERITIES; s++) {
        for (const struct finding *f = k->findings[s]; f; f = f->next) {
            if (!f->out.why || !f->out.advice)
                return ERR_NOMEM;
            list[out->findings_n++] = f->out;
        }
    }
    return 0;
}
