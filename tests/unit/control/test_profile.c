/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles themselves: life, tokens, quota, tags, and who sees them. */
#include "profile_fixture.h"

#include <string.h>

OP(prof_create_profile)
OP(prof_get_profile)
OP(prof_delete_profile)
OP(prof_list_profiles)
OP(prof_tag_resource)
OP(prof_untag_resource)
OP(prof_list_tags_for_resource)
OP(prof_disassociate_profile)

static int get(struct fixture *f, const char *id, struct prof_get_profile_response *out)
{
    const struct prof_get_profile_request in = {id};

    return RUN(f, prof_get_profile, &in, out);
}

static int delete (struct fixture *f, const char *id, struct prof_delete_profile_response *out)
{
    const struct prof_delete_profile_request in = {id};

    return RUN(f, prof_delete_profile, &in, out);
}

static void life(void **state)
{
    struct prof_tag tags[] = {{"k", "v"}};
    const struct prof_create_profile_request in = {
        .client_token = "t", .name = "n 1", .tags = tags, .tags_n = 1};
    struct prof_create_profile_response out;
    struct prof_get_profile_response got;
    struct prof_delete_profile_response gone;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, prof_create_profile, &in, &out), 0);
    assert_memory_equal(out.profile->id, "rp-", 3);
    assert_string_equal(out.profile->arn, profile_arn(&f, out.profile->id));
    assert_string_equal(out.profile->status, "COMPLETE");
    assert_string_equal(out.profile->status_message, "Created Profile");
    assert_string_equal(out.profile->share_status, "NOT_SHARED");
    assert_string_equal(out.profile->client_token, "t");
    assert_string_equal(out.profile->owner_id, ACCOUNT);
    assert_int_equal(get(&f, out.profile->id, &got), 0);
    assert_string_equal(got.profile->name, "n 1");
    assert_string_equal(got.profile->creation_time, out.profile->creation_time);
    assert_int_equal(delete (&f, out.profile->id, &gone), 0);
    assert_string_equal(gone.profile->status, "DELETED");
    assert_string_equal(gone.profile->status_message, "Deleted Profile");
    fixture_fault(&f, get(&f, out.profile->id, &got), FAULT_ResourceNotFoundException,
                  "Can't find the resource with ID \"");
    assert_string_equal(f.c.fault.resource_type, "profile");
    fixture_fault(&f, delete (&f, out.profile->id, &gone), FAULT_ResourceNotFoundException,
                  out.profile->id);
    fixture_end(&f);
}

/* The same request again gives the same profile; its token with another request is refused. */
static void token(void **state)
{
    struct prof_tag tags[] = {{"k", "v"}, {"k2", "v"}};
    struct prof_create_profile_request in = {
        .client_token = "t", .name = "n", .tags = tags, .tags_n = 1};
    struct prof_create_profile_response first, out;
    struct prof_delete_profile_response gone;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, prof_create_profile, &in, &first), 0);
    assert_int_equal(RUN(&f, prof_create_profile, &in, &out), 0);
    assert_string_equal(out.profile->id, first.profile->id);
    assert_int_equal(fixture_count(&f, &kind_profile), 1);
    in.tags_n = 2;
    fixture_fault(&f, RUN(&f, prof_create_profile, &in, &out), FAULT_InvalidParameterException,
                  "token");
    in.tags_n = 1;
    in.name = "other";
    fixture_fault(&f, RUN(&f, prof_create_profile, &in, &out), FAULT_InvalidParameterException,
                  "token");
    assert_string_equal(f.c.fault.field_name, "ClientToken");
    assert_int_equal(delete (&f, first.profile->id, &gone), 0);
    assert_int_equal(RUN(&f, prof_create_profile, &in, &out), 0);
    assert_string_not_equal(out.profile->id, first.profile->id);
    fixture_end(&f);
}

static void quota(void **state)
{
    const struct prof_create_profile_request in = {.client_token = "6", .name = "six"};
    struct prof_create_profile_response out;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    for (const char *name = "abcde"; *name; name++)
        make_profile(&f, arena_printf(&f.arena, "%c", *name));
    fixture_fault(&f, RUN(&f, prof_create_profile, &in, &out), FAULT_LimitExceededException,
                  "max-profiles");
    fixture_caller(&f, ACCOUNT, "us-west-2"); /* each region has its own */
    assert_int_equal(RUN(&f, prof_create_profile, &in, &out), 0);
    fixture_end(&f);
}

