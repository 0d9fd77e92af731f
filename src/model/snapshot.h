/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot: all that a worker needs to know of the world, immutable. Taken once per batch
 * (model/publish.h).
 *
 * VPCs, endpoints, rules and zones have *slots*: numbers that stay while the object exists and are
 * never used again in this process, so that a socket that outlives its VPC can never answer for
 * another one; sockets remember slots, never pointers. Everything here is const; no function locks
 * or allocates. */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include "base/addr.h"
#include "model/desc.h"
#include "model/zone.h"

struct snapshot;
struct view;

/* A rule as compiled; shared by all views that use it. */
struct rule {
    const char *id;
    uint64_t key; /* of (id, generation, endpoint and its addresses): part of cache keys; never used
                     again */
    enum rule_kind kind;
    unsigned targets_n;
    const uint8_t *domain;
    const struct endpoint
        *endpoint; /* outbound endpoint; NULL for SYSTEM or while it does not exist */
    const struct sockname *targets;
};

/* A DNS64 setting (RFC 6147). Equal settings are the same object. */
struct dns64 {
    struct prefix prefix; /* Pref64::/n, masked */
    uint16_t number;      /* in cache keys; never another setting's. 0: none was left, and what is
                             synthesized with it is not cached */
    unsigned exclude_n;
    const struct prefix *exclude; /* RFC 6147 5.1.4 */
};

/* True if an AAAA record with this address counts as absent. */
bool dns64_excluded(const struct dns64 *d, const uint8_t aaaa[16]);

struct endpoint_address {
    const char *id; /* rni-... */
    struct addr addr;
};

struct endpoint {
    const char *id;
    uint32_t slot;
    uint32_t vpc_slot; /* of the host VPC; UINT32_MAX while it does not exist */
    enum direction direction;
    enum attach attach; /* of the host VPC: where its sockets are opened */
    const char *attach_name;
    const struct endpoint_address *addresses;
    unsigned addresses_n;
    const struct allow *ingress;
    unsigned ingress_n;
    const struct allow *egress;
    unsigned egress_n;
    bool dns64; /* its clients get DNS64, with the setting of the host VPC */
};

/* True if some entry allows `peer` with this protocol and port. O(entries). */
bool allow_find(const struct allow *list, unsigned n, const struct addr *peer, uint8_t protocol,
                uint16_t port);

/* What autodefined names answer with (spec/resolver.md 1.4). */
enum autodef_kind {
    AUTODEF_ZONE,    /* a small constant zone: localhost family, empty reverse zones */
    AUTODEF_REVERSE, /* PTR of an address: the ip-... name if it is in the VPC, else the zone's
                        denial */
    AUTODEF_COMPUTE, /* ip-a-b-c-d.<region>.compute.internal: A if it is in the VPC */
    AUTODEF_DNS64,   /* a constant zone that is there for clients with DNS64 only (RFC 8880) */
};

struct autodef {
    enum autodef_kind kind;
    const struct zone *zone; /* SOA and constant names. NULL: an empty zone whose apex is the name
                                that matched; a VPC's own reverse names are so many that none is
                                kept */
};

#define AUTODEF_SOA_MAX (NAME_MAX_WIRE + 36) /* bytes of an autodefined zone's SOA */

/* Writes the SOA rdata of an autodefined zone with this apex (canonical) as RFC 6303 3 has it;
 * `ttl` is its minimum, in seconds. Returns its length. */
size_t autodef_soa(const uint8_t *apex, uint32_t ttl, uint8_t out[AUTODEF_SOA_MAX]);

/* Everything that one owner name leads to in a view. */
struct match {
    const uint8_t *name;           /* canonical */
    const struct rule *rule;       /* or NULL */
    const struct zone *zone;       /* or NULL */
    const struct autodef *autodef; /* or NULL */
    const char *profile;           /* id of the profile whose table has it; NULL: the VPC's own */
};

#define VIEW_MATCHES \
    32 /* ancestors with routes that one name can have in practice; the most specific are kept */

/* All entries whose name is qname (canonical) or an ancestor of it, the most specific first; own
 * before profiles, in order of their priority, before autodefined at the same name (as entries of
 * their own). `v` is a view of `s`: tables hold slots of rules and zones, which `s` resolves, so
 * that a changed rule or record costs no view. Returns their number. */
