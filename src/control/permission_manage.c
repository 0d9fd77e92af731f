/* SPDX-License-Identifier: Apache-2.0 */
/* Permissions themselves: customer managed ones with their versions, and the listings of all (spec:
 * profiles-ram-zones-ec2.md 2.5). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/ram_priv.h"

static const char *version_text(struct ctl *c, int version)
{
    return arena_printf(c->arena, "%d", version);
}

int permission_summary(struct ctl *c, const struct permission *p, const char *status,
                       struct ram_resource_share_permission_summary *ret)
{
    *ret = (struct ram_resource_share_permission_summary){
        .arn = p->arn,
        .version = version_text(c, p->version),
        .default_version = p->version == p->default_version ? TRI_TRUE : TRI_FALSE,
        .name = p->name,
        .resource_type = p->resource_type,
        .status = status,
        .creation_time = p->creation_time,
        .last_updated_time = p->last_updated_time,
        .is_resource_type_default = p->type_default ? TRI_TRUE : TRI_FALSE,
        .permission_type = p->managed ? "AWS_MANAGED" : "CUSTOMER_MANAGED",
        .feature_set = "STANDARD",
        .tags_n = p->tags_n,
    };
    return ret->version ? ram_tags_view(c, p->tags, p->tags_n, &ret->tags) : ERR_NOMEM;
}

static int detail(struct ctl *c, const struct permission *p,
                  struct ram_resource_share_permission_detail **ret)
{
    struct ram_resource_share_permission_detail *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v)
        return ERR_NOMEM;
    *ret = v;
    *v = (struct ram_resource_share_permission_detail){
        .arn = p->arn,
        .version = version_text(c, p->version),
        .default_version = p->version == p->default_version ? TRI_TRUE : TRI_FALSE,
        .name = p->name,
        .resource_type = p->resource_type,
        .permission = p->text,
        .creation_time = p->creation_time,
        .last_updated_time = p->last_updated_time,
        .is_resource_type_default = p->type_default ? TRI_TRUE : TRI_FALSE,
        .permission_type = p->managed ? "AWS_MANAGED" : "CUSTOMER_MANAGED",
        .feature_set = "STANDARD",
        .status = "ATTACHABLE",
        .tags_n = p->tags_n,
    };
    return v->version ? ram_tags_view(c, p->tags, p->tags_n, &v->tags) : ERR_NOMEM;
}

/* --- making */

/* Adds a version to a permission. */
static int version_add(struct ctl *c, struct obj_permission *p, const char *template)
{
    struct obj_permission_version *all = arena_zalloc(c->arena, p->versions_n + 1, sizeof *all);

    if (!all)
        return ERR_NOMEM;
    if (p->versions_n > 0)
        memcpy(all, p->versions, p->versions_n * sizeof *all);
    p->last_version = (struct opt_int){true, p->last_version.v + 1};
    p->last_updated_time = ctl_time(c, 3);
    all[p->versions_n] =
        (struct obj_permission_version){p->last_version, template, p->last_updated_time};
    p->versions = all;
    p->versions_n++;
    return 0;
}

static int create_check(struct ctl *c, const struct ram_create_permission_request *in,
                        const char *id)
{
    const struct share_type *type = share_type_find(in->resource_type);
    struct obj_permission old;
    size_t n;
    int err;

    if (!type || !type->actions)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "The resource type %s does not support customer managed permissions.",
                        in->resource_type);
    err = permission_policy_check(c, type, in->policy_template);
    if (!err)
        err = ctl_get(c, &kind_permission, id, &old);
    if (!err)
        return ctl_fail(c, FAULT_PermissionAlreadyExistsException,
                        "A permission with the name %s already exists.", in->name);
    if (err == ERR_NOT_FOUND)
        err = ctl_count(c, &kind_permission, &n);
    if (!err && n >= RAM_PERMISSIONS_MAX)
        return ctl_fail(c, FAULT_PermissionLimitExceededException,
                        "The limit of %d customer managed permissions is reached.",
                        RAM_PERMISSIONS_MAX);
    return err;
}

