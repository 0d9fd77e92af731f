/* SPDX-License-Identifier: Apache-2.0 */
/* Listings of zones: by id, by name, by VPC (spec: profiles-ram-zones-ec2.md 3.9).
 *
 * The service's markers name the first entry of the next page, so a listing starts at its marker.
 * An account has at most ZONES_MAX zones: what lies before the marker is passed over. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/zone_name.h"
#include "control/zone_priv.h"

int max_items_read(struct ctl *c, const char *text, size_t most, size_t *ret)
{
    char *end;
    long n;

    *ret = most;
    if (!text || !*text)
        return 0;
    n = strtol(text, &end, 10);
    if (*end != '\0' || n < 1)
        return ctl_fail(c, FAULT_InvalidInput, "MaxItems is not a positive number: '%s'", text);
    if ((unsigned long)n < most)
        *ret = (size_t)n;
    return 0;
}

static char *number_text(struct ctl *c, size_t n)
{
    return arena_printf(c->arena, "%zu", n);
}

/* A page of zones under way. */
struct zone_page {
    struct ctl *c;
    const char *from; /* id or key to start at */
    size_t max, n;
    struct r53_hosted_zone *items;
    const char *next_id; /* the first zone behind the page, or NULL */
    const char *next_name;
};

/* Adds a zone, or notes that it opens the next page. */
static int zone_add(struct zone_page *p, const struct obj_zone *z)
{
    if (p->n == p->max) {
        p->next_id = z->id;
        p->next_name = z->name;
        return CTL_STOP;
    }
    return zone_view(p->c, z, &p->items[p->n++]);
}

static int zone_each(void *ctx, const char *id, void *obj)
{
    struct zone_page *p = ctx;

    return p->from && strcmp(id, p->from) < 0 ? 0 : zone_add(p, obj);
}

int r53_list_hosted_zones(struct ctl *c, const struct r53_list_hosted_zones_request *in,
                          struct r53_list_hosted_zones_response *out)
{
    struct zone_page p = {
        .c = c,
        .from = in->marker ? id_strip(in->marker, "/hostedzone/") : NULL,
    };
    int err = max_items_read(c, in->max_items, ZONE_PAGE_MAX, &p.max);

    if (err)
        return err;
    if (in->delegation_set_id && *in->delegation_set_id)
        return ctl_fail(c, FAULT_NoSuchDelegationSet, "No delegation set found with ID: %s",
                        in->delegation_set_id);
    p.items = arena_zalloc(c->arena, p.max, sizeof *p.items);
    if (!p.items)
        return ERR_NOMEM;
    err = ctl_list(c, &kind_zone, NULL, zone_each, &p);
    if (err)
        return err;
    out->hosted_zones = p.items;
    out->hosted_zones_n = p.n;
    out->marker = in->marker;
    out->is_truncated = p.next_id ? TRI_TRUE : TRI_FALSE;
    out->next_marker = p.next_id;
    out->max_items = number_text(c, p.max);
    return out->max_items ? 0 : ERR_NOMEM;
}

static int named_each(void *ctx, const char *key, const char *value)
{
    struct zone_page *p = ctx;
    struct obj_zone z;
    int err;

    if (p->from && strcmp(key, p->from) < 0)
        return 0;
    err = ctl_get_own(p->c, &kind_zone, value, &z);
    return err == ERR_NOT_FOUND ? 0 : err ? err : zone_add(p, &z);
}

/* The index key at which a listing by name starts. */
static int named_start(struct ctl *c, const struct r53_list_hosted_zones_by_name_request *in,
                       const char **ret)
{
    const char *id = in->hosted_zone_id ? id_strip(in->hosted_zone_id, "/hostedzone/") : "";
    uint8_t name[NAME_MAX_WIRE];
    const char *why = "";

    if (!in->dns_name) {
        if (*id)
            return ctl_fail(c, FAULT_InvalidInput,
                            "HostedZoneId needs the DNSName of the hosted zone beside it.");
        return 0;
    }
    if (zone_name_parse(in->dns_name, name, &why) < 0)
        return ctl_fail(c, FAULT_InvalidDomainName, "FATAL problem: %s encountered with '%s'", why,
                        in->dns_name);
    *ret = zone_name_index(c, c->account, name, id);
    return *ret ? 0 : ERR_NOMEM;
}

