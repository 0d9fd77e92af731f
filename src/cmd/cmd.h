/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands as rows: the table in main.c, the option tables beside each command. Help texts,
 * shell completion and the man page are made from the same rows. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

/* One option of a command: --name ARG, or a switch when arg is NULL. The environment variable
 * BRIDGE53_<NAME> (upper case, '-' as '_') stands in when it is not given. */
struct option_row {
    const char *name;     /* without the dashes */
    const char *arg;      /* name of the argument for help, NULL for a switch */
    const char *fallback; /* default, shown in help; NULL: none */
    const char *help;
    bool many; /* may be given several times */
};

#define ARGS_MAX 64 /* options and words of one command line */

/* A parsed command line; pointers lead into argv and the environment. */
struct args {
    const struct command *command;
    struct {
        const struct option_row *row;
        const char *value;
    } given[ARGS_MAX];
    size_t given_n;
    const char *words[ARGS_MAX]; /* what is no option, in order */
    size_t words_n;
};

struct command {
    const char *name;
    const char *words;                /* usage of its words, "SERVICE OPERATION" */
    const char *summary;              /* one line */
    const char *text;                 /* paragraphs for help and manual */
    const struct option_row *options; /* ended by a row without a name */
    const char *examples;
    size_t words_min, words_max;
    int (*run)(const struct args *args); /* exit status */
};

/* All commands, ended by a row without a name. */
extern const struct command commands[];

/* The options that every command talking to a server has: --endpoint-url, --region, --access-key,
 * --secret-key. */
#define OPTIONS_CLIENT                                                                         \
    {"endpoint-url", "URL", "http://127.0.0.1:8053", "where the API of the server is", false}, \
        {"region", "REGION", "us-east-1", "region of the request", false},                     \
        {"access-key", "ID", "000000000000",                                                   \
         "access key id; with a server in --auth off, the account", false},                    \
    {                                                                                          \
        "secret-key", "SECRET", "bridge53", "its secret", false                                \
    }

/* Exit statuses. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Reads a command line (argv without program and command names). On a mistake prints it to standard
 * error and returns EXIT_USAGE; on --help prints help and returns -1; else 0. */
int args_parse(const struct command *command, int argc, char **argv, struct args *ret);

/* The last value of an option, from the command line, the environment, or its default; NULL if
 * none. */
const char *args_get(const struct args *a, const char *name);

/* True if a switch was given. */
bool args_has(const struct args *a, const char *name);

/* The i-th value of an option that may be repeated; the default as the only one when none is given;
 * NULL behind the last. */
const char *args_nth(const struct args *a, const char *name, size_t i);

/* A whole number option within [min, max]; prints a mistake and returns ERR_RANGE when it is not.
 */
int args_int(const struct args *a, const char *name, long min, long max, long *ret);

/* Prints the help of a command, or of the whole program when `command` is NULL. */
void help_print(const struct command *command);

/* The commands, one file each. */
int cmd_serve(const struct args *a);
int cmd_account(const struct args *a);
int cmd_organization(const struct args *a);
int cmd_api(const struct args *a);
int cmd_apply(const struct args *a);
int cmd_check(const struct args *a);
int cmd_audit(const struct args *a);
int cmd_explain(const struct args *a);
int cmd_completion(const struct args *a);
int cmd_man(const struct args *a);
int cmd_version(const struct args *a);

extern const struct option_row options_serve[], options_account[], options_organization[],
    options_api[], options_apply[], options_audit[], options_check[], options_explain[],
    options_none[];

#endif