static int create(struct ctl *c, const void *input, void *output)
{
    const struct ram_create_permission_request *in = input;
    struct ram_create_permission_response *out = output;
    char *id = arena_printf(c->arena, "%s:%s:%s", c->account, c->region, in->name);
    struct obj_permission stored;
    struct permission p;
    int err = id ? create_check(c, in, id) : ERR_NOMEM;

    if (err)
        return err;
    stored = (struct obj_permission){
        .id = id,
        .arn = ctl_arn(c, "ram", "permission/%s", in->name),
        .name = in->name,
        .resource_type = share_type_find(in->resource_type)->name,
        .default_version = {true, 1},
        .creation_time = ctl_time(c, 3),
    };
    out->permission = arena_zalloc(c->arena, 1, sizeof *out->permission);
    if (!stored.arn || !stored.creation_time || !out->permission)
        return ERR_NOMEM;
    err = ram_tags_add(c, in->tags, in->tags_n, &stored.tags, &stored.tags_n);
    if (!err)
        err = version_add(c, &stored, in->policy_template);
    if (!err)
        err = ctl_put(c, &kind_permission, id, &stored);
    if (err || !permission_version(&stored, 0, &p))
        return err;
    return permission_summary(c, &p, "ATTACHABLE", out->permission);
}

int ram_create_permission(struct ctl *c, const struct ram_create_permission_request *in,
                          struct ram_create_permission_response *out)
{
    static const struct ram_call call = {"CreatePermission", &ram_create_permission_request_shape,
                                         &ram_create_permission_response_shape, create};

    return ram_once(c, &call, in, out);
}

static int create_version(struct ctl *c, const void *input, void *output)
{
    const struct ram_create_permission_version_request *in = input;
    struct ram_create_permission_version_response *out = output;
    struct obj_permission stored;
    struct permission p;
    int err = permission_read_own(c, in->permission_arn, &stored);

    if (!err)
        err =
            permission_policy_check(c, share_type_find(stored.resource_type), in->policy_template);
    if (!err && stored.versions_n >= RAM_VERSIONS_MAX)
        err = ctl_fail(c, FAULT_PermissionVersionsLimitExceededException,
                       "The limit of %d versions of a permission is reached. Delete one first.",
                       RAM_VERSIONS_MAX);
    if (!err)
        err = version_add(c, &stored, in->policy_template);
    if (err)
        return err;
    stored.default_version = stored.last_version; /* a new version is the default one */
    err = ctl_put(c, &kind_permission, stored.id, &stored);
    if (err || !permission_version(&stored, 0, &p))
        return err;
    return detail(c, &p, &out->permission);
}

int ram_create_permission_version(struct ctl *c,
                                  const struct ram_create_permission_version_request *in,
                                  struct ram_create_permission_version_response *out)
{
    static const struct ram_call call = {
        "CreatePermissionVersion", &ram_create_permission_version_request_shape,
        &ram_create_permission_version_response_shape, create_version};

    return ram_once(c, &call, in, out);
}

static int version_unknown(struct ctl *c, const char *arn, int version)
{
    return ctl_fail(c, FAULT_UnknownResourceException,
                    "Version %d of permission %s could not be found.", version, arn);
}

static int set_default(struct ctl *c, const void *input, void *output)
{
    const struct ram_set_default_permission_version_request *in = input;
    struct ram_set_default_permission_version_response *out = output;
    struct obj_permission stored;
    struct permission p;
    int err = permission_read_own(c, in->permission_arn, &stored);

    if (!err && (in->permission_version.v < 1 ||
                 !permission_version(&stored, (int)in->permission_version.v, &p)))
        err = version_unknown(c, in->permission_arn, (int)in->permission_version.v);
    if (err)
        return err;
    stored.default_version = in->permission_version;
    stored.last_updated_time = ctl_time(c, 3);
    out->return_value = TRI_TRUE;
    return ctl_put(c, &kind_permission, stored.id, &stored);
}

