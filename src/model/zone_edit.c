/* SPDX-License-Identifier: Apache-2.0 */
/* Editing zones. All sets of an owner live in one leaf, in order of type and set id, so an edit
 * writes the leaf anew: what stood before the set, the set, what stood behind it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dns/type.h"
#include "model/zone_priv.h"

#define RDATA_MAX 130000u /* bytes of one record set: more than fits a message by far */

struct zone *zone_new(const struct edit *e, const char *id, const uint8_t *apex)
{
    size_t apex_len = apex ? name_len(apex) : 0;
    struct zone *z = calloc(1, sizeof(*z) + apex_len);

    if (!z)
        return NULL;
    z->seq = e->seq;
    z->id = id;
    if (apex) {
        z->apex = memcpy(z->name, apex, apex_len);
        z->apex_labels = (uint8_t)name_labels(apex);
    }
    return z;
}

int zone_own(struct zone **z, const struct edit *e, const uint8_t *apex)
{
    struct zone *old = *z;

    if (old->seq == e->seq && !apex)
        return 0;
    if (garbage_reserve(e->garbage) < 0)
        return ERR_NOMEM;
    struct zone *copy = zone_new(e, old->id, apex ? apex : old->apex);
    if (!copy)
        return ERR_NOMEM;
    copy->names = old->names;
    *z = copy;
    edit_drop(e, old, old->seq);
    return 0;
}

void zone_seal(struct zone *z, uint64_t version)
{
    const struct qp_leaf *leaf = z->apex ? qp_get(&z->names, z->apex) : NULL;

    z->version = version;
    z->soa = leaf ? qp_leaf_data(leaf) : NULL;
    while (z->soa && z->soa->type != TYPE_SOA)
        z->soa = rrset_after(z->soa);
}

void zone_free(void *zone)
{
    struct zone *z = zone;

    if (!z)
        return;
    qp_free(&z->names);
    free(z);
}

/* Where a set stands, or would stand, in a leaf. */
struct place {
    const uint8_t *sets;        /* all sets */
    size_t before, here, after; /* bytes of the sets before it, of itself (0: absent), behind it */
};

static int set_compare(const struct rrset *s, const struct rrset_name *n)
{
    const char *id = rrset_set_id(s);

    if (s->type != n->type)
        return s->type < n->type ? -1 : 1;
    if (!id || !n->set_id)
        return (id != NULL) - (n->set_id != NULL);
    return strcmp(id, n->set_id);
}

static struct place leaf_place(const struct qp_leaf *leaf, const struct rrset_name *n)
{
    struct place p = {0};

    if (!leaf)
        return p;
    p.sets = qp_leaf_data(leaf);
    for (const struct rrset *s = (const void *)p.sets; s; s = rrset_after(s)) {
        int order = set_compare(s, n);
        if (order < 0)
            p.before += rrset_size(s);
        else if (order == 0)
            p.here = rrset_size(s);
        else
            p.after += rrset_size(s);
    }
    return p;
}

/* Writes anew what each set says about the next one; returns what the trie has to know. */
static uint32_t sets_finish(uint8_t *sets, size_t len)
{
    uint32_t flags = 0;

    for (size_t at = 0; at < len;) {
        struct rrset *s = (void *)(sets + at);
        at += rrset_size(s);
        const struct rrset *next = at < len ? (const void *)(sets + at) : NULL;
        s->flags &= (uint8_t) ~(RRSET_MORE | RRSET_LAST);
        if (!next)
            s->flags |= RRSET_LAST;
        else if (next->type == s->type)
            s->flags |= RRSET_MORE;
        if (s->type == TYPE_NS)
            flags |= OWNER_NS;
        if (s->type == TYPE_DNAME)
            flags |= OWNER_DNAME;
    }
    return flags;
}

/* Puts a new leaf of the owner into the trie: the sets around the place, and between them `set`
 * (NULL: none). */
