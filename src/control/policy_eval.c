/* SPDX-License-Identifier: Apache-2.0 */
/* See policy_eval.h. Condition operators are one table: a comparison of two texts, and whether the
 * operator is its denial. Everything around them (several values, sets, absent keys) is the same
 * for all. */
#include "control/policy_eval.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "control/access.h"

#define ARN_PARTS 6
#define VALUE_TEXT_MAX 64 /* of a number or boolean in a policy, as text */

static bool same_byte(char a, char b, bool fold)
{
    return a == b || (fold && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* As policy_like, for texts that do not end with NUL. */
static bool like(const char *p, size_t p_n, const char *t, size_t t_n, bool fold)
{
    size_t i = 0, k = 0;           /* in pattern and text */
    size_t star = p_n, star_k = 0; /* the last '*', and how much of the text it has taken */

    while (k < t_n) {
        if (i < p_n && p[i] == '*') {
            star = i++;
            star_k = k;
        } else if (i < p_n && (p[i] == '?' || same_byte(p[i], t[k], fold))) {
            i++;
            k++;
        } else if (star < p_n) {
            i = star + 1;
            k = ++star_k;
        } else {
            return false;
        }
    }
    while (i < p_n && p[i] == '*')
        i++;
    return i == p_n;
}

bool policy_like(const char *pattern, const char *text, bool fold)
{
    return like(pattern, strlen(pattern), text, strlen(text), fold);
}

/* Comparisons: the policy's value first, the request's second. */

static bool string_equals(const char *policy, const char *value)
{
    return strcmp(policy, value) == 0;
}

static bool string_equals_fold(const char *policy, const char *value)
{
    return strcasecmp(policy, value) == 0;
}

static bool string_like(const char *policy, const char *value)
{
    return policy_like(policy, value, false);
}

/* Each of the six parts of an ARN is matched by itself: a `*` does not reach over a colon. */
static bool arn_like(const char *policy, const char *value)
{
    for (int part = 1; part < ARN_PARTS; part++) {
        const char *p = strchr(policy, ':'), *v = strchr(value, ':');

        if (!p || !v || !like(policy, (size_t)(p - policy), value, (size_t)(v - value), false))
            return false;
        policy = p + 1;
        value = v + 1;
    }
    return policy_like(policy, value, false);
}

static bool number_read(const char *text, double *ret)
{
    char *end;

    *ret = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*ret);
}

/* -1, 0, 1: the request's value is below, at, above the policy's; 2: one of them is no number. */
static int number_compare(const char *policy, const char *value)
{
    double p, v;

    if (!number_read(policy, &p) || !number_read(value, &v))
        return 2;
    return v < p ? -1 : v > p;
}

static bool number_equals(const char *policy, const char *value)
{
    return number_compare(policy, value) == 0;
}

static bool number_less(const char *policy, const char *value)
{
    return number_compare(policy, value) == -1;
}

static bool number_less_equals(const char *policy, const char *value)
{
    return number_compare(policy, value) <= 0;
}

static bool number_greater(const char *policy, const char *value)
{
    return number_compare(policy, value) == 1;
}

static bool number_greater_equals(const char *policy, const char *value)
{
    int order = number_compare(policy, value);

    return order == 0 || order == 1;
}

struct comparison {
    const char *name;
    bool (*holds)(const char *policy, const char *value);
    bool denied; /* true unless it holds for one of the policy's values */
};

static const struct comparison comparisons[] = {
    {"StringEquals", string_equals, false},
    {"StringNotEquals", string_equals, true},
    {"StringEqualsIgnoreCase", string_equals_fold, false},
    {"StringNotEqualsIgnoreCase", string_equals_fold, true},
    {"StringLike", string_like, false},
    {"StringNotLike", string_like, true},
    {"ArnEquals", arn_like, false},
    {"ArnLike", arn_like, false},
    {"ArnNotEquals", arn_like, true},
    {"ArnNotLike", arn_like, true},
    {"NumericEquals", number_equals, false},
    {"NumericNotEquals", number_equals, true},
    {"NumericLessThan", number_less, false},
    {"NumericLessThanEquals", number_less_equals, false},
    {"NumericGreaterThan", number_greater, false},
    {"NumericGreaterThanEquals", number_greater_equals, false},
    {"Bool", string_equals_fold, false},
};

enum set { SET_NONE, SET_ALL, SET_ANY };

/* An operator as a policy writes it: "ForAllValues:StringLikeIfExists". */
struct condition {
    const struct comparison *op; /* NULL: "Null", which asks whether the key is there */
    enum set set;
    bool if_exists;
};

/* Cuts a prefix off *text. */
static bool cut(const char **text, const char *prefix)
{
    size_t n = strlen(prefix);

    if (strncmp(*text, prefix, n) != 0)
        return false;
    *text += n;
    return true;
}

static bool condition_read(const char *name, struct condition *ret)
{
    static const char if_exists[] = "IfExists";

    *ret = (struct condition){0};
    if (strcmp(name, "Null") == 0)
        return true;
    if (cut(&name, "ForAllValues:"))
        ret->set = SET_ALL;
    else if (cut(&name, "ForAnyValue:"))
        ret->set = SET_ANY;
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        const char *rest = name;

        if (!cut(&rest, comparisons[i].name) || (*rest && strcmp(rest, if_exists) != 0))
            continue;
        ret->op = &comparisons[i];
        ret->if_exists = *rest != '\0';
        return true;
    }
    return false;
}

