/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules of security groups allow, as the data plane takes it: a flat list of peers,
 * protocols and ports. The projector compiles it, the check of a design asks it. */
#ifndef CONTROL_ALLOW_H
#define CONTROL_ALLOW_H

#include "control/object.h"
#include "model/desc.h"

/* Allow entries under construction. Zeroed but for the arena, which holds the list, = empty. */
struct allows {
    struct arena *arena;
    struct allow *list;
    size_t n, cap;
};

/* Adds an entry for every peer that is an address of this interface. 0 or ERR_NOMEM. */
int allows_add_interface(struct allows *a, const struct allow *entry,
                         const struct obj_interface *eni);

/* What an endpoint's security groups allow, group by group. A rule may name another group as its
 * peer: then members(ctx, group, to, entry) adds the entry for the group's interfaces. */
struct allow_reader {
    struct allows ingress, egress;
    int (*members)(void *ctx, const char *group, struct allows *to, const struct allow *entry);
    void *ctx;
};

/* Adds what one group allows. Rules about something else than UDP and TCP, and peers that cannot be
 * read, add nothing. 0, ERR_NOMEM, or an error of members. */
int allow_group_read(struct allow_reader *r, const struct obj_group *group);

#endif
