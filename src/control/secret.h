/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that the nodes of one store share, made by whoever needs one first. */
#ifndef CONTROL_SECRET_H
#define CONTROL_SECRET_H

#include "store/store.h"

/* Reads the secret of a name, `len` random bytes, into out; makes it if there is none. ERR_IO,
 * ERR_NOMEM, ERR_CORRUPT: it has another length. Any thread. */
int secret_get(struct store *s, struct arena *arena, const char *name, void *out, size_t len);

#endif
