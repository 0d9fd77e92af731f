/* SPDX-License-Identifier: Apache-2.0 */
/* Distrust of replies. Private to src/resolve. */
#ifndef RESOLVE_ACCEPT_H
#define RESOLVE_ACCEPT_H

#include "resolve/cache.h"
#include "resolve/reply.h"

enum accept {
    ACCEPT_GOOD,      /* final: NOERROR or NXDOMAIN; *ret is filled */
    ACCEPT_FOREIGN,   /* malformed, or the answer to another question: not for us */
    ACCEPT_USELESS,   /* SERVFAIL, REFUSED and the like: ask somebody else; ret->rcode says which */
    ACCEPT_TRUNCATED, /* ask again over TCP */
    ACCEPT_NO_EDNS,   /* it does not understand EDNS: ask again without (RFC 6891 7) */
};

/* Judges the reply to the question in `key` and keeps of it only the chain that begins at the name
 * asked, with canonical types, the records at its end, and the SOA of a denial; nothing that was
 * not asked for. `edns`: the question had an OPT record. ret->msg is a buffer of LIMIT_MESSAGE
 * bytes of the caller. */
enum accept accept_reply(const struct cache_key *key, const uint8_t *wire, size_t len, bool edns,
                         struct reply *ret);

#endif
