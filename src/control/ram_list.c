/* SPDX-License-Identifier: Apache-2.0 */
/* RAM's listings from both sides: what an account shares, and what is shared with it (spec:
 * profiles-ram-zones-ec2.md 2.5). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "control/ram_priv.h"

/* --- walking shares */

/* Ids of shares, sorted, each once. */
struct ids {
    struct ctl *c;
    const char **v;
    size_t n, cap;
};

static int ids_add(struct ids *ids, const char *id)
{
    if (ids->n == ids->cap) {
        size_t more = ids->cap ? 2 * ids->cap : 32;
        const char **bigger = arena_zalloc(ids->c->arena, more, sizeof *bigger);

        if (!bigger)
            return ERR_NOMEM;
        if (ids->n > 0)
            memcpy(bigger, ids->v, ids->n * sizeof *bigger);
        ids->v = bigger;
        ids->cap = more;
    }
    ids->v[ids->n++] = id;
    return 0;
}

static int ids_each(void *ctx, const char *key, const char *value)
{
    (void)value;
    return ids_add(ctx, strrchr(key, '/') + 1);
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void ids_sort(struct ids *ids)
{
    size_t n = 0;

    if (ids->n > 0)
        qsort(ids->v, ids->n, sizeof *ids->v, text_order);
    for (size_t i = 0; i < ids->n; i++)
        if (n == 0 || strcmp(ids->v[n - 1], ids->v[i]) != 0)
            ids->v[n++] = ids->v[i];
    ids->n = n;
}

/* The shares that somebody shares with the caller. */
static int ids_of_others(struct ids *ids)
{
    struct ctl *c = ids->c;
    struct principals me;
    int err = principals_of_caller(c, &me);

    for (size_t i = 0; !err && i < me.n; i++) {
        char *prefix = arena_printf(c->arena, "%s/%s/", me.v[i], c->region);

        err = prefix ? ctl_index_list(c, "share-principals", prefix, ids_each, ids) : ERR_NOMEM;
    }
    ids_sort(ids);
    return err;
}

static int own_each(void *ctx, const char *id, void *obj)
{
    (void)obj;
    return ids_add(ctx, id);
}

/* Which of the shares that are asked for are no shares of this side? The first one is a fault. */
static int arns_check(const struct share_walk *w, const struct ids *ids)
{
    for (size_t i = 0; i < w->arns_n; i++) {
        const char *id = arn_ram(w->c, w->arns[i], "resource-share");
        struct obj_share share;
        int err;

        if (!id)
            return arn_fault(w->c, w->arns[i]);
        if (!bsearch(&id, ids->v, ids->n, sizeof id, text_order))
            return ctl_fail(w->c, FAULT_UnknownResourceException,
                            "ResourceShare %s could not be found.", w->arns[i]);
        err = share_read(w->c, w->arns[i], &share);
        if (err)
            return err;
    }
    return 0;
}

int shares_walk(const struct share_walk *w)
{
    struct ids ids = {.c = w->c};
    bool self = strcmp(w->owner, "SELF") == 0;
    int err = 0;

    if (!self && strcmp(w->owner, "OTHER-ACCOUNTS") != 0)
        return ctl_fail(w->c, FAULT_InvalidParameterException,
                        "%s is not a valid resource owner. Specify either SELF or OTHER-ACCOUNTS "
                        "and try again.",
                        w->owner);
    err = self ? ctl_list(w->c, &kind_share, NULL, own_each, &ids) : ids_of_others(&ids);
    if (!err)
        err = arns_check(w, &ids);
    for (size_t i = 0; !err && i < ids.n; i++) {
        struct obj_share share;

        err = share_find(w->c, ids.v[i], &share);
        if (err == ERR_NOT_FOUND) {
            err = 0;
            continue;
        }
        if (!err && (w->deleted || strcmp(share.status, "ACTIVE") == 0) &&
            ram_wanted(w->arns, w->arns_n, share.arn))
            err = w->each(w->ctx, &share);
    }
    return err == CTL_STOP ? 0 : err;
}

/* --- ListResources */

/* Checks a filter for a type of resource; *ret gets the type. */
static int type_filter(struct ctl *c, const char *name, const struct share_type **ret)
{
    *ret = name ? share_type_find(name) : NULL;
    return name && !*ret
               ? ctl_fail(c, FAULT_InvalidResourceTypeException, "Invalid resource type: %s", name)
               : 0;
}

struct resource_list {
    struct ram_page page;
    const struct ram_list_resources_request *in;
    const struct share_type *type;
};

static bool resource_wanted(const struct resource_list *l, const struct obj_share_end *end)
{
    return end->resource_type && strcmp(end->status, "ASSOCIATED") == 0 &&
           (!l->type || strcmp(l->type->name, end->resource_type) == 0) &&
           ram_wanted(l->in->resource_arns, l->in->resource_arns_n, end->entity);
}

/* True if the share has that principal, associated; or if none is asked for. */
static bool principal_in(const struct obj_share *share, const char *principal)
{
    const struct obj_share_end *end =
        principal ? share_end_find(share, "PRINCIPAL", principal) : NULL;

    return !principal || (end && share_end_live(share, end)) ||
           strcmp(principal, share->owner_account) == 0;
}

static int resource_each(void *ctx, const struct obj_share *share)
{
    struct resource_list *l = ctx;
    int err = 0;

    if (!principal_in(share, l->in->principal))
        return 0;
    for (size_t i = 0; !err && i < share->ends_n; i++) {
        const struct obj_share_end *end = &share->ends[i];
        const struct ram_resource r = {
            .arn = end->entity,
            .type = end->resource_type,
            .resource_share_arn = share->arn,
            .status = "AVAILABLE",
            .creation_time = end->creation_time,
            .last_updated_time = end->last_updated_time,
            .resource_region_scope = "REGIONAL",
        };
        char *key;

        if (!resource_wanted(l, end))
            continue;
        key = arena_printf(l->page.c->arena, "%s/%s", share->id, end->entity);
        err = key ? ram_page_add(&l->page, key, &r) : ERR_NOMEM;
    }
    return err;
}

static int arns_valid(struct ctl *c, const char *const *arns, size_t n)
{
    struct arn arn;

    for (size_t i = 0; i < n; i++)
        if (!arn_read(c, arns[i], &arn))
            return arn_fault(c, arns[i]);
    return 0;
}

int ram_list_resources(struct ctl *c, const struct ram_list_resources_request *in,
                       struct ram_list_resources_response *out)
{
    struct resource_list l = {
        .page = {.c = c, .what = "ListResources", .size = sizeof *out->resources}, .in = in};
    const struct share_walk w = {
        .c = c,
        .owner = in->resource_owner,
        .arns = in->resource_share_arns,
        .arns_n = in->resource_share_arns_n,
        .each = resource_each,
        .ctx = &l,
    };
    int err = type_filter(c, in->resource_type, &l.type);

    if (!err)
        err = arns_valid(c, in->resource_arns, in->resource_arns_n);
    if (!err)
        err = ram_page_begin(&l.page, in->max_results, in->next_token);
    if (!err && (!in->resource_region_scope || strcmp(in->resource_region_scope, "GLOBAL") != 0))
        err = shares_walk(&w);
    if (err)
        return err;
    out->resources = l.page.items;
    out->resources_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

/* --- ListPrincipals */

struct principal_list {
    struct ram_page page;
    const struct ram_list_principals_request *in;
    const struct share_type *type;
    bool self;
};

/* True if the share holds the resource, and one of the type, that the filters ask for. */
static bool share_holds(const struct principal_list *l, const struct obj_share *share)
{
    bool type = !l->type, resource = !l->in->resource_arn;

    for (size_t i = 0; i < share->ends_n; i++) {
        const struct obj_share_end *end = &share->ends[i];

        if (!end->resource_type || strcmp(end->status, "ASSOCIATED") != 0)
            continue;
        type = type || strcmp(end->resource_type, l->type->name) == 0;
        resource = resource || strcmp(end->entity, l->in->resource_arn) == 0;
    }
    return type && resource;
}

static int principal_add(struct principal_list *l, const struct obj_share *share,
                         const struct obj_share_end *end, const char *id)
{
    const struct ram_principal v = {
        .id = id,
        .resource_share_arn = share->arn,
        .creation_time = end ? end->creation_time : share->creation_time,
        .last_updated_time = end ? end->last_updated_time : share->last_updated_time,
        .external = end ? end->external : TRI_NONE,
    };
    char *key = arena_printf(l->page.c->arena, "%s/%s", share->id, id);

    if (!ram_wanted(l->in->principals, l->in->principals_n, id))
        return 0;
    return key ? ram_page_add(&l->page, key, &v) : ERR_NOMEM;
}

/* The end by which the caller takes part in a share of another account. */
static int own_end(struct ctl *c, const struct obj_share *share, const struct obj_share_end **ret)
{
    struct principals me;
    int err = principals_of_caller(c, &me);

    *ret = NULL;
    for (size_t i = 0; !err && !*ret && i < me.n; i++)
        *ret = share_end_find(share, "PRINCIPAL", me.v[i]);
    return err;
}

static int principal_each(void *ctx, const struct obj_share *share)
{
    struct principal_list *l = ctx;
    const struct obj_share_end *mine;
    int err = 0;

    if (!share_holds(l, share))
        return 0;
    if (!l->self) {
        err = own_end(l->page.c, share, &mine);
        return err ? err : principal_add(l, share, mine, share->owner_account);
    }
    for (size_t i = 0; !err && i < share->ends_n; i++)
        if (strcmp(share->ends[i].type, "PRINCIPAL") == 0 && share_end_live(share, &share->ends[i]))
            err = principal_add(l, share, &share->ends[i], share->ends[i].entity);
    return err;
}

int ram_list_principals(struct ctl *c, const struct ram_list_principals_request *in,
                        struct ram_list_principals_response *out)
{
    struct principal_list l = {
        .page = {.c = c, .what = "ListPrincipals", .size = sizeof *out->principals},
        .in = in,
        .self = strcmp(in->resource_owner, "SELF") == 0,
    };
    const struct share_walk w = {
        .c = c,
        .owner = in->resource_owner,
        .arns = in->resource_share_arns,
        .arns_n = in->resource_share_arns_n,
        .each = principal_each,
        .ctx = &l,
    };
    int err = type_filter(c, in->resource_type, &l.type);

    if (!err && in->resource_arn)
        err = arns_valid(c, (const char *const *)&in->resource_arn, 1);
    if (!err)
        err = ram_page_begin(&l.page, in->max_results, in->next_token);
    if (!err)
        err = shares_walk(&w);
    if (err)
        return err;
    out->principals = l.page.items;
    out->principals_n = l.page.n;
    out->next_token = ram_page_token(&l.page);
    return 0;
}

/* --- ListResourceTypes */

int ram_list_resource_types(struct ctl *c, const struct ram_list_resource_types_request *in,
                            struct ram_list_resource_types_response *out)
{
    struct ram_page page = {
        .c = c, .what = "ListResourceTypes", .size = sizeof *out->resource_types};
    bool regional = !in->resource_region_scope || strcmp(in->resource_region_scope, "GLOBAL") != 0;
    int err = ram_page_begin(&page, in->max_results, in->next_token);

    for (const struct share_type *t = share_types; !err && regional && t->name; t++) {
        const struct ram_service_name_and_resource_type v = {t->name, t->service, "REGIONAL"};

        err = ram_page_add(&page, t->name, &v);
    }
    if (err && err != CTL_STOP)
        return err;
    out->resource_types = page.items;
    out->resource_types_n = page.n;
    out->next_token = ram_page_token(&page);
    return 0;
}
