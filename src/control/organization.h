/* SPDX-License-Identifier: Apache-2.0 */
/* The organizations of this installation: a management account, organizational units, and the
 * accounts in them. What `bridge53 organization` manages and RAM shares with.
 *
 * The index "memberships" of an account follows every change here, so whoever decides on access
 * reads a handful of keys and no tree. */
#ifndef CONTROL_ORGANIZATION_H
#define CONTROL_ORGANIZATION_H

#include "control/object.h"

#define ORG_DEPTH_MAX 5 /* units from the root down to an account's own, as the service has it */

/* Each of these is a whole call with its own commit (ctl_run). ERR_FAULT with the reason; memory in
 * c->arena. */

/* Makes an organization. The account must exist and be in none; it becomes its first member. */
int organization_create(struct ctl *c, const char *management, struct obj_organization *ret);

/* Makes an OU below a root (r-..., or o-... for the organization's root) or another OU. */
int organization_unit_add(struct ctl *c, const char *parent, const char *name,
                          struct obj_organization_unit *ret);

/* Puts an account below a root or OU; one that is in the same organization already moves there. */
int organization_account_put(struct ctl *c, const char *parent, const char *account,
                             struct obj_organization_account *ret);

/* Takes an account out of its organization. Shares between it and the others end, but those that
 * retain sharing. The management account stays. */
int organization_account_remove(struct ctl *c, const char *account);

/* What a listing gives: exactly one of the pointers is set. */
struct organization_entry {
    const struct obj_organization *organization;
    const struct obj_organization_unit *unit;
    const struct obj_organization_account *account;
};

/* Calls each(ctx, entry) for all organizations, then their units, then their accounts. As
 * account_list. */
int organization_list(struct ctl *c, int (*each)(void *ctx, const struct organization_entry *entry),
                      void *ctx);

/* For operations, inside their transaction: */

/* The organization that an account is in. ERR_NOT_FOUND. */
int organization_of(struct ctl *c, const char *account, struct obj_organization *ret);

/* "arn:aws:organizations::<management>:organization/o-...". NULL on lack of memory. */
char *organization_arn(struct ctl *c, const struct obj_organization *o);

/* "arn:aws:organizations::<management>:ou/o-.../ou-...". NULL on lack of memory. */
char *organization_unit_arn(struct ctl *c, const struct obj_organization_unit *u);

#endif
