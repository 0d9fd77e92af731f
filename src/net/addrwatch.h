/* SPDX-License-Identifier: Apache-2.0 */
/* Tells when addresses of a network namespace come or go (rtnetlink), and when namespaces do. */
#ifndef NET_ADDRWATCH_H
#define NET_ADDRWATCH_H

#include "net/loop.h"

/* One watched namespace. */
struct addrwatch {
    struct watch watch;
    void (*changed)(struct addrwatch *a); /* some address, or link, was added, removed or changed */
};

/* Watches the namespace `netns` (NULL: the process's own) on loop `l`; a->changed must be set. 0,
 * ERR_NOT_FOUND: no such namespace, ERR_IO. */
int addrwatch_open(struct addrwatch *a, struct loop *l, const char *netns);

/* Watches the directory of named namespaces: a->changed is called when one is made or removed. 0 or
 * ERR_IO (also when the directory does not exist: nothing has made a namespace since boot). */
int addrwatch_open_names(struct addrwatch *a, struct loop *l);

/* Stops. Accepts one that is not open (zeroed). */
void addrwatch_close(struct addrwatch *a, struct loop *l);

#endif
