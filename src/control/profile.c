/* SPDX-License-Identifier: Apache-2.0 */
/* Route 53 Profiles: creation, reading, deletion (spec: profiles-ram-zones-ec2.md 1). What is in
 * them is in profile_resource.c, who uses them in profile_assoc.c. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "control/profile_priv.h"

int profile_missing(struct ctl *c, const char *id)
{
    return resolver_fault_type(
        c,
        ctl_fail(c, FAULT_ResourceNotFoundException, "Can't find the resource with ID \"%s\".", id),
        kind_profile.name);
}

int profile_get(struct ctl *c, const char *id, struct access *a, struct obj_profile *ret)
{
    int err = shared_get(c, &kind_profile, id, a, ret);

    return err == ERR_NOT_FOUND ? profile_missing(c, id) : err;
}

/* How the caller sees a profile. The token is the owner's. */
static int profile_answer(struct ctl *c, const struct obj_profile *p, struct prof_profile **ret)
{
    struct prof_profile *v = arena_zalloc(c->arena, 1, sizeof *v);

    if (!v)
        return ERR_NOMEM;
    *v = (struct prof_profile){
        .arn = p->arn,
        .client_token = strcmp(p->owner_account, c->account) == 0 ? p->client_token : NULL,
        .creation_time = p->creation_time,
        .id = p->id,
        .modification_time = p->modification_time,
        .name = p->name,
        .owner_id = p->owner_account,
        .status = "COMPLETE",
        .status_message = "Created Profile",
    };
    *ret = v;
    return access_share_status(c, p->arn, p->owner_account, &v->share_status);
}

/* Adds a text with its end to a fingerprint. */
static uint64_t mix(uint64_t so_far, const char *text)
{
    const uint64_t key[2] = {0x6272696467653533, so_far};

    return hash_sip(key, text ? text : "", text ? strlen(text) + 1 : 0);
}

/* The fingerprint of a request but for its token. */
static char *token_check(struct ctl *c, const struct prof_create_profile_request *in)
{
    uint64_t h = mix(0, in->name);

    for (size_t i = 0; i < in->tags_n; i++)
        h = mix(mix(h, in->tags[i].key), in->tags[i].value);
    return arena_printf(c->arena, "%016llx", (unsigned long long)h);
}

/* The profile that the same request has made before, for a client that repeats it. */
static int profile_again(struct ctl *c, const char *id, const char *check,
                         struct prof_profile **ret)
{
    struct obj_profile p;
    int err = ctl_get_own(c, &kind_profile, id, &p);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    if (strcmp(p.token_check, check) != 0)
        return resolver_fault_field(c,
                                    ctl_fail(c, FAULT_InvalidParameterException,
                                             "The client token was used to create a Route 53 "
                                             "Profile with other parameters."),
                                    "ClientToken");
    return profile_answer(c, &p, ret);
}

static int quota_check(struct ctl *c)
{
    size_t n;
    int err = ctl_count(c, &kind_profile, &n);

    if (!err && n >= PROFILES_MAX)
        return resolver_fault_type(c,
                                   ctl_fail(c, FAULT_LimitExceededException,
                                            "Account '%s' has exceeded 'max-profiles'.",
                                            c->account),
                                   "max-profiles");
    return err;
}

int profile_tags_list(struct ctl *c, const struct prof_tag *tags, size_t n, struct rslvr_tag **ret)
{
    struct rslvr_tag *list = arena_zalloc(c->arena, n + 1, sizeof *list);

    if (!list)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        list[i] = (struct rslvr_tag){tags[i].key, tags[i].value};
    *ret = list;
    return 0;
}

int prof_create_profile(struct ctl *c, const struct prof_create_profile_request *in,
                        struct prof_create_profile_response *out)
{
    struct obj_profile p = {
        .owner_account = c->account,
        .id = ctl_new_id(c, PROFILE_PREFIX, 17),
        .name = in->name,
        .client_token = in->client_token,
        .token_check = token_check(c, in),
        .creation_time = ctl_time(c, 3),
    };
    struct tags_new tags = {NULL, in->tags_n, FAULT_InvalidParameterException};
    struct rslvr_tag *list;
    const char *before;
    int err = creator_find(c, &kind_profile, in->client_token, &before);

