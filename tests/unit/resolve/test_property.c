/* SPDX-License-Identifier: Apache-2.0 */
/* Random designs of VPCs, profiles, rules and zones, changed at random: after each change the
 * resolver must answer as the naive one (naive.h). BRIDGE53_SEED repeats a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "dns/build.h"
#include "model/compile.h"
#include "naive.h"
#include "resolve/query.h"

#define ROUNDS 2500
#define QUERIES 40 /* of a round: 100,000 in all */

struct world {
    struct naive naive;
    struct publisher *publisher;
    struct compiler *compiler;
    struct reader reader;
    struct cache *cache;
    struct metrics metrics;
    struct resolver *resolver;
    struct rnd rnd;
    uint64_t now, revision;
    uint8_t out[LIMIT_UDP_EDNS];
};

static int pick(struct world *w, int n)
{
    return (int)rnd_below(&w->rnd, (uint32_t)n);
}

static const char *id(const char *kind, int n)
{
    static char ids[8][32];
    static unsigned next;
    char *out = ids[next++ % 8];
    snprintf(out, sizeof(ids[0]), "%s-%02d", kind, n);
    return out;
}

/* A name of up to `labels` labels of few letters, so that names meet. */
static void random_name(struct world *w, int labels, uint8_t *out)
{
    char text[64] = "";
    for (int n = pick(w, labels + 1); n > 0; n--)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%c.", 'a' + pick(w, 3));
    name_parse(*text ? text : ".", out);
}

/* --- changes, to both --- */

static void change_vpc(struct world *w)
{
    int v = pick(w, VPCS);
    struct prefix cidr = {.addr = {AF_INET, {10, (uint8_t)v}}, .bits = 16};
    w->naive.vpcs[v].private = pick(w, 8) > 0;
    struct vpc_desc d = {.id = id("vpc", v),
                         .account = "111122223333",
                         .region = "us-east-1",
                         .cidrs = &cidr,
                         .cidrs_n = 1,
                         .dns_support = true,
                         .dns_hostnames = w->naive.vpcs[v].private};
    must(!compile_vpc(w->compiler, &d));
}

static void change_vpc_profiles(struct world *w)
{
    int v = pick(w, VPCS);
    struct naive_vpc *vpc = &w->naive.vpcs[v];
    const char *ids[PROFILES];
    vpc->profiles_n = 0;
    for (int p = pick(w, PROFILES), n = pick(w, PROFILES + 1); n > 0; n--, p = (p + 1) % PROFILES)
        vpc->profiles[vpc->profiles_n++] = p;
    for (int i = 0; i < vpc->profiles_n; i++)
        ids[i] = id("rp", vpc->profiles[i]);
    must(!compile_vpc_profiles(w->compiler, id("vpc", v), ids, (size_t)vpc->profiles_n));
}

static void change_profile(struct world *w)
{
    int p = pick(w, PROFILES);
    struct profile_desc d = {.id = id("rp", p), .reverse = (enum setting)pick(w, 3)};
    bool there = pick(w, 6) > 0;
    if (there)
        must(!compile_profile(w->compiler, &d));
    else if (w->naive.profile[p])
        must(!compile_profile_del(w->compiler, d.id));
    w->naive.profile[p] = there;
}

static void change_rule(struct world *w)
{
    int r = pick(w, RULES);
    struct naive_rule *rule = &w->naive.rules[r];
    struct sockname target = {{AF_INET, {192, 0, 2, (uint8_t)r}}, 53};
    if (rule->there && pick(w, 3) == 0) {
        must(!compile_rule_del(w->compiler, id("rr", r)));
        rule->there = false;
        return;
    }
    rule->there = true;
    rule->system = pick(w, 4) == 0;
    random_name(w, 3, rule->domain);
    struct rule_desc d = {.id = id("rr", r),
                          .generation = ++w->revision,
                          .kind = rule->system ? RULE_SYSTEM : RULE_FORWARD,
                          .domain = rule->domain,
                          .endpoint_id = rule->system ? NULL : "out-1",
                          .targets = &target,
                          .targets_n = rule->system ? 0 : 1};
    must(!compile_rule(w->compiler, &d));
}

static void change_rule_members(struct world *w)
{
    int r = pick(w, RULES), v = pick(w, VPCS), p = pick(w, PROFILES);
    struct naive_rule *rule = &w->naive.rules[r];
    if (pick(w, 2)) {
        rule->vpc[v] = !rule->vpc[v];
        must(!(rule->vpc[v] ? compile_rule_vpc : compile_rule_vpc_del)(w->compiler, id("rr", r),
                                                                       id("vpc", v)));
    } else {
        rule->profile[p] = !rule->profile[p];
        must(!(rule->profile[p] ? compile_profile_rule
                                : compile_profile_rule_del)(w->compiler, id("rp", p), id("rr", r)));
    }
}

