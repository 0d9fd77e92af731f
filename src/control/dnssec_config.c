/* SPDX-License-Identifier: Apache-2.0 */
/* DNSSEC configs: whether a VPC or a profile asks for validation (spec: resolver.md 4.1).
 *
 * The first update makes one; setting it to its default for a second time removes it again, which
 * is how clients clean up. Reads of one that was never set show the default. */
#include <string.h>

#include "base/error.h"
#include "control/resolver_priv.h"

static const struct filter_name dnssec_filters[] = {
    {"Id", "ID"},
    {"ResourceId", "RESOURCE_ID"},
    {"ValidationStatus", "VALIDATION_STATUS"},
    {NULL, NULL},
};

static const char *dnssec_default(const struct config_resource *resource)
{
    return resource->profile ? CONFIG_LOCAL : "DISABLED";
}

/* The config as it is, stored or implied; *ret_stored says which. */
static int dnssec_get(struct ctl *c, const char *resource_id,
                      const struct config_resource *resource, struct obj_dnssec_config *ret,
                      bool *ret_stored)
{
    int err = ctl_get(c, &kind_dnssec_config, resource_id, ret);

    *ret_stored = err == 0;
    if (err != ERR_NOT_FOUND)
        return err;
    *ret = (struct obj_dnssec_config){
        .owner_account = resource->owner,
        .id = config_id(c, "rdsc-", resource_id),
        .resource_id = resource_id,
        .validation = dnssec_default(resource),
    };
    return ret->id ? 0 : ERR_NOMEM;
}

static struct rslvr_resolver_dnssec_config dnssec_view(const struct obj_dnssec_config *config)
{
    return (struct rslvr_resolver_dnssec_config){
        .id = config->id,
        .owner_id = config->owner_account,
        .resource_id = config->resource_id,
        .validation_status = config->validation,
    };
}

int rslvr_get_resolver_dnssec_config(struct ctl *c,
                                     const struct rslvr_get_resolver_dnssec_config_request *in,
                                     struct rslvr_get_resolver_dnssec_config_response *out)
{
    struct rslvr_resolver_dnssec_config *v = arena_zalloc(c->arena, 1, sizeof *v);
    struct config_resource resource;
    struct obj_dnssec_config config;
    bool stored;
    int err = config_resource_get(c, in->resource_id, "route53resolver:GetResolverDnssecConfig",
                                  &resource);

    if (!err)
        err = dnssec_get(c, in->resource_id, &resource, &config, &stored);
    if (err)
        return err;
    if (!v)
        return ERR_NOMEM;
    *v = dnssec_view(&config);
    out->resolver_dnssec_config = v;
    return 0;
}

/* Writes the new state, or removes what says nothing beyond the default. */
static int dnssec_set(struct ctl *c, const struct config_resource *resource, bool stored,
                      const char *state, struct obj_dnssec_config *config)
{
    bool same = strcmp(config->validation, state) == 0;

    config->validation = state;
    if (!same || strcmp(state, dnssec_default(resource)) != 0)
        return ctl_put(c, &kind_dnssec_config, config->resource_id, config);
    return stored ? ctl_del(c, &kind_dnssec_config, config->resource_id, config) : 0;
}

int rslvr_update_resolver_dnssec_config(
    struct ctl *c, const struct rslvr_update_resolver_dnssec_config_request *in,
    struct rslvr_update_resolver_dnssec_config_response *out)
{
    struct rslvr_resolver_dnssec_config *v = arena_zalloc(c->arena, 1, sizeof *v);
    struct config_resource resource;
    struct obj_dnssec_config config;
    const struct config_flag *flag;
    const char *before;
    bool stored;
    int err = config_resource_get(c, in->resource_id, "route53resolver:UpdateResolverDnssecConfig",
                                  &resource);

    if (!err)
        err = dnssec_get(c, in->resource_id, &resource, &config, &stored);
    if (!err)
        err = config_flag_read(c, in->validation, &resource, &flag);
    if (err == ERR_FAULT && c->fault.code == FAULT_InvalidParameterException)
        return resolver_fault_field(c, err, "Validation");
    if (err)
        return err;
    if (!v)
        return ERR_NOMEM;
    before = config.validation;
    err = dnssec_set(c, &resource, stored, flag->state, &config);
    if (err)
        return err;
    *v = dnssec_view(&config);
    if (strcmp(before, flag->state) != 0)
        v->validation_status = flag->under_way;
    out->resolver_dnssec_config = v;
    return 0;
}

/* A listing of configs. */
struct dnssec_list {
    struct page page;
    struct filters filters;
};

static int dnssec_each(void *ctx, const char *id, void *obj)
{
    const struct rslvr_resolver_dnssec_config v = dnssec_view(obj);
    struct dnssec_list *l = ctx;
    struct rslvr_resolver_dnssec_config *slot;
    int err = config_resource_alive(l->page.c, id);

    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    if (!filters_keep(&l->filters, "Id", v.id) ||
        !filters_keep(&l->filters, "ResourceId", v.resource_id) ||
        !filters_keep(&l->filters, "ValidationStatus", v.validation_status))
        return 0;
    slot = page_add(&l->page, id);
    if (!slot)
        return CTL_STOP;
    *slot = v;
    return 0;
}

int rslvr_list_resolver_dnssec_configs(struct ctl *c,
                                       const struct rslvr_list_resolver_dnssec_configs_request *in,
                                       struct rslvr_list_resolver_dnssec_configs_response *out)
{
    struct dnssec_list l = {
        .page = {.c = c,
                 .what = "ListResolverDnssecConfigs",
                 .size = sizeof *out->resolver_dnssec_configs},
        .filters = {in->filters, in->filters_n, dnssec_filters},
    };
    int err = filters_check(c, &l.filters);

    if (!err)
        err = page_begin(&l.page, in->max_results, in->next_token);
    if (!err)
        err = ctl_list(c, &kind_dnssec_config, l.page.after, dnssec_each, &l);
    if (err)
        return err;
    out->resolver_dnssec_configs = l.page.items;
    out->resolver_dnssec_configs_n = l.page.n;
    out->next_token = page_token(&l.page);
    return 0;
}
