/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of security groups as allow entries. */
#include "control/allow.h"

#include <netinet/in.h>
#include <string.h>

#include "base/error.h"

static int entry_add(struct allows *a, const struct allow *entry)
{
    if (a->n == a->cap) {
        size_t cap = a->cap * 2 + 8;
        struct allow *list = arena_zalloc(a->arena, cap, sizeof *list);
        if (list == NULL)
            return ERR_NOMEM;
        if (a->n > 0)
            memcpy(list, a->list, a->n * sizeof *list);
        a->list = list;
        a->cap = cap;
    }
    a->list[a->n++] = *entry;
    return 0;
}

/* Adds an entry for a peer given as CIDR or address; NULL and what cannot be read add nothing. */
static int peer_add(struct allows *a, struct allow entry, const char *peer)
{
    if (peer == NULL)
        return 0;
    if (strchr(peer, '/') == NULL) {
        if (addr_parse(peer, &entry.peer.addr) != 0)
            return 0;
        entry.peer.bits = (uint8_t)addr_bits(&entry.peer.addr);
    } else if (prefix_parse(peer, &entry.peer) != 0) {
        return 0;
    }
    return entry_add(a, &entry);
}

int allows_add_interface(struct allows *a, const struct allow *entry,
                         const struct obj_interface *eni)
{
    int err = peer_add(a, *entry, eni->private_ip);
    for (size_t i = 0; err == 0 && i < eni->ipv6_n; i++)
        err = peer_add(a, *entry, eni->ipv6[i]);
    return err;
}

/* Protocol and ports of a rule, without a peer. False: it is about something else than UDP and TCP.
 */
static bool rule_read(const struct obj_group_rule *r, struct allow *ret)
{
    const char *protocol = r->ip_protocol != NULL ? r->ip_protocol : "-1";
    *ret = (struct allow){.port_from = 0, .port_to = UINT16_MAX};
    if (strcmp(protocol, "-1") == 0)
        return true; /* all protocols means all ports, whatever else the rule says */
    if (strcmp(protocol, "udp") == 0 || strcmp(protocol, "17") == 0)
        ret->protocol = IPPROTO_UDP;
    else if (strcmp(protocol, "tcp") == 0 || strcmp(protocol, "6") == 0)
        ret->protocol = IPPROTO_TCP;
    else
        return false;
    if (r->from_port.set && r->from_port.v >= 0 && r->to_port.set && r->to_port.v >= 0) {
        ret->port_from = (uint16_t)r->from_port.v;
        ret->port_to = (uint16_t)r->to_port.v;
    }
    return true;
}

int allow_group_read(struct allow_reader *r, const struct obj_group *group)
{
    int err = 0;
    for (size_t i = 0; i < group->rules_n && err == 0; i++) {
        const struct obj_group_rule *rule = &group->rules[i];
        struct allows *to = rule->is_egress == TRI_TRUE ? &r->egress : &r->ingress;
        struct allow entry;
        if (!rule_read(rule, &entry))
            continue;
        err = peer_add(to, entry, rule->cidr_ipv4);
        if (err == 0)
            err = peer_add(to, entry, rule->cidr_ipv6);
        if (err == 0 && rule->referenced_group_id != NULL)
            err = r->members(r->ctx, rule->referenced_group_id, to, &entry);
    }
    return err;
}
