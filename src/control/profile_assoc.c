/* SPDX-License-Identifier: Apache-2.0 */
/* Associations of profiles with VPCs (spec: profiles-ram-zones-ec2.md 1.8, 1.9).
 *
 * Two forms of the service live side by side. Clients of the first one know no priorities: their
 * associations have none, and a VPC takes no second profile. In the newer form a VPC has several,
 * each with a priority that no other association of the VPC has; so whoever wants a second one
 * first gives the association that is there a priority (UpdateProfileAssociation) and then makes
 * the new one with another priority. One that has a priority keeps it, also when it is alone
 * again. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "control/profile_priv.h"
#include "model/desc.h"

#define NO_PRIORITY 0 /* in the index "vpc-profiles" */

static char *pair_key(struct ctl *c, const char *profile_id, const char *vpc_id)
{
    return arena_printf(c->arena, "%s/%s", profile_id, vpc_id);
}

static char *place_key(struct ctl *c, const struct obj_profile_association *a)
{
    return arena_printf(c->arena, "%s/%05lld/%s", a->resource_id,
                        (long long)(a->priority.set ? a->priority.v : NO_PRIORITY), a->id);
}

static struct prof_profile_association association_view(const struct obj_profile_association *a)
{
    return (struct prof_profile_association){
        .creation_time = a->creation_time,
        .id = a->id,
        .modification_time = a->modification_time,
        .name = a->name,
        .owner_id = a->owner_account,
        .priority = a->priority,
        .profile_id = a->profile_id,
        .resource_id = a->resource_id,
        .status = "COMPLETE",
        .status_message = "Created Profile Association",
    };
}

/* The answer to a call: reads show COMPLETE, mutations what is under way. */
static int association_answer(struct ctl *c, const struct obj_profile_association *a,
                              const char *status, struct prof_profile_association **ret)
{
    static const struct {
        const char *status, *message;
    } messages[] = {
        {"CREATING", "Creating Profile Association"},
        {"UPDATING", "Updating Profile Association"},
        {"DELETING", "Deleting Profile Association"},
    };
    struct prof_profile_association *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v)
        return ERR_NOMEM;
    *v = association_view(a);
    v->status = status;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (strcmp(messages[i].status, status) == 0)
            v->status_message = messages[i].message;
    *ret = v;
    return 0;
}

static int association_missing(struct ctl *c, const char *what)
{
    return resolver_fault_type(c,
                               ctl_fail(c, FAULT_ResourceNotFoundException,
                                        "Can't find the resource with ID \"%s\".", what),
                               kind_profile_assoc.name);
}

static int association_get(struct ctl *c, const char *id, struct obj_profile_association *ret)
{
    int err = ctl_get_own(c, &kind_profile_assoc, id, ret);

    return err == ERR_NOT_FOUND ? association_missing(c, id) : err;
}

/* How many VPCs of anybody the profile has. */
static int vpcs_count(struct ctl *c, const char *profile_id, int64_t *ret)
{
    const char *text = "0";
    int err = ctl_index_get(c, "profile-vpcs", profile_id, &text);

    if (err && err != ERR_NOT_FOUND)
        return err;
    *ret = strtoll(text, NULL, 10);
    return 0;
}

static int vpcs_count_put(struct ctl *c, const char *profile_id, int64_t n)
{
    char *text = arena_printf(c->arena, "%lld", (long long)n);

    return text ? ctl_index_put(c, "profile-vpcs", profile_id, text) : ERR_NOMEM;
}

int profile_unused(struct ctl *c, const char *profile_id)
{
    int64_t n = 0;
    int err = vpcs_count(c, profile_id, &n);

    if (!err && n > 0)
        return ctl_fail(c, FAULT_ConflictException,
                        "The Route 53 Profile '%s' is associated with VPCs. Disassociate them "
                        "before deleting it.",
                        profile_id);
    return err ? err : guard_drop(c, "profile-vpcs", profile_id);
}

/* Looks at the other associations of a VPC. */
struct places {
    struct ctl *c;
    const struct obj_profile_association *a; /* the one that wants a place */
    size_t others;
};

static int place_see(void *ctx, const char *key, const char *profile_id)
{
    struct places *w = ctx;
    const struct obj_profile_association *a = w->a;
    const char *place = strchr(key, '/') + 1;
    long long priority = strtoll(place, NULL, 10);

    if (strcmp(strchr(place, '/') + 1, a->id) == 0)
        return 0;
    if (!a->priority.set || priority == NO_PRIORITY)
        return resolver_fault_type(
            w->c,
            ctl_fail(w->c, FAULT_ResourceExistsException,
                     "The VPC '%s' is already associated with the Route 53 Profile '%s'.%s",
                     a->resource_id, profile_id,
                     a->priority.set ? " Give that association a priority first." : ""),
            kind_profile_assoc.name);
    if (priority == a->priority.v)
        return ctl_fail(w->c, FAULT_ValidationException,
                        "The priority %lld is already used by another Route 53 Profile association "
                        "of the VPC '%s'.",
                        priority, a->resource_id);
    if (++w->others >= VPC_PROFILES)
        return resolver_fault_type(w->c,
                                   ctl_fail(w->c, FAULT_LimitExceededException,
                                            "VPC '%s' has exceeded 'max-profiles-per-vpc'.",
                                            a->resource_id),
                                   "max-profiles-per-vpc");
    return 0;
}