static void bad_tags(void **state)
{
    struct prof_tag tags[] = {{"k", "v"}, {"k", "w"}};
    struct prof_create_profile_request in = {
        .client_token = "t", .name = "n", .tags = tags, .tags_n = 2};
    struct prof_create_profile_response out;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    fixture_fault(&f, RUN(&f, prof_create_profile, &in, &out), FAULT_InvalidParameterException,
                  "more than once");
    tags[1].key = "aws:x";
    fixture_fault(&f, RUN(&f, prof_create_profile, &in, &out), FAULT_InvalidParameterException,
                  "aws:");
    assert_int_equal(fixture_count(&f, &kind_profile), 0);
    fixture_end(&f);
}

/* Pages go through the caller's own profiles and then through shared ones. */
static void pages(void **state)
{
    struct prof_list_profiles_request in = {.max_results = {true, 2}};
    struct prof_list_profiles_response out;
    struct fixture f;
    size_t seen = 0;

    (void)state;
    fixture_begin(&f);
    for (const char *name = "abc"; *name; name++) {
        const char *id = make_profile(&f, arena_printf(&f.arena, "%c", *name));
        fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, id), PROFILE_PERMISSION " 1");
    }
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    make_profile(&f, "own");
    do {
        assert_int_equal(RUN(&f, prof_list_profiles, &in, &out), 0);
        for (size_t i = 0; i < out.profile_summaries_n; i++, seen++)
            assert_string_equal(out.profile_summaries[i].share_status,
                                seen == 0 ? "NOT_SHARED" : "SHARED_WITH_ME");
        in.next_token = out.next_token;
    } while (in.next_token);
    assert_int_equal(seen, 4);
    in.next_token = "x";
    fixture_fault(&f, RUN(&f, prof_list_profiles, &in, &out), FAULT_InvalidNextTokenException, "");
    in.next_token = NULL;
    fixture_caller(&f, OTHER_ACCOUNT, "us-west-2");
    assert_int_equal(RUN(&f, prof_list_profiles, &in, &out), 0);
    assert_int_equal(out.profile_summaries_n, 0);
    fixture_caller(&f, ACCOUNT, REGION);
    in.max_results.v = 100;
    assert_int_equal(RUN(&f, prof_list_profiles, &in, &out), 0);
    assert_int_equal(out.profile_summaries_n, 3);
    assert_string_equal(out.profile_summaries[0].share_status, "SHARED_BY_ME");
    fixture_end(&f);
}

/* Who has a share sees the profile but can't delete it; who has none sees nothing. */
static void foreign(void **state)
{
    static const char everything[] = "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:*\"}";
    struct prof_get_profile_response got;
    struct prof_delete_profile_response gone;
    struct fixture f;
    const char *id;

    (void)state;
    fixture_begin(&f);
    id = make_profile(&f, "p");
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, id), everything);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(get(&f, id, &got), 0);
    assert_string_equal(got.profile->share_status, "SHARED_WITH_ME");
    assert_string_equal(got.profile->owner_id, ACCOUNT);
    assert_null(got.profile->client_token);
    fixture_fault(&f, delete (&f, id, &gone), FAULT_AccessDeniedException,
                  "not authorized to perform: route53profiles:DeleteProfile");
    fixture_caller(&f, THIRD_ACCOUNT, REGION);
    fixture_fault(&f, get(&f, id, &got), FAULT_ResourceNotFoundException, id);
    fixture_fault(&f, delete (&f, id, &gone), FAULT_ResourceNotFoundException, id);
    fixture_caller(&f, ACCOUNT, "us-west-2");
    fixture_fault(&f, get(&f, id, &got), FAULT_ResourceNotFoundException, id);
    fixture_end(&f);
}

/* A profile is deleted with what is in it and with its grants, but not under anybody's VPC. */
static void deletion(void **state)
{
    struct prof_associate_resource_to_profile_response resource;
    struct prof_associate_profile_response association;
    struct prof_disassociate_profile_request off = {NULL, FOREIGN_VPC};
    struct prof_disassociate_profile_response disassociated;
    struct prof_delete_profile_response gone;
    struct prof_list_profiles_request list = {0};
    struct prof_list_profiles_response listed;
    struct fixture f;
    const char *id;

    (void)state;
    fixture_begin(&f);
    id = off.profile_id = make_profile(&f, "p");
    assert_int_equal(associate_resource(&f, id, make_zone(&f, "a.internal", VPC), NULL, &resource),
                     0);
    assert_int_equal(
        associate_resource(&f, id, make_firewall_group(&f, "g"), "{\"priority\":100}", &resource),
        0);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, id), PROFILE_PERMISSION " 1");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(associate_vpc(&f, id, FOREIGN_VPC, 0, &association), 0);
    fixture_caller(&f, ACCOUNT, REGION);
    fixture_fault(&f, delete (&f, id, &gone), FAULT_ConflictException, "associated with VPCs");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(RUN(&f, prof_disassociate_profile, &off, &disassociated), 0);
    fixture_caller(&f, ACCOUNT, REGION);
    assert_int_equal(delete (&f, id, &gone), 0);
    assert_int_equal(fixture_count(&f, &kind_profile_resource), 0);
    assert_int_equal(fixture_count(&f, &kind_firewall_group), 1);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(RUN(&f, prof_list_profiles, &list, &listed), 0);
    assert_int_equal(listed.profile_summaries_n, 0);
    fixture_end(&f);
}

