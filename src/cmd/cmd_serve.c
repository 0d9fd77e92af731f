/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 serve: puts the parts together, waits for a signal, takes them apart in the opposite
 * order. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/explain_serve.h"
#include "control/account.h"
#include "control/project.h"
#include "control/secret.h"
#include "model/compile.h"
#include "serve/serve.h"

const struct option_row options_serve[] = {
    {"store", "URL", "sqlite:bridge53.db",
     "where the state is: sqlite:FILE, or mem: to keep nothing", false},
    {"api", "ADDR:PORT", "127.0.0.1:8053", "address of the APIs, /health and /metrics", false},
    {"auth", "on|off", "on",
     "off: any signature is taken, the access key id is the account (laptops only)", false},
    {"region", "REGION", "us-east-1", "region of requests that name none", false},
    {"dns", "ADDR[:PORT]", "127.0.0.1:53", "address of the shared listener", true},
    {"port", "PORT", "53", "port of endpoints and of resolvers in namespaces", false},
    {"workers", "N", "1", "threads that answer DNS", false},
    {"cache", "MIB", "64", "size of the answer cache", false},
    {"vpc-rate", "N", "0",
     "questions a second that a VPC may ask upstream, in each worker; 0: no limit", false},
    {"rule-rate", "N", "0", "the same for a rule", false},
    {"manage-addresses", NULL, NULL,
     "add resolver and endpoint addresses to the host, and remove them", false},
    {"no-recursion", NULL, NULL, "refuse names that no zone or rule leads to", false},
    {"root-hints", "FILE", NULL, "name servers of the root (default: the usual ones)", false},
    {"trust-anchors", "FILE", NULL,
     "DS or DNSKEY records to validate public names with; none: no validation", false},
    {"forward-public", "ADDR[:PORT]", NULL, "ask this server for public names instead of the root",
     false},
    {"pin-cpu", "N", "-1", "pin workers to processors from this one on; -1: don't", false},
    {"log-level", "LEVEL", "info", "debug, info, warn or error", false},
    {0},
};

#define LISTEN_MAX 32 /* --dns options */

/* Everything that runs. */
struct server {
    struct arena arena;
    struct store *store;
    struct publisher *publisher;
    struct compiler *compiler;
    struct project *project;
    struct serve *serve;
    struct ctl_explainer explainer;
    struct api *api;
    struct sockname listen[LISTEN_MAX];
    size_t listen_n;
    struct sockname api_listen;
    long port, workers, cache, pin_cpu, vpc_rate, rule_rate;
};

static int fail(const char *what, const char *value, const char *why)
{
    fprintf(stderr, "bridge53 serve: %s %s: %s\n", what, value ? value : "", why);
    return EXIT_FAILED;
}

static int options_read(struct server *s, const struct args *a)
{
    enum log_level level;
    const char *text;

    if (log_level_parse(args_get(a, "log-level"), &level))
        return fail("--log-level", args_get(a, "log-level"), "debug, info, warn or error");
    log_set_level(level);
    if (args_int(a, "port", 1, 65535, &s->port) ||
        args_int(a, "workers", 1, LIMIT_WORKERS, &s->workers) ||
        args_int(a, "cache", 1, 1 << 20, &s->cache) ||
        args_int(a, "vpc-rate", 0, 1000000, &s->vpc_rate) ||
        args_int(a, "rule-rate", 0, 1000000, &s->rule_rate) ||
        args_int(a, "pin-cpu", -1, 4095, &s->pin_cpu))
        return EXIT_USAGE;
    if (strcmp(args_get(a, "auth"), "on") != 0 && strcmp(args_get(a, "auth"), "off") != 0)
        return fail("--auth", args_get(a, "auth"), "on or off");
    if (sockname_parse(args_get(a, "api"), 8053, &s->api_listen))
        return fail("--api", args_get(a, "api"), "not an address");
    for (size_t i = 0; i < LISTEN_MAX && (text = args_nth(a, "dns", i)); i++) {
        if (sockname_parse(text, (uint16_t)s->port, &s->listen[s->listen_n++]))
            return fail("--dns", text, "not an address");
    }
    return 0;
}

/* Keys for the API, from the store. */
static int key_lookup(void *ctx, const char *key_id, struct arena *arena, struct auth_key *ret)
{
    struct obj_access_key key;
    int err = key_find(ctx, arena, key_id, &key);

    if (err)
        return err;
    *ret = (struct auth_key){.secret = key.secret,
                             .account = key.owner_account,
                             .arn = key_caller_arn(arena, &key),
                             .session_token = key.session_token};
    return ret->arn ? 0 : ERR_NOMEM;
}

