/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 audit: who wrote what, when and from where. Asks a server as an account, or reads a
 * store directly as whoever runs the machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "cmd/client.h"
#include "cmd/cmd.h"
#include "control/audit.h"

#define FOLLOW_MS 500 /* between two looks */

const struct option_row options_audit[] = {
    {"since", "TIME", NULL, "only from then on: 10m, 2h, 3d, or 2026-01-02T03:04:05Z", false},
    {"object", "ID", NULL, "only writes of the object with that id", false},
    {"operation", "NAME", NULL, "only calls of that operation", false},
    {"account", "ID", NULL, "only calls of that account", false},
    {"follow", NULL, NULL, "go on with new events as they come", false},
    {"json", NULL, NULL, "print one line of JSON for each event", false},
    {"store", "URL", NULL, "read this store directly, the events of all accounts", false},
    OPTIONS_CLIENT,
    {0},
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "-";
}

static void print_object(const json_t *o)
{
    const char *action = text_of(o, "Action");

    printf(" %s%s %s",
           strcmp(action, "delete") == 0 ? "-"
           : strcmp(action, "use") == 0  ? "@"
                                         : "+",
           text_of(o, "Kind"), text_of(o, "Id"));
    if (json_object_get(o, "Name"))
        printf(" (%s)", text_of(o, "Name"));
}

/* "2026-...Z  111122223333  ec2 CreateVpc  from 10.0.0.9  +vpc vpc-0a1b". */
static void print_event(const struct args *a, const json_t *e)
{
    json_t *objects = json_object_get(e, "Objects"), *item;
    long long total = json_integer_value(json_object_get(e, "ObjectsTotal"));
    size_t i;

    if (args_has(a, "json")) {
        json_dumpf(e, stdout, JSON_COMPACT);
    } else {
        printf("%s  %s  %s %s  from %s ", text_of(e, "Time"),
               json_object_get(e, "CallerArn") ? text_of(e, "CallerArn") : text_of(e, "Account"),
               text_of(e, "Service"), text_of(e, "Operation"), text_of(e, "SourceAddress"));
        json_array_foreach(objects, i, item) print_object(item);
        if (total > (long long)json_array_size(objects))
            printf(" and %lld more", total - (long long)json_array_size(objects));
    }
    putchar('\n');
    fflush(stdout);
}

/* A word like 10m, or a time, as nanoseconds of the wall clock. */
static int since_read(const char *text, uint64_t *ret_ns)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end;
    unsigned long long n = strtoull(text, &end, 10);

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint64_t now = clock_real_ns();
        if (end == text || end[0] != units[i].unit || end[1] ||
            n > now / NS_PER_S / units[i].seconds)
            continue;
        *ret_ns = now - n * units[i].seconds * NS_PER_S;
        return 0;
    }
    return clock_parse(text, ret_ns);
}

/* What is asked for, and how far it was told. */
struct audit_ask {
    const struct args *args;
    uint64_t from_ns;
    uint64_t revision; /* of the newest event that was printed */
    struct client client;
    struct ctl *c; /* with --store */
};

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

/* The input of ListAuditEvents. */
static json_t *ask_input(const struct audit_ask *q, const char *token)
{
    char text[CLOCK_TEXT_MAX];
    json_t *in = json_pack("{sisIss*ss*ss*ss*}", "MaxResults", 1000, "AfterRevision",
                           (json_int_t)q->revision, "ObjectId", args_get(q->args, "object"),
                           "OperationName", args_get(q->args, "operation"), "AccountId",
                           args_get(q->args, "account"), "NextToken", token);

    if (q->from_ns)
        json_object_set_new(in, "StartTime",
                            json_string(clock_format(q->from_ns, 6, text, sizeof text)));
    return in;
}

