/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of EC2 share: kinds of resources, lookups with EC2's faults, tags, uses,
 * places.
 *
 * Index names of EC2 beside those of control/object.h:
 *   "cidr"        <scope>/4<bits> or <scope>/6<bits> -> owner    see control/cidr.h
 *   "cidr-assoc"  <association id>                  -> VPC or subnet id
 *   "group-name"  <vpc>/<group name>                -> group id
 *   "group-rule"  <rule id>                         -> group id
 * "vpc-uses", "subnet-uses" and "group-uses" also hold the bare owner's id as a guard: whoever adds
 * a use writes it and whoever deletes the owner reads it, so that of a deletion and a new use that
 * run at the same time one has to start again. */
#ifndef CONTROL_EC2_H
#define CONTROL_EC2_H

#include "base/addr.h"
#include "control/object.h"
#include "rows/ec2.h"

enum ec2_what {
    EC2_VPC,
    EC2_SUBNET,
    EC2_GROUP,
    EC2_INTERFACE,
    EC2_ENDPOINT,
    EC2_RULE,
    EC2_WHATS_N
};

/* A kind of resource with ids, tags and faults of its own. */
struct ec2_resource {
    const char *prefix;      /* of its ids: "vpc-" */
    const char *type;        /* as TagSpecifications and DescribeTags call it: "vpc" */
    const struct kind *kind; /* NULL: lives inside another object */
    const char *id_filter;   /* the filter that names its id: "vpc-id" */
    const char *ids_name;    /* the request member that lists ids, for messages */
    enum fault_code missing, malformed;
    const char *missing_text; /* printf format that takes the id */
    size_t tags, tags_n;      /* offsets of the tag list in the stored struct */
};
extern const struct ec2_resource ec2_resources[EC2_WHATS_N];

/* 0 if the id has the form of this kind, or ERR_FAULT with its .Malformed. */
int ec2_id_check(struct ctl *c, enum ec2_what what, const char *id);

/* Reads the caller's object in its region, as ctl_get_own. ERR_FAULT with .Malformed or .NotFound.
 */
int ec2_get(struct ctl *c, enum ec2_what what, const char *id, void *ret);

/* Records .NotFound for that id; returns ERR_FAULT. */
int ec2_missing(struct ctl *c, enum ec2_what what, const char *id);

/* Records InvalidParameterValue for a member that this installation has no meaning for (IPAM pools,
 * Outposts); returns ERR_FAULT. */
int ec2_refuse(struct ctl *c, const char *member);

/* The tags of an object's creation out of TagSpecifications, checked; *ret in the arena, NULL when
 * there are none. ERR_FAULT: a foreign resource type, a bad key, a bad value of a
 * bridge53: tag, too many. */
struct ec2_tags {
    struct obj_tag *v;
    size_t n;
};
int ec2_tags_new(struct ctl *c, enum ec2_what what, const struct ec2_tag_specification *specs,
                 size_t specs_n, struct ec2_tags *ret);

/* Stored tags as a reply shows them, in the arena. ERR_NOMEM. */
int ec2_tags_out(struct ctl *c, const struct obj_tag *tags, size_t tags_n, struct ec2_tag **ret,
                 size_t *ret_n);

/* Notes or forgets that `kind`/`id` uses `owner` in one of the uses indexes. 0 or ERR_FAULT. */
int ec2_use_add(struct ctl *c, const char *index, const char *owner, const char *path);
int ec2_use_del(struct ctl *c, const char *index, const char *owner, const char *path);

/* True in *ret if something under owner's `kind` ("" for any) uses it; reads the guard. */
int ec2_used(struct ctl *c, const char *index, const char *owner, const char *kind, bool *ret);

/* Reads a CIDR: canonical in *ret and *ret_text (arena). ERR_INVALID: not a CIDR of that family. */
int ec2_cidr_parse(struct ctl *c, int family, const char *text, struct prefix *ret,
                   const char **ret_text);

/* The id of an availability zone, "use1-az1" for "us-east-1a", for any region name. In the arena.
 */
char *ec2_zone_id(struct ctl *c, const char *zone_name);

/* Finds the zone of a name or an id (either may be NULL) in the caller's region; the first zone
 * when both are. ERR_NOT_FOUND: no such zone, no fault is recorded. *ret_name and *ret_id in the
 * arena. */
int ec2_zone_find(struct ctl *c, const char *name, const char *id, const char **ret_name,
                  const char **ret_id);

/* The id of the caller's default DHCP options set: a function of account and region. In the arena.
 */
char *ec2_dhcp_default_id(struct ctl *c);

/* Moves a VPC's CIDRs between the tables of its attachments when its tags or CIDRs change: `before`
 * NULL for a new one, `after` NULL for a deleted one. ERR_FAULT: CIDRs that overlap those of
 * another VPC of the same attachment. */
int vpc_attach(struct ctl *c, const struct obj_vpc *before, const struct obj_vpc *after);

/* Makes the default security group of a new VPC and puts its id into the VPC. */
int group_create_default(struct ctl *c, struct obj_vpc *vpc);

/* Lets IPv6 leave from the groups of a VPC that gets its first IPv6 CIDR, where nobody changed what
 * a new group lets out. */
int groups_begin_ipv6(struct ctl *c, const struct obj_vpc *vpc);

/* Deletes the default security group along with its VPC. */
int group_delete_default(struct ctl *c, const struct obj_vpc *vpc);

#endif
