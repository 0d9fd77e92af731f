/* SPDX-License-Identifier: Apache-2.0 */
/* VPCs and subnets in the compiler, and the way from source addresses to VPCs. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"
#include "model/pack.h"

#define CIDRS_MAX 1000 /* of a VPC or subnet: far above any quota */

struct vpc_rec *vpc_get(struct compiler *c, const char *id)
{
    struct vpc_rec *v = record_of(keyset_find(&c->vpcs, id), vpc_rec);

    if (v)
        return v;
    v = record_new(&c->vpcs, id, offsetof(struct vpc_rec, id));
    if (v)
        v->slot = SLOT_NONE;
    return v;
}

void vpc_touch(struct compiler *c, struct vpc_rec *v)
{
    if (!v->dirty.prev)
        tie_add(&c->dirty_vpcs, &v->dirty);
}

static struct vpc_info *info_new(struct compiler *c, const char *id, const struct vpc_desc *d)
{
    char domain[ID_MAX + 32];
    size_t cidrs = d->cidrs_n * sizeof(d->cidrs[0]);
    size_t exclude = d->dns64.exclude_n * sizeof(d->dns64.exclude[0]);
    struct vpc_info head = {
        .seq = c->edit.seq,
        .id = id,
        .cidrs_n = (unsigned)d->cidrs_n,
        .attach = d->attach,
        .dns_support = d->dns_support,
        .dns_hostnames = d->dns_hostnames,
        .reverse = d->reverse,
        .dns64 = dns64_get(&c->dns64, &d->dns64, NULL),
        .dns64_own = d->dns64,
    };

    autodef_domain(d->region, domain, sizeof(domain));
    uint8_t *at =
        malloc(sizeof(head) + cidrs + exclude + pack_room_str(d->account) +
               pack_room_str(d->region) + pack_room_str(domain) + pack_room_str(d->attach_name));
    if (!at || !head.dns64) {
        free(at);
        return NULL;
    }
    struct vpc_info *info = pack(&at, &head, sizeof(head));
    info->cidrs = pack(&at, d->cidrs, cidrs);
    info->dns64_own.exclude = pack(&at, d->dns64.exclude, exclude);

    info->account = pack_str(&at, d->account);
    info->region = pack_str(&at, d->region);
    info->domain = pack_str(&at, domain);
    info->attach_name = pack_str(&at, d->attach_name);
    return info;
}

static bool cidrs_valid(const struct prefix *cidrs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned bits = addr_bits(&cidrs[i].addr);
        if (!bits || cidrs[i].bits > bits)
            return false;
    }
    return n <= CIDRS_MAX;
}

static bool vpc_desc_valid(const struct vpc_desc *d)
{
    uint8_t name[NAME_MAX_WIRE];
    char domain[ID_MAX + 32];

    if (strlen(d->id) >= ID_MAX || strlen(d->region) >= ID_MAX || strlen(d->account) >= ID_MAX)
        return false;
    if (d->attach != ATTACH_SHARED && !d->attach_name)
        return false;
    return name_parse(autodef_domain(d->region, domain, sizeof(domain)), name) >= 0 &&
           cidrs_valid(d->cidrs, d->cidrs_n) && dns64_valid(&d->dns64);
}

/* True if the VPC's listeners are the same. */
static bool sockets_equal(const struct vpc_info *a, const struct vpc_info *b)
{
    if (a->attach != b->attach)
        return false;
    if (a->attach == ATTACH_SHARED)
        return true;
    return !strcmp(a->attach_name, b->attach_name) && a->cidrs_n == b->cidrs_n &&
           (!a->cidrs_n || !memcmp(a->cidrs, b->cidrs, a->cidrs_n * sizeof(a->cidrs[0])));
}

static void vpc_touch_endpoints(struct compiler *c, const struct vpc_rec *v)
{
    for (const struct tie *t = v->endpoints; t; t = t->next)
        endpoint_touch(c, container_of(t, struct endpoint_rec, of_vpc));
}