/* A value of a policy as text; NULL when it has no text. buf: VALUE_TEXT_MAX bytes. */
static const char *value_text(const json_t *value, char *buf)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (!json_is_number(value))
        return NULL;
    if (json_is_integer(value))
        snprintf(buf, VALUE_TEXT_MAX, "%lld", (long long)json_integer_value(value));
    else
        snprintf(buf, VALUE_TEXT_MAX, "%.17g", json_real_value(value));
    return buf;
}

/* How many values a member has: one value may stand for a list of one. */
static size_t values_count(const json_t *values)
{
    return json_is_array(values) ? json_array_size(values) : 1;
}

static const json_t *values_at(const json_t *values, size_t i)
{
    return json_is_array(values) ? json_array_get(values, i) : values;
}

/* True if one value of the request satisfies the operator with the policy's values. */
static bool value_satisfies(const struct comparison *op, const json_t *values, const char *value)
{
    char buf[VALUE_TEXT_MAX];
    bool held = false;

    for (size_t i = 0; i < values_count(values) && !held; i++) {
        const char *text = value_text(values_at(values, i), buf);

        held = text && op->holds(text, value);
    }
    return held != op->denied;
}

/* The key of a request, or NULL. An empty list of values is as good as none. */
static const struct access_key *key_find(const struct policy_request *r, const char *name)
{
    for (size_t i = 0; i < r->keys_n; i++)
        if (strcasecmp(r->keys[i].name, name) == 0 && r->keys[i].values_n > 0)
            return &r->keys[i];
    return NULL;
}

/* One key of one operator. */
static bool condition_holds(const struct condition *c, const json_t *values,
                            const struct access_key *key)
{
    char buf[VALUE_TEXT_MAX];

    if (!c->op) {
        const char *absent = value_text(values_at(values, 0), buf);

        return absent && (strcasecmp(absent, "true") == 0) == !key;
    }
    if (!key)
        return c->if_exists || c->set == SET_ALL || (c->set == SET_NONE && c->op->denied);
    for (size_t i = 0; i < key->values_n; i++) {
        bool ok = value_satisfies(c->op, values, key->values[i]);

        /* A key with several values needs a set operator; without one, all must satisfy. */
        if (ok == (c->set == SET_ANY))
            return ok;
    }
    return c->set != SET_ANY;
}

/* All of them; there may be none. */
static bool conditions_hold(const json_t *conditions, const struct policy_request *r)
{
    const char *name, *key;
    json_t *keys, *values;

    json_object_foreach((json_t *)conditions, name, keys)
    {
        struct condition c;

        if (!condition_read(name, &c))
            return false;
        json_object_foreach(keys, key, values)
        {
            if (!condition_holds(&c, values, key_find(r, key)))
                return false;
        }
    }
    return true;
}

static bool action_named(const json_t *actions, const char *action)
{
    for (size_t i = 0; i < values_count(actions); i++) {
        const char *pattern = json_string_value(values_at(actions, i));

        if (pattern && (!action || policy_like(pattern, action, true)))
            return true;
    }
    return false;
}

/* True if the member is a text, or a list of one or more texts; numbers and booleans too where
 * `any`. */
static bool values_ok(const json_t *values, bool any)
{
    char buf[VALUE_TEXT_MAX];

    for (size_t i = 0; i < values_count(values); i++) {
        const json_t *value = values_at(values, i);

        if (any ? !value_text(value, buf) : !json_is_string(value))
            return false;
    }
    return values_count(values) > 0;
}

static const char *conditions_complain(const json_t *conditions)
{
    const char *name, *key;
    json_t *keys, *values;

    if (!json_is_object(conditions))
        return "Condition must be an object.";
    json_object_foreach((json_t *)conditions, name, keys)
    {
        struct condition c;

        if (!condition_read(name, &c))
            return "A condition operator is not known.";
        if (!json_is_object(keys) || json_object_size(keys) == 0)
            return "A condition operator needs condition keys.";
        json_object_foreach(keys, key, values)
        {
            if (!values_ok(values, true))
                return "A condition key needs values.";
        }
    }
    return NULL;
}

static const char *policy_complain_json(const json_t *policy)
{
    const char *effect, *name;
    json_t *member;

    if (!json_is_object(policy))
        return "It is no JSON object.";
    json_object_foreach((json_t *)policy, name, member)
    {
        if (strcmp(name, "Effect") != 0 && strcmp(name, "Action") != 0 &&
            strcmp(name, "Condition") != 0)
            return "Only Effect, Action and Condition may be given.";
    }
    effect = json_string_value(json_object_get(policy, "Effect"));
    if (!effect || strcmp(effect, "Allow") != 0)
        return "Effect must be Allow.";
    if (!json_object_get(policy, "Action") || !values_ok(json_object_get(policy, "Action"), false))
        return "Action must be an action or a list of actions.";
    member = json_object_get(policy, "Condition");
    return member ? conditions_complain(member) : NULL;
}

/* A policy that lack of memory keeps from being read whole is none. */
static json_t *policy_read(const char *text)
{
    json_t *policy = NULL;

    (void)json_read(text, strlen(text), JSON_REJECT_DUPLICATES, &policy);
    return policy;
}

const char *policy_complain(const char *text)
{
    json_t *policy = policy_read(text);
    const char *why = policy_complain_json(policy);

    json_decref(policy);
    return why;
}

/* What is not understood whole allows nothing: an unknown operator may have been meant to deny. */
bool policy_allows(const char *text, const struct policy_request *request)
{
    json_t *policy = policy_read(text);
    bool allowed = !policy_complain_json(policy) &&
                   action_named(json_object_get(policy, "Action"), request->action) &&
                   conditions_hold(json_object_get(policy, "Condition"), request);

    json_decref(policy);
    return allowed;
}
