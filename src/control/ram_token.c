/* SPDX-License-Identifier: Apache-2.0 */
/* Client tokens: the answer of a call is kept under its token for some hours, together with what
 * was asked, so that a client which did not hear it may ask again. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "control/ctl_priv.h"
#include "control/ram_priv.h"

#define INDEX "ram-tokens"
#define TOKEN_MAX 64              /* characters */
#define TOKEN_LIFE_S (8 * 3600)   /* an answer is kept this long */
#define TOKEN_SWEEP 4             /* old entries that a new one removes at most */
#define HEAD_LEN (8 + 1 + 16 + 1) /* "<time, hex> <hash of the input, hex> " before the answer */

static const char **token_member(const struct shape *shape, const void *obj)
{
    const struct field *f = shape_field(shape, "clientToken");

    return f ? (const char **)(void *)((char *)obj + f->offset) : NULL;
}

/* The struct as JSON text in the arena. */
static char *tree_text(struct ctl *c, const struct shape *shape, const void *obj)
{
    struct store_bytes text;

    return object_write(shape, obj, c->arena, &text) == 0 ? (char *)text.data : NULL;
}

/* "<time> <hash>" of a call. */
static char *head(struct ctl *c, const struct ram_call *call, const void *in)
{
    static const uint64_t key[2] = {0x636c69656e742d74ull, 0x6f6b656e2d696e70ull};
    char *text = tree_text(c, call->in, in);

    return text ? arena_printf(c->arena, "%08llx %016llx ",
                               (unsigned long long)(c->now_ns / NS_PER_S),
                               (unsigned long long)hash_sip(key, text, strlen(text)))
                : NULL;
}

static bool fresh(const struct ctl *c, const char *kept)
{
    return strtoull(kept, NULL, 16) + TOKEN_LIFE_S > c->now_ns / NS_PER_S;
}

/* Removes some outdated tokens of the caller. */
struct sweep {
    struct ctl *c;
    struct store_bytes old[TOKEN_SWEEP];
    size_t n;
};

static int sweep_each(void *ctx, const struct store_item *item)
{
    struct sweep *s = ctx;

    if (!fresh(s->c, item->value.data))
        s->old[s->n++] = item->key;
    return s->n == TOKEN_SWEEP ? CTL_STOP : 0;
}

/* Looks at the neighbours of a new token: over time it passes all of them, and each call pays for a
 * few. */
static int sweep(struct ctl *c, const char *key)
{
    struct sweep s = {.c = c};
    struct store_walk walk = {.each = sweep_each, .ctx = &s, .limit = 2 * TOKEN_SWEEP};
    struct store_bytes prefix = txn_key(c, "x/" INDEX "/%s/", c->account);
    int err;

    if (!prefix.data || txn_prefix(c, prefix, key + strlen(c->account) + 1, &walk) != 0)
        return ERR_NOMEM;
    err = ctl_raw_list(c, &walk);
    for (size_t i = 0; !err && i < s.n; i++)
        err = ctl_raw_del(c, s.old[i]);
    return err;
}

/* Runs the operation and keeps its answer. */
static int run_first(struct ctl *c, const struct ram_call *call, const void *in, void *out)
{
    const char *token = *token_member(call->in, in);
    char *key = arena_printf(c->arena, "%s/%s/%s/%s", c->account, c->region, call->name, token);
    char *start = head(c, call, in), *answer, *value;
    int err;

    if (!key || !start)
        return ERR_NOMEM;
    err = call->run(c, in, out);
    if (err)
        return err;
    *token_member(call->out, out) = token;
    answer = tree_text(c, call->out, out);
    value = answer ? arena_printf(c->arena, "%s%s", start, answer) : NULL;
    if (!value)
        return ERR_NOMEM;
    err = sweep(c, key);
    return err ? err : ctl_index_put(c, INDEX, key, value);
}

/* Answers from what was kept. */
static int run_again(struct ctl *c, const struct ram_call *call, const void *in, void *out,
                     const char *kept)
{
    struct store_bytes answer = {kept + HEAD_LEN, strlen(kept) - HEAD_LEN};
    char *start = head(c, call, in);
    int err;

    if (!start)
        return ERR_NOMEM;
    if (strncmp(kept + 9, start + 9, 16) != 0)
        return ctl_fail(c, FAULT_IdempotentParameterMismatchException,
                        "The client token was used before, with other parameters.");
    err = object_read(call->out, answer, c->arena, out);
    return err ? txn_fail(c, err) : 0;
}

static bool token_valid(const char *token)
{
    size_t n = 0;

    while (token[n] > ' ' && token[n] < 0x7f)
        n++;
    return n > 0 && n <= TOKEN_MAX && token[n] == '\0';
}

int ram_once(struct ctl *c, const struct ram_call *call, const void *in, void *out)
{
    const char *token = *token_member(call->in, in), *kept;
    char *key;
    int err;

    if (!token)
        return call->run(c, in, out);
    if (!token_valid(token))
        return ctl_fail(c, FAULT_InvalidClientTokenException,
                        "The client token is not valid: it has 1 to %d printable characters.",
                        TOKEN_MAX);
    key = arena_printf(c->arena, "%s/%s/%s/%s", c->account, c->region, call->name, token);
    if (!key)
        return ERR_NOMEM;
    err = ctl_index_get(c, INDEX, key, &kept);
    if (err && err != ERR_NOT_FOUND)
        return err;
    return !err && fresh(c, kept) ? run_again(c, call, in, out, kept) : run_first(c, call, in, out);
}
