/* SPDX-License-Identifier: Apache-2.0 */
/* See design_fixture.h. */
#include "design_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/record.h"
#include "control/zone_name.h"

OP(b53_check)

/* --- making designs --- */

struct put {
    const struct kind *kind;
    const char *id;
    void *object;
};

static int op_put(struct ctl *c, const void *in, void *out)
{
    const struct put *p = in;

    (void)out;
    return ctl_put(c, p->kind, p->id, p->object);
}

void design_put(struct fixture *f, const struct kind *kind, const char *id, void *object)
{
    const struct put p = {kind, id, object};
    char out;

    assert_int_equal(fixture_run(f, op_put, &p, &out, sizeof out), 0);
}

#define TAGS_MAX 3

/* Tags from "key=value" words; NULL ends. */
static size_t tags_make(struct obj_tag *tags, const char *const *words)
{
    static char text[TAGS_MAX][2][200];
    size_t n = 0;

    for (; words[n]; n++) {
        assert_true(n < TAGS_MAX);
        sscanf(words[n], "%199[^=]=%199[^\n]", text[n][0], text[n][1]);
        tags[n] = (struct obj_tag){text[n][0], text[n][1]};
    }
    return n;
}

void design_vpc(struct fixture *f, const char *id, const char *cidr, const char *switches,
                const char *const *tag_words)
{
    struct obj_tag tags[TAGS_MAX];
    struct obj_cidr_association v4 = {"vpc-cidr-assoc-1", cidr, "associated"};
    struct obj_vpc v = {
        .id = id,
        .cidr_blocks = &v4,
        .cidr_blocks_n = 1,
        .enable_dns_support = strcmp(switches, "no-support") ? TRI_TRUE : TRI_FALSE,
        .enable_dns_hostnames = strcmp(switches, "no-hostnames") ? TRI_TRUE : TRI_FALSE,
        .tags = tags,
        .tags_n = tags_make(tags, tag_words),
    };

    design_put(f, &kind_vpc, id, &v);
}

void design_subnet64(struct fixture *f, bool on, const char *const *tag_words)
{
    struct obj_tag tags[TAGS_MAX];
    struct obj_cidr_association v6 = {"subnet-cidr-assoc-1", "fd00:1:0:1::/64", "associated"};
    struct obj_subnet s = {
        .id = SUBNET,
        .vpc_id = VPC,
        .cidr_block = "10.1.1.0/24",
        .ipv6_cidr_blocks = &v6,
        .ipv6_cidr_blocks_n = 1,
        .enable_dns64 = on ? TRI_TRUE : TRI_FALSE,
        .tags = tags,
        .tags_n = tags_make(tags, tag_words),
    };

    design_put(f, &kind_subnet, SUBNET, &s);
}

void design_group(struct fixture *f, const char *id, const char *protocol, int port,
                  const char *cidr)
{
    struct obj_group_rule rules[] = {
        {.id = "sgr-1", .is_egress = TRI_TRUE, .ip_protocol = protocol, .cidr_ipv4 = cidr},
        {.id = "sgr-2", .is_egress = TRI_FALSE, .ip_protocol = protocol, .cidr_ipv4 = cidr},
        {.id = "sgr-3", .is_egress = TRI_TRUE, .ip_protocol = protocol, .cidr_ipv6 = "::/0"},
        {.id = "sgr-4", .is_egress = TRI_FALSE, .ip_protocol = protocol, .cidr_ipv6 = "::/0"},
    };
    struct obj_group g = {.id = id, .name = id, .description = "", .vpc_id = VPC, .rules = rules};

    g.rules_n = cidr ? N(rules) : 0;
    for (size_t i = 0; i < N(rules); i++) {
        rules[i].from_port = (struct opt_int){port > 0, port};
        rules[i].to_port = rules[i].from_port;
    }
    design_put(f, &kind_group, id, &g);
}

