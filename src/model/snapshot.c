/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a snapshot by slot. */
#include <string.h>

#include "model/snapshot_priv.h"

uint64_t snapshot_revision(const struct snapshot *s)
{
    return s->revision;
}

uint64_t snapshot_seq(const struct snapshot *s)
{
    return s->seq;
}

const struct view *snapshot_view(const struct snapshot *s, uint32_t slot)
{
    return vec_get(&s->views, slot);
}

const struct endpoint *snapshot_endpoint(const struct snapshot *s, uint32_t slot)
{
    return vec_get(&s->endpoints, slot);
}

const struct view *snapshot_view_by_id(const struct snapshot *s, const char *vpc_id)
{
    const struct view *v;
    uint64_t pos = 0;

    /* A scan: people ask this, packets don't, and an index would cost every snapshot. */
    while ((v = vec_next(&s->views, &pos))) {
        if (!strcmp(v->info->id, vpc_id))
            return v;
    }
    return NULL;
}

const struct listener *snapshot_listeners(const struct snapshot *s, size_t *ret_n,
                                          uint64_t *ret_generation)
{
    *ret_n = s->listeners->n;
    *ret_generation = s->listeners->generation;
    return s->listeners->items;
}
