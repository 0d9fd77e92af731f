/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatcher: picks a back end by URL, checks arguments once for all of them, and keeps the one
 * list of waiters. */
#include "store/store_priv.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/check.h"
#include "base/error.h"

#define WAIT_SLICE_MS 1000 /* longest sleep of a waiter that nobody needs to poll for */

struct store {
    const struct store_backend *backend;
    void *impl;
    pthread_mutex_t lock; /* guards the members below; never held around a commit */
    pthread_cond_t moved; /* committed grew, closing was set, or waiters fell to 0 */
    uint64_t committed;   /* newest revision that this process knows of */
    unsigned waiters;
    bool closing;
    struct trouble write_trouble, read_trouble;
};

static const struct trouble no_write_trouble =
    TROUBLE("store", "the store takes no writes", "the store takes writes again",
            METRIC_STORE_WRITE_FAILURES, METRIC_STORE_UNWRITABLE);
static const struct trouble no_read_trouble =
    TROUBLE("store", "the store cannot be read", "the store can be read again",
            METRIC_STORE_READ_FAILURES, METRIC_STORE_UNREADABLE);

static _Thread_local char last_error[256];

void store_set_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(last_error, sizeof last_error, fmt, ap);
    va_end(ap);
}

const char *store_error(struct store *s)
{
    (void)s;
    return last_error[0] ? last_error : "no error";
}

int store_bytes_compare(struct store_bytes a, struct store_bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n > 0 ? memcmp(a.data, b.data, n) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

int store_bytes_dup(struct arena *arena, struct store_bytes from, struct store_bytes *ret)
{
    char *copy = arena_dup(arena, from.len > 0 ? from.data : "", from.len);
    if (copy == NULL)
        return ERR_NOMEM;
    *ret = (struct store_bytes){copy, from.len};
    return 0;
}

/* Opens the back end that the URL names. */
static int backend_open(const char *url, struct arena *arena, struct store *s, const char **ret_why)
{
    if (strcmp(url, "mem:") == 0) {
        s->backend = &mem_backend;
        return mem_open(&s->impl);
    }
    if (strncmp(url, "sqlite:", 7) == 0 && url[7] != '\0') {
        s->backend = &sqlite_backend;
        return sqlite_open(url + 7, arena, &s->impl, ret_why);
    }
    *ret_why = "a store is sqlite:FILE or mem:";
    return ERR_INVALID;
}

int store_open(const char *url, struct arena *arena, struct store **ret, const char **ret_why)
{
    const char *why = "out of memory";
    struct store *s = calloc(1, sizeof *s);
    int err = s == NULL ? ERR_NOMEM : backend_open(url, arena, s, &why);
    if (err != 0) {
        free(s);
        if (ret_why != NULL)
            *ret_why = why;
        return err;
    }
    memcpy(&s->write_trouble, &no_write_trouble, sizeof s->write_trouble);
    memcpy(&s->read_trouble, &no_read_trouble, sizeof s->read_trouble);
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr) == 0);
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&s->moved, &attr) == 0);
    must(pthread_mutex_init(&s->lock, NULL) == 0);
    pthread_condattr_destroy(&attr);
    *ret = s;
    return 0;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_broadcast(&s->moved);
    while (s->waiters > 0)
        pthread_cond_wait(&s->moved, &s->lock);
    pthread_mutex_unlock(&s->lock);
    s->backend->close(s->impl);
    pthread_cond_destroy(&s->moved);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* The newest revision, also of other processes; never goes back, even when the back end can't be
 * read. Lock held. */
static uint64_t revision_locked(struct store *s)
{
    uint64_t rev;
    if (s->backend->revision(s->impl, &rev) == 0 && rev > s->committed)
        s->committed = rev;
    return s->committed;
}

uint64_t store_revision(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t rev = revision_locked(s);
    pthread_mutex_unlock(&s->lock);
    return rev;
}

int store_get(struct store *s, struct store_bytes key, struct arena *arena, struct store_item *ret)
{
    if (key.len == 0)
        return ERR_NOT_FOUND;
    return s->backend->get(s->impl, key, arena, ret);
}

int store_range(struct store *s, const struct store_walk *walk, uint64_t *ret_rev)
{
    uint64_t rev;
    int err = s->backend->range(s->impl, walk, &rev);
    if (err == 0 && ret_rev != NULL)
        *ret_rev = rev;
    return err;
}

int store_commit(struct store *s, const struct store_txn *txn, uint64_t *ret_rev)
{
    for (size_t i = 0; i < txn->compares_n; i++)
        if (txn->compares[i].key.len == 0)
            return ERR_INVALID;
    for (size_t i = 0; i < txn->writes_n; i++)
        if (txn->writes[i].key.len == 0)
            return ERR_INVALID;
    uint64_t rev;
    int err = s->backend->commit(s->impl, txn, &rev);
    if (err != 0)
        return err;
    pthread_mutex_lock(&s->lock);
    if (rev > s->committed)
        s->committed = rev;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
    *ret_rev = rev;
    return 0;
}

struct trouble *store_write_trouble(struct store *s)
{
    return &s->write_trouble;
}

struct trouble *store_read_trouble(struct store *s)
{
    return &s->read_trouble;
}

int store_feed(struct store *s, const struct store_follow *follow, uint64_t *ret_rev)
{
    return s->backend->feed(s->impl, follow, ret_rev);
}

void store_trim(struct store *s)
{
    if (s->backend->trim != NULL)
        s->backend->trim(s->impl);
}

/* Sleeps until something moved, at most until the deadline or the next poll. Lock held. */
static void wait_slice(struct store *s, uint64_t deadline_ns)
{
    uint64_t slice = (uint64_t)(s->backend->poll_ms > 0 ? s->backend->poll_ms : WAIT_SLICE_MS);
    uint64_t until = clock_mono_ns() + slice * NS_PER_MS;
    if (deadline_ns < until)
        until = deadline_ns;
    struct timespec ts = {(time_t)(until / NS_PER_S), (long)(until % NS_PER_S)};
    pthread_cond_timedwait(&s->moved, &s->lock, &ts);
}

int store_wait(struct store *s, uint64_t after, int timeout_ms)
{
    uint64_t deadline =
        timeout_ms < 0 ? UINT64_MAX : clock_mono_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    int err = 0;
    pthread_mutex_lock(&s->lock);
    s->waiters++;
    while (!s->closing && s->committed <= after && revision_locked(s) <= after) {
        if (clock_mono_ns() >= deadline) {
            err = ERR_TIMEOUT;
            break;
        }
        wait_slice(s, deadline);
    }
    if (s->closing)
        err = ERR_NOT_FOUND;
    s->waiters--;
    if (s->waiters == 0)
        pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
    return err;
}