int compile_vpc(struct compiler *c, const struct vpc_desc *d)
{
    if (!vpc_desc_valid(d))
        return ERR_INVALID;
    struct vpc_rec *v = vpc_get(c, d->id);
    if (!v)
        return ERR_NOMEM;
    vpc_touch(c, v);
    struct vpc_info *info = info_new(c, v->id, d);
    if (!info || garbage_reserve(c->edit.garbage) < 0) {
        free(info);
        return ERR_NOMEM;
    }
    if (v->info ? !sockets_equal(v->info, info) : info->attach != ATTACH_SHARED)
        c->listeners_dirty = true;
    if (v->info)
        edit_drop(&c->edit, v->info, v->info->seq);
    else
        v->slot = c->vpc_slots++;
    v->info = info;
    vpc_touch_endpoints(c, v);
    return 0;
}

int compile_vpc_del(struct compiler *c, const char *id)
{
    struct vpc_rec *v = record_of(keyset_find(&c->vpcs, id), vpc_rec);

    if (!v || !v->info)
        return ERR_NOT_FOUND;
    if (vec_set(&c->next.views, &c->edit, v->slot, NULL) < 0 ||
        garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    if (v->info->attach != ATTACH_SHARED)
        c->listeners_dirty = true;
    edit_drop(&c->edit, v->info, v->info->seq);
    if (v->view)
        garbage_add(c->edit.garbage, v->view, view_free);
    v->info = NULL;
    v->view = NULL;
    v->slot = SLOT_NONE;
    vpc_touch(c, v);
    vpc_touch_endpoints(c, v);
    return 0;
}

int compile_subnet(struct compiler *c, const struct subnet_desc *d)
{
    size_t prefixes = d->cidrs_n + d->own64.exclude_n, len = strlen(d->id) + 1;
    void *old = NULL;

    if (len > ID_MAX || strlen(d->vpc_id) >= ID_MAX || !cidrs_valid(d->cidrs, d->cidrs_n) ||
        !dns64_valid(&d->own64))
        return ERR_INVALID;
    struct vpc_rec *v = vpc_get(c, d->vpc_id);
    if (!v)
        return ERR_NOMEM;
    vpc_touch(c, v);
    struct subnet_rec *s = calloc(1, sizeof(*s) + prefixes * sizeof(s->cidrs[0]) + len);
    if (!s || map_put(&c->subnets, d->id, s, &old) < 0) {
        free(s);
        return ERR_NOMEM;
    }
    s->vpc = v;
    s->dns64 = d->dns64;
    s->own64 = d->own64;
    s->cidrs_n = (unsigned)d->cidrs_n;
    for (size_t i = 0; i < d->cidrs_n; i++)
        s->cidrs[i] = d->cidrs[i];
    for (size_t i = 0; i < d->own64.exclude_n; i++)
        s->cidrs[d->cidrs_n + i] = d->own64.exclude[i];
    s->own64.exclude = s->cidrs + s->cidrs_n;
    memcpy(s->cidrs + prefixes, d->id, len);
    tie_add(&v->subnets, &s->of_vpc);
    if (old) {
        struct subnet_rec *o = old;
        tie_remove(&o->of_vpc);
        vpc_touch(c, o->vpc);
        free(o);
    }
    return 0;
}

int compile_subnet_del(struct compiler *c, const char *id)
{
    struct subnet_rec *s = map_del(&c->subnets, id);

    if (!s)
        return ERR_NOT_FOUND;
    tie_remove(&s->of_vpc);
    vpc_touch(c, s->vpc);
    free(s);
    return 0;
}

/* --- routes: the prefixes of the shared listener --- */

static bool routes_wanted(const struct vpc_rec *v)
{
    return v->info && v->info->attach == ATTACH_SHARED;
}

static bool prefix_in(const struct prefix *p, const struct prefix *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct prefix q = list[i];
        prefix_mask(&q);
        if (q.bits == p->bits && !memcmp(&q.addr, &p->addr, sizeof(q.addr)))
            return true;
    }
    return false;
}

/* Takes off what the VPC has no more. */
static int routes_remove(struct compiler *c, struct vpc_rec *v)
{
    struct retire retire = garbage_retire(c->edit.garbage);
    const struct retire *how = c->current ? &retire : NULL; /* before the first, nobody reads */

    for (unsigned i = 0; i < v->routed_n;) {
        const struct prefix *p = &v->routed[i];
        bool same = v->routed_slot == v->slot && routes_wanted(v);
        if (same && prefix_in(p, v->info->cidrs, v->info->cidrs_n)) {
            i++;
            continue;
        }
        if (garbage_reserve(c->edit.garbage) < 0 || lpm_del(&c->next.shared, p, how) < 0)
            return ERR_NOMEM;
        v->routed[i] = v->routed[--v->routed_n];
        c->routes_freed = true;
    }
    return 0;
}

