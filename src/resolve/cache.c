/* SPDX-License-Identifier: Apache-2.0 */
/* The answer cache; see cache.h.
 *
 * Memory order. A writer makes the set's sequence odd, stores words with release, and makes it even
 * with release. A reader loads the sequence, loads words with acquire, and loads the sequence
 * again: if it saw a word of a later write, it also sees that the sequence moved on. On x86 these
 * are plain moves, and unlike fences ThreadSanitizer understands them. */
#include "resolve/cache.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"

/* An odd number of cache lines: headers a power of two apart would compete for a few places in the
 * processor's caches. */
#define SET_BYTES (127 * 64)
#define LARGE_PAGE (2u << 20)
#define SET_WAYS 48              /* entries of a set at most */
#define TAG_WORDS (SET_WAYS / 4) /* four 16-bit tags a word */
#define SET_HEADER (16 + TAG_WORDS * 16 + SET_WAYS * 2 + 2 + 6)
#define SET_WORDS ((SET_BYTES - SET_HEADER) / 8)
#define ENTRY_HEADER 3    /* words: struct entry */
#define ENTRY_RECORDS 384 /* records of an answer that is cached */
#define KEY_WORDS (sizeof(struct cache_key) / 8)
#define FETCH_WORDS 24 /* of an entry that are fetched ahead: most are no longer */
#define READ_TRIES 64  /* a writer needs less than a microsecond; then it is a miss */

typedef _Atomic uint64_t word;

struct set {
    word seq;  /* odd while a writer is in the set */
    word used; /* a bit for each way: read since it was stored */
    word tags[TAG_WORDS];
    word places[TAG_WORDS];   /* 16 bits for each way: first word of the entry */
    uint16_t sizes[SET_WAYS]; /* words of the entry; writers only; 0: the way is free */
    uint16_t head;            /* where the next entry goes; writers only */
    uint16_t pad[3];
    word data[SET_WORDS];
};

_Static_assert(sizeof(struct set) == SET_BYTES, "a set is a whole number of cache lines");
_Static_assert(sizeof(struct cache_key) % 8 == 0, "keys are compared as words");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "lanes of a word are an array's elements");

struct cache {
    uint64_t secret[2];
    uint64_t mask;    /* sets - 1 */
    struct set *sets; /* at a cache line */
    void *memory;
    size_t bytes; /* of memory */
};

/* The fixed part of an entry, as it is packed into its first words. */
struct entry {
    uint64_t stored; /* ns */
    uint32_t ttl;    /* s */
    uint16_t len;    /* bytes of records */
    uint16_t records;
    uint16_t answers, authorities, ede;
    uint8_t rcode;
    uint8_t dangling;
};

_Static_assert(sizeof(struct entry) == 24, "packed without holes");

static inline uint64_t load(const word *w)
{
    return atomic_load_explicit(w, memory_order_acquire);
}

static inline void store(word *w, uint64_t v)
{
    atomic_store_explicit(w, v, memory_order_release);
}

struct cache *cache_new(size_t bytes)
{
    uint64_t sets = 1;
    while (sets * 2 * SET_BYTES <= bytes)
        sets *= 2;
    struct cache *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->mask = sets - 1;
    /* Large pages, where the system has them: sets are visited at random, and most of the price of
     * that would be the tables of small pages. Memory is not touched before use. */
    c->bytes = sets * SET_BYTES + LARGE_PAGE;
    c->memory = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (c->memory == MAP_FAILED) {
        free(c);
        return NULL;
    }
    c->sets =
        (struct set *)(((uintptr_t)c->memory + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1));
    madvise(c->sets, sets * SET_BYTES, MADV_HUGEPAGE);
    struct rnd rnd;
    rnd_init(&rnd);
    rnd_bytes(&rnd, c->secret, sizeof(c->secret));
    return c;
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    munmap(c->memory, c->bytes);
    free(c);
}

void cache_key_name(struct cache_key *k, const uint8_t *name)
{
    size_t len = name_canon(k->name, name);
    memset(k->name + len, 0, -len & 7);
    k->name_len = (uint8_t)len;
}

uint64_t cache_hash(const struct cache *c, const struct cache_key *k)
{
    return hash_sip(c->secret, k, cache_key_size(k));
}

static struct set *set_of(const struct cache *c, uint64_t hash)
{
    return &c->sets[hash & c->mask];
}

/* A tag is never 0, the mark of a free way. */
static uint64_t tag_of(uint64_t hash)
{
    return (hash >> 48) | 1;
}

static uint64_t lane_get(const word *words, unsigned way)
{
    return load(&words[way / 4]) >> (way % 4 * 16) & 0xffff;
}

