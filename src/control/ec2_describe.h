/* SPDX-License-Identifier: Apache-2.0 */
/* One way of listing for all Describe operations: explicit ids, filters, pages.
 *
 * A call that names what it wants (ids, or filters with plain values for id, VPC, subnet or group)
 * reads only that; the rest walks the caller's objects in order of id. A page's token is the last
 * id on it. */
#ifndef CONTROL_EC2_DESCRIBE_H
#define CONTROL_EC2_DESCRIBE_H

#include "control/ec2.h"
#include "control/ec2_filter.h"

struct describe {
    const char *op; /* binds page tokens */
    enum ec2_what what;
    const char **ids; /* explicit ids */
    size_t ids_n;
    struct filter_set filters; /* tags offsets are filled in by describe_run */
    struct opt_int max_results;
    const char *next_token;
    int (*add)(void *ctx, void *obj); /* gets what matches; 0 or an error */
    void *ctx;
};

/* Runs the listing; *ret_token is NULL on the last page. ERR_FAULT: a missing id, an unknown
 * filter, a bad token or page size. */
int describe_run(struct ctl *c, struct describe *d, const char **ret_token);

/* Checks MaxResults (5..1000); 0 in *ret when it is absent: no limit. ERR_FAULT. */
int describe_max(struct ctl *c, struct opt_int max_results, size_t *ret);

/* Reads a page token of ours; *ret NULL when `token` is NULL. ERR_FAULT: InvalidParameterValue. */
int describe_after(struct ctl *c, const char *op, const char *token, const char **ret);

/* Makes room for one more element in a list of the arena, doubling at powers of two: returns the
 * new element, cleared, and counts it; NULL on lack of memory. */
void *list_grow(struct ctl *c, void *list_ptr, size_t *n, size_t size);

/* The list, or something that is not NULL where it is: an empty list that is given (base/shape.h).
 */
void *list_given(void *list);

#endif
