/* SPDX-License-Identifier: Apache-2.0 */
/* A small world for the tests of src/resolve: one VPC, one zone, one rule, and a resolver. */
#ifndef UNIT_RESOLVE_FIXTURE_H
#define UNIT_RESOLVE_FIXTURE_H

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "dns/build.h"
#include "model/compile.h"
#include "resolve/query.h"

/* VPC 10.0.0.0/16 with the zone example.internal (www A 192.0.2.1, three A 192.0.2.1 to .3, c CNAME
 * www.corp.internal) and a rule that forwards corp.internal to 10.9.0.53. */
struct fixture {
    struct publisher *publisher;
    struct compiler *compiler;
    struct reader reader;
    struct resolver *resolver;
    struct cache *cache;
    struct metrics metrics;
    struct rnd rnd;
    uint64_t now;
    uint8_t out[LIMIT_UDP_EDNS];
};

/* Builds it with these limits of the resolver. */
void fixture_init(struct fixture *f, size_t queries_max, size_t flights_max);
/* Switches DNS64 on for the client that asks. */
void fixture_dns64(struct fixture *f);

void fixture_deinit(struct fixture *f);

/* Writes a query for name and type with EDNS; returns its length. */
size_t fixture_packet(const char *name, uint16_t type, uint8_t *buf, size_t size);

/* Begins a query from 10.0.1.5 with a packet; the answer goes to f->out. */
enum query_state fixture_begin(struct fixture *f, struct query *q, const uint8_t *packet,
                               size_t len);

/* Asks for name and type, and gives the query back if it is not parked (then *ret_q is set). */
enum query_state fixture_ask(struct fixture *f, const char *name, uint16_t type,
                             struct query **ret_q);

/* Writes a reply to an action: one A record 192.0.2.9 with this TTL, or, with ttl 0, SERVFAIL.
 * Returns its length. */
size_t fixture_reply(const struct action *a, uint32_t ttl, uint8_t *buf, size_t size);

#endif