static void lane_set(word *words, unsigned way, uint64_t v)
{
    unsigned shift = way % 4 * 16;
    uint64_t old = load(&words[way / 4]);
    store(&words[way / 4], (old & ~(0xffffull << shift)) | v << shift);
}

static bool key_equal(const struct set *s, unsigned at, const struct cache_key *k)
{
    size_t n = cache_key_size(k) / 8;
    if (at + ENTRY_HEADER + n > SET_WORDS)
        return false;
    const uint64_t *key = (const uint64_t *)(const void *)k;
    for (size_t i = 0; i < n; i++)
        if (load(&s->data[at + ENTRY_HEADER + i]) != key[i])
            return false;
    return true;
}

/* Marks the lanes of a word of tags that may be equal to `tag`, all that are among them: a lane of
 * `x` is zero where the tag is equal, and the borrow may mark more. */
static inline uint64_t lanes_like(uint64_t tags, uint64_t tag)
{
    const uint64_t ones = 0x0001000100010001ull;
    uint64_t x = tags ^ tag * ones;
    return (x - ones) & ~x & ones << 15;
}

/* The way that lanes_like's first mark in word `i` stands for. */
static inline unsigned way_marked(uint64_t lanes, unsigned i)
{
    return i * 4 + (unsigned)__builtin_ctzll(lanes) / 16;
}

/* The way that holds the key, or SET_WAYS. Compares four tags at a time, then each that may be
 * equal. */
static unsigned set_find(const struct set *s, uint64_t tag, const struct cache_key *k,
                         unsigned likely)
{
    if (lane_get(s->tags, likely) == tag && key_equal(s, (unsigned)lane_get(s->places, likely), k))
        return likely;
    for (unsigned i = 0; i < TAG_WORDS; i++) {
        uint64_t tags = load(&s->tags[i]);
        for (uint64_t hits = lanes_like(tags, tag); hits; hits &= hits - 1) {
            unsigned way = way_marked(hits, i);
            if ((tags >> way % 4 * 16 & 0xffff) == tag &&
                key_equal(s, (unsigned)lane_get(s->places, way), k))
                return way;
        }
    }
    return SET_WAYS;
}

/* Copies `bytes` bytes that begin at word `at`. The last word may be used in part. */
static void words_copy(uint8_t *out, const word *at, size_t bytes)
{
    for (; bytes >= 8; bytes -= 8, out += 8, at++) {
        uint64_t v = load(at);
        memcpy(out, &v, 8);
    }
    if (bytes) {
        uint64_t v = load(at);
        memcpy(out, &v, bytes);
    }
}

static void words_fill(word *at, const uint8_t *in, size_t bytes)
{
    for (; bytes; at++) {
        size_t n = bytes < 8 ? bytes : 8;
        uint64_t v = 0;
        memcpy(&v, in, n);
        store(at, v);
        in += n;
        bytes -= n;
    }
}

static size_t words_of(size_t bytes)
{
    return (bytes + 7) / 8;
}

/* What a reader took out of a set, before it knows whether it is whole. */
struct taken {
    struct entry e;
    uint16_t offsets[ENTRY_RECORDS]; /* of TTLs, from the first record on */
    unsigned way;
};

/* Copies an entry. False: torn, or not there. */
static bool set_take(const struct set *s, const struct cache_at *at, size_t room, uint8_t *body,
                     struct taken *t)
{
    t->way = set_find(s, tag_of(at->hash), at->key, at->way);
    if (t->way == SET_WAYS)
        return false;
    unsigned place = (unsigned)lane_get(s->places, t->way);
    if (place + ENTRY_HEADER > SET_WORDS)
        return false;
    words_copy((uint8_t *)&t->e, &s->data[place], sizeof(t->e));
    size_t from = place + ENTRY_HEADER + cache_key_size(at->key) / 8;
    size_t offsets = from + words_of(t->e.len);
    if (t->e.records > ENTRY_RECORDS || offsets + words_of((size_t)t->e.records * 2) > SET_WORDS)
        return false;
    if (t->e.len <= room) {
        words_copy(body, &s->data[from], t->e.len);
        words_copy((uint8_t *)t->offsets, &s->data[offsets], (size_t)t->e.records * 2);
    }
    return true;
}

static void ttl_patch(uint8_t *body, const struct taken *t, uint64_t age, bool stale)
{
    for (unsigned i = 0; i < t->e.records; i++) {
        uint8_t *p = body + t->offsets[i];
        uint32_t ttl = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        ttl = stale ? CACHE_STALE_TTL : ttl > age ? ttl - (uint32_t)age : 0;
        p[0] = (uint8_t)(ttl >> 24);
        p[1] = (uint8_t)(ttl >> 16);
        p[2] = (uint8_t)(ttl >> 8);
        p[3] = (uint8_t)ttl;
    }
}

