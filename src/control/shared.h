/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an object that may be another account's. */
#ifndef CONTROL_SHARED_H
#define CONTROL_SHARED_H

#include "control/access.h"
#include "control/object.h"

/* Reads an object of a kind whose shape has an Arn, if the caller may do a->action to it;
 * access_check decides, with a->keys. Its region must be the caller's. a->arn and a->owner are
 * filled in, memory from c->arena. 0, ERR_NOT_FOUND (no fault: there is none, or none that the
 * caller may know of), or ERR_FAULT. */
int shared_get(struct ctl *c, const struct kind *kind, const char *id, struct access *a, void *ret);

/* Listing what the caller owns and what is shared with it: first its own in order of id, then the
 * others' in order of ARN. */
struct shared_walk {
    const struct kind *kind; /* with an Arn */
    const char *service;     /* of the ARNs: "route53resolver" */
    const char *type;        /* ":firewall-rule-group/" */
    const char *after;       /* key to start behind, or NULL */
    /* Gets each object with its key for page tokens (an id or an ARN); CTL_STOP ends the walk. */
    int (*each)(void *ctx, const char *key, void *obj);
    void *ctx;
};
int shared_list(struct ctl *c, const struct shared_walk *walk);

#endif
