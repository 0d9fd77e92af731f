/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot and its views as their maker sees them. */
#ifndef MODEL_SNAPSHOT_PRIV_H
#define MODEL_SNAPSHOT_PRIV_H

#include "base/lpm.h"
#include "model/qp.h"
#include "model/snapshot.h"
#include "model/vec.h"

#define SLOT_NONE UINT32_MAX

/* What a VPC was described as: one block, shared by its views while it does not change. */
struct vpc_info {
    uint64_t seq; /* the edit that made it */
    const char *id, *account, *region;
    const char *domain; /* see view_domain */
    const char *attach_name;
    const struct prefix *cidrs;
    unsigned cidrs_n;
    enum attach attach;
    bool dns_support, dns_hostnames, reverse;
    const struct dns64 *dns64;
    struct dns64_desc dns64_own; /* as described: subnets may change parts of it */
};

/* Data of a leaf in a VPC's own table or a profile's table, where they lie at even addresses. */
struct entry {
    uint32_t rule, zone; /* slots, or SLOT_NONE */
    uint16_t reverse;    /* 1: an autodefined reverse name of the VPC's own addresses */
} __attribute__((packed, aligned(2)));

/* Autodefined names, the same for all VPCs of a region with the same settings. The data of a leaf
 * is a uint16_t, the index of its item. */
struct autodef_table {
    struct qp names;
    unsigned items_n;
    struct autodef items[];
};

/* What a profile holds, by name: shared by all its VPCs, which have its slot. */
struct profile {
    uint64_t seq; /* the edit that made this block */
    const char *id;
    struct qp names; /* struct entry */
};

struct view_subnet {
    const char *id;
    const struct dns64 *dns64; /* NULL: off */
};

struct view {
    uint32_t slot;
    bool answers, private;
    uint8_t profiles_n;
    const struct vpc_info *info;
    struct qp own;            /* struct entry */
    const uint32_t *profiles; /* slots, in order of priority; behind the subnets */
    const struct autodef_table *autodef;
    struct lpm subnets;          /* to an index in subnet[] */
    struct view_subnet subnet[]; /* then profiles, then the ids of subnets */
};

struct listener_list {
    uint64_t generation;
    size_t n;
    const struct listener *items;
    const struct addr *inbound; /* addresses of inbound endpoints, sorted */
    size_t inbound_n;
};

struct snapshot {
    uint64_t seq, revision;
    struct vec views, endpoints, rules, zones, profiles;
    struct lpm shared; /* CIDRs of the VPCs on the shared listener, to their slots */
    const struct listener_list *listeners;
};

/* Frees a view with what is its alone: a garbage_fn. Accepts NULL. */
void view_free(void *view);

#endif
