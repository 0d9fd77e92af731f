/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: parsing by the rows of a command, and help made of the same rows. */
#include "cmd/cmd.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const struct option_row *option_find(const struct command *command, const char *name,
                                            size_t len)
{
    for (const struct option_row *o = command->options; o->name; o++)
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static int usage(const struct command *command, const char *what, const char *which)
{
    fprintf(stderr, "bridge53 %s: %s%s\nTry: bridge53 %s --help\n", command->name, what, which,
            command->name);
    return EXIT_USAGE;
}

/* One argument that begins with "--"; *i moves on when it takes the next word as its value. */
static int option_parse(struct args *a, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = option_find(a->command, name, len);
    const char *value = equals ? equals + 1 : NULL;

    if (!row)
        return usage(a->command, "unknown option ", argv[*i]);
    if (!row->arg && value)
        return usage(a->command, "takes no value: --", row->name);
    if (row->arg && !value) {
        if (*i + 1 >= argc)
            return usage(a->command, "needs a value: --", row->name);
        value = argv[++*i];
    }
    if (a->given_n == ARGS_MAX)
        return usage(a->command, "too many options", "");
    a->given[a->given_n].row = row;
    a->given[a->given_n++].value = value ? value : "";
    return 0;
}

int args_parse(const struct command *command, int argc, char **argv, struct args *ret)
{
    bool words_only = false;

    memset(ret, 0, sizeof *ret);
    ret->command = command;
    for (int i = 0; i < argc; i++) {
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (!words_only && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            help_print(command);
            return -1;
        } else if (!words_only && strncmp(argv[i], "--", 2) == 0) {
            int err = option_parse(ret, argc, argv, &i);
            if (err)
                return err;
        } else if (ret->words_n == command->words_max || ret->words_n == ARGS_MAX) {
            return usage(command, "one word too many: ", argv[i]);
        } else {
            ret->words[ret->words_n++] = argv[i];
        }
    }
    if (ret->words_n < command->words_min)
        return usage(command, "something is missing: ", command->words);
    return 0;
}

/* BRIDGE53_ENDPOINT_URL for "endpoint-url". */
static const char *environment(const char *name)
{
    char variable[80] = "BRIDGE53_";
    size_t n = strlen(variable);

    for (; *name && n + 1 < sizeof variable; name++)
        variable[n++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
    variable[n] = '\0';
    return getenv(variable);
}

const char *args_nth(const struct args *a, const char *name, size_t nth)
{
    const struct option_row *row = option_find(a->command, name, strlen(name));
    size_t seen = 0;
    const char *value;

    for (size_t i = 0; i < a->given_n; i++)
        if (a->given[i].row == row && seen++ == nth)
            return a->given[i].value;
    if (seen > 0 || nth > 0 || !row)
        return NULL;
    value = environment(name);
    return value ? value : row->fallback;
}

const char *args_get(const struct args *a, const char *name)
{
    const char *last = args_nth(a, name, 0);

    for (size_t i = 1;; i++) {
        const char *value = args_nth(a, name, i);
        if (!value)
            return last;
        last = value;
    }
}

bool args_has(const struct args *a, const char *name)
{
    return args_nth(a, name, 0) != NULL;
}

int args_int(const struct args *a, const char *name, long min, long max, long *ret)
{
    const char *text = args_get(a, name);
    char *end = NULL;
    long v;

    errno = 0;
    v = text ? strtol(text, &end, 10) : 0;
    if (!text || errno || end == text || *end || v < min || v > max) {
        fprintf(stderr, "bridge53 %s: --%s must be a number from %ld to %ld, not '%s'\n",
                a->command->name, name, min, max, text ? text : "");
        return ERR_RANGE;
    }
    *ret = v;
    return 0;
}

static void help_options(const struct option_row *options)
{
    if (options->name)
        printf("\nOptions (each also as an environment variable, --endpoint-url as "
               "BRIDGE53_ENDPOINT_URL):\n");
    for (const struct option_row *o = options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        printf("  %-28s %s%s", left, o->help, o->many ? "; may be repeated" : "");
        if (o->fallback)
            printf(" [%s]", o->fallback);
        putchar('\n');
    }
}

void help_print(const struct command *command)
{
    if (!command) {
        printf("bridge53: hybrid DNS for any cloud, driven by the Amazon Route 53 Resolver APIs\n\n"
               "Usage: bridge53 COMMAND [options]\n\nCommands:\n");
        for (const struct command *c = commands; c->name; c++)
            printf("  %-12s %s\n", c->name, c->summary);
        printf("\nbridge53 COMMAND --help tells more, with examples.\n");
        return;
    }
    printf("bridge53 %s: %s\n\nUsage: bridge53 %s%s%s%s\n\n%s\n", command->name, command->summary,
           command->name, *command->words ? " " : "", command->words,
           command->options->name ? " [options]" : "", command->text);
    help_options(command->options);
    if (command->examples)
        printf("\nExamples:\n%s", command->examples);
}
