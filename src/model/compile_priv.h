/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler's own records: which objects there are, who refers to whom, what must be rebuilt.
 *
 * An object exists as a record as soon as somebody names it; it is *there* once it was described. A
 * record that is not there and that nobody names is let go at the next commit. What was described
 * is kept in the form in which it is published (struct rule, struct zone, ...), never twice. */
#ifndef MODEL_COMPILE_PRIV_H
#define MODEL_COMPILE_PRIV_H

#include "base/container.h"
#include "base/map.h"
#include "model/autodef.h"
#include "model/compile.h"
#include "model/dns64.h"
#include "model/snapshot_priv.h"
#include "model/zone_priv.h"

#define ID_MAX 200 /* bytes of an id, NUL included */

/* Membership in a doubly linked list; it lies in its owner (container_of). */
struct tie {
    struct tie *next;
    struct tie **prev; /* NULL: in no list */
};

/* Puts `t`, which is in no list, at the head of a list. */
static inline void tie_add(struct tie **head, struct tie *t)
{
    t->next = *head;
    t->prev = head;
    if (t->next)
        t->next->prev = &t->next;
    *head = t;
}

/* Takes `t` out of its list, if it is in one. */
static inline void tie_remove(struct tie *t)
{
    if (!t->prev)
        return;
    *t->prev = t->next;
    if (t->next)
        t->next->prev = t->prev;
    t->prev = NULL;
}

/* An association of a rule, zone or profile with a VPC. */
struct link {
    struct tie of_vpc, of_object;
    struct vpc_rec *vpc;
    void *object; /* rule_rec, zone_rec or profile_rec */
    bool keep;    /* scratch of compile_zone_vpcs */
};

/* The link of a place in a VPC's list. */
static inline struct link *link_of_vpc(const struct tie *t)
{
    return container_of(t, struct link, of_vpc);
}

/* The link of a place in an object's list. */
static inline struct link *link_of_object(const struct tie *t)
{
    return container_of(t, struct link, of_object);
}

/* A rule or a zone in a profile. */
struct holding {
    struct tie of_profile, of_object;
    struct profile_rec *profile;
    void *object; /* rule_rec or zone_rec */
};

/* The holding of a place in a profile's list. */
static inline struct holding *holding_of_profile(const struct tie *t)
{
    return container_of(t, struct holding, of_profile);
}

/* The holding of a place in an object's list. */
static inline struct holding *holding_of_object(const struct tie *t)
{
    return container_of(t, struct holding, of_object);
}

struct vpc_rec {
    struct vpc_info *info; /* NULL: not there */
    struct view *view;     /* as built last */
    struct tie dirty;
    struct tie *rules, *zones;       /* links */
    struct tie *profiles;            /* links, in order of priority */
    struct tie *subnets, *endpoints; /* their records */
    struct tie shadowed;             /* one of its prefixes belongs to another VPC */
    struct prefix *routed;           /* what snapshot.shared has of it */
    unsigned routed_n;
    uint32_t routed_slot; /* under which it is there */
    uint32_t slot;
    char id[]; /* info->id, so a record that was there goes as garbage */
};

struct subnet_rec {
    struct tie of_vpc;
    struct vpc_rec *vpc;
    bool dns64;
    struct dns64_desc own64; /* its list lies behind cidrs */
    unsigned cidrs_n;
    struct prefix cidrs[]; /* then the prefixes of own64, then the id: see subnet_rec_id */
};

/* The id of a subnet, which lies behind its prefixes. */
static inline const char *subnet_rec_id(const struct subnet_rec *s)
{
    return (const char *)(s->cidrs + s->cidrs_n + s->own64.exclude_n);
}

struct endpoint_rec {
    struct endpoint *endpoint; /* NULL: not there */
    uint64_t seq;              /* of that block */
    uint64_t key;              /* new whenever its way of asking changes */
    uint32_t slot;
    struct vpc_rec *vpc; /* NULL: not there */
    struct tie of_vpc, dirty;
    struct tie *rules; /* their records */
    char id[];         /* endpoint->id */
};

struct rule_rec {
    struct rule *rule; /* NULL: not there */
    uint64_t seq;      /* of that block */
    uint64_t generation;
    uint64_t endpoint_key;         /* that rule->key was made for */
    struct endpoint_rec *endpoint; /* NULL: none */
    struct tie of_endpoint, dirty;
    struct tie *links;
    struct tie *holdings;
    uint32_t slot;
    bool rekey;
    char id[]; /* rule->id */
};

struct zone_rec {
    struct zone *zone; /* records may come before the zone: then it has no apex and is not there */
    struct tie dirty;
    struct tie *links;
    struct tie *holdings;
    uint32_t slot;  /* SLOT_NONE: not there */
    bool published; /* some version was */
    char id[];      /* zone->id */
};

struct profile_rec {
    struct profile *profile; /* its table as committed; also while the profile is not there */
    uint32_t slot;           /* SLOT_NONE: not there */
    enum setting reverse;
    struct tie dirty;
    struct tie *links;         /* of VPCs */
    struct tie *rules, *zones; /* holdings */
    uint8_t **changed;         /* names whose entries must be made again */
    unsigned changed_n;
    bool rebuild;   /* all of them */
    bool published; /* the table is in some snapshot */
    char id[];      /* profile->id */
};

