/* SPDX-License-Identifier: Apache-2.0 */
/* Named network namespaces (/run/netns/NAME, as iproute2 makes them). A socket stays in the
 * namespace that it was created in, so only its creation has to happen inside. */
#ifndef NET_NETNS_H
#define NET_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#define NETNS_DIR "/run/netns"
#define NETNS_NAME_MAX 64 /* bytes of a name, NUL included */

/* True if `name` can name a namespace: no slash, not "." or "..", not empty or too long. */
bool netns_name_valid(const char *name);

/* socket(2) inside the namespace `name`, or in the caller's when it is NULL. The descriptor is
 * non-blocking and close-on-exec. 0; ERR_NOT_FOUND: no such namespace; ERR_INVALID: not a valid
 * name; ERR_IO (errno): no permission, limits. Any thread: the calling thread visits the
 * namespace and comes back before the call returns. */
int netns_socket(const char *name, int domain, int type, int protocol, int *ret_fd);

/* Which namespace the name stands for now: another one under the same name has another identity.
 * 0 or ERR_NOT_FOUND. Any thread. */
struct netns_id {
    uint64_t dev, ino;
};
int netns_id(const char *name, struct netns_id *ret);

/* The number of a network device of the process's own namespace; 0: there is none of that name.
 * Needs a descriptor at its first call only. Any thread. */
unsigned netns_device(const char *name);

#endif
