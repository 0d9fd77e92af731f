/* SPDX-License-Identifier: Apache-2.0 */
/* client_call: the client over the program's own table. Apart, so that tests of the client bring
 * their own rows. */
#include "api/client_priv.h"

#include <stdio.h>

#include "base/error.h"

int client_call(const struct client *c, const char *service, const char *op, json_t *input,
                json_t **ret_output, struct client_error *ret_error)
{
    const struct service *s = service_find(service);
    const struct op *o = s ? op_find(s, op) : NULL;

    if (o)
        return client_call_op(c, s, o, input, ret_output, ret_error);
    *ret_error = (struct client_error){.code = "UnknownOperation"};
    snprintf(ret_error->message, sizeof ret_error->message,
             "There is no operation '%s' of service '%s'.", op, service);
    return ERR_NOT_FOUND;
}
