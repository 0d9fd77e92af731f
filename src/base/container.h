/* SPDX-License-Identifier: Apache-2.0 */
/* From a member to the struct that it is part of. */
#ifndef BASE_CONTAINER_H
#define BASE_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

/* The struct that contains `member` at `ptr`; not const, whatever `ptr` is. */
#define container_of(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

#endif
