/* SPDX-License-Identifier: Apache-2.0 */
/* Short ways to make EC2 objects through their operations, in an installation that has none. */
#ifndef TESTS_EC2_FIXTURE_H
#define TESTS_EC2_FIXTURE_H

#include "rows/ec2.h"
#include "service_fixture.h"

/* An empty installation: unlike fixture_begin, nothing is in it. End with fixture_end. */
void ec2_begin(struct fixture *f);

/* Makes a VPC, a subnet, a group; the test fails when it can't. Returns the id. */
const char *ec2_vpc_make(struct fixture *f, const char *cidr);
const char *ec2_vpc_tagged(struct fixture *f, const char *cidr, const char *key, const char *value);
const char *ec2_subnet_make(struct fixture *f, const char *vpc, const char *cidr);
const char *ec2_group_make(struct fixture *f, const char *vpc, const char *name);

/* Deletes; 0 or ERR_FAULT. */
int ec2_vpc_drop(struct fixture *f, const char *id);
int ec2_subnet_drop(struct fixture *f, const char *id);
int ec2_group_drop(struct fixture *f, const char *id);

/* Keys in the store but for the guards that stay behind by design. */
size_t ec2_keys_left(struct fixture *f);

#endif
