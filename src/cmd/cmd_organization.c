/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 organization: who is in an organization with whom, directly on the store. */
#include <stdio.h>

#include "cmd/local.h"
#include "control/organization.h"

const struct option_row options_organization[] = {
    {"store", "URL", "sqlite:bridge53.db", "where the state is", false},
    {"json", NULL, NULL, "print JSON", false},
    {0},
};

/* For --json, and the answers of the verbs. */
static void print_organization(struct ctl *c, const struct args *a,
                               const struct obj_organization *o)
{
    local_print(a, json_pack("{ssssssssss}", "Id", o->id, "Arn", organization_arn(c, o), "RootId",
                             o->root_id, "ManagementAccount", o->owner_account, "Sharing",
                             o->sharing_enabled == TRI_TRUE ? "enabled" : "disabled"));
}

static void print_unit(struct ctl *c, const struct args *a, const struct obj_organization_unit *u)
{
    local_print(a, json_pack("{ssssssss}", "Id", u->id, "Arn", organization_unit_arn(c, u), "Name",
                             u->name, "ParentId", u->parent_id));
}

static void print_account(const struct args *a, const struct obj_organization_account *m)
{
    local_print(a, json_pack("{ssssss}", "Account", m->id, "OrganizationId", m->organization_id,
                             "ParentId", m->parent_id));
}

static int create(struct ctl *c, const struct args *a)
{
    struct obj_organization o;
    int err = organization_create(c, a->words[1], &o);

    if (!err)
        print_organization(c, a, &o);
    return err;
}

static int add_ou(struct ctl *c, const struct args *a)
{
    struct obj_organization_unit u;
    int err = organization_unit_add(c, a->words[1], a->words[2], &u);

    if (!err)
        print_unit(c, a, &u);
    return err;
}

static int put_account(struct ctl *c, const struct args *a)
{
    struct obj_organization_account m;
    int err = organization_account_put(c, a->words[1], a->words[2], &m);

    if (!err)
        print_account(a, &m);
    return err;
}

static int remove_account(struct ctl *c, const struct args *a)
{
    return organization_account_remove(c, a->words[1]);
}

struct printing {
    struct ctl *c;
    const struct args *a;
};

static int print_entry(void *ctx, const struct organization_entry *e)
{
    const struct printing *p = ctx;

    if (args_has(p->a, "json")) {
        if (e->organization)
            print_organization(p->c, p->a, e->organization);
        else if (e->unit)
            print_unit(p->c, p->a, e->unit);
        else
            print_account(p->a, e->account);
    } else if (e->organization) {
        printf("%s  management account %s, root %s, sharing %s\n", e->organization->id,
               e->organization->owner_account, e->organization->root_id,
               e->organization->sharing_enabled == TRI_TRUE ? "enabled" : "disabled");
    } else if (e->unit) {
        printf("%s  in %s  %s\n", e->unit->id, e->unit->parent_id, e->unit->name);
    } else {
        printf("%s  in %s\n", e->account->id, e->account->parent_id);
    }
    return 0;
}

static int list(struct ctl *c, const struct args *a)
{
    struct printing p = {c, a};

    return organization_list(c, print_entry, &p);
}

static const struct local_verb verbs[] = {
    {"create", 2, create},
    {"add-ou", 3, add_ou},
    {"add-account", 3, put_account},
    {"move-account", 3, put_account},
    {"remove-account", 2, remove_account},
    {"list", 1, list},
    {0},
};

int cmd_organization(const struct args *a)
{
    return local_run(a, verbs);
}
