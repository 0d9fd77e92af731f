/* SPDX-License-Identifier: Apache-2.0 */
/* Explain: who may ask is decided here, as for every operation; the answer comes from the pipeline
 * itself. */
#include "control/explain.h"

#include "base/error.h"
#include "control/object.h"

int b53_explain(struct ctl *c, const struct b53_explain_request *in,
                struct b53_explain_response *out)
{
    struct obj_vpc vpc;
    int err = ctl_get_own(c, &kind_vpc, in->vpc_id, &vpc);

    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_ResourceNotFoundException,
                        "There is no VPC '%s' in this account and region.", in->vpc_id);
    if (err)
        return err;
    if (!c->explainer)
        return ctl_fail(c, FAULT_ServiceUnavailable, "This server answers no DNS.");
    err = c->explainer->ask(c->explainer->ctx, c, in, out);
    switch (err) {
    case 0:
        return 0;
    case ERR_INVALID:
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "Name, Type or Source is malformed: '%s' '%s' '%s'.", in->name,
                        in->type ? in->type : "A", in->source ? in->source : "");
    case ERR_NOT_FOUND:
        return ctl_fail(c, FAULT_ResourceNotFoundException, "DNS does not show the VPC '%s' yet.",
                        in->vpc_id);
    default:
        return ctl_fail(c, FAULT_ServiceUnavailable, "The question could not be answered: %s.",
                        err_text(err));
    }
}
