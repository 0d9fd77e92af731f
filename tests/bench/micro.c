/* SPDX-License-Identifier: Apache-2.0 */
/* Where the time of one query goes in the resolver core: packet in, packet out, no sockets.
 *
 *   micro time WORK...     nanoseconds of each step, a line of JSON for each work
 *   micro count WORK       answers the questions once in `count_answers`, for callgrind
 *   micro workers WORK...  the CPU of an answer with two workers, as a multiple of one's
 *   micro model            memory and time of records, tenants and changes, a line of JSON
 *   micro works            the works there are
 *   micro build            the compiler and its options: counts compare where these are equal
 *
 * A step's time is a difference: the same questions are run up to that step, and up to the one
 * before, in turns; so a step gets the cache misses that it causes, and no clock is read in
 * between. The whole is run as a driver does, by groups that wait for memory together, so it takes
 * less than its steps. Questions are copied to a small buffer first, as a kernel does; that is not
 * counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "micro.h"
#include "resolve/pipeline.h"

#define RUN 100352 /* questions of a run, a multiple of LIMIT_BATCH */
#define ROUNDS 21
#define COUNTED 2048
#define MIB ((size_t)1 << 20)

static const struct work works[] = {
    {"zone-10k", ASK_ZONE, 1, 10000, 10000, MIB},
    {"zone-100k", ASK_ZONE, 1, 100000, 100000, MIB},
    {"zone-1M", ASK_ZONE, 1, 1000000, 1000000, MIB},
    {"nxdomain-10k", ASK_NXDOMAIN, 1, 10000, 10000, MIB},
    {"nxdomain-1M", ASK_NXDOMAIN, 1, 1000000, 1000000, MIB},
    {"cached-1k", ASK_CACHED, 1, 20, 1000, 64 * MIB},
    {"cached-1M", ASK_CACHED, 1, 20, 1000000, 512 * MIB},
    {"dns64-1k", ASK_DNS64, 1, 20, 1000, 64 * MIB},
    {"dns64-300k", ASK_DNS64, 1, 20, 300000, 512 * MIB}, /* three entries a name */
    {"tenants-1", ASK_ZONE, 1, 20, 20, MIB},
    {"tenants-10k", ASK_ZONE, 10000, 20, 200000, MIB},
    {"miss", ASK_MISS, 1, 20, 4096, 64 * MIB},
};
#define WORKS (sizeof(works) / sizeof(works[0]))

/* How far a query is run. */
enum rung {
    RUNG_COPY, /* the packets are only copied */
    RUNG_PARSE,
    RUNG_BEGIN, /* parsed, and its question kept */
    RUNG_IDENTIFY,
    RUNG_ADMIT,
    RUNG_ROUTE,
    RUNG_LOOK, /* in the zone, or in the cache */
    RUNG_ANSWER,
    RUNG_WHOLE, /* as a driver runs it */
    RUNGS,
};

/* The step before which a rung ends. */
static const enum step ends[RUNGS] = {
    [RUNG_BEGIN] = STEP_LOCATE, [RUNG_IDENTIFY] = STEP_ADMIT, [RUNG_ADMIT] = STEP_ROUTE,
    [RUNG_ROUTE] = STEP_LOCAL,  [RUNG_LOOK] = STEP_ANSWER,    [RUNG_ANSWER] = STEP_SENT,
};

static enum step step_run(enum step step, struct query *q)
{
    static enum step (*const run[])(struct query * q) = {
        [STEP_LOCATE] = step_locate, [STEP_IDENTIFY] = step_identify, [STEP_ADMIT] = step_admit,
        [STEP_ROUTE] = step_route,   [STEP_SEEK] = step_seek,         [STEP_LOCAL] = step_local,
        [STEP_CACHE] = step_cache,   [STEP_ANSWER] = step_answer,
    };
    must(step < sizeof(run) / sizeof(run[0]) && run[step]);
    return run[step](q);
}

/* Runs one query as far as the rung says; returns the bytes of its answer. Not the whole. */
static size_t climb(struct world *w, enum rung rung, struct query_in *in)
{
    struct message m;
    if (rung == RUNG_COPY)
        return 0;
    if (rung == RUNG_PARSE) {
        must(msg_parse_query(in->packet, in->len, &m) == MSG_OK);
        return 0;
    }
    struct query *q = query_new(w->resolver);
    in->listener = LISTEN_SOURCE; /* nobody asks there: query_begin ends at its first step */
    must(query_begin(w->resolver, q, in) == QUERY_DROP);
    q->listener = in->listener = LISTEN_SHARED;
    enum step step = STEP_LOCATE;
    while (step < ends[rung])
        step = step_run(step, q);
    size_t len = step == STEP_SENT ? query_len(q) : 0;
    query_free(w->resolver, q);
    return len;
}

