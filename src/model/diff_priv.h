/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a comparison, for diff*.c. */
#ifndef MODEL_DIFF_PRIV_H
#define MODEL_DIFF_PRIV_H

#include "model/diff.h"
#include "model/snapshot_priv.h"
#include "model/zone_priv.h"

/* What a name leads to, without the client's own settings. All NULL: public DNS. */
struct diff_route {
    const struct rule *rule;
    const struct zone *zone;
    const struct autodef *autodef;
};

/* What `name` leads to in a view; `v` NULL: nowhere. The same order as resolve/route.c has, for a
 * client without DNS64. */
struct diff_route diff_route(const struct snapshot *s, const struct view *v, const uint8_t *name);

/* Texts of both sides. diff_records_text: the records of a name in a zone. */
void diff_route_text(const struct diff_route *r, const struct view *v, char out[DIFF_TEXT]);
void diff_records_text(const struct zone *z, const uint8_t *name, char out[DIFF_TEXT]);

/* The settings of one VPC, either side NULL where it is not there. Calls tell(ctx, setting, before,
 * after) for each that differs until it returns false. */
struct diff_settings {
    const struct snapshot *before, *after;
    const struct view *old, *new;
    bool (*tell)(void *ctx, const char *setting, const char *before, const char *after);
    void *ctx;
};
void diff_settings(const struct diff_settings *d);

#endif
