/* SPDX-License-Identifier: Apache-2.0 */
/* Replay: runs scenario files against the resolver core, with a fake network and a fake clock.
 *
 * A file is a list of statements: one at the start of a line, its details indented below. See
 * README.md beside this file for the language. The first difference of a statement is printed with
 * all that was expected and found, and the file fails. */
#ifndef SCENARIO_SCN_H
#define SCENARIO_SCN_H

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"
#include "model/compile.h"
#include "resolve/query.h"
#include "resolve/trace.h"

#define SCN_WORDS 128
#define LINE_MAX_BYTES 4096
#define SCN_LINES 64   /* details of one statement */
#define SCN_TARGETS 64 /* scripted replies */
#define SCN_EVENTS 8192
#define SCN_SENT 16384
#define SCN_COPIES 4096
#define SCN_EVENTS_TAKEN 256 /* of the resolver, in one load */

/* A line, cut into words. "\"two words\"" is one. */
struct line {
    int number;
    char text[LINE_MAX_BYTES];
    char store[LINE_MAX_BYTES];
    char *word[SCN_WORDS];
    int n;
};

struct statement {
    struct line head;
    struct line detail[SCN_LINES];
    int n;
};

/* What a scripted server does with a question. */
enum act {
    ACT_ANSWER,
    ACT_RCODE, /* an answer with that rcode and nothing in it */
    ACT_SILENT,
    ACT_TRUNCATED,        /* TC over UDP; over TCP the answer */
    ACT_TRUNCATED_ALWAYS, /* over TCP, too */
    ACT_TRUNCATED_NO_TCP, /* silent over TCP */
    ACT_ONLY_WRONG,       /* nothing but the former */
    ACT_WRONG,            /* an answer to another question, then the right one */
    ACT_GARBAGE,          /* bytes that are no message, then the answer */
    ACT_NO_EDNS,          /* FORMERR while the question has EDNS */
    ACT_UNREACHABLE,
    ACT_NO_SOCKET,
    ACT_BOGUS,
    ACT_INBOUND, /* it is an inbound endpoint of ours: the question comes in there */
};

struct record {
    enum section section;
    uint8_t owner[NAME_MAX_WIRE];
    uint32_t ttl;
    uint16_t type;
    uint8_t rdata[1024];
    uint16_t len;
};

struct server {
    bool public;
    struct sockname name;
    uint8_t qname[NAME_MAX_WIRE]; /* root and any: all */
    bool any_name;
    uint16_t qtype; /* 0: all */
    enum act act;
    uint16_t rcode;
    unsigned delay_ms;
    char inbound[80]; /* ACT_INBOUND: "inbound:ENDPOINT" */
    struct record *records;
    int n;
};

struct arrival {
    uint64_t at;
    uint64_t handle;
    int failure; /* enum flight_failure, or -1: a reply */
    uint8_t *wire;
    size_t len;
};

struct sent {
    bool public, tcp;
    struct sockname target;
    struct addr source;
    char name[NAME_MAX_TEXT];
    uint16_t qtype;
    unsigned hops; /* in its hop marker */
};

/* One copy of the query that a statement asks. */
struct ask {
    struct query *q;
    enum query_state state;
    bool done;
    bool inner; /* asked by an outbound endpoint of ours; the answer goes to `handle` */
    uint64_t handle;
    uint8_t out[LIMIT_MESSAGE];
    size_t len;
};

struct scn {
    const char *file;
    FILE *in;
    int number;
    struct line ahead;
    bool has_ahead;

    struct publisher *publisher;
    struct reader reader;
    struct compiler *compiler;
    uint64_t revision;
    bool dirty;

    struct resolver *resolver;
    struct cache *cache;
    struct metrics metrics;
    struct rnd rnd;
    uint64_t now;

    struct server servers[SCN_TARGETS];
    int servers_n;
    struct arrival *events;
    int events_n;
    struct sent *sent;
    int sent_n;
    struct ask *asks;
    int asks_n;
    struct arena arena;
    struct trace trace;
    int shares[SCN_LINES]; /* answers that had the text of detail i ("between") */
    uint64_t asked_at;
    bool recursion_off;
    unsigned limit_queries, limit_flights, vpc_rate, rule_rate;
    unsigned long load_names; /* that loads have asked for */
};

/* Prints file, line and a sentence, and ends the program with failure. */
_Noreturn void scn_fail(const struct scn *s, const struct line *l, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The value of "key=value" among the words of a line, or NULL. */
const char *line_option(const struct line *l, const char *key);

/* True if a word is there. */
bool line_has(const struct line *l, const char *word);

/* Parses words, failing the file on nonsense. */
unsigned long scn_number(const struct scn *s, const struct line *l, const char *text);
void scn_name(const struct scn *s, const struct line *l, const char *text, uint8_t *out);
uint16_t scn_type(const struct scn *s, const struct line *l, const char *text);
struct addr scn_addr(const struct scn *s, const struct line *l, const char *text);
struct sockname scn_sockname(const struct scn *s, const struct line *l, const char *text);

/* Parses rdata in presentation form from word `at` on; returns its length. scn_rdata.c */
uint16_t scn_rdata(const struct scn *s, const struct line *l, int at, uint16_t type, uint8_t *out);

/* The apex SOA that zones get. scn_rdata.c */
extern const char scn_soa[];

/* Statements about the model; false: not one of them. scn_model.c */
bool scn_model(struct scn *s, const struct statement *st);

/* Publishes what changed. */
void scn_commit(struct scn *s);

/* Statements about servers; false: not one of them. scn_net.c */
bool scn_net(struct scn *s, const struct statement *st);

/* Does the deeds that the resolver asks for. */
void scn_deeds(struct scn *s);

/* Lets a question come in at an inbound endpoint of ours, and its answer go back. scn_query.c */
void scn_inner(struct scn *s, const char *listener, const struct action *a);

/* Lets a message arrive for a try, at a time. */
void scn_reply(struct scn *s, uint64_t handle, uint64_t at, const uint8_t *wire, size_t len);

/* Delivers everything up to the time `until`; with `until` UINT64_MAX, only the next thing. False:
 * nothing is to come. */
bool scn_advance(struct scn *s, uint64_t until);

/* Asks and checks; false: not such a statement. scn_query.c */
bool scn_query(struct scn *s, const struct statement *st);

/* Where a query comes in: "shared", "vpc:ID" or "inbound:ENDPOINT". scn_query.c */
void scn_listener(struct scn *s, const struct line *l, const char *where, struct query_in *in);

/* Asks at a rate and checks; false: not such a statement. scn_load.c */
bool scn_load(struct scn *s, const struct statement *st);

/* Parses a time, "200ms" or "5s", into milliseconds. */
unsigned long scn_duration_ms(const struct scn *s, const struct line *l, const char *text);

/* Checks one answer against the details of a statement. scn_check.c */
void scn_check(struct scn *s, const struct statement *st, const struct ask *a);

/* Checks what was sent upstream, traced, counted. scn_check.c */
void scn_check_around(struct scn *s, const struct statement *st, const uint64_t *before);

#endif
