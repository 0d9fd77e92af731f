/* SPDX-License-Identifier: Apache-2.0 */
/* What the other services need of EC2 objects: looking up VPCs, subnets and groups, and interfaces
 * for endpoints. Nothing here records a fault: the caller has its own service's words. */
#ifndef CONTROL_VPC_USE_H
#define CONTROL_VPC_USE_H

#include "base/addr.h"
#include "control/object.h"

/* A request for an interface: the address is chosen when ip / ipv6 is NULL and wanted. */
struct interface_spec {
    const struct obj_subnet *subnet;
    const char *ip;   /* IPv4 text, or NULL */
    const char *ipv6; /* IPv6 text, or NULL */
    bool want_ipv4, want_ipv6;
    const char *description;
    const char *requester_id;
    const char *const *group_ids;
    size_t group_ids_n;
};

/* Makes and puts an interface, taking its addresses ("address" index) and the uses of subnet, VPC
 * and groups. ERR_RANGE: a given address is outside the subnet or reserved; ERR_EXISTS: taken;
 * ERR_NOT_FOUND: no free address left; ERR_INVALID: not an address, or a family that the subnet
 * does not have. */
int interface_create(struct ctl *c, const struct interface_spec *spec, struct obj_interface *ret);

/* Gives one more address of a family to an interface, as interface_create does. */
int interface_add_ipv6(struct ctl *c, struct obj_interface *eni, const char *ipv6);

/* Removes an interface and frees what it used. ERR_NOT_FOUND. */
int interface_delete(struct ctl *c, const char *id);

#endif
