/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints joined with their security groups: what the groups' rules allow becomes a flat list of
 * peers.
 *
 * A rule may name another group: then its peers are the addresses of that group's interfaces. So an
 * endpoint is compiled again when any group that it was compiled with changes its rules or its
 * members. */
#include "control/project_priv.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/ctl_priv.h"

/* Endpoints that were compiled with a group. Entries stay when an endpoint goes: compiling a
 * missing one is no harm. */
struct group_users {
    size_t n, cap;
    char **ids;
};

static int users_add(struct group_users *u, const char *endpoint)
{
    for (size_t i = 0; i < u->n; i++)
        if (strcmp(u->ids[i], endpoint) == 0)
            return 0;
    if (u->n == u->cap) {
        size_t cap = u->cap * 2 + 2;
        char **ids = realloc(u->ids, cap * sizeof *ids);
        if (ids == NULL)
            return ERR_NOMEM;
        u->ids = ids;
        u->cap = cap;
    }
    u->ids[u->n] = strdup(endpoint);
    return u->ids[u->n] == NULL ? ERR_NOMEM : (u->n++, 0);
}

/* Remembers that an endpoint depends on a group. */
static int group_used(struct project *p, const char *group, const char *endpoint)
{
    struct group_users *u = map_get(&p->group_endpoints, group);
    if (u == NULL) {
        u = calloc(1, sizeof *u);
        if (u == NULL || map_put(&p->group_endpoints, group, u, NULL) != 0) {
            free(u);
            return ERR_NOMEM;
        }
    }
    return users_add(u, endpoint);
}

int project_group_changed(struct project *p, const char *group_id)
{
    const struct group_users *u = map_get(&p->group_endpoints, group_id);
    int err = 0;
    for (size_t i = 0; u != NULL && i < u->n && err == 0; i++)
        err = ids_add(p, &p->endpoints, u->ids[i]);
    return err;
}

void project_groups_free(struct project *p)
{
    size_t pos = 0;
    const char *key;
    struct group_users *u;
    while ((u = map_next(&p->group_endpoints, &pos, &key)) != NULL) {
        for (size_t i = 0; i < u->n; i++)
            free(u->ids[i]);
        free(u->ids);
        free(u);
    }
    map_free(&p->group_endpoints);
}

/* Allow entries under construction, in p->scratch. */
struct allows {
    struct allow *list;
    size_t n, cap;
};

/* What an endpoint's groups allow so far. */
struct allowed {
    struct project *p;
    const char *endpoint;
    struct allows ingress, egress;
};