/* The VPC has a place for this association among its others. */
static int place_check(struct ctl *c, const struct obj_profile_association *a)
{
    struct places w = {c, a, 0};
    char *prefix = arena_printf(c->arena, "%s/", a->resource_id);
    int err = prefix ? guard_touch(c, "vpc-profiles", a->resource_id) : ERR_NOMEM;

    return err ? err : ctl_index_list(c, "vpc-profiles", prefix, place_see, &w);
}

/* What forbids a new association. */
static int associate_check(struct ctl *c, const struct obj_profile_association *a,
                           int64_t *ret_vpcs)
{
    char *pair = pair_key(c, a->profile_id, a->resource_id);
    const char *other;
    int err = pair ? ctl_index_get(c, "profile-vpcs", pair, &other) : ERR_NOMEM;

    if (err == 0)
        return resolver_fault_type(
            c,
            ctl_fail(c, FAULT_ResourceExistsException,
                     "The VPC '%s' is already associated with the Route 53 Profile '%s'.",
                     a->resource_id, a->profile_id),
            kind_profile_assoc.name);
    if (err != ERR_NOT_FOUND)
        return err;
    err = place_check(c, a);
    if (!err)
        err = vpcs_count(c, a->profile_id, ret_vpcs);
    if (!err && *ret_vpcs >= PROFILE_VPCS_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Route 53 Profile '%s' has exceeded "
                                            "'max-vpcs-per-profile'.",
                                            a->profile_id),
                                   "max-vpcs-per-profile");
    return err;
}

/* Writes a new association, its indexes and the count. */
static int association_put(struct ctl *c, struct obj_profile_association *a, int64_t vpcs)
{
    char *pair = pair_key(c, a->profile_id, a->resource_id);
    char *place = place_key(c, a);
    int err = pair && place ? ctl_index_put(c, "profile-vpcs", pair, a->id) : ERR_NOMEM;

    if (!err)
        err = ctl_index_put(c, "vpc-profiles", place, a->profile_id);
    if (!err)
        err = vpcs_count_put(c, a->profile_id, vpcs + 1);
    return err ? err : ctl_put(c, &kind_profile_assoc, a->id, a);
}

/* The tags of a new association. */
static int association_tags(struct ctl *c, const struct prof_associate_profile_request *in,
                            struct obj_profile_association *a)
{
    struct tags_new tags = {NULL, in->tags_n, FAULT_InvalidParameterException};
    struct rslvr_tag *list;
    int err = profile_tags_list(c, in->tags, in->tags_n, &list);

    if (err)
        return err;
    tags.list = list;
    return resolver_tags_add(c, &tags, &a->tags, &a->tags_n);
}

int prof_associate_profile(struct ctl *c, const struct prof_associate_profile_request *in,
                           struct prof_associate_profile_response *out)
{
    const struct access_key vpc_key = {"route53profiles:ResourceIds",
                                       (const char *const *)&in->resource_id, 1};
    struct access access = {
        .action = "route53profiles:AssociateProfile", .keys = &vpc_key, .keys_n = 1};
    struct obj_profile_association a = {
        .owner_account = c->account,
        .id = ctl_new_id(c, "rpassoc-", 17),
        .profile_id = in->profile_id,
        .resource_id = in->resource_id,
        .name = in->name,
        .priority = in->priority,
        .creation_time = ctl_time(c, 3),
    };
    struct obj_profile profile;
    struct obj_vpc vpc;
    int64_t vpcs = 0;
    int err = profile_get(c, in->profile_id, &access, &profile);

    if (err)
        return err;
    if (!a.id || !a.creation_time)
        return ERR_NOMEM;
    a.modification_time = a.creation_time;
    err = ctl_get_own(c, &kind_vpc, in->resource_id, &vpc);
    if (err == ERR_NOT_FOUND)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "Can't find the resource with ID \"%s\".",
                                            in->resource_id),
                                   "vpc");
    if (!err)
        err = associate_check(c, &a, &vpcs);
    if (!err)
        err = association_tags(c, in, &a);
    if (!err)
        err = association_put(c, &a, vpcs);
    return err ? err : association_answer(c, &a, "CREATING", &out->profile_association);
}

int prof_get_profile_association(struct ctl *c,
                                 const struct prof_get_profile_association_request *in,
                                 struct prof_get_profile_association_response *out)
{
    struct obj_profile_association a;
    int err = association_get(c, in->profile_association_id, &a);

    return err ? err : association_answer(c, &a, "COMPLETE", &out->profile_association);
}

