/* SPDX-License-Identifier: Apache-2.0 */
/* Query log configs (spec: resolver.md 4.3, 6.6.5): where queries would be logged. They are kept so
 * that profiles and shares can hold them; nothing is logged yet, so no VPC can be associated
 * directly. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/profile.h"
#include "control/resolver_priv.h"
#include "control/shared.h"

static const struct filter_name log_filters[] = {
    {"Arn", "ARN"},
    {"AssociationCount", "ASSOCIATION_COUNT"},
    {"CreationTime", "CREATION_TIME"},
    {"CreatorRequestId", "CREATOR_REQUEST_ID"},
    {"Destination", "DESTINATION"},
    {"DestinationArn", "DESTINATION_ARN"},
    {"Id", "ID"},
    {"Name", "NAME"},
    {"OwnerId", "OWNER_ID"},
    {"ShareStatus", "SHARE_STATUS"},
    {"Status", "STATUS"},
    {NULL, NULL},
};

/* The kind of place that an ARN names, as the Destination filter calls it; NULL: none that logs can
 * go to. */
static const char *destination(const char *arn)
{
    static const struct {
        const char *prefix, *name;
    } places[] = {
        {"arn:aws:s3:::", "S3"},
        {"arn:aws:logs:", "CloudWatchLogs"},
        {"arn:aws:firehose:", "KinesisFirehose"},
    };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t len = strlen(places[i].prefix);

        if (strncmp(arn, places[i].prefix, len) == 0 && arn[len])
            return places[i].name;
    }
    return NULL;
}

static int log_view(struct ctl *c, const struct obj_query_log_config *q,
                    struct rslvr_resolver_query_log_config *ret)
{
    *ret = (struct rslvr_resolver_query_log_config){
        .id = q->id,
        .owner_id = q->owner_account,
        .status = "CREATED",
        .association_count = {true, 0},
        .arn = q->arn,
        .name = q->name,
        .destination_arn = q->destination_arn,
        .creator_request_id = q->creator_request_id,
        .creation_time = q->creation_time,
    };
    return access_share_status(c, q->arn, q->owner_account, &ret->share_status);
}

static int log_answer(struct ctl *c, const struct obj_query_log_config *q,
                      struct rslvr_resolver_query_log_config **ret)
{
    struct rslvr_resolver_query_log_config *v = arena_zalloc(c->arena, 1, sizeof *v);

    *ret = v;
    return v ? log_view(c, q, v) : ERR_NOMEM;
}

/* A config in which the caller may do `action`. */
static int log_get(struct ctl *c, const char *id, const char *action,
                   struct obj_query_log_config *ret)
{
    struct access access = {.action = action};
    int err = shared_get(c, &kind_query_log, id, &access, ret);
    char *trace;

    if (err != ERR_NOT_FOUND)
        return err;
    trace = ctl_trace_id(c);
    if (!trace)
        return ERR_NOMEM;
    return resolver_fault_type(
        c,
        ctl_fail(c, FAULT_ResourceNotFoundException,
                 "[RSLVR-01601] The specified query logging configuration doesn't exist. Trace Id: "
                 "\"%s\"",
                 trace),
        "resolver-query-log-config");
}

/* The destination is one, and one more config is allowed. */
static int create_check(struct ctl *c,
                        const struct rslvr_create_resolver_query_log_config_request *in)
{
    char *trace = ctl_trace_id(c);
    size_t n;
    int err;

    if (!trace)
        return ERR_NOMEM;
    if (!destination(in->destination_arn))
        return ctl_fail(c, FAULT_ResourceNotFoundException,
                        "[RSLVR-01014] An Amazon Resource Name (ARN) for the destination is "
                        "required. Trace Id: \"%s\"",
                        trace);
    err = ctl_count(c, &kind_query_log, &n);
    if (!err && n >= RESOLVER_QUERY_LOGS_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Account '%s' has exceeded 'max-query-log-configs'.",
                                            c->account),
                                   "max-query-log-configs");
    return err;
}