    if (!p.id || !p.token_check || !p.creation_time)
        return ERR_NOMEM;
    if (err == 0)
        return profile_again(c, before, p.token_check, &out->profile);
    if (err != ERR_NOT_FOUND)
        return err;
    p.modification_time = p.creation_time;
    p.arn = ctl_arn(c, "route53profiles", "profile/%s", p.id);
    err = p.arn ? profile_tags_list(c, in->tags, in->tags_n, &list) : ERR_NOMEM;
    if (!err) {
        tags.list = list;
        err = resolver_tags_add(c, &tags, &p.tags, &p.tags_n);
    }
    if (!err)
        err = quota_check(c);
    if (!err)
        err = creator_take(c, &kind_profile, in->client_token, p.id, "Route 53 Profile");
    if (!err)
        err = ctl_put(c, &kind_profile, p.id, &p);
    return err ? err : profile_answer(c, &p, &out->profile);
}

int prof_get_profile(struct ctl *c, const struct prof_get_profile_request *in,
                     struct prof_get_profile_response *out)
{
    struct access access = {.action = "route53profiles:GetProfile"};
    struct obj_profile p;
    int err = profile_get(c, in->profile_id, &access, &p);

    return err ? err : profile_answer(c, &p, &out->profile);
}

/* Removes the settings of a profile. */
static int settings_clear(struct ctl *c, const char *id)
{
    const struct kind *const kinds[] = {&kind_config, &kind_dnssec_config, &kind_firewall_config};
    union {
        struct obj_resolver_config reverse;
        struct obj_dnssec_config dnssec;
        struct obj_firewall_config firewall;
    } setting;
    int err = 0;

    for (size_t i = 0; !err && i < sizeof kinds / sizeof *kinds; i++) {
        err = ctl_get(c, kinds[i], id, &setting);
        if (!err)
            err = ctl_del(c, kinds[i], id, &setting);
        else if (err == ERR_NOT_FOUND)
            err = 0;
    }
    return err;
}

int prof_delete_profile(struct ctl *c, const struct prof_delete_profile_request *in,
                        struct prof_delete_profile_response *out)
{
    struct access access = {.action = "route53profiles:DeleteProfile"};
    struct obj_profile p;
    int err = profile_get(c, in->profile_id, &access, &p);

    /* a permission may name the action, but what is shared stays its owner's */
    if (!err && strcmp(p.owner_account, c->account) != 0)
        return ctl_fail(c, FAULT_AccessDeniedException,
                        "User: %s is not authorized to perform: %s on resource: %s", c->caller_arn,
                        access.action, p.arn);
    if (!err)
        err = profile_unused(c, p.id);
    if (!err)
        err = profile_answer(c, &p, &out->profile);
    if (!err)
        err = profile_resources_clear(c, p.id);
    if (!err)
        err = settings_clear(c, p.id);
    if (!err)
        err = creator_free(c, &kind_profile, p.client_token);
    if (!err)
        err = access_forget(c, p.arn);
    if (!err)
        err = ctl_del(c, &kind_profile, p.id, &p);
    if (err)
        return err;
    out->profile->status = "DELETED";
    out->profile->status_message = "Deleted Profile";
    return 0;
}

static int profile_each(void *ctx, const char *key, void *obj)
{
    struct page *page = ctx;
    const struct obj_profile *p = obj;
    struct prof_profile_summary *slot = page_add(page, key);

    if (!slot)
        return CTL_STOP;
    *slot = (struct prof_profile_summary){.arn = p->arn, .id = p->id, .name = p->name};
    return access_share_status(page->c, p->arn, p->owner_account, &slot->share_status);
}

int prof_list_profiles(struct ctl *c, const struct prof_list_profiles_request *in,
                       struct prof_list_profiles_response *out)
{
    struct page page = {.c = c, .what = "ListProfiles", .size = sizeof *out->profile_summaries};
    struct shared_walk walk = {
        .kind = &kind_profile,
        .service = "route53profiles",
        .type = ":profile/",
        .each = profile_each,
        .ctx = &page,
    };
    int err = page_begin(&page, in->max_results, in->next_token);

    walk.after = page.after;
    if (!err)
        err = shared_list(c, &walk);
    if (err)
        return err;
    out->profile_summaries = page.items;
    out->profile_summaries_n = page.n;
    out->next_token = page_token(&page);
    return 0;
}
