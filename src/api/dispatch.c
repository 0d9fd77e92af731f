/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its row. */
#include "api/dispatch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/limits.h"

#define SEGMENTS_MAX 64 /* parts of a path; the longest template has 6 */

static bool is_form(enum protocol p)
{
    return p == PROTOCOL_QUERY || p == PROTOCOL_EC2;
}

static bool is_rest(enum protocol p)
{
    return p == PROTOCOL_REST_JSON || p == PROTOCOL_REST_XML;
}

static const struct service *by_name(const struct service *const *table, const char *name,
                                     size_t len)
{
    for (size_t i = 0; table[i]; i++) {
        const struct service *s = table[i];

        if ((strlen(s->sign) == len && strncasecmp(s->sign, name, len) == 0) ||
            (strlen(s->name) == len && strncasecmp(s->name, name, len) == 0))
            return s;
    }
    return NULL;
}

static const struct service *by_path(const struct service *const *table, const char *path)
{
    for (size_t i = 0; table[i]; i++) {
        size_t n = strlen(table[i]->version);

        if (is_rest(table[i]->protocol) && path[0] == '/' &&
            strncmp(path + 1, table[i]->version, n) == 0 && path[1 + n] == '/')
            return table[i];
    }
    return NULL;
}

/* The part of X-Amz-Target behind the service's prefix, or NULL when the prefix is another. */
static const char *target_op(const struct service *s, const char *target)
{
    size_t n = s->target ? strlen(s->target) : 0;

    if (n == 0 || !target || strncmp(target, s->target, n) != 0 || target[n] != '.')
        return NULL;
    return target + n + 1;
}

/* The parameters of a query protocol: those of the body, then those of the URL. */
static int read_form(const struct request *r, struct arena *arena, struct pairs *ret)
{
    const char *query = r->query ? r->query : "";
    struct pairs url = {0};
    int err = form_parse(r->body ? r->body : "", r->body_len, arena, ret);

    if (!err)
        err = form_parse(query, strlen(query), arena, &url);
    for (size_t i = 0; !err && i < url.n; i++)
        err = pairs_add(ret, arena, url.v[i].name, url.v[i].value);
    return err;
}

static const struct op *op_named(const struct service *s, const char *name)
{
    for (size_t i = 0; i < s->ops_n; i++)
        if (strcmp(s->ops[i].name, name) == 0)
            return &s->ops[i];
    return NULL;
}

static const struct service *by_action(const struct service *const *table, const struct request *r,
                                       struct arena *arena)
{
    struct pairs form = {0};
    const char *action, *version;

    if (strcmp(r->path, "/") != 0 || read_form(r, arena, &form) != 0)
        return NULL;
    action = pairs_get(&form, "Action");
    version = pairs_get(&form, "Version");
    for (size_t i = 0; action && table[i]; i++)
        if (is_form(table[i]->protocol) && version && strcmp(table[i]->version, version) == 0)
            return table[i];
    for (size_t i = 0; action && table[i]; i++)
        if (is_form(table[i]->protocol) && op_named(table[i], action))
            return table[i];
    return NULL;
}

const struct service *dispatch_service(const struct service *const *table, const struct request *r,
                                       const char *scope, struct arena *arena)
{
    const char *host = request_header(r, "host");
    const char *target = request_header(r, "x-amz-target");
    const struct service *s = scope ? by_name(table, scope, strlen(scope)) : NULL;

    if (!s && host)
        s = by_name(table, host, strcspn(host, ".:"));
    if (!s)
        s = by_path(table, r->path);
    for (size_t i = 0; !s && target && table[i]; i++)
        if (target_op(table[i], target))
            s = table[i];
    return s ? s : by_action(table, r, arena);
}

/* The parts of a path between its slashes. */
struct segments {
    const char *text[SEGMENTS_MAX];
    size_t len[SEGMENTS_MAX];
    size_t n;
};

static bool is_id_prefix(const char *text, size_t len)
{
    static const char *const names[] = {"hostedzone", "change", "delegationset", NULL};

    for (size_t i = 0; names[i]; i++)
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
            return true;
    return false;
}

/* Splits; a slash at the end is dropped. In REST-XML ".../hostedzone//hostedzone/Z1/..." is read as
 * one id. */
static bool split(const char *path, bool ids, struct segments *ret)
{
    ret->n = 0;
    if (*path != '/')
        return false;
    for (const char *p = path + 1;; p++) {
        size_t len = strcspn(p, "/");

        if (ret->n == SEGMENTS_MAX)
            return false;
        if (ids && ret->n > 0 && ret->len[ret->n - 1] == 0 && is_id_prefix(p, len)) {
            ret->n--;
        } else {
            ret->text[ret->n] = p;
            ret->len[ret->n++] = len;
        }
        p += len;
        if (!*p)
            break;
    }
    if (ret->n > 1 && ret->len[ret->n - 1] == 0)
        ret->n--;
    return true;
}

/* Compares a path with a template; returns how many labels matched, or -1. A last label takes the
 * unencoded rest of the path when `greedy` (some clients leave '/' literal in an ARN). */
