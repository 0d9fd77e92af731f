/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of shares and of customer managed permissions. */
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/ram_priv.h"

#define TAG_KEY_MAX 128   /* characters */
#define TAG_VALUE_MAX 256 /* characters */

int ram_tags_add(struct ctl *c, const struct ram_tag *add, size_t n, struct obj_tag **tags,
                 size_t *tags_n)
{
    struct obj_tag *list = arena_zalloc(c->arena, n + 1, sizeof *list);
    int err;

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const char *key = add[i].key ? add[i].key : "";
        const char *value = add[i].value ? add[i].value : "";

        if (!*key || strlen(key) > TAG_KEY_MAX || strlen(value) > TAG_VALUE_MAX)
            return ctl_fail(c, FAULT_InvalidParameterException,
                            "The tag \"%s\" is not valid: a key has 1 to %d characters, a value "
                            "up to %d.",
                            key, TAG_KEY_MAX, TAG_VALUE_MAX);
        if (strncmp(key, "aws:", 4) == 0)
            return ctl_fail(c, FAULT_InvalidParameterException,
                            "Tag keys must not begin with \"aws:\": \"%s\"", key);
        for (size_t k = 0; k < i; k++)
            if (strcmp(list[k].key, key) == 0)
                return ctl_fail(c, FAULT_InvalidParameterException,
                                "The tag key \"%s\" is given more than once.", key);
        list[i] = (struct obj_tag){key, value};
    }
    err = tags_merge(c, tags, tags_n, list, n);
    if (!err && *tags_n > LIMIT_TAGS)
        return ctl_fail(c, FAULT_TagLimitExceededException, "A resource has at most %d tags.",
                        LIMIT_TAGS);
    return err;
}

int ram_tags_view(struct ctl *c, const struct obj_tag *tags, size_t n, struct ram_tag **ret)
{
    struct ram_tag *list = n > 0 ? arena_zalloc(c->arena, n, sizeof *list) : NULL;

    if (n > 0 && !list)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        list[i] = (struct ram_tag){tags[i].key, tags[i].value};
    *ret = list;
    return 0;
}

/* What a tag operation is about: exactly one of the two. */
struct tagged {
    bool is_share;
    struct obj_share share;
    struct obj_permission permission;
    struct obj_tag **tags; /* in one of them */
    size_t *tags_n;
};

static int tagged_read(struct ctl *c, const char *share_arn, const char *resource_arn,
                       struct tagged *ret)
{
    const char *arn = share_arn ? share_arn : resource_arn;
    int err;

    if (!share_arn == !resource_arn)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "Specify either resourceShareArn or resourceArn.");
    ret->is_share = share_arn || arn_ram(c, arn, "resource-share");
    if (ret->is_share) {
        err = share_read_own(c, arn, &ret->share);
        ret->tags = &ret->share.tags;
        ret->tags_n = &ret->share.tags_n;
    } else {
        err = permission_read_own(c, arn, &ret->permission);
        ret->tags = &ret->permission.tags;
        ret->tags_n = &ret->permission.tags_n;
    }
    return err;
}

static int tagged_put(struct ctl *c, struct tagged *t)
{
    return t->is_share ? ctl_put(c, &kind_share, t->share.id, &t->share)
                       : ctl_put(c, &kind_permission, t->permission.id, &t->permission);
}

int ram_tag_resource(struct ctl *c, const struct ram_tag_resource_request *in,
                     struct ram_tag_resource_response *out)
{
    struct tagged t;
    int err = tagged_read(c, in->resource_share_arn, in->resource_arn, &t);

    (void)out;
    if (!err)
        err = ram_tags_add(c, in->tags, in->tags_n, t.tags, t.tags_n);
    return err ? err : tagged_put(c, &t);
}

int ram_untag_resource(struct ctl *c, const struct ram_untag_resource_request *in,
                       struct ram_untag_resource_response *out)
{
    struct tagged t;
    int err = tagged_read(c, in->resource_share_arn, in->resource_arn, &t);

    (void)out;
    if (!err)
        err = tags_remove(c, t.tags, t.tags_n, in->tag_keys, in->tag_keys_n);
    return err ? err : tagged_put(c, &t);
}
