/* SPDX-License-Identifier: Apache-2.0 */
/* Templates in CloudFormation syntax: reading them (YAML or JSON) and evaluating their functions.
 */
#ifndef CMD_TEMPLATE_H
#define CMD_TEMPLATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TEMPLATE_WHY_MAX 400      /* bytes of an error text, NUL included */
#define TEMPLATE_DEPTH 64         /* nesting of a document: deeper ones are refused */
#define TEMPLATE_BYTES (1u << 20) /* bytes of a template, as the service allows */

/* Parses a YAML or JSON document of `len` bytes. Short tags become functions: "!Ref X" is {"Ref":
 * "X"},
 * "!GetAtt A.B" is {"Fn::GetAtt": ["A", "B"]}, "!Sub" is {"Fn::Sub": ...}. Scalars stay strings,
 * but for JSON's numbers and booleans; true and false of YAML become booleans. Returns NULL and a
 * text with line and column in `why`. Any bytes are safe. */
json_t *template_parse(const char *text, size_t len, char *why, size_t why_size);

/* The value of a resource as far as it is known. */
struct template_resource {
    const char *id;      /* physical id, or NULL while it does not exist */
    const json_t *attrs; /* object of attributes, or NULL */
};

/* What evaluation needs beside the template itself. */
struct template_context {
    const json_t *root; /* the template */
    json_t *parameters; /* values by name, defaults filled in (template_parameters) */
    const char *account, *region, *stack;
    const json_t *zones; /* array of availability zone names, for Fn::GetAZs */
    struct template_resource (*resource)(void *ctx, const char *logical);
    void *ctx;
    char why[TEMPLATE_WHY_MAX]; /* set on errors */
    unsigned depth;
};

/* What stands for a value that only the deployment will know. */
#define TEMPLATE_UNKNOWN "(known after apply)"

/* Checks given parameters ("Name=Value" words) against the template's and fills in defaults. New
 * object, or NULL with `why`. */
json_t *template_parameters(const json_t *root, const char *const *given, size_t n, char *why,
                            size_t why_size);

/* One of several templates that are applied together. */
struct template_member {
    const char *name; /* for people and for NAME.PARAMETER=VALUE */
    const json_t *root;
};

struct template_set {
    const struct template_member *members;
    size_t n;
    const char *const *given; /* "Parameter=Value" for all that have it, "Name.Parameter=Value" */
    size_t given_n;
};

/* The order in which each template comes after those whose Outputs it takes: a Parameter that is
 * not given and has no Default takes the Output of the same name of another template. A new array
 * of {"Member": index, "From": {parameter: index of the member}}; NULL with `why` on a circle, an
 * Output that two templates have, or a given parameter that none has. */
json_t *template_set_order(const struct template_set *set, char *why, size_t why_size);

/* The value of a parameter of a member among those given, or NULL: the member's own before the
 * others'. */
const char *template_set_given(const struct template_set *set, size_t member, const char *name);

/* A new value with all functions evaluated; AWS::NoValue members left out. A reference to a
 * resource without id becomes TEMPLATE_UNKNOWN. NULL with t->why on an error. */
json_t *template_eval(struct template_context *t, const json_t *value);

/* True or false of a resource's Condition (true when it has none); sets *ret_error on a mistake. */
bool template_wanted(struct template_context *t, const json_t *resource, bool *ret_error);

/* The logical ids of the template's resources in an order in which each comes after what it refers
 * to. New array of strings; NULL with t->why on a circle or an unknown name. */
json_t *template_order(struct template_context *t);

#endif
