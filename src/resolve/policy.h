/* SPDX-License-Identifier: Apache-2.0 */
/* Routing policies: which records of a group are the answer. Private to src/resolve. */
#ifndef RESOLVE_POLICY_H
#define RESOLVE_POLICY_H

#include "resolve/query_priv.h"

#define POLICY_MULTIVALUE_MAX 8 /* records (spec/profiles-ram-zones-ec2.md 3.10) */

/* Chooses from the group that begins with `set`, and follows aliases within `zone`. Fills
 * everything of *ret but the owner; *ret_first is where rotation begins. False: no data (an alias
 * leads nowhere, or memory of the query ran out). */
bool policy_view(struct query *q, const struct zone *zone, const struct rrset *set,
                 struct rrset_view *ret, unsigned *ret_first);

#endif
