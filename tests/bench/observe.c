/* SPDX-License-Identifier: Apache-2.0 */
#include "observe.h"

#include <stdio.h>
#include <string.h>

#include "dns/message.h"
#include "synth.h"

#define STALE_TTL 30 /* seconds (RFC 8767 4); the upstream's TTL must be another one */

uint64_t observe_question(const uint8_t *wire, size_t len)
{
    struct message m;
    return msg_parse_query(wire, len, &m) == MSG_OK ? synth_hash(m.qname, m.qname_len) : 0;
}

/* True if the question is the one with this hash, and so are all addresses. */
static bool is_synth(struct observe *o, const struct observed *a)
{
    struct message m;
    struct rr_iter it;
    struct rr rr;
    uint8_t want[4];
    if (msg_parse_reply(a->wire, a->len, &m) || !m.qname ||
        synth_hash(m.qname, m.qname_len) != a->hash)
        return false;
    synth_addr(a->hash, want);
    msg_records(&m, &it);
    int more;
    while ((more = rr_next(&it, &rr)) == 1) {
        if (rr.section != SECTION_ANSWER || (rr.type != TYPE_A && rr.type != TYPE_AAAA))
            continue;
        o->stale += rr.ttl == STALE_TTL;
        if (memcmp(a->wire + rr.rdata + rr.rdlen - 4, want, 4) != 0)
            return false;
    }
    return more == 0;
}

bool observe_answer(struct observe *o, const struct observed *a)
{
    unsigned rcode = a->len >= MSG_HEADER ? a->wire[3] & 15u : 15;
    uint64_t slot = a->at / OBSERVE_NS;
    bool right = !o->synth || is_synth(o, a), in_time = a->taken <= o->within;
    o->rcodes[rcode]++;
    o->forged += !right;
    o->in_time += in_time;
    if (a->taken > o->max_ns)
        o->max_ns = a->taken;
    if (slot < OBSERVE_SLOTS) {
        o->answered[slot]++;
        o->failed[slot] += rcode != RCODE_NOERROR;
        o->slow[slot] += !in_time;
    }
    return right;
}

static void print_series(const char *name, const uint32_t *series)
{
    unsigned n = OBSERVE_SLOTS;
    while (n && !series[n - 1])
        n--;
    printf(", \"%s\": [", name);
    for (unsigned i = 0; i < n; i++)
        printf("%s%u", i ? "," : "", series[i]);
    printf("]");
}

void observe_print(const struct observe *o)
{
    printf(", \"max_us\": %.1f, \"servfail\": %llu, \"rcodes\": [", (double)o->max_ns / 1e3,
           (unsigned long long)o->rcodes[RCODE_SERVFAIL]);
    for (unsigned i = 0; i < 16; i++)
        printf("%s%llu", i ? "," : "", (unsigned long long)o->rcodes[i]);
    printf("]");
    if (o->within)
        printf(", \"in_time\": %llu", (unsigned long long)o->in_time);
    if (o->synth)
        printf(", \"forged\": %llu, \"stale\": %llu", (unsigned long long)o->forged,
               (unsigned long long)o->stale);
    if (o->series) {
        print_series("answered_100ms", o->answered);
        print_series("failed_100ms", o->failed);
        print_series("slow_100ms", o->slow);
    }
}
