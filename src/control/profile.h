/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of other resources need to know of profiles: whether one holds a resource, and
 * how to take a resource or a VPC out of all of them. Functions give 0, ERR_FAULT or ERR_NOMEM. */
#ifndef CONTROL_PROFILE_H
#define CONTROL_PROFILE_H

#include <stdbool.h>

#include "control/object.h"

/* True in *ret if a profile holds the resource with that id, which then must not be deleted. When
 * none does, a transaction that goes on to delete it and one that puts it into a profile exclude
 * each other. */
int profile_holds(struct ctl *c, const char *resource_id, bool *ret);

/* Takes a resource that is about to be deleted out of all profiles. */
int profile_resource_forget(struct ctl *c, const char *resource_id);

/* Takes a VPC that is about to be deleted off all its profiles. */
int profile_vpc_forget(struct ctl *c, const char *vpc_id);

/* Removes an association of a VPC with a profile, indexes and counts included; it may be another
 * account's (unsharing). */
int profile_association_remove(struct ctl *c, const struct obj_profile_association *a);

#endif
