/* SPDX-License-Identifier: Apache-2.0 */
/* The hop marker: how forwarding loops between our own endpoints are found.
 *
 * A question that an outbound endpoint sends to an inbound endpoint of ours carries an EDNS option
 * with a keyed hash for every endpoint that it came through, of the endpoint and the question.
 * Where it comes to one of them again, it goes in a circle: the answer is SERVFAIL with an extended
 * error that names both ends, and an empty option says so to the endpoints on the way back. Nobody
 * else gets the option, and from nobody else it is believed: it ends with a hash under a secret
 * that the nodes of one store share. Pure; private to src/resolve. */
#ifndef RESOLVE_HOPS_H
#define RESOLVE_HOPS_H

#include "dns/message.h"

#define HOPS_CODE 65353 /* of those for local use (RFC 6891 9) */
#define HOPS_MAX 16     /* endpoints on the way of a question; more is a loop that grows */
#define HOPS_BYTES (1 + HOPS_MAX * 8 + 8)

struct hops {
    unsigned n;
    uint64_t hop[HOPS_MAX];
};

/* The hash of one question (canonical name) at one endpoint. */
uint64_t hops_hash(const uint64_t secret[2], const char *endpoint_id, const uint8_t *name,
                   uint16_t qtype);

/* True if the question came that way before, or there is no room for one more. */
bool hops_full_or_has(const struct hops *h, uint64_t hop);

/* Writes the contents of the option (HOPS_BYTES); returns its length. */
size_t hops_write(const uint64_t secret[2], const struct hops *h, uint8_t *out);

/* Reads the option of a query: ret->n is 0 if there is none that we made. */
void hops_read(const uint64_t secret[2], const struct edns *e, struct hops *ret);

/* True if a reply says that a loop was found; the text of its extended error goes to `text`. */
bool hops_loop(const struct edns *e, char *text, size_t size);

#endif
