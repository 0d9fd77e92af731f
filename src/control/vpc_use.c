/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces for the endpoints of other services: addresses of a subnet that somebody
 * holds. */
#include "control/vpc_use.h"

#include <string.h>

#include "base/error.h"
#include "control/ec2.h"
#include "control/subnet.h"

/* True if the subnet keeps the address for itself: its first four and its last. */
static bool is_reserved(const struct prefix *subnet, const struct addr *a)
{
    struct addr low = subnet->addr, last = subnet->addr;
    for (unsigned i = 0; i < SUBNET_RESERVED - 1; i++) {
        if (memcmp(&low, a, sizeof low) == 0)
            return true;
        low = addr_add(&low, 1);
    }
    for (unsigned i = subnet->bits; i < addr_bits(&last); i++)
        last.b[i / 8] |= (uint8_t)(0x80u >> i % 8);
    return memcmp(&last, a, sizeof last) == 0;
}

static char *address_key(struct ctl *c, const char *subnet_id, const struct addr *a)
{
    char buf[ADDR_TEXT_MAX];
    return arena_printf(c->arena, "%s/%s", subnet_id, addr_format(a, buf, sizeof buf));
}

/* 0 if nobody holds the address, ERR_EXISTS if somebody does. */
static int address_free(struct ctl *c, const char *subnet_id, const struct addr *a)
{
    const char *holder;
    char *key = address_key(c, subnet_id, a);
    if (!key)
        return ERR_NOMEM;
    int err = ctl_index_get(c, "address", key, &holder);
    return err == ERR_NOT_FOUND ? 0 : err ? err : ERR_EXISTS;
}

/* The lowest free address: predictable, so that a design can be written down before it runs. */
static int address_choose(struct ctl *c, const char *subnet_id, const struct prefix *subnet,
                          struct addr *ret)
{
    struct addr a = addr_add(&subnet->addr, SUBNET_RESERVED - 1);
    for (; prefix_contains(subnet, &a) && !is_reserved(subnet, &a); a = addr_add(&a, 1)) {
        int err = address_free(c, subnet_id, &a);
        if (err == ERR_EXISTS)
            continue;
        if (!err)
            *ret = a;
        return err;
    }
    return ERR_NOT_FOUND;
}

/* Takes the given or a chosen address out of one of the subnet's CIDRs (text NULL: it has none). */
static int address_take(struct ctl *c, const struct obj_interface *eni, const char *cidr,
                        const char *given, const char **ret)
{
    struct prefix subnet;
    struct addr a;
    if (!cidr || prefix_parse(cidr, &subnet))
        return ERR_INVALID;
    int err = 0;
    if (!given)
        err = address_choose(c, eni->subnet_id, &subnet, &a);
    else if (addr_parse(given, &a) || a.family != subnet.addr.family)
        err = ERR_INVALID;
    else if (!prefix_contains(&subnet, &a) || is_reserved(&subnet, &a))
        err = ERR_RANGE;
    else
        err = address_free(c, eni->subnet_id, &a);
    if (err)
        return err;
    char buf[ADDR_TEXT_MAX];
    char *key = address_key(c, eni->subnet_id, &a);
    char *text = arena_str(c->arena, addr_format(&a, buf, sizeof buf));
    if (!key || !text)
        return ERR_NOMEM;
    err = ctl_index_put(c, "address", key, eni->id);
    if (!err)
        *ret = text;
    return err;
}

static const char *cidr6_of(const struct obj_subnet *s)
{
    return s->ipv6_cidr_blocks_n ? s->ipv6_cidr_blocks[0].cidr_block : NULL;
}

/* Adds an IPv6 address to an interface that is not put yet. */
static int take_ipv6(struct ctl *c, const struct obj_subnet *s, struct obj_interface *eni,
                     const char *given)
{
    const char **list = arena_zalloc(c->arena, eni->ipv6_n + 1, sizeof *list);
    if (!list)
        return ERR_NOMEM;
    if (eni->ipv6_n)
        memcpy(list, eni->ipv6, eni->ipv6_n * sizeof *list);
    int err = address_take(c, eni, cidr6_of(s), given, &list[eni->ipv6_n]);
    if (err)
        return err;
    eni->ipv6 = list;
    eni->ipv6_n++;
    return 0;
}

