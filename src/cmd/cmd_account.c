/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 account: accounts and access keys, directly on the store, because nobody can sign a
 * request before there is a key. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "control/account.h"

const struct option_row options_account[] = {
    {"store", "URL", "sqlite:bridge53.db", "where the state is", false},
    {"name", "TEXT", NULL, "name of a new account", false},
    {"user", "NAME", NULL, "make the key for a user of the account, not its root", false},
    {"json", NULL, NULL, "print JSON", false},
    {0},
};

/* Prints an object: as one line of JSON, or as "Name value" lines. */
static void print(const struct args *a, json_t *object)
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

static int print_account(void *ctx, const struct obj_account *account)
{
    const struct args *a = ctx;

    if (args_has(a, "json"))
        print(a, json_pack("{ssss*ss*}", "Id", account->id, "Name", account->name, "CreationTime",
                           account->creation_time));
    else
        printf("%s  %s\n", account->id, account->name ? account->name : "");
    return 0;
}

static int print_key(void *ctx, const struct obj_access_key *key)
{
    const struct args *a = ctx;

    if (args_has(a, "json"))
        print(a, json_pack("{ssss*ss*}", "AccessKeyId", key->id, "UserName", key->user_name,
                           "CreationTime", key->creation_time));
    else
        printf("%s  %s  %s\n", key->id, key->user_name ? key->user_name : "root",
               key->creation_time);
    return 0;
}

static int add(struct ctl *c, const struct args *a)
{
    struct obj_account account;
    int err = account_add(c, a->words_n > 1 ? a->words[1] : NULL, args_get(a, "name"), &account);

    return err ? err : print_account((void *)a, &account);
}

static int key(struct ctl *c, const struct args *a)
{
    struct obj_access_key k;
    int err = key_create(c, a->words[1], args_get(a, "user"), &k);

    if (!err)
        print(a, json_pack("{ssss}", "AccessKeyId", k.id, "SecretAccessKey", k.secret));
    return err;
}

static int list(struct ctl *c, const struct args *a)
{
    return account_list(c, print_account, (void *)a);
}

static int keys(struct ctl *c, const struct args *a)
{
    return key_list(c, a->words[1], print_key, (void *)a);
}

static int revoke(struct ctl *c, const struct args *a)
{
    return key_delete(c, a->words[1]);
}

static const struct {
    const char *name;
    size_t words;
    int (*run)(struct ctl *c, const struct args *a);
} verbs[] = {
    {"add", 1, add}, {"list", 1, list}, {"key", 2, key}, {"keys", 2, keys}, {"revoke", 2, revoke}};

static int run(const struct args *a, int (*verb)(struct ctl *c, const struct args *a))
{
    struct ctl c = {.account = "000000000000",
                    .region = "us-east-1",
                    .caller_arn = "arn:aws:iam::000000000000:root",
                    .request_id = "account",
                    .origin = {.service = "account", .operation = a->words[0]},
                    .now_ns = clock_real_ns()};
    struct arena arena;
    const char *why = NULL;
    int err;

    arena_new(&arena, LIMIT_REQUEST_ARENA);
    c.arena = &arena;
    err = store_open(args_get(a, "store"), &arena, &c.store, &why);
    if (err) {
        fprintf(stderr, "bridge53 account: %s: %s\n", args_get(a, "store"),
                why ? why : err_text(err));
    } else {
        err = verb(&c, a);
        if (err)
            fprintf(stderr, "bridge53 account: %s\n",
                    c.fault.message ? c.fault.message : err_text(err));
        store_close(c.store);
    }
    arena_free(&arena);
    return err ? EXIT_FAILED : EXIT_OK;
}

int cmd_account(const struct args *a)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, a->words[0]) != 0)
            continue;
        if (a->words_n < verbs[i].words) {
            fprintf(stderr, "bridge53 account %s: which one? Give its id\n", a->words[0]);
            return EXIT_USAGE;
        }
        return run(a, verbs[i].run);
    }
    fprintf(stderr, "bridge53 account: add, list, key, keys or revoke, not '%s'\n", a->words[0]);
    return EXIT_USAGE;
}
