/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts and access keys. An account owns itself and its keys, under the region "aws-global". */
#include "control/account.h"

#include <string.h>

#include "base/error.h"
#include "base/rand.h"
#include "control/ctl_priv.h"

#define USER_MAX 64 /* characters of a user name (IAM CreateUser) */

/* What a call is about; one struct serves all of them. */
struct account_in {
    const char *id; /* of the account or key */
    const char *name;
    int (*each_account)(void *ctx, const struct obj_account *account);
    int (*each_key)(void *ctx, const struct obj_access_key *key);
    void *ctx;
};

static bool digits_only(const char *text)
{
    return strlen(text) == ACCOUNT_DIGITS && strspn(text, "0123456789") == ACCOUNT_DIGITS;
}

/* A random id that does not start with 0, so that it survives tools that take it for a number. */
static char *account_random_id(struct ctl *c)
{
    struct rnd rnd;
    rnd_init(&rnd);
    return arena_printf(c->arena, "%u%05u%06u", 1 + rnd_below(&rnd, 9), rnd_below(&rnd, 100000),
                        rnd_below(&rnd, 1000000));
}

static int account_add_op(struct ctl *c, const void *in, void *out)
{
    const struct account_in *a = in;
    struct obj_account *account = out;
    const char *id = a->id != NULL ? a->id : account_random_id(c);
    if (id == NULL)
        return ERR_NOMEM;
    if (!digits_only(id))
        return ctl_fail(c, FAULT_InvalidParameterValue, "An account id has 12 digits, not '%s'.",
                        id);
    int err = ctl_get(c, &kind_account, id, account);
    if (err == 0)
        return ctl_fail(c, FAULT_ResourceExistsException, "The account %s exists already.", id);
    if (err != ERR_NOT_FOUND)
        return err;
    *account = (struct obj_account){
        .owner_account = id, .id = id, .name = a->name, .creation_time = ctl_time(c, 3)};
    return ctl_put(c, &kind_account, id, account);
}

int account_add(struct ctl *c, const char *id, const char *name, struct obj_account *ret)
{
    struct account_in in = {.id = id, .name = name};
    struct obj_account out;
    int err = ctl_run(c, account_add_op, &in, &out, sizeof out);
    if (err == 0)
        *ret = out;
    return err;
}

/* A raw walk whose callback gets objects. */
struct account_walk {
    struct ctl *c;
    const struct account_in *in;
};

static int account_each(void *ctx, const struct store_item *item)
{
    const struct account_walk *w = ctx;
    struct obj_account account;
    int err = object_read(&obj_account_shape, item->value, w->c->arena, &account);
    return err != 0 ? txn_fail(w->c, err) : w->in->each_account(w->in->ctx, &account);
}

static int account_list_op(struct ctl *c, const void *in, void *out)
{
    (void)out;
    struct account_walk w = {c, in};
    struct store_walk walk = {.each = account_each, .ctx = &w};
    struct store_bytes prefix = txn_key(c, "o/%s/", kind_account.name);
    if (prefix.data == NULL || txn_prefix(c, prefix, NULL, &walk) != 0)
        return ERR_NOMEM;
    return ctl_raw_list(c, &walk);
}

/* A listing writes nothing, so it keeps nobody out. */
static int list_run(struct ctl *c, ctl_op *op, const struct account_in *in)
{
    char none;
    bool before = c->read_only;
    c->read_only = true;
    int err = ctl_run(c, op, in, &none, sizeof none);
    c->read_only = before;
    return err;
}

int account_list(struct ctl *c, int (*each)(void *ctx, const struct obj_account *account),
                 void *ctx)
{
    struct account_in in = {.each_account = each, .ctx = ctx};
    return list_run(c, account_list_op, &in);
}

/* `n` random characters of an alphabet of 2^bits. */
static void text_random(char *out, size_t n, const char *alphabet, unsigned bits)
{
    struct rnd rnd;
    rnd_init(&rnd);
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[rnd_u32(&rnd) >> (32 - bits)];
    out[n] = '\0';
}