static int match(const char *template, const struct segments *path, bool greedy)
{
    struct segments t;
    int labels = 0;

    if (!split(template, false, &t) || path->n < t.n || (path->n > t.n && !greedy))
        return -1;
    for (size_t i = 0; i < t.n; i++) {
        if (t.text[i][0] == '{') {
            if (path->len[i] == 0)
                return -1;
            labels++;
        } else if (t.len[i] != path->len[i] || memcmp(t.text[i], path->text[i], t.len[i]) != 0) {
            return -1;
        }
    }
    return path->n > t.n && t.text[t.n - 1][0] != '{' ? -1 : labels;
}

static int bind_labels(const struct op *op, const struct segments *path, struct arena *arena,
                       struct pairs *ret)
{
    struct segments t;

    split(op->path, false, &t);
    for (size_t i = 0; i < t.n; i++) {
        const char *end = path->text[i] + path->len[i];
        char *name, *value;

        if (t.text[i][0] != '{')
            continue;
        if (i + 1 == t.n)
            end = path->text[path->n - 1] + path->len[path->n - 1];
        name = arena_dup(arena, t.text[i] + 1, t.len[i] - 2);
        value = percent_decode(path->text[i], (size_t)(end - path->text[i]), false, arena);
        if (!name || !value)
            return arena->overflow ? ERR_NOMEM : ERR_NOT_FOUND;
        if (pairs_add(ret, arena, name, value) != 0)
            return ERR_NOMEM;
    }
    return 0;
}

static int find_rest(const struct service *s, const struct request *r, struct call *ret)
{
    bool xml = s->protocol == PROTOCOL_REST_XML;
    const struct op *best = NULL;
    struct segments path;
    int fewest = 0;

    if (!split(r->path, xml, &path))
        return ERR_NOT_FOUND;
    for (int greedy = 0; !best && greedy <= 1; greedy++) {
        for (size_t i = 0; i < s->ops_n; i++) {
            int labels = strcmp(s->ops[i].method, r->method) == 0
                             ? match(s->ops[i].path, &path, greedy)
                             : -1;

            if (labels >= 0 && (!best || labels < fewest)) {
                best = &s->ops[i];
                fewest = labels;
            }
        }
    }
    if (!best)
        return ERR_NOT_FOUND;
    ret->op = best;
    return bind_labels(best, &path, ret->arena, &ret->labels);
}

/* EC2 keeps all its old versions; STS has one. */
static bool version_known(const struct service *s, const char *version)
{
    return !version || s->protocol == PROTOCOL_EC2 || strcmp(version, s->version) == 0;
}

static int find_action(const struct service *s, const struct request *r, struct call *ret,
                       const char **ret_why)
{
    const char *action, *version;
    int err = read_form(r, ret->arena, &ret->form);

    if (err) {
        *ret_why = "The request's parameters could not be parsed.";
        return err == ERR_NOMEM ? ERR_NOMEM : ERR_RANGE;
    }
    action = pairs_get(&ret->form, "Action");
    version = pairs_get(&ret->form, "Version");
    if (!action) {
        *ret_why = s->protocol == PROTOCOL_EC2 ? "The request must contain the parameter Action"
                                               : "Missing Action";
        return ERR_INVALID;
    }
    ret->op = version_known(s, version) ? op_named(s, action) : NULL;
    if (ret->op)
        return 0;
    *ret_why = s->protocol == PROTOCOL_EC2
                   ? arena_printf(ret->arena,
                                  "The action %.200s is not valid for this web service.", action)
                   : arena_printf(ret->arena, "Could not find operation %.200s for version %.64s",
                                  action, version ? version : "NO_VERSION_SPECIFIED");
    return *ret_why ? ERR_NOT_FOUND : ERR_NOMEM;
}

static int find_target(const struct service *s, const struct request *r, struct call *ret,
                       const char **ret_why)
{
    const char *target = request_header(r, "x-amz-target");
    const char *name = target_op(s, target);

    if (!target) {
        *ret_why = "The request has no X-Amz-Target header.";
        return ERR_INVALID;
    }
    ret->op = name ? op_named(s, name) : NULL;
    if (ret->op)
        return 0;
    *ret_why = arena_printf(ret->arena, "The operation %.200s is not known.",
                            utf8_valid(target, strlen(target)) ? target : "");
    return *ret_why ? ERR_NOT_FOUND : ERR_NOMEM;
}

int dispatch_op(const struct service *s, const struct request *r, struct arena *arena,
                struct call *ret, const char **ret_why)
{
    struct call call = {.service = s, .request = r, .arena = arena};
    int err;

    *ret_why = "";
    if (is_rest(s->protocol)) {
        err = find_rest(s, r, &call);
        if (err == ERR_NOT_FOUND)
            *ret_why = arena_printf(arena, "Could not find operation %.16s for version %s",
                                    r->method, s->version);
    } else if (is_form(s->protocol)) {
        err = find_action(s, r, &call, ret_why);
    } else {
        err = find_target(s, r, &call, ret_why);
    }
    if (!err)
        *ret = call;
    return err;
}
