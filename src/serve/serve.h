/* SPDX-License-Identifier: Apache-2.0 */
/* The DNS server: workers with their sockets around the resolver core (resolve/query.h is the
 * loop's contract).
 *
 * Every worker owns an event loop, its UDP sockets (SO_REUSEPORT, recvmmsg/sendmmsg in batches),
 * TCP listeners and connections, upstream sockets and a libunbound context. Sockets follow the
 * snapshot's listeners while queries run: there is no reload. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "model/publish.h"
#include "resolve/query.h"
#include "resolve/trace.h"

struct serve;

struct serve_config {
    struct publisher *publisher;
    unsigned workers;              /* 1..LIMIT_WORKERS */
    const struct sockname *listen; /* addresses of the shared listener (--dns) */
    size_t listen_n;
    uint16_t port; /* of endpoint and VPC resolver addresses (--port) */
    size_t cache_bytes;
    bool manage_addresses;         /* add and remove endpoint and resolver addresses on the host's
                                      interfaces */
    unsigned vpc_rate;             /* questions a second that a VPC, and a rule, may ask upstream */
    unsigned rule_rate;            /* in each worker; 0: no limit */
    bool recursion;                /* false: names without a route are REFUSED */
    const char *root_hints;        /* file of root hints, or NULL for the built-in ones */
    const char *trust_anchors;     /* file of DS/DNSKEY records, or NULL: no validation; "auto": the
                                      system's root.key */
    const char *recursion_forward; /* "ADDR[:PORT]" that public recursion asks instead of iterating,
                                      or NULL */
    uint64_t secret[2];            /* shared by the nodes of a store: seals hop markers */
    int pin_cpu;                   /* first CPU to pin workers to, or -1 */
};

/* Binds and starts the workers. ERR_IO when an address of `listen` cannot be bound (*ret_why says
 * which and why; static or heap text owned by the serve module until the next call), ERR_NOMEM,
 * ERR_INVALID. */
int serve_start(const struct serve_config *config, struct serve **ret, const char **ret_why);

/* Stops: closes listeners, gives queries under way up to a second to end, joins the threads.
 * Accepts NULL. */
void serve_stop(struct serve *s);

/* A question for serve_explain, and where its answer goes. All pointers are the caller's and stay
 * valid until the call returns. */
struct serve_question {
    const char *vpc_id;
    struct addr source; /* family 0: an address of the VPC is made up */
    const uint8_t *qname;
    uint16_t qtype;
    struct trace *trace;
    uint8_t *reply; /* the whole DNS message is written here */
    size_t reply_size;
    int timeout_ms;
};

/* Asks one question through the running pipeline with a trace, as if `source` of the VPC had asked.
 * Blocks up to timeout_ms. *ret_len gets the length of the reply; 0: the query was dropped without
 * one. ERR_NOT_FOUND: no such VPC; ERR_TIMEOUT; ERR_RANGE: the reply is larger than reply_size;
 * ERR_BUSY: a limit was reached, or the server stops. Any thread but a worker's, not after
 * serve_stop. */
int serve_explain(struct serve *s, const struct serve_question *q, size_t *ret_len);

#endif
