/* SPDX-License-Identifier: Apache-2.0 */
/* Zones as their maker sees them: what zone.h hides, and editing. */
#ifndef MODEL_ZONE_PRIV_H
#define MODEL_ZONE_PRIV_H

#include "model/garbage.h"
#include "model/qp.h"
#include "model/zone.h"

/* One record set, packed behind its owner in the leaf of the zone's trie. Behind the head stand
 * the set id (NUL-terminated), the alias' target and the rdata, each if there is any. Sets lie at
 * even addresses. */
struct rrset {
    uint16_t type;
    uint8_t flags; /* RRSET_x, policy in the low bits */
    uint8_t weight;
    uint32_t ttl;
    uint16_t words; /* of two bytes to the next set */
    uint16_t count; /* records */
    uint8_t data[];
} __attribute__((packed, aligned(2)));

enum rrset_flag {
    RRSET_POLICY = 3, /* mask */
    RRSET_SECONDARY = 4,
    RRSET_SET_ID = 8,
    RRSET_ALIAS = 16,
    RRSET_MORE = 32, /* the next set has the same type */
    RRSET_LAST = 64, /* the last set of its owner */
};

/* What the trie knows of a leaf without loading it. */
enum owner_flag {
    OWNER_NS = 1,
    OWNER_DNAME = 2,
};

struct zone {
    struct qp names;
    uint64_t version;
    const struct rrset *soa;
    const uint8_t *apex; /* NULL while only records are known */
    const char *id;
    uint64_t seq; /* the edit that made it */
    uint8_t apex_labels;
    uint8_t name[]; /* the apex */
};

/* An empty zone; the id must outlive it, apex may be NULL. NULL on lack of memory. */
struct zone *zone_new(const struct edit *e, const char *id, const uint8_t *apex);

/* Makes *z one that this edit may change, with `apex` (NULL: as it is). 0 or ERR_NOMEM. */
int zone_own(struct zone **z, const struct edit *e, const uint8_t *apex);

/* Adds or replaces a record set in a zone that is the edit's own. 0, ERR_NOMEM or ERR_INVALID with
 * the zone's content as before. */
int zone_put(struct zone *z, const struct edit *e, const struct rrset_desc *d);

/* Names a record set. */
struct rrset_name {
    const uint8_t *owner; /* canonical */
    uint16_t type;
    const char *set_id; /* NULL for simple */
};

/* Removes a record set from a zone that is the edit's own. 0, ERR_NOT_FOUND, ERR_NOMEM. */
int zone_remove(struct zone *z, const struct edit *e, const struct rrset_name *n);

/* Ends the edit: the zone is `version` now. */
void zone_seal(struct zone *z, uint64_t version);

/* Frees a zone with all its names: a garbage_fn for the last version. Accepts NULL. */
void zone_free(void *zone);

/* Bytes of a set. */
static inline size_t rrset_size(const struct rrset *s)
{
    return s->words * 2u;
}

/* The set behind this one, whatever its type; NULL behind the last of the owner. */
static inline const struct rrset *rrset_after(const struct rrset *s)
{
    return s->flags & RRSET_LAST ? NULL : (const void *)((const uint8_t *)s + rrset_size(s));
}

#endif
