/* SPDX-License-Identifier: Apache-2.0 */
/* An installation in memory for tests of operations: one account with two VPCs, their subnets and
 * security groups. Operations run through ctl_run, as the API runs them. */
#ifndef TESTS_SERVICE_FIXTURE_H
#define TESTS_SERVICE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#include "control/object.h"

#define ACCOUNT "111111111111"
#define OTHER_ACCOUNT "222222222222"
#define REGION "eu-west-1"
#define VPC "vpc-0000000000000000a"         /* 10.1.0.0/16, fd00:1::/56 */
#define VPC_2 "vpc-0000000000000000b"       /* 10.2.0.0/16 */
#define FOREIGN_VPC "vpc-0000000000000000f" /* of OTHER_ACCOUNT */
#define SUBNET "subnet-0000000000000000a"   /* 10.1.1.0/24, fd00:1:0:1::/64 */
#define SUBNET_B "subnet-0000000000000000b" /* 10.1.2.0/24, IPv4 only */
#define SUBNET_2 "subnet-0000000000000000c" /* 10.2.1.0/24 of VPC_2 */
#define GROUP "sg-0000000000000000a"
#define GROUP_2 "sg-0000000000000000b" /* of VPC_2 */

struct fixture {
    struct store *store;
    struct arena arena;
    struct ctl c;
};

/* A fresh installation; every test begins with it. */
void fixture_begin(struct fixture *f);

/* Frees it. */
void fixture_end(struct fixture *f);

/* Who calls from now on. */
void fixture_caller(struct fixture *f, const char *account, const char *region);

/* Runs an operation; 0 or ERR_FAULT. */
int fixture_run(struct fixture *f, ctl_op *op, const void *in, void *out, size_t out_size);

/* Checks that a call failed with that code, and that its message holds the text. */
void fixture_fault(struct fixture *f, int err, enum fault_code code, const char *text);

/* The number of objects of a kind that the caller owns. */
size_t fixture_count(struct fixture *f, const struct kind *kind);

/* Grants a resource to a principal by a share as RAM does, with the value of the index "grants"
 * (NULL: takes it back), and has the others' associations looked at. */
#define SHARE "00000000-0000-4000-8000-000000000001"
#define RULE_PERMISSION "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionResolverRule"
#define PROFILE_PERMISSION \
    "arn:aws:ram::aws:permission/AWSRAMPermissionRoute53ProfileAllowAssociation"
void fixture_grant(struct fixture *f, const char *principal, const char *arn, const char *value);

/* Makes the untyped form of an operation, which RUN calls. */
#define OP(name)                                                   \
    static int op_##name(struct ctl *c, const void *in, void *out) \
    {                                                              \
        return name(c, in, out);                                   \
    }

/* Runs an operation declared with OP. */
#define RUN(f, name, in, out) fixture_run(f, op_##name, in, out, sizeof *(out))

#define N(list) (sizeof(list) / sizeof *(list))

#endif
