/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of profiles and of their associations with VPCs, named by ARNs (spec:
 * profiles-ram-zones-ec2.md 1.3). Only owners tag. */
#include <string.h>

#include "base/error.h"
#include "control/profile_priv.h"

#define TAG_KEY_MAX 128   /* bytes */
#define TAG_VALUE_MAX 256 /* bytes */

/* The object behind an ARN. */
struct tagged {
    const struct kind *kind;
    const char *id;
    union {
        struct obj_profile profile;
        struct obj_profile_association association;
    } obj;
    struct obj_tag **tags; /* in obj */
    size_t *tags_n;
};

/* The id in "arn:aws:route53profiles:<region>:<account>:<type>/<id>" if everything before it is as
 * it must be for that owner; NULL otherwise. */
static const char *arn_id(struct ctl *c, const char *arn, const char *type)
{
    char *prefix = arena_printf(c->arena, "arn:aws:route53profiles:%s:", c->region);
    const char *account, *rest;
    size_t len = strlen(type);

    if (!prefix || strncmp(arn, prefix, strlen(prefix)) != 0)
        return NULL;
    account = arn + strlen(prefix);
    rest = strchr(account, ':');
    if (!rest || strncmp(rest + 1, type, len) != 0 || rest[1 + len] != '/')
        return NULL;
    return rest + 1 + len + 1;
}

/* True if the ARN names that account. */
static bool arn_of(struct ctl *c, const char *arn, const char *account)
{
    char *prefix = arena_printf(c->arena, "arn:aws:route53profiles:%s:%s:", c->region, account);

    return prefix && strncmp(arn, prefix, strlen(prefix)) == 0;
}

static int tagged_get(struct ctl *c, const char *arn, const char *action, struct tagged *ret)
{
    const char *profile = arn_id(c, arn, "profile");
    const char *association = arn_id(c, arn, "profile-association");
    struct access access = {.action = action};
    int err = ERR_NOT_FOUND;

    if (profile) {
        ret->kind = &kind_profile;
        ret->id = profile;
        ret->tags = &ret->obj.profile.tags;
        ret->tags_n = &ret->obj.profile.tags_n;
        err = shared_get(c, ret->kind, ret->id, &access, &ret->obj);
    } else if (association) {
        ret->kind = &kind_profile_assoc;
        ret->id = association;
        ret->tags = &ret->obj.association.tags;
        ret->tags_n = &ret->obj.association.tags_n;
        err = ctl_get_own(c, ret->kind, ret->id, &ret->obj);
    }
    if (!err && !arn_of(c, arn, ((const struct owned *)(const void *)&ret->obj)->owner_account))
        err = ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "Can't find the resource with ID \"%s\".", arn),
                                   association ? kind_profile_assoc.name : kind_profile.name);
    return err;
}

int prof_tag_resource(struct ctl *c, const struct prof_tag_resource_request *in,
                      struct prof_tag_resource_response *out)
{
    struct rslvr_tag *list = arena_zalloc(c->arena, in->tags_n + 1, sizeof *list);
    const struct tags_new add = {list, in->tags_n, FAULT_ValidationException};
    struct tagged t;
    int err = tagged_get(c, in->resource_arn, "route53profiles:TagResource", &t);

    (void)out;
    if (err)
        return err;
    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < in->tags_n; i++) {
        size_t key = strlen(in->tags[i].key);

        if (key == 0 || key > TAG_KEY_MAX || strlen(in->tags[i].value) > TAG_VALUE_MAX)
            return ctl_fail(c, FAULT_ValidationException,
                            "A tag has a key of 1 to %d and a value of at most %d characters.",
                            TAG_KEY_MAX, TAG_VALUE_MAX);
        list[i] = (struct rslvr_tag){in->tags[i].key, in->tags[i].value};
    }
    err = resolver_tags_add(c, &add, t.tags, t.tags_n);
    return err ? err : ctl_put(c, t.kind, t.id, &t.obj);
}

int prof_untag_resource(struct ctl *c, const struct prof_untag_resource_request *in,
                        struct prof_untag_resource_response *out)
{
    struct tagged t;
    int err = tagged_get(c, in->resource_arn, "route53profiles:UntagResource", &t);

    (void)out;
    if (!err)
        err = tags_remove(c, t.tags, t.tags_n, in->tag_keys, in->tag_keys_n);
    return err ? err : ctl_put(c, t.kind, t.id, &t.obj);
}

int prof_list_tags_for_resource(struct ctl *c, const struct prof_list_tags_for_resource_request *in,
                                struct prof_list_tags_for_resource_response *out)
{
    struct tagged t;
    int err = tagged_get(c, in->resource_arn, "route53profiles:ListTagsForResource", &t);

    if (err)
        return err;
    out->tags = arena_zalloc(c->arena, *t.tags_n + 1, sizeof *out->tags);
    if (!out->tags)
        return ERR_NOMEM;
    for (size_t i = 0; i < *t.tags_n; i++)
        out->tags[i] = (struct shape_pair){(*t.tags)[i].key, (*t.tags)[i].value};
    out->tags_n = *t.tags_n;
    return 0;
}
