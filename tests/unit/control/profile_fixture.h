/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles and what they hold, for tests: each helper makes one thing or fails the test. */
#ifndef TESTS_PROFILE_FIXTURE_H
#define TESTS_PROFILE_FIXTURE_H

#include "service_fixture.h"

#include "rows/prof.h"

#define THIRD_ACCOUNT "333333333333"

/* A permission that lets its holder change what is in a profile, as an admin's. */
#define ADMIN                                                                       \
    "{\"Effect\":\"Allow\",\"Action\":[\"route53profiles:GetProfile\","             \
    "\"route53profiles:GetProfileResourceAssociation\","                            \
    "\"route53profiles:ListProfileResourceAssociations\","                          \
    "\"route53profiles:AssociateProfile\",\"route53profiles:DisassociateProfile\"," \
    "\"route53profiles:AssociateResourceToProfile\","                               \
    "\"route53profiles:UpdateProfileResourceAssociation\","                         \
    "\"route53profiles:DisassociateResourceFromProfile\"]}"

/* The ARN of a profile of ACCOUNT. */
const char *profile_arn(struct fixture *f, const char *profile_id);

/* A new profile; its name is its token. Returns its id. */
const char *make_profile(struct fixture *f, const char *name);

/* Associates a VPC; priority 0: none. The result as the operation gives it. */
int associate_vpc(struct fixture *f, const char *profile_id, const char *vpc_id, int priority,
                  struct prof_associate_profile_response *out);

/* Puts a resource into a profile under the name "r". */
int associate_resource(struct fixture *f, const char *profile_id, const char *arn,
                       const char *properties,
                       struct prof_associate_resource_to_profile_response *out);

/* Takes one out. */
int disassociate_resource(struct fixture *f, const char *profile_id, const char *arn);

/* What is in a profile, by ListProfileResourceAssociations; its number. */
size_t list_resources(struct fixture *f, const char *profile_id,
                      struct prof_list_profile_resource_associations_response *out);

/* Resources of the caller; the ARN of each. The VPC of a zone is `vpc_id`. */
const char *make_zone(struct fixture *f, const char *name, const char *vpc_id);
const char *make_system_rule(struct fixture *f, const char *domain);
const char *make_firewall_group(struct fixture *f, const char *name);
const char *make_query_log(struct fixture *f, const char *name);
const char *make_endpoint(struct fixture *f, const char *service);

/* The part of an ARN behind the last slash. */
const char *id_of(const char *arn);

#endif
