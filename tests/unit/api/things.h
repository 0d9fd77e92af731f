/* SPDX-License-Identifier: Apache-2.0 */
/* Test services: rows/t*.rows and handlers that return what they are given. */
#ifndef TEST_THINGS_H
#define TEST_THINGS_H

#include "api/auth.h"
#include "api/ops.h"

extern const struct service tj_service;
extern const struct service tr_service;
extern const struct service tx_service;
extern const struct service tq_service;
extern const struct service te_service;

/* All of them, NULL-terminated. */
extern const struct service *const things[];

/* A key_find that knows AKIDEXAMPLE with the secret "secret" of account 123456789012. */
int things_key_find(void *ctx, const char *key_id, struct arena *arena, struct auth_key *ret);

#endif
