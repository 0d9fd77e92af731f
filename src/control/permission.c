/* SPDX-License-Identifier: Apache-2.0 */
/* RAM permissions, the service's and the customers', in one form (spec: profiles-ram-zones-ec2.md
 * 1.10, 2.8). The service's are const rows with one version each. */
#include "control/permission.h"

#include <string.h>

#include "base/error.h"
#include "control/ram_priv.h"

#define MANAGED "arn:aws:ram::aws:permission/"
#define MANAGED_SINCE "2023-11-15T00:00:00.000Z" /* of the rows; the service's own dates differ */

/* A permission of the service. Its type is the row of share_types that names it as its default. */
static const struct managed {
    const char *arn;
    const char *text;
} managed[] = {
    {MANAGED "AWSRAMDefaultPermissionSubnet",
     "{\"Effect\":\"Allow\",\"Action\":[\"ec2:CreateNetworkInterface\","
     "\"ec2:DescribeSubnets\",\"ec2:RunInstances\"]}"},
    {MANAGED "AWSRAMPermissionRoute53ProfileAllowAssociation",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:AssociateProfile\","
     "\"route53profiles:DisassociateProfile\",\"route53profiles:GetProfile\","
     "\"route53profiles:GetProfileResourceAssociation\","
     "\"route53profiles:ListProfileResourceAssociations\"]}"},
    {MANAGED "AWSRAMDefaultPermissionResolverFirewallRuleGroup",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53resolver:AssociateFirewallRuleGroup\","
     "\"route53resolver:DisassociateFirewallRuleGroup\","
     "\"route53resolver:GetFirewallRuleGroup\",\"route53resolver:ListFirewallRuleGroups\"]}"},
    {MANAGED "AWSRAMDefaultPermissionResolverQueryLogConfig",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53resolver:AssociateResolverQueryLogConfig\","
     "\"route53resolver:DisassociateResolverQueryLogConfig\","
     "\"route53resolver:GetResolverQueryLogConfig\","
     "\"route53resolver:ListResolverQueryLogConfigs\"]}"},
    {MANAGED "AWSRAMDefaultPermissionResolverRule",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53resolver:AssociateResolverRule\","
     "\"route53resolver:DisassociateResolverRule\",\"route53resolver:GetResolverRule\","
     "\"route53resolver:ListResolverRuleAssociations\",\"route53resolver:ListResolverRules\"]}"},
};

static const struct share_type *managed_type(const char *arn)
{
    const struct share_type *t = share_types;

    while (t->name && strcmp(t->permission, arn) != 0)
        t++;
    return t;
}

bool permission_managed(size_t i, struct permission *ret)
{
    if (i >= sizeof managed / sizeof *managed)
        return false;
    *ret = (struct permission){
        .arn = managed[i].arn,
        .name = managed[i].arn + strlen(MANAGED),
        .resource_type = managed_type(managed[i].arn)->name,
        .text = managed[i].text,
        .version = 1,
        .default_version = 1,
        .managed = true,
        .type_default = true,
        .creation_time = MANAGED_SINCE,
        .last_updated_time = MANAGED_SINCE,
    };
    return true;
}

bool permission_version(const struct obj_permission *p, int version, struct permission *ret)
{
    size_t i = 0;

    if (version == 0)
        version = (int)p->default_version.v;
    while (i < p->versions_n && p->versions[i].version.v != version)
        i++;
    if (i == p->versions_n)
        return false;
    *ret = (struct permission){
        .arn = p->arn,
        .name = p->name,
        .resource_type = p->resource_type,
        .text = p->versions[i].template,
        .version = version,
        .default_version = (int)p->default_version.v,
        .creation_time = p->versions[i].creation_time,
        .last_updated_time = p->last_updated_time,
        .tags = p->tags,
        .tags_n = p->tags_n,
    };
    return true;
}

/* The stored permission of an ARN, whoever owns it. ERR_NOT_FOUND. */
static int stored_find(struct ctl *c, const char *arn, struct obj_permission *ret)
{
    const char *name = arn_ram(c, arn, "permission");
    struct arn parts;
    char *id;
    int err;

    if (!name || !arn_read(c, arn, &parts))
        return ERR_NOT_FOUND;
    id = arena_printf(c->arena, "%s:%s:%s", parts.account, parts.region, name);
    err = id ? ctl_get(c, &kind_permission, id, ret) : ERR_NOMEM;
    return !err && strcmp(ret->arn, arn) != 0 ? ERR_NOT_FOUND : err;
}

static bool managed_find(const char *arn, int version, struct permission *ret)
{
    for (size_t i = 0; permission_managed(i, ret); i++)
        if (strcmp(ret->arn, arn) == 0)
            return version == 0 || version == ret->version;
    return false;
}

int permission_template(struct ctl *c, const char *arn, int version, const char **ret)
{
    struct obj_permission stored;
    struct permission p;
    int err = 0;

    if (!managed_find(arn, version, &p)) {
        err = stored_find(c, arn, &stored);
        if (!err && !permission_version(&stored, version, &p))
            err = ERR_NOT_FOUND;
    }
    if (!err)
        *ret = p.text;
    return err;
}

int permission_default_version(struct ctl *c, const char *arn, int *ret)
{
    struct obj_permission stored;
    struct permission p;
    int err = 0;

    *ret = 1;
    if (!managed_find(arn, 0, &p)) {
        err = stored_find(c, arn, &stored);
        if (!err)
            *ret = (int)stored.default_version.v;
    }
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int unknown(struct ctl *c, const char *arn, int version)
{
    if (version == 0)
        return ctl_fail(c, FAULT_UnknownResourceException, "Permission %s could not be found.",
                        arn);
    return ctl_fail(c, FAULT_UnknownResourceException,
                    "Version %d of permission %s could not be found.", version, arn);
}

int permission_read(struct ctl *c, const char *arn, int version, struct permission *ret)
{
    struct obj_permission stored;
    int err;

    if (!arn_ram(c, arn, "permission"))
        return arn_fault(c, arn);
    if (managed_find(arn, version, ret))
        return 0;
    err = stored_find(c, arn, &stored);
    if (err && err != ERR_NOT_FOUND)
        return err;
    if (err || strcmp(stored.owner_account, c->account) != 0 ||
        strcmp(stored.owner_region, c->region) != 0)
        return unknown(c, arn, 0);
    return permission_version(&stored, version, ret) ? 0 : unknown(c, arn, version);
}

int permission_read_own(struct ctl *c, const char *arn, struct obj_permission *ret)
{
    struct permission p;
    int err = permission_read(c, arn, 0, &p);

    if (!err && p.managed)
        return ctl_fail(c, FAULT_OperationNotPermittedException,
                        "The permission %s is managed by AWS and cannot be changed.", arn);
    return err ? err : stored_find(c, arn, ret);
}
