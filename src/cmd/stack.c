/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing a stack with its template, and the steps between them. */
#include "cmd/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stack {
    struct deploy *d;
    struct template_context *t;
    json_t *state; /* as stored */
    struct stack_plan *plan;
    json_t *order; /* logical ids of the template, in order */
    json_t *old;   /* array of replaced resources, removed at the end: [{Logical, Type, Id,
                      Properties}]; part of the state, or a failure on the way would orphan them */
};

json_t *stack_load(struct deploy *d)
{
    json_t *out = deploy_call(d, "bridge53", "GetStack", json_pack("{ss}", "StackName", d->stack)),
           *state;

    if (!out && strcmp(d->code, "ResourceNotFoundException") != 0)
        return NULL;
    state = json_loads(out ? json_string_value(json_object_get(out, "Body")) : "{\"Resources\":{}}",
                       0, NULL);
    if (!state)
        snprintf(d->why, sizeof d->why, "the state of stack '%s' does not read back", d->stack);
    json_decref(out);
    return state;
}

static int stack_save(struct stack *w)
{
    char *text = json_dumps(w->state, JSON_COMPACT);
    int err = -1;

    if (text)
        err = deploy_do(w->d, "bridge53", "PutStack",
                        json_pack("{ssss}", "StackName", w->d->stack, "Body", text), NULL);
    free(text);
    return err;
}

static json_t *resources(const struct stack *w)
{
    return json_object_get(w->state, "Resources");
}

/* What evaluation sees of a resource: what is stored of it. */
static struct template_resource lookup(void *ctx, const char *logical)
{
    const struct stack *w = ctx;
    const json_t *row = json_object_get(resources(w), logical);
    struct template_resource r = {0};

    if (row) {
        r.id = json_string_value(json_object_get(row, "Id"));
        r.attrs = json_object_get(row, "Attributes");
    }
    return r;
}

static const struct resource_type *type_of(struct stack *w, const json_t *row, const char *logical)
{
    const char *name = json_string_value(json_object_get(row, "Type"));
    const struct resource_type *type = name ? resource_type_find(name) : NULL;

    if (!type)
        snprintf(w->d->why, sizeof w->d->why, "%s: the type %s is not known here", logical,
                 name ? name : "(none)");
    return type;
}

static void say(const struct stack *w, const char *mark, const char *logical, const json_t *row,
                const char *text)
{
    if (!w->plan->quiet)
        printf("  %s %-24s %-42s %s\n", mark, logical,
               json_string_value(json_object_get(row, "Type")), text);
    fflush(stdout);
}

/* Evaluated properties of a resource of the template; NULL with d->why. */
static json_t *properties(struct stack *w, const char *logical, const struct resource_type *type)
{
    const json_t *row = json_object_get(json_object_get(w->t->root, "Resources"), logical);
    json_t *props = json_object_get(row, "Properties");

    props = props ? template_eval(w->t, props) : json_object();
    if (!props) {
        snprintf(w->d->why, sizeof w->d->why, "%s: %s", logical, w->t->why);
        return NULL;
    }
    if (resource_check(w->d, type, logical, props)) {
        json_decref(props);
        return NULL;
    }
    return props;
}

/* Writes what is known of a resource into the state. */
static int remember(struct stack *w, const struct resource *r, size_t order)
{
    json_object_set_new(resources(w), r->logical,
                        json_pack("{sssO*sOsO*si}", "Type", r->type->name, "Id", r->id,
                                  "Properties", r->props, "Attributes", r->attrs, "Order",
                                  (int)order));
    return stack_save(w);
}

/* A stored row as a resource; members are borrowed. */
static struct resource stored(const struct resource_type *type, const char *logical,
                              const json_t *row)
{
    return (struct resource){.logical = logical,
                             .type = type,
                             .props = json_object_get(row, "Properties"),
                             .id = json_object_get(row, "Id"),
                             .attrs = json_object_get(row, "Attributes")};
}

/* Reads the attributes of the resource that this one has changed anew; in a plan nobody knows them
 * yet. The caller saves. */
