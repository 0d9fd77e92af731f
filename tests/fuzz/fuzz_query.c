/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a query, and any bytes as the reply of a target: no crash, and every answer that
 * comes out is a well-formed message.
 *
 * The first byte says how: bit 0: the rest is a query packet; else it is a reply to a good query.
 * Bit 1: TCP. Bit 2: the reply gets a fitting header and question in front, so that the records are
 * what is fuzzed. Bit 3: the reply goes to public recursion. Bit 4: AAAA is asked, and DNS64 acts.
 * Bit 5: the query comes in at an inbound endpoint, where it may have a hop marker. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "unit/resolve/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture *world(void)
{
    static struct fixture f;
    static bool ready;
    if (!ready)
        fixture_init(&f, 64, 64);
    if (!ready)
        fixture_dns64(&f);
    ready = true;
    return &f;
}

static void check(struct fixture *f, const struct query *q, enum query_state state)
{
    struct message m;
    if (state == QUERY_ANSWER) {
        must(query_len(q) <= sizeof(f->out));
        must(msg_parse_reply(f->out, query_len(q), &m) == 0);
    }
}

/* The reply that the fuzzer wants to give. */
static size_t make_reply(const struct action *a, const uint8_t *data, size_t size, bool fitting,
                         uint8_t *wire)
{
    size_t len = 0;
    if (fitting && size >= 8) {
        struct build b;
        build_begin(&b, wire, LIMIT_MESSAGE, 0, FLAG_QR);
        build_question(&b, a->qname, a->qtype, a->qclass);
        len = build_end(&b);
        wire[3] = data[0] & 0x0f;
        memcpy(wire + 7, data + 1, 1); /* counts of up to 255 records */
        memcpy(wire + 9, data + 2, 1);
        memcpy(wire + 11, data + 3, 1);
        data += 4;
        size -= 4;
    }
    if (size > LIMIT_MESSAGE - len)
        size = LIMIT_MESSAGE - len;
    memcpy(wire + len, data, size);
    return len + size;
}

/* Runs a parked query to its end: each thing asked upstream gets the same reply, then silence. */
static void drive(struct fixture *f, struct query *q, const uint8_t *data, size_t size,
                  bool fitting)
{
    static uint8_t wire[LIMIT_MESSAGE];
    enum query_state state = QUERY_WAIT;
    struct action a;
    while (state == QUERY_WAIT) {
        while (resolver_action(f->resolver, f->now, &a)) {
            size_t len = make_reply(&a, data, size, fitting, wire);
            flight_reply(f->resolver, a.handle, wire, len, f->now);
        }
        struct query *ready = resolver_ready(f->resolver);
        if (ready) {
            must(ready == q);
            state = query_resume(f->resolver, q, f->out, sizeof(f->out), f->now);
        } else {
            f->now = resolver_deadline(f->resolver);
            must(f->now != UINT64_MAX);
            resolver_tick(f->resolver, f->now);
        }
    }
    check(f, q, state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fixture *f = world();
    uint8_t packet[512];
    if (size < 1)
        return 0;
    uint8_t how = data[0];
    size_t len = fixture_packet(how & 8 ? "www.example.com" : "c.example.internal",
                                how & 16 ? TYPE_AAAA : TYPE_A, packet, sizeof(packet));
    struct query *q = query_new(f->resolver);
    struct query_in in = {
        .snapshot = reader_snapshot(&f->reader),
        .listener = how & 32 ? LISTEN_INBOUND : LISTEN_SHARED,
        .slot = 1, /* of the fixture's endpoints the second is the inbound one */
        .source = {{AF_INET, {10, 0, 1, 5}}, 40000},
        .tcp = how & 2,
        .packet = how & 1 ? data + 1 : packet,
        .len = how & 1 ? size - 1 : len,
        .out = f->out,
        .out_size = sizeof(f->out),
        .now = f->now += 86400 * 3 * NS_PER_S, /* what was cached is too old */
    };
    enum query_state state = query_begin(f->resolver, q, &in);
    check(f, q, state);
    if (state == QUERY_WAIT)
        drive(f, q, data + 1, size - 1, how & 4);
    query_free(f->resolver, q);
    return 0;
}