/* Adds one prefix; if it belongs to another VPC, this one waits in its shadow. */
static int route_add(struct compiler *c, struct vpc_rec *v, struct prefix p)
{
    struct retire retire = garbage_retire(c->edit.garbage);
    const struct retire *how = c->current ? &retire : NULL; /* before the first, nobody reads */

    prefix_mask(&p);
    if (prefix_in(&p, v->routed, v->routed_n))
        return 0;
    if (lpm_has(&c->next.shared, &p)) {
        if (!v->shadowed.prev)
            tie_add(&c->shadowed, &v->shadowed);
        return 0;
    }
    struct prefix *routed = realloc(v->routed, (v->routed_n + 1) * sizeof(*routed));
    if (!routed)
        return ERR_NOMEM;
    v->routed = routed;
    if (garbage_reserve(c->edit.garbage) < 0 || lpm_set(&c->next.shared, &p, v->slot, how) < 0)
        return ERR_NOMEM;
    v->routed[v->routed_n++] = p;
    v->routed_slot = v->slot;
    return 0;
}

static int routes_add(struct compiler *c, struct vpc_rec *v)
{
    for (unsigned i = 0; routes_wanted(v) && i < v->info->cidrs_n; i++) {
        int r = route_add(c, v, v->info->cidrs[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

int routes_commit(struct compiler *c)
{
    for (struct tie *t = c->dirty_vpcs; t; t = t->next) {
        if (routes_remove(c, container_of(t, struct vpc_rec, dirty)) < 0)
            return ERR_NOMEM;
    }
    /* Whoever waits in a shadow gets another chance. */
    while (c->routes_freed && c->shadowed) {
        struct vpc_rec *v = container_of(c->shadowed, struct vpc_rec, shadowed);
        vpc_touch(c, v);
        tie_remove(&v->shadowed);
    }
    c->routes_freed = false;
    for (struct tie *t = c->dirty_vpcs; t; t = t->next) {
        if (routes_add(c, container_of(t, struct vpc_rec, dirty)) < 0)
            return ERR_NOMEM;
    }
    return 0;
}

/* Gets rid of a record; old snapshots may still read its id. */
static void vpc_let_go(struct compiler *c, struct vpc_rec *v)
{
    keyset_remove(&c->vpcs, v->id);
    tie_remove(&v->shadowed);
    free(v->routed);
    garbage_add(c->edit.garbage, v, NULL);
}

static int vpc_commit(struct compiler *c, struct vpc_rec *v)
{
    if (!v->info)
        return 0;
    struct view *view = view_build(c, v);
    if (!view)
        return ERR_NOMEM;
    if (garbage_reserve(c->edit.garbage) < 0 ||
        vec_set(&c->next.views, &c->edit, v->slot, view) < 0 ||
        garbage_reserve(c->edit.garbage) < 0) {
        view_free(view);
        return ERR_NOMEM;
    }
    if (v->view)
        garbage_add(c->edit.garbage, v->view, view_free);
    v->view = view;
    return 0;
}

int vpcs_commit(struct compiler *c)
{
    while (c->dirty_vpcs) {
        struct vpc_rec *v = container_of(c->dirty_vpcs, struct vpc_rec, dirty);
        if (vpc_commit(c, v) < 0 || garbage_reserve(c->edit.garbage) < 0)
            return ERR_NOMEM;
        tie_remove(&v->dirty);
        if (!v->info && !v->rules && !v->zones && !v->profiles && !v->subnets && !v->endpoints)
            vpc_let_go(c, v);
    }
    return 0;
}

void vpcs_free(struct compiler *c)
{
    struct subnet_rec *s;
    struct vpc_rec *v;
    const char *id;
    size_t pos = 0;

    while ((s = map_next(&c->subnets, &pos, &id)))
        free(s);
    map_free(&c->subnets);
    pos = 0;
    while ((v = record_of(keyset_next(&c->vpcs, &pos), vpc_rec))) {
        free(v->info);
        view_free(v->view);
        free(v->routed);
        free(v);
    }
    keyset_free(&c->vpcs);
}
