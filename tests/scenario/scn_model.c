/* SPDX-License-Identifier: Apache-2.0 */
/* Statements about the model. They may stand anywhere: what comes after sees the change. */
#include "scn.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define LIST 32

static void check(const struct scn *s, const struct line *l, int err)
{
    if (err < 0)
        scn_fail(s, l, "the compiler says: %s", err_text(err));
}

static void need(const struct scn *s, const struct line *l, int n)
{
    if (l->n < n)
        scn_fail(s, l, "too few words");
}

/* Words from `at` on that are no options, as prefixes. */
static size_t prefixes(const struct scn *s, const struct line *l, int at, struct prefix *out)
{
    size_t n = 0;
    for (; at < l->n && n < LIST; at++)
        if (strchr(l->word[at], '/') && !strchr(l->word[at], '=') &&
            prefix_parse(l->word[at], &out[n++]) < 0)
            scn_fail(s, l, "'%s' is no prefix", l->word[at]);
    return n;
}

/* Options prefix64=PREFIX and exclude64=PREFIX,... of a VPC or subnet; `exclude` has room for LIST.
 */
static struct dns64_desc dns64_of(const struct scn *s, const struct line *l, struct prefix *exclude)
{
    struct dns64_desc d = {.exclude = exclude};
    const char *prefix = line_option(l, "prefix64"), *at = line_option(l, "exclude64");
    if (prefix && prefix_parse(prefix, &d.prefix) < 0)
        scn_fail(s, l, "'%s' is no prefix", prefix);
    while (at && d.exclude_n < LIST) {
        char word[ADDR_TEXT_MAX];
        size_t len = strcspn(at, ",");
        snprintf(word, sizeof(word), "%.*s", (int)len, at);
        if (prefix_parse(word, &exclude[d.exclude_n++]) < 0)
            scn_fail(s, l, "'%s' is no prefix", word);
        at = at[len] ? at + len + 1 : NULL;
    }
    return d;
}

/* vpc ID CIDR... [prefix64=P] [exclude64=P,...] [region=R] [netns=N] [no-hostnames] [no-support]
 * [no-reverse] */
static void do_vpc(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    struct prefix cidrs[LIST], exclude[LIST];
    const char *region = line_option(l, "region"), *netns = line_option(l, "netns");
    struct vpc_desc d = {
        .id = l->word[1],
        .account = "111122223333",
        .region = region ? region : "us-east-1",
        .cidrs = cidrs,
        .cidrs_n = prefixes(s, l, 2, cidrs),
        .dns_support = !line_has(l, "no-support"),
        .dns_hostnames = !line_has(l, "no-hostnames"),
        .reverse = !line_has(l, "no-reverse"),
        .attach = netns ? ATTACH_NETNS : ATTACH_SHARED,
        .attach_name = netns,
        .dns64 = dns64_of(s, l, exclude),
    };
    check(s, l, compile_vpc(s->compiler, &d));
}

/* subnet ID VPC CIDR... [dns64] [prefix64=P] [exclude64=P,...] */
static void do_subnet(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    struct prefix cidrs[LIST], exclude[LIST];
    struct subnet_desc d = {
        .id = l->word[1],
        .vpc_id = l->word[2],
        .cidrs = cidrs,
        .cidrs_n = prefixes(s, l, 3, cidrs),
        .dns64 = line_has(l, "dns64"),
        .own64 = dns64_of(s, l, exclude),
    };
    check(s, l, compile_subnet(s->compiler, &d));
}