/* The config that the same request has made before, for a client that repeats it. */
static int log_again(struct ctl *c, const char *id,
                     const struct rslvr_create_resolver_query_log_config_request *in,
                     struct rslvr_create_resolver_query_log_config_response *out)
{
    struct obj_query_log_config q;
    int err = ctl_get_own(c, &kind_query_log, id, &q);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    if (strcmp(q.name, in->name) != 0 || strcmp(q.destination_arn, in->destination_arn) != 0)
        return creator_take(c, &kind_query_log, in->creator_request_id, id,
                            "Query logging configuration");
    return log_answer(c, &q, &out->resolver_query_log_config);
}

int rslvr_create_resolver_query_log_config(
    struct ctl *c, const struct rslvr_create_resolver_query_log_config_request *in,
    struct rslvr_create_resolver_query_log_config_response *out)
{
    const struct tags_new tags = {in->tags, in->tags_n, FAULT_InvalidParameterException};
    struct obj_query_log_config q = {
        .owner_account = c->account,
        .id = ctl_new_id(c, "rqlc-", 16),
        .name = in->name,
        .destination_arn = in->destination_arn,
        .creator_request_id = in->creator_request_id,
        .creation_time = ctl_time(c, 6),
    };
    const char *before;
    int err = creator_find(c, &kind_query_log, in->creator_request_id, &before);

    if (err == 0)
        return log_again(c, before, in, out);
    if (err != ERR_NOT_FOUND)
        return err;
    q.arn = q.id ? ctl_arn(c, "route53resolver", "resolver-query-log-config/%s", q.id) : NULL;
    if (!q.arn || !q.creation_time)
        return ERR_NOMEM;
    err = create_check(c, in);
    if (!err)
        err = resolver_tags_add(c, &tags, &q.tags, &q.tags_n);
    if (!err)
        err = creator_take(c, &kind_query_log, in->creator_request_id, q.id,
                           "Query logging configuration");
    if (!err)
        err = ctl_put(c, &kind_query_log, q.id, &q);
    return err ? err : log_answer(c, &q, &out->resolver_query_log_config);
}

int rslvr_get_resolver_query_log_config(
    struct ctl *c, const struct rslvr_get_resolver_query_log_config_request *in,
    struct rslvr_get_resolver_query_log_config_response *out)
{
    struct obj_query_log_config q;
    int err = log_get(c, in->resolver_query_log_config_id,
                      "route53resolver:GetResolverQueryLogConfig", &q);

    return err ? err : log_answer(c, &q, &out->resolver_query_log_config);
}

/* The member that a filter or SortBy names, as text. */
static const char *log_member(const struct rslvr_resolver_query_log_config *v, const char *name)
{
    const struct {
        const char *name, *value;
    } members[] = {
        {"Arn", v->arn},
        {"AssociationCount", "0"},
        {"CreationTime", v->creation_time},
        {"CreatorRequestId", v->creator_request_id},
        {"Destination", destination(v->destination_arn)},
        {"DestinationArn", v->destination_arn},
        {"Id", v->id},
        {"Name", v->name},
        {"OwnerId", v->owner_id},
        {"ShareStatus", v->share_status},
        {"Status", v->status},
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].value;
    return NULL;
}

/* A listing: all that match, for both totals and for an order over all pages. */
struct log_list {
    struct ctl *c;
    struct filters filters;
    struct rslvr_resolver_query_log_config *all;
    size_t n, room, total;
};

static int log_each(void *ctx, const char *key, void *obj)
{
    struct log_list *l = ctx;
    struct rslvr_resolver_query_log_config v;
    int err = log_view(l->c, obj, &v);

    (void)key;
    if (err)
        return err;
    l->total++;
    for (const struct filter_name *f = log_filters; f->name; f++)
        if (!filters_keep(&l->filters, f->name, log_member(&v, f->name)))
            return 0;
    if (l->n == l->room) {
        size_t room = l->room ? l->room * 2 : RESOLVER_QUERY_LOGS_MAX;
        struct rslvr_resolver_query_log_config *more =
            arena_zalloc(l->c->arena, room, sizeof *more);

        if (!more)
            return ERR_NOMEM;
        if (l->n)
            memcpy(more, l->all, l->n * sizeof *more);
        l->all = more;
        l->room = room;
    }
    l->all[l->n++] = v;
    return 0;
}

