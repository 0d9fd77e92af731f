/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints in the compiler. A published endpoint carries the attachment of its host VPC, so it is
 * built anew when that changes. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/compile_priv.h"
#include "model/pack.h"

struct endpoint_rec *endpoint_get(struct compiler *c, const char *id)
{
    struct endpoint_rec *e = record_of(keyset_find(&c->endpoints, id), endpoint_rec);

    if (e)
        return e;
    e = record_new(&c->endpoints, id, offsetof(struct endpoint_rec, id));
    if (e)
        e->slot = SLOT_NONE;
    return e;
}

void endpoint_touch(struct compiler *c, struct endpoint_rec *e)
{
    if (!e->dirty.prev)
        tie_add(&c->dirty_endpoints, &e->dirty);
}

/* Copies an endpoint with all that it points to, but for its id, into one block. */
static struct endpoint *endpoint_pack(const struct endpoint *from)
{
    size_t addresses = from->addresses_n * sizeof(from->addresses[0]);
    size_t ingress = from->ingress_n * sizeof(from->ingress[0]);
    size_t egress = from->egress_n * sizeof(from->egress[0]);
    size_t size = sizeof(*from) + addresses + ingress + egress + pack_room_str(from->attach_name);

    for (unsigned i = 0; i < from->addresses_n; i++)
        size += pack_room_str(from->addresses[i].id);
    uint8_t *at = malloc(size);
    if (!at)
        return NULL;
    struct endpoint *to = pack(&at, from, sizeof(*from));
    struct endpoint_address *list = pack(&at, from->addresses, addresses);
    to->addresses = list;
    to->ingress = pack(&at, from->ingress, ingress);
    to->egress = pack(&at, from->egress, egress);

    to->attach_name = pack_str(&at, from->attach_name);
    for (unsigned i = 0; i < from->addresses_n; i++)
        list[i].id = pack_str(&at, from->addresses[i].id);
    return to;
}

static bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool addresses_equal(const struct endpoint *a, const struct endpoint *b)
{
    if (a->addresses_n != b->addresses_n)
        return false;
    for (unsigned i = 0; i < a->addresses_n; i++) {
        if (!text_equal(a->addresses[i].id, b->addresses[i].id) ||
            memcmp(&a->addresses[i].addr, &b->addresses[i].addr, sizeof(struct addr)) != 0)
            return false;
    }
    return true;
}

static bool allows_equal(const struct allow *a, unsigned an, const struct allow *b, unsigned bn)
{
    if (an != bn)
        return false;
    for (unsigned i = 0; i < an; i++) {
        if (memcmp(&a[i].peer.addr, &b[i].peer.addr, sizeof(struct addr)) != 0 ||
            a[i].peer.bits != b[i].peer.bits || a[i].protocol != b[i].protocol ||
            a[i].port_from != b[i].port_from || a[i].port_to != b[i].port_to)
            return false;
    }
    return true;
}

/* True if both are found at, and ask from, the same places. */
static bool places_equal(const struct endpoint *a, const struct endpoint *b)
{
    return a->vpc_slot == b->vpc_slot && a->direction == b->direction && a->attach == b->attach &&
           text_equal(a->attach_name, b->attach_name) && addresses_equal(a, b);
}

/* Makes a copy of `from` the record's endpoint. A new key makes the rules' cached answers
 * unreachable; who may ask us does not matter to them. */
