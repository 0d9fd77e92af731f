/* SPDX-License-Identifier: Apache-2.0 */
/* What VPCs and profiles have at which name, and where a name leads to. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "control/check_priv.h"
#include "control/zone_name.h"

#define ID_TEXT 80 /* bytes of the longest id of a VPC or profile in a key, NUL included */

/* The key of a name. False: too long to be there. */
static bool name_key(const char *id, const char *name, char *buf, size_t size)
{
    int n = snprintf(buf, size, "%s %s", id, name);

    return n > 0 && (size_t)n < size;
}

struct check_name *check_name_at(const struct check *k, const char *id, const char *name)
{
    char key[ID_TEXT + ZONE_NAME_TEXT];

    return name_key(id, name, key, sizeof key) ? map_get(&k->names, key) : NULL;
}

int check_name_make(struct check *k, const char *id, const char *name, struct check_name **ret)
{
    char key[ID_TEXT + ZONE_NAME_TEXT];

    *ret = check_name_at(k, id, name);
    if (*ret)
        return 0;
    *ret = arena_zalloc(k->c->arena, 1, sizeof **ret);
    if (!*ret || !name_key(id, name, key, sizeof key))
        return ERR_NOMEM;
    return map_put(&k->names, key, *ret, NULL);
}

const char *check_name_parent(const char *name)
{
    const char *dot = strchr(name, '.'); /* a dot inside a label is escaped as \056 */

    if (!dot || strcmp(name, ".") == 0)
        return NULL;
    return dot[1] ? dot + 1 : ".";
}

/* Notes the names above that of a FORWARD rule. Once they are known, those above them are. */
static int cuts_note(struct check *k, const char *name)
{
    int err = 0;

    while (!err && (name = check_name_parent(name)) && !map_get(&k->cuts, name))
        err = map_put(&k->cuts, name, k, NULL);
    return err;
}

int check_name_rule(struct check *k, const char *id, struct check_rule *r)
{
    struct check_name *n;
    int err;

    if (!r->forward && !r->system)
        return 0;
    err = check_name_make(k, id, r->rule->domain_name, &n);
    /* Should there be two of a name, the smaller id wins (model/compile_table.c). */
    if (!err && (!n->rule || strcmp(r->rule->id, n->rule->rule->id) < 0))
        n->rule = r;
    return err || !r->forward ? err : cuts_note(k, r->rule->domain_name);
}

int check_name_zone(struct check *k, const char *id, struct check_zone *z)
{
    struct check_name *n;
    int err = check_name_make(k, id, z->zone->name, &n);

    if (!err && (!n->zone || strcmp(z->zone->id, n->zone->zone->id) < 0))
        n->zone = z;
    return err;
}

/* A route under way. */
struct routing {
    bool private;
    bool system;  /* a SYSTEM rule has cut the name out of all rules */
    bool decided; /* ret is final */
    struct check_route ret;
};

/* What one side, the VPC's own or a profile's, has to say at a name. */
static void side_route(struct routing *r, const struct check_name *n, struct check_profile *p)
{
    if (!n || r->decided)
        return;
    if (n->rule && !r->system) {
        r->system = n->rule->system;
        r->decided = n->rule->forward;
        r->ret.rule = n->rule->forward ? n->rule : NULL;
    }
    if (!r->decided && n->zone && r->private) {
        r->decided = true;
        r->ret.zone = n->zone;
    }
    r->ret.profile = r->decided ? p : NULL;
}

struct check_route check_route(const struct check *k, const struct check_vpc *vpc,
                               const struct check_stack *stack, const char *name)
{
    struct routing r = {.private = vpc ? vpc->private : stack->private};

    for (; name && !r.decided; name = check_name_parent(name)) {
        const struct check_name *own = vpc ? check_name_at(k, vpc->vpc->id, name) : NULL;

        side_route(&r, own, NULL);
        for (size_t i = 0; stack && i < stack->profiles_n && !r.decided; i++)
            side_route(&r, check_name_at(k, stack->profiles[i]->id, name), stack->profiles[i]);
        r.decided |= own && own->autodefined && r.private;
    }
    return r.ret;
}
