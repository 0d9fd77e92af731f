/* SPDX-License-Identifier: Apache-2.0 */
/* The status board: what the data plane says about listeners and endpoint addresses, read by the
 * control side. Written by serve, a few times per change; never in the packet path. Any thread. */
#ifndef MODEL_STATUS_H
#define MODEL_STATUS_H

#include <stddef.h>

enum status {
    STATUS_UNKNOWN, /* nothing was said yet */
    STATUS_UP,      /* bound and answering, or usable as a source */
    STATUS_DOWN,    /* not possible; the text says why */
};

#define STATUS_TEXT_MAX 200 /* bytes, NUL included */

struct status_board;

struct status_board *status_new(void); /* NULL on lack of memory */
void status_free(struct status_board *b);

/* Says the state of `id` (an endpoint address "rni-...", or a VPC "vpc-..." for its resolver
 * addresses). text may be NULL. */
void status_set(struct status_board *b, const char *id, enum status status, const char *text);

/* Forgets `id`. */
void status_clear(struct status_board *b, const char *id);

/* The state of `id`; copies the text into buf. */
enum status status_get(struct status_board *b, const char *id, char *buf, size_t size);

#endif