static void change_zone(struct world *w)
{
    int z = pick(w, ZONES);
    struct naive_zone *zone = &w->naive.zones[z];
    if (zone->there) { /* takes records and memberships with it */
        must(!compile_zone_del(w->compiler, id("Z", z)));
        memset(zone, 0, sizeof(*zone));
        return;
    }
    zone->there = true;
    random_name(w, 3, zone->apex);
    struct zone_desc d = {id("Z", z), zone->apex};
    must(!compile_zone(w->compiler, &d));
}

static void change_zone_members(struct world *w)
{
    int z = pick(w, ZONES), p = pick(w, PROFILES);
    struct naive_zone *zone = &w->naive.zones[z];
    const char *vpcs[VPCS];
    size_t n = 0;
    if (!zone->there)
        return;
    if (pick(w, 2)) {
        zone->profile[p] = !zone->profile[p];
        must(!(zone->profile[p] ? compile_profile_zone
                                : compile_profile_zone_del)(w->compiler, id("rp", p), id("Z", z)));
        return;
    }
    zone->vpc[pick(w, VPCS)] ^= true;
    for (int v = 0; v < VPCS; v++)
        if (zone->vpc[v])
            vpcs[n++] = strdup(id("vpc", v));
    must(!compile_zone_vpcs(w->compiler, id("Z", z), vpcs, n));
    while (n)
        free((char *)vpcs[--n]);
}

/* The address at a record says where it comes from. */
static void change_record(struct world *w)
{
    int z = pick(w, ZONES), i = pick(w, RECORDS);
    struct naive_zone *zone = &w->naive.zones[z];
    uint8_t rdata[6] = {4, 0, 198, 51, (uint8_t)z, (uint8_t)i};
    uint8_t name[NAME_MAX_WIRE], below[NAME_MAX_WIRE];
    if (!zone->there)
        return;
    if (zone->has[i]) {
        must(!compile_rrset_del(w->compiler, id("Z", z), zone->name[i], TYPE_A, NULL));
        zone->has[i] = false;
        return;
    }
    random_name(w, 2, below);
    must(name_concat(below, name_labels(below), zone->apex, name) > 0);
    for (int k = 0; k < RECORDS; k++)
        if (zone->has[k] && name_equal(zone->name[k], name))
            return;
    name_copy(zone->name[i], name);
    struct rrset_desc d = {
        .owner = name, .type = TYPE_A, .ttl = 60, .rdata = rdata, .rdata_len = 6, .count = 1};
    must(!compile_rrset(w->compiler, id("Z", z), &d));
    zone->has[i] = true;
}

static void change(struct world *w)
{
    void (*const changes[])(struct world *) = {
        change_vpc,          change_vpc_profiles, change_profile,      change_rule,
        change_rule_members, change_zone,         change_zone_members, change_record,
        change_record,       change_rule_members, change_zone_members};
    changes[pick(w, sizeof(changes) / sizeof(changes[0]))](w);
}

/* --- asking both --- */

/* The target answers with its own address, not to be cached. */
static void answer_try(struct world *w, const struct action *a)
{
    uint8_t wire[512];
    struct build b;
    must(a->kind == ACTION_SEND);
    build_begin(&b, wire, sizeof(wire), 0, FLAG_QR | FLAG_RA);
    build_question(&b, a->qname, a->qtype, CLASS_IN);
    build_rr(&b, SECTION_ANSWER, a->qname, TYPE_A, CLASS_IN, 0, a->target.addr.b, 4);
    must(flight_reply(w->resolver, a->handle, wire, build_end(&b), w->now));
}

