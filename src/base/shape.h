/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes: plain C structs described by rows, so that one table converts them from and to JSON
 * trees, checks them against the service's limits, and documents them.
 *
 * The tables are made by tools/gen-rows from rows files (src/control/rows); a member becomes:
 *
 *   str, time   const char *field              int    struct opt_int field
 *   bool        enum tri field                 obj    struct x *field, NULL = absent
 *   list        struct x *field; size_t field_n       strs   const char **field; size_t field_n
 *   map         struct shape_pair *field; size_t field_n
 *
 * Absence is part of the value: a string is NULL, a BOOL is TRI_NONE, an INT has set == false, a
 * list has field == NULL (an empty list that was given is non-NULL with field_n == 0). "ApiName" is
 * the member's name in JSON and SDKs; "wireName" its XML element or query parameter when that
 * differs (NULL: the same). See api/codec.h for how the wire forms use them. */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum tri { TRI_NONE = 0, TRI_FALSE = 1, TRI_TRUE = 2 };

struct opt_int {
    bool set;
    int64_t v;
};

struct shape_pair {
    const char *key;
    const char *value;
};

enum field_kind { FIELD_STR, FIELD_INT, FIELD_BOOL, FIELD_OBJ, FIELD_LIST, FIELD_STRS, FIELD_MAP };

enum field_flags {
    F_REQ = 1,    /* must be given */
    F_PATH = 2,   /* bound to {ApiName} of the row's path */
    F_QUERY = 4,  /* bound to the query-string parameter wireName */
    F_HEADER = 8, /* bound to the header wireName */
    F_FLAT = 16,  /* XML list without a wrapper element */
    F_TOKEN =
        32, /* idempotency token: filled with a random UUID by clients of the rows when absent */
    F_EPOCH = 64,   /* a time: ISO text in the struct, a number of seconds in JSON replies */
    F_HIDDEN = 128, /* stored with the object, never sent to a client */
    F_VALUE = 256,  /* EC2 attribute: the query parameter is Name.Value, the XML <name><value> */
};

struct shape;

struct field {
    const char *name; /* ApiName */
    const char *wire; /* wireName or NULL */
    enum field_kind kind;
    unsigned flags;
    size_t offset;              /* of the value in the struct */
    size_t offset_n;            /* of the count, for LIST, STRS and MAP */
    int64_t min, max;           /* length, count or value; max -1: no limit */
    int64_t item_min, item_max; /* STRS: length of an item */
    const char *pattern;       /* POSIX extended regular expression for the whole string, or NULL */
    const char *pattern_shown; /* the service's own pattern, for messages; NULL: pattern */
    const char *const *values; /* enum, NULL-terminated in the service's order, or NULL */
    const char *member; /* name of a list's member on the wire; NULL: "member" or by protocol */
    const struct shape *shape; /* OBJ, LIST */
};

struct shape {
    const char *name;
    size_t size; /* of the struct */
    const struct field *fields;
    size_t fields_n;
};

enum shape_rule {
    RULE_NONE,
    RULE_REQUIRED,
    RULE_TYPE, /* the value has the wrong JSON type */
    RULE_LENGTH,
    RULE_RANGE,
    RULE_ENUM,
    RULE_PATTERN,
};

#define SHAPE_REPORT_SENTENCES 64 /* violations that are spelled out; more are only counted */
#define SHAPE_VALUE_SHOWN 1024    /* bytes of a value that a sentence quotes */

/* Violations of a shape's limits in the service's words, all joined ("2 validation errors detected:
 * ..."). Start with a zeroed one. The first violation is also kept in parts, for services that word
 * it differently. */
struct shape_report {
    struct buf text; /* sentences joined by "; "; after a type error that error's own text alone */
    unsigned count;  /* violations */
    bool type_error; /* a value had the wrong JSON type: SerializationException rather than
                        validation */
    enum shape_rule first; /* kind of the first violation */
    unsigned first_flags;  /* field_flags of its outermost member: where on the wire it came from */
    struct buf first_wire; /* its member as a query parameter, "Filter.1.Value" */
    struct buf first_value;  /* its value as quoted */
    struct buf first_demand; /* "Member must ..." */
};

/* Fills *out (shape->size bytes, cleared by this call) from a JSON object; strings and lists are
 * copied into the arena. Unknown members are ignored. Limits are checked when `report` is not NULL
 * and every violation is added to it; stored objects are read with report NULL. 0, ERR_INVALID
 * (report->count > 0 or a type error), ERR_NOMEM. Any thread. */
int shape_read(const struct shape *shape, const json_t *json, struct arena *arena, void *out,
               struct shape_report *report);

/* As shape_read without a report, from compact JSON text of `len` bytes, several times faster.
 * ERR_UNSUPPORTED: it is more than plain text of ours, or no JSON; the tree can tell. Then *out and
 * the arena hold scraps. ERR_NOMEM. Any thread. */
int shape_parse(const struct shape *shape, const char *text, size_t len, struct arena *arena,
                void *out);

enum shape_mode {
    SHAPE_API,   /* for clients: F_HIDDEN left out */
    SHAPE_STORE, /* for the store: everything */
};

/* A new JSON object of the struct: absent members left out, members in row order. NULL on lack of
 * memory. Owned by the caller (json_decref). Any thread. */
json_t *shape_write(const struct shape *shape, const void *in, enum shape_mode mode);

/* Deep-copies *in into *out, all memory from the arena. 0 or ERR_NOMEM. */
int shape_copy(const struct shape *shape, const void *in, struct arena *arena, void *out);

/* The field of that ApiName, or NULL. */
const struct field *shape_field(const struct shape *shape, const char *name);

/* The sentence prefix and text of a report as the service writes it:
 * "1 validation error detected: Value '' at 'name' failed to satisfy constraint: ...". In the
 * arena. */
char *shape_report_text(const struct shape_report *report, struct arena *arena);

/* Frees what the report holds. */
void shape_report_free(struct shape_report *report);

#endif
