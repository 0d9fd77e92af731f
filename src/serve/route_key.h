/* SPDX-License-Identifier: Apache-2.0 */
/* From where to where a question goes: what upstream sockets are kept by. Private to src/serve. */
#ifndef SERVE_ROUTE_KEY_H
#define SERVE_ROUTE_KEY_H

#include "net/netns.h"
#include "net/sock.h"
#include "serve/worker.h"

struct route_key {
    struct sockname target;
    struct addr source;
    enum attach attach;
    char attach_name[NETNS_NAME_MAX];
};

/* The key of a deed of kind ACTION_SEND. All bytes are set, so keys compare as bytes. */
void route_key_of(const struct action *a, struct route_key *ret);

/* True if they are equal; cheap for the attachments of most. */
bool route_key_is(const struct route_key *k, const struct action *a);

/* A hash for tables; targets come from administrators, not from packets. */
uint64_t route_key_hash(const struct action *a);

/* Opens a socket from the key's source, connected (or connecting) to its target. 0 or ERR_IO:
 * *ret_failure says what to tell the resolver. */
int route_key_connect(const struct route_key *k, int type, int *ret_fd,
                      enum flight_failure *ret_failure);

/* Which namespace or device the attachment's name stands for now; zeroed without one. Sockets stay
 * with the one that they were opened in, also when another one takes its name. */
struct netns_id place_id(enum attach attach, const char *name);

#endif
