/* SPDX-License-Identifier: Apache-2.0 */
/* See ram_fixture.h. */
#include "ram_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

OP(ram_create_resource_share)
OP(ram_associate_resource_share)
OP(ram_disassociate_resource_share)
OP(ram_get_resource_share_associations)
OP(ram_get_resource_share_invitations)
OP(ram_accept_resource_share_invitation)

static int rule_put(struct ctl *c, const char *id, const char *arn)
{
    struct obj_rule rule = {
        .id = id, .arn = arn, .domain_name = "corp.internal.", .rule_type = "FORWARD"};

    return ctl_put(c, &kind_rule, id, &rule);
}

static int op_seed(struct ctl *c, const void *in, void *out)
{
    static const char *const accounts[] = {ACCOUNT, OTHER_ACCOUNT, THIRD_ACCOUNT};
    struct obj_profile profile = {.id = "rp-1", .arn = PROFILE, .name = "p"};
    int err = rule_put(c, "rslvr-rr-1", RULE);

    (void)in;
    (void)out;
    if (!err)
        err = rule_put(c, "rslvr-rr-2", RULE_2);
    if (!err)
        err = ctl_put(c, &kind_profile, profile.id, &profile);
    for (size_t i = 0; !err && i < N(accounts); i++) {
        struct obj_account account = {.owner_account = accounts[i], .id = accounts[i]};

        err = ctl_put(c, &kind_account, account.id, &account);
    }
    return err;
}

void ram_begin(struct fixture *f)
{
    char out;

    fixture_begin(f);
    assert_int_equal(fixture_run(f, op_seed, NULL, &out, sizeof out), 0);
}

void ram_wait(struct fixture *f, unsigned seconds)
{
    f->c.now_ns += seconds * 1000000000ull;
}

const char *ram_share(struct fixture *f, const char *name, const char *principal,
                      const char *resource)
{
    const struct ram_create_resource_share_request in = {
        .name = name,
        .principals = &principal,
        .principals_n = principal ? 1 : 0,
        .resource_arns = &resource,
        .resource_arns_n = resource ? 1 : 0,
    };
    struct ram_create_resource_share_response out;

    if (RUN(f, ram_create_resource_share, &in, &out) != 0)
        print_error("%s\n", f->c.fault.message);
    assert_non_null(out.resource_share);
    return out.resource_share->resource_share_arn;
}

int ram_add(struct fixture *f, const char *share, const char *principal, const char *resource)
{
    const struct ram_associate_resource_share_request in = {
        .resource_share_arn = share,
        .principals = &principal,
        .principals_n = principal ? 1 : 0,
        .resource_arns = &resource,
        .resource_arns_n = resource ? 1 : 0,
    };
    struct ram_associate_resource_share_response out;

    return RUN(f, ram_associate_resource_share, &in, &out);
}

int ram_remove(struct fixture *f, const char *share, const char *principal, const char *resource)
{
    const struct ram_disassociate_resource_share_request in = {
        .resource_share_arn = share,
        .principals = &principal,
        .principals_n = principal ? 1 : 0,
        .resource_arns = &resource,
        .resource_arns_n = resource ? 1 : 0,
    };
    struct ram_disassociate_resource_share_response out;
    int err = RUN(f, ram_disassociate_resource_share, &in, &out);

    if (!err)
        assert_string_equal(out.resource_share_associations[0].status, "DISASSOCIATING");
    return err;
}

const char *ram_invitation(struct fixture *f, size_t i, const char **ret_status)
{
    const struct ram_get_resource_share_invitations_request in = {0};
    struct ram_get_resource_share_invitations_response out;

    assert_int_equal(RUN(f, ram_get_resource_share_invitations, &in, &out), 0);
    if (i >= out.resource_share_invitations_n)
        return NULL;
    if (ret_status)
        *ret_status = out.resource_share_invitations[i].status;
    return out.resource_share_invitations[i].resource_share_invitation_arn;
}

int ram_accept(struct fixture *f, const char *invitation)
{
    const struct ram_accept_resource_share_invitation_request in = {.resource_share_invitation_arn =
                                                                        invitation};
    struct ram_accept_resource_share_invitation_response out;
    int err = RUN(f, ram_accept_resource_share_invitation, &in, &out);

    if (!err)
        assert_string_equal(out.resource_share_invitation->status, "ACCEPTED");
    return err;
}

const char *ram_status(struct fixture *f, const char *share, const char *type, const char *entity)
{
    const struct ram_get_resource_share_associations_request in = {
        .association_type = type, .resource_share_arns = &share, .resource_share_arns_n = 1};
    struct ram_get_resource_share_associations_response out;

    assert_int_equal(RUN(f, ram_get_resource_share_associations, &in, &out), 0);
    for (size_t i = 0; i < out.resource_share_associations_n; i++)
        if (strcmp(out.resource_share_associations[i].associated_entity, entity) == 0)
            return out.resource_share_associations[i].status;
    return "";
}

struct looking {
    const char *index, *key;
};

static int op_look(struct ctl *c, const void *in, void *out)
{
    const struct looking *l = in;
    int err = ctl_index_get(c, l->index, l->key, out);

    return err == ERR_NOT_FOUND ? 0 : err;
}

const char *ram_index(struct fixture *f, const char *index, const char *fmt, ...)
{
    char key[512];
    const struct looking l = {index, key};
    const char *value = NULL;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(key, sizeof key, fmt, ap);
    va_end(ap);
    assert_int_equal(fixture_run(f, op_look, &l, &value, sizeof value), 0);
    return value;
}

const char *ram_id(const char *arn)
{
    return strrchr(arn, '/') + 1;
}
