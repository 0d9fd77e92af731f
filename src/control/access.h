/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that decides what an account may do to a resource that may be another account's.
 *
 * The owner may do everything. Others may do what a RAM share grants them: the actions of the
 * share's permission for that type, under its conditions. Whoever has no share does not learn that
 * the resource exists. (spec: profiles-ram-zones-ec2.md 1.10, 2.6, 2.8) */
#ifndef CONTROL_ACCESS_H
#define CONTROL_ACCESS_H

#include "control/ctl.h"

/* A condition key of a request, "route53profiles:HostedZoneDomains", and its values. */
struct access_key {
    const char *name;
    const char *const *values;
    size_t values_n;
};

struct access {
    const char *action; /* "route53profiles:AssociateResourceToProfile" */
    const char *arn;    /* of the resource */
    const char *owner;  /* the account that owns it */
    const struct access_key *keys;
    size_t keys_n;
};

/* 0: the calling account may. ERR_NOT_FOUND: it neither owns the resource nor has a share of it;
 * the caller answers as if there were no such resource. ERR_FAULT: it has a share, but not for
 * this: AccessDeniedException is recorded. */
int access_check(struct ctl *c, const struct access *a);

/* True in *ret if `account` owns the resource or has a share of it that allows `action` (NULL:
 * any). No fault is recorded for a no. */
int access_has(struct ctl *c, const char *account, const struct access *a, bool *ret);

/* Calls each(ctx, arn, "") for the resources whose ARN begins with `prefix` and contains `type`
 * (":resolver-rule/") that are shared with the calling account, each once, in order of ARN. As
 * ctl_list. */
struct access_walk {
    const char *prefix; /* "arn:aws:route53resolver:us-east-1:" */
    const char *type;
    int (*each)(void *ctx, const char *arn, const char *unused);
    void *ctx;
};
int access_list(struct ctl *c, const struct access_walk *walk);

/* The ShareStatus that the calling account sees of a resource: NOT_SHARED, SHARED_BY_ME or
 * SHARED_WITH_ME. Static text in *ret. */
int access_share_status(struct ctl *c, const char *arn, const char *owner, const char **ret);

/* Grants of a resource have changed in this transaction: takes away what other accounts may not
 * keep (associations of rules, profiles and query log configs with their VPCs). */
int access_recheck(struct ctl *c, const char *arn);

/* The resource is deleted in this transaction: takes it out of all shares, and removes what else is
 * granted of it. */
int access_forget(struct ctl *c, const char *arn);

#endif
