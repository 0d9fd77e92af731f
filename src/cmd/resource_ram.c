/* SPDX-License-Identifier: Apache-2.0 */
/* Resource types of RAM. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/resource.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* A template's tags as RAM spells them; NULL when there are none. */
static json_t *tags_of(const json_t *props)
{
    json_t *list = json_array(), *tag;
    size_t i;

    json_array_foreach(json_object_get(props, "Tags"), i, tag)
        json_array_append_new(list, json_pack("{sOsO}", "key", json_object_get(tag, "Key"), "value",
                                              json_object_get(tag, "Value")));
    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    return NULL;
}

/* Replaces the tags of a share or permission: old keys that are gone, then the new ones. */
static int tags_update(struct deploy *d, const struct resource *r, const json_t *old)
{
    json_t *before = json_object_get(old, "Tags"), *keys = json_array(), *tags = tags_of(r->props),
           *tag;
    size_t i;
    int err = 0;

    if (json_equal(before, json_object_get(r->props, "Tags"))) {
        json_decref(keys);
        json_decref(tags);
        return 0;
    }
    json_array_foreach(before, i, tag) json_array_append(keys, json_object_get(tag, "Key"));
    if (json_array_size(keys) > 0)
        err = deploy_do(d, "ram", "UntagResource",
                        json_pack("{sssO}", "resourceArn", resource_id(r), "tagKeys", keys), NULL);
    if (!err && tags)
        err = deploy_do(d, "ram", "TagResource",
                        json_pack("{sssO}", "resourceArn", resource_id(r), "tags", tags), NULL);
    json_decref(keys);
    json_decref(tags);
    return err;
}

/* --- ResourceShare */

static void copy(json_t *to, const char *name, const json_t *props, const char *property)
{
    json_t *value = json_object_get(props, property);

    if (value)
        json_object_set(to, name, value);
}

static int share_create(struct deploy *d, struct resource *r)
{
    json_t *in = json_object(), *tags = tags_of(r->props), *out;
    const json_t *share;

    copy(in, "name", r->props, "Name");
    copy(in, "allowExternalPrincipals", r->props, "AllowExternalPrincipals");
    copy(in, "permissionArns", r->props, "PermissionArns");
    copy(in, "principals", r->props, "Principals");
    copy(in, "resourceArns", r->props, "ResourceArns");
    copy(in, "sources", r->props, "Sources");
    if (tags)
        json_object_set_new(in, "tags", tags);
    out = deploy_call(d, "ram", "CreateResourceShare", in);
    if (!out)
        return -1;
    share = json_object_get(out, "resourceShare");
    resource_set_id(r, text_of(share, "resourceShareArn"));
    r->attrs =
        json_pack("{sOssssss}", "Arn", r->id, "OwningAccountId", text_of(share, "owningAccountId"),
                  "Status", text_of(share, "status"), "FeatureSet", "STANDARD");
    json_decref(out);
    return 0;
}

static bool list_has(const json_t *list, const json_t *value)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item) if (json_equal(item, value)) return true;
    return false;
}

/* The items of `list` that `other` does not have. */
static json_t *list_minus(const json_t *list, const json_t *other)
{
    json_t *rest = json_array(), *item;
    size_t i;

    json_array_foreach(list, i, item) if (!list_has(other, item)) json_array_append(rest, item);
    return rest;
}

/* Calls Associate- or DisassociateResourceShare for what one side has and the other has not. */
static int share_ends(struct deploy *d, const struct resource *r, const char *op, const json_t *has,
                      const json_t * not )
{
    json_t *principals =
        list_minus(json_object_get(has, "Principals"), json_object_get(not, "Principals"));
    json_t *resources =
        list_minus(json_object_get(has, "ResourceArns"), json_object_get(not, "ResourceArns"));
    size_t n = json_array_size(principals) + json_array_size(resources);
    json_t *in = json_pack("{sssoso}", "resourceShareArn", resource_id(r), "principals", principals,
                           "resourceArns", resources);

    if (n > 0)
        return deploy_do(d, "ram", op, in, NULL);
    json_decref(in);
    return 0;
}

