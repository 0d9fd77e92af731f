/* SPDX-License-Identifier: Apache-2.0 */
/* A server on loopback with a small model, and a fake target for its rules. */
#ifndef TEST_SERVE_WORLD_H
#define TEST_SERVE_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "dns/build.h"
#include "model/compile.h"
#include "model/status.h"
#include "serve/serve.h"

#define CLIENT "127.53.1.7"    /* in the VPC */
#define STRANGER "127.54.1.7"  /* in none */
#define RESOLVER "127.53.0.2"  /* the shared listener */
#define INBOUND "127.53.2.10"  /* an inbound endpoint */
#define OUTBOUND "127.53.3.10" /* an outbound endpoint */

/* A name server whose behaviour is the first label of the question: "plain" answers with the
 * address 10.1.2.3; "big" is truncated over UDP; "forged" is preceded by replies that are not to be
 * believed; "echoed" answers and sends forty copies after it; "slow" takes 300 ms; "deaf" is never
 * answered; "once" only when asked again; "fail" is SERVFAIL. Anything may follow the word:
 * "plain17". */
struct target {
    pthread_t thread;
    int udp, tcp, stop;
    struct sockname name;
    _Atomic unsigned udp_n, tcp_n, conns;
};

/* Starts a target on 127.0.0.1. */
void target_start(struct target *t);
void target_stop(struct target *t);

struct world {
    struct publisher *publisher;
    struct compiler *compiler;
    struct serve *serve;
    struct target target;
    struct sockname dead; /* nobody listens there */
    uint16_t port;
    uint64_t revision;
};

struct world_options {
    unsigned workers;
    bool recursion; /* through the target */
    bool wildcard;  /* the shared listener is 0.0.0.0 */
};

/* A VPC 127.53.0.0/16 with zone "zone.test" (names n0 to n99, "text" that fits no UDP answer),
 * rules "fwd.test" (the target), "half.test" (a dead one and the target), "dead.test" (dead ones),
 * both endpoints, and one inbound address that this host does not have. */
void world_start(struct world *w, const struct world_options *o);
void world_stop(struct world *w);

/* Adds or replaces an address record of the zone; commit with world_commit. */
void world_record(struct world *w, const char *name, const char *address);
void world_inbound(struct world *w, const char *id, const char *address);
void world_commit(struct world *w);

/* The state of an owner on the board once it is no longer unknown. */
enum status world_status(struct world *w, const char *id, char *text, size_t size);

/* Waits until the board says so. */
void world_await(struct world *w, const char *id, enum status status);

/* A UDP (or connected TCP) client from `from` to `to`. */
int client_open(const struct world *w, int type, const char *from, const char *to);

/* Writes a query message; returns its length. */
size_t query_make(uint8_t *buf, size_t size, uint16_t id, const char *name, uint16_t type);

/* Sends a query over UDP and receives its reply: the length, 0 after a second of silence. */
size_t ask(int fd, const char *name, uint16_t type, uint8_t reply[4096]);

/* Sends bytes over TCP; receives one message: its length, -1 when the other side closed. */
void tcp_send(int fd, const void *data, size_t len);
void tcp_query(int fd, uint16_t id, const char *name, uint16_t type);
ssize_t tcp_receive(int fd, uint8_t *msg, size_t size);

static inline unsigned reply_rcode(const uint8_t *m)
{
    return m[3] & 15;
}
static inline unsigned reply_answers(const uint8_t *m)
{
    return (unsigned)(m[6] << 8 | m[7]);
}
static inline unsigned reply_id(const uint8_t *m)
{
    return (unsigned)(m[0] << 8 | m[1]);
}
static inline bool reply_truncated(const uint8_t *m)
{
    return m[2] & 2;
}

#endif
