/* SPDX-License-Identifier: Apache-2.0 */
/* Errors on the wire. One table for the front end, one writer for each body form. */
#include "api/error.h"

#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/xml.h"

struct coded {
    enum fault_code code;
    int status;
};

#define PROTOCOLS (PROTOCOL_EC2 + 1)

/* Columns as in enum protocol: JSON 1.1, REST-JSON, REST-XML, Query, EC2. */
static const struct coded front_table[FRONT_ERRORS_N][PROTOCOLS] = {
    [FRONT_NO_CREDENTIALS] = {{FAULT_MissingAuthenticationTokenException, 403},
                              {FAULT_MissingAuthenticationTokenException, 403},
                              {FAULT_MissingAuthenticationToken, 403},
                              {FAULT_MissingAuthenticationToken, 403},
                              {FAULT_MissingAuthenticationToken, 403}},
    [FRONT_UNKNOWN_KEY] = {{FAULT_UnrecognizedClientException, 400},
                           {FAULT_UnrecognizedClientException, 403},
                           {FAULT_InvalidClientTokenId, 403},
                           {FAULT_InvalidClientTokenId, 403},
                           {FAULT_AuthFailure, 401}},
    [FRONT_BAD_SIGNATURE] = {{FAULT_InvalidSignatureException, 400},
                             {FAULT_InvalidSignatureException, 403},
                             {FAULT_SignatureDoesNotMatch, 403},
                             {FAULT_SignatureDoesNotMatch, 403},
                             {FAULT_AuthFailure, 401}},
    [FRONT_INCOMPLETE] = {{FAULT_IncompleteSignatureException, 400},
                          {FAULT_IncompleteSignatureException, 403},
                          {FAULT_IncompleteSignature, 400},
                          {FAULT_IncompleteSignature, 400},
                          {FAULT_IncompleteSignature, 400}},
    [FRONT_TOKEN_EXPIRED] = {{FAULT_ExpiredTokenException, 400},
                             {FAULT_ExpiredTokenException, 403},
                             {FAULT_ExpiredToken, 403},
                             {FAULT_ExpiredToken, 403},
                             {FAULT_RequestExpired, 400}},
    [FRONT_SKEW] = {{FAULT_InvalidSignatureException, 400},
                    {FAULT_InvalidSignatureException, 403},
                    {FAULT_SignatureDoesNotMatch, 403},
                    {FAULT_SignatureDoesNotMatch, 403},
                    {FAULT_RequestExpired, 400}},
    [FRONT_DENIED] = {{FAULT_AccessDeniedException, 400},
                      {FAULT_AccessDeniedException, 403},
                      {FAULT_AccessDenied, 403},
                      {FAULT_AccessDenied, 403},
                      {FAULT_UnauthorizedOperation, 403}},
    [FRONT_UNKNOWN_OPERATION] = {{FAULT_UnknownOperationException, 400},
                                 {FAULT_UnknownOperationException, 404},
                                 {FAULT_InvalidAction, 400},
                                 {FAULT_InvalidAction, 400},
                                 {FAULT_InvalidAction, 400}},
    [FRONT_NO_OPERATION] = {{FAULT_UnknownOperationException, 400},
                            {FAULT_UnknownOperationException, 404},
                            {FAULT_InvalidAction, 400},
                            {FAULT_MissingAction, 400},
                            {FAULT_MissingAction, 400}},
    [FRONT_UNPARSEABLE] = {{FAULT_SerializationException, 400},
                           {FAULT_SerializationException, 400},
                           {FAULT_MalformedInput, 400},
                           {FAULT_MalformedInput, 400},
                           {FAULT_InvalidParameterValue, 400}},
    [FRONT_INVALID] = {{FAULT_ValidationException, 400},
                       {FAULT_ValidationException, 400},
                       {FAULT_InvalidInput, 400},
                       {FAULT_ValidationError, 400},
                       {FAULT_InvalidParameterValue, 400}},
    [FRONT_TOO_LARGE] = {{FAULT_RequestEntityTooLarge, 413},
                         {FAULT_RequestEntityTooLarge, 413},
                         {FAULT_RequestEntityTooLarge, 413},
                         {FAULT_RequestEntityTooLarge, 413},
                         {FAULT_RequestEntityTooLarge, 413}},
    [FRONT_INTERNAL] = {{FAULT_InternalFailure, 500},
                        {FAULT_InternalFailure, 500},
                        {FAULT_InternalFailure, 500},
                        {FAULT_InternalFailure, 500},
                        {FAULT_InternalError, 500}},
    /* 503 even where errors are 400: no client tries again after an unknown 400. */
    [FRONT_UNAVAILABLE] = {{FAULT_ServiceUnavailable, 503},
                           {FAULT_ServiceUnavailable, 503},
                           {FAULT_ServiceUnavailable, 503},
                           {FAULT_ServiceUnavailable, 503},
                           {FAULT_ServiceUnavailable, 503}},
};

struct api_error error_front(const struct service *s, enum front_error what, const char *message)
{
    const struct coded *c = &front_table[what][s ? s->protocol : PROTOCOL_REST_JSON];
    enum fault_code own = !s                          ? FAULT_NONE
                          : what == FRONT_INTERNAL    ? s->internal
                          : what == FRONT_UNAVAILABLE ? s->unavailable
                                                      : FAULT_NONE;

    if (own != FAULT_NONE)
        return (struct api_error){.code = own, .message = message};
    return (struct api_error){.code = c->code, .status = c->status, .message = message};
}