/* Notes or forgets the interface in the uses of its VPC, subnet and groups. */
static int uses_change(struct ctl *c, const struct obj_interface *eni,
                       int (*change)(struct ctl *, const char *, const char *, const char *))
{
    char *path = arena_printf(c->arena, "%s/%s", kind_interface.name, eni->id);
    if (!path)
        return ERR_NOMEM;
    int err = change(c, "vpc-uses", eni->vpc_id, path);
    if (!err)
        err = change(c, "subnet-uses", eni->subnet_id, path);
    for (size_t i = 0; i < eni->group_ids_n && !err; i++)
        err = change(c, "group-uses", eni->group_ids[i], path);
    return err;
}

/* A locally administered MAC address, in the 02: range that EC2 uses too. */
static char *mac_new(struct ctl *c)
{
    const char *h = ctl_new_id(c, "", 10);
    return h ? arena_printf(c->arena, "02:%.2s:%.2s:%.2s:%.2s:%.2s", h, h + 2, h + 4, h + 6, h + 8)
             : NULL;
}

int interface_create(struct ctl *c, const struct interface_spec *spec, struct obj_interface *ret)
{
    const struct obj_subnet *s = spec->subnet;
    struct obj_interface eni = {
        .owner_account = s->owner_account,
        .owner_region = s->owner_region,
        .id = ctl_new_id(c, "eni-", 17),
        .subnet_id = s->id,
        .vpc_id = s->vpc_id,
        .availability_zone = s->availability_zone,
        .availability_zone_id = s->availability_zone_id,
        .description = spec->description,
        .requester_id = spec->requester_id,
        .attachment_id = ctl_new_id(c, "eni-attach-", 17),
        .mac_address = mac_new(c),
        .group_ids = arena_zalloc(c->arena, spec->group_ids_n + 1, sizeof *eni.group_ids),
        .group_ids_n = spec->group_ids_n,
    };
    if (!eni.id || !eni.attachment_id || !eni.mac_address || !eni.group_ids)
        return ERR_NOMEM;
    for (size_t i = 0; i < spec->group_ids_n; i++)
        eni.group_ids[i] = spec->group_ids[i];
    int err = 0;
    if (spec->ip || spec->want_ipv4)
        err = address_take(c, &eni, s->cidr_block, spec->ip, &eni.private_ip);
    if (!err && (spec->ipv6 || spec->want_ipv6))
        err = take_ipv6(c, s, &eni, spec->ipv6);
    if (!err)
        err = uses_change(c, &eni, ec2_use_add);
    if (!err)
        err = ctl_put(c, &kind_interface, eni.id, &eni);
    if (!err)
        *ret = eni;
    return err;
}

int interface_add_ipv6(struct ctl *c, struct obj_interface *eni, const char *ipv6)
{
    struct obj_subnet s;
    int err = ctl_get(c, &kind_subnet, eni->subnet_id, &s);
    if (!err)
        err = take_ipv6(c, &s, eni, ipv6);
    return err ? err : ctl_put(c, &kind_interface, eni->id, eni);
}

static int address_give(struct ctl *c, const struct obj_interface *eni, const char *text)
{
    char *key = arena_printf(c->arena, "%s/%s", eni->subnet_id, text);
    return key ? ctl_index_del(c, "address", key) : ERR_NOMEM;
}

int interface_delete(struct ctl *c, const char *id)
{
    struct obj_interface eni;
    int err = ctl_get(c, &kind_interface, id, &eni);
    if (err)
        return err;
    if (eni.private_ip)
        err = address_give(c, &eni, eni.private_ip);
    for (size_t i = 0; i < eni.ipv6_n && !err; i++)
        err = address_give(c, &eni, eni.ipv6[i]);
    if (!err)
        err = uses_change(c, &eni, ec2_use_del);
    return err ? err : ctl_del(c, &kind_interface, id, &eni);
}
