/* SPDX-License-Identifier: Apache-2.0 */
/* ListResourceRecordSets: a range of the record keys, whose byte order is the service's order
 * (spec: profiles-ram-zones-ec2.md 3.9). */
#include <string.h>

#include "base/error.h"
#include "control/zone_name.h"
#include "control/zone_priv.h"

/* A page of record sets under way. */
struct record_page {
    struct ctl *c;
    size_t max, n;
    struct r53_resource_record_set *items;
    struct obj_record next; /* the first set behind the page, if more */
    bool more;
};

static struct r53_resource_record *values_view(struct ctl *c, const struct obj_record *r)
{
    struct r53_resource_record *list = arena_zalloc(c->arena, r->values_n + 1, sizeof *list);

    for (size_t i = 0; list && i < r->values_n; i++)
        list[i].value = r->values[i];
    return list;
}

/* Members that are structures of their own on the wire. */
static int parts_view(struct ctl *c, const struct obj_record *r, struct r53_resource_record_set *v)
{
    if (r->values) {
        v->resource_records = values_view(c, r);
        v->resource_records_n = r->values_n;
        if (!v->resource_records)
            return ERR_NOMEM;
    }
    if (r->alias_name) {
        v->alias_target = arena_zalloc(c->arena, 1, sizeof *v->alias_target);
        if (!v->alias_target)
            return ERR_NOMEM;
        *v->alias_target =
            (struct r53_alias_target){r->alias_zone_id, r->alias_name, r->alias_evaluate};
    }
    if (r->continent_code || r->country_code) {
        v->geo_location = arena_zalloc(c->arena, 1, sizeof *v->geo_location);
        if (!v->geo_location)
            return ERR_NOMEM;
        *v->geo_location =
            (struct r53_geo_location){r->continent_code, r->country_code, r->subdivision_code};
    }
    return 0;
}

static int proximity_view(struct ctl *c, const struct obj_record *r,
                          struct r53_resource_record_set *v)
{
    struct r53_geo_proximity_location *at = arena_zalloc(c->arena, 1, sizeof *at);

    if (!at)
        return ERR_NOMEM;
    at->aws_region = r->geo_proximity_region;
    at->local_zone_group = r->geo_proximity_local_zone_group;
    at->bias = r->geo_proximity_bias;
    if (r->latitude) {
        at->coordinates = arena_zalloc(c->arena, 1, sizeof *at->coordinates);
        if (!at->coordinates)
            return ERR_NOMEM;
        *at->coordinates = (struct r53_coordinates){r->latitude, r->longitude};
    }
    v->geo_proximity_location = at;
    return 0;
}

/* How clients see a record set. */
static int record_view(struct ctl *c, const struct obj_record *r, struct r53_resource_record_set *v)
{
    int err;

    *v = (struct r53_resource_record_set){
        .name = r->name,
        .type = r->type,
        .set_identifier = r->set_identifier,
        .weight = r->weight,
        .region = r->region,
        .failover = r->failover,
        .multi_value_answer = r->multi_value_answer,
        .ttl = r->ttl,
        .health_check_id = r->health_check_id,
    };
    err = parts_view(c, r, v);
    if (!err && record_routing(r) == ROUTING_GEOPROXIMITY)
        err = proximity_view(c, r, v);
    return err;
}

static int record_each(void *ctx, const struct store_item *item)
{
    struct record_page *p = ctx;
    struct obj_record r;
    int err = record_read(p->c->arena, item->value, &r);

    if (err)
        return err;
    if (p->n == p->max) {
        p->next = r;
        p->more = true;
        return CTL_STOP;
    }
    return record_view(p->c, &r, &p->items[p->n++]);
}

/* The key at which the listing starts. `name` gets the wire form of the start name. */
static int start_read(struct ctl *c, const struct r53_list_resource_record_sets_request *in,
                      uint8_t *name, struct record_id *ret)
{
    const char *why = "";

    if (in->start_record_type && !in->start_record_name)
        return ctl_fail(c, FAULT_InvalidInput,
                        "The input is not valid: a type needs the name of a record set beside it.");
    if (in->start_record_identifier && !in->start_record_type)
        return ctl_fail(c, FAULT_InvalidInput,
                        "The input is not valid: an identifier needs the name and type of a record "
                        "set beside it.");
    if (!in->start_record_name)
        return 0;
    if (zone_name_parse(in->start_record_name, name, &why) < 0)
        return ctl_fail(c, FAULT_InvalidInput, "FATAL problem: %s encountered with '%s'", why,
                        in->start_record_name);
    ret->name = name;
    ret->type = in->start_record_type;
    ret->set_id = in->start_record_identifier;
    return 0;
}

int r53_list_resource_record_sets(struct ctl *c,
                                  const struct r53_list_resource_record_sets_request *in,
                                  struct r53_list_resource_record_sets_response *out)
{
    struct record_page p = {.c = c};
    uint8_t name[NAME_MAX_WIRE];
    struct record_id start = {0};
    struct store_walk walk = {.each = record_each, .ctx = &p};
    struct obj_zone z;
    int err = hosted_zone_get(c, in->hosted_zone_id, &z);

    if (!err)
        err = max_items_read(c, in->max_items, RECORD_PAGE_MAX, &p.max);
    if (!err)
        err = start_read(c, in, name, &start);
    if (err)
        return err;
    start.zone_id = z.id;
    walk.from = record_key(c->arena, &start);
    walk.to = record_key_end(c->arena, z.id);
    walk.limit = p.max + 1;
    p.items = arena_zalloc(c->arena, p.max, sizeof *p.items);
    out->max_items = arena_printf(c->arena, "%zu", p.max);
    if (!walk.from.data || !walk.to.data || !p.items || !out->max_items)
        return ERR_NOMEM;
    err = ctl_raw_list(c, &walk);
    if (err && err != CTL_STOP)
        return err;
    out->resource_record_sets = p.items;
    out->resource_record_sets_n = p.n;
    out->is_truncated = p.more ? TRI_TRUE : TRI_FALSE;
    out->next_record_name = p.next.name;
    out->next_record_type = p.next.type;
    out->next_record_identifier = p.next.set_identifier;
    return 0;
}