static int tag(struct fixture *f, const char *arn, const char *key, const char *value)
{
    struct shape_pair tags[] = {{key, value}};
    const struct prof_tag_resource_request in = {arn, tags, 1};
    struct prof_tag_resource_response out;

    return RUN(f, prof_tag_resource, &in, &out);
}

static size_t tags_of(struct fixture *f, const char *arn, struct shape_pair **ret)
{
    const struct prof_list_tags_for_resource_request in = {arn};
    struct prof_list_tags_for_resource_response out;

    assert_int_equal(RUN(f, prof_list_tags_for_resource, &in, &out), 0);
    assert_non_null(out.tags);
    *ret = out.tags;
    return out.tags_n;
}

static void tags(void **state)
{
    static const char *keys[] = {"a", "unknown"};
    struct prof_untag_resource_request untag = {.tag_keys = keys, .tag_keys_n = 2};
    struct prof_untag_resource_response untagged;
    struct prof_associate_profile_response association;
    struct shape_pair *list;
    struct fixture f;
    const char *id, *arn;

    (void)state;
    fixture_begin(&f);
    id = make_profile(&f, "p");
    arn = profile_arn(&f, id);
    assert_int_equal(tags_of(&f, arn, &list), 0);
    assert_int_equal(tag(&f, arn, "a", "1"), 0);
    assert_int_equal(tag(&f, arn, "b", ""), 0);
    assert_int_equal(tag(&f, arn, "a", "2"), 0);
    assert_int_equal(tags_of(&f, arn, &list), 2);
    assert_string_equal(list[0].value, "2");
    untag.resource_arn = arn;
    assert_int_equal(RUN(&f, prof_untag_resource, &untag, &untagged), 0);
    assert_int_equal(tags_of(&f, arn, &list), 1);
    assert_string_equal(list[0].key, "b");
    fixture_fault(&f, tag(&f, arn, "aws:x", ""), FAULT_ValidationException, "aws:");
    fixture_fault(&f, tag(&f, arn, "", ""), FAULT_ValidationException, "1 to 128");
    assert_int_equal(associate_vpc(&f, id, VPC, 0, &association), 0);
    arn = arena_printf(&f.arena,
                       "arn:aws:route53profiles:" REGION ":" ACCOUNT ":profile-association/%s",
                       association.profile_association->id);
    assert_int_equal(tag(&f, arn, "k", "v"), 0);
    assert_int_equal(tags_of(&f, arn, &list), 1);
    fixture_end(&f);
}

/* Consumers may not tag, and ARNs must be right in every part. */
static void tags_refused(void **state)
{
    static const char *const bad[] = {
        "arn:aws:route53profiles:" REGION ":" ACCOUNT ":profile/rp-x",
        "arn:aws:route53profiles:" REGION ":" ACCOUNT ":profile-resource-association/rpr-x",
        "arn:aws:route53profiles:us-west-2:" ACCOUNT ":profile/rp-x",
        "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/x",
        "rp-x",
    };
    struct fixture f;
    const char *id;

    (void)state;
    fixture_begin(&f);
    id = make_profile(&f, "p");
    for (size_t i = 0; i < N(bad); i++)
        fixture_fault(&f, tag(&f, bad[i], "k", ""), FAULT_ResourceNotFoundException, bad[i]);
    fixture_fault(
        &f,
        tag(&f,
            arena_printf(&f.arena,
                         "arn:aws:route53profiles:" REGION ":" OTHER_ACCOUNT ":profile/%s", id),
            "k", ""),
        FAULT_ResourceNotFoundException, "Can't find the resource with ID \"");
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, id), ADMIN);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, tag(&f, profile_arn(&f, id), "k", ""), FAULT_AccessDeniedException,
                  "route53profiles:TagResource");
    fixture_caller(&f, THIRD_ACCOUNT, REGION);
    fixture_fault(&f, tag(&f, profile_arn(&f, id), "k", ""), FAULT_ResourceNotFoundException, id);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(life),     cmocka_unit_test(token), cmocka_unit_test(quota),
        cmocka_unit_test(bad_tags), cmocka_unit_test(pages), cmocka_unit_test(foreign),
        cmocka_unit_test(deletion), cmocka_unit_test(tags),  cmocka_unit_test(tags_refused),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