/* The order of a listing. */
struct log_order {
    const char *by;
    bool descending;
};

static int log_compare(const void *a, const void *b, void *ctx)
{
    const struct rslvr_resolver_query_log_config *x = a, *y = b;
    const struct log_order *order = ctx;
    int sign = strcmp(log_member(x, order->by), log_member(y, order->by));

    if (sign == 0)
        sign = strcmp(x->id, y->id);
    return order->descending ? -sign : sign;
}

/* Reads SortBy and SortOrder. */
static int log_order_read(struct ctl *c,
                          const struct rslvr_list_resolver_query_log_configs_request *in,
                          struct log_order *ret)
{
    *ret = (struct log_order){in->sort_by ? in->sort_by : "Id",
                              in->sort_order && strcmp(in->sort_order, "DESCENDING") == 0};
    for (const struct filter_name *f = log_filters; f->name; f++)
        if (strcmp(f->name, ret->by) == 0 && strcmp(f->name, "Destination") != 0)
            return 0;
    return resolver_fault_field(
        c, ctl_fail(c, FAULT_InvalidParameterException, "Cannot sort by '%s'.", in->sort_by),
        "SortBy");
}

int rslvr_list_resolver_query_log_configs(
    struct ctl *c, const struct rslvr_list_resolver_query_log_configs_request *in,
    struct rslvr_list_resolver_query_log_configs_response *out)
{
    struct page page = {
        .c = c,
        .what = "ListResolverQueryLogConfigs",
        .size = sizeof *out->resolver_query_log_configs,
    };
    struct log_list l = {.c = c, .filters = {in->filters, in->filters_n, log_filters}};
    const struct shared_walk walk = {
        .kind = &kind_query_log,
        .service = "route53resolver",
        .type = ":resolver-query-log-config/",
        .each = log_each,
        .ctx = &l,
    };
    struct log_order order;
    size_t at = 0;
    int err = filters_check(c, &l.filters);

    if (!err)
        err = log_order_read(c, in, &order);
    if (!err)
        err = page_begin(&page, in->max_results, in->next_token);
    if (!err)
        err = shared_list(c, &walk);
    if (err)
        return err;
    if (l.n)
        qsort_r(l.all, l.n, sizeof *l.all, log_compare, &order);
    if (page.after) { /* behind one that went away meanwhile there is nothing more */
        while (at < l.n && strcmp(l.all[at].id, page.after) != 0)
            at++;
        at++;
    }
    for (; at < l.n; at++) {
        struct rslvr_resolver_query_log_config *slot = page_add(&page, l.all[at].id);

        if (!slot)
            break;
        *slot = l.all[at];
    }
    out->total_count = (struct opt_int){true, (int64_t)l.total};
    out->total_filtered_count = (struct opt_int){true, (int64_t)l.n};
    out->resolver_query_log_configs = page.items;
    out->resolver_query_log_configs_n = page.n;
    out->next_token = page_token(&page);
    return 0;
}

int rslvr_delete_resolver_query_log_config(
    struct ctl *c, const struct rslvr_delete_resolver_query_log_config_request *in,
    struct rslvr_delete_resolver_query_log_config_response *out)
{
    struct obj_query_log_config q;
    bool held = false;
    int err = log_get(c, in->resolver_query_log_config_id,
                      "route53resolver:DeleteResolverQueryLogConfig", &q);

    if (!err)
        err = profile_holds(c, q.id, &held);
    if (!err && held)
        return ctl_fail(c, FAULT_InvalidRequestException,
                        "The query logging configuration \"%s\" is associated with a Route 53 "
                        "Profile. Disassociate it before deleting it.",
                        q.id);
    if (!err)
        err = creator_free(c, &kind_query_log, q.creator_request_id);
    if (!err)
        err = access_forget(c, q.arn);
    if (!err)
        err = ctl_del(c, &kind_query_log, q.id, &q);
    if (!err)
        err = log_answer(c, &q, &out->resolver_query_log_config);
    if (!err)
        out->resolver_query_log_config->status = "DELETING";
    return err;
}
