/* SPDX-License-Identifier: Apache-2.0 */
/* A resolver core with a model to answer from, and prepared questions: what the micro-benches and
 * the count of instructions have in common. No sockets. All of it is the same in each run. */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include "base/rand.h"
#include "model/compile.h"
#include "resolve/query.h"

/* What is asked. */
enum ask {
    ASK_ZONE,     /* A records of private zones */
    ASK_NXDOMAIN, /* names that the zones do not have */
    ASK_CACHED,   /* A records behind a rule, cached before */
    ASK_DNS64,    /* AAAA of names with A records only, cached before */
    ASK_MISS,     /* A records behind a rule, each for the first time */
};

/* A piece of work: `tenants` VPCs, each with a zone of `records` names and three rules; `names`
 * different questions. */
struct work {
    const char *name;
    enum ask ask;
    unsigned tenants, records, names;
    size_t cache_bytes;
};

#define QUESTION_BYTES 96

struct question {
    struct sockname source;
    uint16_t len;
    uint8_t packet[QUESTION_BYTES];
};

struct world {
    struct publisher *publisher;
    struct compiler *compiler;
    struct reader reader;
    struct resolver *resolver;
    struct cache *cache;
    struct metrics metrics;
    struct rnd rnd;
    struct question *questions; /* in an order that is no help to memory */
    unsigned names;
    uint64_t now;
    uint8_t reply[512]; /* of the target that was asked last */
};

/* Builds the model, the resolver and the questions; fills the cache for those who ask it. Aborts on
 * any failure. */
void world_init(struct world *w, const struct work *work);

/* Frees what world_init made. */
void world_deinit(struct world *w);

/* One more worker, for a thread of its own, which calls this: reader, resolver and metrics are its
 * own; model, cache and questions are those of `first`, which must outlive it. Aborts on any
 * failure. */
void world_join(struct world *w, const struct world *first);

/* Frees what world_join made. */
void world_leave(struct world *w);

/* Adds a VPC with its zone and rules; the caller commits. Any number, again too. */
void world_tenant(struct compiler *c, unsigned tenant, unsigned records);

/* Puts the A record of one host of a tenant's zone; the caller commits. */
void world_record(struct compiler *c, unsigned tenant, unsigned host, uint32_t value);

/* How a driver would ask: everything of `in` but out and out_size is set. */
void world_ask(struct world *w, const struct question *question, struct query_in *in);

/* What a target answers to an action: into w->reply; returns its length. */
size_t world_reply(struct world *w, const struct action *a);

#endif
