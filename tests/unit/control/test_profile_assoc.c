/* SPDX-License-Identifier: Apache-2.0 */
/* Associations of profiles with VPCs: both forms of the service, and other accounts. */
#include "profile_fixture.h"

#include <string.h>

#include "rows/b53.h"
#include "rows/ec2.h"

OP(prof_get_profile_association)
OP(prof_update_profile_association)
OP(prof_disassociate_profile)
OP(prof_list_profile_associations)
OP(ec2_create_vpc)
OP(ec2_delete_vpc)
OP(b53_list_profile_consumers)

static int get(struct fixture *f, const char *id, struct prof_get_profile_association_response *out)
{
    const struct prof_get_profile_association_request in = {id};

    return RUN(f, prof_get_profile_association, &in, out);
}

/* priority 0, name NULL: not given */
static int update(struct fixture *f, const char *id, const char *name, int priority,
                  struct prof_update_profile_association_response *out)
{
    const struct prof_update_profile_association_request in = {id, name, {priority != 0, priority}};

    return RUN(f, prof_update_profile_association, &in, out);
}

static int disassociate(struct fixture *f, const char *profile_id, const char *vpc_id,
                        struct prof_disassociate_profile_response *out)
{
    const struct prof_disassociate_profile_request in = {profile_id, vpc_id};

    return RUN(f, prof_disassociate_profile, &in, out);
}

static size_t list(struct fixture *f, const char *profile_id, const char *vpc_id)
{
    const struct prof_list_profile_associations_request in = {.profile_id = profile_id,
                                                              .resource_id = vpc_id};
    struct prof_list_profile_associations_response out;

    assert_int_equal(RUN(f, prof_list_profile_associations, &in, &out), 0);
    assert_null(out.next_token);
    return out.profile_associations_n;
}

static void life(void **state)
{
    struct prof_associate_profile_response out;
    struct prof_get_profile_association_response got;
    struct prof_disassociate_profile_response gone;
    struct fixture f;
    const char *p;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_int_equal(associate_vpc(&f, p, VPC, 0, &out), 0);
    assert_memory_equal(out.profile_association->id, "rpassoc-", 8);
    assert_string_equal(out.profile_association->status, "CREATING");
    assert_string_equal(out.profile_association->status_message, "Creating Profile Association");
    assert_string_equal(out.profile_association->owner_id, ACCOUNT);
    assert_int_equal(get(&f, out.profile_association->id, &got), 0);
    assert_string_equal(got.profile_association->status, "COMPLETE");
    assert_string_equal(got.profile_association->status_message, "Created Profile Association");
    assert_string_equal(got.profile_association->resource_id, VPC);
    assert_string_equal(got.profile_association->profile_id, p);
    assert_false(got.profile_association->priority.set);
    assert_int_equal(disassociate(&f, p, VPC, &gone), 0);
    assert_string_equal(gone.profile_association->status, "DELETING");
    assert_string_equal(gone.profile_association->status_message, "Deleting Profile Association");
    fixture_fault(&f, get(&f, out.profile_association->id, &got), FAULT_ResourceNotFoundException,
                  out.profile_association->id);
    fixture_fault(&f, disassociate(&f, p, VPC, &gone), FAULT_ResourceNotFoundException, VPC);
    assert_int_equal(associate_vpc(&f, p, VPC, 0, &out), 0);
    fixture_end(&f);
}

static void refused(void **state)
{
    struct prof_associate_profile_response out;
    struct prof_disassociate_profile_response gone;
    struct fixture f;
    const char *p, *arn = "arn:aws:ec2:" REGION ":" ACCOUNT ":vpc/" VPC;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    fixture_fault(&f, associate_vpc(&f, p, arn, 0, &out), FAULT_ResourceNotFoundException, arn);
    fixture_fault(&f, associate_vpc(&f, p, FOREIGN_VPC, 0, &out), FAULT_ResourceNotFoundException,
                  FOREIGN_VPC);
    fixture_fault(&f, associate_vpc(&f, "rp-x", VPC, 0, &out), FAULT_ResourceNotFoundException,
                  "rp-x");
    fixture_fault(&f, disassociate(&f, "rp-x", VPC, &gone), FAULT_ResourceNotFoundException,
                  "rp-x");
    assert_int_equal(associate_vpc(&f, p, VPC, 0, &out), 0);
    fixture_fault(&f, associate_vpc(&f, p, VPC, 0, &out), FAULT_ResourceExistsException,
                  "already associated");
    fixture_fault(&f, associate_vpc(&f, p, VPC, 100, &out), FAULT_ResourceExistsException,
                  "already associated");
    fixture_fault(&f, associate_vpc(&f, make_profile(&f, "q"), VPC, 0, &out),
                  FAULT_ResourceExistsException, p);
    assert_string_equal(f.c.fault.resource_type, "profile-association");
    assert_int_equal(list(&f, NULL, NULL), 1);
    fixture_end(&f);
}