/* Turns a whole entry into a reply, or a miss if it is too old even for stale service. */
static enum cache_result entry_finish(const struct taken *t, uint64_t now, size_t room,
                                      struct reply *ret)
{
    uint64_t age = now > t->e.stored ? (now - t->e.stored) / NS_PER_S : 0;
    bool stale = age >= t->e.ttl;
    if (age >= (uint64_t)t->e.ttl + CACHE_STALE_MAX_S)
        return CACHE_MISS;
    if (t->e.len <= room)
        ttl_patch(ret->msg + ret->body, t, age, stale);
    ret->len = ret->body + t->e.len;
    ret->ttl = stale ? CACHE_STALE_TTL : (uint32_t)(t->e.ttl - age);
    ret->answers = t->e.answers;
    ret->authorities = t->e.authorities;
    ret->rcode = t->e.rcode;
    ret->dangling = t->e.dangling;
    ret->ede = t->e.ede;
    return stale ? CACHE_STALE : CACHE_FRESH;
}

void cache_fetch_set(const struct cache *c, uint64_t hash)
{
    const char *s = (const char *)set_of(c, hash);
    for (size_t line = 0; line < offsetof(struct set, sizes); line += 64) /* what readers need */
        __builtin_prefetch(s + line);
}

unsigned cache_fetch(const struct cache *c, uint64_t hash)
{
    const struct set *s = set_of(c, hash);
    for (unsigned i = 0; i < TAG_WORDS; i++) {
        uint64_t hits = lanes_like(load(&s->tags[i]), tag_of(hash));
        if (!hits)
            continue;
        unsigned way = way_marked(hits, i);
        unsigned place = (unsigned)lane_get(s->places, way);
        for (unsigned w = 0; w < FETCH_WORDS && place + w < SET_WORDS; w += 8)
            __builtin_prefetch((const void *)&s->data[place + w]);
        return way;
    }
    return 0;
}

enum cache_result cache_get(const struct cache *c, const struct cache_at *at, size_t room,
                            struct reply *ret)
{
    struct set *s = set_of(c, at->hash);
    for (int i = 0; i < READ_TRIES; i++) {
        uint64_t seq = load(&s->seq);
        if (seq & 1)
            continue;
        struct taken t;
        bool there = set_take(s, at, room, ret->msg + ret->body, &t);
        if (atomic_load_explicit(&s->seq, memory_order_relaxed) != seq)
            continue;
        if (!there)
            return CACHE_MISS;
        uint64_t used = atomic_load_explicit(&s->used, memory_order_relaxed);
        if (!(used >> t.way & 1)) /* two readers may lose one mark: it only delays eviction */
            atomic_store_explicit(&s->used, used | 1ull << t.way, memory_order_relaxed);
        return entry_finish(&t, at->now, room, ret);
    }
    return CACHE_MISS;
}

/* --- writing
 * ------------------------------------------------------------------------------------------ */

static void way_clear(struct set *s, unsigned way)
{
    lane_set(s->tags, way, 0);
    s->sizes[way] = 0;
}

/* The places of all entries. Writers walk them: as an array the compiler looks at many at once. */
static void places_get(const struct set *s, uint16_t ret[SET_WAYS])
{
    for (unsigned i = 0; i < TAG_WORDS; i++) {
        uint64_t four = load(&s->places[i]);
        memcpy(ret + i * 4, &four, sizeof(four));
    }
}

/* The ways, a bit for each, whose entries overlap the words [from, from + n). */
static uint64_t ways_overlapping(const struct set *s, const uint16_t places[SET_WAYS],
                                 unsigned from, unsigned n)
{
    uint8_t hit[SET_WAYS];
    uint16_t begin = (uint16_t)from, end = (uint16_t)(from + n);
    for (unsigned way = 0; way < SET_WAYS; way++)
        hit[way] = (uint8_t)((s->sizes[way] != 0) & (places[way] < end) &
                             (begin < (uint16_t)(places[way] + s->sizes[way])));
    uint64_t ways = 0;
    for (unsigned i = 0; i < SET_WAYS; i += 8) {
        uint64_t eight;
        memcpy(&eight, hit + i, sizeof(eight));
        ways |= (eight * 0x0102040810204080ull >> 56)
                << i; /* the low bits of eight bytes, joined */
    }
    return ways;
}

/* A free way; when all are taken, that of the entry that the ring would overwrite next. Distances
 * from the head are counted from 1, 0 is a free way; the way itself is below them. */