void design_endpoint(struct fixture *f, const struct endpoint_spec *spec)
{
    bool out = strcmp(spec->direction, "OUTBOUND") == 0;
    const char *groups[] = {out ? GROUP : GROUP_2};
    struct obj_endpoint_address a = {
        .id = arena_printf(&f->arena, "rni-%s", spec->id),
        .subnet_id = SUBNET,
        .ip = spec->ip,
        .ipv6 = spec->ipv6,
    };
    struct obj_endpoint e = {
        .id = spec->id,
        .name = "n",
        .direction = spec->direction,
        .security_group_ids = groups,
        .security_group_ids_n = 1,
        .host_vpc_id = spec->vpc,
        .addresses = &a,
        .addresses_n = 1,
        .resolver_endpoint_type = spec->ip && spec->ipv6 ? "DUALSTACK"
                                  : spec->ip             ? "IPV4"
                                                         : "IPV6",
        .dns64_enabled = spec->dns64 ? TRI_TRUE : TRI_FALSE,
    };

    design_put(f, &kind_endpoint, spec->id, &e);
}

void design_outbound(struct fixture *f, const char *id, const char *vpc_id, const char *ip,
                     const char *ipv6)
{
    design_endpoint(f, &(struct endpoint_spec){id, vpc_id, "OUTBOUND", ip, ipv6, false});
}

void design_inbound(struct fixture *f, const char *id, const char *vpc_id, const char *ip)
{
    design_endpoint(f, &(struct endpoint_spec){id, vpc_id, "INBOUND", ip, NULL, false});
}

void design_rule(struct fixture *f, const char *id, const char *domain, const char *endpoint_id,
                 const char *const *targets, const char *const *vpcs)
{
    struct obj_target list[LIMIT_TARGETS] = {{0}};
    struct obj_rule r = {
        .id = id,
        .domain_name = domain,
        .rule_type = endpoint_id ? "FORWARD" : "SYSTEM",
        .resolver_endpoint_id = endpoint_id,
        .targets = list,
    };

    for (; targets[r.targets_n]; r.targets_n++) {
        const char *text = targets[r.targets_n];
        bool six = strchr(text, ':') != NULL;

        list[r.targets_n] = (struct obj_target){.ip = six ? NULL : text, .ipv6 = six ? text : NULL};
        list[r.targets_n].port = (struct opt_int){true, 53};
    }
    design_put(f, &kind_rule, id, &r);
    for (; *vpcs; vpcs++) {
        struct obj_rule_association a = {.id = arena_printf(&f->arena, "%s-%s", id, *vpcs),
                                         .resolver_rule_id = id,
                                         .vpc_id = *vpcs};
        design_put(f, &kind_rule_assoc, a.id, &a);
    }
}

void design_zone(struct fixture *f, const char *id, const char *name, const char *const *vpcs)
{
    struct obj_zone_vpc list[4];
    struct obj_zone z = {.id = id, .name = name, .vpcs = list};

    for (; vpcs[z.vpcs_n]; z.vpcs_n++)
        list[z.vpcs_n] = (struct obj_zone_vpc){REGION, vpcs[z.vpcs_n], ACCOUNT};
    design_put(f, &kind_zone, id, &z);
}

struct record {
    const char *zone, *name;
};

static int op_record(struct ctl *c, const void *in, void *out)
{
    const struct record *r = in;
    uint8_t wire[NAME_MAX_WIRE];
    struct record_id id = {r->zone, wire, "A", NULL};
    struct obj_record record = {.name = r->name, .type = "A"};

    (void)out;
    assert_true(zone_name_parse(r->name, wire, NULL) > 0);
    return ctl_raw_put(c, record_key(c->arena, &id), record_write(c->arena, &record));
}

void design_record(struct fixture *f, const char *zone_id, const char *name)
{
    const struct record r = {zone_id, name};
    char out;

    assert_int_equal(fixture_run(f, op_record, &r, &out, sizeof out), 0);
}

/* --- profiles --- */

struct entry {
    const char *name, *key, *value;
};

static int op_index(struct ctl *c, const void *in, void *out)
{
    const struct entry *e = in;

    (void)out;
    return ctl_index_put(c, e->name, e->key, e->value);
}

void design_index(struct fixture *f, const char *name, const char *key, const char *value)
{
    const struct entry e = {name, key, value};
    char out;

    assert_int_equal(fixture_run(f, op_index, &e, &out, sizeof out), 0);
}

