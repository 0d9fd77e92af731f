/* SPDX-License-Identifier: Apache-2.0 */
/* Resources in profiles (spec: profiles-ram-zones-ec2.md 1.5, 1.8): zones, rules, firewall rule
 * groups, query log configs, interface endpoints.
 *
 * An account puts only resources of its own into a profile, which may be another account's. The
 * owner of the profile removes any of them. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "control/profile_priv.h"

#define UPDATE_ACTION "route53profiles:UpdateProfileResourceAssociation"

/* What a read, or a mutation under way, says of an association. */
enum moment { MOMENT_NOW, MOMENT_CREATE, MOMENT_UPDATE, MOMENT_DELETE };

static const char *message(struct ctl *c, const struct obj_profile_resource *r, enum moment moment)
{
    static const char *const firewall[] = {
        [MOMENT_NOW] = "Completed creation of Profile to DNS Firewall rule group association",
        [MOMENT_CREATE] = "Updating the Profile to DNS Firewall rule group association",
        [MOMENT_UPDATE] = "Updating the Profile to DNS Firewall rule group association",
        [MOMENT_DELETE] = "Deleting the Profile to DNS Firewall rule group association",
    };
    static const char *const verbs[] = {
        [MOMENT_NOW] = "Created",
        [MOMENT_CREATE] = "Creating",
        [MOMENT_UPDATE] = "Updating",
        [MOMENT_DELETE] = "Deleting",
    };

    if (profile_type_find(r->resource_type) == PROFILE_FIREWALL)
        return firewall[moment];
    return arena_printf(c->arena, "%s %s to %s association", verbs[moment], r->profile_id,
                        r->resource_id);
}

static const char *status(const struct obj_profile_resource *r, enum moment moment)
{
    switch (moment) {
    case MOMENT_NOW:
        return "COMPLETE";
    case MOMENT_CREATE: /* the service's own way with firewall rule groups */
        return profile_type_find(r->resource_type) == PROFILE_FIREWALL ? "UPDATING" : "CREATING";
    case MOMENT_UPDATE:
        return "UPDATING";
    case MOMENT_DELETE:
        return "DELETING";
    }
    return "FAILED";
}

static int resource_view(struct ctl *c, const struct obj_profile_resource *r, enum moment moment,
                         struct prof_profile_resource_association *ret)
{
    *ret = (struct prof_profile_resource_association){
        .creation_time = r->creation_time,
        .id = r->id,
        .modification_time = r->modification_time,
        .name = r->name,
        .owner_id = r->owner_account,
        .profile_id = r->profile_id,
        .resource_arn = r->resource_arn,
        .resource_properties = r->resource_properties,
        .resource_type = r->resource_type,
        .status = status(r, moment),
        .status_message = message(c, r, moment),
    };
    return ret->status_message ? 0 : ERR_NOMEM;
}

static int resource_answer(struct ctl *c, const struct obj_profile_resource *r, enum moment moment,
                           struct prof_profile_resource_association **ret)
{
    struct prof_profile_resource_association *v = arena_zalloc(c->arena, 1, sizeof *v);

    *ret = v;
    return v ? resource_view(c, r, moment, v) : ERR_NOMEM;
}

static int resource_missing(struct ctl *c, const char *what)
{
    return resolver_fault_type(c,
                               ctl_fail(c, FAULT_ResourceNotFoundException,
                                        "Can't find the resource with ID \"%s\".", what),
                               kind_profile_resource.name);
}

/* The two indexes of an association. */
static int resource_keys(struct ctl *c, const struct obj_profile_resource *r, char **ret_in_profile,
                         char **ret_of_resource)
{
    *ret_in_profile = arena_printf(c->arena, "%s/%s", r->profile_id, r->resource_arn);
    *ret_of_resource = arena_printf(c->arena, "%s/%s", r->resource_id, r->profile_id);
    return *ret_in_profile && *ret_of_resource ? 0 : ERR_NOMEM;
}

/* How many resources of each type are in a profile. */
struct counts {
    long long n[PROFILE_TYPES_N];
};

static int counts_read(struct ctl *c, const char *profile_id, struct counts *ret)
{
    const char *text = "";
    int err = ctl_index_get(c, "profile-resources", profile_id, &text);

    memset(ret, 0, sizeof *ret);
    if (err && err != ERR_NOT_FOUND)
        return err;
    (void)sscanf(text, "%lld %lld %lld %lld %lld", &ret->n[0], &ret->n[1], &ret->n[2], &ret->n[3],
                 &ret->n[4]);
    return 0;
}

