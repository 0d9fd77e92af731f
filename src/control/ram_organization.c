/* SPDX-License-Identifier: Apache-2.0 */
/* EnableSharingWithAwsOrganization. */
#include <string.h>

#include "base/error.h"
#include "control/organization.h"
#include "control/ram_priv.h"

int ram_enable_sharing_with_aws_organization(
    struct ctl *c, const struct ram_enable_sharing_with_aws_organization_request *in,
    struct ram_enable_sharing_with_aws_organization_response *out)
{
    struct obj_organization o;
    int err = organization_of(c, c->account, &o);

    (void)in;
    if (err == ERR_NOT_FOUND || (!err && strcmp(o.owner_account, c->account) != 0))
        return ctl_fail(c, FAULT_OperationNotPermittedException,
                        "Unable to enable sharing with AWS Organizations. Received "
                        "AccessDeniedException from AWSOrganizations with the following error "
                        "message: You don't have permissions to access this resource.");
    if (err)
        return err;
    out->return_value = TRI_TRUE;
    if (o.sharing_enabled == TRI_TRUE)
        return 0;
    o.sharing_enabled = TRI_TRUE;
    return ctl_put(c, &kind_organization, o.id, &o);
}
