/* SPDX-License-Identifier: Apache-2.0 */
/* Interface endpoints, as profiles see them. */
#ifndef CONTROL_VPC_ENDPOINT_H
#define CONTROL_VPC_ENDPOINT_H

#include "control/object.h"

/* The id of the hidden zone for one private name of an endpoint: the same whenever it is asked for.
 * In the arena; NULL on lack of memory. */
char *vpc_endpoint_zone_id(struct ctl *c, const struct obj_vpc_endpoint *e, const char *name);

#endif
