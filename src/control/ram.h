/* SPDX-License-Identifier: Apache-2.0 */
/* What other families tell RAM. */
#ifndef CONTROL_RAM_H
#define CONTROL_RAM_H

#include "control/ctl.h"

/* A resource is being deleted: takes it out of all shares that hold it. In the caller's
 * transaction. 0, ERR_FAULT, ERR_NOMEM. */
int shares_drop_resource(struct ctl *c, const char *arn);

/* An account is leaving its organization: ends what it shares with the others and they with it,
 * unless a share retains it. */
int shares_leave(struct ctl *c, const char *account, const char *organization_id);

#endif