struct compiler {
    struct publisher *publisher;
    struct edit edit; /* seq: of the snapshot that is being made */
    struct snapshot next;
    struct snapshot *current;
    struct keyset vpcs, endpoints, rules, zones, profiles; /* ids in records */
    struct map subnets;                                    /* subnet_rec by id */
    struct map autodefs;                                   /* autodef_table by region and setting */
    struct dns64_settings dns64;
    struct tie *dirty_vpcs, *dirty_endpoints, *dirty_rules, *dirty_zones, *dirty_profiles;
    struct tie *shadowed;
    uint32_t vpc_slots, endpoint_slots, rule_slots, zone_slots, profile_slots; /* next ones */
    uint64_t numbers; /* keys and versions handed out */
    bool listeners_dirty;
    bool routes_freed; /* a prefix was taken off snapshot.shared in this commit */
    struct listener_list *listeners;
};

/* The record whose id a keyset returned; NULL for NULL. */
#define record_of(key, type) ((struct type *)keyset_owner(key, offsetof(struct type, id)))

/* Makes a record of an id that the set does not have: zeroed up to the id, which is `head` bytes
 * behind its begin. NULL on lack of memory or if the id is too long. */
void *record_new(struct keyset *set, const char *id, size_t head);

/* The record of an id, made if there is none. NULL on lack of memory or if the id is too long. */
struct vpc_rec *vpc_get(struct compiler *c, const char *id);
struct endpoint_rec *endpoint_get(struct compiler *c, const char *id);
struct rule_rec *rule_get(struct compiler *c, const char *id);
struct zone_rec *zone_get(struct compiler *c, const char *id);

/* Says that an object must be rebuilt by the next commit. */
void vpc_touch(struct compiler *c, struct vpc_rec *v);
void endpoint_touch(struct compiler *c, struct endpoint_rec *e);
void rule_touch(struct compiler *c, struct rule_rec *r);
void zone_touch(struct compiler *c, struct zone_rec *z);

/* --- tables of names: compile_table.c */

extern const struct entry entry_none; /* nothing at a name */

/* Puts a rule or zone into the entry of its name. */
void entry_offer_rule(const struct compiler *c, struct entry *e, const struct rule_rec *r);
void entry_offer_zone(const struct compiler *c, struct entry *e, const struct zone_rec *z);

/* The name at which a rule or zone acts; NULL: it is not there, or acts by no name. */
const uint8_t *rule_rec_name(const struct rule_rec *r);
const uint8_t *zone_rec_name(const struct zone_rec *z);

/* Sets the entry of a name. 0 or ERR_NOMEM. Needs room for garbage reserved. */
int table_put(struct qp *t, const struct edit *edit, const uint8_t *name, const struct entry *e);

/* The entry of a name in a table that nobody reads yet, made if there is none. NULL on lack of
 * memory. */
struct entry *table_entry(struct qp *t, const struct edit *edit, const uint8_t *name);

/* Adds a rule or zone to a table that nobody reads yet. 0 or ERR_NOMEM. */
int table_add_rule(struct compiler *c, struct qp *t, const struct rule_rec *r);
int table_add_zone(struct compiler *c, struct qp *t, const struct zone_rec *z);

/* Makes a link and touches the VPC. NULL on lack of memory. */
struct link *link_new(struct compiler *c, struct vpc_rec *vpc, struct tie **of_vpc, void *object,
                      struct tie **of_object);

/* Takes a link away and touches the VPC. */
void link_free(struct compiler *c, struct link *l);

/* Frees all links of an object when the compiler goes: no VPC is touched. */
void links_drop(struct tie *of_object);

/* The link of an object in a VPC's list, or NULL. O(list). */
struct link *link_find(const struct tie *of_vpc, const void *object);

/* Says that an object has come, gone or moved: the profiles that hold it make the entry of `name`
 * (NULL: it has none) again. 0 or ERR_NOMEM. */
int holdings_touch(struct compiler *c, const struct tie *holdings, const uint8_t *name);

/* Takes an object out of all profiles. */
void holdings_free(struct compiler *c, struct tie *holdings);

/* Rebuild what was touched, in this order. 0 or ERR_NOMEM (what is left stays touched). */
int endpoints_commit(struct compiler *c);
int rules_commit(struct compiler *c);
int zones_commit(struct compiler *c);
int profiles_commit(struct compiler *c);
int routes_commit(struct compiler *c); /* snapshot.shared; before vpcs_commit */
int vpcs_commit(struct compiler *c);
int listeners_commit(struct compiler *c);

/* Builds the view of a VPC that is there, from rules and zones as committed. NULL on lack of
 * memory. */
struct view *view_build(struct compiler *c, const struct vpc_rec *v);

/* Frees all records of a kind with what they hold. */
void vpcs_free(struct compiler *c);
void endpoints_free(struct compiler *c);
void rules_free(struct compiler *c);
void zones_free(struct compiler *c);
void profiles_free(struct compiler *c);

#endif
