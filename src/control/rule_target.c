/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of resolver rules (spec: resolver.md 2.4). */
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "control/resolver_priv.h"

#define TARGET_PORT 53 /* unless the target names another one */

static int target_fault(struct ctl *c, int fault)
{
    return resolver_fault_field(c, fault, "TargetIps");
}

/* False for addresses that no single server can have, and for those that need a device beside
 * them. */
static bool addr_is_target(const struct addr *a)
{
    static const struct prefix impossible[] = {
        {{AF_INET, {0}}, 32},
        {{AF_INET, {224}}, 3},
        {{AF_INET6, {0}}, 128},
        {{AF_INET6, {[10] = 0xff, [11] = 0xff}}, 96}, /* IPv4 in disguise */
        {{AF_INET6, {0xfe, 0x80}}, 10},
        {{AF_INET6, {0xff}}, 8},
    };

    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++)
        if (prefix_contains(&impossible[i], a))
            return false;
    return true;
}

/* One target: an address of one family in its canonical spelling, a port. */
static int target_read(struct ctl *c, const struct rslvr_target_address *in, struct obj_target *ret)
{
    const char *text = in->ip ? in->ip : in->ipv6;
    char buf[ADDR_TEXT_MAX];
    struct addr addr;
    const char *canonical;

    if (!in->ip == !in->ipv6)
        return target_fault(c, ctl_fail(c, FAULT_InvalidParameterException,
                                        "A target needs either an IPv4 or an IPv6 address."));
    if (addr_parse(text, &addr) != 0 || (addr.family == AF_INET) != (in->ip != NULL) ||
        !addr_is_target(&addr))
        return target_fault(
            c, ctl_fail(c, FAULT_InvalidParameterException, "Invalid IP address: '%s'", text));
    if (in->port.set && in->port.v == 0)
        return target_fault(c, ctl_fail(c, FAULT_InvalidParameterException,
                                        "No server can be asked on port 0: '%s'", text));
    if (in->server_name_indication && (!in->protocol || strcmp(in->protocol, "Do53") == 0))
        return target_fault(c,
                            ctl_fail(c, FAULT_InvalidParameterException,
                                     "ServerNameIndication is for DoH targets only: '%s'", text));
    canonical = arena_str(c->arena, addr_format(&addr, buf, sizeof buf));
    *ret = (struct obj_target){
        .ip = in->ip ? canonical : NULL,
        .ipv6 = in->ipv6 ? canonical : NULL,
        .port = {true, in->port.set ? in->port.v : TARGET_PORT},
        .protocol = in->protocol,
        .server_name_indication = in->server_name_indication,
    };
    return canonical ? 0 : ERR_NOMEM;
}

int targets_read(struct ctl *c, const struct rslvr_target_address *list, size_t n,
                 struct obj_target **ret)
{
    struct obj_target *targets = arena_zalloc(c->arena, n, sizeof *targets);

    if (!targets)
        return ERR_NOMEM;
    if (n > RESOLVER_TARGETS_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Account '%s' has exceeded 'max-target-ips-per-rule'.",
                                            c->account),
                                   "max-target-ips-per-rule");
    for (size_t i = 0; i < n; i++) {
        int err = target_read(c, &list[i], &targets[i]);

        if (err)
            return err;
        if (!targets[i].ip != !targets[0].ip)
            return target_fault(c, ctl_fail(c, FAULT_InvalidParameterException,
                                            "The targets of a rule must be either all IPv4 or all "
                                            "IPv6 addresses."));
    }
    *ret = targets;
    return 0;
}
