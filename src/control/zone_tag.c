/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of hosted zones (spec: profiles-ram-zones-ec2.md 3.2). Health checks, which the operations
 * also serve, do not exist here: their ids are unknown. */
#include <string.h>

#include "base/error.h"
#include "control/zone_priv.h"

/* The zone that a type and an id name. */
static int tagged_get(struct ctl *c, const char *type, const char *id, struct obj_zone *ret)
{
    if (strcmp(type, "hostedzone") != 0)
        return ctl_fail(c, FAULT_NoSuchHealthCheck, "No health check found with ID: %s", id);
    return hosted_zone_get(c, id, ret);
}

/* New tags in the form of stored ones. */
static int tags_read(struct ctl *c, const struct r53_change_tags_for_resource_request *in,
                     struct obj_tag **ret)
{
    struct obj_tag *list = arena_zalloc(c->arena, in->add_tags_n + 1, sizeof *list);

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < in->add_tags_n; i++) {
        const struct r53_tag *tag = &in->add_tags[i];

        if (!tag->key || !*tag->key)
            return ctl_fail(c, FAULT_InvalidInput, "A tag needs a key.");
        if (strncmp(tag->key, "aws:", 4) == 0)
            return ctl_fail(c, FAULT_InvalidInput, "Tag keys must not begin with 'aws:': '%s'",
                            tag->key);
        list[i] = (struct obj_tag){tag->key, tag->value ? tag->value : ""};
    }
    *ret = list;
    return 0;
}

int r53_change_tags_for_resource(struct ctl *c,
                                 const struct r53_change_tags_for_resource_request *in,
                                 struct r53_change_tags_for_resource_response *out)
{
    struct obj_tag *add = NULL;
    struct obj_zone z;
    int err = tagged_get(c, in->resource_type, in->resource_id, &z);

    (void)out;
    if (err)
        return err;
    if (in->add_tags_n == 0 && in->remove_tag_keys_n == 0)
        return ctl_fail(c, FAULT_InvalidInput,
                        "A request must have AddTags or RemoveTagKeys or both.");
    err = tags_remove(c, &z.tags, &z.tags_n, in->remove_tag_keys, in->remove_tag_keys_n);
    if (!err)
        err = tags_read(c, in, &add);
    if (!err)
        err = tags_merge(c, &z.tags, &z.tags_n, add, in->add_tags_n);
    if (!err && z.tags_n > ZONE_TAGS_MAX)
        return ctl_fail(c, FAULT_InvalidInput, "A hosted zone has at most %d tags.", ZONE_TAGS_MAX);
    return err ? err : ctl_put(c, &kind_zone, z.id, &z);
}

/* The tags of a zone as clients see them. */
static int tag_set_view(struct ctl *c, const char *id, const struct obj_zone *z,
                        struct r53_resource_tag_set *ret)
{
    struct r53_tag *tags = arena_zalloc(c->arena, z->tags_n + 1, sizeof *tags);

    if (!tags)
        return ERR_NOMEM;
    for (size_t i = 0; i < z->tags_n; i++)
        tags[i] = (struct r53_tag){z->tags[i].key, z->tags[i].value};
    *ret = (struct r53_resource_tag_set){"hostedzone", id, tags, z->tags_n};
    return 0;
}

int r53_list_tags_for_resource(struct ctl *c, const struct r53_list_tags_for_resource_request *in,
                               struct r53_list_tags_for_resource_response *out)
{
    struct obj_zone z;
    int err = tagged_get(c, in->resource_type, in->resource_id, &z);

    if (err)
        return err;
    out->resource_tag_set = arena_zalloc(c->arena, 1, sizeof *out->resource_tag_set);
    return out->resource_tag_set ? tag_set_view(c, in->resource_id, &z, out->resource_tag_set)
                                 : ERR_NOMEM;
}

int r53_list_tags_for_resources(struct ctl *c, const struct r53_list_tags_for_resources_request *in,
                                struct r53_list_tags_for_resources_response *out)
{
    out->resource_tag_sets =
        arena_zalloc(c->arena, in->resource_ids_n + 1, sizeof *out->resource_tag_sets);
    if (!out->resource_tag_sets)
        return ERR_NOMEM;
    for (size_t i = 0; i < in->resource_ids_n; i++) {
        const char *id = in->resource_ids[i];
        struct obj_zone z;
        int err = tagged_get(c, in->resource_type, id, &z);

        if (!err)
            err = tag_set_view(c, id, &z, &out->resource_tag_sets[i]);
        if (err)
            return err;
    }
    out->resource_tag_sets_n = in->resource_ids_n;
    return 0;
}
