/* SPDX-License-Identifier: Apache-2.0 */
/* The shape-guided XML reader (over a libxml2 tree) and writer. Depth is bounded by the shapes:
 * what no row describes is not looked at. */
#include "api/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "base/error.h"

#define ELEMENT_NAME_MAX 128

int xml_parse(struct xml *x, const char *text, size_t len)
{
    int err;

    /* All clients write UTF-8. Other encodings are not tried: libxml2 reports failures of its
     * converters on standard error whatever the options say. */
    if (len == 0 || len > INT32_MAX || !utf8_valid(text, len))
        return ERR_INVALID;
    err = xml_open(x, text, len);
    if (err)
        return err;
    if (x->doc->intSubset || x->doc->extSubset || !xmlDocGetRootElement(x->doc)) {
        xml_close(x); /* a DTD could define entities; no client sends one */
        return ERR_INVALID;
    }
    return 0;
}

/* The member's element name in this dialect. */
static const char *element_name(const struct field *f, enum xml_dialect dialect, char *buf,
                                size_t size)
{
    snprintf(buf, size, "%s", f->wire ? f->wire : f->name);
    if (dialect == XML_EC2 && buf[0] >= 'A' && buf[0] <= 'Z')
        buf[0] = (char)(buf[0] + ('a' - 'A'));
    return buf;
}

static const char *item_name(const struct field *f, enum xml_dialect dialect)
{
    return f->member ? f->member : dialect == XML_EC2 ? "item" : "member";
}

static bool in_body(const struct field *f)
{
    return !(f->flags & (F_PATH | F_QUERY | F_HEADER));
}

static bool is_element(const xmlNode *n, const char *name)
{
    return n->type == XML_ELEMENT_NODE && (!name || strcmp((const char *)n->name, name) == 0);
}

const xmlNode *xml_child(const xmlNode *element, const char *name)
{
    for (const xmlNode *n = element->children; n; n = n->next)
        if (is_element(n, name))
            return n;
    return NULL;
}

char *xml_text(const xmlNode *element)
{
    struct buf text = {0};

    if (!element)
        return NULL;
    buf_str(&text, "");
    for (const xmlNode *n = element->children; n; n = n->next)
        if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content)
            buf_str(&text, (const char *)n->content);
    if (text.failed || !text.data) {
        buf_free(&text);
        return NULL;
    }
    return text.data;
}

static json_t *read_scalar(enum field_kind kind, const xmlNode *n)
{
    char *text = xml_text(n);
    json_t *v = text ? codec_scalar(kind, text) : NULL;

    free(text);
    return v;
}

static json_t *read_item(const struct field *f, const xmlNode *n, enum xml_dialect dialect)
{
    return f->kind == FIELD_STRS ? read_scalar(FIELD_STR, n) : xml_read(f->shape, n, dialect);
}

/* Items are the elements called `item` from `first` on: children of the wrapper, or, in a flat
 * list, the member's own element repeated among its siblings. */
static json_t *read_list(const struct field *f, const xmlNode *first, const char *item,
                         enum xml_dialect dialect)
{
    json_t *list = json_array();

