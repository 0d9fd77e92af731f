/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of RAM share: types of resources, ARNs, shares with their ends, permissions,
 * pages and client tokens (spec: profiles-ram-zones-ec2.md 2). Private to ram_*.c and
 * permission*.c. Functions that return int give 0, ERR_FAULT (a fault is recorded) or ERR_NOMEM,
 * unless they say otherwise; memory comes from c->arena. One thread for each struct ctl. */
#ifndef CONTROL_RAM_PRIV_H
#define CONTROL_RAM_PRIV_H

#include "control/object.h"
#include "control/permission.h"
#include "rows/ram.h"

#define RAM_PAGE_MAX 500                  /* entries of a page (spec: 2.3) */
#define RAM_SHARES_MAX 5000               /* shares of an account in a region */
#define RAM_ENDS_MAX 5000                 /* principals and resources of one share */
#define RAM_PERMISSIONS_MAX 10            /* customer managed permissions of an account */
#define RAM_VERSIONS_MAX 5                /* versions of one of them */
#define RAM_GONE_S 3600                   /* deleted shares and ended associations stay listed */
#define RAM_INVITATION_S (12 * 3600)      /* an invitation waits this long */
#define RAM_INVITATION_RULE_S (7 * 86400) /* ... to a share of nothing but resolver rules */

/* --- ARNs (ram_resource.c) */

struct arn {
    const char *service;
    const char *region;
    const char *account;
    const char *resource;
};

/* Splits "arn:aws:<service>:<region>:<account>:<resource>"; false when it is none. */
bool arn_read(struct ctl *c, const char *text, struct arn *ret);

/* The fault for a text that is no ARN of what it should name. Returns ERR_FAULT. */
int arn_fault(struct ctl *c, const char *text);

/* The part of an ARN behind "<type>/" when it is a ram ARN of that type, else NULL. */
const char *arn_ram(struct ctl *c, const char *text, const char *type);

/* A new UUID. */
char *ram_uuid(struct ctl *c);

/* The time `ago_s` seconds before the call, as stored texts have it. */
const char *ram_time_ago(struct ctl *c, unsigned ago_s);

/* --- types of resources (ram_resource.c) */

struct share_type {
    const char *name;     /* "route53profiles:Profile" */
    const char *service;  /* of its ARN */
    const char *resource; /* "profile/", before the id in its ARN */
    const struct kind *kind;
    const char *permission; /* ARN of the default one */
    bool iam;               /* roles and users may be principals */
    bool outside;           /* may be shared outside of the organization */
    const char *const
        *actions;            /* that a customer managed permission may name; NULL: there is none */
    const char *const *keys; /* condition keys that it may use, NULL-terminated */
};

/* All types, ended by a row without a name. */
extern const struct share_type share_types[];

/* The type of that name, the part behind ':' in any case; NULL if unknown. */
const struct share_type *share_type_find(const char *name);

/* The type of a resource that the caller owns and may share. Faults of 2.7 otherwise. */
int share_resource_check(struct ctl *c, const char *arn, const struct share_type **ret);

/* --- principals (ram_principal.c) */

enum principal_kind {
    PRINCIPAL_ACCOUNT,
    PRINCIPAL_IAM,
    PRINCIPAL_UNIT,
    PRINCIPAL_ORGANIZATION,
};

struct share_principal {
    enum principal_kind kind;
    const char *text;
    const char *account; /* of an account, role or user */
    bool external;       /* outside of the owner's organization */
    bool asked;          /* has to accept an invitation */
};

/* Reads a principal that an owner wants to share with. */
int principal_read(struct ctl *c, const char *owner, const char *text, struct share_principal *ret);

/* All that the calling identity is as a principal: its account, itself, its units, its
 * organization. */
struct principals {
    const char *v[10];
    size_t n;
};
int principals_of_caller(struct ctl *c, struct principals *ret);

/* --- shares (ram_share.c, ram_grant.c) */

/* A share by ARN. Settled: what has expired or is long gone is seen as such.
 * UnknownResourceException and MalformedArnException. */
int share_read(struct ctl *c, const char *arn, struct obj_share *ret);

/* As share_read by id; ERR_NOT_FOUND without a fault. */
int share_find(struct ctl *c, const char *id, struct obj_share *ret);

/* As share_read, but one that the caller owns and that is active: ready for a change. */
int share_read_own(struct ctl *c, const char *arn, struct obj_share *ret);

/* Writes a share, and from the difference to the stored one the indexes "grants", "grants-of",
 * "share-principals", "resource-shares" and "permission-shares". What others may not keep of
 * resources that lost a grant is taken away. */
int share_save(struct ctl *c, struct obj_share *share);

/* True if the share is active and the end associated. */
bool share_end_live(const struct obj_share *share, const struct obj_share_end *end);

/* The end of that type ("PRINCIPAL", "RESOURCE") and entity, or NULL. */
struct obj_share_end *share_end_find(const struct obj_share *share, const char *type,
                                     const char *entity);

/* A slot for a new end at its place in the order, everything but type and entity cleared; an ended
 * one of the same name is used again. NULL on lack of memory. */
struct obj_share_end *share_end_add(struct ctl *c, struct obj_share *share, const char *type,
                                    const char *entity);

/* Ends an association: the end stays listed as DISASSOCIATED for a while, a pending invitation is
 * withdrawn. */
int share_end_close(struct ctl *c, struct obj_share_end *end);