static int share_permissions(struct deploy *d, const struct resource *r, const json_t *old)
{
    json_t *added = list_minus(json_object_get(r->props, "PermissionArns"),
                               json_object_get(old, "PermissionArns")),
           *arn;
    size_t i;
    int err = 0;

    json_array_foreach(added, i, arn)
    {
        if (!err)
            err = deploy_do(d, "ram", "AssociateResourceSharePermission",
                            json_pack("{sssOsb}", "resourceShareArn", resource_id(r),
                                      "permissionArn", arn, "replace", 1),
                            NULL);
    }
    json_decref(added);
    return err;
}

static int share_update(struct deploy *d, struct resource *r, const json_t *old)
{
    json_t *in;

    if (!props_only(old, r->props,
                    "Name AllowExternalPrincipals PermissionArns Principals ResourceArns Tags"))
        return RESOURCE_REPLACE;
    if (!props_only(old, r->props, "PermissionArns Principals ResourceArns Tags")) {
        in = json_pack("{ss}", "resourceShareArn", resource_id(r));
        copy(in, "name", r->props, "Name");
        copy(in, "allowExternalPrincipals", r->props, "AllowExternalPrincipals");
        if (deploy_do(d, "ram", "UpdateResourceShare", in, NULL))
            return -1;
    }
    if (share_ends(d, r, "DisassociateResourceShare", old, r->props) ||
        share_ends(d, r, "AssociateResourceShare", r->props, old) || share_permissions(d, r, old))
        return -1;
    return tags_update(d, r, old);
}

static int share_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "ram", "DeleteResourceShare",
                     json_pack("{ss}", "resourceShareArn", resource_id(r)),
                     "UnknownResourceException InvalidStateTransitionException");
}

/* --- Permission */

/* The policy template as the API takes it: JSON text. */
static json_t *template_text(const json_t *props)
{
    const json_t *template = json_object_get(props, "PolicyTemplate");
    char *text;
    json_t *value;

    if (json_is_string(template))
        return json_incref((json_t *)template);
    text = json_dumps(template, JSON_COMPACT);
    value = json_string(text ? text : "");
    free(text);
    return value;
}

static int permission_create(struct deploy *d, struct resource *r)
{
    json_t *in = json_pack("{so}", "policyTemplate", template_text(r->props)),
           *tags = tags_of(r->props), *out;
    const json_t *permission;

    copy(in, "name", r->props, "Name");
    copy(in, "resourceType", r->props, "ResourceType");
    if (tags)
        json_object_set_new(in, "tags", tags);
    out = deploy_call(d, "ram", "CreatePermission", in);
    if (!out)
        return -1;
    permission = json_object_get(out, "permission");
    resource_set_id(r, text_of(permission, "arn"));
    r->attrs = json_pack("{sOsssssb}", "Arn", r->id, "Version", text_of(permission, "version"),
                         "PermissionType", text_of(permission, "permissionType"),
                         "IsResourceTypeDefault", 0);
    json_decref(out);
    return 0;
}

/* A changed policy is a new version, given to all shares that had the old one. */
static int permission_update(struct deploy *d, struct resource *r, const json_t *old)
{
    json_t *out;

    if (!props_only(old, r->props, "PolicyTemplate Tags"))
        return RESOURCE_REPLACE;
    if (!json_equal(json_object_get(old, "PolicyTemplate"),
                    json_object_get(r->props, "PolicyTemplate"))) {
        out = deploy_call(d, "ram", "CreatePermissionVersion",
                          json_pack("{ssso}", "permissionArn", resource_id(r), "policyTemplate",
                                    template_text(r->props)));
        if (!out)
            return -1;
        json_object_set(r->attrs, "Version",
                        json_object_get(json_object_get(out, "permission"), "version"));
        json_decref(out);
        if (deploy_do(d, "ram", "ReplacePermissionAssociations",
                      json_pack("{ssss}", "fromPermissionArn", resource_id(r), "toPermissionArn",
                                resource_id(r)),
                      NULL))
            return -1;
    }
    return tags_update(d, r, old);
}

static int permission_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, "ram", "DeletePermission",
                     json_pack("{ss}", "permissionArn", resource_id(r)),
                     "UnknownResourceException");
}

const struct resource_type resource_types_ram[] = {
    {"AWS::RAM::ResourceShare",
     "Name AllowExternalPrincipals PermissionArns Principals ResourceArns Sources Tags",
     share_create, share_update, share_remove, NULL, NULL},
    {"AWS::RAM::Permission", "Name PolicyTemplate ResourceType Tags", permission_create,
     permission_update, permission_remove, NULL, NULL},
    {0},
};
