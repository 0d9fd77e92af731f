/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of Route 53 Resolver resources, named by their ARNs (spec: resolver.md 6.3, 6.6.3). */
#include <string.h>

#include "base/error.h"
#include "control/access.h"
#include "control/resolver_priv.h"

#define ARN_PREFIX "arn:aws:route53resolver:"

/* Cuts the text up to `end` off *at; NULL when `end` does not occur. */
static const char *cut(char **at, char end)
{
    char *from = *at, *stop = strchr(from, end);

    if (!stop)
        return NULL;
    *stop = '\0';
    *at = stop + 1;
    return from;
}

bool resolver_arn_read(struct ctl *c, const char *arn, struct resolver_arn *ret)
{
    char *at = arena_str(c->arena, arn);

    if (!at || strncmp(at, ARN_PREFIX, strlen(ARN_PREFIX)) != 0)
        return false;
    at += strlen(ARN_PREFIX);
    ret->region = cut(&at, ':');
    ret->account = ret->region ? cut(&at, ':') : NULL;
    ret->type = ret->account ? cut(&at, '/') : NULL;
    ret->id = at;
    return ret->type && *ret->region && *ret->type && *ret->id;
}

bool resolver_arn_own(const struct ctl *c, const struct resolver_arn *arn)
{
    return strcmp(arn->account, c->account) == 0 && strcmp(arn->region, c->region) == 0;
}

/* The object behind an ARN, whatever its kind. */
struct tagged {
    const struct kind *kind;
    const char *id;
    union {
        struct obj_endpoint endpoint;
        struct obj_rule rule;
        struct obj_firewall_group firewall_group;
        struct obj_query_log_config query_log;
    } obj;
    struct obj_tag **tags; /* in obj */
    size_t *tags_n;
};

#define TAGGED(member) &ret->obj.member.tags, &ret->obj.member.tags_n

/* Which kind the type of an ARN names; NULL: none that has tags. */
static void tagged_kind(const char *type, struct tagged *ret)
{
    const struct {
        const char *type;
        const struct kind *kind;
        struct obj_tag **tags;
        size_t *tags_n;
    } kinds[] = {
        {"resolver-endpoint", &kind_endpoint, TAGGED(endpoint)},
        {"resolver-rule", &kind_rule, TAGGED(rule)},
        {"firewall-rule-group", &kind_firewall_group, TAGGED(firewall_group)},
        {"resolver-query-log-config", &kind_query_log, TAGGED(query_log)},
    };

    ret->kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) != 0)
            continue;
        ret->kind = kinds[i].kind;
        ret->tags = kinds[i].tags;
        ret->tags_n = kinds[i].tags_n;
    }
}

static int tagged_get(struct ctl *c, const char *text, struct tagged *ret)
{
    struct resolver_arn arn;
    bool shared;
    int err;

    if (!resolver_arn_read(c, text, &arn))
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "[RSLVR-00900] The resource ARN \"%s\" is not valid.",
                                             text),
                                    "ResourceArn");
    if (strcmp(arn.type, "autodefined-rule") == 0)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "[RSLVR-00903] Cannot tag Auto Defined Rule.");
    err = access_has(c, c->account, &(struct access){.arn = text, .owner = arn.account}, &shared);
    if (err)
        return err;
    if (shared && strcmp(arn.account, c->account) != 0)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "[RSLVR-00907] You are not authorized to do this operation on shared "
                        "resource");
    ret->id = arn.id;
    tagged_kind(arn.type, ret);
    err = ret->kind && resolver_arn_own(c, &arn) ? ctl_get_own(c, ret->kind, arn.id, &ret->obj)
                                                 : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "The resource with ARN \"%s\" does not exist.", text),
                                   arn.type);
    return err;
}

int rslvr_tag_resource(struct ctl *c, const struct rslvr_tag_resource_request *in,
                       struct rslvr_tag_resource_response *out)
{
    const struct tags_new add = {in->tags, in->tags_n, FAULT_InvalidTagException};
    struct tagged t;
    int err = tagged_get(c, in->resource_arn, &t);

    (void)out;
    if (!err)
        err = resolver_tags_add(c, &add, t.tags, t.tags_n);
    return err ? err : ctl_put(c, t.kind, t.id, &t.obj);
}

int rslvr_untag_resource(struct ctl *c, const struct rslvr_untag_resource_request *in,
                         struct rslvr_untag_resource_response *out)
{
    struct tagged t;
    int err = tagged_get(c, in->resource_arn, &t);

    (void)out;
    if (!err)
        err = tags_remove(c, t.tags, t.tags_n, in->tag_keys, in->tag_keys_n);
    return err ? err : ctl_put(c, t.kind, t.id, &t.obj);
}

int rslvr_list_tags_for_resource(struct ctl *c,
                                 const struct rslvr_list_tags_for_resource_request *in,
                                 struct rslvr_list_tags_for_resource_response *out)
{
    struct page page = {.c = c, .what = "ListTagsForResource", .size = sizeof *out->tags};
    struct tagged t;
    size_t from = 0;
    int err = tagged_get(c, in->resource_arn, &t);

    if (!err)
        err = page_begin(&page, in->max_results, in->next_token);
    if (err)
        return err;
    if (page.after) {
        while (from < *t.tags_n && strcmp((*t.tags)[from].key, page.after) != 0)
            from++;
        from++;
    }
    for (size_t i = from; i < *t.tags_n; i++) {
        struct rslvr_tag *slot = page_add(&page, (*t.tags)[i].key);

        if (!slot)
            break;
        *slot = (struct rslvr_tag){(*t.tags)[i].key, (*t.tags)[i].value};
    }
    out->tags = page.items;
    out->tags_n = page.n;
    out->next_token = page_token(&page);
    return 0;
}
