/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the connections of a listening socket in a thread of its own, and keeps its head when
 * descriptors are short: it holds one back, with which it lets clients in one by one to tell them
 * so (503), keeps some for the rest of the server, and never spins. */
#ifndef API_DOOR_H
#define API_DOOR_H

#include <stdbool.h>
#include <sys/socket.h>

struct door;

struct door_config {
    int fd; /* listening, non-blocking; the caller's, and open until door_close */
    /* True if one more connection can be taken now. */
    bool (*room)(void *ctx);
    /* Takes a connection over, also when it fails: false, errno says why. */
    bool (*take)(void *ctx, int fd, const struct sockaddr *peer, socklen_t len);
    void *ctx;
};

/* Starts to take connections; both functions run in the door's thread. ERR_NOMEM, ERR_IO. */
int door_open(const struct door_config *config, struct door **ret);

/* Stops: nothing is taken afterwards. Accepts NULL. */
void door_close(struct door *d);

#endif
