/* SPDX-License-Identifier: Apache-2.0 */
/* Which service and which operation a request means (spec/profiles-ram-zones-ec2.md 0.1).
 *
 * One port serves all services. The service named in the credential scope is the one reliable sign;
 * a request without it is judged by its Host, its path, its X-Amz-Target, its Action, in this
 * order. */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "api/codec.h"

/* The service that the request means, or NULL. `scope` is the service of the credential scope, or
 * NULL. `table` is NULL-terminated. Any thread. */
const struct service *dispatch_service(const struct service *const *table, const struct request *r,
                                       const char *scope, struct arena *arena);

/* Finds the operation and fills *ret (service, op, request, labels, form, arena). 0; ERR_NOT_FOUND:
 * no such operation; ERR_INVALID: none is named; ERR_RANGE, ERR_NOMEM. *ret_why is a text in the
 * service's words on any error but ERR_NOMEM. */
int dispatch_op(const struct service *s, const struct request *r, struct arena *arena,
                struct call *ret, const char **ret_why);

#endif
