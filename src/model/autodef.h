/* SPDX-License-Identifier: Apache-2.0 */
/* Autodefined names (spec/resolver.md 1.4): what every VPC knows without being told. The localhost
 * family with the contents of RFC 6761 and RFC 6303; reverse zones of private address space; the
 * compute names of the region. Tables are the same for all VPCs of a region with equal settings. */
#ifndef MODEL_AUTODEF_H
#define MODEL_AUTODEF_H

#include "model/garbage.h"
#include "model/snapshot_priv.h"

/* The domain of instance names in a region, written to buf; returns buf. "ec2.internal" in
 * us-east-1, else "<region>.compute.internal". */
const char *autodef_domain(const char *region, char *buf, size_t size);

/* A new table. region NULL: the localhost family alone; else with the compute names of the region,
 * and, if `reverse`, the reverse zones. The public names of instances (compute.amazonaws.com) are
 * not in it: no address of ours stands behind them, and public DNS knows them. 0, ERR_NOMEM, or
 * ERR_INVALID if the region makes no domain name. */
int autodef_table_new(const struct edit *e, const char *region, bool reverse,
                      struct autodef_table **ret);

/* Frees a table with its zones; nobody may use it any more. Accepts NULL. */
void autodef_table_free(struct autodef_table *t);

#endif
