/* SPDX-License-Identifier: Apache-2.0 */
/* Resource types of Route 53 Profiles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/resource.h"

#define PROFILES "route53profiles"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* Tags are a list in templates and in calls that create, and a map in the calls for tags. */
static json_t *tags_map(const json_t *list)
{
    json_t *map = json_object(), *tag;
    size_t i;

    json_array_foreach(list, i, tag)
        json_object_set(map, text_of(tag, "Key"), json_object_get(tag, "Value"));
    return map;
}

/* Brings the tags of what has the ARN in r->attrs from those of `old` to those of r->props. */
static int tags_update(struct deploy *d, const struct resource *r, const json_t *old)
{
    const char *arn = text_of(r->attrs, "Arn"), *key;
    json_t *before = tags_map(json_object_get(old, "Tags")),
           *after = tags_map(json_object_get(r->props, "Tags")), *gone = json_array(), *value;
    int err = 0;

    json_object_foreach(before, key, value)
    {
        if (!json_object_get(after, key))
            json_array_append_new(gone, json_string(key));
    }
    if (json_array_size(gone) > 0)
        err = deploy_do(d, PROFILES, "UntagResource",
                        json_pack("{sssO}", "ResourceArn", arn, "TagKeys", gone), NULL);
    if (!err && json_object_size(after) > 0 && !json_equal(before, after))
        err = deploy_do(d, PROFILES, "TagResource",
                        json_pack("{sssO}", "ResourceArn", arn, "Tags", after), NULL);
    json_decref(before);
    json_decref(after);
    json_decref(gone);
    return err;
}

/* --- Profile */

static int profile_create(struct deploy *d, struct resource *r)
{
    json_t *out = deploy_call(d, PROFILES, "CreateProfile", props_pick(r->props, "Name Tags"));
    const json_t *profile = json_object_get(out, "Profile");

    if (!out)
        return -1;
    resource_set_id(r, text_of(profile, "Id"));
    r->attrs = props_pick(profile, "Arn ClientToken Id");
    json_decref(out);
    return 0;
}

static int profile_update(struct deploy *d, struct resource *r, const json_t *old)
{
    return props_only(old, r->props, "Tags") ? tags_update(d, r, old) : RESOURCE_REPLACE;
}

static int profile_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, PROFILES, "DeleteProfile", json_pack("{ss}", "ProfileId", resource_id(r)),
                     "ResourceNotFoundException");
}

/* --- ProfileAssociation: with a VPC */

static int association_create(struct deploy *d, struct resource *r)
{
    json_t *out = deploy_call(d, PROFILES, "AssociateProfile",
                              props_pick(r->props, "Name Priority ProfileId ResourceId Tags"));
    const json_t *association = json_object_get(out, "ProfileAssociation");
    char arn[256];

    if (!out)
        return -1;
    resource_set_id(r, text_of(association, "Id"));
    snprintf(arn, sizeof arn, "arn:aws:route53profiles:%s:%s:profile-association/%s", d->region,
             text_of(association, "OwnerId"), resource_id(r));
    r->attrs = json_pack("{sOss}", "Id", r->id, "Arn", arn);
    json_decref(out);
    return 0;
}

/* A priority that is no longer given stays: the service does not take one back, and a second
 * association of the same two could not be made before the first is gone. */
static int association_update(struct deploy *d, struct resource *r, const json_t *old)
{
    json_t *in;

    if (!props_only(old, r->props, "Name Priority Tags"))
        return RESOURCE_REPLACE;
    if (!props_only(old, r->props, "Tags")) {
        in = props_pick(r->props, "Name Priority");
        json_object_set(in, "ProfileAssociationId", r->id);
        if (deploy_do(d, PROFILES, "UpdateProfileAssociation", in, NULL))
            return -1;
    }
    return tags_update(d, r, old);
}

/* Who is not a consumer any more has no association left to remove, and is told of no profile. */
static int association_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, PROFILES, "DisassociateProfile",
                     props_pick(r->props, "ProfileId ResourceId"), "ResourceNotFoundException");
}

/* --- ProfileResourceAssociation: with what a profile holds */

/* Properties as the API takes them: templates may write the JSON text as an object. */
static json_t *held_pick(const json_t *props, const char *names)
{
    json_t *in = props_pick(props, names), *properties = json_object_get(in, "ResourceProperties");
    char *text = json_is_object(properties) ? json_dumps(properties, JSON_COMPACT) : NULL;

    if (text)
        json_object_set_new(in, "ResourceProperties", json_string(text));
    free(text);
    return in;
}

static int held_create(struct deploy *d, struct resource *r)
{
    json_t *out = deploy_call(d, PROFILES, "AssociateResourceToProfile",
                              held_pick(r->props, "Name ProfileId ResourceArn ResourceProperties"));
    const json_t *association = json_object_get(out, "ProfileResourceAssociation");

    if (!out)
        return -1;
    resource_set_id(r, text_of(association, "Id"));
    r->attrs = props_pick(association, "Id ResourceType");
    json_decref(out);
    return 0;
}

static int held_update(struct deploy *d, struct resource *r, const json_t *old)
{
    json_t *in;

    if (!props_only(old, r->props, "Name ResourceProperties"))
        return RESOURCE_REPLACE;
    in = held_pick(r->props, "Name ResourceProperties");
    json_object_set(in, "ProfileResourceAssociationId", r->id);
    return deploy_do(d, PROFILES, "UpdateProfileResourceAssociation", in, NULL);
}

static int held_remove(struct deploy *d, const struct resource *r)
{
    return deploy_do(d, PROFILES, "DisassociateResourceFromProfile",
                     props_pick(r->props, "ProfileId ResourceArn"), "ResourceNotFoundException");
}

const struct resource_type resource_types_profile[] = {
    {"AWS::Route53Profiles::Profile", "Name Tags", profile_create, profile_update, profile_remove,
     NULL, NULL},
    {"AWS::Route53Profiles::ProfileAssociation", "Arn Name Priority ProfileId ResourceId Tags",
     association_create, association_update, association_remove, NULL, NULL},
    {"AWS::Route53Profiles::ProfileResourceAssociation",
     "Name ProfileId ResourceArn ResourceProperties", held_create, held_update, held_remove, NULL,
     NULL},
    {0},
};
