/* SPDX-License-Identifier: Apache-2.0 */
/* Firewall configs: what a VPC or a profile does when DNS Firewall cannot answer (spec: resolver.md
 * 6.6.6). Kept for the firewall; what was never set shows the default. */
#include <string.h>

#include "base/error.h"
#include "control/resolver_priv.h"

#define FIREWALL_PAGE 10 /* entries of a page that names no number: the most that it may name */

/* The config as it is, stored or implied. */
static int firewall_get(struct ctl *c, const char *resource_id,
                        const struct config_resource *resource, struct obj_firewall_config *ret)
{
    int err = ctl_get(c, &kind_firewall_config, resource_id, ret);

    if (err != ERR_NOT_FOUND)
        return err;
    *ret = (struct obj_firewall_config){
        .owner_account = resource->owner,
        .id = config_id(c, "rslvr-fc-", resource_id),
        .resource_id = resource_id,
        .firewall_fail_open = resource->profile ? CONFIG_LOCAL : "DISABLED",
    };
    return ret->id ? 0 : ERR_NOMEM;
}

static struct rslvr_firewall_config firewall_view(const struct obj_firewall_config *config)
{
    return (struct rslvr_firewall_config){
        .id = config->id,
        .resource_id = config->resource_id,
        .owner_id = config->owner_account,
        .firewall_fail_open = config->firewall_fail_open,
    };
}

static int firewall_answer(struct ctl *c, const struct obj_firewall_config *config,
                           struct rslvr_firewall_config **ret)
{
    struct rslvr_firewall_config *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v)
        return ERR_NOMEM;
    *v = firewall_view(config);
    *ret = v;
    return 0;
}

int rslvr_get_firewall_config(struct ctl *c, const struct rslvr_get_firewall_config_request *in,
                              struct rslvr_get_firewall_config_response *out)
{
    struct config_resource resource;
    struct obj_firewall_config config;
    int err =
        config_resource_get(c, in->resource_id, "route53resolver:GetFirewallConfig", &resource);

    if (!err)
        err = firewall_get(c, in->resource_id, &resource, &config);
    return err ? err : firewall_answer(c, &config, &out->firewall_config);
}

int rslvr_update_firewall_config(struct ctl *c,
                                 const struct rslvr_update_firewall_config_request *in,
                                 struct rslvr_update_firewall_config_response *out)
{
    struct config_resource resource;
    struct obj_firewall_config config;
    int err =
        config_resource_get(c, in->resource_id, "route53resolver:UpdateFirewallConfig", &resource);

    if (!err && !resource.profile && strcmp(in->firewall_fail_open, CONFIG_LOCAL) == 0)
        return ctl_fail(c, FAULT_ValidationException,
                        "USE_LOCAL_RESOURCE_SETTING is for Route 53 Profiles only.");
    if (!err)
        err = firewall_get(c, in->resource_id, &resource, &config);
    if (err)
        return err;
    config.firewall_fail_open = in->firewall_fail_open;
    err = ctl_put(c, &kind_firewall_config, in->resource_id, &config);
    return err ? err : firewall_answer(c, &config, &out->firewall_config);
}

static int firewall_each(void *ctx, const char *id, void *obj)
{
    struct page *page = ctx;
    struct rslvr_firewall_config *slot;
    int err = config_resource_alive(page->c, id);

    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    slot = page_add(page, id);
    if (!slot)
        return CTL_STOP;
    *slot = firewall_view(obj);
    return 0;
}

int rslvr_list_firewall_configs(struct ctl *c, const struct rslvr_list_firewall_configs_request *in,
                                struct rslvr_list_firewall_configs_response *out)
{
    const struct opt_int max = {true, in->max_results.set ? in->max_results.v : FIREWALL_PAGE};
    struct page page = {
        .c = c,
        .what = "ListFirewallConfigs",
        .bad_token = FAULT_ValidationException,
        .size = sizeof *out->firewall_configs,
    };
    int err = page_begin(&page, max, in->next_token);

    if (!err)
        err = ctl_list(c, &kind_firewall_config, page.after, firewall_each, &page);
    if (err)
        return err;
    out->firewall_configs = page.items;
    out->firewall_configs_n = page.n;
    out->next_token = page_token(&page);
    return 0;
}