static int endpoint_replace(struct compiler *c, struct endpoint_rec *e, const struct endpoint *from)
{
    const struct endpoint *old = e->endpoint;

    if (garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    struct endpoint *fresh = endpoint_pack(from);
    if (!fresh)
        return ERR_NOMEM;
    if (!old || !places_equal(old, fresh) ||
        !allows_equal(old->egress, old->egress_n, fresh->egress, fresh->egress_n))
        e->key = ++c->numbers;
    if (!old || !places_equal(old, fresh))
        c->listeners_dirty = true;
    if (old)
        edit_drop(&c->edit, e->endpoint, e->seq);
    e->endpoint = fresh;
    e->seq = c->edit.seq;
    return 0;
}

/* Fills in what the host VPC says now. */
static void endpoint_host(struct endpoint *to, const struct vpc_rec *v)
{
    bool there = v->info != NULL;

    to->vpc_slot = there ? v->slot : UINT32_MAX;
    to->attach = there ? v->info->attach : ATTACH_SHARED;
    to->attach_name = there ? v->info->attach_name : NULL;
}

static bool desc_valid(const struct endpoint_desc *d)
{
    if (strlen(d->id) >= ID_MAX || d->addresses_n > UINT16_MAX || d->ingress_n > UINT16_MAX ||
        d->egress_n > UINT16_MAX)
        return false;
    for (size_t i = 0; i < d->addresses_n; i++) {
        if (strlen(d->addresses[i].id) >= ID_MAX || !addr_bits(&d->addresses[i].addr))
            return false;
    }
    return true;
}

/* The described endpoint; `addresses` has room for its addresses. */
static struct endpoint endpoint_of(const struct endpoint_desc *d,
                                   struct endpoint_address *addresses)
{
    for (size_t i = 0; i < d->addresses_n; i++)
        addresses[i] = (struct endpoint_address){d->addresses[i].id, d->addresses[i].addr};
    return (struct endpoint){
        .direction = d->direction,
        .addresses = addresses,
        .addresses_n = (unsigned)d->addresses_n,
        .ingress = d->ingress,
        .ingress_n = (unsigned)d->ingress_n,
        .egress = d->egress,
        .egress_n = (unsigned)d->egress_n,
        .dns64 = d->dns64,
    };
}

int compile_endpoint(struct compiler *c, const struct endpoint_desc *d)
{
    if (!desc_valid(d))
        return ERR_INVALID;
    struct endpoint_address *addresses = calloc(d->addresses_n + 1, sizeof(*addresses));
    struct endpoint_rec *e = endpoint_get(c, d->id);
    struct vpc_rec *v = vpc_get(c, d->vpc_id);
    int r = addresses && e && v ? 0 : ERR_NOMEM;

    if (!r) {
        struct endpoint from = endpoint_of(d, addresses);
        from.id = e->id;
        from.slot = e->endpoint ? e->slot : c->endpoint_slots;
        endpoint_host(&from, v);
        bool new = !e->endpoint;
        r = endpoint_replace(c, e, &from);
        if (!r && new)
            e->slot = c->endpoint_slots++;
    }
    if (!r) {
        tie_remove(&e->of_vpc);
        tie_add(&v->endpoints, &e->of_vpc);
        e->vpc = v;
    }
    if (e)
        endpoint_touch(c, e);
    if (v)
        vpc_touch(c, v);
    free(addresses);
    return r;
}

int compile_endpoint_del(struct compiler *c, const char *id)
{
    struct endpoint_rec *e = record_of(keyset_find(&c->endpoints, id), endpoint_rec);

    if (!e || !e->endpoint)
        return ERR_NOT_FOUND;
    if (garbage_reserve(c->edit.garbage) < 0 ||
        vec_set(&c->next.endpoints, &c->edit, e->slot, NULL) < 0 ||
        garbage_reserve(c->edit.garbage) < 0)
        return ERR_NOMEM;
    edit_drop(&c->edit, e->endpoint, e->seq);
    e->endpoint = NULL;
    e->slot = SLOT_NONE;
    e->key = ++c->numbers;
    tie_remove(&e->of_vpc);
    vpc_touch(c, e->vpc);
    e->vpc = NULL;
    c->listeners_dirty = true;
    endpoint_touch(c, e);
    return 0;
}

static int endpoint_commit(struct compiler *c, struct endpoint_rec *e)
{
    int r = 0;

    if (e->endpoint) {
        struct endpoint from = *e->endpoint;
        endpoint_host(&from, e->vpc);
        if (!places_equal(e->endpoint, &from))
            r = endpoint_replace(c, e, &from);
        if (!r)
            r = vec_set(&c->next.endpoints, &c->edit, e->slot, e->endpoint);
    }
    if (r < 0)
        return r;
    for (struct tie *t = e->rules; t; t = t->next)
        rule_touch(c, container_of(t, struct rule_rec, of_endpoint));
    return 0;
}

int endpoints_commit(struct compiler *c)
{
    while (c->dirty_endpoints) {
        struct endpoint_rec *e = container_of(c->dirty_endpoints, struct endpoint_rec, dirty);
        int r = endpoint_commit(c, e);
        if (!r)
            r = garbage_reserve(c->edit.garbage);
        if (r < 0)
            return r;
        tie_remove(&e->dirty);
        if (!e->endpoint && !e->rules) {
            keyset_remove(&c->endpoints, e->id);
            garbage_add(c->edit.garbage, e, NULL); /* old snapshots may still read its id */
        }
    }
    return 0;
}

void endpoints_free(struct compiler *c)
{
    struct endpoint_rec *e;
    size_t pos = 0;

    while ((e = record_of(keyset_next(&c->endpoints, &pos), endpoint_rec))) {
        free(e->endpoint);
        free(e);
    }
    keyset_free(&c->endpoints);
}