int ram_set_default_permission_version(struct ctl *c,
                                       const struct ram_set_default_permission_version_request *in,
                                       struct ram_set_default_permission_version_response *out)
{
    static const struct ram_call call = {
        "SetDefaultPermissionVersion", &ram_set_default_permission_version_request_shape,
        &ram_set_default_permission_version_response_shape, set_default};

    return ram_once(c, &call, in, out);
}

/* --- removing */

/* Is a version (0: any) of a permission in use? */
struct use {
    int version;
    bool found;
};

static int use_each(void *ctx, const char *key, const char *value)
{
    struct use *u = ctx;

    (void)key;
    u->found = u->found || u->version == 0 || atoi(value) == u->version;
    return 0;
}

static int unused_check(struct ctl *c, const char *arn, int version)
{
    struct use u = {.version = version};
    char *prefix = arena_printf(c->arena, "%s/", arn);
    int err = prefix ? ctl_index_list(c, "permission-shares", prefix, use_each, &u) : ERR_NOMEM;

    if (!err && u.found)
        return ctl_fail(c, FAULT_OperationNotPermittedException,
                        "The permission %s is associated with a resource share.", arn);
    return err;
}

static int delete_permission(struct ctl *c, const void *input, void *output)
{
    const struct ram_delete_permission_request *in = input;
    struct ram_delete_permission_response *out = output;
    struct obj_permission stored;
    int err = permission_read_own(c, in->permission_arn, &stored);

    if (!err)
        err = unused_check(c, stored.arn, 0);
    if (err)
        return err;
    out->return_value = TRI_TRUE;
    out->permission_status = "DELETED";
    return ctl_del(c, &kind_permission, stored.id, &stored);
}

int ram_delete_permission(struct ctl *c, const struct ram_delete_permission_request *in,
                          struct ram_delete_permission_response *out)
{
    static const struct ram_call call = {"DeletePermission", &ram_delete_permission_request_shape,
                                         &ram_delete_permission_response_shape, delete_permission};

    return ram_once(c, &call, in, out);
}

static int delete_version(struct ctl *c, const void *input, void *output)
{
    const struct ram_delete_permission_version_request *in = input;
    struct ram_delete_permission_version_response *out = output;
    struct obj_permission stored;
    size_t i = 0;
    int err = permission_read_own(c, in->permission_arn, &stored);

    if (err)
        return err;
    while (i < stored.versions_n && stored.versions[i].version.v != in->permission_version.v)
        i++;
    if (i == stored.versions_n)
        return version_unknown(c, in->permission_arn, (int)in->permission_version.v);
    if (stored.default_version.v == in->permission_version.v)
        return ctl_fail(c, FAULT_OperationNotPermittedException,
                        "The default version of a permission cannot be deleted.");
    err = unused_check(c, stored.arn, (int)in->permission_version.v);
    if (err)
        return err;
    stored.versions_n--;
    memmove(&stored.versions[i], &stored.versions[i + 1],
            (stored.versions_n - i) * sizeof *stored.versions);
    stored.last_updated_time = ctl_time(c, 3);
    out->return_value = TRI_TRUE;
    out->permission_status = "DELETED";
    return ctl_put(c, &kind_permission, stored.id, &stored);
}

int ram_delete_permission_version(struct ctl *c,
                                  const struct ram_delete_permission_version_request *in,
                                  struct ram_delete_permission_version_response *out)
{
    static const struct ram_call call = {
        "DeletePermissionVersion", &ram_delete_permission_version_request_shape,
        &ram_delete_permission_version_response_shape, delete_version};

    return ram_once(c, &call, in, out);
}

/* --- reading */

