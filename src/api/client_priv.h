/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a client call that need no table of services, for client*.c and their tests. */
#ifndef API_CLIENT_PRIV_H
#define API_CLIENT_PRIV_H

#include <stdint.h>

#include "api/client.h"
#include "api/codec.h"

/* client_call with the rows given. Errors as there. */
int client_call_op(const struct client *c, const struct service *s, const struct op *op,
                   json_t *input, json_t **ret_output, struct client_error *ret_error);

/* Adds Host, X-Amz-Date, X-Amz-Security-Token and Authorization to a request for `service` (signing
 * name) as of now_s. ERR_NOMEM, ERR_IO. */
int client_sign(const struct client *c, const char *service, const char *host, uint64_t now_s,
                struct arena *arena, struct request *r);

#endif
