/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions: what the control side says about the world, as plain values. The compiler copies
 * what it keeps, so a description lives only for the call. Ids are the services' ids ("vpc-...",
 * "rslvr-rr-..."). */
#ifndef MODEL_DESC_H
#define MODEL_DESC_H

#include "base/addr.h"
#include "dns/name.h"

/* How packets of a VPC reach us (design, "Attachments"). */
enum attach { ATTACH_SHARED, ATTACH_NETNS, ATTACH_DEVICE };

/* How AAAA records are made of A records (RFC 6147): the prefix that carries the IPv4 address, and
 * addresses that do not count as AAAA records (5.1.4). */
struct dns64_desc {
    struct prefix prefix; /* 32, 40, 48, 56, 64 or 96 bits (RFC 6052 2.2); family 0: DNS64_PREFIX */
    const struct prefix *exclude; /* IPv6 */
    size_t exclude_n;             /* 0: DNS64_EXCLUDE; DNS64_EXCLUDE_MAX at most */
};

#define DNS64_PREFIX "64:ff9b::/96"       /* RFC 6052 2.1 */
#define DNS64_EXCLUDE "::ffff:0.0.0.0/96" /* RFC 6147 5.1.4 */
#define DNS64_EXCLUDE_MAX 16

struct vpc_desc {
    const char *id;
    const char *account;
    const char *region;
    const struct prefix *cidrs; /* the primary one first */
    size_t cidrs_n;
    bool dns_support;   /* false: the resolver does not answer in this VPC */
    bool dns_hostnames; /* with dns_support: private zones and autodefined names */
    bool reverse;       /* autodefined reverse names (ResolverConfig) */
    enum attach attach;
    const char *attach_name; /* namespace or device; NULL for shared */
    struct dns64_desc dns64; /* for its subnets and inbound endpoints that switch it on */
};

struct subnet_desc {
    const char *id;
    const char *vpc_id;
    const struct prefix *cidrs;
    size_t cidrs_n;
    bool dns64;
    struct dns64_desc own64; /* what it sets goes before the VPC's */
};

enum direction { DIRECTION_INBOUND, DIRECTION_OUTBOUND, DIRECTION_INBOUND_DELEGATION };

/* One thing that a security group allows. */
struct allow {
    struct prefix peer;          /* who */
    uint8_t protocol;            /* IPPROTO_UDP, IPPROTO_TCP, or 0 for both */
    uint16_t port_from, port_to; /* inclusive */
};

struct endpoint_address_desc {
    const char *id; /* rni-... */
    struct addr addr;
};

struct endpoint_desc {
    const char *id;
    const char *vpc_id;
    enum direction direction;
    const struct endpoint_address_desc *addresses; /* an address of each family counts as one */
    size_t addresses_n;
    bool dns64; /* inbound: clients get DNS64 with the VPC's settings (Dns64Enabled) */
    const struct allow *ingress; /* inbound: clients; port is ours */
    size_t ingress_n;
    const struct allow *egress; /* outbound: targets; port is theirs */
    size_t egress_n;
};

enum rule_kind { RULE_FORWARD, RULE_SYSTEM, RULE_DELEGATE };

struct rule_desc {
    const char *id;
    uint64_t generation; /* grows with every change of targets or endpoint */
    enum rule_kind kind;
    const uint8_t *domain;   /* canonical name; the root for DELEGATE */
    const char *endpoint_id; /* NULL for SYSTEM */
    const struct sockname *targets;
    size_t targets_n;
};

struct zone_desc {
    const char *id;
    const uint8_t *apex; /* canonical name */
};

/* A setting of a profile: it decides, or leaves it to the VPC. */
enum setting { SETTING_LOCAL, SETTING_ON, SETTING_OFF };

struct profile_desc {
    const char *id;
    enum setting reverse; /* autodefined reverse names */
};

#define VPC_PROFILES 8 /* profiles of one VPC that act at most */

/* Routing policies of record sets. Latency and geographic ones pick by region at compile time
 * later. */
enum policy { POLICY_SIMPLE, POLICY_WEIGHTED, POLICY_MULTIVALUE, POLICY_FAILOVER };

/* One record set: owner, type and set_id identify it. */
struct rrset_desc {
    const uint8_t *owner; /* canonical name, may be a wildcard */
    uint16_t type;
    const char *set_id; /* NULL for simple */
    enum policy policy;
    uint8_t weight;       /* weighted */
    bool secondary;       /* failover */
    uint32_t ttl;         /* seconds; unused for an alias */
    const uint8_t *rdata; /* count times: 16-bit host-order length, then uncompressed rdata */
    size_t rdata_len;     /* bytes of all of it */
    unsigned count;       /* 0 with alias set */
    const uint8_t *alias; /* canonical name in the same zone, or NULL */
};

#endif
