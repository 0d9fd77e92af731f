/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts of this installation and their access keys: what `bridge53 account` manages and
 * signatures are checked against.
 *
 * Each function is a whole call with its own commit (ctl_run), not a part of another operation.
 * Secrets are stored as they are: a signature can only be verified by one who can make it. */
#ifndef CONTROL_ACCOUNT_H
#define CONTROL_ACCOUNT_H

#include "control/object.h"

#define ACCOUNT_DIGITS 12 /* of an account id */
#define KEY_ID_LENGTH 20  /* "AKIA" and 16 characters */
#define KEY_SECRET_LENGTH 40

/* Adds an account. id NULL: a random one. name NULL: none. *ret lives in c->arena. ERR_FAULT: not
 * twelve digits, or it exists already. */
int account_add(struct ctl *c, const char *id, const char *name, struct obj_account *ret);

/* Calls each(ctx, account) for all accounts in order of id; CTL_STOP ends the walk with 0, another
 * non-zero result is returned. Accounts live in c->arena. */
int account_list(struct ctl *c, int (*each)(void *ctx, const struct obj_account *account),
                 void *ctx);

/* Makes a new access key of an account: of its root, or of a user when user is not NULL. The secret
 * is in *ret and can be read again later. ERR_FAULT: no such account, or not a user name (1..64 of
 * A-Z a-z 0-9 + = , . @ _ -). */
int key_create(struct ctl *c, const char *account, const char *user, struct obj_access_key *ret);

/* Calls each for the keys of one account in order of key id, as account_list. */
int key_list(struct ctl *c, const char *account,
             int (*each)(void *ctx, const struct obj_access_key *key), void *ctx);

/* Deletes a key. ERR_FAULT: no such key. */
int key_delete(struct ctl *c, const char *key_id);

/* Looks a key up, for checking signatures; any thread, no transaction. Memory from `arena`.
 * ERR_NOT_FOUND, ERR_IO, ERR_NOMEM, ERR_CORRUPT. An expired key is found: the caller decides. */
int key_find(struct store *s, struct arena *arena, const char *key_id, struct obj_access_key *ret);

/* The ARN of who signs with a key: "arn:aws:iam::<account>:root" or ":user/<name>". NULL on lack of
 * memory. */
const char *key_caller_arn(struct arena *arena, const struct obj_access_key *key);

#endif
