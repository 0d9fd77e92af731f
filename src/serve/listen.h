/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's listening sockets, following the snapshot while queries run. Private to src/serve.
 *
 * A listening is known by attachment and address. When the same address goes to another owner the
 * sockets stay and change their tag, so no packet is lost on the way; when it goes away they are
 * read empty first and closed when the last parked query has been answered. A pass over the
 * snapshot's list is cut into slices, so that a long list does not hold up queries.
 *
 * All workers have sockets; worker 0 alone also watches addresses, manages them, and writes the
 * status board. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include "model/status.h"
#include "net/addrwatch.h"
#include "net/netns.h"
#include "net/sock.h"
#include "serve/serve_priv.h"
#include "serve/udp.h"

#define OWNER_ID_MAX 64 /* bytes of "vpc-..." or "rni-...", NUL included */

struct listening {
    LIST_ENTRY(listening) link;
    enum listener_kind kind;
    uint32_t slot;
    char owner[OWNER_ID_MAX]; /* "" for the shared listener */
    struct sockname address;
    enum attach attach;
    char attach_name[NETNS_NAME_MAX];
    char key[ADDR_TEXT_MAX + NETNS_NAME_MAX + 8];
    uint64_t round;                /* last pass that saw it */
    bool open;                     /* sockets are there; LISTEN_SOURCE: the address is */
    bool closing;                  /* gone from the snapshot; still answering what it was asked */
    uint64_t closed_at;            /* ns, when closing */
    bool ours;                     /* --manage-addresses added the address */
    struct netns_id place;         /* the sockets are there */
    char problem[STATUS_TEXT_MAX]; /* why it is not open */

    struct udp_sock udp;
    struct watch accept; /* TCP */
    struct worker *worker;
    unsigned clients; /* TCP connections that came in here */
};

LIST_HEAD(listening_list, listening);

/* Kind, slot, address and state for the transports. */
static inline enum listener_kind listening_kind(const struct listening *l)
{
    return l->kind;
}
static inline uint32_t listening_slot(const struct listening *l)
{
    return l->slot;
}
static inline const struct sockname *listening_address(const struct listening *l)
{
    return &l->address;
}
static inline bool listening_closing(const struct listening *l)
{
    return l->closing;
}

/* Makes the worker's empty set, w->listen. ERR_NOMEM. */
int listen_init(struct worker *w);

/* Closes all that is left; the worker's thread, at its end. */
void listen_close(struct worker *w);

/* Frees the set, when no worker runs any more. Accepts a worker without one. */
void listen_deinit(struct worker *w);

/* Takes over the sockets of the shared listener (they become -1) and starts to answer. ERR_IO,
 * ERR_NOMEM. The worker's thread, after the first snapshot came. */
int listen_shared(struct worker *w, struct shared_sockets *sockets);

/* Starts a pass: the snapshot's listeners changed, or addresses did. Cheap; may be called often. */
void listen_sync(struct worker *w);

/* Slow housekeeping, once a second: closes what is ready to close, tries again what failed. */
void listen_second(struct worker *w);

/* The worker stops: reads all sockets empty and stops taking new queries. */
void listen_stop(struct worker *w);

/* What to open for a listening; `type` is SOCK_DGRAM or SOCK_STREAM. */
struct sock_spec listening_spec(const struct listening *l, int type);

#endif
