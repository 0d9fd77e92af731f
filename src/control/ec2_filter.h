/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of the Describe operations (spec: profiles-ram-zones-ec2.md 4.1, 4.3): several filters
 * are joined by AND, the values of one by OR; values may hold the wildcards * and ?.
 *
 * A family lists its filters in one table of struct filter_name, ended by a NULL name; where a
 * value lies is an offset, or a function that offers values one by one. tag:KEY and tag-key are the
 * same for all families and stand in no table. */
#ifndef CONTROL_EC2_FILTER_H
#define CONTROL_EC2_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "control/object.h"
#include "rows/ec2.h"

/* One filter while it looks at one object. */
struct filter_test {
    struct ctl *c;
    const struct ec2_filter *filter;
    bool hit;
};

/* Where the values of a filter come from. */
enum filter_how {
    FILTER_HOW_TEXT,  /* a string member */
    FILTER_HOW_TRI,   /* a boolean member, absent counts as false */
    FILTER_HOW_CONST, /* the same text for every object, or NULL: a filter that nothing passes */
    FILTER_HOW_CALL,  /* a function */
};

struct filter_name {
    const char *name;
    enum filter_how how;
    size_t offset;
    const char *text;
    void (*offer)(struct filter_test *t, const void *obj);
};

#define FILTER_TEXT(n, type, member)                           \
    {                                                          \
        n, FILTER_HOW_TEXT, offsetof(type, member), NULL, NULL \
    }
#define FILTER_TRI(n, type, member)                           \
    {                                                         \
        n, FILTER_HOW_TRI, offsetof(type, member), NULL, NULL \
    }
#define FILTER_CONST(n, value)              \
    {                                       \
        n, FILTER_HOW_CONST, 0, value, NULL \
    }
#define FILTER_CALL(n, fn)              \
    {                                   \
        n, FILTER_HOW_CALL, 0, NULL, fn \
    }
#define FILTER_END                            \
    {                                         \
        NULL, FILTER_HOW_CONST, 0, NULL, NULL \
    }

/* The filters of one call, with what they can be asked about. */
struct filter_set {
    const struct ec2_filter *filters;
    size_t filters_n;
    const struct filter_name *names;
    size_t tags, tags_n; /* offsets of the stored struct's tag list; equal: it has none */
};

/* True if `text` matches the pattern: * any run, ? any character, \ takes the next one literally.
 * Case matters. Pure; linear in practice, quadratic at worst. */
bool filter_glob(const char *pattern, const char *text);

/* True if the value says only itself: no wildcard in it. Pure. */
bool filter_literal(const char *value);

/* Shows one value of the object to the filter. NULL is no value. */
void filter_offer(struct filter_test *t, const char *value);

/* As filter_offer, with "true" or "false". */
void filter_offer_tri(struct filter_test *t, enum tri value);

/* Records InvalidParameterValue for a filter that the family doesn't have. 0 or ERR_FAULT. */
int filter_check(struct ctl *c, const struct filter_set *set);

/* True if the object passes every filter. The set has passed filter_check. */
bool filter_match(struct ctl *c, const struct filter_set *set, const void *obj);

/* The first filter of that name, or NULL. Pure. */
const struct ec2_filter *filter_find(const struct filter_set *set, const char *name);

#endif
