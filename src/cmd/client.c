/* SPDX-License-Identifier: Apache-2.0 */
/* Client options to a client. The AWS variables stand in where ours are not set, so a shell that is
 * set up for the AWS CLI works as it is. */
#include "cmd/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* True when the option came from the command line or from our own environment variable. */
static bool chosen(const struct args *a, const char *name)
{
    const char *value = args_get(a, name);

    for (const struct option_row *o = a->command->options; o->name; o++)
        if (strcmp(o->name, name) == 0)
            return value != o->fallback;
    return false;
}

static const char *option(const struct args *a, const char *name, const char *variable)
{
    const char *other = chosen(a, name) ? NULL : getenv(variable);

    return other && *other ? other : args_get(a, name);
}

int client_from_args(const struct args *a, struct client *ret)
{
    *ret = (struct client){.endpoint_url = option(a, "endpoint-url", "AWS_ENDPOINT_URL"),
                           .region = option(a, "region", "AWS_REGION"),
                           .access_key = option(a, "access-key", "AWS_ACCESS_KEY_ID"),
                           .secret_key = option(a, "secret-key", "AWS_SECRET_ACCESS_KEY"),
                           .session_token =
                               chosen(a, "access-key") ? NULL : getenv("AWS_SESSION_TOKEN")};
    if (strncmp(ret->endpoint_url, "http://", 7) != 0 &&
        strncmp(ret->endpoint_url, "https://", 8) != 0) {
        fprintf(stderr,
                "bridge53 %s: --endpoint-url must begin with http:// or https://, not '%s'\n",
                a->command->name, ret->endpoint_url);
        return ERR_INVALID;
    }
    return 0;
}
