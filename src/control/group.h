/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of security groups tell each other and the tags. */
#ifndef CONTROL_GROUP_H
#define CONTROL_GROUP_H

#include "control/ec2.h"

/* The group that holds a rule of the caller, and the rule in it. ERR_FAULT: no such rule. */
int group_rule_find(struct ctl *c, const char *rule_id, struct obj_group *ret_group,
                    struct obj_group_rule **ret_rule);

/* Adds rules to a group, giving them ids, and notes them in the indexes. The group is not put yet.
 */
int group_rules_add(struct ctl *c, struct obj_group *group, const struct obj_group_rule *rules,
                    size_t rules_n);

/* Reads a permission with one peer into a rule without id; memory from the arena. ERR_FAULT: a bad
 * protocol, port or peer. */
int group_rule_read(struct ctl *c, const struct obj_group *group, bool egress,
                    const struct ec2_ip_permission *permission, struct obj_group_rule *ret);

/* Removes the rules with these marks (one for each rule of the group). The group is not put yet. */
int group_rules_remove(struct ctl *c, struct obj_group *group, const bool *marks);

/* True if two rules allow the same: all but id, description and tags. Pure. */
bool group_rule_same(const struct obj_group_rule *a, const struct obj_group_rule *b);

/* A rule's ports as replies of rules show them: -1 where the protocol has none. Pure. */
struct opt_int group_port(struct opt_int port);

/* A rule as replies show it. */
int group_rule_out(struct ctl *c, const struct obj_group *group, const struct obj_group_rule *rule,
                   struct ec2_security_group_rule *ret);

/* Rules in one direction grouped by protocol and ports, in the order of their first rule. */
int group_permissions_out(struct ctl *c, const struct obj_group *group, enum tri egress,
                          struct ec2_ip_permission **ret, size_t *ret_n);

/* Checks a description: at most 255 ASCII characters. ERR_FAULT names the parameter. */
int group_description_check(struct ctl *c, const char *parameter, const char *text);

/* The group that a request names by id, or by name where a default VPC would decide. ERR_FAULT. */
int group_find(struct ctl *c, const char *id, const char *name, struct obj_group *ret);

#endif
