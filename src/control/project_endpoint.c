/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints joined with their security groups: what the groups' rules allow becomes a flat list of
 * peers.
 *
 * A rule may name another group: then its peers are the addresses of that group's interfaces. So an
 * endpoint is compiled again when any group that it was compiled with changes its rules or its
 * members. */
#include "control/project_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/allow.h"
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

/* What an endpoint's groups allow so far. */
struct allowed {
    struct project *p;
    const char *endpoint;
    struct allow_reader groups;
};

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
static int members_add(void *ctx, const char *group, struct allows *to, const struct allow *entry)
{
    struct allowed *a = ctx;
    struct project *p = a->p;
    struct members m = {.p = p};
    const char *prefix = arena_printf(&p->scratch, "group-uses/%s/%s/", group, kind_interface.name);
    int err = prefix == NULL ? ERR_NOMEM : group_used(p, group, a->endpoint);
    if (err != 0)
        return err;
    m.skip = strlen("x/") + strlen(prefix);
    err = project_index(p, &(struct project_walk){prefix, 0, member_found, &m});
    for (size_t i = 0; i < m.list.n && err == 0; i++) {
        struct obj_interface eni;
        err = project_get(p, &kind_interface, m.list.ids[i], &eni);
        if (err == 0)
            err = allows_add_interface(to, entry, &eni);
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
    return allow_group_read(&a->groups, &group);
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
    struct allowed a = {p, id, {{.arena = &p->scratch}, {.arena = &p->scratch}, members_add, &a}};
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
        .ingress = a.groups.ingress.list,
        .ingress_n = a.groups.ingress.n,
        .egress = a.groups.egress.list,
        .egress_n = a.groups.egress.n,
    };
    return project_result(id, compile_endpoint(p->compiler, &d));
}
