/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a name in a zone: RFC 1034 4.3.2 with RFC 4592 (wildcards) and RFC 6672 (DNAME). */
#include "model/zone_priv.h"

#include <string.h>

#include "dns/type.h"

const char *zone_id(const struct zone *z)
{
    return z->id;
}

const uint8_t *zone_apex(const struct zone *z)
{
    return z->apex;
}

size_t zone_names(const struct zone *z)
{
    return z->names.count;
}

uint64_t zone_version(const struct zone *z)
{
    return z->version;
}

/* The first set of a type in a leaf; TYPE_ANY: of all. */
static const struct rrset *leaf_set(const struct qp_leaf *leaf, uint16_t type)
{
    const struct rrset *s = qp_leaf_data(leaf);

    while (s && s->type != type && type != TYPE_ANY)
        s = rrset_after(s);
    return s;
}

static void found_set(struct zone_found *ret, enum zone_result result, const struct rrset *set,
                      const struct qp_leaf *leaf)
{
    ret->result = result;
    ret->set = set;
    ret->owner = leaf->name;
}

/* Answers from the name itself, or from the wildcard in its place. */
static void find_at(const struct qp_leaf *leaf, uint16_t qtype, struct zone_found *ret)
{
    const struct rrset *set = leaf_set(leaf, qtype);

    if (set) {
        found_set(ret, ZONE_FOUND, set, leaf);
        return;
    }
    set = leaf_set(leaf, TYPE_CNAME);
    if (set)
        found_set(ret, ZONE_CNAME, set, leaf);
    else
        ret->result = ZONE_NODATA;
}

/* Looks for a cut or a DNAME above the name: the one nearest to the apex hides all below it. */
static bool find_above(const struct qp_path *path, unsigned apex_at, struct zone_found *ret)
{
    for (unsigned i = 0; i < path->chain_n; i++) {
        const struct qp_node *n = path->chain[i].node;
        uint32_t flags = qp_node_flags(n);
        if (!flags || path->chain[i].at < apex_at)
            continue;
        const struct qp_leaf *leaf = qp_node_leaf(n);
        if ((flags & OWNER_NS) && path->chain[i].at > apex_at) {
            found_set(ret, ZONE_DELEGATION, leaf_set(leaf, TYPE_NS), leaf);
            return true;
        }
        if (flags & OWNER_DNAME) {
            found_set(ret, ZONE_DNAME, leaf_set(leaf, TYPE_DNAME), leaf);
            return true;
        }
    }
    return false;
}

/* Looks for "*" below the closest encloser, which has `labels` labels (RFC 4592 3.3.1). */
static void find_wildcard(const struct zone *z, const struct qp_key *k, unsigned labels,
                          uint16_t qtype, struct zone_found *ret)
{
    size_t cut = labels ? k->start[labels - 1] : k->name_len - 1u;
    uint8_t name[NAME_MAX_WIRE] = {1, '*'};
    struct qp_key wild;
    struct qp_path path;

    /* The name has a label more than the encloser, so there is room for the asterisk. */
    memcpy(name + 2, k->name + cut, k->name_len - cut);
    qp_key_make(&wild, name);
    qp_walk(&z->names, &wild, &path);
    if (path.leaf) {
        ret->wildcard = true;
        find_at(path.leaf, qtype, ret);
    } else {
        /* Names below "*.x" make it an empty non-terminal, which matches without data. */
        ret->result = path.labels == wild.labels ? ZONE_NODATA : ZONE_NXDOMAIN;
    }
}

void zone_find(const struct zone *z, const uint8_t *qname, uint16_t qtype, struct zone_found *ret)
{
    struct qp_key k;

    qp_key_make(&k, qname);
    zone_find_key(z, &k, qtype, ret);
}

void zone_ahead(const struct zone *z)
{
    __builtin_prefetch(z);
    __builtin_prefetch(&z->apex_labels); /* the end of the struct */
}

const struct qp_node *zone_root(const struct zone *z)
{
    return &z->names.root;
}

void zone_find_key(const struct zone *z, const struct qp_key *k, uint16_t qtype,
                   struct zone_found *ret)
{
    struct qp_path path;

    *ret = (struct zone_found){.result = ZONE_NXDOMAIN, .soa = z->soa};
    if (k->labels < z->apex_labels)
        return;
    qp_walk(&z->names, k, &path);
    if (path.chain_n && find_above(&path, k->bound[z->apex_labels], ret))
        return;
    if (path.leaf) {
        bool cut = (path.flags & OWNER_NS) && k->labels > z->apex_labels;
        if (cut && qtype != TYPE_DS)
            found_set(ret, ZONE_DELEGATION, leaf_set(path.leaf, TYPE_NS), path.leaf);
        else
            find_at(path.leaf, qtype, ret);
        return;
    }
    unsigned labels = path.labels < z->apex_labels ? z->apex_labels : path.labels;
    if (labels == k->labels)
        ret->result = ZONE_NODATA;
    else
        find_wildcard(z, k, labels, qtype, ret);
}

uint16_t rrset_type(const struct rrset *s)
{
    return s->type;
}

uint32_t rrset_ttl(const struct rrset *s)
{
    return s->ttl;
}

unsigned rrset_count(const struct rrset *s)
{
    return s->count;
}

/* Bytes of the set id and the alias' target, which stand before the rdata. */
static size_t rrset_prelude(const struct rrset *s)
{
    size_t len = s->flags & RRSET_SET_ID ? strlen((const char *)s->data) + 1 : 0;

    return s->flags & RRSET_ALIAS ? len + name_len(s->data + len) : len;
}

const uint8_t *rrset_rdata(const struct rrset *s)
{
    return s->flags & (RRSET_SET_ID | RRSET_ALIAS) ? s->data + rrset_prelude(s) : s->data;
}

const uint8_t *rrset_alias(const struct rrset *s)
{
    if (!(s->flags & RRSET_ALIAS))
        return NULL;
    return s->data + (s->flags & RRSET_SET_ID ? strlen((const char *)s->data) + 1 : 0);
}

enum policy rrset_policy(const struct rrset *s)
{
    return (enum policy)(s->flags & RRSET_POLICY);
}

uint8_t rrset_weight(const struct rrset *s)
{
    return s->weight;
}

bool rrset_secondary(const struct rrset *s)
{
    return s->flags & RRSET_SECONDARY;
}

const char *rrset_set_id(const struct rrset *s)
{
    return s->flags & RRSET_SET_ID ? (const char *)s->data : NULL;
}

const struct rrset *rrset_next(const struct rrset *s)
{
    return s->flags & RRSET_MORE ? (const void *)((const uint8_t *)s + rrset_size(s)) : NULL;
}