static int ask_server(struct audit_ask *q)
{
    struct client_error error = {0};
    char *token = NULL;
    uint64_t seen = q->revision;
    int err;

    do {
        json_t *in = ask_input(q, token), *out = NULL, *e;
        size_t i;

        free(token);
        token = NULL;
        err = client_call(&q->client, "bridge53", "ListAuditEvents", in, &out, &error);
        json_decref(in);
        if (err) {
            fprintf(stderr, "bridge53 audit: %s: %s\n", error.code, error.message);
            break;
        }
        json_array_foreach(json_object_get(out, "Events"), i, e)
        {
            print_event(q->args, e);
            seen = (uint64_t)json_integer_value(json_object_get(e, "Revision"));
        }
        if (json_object_get(out, "NextToken"))
            token = strdup(text_of(out, "NextToken"));
        json_decref(out);
    } while (token);
    if (!err)
        q->revision = seen;
    return err;
}

/* An event of the store in the form that the service gives it. */
static int print_stored(void *ctx, const struct audit_event *e)
{
    struct audit_ask *q = ctx;
    char time[CLOCK_TEXT_MAX];
    json_t *json = shape_write(&obj_audit_event_shape, &e->stored, SHAPE_API);

    if (!json)
        return ERR_NOMEM;
    json_object_set_new(json, "Time", json_string(clock_format(e->time_ns, 6, time, sizeof time)));
    json_object_set_new(json, "Revision", json_integer((json_int_t)e->revision));
    if (json_object_get(json, "Address"))
        json_object_set(json, "SourceAddress", json_object_get(json, "Address"));
    json_object_del(json, "Address");
    json_object_del(json, "Owners");
    print_event(q->args, json);
    json_decref(json);
    q->revision = e->revision;
    return 0;
}

static int ask_store(struct audit_ask *q)
{
    struct audit_filter f = {.account = args_get(q->args, "account"),
                             .operation = args_get(q->args, "operation"),
                             .object = args_get(q->args, "object"),
                             .from_ns = q->from_ns,
                             .after_revision = q->revision,
                             .each = print_stored,
                             .ctx = q};
    int err;

    arena_reset(q->c->arena);
    err = audit_list(q->c, &f);
    if (err)
        fprintf(stderr, "bridge53 audit: %s\n",
                q->c->fault.message ? q->c->fault.message : err_text(err));
    return err;
}

static int ask(struct audit_ask *q)
{
    int err;

    do {
        err = q->c ? ask_store(q) : ask_server(q);
        if (!err && args_has(q->args, "follow"))
            pause_ms(FOLLOW_MS);
    } while (!err && args_has(q->args, "follow"));
    return err;
}

static int ask_with_store(struct audit_ask *q)
{
    struct arena why_arena, arena;
    struct ctl c = {.account = "", .region = "", .read_only = true, .arena = &arena};
    const char *url = args_get(q->args, "store"), *why = NULL;
    int err;

    arena_new(&why_arena, LIMIT_REQUEST_ARENA);
    arena_new(&arena, LIMIT_REQUEST_ARENA);
    err = store_open(url, &why_arena, &c.store, &why);
    if (err) {
        fprintf(stderr, "bridge53 audit: %s: %s\n", url, why ? why : err_text(err));
    } else {
        q->c = &c;
        err = ask(q);
        store_close(c.store);
    }
    arena_free(&arena);
    arena_free(&why_arena);
    return err;
}

int cmd_audit(const struct args *a)
{
    struct audit_ask q = {.args = a};
    const char *since = args_get(a, "since");

    if (since && since_read(since, &q.from_ns)) {
        fprintf(stderr,
                "bridge53 audit: --since takes 10m, 2h, 3d or 2026-01-02T03:04:05Z, not '%s'\n",
                since);
        return EXIT_USAGE;
    }
    if (args_get(a, "store"))
        return ask_with_store(&q) ? EXIT_FAILED : EXIT_OK;
    if (client_from_args(a, &q.client))
        return EXIT_USAGE;
    return ask(&q) ? EXIT_FAILED : EXIT_OK;
}