static int leaf_put(struct zone *z, const struct edit *e, const struct rrset_name *n,
                    const struct place *p, const struct rrset *set)
{
    size_t head = qp_leaf_size(name_len(n->owner)), size = set ? rrset_size(set) : 0;
    struct qp_leaf *leaf = malloc(head + p->before + size + p->after);

    if (!leaf)
        return ERR_NOMEM;
    qp_leaf_init(leaf, n->owner);
    uint8_t *sets = qp_leaf_data(leaf);
    if (p->before)
        memcpy(sets, p->sets, p->before);
    if (set)
        memcpy(sets + p->before, set, size);
    if (p->after)
        memcpy(sets + p->before + size, p->sets + p->before + p->here, p->after);
    uint32_t flags = sets_finish(sets, p->before + size + p->after);
    int r = qp_put(&z->names, e, leaf, flags);
    if (r < 0)
        free(leaf);
    return r;
}

/* Checks that rdata are `count` lengths with their bytes. */
static bool rdata_fits(const struct rrset_desc *d)
{
    size_t at = 0;

    for (unsigned i = 0; i < d->count; i++) {
        uint16_t len;
        if (d->rdata_len - at < sizeof(len))
            return false;
        memcpy(&len, d->rdata + at, sizeof(len));
        at += sizeof(len);
        if (d->rdata_len - at < len)
            return false;
        at += len;
    }
    return at == d->rdata_len;
}

static bool desc_valid(const struct rrset_desc *d)
{
    if (type_is_meta(d->type) || d->count > UINT16_MAX || d->rdata_len > RDATA_MAX)
        return false;
    if (d->set_id && strlen(d->set_id) > UINT8_MAX)
        return false;
    if (d->alias)
        return d->count == 0 && d->rdata_len == 0;
    return d->count > 0 && rdata_fits(d);
}

/* A description as a packed set. NULL on lack of memory. */
static struct rrset *set_make(const struct rrset_desc *d)
{
    size_t id_len = d->set_id ? strlen(d->set_id) + 1 : 0;
    size_t alias_len = d->alias ? name_len(d->alias) : 0;
    size_t size = (sizeof(struct rrset) + id_len + alias_len + d->rdata_len + 1) & ~(size_t)1;
    struct rrset *s = calloc(1, size);

    if (!s)
        return NULL;
    s->type = d->type;
    s->flags = (uint8_t)(d->policy | (d->secondary ? RRSET_SECONDARY : 0) |
                         (d->set_id ? RRSET_SET_ID : 0) | (d->alias ? RRSET_ALIAS : 0));
    s->weight = d->weight;
    s->ttl = d->ttl;
    s->words = (uint16_t)(size / 2);
    s->count = (uint16_t)d->count;
    if (id_len)
        memcpy(s->data, d->set_id, id_len);
    if (alias_len)
        memcpy(s->data + id_len, d->alias, alias_len);
    if (d->rdata_len)
        memcpy(s->data + id_len + alias_len, d->rdata, d->rdata_len);
    return s;
}

int zone_put(struct zone *z, const struct edit *e, const struct rrset_desc *d)
{
    struct rrset_name n = {d->owner, d->type, d->set_id};

    if (!desc_valid(d))
        return ERR_INVALID;
    struct place p = leaf_place(qp_get(&z->names, d->owner), &n);
    struct rrset *set = set_make(d);
    if (!set)
        return ERR_NOMEM;
    int r = leaf_put(z, e, &n, &p, set);
    free(set);
    return r;
}

int zone_remove(struct zone *z, const struct edit *e, const struct rrset_name *n)
{
    struct place p = leaf_place(qp_get(&z->names, n->owner), n);

    if (!p.here)
        return ERR_NOT_FOUND;
    if (!p.before && !p.after)
        return qp_del(&z->names, e, n->owner);
    return leaf_put(z, e, n, &p, NULL);
}