/* Where the next answer is written, behind one of `len` bytes. */
static size_t after(size_t used, size_t len)
{
    return used + ((len + 15) & ~(size_t)15);
}

static void climb_each(struct world *w, enum rung rung, const struct question *batch, uint8_t *out)
{
    struct query_in in = {.out_size = LIMIT_UDP_EDNS};
    size_t used = 0;
    for (unsigned i = 0; i < LIMIT_BATCH; i++) {
        world_ask(w, &batch[i], &in);
        in.out = out + used;
        used = after(used, climb(w, rung, &in));
    }
}

/* Answers a batch as a driver does. */
static void answer_groups(struct world *w, const struct question *batch, uint8_t *out)
{
    struct query_in in[QUERY_GROUP];
    struct query *q[QUERY_GROUP];
    size_t used = 0;
    for (unsigned i = 0; i < LIMIT_BATCH; i += QUERY_GROUP) {
        for (unsigned j = 0; j < QUERY_GROUP; j++) {
            world_ask(w, &batch[i + j], &in[j]);
            q[j] = query_new(w->resolver);
        }
        query_prepare(w->resolver, q, in, QUERY_GROUP);
        for (unsigned j = 0; j < QUERY_GROUP; j++) {
            must(query_finish(q[j], out + used, LIMIT_UDP_EDNS) == QUERY_ANSWER);
            used = after(used, query_len(q[j]));
            query_free(w->resolver, q[j]);
        }
    }
}

/* Runs `n` questions up to a rung. `at` chooses them, at random: a processor would learn a few
 * names that come again and again in the same order. */
static void ask(struct world *w, enum rung rung, unsigned n, unsigned *at)
{
    struct question batch[LIMIT_BATCH];
    uint8_t out[LIMIT_BATCH * LIMIT_UDP_EDNS];
    for (unsigned i = 0; i < n; i += LIMIT_BATCH) {
        for (unsigned j = 0; j < LIMIT_BATCH; j++) {
            *at = *at * 1664525u + 1013904223u;
            batch[j] = w->questions[(uint64_t)*at * w->names >> 32];
        }
        if (rung == RUNG_WHOLE)
            answer_groups(w, batch, out);
        else
            climb_each(w, rung, batch, out);
        reader_quiescent(&w->reader);
    }
}

void micro_answer(struct world *w, unsigned n, unsigned *at)
{
    ask(w, RUNG_WHOLE, n, at);
}

/* Nanoseconds of a query up to a rung. */
static double run(struct world *w, enum rung rung, unsigned *at)
{
    uint64_t start = clock_mono_ns();
    ask(w, rung, RUN, at);
    return (double)(clock_mono_ns() - start) / RUN;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double micro_median(double *v, unsigned n)
{
    qsort(v, n, sizeof(*v), by_value);
    return v[n / 2];
}

/* Times all rungs in turns, and prints the medians of their differences. */
static void time_work(const struct work *work)
{
    static const char *const names[RUNGS] = {
        [RUNG_PARSE] = "parse",   [RUNG_BEGIN] = "begin", [RUNG_IDENTIFY] = "identify",
        [RUNG_ADMIT] = "admit",   [RUNG_ROUTE] = "route", [RUNG_LOOK] = "look",
        [RUNG_ANSWER] = "encode",
    };
    static double took[RUNGS][ROUNDS];
    struct world w;
    unsigned at = 0;
    world_init(&w, work);
    run(&w, RUNG_WHOLE, &at);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned rung = 0; rung < RUNGS; rung++)
            took[rung][round] = run(&w, rung, &at);
    for (unsigned round = 0; round < ROUNDS; round++) {
        took[RUNG_WHOLE][round] -= took[RUNG_COPY][round];
        for (unsigned rung = RUNG_ANSWER; rung > RUNG_COPY; rung--)
            took[rung][round] -= took[rung - 1][round];
    }
    printf("{\"work\": \"%s\"", work->name);
    for (unsigned rung = RUNG_PARSE; rung < RUNG_WHOLE; rung++)
        printf(", \"%s\": %.1f", names[rung], micro_median(took[rung], ROUNDS));
    double whole = micro_median(took[RUNG_WHOLE], ROUNDS);
    printf(", \"whole\": %.1f, \"low\": %.1f, \"high\": %.1f}\n", whole, took[RUNG_WHOLE][0],
           took[RUNG_WHOLE][ROUNDS - 1]);
    fflush(stdout);
    world_deinit(&w);
}

