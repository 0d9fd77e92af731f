/* SPDX-License-Identifier: Apache-2.0 */
/* A table of taken prefixes for each scope in which prefixes must not overlap: the CIDRs of the
 * VPCs of one attachment, the subnets of one VPC.
 *
 * A prefix is kept in the index "cidr" under its bits written as 0 and 1. Two prefixes overlap iff
 * one's bits begin the other's, so a check is one short range and a get for each shorter length:
 * its cost doesn't grow with the number of prefixes. A guard for each 16 (IPv4) or 44 (IPv6)
 * leading bits makes concurrent takers of overlapping prefixes conflict, whichever is the longer;
 * no shorter prefix is ever taken. */
#ifndef CONTROL_CIDR_H
#define CONTROL_CIDR_H

#include "base/addr.h"
#include "control/ctl.h"

#define CIDR_BITS_MIN4 16 /* shortest IPv4 prefix of a VPC */
#define CIDR_BITS_MAX4 28 /* longest */
#define CIDR_BITS_MIN6 44 /* shortest IPv6 prefix of a VPC */

/* Takes a canonical prefix for `owner`. ERR_EXISTS with the other owner in *ret_owner (arena) when
 * it overlaps a taken one; ERR_RANGE: shorter than the least length; ERR_FAULT. */
int cidr_take(struct ctl *c, const char *scope, const struct prefix *p, const char *owner,
              const char **ret_owner);

/* Gives it back. */
int cidr_free(struct ctl *c, const char *scope, const struct prefix *p);

/* True in *ret if a taken prefix overlaps. The prefix is no shorter than the least length. */
int cidr_taken(struct ctl *c, const char *scope, const struct prefix *p, bool *ret);

#endif
