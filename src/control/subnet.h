/* SPDX-License-Identifier: Apache-2.0 */
/* What subnet.c and subnet_modify.c tell each other and the interfaces that live in a subnet. */
#ifndef CONTROL_SUBNET_H
#define CONTROL_SUBNET_H

#include "control/ec2.h"

/* Addresses of a subnet, of each family, that nobody gets: network, router, DNS, the next, and the
 * last. */
#define SUBNET_RESERVED 5

/* Takes *text, a CIDR of that family inside the VPC, for a subnet; *text becomes canonical.
 * ERR_FAULT: not a CIDR, outside the VPC or the limits, or it overlaps another subnet. */
int subnet_cidr_take(struct ctl *c, const struct obj_vpc *vpc, const char *subnet_id, int family,
                     const char **text);

/* Gives a CIDR of the subnet back to its VPC. */
int subnet_cidr_free(struct ctl *c, const struct obj_subnet *s, const char *text);

/* Adds an IPv6 association with a new id and notes it in "cidr-assoc"; *ret points into the list.
 */
int subnet_cidr6_add(struct ctl *c, struct obj_subnet *s, const char *cidr,
                     const struct obj_cidr_association **ret);

/* An IPv6 association as replies show it. */
int subnet_cidr6_out(struct ctl *c, const struct obj_cidr_association *a, const char *state,
                     struct ec2_subnet_ipv6_cidr_block_association *ret);

#endif