/* --- misses: no step can be left out, so they are timed as a whole ------------------------------
 */

/* A query from its packet to its answer, with a target that answers at once. tests/bench/counts.py
 * adds up what is called from here, but for world_ask and world_reply, which are the bench's own.
 */
static __attribute__((noinline)) void count_answer(struct world *w, const struct question *question,
                                                   uint8_t *out)
{
    struct query_in in = {.out = out, .out_size = LIMIT_UDP_EDNS};
    uint8_t wire[ACTION_QUERY];
    struct action a;
    world_ask(w, question, &in);
    struct query *q = query_new(w->resolver);
    enum query_state state = query_begin(w->resolver, q, &in);
    while (state == QUERY_WAIT) {
        while (resolver_action(w->resolver, w->now, &a)) {
            must(action_query(&a, wire) > 0);
            must(flight_reply(w->resolver, a.handle, w->reply, world_reply(w, &a), w->now));
        }
        must(resolver_ready(w->resolver) == q);
        state = query_resume(w->resolver, q, out, LIMIT_UDP_EDNS, w->now);
    }
    must(state == QUERY_ANSWER && query_len(q) > MSG_HEADER);
    query_free(w->resolver, q);
}

/* Later than anything in the cache can be served, so that everything is a miss again. */
static void forget(struct world *w)
{
    w->now += 3 * 86400 * NS_PER_S;
}

static void time_miss(const struct work *work)
{
    double took[ROUNDS];
    uint8_t out[LIMIT_UDP_EDNS];
    struct world w;
    world_init(&w, work);
    for (unsigned round = 0; round < ROUNDS; round++) {
        forget(&w);
        uint64_t start = clock_mono_ns();
        for (unsigned i = 0; i < w.names; i++) {
            count_answer(&w, &w.questions[i], out);
            reader_quiescent(&w.reader);
        }
        took[round] = (double)(clock_mono_ns() - start) / w.names;
    }
    double whole = micro_median(took, ROUNDS);
    printf("{\"work\": \"%s\", \"whole\": %.1f, \"low\": %.1f, \"high\": %.1f}\n", work->name,
           whole, took[0], took[ROUNDS - 1]);
    fflush(stdout);
    world_deinit(&w);
}

/* --- counting -----------------------------------------------------------------------------------
 */

static __attribute__((noinline)) void count_answers(struct world *w, uint8_t *out)
{
    for (unsigned i = 0; i < COUNTED; i++) {
        count_answer(w, &w->questions[i % w->names], out);
        reader_quiescent(&w->reader);
    }
}

/* Everything was done once before: what is bound or made at its first use is not counted. */
static void count_work(const struct work *work)
{
    uint8_t out[LIMIT_UDP_EDNS];
    struct world w;
    world_init(&w, work);
    for (unsigned i = 0; i < COUNTED; i++)
        count_answer(&w, &w.questions[i % w.names], out);
    if (work->ask == ASK_MISS)
        forget(&w);
    count_answers(&w, out);
    printf("{\"work\": \"%s\", \"answers\": %u}\n", work->name, COUNTED);
    world_deinit(&w);
}

/* --- */

static const struct work *find(const char *name)
{
    for (unsigned i = 0; i < WORKS; i++)
        if (strcmp(works[i].name, name) == 0)
            return &works[i];
    fprintf(stderr, "micro: no work is called %s\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "time") == 0) {
        for (int i = 2; i < argc; i++) {
            const struct work *work = find(argv[i]);
            (work->ask == ASK_MISS ? time_miss : time_work)(work);
        }
    } else if (strcmp(command, "count") == 0 && argc == 3) {
        count_work(find(argv[2]));
    } else if (strcmp(command, "workers") == 0) {
        for (int i = 2; i < argc; i++)
            if (!micro_workers(find(argv[i])))
                return 1;
    } else if (strcmp(command, "model") == 0) {
        micro_model();
    } else if (strcmp(command, "works") == 0) {
        for (unsigned i = 0; i < WORKS; i++)
            puts(works[i].name);
    } else if (strcmp(command, "build") == 0) {
        puts(BUILD_WITH);
    } else {
        fprintf(
            stderr,
            "usage: micro time WORK... | count WORK | workers WORK... | model | works | build\n");
        return 2;
    }
    return 0;
}
