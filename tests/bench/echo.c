/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of what a UDP server can do with plain sockets: it sends every packet back with QR set,
 * in batches of 32. What a DNS server costs is said as a multiple of this.
 *
 *   echo ADDRESS:PORT */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"

#define BATCH 32
#define PACKET 512
#define QUEUE (4 << 20)

static uint8_t packets[BATCH][PACKET];
static struct sockaddr_in6 peers[BATCH];
static struct iovec iov[BATCH];
static struct mmsghdr messages[BATCH];

static int serve(int fd)
{
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            iov[i].iov_len = PACKET;
            messages[i].msg_hdr.msg_namelen = sizeof(peers[i]);
        }
        int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
        if (n < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < n; i++) {
            packets[i][2] |= 0x80;
            iov[i].iov_len = messages[i].msg_len;
        }
        for (int at = 0; at < n;) {
            int sent = sendmmsg(fd, messages + at, (unsigned)(n - at), 0);
            at += sent > 0 ? sent : 1;
        }
    }
}

int main(int argc, char **argv)
{
    struct sockname name;
    struct sockaddr_storage sa;
    int queue = QUEUE;
    if (argc != 2 || sockname_parse(argv[1], 53, &name)) {
        fprintf(stderr, "usage: echo ADDRESS:PORT\n");
        return 2;
    }
    for (int i = 0; i < BATCH; i++) {
        iov[i].iov_base = packets[i];
        messages[i].msg_hdr =
            (struct msghdr){.msg_name = &peers[i], .msg_iov = &iov[i], .msg_iovlen = 1};
    }
    socklen_t len = sockname_to_sa(&name, &sa);
    int fd = socket(sa.ss_family, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) < 0) {
        perror("echo");
        return 1;
    }
    return serve(fd);
}
