/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 account: accounts and access keys, directly on the store, because nobody can sign a
 * request before there is a key. */
#include <stdio.h>

#include "cmd/local.h"
#include "control/account.h"

const struct option_row options_account[] = {
    {"store", "URL", "sqlite:bridge53.db", "where the state is", false},
    {"name", "TEXT", NULL, "name of a new account", false},
    {"user", "NAME", NULL, "make the key for a user of the account, not its root", false},
    {"json", NULL, NULL, "print JSON", false},
    {0},
};

static int print_account(void *ctx, const struct obj_account *account)
{
    const struct args *a = ctx;

    if (args_has(a, "json"))
        local_print(a, json_pack("{ssss*ss*}", "Id", account->id, "Name", account->name,
                                 "CreationTime", account->creation_time));
    else
        printf("%s  %s\n", account->id, account->name ? account->name : "");
    return 0;
}

static int print_key(void *ctx, const struct obj_access_key *key)
{
    const struct args *a = ctx;

    if (args_has(a, "json"))
        local_print(a, json_pack("{ssss*ss*}", "AccessKeyId", key->id, "UserName", key->user_name,
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
        local_print(a, json_pack("{ssss}", "AccessKeyId", k.id, "SecretAccessKey", k.secret));
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

static const struct local_verb verbs[] = {{"add", 1, add},   {"list", 1, list},     {"key", 2, key},
                                          {"keys", 2, keys}, {"revoke", 2, revoke}, {0}};

int cmd_account(const struct args *a)
{
    return local_run(a, verbs);
}