int ram_get_permission(struct ctl *c, const struct ram_get_permission_request *in,
                       struct ram_get_permission_response *out)
{
    struct permission p;
    int version = in->permission_version.set ? (int)in->permission_version.v : 0;
    int err = permission_read(c, in->permission_arn, version, &p);

    return err ? err : detail(c, &p, &out->permission);
}

/* A listing of permissions. */
struct permission_list {
    struct ram_page page;
    const struct share_type *type;
    bool managed, customer;
};

static int list_add(struct permission_list *l, const struct permission *p)
{
    struct ram_resource_share_permission_summary v;
    int err;

    if (l->type && strcmp(l->type->name, p->resource_type) != 0)
        return 0;
    err = permission_summary(l->page.c, p, "ATTACHABLE", &v);
    return err ? err : ram_page_add(&l->page, p->arn, &v);
}

static int list_each(void *ctx, const char *id, void *obj)
{
    struct permission p;

    (void)id;
    return permission_version(obj, 0, &p) ? list_add(ctx, &p) : 0;
}

/* Which permissions are wanted; the service's error names the older values. */
static int scope_read(struct ctl *c, const char *type, struct permission_list *l)
{
    bool all = !type || strcmp(type, "ALL") == 0;

    l->managed = all || strcmp(type, "AWS_MANAGED") == 0 || strcmp(type, "AWS") == 0;
    l->customer = all || strcmp(type, "CUSTOMER_MANAGED") == 0 || strcmp(type, "LOCAL") == 0;
    if (l->managed || l->customer)
        return 0;
    return ctl_fail(c, FAULT_InvalidParameterException,
                    "%s is not a valid scope. Must be one of: ALL, AWS, LOCAL.", type);
}

int ram_list_permissions(struct ctl *c, const struct ram_list_permissions_request *in,
                         struct ram_list_permissions_response *out)
{
    struct permission_list l = {
        .page = {.c = c, .what = "ListPermissions", .size = sizeof *out->permissions}};
    struct permission p;
    int err = scope_read(c, in->permission_type, &l);

    if (!err && in->resource_type) {
        l.type = share_type_find(in->resource_type);
        if (!l.type)
            err = ctl_fail(c, FAULT_InvalidParameterException, "Invalid resource type: %s",
                           in->resource_type);
    }
    if (!err)
        err = ram_page_begin(&l.page, in->max_results, in->next_token);
    /* Those of the service first: "arn:aws:ram::" sorts before every region. */
    for (size_t i = 0; !err && l.managed && permission_managed(i, &p); i++)
        err = list_add(&l, &p);
    if (!err && l.customer)
        err = ctl_list(c, &kind_permission, NULL, list_each, &l);
    if (err && err != CTL_STOP)
        return err;
    out->permissions = l.page.items;
    out->permissions_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

int ram_list_permission_versions(struct ctl *c,
                                 const struct ram_list_permission_versions_request *in,
                                 struct ram_list_permission_versions_response *out)
{
    struct ram_page page = {
        .c = c, .what = "ListPermissionVersions", .size = sizeof *out->permissions};
    struct obj_permission stored = {.versions_n = 1};
    struct permission p;
    int err = permission_read(c, in->permission_arn, 0, &p);

    if (!err && !p.managed)
        err = permission_read_own(c, in->permission_arn, &stored);
    if (!err)
        err = ram_page_begin(&page, in->max_results, in->next_token);
    for (size_t i = 0; !err && i < stored.versions_n; i++) {
        struct ram_resource_share_permission_summary v;
        char *key;

        if (!p.managed)
            permission_version(&stored, (int)stored.versions[i].version.v, &p);
        key = arena_printf(c->arena, "%08d", p.version);
        err = permission_summary(c, &p, "ATTACHABLE", &v);
        if (!err)
            err = key ? ram_page_add(&page, key, &v) : ERR_NOMEM;
    }
    if (err && err != CTL_STOP)
        return err;
    out->permissions = page.items;
    out->permissions_n = page.n;
    out->next_token = ram_page_token(&page);
    return 0;
}