/* Checks the rules between all ends of a share: who may be outside, who may be a role, how many. */
int share_fits(struct ctl *c, const struct obj_share *share);

/* Adds principals and resources of a request (ram_association.c). `out` gets one entry for each,
 * principals first; NULL: not wanted. */
struct share_ends {
    const char *const *principals;
    size_t principals_n;
    const char *const *resources;
    size_t resources_n;
};
int share_ends_add(struct ctl *c, struct obj_share *share, const struct share_ends *add,
                   struct ram_resource_share_association *out);

/* How long invitations to a share wait, in seconds. */
unsigned share_invitation_s(const struct obj_share *share);

/* True if an invitation that was made then has expired. */
bool share_invitation_late(const struct ctl *c, const struct obj_share *share,
                           struct opt_int invited_at);

/* Makes the invitation of a principal and puts it. */
int invitation_make(struct ctl *c, const struct obj_share *share, const char *receiver,
                    struct obj_share_end *end);

/* Deletes an invitation; one that is gone is no error. */
int invitation_drop(struct ctl *c, const char *id);

/* --- permissions (permission.c) */

/* One version of a permission. */
struct permission {
    const char *arn;
    const char *name;
    const char *resource_type;
    const char *text; /* policy template */
    int version;
    int default_version;
    bool managed;      /* by the service */
    bool type_default; /* what a share gets when it names no permission of that type */
    const char *creation_time;
    const char *last_updated_time;
    const struct obj_tag *tags;
    size_t tags_n;
};

/* A permission that the caller may use: the service's own or the caller's. version 0: the default
 * one. UnknownResourceException, MalformedArnException. */
int permission_read(struct ctl *c, const char *arn, int version, struct permission *ret);

/* The number of a permission's default version, whoever owns it; 1 when there is no such
 * permission. */
int permission_default_version(struct ctl *c, const char *arn, int *ret);

/* The caller's own permission as stored; faults as permission_read, and for the service's own
 * OperationNotPermittedException. */
int permission_read_own(struct ctl *c, const char *arn, struct obj_permission *ret);

/* The i-th permission of the service; false behind the last. */
bool permission_managed(size_t i, struct permission *ret);

/* A stored permission's version in the common form; false if there is no such version. */
bool permission_version(const struct obj_permission *p, int version, struct permission *ret);

/* Checks a policy template for a type (permission_policy.c): MalformedPolicyTemplateException,
 * InvalidPolicyException. */
int permission_policy_check(struct ctl *c, const struct share_type *type, const char *text);

/* Puts a permission into a share in place of the one for the same type; adds defaults for types
 * that have none (ram_permission.c). */
int share_permission_set(struct ctl *c, struct obj_share *share, const struct permission *p);
int share_permissions_fill(struct ctl *c, struct obj_share *share);

/* The permission of a share for a type, or NULL. */
struct obj_share_permission *share_permission_find(const struct obj_share *share,
                                                   const char *resource_type);

/* A permission as listings show it. */
int permission_summary(struct ctl *c, const struct permission *p, const char *status,
                       struct ram_resource_share_permission_summary *ret);

/* --- tags (ram_tag.c) */

/* Checks new tags and merges them. */
int ram_tags_add(struct ctl *c, const struct ram_tag *add, size_t n, struct obj_tag **tags,
                 size_t *tags_n);

/* Tags in the form of answers. *ret NULL when there are none. */
int ram_tags_view(struct ctl *c, const struct obj_tag *tags, size_t n, struct ram_tag **ret);

/* --- pages (ram_page.c) */

/* One page of a listing whose entries come in the order of their keys. */
struct ram_page {
    struct ctl *c;
    const char *what;  /* operation, to which tokens are bound */
    const char *after; /* key to start behind, or NULL */
    size_t max, size;  /* entries, bytes of one */
    void *items;
    size_t n;
    const char *last;
    bool more;
};

/* Begins a page. InvalidNextTokenException, InvalidMaxResultsException. */
int ram_page_begin(struct ram_page *p, struct opt_int max_results, const char *token);

/* Takes an entry: copies it, and gives 0; CTL_STOP when the page is full. Entries up to `after` are
 * passed over. */
int ram_page_add(struct ram_page *p, const char *key, const void *entry);

/* The token of the next page, NULL after the last one. */
const char *ram_page_token(const struct ram_page *p);

/* --- client tokens (ram_token.c) */

/* An operation that a client may repeat: with the same clientToken and input it gets the first
 * answer again. */
struct ram_call {
    const char *name;
    const struct shape *in;
    const struct shape *out;
    ctl_op *run;
};

/* Runs the operation, or answers from what its client token kept. Echoes the token. */
int ram_once(struct ctl *c, const struct ram_call *call, const void *in, void *out);

/* --- lists (ram_list.c) */

/* Which shares a listing is about. */
struct share_walk {
    struct ctl *c;
    const char *owner;       /* "SELF" or "OTHER-ACCOUNTS", as the client wrote it */
    const char *const *arns; /* only these, NULL: all */
    size_t arns_n;
    bool deleted; /* those that were deleted lately, too */
    int (*each)(void *ctx, const struct obj_share *share);
    void *ctx;
};

/* Calls each(ctx, share) in order of share id. CTL_STOP ends it with 0. Faults for a bad owner, a
 * bad ARN and an unknown share. */
int shares_walk(const struct share_walk *w);

/* True if the text is one of the list, or the list is empty. */
bool ram_wanted(const char *const *list, size_t n, const char *text);

#endif
