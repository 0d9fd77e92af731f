/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of the test services. A name "missing" is a fault, "write" puts an index entry. */
#include "things.h"

#include <string.h>

#include "base/error.h"
#include "rows/te.h"
#include "rows/tj.h"
#include "rows/tq.h"
#include "rows/tr.h"
#include "rows/tx.h"

const struct service *const things[] = {&tj_service, &tr_service, &tx_service,
                                        &tq_service, &te_service, NULL};

int things_key_find(void *ctx, const char *key_id, struct arena *arena, struct auth_key *ret)
{
    (void)ctx;
    (void)arena;
    if (strcmp(key_id, "AKIDEXAMPLE") != 0)
        return ERR_NOT_FOUND;
    *ret = (struct auth_key){
        .secret = "secret", .account = "123456789012", .arn = "arn:aws:iam::123456789012:root"};
    return 0;
}

/* Copies members of the same name from one shape to another, and adds who called. */
static int echo(struct ctl *c, const struct shape *in_shape, const void *in,
                const struct shape *out_shape, void *out)
{
    json_t *json = shape_write(in_shape, in, SHAPE_STORE);
    const char *name = json_string_value(json_object_get(json, "Name"));
    int err;

    if (name && strcmp(name, "missing") == 0) {
        json_decref(json);
        err = ctl_fail(c, FAULT_ResourceNotFoundException, "There is no thing '%s' <here>.",
                       "missing");
        c->fault.resource_type = "thing";
        return err;
    }
    err = name && strcmp(name, "write") == 0 ? ctl_index_put(c, "things", "written", "yes") : 0;
    json_object_set_new(json, "Secret", json_string("hidden"));
    json_object_set_new(json, "Account", json_string(c->account));
    json_object_set_new(json, "Region", json_string(c->region));
    json_object_set_new(json, "Arn", json_string(c->caller_arn));
    if (!err)
        err = shape_read(out_shape, json, c->arena, out, NULL);
    json_decref(json);
    return err;
}

#define ECHO(p)                                                                               \
    int p##_put_thing(struct ctl *c, const struct p##_put_thing_request *in,                  \
                      struct p##_put_thing_response *out)                                     \
    {                                                                                         \
        return echo(c, &p##_put_thing_request_shape, in, &p##_put_thing_response_shape, out); \
    }

ECHO(tj)
ECHO(tr)
ECHO(tx)
ECHO(tq)
ECHO(te)

int tr_tag_thing(struct ctl *c, const struct tr_tag_thing_request *in,
                 struct tr_tag_thing_response *out)
{
    (void)in;
    (void)out;
    (void)c;
    return 0;
}

int tr_get_tags(struct ctl *c, const struct tr_tag_thing_request *in,
                struct tr_tag_thing_response *out)
{
    return tr_tag_thing(c, in, out);
}

int tr_put_named(struct ctl *c, const struct tr_put_named_request *in,
                 struct tr_tag_thing_response *out)
{
    (void)in;
    (void)out;
    (void)c;
    return 0;
}

int tx_get_count(struct ctl *c, const struct tx_get_count_request *in,
                 struct tx_get_count_response *out)
{
    (void)in;
    (void)c;
    out->count = (struct opt_int){true, 42};
    return 0;
}

int tx_delete_thing(struct ctl *c, const struct tx_put_thing_request *in,
                    struct tx_put_thing_response *out)
{
    return tx_put_thing(c, in, out);
}

int te_delete_thing(struct ctl *c, const struct te_delete_thing_request *in,
                    struct te_delete_thing_response *out)
{
    (void)in;
    (void)out;
    return ctl_index_put(c, "things", "written", "yes");
}