static int start_model(struct server *s, const struct args *a)
{
    const char *why = NULL;
    int err = store_open(args_get(a, "store"), &s->arena, &s->store, &why);

    if (err)
        return fail("--store", args_get(a, "store"), why ? why : err_text(err));
    s->publisher = publisher_new();
    s->compiler = s->publisher ? compiler_new(s->publisher) : NULL;
    if (!s->compiler)
        return fail("start", "", err_text(ERR_NOMEM));
    err = project_start(s->store, s->compiler, &s->project);
    return err ? fail("reading the state from", args_get(a, "store"), err_text(err)) : 0;
}

static int start_dns(struct server *s, const struct args *a)
{
    const char *why = NULL;
    struct serve_config config = {.publisher = s->publisher,
                                  .workers = (unsigned)s->workers,
                                  .listen = s->listen,
                                  .listen_n = s->listen_n,
                                  .port = (uint16_t)s->port,
                                  .cache_bytes = (size_t)s->cache << 20,
                                  .vpc_rate = (unsigned)s->vpc_rate,
                                  .rule_rate = (unsigned)s->rule_rate,
                                  .manage_addresses = args_has(a, "manage-addresses"),
                                  .recursion = !args_has(a, "no-recursion"),
                                  .root_hints = args_get(a, "root-hints"),
                                  .trust_anchors = args_get(a, "trust-anchors"),
                                  .recursion_forward = args_get(a, "forward-public"),
                                  .pin_cpu = (int)s->pin_cpu};
    int err = secret_get(s->store, &s->arena, "hops", config.secret, sizeof(config.secret));

    if (err)
        return fail("reading a secret from", args_get(a, "store"), err_text(err));
    err = serve_start(&config, &s->serve, &why);

    return err ? fail("DNS:", why, err_text(err)) : 0;
}

static int start_api(struct server *s, const struct args *a)
{
    struct api_config config = {.listen = s->api_listen,
                                .services = services,
                                .store = s->store,
                                .publisher = s->publisher};
    int err;

    s->explainer = (struct ctl_explainer){explain_ask, s->serve};
    config.explainer = &s->explainer;
    config.auth = (struct auth_config){.off = strcmp(args_get(a, "auth"), "off") == 0,
                                       .key_find = key_lookup,
                                       .ctx = s->store,
                                       .region = args_get(a, "region")};
    err = api_start(&config, &s->api);
    return err ? fail("--api", args_get(a, "api"), err == ERR_IO ? strerror(errno) : err_text(err))
               : 0;
}

static void stop(struct server *s)
{
    api_stop(s->api);
    serve_stop(s->serve);
    project_stop(s->project);
    compiler_free(s->compiler);
    publisher_free(s->publisher);
    store_close(s->store);
    arena_free(&s->arena);
}

static void ready(const struct server *s, const struct args *a)
{
    char api[ADDR_TEXT_MAX], dns[ADDR_TEXT_MAX];
    struct sockname address = api_address(s->api);

    log_info("serve", "ready version=%s api=http://%s dns=%s workers=%ld store=%s revision=%llu",
             BRIDGE53_VERSION, sockname_format(&address, api, sizeof api),
             s->listen_n ? sockname_format(&s->listen[0], dns, sizeof dns) : "none", s->workers,
             args_get(a, "store"), (unsigned long long)store_revision(s->store));
    if (strcmp(args_get(a, "auth"), "off") == 0)
        log_warn(
            "serve",
            "signatures are not checked (--auth off): whoever reaches the API owns every account");
}

int cmd_serve(const struct args *a)
{
    struct server s = {0};
    sigset_t signals;
    int caught = 0, status = options_read(&s, a);

    if (status)
        return status;
    /* Blocked in every thread, taken here: nothing runs in a signal's context. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    arena_new(&s.arena, LIMIT_REQUEST_ARENA);
    status = start_model(&s, a);
    if (!status)
        status = start_dns(&s, a);
    if (!status)
        status = start_api(&s, a);
    if (!status) {
        ready(&s, a);
        sigwait(&signals, &caught);
        log_info("serve", "stopping signal=%d", caught);
    }
    stop(&s);
    if (!status)
        log_info("serve", "stopped");
    return status;
}
