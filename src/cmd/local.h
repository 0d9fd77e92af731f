/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that work on the store directly: they set up what no signed request can. */
#ifndef CMD_LOCAL_H
#define CMD_LOCAL_H

#include <jansson.h>

#include "cmd/cmd.h"
#include "control/ctl.h"

/* One verb of such a command: its name, how many words it needs with its own name, what to do. */
struct local_verb {
    const char *name;
    size_t words;
    int (*run)(struct ctl *c, const struct args *a); /* 0, or an error (ERR_FAULT: c->fault) */
};

/* Opens the store of --store and runs the verb that the first word names. Prints mistakes and
 * errors; an exit status. The table ends with a row without a name. */
int local_run(const struct args *a, const struct local_verb *verbs);

/* Prints an object whose members are strings, as one line of JSON with --json or else as "Name
 * value" lines. `object` is taken. */
void local_print(const struct args *a, json_t *object);

#endif
