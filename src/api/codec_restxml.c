/* SPDX-License-Identifier: Apache-2.0 */
/* REST-XML (Route 53): bodies <OpRequest xmlns=...> and <OpResponse xmlns=...>, and the reading of
 * the XML replies of all three XML protocols for our own client. */
#include "api/codec_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/xml.h"
#include "base/error.h"

/* SDKs strip these from ids before they build a path; other clients send what a reply gave them. */
static const char *strip_id_prefix(const char *id)
{
    static const char *const prefixes[] = {"/hostedzone/", "/change/", "/delegationset/", NULL};

    for (size_t i = 0; prefixes[i]; i++)
        if (strncmp(id, prefixes[i], strlen(prefixes[i])) == 0)
            return id + strlen(prefixes[i]);
    return id;
}

static int read_body(const struct call *call, json_t **ret, const char **ret_why)
{
    const struct request *r = call->request;
    const xmlNode *root;
    char want[160];
    struct xml x;
    int err;

    snprintf(want, sizeof want, "%sRequest", call->op->name);
    err = xml_parse(&x, r->body, r->body_len);
    if (err == ERR_NOMEM)
        return err;
    if (err) {
        *ret_why = arena_printf(call->arena, "Could not parse XML, expected %s", want);
        return *ret_why ? ERR_INVALID : ERR_NOMEM;
    }
    root = xmlDocGetRootElement(x.doc);
    if (strcmp((const char *)root->name, want) != 0) {
        *ret_why = arena_printf(call->arena, "%.100s is not valid, expected %s",
                                (const char *)root->name, want);
        err = *ret_why ? ERR_INVALID : ERR_NOMEM;
    } else {
        *ret = xml_read(call->op->in, root, XML_REST);
        err = *ret ? 0 : ERR_NOMEM;
    }
    xml_close(&x);
    return err;
}

int restxml_decode(const struct call *call, json_t **ret, const char **ret_why)
{
    bool has_body = bind_has_body(call->op->in) && call->request->body_len > 0;
    struct call stripped = *call;
    json_t *object = NULL;
    int err = 0;

    stripped.labels = (struct pairs){0};
    for (size_t i = 0; i < call->labels.n; i++)
        if (pairs_add(&stripped.labels, call->arena, call->labels.v[i].name,
                      strip_id_prefix(call->labels.v[i].value)) != 0)
            return ERR_NOMEM;
    if (has_body)
        err = read_body(call, &object, ret_why);
    else if (!(object = json_object()))
        err = ERR_NOMEM;
    if (!err)
        err = bind_decode(&stripped, object, ret_why);
    if (err)
        json_decref(object);
    else
        *ret = object;
    return err;
}

int restxml_encode(const struct call *call, const json_t *out, struct reply *ret)
{
    const struct service *s = call->service;

    buf_printf(&ret->body, "%s<%sResponse xmlns=\"%s\">", XML_DECLARATION, call->op->name,
               s->xmlns ? s->xmlns : "");
    xml_write(&ret->body, call->op->out, out, XML_REST);
    buf_printf(&ret->body, "</%sResponse>", call->op->name);
    return ret->body.failed ? ERR_NOMEM : 0;
}

int restxml_build(const struct service *s, const struct op *op, const json_t *in,
                  struct arena *arena, struct request *ret)
{
    struct buf body = {0};
    int err = 0;

    if (!bind_has_body(op->in))
        return 0;
    buf_printf(&body, "<%sRequest xmlns=\"%s\">", op->name, s->xmlns ? s->xmlns : "");
    xml_write(&body, op->in, in, XML_REST);
    buf_printf(&body, "</%sRequest>", op->name);
    ret->body = body.failed ? NULL : arena_dup(arena, body.data, body.len);
    ret->body_len = body.len;
    if (!ret->body || pairs_add(&ret->headers, arena, "Content-Type", "text/xml") != 0)
        err = ERR_NOMEM;
    buf_free(&body);
    return err;
}

int xml_reply_parse(const struct service *s, const struct op *op, const struct received *r,
                    json_t **ret)
{
    struct xml x = {.doc = NULL};
    int err = r->body_len > 0 ? xml_parse(&x, r->body, r->body_len) : 0;
    const xmlNode *node = x.doc ? xmlDocGetRootElement(x.doc) : NULL;
    char result[160];

    if (err)
        return err;
    if (node && s->protocol == PROTOCOL_QUERY) {
        snprintf(result, sizeof result, "%sResult", op->name);
        node = xml_child(node, result);
    }
    *ret = node ? xml_read(op->out, node, s->protocol == PROTOCOL_EC2 ? XML_EC2 : XML_REST)
                : json_object();
    if (x.doc)
        xml_close(&x);
    return *ret ? 0 : ERR_NOMEM;
}

/* The text of a child, copied into the arena; "" if it is not there. */
static const char *child_text(const xmlNode *n, const char *name, struct arena *arena)
{
    char *text = n ? xml_text(xml_child(n, name)) : NULL;
    const char *copy = arena_str(arena, text);

    free(text);
    return copy ? copy : "";
}

void xml_reply_error(const struct received *r, struct arena *arena, struct codec_failure *ret)
{
    struct xml x;
    bool parsed = xml_parse(&x, r->body, r->body_len) == 0;
    const xmlNode *n = parsed ? xmlDocGetRootElement(x.doc) : NULL;
    const xmlNode *errors = n ? xml_child(n, "Errors") : NULL; /* EC2's extra level */

    n = n ? xml_child(errors ? errors : n, "Error") : NULL;
    ret->code = child_text(n, "Code", arena);
    ret->message = child_text(n, "Message", arena);
    if (parsed)
        xml_close(&x);
}
