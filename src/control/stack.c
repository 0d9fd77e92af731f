/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks: what `bridge53 apply` has made, one JSON text for each name, account and region. The
 * service behind the templates would keep the same; here the client does the work and the store
 * only remembers. */
#include <string.h>

#include "base/error.h"
#include "control/ctl.h"
#include "rows/b53.h"

static char *stack_key(struct ctl *c, const char *name)
{
    return arena_printf(c->arena, "%s/%s/%s", c->account, c->region, name);
}

static int stack_missing(struct ctl *c, int err, const char *name)
{
    if (err != ERR_NOT_FOUND)
        return err;
    return ctl_fail(c, FAULT_ResourceNotFoundException, "There is no stack '%s'.", name);
}

int b53_get_stack(struct ctl *c, const struct b53_get_stack_request *in,
                  struct b53_get_stack_response *out)
{
    int err = ctl_index_get(c, "stack", stack_key(c, in->stack_name), &out->body);

    if (err)
        return stack_missing(c, err, in->stack_name);
    out->stack_name = in->stack_name;
    return 0;
}

int b53_put_stack(struct ctl *c, const struct b53_put_stack_request *in,
                  struct b53_put_stack_response *out)
{
    (void)out;
    return ctl_index_put(c, "stack", stack_key(c, in->stack_name), in->body);
}

int b53_delete_stack(struct ctl *c, const struct b53_delete_stack_request *in,
                     struct b53_delete_stack_response *out)
{
    const char *body;
    int err = ctl_index_get(c, "stack", stack_key(c, in->stack_name), &body);

    (void)out;
    if (err)
        return stack_missing(c, err, in->stack_name);
    return ctl_index_del(c, "stack", stack_key(c, in->stack_name));
}

struct names {
    struct ctl *c;
    struct b53_list_stacks_response *out;
    size_t cap;
};

static int name_add(void *ctx, const char *key, const char *value)
{
    struct names *n = ctx;
    const char *slash = strrchr(key, '/');

    (void)value;
    if (n->out->stack_names_n == n->cap) {
        size_t cap = n->cap ? 2 * n->cap : 16;
        const char **grown = arena_zalloc(n->c->arena, cap, sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (n->cap)
            memcpy(grown, n->out->stack_names, n->cap * sizeof *grown);
        n->out->stack_names = grown;
        n->cap = cap;
    }
    n->out->stack_names[n->out->stack_names_n++] = arena_str(n->c->arena, slash ? slash + 1 : key);
    return 0;
}

int b53_list_stacks(struct ctl *c, const struct b53_list_stacks_request *in,
                    struct b53_list_stacks_response *out)
{
    struct names n = {c, out, 0};

    (void)in;
    out->stack_names = arena_zalloc(c->arena, 1, sizeof *out->stack_names);
    return ctl_index_list(c, "stack", stack_key(c, ""), name_add, &n);
}
