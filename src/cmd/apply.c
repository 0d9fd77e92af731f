/* SPDX-License-Identifier: Apache-2.0 */
/* Passes over the templates of a run. */
#include "cmd/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct apply_member *apply_nth(struct apply *a, size_t i)
{
    const json_t *row = json_array_get(a->order, i);

    return &a->members[row ? (size_t)json_integer_value(json_object_get(row, "Member")) : i];
}

int apply_fail(const struct apply *a, const struct apply_member *m)
{
    fprintf(stderr, "bridge53 apply: %s%s%s\n", a->n > 1 ? m->name : "", a->n > 1 ? ": " : "",
            m->deploy.why);
    return -1;
}

/* Account and zones of the caller, for pseudo parameters and Fn::GetAZs. */
static int context_fill(struct apply_member *m)
{
    struct template_context *t = &m->context;
    struct deploy *d = &m->deploy;
    json_t *out, *zone, *names;
    size_t i;

    m->identity = deploy_call(d, "sts", "GetCallerIdentity", json_object());
    if (!m->identity)
        return -1;
    t->account = json_string_value(json_object_get(m->identity, "Account"));
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

/* "Name=value" of an Output; lists are joined by commas, as parameters of list types are split. */
static char *output_word(const char *name, const json_t *value)
{
    json_t *item, *list = json_is_array(value) ? json_incref((json_t *)value) : json_array();
    struct buf b = {0};
    size_t i;

    if (!json_is_array(value))
        json_array_append(list, (json_t *)value);
    buf_printf(&b, "%s=", name);
    json_array_foreach(list, i, item)
    {
        char *text = json_is_string(item) ? NULL : json_dumps(item, JSON_ENCODE_ANY | JSON_COMPACT);
        buf_printf(&b, "%s%s", i ? "," : "", text ? text : json_string_value(item));
        free(text);
    }
    json_decref(list);
    char *word = b.failed ? NULL : strdup(b.data);
    buf_free(&b);
    return word;
}

/* The words for one parameter: as given, or from the template that has the Output. NULL: none. */
static char *parameter_word(struct apply *a, const struct apply_member *m,
                            const struct template_set *set, const char *name)
{
    const char *given = template_set_given(set, (size_t)(m - a->members), name);
    const json_t *from = json_object_get(m->from, name);
    struct buf b = {0};
    char *word;

    if (from && !given) {
        const struct apply_member *source = &a->members[json_integer_value(from)];
        return output_word(name, json_object_get(stack_outputs(source->stack), name));
    }
    if (!given)
        return NULL;
    buf_printf(&b, "%s=%s", name, given);
    word = b.failed ? NULL : strdup(b.data);
    buf_free(&b);
    return word;
}

static int parameters_fill(struct apply *a, struct apply_member *m)
{
    struct template_member names[APPLY_MEMBERS];
    struct template_set set = {names, a->n, a->given, a->given_n};
    char *words[ARGS_MAX];
    const char *name;
    json_t *row;
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++)
        names[i] = (struct template_member){a->members[i].name, a->members[i].root};
    json_object_foreach(json_object_get(m->root, "Parameters"), name, row)
    {
        char *word = n < ARGS_MAX ? parameter_word(a, m, &set, name) : NULL;
        if (word)
            words[n++] = word;
    }
    m->context.parameters = template_parameters(m->root, (const char *const *)words, n,
                                                m->deploy.why, sizeof m->deploy.why);
    while (n > 0)
        free(words[--n]);
    return m->context.parameters ? 0 : -1;
}

static void member_close(struct apply_member *m)
{
    stack_close(m->stack);
    json_decref(m->context.parameters);
    json_decref((json_t *)m->context.zones);
    json_decref(m->identity);
    m->stack = NULL;
    m->identity = NULL;
    m->context = (struct template_context){0};
}

/* Up to the point where all of the template is there. */
static int member_bring(struct apply *a, struct apply_member *m, bool plan)
{
    bool gone = args_has(a->args, "delete");

    m->plan = (struct stack_plan){.dry = plan, .quiet = args_has(a->args, "quiet")};
    m->context = (struct template_context){
        .root = gone ? NULL : m->root, .region = m->deploy.region, .stack = m->name};
    if ((!gone && parameters_fill(a, m)) || context_fill(m))
        return -1;
    if (!plan && !gone && apply_invitations(a, m))
        return -1;
    m->stack = stack_open(&m->deploy, &m->context, &m->plan);
    if (!m->stack)
        return -1;
    if (!m->plan.quiet)
        printf("stack %s in account %s, %s%s\n", m->name, m->context.account, m->deploy.region,
               plan          ? " (plan only)"
               : *a->dry_run ? " (dry run)"
                             : "");
    return stack_bring(m->stack);
}

static int member_clean(struct apply *a, struct apply_member *m)
{
    if (a->n > 1 && !m->plan.quiet && stack_untidy(m->stack))
        printf("stack %s, what is left over\n", m->name);
    return stack_clean(m->stack);
}

static void member_tell(const struct apply *a, const struct apply_member *m)
{
    const struct stack_plan *p = &m->plan;

    if (p->quiet)
        return;
    if (a->n > 1)
        printf("%s: ", m->name);
    printf("%u created, %u changed, %u replaced, %u deleted, %u as before\n", p->created,
           p->updated, p->replaced, p->deleted, p->kept);
}

int apply_pass(struct apply *a, bool plan)
{
    int err = 0;

    for (size_t i = 0; i < a->n && !err; i++) {
        struct apply_member *m = apply_nth(a, i);
        if (member_bring(a, m, plan))
            err = apply_fail(a, m);
    }
    for (size_t i = a->n; i > 0 && !err; i--) {
        struct apply_member *m = apply_nth(a, i - 1);
        if (member_clean(a, m))
            err = apply_fail(a, m);
    }
    for (size_t i = 0; i < a->n && !err; i++)
        member_tell(a, apply_nth(a, i));
    for (size_t i = 0; i < a->n; i++)
        member_close(&a->members[i]);
    return err;
}
