/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of stored objects. Their shapes are in rows/object.rows. */
#ifndef CONTROL_OBJECT_H
#define CONTROL_OBJECT_H

#include "control/ctl.h"
#include "rows/obj.h"

extern const struct kind kind_account;          /* struct obj_account, id = 12 digits */
extern const struct kind kind_access_key;       /* struct obj_access_key, id = access key id */
extern const struct kind kind_vpc;              /* struct obj_vpc */
extern const struct kind kind_subnet;           /* struct obj_subnet */
extern const struct kind kind_group;            /* struct obj_group */
extern const struct kind kind_interface;        /* struct obj_interface */
extern const struct kind kind_endpoint;         /* struct obj_endpoint */
extern const struct kind kind_rule;             /* struct obj_rule */
extern const struct kind kind_rule_assoc;       /* struct obj_rule_association */
extern const struct kind kind_config;           /* struct obj_resolver_config, id = resource id */
extern const struct kind kind_zone;             /* struct obj_zone */
extern const struct kind kind_change;           /* struct obj_change */
extern const struct kind kind_profile;          /* struct obj_profile */
extern const struct kind kind_profile_assoc;    /* struct obj_profile_association */
extern const struct kind kind_profile_resource; /* struct obj_profile_resource */
extern const struct kind kind_firewall_group;   /* struct obj_firewall_group */
extern const struct kind kind_query_log;        /* struct obj_query_log_config */
extern const struct kind kind_vpc_endpoint;     /* struct obj_vpc_endpoint */
extern const struct kind kind_dnssec_config;    /* struct obj_dnssec_config, id = resource id */
extern const struct kind kind_firewall_config;  /* struct obj_firewall_config, id = resource id */
extern const struct kind kind_share;            /* struct obj_share */
extern const struct kind kind_invitation;       /* struct obj_share_invitation */
extern const struct kind kind_permission;       /* struct obj_permission */
extern const struct kind kind_replacement;      /* struct obj_permission_replacement */
extern const struct kind kind_organization;     /* struct obj_organization */
extern const struct kind kind_org_unit;         /* struct obj_organization_unit */
extern const struct kind kind_org_account;      /* struct obj_organization_account, id = account */

#define PROFILE_PREFIX "rp-" /* of the ids of profiles */

/* True if an id is that of a profile, not of a VPC: settings may belong to either. */
bool is_profile_id(const char *id);

/* Index names (ctl_index_*), with their keys and values:
 *   "vpc-uses"       <vpc>/<kind>/<id> -> "": objects that live in a VPC
 *   "subnet-uses"    <subnet>/<kind>/<id> -> "": interfaces of a subnet
 *   "address"        <subnet>/<address> -> interface id; taken addresses, canonical text
 *   "group-uses"     <group>/<kind>/<id> -> "": interfaces and other groups that name a group
 *   "endpoint-rules" <endpoint>/<rule> -> ""
 *   "rule-vpcs"      <rule>/<vpc> -> association id
 *   "vpc-rules"      <vpc>/<domain> -> rule id
 *   "vpc-zones"      <vpc>/<zone name> -> zone id
 *   "zone-authorizations" <zone>/<vpc> -> region of the VPC
 *   "creator"        <account>/<region>/<kind>/<creator request id> -> id
 *   "caller-reference" <account>/<reference> -> zone id
 *   "zone-name"      <account>/<sort key of the name>/<zone id> -> zone id
 *   "profile-vpcs"   <profile>/<vpc> -> association id; <profile> -> their number
 *   "vpc-profiles"   <vpc>/<priority, 5 digits>/<association> -> profile id; 00000 without priority
 *   "profile-resources" <profile>/<resource arn> -> profile resource id; <profile> -> their numbers
 *   "resource-profiles" <resource id>/<profile> -> profile resource id
 *   "share-principals" <principal>/<region>/<share> -> "": an active share with that principal
 *   "resource-shares" <resource arn>/<share> -> "": an active share with that resource
 *   "invitations"    <receiver>/<region>/<invitation> -> ""
 *   "permission-shares" <permission arn>/<share> -> "<version>": active shares with a permission
 *   "ram-tokens"     <account>/<region>/<operation>/<client token> -> time, input, answer
 *   "profile-keys"   <profile>/<what>/<value> -> profile resource id: what a profile has once
 *
 * Who may use what is not theirs (written by RAM and organizations, read by control/access.h):
 *   "grants"      <principal>/<resource arn>/<share id> -> "<permission arn> <version>"
 *   "grants-of"   <resource arn>/<principal>/<share id> -> "": the same from the other side
 *   "memberships" <account>/<n> -> ARN of an OU or organization that the account is in
 *
 * A principal is an account id, or the ARN of a role, user, OU or organization. A grant is there
 * exactly while the share is active and both ends are associated; where a resource policy grants,
 * it is a policy template itself. Memberships: the nearest OU first, at last the organization. */

/* Tag helpers shared by the services: merges `add` into *tags (same key overwrites), removes keys.
 * Lists live in c->arena. 0 or ERR_NOMEM. */
int tags_merge(struct ctl *c, struct obj_tag **tags, size_t *tags_n, const struct obj_tag *add,
               size_t add_n);
int tags_remove(struct ctl *c, struct obj_tag **tags, size_t *tags_n, const char *const *keys,
                size_t keys_n);

#endif
