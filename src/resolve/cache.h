/* SPDX-License-Identifier: Apache-2.0 */
/* The answer cache: fixed size, set-associative, clean replies in wire form, shared by all workers.
 *
 * A set is a small ring of entries of any size with a directory of tags, guarded by one sequence
 * number. Readers take no lock and write nothing but a "used" mark, and that only when it changes:
 * they copy, then check that the sequence did not move. A writer that finds the set busy gives up:
 * not caching once is cheaper than waiting. Keys are compared exactly, hashes only choose the
 * place. O(1); no allocation after cache_new. Private to src/resolve but for query.h. */
#ifndef RESOLVE_CACHE_H
#define RESOLVE_CACHE_H

#include "resolve/query.h"
#include "resolve/reply.h"

/* What an entry is about; part of the key. */
enum cache_kind {
    CACHE_RULE,          /* an answer by a rule's targets; route is rule->key */
    CACHE_PUBLIC,        /* an answer of public recursion; route is 0 */
    CACHE_RULE_FAILED,   /* a failure of the same, remembered briefly (RFC 9520) */
    CACHE_PUBLIC_FAILED, /* likewise; the reply has no records, ede says why */
};

/* A key. Set with cache_key_name and plain assignment; unused bytes of the last word of name are
 * zero, so that keys compare as words. */
struct cache_key {
    uint64_t route;
    uint16_t qtype, qclass;
    uint8_t kind;     /* enum cache_kind */
    uint8_t name_len; /* bytes */
    uint16_t dns64;   /* 0; or the number of a DNS64 setting: the answer that its clients get */
    _Alignas(8) uint8_t name[256]; /* canonical */
};

/* Puts a name, any case, into a key, canonical and padded. */
void cache_key_name(struct cache_key *k, const uint8_t *name);

/* Bytes of a key that count, a multiple of eight. */
static inline size_t cache_key_size(const struct cache_key *k)
{
    return offsetof(struct cache_key, name) + ((k->name_len + 7u) & ~(size_t)7);
}

/* The hash of a key under the cache's random secret; also used to join equal questions. */
uint64_t cache_hash(const struct cache *c, const struct cache_key *k);

/* What is looked up or stored, and when. */
struct cache_at {
    const struct cache_key *key;
    uint64_t hash; /* chooses the set; a failure goes where the answer would be, warm already */
    uint64_t now;  /* ns */
    unsigned way;  /* what cache_fetch returned, or 0: looked at first */
};

enum cache_result {
    CACHE_MISS,
    CACHE_FRESH, /* TTLs are reduced by the time it lay here */
    CACHE_STALE, /* too old, but usable when nothing better comes (RFC 8767): TTLs are 30 */
};

#define CACHE_STALE_TTL 30 /* seconds, of stale answers (RFC 8767 5) */
#define CACHE_STALE_MAX_S                                                  \
    86400 /* seconds after its end that an answer may be served (RFC 8767) \
           */

/* Begins to fetch the directory of the set that a hash leads to. Any thread. */
void cache_fetch_set(const struct cache *c, uint64_t hash);

/* Begins to fetch the entry that a look-up of this hash would find: its way, good for cache_at. Any
 * thread; the set may change meanwhile. */
unsigned cache_fetch(const struct cache *c, uint64_t hash);

/* Looks a key up. The records are copied to ret->msg + ret->body, which the caller sets, if they
 * fit in `room` bytes; ret->len tells the length of the whole message either way. Any thread. */
enum cache_result cache_get(const struct cache *c, const struct cache_at *at, size_t room,
                            struct reply *ret);

/* Stores a clean reply for reply->ttl seconds. Gives up silently when it is too large or the set is
 * busy. Any thread. */
void cache_put(struct cache *c, const struct cache_at *at, const struct reply *reply);

#endif
