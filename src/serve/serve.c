/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping. The shared listener's sockets are bound here, before any thread runs, so
 * that a wrong address is an error of the start; all others come and go with the snapshot. */
#include "serve/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "net/sock.h"
#include "serve/recursion.h"
#include "serve/serve_priv.h"

#define POOL_MAX 1024         /* upstream sockets of one target in one worker, all sources */
#define POOL_ALL 16384        /* in all workers: a source has 28,000 ports to share */
#define DESCRIPTORS_KEPT 2048 /* for listeners, clients, recursion and the control side */
#define DESCRIPTORS_MIN 256   /* for upstream sockets of a worker, however few there are */
#define TABLE_MAX 131072      /* descriptors that the kernel's table is made for at once: 1 MiB */
#define WHY_BYTES 256

/* --- settings --------------------------------------------------------------------------------- */

static const char *text_copy(const char *text, bool *failed)
{
    char *copy = text ? strdup(text) : NULL;
    *failed |= text && !copy;
    return copy;
}

/* Replaces what the settings point to by copies. ERR_NOMEM: some are NULL. */
static int config_copy(struct serve *s, const struct serve_config *from)
{
    bool failed = false;
    s->config = *from;
    s->config.root_hints = text_copy(from->root_hints, &failed);
    s->config.trust_anchors = text_copy(from->trust_anchors, &failed);
    s->config.recursion_forward = text_copy(from->recursion_forward, &failed);
    s->listen = calloc(from->listen_n + 1, sizeof(*s->listen));
    s->config.listen = s->listen;
    if (failed || !s->listen)
        return ERR_NOMEM;
    for (size_t i = 0; i < from->listen_n; i++)
        s->listen[i] = from->listen[i];
    return 0;
}

static void config_free(struct serve *s)
{
    free((char *)s->config.root_hints);
    free((char *)s->config.trust_anchors);
    free((char *)s->config.recursion_forward);
    free(s->listen);
}

/* Has the kernel's table of descriptors made as large as it can get. In a process with threads each
 * doubling of it waits for an RCU grace period: the worker that opens one socket too many for the
 * old table would answer nobody for ten milliseconds or more. */
static void widen_table(rlim_t limit)
{
    int low = eventfd(0, EFD_CLOEXEC);
    if (low < 0)
        return;
    int high = fcntl(low, F_DUPFD_CLOEXEC, (int)(limit < TABLE_MAX ? limit : TABLE_MAX) - 1);
    if (high >= 0)
        close(high);
    close(low);
}

/* Takes all descriptors that the system gives us, and shares them among the workers. */
static void share_descriptors(struct serve *s)
{
    struct rlimit r;
    unsigned n = s->config.workers;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
    if (getrlimit(RLIMIT_NOFILE, &r) < 0)
        r.rlim_cur = 0;
    widen_table(r.rlim_cur);
    rlim_t spare = r.rlim_cur > DESCRIPTORS_KEPT ? r.rlim_cur - DESCRIPTORS_KEPT : 0;
    rlim_t each = spare / 2 / n;
    s->sockets_max = each < DESCRIPTORS_MIN ? DESCRIPTORS_MIN
                     : each > 65536         ? 65536
                                            : (unsigned)each;
    s->pool_max = POOL_ALL / n < POOL_MAX ? POOL_ALL / n : POOL_MAX;
    if (s->pool_max > s->sockets_max)
        s->pool_max = s->sockets_max;
}

/* --- the shared listener ---------------------------------------------------------------------- */

static void shared_close(struct serve *s)
{
    size_t n = s->shared ? s->config.listen_n * s->config.workers : 0;
    for (size_t i = 0; i < n; i++) {
        if (s->shared[i].udp >= 0)
            close(s->shared[i].udp);
        if (s->shared[i].tcp >= 0)
            close(s->shared[i].tcp);
    }
    free(s->shared);
}

/* Why serve_start failed. Owned here, as its contract says; only the starting thread writes. */
static char why_text[WHY_BYTES];

static int bind_one(const struct sock_spec *spec, int *ret_fd)
{
    struct sock_problem p;
    char name[ADDR_TEXT_MAX], text[WHY_BYTES / 2];
    int err = sock_open(spec, ret_fd, &p.why);
    if (!err)
        return 0;
    p.err = errno;
    snprintf(why_text, sizeof(why_text), "cannot listen on %s: %s",
             sockname_format(&spec->local, name, sizeof(name)),
             sock_explain(spec, &p, text, sizeof(text)));
    return err;
}

/* SO_REUSEPORT would let a second server of the same user take half of our queries without a word,
 * so the port is first taken alone. */
