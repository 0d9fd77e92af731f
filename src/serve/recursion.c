/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of libunbound. */
#include "serve/recursion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "serve/serve_priv.h"
#include "serve/ub_loop.h"

struct recursion {
    struct ub_loop base;
    struct ub_ctx *ctx;
    struct worker *worker;
    LIST_HEAD(, asked) asked;
};

/* One question under way. */
struct asked {
    LIST_ENTRY(asked) link;
    struct recursion *recursion;
    uint64_t handle;
};

/* libunbound as a library is set for a program that resolves a few names. */
static const char *const options[][2] = {
    {"outgoing-range:", "1024"},       {"num-queries-per-thread:", "2048"},
    {"outgoing-num-tcp:", "32"},       {"msg-cache-size:", "256k"},
    {"rrset-cache-size:", "4m"},       {"key-cache-size:", "1m"},
    {"neg-cache-size:", "256k"},       {"so-reuseport:", "no"},
    {"qname-minimisation:", "yes"},    {"harden-dnssec-stripped:", "yes"},
    {"aggressive-nsec:", "yes"},       {"edns-buffer-size:", "1232"},
    {"do-not-query-localhost:", "no"}, /* a lab's Internet may live there */
};

/* Where distributions keep the root's key, for --trust-anchors auto. */
static const char *const root_keys[] = {
    "/usr/share/dns/root.key",
    "/var/lib/unbound/root.key",
    "/etc/unbound/root.key",
    "/etc/trusted-key.key",
};

static int set_anchors(struct ub_ctx *ctx, const char *anchors, const char **ret_why)
{
    if (!anchors)
        return ub_ctx_set_option(ctx, "module-config:", "iterator") ? ERR_INVALID : 0;
    if (strcmp(anchors, "auto") == 0) {
        anchors = NULL;
        for (size_t i = 0; i < sizeof(root_keys) / sizeof(root_keys[0]) && !anchors; i++)
            if (access(root_keys[i], R_OK) == 0)
                anchors = root_keys[i];
    }
    *ret_why = "no file with the root's key was found: install dns-root-data, or name a file";
    if (!anchors)
        return ERR_INVALID;
    *ret_why = "the file of trust anchors cannot be read";
    if (access(anchors, R_OK) < 0 || ub_ctx_add_ta_file(ctx, anchors))
        return ERR_INVALID;
    return ub_ctx_set_option(ctx, "module-config:", "validator iterator") ? ERR_INVALID : 0;
}

static int set_forward(struct ub_ctx *ctx, const char *forward)
{
    struct sockname to;
    char addr[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 8];
    if (sockname_parse(forward, 53, &to))
        return ERR_INVALID;
    snprintf(text, sizeof(text), "%s@%u", addr_format(&to.addr, addr, sizeof(addr)), to.port);
    return ub_ctx_set_fwd(ctx, text) ? ERR_INVALID : 0;
}

/* In an Internet of one's own, names that the public one must not be asked for may exist: "test."
 * (RFC 6761) and the reverse zones of private addresses (RFC 6303). */
static int unblock(struct ub_ctx *ctx)
{
    if (ub_ctx_set_option(ctx, "unblock-lan-zones:", "yes") ||
        ub_ctx_set_option(ctx, "insecure-lan-zones:", "yes") || ub_ctx_zone_remove(ctx, "test."))
        return ERR_INVALID;
    return 0;
}

static int configure(struct ub_ctx *ctx, const struct serve_config *c, const char **ret_why)
{
    *ret_why = "libunbound does not know an option";
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (ub_ctx_set_option(ctx, options[i][0], options[i][1]))
            return ERR_INVALID;
    if (set_anchors(ctx, c->trust_anchors, ret_why))
        return ERR_INVALID;
    *ret_why = "the file of root hints cannot be read";
    if (c->root_hints &&
        (access(c->root_hints, R_OK) < 0 || ub_ctx_set_option(ctx, "root-hints:", c->root_hints)))
        return ERR_INVALID;
    *ret_why = "the address that public recursion forwards to is not valid";
    int err = c->recursion_forward ? set_forward(ctx, c->recursion_forward) : 0;
    return err || !(c->root_hints || c->recursion_forward) ? err : unblock(ctx);
}

int recursion_new(struct worker *w, struct recursion **ret, const char **ret_why)
{
    struct recursion *r = calloc(1, sizeof(*r));
    *ret_why = "memory is exhausted";
    if (!r)
        return ERR_NOMEM;
    r->worker = w;
    ub_loop_init(&r->base, &w->loop);
    r->ctx = ub_ctx_create_ub_event(&r->base.base);
    int err = r->ctx ? configure(r->ctx, worker_config(w), ret_why) : ERR_NOMEM;
    if (err) {
        recursion_free(r);
        return err;
    }
    *ret = r;
    return 0;
}

void recursion_free(struct recursion *r)
{
    if (!r)
        return;
    if (r->ctx)
        ub_ctx_delete(r->ctx); /* without calling back */
    while (!LIST_EMPTY(&r->asked)) {
        struct asked *q = LIST_FIRST(&r->asked);
        LIST_REMOVE(q, link);
        free(q);
    }
    free(r);
}

/* sec is 1 when validation failed (unbound-event.h). */
static void on_result(void *arg, int rcode, void *packet, int len, int sec, char *why, int limited)
{
    struct asked *q = arg;
    struct worker *w = q->recursion->worker;
    uint64_t handle = q->handle;
    (void)why, (void)limited;
    LIST_REMOVE(q, link);
    free(q);
    if (sec == 1)
        flight_failed(w->resolver, handle, FLIGHT_BOGUS, w->now);
    else if (rcode != 0 || !packet || len <= 0 ||
             !flight_reply(w->resolver, handle, packet, (size_t)len, w->now))
        flight_failed(w->resolver, handle, FLIGHT_SERVFAIL, w->now);
}

void recursion_ask(struct recursion *r, const struct action *a)
{
    char name[NAME_MAX_TEXT];
    struct asked *q = malloc(sizeof(*q));
    if (q) {
        q->recursion = r;
        q->handle = a->handle;
        LIST_INSERT_HEAD(&r->asked, q, link);
        name_format(a->qname, name, sizeof(name));
        if (ub_resolve_event(r->ctx, name, a->qtype, a->qclass, q, on_result, NULL) == 0)
            return;
        LIST_REMOVE(q, link);
        free(q);
    }
    flight_failed(r->worker->resolver, a->handle, FLIGHT_SERVFAIL, r->worker->now);
}