static int touch(struct stack *w, const struct resource *r)
{
    const char *id =
        r->type->touches ? json_string_value(json_object_get(r->props, r->type->touches)) : NULL;
    const char *logical;
    json_t *row;

    json_object_foreach(resources(w), logical, row)
    {
        const char *is = json_string_value(json_object_get(row, "Id"));
        const struct resource_type *type = type_of(w, row, logical);
        struct resource other;

        if (!id || !is || strcmp(id, is) != 0 || !type || !type->read)
            continue;
        if (w->plan->dry) {
            json_object_del(row, "Attributes");
            continue;
        }
        other = stored(type, logical, row);
        json_incref(other.attrs);
        if (type->read(w->d, &other)) {
            json_decref(other.attrs);
            return -1;
        }
        json_object_set_new(row, "Attributes", other.attrs);
    }
    return 0;
}

static int create(struct stack *w, struct resource *r, size_t order)
{
    int err = r->type->create(w->d, r) || touch(w, r) ? -1 : 0;
    char why[sizeof w->d->why];

    /* What was made before a later step failed must be known, or nobody would ever remove it. */
    snprintf(why, sizeof why, "%s", w->d->why);
    if (r->id && remember(w, r, order))
        return -1;
    snprintf(w->d->why, sizeof w->d->why, "%s", why);
    return err;
}

static int replace(struct stack *w, struct resource *r, const json_t *row, size_t order)
{
    json_array_append_new(w->old,
                          json_pack("{sssOsOsO}", "Logical", r->logical, "Type",
                                    json_object_get(row, "Type"), "Id", json_object_get(row, "Id"),
                                    "Properties", json_object_get(row, "Properties")));
    r->id = r->attrs = NULL;
    w->plan->replaced++;
    return create(w, r, order);
}

/* One resource of the template whose properties may have changed. r->props is set. */
static int change(struct stack *w, struct resource *r, json_t *row, size_t order)
{
    const json_t *old = json_object_get(row, "Properties");
    int result;

    r->id = json_incref(json_object_get(row, "Id"));
    r->attrs = json_incref(json_object_get(row, "Attributes"));
    if (json_equal(old, r->props)) {
        w->plan->kept++;
        return 0;
    }
    if (w->plan->dry) {
        say(w, "~", r->logical, row, "change");
        w->plan->updated++;
        return touch(w, r);
    }
    result = r->type->update ? r->type->update(w->d, r, old) : RESOURCE_REPLACE;
    if (result == RESOURCE_REPLACE) {
        say(w, "±", r->logical, row, "replace");
        return replace(w, r, row, order);
    }
    if (result)
        return result;
    say(w, "~", r->logical, row, "changed");
    w->plan->updated++;
    return remember(w, r, order);
}

static int step(struct stack *w, const char *logical, size_t order)
{
    json_t *now = json_object_get(json_object_get(w->t->root, "Resources"), logical);
    json_t *row = json_incref(json_object_get(resources(w), logical));
    struct resource r = {.logical = logical, .type = type_of(w, now, logical)};
    int err = -1;

    if (r.type && (r.props = properties(w, logical, r.type))) {
        if (row) {
            err = change(w, &r, row, order);
        } else {
            w->plan->created++;
            say(w, "+", logical, now, w->plan->dry ? "create" : "creating");
            err = w->plan->dry ? touch(w, &r) : create(w, &r, order);
        }
    }
    json_decref(r.props);
    json_decref(r.id);
    json_decref(r.attrs);
    json_decref(row);
    return err;
}

static int order_compare(const void *a, const void *b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "Order"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "Order"));

    return (x < y) - (x > y);
}

static bool wanted(const struct stack *w, const char *logical)
{
    json_t *name;
    size_t i;

    json_array_foreach(w->order, i,
                       name) if (strcmp(json_string_value(name), logical) == 0) return true;
    return false;
}

static int delete_one(struct stack *w, const json_t *row)
{
    const char *logical = json_string_value(json_object_get(row, "Logical"));
    const struct resource_type *type = type_of(w, row, logical);
    struct resource r;

    if (!type)
        return -1;
    say(w, "-", logical, row, w->plan->dry ? "delete" : "deleting");
    w->plan->deleted++;
    if (w->plan->dry)
        return 0;
    r = stored(type, logical, row);
    if (type->remove(w->d, &r))
        return -1;
    (void)touch(w, &r); /* what it changed may be gone by other hands */
    return 0;
}

