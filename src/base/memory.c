/* SPDX-License-Identifier: Apache-2.0 */
/* The count of failures, and the reading of JSON that goes by it: jansson's lexer drops bytes that
 * it finds no room for and reads on. */
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"

static _Thread_local uint64_t failures;

uint64_t memory_failures(void)
{
    return failures;
}

void memory_failed(void)
{
    failures++;
}

static void *counted_malloc(size_t size)
{
    void *p = malloc(size);
    if (p == NULL)
        memory_failed();
    return p;
}

static void install(void)
{
    json_set_alloc_funcs(counted_malloc, free);
}

int json_read(const char *text, size_t len, size_t flags, json_t **ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    uint64_t before = failures;
    json_t *j = json_loadb(text, len, flags, NULL);
    if (failures != before) {
        json_decref(j);
        return ERR_NOMEM;
    }
    *ret = j;
    return j != NULL ? 0 : ERR_INVALID;
}
