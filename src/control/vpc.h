/* SPDX-License-Identifier: Apache-2.0 */
/* What vpc.c, vpc_cidr.c and vpc_attach.c tell each other and the families that live in a VPC. */
#ifndef CONTROL_VPC_H
#define CONTROL_VPC_H

#include "control/ec2.h"

/* Reads an IPv4 CIDR for a VPC: /16 to /28, none of the ranges that no network can have. ERR_FAULT.
 */
int vpc_cidr4_parse(struct ctl *c, const char *text, struct prefix *ret, const char **ret_text);

/* Reads an IPv6 CIDR for a VPC (text), or makes one of fd53::/16 out of the VPC's id (text NULL):
 * the local stand-in for a block that Amazon provides, the first of a fixed row that the VPC does
 * not have. ERR_FAULT. */
int vpc_cidr6_parse(struct ctl *c, const struct obj_vpc *vpc, const char *text,
                    const char **ret_text);

/* Adds a CIDR association with a new id to one of the VPC's lists and notes it in "cidr-assoc".
 * *ret points into the list. */
int vpc_cidr_add(struct ctl *c, struct obj_vpc *vpc, const char *cidr,
                 const struct obj_cidr_association **ret);

/* Associations as replies show them, in *ret in the arena. */
int vpc_cidr_out(struct ctl *c, const struct obj_cidr_association *a, const char *state,
                 struct ec2_vpc_cidr_block_association *ret);
int vpc_cidr6_out(struct ctl *c, const struct obj_cidr_association *a, const char *state,
                  struct ec2_vpc_ipv6_cidr_block_association *ret);

/* A VPC as replies show it. */
int vpc_out(struct ctl *c, const struct obj_vpc *vpc, const char *state, struct ec2_vpc *ret);

#endif