/* Asks; the address in the answer, or family 0. */
static struct addr ask(struct world *w, int vpc, const uint8_t *name, unsigned *ret_rcode)
{
    uint8_t packet[512];
    int len = build_query(packet, sizeof(packet), 1, FLAG_RD, name, TYPE_A, CLASS_IN, 0, false);
    struct query *q = query_new(w->resolver);
    struct action a;
    struct query_in in = {
        .snapshot = reader_snapshot(&w->reader),
        .listener = LISTEN_SHARED,
        .source = {{AF_INET, {10, (uint8_t)vpc, 0, 9}}, 40000},
        .packet = packet,
        .len = (size_t)len,
        .out = w->out,
        .out_size = sizeof(w->out),
        .now = w->now,
    };
    enum query_state state = query_begin(w->resolver, q, &in);
    if (state == QUERY_WAIT) {
        must(resolver_action(w->resolver, w->now, &a));
        answer_try(w, &a);
        must(resolver_ready(w->resolver) == q);
        state = query_resume(w->resolver, q, w->out, sizeof(w->out), w->now);
    }
    must(state == QUERY_ANSWER);
    struct message m;
    struct rr_iter it;
    struct rr rr;
    struct addr found = {0};
    must(msg_parse_reply(w->out, query_len(q), &m) == 0);
    query_free(w->resolver, q);
    *ret_rcode = msg_rcode(m.flags);
    msg_records(&m, &it);
    if (rr_next(&it, &rr) == 1 && rr.section == SECTION_ANSWER) {
        found.family = AF_INET;
        memcpy(found.b, m.wire + rr.rdata, 4);
    }
    return found;
}

static struct addr expected(const struct naive *n, int vpc, const uint8_t *name, bool *ret_public)
{
    struct addr none = {0};
    int which = 0;
    *ret_public = false;
    switch (naive_route(n, vpc, name, &which)) {
    case NAIVE_PUBLIC:
        *ret_public = true;
        break;
    case NAIVE_RULE:
        return (struct addr){AF_INET, {192, 0, 2, (uint8_t)which}};
    case NAIVE_ZONE:
        for (int i = 0; i < RECORDS; i++)
            if (n->zones[which].has[i] && name_equal(n->zones[which].name[i], name))
                return (struct addr){AF_INET, {198, 51, (uint8_t)which, (uint8_t)i}};
        break;
    }
    return none;
}

static void compare(struct world *w)
{
    uint8_t name[NAME_MAX_WIRE];
    char text[NAME_MAX_TEXT], got[ADDR_TEXT_MAX], want[ADDR_TEXT_MAX];
    int vpc = pick(w, VPCS);
    unsigned rcode;
    bool public;
    random_name(w, 4, name);
    struct addr e = expected(&w->naive, vpc, name, &public);
    struct addr a = ask(w, vpc, name, &rcode);
    if (memcmp(&a, &e, sizeof(a)) == 0 && public == (rcode == RCODE_REFUSED))
        return;
    name_format(name, text, sizeof(text));
    fail_msg("revision %llu, vpc-%02d, %s: found %s (rcode %u), expected %s%s",
             (unsigned long long)w->revision, vpc, text, addr_format(&a, got, sizeof(got)), rcode,
             addr_format(&e, want, sizeof(want)), public ? " (public)" : "");
}

static void world_init(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    w->now = 1000 * NS_PER_S;
    rnd_init_seed(&w->rnd, seed);
    w->publisher = publisher_new();
    w->compiler = compiler_new(w->publisher);
    w->cache = cache_new(1 << 20);
    must(!reader_add(w->publisher, &w->reader));
    struct resolver_config config = {.cache = w->cache,
                                     .metrics = &w->metrics,
                                     .rnd = &w->rnd,
                                     .queries_max = 16,
                                     .flights_max = 16,
                                     .recursion_off = true};
    w->resolver = resolver_new(&config);
    struct endpoint_address_desc address = {"rni-1", {AF_INET, {10, 0, 0, 20}}};
    struct allow all = {.peer.addr.family = AF_INET, .port_to = 65535};
    struct endpoint_desc endpoint = {.id = "out-1",
                                     .vpc_id = "vpc-00",
                                     .direction = DIRECTION_OUTBOUND,
                                     .addresses = &address,
                                     .addresses_n = 1,
                                     .egress = &all,
                                     .egress_n = 1};
    must(!compile_endpoint(w->compiler, &endpoint));
    for (int v = 0; v < VPCS; v++)
        for (int i = 0; i < 40; i++)
            change_vpc(w); /* every VPC is there, most likely; the others refuse */
}

static void test_designs(void **state)
{
    static struct world w;
    const char *given = getenv("BRIDGE53_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 53;
    (void)state;
    world_init(&w, seed);
    for (int round = 0; round < ROUNDS; round++) {
        for (int n = 1 + pick(&w, 8); n > 0; n--)
            change(&w);
        must(!compile_commit(w.compiler, ++w.revision));
        reader_quiescent(&w.reader);
        for (int i = 0; i < QUERIES; i++)
            compare(&w);
    }
    print_message("seed %llu: %d questions, no difference\n", (unsigned long long)seed,
                  ROUNDS * QUERIES);
    resolver_free(w.resolver);
    cache_free(w.cache);
    reader_remove(&w.reader);
    compiler_free(w.compiler);
    publisher_free(w.publisher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_designs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
