/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 apply: templates become stacks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "cmd/apply.h"

const struct option_row options_apply[] = {
    {"stack", "NAME", NULL, "name of the stack (default: the template's file name)", false},
    {"param", "NAME=VALUE", NULL,
     "value of a parameter; TEMPLATE.NAME=VALUE for one of several templates", true},
    {"as", "TEMPLATE=KEY", NULL,
     "account of one of several templates: a section of the key file, or, with a server in --auth "
     "off, an account id",
     true},
    {"keys", "FILE", NULL, "file with access keys (default: the one that AWS tools use)", false},
    {"accept-invitations", NULL, NULL, "accept resource shares between the accounts of the run",
     false},
    {"plan", NULL, NULL, "print what would be done and stop", false},
    {"dry-run", NULL, NULL,
     "do it in a copy of the server's state; print which names would change in how many VPCs",
     false},
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

static json_t *template_read(const char *path)
{
    char why[TEMPLATE_WHY_MAX] = "";
    struct buf text = {0};
    json_t *root = NULL;

    if (file_read(path, &text))
        fprintf(stderr, "bridge53 apply: %s: %s\n", path, strerror(errno));
    else if (!(root = template_parse(text.data ? text.data : "", text.len, why, sizeof why)))
        fprintf(stderr, "bridge53 apply: %s: %s\n", path, why);
    buf_free(&text);
    return root;
}

/* "examples/ipv4.yaml" makes the stack "ipv4". */
static void stack_name(const struct args *a, const char *path, char *buf, size_t size)
{
    const char *given = args_get(a, "stack"), *slash = path ? strrchr(path, '/') : NULL;

    snprintf(buf, size, "%s", given ? given : slash ? slash + 1 : path ? path : "");
    if (!given)
        buf[strcspn(buf, ".")] = '\0';
}

static int usage(const char *what, const char *which)
{
    fprintf(stderr, "bridge53 apply: %s%s\nTry: bridge53 apply --help\n", what, which);
    return EXIT_USAGE;
}

/* The members by the words of the command line; no template is read yet. */
static int members_name(struct apply *a)
{
    const struct args *args = a->args;

    a->n = args->words_n ? args->words_n : 1;
    if (a->n > APPLY_MEMBERS)
        return usage("too many templates", "");
    if (a->n > 1 && args_get(args, "stack"))
        return usage("--stack names one stack; several templates are named by their files", "");
    for (size_t i = 0; i < a->n; i++) {
        struct apply_member *m = &a->members[i];
        m->path = args->words_n ? args->words[i] : NULL;
        stack_name(args, m->path, m->name, sizeof m->name);
        for (size_t k = 0; k < i; k++)
            if (strcmp(a->members[k].name, m->name) == 0)
                return usage("two templates have the name ", m->name);
        if (!*m->name || (!m->path && !args_has(args, "delete") && !args_has(args, "outputs")))
            return usage("name a template, or a stack with --delete or --outputs", "");
    }
    return 0;
}

/* The key that --as names, for a member's client. */
static int key_take(struct apply *a, struct apply_member *m, const char *name)
{
    const char *path = args_get(a->args, "keys");
    char standard[4096];
    int err;

    if (!path)
        path = keyfile_default(standard, sizeof standard);
    err = keyfile_find(path, name, &m->key);
    if (err == 0) {
        m->client.access_key = m->key.id;
        m->client.secret_key = m->key.secret;
        m->client.session_token = *m->key.token ? m->key.token : NULL;
        return 0;
    }
    if (strlen(name) == 12 && strspn(name, "0123456789") == 12) {
        m->client.access_key = name;
        m->client.session_token = NULL;
        return 0;
    }
    fprintf(stderr, "bridge53 apply: --as %s=%s: %s %s\n", m->name, name,
            err == ERR_IO ? "cannot read the key file" : "no such section with a key in", path);
    return EXIT_USAGE;
}

static int members_keys(struct apply *a)
{
    struct client base;
    const char *word;

    if (client_from_args(a->args, &base))
        return EXIT_USAGE;
    for (size_t i = 0; i < a->n; i++) {
        struct apply_member *m = &a->members[i];
        m->client = base;
        m->deploy = (struct deploy){.client = &m->client, .region = base.region, .stack = m->name};
    }
    for (size_t i = 0; (word = args_nth(a->args, "as", i)); i++) {
        struct apply_member *found = NULL;
        for (size_t k = 0; k < a->n; k++) {
            size_t len = strlen(a->members[k].name);
            if (strncmp(word, a->members[k].name, len) == 0 && word[len] == '=')
                found = &a->members[k];
        }
        if (!found)
            return usage("--as names no template of this run: ", word);
        int err = key_take(a, found, strchr(word, '=') + 1);
        if (err)
            return err;
    }
    return 0;
}

/* Reads the templates and finds their order. */
static int members_read(struct apply *a)
{
    struct template_member names[APPLY_MEMBERS];
    struct template_set set = {names, a->n, a->given, 0};
    char why[TEMPLATE_WHY_MAX];
    size_t i;
    json_t *row;

    for (i = 0; i < a->n && a->members[i].path; i++) {
        a->members[i].root = template_read(a->members[i].path);
        if (!a->members[i].root)
            return EXIT_FAILED;
        names[i] = (struct template_member){a->members[i].name, a->members[i].root};
    }
    while (a->given_n < ARGS_MAX && args_nth(a->args, "param", a->given_n)) {
        a->given[a->given_n] = args_nth(a->args, "param", a->given_n);
        a->given_n++;
    }
    set.given_n = a->given_n;
    if (!a->members[0].path)
        return 0;
    a->order = template_set_order(&set, why, sizeof why);
    if (!a->order) {
        fprintf(stderr, "bridge53 apply: %s\n", why);
        return EXIT_FAILED;
    }
    json_array_foreach(a->order, i, row) apply_nth(a, i)->from = json_object_get(row, "From");
    return 0;
}

static int print_outputs(struct apply *a, struct apply_member *m)
{
    json_t *state = stack_load(&m->deploy), *value;
    const char *name;

    if (!state)
        return apply_fail(a, m);
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

static int dry_run(struct apply *a)
{
    int err = apply_dry_begin(a);

    if (!err)
        err = apply_pass(a, false);
    if (!err)
        err = apply_dry_tell(a);
    apply_dry_end(a);
    return err;
}

static int run(struct apply *a)
{
    int err = 0;

    if (args_has(a->args, "outputs")) {
        for (size_t i = 0; i < a->n && !err; i++)
            err = print_outputs(a, &a->members[i]);
        return err;
    }
    if (args_has(a->args, "dry-run"))
        return dry_run(a);
    if (args_has(a->args, "plan"))
        return apply_pass(a, true);
    /* A mistake in the last template should be found before the first one is carried out. */
    if (a->n > 1)
        err = apply_pass(a, true);
    return err ? err : apply_pass(a, false);
}

int cmd_apply(const struct args *args)
{
    struct apply *a = calloc(1, sizeof *a);
    int status = EXIT_FAILED;

    if (!a)
        return status;
    a->args = args;
    status = members_name(a);
    if (!status)
        status = members_keys(a);
    if (!status && !args_has(args, "outputs"))
        status = members_read(a);
    if (!status)
        status = run(a) ? EXIT_FAILED : EXIT_OK;
    for (size_t i = 0; i < a->n; i++)
        json_decref(a->members[i].root);
    json_decref(a->order);
    free(a);
    return status;
}
