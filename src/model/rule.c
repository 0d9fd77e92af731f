/* SPDX-License-Identifier: Apache-2.0 */
/* What rules and endpoints allow. */
#include "model/snapshot.h"

bool allow_find(const struct allow *list, unsigned n, const struct addr *peer, uint8_t protocol,
                uint16_t port)
{
    for (unsigned i = 0; i < n; i++) {
        const struct allow *a = &list[i];
        if ((!a->protocol || a->protocol == protocol) && port >= a->port_from &&
            port <= a->port_to && prefix_contains(&a->peer, peer))
            return true;
    }
    return false;
}
