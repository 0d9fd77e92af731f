/* SPDX-License-Identifier: Apache-2.0 */
/* The types of resources that can be shared, and the ARNs that name them (spec:
 * profiles-ram-zones-ec2.md 2.2, 2.8). */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/rand.h"
#include "control/ram_priv.h"

#define MANAGED "arn:aws:ram::aws:permission/"

static const char *const profile_actions[] = {
    "route53profiles:AssociateProfile",
    "route53profiles:AssociateResourceToProfile",
    "route53profiles:DisassociateProfile",
    "route53profiles:DisassociateResourceFromProfile",
    "route53profiles:GetProfile",
    "route53profiles:GetProfileAssociation",
    "route53profiles:GetProfileResourceAssociation",
    "route53profiles:ListProfileAssociations",
    "route53profiles:ListProfileResourceAssociations",
    "route53profiles:ListProfiles",
    "route53profiles:ListTagsForResource",
    "route53profiles:UpdateProfileResourceAssociation",
    NULL,
};

static const char *const profile_keys[] = {
    "route53profiles:FirewallRuleGroupPriority",
    "route53profiles:HostedZoneDomains",
    "route53profiles:ResolverRuleDomains",
    "route53profiles:ResourceArns",
    "route53profiles:ResourceIds",
    "route53profiles:ResourceTypes",
    NULL,
};

static const char *const query_log_actions[] = {
    "route53resolver:AssociateResolverQueryLogConfig",
    "route53resolver:DisassociateResolverQueryLogConfig",
    "route53resolver:GetResolverQueryLogConfig",
    "route53resolver:GetResolverQueryLogConfigAssociation",
    "route53resolver:ListResolverQueryLogConfigAssociations",
    "route53resolver:ListResolverQueryLogConfigs",
    NULL,
};

static const char *const no_keys[] = {NULL};

const struct share_type share_types[] = {
    {
        .name = "ec2:Subnet",
        .service = "ec2",
        .resource = "subnet/",
        .kind = &kind_subnet,
        .permission = MANAGED "AWSRAMDefaultPermissionSubnet",
    },
    {
        .name = "route53profiles:Profile",
        .service = "route53profiles",
        .resource = "profile/",
        .kind = &kind_profile,
        .permission = MANAGED "AWSRAMPermissionRoute53ProfileAllowAssociation",
        .iam = true,
        .outside = true,
        .actions = profile_actions,
        .keys = profile_keys,
    },
    {
        .name = "route53resolver:FirewallRuleGroup",
        .service = "route53resolver",
        .resource = "firewall-rule-group/",
        .kind = &kind_firewall_group,
        .permission = MANAGED "AWSRAMDefaultPermissionResolverFirewallRuleGroup",
        .iam = true,
        .outside = true,
    },
    {
        .name = "route53resolver:ResolverQueryLogConfig",
        .service = "route53resolver",
        .resource = "resolver-query-log-config/",
        .kind = &kind_query_log,
        .permission = MANAGED "AWSRAMDefaultPermissionResolverQueryLogConfig",
        .iam = true,
        .outside = true,
        .actions = query_log_actions,
        .keys = no_keys,
    },
    {
        .name = "route53resolver:ResolverRule",
        .service = "route53resolver",
        .resource = "resolver-rule/",
        .kind = &kind_rule,
        .permission = MANAGED "AWSRAMDefaultPermissionResolverRule",
        .outside = true,
    },
    {.name = NULL},
};

const struct share_type *share_type_find(const char *name)
{
    size_t service = strcspn(name, ":");

    for (const struct share_type *t = share_types; t->name; t++)
        if (strcasecmp(t->name, name) == 0 && strncmp(t->name, name, service) == 0)
            return t;
    return NULL;
}

bool arn_read(struct ctl *c, const char *text, struct arn *ret)
{
    char *part[6], *at = arena_str(c->arena, text);
    size_t n = 0;

    while (at && n < 6) {
        char *colon = n < 5 ? strchr(at, ':') : NULL;

        part[n++] = at;
        if (colon)
            *colon = '\0';
        at = colon ? colon + 1 : NULL;
    }
    if (n < 6 || strcmp(part[0], "arn") != 0 || strcmp(part[1], "aws") != 0 || !*part[2] ||
        !*part[5])
        return false;
    *ret = (struct arn){part[2], part[3], part[4], part[5]};
    return true;
}

int arn_fault(struct ctl *c, const char *text)
{
    return ctl_fail(c, FAULT_MalformedArnException,
                    "The specified resource ARN %s is not valid. Verify the ARN and try again.",
                    text);
}

const char *arn_ram(struct ctl *c, const char *text, const char *type)
{
    size_t len = strlen(type);
    struct arn arn;

    if (!arn_read(c, text, &arn) || strcmp(arn.service, "ram") != 0 ||
        strncmp(arn.resource, type, len) != 0 || arn.resource[len] != '/' ||
        !arn.resource[len + 1] || strchr(arn.resource + len + 1, '/'))
        return NULL;
    return arn.resource + len + 1;
}

int share_resource_check(struct ctl *c, const char *text, const struct share_type **ret)
{
    const struct share_type *t = share_types;
    struct arn arn;
    void *obj;
    int err = ERR_NOT_FOUND;

    if (!arn_read(c, text, &arn))
        return arn_fault(c, text);
    while (t->name && (strcmp(t->service, arn.service) != 0 ||
                       strncmp(t->resource, arn.resource, strlen(t->resource)) != 0))
        t++;
    if (!t->name)
        return ctl_fail(c, FAULT_MalformedArnException,
                        "You cannot share the selected resource type.");
    obj = arena_zalloc(c->arena, 1, t->kind->shape->size);
    if (!obj)
        return ERR_NOMEM;
    if (strcmp(arn.account, c->account) == 0 && strcmp(arn.region, c->region) == 0)
        err = ctl_get_own(c, t->kind, arn.resource + strlen(t->resource), obj);
    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_UnknownResourceException, "Resource %s could not be found.", text);
    *ret = t;
    return err;
}

/* A random UUID, version 4 (RFC 9562 5.4). */
char *ram_uuid(struct ctl *c)
{
    char h[33];

    rnd_hex(h, 32);
    return arena_printf(c->arena, "%.8s-%.4s-4%.3s-8%.3s-%.12s", h, h + 8, h + 13, h + 17, h + 20);
}

const char *ram_time_ago(struct ctl *c, unsigned ago_s)
{
    char text[CLOCK_TEXT_MAX];

    return arena_str(c->arena, clock_format(c->now_ns - ago_s * NS_PER_S, 3, text, sizeof text));
}
