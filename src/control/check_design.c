/* SPDX-License-Identifier: Apache-2.0 */
/* Check: what can't work in the caller's design, told from the stored objects alone. docs/CHECK.md
 * has the findings. */
#include "base/error.h"
#include "control/check_priv.h"

static int families_run(struct check *k)
{
    static int (*const families[])(struct check * k) = {check_dns64,   check_endpoints, check_loops,
                                                        check_shadows, check_profiles,  check_idle};
    int err = 0;

    for (size_t i = 0; i < sizeof families / sizeof *families && !err; i++)
        err = families[i](k);
    return err;
}

int b53_check(struct ctl *c, const struct b53_check_request *in, struct b53_check_response *out)
{
    struct check k = {.c = c, .only = in->vpc_id};
    int err = check_load(&k);

    if (!err && k.only && !map_get(&k.vpc_ids, k.only))
        err = ctl_fail(c, FAULT_ResourceNotFoundException,
                       "There is no VPC '%s' in this account and region.", k.only);
    if (!err)
        err = families_run(&k);
    if (!err)
        err = findings_out(&k, out);
    check_unload(&k);
    if (err)
        return err;
    out->vpc_count = (struct opt_int){true, (int64_t)k.vpcs_n};
    out->endpoint_count = (struct opt_int){true, (int64_t)k.endpoints_n};
    out->rule_count = (struct opt_int){true, (int64_t)k.rules_n};
    out->zone_count = (struct opt_int){true, (int64_t)k.zones_n};
    return 0;
}