/* Gives an association a place of its own among those of the VPC. */
static int association_move(struct ctl *c, struct obj_profile_association *a, int64_t priority)
{
    char *before = place_key(c, a), *after;
    int err;

    a->priority = (struct opt_int){true, priority};
    after = place_key(c, a);
    if (!before || !after)
        return ERR_NOMEM;
    err = place_check(c, a);
    if (!err)
        err = ctl_index_del(c, "vpc-profiles", before);
    return err ? err : ctl_index_put(c, "vpc-profiles", after, a->profile_id);
}

int prof_update_profile_association(struct ctl *c,
                                    const struct prof_update_profile_association_request *in,
                                    struct prof_update_profile_association_response *out)
{
    struct obj_profile_association a;
    int err = association_get(c, in->profile_association_id, &a);

    if (!err && !in->name && !in->priority.set)
        return ctl_fail(c, FAULT_ValidationException, "Specify a name, a priority, or both.");
    if (!err && in->priority.set)
        err = association_move(c, &a, in->priority.v);
    if (err)
        return err;
    if (in->name)
        a.name = in->name;
    a.modification_time = ctl_time(c, 3);
    if (!a.modification_time)
        return ERR_NOMEM;
    err = ctl_put(c, &kind_profile_assoc, a.id, &a);
    return err ? err : association_answer(c, &a, "UPDATING", &out->profile_association);
}

int profile_association_remove(struct ctl *c, const struct obj_profile_association *a)
{
    char *pair = pair_key(c, a->profile_id, a->resource_id);
    char *place = place_key(c, a);
    int64_t vpcs = 0;
    int err = pair && place ? ctl_index_del(c, "profile-vpcs", pair) : ERR_NOMEM;

    if (!err)
        err = ctl_index_del(c, "vpc-profiles", place);
    if (!err)
        err = vpcs_count(c, a->profile_id, &vpcs);
    if (!err)
        err = vpcs_count_put(c, a->profile_id, vpcs > 0 ? vpcs - 1 : 0);
    return err ? err : ctl_del(c, &kind_profile_assoc, a->id, a);
}

int prof_disassociate_profile(struct ctl *c, const struct prof_disassociate_profile_request *in,
                              struct prof_disassociate_profile_response *out)
{
    const struct access_key vpc_key = {"route53profiles:ResourceIds",
                                       (const char *const *)&in->resource_id, 1};
    struct access access = {
        .action = "route53profiles:DisassociateProfile", .keys = &vpc_key, .keys_n = 1};
    char *pair = pair_key(c, in->profile_id, in->resource_id);
    struct obj_profile_association a;
    struct obj_profile profile;
    const char *id;
    int err = profile_get(c, in->profile_id, &access, &profile);

    if (err)
        return err;
    err = pair ? ctl_index_get(c, "profile-vpcs", pair, &id) : ERR_NOMEM;
    if (!err)
        err = ctl_get_own(c, &kind_profile_assoc, id, &a);
    if (err == ERR_NOT_FOUND)
        return association_missing(c, pair);
    if (!err)
        err = profile_association_remove(c, &a);
    return err ? err : association_answer(c, &a, "DELETING", &out->profile_association);
}

/* A listing of the caller's associations. */
struct association_list {
    struct page page;
    const struct prof_list_profile_associations_request *in;
};

static int association_each(void *ctx, const char *id, void *obj)
{
    struct association_list *l = ctx;
    const struct obj_profile_association *a = obj;
    struct prof_profile_association *slot;

    if ((l->in->profile_id && strcmp(l->in->profile_id, a->profile_id) != 0) ||
        (l->in->resource_id && strcmp(l->in->resource_id, a->resource_id) != 0))
        return 0;
    slot = page_add(&l->page, id);
    if (!slot)
        return CTL_STOP;
    *slot = association_view(a);
    return 0;
}

int prof_list_profile_associations(struct ctl *c,
                                   const struct prof_list_profile_associations_request *in,
                                   struct prof_list_profile_associations_response *out)
{
    struct association_list l = {
        .page = {.c = c,
                 .what = "ListProfileAssociations",
                 .size = sizeof *out->profile_associations},
        .in = in,
    };
    int err = page_begin(&l.page, in->max_results, in->next_token);

    if (!err)
        err = ctl_list(c, &kind_profile_assoc, l.page.after, association_each, &l);
    if (err)
        return err;
    out->profile_associations = l.page.items;
    out->profile_associations_n = l.page.n;
    out->next_token = page_token(&l.page);
    return 0;
}

static int forget_each(void *ctx, const char *key, const char *profile_id)
{
    struct ctl *c = ctx;
    struct obj_profile_association a;
    int err = ctl_get(c, &kind_profile_assoc, strrchr(key, '/') + 1, &a);

    (void)profile_id;
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err ? err : profile_association_remove(c, &a);
}

int profile_vpc_forget(struct ctl *c, const char *vpc_id)
{
    char *prefix = arena_printf(c->arena, "%s/", vpc_id);
    int err = prefix ? ctl_index_list(c, "vpc-profiles", prefix, forget_each, c) : ERR_NOMEM;

    return err ? err : guard_drop(c, "vpc-profiles", vpc_id);
}
