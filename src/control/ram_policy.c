/* SPDX-License-Identifier: Apache-2.0 */
/* GetResourcePolicies: the policies that the caller's shares amount to, one for each resource, with
 * a statement for each principal. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "control/ram_priv.h"

/* The policy of one resource on its way. */
struct policy {
    struct ctl *c;
    const char *arn;
    const char *principal; /* only its statements, or NULL */
    json_t *statements;
};

/* The statement of one grant: the permission's template, with principal and resource. */
static json_t *statement(const char *template, const char *principal, const char *arn)
{
    json_t *s;

    if (json_read(template, strlen(template), 0, &s) < 0)
        return NULL;
    if (json_object_set_new(s, "Principal", json_pack("{ss}", "AWS", principal)) != 0 ||
        json_object_set_new(s, "Resource", json_string(arn)) != 0) {
        json_decref(s);
        return NULL;
    }
    return s;
}

/* "<principal>/<share>" behind the resource's ARN. */
static int grant_each(void *ctx, const char *key, const char *value)
{
    struct policy *p = ctx;
    struct ctl *c = p->c;
    const char *rest = key + strlen(p->arn) + 1, *share = strrchr(rest, '/') + 1, *grant, *template;
    char *principal = arena_dup(c->arena, rest, (size_t)(share - 1 - rest)), *name, *blank;
    int err;

    (void)value;
    if (!principal)
        return ERR_NOMEM;
    if (p->principal && strcmp(principal, p->principal) != 0)
        return 0;
    name = arena_printf(c->arena, "%s/%s/%s", principal, p->arn, share);
    err = name ? ctl_index_get(c, "grants", name, &grant) : ERR_NOMEM;
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    name = arena_str(c->arena, grant);
    blank = name ? strchr(name, ' ') : NULL;
    if (!blank)
        return ERR_NOMEM;
    *blank = '\0';
    err = permission_template(c, name, atoi(blank + 1), &template);
    if (err)
        return err == ERR_NOT_FOUND ? 0 : err;
    return json_array_append_new(p->statements, statement(template, principal, p->arn)) == 0
               ? 0
               : ERR_NOMEM;
}

/* The policy text of a resource; *ret NULL when nobody is granted anything. */
static int policy_text(struct ctl *c, const char *arn, const char *principal, const char **ret)
{
    struct policy p = {c, arn, principal, json_array()};
    char *prefix = arena_printf(c->arena, "%s/", arn), *text;
    json_t *policy;
    int err = prefix ? ctl_index_list(c, "grants-of", prefix, grant_each, &p) : ERR_NOMEM;

    *ret = NULL;
    if (!err && json_array_size(p.statements) > 0) {
        policy = json_pack("{sssO}", "Version", "2012-10-17", "Statement", p.statements);
        text = policy ? json_dumps(policy, JSON_COMPACT) : NULL;
        *ret = text ? arena_str(c->arena, text) : NULL;
        err = *ret ? 0 : ERR_NOMEM;
        free(text);
        json_decref(policy);
    }
    json_decref(p.statements);
    return err;
}

int ram_get_resource_policies(struct ctl *c, const struct ram_get_resource_policies_request *in,
                              struct ram_get_resource_policies_response *out)
{
    struct ram_page page = {.c = c, .what = "GetResourcePolicies", .size = sizeof *out->policies};
    int err = ram_page_begin(&page, in->max_results, in->next_token);

    for (size_t i = 0; !err && i < in->resource_arns_n; i++) {
        char *key = arena_printf(c->arena, "%08zu", i);
        const struct share_type *type;
        const char *text = NULL;

        err = share_resource_check(c, in->resource_arns[i], &type);
        if (err == ERR_FAULT && c->fault.code == FAULT_UnknownResourceException)
            c->fault.code = FAULT_ResourceArnNotFoundException; /* this operation's name for it */
        if (!err)
            err = key ? policy_text(c, in->resource_arns[i], in->principal, &text) : ERR_NOMEM;
        if (!err && text)
            err = ram_page_add(&page, key, &text);
    }
    if (err && err != CTL_STOP)
        return err;
    out->policies = page.items;
    out->policies_n = page.n;
    out->next_token = ram_page_token(&page);
    return 0;
}
