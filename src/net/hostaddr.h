/* SPDX-License-Identifier: Apache-2.0 */
/* Adding and removing addresses of the host's interfaces (rtnetlink), for --manage-addresses.
 *
 * What we add is marked with a protocol number of our own (IFA_PROTO, Linux 5.18), so that after a
 * crash the next start knows its own addresses from those of the administrator. */
#ifndef NET_HOSTADDR_H
#define NET_HOSTADDR_H

#include <stdbool.h>

#include "base/addr.h"

/* An address and where it belongs. */
struct hostaddr {
    struct addr addr;
    const char *netns;  /* namespace, or NULL: the process's own */
    const char *device; /* interface, or NULL: the one whose subnet holds the address, else lo */
};

/* Adds the address with a full-length prefix. 0: it is there; *ret_ours: we added it, now or in
 * an earlier life. ERR_NOT_FOUND: no such namespace or interface; ERR_IO (errno): no permission.
 * Blocks for the kernel's reply, which it gives at once. Any thread. */
int hostaddr_add(const struct hostaddr *h, bool *ret_ours);

/* Removes an address that hostaddr_add called ours. 0, also when it is gone already; ERR_NOT_FOUND,
 * ERR_IO. Any thread. */
int hostaddr_remove(const struct hostaddr *h);

#endif
