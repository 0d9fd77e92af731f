/* SPDX-License-Identifier: Apache-2.0 */
/* Sources and targets of upstream sockets. */
#include "serve/route_key.h"

#include <string.h>
#include <unistd.h>

#include "base/hash.h"

void route_key_of(const struct action *a, struct route_key *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->target.addr = a->target.addr;
    ret->target.port = a->target.port;
    ret->source = a->source;
    ret->attach = a->attach;
    if (a->attach != ATTACH_SHARED)
        memcpy(ret->attach_name, a->attach_name,
               strnlen(a->attach_name, sizeof(ret->attach_name) - 1));
}

bool route_key_is(const struct route_key *k, const struct action *a)
{
    return k->target.port == a->target.port && k->attach == a->attach &&
           memcmp(&k->target.addr, &a->target.addr, sizeof(k->target.addr)) == 0 &&
           memcmp(&k->source, &a->source, sizeof(k->source)) == 0 &&
           (k->attach == ATTACH_SHARED || strcmp(k->attach_name, a->attach_name) == 0);
}

uint64_t route_key_hash(const struct action *a)
{
    uint64_t target[2], source[2];
    memcpy(target, a->target.addr.b, sizeof(target));
    memcpy(source, a->source.b, sizeof(source));
    uint64_t h = hash_mix(target[0] ^ a->target.port);
    h = hash_mix(h ^ target[1]);
    h = hash_mix(h ^ source[0]);
    return hash_mix(h ^ source[1]);
}

int route_key_connect(const struct route_key *k, int type, int *ret_fd,
                      enum flight_failure *ret_failure)
{
    struct sock_spec spec = {.type = type,
                             .local = {.addr = k->source},
                             .family = k->target.addr.family,
                             .netns = k->attach == ATTACH_NETNS ? k->attach_name : NULL,
                             .device = k->attach == ATTACH_DEVICE ? k->attach_name : NULL,
                             .late_port = type == SOCK_STREAM};
    enum sock_failure why;
    int fd;
    *ret_failure = FLIGHT_NO_SOCKET;
    int err = sock_open(&spec, &fd, &why);
    if (err)
        return err;
    err = sock_connect(fd, &k->target);
    if (err) {
        *ret_failure = FLIGHT_UNREACHABLE;
        close(fd);
        return err;
    }
    *ret_fd = fd;
    return 0;
}

struct netns_id place_id(enum attach attach, const char *name)
{
    struct netns_id id = {0};
    if (attach == ATTACH_NETNS && netns_id(name, &id))
        memset(&id, 0, sizeof(id));
    if (attach == ATTACH_DEVICE)
        id.ino = netns_device(name);
    return id;
}