_Static_assert(PROFILE_TYPES_N == 5, "counts_read and counts_write name each type");

static int counts_write(struct ctl *c, const char *profile_id, const struct counts *counts)
{
    char *text = arena_printf(c->arena, "%lld %lld %lld %lld %lld", counts->n[0], counts->n[1],
                              counts->n[2], counts->n[3], counts->n[4]);

    return text ? ctl_index_put(c, "profile-resources", profile_id, text) : ERR_NOMEM;
}

/* One resource more of that type, if the quota allows it. */
static int counts_add(struct ctl *c, const char *profile_id, enum profile_type type)
{
    struct counts counts;
    int err = counts_read(c, profile_id, &counts);

    if (err)
        return err;
    if (counts.n[type] >= profile_types[type].max)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Route 53 Profile '%s' has exceeded '%s'.", profile_id,
                                            profile_types[type].quota),
                                   profile_types[type].quota);
    counts.n[type]++;
    return counts_write(c, profile_id, &counts);
}

/* Whether what the request names can be put into a profile by the caller. */
static int target_check(struct ctl *c, const struct profile_target *t)
{
    if (t->type == PROFILE_TYPES_N)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "The resource ARN '%s' is not of a type that a Route "
                                             "53 Profile can hold.",
                                             t->arn),
                                    "ResourceArn");
    if (!t->owner)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_ResourceNotFoundException,
                                            "Can't find the resource with ID \"%s\".", t->arn),
                                   profile_types[t->type].name);
    if (t->type == PROFILE_RULE && strcmp(t->obj.rule.rule_type, "DELEGATE") == 0)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "Resolver rules of type DELEGATE cannot be associated "
                                             "with a Route 53 Profile."),
                                    "ResourceArn");
    if (t->type == PROFILE_ENDPOINT && t->obj.endpoint.private_dns_names_n == 0)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "The VPC endpoint '%s' has no private DNS name.",
                                             t->id),
                                    "ResourceArn");
    return 0;
}

/* Whether the caller may do `action` to a profile and this resource. The permission is asked before
 * anything else: who may not change the profile learns nothing about the resource. ERR_NOT_FOUND
 * (no fault), or ERR_FAULT. */
static int request_check(struct ctl *c, const char *action, const char *profile_id,
                         const struct profile_target *t)
{
    struct profile_conditions conditions;
    struct access access = {.action = action, .keys = conditions.keys};
    struct obj_profile profile;
    int err = profile_conditions_make(c, t, &conditions);

    access.keys_n = conditions.n;
    return err ? err : shared_get(c, &kind_profile, profile_id, &access, &profile);
}

/* Writes a new association with its indexes, if nothing like it is in the profile. */
static int resource_put(struct ctl *c, struct obj_profile_resource *r,
                        const struct profile_target *t)
{
    char *in_profile, *of_resource;
    const char *other;
    int err = resource_keys(c, r, &in_profile, &of_resource);

    if (!err)
        err = ctl_index_get(c, "profile-resources", in_profile, &other);
    if (err == 0)
        return ctl_fail(c, FAULT_ConflictException,
                        "The resource '%s' is already associated with the Route 53 Profile '%s'.",
                        r->resource_arn, r->profile_id);
    if (err != ERR_NOT_FOUND)
        return err;
    err = counts_add(c, r->profile_id, t->type);
    if (!err)
        err = profile_keys_take(c, r, t);
    if (!err)
        err = guard_touch(c, "resource-profiles", r->resource_id);
    if (!err)
        err = ctl_index_put(c, "profile-resources", in_profile, r->id);
    if (!err)
        err = ctl_index_put(c, "resource-profiles", of_resource, r->id);
    return err ? err : ctl_put(c, &kind_profile_resource, r->id, r);
}

int prof_associate_resource_to_profile(struct ctl *c,
                                       const struct prof_associate_resource_to_profile_request *in,
                                       struct prof_associate_resource_to_profile_response *out)
{
    struct obj_profile_resource r = {
        .owner_account = c->account,
        .id = ctl_new_id(c, "rpr-", 17),
        .profile_id = in->profile_id,
        .resource_arn = in->resource_arn,
        .name = in->name,
        .creation_time = ctl_time(c, 3),
    };
    struct profile_target t;
    int err = profile_target_read(c, in->resource_arn, &t);

