/* SPDX-License-Identifier: Apache-2.0 */
/* XML elements from and to JSON trees, guided by a shape. Three dialects differ in names only, so
 * one reader and one writer serve all XML protocols, for the server and for our own client. */
#ifndef API_XML_H
#define API_XML_H

#include <jansson.h>
#include <libxml/tree.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/shape.h"

#define XML_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

enum xml_dialect {
    XML_REST, /* element = wire or name; list items named by member=, else "member" */
    XML_EC2,  /* element = wire or name, first letter lower; list items "item"; F_VALUE wrapped in
                 <value> */
};

/* A parsed document, in memory of its own. */
struct xml {
    struct arena arena;
    xmlDoc *doc;
};

/* Readies the library. Any thread, any number of times. */
void xml_init(void);

/* Parses UTF-8 as it is: see xml_parse. What failed needs no xml_close. ERR_INVALID, ERR_NOMEM. */
int xml_open(struct xml *x, const char *text, size_t len);
void xml_close(struct xml *x);

/* Parses a document: no network, no entities, no DTD at all. ERR_INVALID: it is not well formed;
 * ERR_NOMEM. The caller closes it. */
int xml_parse(struct xml *x, const char *text, size_t len);

/* The JSON object of an element's children: known members only, by local name; scalars become their
 * JSON type where the text allows it, else stay strings (shape_read reports them). Members bound to
 * path, query or header are skipped. A new reference, or NULL on lack of memory. */
json_t *xml_read(const struct shape *shape, const xmlNode *element, enum xml_dialect dialect);

/* The first child element of that local name, or NULL. */
const xmlNode *xml_child(const xmlNode *element, const char *name);

/* The text of an element, without that of elements in it; the caller frees it. NULL: no element, or
 * no memory. */
char *xml_text(const xmlNode *element);

/* Appends the members of a JSON object as elements, in the shape's order. */
void xml_write(struct buf *out, const struct shape *shape, const json_t *object,
               enum xml_dialect dialect);

/* Appends <name>text</name>, escaped. */
void xml_element(struct buf *out, const char *name, const char *text);

/* Appends text with the five special characters escaped; what XML 1.0 can't hold becomes U+FFFD. */
void xml_escape(struct buf *out, const char *text);

#endif