/* Details "ingress udp|tcp|any PREFIX [PORT]" and "egress ..."; none at all means everything. */
static size_t allows(struct scn *s, const struct statement *st, const char *which,
                     struct allow *out)
{
    size_t n = 0;
    for (int i = 0; i < st->n && n < LIST; i++) {
        const struct line *l = &st->detail[i];
        if (strcmp(l->word[0], which) != 0)
            continue;
        struct allow *a = &out[n];
        *a = (struct allow){.port_to = 65535};
        if (l->n < 2 || strcmp(l->word[1], "none") == 0)
            return 0;
        a->protocol = strcmp(l->word[1], "udp") == 0   ? IPPROTO_UDP
                      : strcmp(l->word[1], "tcp") == 0 ? IPPROTO_TCP
                                                       : 0;
        need(s, l, 3);
        if (prefix_parse(l->word[2], &a->peer) < 0)
            scn_fail(s, l, "'%s' is no prefix", l->word[2]);
        if (l->n > 3)
            a->port_from = a->port_to = (uint16_t)scn_number(s, l, l->word[3]);
        n++;
    }
    if (n)
        return n;
    out[0] = out[1] = (struct allow){.port_to = 65535};
    out[0].peer.addr.family = AF_INET;
    out[1].peer.addr.family = AF_INET6;
    return 2;
}

/* endpoint ID VPC inbound|outbound ADDR... [dns64]   ids of addresses: rni-ID-0, rni-ID-1, ... */
static void do_endpoint(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    struct endpoint_address_desc addresses[LIST];
    char ids[LIST][80];
    struct allow ingress[LIST], egress[LIST];
    need(s, l, 4);
    struct endpoint_desc d = {
        .id = l->word[1],
        .vpc_id = l->word[2],
        .direction = strcmp(l->word[3], "inbound") == 0 ? DIRECTION_INBOUND : DIRECTION_OUTBOUND,
        .addresses = addresses,
        .ingress = ingress,
        .ingress_n = allows(s, st, "ingress", ingress),
        .egress = egress,
        .egress_n = allows(s, st, "egress", egress),
        .dns64 = line_has(l, "dns64"),
    };
    for (int i = 4; i < l->n && d.addresses_n < LIST; i++) {
        if (strcmp(l->word[i], "dns64") == 0)
            continue;
        snprintf(ids[d.addresses_n], sizeof(ids[0]), "rni-%.60s-%d", l->word[1], i - 4);
        addresses[d.addresses_n].id = ids[d.addresses_n];
        addresses[d.addresses_n++].addr = scn_addr(s, l, l->word[i]);
    }
    check(s, l, compile_endpoint(s->compiler, &d));
}

/* rule ID forward NAME ENDPOINT TARGET... | rule ID system NAME    [generation=N] */
static void do_rule(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    uint8_t domain[NAME_MAX_WIRE];
    struct sockname targets[LIST];
    need(s, l, 4);
    bool forward = strcmp(l->word[2], "forward") == 0;
    const char *generation = line_option(l, "generation");
    scn_name(s, l, l->word[3], domain);
    name_canon(domain, domain);
    struct rule_desc d = {
        .id = l->word[1],
        .generation = generation ? scn_number(s, l, generation) : s->revision + 1,
        .kind = forward ? RULE_FORWARD : RULE_SYSTEM,
        .domain = domain,
        .endpoint_id = forward ? l->word[4] : NULL,
        .targets = targets,
    };
    for (int i = 5; forward && i < l->n && d.targets_n < LIST; i++)
        if (!strchr(l->word[i], '='))
            targets[d.targets_n++] = scn_sockname(s, l, l->word[i]);
    check(s, l, compile_rule(s->compiler, &d));
}

/* associate RULE VPC... */
static void do_associate(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    for (int i = 2; i < l->n; i++)
        check(s, l, compile_rule_vpc(s->compiler, l->word[1], l->word[i]));
}

/* dissociate RULE VPC... */
static void do_dissociate(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    for (int i = 2; i < l->n; i++)
        check(s, l, compile_rule_vpc_del(s->compiler, l->word[1], l->word[i]));
}

/* profile ID reverse=on|off|local */
static void do_profile(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    const char *reverse = line_option(l, "reverse");
    if (!reverse)
        scn_fail(s, l, "profile ID reverse=on|off|local");
    struct profile_desc d = {.id = l->word[1],
                             .reverse = strcmp(reverse, "on") == 0    ? SETTING_ON
                                        : strcmp(reverse, "off") == 0 ? SETTING_OFF
                                                                      : SETTING_LOCAL};
    check(s, l, compile_profile(s->compiler, &d));
}