void design_profile(struct fixture *f, const char *id, const char *const *objects)
{
    struct obj_profile p = {
        .id = id,
        .name = "n",
        .arn = arena_printf(&f->arena, "arn:aws:route53profiles:" REGION ":%s:profile/%s",
                            f->c.account, id),
    };

    design_put(f, &kind_profile, id, &p);
    for (; *objects; objects++) {
        const char *service = **objects == 'Z' ? "route53:::hostedzone"
                                               : "route53resolver:" REGION ":1:resolver-rule";

        design_index(f, "profile-resources",
                     arena_printf(&f->arena, "%s/arn:aws:%s/%s", id, service, *objects), "rpr-1");
        design_index(f, "resource-profiles", arena_printf(&f->arena, "%s/%s", *objects, id),
                     "rpr-1");
    }
}

struct op_count {
    const char *profile;
    int add;
};

/* One VPC more or less in the count of a profile. */
static int op_count(struct ctl *c, const void *in, void *out)
{
    const struct op_count *n = in;
    const char *text = "0";
    int err = ctl_index_get(c, "profile-vpcs", n->profile, &text);

    (void)out;
    assert_true(err == 0 || err == ERR_NOT_FOUND);
    return ctl_index_put(c, "profile-vpcs", n->profile,
                         arena_printf(c->arena, "%d", atoi(text) + n->add));
}

static void count(struct fixture *f, const char *profile_id, int add)
{
    const struct op_count n = {profile_id, add};
    char out;

    assert_int_equal(fixture_run(f, op_count, &n, &out, sizeof out), 0);
}

void design_consume(struct fixture *f, const char *profile_id, const char *vpc_id, int priority)
{
    struct obj_profile_association a = {
        .id = arena_printf(&f->arena, "rpassoc-%s-%s", profile_id, vpc_id),
        .profile_id = profile_id,
        .resource_id = vpc_id,
        .priority = {priority != 0, priority},
    };

    design_put(f, &kind_profile_assoc, a.id, &a);
    count(f, profile_id, 1);
}

static int op_release(struct ctl *c, const void *in, void *out)
{
    struct obj_profile_association a;
    int err = ctl_get(c, &kind_profile_assoc, in, &a);

    (void)out;
    return err ? err : ctl_del(c, &kind_profile_assoc, in, &a);
}

void design_release(struct fixture *f, const char *profile_id, const char *vpc_id)
{
    const char *id = arena_printf(&f->arena, "rpassoc-%s-%s", profile_id, vpc_id);
    char out;

    assert_int_equal(fixture_run(f, op_release, id, &out, sizeof out), 0);
    count(f, profile_id, -1);
}

void design_begin(struct fixture *f)
{
    fixture_begin(f);
    design_group(f, GROUP, "-1", 0, "0.0.0.0/0");
    design_group(f, GROUP_2, "-1", 0, "0.0.0.0/0");
    design_outbound(f, "out-1", VPC, "10.1.1.10", "fd00:1:0:1::10");
}

/* --- looking at findings --- */

struct b53_check_response check_in(struct fixture *f, const char *vpc_id)
{
    const struct b53_check_request in = {.vpc_id = vpc_id};
    struct b53_check_response out;

    assert_int_equal(RUN(f, b53_check, &in, &out), 0);
    return out;
}

void check_clean(struct fixture *f)
{
    struct b53_check_response out = check_in(f, NULL);

    for (size_t i = 0; i < out.findings_n; i++)
        print_error("%s: %s\n", out.findings[i].code, out.findings[i].why);
    assert_int_equal(out.findings_n, 0);
}

const struct b53_finding *check_only(struct fixture *f, const char *severity, const char *code,
                                     const char *objects)
{
    struct b53_check_response out = check_in(f, NULL);
    char text[400] = "";
    size_t len = 0;

    for (size_t i = 0; i < out.findings_n; i++)
        if (out.findings_n != 1 || strcmp(out.findings[i].code, code) != 0)
            print_error("%s: %s\n", out.findings[i].code, out.findings[i].why);
    assert_int_equal(out.findings_n, 1);
    assert_string_equal(out.findings[0].code, code);
    assert_string_equal(out.findings[0].severity, severity);
    for (size_t i = 0; i < out.findings[0].objects_n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "",
                                out.findings[0].objects[i].id);
    assert_string_equal(text, objects);
    return &out.findings[0];
}

void text_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("'%s' has no '%s'\n", text, part);
    assert_non_null(strstr(text, part));
}
