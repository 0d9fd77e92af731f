/* SPDX-License-Identifier: Apache-2.0 */
/* Lack of memory that a library hides: it says "syntax error", or goes on with a shorter text. Each
 * thread counts the allocations that it did not get; who calls such a library compares the count
 * before and after, and trusts no result when it has grown. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* How many allocations this thread did not get, of those that are counted. */
uint64_t memory_failures(void);

/* Counts one: a library said that it had no memory. */
void memory_failed(void);

/* json_loadb, with the truth about failures: *ret is a new reference. ERR_INVALID: not JSON;
 * ERR_NOMEM. Any thread. */
int json_read(const char *text, size_t len, size_t flags, json_t **ret);

#endif