/* hold PROFILE rule|zone ID... ; release PROFILE rule|zone ID... */
static void do_hold(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    bool hold = strcmp(l->word[0], "hold") == 0, rule = strcmp(l->word[2], "rule") == 0;
    int (*const deeds[2][2])(struct compiler *, const char *, const char *) = {
        {compile_profile_zone_del, compile_profile_rule_del},
        {compile_profile_zone, compile_profile_rule},
    };
    need(s, l, 4);
    for (int i = 3; i < l->n; i++)
        check(s, l, deeds[hold][rule](s->compiler, l->word[1], l->word[i]));
}

/* profiles VPC none | PROFILE...: all of them, in order of priority */
static void do_profiles(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    bool none = strcmp(l->word[2], "none") == 0;
    check(s, l,
          compile_vpc_profiles(s->compiler, l->word[1], (const char *const *)&l->word[2],
                               none ? 0 : (size_t)l->n - 2));
}

/* The SOA and one NS, as the service makes them. */
static void add_apex(struct scn *s, const struct line *l, const char *zone, const uint8_t *apex)
{
    struct line text = {.number = l->number};
    uint8_t rdata[512];
    snprintf(text.store, sizeof(text.store), "%s", scn_soa);
    for (char *p = strtok(text.store, " "); p; p = strtok(NULL, " "))
        text.word[text.n++] = p;
    uint16_t len = scn_rdata(s, &text, 0, TYPE_SOA, rdata + 2);
    memcpy(rdata, &len, 2);
    struct rrset_desc soa = {.owner = apex,
                             .type = TYPE_SOA,
                             .ttl = 900,
                             .rdata = rdata,
                             .rdata_len = len + 2u,
                             .count = 1};
    check(s, l, compile_rrset(s->compiler, zone, &soa));

    uint8_t ns[64];
    len = (uint16_t)name_parse("ns-1536.awsdns-00.co.uk", ns + 2);
    memcpy(ns, &len, 2);
    struct rrset_desc d = {.owner = apex,
                           .type = TYPE_NS,
                           .ttl = 172800,
                           .rdata = ns,
                           .rdata_len = len + 2u,
                           .count = 1};
    check(s, l, compile_rrset(s->compiler, zone, &d));
}

/* zone ID APEX VPC...   (with SOA and NS, as the service makes them) */
static void do_zone(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    uint8_t apex[NAME_MAX_WIRE];
    need(s, l, 3);
    scn_name(s, l, l->word[2], apex);
    name_canon(apex, apex);
    struct zone_desc d = {.id = l->word[1], .apex = apex};
    check(s, l, compile_zone(s->compiler, &d));
    add_apex(s, l, d.id, apex);
    check(
        s, l,
        compile_zone_vpcs(s->compiler, d.id, (const char *const *)&l->word[3], (size_t)(l->n - 3)));
}

/* How many words of rdata one record of this type has; 0: all that follow. */
static int rdata_words(uint16_t type)
{
    switch (type) {
    case TYPE_MX:
        return 2;
    case TYPE_SRV:
        return 4;
    case TYPE_SOA:
        return 7;
    case TYPE_TXT:
        return 0;
    default:
        return 1;
    }
}

static void set_policy(struct scn *s, const struct line *l, struct rrset_desc *d)
{
    d->set_id = line_option(l, "set");
    if (line_option(l, "weight")) {
        d->policy = POLICY_WEIGHTED;
        d->weight = (uint8_t)scn_number(s, l, line_option(l, "weight"));
    } else if (line_has(l, "multivalue")) {
        d->policy = POLICY_MULTIVALUE;
    } else if (line_option(l, "failover")) {
        d->policy = POLICY_FAILOVER;
        d->secondary = strcmp(line_option(l, "failover"), "secondary") == 0;
    }
}