    if (err)
        return err;
    if (!r.id || !r.creation_time)
        return ERR_NOMEM;
    r.modification_time = r.creation_time;
    profile_priority_peek(in->resource_properties, &t);
    err = request_check(c, "route53profiles:AssociateResourceToProfile", in->profile_id, &t);
    if (err == ERR_NOT_FOUND)
        return profile_missing(c, in->profile_id);
    if (!err)
        err = target_check(c, &t);
    if (!err)
        err = profile_properties_read(c, &t, in->resource_properties, &r.resource_properties);
    if (err)
        return err;
    r.resource_id = t.id;
    r.resource_type = profile_types[t.type].name;
    err = resource_put(c, &r, &t);
    return err ? err : resource_answer(c, &r, MOMENT_CREATE, &out->profile_resource_association);
}

/* The association with that id, if the caller may do `action` to its profile. */
static int resource_get(struct ctl *c, const char *id, const char *action,
                        struct obj_profile_resource *ret, struct profile_target *ret_target)
{
    int err = ctl_get(c, &kind_profile_resource, id, ret);

    if (!err)
        err = profile_target_load(c, ret, ret_target);
    if (!err)
        err = request_check(c, action, ret->profile_id, ret_target);
    /* one answer for both: who has no share of the profile must not learn what is in it */
    return err == ERR_NOT_FOUND ? resource_missing(c, id) : err;
}

int prof_get_profile_resource_association(
    struct ctl *c, const struct prof_get_profile_resource_association_request *in,
    struct prof_get_profile_resource_association_response *out)
{
    struct obj_profile_resource r;
    struct profile_target t;
    int err = resource_get(c, in->profile_resource_association_id,
                           "route53profiles:GetProfileResourceAssociation", &r, &t);

    return err ? err : resource_answer(c, &r, MOMENT_NOW, &out->profile_resource_association);
}

/* Takes new properties over, with what they change of the profile's keys. */
static int properties_change(struct ctl *c, struct obj_profile_resource *r,
                             struct profile_target *t, const char *text)
{
    const struct profile_target before = *t;
    int err = profile_properties_read(c, t, text, &r->resource_properties);

    if (err || t->type != PROFILE_FIREWALL || t->priority.v == before.priority.v)
        return err;
    /* a share may allow some priorities only: the old one was asked about already */
    err = request_check(c, UPDATE_ACTION, r->profile_id, t);
    if (!err)
        err = profile_keys_take(c, r, t);
    return err ? err : profile_keys_free(c, r, &before);
}

int prof_update_profile_resource_association(
    struct ctl *c, const struct prof_update_profile_resource_association_request *in,
    struct prof_update_profile_resource_association_response *out)
{
    struct obj_profile_resource r;
    struct profile_target t;
    int err = resource_get(c, in->profile_resource_association_id, UPDATE_ACTION, &r, &t);

    if (!err && !in->name && !in->resource_properties)
        return ctl_fail(c, FAULT_InvalidParameterException,
                        "Specify a name, resource properties, or both.");
    if (!err && in->resource_properties)
        err = properties_change(c, &r, &t, in->resource_properties);
    if (err)
        return err;
    if (in->name)
        r.name = in->name;
    r.modification_time = ctl_time(c, 3);
    if (!r.modification_time)
        return ERR_NOMEM;
    err = ctl_put(c, &kind_profile_resource, r.id, &r);
    return err ? err : resource_answer(c, &r, MOMENT_UPDATE, &out->profile_resource_association);
}

/* Removes an association; its resource still exists. */
static int resource_remove(struct ctl *c, const struct obj_profile_resource *r,
                           const struct profile_target *t)
{
    char *in_profile, *of_resource;
    struct counts counts;
    int err = resource_keys(c, r, &in_profile, &of_resource);

    if (!err)
        err = ctl_index_del(c, "profile-resources", in_profile);
    if (!err)
        err = ctl_index_del(c, "resource-profiles", of_resource);
    if (!err)
        err = profile_keys_free(c, r, t);
    if (!err)
        err = counts_read(c, r->profile_id, &counts);
    if (err)
        return err;
    counts.n[t->type]--;
    err = counts_write(c, r->profile_id, &counts);
    return err ? err : ctl_del(c, &kind_profile_resource, r->id, r);
}

int prof_disassociate_resource_from_profile(
    struct ctl *c, const struct prof_disassociate_resource_from_profile_request *in,
    struct prof_disassociate_resource_from_profile_response *out)
{
    struct obj_profile_resource r = {.profile_id = in->profile_id,
                                     .resource_arn = in->resource_arn};
    char *key = arena_printf(c->arena, "%s/%s", in->profile_id, in->resource_arn);
    struct profile_target t;
    const char *id;
    int found = key ? ctl_index_get(c, "profile-resources", key, &id) : ERR_NOMEM;
    int err;

