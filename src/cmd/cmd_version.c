/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 version: what this binary is, and the libraries that it runs with. */
#include <jansson.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unbound.h>

#include "cmd/cmd.h"

int cmd_version(const struct args *a)
{
    (void)a;
    printf("bridge53 %s\n", BRIDGE53_VERSION);
    printf("libunbound %s, SQLite %s, libmicrohttpd %s, jansson %s, %s\n", ub_version(),
           sqlite3_libversion(), MHD_get_version(), jansson_version_str(),
           OpenSSL_version(OPENSSL_VERSION));
    return EXIT_OK;
}
