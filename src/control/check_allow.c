/* SPDX-License-Identifier: Apache-2.0 */
/* What the security groups of an endpoint allow, for the check of a design. */
#include <netinet/in.h>
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"
#include "model/snapshot.h"

#define DNS_PORT 53

/* Interfaces of a group that a rule names as its peer. */
struct members {
    struct check *k;
    struct allows *to;
    const struct allow *entry;
    size_t skip; /* bytes of the key before the interface's id */
};

static int member_add(void *ctx, const char *key, const char *value)
{
    const struct members *m = ctx;
    struct obj_interface eni;
    int err = ctl_get(m->k->c, &kind_interface, key + m->skip, &eni);

    (void)value;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    return allows_add_interface(m->to, m->entry, &eni);
}

static int members_add(void *ctx, const char *group, struct allows *to, const struct allow *entry)
{
    struct check *k = ctx;
    char *prefix = arena_printf(k->c->arena, "%s/%s/", group, kind_interface.name);
    struct members m = {k, to, entry, prefix ? strlen(prefix) : 0};

    return prefix ? ctl_index_list(k->c, "group-uses", prefix, member_add, &m) : ERR_NOMEM;
}

int check_allow_read(struct check *k, struct check_endpoint *e)
{
    struct allow_reader r = {{.arena = k->c->arena}, {.arena = k->c->arena}, members_add, k};
    int err = 0;

    for (size_t i = 0; i < e->endpoint->security_group_ids_n && !err; i++) {
        struct obj_group group;

        err = ctl_get(k->c, &kind_group, e->endpoint->security_group_ids[i], &group);
        if (!err)
            err = allow_group_read(&r, &group);
        else if (err == ERR_NOT_FOUND)
            err = 0;
    }
    e->ingress = r.ingress;
    e->egress = r.egress;
    return err;
}

static bool allowed(const struct allows *a, const struct addr *peer, uint16_t port)
{
    return allow_find(a->list, (unsigned)a->n, peer, IPPROTO_UDP, port) ||
           allow_find(a->list, (unsigned)a->n, peer, IPPROTO_TCP, port);
}

const char *check_target_ip(const struct obj_target *t)
{
    return t->ip ? t->ip : t->ipv6 ? t->ipv6 : "";
}

enum reach check_target_reach(const struct check_endpoint *e, const struct obj_target *t)
{
    struct addr addr;

    if (!(t->ip ? e->ipv4 : e->ipv6) || addr_parse(check_target_ip(t), &addr) != 0)
        return REACH_FAMILY;
    return allowed(&e->egress, &addr, t->port.set ? (uint16_t)t->port.v : DNS_PORT) ? REACH_OK
                                                                                    : REACH_BLOCKED;
}

/* True if an entry lets anyone ask on port 53. */
static bool serves(const struct allow *a)
{
    return a->port_from <= DNS_PORT && a->port_to >= DNS_PORT;
}

bool check_ingress_open(const struct check_endpoint *e)
{
    for (size_t i = 0; i < e->ingress.n; i++)
        if (serves(&e->ingress.list[i]))
            return true;
    return false;
}

bool check_ingress_lets(const struct check_endpoint *in, const struct check_endpoint *from,
                        bool ipv4)
{
    for (size_t i = 0; i < from->endpoint->addresses_n; i++) {
        const struct obj_endpoint_address *a = &from->endpoint->addresses[i];
        const char *text = ipv4 ? a->ip : a->ipv6;
        struct addr addr;

        if (text && addr_parse(text, &addr) == 0 && allowed(&in->ingress, &addr, DNS_PORT))
            return true;
    }
    return false;
}
