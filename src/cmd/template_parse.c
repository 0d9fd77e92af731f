/* SPDX-License-Identifier: Apache-2.0 */
/* YAML (and JSON, its subset) to a value tree, with CloudFormation's short tags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "cmd/template.h"

struct reader {
    yaml_document_t doc;
    unsigned nodes; /* converted so far: aliases could multiply a small document without end */
    char *why;
    size_t why_size;
};

#define NODES_MAX 200000

static json_t *convert(struct reader *r, yaml_node_t *node, unsigned depth);

static json_t *fail(struct reader *r, const yaml_node_t *node, const char *text)
{
    snprintf(r->why, r->why_size, "line %zu, column %zu: %s", node->start_mark.line + 1,
             node->start_mark.column + 1, text);
    return NULL;
}

/* A plain scalar: the booleans of YAML 1.2, whole numbers kept as numbers, all else a string. */
static json_t *scalar(struct reader *r, yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    size_t len = node->data.scalar.length;
    json_t *value;

    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        char *end = NULL;
        long long number;

        if (strcmp(text, "true") == 0)
            return json_true();
        if (strcmp(text, "false") == 0)
            return json_false();
        number = strtoll(text, &end, 10);
        /* "010" and "+1" are names of people and versions; only what prints the same is a number.
         */
        if (len > 0 && len < 18 && *end == '\0' && text[0] != '+' && (text[0] != '0' || len == 1) &&
            text[0] != ' ')
            return json_integer(number);
    }
    value = json_stringn(text, len);
    return value ? value : fail(r, node, "not valid UTF-8");
}

static json_t *sequence(struct reader *r, yaml_node_t *node, unsigned depth)
{
    json_t *list = json_array();

    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        json_t *item = convert(r, yaml_document_get_node(&r->doc, *i), depth + 1);
        if (!item || json_array_append_new(list, item)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *mapping(struct reader *r, yaml_node_t *node, unsigned depth)
{
    json_t *object = json_object();

    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        yaml_node_t *key = yaml_document_get_node(&r->doc, p->key);
        json_t *value;

        if (!key || key->type != YAML_SCALAR_NODE) {
            fail(r, node, "a key must be a plain name");
            goto out;
        }
        if (json_object_getn(object, (const char *)key->data.scalar.value,
                             key->data.scalar.length)) {
            fail(r, key, "the key stands twice");
            goto out;
        }
        value = convert(r, yaml_document_get_node(&r->doc, p->value), depth + 1);
        if (!value)
            goto out;
        if (json_object_setn_new(object, (const char *)key->data.scalar.value,
                                 key->data.scalar.length, value)) {
            fail(r, key, "the key is not valid UTF-8");
            goto out;
        }
    }
    return object;
out:
    json_decref(object);
    return NULL;
}

/* "!GetAtt A.B.C" names the resource A and its attribute "B.C". */
static json_t *getatt(json_t *value)
{
    const char *text = json_string_value(value);
    const char *dot = text ? strchr(text, '.') : NULL;
    json_t *pair;

    if (!dot)
        return value;
    pair = json_array();
    json_array_append_new(pair, json_stringn(text, (size_t)(dot - text)));
    json_array_append_new(pair, json_string(dot + 1));
    json_decref(value);
    return pair;
}

static json_t *short_tag(struct reader *r, yaml_node_t *node, json_t *value)
{
    const char *tag = (const char *)node->tag + 1;
    char name[64];
    json_t *object = json_object();

    if (strcmp(tag, "Ref") == 0 || strcmp(tag, "Condition") == 0)
        snprintf(name, sizeof name, "%s", tag);
    else
        snprintf(name, sizeof name, "Fn::%.50s", tag);
    if (strcmp(tag, "GetAtt") == 0)
        value = getatt(value);
    if (!object || json_object_set_new(object, name, value)) {
        json_decref(object);
        return fail(r, node, "out of memory");
    }
    return object;
}

static json_t *convert(struct reader *r, yaml_node_t *node, unsigned depth)
{
    json_t *value = NULL;

    if (!node)
        return json_null();
    if (depth > TEMPLATE_DEPTH)
        return fail(r, node, "nested too deeply");
    if (++r->nodes > NODES_MAX)
        return fail(r, node, "too many values");
    switch (node->type) {
    case YAML_SCALAR_NODE:
        value = scalar(r, node);
        break;
    case YAML_SEQUENCE_NODE:
        value = sequence(r, node, depth);
        break;
    case YAML_MAPPING_NODE:
        value = mapping(r, node, depth);
        break;
    case YAML_NO_NODE:
        value = json_null();
        break;
    }
    if (value && node->tag && node->tag[0] == '!' && node->tag[1])
        return short_tag(r, node, value);
    return value;
}

json_t *template_parse(const char *text, size_t len, char *why, size_t why_size)
{
    struct reader r = {.why = why, .why_size = why_size};
    yaml_parser_t parser;
    json_t *value = NULL;

    if (len > TEMPLATE_BYTES) {
        snprintf(why, why_size, "larger than %u bytes", TEMPLATE_BYTES);
        return NULL;
    }
    if (!yaml_parser_initialize(&parser)) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    if (!yaml_parser_load(&parser, &r.doc)) {
        snprintf(why, why_size, "line %zu, column %zu: %s", parser.problem_mark.line + 1,
                 parser.problem_mark.column + 1, parser.problem ? parser.problem : "not YAML");
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&r.doc);
        if (!root || root->type != YAML_MAPPING_NODE)
            snprintf(why, why_size, "a template is a mapping with Resources");
        else
            value = convert(&r, root, 0);
        yaml_document_delete(&r.doc);
    }
    yaml_parser_delete(&parser);
    return value;
}
