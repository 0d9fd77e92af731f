/* SPDX-License-Identifier: Apache-2.0 */
/* DNS64 (RFC 6147): AAAA records made of A records, for clients whose network carries a NAT64
 * prefix. Private to src/resolve.
 *
 * A question for AAAA goes its usual way. Where the answer has no AAAA record, the A records of the
 * same name are asked for, in the same place, and translated; a miss asks upstream for both at
 * once. Chains are followed before: only the last name of a chain is synthesized, in the view's own
 * route for it (5.1.5). */
#ifndef RESOLVE_SYNTHESIZE_H
#define RESOLVE_SYNTHESIZE_H

#include "resolve/pipeline.h"

#define SYNTHESIZE_TTL 600 /* seconds at most where no SOA says how long AAAA is absent (5.1.7) */

/* The DNS64 setting of the client: its subnet's, or its inbound endpoint's. NULL: it has none. */
const struct dns64 *synthesize_setting(const struct query *q);

/* Decides whether DNS64 acts on the question: sets q->dns64. */
void synthesize_begin(struct query *q);

/* True if AAAA records may have to be made for the question. */
static inline bool synthesize_wanted(const struct query *q)
{
    return q->dns64 && q->msg.qtype == TYPE_AAAA;
}

/* Takes the AAAA records out of a view that count as absent (5.1.4). False: none is left. */
bool synthesize_filter(struct query *q, struct rrset_view *aaaa, unsigned *first);

/* Answers with the translation of a set of A records. `ttl_max` in seconds; `object` is the id of
 * the zone or VPC that has them. Fails the query when its memory is used up. */
void synthesize_set(struct query *q, const struct rrset_view *a, uint32_t ttl_max,
                    const char *object);

/* Answers from the A records of the name in a zone, if it has some. `ttl_max` as above. */
bool synthesize_zone(struct query *q, const struct zone *z, uint32_t ttl_max);

/* Says in the trace which records of a cached answer were made of which A records. Costs a branch
 * when there is no trace. */
void synthesize_trace(struct query *q, const struct reply *reply);

/* AAAA could not be asked for: goes on as if there were none (5.1.2, 5.1.3). The failure is kept in
 * case there is no A record either. `text` lives as long as the query. */
enum step synthesize_without(struct query *q, uint16_t ede, const char *text);

/* Answers a reverse name below the client's prefix with a CNAME to that of the IPv4 address
 * (5.3.1). `labels` is the length of the most specific name that has a route: a zone or rule for
 * the prefix itself goes first. False: it is no such name. */
bool synthesize_ptr(struct query *q, unsigned labels);

#endif
