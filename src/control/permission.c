/* SPDX-License-Identifier: Apache-2.0 */
/* See permission.h. The rows of the service's own permissions (spec:
 * profiles-ram-zones-ec2.md 1.10, 2.8). */
#include "control/permission.h"

#include <string.h>

#include "base/error.h"

static const struct {
    const char *arn;
    const char *text;
} managed[] = {
    {"arn:aws:ram::aws:permission/AWSRAMDefaultPermissionResolverRule",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53resolver:GetResolverRule\","
     "\"route53resolver:AssociateResolverRule\",\"route53resolver:DisassociateResolverRule\","
     "\"route53resolver:ListResolverRules\",\"route53resolver:ListResolverRuleAssociations\"]}"},
    {"arn:aws:ram::aws:permission/AWSRAMDefaultPermissionResolverFirewallRuleGroup",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53resolver:GetFirewallRuleGroup\","
     "\"route53resolver:ListFirewallRuleGroups\",\"route53resolver:AssociateFirewallRuleGroup\","
     "\"route53resolver:DisassociateFirewallRuleGroup\"]}"},
    {"arn:aws:ram::aws:permission/AWSRAMDefaultPermissionResolverQueryLogConfig",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53resolver:AssociateResolverQueryLogConfig\","
     "\"route53resolver:DisassociateResolverQueryLogConfig\","
     "\"route53resolver:ListResolverQueryLogConfigs\"]}"},
    {"arn:aws:ram::aws:permission/AWSRAMPermissionRoute53ProfileAllowAssociation",
     "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:AssociateProfile\","
     "\"route53profiles:DisassociateProfile\",\"route53profiles:GetProfile\","
     "\"route53profiles:GetProfileResourceAssociation\","
     "\"route53profiles:ListProfileResourceAssociations\"]}"},
};

int permission_template(struct ctl *c, const char *arn, int version, const char **ret)
{
    (void)c;
    for (size_t i = 0; i < sizeof managed / sizeof *managed; i++) {
        if (strcmp(managed[i].arn, arn) != 0 || version > 1)
            continue;
        *ret = managed[i].text;
        return 0;
    }
    return ERR_NOT_FOUND;
}
