/* SPDX-License-Identifier: Apache-2.0 */
/* A private hosted zone as the workers see it: immutable, found by one walk of a qp-trie. */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include <stdbool.h>

#include "model/desc.h"

struct zone;
struct qp_key;
struct qp_node;
struct rrset; /* one record set, or the first of a group that a routing policy chooses from */

/* What a zone is: its id ("Z..."), its canonical apex, and how many names own records. */
const char *zone_id(const struct zone *z);
const uint8_t *zone_apex(const struct zone *z);
size_t zone_names(const struct zone *z); /* names that own records */

/* A number that is new for every content of every zone: part of keys that must not outlive a
 * change. */
uint64_t zone_version(const struct zone *z);

enum zone_result {
    ZONE_FOUND,      /* set: the record set asked for (or an alias of that type) */
    ZONE_CNAME,      /* set: the CNAME at the name (type asked was another one) */
    ZONE_DNAME,      /* set: a DNAME at an ancestor (RFC 6672); owner is its owner */
    ZONE_DELEGATION, /* set: the NS set of a cut above or at the name (DS at the cut is not a
                        delegation) */
    ZONE_NODATA,     /* the name exists, or is an empty non-terminal, without that type */
    ZONE_NXDOMAIN,
};

struct zone_found {
    enum zone_result result;
    const struct rrset *set; /* as said above, else NULL */
    const uint8_t *owner;    /* canonical owner of set as stored; "*.x" when wildcard */
    bool wildcard; /* set was found through a wildcard (RFC 4592): answer with the name asked */
    const struct rrset *soa; /* of the apex, for negative answers; NULL if it was removed */
};

/* Looks a name up. qname is canonical and within the apex. TYPE_ANY finds the first set of the name
 * (RFC 8482 4.1). No lock, no allocation. */
void zone_find(const struct zone *z, const uint8_t *qname, uint16_t qtype, struct zone_found *ret);

/* The same for a name whose key is made already. */
void zone_find_key(const struct zone *z, const struct qp_key *k, uint16_t qtype,
                   struct zone_found *ret);

/* Begins to fetch the zone itself. */
void zone_ahead(const struct zone *z);

/* Where a look-up begins, for qp_ahead. */
const struct qp_node *zone_root(const struct zone *z);

/* The parts of a record set. Pointers live as long as the snapshot. */
uint16_t rrset_type(const struct rrset *s);
uint32_t rrset_ttl(const struct rrset *s);         /* seconds */
unsigned rrset_count(const struct rrset *s);       /* records */
const uint8_t *rrset_rdata(const struct rrset *s); /* as struct rrset_view wants it (dns/build.h) */
const uint8_t *
rrset_alias(const struct rrset *s); /* canonical target, or NULL when it is no alias */
enum policy rrset_policy(const struct rrset *s);
uint8_t rrset_weight(const struct rrset *s);
bool rrset_secondary(const struct rrset *s);
const char *rrset_set_id(const struct rrset *s);       /* NULL for simple */
const struct rrset *rrset_next(const struct rrset *s); /* next of the same group, NULL at the end */

#endif
