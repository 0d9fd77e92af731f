/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 apply: a template becomes a stack. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cmd/client.h"
#include "cmd/cmd.h"
#include "cmd/stack.h"

const struct option_row options_apply[] = {
    {"stack", "NAME", NULL, "name of the stack (default: the template's file name)", false},
    {"param", "NAME=VALUE", NULL, "value of a parameter", true},
    {"plan", NULL, NULL, "print what would be done and stop", false},
    {"delete", NULL, NULL, "delete the stack with all that it made", false},
    {"outputs", NULL, NULL, "print the outputs of the stack and stop", false},
    {"quiet", NULL, NULL, "print nothing but errors", false},
    OPTIONS_CLIENT,
    {0},
};

static int file_read(const char *path, struct buf *ret)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char block[8192];
    size_t n;

    if (!f)
        return -1;
    while ((n = fread(block, 1, sizeof block, f)) > 0 && ret->len <= TEMPLATE_BYTES)
        buf_add(ret, block, n);
    if (f != stdin)
        fclose(f);
    return ret->failed ? -1 : 0;
}

/* "examples/ipv4.yaml" makes the stack "ipv4". */
static void stack_name(const struct args *a, char *buf, size_t size)
{
    const char *given = args_get(a, "stack"), *path = a->words_n ? a->words[0] : "",
               *slash = strrchr(path, '/');

    snprintf(buf, size, "%s", given ? given : slash ? slash + 1 : path);
    if (!given)
        buf[strcspn(buf, ".")] = '\0';
}

static json_t *template_read(const struct args *a)
{
    char why[TEMPLATE_WHY_MAX] = "";
    struct buf text = {0};
    json_t *root = NULL;

    if (file_read(a->words[0], &text))
        fprintf(stderr, "bridge53 apply: %s: %s\n", a->words[0], strerror(errno));
    else if (!(root = template_parse(text.data ? text.data : "", text.len, why, sizeof why)))
        fprintf(stderr, "bridge53 apply: %s: %s\n", a->words[0], why);
    buf_free(&text);
    return root;
}

/* Account and zones of the caller, for pseudo parameters and Fn::GetAZs. */
static int context_fill(struct deploy *d, struct template_context *t, json_t **ret_identity)
{
    json_t *identity = deploy_call(d, "sts", "GetCallerIdentity", json_object()), *out, *zone,
           *names;
    size_t i;

    if (!identity)
        return -1;
    *ret_identity = identity;
    t->account = json_string_value(json_object_get(identity, "Account"));
    out = deploy_call(d, "ec2", "DescribeAvailabilityZones", json_object());
    if (!out)
        return -1;
    names = json_array();
    json_array_foreach(json_object_get(out, "AvailabilityZones"), i, zone)
        json_array_append(names, json_object_get(zone, "ZoneName"));
    json_decref(out);
    t->zones = names;
    return 0;
}

static int print_outputs(struct deploy *d)
{
    json_t *state = stack_load(d), *value;
    const char *name;

    if (!state)
        return -1;
    json_object_foreach(json_object_get(state, "Outputs"), name, value)
    {
        char *text = json_is_string(value) ? strdup(json_string_value(value))
                                           : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        printf("%-24s %s\n", name, text ? text : "");
        free(text);
    }
    json_decref(state);
    return 0;
}

static int run(const struct args *a, struct deploy *d, json_t *root)
{
    struct template_context t = {.root = root, .region = d->region, .stack = d->stack};
    struct stack_plan plan = {.dry = args_has(a, "plan"), .quiet = args_has(a, "quiet")};
    json_t *state = NULL, *identity = NULL;
    const char *given[ARGS_MAX];
    size_t n = 0;
    int err = -1;

    while (n < ARGS_MAX && (given[n] = args_nth(a, "param", n)))
        n++;
    t.parameters = template_parameters(root, given, n, d->why, sizeof d->why);
    if (t.parameters && context_fill(d, &t, &identity) == 0 && (state = stack_load(d))) {
        if (!plan.quiet)
            printf("stack %s in account %s, %s%s\n", d->stack, t.account, d->region,
                   plan.dry ? " (plan only)" : "");
        err = stack_apply(d, &t, state, &plan);
        if (!err && !plan.quiet)
            printf("%u created, %u changed, %u replaced, %u deleted, %u as before\n", plan.created,
                   plan.updated, plan.replaced, plan.deleted, plan.kept);
    }
    json_decref(t.parameters);
    json_decref((json_t *)t.zones);
    json_decref(identity);
    json_decref(state);
    return err;
}

int cmd_apply(const struct args *a)
{
    struct deploy d = {0};
    struct client client;
    char name[129];
    json_t *root = NULL;
    int err;

    stack_name(a, name, sizeof name);
    if (!*name || (a->words_n == 0 && !args_has(a, "delete") && !args_has(a, "outputs"))) {
        fprintf(stderr, "bridge53 apply: name a template, or a stack with --delete or "
                        "--outputs\nTry: bridge53 apply --help\n");
        return EXIT_USAGE;
    }
    if (client_from_args(a, &client))
        return EXIT_USAGE;
    d.client = &client;
    d.region = client.region;
    d.stack = name;
    if (args_has(a, "outputs")) {
        err = print_outputs(&d);
    } else {
        if (!args_has(a, "delete") && !(root = template_read(a)))
            return EXIT_FAILED;
        err = run(a, &d, root);
    }
    json_decref(root);
    if (err)
        fprintf(stderr, "bridge53 apply: %s\n", d.why);
    return err ? EXIT_FAILED : EXIT_OK;
}
