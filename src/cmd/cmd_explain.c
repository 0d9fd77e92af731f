/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 explain: prints why a name resolves as it does, as a tree for people or as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/client.h"
#include "cmd/cmd.h"

const struct option_row options_explain[] = {
    {"vpc", "ID", NULL, "the VPC whose resolver is asked", false},
    {"source", "ADDR", NULL, "address of the asking client (default: one of the VPC)", false},
    {"json", NULL, NULL, "print JSON", false},
    OPTIONS_CLIENT,
    {0},
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static void print_event(const json_t *e, const char *step_before)
{
    const char *step = text_of(e, "Step"), *object = text_of(e, "Object"),
               *name = text_of(e, "Name");
    bool lost = json_is_true(json_object_get(e, "Lost"));
    int depth = (int)json_integer_value(json_object_get(e, "Depth"));

    printf("%*s%-11s %s %s", 2 * depth, "", strcmp(step, step_before) == 0 ? "" : step,
           lost ? "✗" : "•", text_of(e, "Text"));
    if (*object || *name)
        printf("  [%s%s%s]", object, *object && *name ? " " : "", name);
    putchar('\n');
}

static void print_tree(const json_t *out, const char *name, const char *type, const char *vpc)
{
    const char *before = "";
    json_t *item;
    size_t i;

    printf("%s %s, asked in %s\n\n", name, type, vpc);
    json_array_foreach(json_object_get(out, "Trace"), i, item)
    {
        print_event(item, before);
        before = text_of(item, "Step");
    }
    printf("\n%s\n", *text_of(out, "Rcode") ? text_of(out, "Rcode") : "no answer");
    json_array_foreach(json_object_get(out, "Records"), i, item)
        printf("  %-10s %s %lld %s %s\n", text_of(item, "Section"), text_of(item, "Name"),
               (long long)json_integer_value(json_object_get(item, "TTL")), text_of(item, "Type"),
               text_of(item, "Value"));
}

int cmd_explain(const struct args *a)
{
    const char *vpc = args_get(a, "vpc"), *type = a->words_n > 1 ? a->words[1] : "A";
    struct client_error error = {0};
    struct client client;
    json_t *in, *out = NULL;

    if (!vpc) {
        fprintf(stderr, "bridge53 explain: --vpc says whose resolver is asked\nTry: bridge53 api "
                        "ec2 DescribeVpcs\n");
        return EXIT_USAGE;
    }
    if (client_from_args(a, &client))
        return EXIT_USAGE;
    in = json_pack("{ssssss}", "VpcId", vpc, "Name", a->words[0], "Type", type);
    if (args_get(a, "source"))
        json_object_set_new(in, "Source", json_string(args_get(a, "source")));
    if (client_call(&client, "bridge53", "Explain", in, &out, &error)) {
        fprintf(stderr, "bridge53 explain: %s: %s\n", error.code, error.message);
        json_decref(in);
        return EXIT_FAILED;
    }
    if (args_has(a, "json")) {
        json_dumpf(out, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_tree(out, a->words[0], type, vpc);
    }
    json_decref(in);
    json_decref(out);
    return EXIT_OK;
}
