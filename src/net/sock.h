/* SPDX-License-Identifier: Apache-2.0 */
/* Opening bound sockets: in a namespace, on a device, shared or not. */
#ifndef NET_SOCK_H
#define NET_SOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

/* What to open. */
struct sock_spec {
    int type;              /* SOCK_DGRAM or SOCK_STREAM */
    struct sockname local; /* bound to this; family 0: not bound, then `family` counts */
    uint8_t family;        /* AF_INET or AF_INET6, for an unbound socket */
    const char *netns;     /* namespace, or NULL: the process's own */
    const char *device;    /* SO_BINDTODEVICE, or NULL */
    bool share;            /* SO_REUSEPORT: every worker has its own socket of this address */
    bool listen;           /* SOCK_STREAM: listen as well; who connects and says nothing is kept
                              back for a second */
    bool packet_info;      /* SOCK_DGRAM: packets tell which of our addresses they came to */
    bool late_port;        /* port 0 is chosen at connect, so that one port serves many peers */
};

/* Why a socket could not be opened. */
enum sock_failure {
    SOCK_NO_ADDRESS, /* the host, or the namespace, does not have the address */
    SOCK_NO_NETNS,
    SOCK_NO_DEVICE,
    SOCK_IN_USE,    /* another program has the port */
    SOCK_FORBIDDEN, /* a privilege is missing */
    SOCK_STARVED,   /* no descriptor or no memory; errno says which */
    SOCK_OTHER,     /* errno says */
};

/* Opens, sets up and binds a non-blocking socket. IPv6 sockets are IPv6 only; UDP sockets never
 * take part in path MTU discovery, whose messages anyone can forge (RFC 8085 3.2). 0 or ERR_IO
 * with *ret_why set. Any thread. */
int sock_open(const struct sock_spec *spec, int *ret_fd, enum sock_failure *ret_why);

/* Starts to connect; 0 also when that is under way. ERR_IO. */
int sock_connect(int fd, const struct sockname *peer);

/* A sentence about a failed sock_open for people, into buf; returns buf. `err` is errno. */
struct sock_problem {
    enum sock_failure why;
    int err;
};
const char *sock_explain(const struct sock_spec *spec, const struct sock_problem *problem,
                         char *buf, size_t size);

/* True if this errno says that descriptors or memory are short, for a moment. Any thread. */
bool sock_starved(int err);

/* True if enough descriptors are left behind the new one `fd` (LIMIT_DESCRIPTORS_KEPT). Clients
 * get no others: what the server itself opens (sockets to targets, listeners, the store) shall
 * still be possible. The limit is asked for each time, as it may be changed from outside. Any
 * thread. */
bool sock_spare(int fd);

#endif