/* The newer form: a priority for the one that is there, then others with priorities. */
static void several(void **state)
{
    struct prof_associate_profile_response a, b, c;
    struct prof_update_profile_association_response up;
    struct prof_get_profile_association_response got;
    struct fixture f;
    const char *p, *q, *r;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    q = make_profile(&f, "q");
    r = make_profile(&f, "r");
    assert_int_equal(associate_vpc(&f, p, VPC, 0, &a), 0);
    fixture_fault(&f, associate_vpc(&f, q, VPC, 200, &b), FAULT_ResourceExistsException,
                  "Give that association a priority first");
    assert_int_equal(update(&f, a.profile_association->id, NULL, 300, &up), 0);
    assert_string_equal(up.profile_association->status, "UPDATING");
    assert_int_equal(up.profile_association->priority.v, 300);
    fixture_fault(&f, associate_vpc(&f, q, VPC, 0, &b), FAULT_ResourceExistsException, p);
    fixture_fault(&f, associate_vpc(&f, q, VPC, 300, &b), FAULT_ValidationException, "300");
    assert_int_equal(associate_vpc(&f, q, VPC, 200, &b), 0);
    assert_int_equal(b.profile_association->priority.v, 200);
    assert_int_equal(associate_vpc(&f, r, VPC, 9900, &c), 0);
    fixture_fault(&f, update(&f, c.profile_association->id, NULL, 200, &up),
                  FAULT_ValidationException, "already used");
    assert_int_equal(update(&f, c.profile_association->id, NULL, 9900, &up), 0);
    assert_int_equal(update(&f, c.profile_association->id, NULL, 100, &up), 0);
    assert_int_equal(update(&f, b.profile_association->id, NULL, 9900, &up), 0);
    assert_int_equal(update(&f, b.profile_association->id, "new", 0, &up), 0);
    assert_int_equal(get(&f, b.profile_association->id, &got), 0);
    assert_string_equal(got.profile_association->name, "new");
    assert_int_equal(got.profile_association->priority.v, 9900);
    assert_string_equal(got.profile_association->status, "COMPLETE");
    fixture_fault(&f, update(&f, b.profile_association->id, NULL, 0, &up),
                  FAULT_ValidationException, "Specify");
    fixture_fault(&f, update(&f, "rpassoc-x", "n", 0, &up), FAULT_ResourceNotFoundException,
                  "rpassoc-x");
    assert_int_equal(list(&f, NULL, VPC), 3);
    assert_int_equal(list(&f, q, NULL), 1);
    assert_int_equal(list(&f, q, VPC_2), 0);
    fixture_end(&f);
}

/* A consumer associates its own VPCs; owner and consumer see their own associations only. */
static void consumers(void **state)
{
    static const char only_a[] =
        "{\"Effect\":\"Allow\",\"Action\":\"route53profiles:AssociateProfile\",\"Condition\":"
        "{\"StringEquals\":{\"route53profiles:ResourceIds\":\"" VPC "\"}}}";
    struct prof_associate_profile_response out;
    struct prof_disassociate_profile_response gone;
    struct prof_get_profile_association_response got;
    struct prof_update_profile_association_response up;
    struct fixture f;
    const char *p, *id;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, associate_vpc(&f, p, FOREIGN_VPC, 0, &out), FAULT_ResourceNotFoundException,
                  p);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), only_a);
    fixture_fault(&f, associate_vpc(&f, p, FOREIGN_VPC, 0, &out), FAULT_AccessDeniedException,
                  "route53profiles:AssociateProfile");
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), PROFILE_PERMISSION " 1");
    assert_int_equal(associate_vpc(&f, p, FOREIGN_VPC, 0, &out), 0);
    assert_string_equal(out.profile_association->owner_id, OTHER_ACCOUNT);
    id = out.profile_association->id;
    fixture_fault(&f, associate_vpc(&f, p, VPC, 0, &out), FAULT_ResourceNotFoundException, VPC);
    assert_int_equal(list(&f, p, NULL), 1);
    fixture_caller(&f, ACCOUNT, REGION);
    assert_int_equal(list(&f, p, NULL), 0);
    fixture_fault(&f, get(&f, id, &got), FAULT_ResourceNotFoundException, id);
    fixture_fault(&f, update(&f, id, "n", 0, &up), FAULT_ResourceNotFoundException, id);
    fixture_fault(&f, disassociate(&f, p, FOREIGN_VPC, &gone), FAULT_ResourceNotFoundException,
                  FOREIGN_VPC);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(disassociate(&f, p, FOREIGN_VPC, &gone), 0);
    fixture_end(&f);
}

