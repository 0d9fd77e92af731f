/* SPDX-License-Identifier: Apache-2.0 */
/* Access keys of several accounts, from a file in the form that AWS tools share:
 *
 *   [shared-services]
 *   aws_access_key_id = AKIA...
 *   aws_secret_access_key = ... */
#ifndef CMD_KEYFILE_H
#define CMD_KEYFILE_H

#include <stddef.h>

struct keyfile_key {
    char id[129], secret[129], token[2049];
};

/* Reads the section `name` of a file into *ret. 0; ERR_IO: it can't be read, errno says why;
 * ERR_NOT_FOUND: no such section, or no key in it. */
int keyfile_find(const char *path, const char *name, struct keyfile_key *ret);

/* The file that AWS tools use ($AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials) in buf; returns
 * buf. "" if there is none. */
const char *keyfile_default(char *buf, size_t size);

#endif