    if (!found)
        found = ctl_get(c, &kind_profile_resource, id, &r);
    if (found && found != ERR_NOT_FOUND)
        return found;
    err = found ? profile_target_read(c, in->resource_arn, &t) : profile_target_load(c, &r, &t);
    if (!err)
        err =
            request_check(c, "route53profiles:DisassociateResourceFromProfile", in->profile_id, &t);
    if (err)
        return err == ERR_NOT_FOUND ? profile_missing(c, in->profile_id) : err;
    if (found)
        return resource_missing(c, key);
    err = resource_remove(c, &r, &t);
    return err ? err : resource_answer(c, &r, MOMENT_DELETE, &out->profile_resource_association);
}

/* A listing of what is in a profile, in order of ARN. */
struct resource_list {
    struct page page;
    const char *type; /* or NULL: all */
    size_t skip;      /* bytes of a key before the ARN */
};

static int resource_each(void *ctx, const char *key, const char *id)
{
    struct resource_list *l = ctx;
    const char *arn = key + l->skip;
    struct prof_profile_resource_association *slot;
    struct obj_profile_resource r;
    int err;

    if (l->page.after && strcmp(arn, l->page.after) <= 0)
        return 0;
    err = ctl_get(l->page.c, &kind_profile_resource, id, &r);
    if (err) /* removed by another process since the index was read */
        return err == ERR_NOT_FOUND ? 0 : err;
    if (l->type && strcmp(l->type, r.resource_type) != 0)
        return 0;
    slot = page_add(&l->page, arn);
    return slot ? resource_view(l->page.c, &r, MOMENT_NOW, slot) : CTL_STOP;
}

int prof_list_profile_resource_associations(
    struct ctl *c, const struct prof_list_profile_resource_associations_request *in,
    struct prof_list_profile_resource_associations_response *out)
{
    struct access access = {.action = "route53profiles:ListProfileResourceAssociations"};
    struct resource_list l = {
        .page = {.c = c,
                 .what = "ListProfileResourceAssociations",
                 .size = sizeof *out->profile_resource_associations},
        .type = in->resource_type,
    };
    struct obj_profile profile;
    char *prefix = arena_printf(c->arena, "%s/", in->profile_id);
    int err = profile_get(c, in->profile_id, &access, &profile);

    if (!err && l.type && profile_type_find(l.type) == PROFILE_TYPES_N)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "'%s' is not a resource type of Route 53 Profiles.",
                                             l.type),
                                    "ResourceType");
    if (!err)
        err = page_begin(&l.page, in->max_results, in->next_token);
    if (err)
        return err;
    if (!prefix)
        return ERR_NOMEM;
    l.skip = strlen(prefix);
    err = ctl_index_list(c, "profile-resources", prefix, resource_each, &l);
    if (err)
        return err;
    out->profile_resource_associations = l.page.items;
    out->profile_resource_associations_n = l.page.n;
    out->next_token = page_token(&l.page);
    return 0;
}

/* Removes the association that an index entry names. */
static int remove_each(void *ctx, const char *key, const char *id)
{
    struct ctl *c = ctx;
    struct obj_profile_resource r;
    struct profile_target t;
    int err = ctl_get(c, &kind_profile_resource, id, &r);

    (void)key;
    if (!err)
        err = profile_target_load(c, &r, &t);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err ? err : resource_remove(c, &r, &t);
}

int profile_resources_clear(struct ctl *c, const char *profile_id)
{
    char *prefix = arena_printf(c->arena, "%s/", profile_id);
    int err = prefix ? ctl_index_list(c, "profile-resources", prefix, remove_each, c) : ERR_NOMEM;

    return err ? err : guard_drop(c, "profile-resources", profile_id);
}

int profile_resource_forget(struct ctl *c, const char *resource_id)
{
    char *prefix = arena_printf(c->arena, "%s/", resource_id);
    int err = prefix ? ctl_index_list(c, "resource-profiles", prefix, remove_each, c) : ERR_NOMEM;

    return err ? err : guard_drop(c, "resource-profiles", resource_id);
}

static int hold_seen(void *ctx, const char *key, const char *id)
{
    (void)key;
    (void)id;
    *(bool *)ctx = true;
    return CTL_STOP;
}

int profile_holds(struct ctl *c, const char *resource_id, bool *ret)
{
    char *prefix = arena_printf(c->arena, "%s/", resource_id);
    bool held = false;
    int err = prefix ? ctl_index_list(c, "resource-profiles", prefix, hold_seen, &held) : ERR_NOMEM;

    *ret = held;
    return err || held ? err : guard_drop(c, "resource-profiles", resource_id);
}
