/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver configs: the switch for autodefined reverse names of a VPC or a profile (spec:
 * resolver.md 1.5, 4.2; profiles-ram-zones-ec2.md 1.6), and what all three kinds of configs share.
 *
 * A config exists for each VPC and profile without being made; only what was set is stored. Its id
 * is derived from theirs, so that it is the same before and after. */
#include <string.h>

#include "base/error.h"
#include "control/resolver_priv.h"
#include "control/shared.h"

#define CONFIG_DIGITS 16 /* hexadecimal digits of a config's id */

int config_resource_get(struct ctl *c, const char *id, const char *action,
                        struct config_resource *ret)
{
    struct access access = {.action = action};
    struct obj_profile profile;
    struct obj_vpc vpc;
    char *trace;
    int err;

    ret->profile = is_profile_id(id);
    ret->owner = c->account;
    if (ret->profile) {
        err = shared_get(c, &kind_profile, id, &access, &profile);
        if (!err)
            ret->owner = profile.owner_account;
    } else {
        err = ctl_get_own(c, &kind_vpc, id, &vpc);
    }
    if (err != ERR_NOT_FOUND)
        return err;
    trace = ctl_trace_id(c);
    if (!trace)
        return ERR_NOMEM;
    return resolver_fault_type(c,
                               ctl_fail(c, FAULT_ResourceNotFoundException,
                                        "[RSLVR-02025] Can\xe2\x80\x99t find the resource with ID "
                                        "\"%s\". Trace Id: \"%s\"",
                                        id, trace),
                               ret->profile ? "profile" : "vpc");
}

char *config_id(struct ctl *c, const char *prefix, const char *resource_id)
{
    size_t len = strlen(resource_id);

    return arena_printf(c->arena, "%s%s", prefix,
                        resource_id + (len > CONFIG_DIGITS ? len - CONFIG_DIGITS : 0));
}

int config_flag_read(struct ctl *c, const char *text, const struct config_resource *resource,
                     const struct config_flag **ret)
{
    static const struct config_flag flags[] = {
        {"ENABLE", "ENABLED", "ENABLING"},
        {"DISABLE", "DISABLED", "DISABLING"},
        {CONFIG_LOCAL, CONFIG_LOCAL, "UPDATING_TO_USE_LOCAL_RESOURCE_SETTING"},
    };
    size_t at = 0;

    while (at + 1 < sizeof flags / sizeof *flags && strcmp(flags[at].name, text) != 0)
        at++;
    *ret = &flags[at];
    if (strcmp(text, CONFIG_LOCAL) == 0 && !resource->profile)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "USE_LOCAL_RESOURCE_SETTING is for Route 53 Profiles only.");
    return 0;
}

int config_resource_alive(struct ctl *c, const char *id)
{
    struct obj_profile profile;
    struct obj_vpc vpc;

    if (is_profile_id(id))
        return ctl_get(c, &kind_profile, id, &profile);
    return ctl_get(c, &kind_vpc, id, &vpc);
}

/* The config as it is, stored or implied. */
static int config_get(struct ctl *c, const char *resource_id,
                      const struct config_resource *resource, struct obj_resolver_config *ret)
{
    int err = ctl_get(c, &kind_config, resource_id, ret);

    if (err != ERR_NOT_FOUND)
        return err;
    *ret = (struct obj_resolver_config){
        .owner_account = resource->owner,
        .id = config_id(c, "rslvr-rc-", resource_id),
        .resource_id = resource_id,
        .autodefined_reverse = resource->profile ? CONFIG_LOCAL : "ENABLED",
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
    struct config_resource resource;
    struct obj_resolver_config config;
    int err =
        config_resource_get(c, in->resource_id, "route53resolver:GetResolverConfig", &resource);

    if (!err)
        err = config_get(c, in->resource_id, &resource, &config);
    if (err)
        return err;
    if (!v)
        return ERR_NOMEM;
    *v = config_view(&config);
    out->resolver_config = v;
    return 0;
}

int rslvr_update_resolver_config(struct ctl *c,
                                 const struct rslvr_update_resolver_config_request *in,
                                 struct rslvr_update_resolver_config_response *out)
{
    struct rslvr_resolver_config *v = arena_zalloc(c->arena, 1, sizeof *v);
    struct config_resource resource;
    struct obj_resolver_config config;
    const struct config_flag *flag;
    bool same;
    int err =
        config_resource_get(c, in->resource_id, "route53resolver:UpdateResolverConfig", &resource);

    if (!err)
        err = config_get(c, in->resource_id, &resource, &config);
    if (!err)
        err = config_flag_read(c, in->autodefined_reverse_flag, &resource, &flag);
    if (err == ERR_FAULT && c->fault.code == FAULT_InvalidParameterException)
        return resolver_fault_field(c, err, "AutodefinedReverseFlag");
    if (err)
        return err;
    if (!v)
        return ERR_NOMEM;
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
    int err = config_resource_alive(page->c, id);

    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
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