static unsigned way_free(struct set *s, const uint16_t places[SET_WAYS], unsigned from)
{
    _Static_assert(SET_WORDS < 1024 && SET_WAYS <= 64, "a distance and a way fit 16 bits");
    uint16_t best = UINT16_MAX;
    for (unsigned way = 0; way < SET_WAYS; way++) {
        unsigned back = places[way] < from ? SET_WORDS : 0;
        unsigned distance = s->sizes[way] ? places[way] + back - from + 1 : 0;
        uint16_t rank = (uint16_t)(distance << 6 | way);
        best = rank < best ? rank : best;
    }
    if (best >> 6)
        way_clear(s, best & 63);
    return best & 63;
}

/* Makes room for `n` words: the oldest entries go, but one that was read since it was stored, or
 * since the ring came by last, is passed over once. */
static unsigned ring_place(struct set *s, const uint16_t places[SET_WAYS], unsigned n)
{
    unsigned from = s->head;
    uint64_t ways;
    for (unsigned i = 0;; i++) {
        if (from + n > SET_WORDS)
            from = 0;
        ways = ways_overlapping(s, places, from, n);
        uint64_t used = atomic_load_explicit(&s->used, memory_order_relaxed);
        if (!(ways & used) || i == SET_WAYS)
            break;
        unsigned way = (unsigned)__builtin_ctzll(ways & used);
        atomic_store_explicit(&s->used, used & ~(1ull << way), memory_order_relaxed);
        from = (unsigned)places[way] + s->sizes[way];
    }
    for (; ways; ways &= ways - 1)
        way_clear(s, (unsigned)__builtin_ctzll(ways));
    s->head = (uint16_t)(from + n);
    return from;
}

/* Collects the offsets of all TTLs, counted from the first record; -1: too many. */
static int reply_offsets(const struct reply *reply, uint16_t offsets[ENTRY_RECORDS])
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    int n = 0;
    reply_message(reply, &m);
    msg_records(&m, &it);
    while (rr_next(&it, &rr) == 1) {
        if (n == ENTRY_RECORDS)
            return -1;
        offsets[n++] = (uint16_t)(reply_ttl_at(&rr) - reply->body);
    }
    return n;
}

/* Where the entry goes: over the old one of the same key if it fits there. */
static unsigned set_place(struct set *s, uint64_t tag, const struct cache_key *k, unsigned n)
{
    unsigned way = set_find(s, tag, k, 0);
    if (way != SET_WAYS && s->sizes[way] >= n)
        return (unsigned)lane_get(s->places, way);
    if (way != SET_WAYS)
        way_clear(s, way);
    uint16_t places[SET_WAYS];
    places_get(s, places);
    unsigned at = ring_place(s, places, n);
    way = way_free(s, places, s->head);
    lane_set(s->places, way, at);
    lane_set(s->tags, way, tag);
    s->sizes[way] = (uint16_t)n;
    uint64_t used = atomic_load_explicit(&s->used, memory_order_relaxed);
    atomic_store_explicit(&s->used, used & ~(1ull << way), memory_order_relaxed);
    return at;
}

void cache_put(struct cache *c, const struct cache_at *at, const struct reply *reply)
{
    uint16_t offsets[ENTRY_RECORDS];
    int records = reply_offsets(reply, offsets);
    size_t len = reply->len - reply->body;
    if (records < 0 || len > LIMIT_CACHE_ANSWER || !reply->ttl)
        return;
    struct entry e = {
        .stored = at->now,
        .ttl = reply->ttl < LIMIT_CACHE_TTL_S ? reply->ttl : LIMIT_CACHE_TTL_S,
        .len = (uint16_t)len,
        .records = (uint16_t)records,
        .answers = reply->answers,
        .authorities = reply->authorities,
        .ede = reply->ede,
        .rcode = reply->rcode,
        .dangling = reply->dangling,
    };
    size_t key = cache_key_size(at->key) / 8;
    size_t n = ENTRY_HEADER + key + words_of(len) + words_of((size_t)records * 2);

    struct set *s = set_of(c, at->hash);
    uint64_t seq = atomic_load_explicit(&s->seq, memory_order_relaxed);
    if (seq & 1 || !atomic_compare_exchange_strong_explicit(
                       &s->seq, &seq, seq + 1, memory_order_acquire, memory_order_relaxed))
        return;
    word *to = &s->data[set_place(s, tag_of(at->hash), at->key, (unsigned)n)];
    words_fill(to, (const uint8_t *)&e, sizeof(e));
    to += ENTRY_HEADER;
    words_fill(to, (const uint8_t *)at->key, key * 8);
    to += key;
    words_fill(to, reply->msg + reply->body, len);
    words_fill(to + words_of(len), (const uint8_t *)offsets, (size_t)records * 2);
    store(&s->seq, seq + 2);
}