unsigned view_matches(const struct snapshot *s, const struct view *v, const uint8_t *qname,
                      struct match ret[VIEW_MATCHES]);

/* Begins to fetch the view itself, all that view_root and the like read. */
void view_ahead(const struct view *v);

/* Where a look-up in the VPC's own table begins, for qp_ahead. */
const struct qp_node *view_root(const struct view *v);

/* The same for a name whose key is made already. */
unsigned view_matches_key(const struct snapshot *s, const struct view *v, const struct qp_key *k,
                          struct match ret[VIEW_MATCHES]);

const char *view_vpc(const struct view *v); /* "vpc-..." */
const char *view_account(const struct view *v);
const char *view_region(const struct view *v);
uint32_t view_slot(const struct view *v);
bool view_answers(const struct view *v); /* enableDnsSupport */
bool view_private(
    const struct view *v); /* both DNS attributes: zones and autodefined names are on */
const char *view_domain(const struct view *v); /* "ec2.internal" or "<region>.compute.internal" */

/* True if the address is in one of the VPC's CIDRs. */
bool view_contains(const struct view *v, const struct addr *a);

/* True if a packet with this source on a resolver address of the VPC's own comes from the VPC: one
 * of its addresses, or a link-local one, which only a neighbour on the VPC's own links has. */
bool view_admits(const struct view *v, const struct addr *a);

/* An address that an instance of the VPC could have (the first one behind the reserved ones of its
 * primary CIDR), for questions that are asked in its name; family 0 if it has no CIDR. */
struct addr view_example(const struct view *v);

/* The subnet of an address: its id, or NULL. *ret_dns64 (may be NULL) is its DNS64 setting, NULL
 * where it is switched off; unchanged if there is no subnet. */
const char *view_subnet(const struct view *v, const struct addr *a, const struct dns64 **ret_dns64);

/* The VPC's DNS64 setting, for whoever has it switched on without a subnet. */
const struct dns64 *view_dns64(const struct view *v);

/* The store's revision that it shows, and its number in this process. */
uint64_t snapshot_revision(const struct snapshot *s);
uint64_t
snapshot_seq(const struct snapshot *s); /* grows by one with every snapshot of this process */

/* The view of a VPC slot, the endpoint of an endpoint slot; NULL if the slot is empty. O(1). */
const struct view *snapshot_view(const struct snapshot *s, uint32_t slot);
const struct endpoint *snapshot_endpoint(const struct snapshot *s, uint32_t slot);

/* The view of a VPC id; NULL if unknown. For explain, not for packets. */
const struct view *snapshot_view_by_id(const struct snapshot *s, const char *vpc_id);

/* The view whose VPC contains the source address, among the VPCs of the shared listener; NULL:
 * unknown source. */
const struct view *snapshot_identify(const struct snapshot *s, const struct addr *source);

/* The same for up to IDENTIFY_MOST sources, whose look-ups wait for memory together. */
#define IDENTIFY_MOST 8
void snapshot_identify_all(const struct snapshot *s, const struct addr *const source[], unsigned n,
                           const struct view *ret[]);

/* Addresses on which we have to listen, beside the shared listener's own. */
enum listener_kind {
    LISTEN_SHARED,  /* the addresses of --dns */
    LISTEN_VPC,     /* a resolver address of an attached VPC */
    LISTEN_INBOUND, /* an address of an inbound endpoint */
    LISTEN_SOURCE, /* an address of an outbound endpoint: no socket, only its presence is checked */
};

struct listener {
    enum listener_kind kind;
    uint32_t slot;     /* LISTEN_VPC: of the VPC; LISTEN_INBOUND: of the endpoint */
    const char *owner; /* VPC id or rni id, for the status board */
    struct addr addr;
    enum attach attach;
    const char *attach_name;
};

/* The list; *ret_generation changes exactly when the list does. VPCs with an attachment listen on
 * base+2 of their primary IPv4 CIDR and of each IPv6 CIDR, on 169.254.169.253, and with IPv6 on
 * fd00:ec2::253; shared ones have no entry. */
const struct listener *snapshot_listeners(const struct snapshot *s, size_t *ret_n,
                                          uint64_t *ret_generation);

/* True if an inbound endpoint has this address, in whichever network. O(log of their number). */
bool snapshot_inbound(const struct snapshot *s, const struct addr *a);

#endif