    for (const xmlNode *n = first; list && n; n = n->next) {
        if (is_element(n, item) && json_array_append_new(list, read_item(f, n, dialect)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *read_map(const xmlNode *wrapper)
{
    json_t *map = json_object();

    for (const xmlNode *n = wrapper->children; map && n; n = n->next) {
        char *key, *value;

        if (!is_element(n, "entry"))
            continue;
        key = xml_text(xml_child(n, "key"));
        value = xml_text(xml_child(n, "value"));
        if (key && json_object_set_new(map, key, json_string(value ? value : "")) != 0) {
            json_decref(map);
            map = NULL;
        }
        free(key);
        free(value);
        if (!map)
            break;
    }
    return map;
}

/* EC2 attributes are structures of one member in the SDKs: <x><value>true</value></x> is {"Value":
 * true}. */
static json_t *read_value(const struct field *f, const xmlNode *n)
{
    const xmlNode *inner = xml_child(n, "value");
    json_t *v = inner ? read_scalar(f->kind, inner) : NULL;

    return v ? json_pack("{s:o}", "Value", v) : json_null();
}

static json_t *read_member(const struct field *f, const xmlNode *n, enum xml_dialect dialect)
{
    switch (f->kind) {
    case FIELD_STR:
    case FIELD_INT:
    case FIELD_BOOL:
        return dialect == XML_EC2 && (f->flags & F_VALUE) ? read_value(f, n)
                                                          : read_scalar(f->kind, n);
    case FIELD_OBJ:
        return xml_read(f->shape, n, dialect);
    case FIELD_LIST:
    case FIELD_STRS:
        if (f->flags & F_FLAT)
            return read_list(f, n, (const char *)n->name, dialect);
        return read_list(f, n->children, item_name(f, dialect), dialect);
    case FIELD_MAP:
        return read_map(n);
    }
    return NULL;
}

json_t *xml_read(const struct shape *shape, const xmlNode *element, enum xml_dialect dialect)
{
    json_t *object = json_object();

    for (size_t i = 0; object && i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        char name[ELEMENT_NAME_MAX];
        const xmlNode *n;

        if (!in_body(f))
            continue;
        n = xml_child(element, element_name(f, dialect, name, sizeof name));
        if (n && json_object_set_new(object, f->name, read_member(f, n, dialect)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

void xml_escape(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        size_t plain = strcspn(p, "&<>\"'\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\r\x0e\x0f\x10\x11"
                                  "\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f");

        if (plain > 0) {
            buf_add(out, p, plain);
            p += plain - 1;
            continue;
        }
        buf_str(out, c == '&'    ? "&amp;"
                     : c == '<'  ? "&lt;"
                     : c == '>'  ? "&gt;"
                     : c == '"'  ? "&quot;"
                     : c == '\'' ? "&apos;"
                     : c == '\r' ? "&#xD;" /* a bare one would be read back as a line feed */
                                 : "\xef\xbf\xbd");
    }
}

void xml_element(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "<%s>", name);
    xml_escape(out, text);
    buf_printf(out, "</%s>", name);
}

static void write_scalar(struct buf *out, const char *name, const json_t *v)
{
    char text[CODEC_NUMBER_MAX];

    xml_element(out, name, codec_text(v, text, sizeof text));
}

static void write_items(struct buf *out, const struct field *f, const json_t *list,
                        const char *item, enum xml_dialect dialect)
{
    json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
    {
        if (f->kind == FIELD_STRS) {
            write_scalar(out, item, v);
        } else {
            buf_printf(out, "<%s>", item);
            xml_write(out, f->shape, v, dialect);
            buf_printf(out, "</%s>", item);
        }
    }
}

static void write_map(struct buf *out, const json_t *map)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)map, key, v)
    {
        buf_str(out, "<entry>");
        xml_element(out, "key", key);
        write_scalar(out, "value", v);
        buf_str(out, "</entry>");
    }
}

static void write_member(struct buf *out, const struct field *f, const json_t *v,
                         enum xml_dialect dialect)
{
    char buf[ELEMENT_NAME_MAX];
    const char *name = element_name(f, dialect, buf, sizeof buf);
    bool scalar = f->kind == FIELD_STR || f->kind == FIELD_INT || f->kind == FIELD_BOOL;

    if (scalar && !(dialect == XML_EC2 && (f->flags & F_VALUE))) {
        write_scalar(out, name, v);
        return;
    }
    if ((f->flags & F_FLAT) && (f->kind == FIELD_LIST || f->kind == FIELD_STRS)) {
        write_items(out, f, v, name, dialect);
        return;
    }
    buf_printf(out, "<%s>", name);
    if (scalar)
        write_scalar(out, "value", v);
    else if (f->kind == FIELD_OBJ)
        xml_write(out, f->shape, v, dialect);
    else if (f->kind == FIELD_MAP)
        write_map(out, v);
    else
        write_items(out, f, v, item_name(f, dialect), dialect);
    buf_printf(out, "</%s>", name);
}

void xml_write(struct buf *out, const struct shape *shape, const json_t *object,
               enum xml_dialect dialect)
{
    for (size_t i = 0; i < shape->fields_n; i++) {
        const struct field *f = &shape->fields[i];
        const json_t *v = json_object_get(object, f->name);

        if (v && !json_is_null(v) && in_body(f))
            write_member(out, f, v, dialect);
    }
}