static int bind_alone(struct sock_spec spec)
{
    int fd;
    spec.share = false;
    int err = bind_one(&spec, &fd);
    if (!err)
        close(fd);
    return err;
}

static bool is_wildcard(const struct addr *a)
{
    const struct addr none = {.family = a->family};
    return memcmp(a, &none, sizeof(none)) == 0;
}

static int shared_bind(struct serve *s)
{
    const struct serve_config *c = &s->config;
    s->shared = malloc((c->listen_n * c->workers + 1) * sizeof(*s->shared));
    if (!s->shared)
        return ERR_NOMEM;
    for (size_t i = 0; i < c->listen_n * c->workers; i++)
        s->shared[i] = (struct shared_sockets){-1, -1};
    for (size_t i = 0; i < c->listen_n; i++) {
        struct sock_spec udp = {.type = SOCK_DGRAM,
                                .local = c->listen[i],
                                .share = true,
                                .packet_info = is_wildcard(&c->listen[i].addr)};
        struct sock_spec tcp = {
            .type = SOCK_STREAM, .local = c->listen[i], .share = true, .listen = true};
        int err = bind_alone(udp);
        if (!err)
            err = bind_alone(tcp);
        for (unsigned w = 0; w < c->workers && !err; w++) {
            struct shared_sockets *shared = &s->shared[w * c->listen_n + i];
            err = bind_one(&udp, &shared->udp);
            if (!err)
                err = bind_one(&tcp, &shared->tcp);
        }
        if (err)
            return err;
    }
    return 0;
}

/* --- workers ---------------------------------------------------------------------------------- */

static int workers_init(struct serve *s, const char **ret_why)
{
    int err = 0;
    s->workers = aligned_alloc(64, s->config.workers * sizeof(*s->workers));
    if (!s->workers)
        return ERR_NOMEM;
    while (s->workers_n < s->config.workers && !err) {
        struct worker *w = &s->workers[s->workers_n];
        err = worker_init(w, s, s->workers_n++);
        if (!err && s->config.recursion)
            err = recursion_new(w, &w->recursion, ret_why);
    }
    return err;
}

/* The workers take no signals: those are the main thread's. */
static int threads_start(struct serve *s)
{
    sigset_t all, before;
    int err = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (s->threads_n < s->workers_n && !err) {
        struct worker *w = &s->workers[s->threads_n];
        if (pthread_create(&w->thread, NULL, worker_run, w))
            err = ERR_NOMEM;
        else
            s->threads_n++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (unsigned i = 0; i < s->threads_n; i++)
        while (sem_wait(&s->started) < 0)
            continue;
    for (unsigned i = 0; i < s->threads_n; i++)
        if (s->workers[i].failed)
            err = ERR_NOMEM;
    return err;
}

static bool config_valid(const struct serve_config *c)
{
    if (!c->publisher || c->workers < 1 || c->workers > LIMIT_WORKERS)
        return false;
    for (size_t i = 0; i < c->listen_n; i++)
        if (!c->listen[i].addr.family || !c->listen[i].port)
            return false;
    return true;
}

static int start(struct serve *s, const struct serve_config *config, const char **ret_why)
{
    int err = config_copy(s, config);
    if (err)
        return err;
    share_descriptors(s);
    s->cache = cache_new(config->cache_bytes);
    if (!s->cache)
        return ERR_NOMEM;
    err = shared_bind(s);
    if (err) {
        *ret_why = why_text;
        return err;
    }
    err = workers_init(s, ret_why);
    return err ? err : threads_start(s);
}

int serve_start(const struct serve_config *config, struct serve **ret, const char **ret_why)
{
    *ret_why = "the settings are not valid";
    if (!config_valid(config))
        return ERR_INVALID;
    *ret_why = "memory or descriptors are exhausted";
    struct serve *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NOMEM;
    sem_init(&s->started, 0, 0);
    pthread_mutex_init(&s->reports.lock, NULL);
    int err = start(s, config, ret_why);
    if (err) {
        serve_stop(s);
        return err;
    }
    *ret = s;
    return 0;
}

void serve_stop(struct serve *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->threads_n; i++)
        loop_post(&s->workers[i].loop, &s->workers[i].stop_job);
    for (unsigned i = 0; i < s->threads_n; i++)
        pthread_join(s->workers[i].thread, NULL);
    for (unsigned i = 0; i < s->workers_n; i++)
        worker_deinit(&s->workers[i]);
    free(s->workers);
    shared_close(s);
    cache_free(s->cache);
    config_free(s);
    sem_destroy(&s->started);
    pthread_mutex_destroy(&s->reports.lock);
    free(s);
}
