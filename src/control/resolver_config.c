/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver configs: the switch for autodefined reverse names of a VPC (spec: resolver.md 1.5, 4.2).
 *
 * A config exists for each VPC without being made; only what was set is stored. Its id is derived
 * from the VPC's, so that it is the same before and after. */
#include <string.h>

#include "base/error.h"
#include "control/resolver_priv.h"

#define CONFIG_DIGITS 16 /* hexadecimal digits of a config's id */

/* The config as it is, stored or implied. */
static int config_get(struct ctl *c, const char *resource_id, struct obj_resolver_config *ret)
{
    size_t len = strlen(resource_id);
    struct obj_vpc vpc;
    int err = ctl_get_own(c, &kind_vpc, resource_id, &vpc);

    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "Can\xe2\x80\x99t find the resource with ID \"%s\".",
                                            resource_id),
                                   "vpc");
    if (err)
        return err;
    err = ctl_get_own(c, &kind_config, resource_id, ret);
    if (err != ERR_NOT_FOUND)
        return err;
    *ret = (struct obj_resolver_config){
        .owner_account = c->account,
        .id = arena_printf(c->arena, "rslvr-rc-%s",
                           resource_id + (len > CONFIG_DIGITS ? len - CONFIG_DIGITS : 0)),
        .resource_id = resource_id,
        .autodefined_reverse = "ENABLED",
    };
    return ret->id ? 0 : ERR_NOMEM;
}

static struct rslvr_resolver_config config_view(const struct obj_resolver_config *config)
{
    return (struct rslvr_resolver_config){
        .id = config->id,
        .resource_id = config->resource_id,
        .owner_id = config->owner_account,
        .autodefined_reverse = config->autodefined_reverse,
    };
}

int rslvr_get_resolver_config(struct ctl *c, const struct rslvr_get_resolver_config_request *in,
                              struct rslvr_get_resolver_config_response *out)
{
    struct rslvr_resolver_config *v = arena_zalloc(c->arena, 1, sizeof *v);
    struct obj_resolver_config config;
    int err = config_get(c, in->resource_id, &config);

    if (err)
        return err;
    if (!v)
        return ERR_NOMEM;
    *v = config_view(&config);
    out->resolver_config = v;
    return 0;
}

/* A flag, the state that it leads to, and the one that is answered on the way there. */
struct flag {
    const char *name;
    const char *state;
    const char *under_way;
};

static const struct flag flags[] = {
    {"ENABLE", "ENABLED", "ENABLING"},
    {"DISABLE", "DISABLED", "DISABLING"},
};

int rslvr_update_resolver_config(struct ctl *c,
                                 const struct rslvr_update_resolver_config_request *in,
                                 struct rslvr_update_resolver_config_response *out)
{
    struct rslvr_resolver_config *v = arena_zalloc(c->arena, 1, sizeof *v);
    const struct flag *flag = &flags[strcmp(in->autodefined_reverse_flag, "DISABLE") == 0];
    struct obj_resolver_config config;
    bool same;
    int err = config_get(c, in->resource_id, &config);

    if (err)
        return err;
    if (!v)
        return ERR_NOMEM;
    if (strcmp(in->autodefined_reverse_flag, flag->name) != 0)
        return resolver_fault_field(
            c,
            ctl_fail(c, FAULT_InvalidParameterException,
                     "USE_LOCAL_RESOURCE_SETTING is for Route 53 Profiles only: \"%s\" is a VPC.",
                     in->resource_id),
            "AutodefinedReverseFlag");
    same = strcmp(config.autodefined_reverse, flag->state) == 0;
    config.autodefined_reverse = flag->state;
    err = ctl_put(c, &kind_config, in->resource_id, &config);
    if (err)
        return err;
    *v = config_view(&config);
    v->autodefined_reverse = same ? flag->state : flag->under_way;
    out->resolver_config = v;
    return 0;
}

static int config_each(void *ctx, const char *id, void *obj)
{
    struct page *page = ctx;
    struct rslvr_resolver_config *slot;
    struct obj_vpc vpc;
    int err = ctl_get(page->c, &kind_vpc, id, &vpc);

    if (err)
        return err == ERR_NOT_FOUND ? 0 : err; /* the VPC is gone, and its config with it */
    slot = page_add(page, id);
    if (!slot)
        return CTL_STOP;
    *slot = config_view(obj);
    return 0;
}

int rslvr_list_resolver_configs(struct ctl *c, const struct rslvr_list_resolver_configs_request *in,
                                struct rslvr_list_resolver_configs_response *out)
{
    struct page page = {
        .c = c,
        .what = "ListResolverConfigs",
        .size = sizeof *out->resolver_configs,
    };
    int err = page_begin(&page, in->max_results, in->next_token);

    if (!err)
        err = ctl_list(c, &kind_config, page.after, config_each, &page);
    if (err)
        return err;
    out->resolver_configs = page.items;
    out->resolver_configs_n = page.n;
    out->next_token = page_token(&page);
    return 0;
}