int r53_list_hosted_zones_by_name(struct ctl *c,
                                  const struct r53_list_hosted_zones_by_name_request *in,
                                  struct r53_list_hosted_zones_by_name_response *out)
{
    char *prefix = arena_printf(c->arena, "%s/", c->account);
    struct zone_page p = {.c = c};
    int err = max_items_read(c, in->max_items, ZONE_PAGE_MAX, &p.max);

    if (!err)
        err = named_start(c, in, &p.from);
    if (err)
        return err;
    p.items = arena_zalloc(c->arena, p.max, sizeof *p.items);
    if (!p.items || !prefix)
        return ERR_NOMEM;
    err = ctl_index_list(c, "zone-name", prefix, named_each, &p);
    if (err)
        return err;
    out->hosted_zones = p.items;
    out->hosted_zones_n = p.n;
    out->dns_name = in->dns_name;
    out->hosted_zone_id = in->hosted_zone_id;
    out->is_truncated = p.next_id ? TRI_TRUE : TRI_FALSE;
    out->next_dns_name = p.next_name;
    out->next_hosted_zone_id = p.next_id;
    out->max_items = number_text(c, p.max);
    return out->max_items ? 0 : ERR_NOMEM;
}

/* A page of the zones of a VPC. */
struct summary_page {
    struct ctl *c;
    const char *after;
    const char *last;
    size_t max, n;
    struct r53_hosted_zone_summary *items;
    bool more;
};

static int summary_each(void *ctx, const char *key, const char *value)
{
    struct summary_page *p = ctx;
    struct r53_hosted_zone_owner *owner;
    struct obj_zone z;
    int err;

    if (p->after && strcmp(key, p->after) <= 0)
        return 0;
    if (p->n == p->max) {
        p->more = true;
        return CTL_STOP;
    }
    err = ctl_get(p->c, &kind_zone, value, &z);
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    owner = arena_zalloc(p->c->arena, 1, sizeof *owner);
    if (!owner)
        return ERR_NOMEM;
    owner->owning_account = z.owner_account;
    p->items[p->n++] = (struct r53_hosted_zone_summary){z.id, z.name, owner};
    p->last = key;
    return 0;
}

int r53_list_hosted_zones_by_vpc(struct ctl *c,
                                 const struct r53_list_hosted_zones_by_vpc_request *in,
                                 struct r53_list_hosted_zones_by_vpc_response *out)
{
    char *prefix = arena_printf(c->arena, "%s/", in->vpc_id);
    struct summary_page p = {.c = c};
    struct obj_vpc vpc;
    int err = max_items_read(c, in->max_items, ZONE_PAGE_MAX, &p.max);

    if (err)
        return err;
    err = ctl_get(c, &kind_vpc, in->vpc_id, &vpc);
    if (err && err != ERR_NOT_FOUND)
        return err;
    if (err || strcmp(vpc.owner_account, c->account) != 0 ||
        strcmp(vpc.owner_region, in->vpc_region) != 0)
        return ctl_fail(c, FAULT_AccessDenied, "The VPC %s in region %s is not owned by you",
                        in->vpc_id, in->vpc_region);
    if (in->next_token && ctl_token_read(c, "ListHostedZonesByVPC", in->next_token, &p.after) != 0)
        return ctl_fail(c, FAULT_InvalidPaginationToken,
                        "The value that you specified for NextToken is not valid.");
    p.items = arena_zalloc(c->arena, p.max, sizeof *p.items);
    if (!p.items || !prefix)
        return ERR_NOMEM;
    err = ctl_index_list(c, "vpc-zones", prefix, summary_each, &p);
    if (err)
        return err;
    out->hosted_zone_summaries = p.items;
    out->hosted_zone_summaries_n = p.n;
    out->max_items = number_text(c, p.max);
    out->next_token = p.more ? ctl_token(c, "ListHostedZonesByVPC", p.last) : NULL;
    return out->max_items ? 0 : ERR_NOMEM;
}