/* record ZONE OWNER TTL TYPE RDATA... [set=ID weight=N | set=ID multivalue | set=ID
 * failover=primary|secondary] [alias=NAME]; several records of the set follow each other. */
static void do_record(struct scn *s, const struct statement *st)
{
    struct line l = st->head;
    uint8_t owner[NAME_MAX_WIRE], alias[NAME_MAX_WIRE], rdata[16384];
    need(s, &l, 5);
    scn_name(s, &l, l.word[2], owner);
    name_canon(owner, owner);
    struct rrset_desc d = {.owner = owner, .rdata = rdata};
    d.ttl = (uint32_t)scn_number(s, &l, l.word[3]);
    d.type = scn_type(s, &l, l.word[4]);
    set_policy(s, &l, &d);
    if (line_option(&l, "alias")) {
        scn_name(s, &l, line_option(&l, "alias"), alias);
        name_canon(alias, alias);
        d.alias = alias;
    }
    while (strchr(l.word[l.n - 1], '=') || strcmp(l.word[l.n - 1], "multivalue") == 0)
        l.n--;
    int step = rdata_words(d.type);
    for (int at = 5; at < l.n && !d.alias; at = step ? at + step : l.n, d.count++) {
        uint16_t len = scn_rdata(s, &l, at, d.type, rdata + d.rdata_len + 2);
        memcpy(rdata + d.rdata_len, &len, 2);
        d.rdata_len += len + 2u;
    }
    check(s, &st->head, compile_rrset(s->compiler, l.word[1], &d));
}

/* delete vpc|endpoint|rule|zone ID; delete record ZONE OWNER TYPE [set=ID] */
static void do_delete(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    need(s, l, 3);
    const char *what = l->word[1], *id = l->word[2];
    if (strcmp(what, "vpc") == 0) {
        check(s, l, compile_vpc_del(s->compiler, id));
    } else if (strcmp(what, "endpoint") == 0) {
        check(s, l, compile_endpoint_del(s->compiler, id));
    } else if (strcmp(what, "rule") == 0) {
        check(s, l, compile_rule_del(s->compiler, id));
    } else if (strcmp(what, "profile") == 0) {
        check(s, l, compile_profile_del(s->compiler, id));
    } else if (strcmp(what, "zone") == 0) {
        check(s, l, compile_zone_del(s->compiler, id));
    } else if (strcmp(what, "record") == 0) {
        uint8_t owner[NAME_MAX_WIRE];
        need(s, l, 5);
        scn_name(s, l, l->word[3], owner);
        name_canon(owner, owner);
        check(s, l,
              compile_rrset_del(s->compiler, id, owner, scn_type(s, l, l->word[4]),
                                line_option(l, "set")));
    } else {
        scn_fail(s, l, "what is to be deleted?");
    }
}

bool scn_model(struct scn *s, const struct statement *st)
{
    static const struct {
        const char *word;
        void (*run)(struct scn *s, const struct statement *st);
    } rows[] = {
        {"vpc", do_vpc},           {"subnet", do_subnet},       {"endpoint", do_endpoint},
        {"rule", do_rule},         {"associate", do_associate}, {"dissociate", do_dissociate},
        {"zone", do_zone},         {"record", do_record},       {"delete", do_delete},
        {"profile", do_profile},   {"hold", do_hold},           {"release", do_hold},
        {"profiles", do_profiles},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(st->head.word[0], rows[i].word) != 0)
            continue;
        need(s, &st->head, 3);
        rows[i].run(s, st);
        s->dirty = true;
        return true;
    }
    return false;
}

void scn_commit(struct scn *s)
{
    struct line none = {.text = "commit"};
    reader_quiescent(&s->reader);
    if (!s->dirty)
        return;
    check(s, &none, compile_commit(s->compiler, ++s->revision));
    s->dirty = false;
}
