/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to a store as fast as it can and says on standard output, after each commit, which number
 * is safe now. It is made to be killed (test_kill).
 *
 * Transaction n sets "left" and "right" to n, adds "n/<n>" and takes away "n/<n - 10>": whatever of
 * this is seen later must all be seen. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/store.h"

#define WINDOW 10 /* numbers that stay; test_kill knows it too */

static struct store_bytes text(const char *s)
{
    return (struct store_bytes){s, strlen(s)};
}

/* The last number that is in the store; 0: none. */
static uint64_t last_number(struct store *s, struct arena *arena)
{
    struct store_item item;
    if (store_get(s, text("left"), arena, &item) != 0)
        return 0;
    return strtoull(item.value.data, NULL, 10);
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct store *s;
    const char *why = "";
    arena_new(&arena, 1u << 20);
    if (argc != 2 || store_open(argv[1], &arena, &s, &why) != 0) {
        fprintf(stderr, "usage: kill_writer STORE-URL\n%s\n", why);
        return 1;
    }
    for (uint64_t n = last_number(s, &arena) + 1;; n++) {
        char value[32], key[32], old[32];
        uint64_t rev;
        snprintf(value, sizeof value, "%" PRIu64, n);
        snprintf(key, sizeof key, "n/%" PRIu64, n);
        snprintf(old, sizeof old, "n/%" PRIu64, n - WINDOW);
        struct store_write w[4] = {{text("left"), text(value)},
                                   {text(key), text(value)},
                                   {text("right"), text(value)},
                                   {text(old), {NULL, 0}}};
        struct store_txn txn = {NULL, 0, w, n > WINDOW ? 4 : 3, 0};
        if (store_commit(s, &txn, &rev) != 0) {
            fprintf(stderr, "commit: %s\n", store_error(s));
            return 1;
        }
        /* One write of 8 bytes to a pipe is whole or not at all. */
        if (write(STDOUT_FILENO, &n, sizeof n) != sizeof n)
            return 1;
    }
}
