/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces by name. setns(2) moves the calling thread alone, so a worker can make the visit
 * itself; not being able to come back would mean answering in the wrong network, so that aborts. */
#include "net/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"

#define PATH_BYTES (sizeof(NETNS_DIR) + NETNS_NAME_MAX + 1)

bool netns_name_valid(const char *name)
{
    size_t len = strnlen(name, NETNS_NAME_MAX);
    return len > 0 && len < NETNS_NAME_MAX && !strchr(name, '/') && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

static void path_of(const char *name, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", NETNS_DIR, name);
}

int netns_id(const char *name, struct netns_id *ret)
{
    char path[PATH_BYTES];
    struct stat st;
    if (!netns_name_valid(name))
        return ERR_NOT_FOUND;
    path_of(name, path);
    if (stat(path, &st) < 0)
        return ERR_NOT_FOUND;
    ret->dev = st.st_dev;
    ret->ino = st.st_ino;
    return 0;
}

/* A socket to ask for devices with, opened once and kept: the answer must not fail for want of a
 * descriptor, for whoever asks takes a device without a number for one that is gone. */
static int device_socket(void)
{
    static _Atomic int kept = -1;
    int none = -1, fd = atomic_load(&kept);
    if (fd >= 0)
        return fd;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || atomic_compare_exchange_strong(&kept, &none, fd))
        return fd;
    close(fd);
    return none;
}

unsigned netns_device(const char *name)
{
    struct ifreq r = {0};
    size_t len = strlen(name);
    if (len == 0 || len >= sizeof(r.ifr_name))
        return 0;
    memcpy(r.ifr_name, name, len);
    return ioctl(device_socket(), SIOCGIFINDEX, &r) < 0 ? 0 : (unsigned)r.ifr_ifindex;
}

static int socket_here(int domain, int type, int protocol, int *ret_fd)
{
    int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return ERR_IO;
    *ret_fd = fd;
    return 0;
}

int netns_socket(const char *name, int domain, int type, int protocol, int *ret_fd)
{
    if (!name)
        return socket_here(domain, type, protocol, ret_fd);
    if (!netns_name_valid(name))
        return ERR_INVALID;
    char path[PATH_BYTES];
    path_of(name, path);
    int there = open(path, O_RDONLY | O_CLOEXEC);
    if (there < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    int err = ERR_IO;
    if (home >= 0 && setns(there, CLONE_NEWNET) == 0) {
        err = socket_here(domain, type, protocol, ret_fd);
        int saved = errno;
        must(setns(home, CLONE_NEWNET) == 0);
        errno = saved;
    } else if (errno == EINVAL) {
        /* A plain file: `ip netns` left the name behind, or has not mounted it yet. */
        err = ERR_NOT_FOUND;
    }
    int saved = errno;
    if (home >= 0)
        close(home);
    close(there);
    errno = saved;
    return err;
}
