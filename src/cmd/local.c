/* SPDX-License-Identifier: Apache-2.0 */
/* See local.h. */
#include "cmd/local.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"

void local_print(const struct args *a, json_t *object)
{
    const char *name;
    json_t *value;

    if (args_has(a, "json")) {
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        json_object_foreach(object, name, value)
            printf("%-16s %s\n", name, json_string_value(value));
    }
    json_decref(object);
}

static int run(const struct args *a, const struct local_verb *verb)
{
    const char *command = a->command->name;
    struct ctl c = {.account = "000000000000",
                    .region = "us-east-1",
                    .caller_arn = "arn:aws:iam::000000000000:root",
                    .request_id = command,
                    .origin = {.service = command, .operation = verb->name},
                    .now_ns = clock_real_ns()};
    struct arena arena;
    const char *why = NULL;
    int err;

    arena_new(&arena, LIMIT_REQUEST_ARENA);
    c.arena = &arena;
    err = store_open(args_get(a, "store"), &arena, &c.store, &why);
    if (err) {
        fprintf(stderr, "bridge53 %s: %s: %s\n", command, args_get(a, "store"),
                why ? why : err_text(err));
    } else {
        err = verb->run(&c, a);
        if (err)
            fprintf(stderr, "bridge53 %s: %s\n", command,
                    c.fault.message ? c.fault.message : err_text(err));
        store_close(c.store);
    }
    arena_free(&arena);
    return err ? EXIT_FAILED : EXIT_OK;
}

int local_run(const struct args *a, const struct local_verb *verbs)
{
    const char *command = a->command->name;

    for (const struct local_verb *v = verbs; v->name; v++) {
        if (strcmp(v->name, a->words[0]) != 0)
            continue;
        if (a->words_n >= v->words)
            return run(a, v);
        fprintf(stderr, "bridge53 %s %s: which one? Try: bridge53 %s --help\n", command, v->name,
                command);
        return EXIT_USAGE;
    }
    fprintf(stderr, "bridge53 %s: no '%s'; it has:", command, a->words[0]);
    for (const struct local_verb *v = verbs; v->name; v++)
        fprintf(stderr, " %s", v->name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}
