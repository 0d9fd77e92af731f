/* SPDX-License-Identifier: Apache-2.0 */
/* The door of the API. libmicrohttpd's own accept loop spins where descriptors run out and it has
 * no connection whose end it could wait for; and it can't tell a client what is the matter. */
#include "api/door.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/trouble.h"
#include "net/sock.h"

#define PAUSE_MS 100  /* while nothing can be taken */
#define REQUEST_MS 50 /* that a client who is turned away has to send its request */
#define ROUND_BYTES 4096
#define ROUNDS 16 /* of a request that is not served */

struct door {
    struct door_config config;
    int stop;    /* eventfd */
    int reserve; /* a descriptor to be given up for a moment; -1: it could not be had again */
    pthread_t thread;
};

static struct trouble starved =
    TROUBLE("api", "no descriptors for API clients", "descriptors for API clients again",
            METRIC_API_NO_DESCRIPTORS, METRIC_API_STARVED);

/* Tells a client to come back, and closes. The request is read first: bytes that nobody has read
 * would turn the answer into a reset. */
static void turn_away(int fd)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";
    char bytes[ROUND_BYTES];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    (void)poll(&p, 1, REQUEST_MS);
    for (int i = 0; i < ROUNDS && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0; i++)
        continue;
    ssize_t n = send(fd, text, sizeof text - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)n; /* a client that has gone needs no answer */
    close(fd);
}

static int reserve_open(void)
{
    return eventfd(0, EFD_CLOEXEC);
}

/* Gives the reserve up to let one client in and send it away. False: that did not work either. */
static bool use_reserve(struct door *d)
{
    if (d->reserve < 0)
        return false;
    close(d->reserve);
    int fd = accept4(d->config.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        turn_away(fd);
    d->reserve = reserve_open();
    return fd >= 0;
}

/* Takes one connection. False: none is there, or none can be taken now; then *ret_pause. */
static bool take_one(struct door *d, bool *ret_pause)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    if (!d->config.room(d->config.ctx)) {
        *ret_pause = true;
        return false;
    }
    int fd = accept4(d->config.fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && sock_starved(errno)) {
        trouble_note(&starved, strerror(errno));
        *ret_pause = !use_reserve(d);
        return !*ret_pause;
    }
    if (fd < 0) {
        *ret_pause = errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;
        return false;
    }
    if (!sock_spare(fd)) {
        trouble_note(&starved, "the last descriptors are kept for DNS");
        turn_away(fd);
    } else if (!d->config.take(d->config.ctx, fd, (struct sockaddr *)&peer, len)) {
        trouble_note(&starved, strerror(errno));
    } else {
        trouble_over(&starved);
    }
    return true;
}

static void *door_run(void *arg)
{
    struct door *d = arg;
    struct pollfd p[2] = {{.fd = d->stop, .events = POLLIN},
                          {.fd = d->config.fd, .events = POLLIN}};
    bool pause = false;
    for (;;) {
        int n = poll(p, pause ? 1 : 2, pause ? PAUSE_MS : -1);
        if (n > 0 && p[0].revents)
            return NULL;
        pause = false;
        if (d->reserve < 0)
            d->reserve = reserve_open();
        while (take_one(d, &pause))
            continue;
    }
}

static void door_free(struct door *d)
{
    if (d->reserve >= 0)
        close(d->reserve);
    if (d->stop >= 0)
        close(d->stop);
    free(d);
}

int door_open(const struct door_config *config, struct door **ret)
{
    struct door *d = calloc(1, sizeof *d);
    if (d == NULL)
        return ERR_NOMEM;
    d->config = *config;
    d->stop = eventfd(0, EFD_CLOEXEC);
    d->reserve = reserve_open();
    if (d->stop < 0 || d->reserve < 0) {
        door_free(d);
        return ERR_IO;
    }
    if (pthread_create(&d->thread, NULL, door_run, d) != 0) {
        door_free(d);
        return ERR_NOMEM;
    }
    *ret = d;
    return 0;
}

void door_close(struct door *d)
{
    if (d == NULL)
        return;
    (void)eventfd_write(d->stop, 1);
    pthread_join(d->thread, NULL);
    door_free(d);
}