static bool user_valid(const char *user)
{
    size_t n =
        strspn(user, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-");
    return n > 0 && n <= USER_MAX && user[n] == '\0';
}

static int key_create_op(struct ctl *c, const void *in, void *out)
{
    const struct account_in *a = in;
    struct obj_access_key *key = out;
    struct obj_account account;
    char id[KEY_ID_LENGTH + 1] = "AKIA", secret[KEY_SECRET_LENGTH + 1];
    int err = ctl_get(c, &kind_account, a->id, &account);
    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_ResourceNotFoundException, "There is no account %s.", a->id);
    if (err != 0)
        return err;
    if (a->name != NULL && !user_valid(a->name))
        return ctl_fail(c, FAULT_InvalidParameterValue, "'%s' is not a user name.", a->name);
    text_random(id + 4, KEY_ID_LENGTH - 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5);
    text_random(secret, KEY_SECRET_LENGTH,
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6);
    *key = (struct obj_access_key){
        .owner_account = account.id,
        .id = arena_str(c->arena, id),
        .secret = arena_str(c->arena, secret),
        .user_name = a->name,
        .creation_time = ctl_time(c, 3),
    };
    if (key->id == NULL || key->secret == NULL)
        return ERR_NOMEM;
    return ctl_put(c, &kind_access_key, key->id, key);
}

int key_create(struct ctl *c, const char *account, const char *user, struct obj_access_key *ret)
{
    struct account_in in = {.id = account, .name = user};
    struct obj_access_key out;
    int err = ctl_run(c, key_create_op, &in, &out, sizeof out);
    if (err == 0)
        *ret = out;
    return err;
}

static int key_each(void *ctx, const char *id, void *obj)
{
    const struct account_in *a = ctx;
    (void)id;
    return a->each_key(a->ctx, obj);
}

static int key_list_op(struct ctl *c, const void *in, void *out)
{
    (void)out;
    struct account_in a = *(const struct account_in *)in;
    const char *caller = c->account;
    c->account = a.id; /* keys are listed by their owner, whoever asks here */
    int err = ctl_list(c, &kind_access_key, NULL, key_each, &a);
    c->account = caller;
    return err;
}

int key_list(struct ctl *c, const char *account,
             int (*each)(void *ctx, const struct obj_access_key *key), void *ctx)
{
    struct account_in in = {.id = account, .each_key = each, .ctx = ctx};
    return list_run(c, key_list_op, &in);
}

static int key_delete_op(struct ctl *c, const void *in, void *out)
{
    const struct account_in *a = in;
    struct obj_access_key key;
    (void)out;
    int err = ctl_get(c, &kind_access_key, a->id, &key);
    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_ResourceNotFoundException, "There is no access key %s.", a->id);
    return err != 0 ? err : ctl_del(c, &kind_access_key, a->id, &key);
}

int key_delete(struct ctl *c, const char *key_id)
{
    struct account_in in = {.id = key_id};
    char none;
    return ctl_run(c, key_delete_op, &in, &none, sizeof none);
}

int key_find(struct store *s, struct arena *arena, const char *key_id, struct obj_access_key *ret)
{
    struct store_item item;
    const char *key = arena_printf(arena, "o/%s/%s", kind_access_key.name, key_id);
    if (key == NULL)
        return ERR_NOMEM;
    int err = store_get(s, (struct store_bytes){key, strlen(key)}, arena, &item);
    return err != 0 ? err : object_read(&obj_access_key_shape, item.value, arena, ret);
}

const char *key_caller_arn(struct arena *arena, const struct obj_access_key *key)
{
    if (key->user_name == NULL)
        return arena_printf(arena, "arn:aws:iam::%s:root", key->owner_account);
    return arena_printf(arena, "arn:aws:iam::%s:user/%s", key->owner_account, key->user_name);
}