/* The owner sees the VPCs of all accounts, page by page; nobody else does. */
static void effective_consumers(void **state)
{
    struct b53_list_profile_consumers_request in = {.max_results = {true, 1}};
    struct b53_list_profile_consumers_response out;
    struct prof_associate_profile_response association;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    in.profile_id = make_profile(&f, "p");
    assert_int_equal(associate_vpc(&f, in.profile_id, VPC, 0, &association), 0);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, in.profile_id), PROFILE_PERMISSION " 1");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(associate_vpc(&f, in.profile_id, FOREIGN_VPC, 0, &association), 0);
    fixture_fault(&f, RUN(&f, b53_list_profile_consumers, &in, &out),
                  FAULT_ResourceNotFoundException, in.profile_id);
    fixture_caller(&f, ACCOUNT, REGION);
    unsigned seen = 0;
    do {
        assert_int_equal(RUN(&f, b53_list_profile_consumers, &in, &out), 0);
        assert_int_equal(out.consumers_n, 1);
        bool foreign = strcmp(out.consumers[0].account_id, OTHER_ACCOUNT) == 0;
        assert_string_equal(out.consumers[0].vpc_id, foreign ? FOREIGN_VPC : VPC);
        assert_int_equal(out.consumers[0].effective, TRI_TRUE);
        seen |= foreign ? 2 : 1;
        in.next_token = out.next_token;
    } while (in.next_token);
    assert_int_equal(seen, 3);
    fixture_end(&f);
}

/* Unsharing takes the consumer's association away, and the profile can be deleted then. */
static void unshared(void **state)
{
    struct prof_associate_profile_response out;
    struct fixture f;
    const char *p;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), PROFILE_PERMISSION " 1");
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(associate_vpc(&f, p, FOREIGN_VPC, 0, &out), 0);
    fixture_caller(&f, ACCOUNT, REGION);
    fixture_grant(&f, OTHER_ACCOUNT, profile_arn(&f, p), NULL);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    assert_int_equal(list(&f, NULL, NULL), 0);
    assert_int_equal(associate_vpc(&f, make_profile(&f, "own"), FOREIGN_VPC, 0, &out), 0);
    fixture_end(&f);
}

/* A VPC leaves its profiles when it is deleted. */
static void vpc_deleted(void **state)
{
    const struct ec2_create_vpc_request create = {.cidr_block = "10.77.0.0/16"};
    struct ec2_create_vpc_response vpc;
    struct ec2_delete_vpc_request delete;
    struct ec2_done done;
    struct prof_associate_profile_response out;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(RUN(&f, ec2_create_vpc, &create, &vpc), 0);
    delete = (struct ec2_delete_vpc_request){.vpc_id = vpc.vpc->vpc_id};
    assert_int_equal(associate_vpc(&f, make_profile(&f, "p"), delete.vpc_id, 100, &out), 0);
    assert_int_equal(associate_vpc(&f, make_profile(&f, "q"), delete.vpc_id, 200, &out), 0);
    assert_int_equal(RUN(&f, ec2_delete_vpc, &delete, &done), 0);
    assert_int_equal(fixture_count(&f, &kind_profile_assoc), 0);
    fixture_end(&f);
}

static void pages(void **state)
{
    struct prof_list_profile_associations_request in = {.max_results = {true, 1}};
    struct prof_list_profile_associations_response out;
    struct prof_associate_profile_response association;
    struct fixture f;
    size_t n = 0;
    const char *p;

    (void)state;
    fixture_begin(&f);
    p = make_profile(&f, "p");
    assert_int_equal(associate_vpc(&f, p, VPC, 0, &association), 0);
    assert_int_equal(associate_vpc(&f, p, VPC_2, 0, &association), 0);
    do {
        assert_int_equal(RUN(&f, prof_list_profile_associations, &in, &out), 0);
        assert_int_equal(out.profile_associations_n, 1);
        assert_string_equal(out.profile_associations[0].status, "COMPLETE");
        in.next_token = out.next_token;
        n++;
    } while (in.next_token);
    assert_int_equal(n, 2);
    in.next_token = "bad";
    fixture_fault(&f, RUN(&f, prof_list_profile_associations, &in, &out),
                  FAULT_InvalidNextTokenException, "NextToken");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(life),     cmocka_unit_test(refused),
        cmocka_unit_test(several),  cmocka_unit_test(consumers),
        cmocka_unit_test(unshared), cmocka_unit_test(vpc_deleted),
        cmocka_unit_test(pages),    cmocka_unit_test(effective_consumers),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
