/* SPDX-License-Identifier: Apache-2.0 */
/* Queries over TCP (RFC 7766): pipelined, answered in any order, under limits of time and number.
 * Private to src/serve. */
#ifndef SERVE_TCP_H
#define SERVE_TCP_H

#include "serve/listen.h"

/* The worker's connections. NULL on lack of memory. */
struct tcp_server *tcp_server_new(void);

/* Closes all connections; their parked queries are freed. The worker's thread. */
void tcp_server_close(struct worker *w);

/* Frees it. Accepts NULL. */
void tcp_server_free(struct tcp_server *t);

/* Accepts connections on `fd`, which is the listening's from now on. ERR_IO. */
int tcp_listen(struct worker *w, struct listening *l, int fd);

/* Accepts what is queued, then closes the listening socket. Connections stay until they are idle;
 * those of a closing listening that are idle are closed. Nothing happens if it does not listen. */
void tcp_unlisten(struct listening *l);

/* Room for an answer over TCP, LIMIT_MESSAGE bytes. */
uint8_t *tcp_room(struct worker *w);

/* Sends the answer of `len` bytes at tcp_room of a query that was parked, and is not any more; 0:
 * it has no answer. May close the connection. */
void tcp_answer(struct tcp_conn *c, size_t len);

/* A parked query of the connection was freed. */
void tcp_unparked(struct tcp_conn *c);

#endif
