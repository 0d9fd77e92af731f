/* SPDX-License-Identifier: Apache-2.0 */
/* RAM permissions: what a share allows, for each type of resource. The service's own ("AWS
 * managed") are constant rows; customer managed ones are stored, with versions. */
#ifndef CONTROL_PERMISSION_H
#define CONTROL_PERMISSION_H

#include "control/ctl.h"

/* The policy template of a permission, JSON text: {"Effect": "Allow", "Action": [...], "Condition":
 * {...}}. version 0: the default one. ERR_NOT_FOUND. */
int permission_template(struct ctl *c, const char *arn, int version, const char **ret);

#endif
