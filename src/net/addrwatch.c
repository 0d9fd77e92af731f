/* SPDX-License-Identifier: Apache-2.0 */
/* Address changes. Only *that* something changed is reported: whoever asks tries its address
 * anyway, and a lost netlink message (ENOBUFS) is then a change like any other. */
#include "net/addrwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/netns.h"

#define DRAIN_BYTES 8192

/* Takes all that the descriptor holds; true if it was anything, or something was lost. */
static bool drain(int fd)
{
    uint8_t buf[DRAIN_BYTES];
    bool any = false;
    for (;;) {
        ssize_t n = read(fd, buf, sizeof(buf));
        if (n < 0 && errno == ENOBUFS)
            any = true;
        else if (n <= 0)
            return any;
        any = true;
    }
}

static void ready(struct watch *w, uint32_t events)
{
    (void)events;
    struct addrwatch *a = container_of(w, struct addrwatch, watch);
    if (drain(w->fd))
        a->changed(a);
}

static int start(struct addrwatch *a, struct loop *l, int fd)
{
    a->watch.fd = fd;
    a->watch.events = EPOLLIN;
    a->watch.ready = ready;
    if (watch_add(l, &a->watch) == 0)
        return 0;
    close(fd);
    return ERR_IO;
}

int addrwatch_open(struct addrwatch *a, struct loop *l, const char *netns)
{
    struct sockaddr_nl sa = {.nl_family = AF_NETLINK,
                             .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_LINK};
    int fd;
    int err = netns_socket(netns, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd);
    if (err)
        return err;
    if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
        close(fd);
        return ERR_IO;
    }
    return start(a, l, fd);
}

int addrwatch_open_names(struct addrwatch *a, struct loop *l)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    /* IN_ATTRIB too: a namespace is mounted over a file that was made just before. */
    if (inotify_add_watch(fd, NETNS_DIR, IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB) < 0) {
        close(fd);
        return ERR_IO;
    }
    return start(a, l, fd);
}

void addrwatch_close(struct addrwatch *a, struct loop *l)
{
    if (!a->watch.added)
        return;
    watch_remove(l, &a->watch);
    close(a->watch.fd);
    a->watch.fd = -1;
}
