/* SPDX-License-Identifier: Apache-2.0 */
/* Shared secrets: "s/<name>" in the store. */
#include "control/secret.h"

#include <string.h>

#include "base/error.h"
#include "base/rand.h"

static int secret_make(struct store *s, struct store_bytes key, void *out, size_t len)
{
    struct rnd rnd;
    struct store_compare absent = {.key = key, .mod_rev = 0};
    struct store_write write = {.key = key, .value = {out, len}};
    struct store_txn txn = {.compares = &absent, .compares_n = 1, .writes = &write, .writes_n = 1};
    uint64_t revision;
    rnd_init(&rnd);
    rnd_bytes(&rnd, out, len);
    return store_commit(s, &txn, &revision);
}

int secret_get(struct store *s, struct arena *arena, const char *name, void *out, size_t len)
{
    const char *text = arena_printf(arena, "s/%s", name);
    struct store_item item;
    if (!text)
        return ERR_NOMEM;
    struct store_bytes key = {text, strlen(text)};
    for (;;) {
        int err = store_get(s, key, arena, &item);
        if (err == ERR_NOT_FOUND) {
            err = secret_make(s, key, out, len);
            if (err == ERR_CONFLICT) /* another node was faster: its secret is the one */
                continue;
            return err;
        }
        if (err)
            return err;
        if (item.value.len != len)
            return ERR_CORRUPT;
        memcpy(out, item.value.data, len);
        return 0;
    }
}
