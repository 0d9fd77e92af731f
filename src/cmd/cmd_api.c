/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 api: every operation of the rows, from the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ops.h"
#include "base/buf.h"
#include "cmd/client.h"
#include "cmd/cmd.h"

const struct option_row options_api[] = {
    {"input", "JSON", NULL, "input as JSON text, @FILE, or - for standard input", false},
    {"skeleton", NULL, NULL, "print the input that the operation takes, and stop", false},
    {"dry-run", NULL, NULL, "write nothing; print which names would change in how many VPCs",
     false},
    OPTIONS_CLIENT,
    {0},
};

/* A JSON example of a shape: names with the kind of value each takes. */
static json_t *skeleton(const struct shape *shape, unsigned depth)
{
    json_t *object = json_object();

    for (size_t i = 0; i < shape->fields_n && depth < 8; i++) {
        const struct field *f = &shape->fields[i];
        json_t *value = NULL;

        switch (f->kind) {
        case FIELD_STR:
            value = json_string(f->values ? f->values[0] : f->flags & F_REQ ? "(required)" : "");
            break;
        case FIELD_INT:
            value = json_integer(f->min > 0 ? f->min : 0);
            break;
        case FIELD_BOOL:
            value = json_false();
            break;
        case FIELD_OBJ:
            value = skeleton(f->shape, depth + 1);
            break;
        case FIELD_LIST:
            value = json_pack("[o]", skeleton(f->shape, depth + 1));
            break;
        case FIELD_STRS:
            value = json_pack("[s]", "");
            break;
        case FIELD_MAP:
            value = json_object();
            break;
        }
        json_object_set_new(object, f->name, value);
    }
    return object;
}

static json_t *input_read(const char *text)
{
    json_error_t error;
    json_t *in;

    if (!text)
        return json_object();
    if (strcmp(text, "-") == 0)
        in = json_loadf(stdin, 0, &error);
    else if (*text == '@')
        in = json_load_file(text + 1, 0, &error);
    else
        in = json_loads(text, 0, &error);
    if (!in)
        fprintf(stderr, "bridge53 api: the input is no JSON: %s (line %d, column %d)\n", error.text,
                error.line, error.column);
    return in;
}

static int list(const struct args *a)
{
    const struct service *s;

    if (a->words_n == 0) {
        for (size_t i = 0; services[i]; i++)
            printf("%s\n", services[i]->name);
        return EXIT_OK;
    }
    s = service_find(a->words[0]);
    if (!s) {
        fprintf(stderr, "bridge53 api: no service '%s'; `bridge53 api` lists them\n", a->words[0]);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < s->ops_n; i++)
        printf("%s\n", s->ops[i].name);
    return EXIT_OK;
}

static void print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

int cmd_api(const struct args *a)
{
    const struct service *s = a->words_n == 2 ? service_find(a->words[0]) : NULL;
    const struct op *op = s ? op_find(s, a->words[1]) : NULL;
    struct client_error error = {0};
    struct client client;
    json_t *in, *out = NULL;
    int err;

    if (a->words_n < 2)
        return list(a);
    if (!op) {
        fprintf(stderr, "bridge53 api: no operation '%s %s'; `bridge53 api SERVICE` lists them\n",
                a->words[0], a->words[1]);
        return EXIT_USAGE;
    }
    if (args_has(a, "skeleton")) {
        out = skeleton(op->in, 0);
        print_json(out);
        json_decref(out);
        return EXIT_OK;
    }
    if (client_from_args(a, &client) || !(in = input_read(args_get(a, "input"))))
        return EXIT_USAGE;
    if (args_has(a, "dry-run"))
        client.dry_run = CLIENT_DRY_ONCE;
    err = client_call(&client, s->name, op->name, in, &out, &error);
    if (err)
        fprintf(stderr, "bridge53 api: %s: %s\n", error.code, error.message);
    else
        print_json(out);
    json_decref(in);
    json_decref(out);
    return err ? EXIT_FAILED : EXIT_OK;
}
