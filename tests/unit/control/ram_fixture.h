/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of RAM have in common: resources to share, and short forms of its operations. */
#ifndef TESTS_RAM_FIXTURE_H
#define TESTS_RAM_FIXTURE_H

#include "rows/ram.h"
#include "service_fixture.h"

#define THIRD_ACCOUNT "333333333333"
#define RULE "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/rslvr-rr-1"
#define RULE_2 "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/rslvr-rr-2"
#define PROFILE "arn:aws:route53profiles:" REGION ":" ACCOUNT ":profile/rp-1"
#define SUBNET_ARN "arn:aws:ec2:" REGION ":" ACCOUNT ":subnet/" SUBNET
#define OWNER(f) fixture_caller(f, ACCOUNT, REGION)
#define OTHER(f) fixture_caller(f, OTHER_ACCOUNT, REGION)
#define THIRD(f) fixture_caller(f, THIRD_ACCOUNT, REGION)
#define NO_SHARE \
    "arn:aws:ram:" REGION ":" ACCOUNT ":resource-share/00000000-0000-4000-8000-000000000000"

/* fixture_begin with two rules and a profile of ACCOUNT, and the three accounts known. */
void ram_begin(struct fixture *f);

/* Lets time pass. */
void ram_wait(struct fixture *f, unsigned seconds);

/* CreateResourceShare by the caller with at most one principal and one resource (NULL: none); the
 * ARN. Fails the test when the call fails. */
const char *ram_share(struct fixture *f, const char *name, const char *principal,
                      const char *resource);

/* Associate- and DisassociateResourceShare with at most one of each; 0 or ERR_FAULT. */
int ram_add(struct fixture *f, const char *share, const char *principal, const char *resource);
int ram_remove(struct fixture *f, const char *share, const char *principal, const char *resource);

/* The ARN of the caller's i-th invitation, NULL when there are not so many; *ret_status (may be
 * NULL) gets its status. */
const char *ram_invitation(struct fixture *f, size_t i, const char **ret_status);

/* Accepts it. 0 or ERR_FAULT. */
int ram_accept(struct fixture *f, const char *invitation);

/* The status of an end of a share as its owner sees it; "" when it is not listed. */
const char *ram_status(struct fixture *f, const char *share, const char *type, const char *entity);

/* The value of an index entry, NULL without one. */
const char *ram_index(struct fixture *f, const char *index, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The id at the end of an ARN. */
const char *ram_id(const char *arn);

#endif