static int allow_add(struct project *p, struct allows *a, const struct allow *entry)
{
    if (a->n == a->cap) {
        size_t cap = a->cap * 2 + 8;
        struct allow *list = arena_zalloc(&p->scratch, cap, sizeof *list);
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

/* Adds an entry for a peer given as CIDR or address. */
static int allow_peer(struct project *p, struct allows *to, struct allow entry, const char *peer)
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
    return allow_add(p, to, &entry);
}

/* Protocol and ports of a rule. False: it is about something else than UDP and TCP. */
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

/* Interface ids of a group, read from its index before the interfaces themselves are. */
struct members {
    struct project *p;
    struct ids list;
    size_t skip; /* bytes of the key before the id */
};

static int member_found(void *ctx, const struct store_item *item)
{
    struct members *m = ctx;
    const char *key = arena_dup(&m->p->batch, item->key.data, item->key.len);
    return key == NULL ? ERR_NOMEM : ids_add(m->p, &m->list, key + m->skip);
}

/* Adds entries for all members of a group that a rule names. */
static int allow_group(struct allowed *a, struct allows *to, const struct allow *entry,
                       const char *group)
{
    struct project *p = a->p;
    struct members m = {.p = p};
    char *from = arena_printf(&p->scratch, "x/group-uses/%s/%s/", group, kind_interface.name);
    char *end = arena_str(&p->scratch, from);
    int err = end == NULL ? ERR_NOMEM : group_used(p, group, a->endpoint);
    if (err != 0)
        return err;
    m.skip = strlen(from);
    end[m.skip - 1]++; /* '/' to the next byte: behind all keys of the prefix */
    struct store_walk walk = {{from, m.skip}, {end, m.skip}, 0, member_found, &m};
    err = store_range(p->store, &walk, NULL);
    for (size_t i = 0; i < m.list.n && err == 0; i++) {
        struct obj_interface eni;
        err = project_get(p, &kind_interface, m.list.ids[i], &eni);
        if (err == 0)
            err = allow_peer(p, to, *entry, eni.private_ip);
        for (size_t k = 0; err == 0 && k < eni.ipv6_n; k++)
            err = allow_peer(p, to, *entry, eni.ipv6[k]);
        if (err == ERR_NOT_FOUND)
            err = 0;
    }
    return err;
}

/* Adds what one security group allows. */
static int group_read(struct allowed *a, const char *group_id)
{
    struct obj_group group;
    int err = group_used(a->p, group_id, a->endpoint);
    if (err == 0)
        err = project_get(a->p, &kind_group, group_id, &group);
    if (err != 0)
        return project_result(group_id, err);
    for (size_t i = 0; i < group.rules_n && err == 0; i++) {
        const struct obj_group_rule *r = &group.rules[i];
        struct allows *to = r->is_egress == TRI_TRUE ? &a->egress : &a->ingress;
        struct allow entry;
        if (!rule_read(r, &entry))
            continue;
        err = allow_peer(a->p, to, entry, r->cidr_ipv4);
        if (err == 0)
            err = allow_peer(a->p, to, entry, r->cidr_ipv6);
        if (err == 0 && r->referenced_group_id != NULL)
            err = allow_group(a, to, &entry, r->referenced_group_id);
    }
    return err;
}

/* The addresses of an endpoint, one entry for each family. Returns their number. */
static size_t addresses_read(const struct obj_endpoint *e, struct endpoint_address_desc *out)
{
    size_t n = 0;
    for (size_t i = 0; i < e->addresses_n; i++) {
        const struct obj_endpoint_address *a = &e->addresses[i];
        out[n].id = a->id;
        if (a->ip != NULL && addr_parse(a->ip, &out[n].addr) == 0)
            n++;
        out[n].id = a->id;
        if (a->ipv6 != NULL && addr_parse(a->ipv6, &out[n].addr) == 0)
            n++;
    }
    return n;
}

int project_endpoint(struct project *p, const char *id)
{
    struct obj_endpoint e;
    struct allowed a = {.p = p, .endpoint = id};
    int err = project_get(p, &kind_endpoint, id, &e);
    if (err == ERR_NOT_FOUND)
        return project_result(id, compile_endpoint_del(p->compiler, id));
    for (size_t i = 0; err == 0 && i < e.security_group_ids_n; i++)
        err = group_read(&a, e.security_group_ids[i]);
    if (err != 0)
        return project_result(id, err);
    struct endpoint_address_desc *addresses =
        arena_zalloc(&p->scratch, 2 * e.addresses_n + 1, sizeof *addresses);
    if (addresses == NULL)
        return ERR_NOMEM;
    struct endpoint_desc d = {
        .id = id,
        .vpc_id = e.host_vpc_id,
        .direction = strcmp(e.direction, "INBOUND") == 0    ? DIRECTION_INBOUND
                     : strcmp(e.direction, "OUTBOUND") == 0 ? DIRECTION_OUTBOUND
                                                            : DIRECTION_INBOUND_DELEGATION,
        .addresses = addresses,
        .addresses_n = addresses_read(&e, addresses),
        .dns64 = e.dns64_enabled == TRI_TRUE,
        .ingress = a.ingress.list,
        .ingress_n = a.ingress.n,
        .egress = a.egress.list,
        .egress_n = a.egress.n,
    };
    return project_result(id, compile_endpoint(p->compiler, &d));
}
