/* SPDX-License-Identifier: Apache-2.0 */
/* Bound sockets, and plain words for why one could not be had. */
#include "net/sock.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "net/netns.h"

#define TCP_BACKLOG 1024       /* connections that wait for accept */
#define DEFER_S 1              /* seconds that a connection is kept back until it says something */
#define UDP_RECEIVE (4u << 20) /* bytes of queue: bridges a pause of the worker */
#define UDP_SEND (1u << 20)

static int option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value));
}

/* Options of which none is needed to answer; an old kernel may lack one. */
static void tune(int fd, const struct sock_spec *spec, uint8_t family)
{
    if (spec->type == SOCK_STREAM) {
        option(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* what is accepted inherits it */
        if (spec->listen)
            option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_S);
        return;
    }
    if (family == AF_INET)
        option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    else
        option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    if (spec->share) {
        /* FORCE passes over net.core.rmem_max where we may. */
        if (option(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_RECEIVE) < 0)
            option(fd, SOL_SOCKET, SO_RCVBUF, UDP_RECEIVE);
        if (option(fd, SOL_SOCKET, SO_SNDBUFFORCE, UDP_SEND) < 0)
            option(fd, SOL_SOCKET, SO_SNDBUF, UDP_SEND);
    }
}

bool sock_starved(int err)
{
    return err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOBUFS;
}

static enum sock_failure failure_of(int err)
{
    if (sock_starved(err))
        return SOCK_STARVED;
    switch (err) {
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT: /* IPv6 is switched off */
        return SOCK_NO_ADDRESS;
    case EADDRINUSE:
        return SOCK_IN_USE;
    case ENODEV:
        return SOCK_NO_DEVICE;
    case EACCES:
    case EPERM:
        return SOCK_FORBIDDEN;
    default:
        return SOCK_OTHER;
    }
}

/* Sets up and binds; -1 with errno. */
static int bind_it(int fd, const struct sock_spec *spec, uint8_t family)
{
    if (family == AF_INET6 && option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0)
        return -1;
    if (spec->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, spec->device,
                                   (socklen_t)strlen(spec->device)) < 0)
        return -1;
    if (spec->type == SOCK_STREAM && spec->listen && option(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
        return -1;
    if (spec->share && option(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0)
        return -1;
    /* Before it is bound: the kernel notes the address when a packet is queued. */
    if (spec->packet_info &&
        (family == AF_INET ? option(fd, IPPROTO_IP, IP_PKTINFO, 1)
                           : option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)) < 0)
        return -1;
    if (spec->late_port)
        option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    tune(fd, spec, family);
    struct sockaddr_storage sa;
    socklen_t len = sockname_to_sa(&spec->local, &sa);
    if (len && bind(fd, (struct sockaddr *)&sa, len) < 0)
        return -1;
    return spec->listen ? listen(fd, TCP_BACKLOG) : 0;
}

int sock_open(const struct sock_spec *spec, int *ret_fd, enum sock_failure *ret_why)
{
    uint8_t family = spec->local.addr.family ? spec->local.addr.family : spec->family;
    int fd;
    int err = netns_socket(spec->netns, family, spec->type, 0, &fd);
    if (err == ERR_NOT_FOUND || err == ERR_INVALID) {
        *ret_why = SOCK_NO_NETNS;
        return ERR_IO;
    }
    if (err) {
        *ret_why = failure_of(errno);
        return ERR_IO;
    }
    if (bind_it(fd, spec, family) < 0) {
        int saved = errno;
        *ret_why = failure_of(saved);
        close(fd);
        errno = saved;
        return ERR_IO;
    }
    *ret_fd = fd;
    return 0;
}

bool sock_spare(int fd)
{
    struct rlimit r;
    /* The kernel gives the lowest number that is free. */
    return getrlimit(RLIMIT_NOFILE, &r) < 0 || (rlim_t)fd + LIMIT_DESCRIPTORS_KEPT < r.rlim_cur;
}

int sock_connect(int fd, const struct sockname *peer)
{
    struct sockaddr_storage sa;
    socklen_t len = sockname_to_sa(peer, &sa);
    if (!len)
        return ERR_INVALID;
    return connect(fd, (struct sockaddr *)&sa, len) == 0 || errno == EINPROGRESS ? 0 : ERR_IO;
}

const char *sock_explain(const struct sock_spec *spec, const struct sock_problem *problem,
                         char *buf, size_t size)
{
    char addr[ADDR_TEXT_MAX], where[96] = "on this host";
    addr_format(&spec->local.addr, addr, sizeof(addr));
    if (spec->netns)
        snprintf(where, sizeof(where), "in network namespace %.63s", spec->netns);
    switch (problem->why) {
    case SOCK_NO_ADDRESS:
        snprintf(buf, size, "address %s is not %s (add it, or start with --manage-addresses)", addr,
                 where);
        break;
    case SOCK_NO_NETNS:
        snprintf(buf, size, "network namespace %.63s does not exist", spec->netns);
        break;
    case SOCK_NO_DEVICE:
        snprintf(buf, size, "network device %.63s does not exist %s",
                 spec->device ? spec->device : "?", where);
        break;
    case SOCK_IN_USE:
        snprintf(buf, size, "port %u of address %s is used by another program", spec->local.port,
                 addr);
        break;
    case SOCK_FORBIDDEN:
        snprintf(buf, size, "no permission to use port %u of address %s %s", spec->local.port, addr,
                 where);
        break;
    case SOCK_STARVED:
    case SOCK_OTHER:
        snprintf(buf, size, "address %s cannot be used: %s", addr, strerror(problem->err));
        break;
    }
    return buf;
}
