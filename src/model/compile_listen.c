/* SPDX-License-Identifier: Apache-2.0 */
/* The list of addresses to listen on. It is built anew when something touched it, and published
 * only if it differs: every new one makes all workers look at their sockets. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"
#include "model/pack.h"

static const struct addr link_local = {AF_INET, {169, 254, 169, 253}};
static const struct addr link_local_v6 = {AF_INET6,
                                          {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x53}};

/* A list being collected; strings still belong to the compiler's records. */
struct work {
    struct listener *items;
    size_t n;
};

static void add_base(struct work *w, struct listener l, const struct prefix *cidr)
{
    struct prefix p = *cidr;

    prefix_mask(&p);
    l.addr = addr_add(&p.addr, 2);
    w->items[w->n++] = l;
}

/* base+2 of the primary IPv4 CIDR (the first one) and of each IPv6 CIDR; the fixed addresses of the
 * families that the VPC has, and 169.254.169.253 in any case: an IPv6-only subnet reaches it, too
 * (spec/resolver.md 0.2). */
static void add_vpc(struct work *w, const struct vpc_rec *v)
{
    struct listener l = {.kind = LISTEN_VPC,
                         .slot = v->slot,
                         .owner = v->id,
                         .attach = v->info->attach,
                         .attach_name = v->info->attach_name};
    bool v4 = false, v6 = false;

    for (unsigned i = 0; i < v->info->cidrs_n; i++) {
        const struct prefix *p = &v->info->cidrs[i];
        bool six = p->addr.family == AF_INET6;
        if (six || !v4)
            add_base(w, l, p);
        v4 |= !six;
        v6 |= six;
    }
    l.addr = link_local;
    w->items[w->n++] = l;
    if (v6) {
        l.addr = link_local_v6;
        w->items[w->n++] = l;
    }
}

static void add_endpoint(struct work *w, const struct endpoint *e)
{
    bool source = e->direction == DIRECTION_OUTBOUND;

    for (unsigned i = 0; i < e->addresses_n; i++)
        w->items[w->n++] = (struct listener){.kind = source ? LISTEN_SOURCE : LISTEN_INBOUND,
                                             .slot = e->slot,
                                             .owner = e->addresses[i].id,
                                             .addr = e->addresses[i].addr,
                                             .attach = e->attach,
                                             .attach_name = e->attach_name};
}

/* True if a record's sockets are wanted. Without its VPC nobody knows where an endpoint's are. */
static bool vpc_listens(const struct vpc_rec *v)
{
    return v->info && v->info->attach != ATTACH_SHARED;
}

static bool endpoint_listens(const struct endpoint_rec *e)
{
    return e->endpoint && e->endpoint->vpc_slot != SLOT_NONE;
}

static int collect(struct compiler *c, struct work *w)
{
    struct vpc_rec *v;
    struct endpoint_rec *e;
    size_t pos = 0, n = 1;

    while ((v = record_of(keyset_next(&c->vpcs, &pos), vpc_rec)))
        n += vpc_listens(v) ? v->info->cidrs_n + 2 : 0;
    pos = 0;
    while ((e = record_of(keyset_next(&c->endpoints, &pos), endpoint_rec)))
        n += endpoint_listens(e) ? e->endpoint->addresses_n : 0;
    w->n = 0;
    w->items = calloc(n, sizeof(w->items[0]));
    if (!w->items)
        return ERR_NOMEM;
    pos = 0;
    while ((v = record_of(keyset_next(&c->vpcs, &pos), vpc_rec))) {
        if (vpc_listens(v))
            add_vpc(w, v);
    }
    pos = 0;
    while ((e = record_of(keyset_next(&c->endpoints, &pos), endpoint_rec))) {
        if (endpoint_listens(e))
            add_endpoint(w, e->endpoint);
    }
    return 0;
}

static int listener_compare(const void *a, const void *b)
{
    const struct listener *l = a, *m = b;

    if (l->kind != m->kind)
        return l->kind < m->kind ? -1 : 1;
    if (l->slot != m->slot)
        return l->slot < m->slot ? -1 : 1;
    return memcmp(&l->addr, &m->addr, sizeof(l->addr));
}

static bool lists_equal(const struct listener_list *list, const struct work *w)
{
    if (list->n != w->n)
        return false;
    for (size_t i = 0; i < w->n; i++) {
        const struct listener *l = &list->items[i], *m = &w->items[i];
        bool named = l->attach_name && m->attach_name;
        if (listener_compare(l, m) != 0 || strcmp(l->owner, m->owner) != 0 ||
            l->attach != m->attach || !l->attach_name != !m->attach_name ||
            (named && strcmp(l->attach_name, m->attach_name) != 0))
            return false;
    }
    return true;
}

static int addr_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct addr));
}

/* Fills in the addresses of inbound endpoints; the list has room for them. */
static void inbound_fill(struct listener_list *list, struct addr *inbound)
{
    list->inbound = inbound;
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].kind == LISTEN_INBOUND)
            inbound[list->inbound_n++] = list->items[i].addr;
    }
    qsort(inbound, list->inbound_n, sizeof(inbound[0]), addr_compare);
}

bool snapshot_inbound(const struct snapshot *s, const struct addr *a)
{
    const struct listener_list *l = s->listeners;

    return l->inbound_n && bsearch(a, l->inbound, l->inbound_n, sizeof(*a), addr_compare);
}

/* Copies the list with its strings into one block; the listeners of a VPC, which stand together,
 * share theirs. */
static struct listener_list *list_pack(const struct work *w, uint64_t generation)
{
    struct listener_list head = {.generation = generation, .n = w->n};
    size_t items = w->n * sizeof(w->items[0]), inbound = w->n * sizeof(struct addr);
    size_t size = sizeof(head) + items + inbound;

    for (size_t i = 0; i < w->n; i++) {
        const struct listener *l = &w->items[i], *before = i ? l - 1 : NULL;
        if (!before || before->owner != l->owner)
            size += pack_room_str(l->owner);
        if (!before || before->attach_name != l->attach_name)
            size += pack_room_str(l->attach_name);
    }
    uint8_t *at = malloc(size);
    if (!at)
        return NULL;
    struct listener_list *list = pack(&at, &head, sizeof(head));
    struct listener *to = pack(&at, w->items, items);
    for (size_t i = 0; i < w->n; i++) {
        const struct listener *l = &w->items[i], *before = i ? l - 1 : NULL;
        to[i].owner =
            before && before->owner == l->owner ? to[i - 1].owner : pack_str(&at, l->owner);
        to[i].attach_name = before && before->attach_name == l->attach_name
                                ? to[i - 1].attach_name
                                : pack_str(&at, l->attach_name);
    }
    list->items = to;
    inbound_fill(list, (struct addr *)(void *)at);
    return list;
}

int listeners_commit(struct compiler *c)
{
    struct work w;
    int r = 0;

    if (!c->listeners_dirty)
        return 0;
    if (collect(c, &w) < 0)
        return ERR_NOMEM;
    qsort(w.items, w.n, sizeof(w.items[0]), listener_compare);
    if (!c->listeners || !lists_equal(c->listeners, &w)) {
        struct listener_list *list = NULL;
        if (!garbage_reserve(c->edit.garbage))
            list = list_pack(&w, c->listeners ? c->listeners->generation + 1 : 1);
        if (!list)
            r = ERR_NOMEM;
        else if (c->listeners)
            garbage_add(c->edit.garbage, c->listeners, NULL);
        if (list)
            c->listeners = list;
    }
    if (!r)
        c->listeners_dirty = false;
    free(w.items);
    return r;
}
