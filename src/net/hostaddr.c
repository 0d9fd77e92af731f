/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink requests: one socket for each, because they happen when an endpoint is made, and a
 * namespace may be another one each time. */
#include "net/hostaddr.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "net/netns.h"

#define OUR_PROTO 53 /* of IFA_PROTO: "bridge53 added it" */
#define REPLY_WAIT_MS 1000
#define REPLY_BYTES 32768 /* what the kernel packs into one message of a dump */

#ifndef IFA_PROTO /* Debian 12's headers may be older than its kernel */
#define IFA_PROTO 11
#endif

struct request {
    struct nlmsghdr head;
    struct ifaddrmsg ifa;
    uint8_t attrs[64];
};

static void request_attr(struct request *q, uint16_t type, const void *data, size_t len)
{
    struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));
    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(len);
    memcpy(RTA_DATA(a), data, len);
    q->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len));
}

static int netlink_open(const char *netns, int *ret_fd)
{
    return netns_socket(netns, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, ret_fd);
}

/* Receives one datagram of the kernel: its length, or ERR_IO. */
static int receive(int fd, uint8_t *buf, size_t size)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, REPLY_WAIT_MS) != 1)
        return ERR_IO;
    ssize_t n = recv(fd, buf, size, 0);
    return n < 0 ? ERR_IO : (int)n;
}

/* Sends a request and waits for its acknowledgement: 0, or -1 with errno of the kernel. */
static int request_do(int fd, struct request *q)
{
    _Alignas(struct nlmsghdr) uint8_t buf[1024];
    if (send(fd, q, q->head.nlmsg_len, 0) < 0)
        return -1;
    int n = receive(fd, buf, sizeof(buf));
    const struct nlmsghdr *h = (const void *)buf;
    if (n < 0 || !NLMSG_OK(h, (unsigned)n) || h->nlmsg_type != NLMSG_ERROR) {
        errno = EPROTO;
        return -1;
    }
    const struct nlmsgerr *e = NLMSG_DATA(h);
    errno = -e->error;
    return e->error ? -1 : 0;
}

/* What a dump of addresses tells about one of them. */
struct found {
    const struct addr *addr;
    unsigned device_holds; /* an interface whose subnet holds it */
    uint8_t bits;          /* longest such subnet so far */
    unsigned device_has;   /* the interface that has it */
    bool ours;
};

static void look_at(const struct nlmsghdr *h, struct found *ret)
{
    const struct ifaddrmsg *ifa = NLMSG_DATA(h);
    int left = (int)IFA_PAYLOAD(h);
    size_t len = addr_bits(ret->addr) / 8;
    struct prefix p = {.bits = ifa->ifa_prefixlen};
    bool ours = false, any = false;
    if (h->nlmsg_type != RTM_NEWADDR || ifa->ifa_family != ret->addr->family)
        return;
    p.addr.family = ifa->ifa_family;
    for (const struct rtattr *a = IFA_RTA(ifa); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        /* IFA_LOCAL is the address itself where IFA_ADDRESS is the other end of a link. */
        if ((a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && !any)) &&
            RTA_PAYLOAD(a) >= len) {
            memcpy(p.addr.b, RTA_DATA(a), len);
            any = true;
        } else if (a->rta_type == IFA_PROTO && RTA_PAYLOAD(a) >= 1) {
            ours = *(const uint8_t *)RTA_DATA(a) == OUR_PROTO;
        }
    }
    if (memcmp(&p.addr, ret->addr, sizeof(p.addr)) == 0) {
        ret->device_has = ifa->ifa_index;
        ret->ours = ours;
    } else if (prefix_contains(&p, ret->addr) && p.bits >= ret->bits && p.bits > 0) {
        ret->bits = p.bits;
        ret->device_holds = ifa->ifa_index;
    }
}

/* Walks all addresses of the namespace. 0 or ERR_IO. */
static int find(int fd, struct found *ret)
{
    _Alignas(struct nlmsghdr) uint8_t buf[REPLY_BYTES];
    struct request q = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(q.ifa)),
                                 .nlmsg_type = RTM_GETADDR,
                                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
                        .ifa = {.ifa_family = ret->addr->family}};
    if (send(fd, &q, q.head.nlmsg_len, 0) < 0)
        return ERR_IO;
    for (;;) {
        int n = receive(fd, buf, sizeof(buf));
        if (n < 0)
            return ERR_IO;
        unsigned left = (unsigned)n;
        for (const struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
            if (h->nlmsg_type == NLMSG_DONE)
                return 0;
            if (h->nlmsg_type == NLMSG_ERROR)
                return ERR_IO;
            look_at(h, ret);
        }
    }
}

/* The index of an interface in the namespace of the socket; 0: there is none. */
static unsigned device_index(int fd, const char *name)
{
    struct ifreq r = {0};
    size_t len = strnlen(name, sizeof(r.ifr_name));
    if (len == sizeof(r.ifr_name))
        return 0;
    memcpy(r.ifr_name, name, len);
    return ioctl(fd, SIOCGIFINDEX, &r) < 0 ? 0 : (unsigned)r.ifr_ifindex;
}

static struct request change(const struct hostaddr *h, uint16_t type, unsigned device)
{
    struct request q = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(q.ifa)),
                                 .nlmsg_type = type,
                                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                        .ifa = {.ifa_family = h->addr.family,
                                .ifa_prefixlen = (uint8_t)addr_bits(&h->addr),
                                .ifa_flags = IFA_F_NODAD,
                                .ifa_index = device}};
    size_t len = addr_bits(&h->addr) / 8;
    request_attr(&q, IFA_LOCAL, h->addr.b, len);
    request_attr(&q, IFA_ADDRESS, h->addr.b, len);
    return q;
}

static int add(int fd, const struct hostaddr *h, bool *ret_ours)
{
    struct found f = {.addr = &h->addr};
    int err = find(fd, &f);
    if (err)
        return err;
    unsigned device = h->device ? device_index(fd, h->device) : f.device_holds;
    unsigned loopback = device_index(fd, "lo");
    if (!h->device && !device)
        device = loopback;
    if (!device)
        return ERR_NOT_FOUND;
    /* All of an IPv4 subnet of the loopback interface is local already. */
    bool local = device == loopback && f.device_holds == loopback && h->addr.family == AF_INET;
    if (local || (f.device_has && (!h->device || f.device_has == device))) {
        *ret_ours = f.device_has && f.ours;
        return 0;
    }
    struct request q = change(h, RTM_NEWADDR, device);
    uint8_t proto = OUR_PROTO;
    q.head.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
    request_attr(&q, IFA_PROTO, &proto, sizeof(proto));
    int done = request_do(fd, &q);
    if (done < 0 && errno != EEXIST)
        return ERR_IO;
    *ret_ours = done == 0;
    return 0;
}

int hostaddr_add(const struct hostaddr *h, bool *ret_ours)
{
    int fd;
    int err = netlink_open(h->netns, &fd);
    if (err)
        return err;
    err = add(fd, h, ret_ours);
    int saved = errno;
    close(fd);
    errno = saved;
    return err;
}

int hostaddr_remove(const struct hostaddr *h)
{
    int fd;
    int err = netlink_open(h->netns, &fd);
    if (err)
        return err;
    struct found f = {.addr = &h->addr};
    err = find(fd, &f);
    unsigned device = h->device ? device_index(fd, h->device) : f.device_has;
    if (!err && device && f.device_has) {
        struct request q = change(h, RTM_DELADDR, device);
        if (request_do(fd, &q) < 0 && errno != EADDRNOTAVAIL)
            err = ERR_IO;
    }
    close(fd);
    return err;
}
