/* SPDX-License-Identifier: Apache-2.0 */
/* What two snapshots of one compiler answer differently: for which VPCs which names change. For dry
 * runs, not for packets.
 *
 * A name of a table stands for itself and for what is below it, as long as nothing more specific
 * is; a name of a zone that has other records than before stands for itself, in every VPC where the
 * zone answers for it. Only what differs is looked at: tables, rules and zones that both snapshots
 * share cost a comparison of pointers for each entry. */
#ifndef MODEL_DIFF_H
#define MODEL_DIFF_H

#include "model/snapshot.h"

#define DIFF_TEXT 512 /* bytes of a side's text, NUL included; cut when longer */

struct diff_change {
    const struct view *view;    /* of the later snapshot; of the earlier one when the VPC is gone */
    const uint8_t *name;        /* canonical; NULL: a setting of the VPC */
    const char *setting;        /* what it is called; NULL for a name */
    const char *before, *after; /* for people: "FORWARD rule rslvr-rr-1 to 10.0.0.53:53", ... */
};

/* What a change function returns. */
enum diff_more {
    DIFF_MORE,   /* tell the next one */
    DIFF_NEXT,   /* enough of this VPC */
    DIFF_ENOUGH, /* enough: count the other VPCs that change, without their changes */
};

/* Calls `change` for each difference, VPC by VPC, and puts the number of VPCs that have any into
 * *ret_vpcs. Both snapshots must stay while it runs. 0 or ERR_NOMEM. */
struct diff {
    const struct snapshot *before, *after;
    enum diff_more (*change)(void *ctx, const struct diff_change *change);
    void *ctx;
};
int snapshot_diff(const struct diff *d, size_t *ret_vpcs);

#endif