/* Removes what the template has no more, the newest first. */
static int delete_rest(struct stack *w)
{
    json_t *rows = json_array(), *row;
    const char *logical;
    json_t **sorted;
    size_t n, i;
    int err = 0;

    json_object_foreach(resources(w), logical, row)
    {
        if (!wanted(w, logical)) {
            json_t *copy = json_copy(row);
            json_object_set_new(copy, "Logical", json_string(logical));
            json_array_append_new(rows, copy);
        }
    }
    n = json_array_size(rows);
    sorted = calloc(n + 1, sizeof *sorted);
    for (i = 0; sorted && i < n; i++)
        sorted[i] = json_array_get(rows, i);
    if (sorted)
        qsort(sorted, n, sizeof *sorted, order_compare);
    for (i = 0; sorted && i < n && !err; i++) {
        err = delete_one(w, sorted[i]);
        if (!err && !w->plan->dry) {
            json_object_del(resources(w), json_string_value(json_object_get(sorted[i], "Logical")));
            err = stack_save(w);
        }
    }
    free(sorted);
    json_decref(rows);
    return sorted ? err : -1;
}

static int delete_replaced(struct stack *w)
{
    for (size_t i = json_array_size(w->old); i > 0; i--) {
        if (delete_one(w, json_array_get(w->old, i - 1)))
            return -1;
        if (w->plan->dry)
            continue;
        json_array_remove(w->old, i - 1);
        if (stack_save(w))
            return -1;
    }
    return 0;
}

static int outputs(struct stack *w)
{
    json_t *rows = json_object_get(w->t->root, "Outputs"), *values = json_object(), *row, *value;
    const char *name;

    json_object_foreach(rows, name, row)
    {
        value = template_eval(w->t, json_object_get(row, "Value"));
        if (!value) {
            snprintf(w->d->why, sizeof w->d->why, "output %s: %s", name, w->t->why);
            json_decref(values);
            return -1;
        }
        json_object_set_new(values, name, value);
    }
    json_object_set_new(w->state, "Outputs", values);
    return w->plan->dry ? 0 : stack_save(w);
}

bool stack_untidy(const struct stack *s)
{
    const char *logical;
    json_t *row;

    json_object_foreach(resources(s), logical, row)
    {
        if (!wanted(s, logical))
            return true;
    }
    return json_array_size(s->old) > 0;
}

static int stack_forget(struct stack *w)
{
    return deploy_do(w->d, "bridge53", "DeleteStack", json_pack("{ss}", "StackName", w->d->stack),
                     "ResourceNotFoundException");
}

struct stack *stack_open(struct deploy *d, struct template_context *t, struct stack_plan *plan)
{
    struct stack *s = calloc(1, sizeof *s);

    if (!s) {
        snprintf(d->why, sizeof d->why, "out of memory");
        return NULL;
    }
    *s = (struct stack){.d = d, .t = t, .plan = plan, .state = stack_load(d)};
    if (!s->state) {
        free(s);
        return NULL;
    }
    s->old = json_object_get(s->state, "Replaced");
    if (!s->old) {
        s->old = json_array();
        json_object_set_new(s->state, "Replaced", s->old);
    }
    t->resource = lookup;
    t->ctx = s;
    s->order = t->root ? template_order(t) : json_array();
    if (s->order)
        return s;
    snprintf(d->why, sizeof d->why, "%s", t->why);
    stack_close(s);
    return NULL;
}

void stack_close(struct stack *s)
{
    if (!s)
        return;
    json_decref(s->order);
    json_decref(s->state);
    free(s);
}

int stack_bring(struct stack *s)
{
    json_t *name;
    size_t i;
    int err = 0;

    json_array_foreach(s->order, i, name)
    {
        if (!err)
            err = step(s, json_string_value(name), i);
    }
    return err || !s->t->root ? err : outputs(s);
}

int stack_clean(struct stack *s)
{
    int err = delete_replaced(s);

    if (!err)
        err = delete_rest(s);
    return err || s->t->root || s->plan->dry ? err : stack_forget(s);
}

const json_t *stack_outputs(const struct stack *s)
{
    return json_object_get(s->state, "Outputs");
}
