/* SPDX-License-Identifier: Apache-2.0 */
/* The client options of a command line. */
#ifndef CMD_CLIENT_H
#define CMD_CLIENT_H

#include "api/client.h"
#include "cmd/cmd.h"

/* Fills *ret from --endpoint-url, --region, --access-key and --secret-key; pointers lead into `a`
 * and the environment. 0, or ERR_INVALID after printing what is wrong. */
int client_from_args(const struct args *a, struct client *ret);

#endif
