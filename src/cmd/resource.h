/* SPDX-License-Identifier: Apache-2.0 */
/* Resource types of templates: how each is made, changed and removed through the public API. */
#ifndef CMD_RESOURCE_H
#define CMD_RESOURCE_H

#include <jansson.h>
#include <stdbool.h>

#include "api/client.h"

/* A deployment under way. */
struct deploy {
    const struct client *client;
    const char *region;
    const char *stack;
    char code[128]; /* of the last error */
    char why[4400]; /* of the last error: "Operation: Code: message" */
};

/* One resource of a stack. */
struct resource {
    const char *logical;
    const struct resource_type *type;
    json_t *props; /* evaluated properties */
    json_t *id;    /* physical id, a string; NULL before creation */
    json_t *attrs; /* object, for GetAtt */
};

enum { RESOURCE_REPLACE = 1 };

struct resource_type {
    const char *name;       /* "AWS::EC2::VPC" */
    const char *properties; /* names of its properties, joined by blanks; others are refused */
    /* Makes it from r->props; sets r->id and r->attrs. 0, or -1 with d->why. */
    int (*create)(struct deploy *d, struct resource *r);
    /* Brings it from the properties `old` to r->props. 0, RESOURCE_REPLACE when only a new one will
     * do, or -1. NULL: always replace. */
    int (*update)(struct deploy *d, struct resource *r, const json_t *old);
    /* Removes it; one that is gone already is no error. 0 or -1. */
    int (*remove)(struct deploy *d, const struct resource *r);
    /* Reads r->attrs anew, for types whose attributes others change. 0 or -1. NULL: there are none.
     */
    int (*read)(struct deploy *d, struct resource *r);
    /* The property that holds the id of a resource whose attributes this one changes, or NULL. */
    const char *touches;
};

/* Tables of the types, each ended by a row without a name. */
extern const struct resource_type resource_types_ec2[];
extern const struct resource_type resource_types_dns[];
extern const struct resource_type resource_types_profile[];
extern const struct resource_type resource_types_ram[];

/* The type of that name, or NULL. */
const struct resource_type *resource_type_find(const char *name);

/* Checks that all properties are known; -1 with d->why naming the first one that is not. */
int resource_check(struct deploy *d, const struct resource_type *type, const char *logical,
                   const json_t *props);

/* Calls an operation; `in` is taken. Texts that stand for numbers and booleans are turned into them
 * by the operation's shape, because templates write "60" and 60 alike. A new output object, or NULL
 * with d->code and d->why. */
json_t *deploy_call(struct deploy *d, const char *service, const char *op, json_t *in);

/* As deploy_call when the output does not matter: 0 or -1; codes in `gone` ("InvalidVpcID.NotFound
 * ...") count as success. */
int deploy_do(struct deploy *d, const char *service, const char *op, json_t *in, const char *gone);

/* True if `old` and `new` differ in no member but those named in `names`, joined by blanks. */
bool props_only(const json_t *old, const json_t *new, const char *names);

/* A new object with those members of `props` that are named in `names`. */
json_t *props_pick(const json_t *props, const char *names);

/* The id as text; "" before creation. */
const char *resource_id(const struct resource *r);

/* Sets the id from a text. */
void resource_set_id(struct resource *r, const char *id);

#endif