struct api_error error_fault(const struct service *s, const struct ctl_fault *fault)
{
    if (fault->code == FAULT_InternalFailure)
        return error_front(s, FRONT_INTERNAL, fault->message);
    if (fault->code == FAULT_ServiceUnavailable)
        return error_front(s, FRONT_UNAVAILABLE, fault->message);
    return (struct api_error){.code = fault->code,
                              .message = fault->message,
                              .resource_type = fault->resource_type,
                              .field_name = fault->field_name};
}

static const char *text_or_empty(const struct buf *b)
{
    return b->data ? b->data : "";
}

/* EC2 has no generic report: it names the first parameter in its own two sentences. */
static struct api_error validation_ec2(const struct service *s, const struct shape_report *report,
                                       struct arena *arena)
{
    const char *wire = text_or_empty(&report->first_wire);
    struct api_error e;

    if (report->first == RULE_REQUIRED) {
        e = error_front(s, FRONT_INVALID,
                        arena_printf(arena, "The request must contain the parameter %s", wire));
        e.code = FAULT_MissingParameter;
        return e;
    }
    return error_front(s, FRONT_INVALID,
                       arena_printf(arena, "Value (%s) for parameter %s is invalid. %s",
                                    text_or_empty(&report->first_value), wire,
                                    text_or_empty(&report->first_demand)));
}

/* Route 53 checks the XML body against a schema, whose validator words an enumeration in its own
 * way. */
static struct api_error validation_xml(const struct service *s, const struct shape_report *report,
                                       struct arena *arena)
{
    const char *list = strchr(text_or_empty(&report->first_demand), '[');

    if (report->first == RULE_ENUM && list &&
        !(report->first_flags & (F_PATH | F_QUERY | F_HEADER)))
        return error_front(s, FRONT_INVALID,
                           arena_printf(arena,
                                        "Invalid XML ; cvc-enumeration-valid: Value '%s' is not "
                                        "facet-valid with respect to enumeration '%s'. It must be "
                                        "a value from the enumeration.",
                                        text_or_empty(&report->first_value), list));
    return error_front(s, FRONT_INVALID, shape_report_text(report, arena));
}

struct api_error error_validation(const struct service *s, const struct shape_report *report,
                                  struct arena *arena)
{
    if (s->protocol == PROTOCOL_EC2)
        return validation_ec2(s, report, arena);
    if (report->type_error)
        return error_front(s, FRONT_UNPARSEABLE, shape_report_text(report, arena));
    if (s->protocol == PROTOCOL_REST_XML)
        return validation_xml(s, report, arena);
    return error_front(s, FRONT_INVALID, shape_report_text(report, arena));
}

static void body_json(const struct service *s, const struct api_error *e, const char *message,
                      struct buf *out)
{
    const char *member = s && s->message ? s->message : "Message";
    json_t *j = json_pack("{s:s,s:s,s:s*,s:s*}", "__type", fault_name(e->code), member, message,
                          "ResourceType", e->resource_type, "FieldName", e->field_name);
    char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

    if (text)
        buf_str(out, text);
    else
        out->failed = true;
    free(text);
    json_decref(j);
}

static void body_xml(const struct service *s, const struct api_error *e, const char *message,
                     struct buf *out)
{
    buf_printf(out, "<ErrorResponse xmlns=\"%s\"><Error><Type>%s</Type>", s->xmlns ? s->xmlns : "",
               (e->status ? e->status : fault_status(e->code)) >= 500 ? "Receiver" : "Sender");
    xml_element(out, "Code", fault_name(e->code));
    xml_element(out, "Message", message);
    buf_str(out, "</Error>");
}

/* A message repeats what clients sent, which need not be text that JSON and XML can carry. */
static const char *clean(const char *message, struct arena *arena)
{
    char *copy;

    if (!message)
        return "";
    if (utf8_valid(message, strlen(message)))
        return message;
    copy = arena_str(arena, message);
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return copy ? copy : "";
}

void error_render(const struct service *s, const struct api_error *e, const char *request_id,
                  struct arena *arena, struct reply *ret)
{
    enum protocol protocol = s ? s->protocol : PROTOCOL_REST_JSON;
    const char *message = clean(e->message, arena);

    ret->status = e->status ? e->status : fault_status(e->code);
    ret->content_type = codec_content_type(protocol);
    switch (protocol) {
    case PROTOCOL_REST_JSON:
        if (pairs_add(&ret->headers, arena, "x-amzn-ErrorType", fault_name(e->code)) != 0)
            ret->body.failed = true;
        body_json(s, e, message, &ret->body);
        break;
    case PROTOCOL_JSON11:
        body_json(s, e, message, &ret->body);
        break;
    case PROTOCOL_REST_XML:
    case PROTOCOL_QUERY:
        buf_str(&ret->body, XML_DECLARATION);
        body_xml(s, e, message, &ret->body);
        xml_element(&ret->body, "RequestId", request_id);
        buf_str(&ret->body, "</ErrorResponse>");
        break;
    case PROTOCOL_EC2:
        buf_str(&ret->body, XML_DECLARATION "<Response><Errors><Error>");
        xml_element(&ret->body, "Code", fault_name(e->code));
        xml_element(&ret->body, "Message", message);
        buf_str(&ret->body, "</Error></Errors>");
        xml_element(&ret->body, "RequestID", request_id);
        buf_str(&ret->body, "</Response>");
        break;
    }
}
