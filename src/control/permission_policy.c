/* SPDX-License-Identifier: Apache-2.0 */
/* Policy templates of customer managed permissions: JSON with Effect, Action and Condition, no
 * Principal and no Resource, which a share fills in. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "control/ram_priv.h"

#define TEMPLATE_MAX 6144 /* characters, as managed policies of the service */

static const char *const operators[] = {
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "Bool",
    "Null",
    NULL,
};

static int malformed(struct ctl *c, const char *why)
{
    return ctl_fail(c, FAULT_MalformedPolicyTemplateException,
                    "The policy template is not valid: %s.", why);
}

static bool word_in(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

/* True if the value is a text or a list of texts that is not empty. */
static bool is_texts(const json_t *v)
{
    json_t *item;
    size_t i;

    if (!json_is_array(v))
        return json_is_string(v);
    json_array_foreach(v, i, item) if (!json_is_string(item)) return false;
    return json_array_size(v) > 0;
}

/* The operator without "ForAllValues:", "ForAnyValue:" and "IfExists". */
static bool operator_valid(struct ctl *c, const char *text)
{
    const char *colon = strchr(text, ':');
    char *name = arena_str(c->arena, colon ? colon + 1 : text);
    size_t len = name ? strlen(name) : 0;

    if (!name || (colon && strncmp(text, "ForAllValues:", 13) != 0 &&
                  strncmp(text, "ForAnyValue:", 12) != 0))
        return false;
    if (len > 8 && strcmp(name + len - 8, "IfExists") == 0)
        name[len - 8] = '\0';
    return word_in(operators, name);
}

static int action_check(struct ctl *c, const struct share_type *type, const char *action)
{
    if (word_in(type->actions, action))
        return 0;
    return ctl_fail(c, FAULT_InvalidPolicyException,
                    "The action %s is not supported for the resource type %s.", action, type->name);
}

static int actions_check(struct ctl *c, const struct share_type *type, const json_t *actions)
{
    json_t *item;
    size_t i;
    int err = 0;

    if (!is_texts(actions))
        return malformed(c, "Action must be one action or a list of actions");
    if (json_is_string(actions))
        return action_check(c, type, json_string_value(actions));
    json_array_foreach(actions, i, item) if (!err) err =
        action_check(c, type, json_string_value(item));
    return err;
}

static int keys_check(struct ctl *c, const struct share_type *type, const json_t *keys)
{
    const char *key;
    json_t *value;

    if (!json_is_object(keys))
        return malformed(c, "an operator of Condition must hold condition keys");
    json_object_foreach((json_t *)keys, key, value)
    {
        if (!is_texts(value) && !json_is_number(value) && !json_is_boolean(value))
            return malformed(c, "a condition key must have a value or a list of values");
        if (!word_in(type->keys, key) && strncmp(key, "aws:", 4) != 0)
            return ctl_fail(c, FAULT_InvalidPolicyException,
                            "The condition key %s is not supported for the resource type %s.", key,
                            type->name);
    }
    return 0;
}

static int condition_check(struct ctl *c, const struct share_type *type, const json_t *condition)
{
    const char *name;
    json_t *keys;
    int err = 0;

    if (!json_is_object(condition))
        return malformed(c, "Condition must be an object");
    json_object_foreach((json_t *)condition, name, keys)
    {
        if (!operator_valid(c, name))
            return ctl_fail(c, FAULT_InvalidPolicyException,
                            "The condition operator %s is not known.", name);
        err = keys_check(c, type, keys);
        if (err)
            return err;
    }
    return 0;
}

static int template_check(struct ctl *c, const struct share_type *type, const json_t *template)
{
    const json_t *actions = json_object_get(template, "Action");
    const json_t *condition = json_object_get(template, "Condition");
    const char *effect = json_string_value(json_object_get(template, "Effect")), *name;
    json_t *value;
    int err;

    json_object_foreach((json_t *)template, name, value)
    {
        if (strcmp(name, "Effect") != 0 && strcmp(name, "Action") != 0 &&
            strcmp(name, "Condition") != 0)
            return malformed(c, "only Effect, Action and Condition may be specified");
    }
    if (!effect || strcmp(effect, "Allow") != 0)
        return malformed(c, "Effect must be Allow");
    if (!actions)
        return malformed(c, "Action is missing");
    err = actions_check(c, type, actions);
    return err || !condition ? err : condition_check(c, type, condition);
}

int permission_policy_check(struct ctl *c, const struct share_type *type, const char *text)
{
    json_t *template = NULL;
    int err;

    if (strlen(text) > TEMPLATE_MAX)
        return malformed(c, "it is longer than 6144 characters");
    if (json_read(text, strlen(text), JSON_REJECT_DUPLICATES, &template) == ERR_NOMEM)
        return ERR_NOMEM;
    err = json_is_object(template) ? template_check(c, type, template)
                                   : malformed(c, "it is no JSON object");
    json_decref(template);
    return err;
}
